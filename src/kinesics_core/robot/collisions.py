"""Distances between a robot's capsules at joint positions, in C++ (coal)."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from kinesics_core.robot.model import RobotModel

MOST_NEAR = 8
"""Pairs that a program keeps apart at most, the nearest ones."""

SLACK = 0.001
"""Metres more than have to be kept that joints are aimed at, so that nobody comes to stand where
the guard must act."""

_FARTHEST_APART = 0.01  # metres that overlapping capsules are driven apart in one step
_FORTH, _BACK = np.array([1, 2, 0, 2, 0, 1]), np.array([2, 0, 1, 1, 2, 0])
_MARGIN = 0.02  # metres of room of pairs that are looked at beside those that may touch
_LONGEST_PAUSE = 32  # questions in a row that are not asked again
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


class Nearness(NamedTuple):
    """A pair that is near.

    Attributes:
        number: Of the pair.
        spare: Metres that are left to the distance to be kept.
        one, other: Its nearest points in the world.
        overlaps: Whether they are inside each other, so that the points are the wrong way round.
    """

    number: int
    spare: float
    one: list[float]
    other: list[float]
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
        self.found = self.shapes.createData()
        for request, apart in zip(self.found.collisionRequests, self.apart, strict=True):
            request.security_margin = float(apart)
        self._results = list(self.found.distanceResults)
        self._reach = self._reaches(known)
        supports = np.zeros((self.kinematics.njoints, self.kinematics.nv))
        for joint in range(1, self.kinematics.njoints):
            supports[joint, [int(above) - 1 for above in self.kinematics.supports[joint]
                             if above > 0]] = 1.0
        ones, others = (np.array([
            int(self.shapes.geometryObjects[pair[end]].parentJoint) for pair in known.pairs], int)
            for end in (0, 1))
        # 1 where a joint moves the other link of a pair, -1 where it moves the one alone.
        self._between = supports[others] - supports[ones]
        # At these positions every pair has at least so much to spare.
        self._at, self._spare = np.zeros(self.kinematics.nq), np.full(len(known.pairs), -np.inf)
        self._pause, self._patience = 0, 1

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
        if not self.pairs:
            return []
        moved, ahead = self._goes(position - self._at), self._goes(step)
        spare = self._spare - moved
        left = spare - ahead
        if left.item(left.argmin()) >= slack:
            return []
        self._go_to(position, spare)
        touched = ahead + slack
        due = (spare < touched).nonzero()[0].tolist()
        self._measure(due)
        if not any((spare.take(due) < touched.take(due)).tolist()):
            return []
        due = [index for index in (spare < within).nonzero()[0].tolist() if index not in due]
        self._measure(due)
        return [self._nearness(index) for index in (spare < within).nonzero()[0].tolist()]

    def surely_clear(self, position: np.ndarray, ways: np.ndarray) -> bool:
        """Tell whether nothing can touch while joints go no farther from a position than ways.

        False says nothing: it is what is known from how far joints have gone since pairs were
        looked at.

        Args:
            position: (N,).
            ways: (N,) of the joints, either way.
        """
        if self._pause > 0:
            self._pause -= 1
            return False
        moved, ahead = self._goes(position - self._at), self._reach.dot(ways)
        spare = self._spare - moved
        left = spare - ahead
        if left.item(left.argmin()) > 0.0:
            return True
        self._go_to(position, spare)
        self._measure((left <= _MARGIN).nonzero()[0].tolist())
        left = spare - ahead
        clear = left.item(left.argmin()) > 0.0
        # In vain: something is near, and may well stay there.
        self._patience = 1 if clear else min(2 * self._patience, _LONGEST_PAUSE)
        self._pause = self._patience - 1
        return clear

    def _goes(self, way: np.ndarray) -> np.ndarray:
        """Return by how much pairs (P,) may come nearer at most when joints go a way (N,)."""
        goes: np.ndarray = self._reach.dot(np.abs(way))
        return goes

    def _go_to(self, position: np.ndarray, spare: np.ndarray) -> None:
        """Place the capsules where pairs have at least so much (P,) to spare."""
        self._at, self._spare = position, spare
        self._pinocchio.updateGeometryPlacements(
            self.kinematics, self.data, self.shapes, self.found, position)

    def _measure(self, pairs: list[int]) -> None:
        """Look at pairs where they have been placed."""
        compute, shapes, found = self._pinocchio.computeDistance, self.shapes, self.found
        for index in pairs:
            self._spare[index] = compute(shapes, found, index).min_distance - self._kept[index]

    def rows(self, near: list[Nearness], jacobian: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return what a step dq has to keep, so that pairs stay apart: rows dq >= least.

        Args:
            near: The pairs; the nearest of them are in it.
            jacobian: (6, N) of the joints, in the world.

        Returns:
            (R, N) and (R,).
        """
        near = sorted(near, key=lambda pair: pair.spare)[:MOST_NEAR]
        ways, turns = [], []
        for pair in near:
            (a, b, c), (u, v, w) = pair.one, pair.other
            x, y, z = u - a, v - b, w - c
            length = max(math.sqrt(x * x + y * y + z * z), 1e-6)
            if pair.overlaps:
                length = -length
            x, y, z = x / length, y / length, z / length
            ways.append((x, y, z))
            # A turn about w moves a point p by way . (w x p) = w . (p x way) along the way, the
            # same for both points, which lie on it.
            turns.append((b * z - c * y, c * x - a * z, a * y - b * x))
        moves = np.array(ways) @ jacobian[:3] + np.array(turns) @ jacobian[3:]
        between = self._between[[pair.number for pair in near]]
        return between * moves, np.array([min(SLACK - pair.spare, _FARTHEST_APART)
                                          for pair in near])

    def jacobian(self, position: np.ndarray) -> np.ndarray:
        """Return the joints' (6, N) at a position (N,), in the world."""
        self._pinocchio.computeJointJacobians(self.kinematics, self.data, position)
        found: np.ndarray = self.data.J.reshape(6, -1)  # flat where one joint moves
        return found

    def _nearness(self, index: int) -> Nearness:
        """Return a pair as it was found last."""
        result = self._results[index]
        return Nearness(index, float(self._spare[index]), result.getNearestPoint1().tolist(),
                        result.getNearestPoint2().tolist(), result.min_distance < 0)

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
        return np.array([result.min_distance for result in self._results])

    def clear(self, position: np.ndarray) -> bool:
        """Tell whether all pairs are as far apart as they have to be."""
        return not (self.pairs and self._pinocchio.computeCollisions(
            self.kinematics, self.data, self.shapes, self.found, position, True))


def cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return a x b of (3, K), without the cost of ``np.cross``."""
    products = a.take(_FORTH, 0) * b.take(_BACK, 0)
    crossed: np.ndarray = products[:3] - products[3:]
    return crossed


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
        axis = data.oMi[joint].rotation.T @ data.J.reshape(6, -1)[3:, index]
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
