"""Distances between a robot's capsules at joint positions, in C++ (coal)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from kinesics_core.robot.model import RobotModel

REACH = 1.0
"""Metres that a link moves, at most, when a joint before it turns by a radian."""


@dataclass(frozen=True, slots=True)
class Capsule:
    """A capsule on a link: its ends in the link's axes and its radius, metres."""

    link: str
    start: tuple[float, float, float]
    end: tuple[float, float, float]
    radius: float


@dataclass(frozen=True, slots=True)
class CapsuleModel:
    """A robot's capsules and the pairs that are watched.

    Attributes:
        capsules: All.
        pairs: Two indices each, and the distance in metres that is kept; below 0 of a pair that
            touches at rest.
    """

    capsules: tuple[Capsule, ...]
    pairs: tuple[tuple[int, int, float], ...]


@dataclass(frozen=True, slots=True)
class Nearness:
    """A pair that is near.

    Attributes:
        spare: Metres that are left to the distance to be kept.
        one, other: (3,) its nearest points in the world.
        joint, other_joint: Indices of the joints that carry them.
        overlaps: Whether they are inside each other, so that the points are the wrong way round.
    """

    spare: float
    one: np.ndarray
    other: np.ndarray
    joint: int
    other_joint: int
    overlaps: bool


class CapsuleChecker:
    """The capsules of a robot in the kinematics of the joints that move.

    Args:
        model: The robot.
        known: Its capsules and pairs.
        joints: The joints that move, in the order of the kinematics.
        whole: Positions of all joints; those that do not move stay there.
    """

    def __init__(self, model: RobotModel, known: CapsuleModel, joints: Iterable[str],
                 whole: np.ndarray) -> None:
        import coal
        import pinocchio

        self._pinocchio = pinocchio
        self.kinematics = model.reduced(joints, whole)
        self.data = self.kinematics.createData()
        self.shapes = pinocchio.GeometryModel()
        for number, capsule in enumerate(known.capsules):
            frame = self.kinematics.frames[self.kinematics.getFrameId(capsule.link)]
            start, end = np.array(capsule.start), np.array(capsule.end)
            length = float(np.linalg.norm(end - start))
            place = pinocchio.SE3(_turn_to(end - start), (start + end) / 2)
            self.shapes.addGeometryObject(pinocchio.GeometryObject(
                f"capsule_{number}", frame.parentJoint, frame.placement * place,
                coal.Capsule(capsule.radius, length)))
        for one, other, _ in known.pairs:
            self.shapes.addCollisionPair(pinocchio.CollisionPair(one, other))
        self.pairs = known.pairs
        self.apart = np.array([apart for _, _, apart in known.pairs])
        self._kept = self.apart.tolist()
        self._joints = [(int(self.shapes.geometryObjects[one].parentJoint),
                         int(self.shapes.geometryObjects[other].parentJoint))
                        for one, other, _ in known.pairs]
        self._due = np.full(len(known.pairs), -1.0)  # travelled way at which to look again
        self._travelled, self._last = 0.0, np.zeros(self.kinematics.nq)
        self.found = self.shapes.createData()
        for request, apart in zip(self.found.collisionRequests, self.apart, strict=True):
            request.security_margin = float(apart)

    def near(self, position: np.ndarray, within: float) -> list[Nearness]:
        """Return the pairs that are less than ``within`` metres from the distance to be kept.

        Calls follow a movement: a pair is looked at again when the joints have moved so far since
        that it may have come near.
        """
        if not self.pairs:
            return []
        self._travelled += REACH * float(np.abs(position - self._last).sum())
        self._last = position
        due = np.flatnonzero(self._due < self._travelled)
        if not len(due):
            return []
        self._pinocchio.updateGeometryPlacements(
            self.kinematics, self.data, self.shapes, self.found, position)
        found = []
        for index in due.tolist():
            result = self._pinocchio.computeDistance(self.shapes, self.found, index)
            spare = result.min_distance - self._kept[index]
            self._due[index] = self._travelled + max(spare - within, 0.0)
            if spare < within:
                one, other = self._joints[index]
                found.append(Nearness(
                    spare, np.array(result.getNearestPoint1()).ravel(),
                    np.array(result.getNearestPoint2()).ravel(), one, other,
                    result.min_distance < 0))
        return found

    def spare(self, position: np.ndarray) -> float:
        """Return by how much the nearest pair is farther apart than it has to be, metres."""
        distances = self.distances(position)
        return float((distances - self.apart).min()) if len(distances) else 1.0

    def distances(self, position: np.ndarray) -> np.ndarray:
        """Return the distance of every pair, metres, below 0 where they touch."""
        if not self.pairs:
            return np.zeros(0)
        self._pinocchio.computeDistances(
            self.kinematics, self.data, self.shapes, self.found, position)
        return np.array([result.min_distance for result in self.found.distanceResults])

    def clear(self, position: np.ndarray) -> bool:
        """Tell whether all pairs are as far apart as they have to be."""
        return not (self.pairs and self._pinocchio.computeCollisions(
            self.kinematics, self.data, self.shapes, self.found, position, True))


def _turn_to(direction: np.ndarray) -> np.ndarray:
    """Return a rotation (3, 3) that turns z to a direction."""
    length = float(np.linalg.norm(direction))
    if length < 1e-9:
        return np.eye(3)
    z = direction / length
    x = np.cross((0.0, 1.0, 0.0) if abs(z[1]) < 0.9 else (1.0, 0.0, 0.0), z)
    x /= np.linalg.norm(x)
    return np.stack([x, np.cross(z, x), z], axis=1)
