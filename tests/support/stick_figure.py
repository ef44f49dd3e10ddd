"""The 22 body joints of SMPL-X as a skeleton of known proportions, for tests.

Model axes as in SMPL-X: x to the body's left, y up, z forward; metres and radians. The rest pose
is the T-pose: arms along +-x, palms down. A rotation is an axis-angle vector relative to the
parent joint, so in the rest pose every joint's axes are the model's. What each turn does stands in
``kinesics_core.body.animator``.

Limb lengths are fractions of stature H from Drillis & Contini (1966), as printed in Winter,
"Biomechanics and Motor Control of Human Movement", fig. 4.1: ankle height .039, knee .285,
hip .530, shoulder .818, upper arm .186, forearm .146, hand .108, foot .152. Their widths reach to
the body's outline; the joint centres lie further in: hip joints at .36 of the distance between the
iliac spines (Bell, Brand & Pedersen 1989), about .05 H, shoulder joints at about .105 H. The
spine's joints divide the way from pelvis to neck as those of SMPL-X do.
"""

from __future__ import annotations

import numpy as np

from kinesics_core.rotations import exponential
from kinesics_core.skeletons import (
    COCO17,
    SMPLX_BODY,
    SMPLX_BODY_PARENTS,
    SMPLX_BODY_TO_COCO17,
)

STATURE = 1.70
"""Height of the default body, metres."""

HAND_LENGTH = 0.108 * STATURE
"""Wrist to the tip of the middle finger, metres."""

# (x, height above the ground, z) as fractions of stature; right side mirrored from the left.
_HEIGHTS = {
    "pelvis": (0.0, 0.575, 0.0),
    "left_hip": (0.050, 0.530, 0.0),
    "left_knee": (0.050, 0.285, 0.003),
    "left_ankle": (0.050, 0.039, -0.012),
    "left_foot": (0.060, 0.010, 0.070),
    "spine1": (0.0, 0.640, -0.004),
    "spine2": (0.0, 0.715, -0.008),
    "spine3": (0.0, 0.745, -0.004),
    "neck": (0.0, 0.845, -0.012),
    "head": (0.0, 0.902, 0.008),
    "left_collar": (0.030, 0.810, -0.006),
    "left_shoulder": (0.105, 0.818, -0.010),
    "left_elbow": (0.105 + 0.186, 0.818, -0.012),
    "left_wrist": (0.105 + 0.186 + 0.146, 0.818, -0.010),
}

# The face in the head joint's frame, fractions of stature: eyes at .936 H as in the same figure.
_HEAD_TO_COCO = {
    "nose": (0.0, 0.013, 0.066),
    "left_eye": (0.018, 0.034, 0.053),
    "right_eye": (-0.018, 0.034, 0.053),
    "left_ear": (0.045, 0.022, 0.0),
    "right_ear": (-0.045, 0.022, 0.0),
}


def _rest() -> np.ndarray:
    pelvis = np.array(_HEIGHTS["pelvis"])
    joints = np.empty((len(SMPLX_BODY), 3))
    for index, name in enumerate(SMPLX_BODY):
        if name in _HEIGHTS:
            joints[index] = np.array(_HEIGHTS[name]) - pelvis
        else:
            left = np.array(_HEIGHTS[name.replace("right_", "left_")])
            joints[index] = (left - pelvis) * (-1.0, 1.0, 1.0)
    return joints * STATURE


_REST = _rest()
_PARENTS = np.array(SMPLX_BODY_PARENTS)
_OFFSETS = _REST - np.where(_PARENTS[:, None] < 0, 0.0, _REST[_PARENTS])


def rest_joints() -> np.ndarray:
    """Joints of the T-pose, (22, 3) metres, order of ``skeletons.SMPLX_BODY``, pelvis at 0."""
    return _REST.copy()


def forward(
    global_orient: np.ndarray, body_pose: np.ndarray, transl: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Forward kinematics of the 22 body joints.

    global_orient: (3,) axis-angle of the pelvis. body_pose: (21, 3) axis-angle of the other
    joints relative to their parents. transl: (3,) metres, added to every joint.

    Returns joints (22, 3) in metres and rotations (22, 3, 3), each from the joint's frame to the
    model's; both in model axes.
    """
    pose = np.vstack([np.reshape(global_orient, (1, 3)), np.reshape(body_pose, (21, 3))])
    local = exponential(pose)
    joints = np.empty((22, 3))
    rotations = np.empty((22, 3, 3))
    joints[0] = _OFFSETS[0] + transl
    rotations[0] = local[0]
    for index in range(1, 22):
        parent = SMPLX_BODY_PARENTS[index]
        rotations[index] = rotations[parent] @ local[index]
        joints[index] = joints[parent] + rotations[parent] @ _OFFSETS[index]
    return joints, rotations


def hand_tips(joints: np.ndarray, rotations: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Tips of the stretched left and right hands, (3,) metres each, from ``forward``'s result."""
    left, right = SMPLX_BODY.index("left_wrist"), SMPLX_BODY.index("right_wrist")
    return (
        joints[left] + rotations[left] @ (HAND_LENGTH, 0.0, 0.0),
        joints[right] + rotations[right] @ (-HAND_LENGTH, 0.0, 0.0),
    )


def coco17(joints: np.ndarray, rotations: np.ndarray) -> np.ndarray:
    """COCO-17 keypoints of the body, (17, 3) metres, model axes, from ``forward``'s result."""
    head = SMPLX_BODY.index("head")
    keypoints = np.empty((17, 3))
    for joint, name in SMPLX_BODY_TO_COCO17.items():
        keypoints[COCO17.index(name)] = joints[SMPLX_BODY.index(joint)]
    for name, offset in _HEAD_TO_COCO.items():
        keypoints[COCO17.index(name)] = joints[head] + rotations[head] @ (
            np.array(offset) * STATURE
        )
    return keypoints
