"""Distances between a robot's capsules at joint positions, in C++ (coal)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from kinesics_core.robot.model import RobotModel

_LONGEST_SLIDE = 10.0  # metres of a joint without an end


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
        self.found = self.shapes.createData()
        for request, apart in zip(self.found.collisionRequests, self.apart, strict=True):
            request.security_margin = float(apart)
        self._reach = self._reaches(known)
        # At these positions every pair has at least so much to spare.
        self._at, self._spare = np.zeros(self.kinematics.nq), np.full(len(known.pairs), -np.inf)

    def near(self, position: np.ndarray, within: float, step: np.ndarray, slack: float,
             ) -> list[Nearness]:
        """Return what a step from a position may touch.

        Calls follow a movement: a pair is looked at again when the joints have moved so far since
        that it may have come near.

        Args:
            position: (N,).
            within: Metres.
            step: (N,) of the joints, by which they will go on.
            slack: Metres more than the distance to be kept that count as touching.

        Returns:
            The pairs that are less than ``within`` from the distance to be kept; none where the
            step is too short to bring one there.
        """
        moved, ahead = np.abs(position - self._at), np.abs(step)
        if not (self._spare < self._reach @ (moved + ahead) + slack).any():
            return []
        self._spare -= self._reach @ moved
        self._at = position
        touched = self._reach @ ahead + slack
        self._pinocchio.updateGeometryPlacements(
            self.kinematics, self.data, self.shapes, self.found, position)
        due = np.flatnonzero(self._spare < np.maximum(touched, within)).tolist()
        for index in due:
            result = self._pinocchio.computeDistance(self.shapes, self.found, index)
            self._spare[index] = result.min_distance - self._kept[index]
        if not (self._spare < touched).any():
            return []
        return [self._nearness(index) for index in due if self._spare[index] < within]

    def _nearness(self, index: int) -> Nearness:
        """Return a pair as it was found last."""
        result, (one, other) = self.found.distanceResults[index], self._joints[index]
        return Nearness(float(self._spare[index]), np.array(result.getNearestPoint1()).ravel(),
                        np.array(result.getNearestPoint2()).ravel(), one, other,
                        result.min_distance < 0)

    def _reaches(self, known: CapsuleModel) -> np.ndarray:
        """Return how far joints move a pair's capsules against each other at most.

        Returns:
            (P, N) metres for a radian, or for a metre of a sliding joint.
        """
        of_capsule = [_capsule_reach(self.kinematics, self.data, geometry)
                      for geometry in self.shapes.geometryObjects]
        reach = np.zeros((len(known.pairs), self.kinematics.nv))
        for row, (one, other, _) in enumerate(known.pairs):
            ways = of_capsule[one], of_capsule[other]
            for joint in set(ways[0]) ^ set(ways[1]):
                reach[row, joint] = ways[joint in ways[1]][joint]
        return reach

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


def _capsule_reach(kinematics: Any, data: Any, geometry: Any) -> dict[int, float]:
    """Return how far a capsule's line goes when joints move: index -> metres for a radian.

    What lies between a joint's axis and the line is taken to be stretched out.
    """
    import pinocchio

    pinocchio.computeJointJacobians(kinematics, data, np.zeros(kinematics.nq))
    half = geometry.placement.rotation[:, 2] * geometry.geometry.halfLength
    points = [geometry.placement.translation + half, geometry.placement.translation - half]
    joint, farther, found = int(geometry.parentJoint), 0.0, {}
    while joint > 0:
        index = int(kinematics.idx_vs[joint])
        axis = data.oMi[joint].rotation.T @ data.J[3:, index]
        if float(axis @ axis) > 0.5:
            found[index] = farther + max(float(np.linalg.norm(np.cross(axis, point)))
                                         for point in points)
            slides = 0.0
        else:
            found[index] = 1.0
            slides = float(min(_LONGEST_SLIDE, max(abs(kinematics.lowerPositionLimit[index]),
                                                   abs(kinematics.upperPositionLimit[index]))))
        farther += slides + max(float(np.linalg.norm(point)) for point in points)
        points = [kinematics.jointPlacements[joint].translation]
        joint = int(kinematics.parents[joint])
    return found


def _turn_to(direction: np.ndarray) -> np.ndarray:
    """Return a rotation (3, 3) that turns z to a direction."""
    length = float(np.linalg.norm(direction))
    if length < 1e-9:
        return np.eye(3)
    z = direction / length
    x = np.cross((0.0, 1.0, 0.0) if abs(z[1]) < 0.9 else (1.0, 0.0, 0.0), z)
    x /= np.linalg.norm(x)
    return np.stack([x, np.cross(z, x), z], axis=1)
