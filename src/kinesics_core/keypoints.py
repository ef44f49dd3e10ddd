"""Keypoints in an image over time: which of them count as seen, and their places in between.

People come in messages and bags, from anybody: what no part of a person can be is refused, and a
coordinate that is no place is unknown (NaN).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from kinesics_core.errors import MessageError

MIN_SCORE = 0.3
"""A keypoint with a lower score counts as not seen: detectors place hidden legs by guesswork."""

MARGIN = 0.1
"""A keypoint further outside the image than this share of its size counts as not seen."""

SAME_IMAGE = 1 / 500
"""Seconds. Two sightings that are not further apart are one image's."""

MAX_GAP = 0.15
"""Seconds between two sightings of a keypoint up to which what lies between counts as observed."""

FARTHEST = 1e6
"""Pixels or metres. A coordinate beyond it is no place in an image or a room: it is unknown."""

_SAME = 1e-6
"""Seconds within which two times are one; stamps are whole nanoseconds, 1/30 s is not."""


def visible(
    keypoints: np.ndarray, size: tuple[int, int] | None = None, min_score: float = MIN_SCORE
) -> np.ndarray:
    """Return which keypoints count as seen, (..., K) bool: the one rule for every stage.

    Args:
        keypoints: (..., K, 3) x px, y px, score 0..1; nan where unknown.
        size: Width and height of the image, px. A keypoint further outside than ``MARGIN`` does
            not count. None takes keypoints wherever they lie.
        min_score: The least score that counts.
    """
    low, high = _limits(size, min_score)
    # What is nan compares as false.
    inside = (keypoints >= low) & (keypoints <= high)
    seen: np.ndarray = inside[..., 0] & inside[..., 1] & inside[..., 2]
    return seen


@lru_cache(maxsize=64)
def _limits(size: tuple[int, int] | None, min_score: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the least and the greatest x, y and score (3,) of keypoints that count as seen."""
    most = np.finfo(np.float64).max
    if size is None:
        return np.array([-most, -most, min_score]), np.array([most, most, most])
    width, height = size
    margins = MARGIN * width, MARGIN * height
    return (np.array([-margins[0], -margins[1], min_score]),
            np.array([width + margins[0], height + margins[1], most]))


def resample(
    times: np.ndarray, poses: np.ndarray, seen: np.ndarray, grid: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return keypoints at the times of a grid, each from its own sightings.

    Linear between the sightings around a time, held before the first and after the last, 0 where
    there is none.

    Args:
        times: (T,) seconds, rising.
        poses: (B, T, K, 2) places; where not seen, any value.
        seen: (B, T, K) bool.
        grid: (G,) seconds.

    Returns:
        (B, G, K, 2) places, maybe ``poses`` itself, and (B, G, K) seconds between the two
        sightings used: 0 on a sighting, inf where held.
    """
    whole = seen.all(axis=1)
    if not whole.any():
        return _resampled(times, poses, seen, grid)
    if grid is times and whole.all():
        return poses, np.zeros(seen.shape)
    # Keypoints that were seen in every image, mostly all of them, share their places in time.
    if grid is times:
        made, gaps = poses.copy(), np.zeros(seen.shape)
    else:
        made, gaps = _between(times, poses, grid)
    if not whole.all():
        body, point = (~whole).nonzero()
        others, apart = _resampled(
            times, poses[body, :, point].swapaxes(0, 1)[None], seen[body, :, point].T[None], grid)
        made[body, :, point], gaps[body, :, point] = others[0].swapaxes(0, 1), apart[0].T
    return made, gaps


def _between(
    times: np.ndarray, poses: np.ndarray, grid: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Do what ``resample`` does, of keypoints that were seen in every image."""
    first, last = _around(times, grid)
    held = (first < 0) | (last == len(times))
    first, last = np.where(first < 0, last, first), np.where(last == len(times), first, last)
    length = times[last] - times[first]
    share = np.minimum(np.maximum(
        (grid - times[first]) / np.where(length > 0, length, 1.0), 0.0), 1.0)
    low = poses[:, first]
    made = low + share[:, None, None] * (poses[:, last] - low)
    gaps = np.empty(made.shape[:3])
    gaps[:] = np.where(held, np.inf, length)[:, None]
    return made, gaps


def _around(times: np.ndarray, grid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return of each time of a grid the last sighting up to it and the first from it on (G,).

    -1 and the number of sightings stand for none.
    """
    return (np.searchsorted(times, grid + _SAME, "right") - 1,
            np.searchsorted(times, grid - _SAME, "left"))


def _resampled(
    times: np.ndarray, poses: np.ndarray, seen: np.ndarray, grid: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Do what ``resample`` does, of keypoints that were not seen in every image."""
    count = len(times)
    index = np.arange(count)[None, :, None]
    # For every sample, the nearest sighting up to it and from it on; -1 and T stand for none.
    before = np.maximum.accumulate(np.where(seen, index, -1), axis=1)
    after = np.where(seen, index, count)[:, ::-1]
    after = np.minimum.accumulate(after, axis=1)[:, ::-1]
    if grid is not times:
        up_to, from_on = _around(times, grid)
        before = np.concatenate([np.full_like(before[:, :1], -1), before], axis=1)[:, up_to + 1]
        after = np.concatenate([after, np.full_like(after[:, :1], count)], axis=1)[:, from_on]
    held = (before < 0) | (after == count)
    # Where there is no sighting, any will do.
    first = np.minimum(np.where(before < 0, after, before), count - 1)
    last = np.maximum(np.where(after == count, before, after), 0)

    length = times[last] - times[first]
    elapsed = np.where(length > 0, grid[None, :, None] - times[first], 0.0)
    share = np.minimum(np.maximum(
        elapsed / np.where(length > 0, length, 1.0), 0.0), 1.0)[..., None]
    safe = np.where(seen[..., None], poses, 0.0)
    body, point = np.arange(len(seen))[:, None, None], np.arange(seen.shape[2])
    low, high = safe[body, first, point], safe[body, last, point]
    return low + share * (high - low), np.where(held, np.inf, length)


def sized(values: Sequence[float] | np.ndarray, size: int, name: str) -> np.ndarray | None:
    """Return a part of a person as float32, None if it is empty.

    Raises:
        MessageError: It has another length than its comment says.
    """
    if not len(values):
        return None
    if len(values) != size:
        raise MessageError(
            f"got a PersonArray whose {name} holds {len(values)} numbers; wanted none or {size}."
            " Check its publisher, or build both sides with the same kinesics.")
    return np.asarray(values, np.float32)


def places(values: Sequence[float] | np.ndarray) -> np.ndarray:
    """Return coordinates as float32; what is infinite or absurdly far is NaN, unknown."""
    places = np.asarray(values, np.float32)
    far = np.abs(places) > FARTHEST
    return np.where(far, np.float32(np.nan), places) if far.any() else places


def shares(values: Any) -> np.ndarray:
    """Return values clipped to 0..1; NaN stays NaN."""
    return np.clip(np.asarray(values, np.float32), 0.0, 1.0)
