"""A person seen from the front in an image of 640x480, made by forward kinematics."""

from __future__ import annotations

import numpy as np
import stick_figure as skeleton

from kinesics_core.skeletons import SMPLX_BODY
from kinesics_core.types import Person

PIXELS_PER_METRE = 250.0


def hanging_arms() -> np.ndarray:
    """body_pose (21, 3) of a person who stands still."""
    pose = np.zeros((21, 3))
    pose[SMPLX_BODY.index("left_shoulder") - 1, 2] = -1.35
    pose[SMPLX_BODY.index("right_shoulder") - 1, 2] = 1.35
    return pose


def seen_person(
    person_id: int = 1,
    pose: np.ndarray | None = None,
    face: np.ndarray | None = None,
    at: tuple[float, float] = (320.0, 240.0),
    scale: float = 1.0,
    legs: bool = True,
) -> Person:
    """Make a person: body_pose (21, 3), blendshapes (52,), pelvis in pixels, size."""
    joints, rotations = skeleton.forward(
        np.zeros(3), hanging_arms() if pose is None else pose, np.zeros(3)
    )
    keypoints = skeleton.coco17(joints, rotations)
    pixels = PIXELS_PER_METRE * scale
    coco = np.full((17, 3), 0.9)
    coco[:, 0] = at[0] + keypoints[:, 0] * pixels
    coco[:, 1] = at[1] - keypoints[:, 1] * pixels
    if not legs:
        coco[11:] = np.nan
    return Person(person_id, 1.0, coco.astype(np.float32), blendshapes=face)
