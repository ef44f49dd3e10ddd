"""Windows of 2-D motion: 60 observed frames -> 30 future frames of COCO-17 at 30 Hz.

Costea, Marcu, Lazar and Leordeanu, "Non-verbal Real-time Human-AI Interaction in Constrained
Robotic Environments", arXiv 2603.01804, section 2.1. Poses are (..., 17, 2) arrays in pixels.

The paper centres and scales every frame by itself (equations 1 and 2) and stores centroid and
scale of each. At run time the future ones are unknown, so a forecaster must say where they come
from; two ways are here and a model's metadata names the one it was trained with:

``last_frame``  centroid and scale of the newest observed frame serve the whole window, past and
                future. Translation and approach stay visible to the network and are predicted.
``per_frame``   each observed frame by its own, as the paper; the predicted poses are put where
                the newest observed frame was (its centroid and scale held).

Training and run time fill missing keypoints by the same rule (``fill_missing``).
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from kinesics_core.keypoints import resample
from kinesics_core.kinematics import HEAD_OFFSETS, REST_OFFSETS
from kinesics_core.skeletons import COCO17, SMPLX_BODY_PARENTS

OBSERVED = 60
HORIZON = 30
RATE = 30.0
KEYPOINTS = len(COCO17)

Normalisation = Literal["last_frame", "per_frame"]
NORMALISATIONS: tuple[Normalisation, ...] = ("last_frame", "per_frame")


def centroid_and_scale(poses: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the centroid of poses (equation 1) and their scale (equation 2).

    Equation 1 is the mean position of the keypoints, equation 2 their largest distance from it.

    Args:
        poses: (..., K, 2); keypoints that are NaN do not count.

    Returns:
        (..., 1, 2) and (..., 1, 1). A pose with no extent (all keypoints in one place, or a single
        one) has scale 1, so that it normalises to zeros; a pose with no keypoint at all has
        centroid 0 and scale 1.
    """
    if np.isfinite(poses).all():  # nearly always in training, and six times faster
        centroid = (np.ones((1, poses.shape[-2]), poses.dtype) @ poses) / poses.dtype.type(
            poses.shape[-2])
        offset = poses - centroid
        squared = np.einsum("...d,...d->...", offset, offset)
        scale = np.sqrt(squared.max(axis=-1))[..., None, None]
    else:
        seen = np.isfinite(poses).all(axis=-1, keepdims=True)
        safe = np.where(seen, poses, 0.0)
        count = np.maximum(seen.sum(axis=-2, keepdims=True), 1)
        centroid = safe.sum(axis=-2, keepdims=True) / count
        distance = np.where(seen, np.linalg.norm(safe - centroid, axis=-1, keepdims=True), 0.0)
        scale = distance.max(axis=-2, keepdims=True)
    # Keypoints in one place lie apart by what rounding makes of their coordinates.
    rounding = 8.0 * np.finfo(scale.dtype).eps * np.abs(centroid).max(axis=-1, keepdims=True)
    return centroid, np.where(scale > 1e-6 + rounding, scale, scale.dtype.type(1.0))


