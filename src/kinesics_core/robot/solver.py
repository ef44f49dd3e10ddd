"""Joint positions whose links point where a person's do: one damped Gauss-Newton step at a time.

Each part k of a person has a direction t_k, the robot's link an axis that points along d_k(q).
With the world axes w_j of the joints, d_k moves with joint j by w_j x d_k. A step minimises

    sum_k weight_k |(d_k + J_k dq) - t_k|^2 + damping |dq|^2 + pull |q + dq - rest|^2

over a box, the joints' range and a longest step: a quadratic program with simple bounds (daqp:
Arnstrom, Bemporad & Axehill, IEEE TAC 2022). The error along the sphere is the angle, so that the
pull does not fade where a link points the wrong way round.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from kinesics_core.robot.collisions import CapsuleChecker, CapsuleModel
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

MOST_NEAR = 8
"""Pairs in that program at most, the nearest ones."""

_FARTHEST_APART = 0.01  # metres that overlapping capsules are driven apart in one step

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
    """

    def __init__(self, model: RobotModel, robot_map: RobotMap, limits: Limits, rest: np.ndarray,
                 capsules: CapsuleModel | None = None) -> None:
        import daqp
        import pinocchio

        self._pinocchio, self._daqp = pinocchio, daqp
        self.kinematics = model.reduced(limits.names, rest)
        self.data = self.kinematics.createData()
        self.limits = limits
        self._rest = np.array([rest[model.index(name)] for name in limits.names])
        self.features = _features(model, robot_map, self.kinematics, limits.names)
        self._axes = robot_map.base_axes(model)
        self._root = np.sqrt(self.features.weights)[:, None]
        n = len(limits.names)
        self._quadratic = np.eye(n) * (DAMPING + PULL)
        self._none = np.zeros((0, n))
        self.checker = None if capsules is None else CapsuleChecker(
            model, capsules, limits.names, rest)
        self._supports = np.zeros((self.kinematics.njoints, n))
        for joint in range(1, self.kinematics.njoints):
            self._supports[joint, [int(above) - 1 for above in self.kinematics.supports[joint]
                                   if above > 0]] = 1.0
        self._rest = np.clip(self._rest, limits.lower, limits.upper)
        self.position = self._rest.copy()
        self._random = np.random.default_rng(0)
        self._other: np.ndarray | None = None
        self._tries = self._wait = self._steps = 0

    def directions(self, position: np.ndarray) -> np.ndarray:
        """Return where the links point at joint positions (N,): (K, 3) in axes of the base."""
        self._pinocchio.forwardKinematics(self.kinematics, self.data, position)
        return self._pointing() @ self._axes

    def step(self, targets: np.ndarray) -> np.ndarray:
        """Go one step towards directions (K, 3), unit, in axes of the base.

        Where that is stuck far away, another way of holding the limb is sought beside it, one step
        a call, and taken when it is much nearer.

        Returns:
            (N,) the new positions, within the range.
        """
        self.position, off = self._advance(self.position, targets)
        cost = float(self.features.weights @ off**2)
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
        self._other, off = self._advance(self._other, targets, apart=False)
        self._steps += 1
        if self._steps < SEEK_STEPS:
            return
        clear = self.checker is None or self.checker.clear(self._other)
        if clear and self.features.weights @ off**2 < MUCH_NEARER * cost:
            self.position, self._tries = self._other, 0
        else:
            self._tries += 1
            if self._tries >= SEEK_TRIES:
                self._tries, self._wait = 0, SEEK_PAUSE
        self._other = None

    def _advance(self, q: np.ndarray, targets: np.ndarray, apart: bool = True,
                 ) -> tuple[np.ndarray, np.ndarray]:
        """Return the positions (N,) one step further, and how far off (K,) radians it was."""
        known = self.limits
        self._pinocchio.computeJointJacobians(self.kinematics, self.data, q)
        pointing, wanted = self._pointing(), targets @ self._axes.T
        # (K, N, 3): w_j x d_k of the joints that move the link.
        axes = self.data.J[3:].T
        jacobian = _cross(axes[None], pointing[:, None]) * self._support
        error = _along_sphere(pointing, wanted)
        rows = (jacobian * self._root[:, None]).transpose(0, 2, 1).reshape(-1, len(q))
        quadratic = rows.T @ rows + self._quadratic
        linear = PULL * (q - self._rest) - (error * self._root).ravel() @ rows
        high = np.minimum(known.upper - q, LONGEST_STEP)
        low = np.maximum(known.lower - q, -LONGEST_STEP)
        rows_apart, least = self._apart(q) if apart else (self._none, self._none[:, 0])
        if len(least):
            n = len(q)
            high = np.concatenate([high, np.full(len(least), np.inf)])
            low = np.concatenate([low, least])
            # Soft: where two limbs overlap already, the box may not let them apart at once.
            sense = np.array([0] * n + [8] * len(least), np.int32)
            step, _, status, _ = self._daqp.solve(quadratic, linear, rows_apart, high, low, sense)
        else:
            step, _, status, _ = self._daqp.solve(quadratic, linear, self._none, high, low)
        if status > 0:
            q = np.minimum(np.maximum(q + step, known.lower), known.upper)
        return q, np.sqrt(np.einsum("ki,ki->k", error, error))

    def _apart(self, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return rows (R, N) and least values (R,) of dq that keep capsules apart."""
        near = self.checker.near(q, NEAR_CAPSULES) if self.checker is not None else []
        near = sorted(near, key=lambda pair: pair.spare)[:MOST_NEAR]
        if not near:
            return self._none, self._none[:, 0]
        ones, others = (np.array([getattr(pair, end) for pair in near]) for end in ("one", "other"))
        way = others - ones
        length = np.sqrt(np.einsum("ri,ri->r", way, way))
        sign = np.array([-1.0 if pair.overlaps else 1.0 for pair in near])
        way *= (sign / np.maximum(length, 1e-6))[:, None]
        # Velocity of a point of a body: that at the world's origin, and w x p.
        at_origin, angular = way @ self.data.J[:3], self.data.J[3:]
        rows = self._supports[[pair.other_joint for pair in near]] * (
            at_origin + _cross(others, way) @ angular)
        rows -= self._supports[[pair.joint for pair in near]] * (
            at_origin + _cross(ones, way) @ angular)
        return rows, np.array([min(-pair.spare, _FARTHEST_APART) for pair in near])

    @property
    def _support(self) -> np.ndarray:
        return self.features.support[..., None]

    def _pointing(self) -> np.ndarray:
        placements = self.data.oMi
        turned = np.array([placements[joint].rotation for joint in self.features.joints])
        return np.einsum("kij,kj->ki", turned.reshape(-1, 3, 3), self.features.axes)


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


def _along_sphere(directions: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return how unit directions (K, 3) have to move to get to others: tangents, radians long."""
    cosine = np.einsum("ki,ki->k", directions, wanted)[:, None]
    tangent = wanted - cosine * directions
    sine = np.sqrt(np.einsum("ki,ki->k", tangent, tangent))[:, None]
    angle = np.arctan2(sine, cosine)
    # Opposite directions: any way round is as short; x or y, whichever lies across.
    if (angle > 3.1).any():
        across = np.where(np.abs(directions[:, :1]) < 0.7, [[1.0, 0.0, 0.0]], [[0.0, 1.0, 0.0]])
        across = across - np.einsum("ki,ki->k", across, directions)[:, None] * directions
        across /= np.linalg.norm(across, axis=1, keepdims=True)
        tangent = np.where(angle > 3.1, across, tangent)
        sine = np.where(angle > 3.1, 1.0, sine)
    return tangent * (angle / np.maximum(sine, 1e-9))


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return a x b of (..., 3), without the cost of ``np.cross``."""
    x, y, z = a[..., 0], a[..., 1], a[..., 2]
    u, v, w = b[..., 0], b[..., 1], b[..., 2]
    return np.stack((y * w - z * v, z * u - x * w, x * v - y * u), axis=-1)
