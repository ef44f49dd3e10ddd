"""Directions of a person's links, which a robot's links follow: upper arms, hands, head, trunk.

A direction carries over between bodies of any size. All are in axes of a body that stands upright
and faces where it faces: x forward, y to its left, z up, as a robot's base (REP-103).
"""

from __future__ import annotations

import math

import numpy as np

from kinesics_core.rotations import exponential
from kinesics_core.skeletons import SMPLX_BODY, SMPLX_BODY_PARENTS
from kinesics_core.types import BodyPose

_X, _Y, _Z = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)


def _minus(axis: tuple[float, float, float]) -> tuple[float, float, float]:
    return (-axis[0], -axis[1], -axis[2])


PARTS: dict[str, tuple[str, tuple[float, float, float]]] = {
    "spine": ("spine3", _Y),
    "chest": ("spine3", _Z),
    "head": ("head", _Z),
    "crown": ("head", _Y),
    "left_upper_arm": ("left_shoulder", _X),
    "left_forearm": ("left_elbow", _X),
    "left_hand": ("left_wrist", _X),
    "left_palm": ("left_wrist", _minus(_Y)),
    "right_upper_arm": ("right_shoulder", _minus(_X)),
    "right_forearm": ("right_elbow", _minus(_X)),
    "right_hand": ("right_wrist", _minus(_X)),
    "right_palm": ("right_wrist", _minus(_Y)),
    "left_thigh": ("left_hip", _minus(_Y)),
    "left_shin": ("left_knee", _minus(_Y)),
    "left_foot": ("left_ankle", _Z),
    "right_thigh": ("right_hip", _minus(_Y)),
    "right_shin": ("right_knee", _minus(_Y)),
    "right_foot": ("right_ankle", _Z),
}
"""Part -> the SMPL-X joint that turns it, and its direction in the T-pose (x to the body's left, y
up, z forward): spine and crown point up, chest and head forward, palms out of the palm."""

_WORLD = np.array([(0.0, 0.0, 1.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)])  # SMPL-X axes to REP-103


class PersonDirections:
    """The directions of some parts of a posed person.

    Args:
        parts: Names of ``PARTS``.
    """

    def __init__(self, parts: tuple[str, ...]) -> None:
        wanted = {SMPLX_BODY.index(PARTS[part][0]) for part in parts}
        needed: set[int] = set()
        for joint in wanted:
            while joint >= 0 and joint not in needed:
                needed.add(joint)
                joint = SMPLX_BODY_PARENTS[joint]
        needed.add(0)
        self._joints = sorted(needed)
        row = {joint: place for place, joint in enumerate(self._joints)}
        self._parents = [row.get(SMPLX_BODY_PARENTS[joint], -1) for joint in self._joints]
        self._rows = np.array([row[SMPLX_BODY.index(PARTS[part][0])] for part in parts], int)
        self._axes = np.array([PARTS[part][1] for part in parts]).reshape(-1, 3, 1)
        self._body = np.array([joint - 1 for joint in self._joints[1:]], int)
        self._turns = np.empty((len(self._joints), 3))

    def of(self, pose: BodyPose) -> np.ndarray:
        """Return the directions (parts, 3), unit length; nan where the pose is.

        Args:
            pose: The body. Its heading does not matter, its lean does.
        """
        turns = self._turns
        turns[0] = pose.global_orient
        turns[1:] = pose.body_pose[self._body]
        local = exponential(turns)
        local[0] = without_heading(local[0])
        world = [local[0]]
        for rotation, parent in zip(local[1:], self._parents[1:], strict=True):
            world.append(world[parent] @ rotation)
        posed = np.array(world)
        return (posed[self._rows] @ self._axes)[..., 0] @ _WORLD.T


def without_heading(rotation: np.ndarray) -> np.ndarray:
    """Take from a rotation (3, 3) its turn about the vertical (y), so that it faces forward."""
    forward, side = rotation[:, 2], rotation[:, 0]
    x, z = float(forward[0]), float(forward[2])
    if x * x + z * z < 0.05:  # it faces the floor or the sky: its side tells where it faces
        x, z = -float(side[2]), float(side[0])
    angle = math.atan2(x, z)
    cosine, sine = math.cos(angle), math.sin(angle)
    return np.array([(cosine, 0.0, -sine), (0.0, 1.0, 0.0), (sine, 0.0, cosine)]) @ rotation
