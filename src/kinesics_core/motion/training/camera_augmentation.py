"""Augmentation: motion capture as random cameras and a noisy keypoint detector would see it.

3-D keypoints (metres, y up) -> pixels through a pinhole camera placed at random around the
person, then the errors of a detector: jitter, keypoints out of the image, gaps, a track that has
only just begun. Everything takes a batch and a ``numpy.random.Generator``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinesics_core.camera import project
from kinesics_core.motion.windows import HORIZON, OBSERVED, centroid_and_scale
from kinesics_core.skeletons import COCO17, COCO17_FLIP

WIDTH, HEIGHT = 640, 480


@dataclass(frozen=True, slots=True)
class Camera:
    """B pinhole cameras, each looking at a point. Yaw 0 looks along -z at a person facing +z.

    Attributes:
        target: (B, 3) metres, the point in the image centre.
        distance: (B,) metres from it.
        yaw: (B,) radians about the vertical.
        pitch: (B,) radians; positive looks down.
        roll: (B,) radians about the optical axis.
        focal: (B,) pixels.
    """

    target: np.ndarray
    distance: np.ndarray
    yaw: np.ndarray
    pitch: np.ndarray
    roll: np.ndarray
    focal: np.ndarray


@dataclass(frozen=True, slots=True)
class DetectorNoise:
    """Errors of a keypoint detector; shares of windows unless said otherwise.

    Attributes:
        jitter: Range of the jitter, 1 sigma, as a share of the pose's scale; log-uniform.
        upper_body: Windows that show no knees and ankles (half of them no hips either).
        lost_keypoint: Windows in which each arm or leg keypoint is missing throughout, with
            probability .2.
        gaps: Windows with keypoints missing for 2 to 15 frames.
        begun: Windows that start 0.5 to 2 s before the newest frame; the first pose is held
            before.
    """

    jitter: tuple[float, float] = (0.0005, 0.008)
    upper_body: float = 0.35
    lost_keypoint: float = 0.1
    gaps: float = 0.3
    begun: float = 0.15


NO_NOISE = DetectorNoise(
    jitter=(1e-9, 1e-9), upper_body=0.0, lost_keypoint=0.0, gaps=0.0, begun=0.0)
UPPER_BODY = DetectorNoise(
    jitter=(0.0005, 0.008), upper_body=1.0, lost_keypoint=0.0, gaps=0.3, begun=0.0)


def pixels_of(points: np.ndarray, camera: Camera) -> np.ndarray:
    """Project points (B, ..., 3), metres, y up, into images of WIDTH x HEIGHT.

    Returns:
        (B, ..., 2) pixels, origin top left.
    """
    shape = (len(points),) + (1,) * (points.ndim - 2)
    x, y, z = np.moveaxis(points - camera.target.reshape(*shape, 3), -1, 0)
    yaw, pitch, roll = (a.reshape(shape) for a in (camera.yaw, camera.pitch, camera.roll))
    x, z = np.cos(yaw) * x - np.sin(yaw) * z, np.sin(yaw) * x + np.cos(yaw) * z
    y, z = np.cos(pitch) * y - np.sin(pitch) * z, np.sin(pitch) * y + np.cos(pitch) * z
    x, y = np.cos(roll) * x - np.sin(roll) * y, np.sin(roll) * x + np.cos(roll) * y
    optical = np.stack([x, -y, camera.distance.reshape(shape) - z], axis=-1)
    focal = camera.focal.reshape(*shape, 1)
    return project(optical, focal, (WIDTH / 2, HEIGHT / 2), nearest=0.1)


def random_camera(rng: np.random.Generator, points: np.ndarray) -> Camera:
    """Draw cameras around people, most in front of them, some anywhere.

    A robot is usually looked at: 70 % of the yaws lie within 70 degrees of the newest observed
    facing. Distances 1.5 to 5 m, at least half a metre further than the person ever comes, lens 0.8
    to 1.4 image widths, pitch and roll of a hand-placed camera.

    Args:
        rng: Source of every random number.
        points: (B, T, 17, 3) metres, y up.
    """
    count = len(points)
    newest = points[:, min(OBSERVED, points.shape[1]) - 1]
    left = newest[:, COCO17.index("left_shoulder")] - newest[:, COCO17.index("right_shoulder")]
    facing = np.arctan2(-left[:, 2], left[:, 0])          # 0 when the person faces +z
    frontal = rng.random(count) < 0.7
    yaw = np.where(frontal, rng.uniform(-1.2, 1.2, count), rng.uniform(-np.pi, np.pi, count))
    target = newest.mean(axis=1) + rng.normal(0.0, 0.15, (count, 3))
    reach = np.linalg.norm(points - target[:, None, None], axis=-1).max(axis=(1, 2))
    return Camera(
        target=target,
        distance=np.maximum(rng.uniform(1.5, 5.0, count), reach + 0.5),
        yaw=yaw + facing,
        pitch=rng.normal(0.0, 0.12, count),
        roll=rng.normal(0.0, 0.03, count),
        focal=WIDTH * rng.uniform(0.8, 1.4, count),
    )


def mirror(points: np.ndarray) -> np.ndarray:
    """Exchange left and right of clips (..., 17, 3)."""
    return points[..., COCO17_FLIP, :] * (-1.0, 1.0, 1.0)


def detect(
    rng: np.random.Generator, observed: np.ndarray, noise: DetectorNoise
) -> tuple[np.ndarray, np.ndarray]:
    """Report keypoints as a noisy detector would.

    Args:
        rng: Source of every random number.
        observed: (B, 60, 17, 2) true pixels.
        noise: How the detector errs.

    Returns:
        (B, 60, 17, 2) pixels, and (B, 60, 17) bool, which keypoints were detected.
    """
    count, frames, keypoints, _ = observed.shape
    _, scale = centroid_and_scale(observed[:, -1])
    low, high = np.log(noise.jitter)
    sigma = np.exp(rng.uniform(low, high, (count, 1, 1, 1))) * scale[:, None]
    # Half of a detector's error stays from one frame to the next (time constant 5 frames).
    fresh = rng.standard_normal((frames, count, keypoints, 2))
    slow = np.empty_like(fresh)
    slow[0] = rng.standard_normal(fresh.shape[1:])
    for t in range(1, frames):
        slow[t] = 0.8 * slow[t - 1] + 0.6 * fresh[t]
    fresh = rng.standard_normal((count, frames, keypoints, 2))
    noisy = observed + sigma * np.sqrt(0.5) * (np.swapaxes(slow, 0, 1) + fresh)

    seen = np.ones((count, frames, keypoints), dtype=bool)
    hips, legs = _indices("hip"), _indices("knee", "ankle")
    cropped = np.less(rng.random(count), noise.upper_body)
    seen[np.ix_(cropped, np.arange(frames), legs)] = False
    seen[np.ix_(cropped & (rng.random(count) < 0.5), np.arange(frames), hips)] = False
    limbs = _indices("elbow", "wrist", "knee", "ankle")
    lost = (rng.random((count, 1)) < noise.lost_keypoint) & (rng.random((count, len(limbs))) < 0.2)
    seen[:, :, limbs] &= ~lost[:, None]
    gap = (rng.random((count, 1)) < noise.gaps) & (rng.random((count, keypoints)) < 0.25)
    start = rng.integers(0, frames, (count, 1, keypoints))
    length = rng.integers(2, 16, (count, 1, keypoints))
    step = np.arange(frames)[None, :, None]
    seen &= ~(gap[:, None] & (step >= start) & (step < start + length))

    begun = np.where(rng.random(count) < noise.begun, rng.integers(0, frames - 14, count), 0)
    seen &= step >= begun[:, None, None]
    seen[~seen.any(axis=(1, 2)), -1] = True
    return noisy, seen


def _indices(*parts: str) -> np.ndarray:
    return np.array([i for i, name in enumerate(COCO17) if name.split("_")[-1] in parts])


def cut(
    rng: np.random.Generator, clips: list[np.ndarray], which: np.ndarray, warp: bool
) -> np.ndarray:
    """Cut one random window of each clip named.

    A window may begin before its clip does, by as much as 1.5 s; the first pose is held there, as
    the runtime does for a track that has just begun.

    Args:
        rng: Source of every random number.
        clips: (T, 17, 3) each, at 30 Hz.
        which: (B,) index of the clip of each window.
        warp: Whether to play each at 0.75 to 1.3 times its speed.

    Returns:
        (B, 90, 17, 3) float32.
    """
    length = OBSERVED + HORIZON
    windows = np.empty((len(which), length, *clips[0].shape[1:]), dtype=np.float32)
    steps = np.arange(length)
    speeds = np.exp(rng.uniform(np.log(0.75), np.log(1.3), len(which))) if warp else \
        np.ones(len(which))
    for row, (index, speed) in enumerate(zip(which, speeds, strict=True)):
        clip = clips[index]
        speed = min(speed, (len(clip) - 1) / (HORIZON + 15))
        early = min(0.0, len(clip) - 1 - speed * (length - 1))
        late = max(0.0, len(clip) - 1 - speed * (length - 1))
        times = np.clip(rng.uniform(early, late) + speed * steps, 0, len(clip) - 1)
        low = np.minimum(times.astype(int), len(clip) - 2)
        share = (times - low)[:, None, None]
        windows[row] = clip[low] * (1 - share) + clip[low + 1] * share
    return windows
