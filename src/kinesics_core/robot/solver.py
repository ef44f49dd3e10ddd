"""Joint positions whose links point where a person's do: one damped Gauss-Newton step at a time.

Each part k of a person has a direction t_k, the robot's link an axis that points along d_k(q).
With the world axes w_j of the joints, d_k moves with joint j by w_j x d_k. A step minimises

    sum_k weight_k |(d_k + J_k dq) - t_k|^2 + damping |dq|^2 + pull |q + dq - rest|^2

over a box, the joints' range and a longest step: a quadratic program with simple bounds (daqp:
Arnstrom, Bemporad & Axehill, IEEE TAC 2022). The error along the sphere is the angle, so that the
pull does not fade where a link points the wrong way round.

No J_k is made: (w_i x d)(w_j x d) = w_i w_j - (w_i d)(w_j d), and the error times w_j x d_k is w_j
times the turn from d_k to t_k. All products of axes and directions are those of the columns of one
Jacobian, as each followed link has a joint at its end that turns about d_k and moves nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from kinesics_core.robot.collisions import MOST_NEAR, SLACK, CapsuleChecker, CapsuleModel, cross
from kinesics_core.robot.limits import Limits
from kinesics_core.robot.model import RobotModel, chain
from kinesics_core.robot.robot_map import RobotMap

LONGEST_STEP = 0.35
"""Radians that a joint goes in one step at most: 21 rad/s at 60 Hz, more than any limit."""

DAMPING = 0.01
"""Weight of a radian of step against a radian of a direction; near straight arms, where the twist
of the upper arm means nothing, it keeps the joints from flipping."""

PULL = 2e-4
"""Weight of a radian away from rest: what nothing else decides goes there."""

NEAR_CAPSULES = 0.03
"""Metres above the distance to be kept from which a pair of capsules is in the step's program."""

_ONES = np.ones(3)
_OPPOSITE = 3.1  # radians between directions that have no way between them

NEAR = 0.02
"""Sum of weights times squared radians up to which no other way of holding a limb is sought: a
direction that is 8 degrees off."""

NEAR_ANGLE = 0.1
"""Radians off from which a part's joints are part of that search."""

MUCH_NEARER = 0.5
"""Share of that sum at which the other way is taken: a limb is not thrown about for little."""

SEEK_STEPS, SEEK_TRIES, SEEK_PAUSE = 12, 8, 120
"""Steps of a try, tries in a row, and steps of pause when none was better."""


@dataclass(frozen=True, slots=True)
class Features:
    """The K links that follow a person, in the reduced kinematics.

    Attributes:
        parts: Their parts of a person.
        joints: (K,) index of the joint that carries each.
        axes: (K, 3) the axis in that joint's frame.
        weights: (K,).
        support: (K, N) 1 where a joint moves the link.
    """

    parts: tuple[str, ...]
    joints: tuple[int, ...]
    axes: np.ndarray
    weights: np.ndarray
    support: np.ndarray


