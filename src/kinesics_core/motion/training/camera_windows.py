"""Windows drawn at random through random cameras and a noisy keypoint detector.

For COCO-17 clips in three dimensions; the shipped models are trained on these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from kinesics_core.dataset.clips import Clip
from kinesics_core.dataset.resampling import resample
from kinesics_core.errors import KinesicsError
from kinesics_core.motion import windows
from kinesics_core.motion.training import camera_augmentation
from kinesics_core.motion.training.camera_augmentation import (
    MIRRORED_AND_WARPED,
    Augmentation,
    DetectorNoise,
)
from kinesics_core.motion.training.windowing import SHORTEST, CutWindows
from kinesics_core.motion.windows import HORIZON, KEYPOINTS, OBSERVED, RATE


def draw_windows(
    rng: np.random.Generator, clips: Sequence[Clip], count: int, noise: DetectorNoise, *,
    chance: np.ndarray | None = None, augmentation: Augmentation = MIRRORED_AND_WARPED,
) -> CutWindows:
    """Draw windows through random cameras and a noisy detector.

    Args:
        rng: Source of every random number.
        clips: COCO-17 in three dimensions at 30 Hz, see ``at_window_rate``.
        count: B, how many windows.
        noise: How the detector errs.
        chance: Probability of each clip; default ``clip_chances``.
        augmentation: How what is seen differs from the recording.

    Returns:
        B windows in pixels of a 640 x 480 image: observed as detected and filled, the true
        future. ``known`` is (B, 1, 17): keypoints never seen do not count.
    """
    chance = clip_chances(clips) if chance is None else chance
    which = rng.choice(len(clips), size=count, p=chance)
    points = camera_augmentation.played(
        rng, [clip.keypoints for clip in clips], which, augmentation)
    if augmentation.mirrored:
        flip = rng.random(count) < augmentation.mirrored
        points[flip] = camera_augmentation.mirror(points[flip])
    if augmentation.proportions:
        points = camera_augmentation.stretch(rng, points, augmentation.proportions)
    camera = camera_augmentation.random_camera(rng, points, wide=augmentation.wide)
    level = np.zeros(count, bool)
    if augmentation.level:
        level = rng.random(count) < augmentation.level
        camera = camera_augmentation.leveled(camera, level)
    pixels = camera_augmentation.pixels_of(points, camera)
    detected, seen = camera_augmentation.detect(rng, pixels[:, :OBSERVED], noise)
    detected[level], seen[level] = pixels[level, :OBSERVED], True
    known = np.asarray(seen.any(axis=1))[:, None]                                # (B, 1, 17)
    gaps = ~seen.all(axis=(1, 2))
    detected[gaps] = windows.fill_missing(detected[gaps], seen[gaps])
    return CutWindows(detected, pixels[:, OBSERVED:], known, which.astype(np.int32))


def at_window_rate(clips: Sequence[Clip]) -> tuple[list[Clip], np.ndarray]:
    """Return clips long enough for half a second and a future, at 30 Hz.

    Returns:
        The clips, and the index (N,) of each in the clips given.

    Raises:
        KinesicsError: No clip is long enough.
    """
    resampled = [replace(clip, keypoints=resample(clip.keypoints, clip.rate, RATE), rate=RATE)
                 for clip in clips]
    kept = [i for i, clip in enumerate(resampled) if len(clip.keypoints) >= HORIZON + SHORTEST]
    if not kept:
        raise KinesicsError(
            f"None of {len(clips)} clips lasts {(HORIZON + SHORTEST) / RATE:.1f} s. Give longer"
            " clips.")
    return [resampled[index] for index in kept], np.array(kept)


def clip_chances(clips: Sequence[Clip], balance: float = 0.5) -> np.ndarray:
    """Return the probability (N,) of drawing from each clip.

    By length within a source, by a root of its length across sources. Without a root the
    longest source (people who stand and wait) would be three of four windows.

    Args:
        clips: N clips.
        balance: Exponent of a source's length; 0.5 is the square root.
    """
    lengths = np.array([len(clip.keypoints) for clip in clips], dtype=float)
    sources = np.array([clip.source for clip in clips])
    weights = lengths.copy()
    for source in np.unique(sources):
        weights[sources == source] /= lengths[sources == source].sum() ** (1.0 - balance)
    return weights / weights.sum()


def require_three_dimensions(clips: Sequence[Clip]) -> None:
    """Check that a random camera can look at these clips.

    Raises:
        KinesicsError: A clip is not COCO-17 in three dimensions, or lacks keypoints.
    """
    for clip in clips:
        if clip.keypoints.shape[1:] != (KEYPOINTS, 3) or not np.isfinite(clip.keypoints).all():
            frames, keypoints, dimensions = clip.keypoints.shape
            lost = "" if np.isfinite(clip.keypoints).all() else ", some of them missing"
            raise KinesicsError(
                f"Random views need COCO-17 in three dimensions, complete; {clip.name} has"
                f" {keypoints} keypoints in {dimensions} dimensions{lost}. Train with"
                " --view frontal.")
