"""Directions of a person's links, which a robot's links follow: upper arms, hands, head, trunk.

A direction carries over between bodies of any size. All are in axes of a body that stands upright
and faces where it faces: x forward, y to its left, z up, as a robot's base (REP-103).
"""

from __future__ import annotations

import math

import numpy as np

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

class PersonDirections:
    """The directions of some parts of a posed person.

    Args:
        parts: Names of ``PARTS``.
    """

    def __init__(self, parts: tuple[str, ...]) -> None:
        import pinocchio

        wanted = {SMPLX_BODY.index(PARTS[part][0]) for part in parts}
        needed: set[int] = set()
        for joint in wanted:
            while joint >= 0:
                needed.add(joint)
                joint = SMPLX_BODY_PARENTS[joint]
        joints = sorted(needed | {0})
        self._pinocchio = pinocchio
        self._tree = pinocchio.Model()
        for joint in joints:
            above = SMPLX_BODY_PARENTS[joint]
            self._tree.addJoint(0 if above < 0 else 1 + joints.index(above),
                                pinocchio.JointModelSpherical(), pinocchio.SE3.Identity(),
                                SMPLX_BODY[joint])
        self._data = self._tree.createData()
        self._body = np.array([joint - 1 for joint in joints[1:]], int)
        self._turns = np.empty((len(joints), 3))
        self._unturned = pinocchio.neutral(self._tree)
        # The columns of the tree's Jacobian that turn are its joints' axes in the world.
        rows = [joints.index(SMPLX_BODY.index(PARTS[part][0])) for part in parts]
        axes = np.array([PARTS[part][1] for part in parts]).reshape(-1, 3)
        self._columns = 3 * np.array(rows, int) + np.abs(axes).argmax(axis=1)
        self._signs = np.stack([axes.sum(axis=1)] * 3)

    def of(self, pose: BodyPose) -> np.ndarray:
        """Return the directions (parts, 3), unit length; nan where the pose is.

        Args:
            pose: The body. Its heading does not matter, its lean does.
        """
        turns = self._turns
        turns[0] = pose.global_orient
        turns[1:] = pose.body_pose.take(self._body, axis=0)
        quaternions = self._pinocchio.integrate(self._tree, self._unturned, turns.ravel())
        self._pinocchio.computeJointJacobians(self._tree, self._data, quaternions)
        axes = self._data.J[3:]
        pointing = axes.take(self._columns, axis=1) * self._signs
        directions: np.ndarray = pointing.T.dot(to_base(axes[:, :3]))
        return directions


def to_base(trunk: np.ndarray) -> np.ndarray:
    """Return what takes directions (K, 3) of SMPL-X to a base that faces where a trunk does.

    Args:
        trunk: (3, 3) rotation of the pelvis in axes of SMPL-X.
    """
    (side_x, _, x), _, (side_z, _, z) = trunk.tolist()
    if x * x + z * z < 0.05:  # it faces the floor or the sky: its side tells where it faces
        x, z = -side_z, side_x
    length = math.hypot(x, z) or 1.0
    sine, cosine = x / length, z / length
    return np.array([(sine, cosine, 0.0), (0.0, 0.0, 1.0), (cosine, -sine, 0.0)])
