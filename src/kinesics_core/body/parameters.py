"""The parameters of a posed body: names and sizes as in stock smplx, and a pose as one vector."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from kinesics_core.errors import KinesicsError

PARAMETERS: dict[str, tuple[int, ...]] = {
    "transl": (3,), "global_orient": (3,), "body_pose": (21, 3), "left_hand_pose": (15, 3),
    "right_hand_pose": (15, 3), "jaw_pose": (3,), "leye_pose": (3,), "reye_pose": (3,),
    "expression": (52,),
}
"""Parameters of SMPL-X that change from frame to frame, with their shape in one frame: metres for
``transl``, axis-angle in radians for rotations, and the weights of our own body's 52 face targets.
``betas``, the shape, belongs to a person and not to a frame."""

POSE_PARTS: dict[str, tuple[tuple[str, int], ...]] = {
    "smplx": (("global_orient", 1), ("body_pose", 21), ("jaw_pose", 1), ("leye_pose", 1),
              ("reye_pose", 1), ("left_hand_pose", 15), ("right_hand_pose", 15)),
    "smplh": (("global_orient", 1), ("body_pose", 21), ("left_hand_pose", 15),
              ("right_hand_pose", 15)),
    "smpl": (("global_orient", 1), ("body_pose", 23)),
}
"""Name and number of joints of each part of a pose, in the order of the joints of a kind of body
(see ``model.JOINT_NAMES``)."""


@dataclass(slots=True)
class BodyFrames:
    """The parameters of one body in T frames; rotations are axis-angle in radians.

    Attributes:
        betas: (10,) standard deviations.
        transl: (T, 3) metres.
        global_orient: (T, 3).
        body_pose: (T, 21, 3).
        left_hand_pose: (T, 15, 3).
        right_hand_pose: (T, 15, 3).
        jaw_pose: (T, 3).
        leye_pose: (T, 3).
        reye_pose: (T, 3).
        expression: (T, 52), in the order of ``skeletons.ARKIT_BLENDSHAPES``, 0..1.
    """

    betas: np.ndarray
    transl: np.ndarray
    global_orient: np.ndarray
    body_pose: np.ndarray
    left_hand_pose: np.ndarray
    right_hand_pose: np.ndarray
    jaw_pose: np.ndarray
    leye_pose: np.ndarray
    reye_pose: np.ndarray
    expression: np.ndarray


def check_names(parameters: Iterable[str]) -> None:
    """Refuse what is no parameter, before a misspelt one is silently left at zero.

    Raises:
        TypeError: A name is neither ``betas`` nor one of ``PARAMETERS``.
    """
    if unknown := [name for name in parameters if name not in PARAMETERS and name != "betas"]:
        raise TypeError(
            f"Got {', '.join(unknown)} for a body; wanted betas, {', '.join(PARAMETERS)}.")


def pose_vector(kind: str, parts: Mapping[str, np.ndarray | None]) -> np.ndarray:
    """Return the parts of T poses in one array, axis-angle (T, J, 3), radians, float32.

    Args:
        kind: A key of ``POSE_PARTS``.
        parts: (T or 1, joints, 3) or (T or 1, 3 joints) by name. A part is zero where it is
            missing or None, and so are SMPL's hands after a ``body_pose`` of 21 joints. Names
            that the kind does not have are not used.

    Raises:
        KinesicsError: A part has the wrong number of joints.
    """
    given = {name: np.asarray(part, np.float32).reshape(len(part), -1, 3)
             for name, part in parts.items() if part is not None}  # fmt: skip
    frames = max((len(part) for part in given.values()), default=1)
    pose = np.zeros((frames, sum(count for _, count in POSE_PARTS[kind]), 3), np.float32)
    start = 0
    for name, count in POSE_PARTS[kind]:
        if name in given:
            size = given[name].shape[1]
            check_joints(kind, name, size, count)
            pose[:, start : start + size] = given[name]
        start += count
    return pose


def check_joints(kind: str, name: str, size: int, count: int) -> None:
    """Refuse a part of a pose with another number of joints than the kind's ``count``.

    Raises:
        KinesicsError: ``size`` does not fit; a ``body_pose`` may lack its last joints.
    """
    if size > count or (size < count and name != "body_pose"):
        raise KinesicsError(f"Got {name} of {size} joints; wanted {count} for {kind}.")
