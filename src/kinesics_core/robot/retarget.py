"""A person's body to a robot's joints, pose by pose: the live way.

``Retargeter.step`` takes the pose that is to be shown now and how long ago the last one was, and
returns what the joints are to do. Directions become joint positions (``solver``); those are
followed within the joints' limits (``limits``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from kinesics_core.body.hand_poses import FINGERS, LEFT_FIST
from kinesics_core.robot.anatomy import side_of
from kinesics_core.robot.capsules import capsules_of
from kinesics_core.robot.collisions import CapsuleChecker
from kinesics_core.robot.command import JointCommand
from kinesics_core.robot.directions import PersonDirections
from kinesics_core.robot.guard import CollisionGuard
from kinesics_core.robot.limits import Limiter, limits_of
from kinesics_core.robot.model import RobotModel
from kinesics_core.robot.reduction import TOLD, MotionReducer
from kinesics_core.robot.robot_map import RobotMap, check
from kinesics_core.robot.smoothing import Smoother
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


_ROUNDING = 1e-7  # rad/s

_FIST = float(LEFT_FIST[FINGERS, 2].sum())  # radians, all fingers' bend in a fist


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
        person: The directions of a body that are followed.
        solver: What finds joint positions for them.
        guard: What keeps capsules apart; None lets them touch.

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
        if capsules is not None and not capsules.pairs:
            self.notes.append(f"{robot_map.name} has no two shapes that could touch, or its meshes"
                              " are missing: self-collision is not watched.")
        self.solver = DirectionSolver(
            model, robot_map, limits_of(model, robot_map, followers), whole, capsules)
        self.guard = None if capsules is None else CollisionGuard(
            CapsuleChecker(model, capsules, moving, whole), _limbs(moving))
        self._follow = np.array([moving.index(name) for name in followers], int)
        self._all_follow = followers == moving
        self.person = PersonDirections(self.solver.features.parts)
        self._reducer = MotionReducer(self.limits)
        self._too_fast = 2 * self.limits.velocity  # of a goal, so that it has jumped
        self._hands = _hands(robot_map, moving)
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

    @property
    def reduced(self) -> dict[str, float]:
        """Joints that the motion is too fast for -> the share of its size that they show."""
        return {name: round(float(share), 2) for name, share in zip(
            self.names, self._reducer.share, strict=True) if share < TOLD}

    def error(self, pose: BodyPose) -> np.ndarray:
        """Return the degrees (K,) between where a body's parts point and the robot's links do."""
        pointing = self.solver.directions(self._limiter.position[self._follow])
        cosine = np.einsum("ki,ki->k", pointing, self.person.of(pose))
        return np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))

    def overlap(self, position: np.ndarray) -> float:
        """Return how deep capsules are in each other, metres, beside what touches at rest."""
        if self.guard is None or not self.guard.checker.pairs:
            return 0.0
        checker = self.guard.checker
        return float((np.minimum(checker.apart, 0.0) - checker.distances(position)).max())

    def solve(self, pose: BodyPose) -> np.ndarray:
        """Go one step towards a pose, without limits of speed; return the goal (N,)."""
        self._goal = self._goal_of(pose, math.inf)
        return self._goal

    def begin(self, positions: Mapping[str, float], slowly: bool = True) -> None:
        """Start from where the robot's joints are; it goes to the first pose slowly.

        Args:
            positions: By joint, radians or metres; a joint that is not named is taken to be at
                rest.
            slowly: Whether it begins slowly; not where it stands in the first pose already.
        """
        start = np.array([positions.get(name, at) for name, at in
                          zip(self.names, self.rest_position, strict=True)])
        self._limiter = Limiter(self.limits, np.nan_to_num(start))
        self._smoother = None if self.limits.jerk is None else Smoother(
            self.limits, self._limiter.position, self._limiter.velocity)
        self._goal = self._shown = self._limiter.position.copy()
        self._goal_velocity = np.zeros(len(start))
        self._followed = 0.0 if slowly else BEGIN_TIME
        self._reducer.begin(None)
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
        if pose is not None:
            self._goal = self._goal_of(pose, dt)
        return self._towards_goal(dt)

    def follow(self, directions: np.ndarray, elapsed: float) -> JointCommand:
        """Return what the joints are to do next; as ``step``, of directions in place of a body.

        Args:
            directions: (K, 3) unit, where the parts point, in axes of the base.
            elapsed: As in ``step``.
        """
        dt = self._time(elapsed)
        if dt is None:
            return self.command
        self._goal = self._goal_towards(directions, dt)
        return self._towards_goal(dt)

    def following(self, position: np.ndarray) -> np.ndarray:
        """Return those of joint positions (N,) that follow directions: without fingers."""
        return position[self._follow]

    def _towards_goal(self, dt: float) -> JointCommand:
        shown = self._reducer.step(self._goal, dt, self.speed)
        # A goal that jumps is no movement to keep up with.
        velocity = (shown - self._shown) / dt
        self._goal_velocity = 0.5 * (self._goal_velocity + velocity)
        over = np.abs(velocity) - self._too_fast
        if over.item(over.argmax()) > 0.0:
            self._goal_velocity[over > 0.0] = 0.0
        self._shown = shown
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
        self._goal = self._shown = self.rest_position
        self._goal_velocity = np.zeros(len(self.rest_position))
        self._reducer.begin(self._goal)
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
            if self._smoother is not None:
                self._smoother.begin(self._limiter.position, self._limiter.velocity)
            self._goal_velocity = np.zeros(len(self._goal))
            self._followed = 0.0
            return None
        return elapsed

    def _goal_of(self, pose: BodyPose, dt: float) -> np.ndarray:
        body, whole = pose.body_pose.ravel(), pose.global_orient
        if not math.isfinite(body.dot(body) + whole.dot(whole)):
            self.note = ("The pose has numbers that are not finite; the robot holds the last one."
                         " Whoever publishes it should leave such a pose out.")
            return self._goal
        goal = self._goal_towards(self.person.of(pose), dt)
        for hand, (joints, opened, closed) in self._hands.items():
            goal[joints] = opened + hand_closed(getattr(pose, hand), hand) * (closed - opened)
        return goal

    def _goal_towards(self, directions: np.ndarray, dt: float) -> np.ndarray:
        found = self.solver.step(directions, dt)
        goal = found.copy() if self._all_follow else self._goal.copy()
        if not self._all_follow:
            goal[self._follow] = found
        if self.solver.switched:
            self._reducer.shift(goal - self._goal)
        return goal

    def _move(self, dt: float, share: float) -> JointCommand:
        share *= min(max(self.speed, 0.0), 1.0) if math.isfinite(self.speed) else 0.0
        limiter, smoother = self._limiter, self._smoother
        if smoother is None:
            velocity = limiter.next_velocity(self._shown, self._goal_velocity, dt, share)
        else:
            wanted = (smoother.next_position(self._shown, self._goal_velocity, dt, share)
                      - limiter.position) / dt
            velocity = limiter.allowed(wanted, dt, 1.0)
        if self.guard is not None:
            velocity = self.guard.allowed(limiter, velocity, dt)
        limiter.move(velocity, dt)
        if smoother is not None and float(np.abs(velocity - wanted).max()) > _ROUNDING:
            smoother.begin(limiter.position, limiter.velocity)
        return self.command


def hand_closed(pose: np.ndarray, hand: str) -> float:
    """Return how far a hand is closed, 0 (flat) to 1 (a fist).

    Args:
        pose: (15, 3) axis-angle of its finger joints.
        hand: "left_hand" or "right_hand".
    """
    bend = float(pose[FINGERS, 2].sum()) / _FIST
    closed = -bend if hand == "right_hand" else bend
    return min(max(closed, 0.0), 1.0) if math.isfinite(closed) else 0.0


def _hands(robot_map: RobotMap, joints: list[str],
           ) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Return indices of each hand's joints, and their positions open and closed."""
    found = {}
    for side, hand in robot_map.hands.items():
        moving = {name: ends for name, ends in hand.items() if name in joints}
        if moving:
            opened, closed = np.array(list(moving.values())).T
            rows = np.array([joints.index(name) for name in moving], int)
            found[f"{side}_hand"] = (rows, opened, closed)
    return found


def _limbs(joints: list[str]) -> list[np.ndarray]:
    """Return the indices of joints by limb: each side's, then what is in the middle."""
    sides = [side_of(name) for name in joints]
    found = [np.array([index for index, own in enumerate(sides) if own == side], int)
             for side in ("left", "right", "")]
    return [limb for limb in found if len(limb)]
