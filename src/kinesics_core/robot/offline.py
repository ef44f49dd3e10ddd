"""A recorded motion to a robot's joints: as fast as it is where the robot can, else slower.

All of the motion is known, so it is slowed as a whole where the joints could not follow it; then it
is streamed through the same retargeter as live poses, so that what comes out is within the limits
of every joint.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from kinesics_core.dataset.pose_clips import at_rate
from kinesics_core.robot.retarget import Retargeter
from kinesics_core.types import BodyPose

SLOWEST = 4.0
"""Times that a motion is slowed at most; beyond it is made smaller as well."""

RATE = 60.0
"""Poses a second that a robot is streamed."""

_SHARE = 97.0  # per cent of the frames that have to be within the limits; jumps are followed anyway
_SETTLE = 150


@dataclass(frozen=True, eq=False)
class JointMotion:
    """A robot's joints over time.

    Attributes:
        names: The joints, N.
        times: (T,) seconds.
        position: (T, N) radians or metres.
        velocity: (T, N).
        acceleration: (T, N).
        error: (T, K) degrees between where the links and the person's point.
        parts: (K,) names of the parts.
        slower: Times that the motion was slowed.
    """

    names: tuple[str, ...]
    times: np.ndarray
    position: np.ndarray
    velocity: np.ndarray
    acceleration: np.ndarray
    error: np.ndarray
    parts: tuple[str, ...]
    slower: float


def body_of(rotations: np.ndarray, hands: tuple[np.ndarray, np.ndarray] | None = None) -> BodyPose:
    """Return a pose (22, 3) axis-angle as a body; hands (15, 3) each, open where unknown."""
    left, right = hands if hands is not None else (np.zeros((15, 3)), np.zeros((15, 3)))
    return BodyPose(0, 0, np.zeros(3), rotations[0].astype(float), rotations[1:].astype(float),
                    left, right, np.zeros(3), np.zeros(10))


def retarget_motion(
    robot: Retargeter, rotations: np.ndarray, rate: float,
    on_frame: Callable[[], None] = lambda: None, *,
    hands: tuple[np.ndarray, np.ndarray] | None = None,
) -> JointMotion:
    """Return the joints of a robot that shows a motion.

    Args:
        robot: Of the robot; it is started anew.
        rotations: (T, 22, 3) axis-angle, order ``skeletons.SMPLX_BODY``.
        rate: Frames per second.
        on_frame: Told of each pose that is followed.
        hands: (T, 15, 3) axis-angle of the left and the right hand's joints; None: open.
    """
    slower = slowing(robot, rotations, rate)
    stretched = at_rate(rotations, rate / slower, RATE)
    settle(robot, body_of(stretched[0]))
    rows, errors = [], []
    for index, frame in enumerate(stretched):
        at = min(round(index * rate / (slower * RATE)), len(rotations) - 1)
        pose = body_of(frame, None if hands is None else (hands[0][at], hands[1][at]))
        rows.append(robot.step(pose, 1 / RATE))
        errors.append(robot.error(pose))
        on_frame()
    return JointMotion(
        robot.names, np.arange(len(rows)) / RATE, np.array([row.position for row in rows]),
        np.array([row.velocity for row in rows]), np.array([row.acceleration for row in rows]),
        np.array(errors), robot.parts, slower)


def settle(robot: Retargeter, pose: BodyPose) -> None:
    """Start a robot where it shows a pose, as it stands ready before the motion begins."""
    robot.begin({})
    for _ in range(_SETTLE):
        robot.solve(pose)
    robot.begin(dict(zip(robot.names, robot.goal, strict=True)), slowly=False)


def slowing(robot: Retargeter, rotations: np.ndarray, rate: float) -> float:
    """Return how many times slower a motion has to be for a robot's joints, 1..``SLOWEST``."""
    poses = at_rate(rotations, rate, RATE)
    settle(robot, body_of(poses[0]))
    goals = np.array([robot.solve(body_of(pose)).copy() for pose in poses])
    if len(goals) < 3:
        return 1.0
    speed = np.abs(np.diff(goals, axis=0)) * RATE / robot.limits.velocity
    change = np.abs(np.diff(goals, 2, axis=0)) * RATE**2 / robot.limits.acceleration
    needed = max(float(np.percentile(speed.max(axis=1), _SHARE)),
                 float(np.sqrt(np.percentile(change.max(axis=1), _SHARE))))
    return float(np.clip(needed, 1.0, SLOWEST))
