"""SMPL-X's 55 joints on MakeHuman's rig of 163 bones, and its bodies put into a T-pose.

MakeHuman's bodies stand with arms half raised, elbows bent and legs apart. SMPL-X's poses are
rotations from a T-pose, so a body has to be brought into one. That is done by *undoing* linear
blend skinning: the T-pose is the body which, skinned with our weights and rotated back, is
MakeHuman's body exactly. The sculpted shoulders and elbows so come back wherever arms hang
naturally, which is where they are most of the time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinesics_core.open_body.source import Source
from kinesics_core.rotations import about_axis
from kinesics_core.skeletons import HAND21_FINGERS, SMPLX55, SMPLX_BODY_PARENTS

JOINTS = len(SMPLX55)
JOINT = {name: index for index, name in enumerate(SMPLX55)}

PARENTS = (
    *SMPLX_BODY_PARENTS, 15, 15, 15,
    *(parent for wrist, first in ((20, 25), (21, 40)) for finger in range(5)
      for parent in (wrist, first + 3 * finger, first + 3 * finger + 1)),
)
"""Parent of each of ``SMPLX55``."""

_HEAD_OF = {
    "pelvis": "spine05", "spine1": "spine04", "spine2": "spine02", "spine3": "spine01",
    "neck": "neck01", "head": "head", "jaw": "jaw", "hip": "upperleg01", "knee": "lowerleg01",
    "ankle": "foot", "collar": "clavicle", "shoulder": "upperarm01", "elbow": "lowerarm01",
    "wrist": "wrist", "eye_smplhf": "eye",
    **{f"{finger}{k}": f"finger{i + 1}-{k}" for i, finger in enumerate(HAND21_FINGERS)
       for k in (1, 2, 3)},
}
"""A joint sits at the head of this bone; the foot's sits amid the heads of the first four toes."""

_THIGH = np.array([0.09, -1.0, 0.0])
_SHANK = np.array([-0.035, -1.0, -0.08])
_FOOT_YAW = 0.20
"""Directions of the left leg's bones in the T-pose, and how far the foot turns out, radians: about
SMPL-X's, so that poses of either look alike on both."""

_SPLAY = {"index": 0.10, "middle": 0.0, "ring": -0.08, "pinky": -0.17}
"""Forward part of the fingers' direction, from the middle finger's."""

_FOREARM_ROLL = 0.6
"""Part of the hand's roll that the forearm takes when the palm is turned down."""


@dataclass(frozen=True, slots=True)
class Rest:
    """Bodies in the T-pose, the pelvis at the origin.

    Attributes:
        vertices: (N,V,3) metres.
        joints: (N,55,3) metres.
    """

    vertices: np.ndarray
    joints: np.ndarray


def joint_bones(bones: tuple[str, ...]) -> list[list[int]]:
    """Return for each of ``SMPLX55`` the bones amid whose heads it sits."""
    def named(joint: str) -> list[str]:
        side = ""
        if joint.startswith(("left_", "right_")):
            word, joint = joint.split("_", 1)
            side = "." + word[0].upper()
        if joint == "foot":
            return [f"toe{toe}-1{side}" for toe in (1, 2, 3, 4)]
        return [_HEAD_OF[joint] + side]

    return [[bones.index(bone) for bone in named(joint)] for joint in SMPLX55]


def joints_of(source: Source, vertices: np.ndarray, heads: np.ndarray) -> np.ndarray:
    """Place SMPL-X's joints (N,55,3) in bodies of vertices (N,V,3) and bone heads (N,B,3).

    The eyes' are amid their eyeballs: MakeHuman's bones start some millimetres away.
    """
    joints = np.stack([heads[:, bones].mean(1) for bones in joint_bones(source.bones)], axis=1)
    for side in ("left", "right"):
        bone = source.bones.index(f"eye.{side[0].upper()}")
        ball = vertices[:, source.weights[:, bone] > 0.5]
        joints[:, JOINT[f"{side}_eye_smplhf"]] = (ball.min(1) + ball.max(1)) / 2
    return joints


def grouped_weights(source: Source) -> np.ndarray:
    """Return skinning weights (V,55): a bone's go to the joint it hangs on; rows sum to one."""
    owner = {bone: joint for joint, bones in enumerate(joint_bones(source.bones))
             for bone in bones}
    owner |= {index: JOINT["left_foot" if name.endswith("L") else "right_foot"]
              for index, name in enumerate(source.bones) if name.startswith("toe")}
    owner[source.bones.index("root")] = JOINT["pelvis"]
    groups = np.zeros((len(source.bones), JOINTS))
    for bone in range(len(source.bones)):
        above = bone
        while above not in owner:
            above = source.parents[above]
        groups[bone, owner[above]] = 1.0
    throat = source.bones.index("neck03")  # between the two joints, so half to each
    groups[throat] = 0.0
    groups[throat, [JOINT["neck"], JOINT["head"]]] = 0.5
    weights = source.weights @ groups
    return weights / weights.sum(1, keepdims=True)


