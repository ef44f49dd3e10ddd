"""Poses and faces to judge a body by: hard ones for skinning, and common ones of people."""

from __future__ import annotations

import numpy as np

from kinesics_core.body.hand_poses import (
    CLOSED_FINGER_DEGREES,
    CLOSED_SPREAD_DEGREES,
    CLOSED_THUMB_DEGREES,
)
from kinesics_core.expression.faces import face_of_emotion
from kinesics_core.open_body.hands import DEGREES, left_pose
from kinesics_core.rotations import mirrored
from kinesics_core.skeletons import BLENDSHAPE_INDEX, SMPLX_BODY

Turns = dict[str, tuple[float, float, float]]

_HANGING: Turns = {"both_collar": (0, 0, -5), "both_shoulder": (0, 0, -65)}

POSES: dict[str, Turns] = {
    "T-pose": {},
    "arms down": _HANGING,
    "wave": {"left_collar": (0, 0, -5), "left_shoulder": (0, 0, -65),
             "right_collar": (0, 0, -8), "right_shoulder": (-25, 18, 22),
             "right_elbow": (0, 0, -95)},
    "sit": _HANGING | {"both_hip": (-88, 0, 4), "both_knee": (88, 0, 0), "both_elbow": (0, -50, 0)},
    "crouch": _HANGING | {"both_hip": (-113, 0, 12), "both_knee": (130, 0, 0),
                          "both_ankle": (-30, 0, 0), "spine1": (20, 0, 0), "spine2": (15, 0, 0),
                          "both_elbow": (0, -70, 0)},
    "arms up": {"both_collar": (0, 0, 15), "both_shoulder": (0, 0, 75)},
    "stride": {"spine1": (0, 18, 0), "spine2": (0, 18, 0), "head": (0, 30, 0),
               "both_shoulder": (0, -15, -52), "left_hip": (-40, 0, 0), "left_knee": (30, 0, 0),
               "right_hip": (25, 0, 0), "right_knee": (35, 0, 0)},
}
"""Rotations of joints, degrees times axis, of the left side where it says both."""

FACES: dict[str, dict[str, float] | str] = {
    "smile": "happiness", "anger": "anger", "surprise": "surprise", "sadness": "sadness",
    "jaw open": {"jawOpen": 1.0}, "eyes closed": {"eyeBlinkLeft": 1.0, "eyeBlinkRight": 1.0},
}
"""An emotion in full, or coefficients of face targets."""


def body_pose(name: str) -> np.ndarray:
    """Return one of ``POSES``, axis-angle (1,21,3), radians."""
    pose = np.zeros((1, len(SMPLX_BODY), 3))
    for joint, turn in POSES[name].items():
        if joint.startswith("both_"):
            part = joint.removeprefix("both_")
            pose[0, SMPLX_BODY.index(f"left_{part}")] = turn
            pose[0, SMPLX_BODY.index(f"right_{part}")] = mirrored(np.array(turn))
        else:
            pose[0, SMPLX_BODY.index(joint)] = turn
    return pose[:, 1:] * DEGREES


def fists() -> tuple[np.ndarray, np.ndarray]:
    """Return left and right hand closed, thumbs over fingers, axis-angle (1,15,3) each."""
    bend = np.tile(CLOSED_FINGER_DEGREES, (1, 4, 1)) * DEGREES
    spread = np.array([CLOSED_SPREAD_DEGREES]) * DEGREES
    thumb = np.array([CLOSED_THUMB_DEGREES]) * DEGREES
    left = left_pose(bend, spread, thumb)
    return left, mirrored(left)


def face(name: str) -> np.ndarray:
    """Return the coefficients (1,52), 0..1, of one of ``FACES``."""
    wanted = FACES[name]
    if isinstance(wanted, str):
        return face_of_emotion(wanted, 1.0)[None].astype(float)
    coefficients = np.zeros((1, len(BLENDSHAPE_INDEX)))
    for target, value in wanted.items():
        coefficients[0, BLENDSHAPE_INDEX[target]] = value
    return coefficients