class DirectionSolver:
    """Positions of joints that follow directions.

    Args:
        model: The robot.
        robot_map: Its map.
        limits: Of the joints that follow, in the order of the kinematics.
        rest: Positions of all of the robot's joints at rest.
        capsules: Kept apart; None keeps nothing apart.

    Attributes:
        position: (N,) where the joints are to be; may be set.
        switched: Whether the last step took another way of holding a limb.
    """

    def __init__(self, model: RobotModel, robot_map: RobotMap, limits: Limits, rest: np.ndarray,
                 capsules: CapsuleModel | None = None) -> None:
        import daqp
        import pinocchio

        self._pinocchio, self._daqp = pinocchio, daqp
        self.kinematics = model.reduced(limits.names, rest)
        self.limits = limits
        n = len(limits.names)
        self.features = _features(model, robot_map, self.kinematics, limits.names)
        self._pointed = _with_pointers(self.kinematics, self.features)
        self._data = self._pointed.createData()
        self._placed = np.zeros(self._pointed.nq)  # the positions, and those at the ends: zero
        self._base = robot_map.base_axes(model)
        weights, support = self.features.weights, self.features.support
        self._weighted = weights[:, None] * support
        self._shared = support.T @ self._weighted  # (N, N): weights of the links two joints move
        self._crossed = np.sqrt(weights)[:, None] * support
        self._quadratic = np.eye(n) * (DAMPING + PULL)
        self._none = np.zeros((0, n))
        # Ends of the box, then of near capsules. Those are soft: where two limbs overlap already,
        # the box may not let them apart at once.
        self._high, self._low = np.full((2, n + MOST_NEAR), np.inf)
        self._soft = np.array([0] * n + [8] * MOST_NEAR, np.int32)
        self.checker = None if capsules is None else CapsuleChecker(
            model, capsules, limits.names, rest)
        self._rest = np.clip(np.array([rest[model.index(name)] for name in limits.names]),
                             limits.lower, limits.upper)
        self.position = self._rest.copy()
        self.switched = False
        self._random = np.random.default_rng(0)
        self._other: np.ndarray | None = None
        self._tries = self._wait = self._steps = 0

    def directions(self, position: np.ndarray) -> np.ndarray:
        """Return where the links point at joint positions (N,): (K, 3) in axes of the base."""
        return self._turning(position)[:, len(position):].T @ self._base

    def step(self, targets: np.ndarray, seconds: float = math.inf) -> np.ndarray:
        """Go one step towards directions, unit, in axes of the base.

        Where that is stuck far away, another way of holding the limb is sought beside it, one step
        a call, and taken when it is much nearer.

        Args:
            targets: (K, 3).
            seconds: The joints go no farther than they can in so long: near a singularity, where
                some would have to be faster, the others do what they can instead.

        Returns:
            (N,) the new positions, within the range.
        """
        self.switched = False
        longest = np.minimum(self.limits.velocity * seconds, LONGEST_STEP)
        self.position, off = self._advance(self.position, targets, longest)
        cost = float(self.features.weights.dot(off * off))
        if cost < NEAR:
            self._other, self._tries, self._wait = None, 0, 0
        elif self._wait > 0:
            self._wait -= 1
        else:
            self._seek(targets, off, cost)
        return self.position

    def _seek(self, targets: np.ndarray, off: np.ndarray, cost: float) -> None:
        """Go on with the other way of holding what is far away, or begin with one."""
        if self._other is None:
            bad = (self.features.support[off > NEAR_ANGLE] > 0).any(axis=0)
            start = self._rest if self._tries == 0 else self._random.uniform(
                self.limits.lower, self.limits.upper)
            self._other, self._steps = np.where(bad, start, self.position), 0
        self._other, off = self._advance(self._other, targets, LONGEST_STEP, apart=False)
        self._steps += 1
        if self._steps < SEEK_STEPS:
            return
        clear = self.checker is None or self.checker.clear(self._other)
        if clear and self.features.weights @ off**2 < MUCH_NEARER * cost:
            self.position, self._tries, self.switched = self._other, 0, True
        else:
            self._tries += 1
            if self._tries >= SEEK_TRIES:
                self._tries, self._wait = 0, SEEK_PAUSE
        self._other = None

    def _advance(self, q: np.ndarray, targets: np.ndarray, longest: np.ndarray | float,
                 apart: bool = True) -> tuple[np.ndarray, np.ndarray]:
        """Return the positions (N,) one step further, and how far off (K,) radians it was."""
        known, n = self.limits, len(q)
        turning = self._turning(q)
        axes = turning[:, :n]
        turn, off = _turn(turning[:, n:], self._base.dot(targets.T))
        products = turning.T.dot(turning)
        crossed = products[n:, :n] * self._crossed
        quadratic = products[:n, :n] * self._shared - crossed.T.dot(crossed) + self._quadratic
        linear = PULL * (q - self._rest) - _ONES.dot(turn.dot(self._weighted) * axes)
        high, low = self._high, self._low
        np.minimum(known.upper - q, longest, out=high[:n])
        np.maximum(known.lower - q, -longest, out=low[:n])
        step, _, status, _ = self._daqp.solve(quadratic, linear, self._none, high[:n], low[:n])
        if status > 0 and apart and self.checker is not None:
            near = self.checker.near(q, NEAR_CAPSULES, step, SLACK)
            if near:
                rows, least = self.checker.rows(near, self._data.J[:, :n])
                spare = rows.dot(step) - least
                if spare.item(spare.argmin()) < 0.0:
                    most = n + len(least)
                    low[n:most] = least
                    step, _, status, _ = self._daqp.solve(
                        quadratic, linear, rows, high[:most], low[:most], self._soft[:most])
        if status > 0:
            q = np.minimum(np.maximum(q + step, known.lower), known.upper)
        return q, off

    def _turning(self, q: np.ndarray) -> np.ndarray:
        """Return the axes of the N joints, then the K directions: (3, N + K) in the world."""
        self._placed[:len(q)] = q
        self._pinocchio.computeJointJacobians(self._pointed, self._data, self._placed)
        turning: np.ndarray = self._data.J[3:]
        return turning


def _features(model: RobotModel, robot_map: RobotMap, reduced: Any, names: tuple[str, ...],
              ) -> Features:
    parts, joints, axes, weights, support = [], [], [], [], []
    for part, link in robot_map.links.items():
        moved_by = set(chain(model, link.link)) & set(names)
        if not moved_by or link.weight == 0:
            continue
        frame = reduced.frames[reduced.getFrameId(link.link)]
        parts.append(part)
        joints.append(int(frame.parentJoint))
        axes.append(frame.placement.rotation @ np.array(link.axis))
        weights.append(link.weight)
        support.append([float(name in moved_by) for name in names])
    return Features(tuple(parts), tuple(joints), np.array(axes).reshape(-1, 3), np.array(weights),
                    np.array(support).reshape(-1, len(names)))


def _with_pointers(kinematics: Any, features: Features) -> Any:
    """Return kinematics with a joint more at the end of each link, which turns about its axis."""
    import pinocchio

    pointed = kinematics.copy()
    for number, (joint, axis) in enumerate(zip(features.joints, features.axes, strict=True)):
        pointed.addJoint(joint, pinocchio.JointModelRevoluteUnaligned(axis),
                         pinocchio.SE3.Identity(), f"pointer_{number}")
    return pointed


def _turn(directions: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how unit directions (3, K) have to turn to get to others.

    Returns:
        Axes times angles (3, K), and the angles (K,), radians.
    """
    turn = cross(directions, wanted)
    sine = np.sqrt(_ONES.dot(turn * turn))
    angle = np.arctan2(sine, _ONES.dot(directions * wanted))
    if max(angle.tolist(), default=0.0) > _OPPOSITE:  # any way round is as short
        opposite = angle > _OPPOSITE
        across = np.where(np.abs(directions[0]) < 0.7, [[1.0], [0.0], [0.0]], [[0.0], [1.0], [0.0]])
        across = cross(directions, across)
        across /= np.sqrt(_ONES.dot(across * across))
        turn = np.where(opposite, across, turn)
        sine = np.where(opposite, 1.0, sine)
    return turn * (angle / np.maximum(sine, 1e-9)), angle
