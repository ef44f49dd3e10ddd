"""Keypoint clips at another frame rate."""

from __future__ import annotations

import numpy as np

from kinesics_core.keypoints import resample as resample_sightings


def resample(clip: np.ndarray, rate: float, wanted: float) -> np.ndarray:
    """Return a clip at another frame rate.

    Cubic Hermite with central-difference tangents, so that 24 Hz clips keep smooth velocities. A
    clip with missing keypoints is interpolated linearly; missing is then what lies next to a
    missing one.

    Args:
        clip: (T, K, D) keypoints, NaN where missing.
        rate: Frames per second of the clip.
        wanted: Frames per second of the result.

    Returns:
        (T', K, D) keypoints in the dtype of the clip; the clip itself if the rates are equal.
    """
    if len(clip) < 2 or abs(rate - wanted) < 1e-6:
        return clip
    # A hair more than the whole number of frames, so that 1/30 s steps do not lose the last one.
    times = np.arange(int((len(clip) - 1) * wanted / rate + 1e-6) + 1) * (rate / wanted)
    times = np.minimum(times, len(clip) - 1)
    seen = np.isfinite(clip).all(axis=-1)
    if not seen.all():
        values, gap = resample_sightings(
            np.arange(len(clip)) / rate, clip[None], seen[None], times / rate)
        return np.where((gap <= 1.5 / rate)[..., None], values, np.nan)[0].astype(clip.dtype)
    low = np.minimum(times.astype(int), len(clip) - 2)
    u = (times - low)[:, None, None]
    tangent = np.gradient(clip, axis=0)
    return ((1 + 2 * u) * (1 - u) ** 2 * clip[low] + u * (1 - u) ** 2 * tangent[low]
            + u**2 * (3 - 2 * u) * clip[low + 1] + u**2 * (u - 1) * tangent[low + 1]
            ).astype(clip.dtype)
