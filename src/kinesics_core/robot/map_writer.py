"""A robot's map, written from its description: what ``kinesics robot map`` proposes to correct."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from kinesics_core.body.arm_poses import AT_EASE, arm_rotations, arm_vector
from kinesics_core.errors import ModelError
from kinesics_core.robot.anatomy import Arm, Skeleton, read_anatomy
from kinesics_core.robot.directions import PersonDirections
from kinesics_core.robot.limits import limits_of
from kinesics_core.robot.model import RobotModel
from kinesics_core.robot.robot_map import RobotMap, from_values
from kinesics_core.robot.solver import DirectionSolver
from kinesics_core.rotations import logarithm, mirrored
from kinesics_core.skeletons import SMPLX_BODY
from kinesics_core.types import BodyPose

SPEED = 6.0
"""Fastest speed of a joint in a map that is written, rad/s: that of quick human gestures."""

_DEGREES = 20.0  # rad/s above which a speed is probably degrees a second
_STRAIGHT = math.radians(30)  # a hand that points so near to its forearm points along it
_REST_STEPS = 200


@dataclass(frozen=True, slots=True)
class Proposal:
    """A map that was written.

    Attributes:
        text: The YAML.
        robot_map: What it says.
        notes: Sentences about what could not be read and what stays still.
    """

    text: str
    robot_map: RobotMap
    notes: list[str]


def propose_map(model: RobotModel, name: str, urdf: str, path: Path) -> Proposal:
    """Write the map of a robot from its names and kinematics.

    Args:
        model: The robot.
        name: Its name in the map.
        urdf: How the map names the description.
        path: Where the map is to be, for sentences.

    Raises:
        ModelError: No arms and no head were found.
    """
    anatomy, skeleton = read_anatomy(model), Skeleton(model)
    links: dict[str, dict[str, Any]] = {}
    joints: list[str] = list(anatomy.trunk) + list(anatomy.neck)
    if anatomy.trunk:
        links["spine"] = _link(skeleton, anatomy.trunk_link, anatomy.axes[:, 2])
        links["chest"] = _link(skeleton, anatomy.trunk_link, anatomy.axes[:, 0])
    if anatomy.neck:
        links["head"] = _link(skeleton, anatomy.head_link, anatomy.axes[:, 0])
        links["crown"] = _link(skeleton, anatomy.head_link, anatomy.axes[:, 2])
    notes = [f"No {side} arm was found by its joints' names (left or l_, right or r_)."
             for side in ("left", "right") if side not in anatomy.arms]
    if not anatomy.neck:
        notes.append("No neck was found by its joints' names (head, neck).")
    hands: dict[str, dict[str, list[float]]] = {}
    for side, arm in anatomy.arms.items():
        joints += arm.joints
        links |= _arm_links(skeleton, side, arm)
        hands[side] = {}
        for finger in arm.fingers:
            if _limited(model, finger):
                hands[side][finger] = _open_and_closed(model, finger)
            else:
                notes.append(f"{finger} has no range or no speed in the description, so it stays"
                             " still; give it both under limits: and its ends under hands:.")
    notes += [f"{joint} has no range or no speed in the description, so it stays still."
              for joint in joints if not _limited(model, joint)]
    joints = [joint for joint in joints if _limited(model, joint)]
    if not joints:
        raise ModelError(
            f"No joint of an arm, a neck or a trunk in {model.urdf.path} has both a range and a"
            " speed, so none may move. Give them <limit lower= upper= velocity= effort=>.")
    joints += [finger for hand in hands.values() for finger in hand]
    fast = [joint for joint in joints if model.limits(joint)[2] > _DEGREES]
    if fast:
        notes.append(f"{len(fast)} joints are said to be faster than {_DEGREES:.0f} rad/s (such as"
                     f" {fast[0]}); if the description means degrees, set speed: lower.")
    if anatomy.still:
        notes.append(f"Never moved: {', '.join(anatomy.still)}.")
    values: dict[str, Any] = {
        "name": name, "urdf": urdf,
        "base": {"link": anatomy.root,
                 "forward": _rounded(skeleton.link(anatomy.root)[1].T @ anatomy.axes[:, 0]),
                 "up": _rounded(skeleton.link(anatomy.root)[1].T @ anatomy.axes[:, 2])},
        "camera": anatomy.camera, "face": "none", "links": links, "joints": joints,
        "hands": {side: hand for side, hand in hands.items() if hand}, "speed": SPEED,
    }
    values["rest"] = at_ease(model, from_values(values, path))
    return Proposal(as_yaml(values, notes), from_values(values, path), notes)


def at_ease(model: RobotModel, robot_map: RobotMap) -> dict[str, float]:
    """Return positions (rounded, by joint) in which a robot stands at ease, arms hanging."""
    fingers = {name for hand in robot_map.hands.values() for name in hand}
    limits = limits_of(model, robot_map,
                       [name for name in robot_map.moving(model) if name not in fingers])
    solver = DirectionSolver(model, robot_map, limits, model.whole({}))
    targets = PersonDirections(solver.features.parts).of(_standing())
    for _ in range(_REST_STEPS):
        position = solver.step(targets)
    # Rounded towards zero, so that it stays within the range.
    rounded = np.trunc(np.asarray(position) * 100) / 100
    return {name: float(value) + 0.0 for name, value in zip(limits.names, rounded, strict=True)
            if value}


def as_yaml(values: dict[str, Any], notes: list[str]) -> str:
    """Return a map as YAML that people read and correct."""
    head = ["# Written by `kinesics robot map`; look at the picture and correct what is wrong.",
            *(f"# {note}" for note in notes)]
    lines = []
    for key, value in values.items():
        if key == "links":
            lines.append("links:")
            lines += [f"  {part}: {_flow(link)}" for part, link in value.items()]
        elif isinstance(value, dict) and value and all(
                isinstance(part, dict) for part in value.values()):
            lines.append(f"{key}:")
            lines += [f"  {part}: {_flow(inner)}" for part, inner in value.items()]
        else:
            lines.append(f"{key}: {_flow(value)}")
    return "\n".join(_wrapped(head)) + "\n" + "\n".join(lines) + "\n"


def _standing() -> BodyPose:
    """Return a body at ease."""
    rotations = np.zeros((21, 3))
    shoulder, elbow, wrist = arm_rotations(arm_vector(AT_EASE))
    for part, turn in (("shoulder", logarithm(shoulder)), ("elbow", elbow), ("wrist", wrist)):
        rotations[SMPLX_BODY.index(f"left_{part}") - 1] = turn
        rotations[SMPLX_BODY.index(f"right_{part}") - 1] = mirrored(turn)
    hand, none = np.zeros((15, 3)), np.zeros(3)
    return BodyPose(0, 0, none, none, rotations, hand, hand, none, np.zeros(10))


def _limited(model: RobotModel, joint: str) -> bool:
    return all(math.isfinite(value) for value in model.limits(joint))


def _link(skeleton: Skeleton, link: str, axis: np.ndarray) -> dict[str, Any]:
    """Return a link and the axis of it that points along a direction in the world."""
    return {"link": link, "axis": _rounded(skeleton.link(link)[1].T @ axis)}


def _arm_links(skeleton: Skeleton, side: str, arm: Arm) -> dict[str, dict[str, Any]]:
    joints = skeleton.model.urdf.joints
    upper_link = joints[arm.joints[arm.elbow_joint]].parent
    fore_link = joints[arm.joints[arm.wrist_joint]].parent if arm.wrist_joint < len(arm.joints) \
        else joints[arm.joints[-1]].child
    links = {f"{side}_upper_arm": _link(skeleton, upper_link, _unit(arm.elbow - arm.shoulder))}
    fore = _unit(arm.wrist - arm.elbow)
    links[f"{side}_forearm"] = _link(skeleton, fore_link, fore)
    if arm.wrist_joint < len(arm.joints):
        hand_link = joints[arm.joints[-1]].child
        hand = arm.tip - arm.wrist
        if np.linalg.norm(hand) < 0.02 or float(_unit(hand) @ fore) > math.cos(_STRAIGHT):
            hand = fore
        links[f"{side}_hand"] = _link(skeleton, hand_link, _unit(hand))
    palm = _palm(skeleton, arm)
    if palm is not None:
        links[f"{side}_palm"] = _link(skeleton, joints[arm.joints[-1]].child, palm)
    return links


def _palm(skeleton: Skeleton, arm: Arm) -> np.ndarray | None:
    """Return the direction (3,) that a palm faces, or None: fingers close towards it."""
    model, total = skeleton.model, np.zeros(3)
    for joint in arm.fingers:
        if "thumb" in joint.lower() or not _limited(model, joint):
            continue
        _, closed = _open_and_closed(model, joint)
        below = skeleton.joints_below(model.urdf.joints[joint].child)
        ends = [skeleton.place(name) for name in below if model.urdf.joints[name].moves]
        end = ends[-1] if ends else skeleton.place(joint) + 0.1 * _unit(arm.tip - arm.wrist)
        total += np.cross(skeleton.axis(joint), end - skeleton.place(joint)) * np.sign(closed)
    along = _unit(arm.tip - arm.wrist)
    total -= (total @ along) * along
    length = float(np.linalg.norm(total))
    # Two fingers that close towards each other have no palm between them.
    return total / length if length > 0.01 and len(arm.fingers) > 1 else None


def _open_and_closed(model: RobotModel, joint: str) -> list[float]:
    """Return a finger's positions open and closed; a hand whose links come together is closed."""
    lower, upper, _ = model.limits(joint)
    followers = [other.child for other in model.urdf.joints.values()
                 if other.mimic is not None and other.mimic.joint == joint]
    ends = [min(max(0.0, lower), upper), upper if abs(upper) >= abs(lower) else lower]
    if len(followers) > 1:
        spread = [_spread(model, {joint: end}, followers) for end in ends]
        if spread[0] < spread[1] - 1e-3:
            ends = ends[::-1]
    return [round(math.trunc(end * 1000) / 1000, 3) + 0.0 for end in ends]


def _spread(model: RobotModel, positions: dict[str, float], links: list[str]) -> float:
    """Return how far apart links are, metres (mean distance from their centre)."""
    import pinocchio

    data = model.kinematics.createData()
    pinocchio.framesForwardKinematics(model.kinematics, data, model.whole(positions))
    places = np.array([data.oMf[model.frame(link)].translation for link in links])
    return float(np.linalg.norm(places - places.mean(axis=0), axis=1).mean())


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / max(float(np.linalg.norm(vector)), 1e-9)


def _rounded(vector: np.ndarray) -> list[float]:
    return [round(float(part), 3) + 0.0 for part in vector]


def _flow(value: Any) -> str:
    return yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=96
                          ).strip().removesuffix("\n...").replace("\n", "\n    ")


def _wrapped(lines: list[str]) -> list[str]:
    import textwrap

    return [part for line in lines for part in textwrap.wrap(line, 96, subsequent_indent="#   ")]
