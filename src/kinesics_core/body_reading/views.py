"""Movements as cameras see them: windows of any body, from any side, by a faulty detector -> cues.

What the reader must not lean on is drawn at random: proportions of the body, how the keypoints of
the head sit on it (every collection has them elsewhere), side, pace, camera, jitter, lost
keypoints.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kinesics_core.affect import body_cues
from kinesics_core.keypoints import resample
from kinesics_core.kinematics import HEAD_OFFSETS
from kinesics_core.motion.training import camera_augmentation as camera
from kinesics_core.motion.training.camera_augmentation import DetectorNoise
from kinesics_core.rotations import exponential
from kinesics_core.skeletons import COCO17

FRAMES = 60
"""Frames of a window at 30 Hz, two seconds; two make a step of ``body_cues``."""

NOISE = DetectorNoise(
    jitter=(0.0005, 0.006), upper_body=0.2, lost_keypoint=0.1, gaps=0.3, begun=0.0)
"""Errors of the detector that the reader learns with."""

_PACE = (0.8, 1.25)  # least and largest factor on the pace of a window
_DIFFER, _LIMITS = 0.06, (0.82, 1.2)  # of bodies' segments: spread and limits of factors
_HEAD_SIZE, _FACE_TILT = 0.1, 0.15  # spreads of the head's size and of the face's pitch, radians
_FRONTAL = 0.25  # share of windows seen straight from the front, from afar
_BATCH = 256

_AT = {name: index for index, name in enumerate(COCO17)}
_HEAD = [_AT[name] for name in HEAD_OFFSETS]
_SHOULDERS, _HIPS, _EARS, _FACE = [5, 6], [11, 12], [3, 4], [0, 1, 2]
_CHAINS = ((5, 7, 9), (6, 8, 10), (11, 13, 15), (12, 14, 16))


def cues_of(
    rng: np.random.Generator, motions: Sequence[np.ndarray], which: np.ndarray,
    noise: DetectorNoise = NOISE, vary: bool = True,
) -> np.ndarray:
    """Return the cues (N, C) of windows drawn at random through random cameras.

    Args:
        rng: Source of every random number.
        motions: (T, 17, 3) metres at 30 Hz, each.
        which: (N,) index of the motion of each window.
        noise: How the detector errs.
        vary: Whether paces vary and half of the windows are mirrored.
    """
    found = []
    for start in range(0, len(which), _BATCH):
        points = _cut(rng, motions, which[start:start + _BATCH], vary)
        if vary:
            flip = rng.random(len(points)) < 0.5
            points[flip] = camera.mirror(points[flip])
        pixels = camera.pixels_of(points, _cameras(rng, points))
        detected, seen = camera.detect(rng, pixels, noise)
        found.append(_read(detected, seen))
    return np.concatenate(found) if found else np.zeros((0, len(body_cues.CUES)))


def another_body(rng: np.random.Generator, keypoints: np.ndarray) -> np.ndarray:
    """Return a motion (T, 17, 3) of somebody with other proportions."""
    points = np.array(keypoints, np.float64)

    def factor(spread: float = _DIFFER) -> float:
        return float(np.clip(rng.normal(1.0, spread), *_LIMITS))

    hips = points[:, _HIPS].mean(1, keepdims=True)
    old = points[:, _SHOULDERS].mean(1, keepdims=True)
    shoulders = hips + (old - hips) * factor()
    head = (points[:, _HEAD] - old) * factor(_HEAD_SIZE)
    bones = [np.diff(points[:, chain], axis=1) for chain in _CHAINS]
    roots = {5: old, 6: old, 11: hips, 12: hips}
    wide = {5: factor(), 11: factor()}
    lengths = {5: (factor(), factor()), 11: (factor(), factor())}
    offsets = {chain[0]: points[:, chain[0]] - roots[chain[0]][:, 0] for chain in _CHAINS}
    for chain, bone in zip(_CHAINS, bones, strict=True):
        kind = 5 if chain[0] < 11 else 11
        middle = shoulders if kind == 5 else hips
        points[:, chain[0]] = middle[:, 0] + offsets[chain[0]] * wide[kind]
        for child, parent, part in ((1, 0, 0), (2, 1, 1)):
            points[:, chain[child]] = (
                points[:, chain[parent]] + bone[:, part] * lengths[kind][part])
    points[:, _HEAD] = shoulders + head
    across = points[:, _EARS[0]] - points[:, _EARS[1]]
    across /= np.maximum(np.linalg.norm(across, axis=-1, keepdims=True), 1e-6)
    turn = exponential(across * float(rng.normal(0.0, _FACE_TILT)))
    ears = points[:, _EARS].mean(1, keepdims=True)
    points[:, _FACE] = ears + np.einsum("tij,tkj->tki", turn, points[:, _FACE] - ears)
    return points.astype(np.float32)


def _read(detected: np.ndarray, seen: np.ndarray) -> np.ndarray:
    times = np.arange(FRAMES) / 30.0
    complete, _ = resample(times, detected, seen, times)
    halves = 0.5 * (complete[:, 0::2] + complete[:, 1::2])
    with np.errstate(invalid="ignore", divide="ignore"):
        return body_cues.cues(halves, np.asarray(seen.any(axis=1)))


def _cameras(rng: np.random.Generator, points: np.ndarray) -> camera.Camera:
    drawn = camera.random_camera(rng, points)
    left = (points[:, :, 5] - points[:, :, 6]).mean(1)
    frontal = rng.random(len(points)) < _FRONTAL
    drawn.yaw[frontal] = np.arctan2(-left[:, 2], left[:, 0])[frontal]
    for values, frontally in ((drawn.pitch, 0.0), (drawn.roll, 0.0), (drawn.distance, 30.0),
                              (drawn.focal, 6.0 * camera.WIDTH)):
        values[frontal] = frontally
    return drawn


def _cut(
    rng: np.random.Generator, motions: Sequence[np.ndarray], which: np.ndarray, vary: bool
) -> np.ndarray:
    """Return windows (B, 60, 17, 3); a motion that is shorter is played more slowly."""
    out = np.empty((len(which), FRAMES, len(COCO17), 3), np.float32)
    steps = np.arange(FRAMES)
    for row, index in enumerate(which):
        motion = motions[index]
        pace = np.exp(rng.uniform(*np.log(_PACE))) if vary else 1.0
        pace = min(pace, (len(motion) - 1) / (FRAMES - 1))
        late = max(0.0, len(motion) - 1 - pace * (FRAMES - 1))
        times = np.clip(rng.uniform(0.0, late) + pace * steps, 0.0, len(motion) - 1)
        low = np.minimum(times.astype(int), len(motion) - 2)
        share = (times - low)[:, None, None]
        out[row] = motion[low] * (1.0 - share) + motion[low + 1] * share
    return out
