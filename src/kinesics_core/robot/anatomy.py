"""A robot's anatomy, read from its names and its kinematics: arms, neck, trunk, hands, camera.

Names say which side a joint is on and what must stay still (legs, wheels). Where the shoulder, the
elbow and the wrist are is a matter of geometry: the elbow is the first hinge that stands well away
from the shoulder. So a robot whose joints are called arm_left_1..7 reads as well as one with a
``left_elbow``.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field

import numpy as np

from kinesics_core.errors import ModelError
from kinesics_core.robot.model import RobotModel, chain

LEGS_AND_WHEELS = re.compile(
    r"thigh|knee|calf|ankle|foot|leg(?!acy)|toe|wheel|caster|mobile_base|tripod", re.IGNORECASE)
"""Names of what stands and drives: never moved unless a map says so."""

_HIP = re.compile("hip", re.IGNORECASE)

FINGERS = re.compile(
    r"finger|thumb|gripper|knuckle|index|middle|ring_|pinky|little|jaw|claw|^[lr]?hand$"
    r"|_hand_(?!.*(yaw|pitch|roll))", re.IGNORECASE)
"""Names of a hand's joints."""

_HEAD = re.compile(r"head|neck|skull", re.IGNORECASE)
_EYES = re.compile(r"eye|lid|brow|lip|antenna", re.IGNORECASE)
_LEFT_CAPITAL = re.compile(r"^L(?=[A-Z])")
_RIGHT_CAPITAL = re.compile(r"^R(?=[A-Z])")
_SIDE = {
    "left": re.compile(r"left|(?:^|[_\-./])l(?:[_\-./]|$)", re.IGNORECASE),
    "right": re.compile(r"right|(?:^|[_\-./])r(?:[_\-./]|$)", re.IGNORECASE),
}
_CAMERA = re.compile(r"camera|rgb|realsense|d435|zed", re.IGNORECASE)
_APART = 0.02  # metres between two joints that do not stand in one place
_HINGE = 0.8  # |cosine| between a hinge's axis and the segment it bends, at most
_UPPER_SHARE = 0.35  # of an upper arm against all beyond the elbow, at least
_FEWEST = 3  # joints of an arm


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm.

    Attributes:
        joints: Of it, from the shoulder outwards, without fingers.
        shoulder, elbow, wrist: (3,) metres in the world, all joints at rest position zero.
        elbow_joint: Place in ``joints`` of the hinge of the elbow.
        wrist_joint: Place in ``joints`` of the first joint at the wrist; their number where the
            arm has none.
        tip: (3,) farthest place of the hand.
        fingers: Joints of the hand that are no mimics.
    """

    joints: tuple[str, ...]
    shoulder: np.ndarray
    elbow: np.ndarray
    wrist: np.ndarray
    elbow_joint: int
    wrist_joint: int
    tip: np.ndarray
    fingers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Anatomy:
    """A robot's parts.

    Attributes:
        root: The link at the base.
        axes: (3, 3) forward, left and up in the world (columns).
        arms: By side.
        trunk: Joints that turn both arms, from the base upwards; sliding ones left out.
        trunk_link: The link that carries both arms.
        neck: Joints of the neck, from the trunk upwards.
        head_link: The link they turn, "" without.
        camera: The camera's link, "" without.
        still: Joints that are not to move: legs, wheels, lifts and what nothing here reads.
    """

    root: str
    axes: np.ndarray
    arms: dict[str, Arm]
    trunk: tuple[str, ...]
    trunk_link: str
    neck: tuple[str, ...]
    head_link: str
    camera: str
    still: tuple[str, ...] = field(default=())


class Skeleton:
    """A robot with all joints at zero (or the nearest allowed): where its joints and links are."""

    def __init__(self, model: RobotModel) -> None:
        import pinocchio

        self.model = model
        known = model.kinematics
        self.data = known.createData()
        pinocchio.computeJointJacobians(known, self.data, model.whole({}))
        pinocchio.updateFramePlacements(known, self.data)
        self.below: dict[str, list[str]] = {}
        for joint in model.urdf.joints.values():
            self.below.setdefault(joint.parent, []).append(joint.name)

    def place(self, joint: str) -> np.ndarray:
        """Return where a joint is, (3,) metres."""
        return np.array(self.data.oMi[self.model.kinematics.getJointId(joint)].translation)

    def axis(self, joint: str) -> np.ndarray:
        """Return the axis that a joint turns about, (3,)."""
        column = self.model.kinematics.idx_vs[self.model.kinematics.getJointId(joint)]
        return np.array(self.data.J.reshape(6, -1)[3:, column])

    def link(self, link: str) -> tuple[np.ndarray, np.ndarray]:
        """Return place (3,) and rotation (3, 3) of a link."""
        at = self.data.oMf[self.model.frame(link)]
        return np.array(at.translation), np.array(at.rotation)

    def joints_below(self, link: str) -> list[str]:
        """Return all joints that a link carries, those further out after the nearer ones."""
        found = []
        for name in self.below.get(link, ()):
            found.append(name)
            found += self.joints_below(self.model.urdf.joints[name].child)
        return found


def side_of(name: str) -> str:
    """Return "left", "right" or "" for a joint's or link's name."""
    if _LEFT_CAPITAL.match(name):
        return "left"
    if _RIGHT_CAPITAL.match(name):
        return "right"
    for side, pattern in _SIDE.items():
        if pattern.search(name):
            return side
    return ""


def read_anatomy(model: RobotModel) -> Anatomy:
    """Find a robot's arms, neck and trunk.

    Raises:
        ModelError: It has no pair of arms and no neck that names and kinematics tell.
    """
    skeleton = Skeleton(model)
    joints = model.urdf.joints
    root = next(link for link in model.urdf.links
                if all(joint.child != link for joint in joints.values()))
    chains = {side: _arm_chain(skeleton, side) for side in ("left", "right")}
    common = _common(chains["left"], chains["right"])
    for side in ("left", "right"):  # of one arm alone, what has no side turns its trunk
        if not chains["right" if side == "left" else "left"]:
            common += itertools.takewhile(lambda name: not side_of(name), chains[side])
    arms = {}
    for side, names in chains.items():
        if own := [name for name in names if name not in common]:
            arms[side] = _arm(skeleton, own)
    trunk_link = joints[common[-1]].child if common else root
    neck, head_link = _neck(skeleton, set(common), {name for names in chains.values()
                                                    for name in names})
    if not arms and not neck:
        raise ModelError(
            f"In {model.urdf.path} neither arms nor a head were found by name (left or l_, right or"
            " r_; head, neck) and kinematics. Write the map by hand: docs/robot.md shows one.")
    # With legs on both sides a hip is a leg's; a robot on wheels may bow in its only one.
    legged = any(side_of(name) and LEGS_AND_WHEELS.search(name) for name in model.joints)
    trunk = tuple(name for name in common if joints[name].kind != "prismatic"
                  and not LEGS_AND_WHEELS.search(name) and not (legged and _HIP.search(name)))
    used = {*trunk, *neck, *(name for arm in arms.values() for name in (*arm.joints, *arm.fingers))}
    still = tuple(name for name in model.joints
                  if name not in used and joints[name].mimic is None)
    return Anatomy(root, _axes(skeleton, arms), arms, trunk, trunk_link, neck, head_link,
                   _camera(model), still)


def _arm_chain(skeleton: Skeleton, side: str) -> list[str]:
    """Return the joints from the base to the hand of a side: the longest chain of an arm's names.

    It ends where the fingers begin.
    """
    joints = skeleton.model.urdf.joints
    best: list[str] = []
    for name, joint in joints.items():
        if not joint.moves or joint.mimic is not None or side_of(name) != side or not _is_arm(name):
            continue
        way = [other for other in chain(skeleton.model, joint.child)
               if joints[other].mimic is None]
        sided = [other for other in way if side_of(other) == side and _is_arm(other)]
        if len(sided) >= _FEWEST and len(way) > len(best):
            best = way
    return best


def _is_arm(name: str) -> bool:
    return not any(pattern.search(name)
                   for pattern in (LEGS_AND_WHEELS, _HIP, FINGERS, _HEAD, _EYES))


def _common(left: list[str], right: list[str]) -> list[str]:
    shared = []
    for one, other in zip(left, right, strict=False):
        if one != other:
            break
        shared.append(one)
    return shared


def _arm(skeleton: Skeleton, names: list[str]) -> Arm:
    joints = skeleton.model.urdf.joints
    hand = joints[names[-1]].child
    beyond = skeleton.joints_below(hand)
    places = [skeleton.link(joints[name].child)[0] for name in beyond]
    last = skeleton.place(names[-1])
    tip = max([skeleton.link(hand)[0], *places], key=lambda place: np.linalg.norm(place - last))
    points = [skeleton.place(name) for name in names]
    shoulder = points[min(1, len(points) - 1)]
    elbow_joint = _elbow(skeleton, names, shoulder, tip)
    elbow = points[elbow_joint]
    wrist_joint, wrist = len(names), tip
    for index in range(elbow_joint + 1, len(names)):
        fore = points[index] - elbow
        length = float(np.linalg.norm(fore))
        if length > 0.4 * float(np.linalg.norm(elbow - shoulder)) and (
                abs(float(skeleton.axis(names[index]) @ fore)) / length < _HINGE):
            wrist_joint, wrist = index, points[index]
            break
    else:
        away = [point for point in points[elbow_joint + 1:]
                if np.linalg.norm(point - elbow) > 0.4 * np.linalg.norm(elbow - shoulder)]
        wrist = away[-1] if away else tip
    fingers = tuple(name for name in beyond if joints[name].moves and joints[name].mimic is None)
    return Arm(tuple(names), shoulder, elbow, wrist, elbow_joint, wrist_joint, tip, fingers)


def _elbow(skeleton: Skeleton, names: list[str], shoulder: np.ndarray, tip: np.ndarray) -> int:
    """Return the place of the first hinge that stands well away from the shoulder and the hand."""
    points = [skeleton.place(name) for name in names]
    for index in range(2, len(names)):
        upper = points[index] - shoulder
        length = float(np.linalg.norm(upper))
        beyond = max(float(np.linalg.norm(point - points[index]))
                     for point in [*points[index:], tip])
        if length > _APART and length > _UPPER_SHARE * beyond and (
                abs(float(skeleton.axis(names[index]) @ upper)) / length < _HINGE):
            return index
    return min(2, len(names) - 1)


def _neck(skeleton: Skeleton, trunk: set[str], arms: set[str]) -> tuple[tuple[str, ...], str]:
    joints = skeleton.model.urdf.joints
    best: list[str] = []
    for name, joint in joints.items():
        if (joint.moves and joint.mimic is None and _HEAD.search(name) and not _EYES.search(name)
                and name not in arms):
            way = [other for other in chain(skeleton.model, joint.child)
                   if other not in trunk and other not in arms and _HEAD.search(other)]
            if len(way) > len(best):
                best = way
    return tuple(best), joints[best[-1]].child if best else ""


def _axes(skeleton: Skeleton, arms: dict[str, Arm]) -> np.ndarray:
    """Return forward, left and up: up is the world's, left is where the left arm is."""
    up = np.array([0.0, 0.0, 1.0])
    left = np.array([0.0, 1.0, 0.0])
    if len(arms) == 2:
        across = arms["left"].shoulder - arms["right"].shoulder
        across[2] = 0.0
        nearest = int(np.abs(across).argmax())
        left = np.zeros(3)
        left[nearest] = np.sign(across[nearest]) or 1.0
    return np.stack([np.cross(left, up), left, up], axis=1)


def _camera(model: RobotModel) -> str:
    """Return the link of the camera that looks where the face does, the optical one first."""
    found = [link for link in model.urdf.links if _CAMERA.search(link)]

    def rank(link: str) -> tuple[bool, bool, bool, int]:
        name = link.lower()
        return ("optical" not in name, "depth" in name or "infra" in name or "ir_" in name,
                "rear" in name or "back" in name or "gripper" in name, len(name))
    return min(found, key=rank) if found else ""