def t_pose(vertices: np.ndarray, joints: np.ndarray, weights: np.ndarray) -> Rest:
    """Bring bodies from MakeHuman's pose into the T-pose.

    Args:
        vertices: (N,V,3) metres.
        joints: (N,55,3) metres.
        weights: (V,55) of skinning.
    """
    turns = _turns(joints)
    straight = np.zeros_like(joints)
    for joint in range(1, JOINTS):
        parent = PARENTS[joint]
        bone = joints[:, joint] - joints[:, parent]
        straight[:, joint] = straight[:, parent] + np.einsum("nij,nj->ni", turns[:, parent], bone)
    back = np.swapaxes(turns, -1, -2)  # T-pose to MakeHuman's
    shifts = joints - np.einsum("njab,njb->nja", back, straight)
    out = np.empty_like(vertices)
    for body in range(len(vertices)):
        blend = np.einsum("vj,jab->vab", weights, back[body])
        moved = vertices[body] - weights @ shifts[body]
        out[body] = np.linalg.solve(blend, moved[..., None])[..., 0]
    return Rest(out, straight)


def _turns(joints: np.ndarray) -> np.ndarray:
    """Return rotations (N,55,3,3), in the world, from MakeHuman's pose to the T-pose."""
    turns = np.tile(np.eye(3), (*joints.shape[:2], 1, 1))
    for side, sign in (("left", 1.0), ("right", -1.0)):
        def bone(start: str, end: str, side: str = side) -> np.ndarray:
            return joints[:, JOINT[f"{side}_{end}"]] - joints[:, JOINT[f"{side}_{start}"]]

        def turn(joint: str, rotation: np.ndarray, side: str = side) -> None:
            turns[:, JOINT[f"{side}_{joint}"]] = rotation

        outward = np.array([sign, 0.0, 0.0])
        turn("shoulder", _shortest(bone("shoulder", "elbow"), outward))
        hand = _frame(outward[None], np.array([[0.0, 0.0, 1.0]])) @ np.swapaxes(
            _frame(bone("wrist", "middle1"), bone("pinky1", "index1")), -1, -2)
        forearm = _shortest(bone("elbow", "wrist"), outward)
        left_over = hand @ np.swapaxes(forearm, -1, -2)
        roll = np.arctan2(left_over[:, 2, 1] - left_over[:, 1, 2],
                          left_over[:, 1, 1] + left_over[:, 2, 2])
        turn("elbow", about_axis(0, _FOREARM_ROLL * roll) @ forearm)
        turn("wrist", hand)
        for finger, splay in _SPLAY.items():
            along = np.array([sign, 0.0, splay])
            for knuckle in (1, 2):
                now = np.einsum("nij,nj->ni", hand, bone(f"{finger}{knuckle}",
                                                         f"{finger}{knuckle + 1}"))
                turn(f"{finger}{knuckle}", _shortest(now, along) @ hand)
            turns[:, JOINT[f"{side}_{finger}3"]] = turns[:, JOINT[f"{side}_{finger}2"]]
        for knuckle in (1, 2, 3):
            turn(f"thumb{knuckle}", hand)
        flip = np.array([sign, 1.0, 1.0])
        turn("hip", _shortest(bone("hip", "knee"), _THIGH * flip))
        turn("knee", _shortest(bone("knee", "ankle"), _SHANK * flip))
        forward = bone("ankle", "foot")
        level = about_axis(1, sign * _FOOT_YAW - np.arctan2(forward[:, 0], forward[:, 2]))
        turn("ankle", level)
        turn("foot", level)
    return turns


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def _shortest(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Return the smallest rotations (N,3,3) that turn ``start`` (N,3) into ``end`` (3,)."""
    start, end = np.broadcast_arrays(_unit(start), _unit(end))
    axis = np.cross(start, end)
    cosine = (start * end).sum(-1)[:, None, None]
    cross = np.zeros((len(start), 3, 3))
    for a, b, c in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        cross[:, b, a], cross[:, a, b] = axis[:, c], -axis[:, c]
    return np.eye(3) + cross + cross @ cross / (1.0 + cosine)


def _frame(first: np.ndarray, near: np.ndarray) -> np.ndarray:
    """Return right-handed axes (N,3,3), in columns: ``first`` and, at right angles, ``near``."""
    first = _unit(first)
    third = _unit(np.cross(first, near))
    return np.stack([first, np.cross(third, first), third], axis=-1)

