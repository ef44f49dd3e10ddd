"""A person's body to a robot's joints, pose by pose: the live way.

``Retargeter.step`` takes the pose that is to be shown now and how long ago the last one was, and
returns what the joints are to do. Directions become joint positions (``solver``); those are
followed within the joints' limits (``limits``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from kinesics_core.robot.anatomy import side_of
from kinesics_core.robot.capsules import capsules_of
from kinesics_core.robot.collisions import CapsuleChecker
from kinesics_core.robot.command import JointCommand
from kinesics_core.robot.directions import PersonDirections
from kinesics_core.robot.guard import CollisionGuard
from kinesics_core.robot.limits import Limiter, limits_of
from kinesics_core.robot.model import RobotModel
from kinesics_core.robot.robot_map import RobotMap, check
from kinesics_core.robot.solver import DirectionSolver
from kinesics_core.types import BodyPose

LONGEST_GAP = 0.1
"""Seconds between two commands after which the robot has begun to brake on its own: three points
of the tail."""

REST_SPEED = 0.5
"""Share of the fastest speed at which a robot goes to rest; authored."""

BEGIN_SPEED = 0.25
"""Share of the fastest speed at which a robot goes to the first pose; authored."""

BEGIN_TIME = 1.5
"""Seconds in which it gets from there to its full speed; authored."""


class Retargeter:
    """The joints of a robot that follow a person's body.

    Args:
        model: The robot.
        robot_map: Which of its links follow what.
        rate: Poses a second; of a step whose elapsed time is unknown.
        collisions: Whether its capsules are kept apart; they are fitted the first time.

    Attributes:
        notes: Sentences about what the map asks for and the robot cannot follow.
        note: Sentence about the last pose, "" where nothing was wrong with it.
        speed: Share of the fastest speed that is used, 0..1; may be set at any time.

    Raises:
        ModelError: Map and robot do not fit, or a joint that is to move has no limits.
    """

    def __init__(self, model: RobotModel, robot_map: RobotMap, rate: float = 60.0, *,
                 collisions: bool = True) -> None:
        self.notes = check(robot_map, model)
        self.note, self.speed = "", 1.0
        self.model, self.map = model, robot_map
        moving = robot_map.moving(model)
        fingers = {name for hand in robot_map.hands.values() for name in hand}
        self.limits = limits_of(model, robot_map, moving)
        followers = [name for name in moving if name not in fingers]
        whole = model.whole(robot_map.rest)
        rest = np.array([whole[model.index(name)] for name in moving])
        self.rest_position = np.clip(rest, self.limits.lower, self.limits.upper)
        capsules = capsules_of(model, robot_map) if collisions else None
        self.solver = DirectionSolver(
            model, robot_map, limits_of(model, robot_map, followers), whole, capsules)
        self._guard = None if capsules is None else CollisionGuard(
            CapsuleChecker(model, capsules, moving, whole), _limbs(moving))
        self._follow = np.array([moving.index(name) for name in followers], int)
        self._person = PersonDirections(self.solver.features.parts)
        self._rate = rate
        self.begin({})

    @property
    def names(self) -> tuple[str, ...]:
        """The joints of every command."""
        return self.limits.names

    @property
    def parts(self) -> tuple[str, ...]:
        """The person's parts that the robot's links follow."""
        return self.solver.features.parts

    def begin(self, positions: Mapping[str, float]) -> None:
        """Start from where the robot's joints are; it goes to the first pose slowly.

        Args:
            positions: By joint, radians or metres; a joint that is not named is taken to be at
                rest.
        """
        start = np.array([positions.get(name, at) for name, at in
                          zip(self.names, self.rest_position, strict=True)])
        self._limiter = Limiter(self.limits, np.nan_to_num(start))
        self._goal = self._limiter.position.copy()
        self._goal_velocity = np.zeros(len(start))
        self._followed = 0.0
        self.solver.position = np.clip(
            self._goal[self._follow], self.solver.limits.lower, self.solver.limits.upper)

    def step(self, pose: BodyPose | None, elapsed: float) -> JointCommand:
        """Return what the joints are to do next.

        Args:
            pose: The body to be shown now; None or one with nan holds the last.
            elapsed: Seconds since the last call. Nothing moves in no time or less; after a gap the
                robot is where the last command's braking tail led it.
        """
        dt = self._time(elapsed)
        if dt is None:
            return self.command
        self.note = ""
        goal = self._goal if pose is None else self._goal_of(pose)
        # A goal that jumps is no movement to keep up with.
        velocity = (goal - self._goal) / dt
        fast = np.abs(velocity) > 2 * self.limits.velocity
        self._goal_velocity = np.where(fast, 0.0, 0.5 * (self._goal_velocity + velocity))
        self._goal = goal
        self._followed = min(self._followed + dt, BEGIN_TIME)
        share = BEGIN_SPEED + (1 - BEGIN_SPEED) * self._followed / BEGIN_TIME
        return self._move(dt, share)

    def rest(self, elapsed: float) -> JointCommand:
        """Return what the joints are to do next on their way to rest.

        Args:
            elapsed: As in ``step``.
        """
        dt = self._time(elapsed)
        if dt is None:
            return self.command
        self._goal, self._goal_velocity = self.rest_position, np.zeros(len(self.rest_position))
        self.solver.position = np.clip(
            self._goal[self._follow], self.solver.limits.lower, self.solver.limits.upper)
        self._followed = 0.0
        return self._move(dt, REST_SPEED)

    @property
    def goal(self) -> np.ndarray:
        """Return where the joints are to be (N,), which they follow within their limits."""
        return self._goal

    @property
    def command(self) -> JointCommand:
        """The last command."""
        at = self._limiter
        return JointCommand(self.names, at.position.copy(), at.velocity.copy(),
                            at.acceleration.copy())

    def _time(self, elapsed: float) -> float | None:
        """Return the seconds to go on for, or None: no time has passed, or too much."""
        if not math.isfinite(elapsed):
            elapsed = 1 / self._rate
        if elapsed < 1e-4:
            return None
        if elapsed > LONGEST_GAP:
            self._limiter.coast(elapsed)
            self._goal_velocity = np.zeros(len(self._goal))
            self._followed = 0.0
            return None
        return elapsed

    def _goal_of(self, pose: BodyPose) -> np.ndarray:
        if not (np.isfinite(pose.body_pose).all() and np.isfinite(pose.global_orient).all()):
            self.note = ("The pose has numbers that are not finite; the robot holds the last one."
                         " Whoever publishes it should leave such a pose out.")
            return self._goal
        goal = self._goal.copy()
        goal[self._follow] = self.solver.step(self._person.of(pose))
        return goal

    def _move(self, dt: float, share: float) -> JointCommand:
        share *= min(max(self.speed, 0.0), 1.0) if math.isfinite(self.speed) else 0.0
        velocity = self._limiter.next_velocity(self._goal, self._goal_velocity, dt, share)
        if self._guard is not None:
            velocity = self._guard.allowed(self._limiter, velocity, dt)
        self._limiter.move(velocity, dt)
        return self.command


def _limbs(joints: list[str]) -> list[np.ndarray]:
    """Return the indices of joints by limb: each side's, then what is in the middle."""
    sides = [side_of(name) for name in joints]
    found = [np.array([index for index, own in enumerate(sides) if own == side], int)
             for side in ("left", "right", "")]
    return [limb for limb in found if len(limb)]
