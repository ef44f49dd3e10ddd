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
    """

    def __init__(self, model: RobotModel, robot_map: RobotMap, limits: Limits, rest: np.ndarray,
                 ) -> None:
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
        self.position = np.clip(self._rest, limits.lower, limits.upper)

    def directions(self, position: np.ndarray) -> np.ndarray:
        """Return where the links point at joint positions (N,): (K, 3) in axes of the base."""
        self._pinocchio.forwardKinematics(self.kinematics, self.data, position)
        return self._pointing() @ self._axes

    def step(self, targets: np.ndarray) -> np.ndarray:
        """Go one step towards directions (K, 3), unit, in axes of the base.

        Returns:
            (N,) the new positions, within the range.
        """
        q, known = self.position, self.limits
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
        step, _, status, _ = self._daqp.solve(quadratic, linear, self._none, high, low)
        if status > 0:
            self.position = np.clip(q + step, known.lower, known.upper)
        return self.position

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
