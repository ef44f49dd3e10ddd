"""The hand pose basis: principal components of how fingers move, as SMPL-X files carry them.

No recorded hands enter: poses are drawn from the ranges of the joints (Norkin and White,
"Measurement of Joint Motion") and the way they go together (a finger's joints bend as one, the
outer two by 2/3 of the middle one; neighbours follow each other; the thumb opposes as the fingers
close). The first component closes the hand.
"""

from __future__ import annotations

import numpy as np

from kinesics_core.body.hand_poses import THUMB_BENDS
from kinesics_core.open_body.rig import JOINT
from kinesics_core.rotations import mirrored
from kinesics_core.skeletons import HAND21_FINGERS

DEGREES = np.pi / 180
SAMPLES = 4000

_RELAXED = {"index": 18.0, "middle": 22.0, "ring": 26.0, "pinky": 28.0}
"""Bend of each finger's joints in the mean pose, degrees, about that of a hand at rest."""


def left_pose(bend: np.ndarray, spread: np.ndarray, thumb: np.ndarray) -> np.ndarray:
    """Return the pose of a left hand, in the T-pose's axes (fingers along x, palm down).

    Args:
        bend: (N,4,3) radians, of the index to little finger's three joints, positive into the palm.
        spread: (N,4) radians, away from the middle finger, towards the thumb positive.
        thumb: (N,4) radians: its root under the palm and towards the index finger, its middle
            and its last joint's bend.

    Returns:
        (N,15,3) axis-angle, radians.
    """
    pose = np.zeros((len(bend), 15, 3))
    first = JOINT["left_index1"]
    for i, finger in enumerate(HAND21_FINGERS[1:]):
        at = JOINT[f"left_{finger}1"] - first
        pose[:, at:at + 3, 2] = -bend[:, i]
        pose[:, at, 1] = -spread[:, i]
    at = JOINT["left_thumb1"] - first
    pose[:, at, :2] = thumb[:, :2]
    pose[:, at + 1:at + 3] = thumb[:, 2:, None] * THUMB_BENDS
    return pose


def basis(seed: int = 5) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compute the left hand's basis; ``other_hand`` gives the right hand's.

    Args:
        seed: Of the sample of poses.

    Returns:
        Mean (45,) radians, components (45,45) as rows of length one, the strongest first, and the
        standard deviation of each one's weight (45,).
    """
    random = np.random.default_rng(seed)

    def normal(*shape: int) -> np.ndarray:
        return random.normal(0, 1, (SAMPLES, *shape))

    close = normal(1)
    finger = 0.75 * close + 0.65 * normal(4)
    middle_joint = 38 * finger + 8 * normal(4)
    relaxed = np.array([_RELAXED[finger] for finger in HAND21_FINGERS[1:]])
    bend = np.stack([
        0.75 * middle_joint + 10 * normal(4), middle_joint, 0.67 * middle_joint + 4 * normal(4),
    ], axis=-1) + relaxed[:, None]
    fan = np.array([1.0, 0.1, -0.6, -1.3])
    spread = fan * (5 * normal(1) - 3 * close) + 2.5 * normal(4)
    thumb = np.stack([
        8 + 8 * close[:, 0] + 10 * normal(), 6 + 8 * close[:, 0] + 10 * normal(),
        12 + 12 * close[:, 0] + 14 * normal(), 15 + 16 * close[:, 0] + 18 * normal(),
    ], axis=-1)
    ranges = ((-20, 95), (-5, 110), (-5, 80))
    bend = np.stack([np.clip(bend[..., i], *ranges[i]) for i in range(3)], axis=-1)
    poses = left_pose(*(part * DEGREES for part in (bend, spread, thumb))).reshape(SAMPLES, 45)
    mean = poses.mean(0)
    variances, modes = np.linalg.eigh((poses - mean).T @ (poses - mean) / SAMPLES)
    components = modes.T[::-1]
    largest = np.take_along_axis(components, np.abs(components).argmax(1)[:, None], axis=1)
    closing = np.sign((components @ np.tile([0.0, 0.0, -1.0], 15))[:1])
    signs = np.concatenate([closing, np.sign(largest[1:, 0])])
    return mean, components * signs[:, None], np.sqrt(np.maximum(variances[::-1], 0))


def other_hand(poses: np.ndarray) -> np.ndarray:
    """Return the same poses (..., 45) of the other hand."""
    return mirrored(poses.reshape(*poses.shape[:-1], 15, 3)).reshape(poses.shape)