def normalise(poses: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Normalise every frame by itself, as the paper (equations 1 and 2).

    Args:
        poses: (..., K, 2).

    Returns:
        Normalised poses (..., K, 2), centroids (..., 1, 2) and scales (..., 1, 1).
    """
    centroid, scale = centroid_and_scale(poses)
    return (poses - centroid) / scale, centroid, scale


def denormalise(poses: np.ndarray, centroid: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Undo ``normalise``."""
    return poses * scale + centroid


def encode(
    observed: np.ndarray, how: Normalisation
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Normalise observed windows as network input.

    Args:
        observed: (..., 60, K, 2) pixels.
        how: "last_frame" or "per_frame".

    Returns:
        The normalised window, and the centroid (..., 1, 1, 2) and scale (..., 1, 1, 1) of the
        newest frame, with which ``decode`` turns a prediction into pixels.
    """
    centroid, scale = centroid_and_scale(observed[..., -1:, :, :])
    if how == "per_frame":
        return normalise(observed)[0], centroid, scale
    return (observed - centroid) / scale, centroid, scale


def encode_future(
    future: np.ndarray, centroid: np.ndarray, scale: np.ndarray, how: Normalisation
) -> np.ndarray:
    """Return the truth in the space in which the network predicts.

    Args:
        future: (..., 30, K, 2) pixels.
        centroid: (..., 1, 1, 2) of the newest observed frame.
        scale: (..., 1, 1, 1) of it.
        how: "last_frame" or "per_frame".
    """
    return normalise(future)[0] if how == "per_frame" else (future - centroid) / scale


def decode(predicted: np.ndarray, centroid: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Return network output (..., 30, K, 2) in pixels; see ``encode``."""
    return denormalise(predicted, centroid, scale)


def _standing_template() -> np.ndarray:
    """Return (17, 2) COCO keypoints of a person standing, seen from the front; metres, y down."""
    rest = REST_OFFSETS.copy()
    for joint, parent in enumerate(SMPLX_BODY_PARENTS[1:], start=1):
        rest[joint] += rest[parent]
    left = {
        "shoulder": rest[16], "hip": rest[1], "knee": rest[4], "ankle": rest[7],
        "elbow": rest[16] + (0.05, -0.28, 0.0), "wrist": rest[16] + (0.06, -0.53, 0.03),
    }
    template = np.empty((KEYPOINTS, 2))
    for index, name in enumerate(COCO17):
        side, _, part = name.partition("_")
        if name in HEAD_OFFSETS:
            x, y = (rest[15] + HEAD_OFFSETS[name])[:2]
        else:
            x, y = left[part][:2] * (1.0 if side == "left" else -1.0, 1.0)
        template[index] = x, -y
    return template


STANDING = _standing_template()
TORSO = np.array([index for index, name in enumerate(COCO17)
                  if name in HEAD_OFFSETS or "shoulder" in name or "hip" in name])
_LEFT_SHOULDER, _RIGHT_SHOULDER = COCO17.index("left_shoulder"), COCO17.index("right_shoulder")


def fill_missing(poses: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Complete windows.

    A keypoint seen at least once is interpolated in time between its sightings and held before
    the first and after the last. One never seen stands where it would on a standing person:
    see ``place_unseen``.

    Args:
        poses: (B, T, 17, 2) pixels.
        seen: (B, T, 17) bool.

    Returns:
        (B, T, 17, 2) without NaN.
    """
    times = np.arange(poses.shape[1]) / RATE
    filled, _ = resample(times, poses, seen, times)
    return place_unseen(filled, np.any(seen, axis=1, keepdims=False))


def place_unseen(poses: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Put keypoints that were never seen where they are on a standing person.

    The template of a standing person is sized by the known head, shoulder and hip keypoints
    (any, if there are none), mirrored when the person is seen from behind, and carried along by
    them from frame to frame. So a person at a desk gets legs that stand still below the hips.

    Args:
        poses: (B, T, 17, 2) pixels, valid where known.
        known: (B, 17) bool; at least one of a window is true.
    """
    if known.all():
        return poses
    anchor = np.zeros_like(known)
    anchor[:, TORSO] = known[:, TORSO]
    anchor = np.where(anchor.any(axis=1, keepdims=True), anchor, known)
    weight = anchor / np.maximum(anchor.sum(axis=1, keepdims=True), 1)          # (B, 17)

    poses = np.where(known[:, None, :, None], poses, 0.0)
    carried = np.einsum("bk,btkd->btd", weight, poses)                           # (B, T, 2)
    centre = weight @ STANDING                                                   # (B, 2)
    newest = poses[:, -1] - carried[:, -1:]
    template = STANDING - centre[:, None]                                        # (B, 17, 2)
    size = np.sqrt(np.einsum("bk,bkd->b", weight, newest**2))
    unit = np.sqrt(np.einsum("bk,bkd->b", weight, template**2))
    scale = (size / np.where(unit > 1e-6, unit, 1.0))[:, None, None]

    both = known[:, _LEFT_SHOULDER] & known[:, _RIGHT_SHOULDER]
    behind = both & (newest[:, _LEFT_SHOULDER, 0] < newest[:, _RIGHT_SHOULDER, 0])
    mirror = np.stack([np.where(behind, -1.0, 1.0), np.ones(len(poses))], axis=-1)
    placed = carried[:, :, None] + (template * scale * mirror[:, None])[:, None]
    return np.where(known[:, None, :, None], poses, placed)
