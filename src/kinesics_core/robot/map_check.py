"""A map held against its robot: how near it comes to poses that people take, and a sheet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinesics_core.body.arm_poses import (
    AT_EASE,
    HELD_OPEN,
    ON_HIP,
    ArmPose,
    arm_rotations,
    arm_vector,
)
from kinesics_core.render.text import TextStyle, put_text
from kinesics_core.robot.directions import PersonDirections
from kinesics_core.robot.model import RobotModel
from kinesics_core.robot.picture import RobotPicture
from kinesics_core.robot.retarget import Retargeter
from kinesics_core.robot.robot_map import RobotMap
from kinesics_core.rotations import logarithm, mirrored
from kinesics_core.skeletons import SMPLX_BODY
from kinesics_core.types import BodyPose

_STEPS = 160
_SIZE = 300, 380  # px of a picture

_POSES: dict[str, tuple[ArmPose, tuple[float, float, float], tuple[float, float, float]]] = {
    # arms, turn of the trunk and of the head (forward, left, right), radians
    "at ease": (AT_EASE, (0, 0, 0), (0, 0, 0)),
    "arms forward": (ArmPose((0.1, -0.1, 1.0), (0.1, 0.0, 1.0)), (0, 0, 0), (0, 0, 0)),
    "arms out": (ArmPose((1.0, -0.1, 0.1), (1.0, 0.1, 0.2)), (0, 0, 0), (0, 0.4, 0)),
    "hands up": (ArmPose((0.9, 0.1, 0.2), (0.1, 1.0, 0.2)), (0, 0, 0), (-0.2, 0, 0)),
    "hands on hips": (ON_HIP, (0, 0, 0), (0, 0, 0)),
    "bow": (HELD_OPEN, (0.4, 0, 0), (0.3, 0, 0)),
    "turned": (HELD_OPEN, (0, 0.5, 0), (0, 0.5, 0)),
}


@dataclass(frozen=True, eq=False)
class Reach:
    """Nearness of a robot to poses that people take.

    Attributes:
        poses: (P,) names.
        parts: (K,) of a person.
        degrees: (P, K) between where a person's part and the robot's link point.
        positions: (P,) joint -> position.
        targets: (P, K, 3) where the person's parts point, in axes of the base.
        notes: Sentences about the map.
    """

    poses: tuple[str, ...]
    parts: tuple[str, ...]
    degrees: np.ndarray
    positions: tuple[dict[str, float], ...]
    targets: np.ndarray
    notes: tuple[str, ...]


def reach_of(model: RobotModel, robot_map: RobotMap) -> Reach:
    """Return how near a robot comes to poses that people take, without limits of speed."""
    robot = Retargeter(model, robot_map)
    person = PersonDirections(robot.parts)
    rows, positions, targets = [], [], []
    for arms, trunk, head in _POSES.values():
        pose = _body(arms, trunk, head)
        robot.begin({})
        for _ in range(_STEPS):
            goal = robot.solve(pose)
        wanted = person.of(pose)
        pointing = robot.solver.directions(robot.solver.position)
        rows.append(np.degrees(np.arccos(np.clip(np.sum(wanted * pointing, axis=1), -1, 1))))
        positions.append(dict(zip(robot.names, goal.tolist(), strict=True)))
        targets.append(wanted)
    return Reach(tuple(_POSES), robot.parts, np.array(rows), tuple(positions), np.array(targets),
                 tuple(robot.notes))


def sheet(model: RobotModel, robot_map: RobotMap, reach: Reach) -> np.ndarray:
    """Return a picture (H, W, 3) of the robot in each pose, with arrows where the person points."""
    picture = RobotPicture(model, robot_map, _SIZE)
    images = []
    for pose, positions, targets in zip(reach.poses, reach.positions, reach.targets, strict=True):
        image = picture.draw(positions, dict(zip(reach.parts, targets, strict=True)))
        put_text(image, pose, (10, 24), TextStyle(size=16, color=(30, 30, 30)))
        images.append(image)
    picture.close()
    return np.concatenate(images, axis=1)


def _body(arms: ArmPose, trunk: tuple[float, float, float], head: tuple[float, float, float],
          ) -> BodyPose:
    """Return a body with both arms alike, its trunk and its head turned."""
    turns = np.zeros((21, 3))
    shoulder, elbow, wrist = arm_rotations(arm_vector(arms))
    for part, turn in (("shoulder", logarithm(shoulder)), ("elbow", elbow), ("wrist", wrist)):
        turns[SMPLX_BODY.index(f"left_{part}") - 1] = turn
        turns[SMPLX_BODY.index(f"right_{part}") - 1] = mirrored(turn)
    for joint in ("spine1", "spine2", "spine3"):
        turns[SMPLX_BODY.index(joint) - 1] = np.array(trunk) / 3
    turns[SMPLX_BODY.index("neck") - 1] = np.array(head) / 2
    turns[SMPLX_BODY.index("head") - 1] = np.array(head) / 2
    hand, none = np.zeros((15, 3)), np.zeros(3)
    return BodyPose(0, 0, none, none, turns, hand, hand, none, np.zeros(10))
