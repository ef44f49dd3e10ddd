"""Keypoints in an image over time: which of them count as seen, and their places in between."""

from __future__ import annotations

import numpy as np

MIN_SCORE = 0.3
"""A keypoint with a lower score counts as not seen: detectors place hidden legs by guesswork."""

MARGIN = 0.1
"""A keypoint further outside the image than this share of its size counts as not seen."""

MAX_GAP = 0.15
"""Seconds between two sightings of a keypoint up to which what lies between counts as observed."""

_SAME = 1e-6
"""Seconds within which two times are one; stamps are whole nanoseconds, 1/30 s is not."""


def usable(coco: np.ndarray, width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    """COCO-17 with scores -> positions with nan as 0, and which of them are seen."""
    coco = np.asarray(coco, dtype=np.float32)
    finite = np.isfinite(coco).all(axis=-1)
    safe = np.where(finite[:, None], coco, 0.0)
    x, y, score = safe.T
    inside = ((x >= -MARGIN * width) & (x <= (1 + MARGIN) * width)
              & (y >= -MARGIN * height) & (y <= (1 + MARGIN) * height))
    return safe[:, :2], finite & inside & (score >= MIN_SCORE)


def resample(
    times: np.ndarray, poses: np.ndarray, seen: np.ndarray, grid: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Keypoints at the times of ``grid``, each from its own sightings.

    times: (T,) seconds, rising. poses: (B, T, 17, 2). seen: (B, T, 17) bool. grid: (G,) seconds.
    Linear between the sightings around a time, held before the first and after the last, 0 where
    there is none. Returns (B, G, 17, 2) and the seconds between the sightings used (B, G, 17):
    0 on a sighting, inf where held.
    """
    count = len(times)
    index = np.arange(count)[None, :, None]
    # For every sample, the nearest sighting up to it and from it on; -1 and T stand for none.
    before = np.maximum.accumulate(np.where(seen, index, -1), axis=1)
    after = np.where(seen, index, count)[:, ::-1]
    after = np.minimum.accumulate(after, axis=1)[:, ::-1]
    up_to = np.searchsorted(times, grid + _SAME, "right")
    from_on = np.searchsorted(times, grid - _SAME, "left")
    before = np.concatenate([np.full_like(before[:, :1], -1), before], axis=1)[:, up_to]
    after = np.concatenate([after, np.full_like(after[:, :1], count)], axis=1)[:, from_on]
    held = (before < 0) | (after == count)
    first = np.clip(np.where(before < 0, after, before), 0, count - 1)
    last = np.clip(np.where(after == count, before, after), 0, count - 1)

    length = times[last] - times[first]
    elapsed = np.where(length > 0, grid[None, :, None] - times[first], 0.0)
    share = np.clip(elapsed / np.where(length > 0, length, 1.0), 0.0, 1.0)[..., None]
    safe = np.where(seen[..., None], poses, 0.0)
    low = np.take_along_axis(safe, first[..., None], axis=1)
    high = np.take_along_axis(safe, last[..., None], axis=1)
    return low + share * (high - low), np.where(held, np.inf, length)
