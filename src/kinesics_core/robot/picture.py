"""A robot as a picture: its meshes, or capsules where they are missing, seen from the front.

Directions that a map says a link follows can be drawn into it as arrows, so that one sees at a
glance what is wrong with a map.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np

from kinesics_core.render.geometry import Mesh
from kinesics_core.render.mesh import MeshRenderer
from kinesics_core.robot.anatomy import side_of
from kinesics_core.robot.geometry import LinkShape, capsule_surface, link_shapes
from kinesics_core.robot.model import RobotModel, chain
from kinesics_core.robot.robot_map import SIDES, RobotMap

WALL = (226, 229, 233)
"""Colour of the background, RGB."""

COLOURS = {"left": (214, 96, 60), "right": (52, 120, 190), "": (90, 90, 90)}
"""Colour of an arrow of a side, RGB."""

MOST_TRIANGLES = 12_000
"""Triangles of a link that are drawn; of more every second, third ... vertex is left out."""

_LENGTH = 0.16  # of an arrow, as a share of the picture's height in metres
_COVERED = 0.3  # share of the moving links that need a shape for the robot to be drawn with them
_FOCAL = 4.0  # of the picture's height
_SAMPLES = 64  # positions in which a robot's reach is seen
_TURN = np.radians(18.0)  # the camera stands a little to the robot's left


class RobotPicture:
    """Drawer of one robot at one size.

    Args:
        model: The robot.
        robot_map: Its map.
        size: Width and height, px.
        upper: Whether the picture ends at the hips of a robot with legs.

    Attributes:
        missing: Whether it has no meshes that can be read, and is drawn as sticks.
    """

    def __init__(self, model: RobotModel, robot_map: RobotMap, size: tuple[int, int],
                 upper: bool = True) -> None:
        self.model, self.map, self.size = model, robot_map, size
        self._data = model.kinematics.createData()
        self._axes = robot_map.base_axes(model)
        shapes = _best_shapes(model, robot_map)
        self.missing = not shapes
        self._shapes = [_thinned(shape) for shape in shapes]
        self._placed(model.whole(robot_map.rest))
        if self.missing:
            self._shapes = self._sticks()
        self._renderer = MeshRenderer(*size)
        self._frame(upper)

    def draw(self, positions: Mapping[str, float], arrows: Mapping[str, np.ndarray] | None = None,
             ) -> np.ndarray:
        """Draw the robot.

        Args:
            positions: By joint; those that are not named are at rest.
            arrows: Part of a person -> direction (3,) in axes of the base, drawn at the link that
                follows it; a thin line is where the link points. None draws none.

        Returns:
            (height, width, 3) uint8 RGB.
        """
        self._placed(self.model.whole({**self.map.rest, **positions}))
        meshes = []
        for shape in self._shapes:
            at = self._data.oMf[self.model.frame(shape.link)]
            points = self._seen(shape.vertices @ at.rotation.T + at.translation)
            colour = np.clip(np.asarray(shape.colour) * 255, 30, 235).astype(np.uint8)
            meshes.append(Mesh(points.astype(np.float32), shape.triangles, colour))
        ground = np.full((self.size[1], self.size[0], 3), WALL, np.uint8)
        image = self._renderer.render(
            meshes, self._focal, (self.size[0] / 2, self.size[1] / 2), background=ground)
        for part, direction in (arrows or {}).items():
            self._arrow(image, part, self._axes @ direction)
        return image

    def close(self) -> None:
        """Free the renderer."""
        self._renderer.release()

    def _placed(self, positions: np.ndarray) -> None:
        import pinocchio

        pinocchio.framesForwardKinematics(self.model.kinematics, self._data, positions)

    def _frame(self, upper: bool) -> None:
        """Choose the camera so that the robot with its arms out is in the picture."""
        moving = set(self.map.moving(self.model))
        points = np.concatenate([
            shape.vertices @ self._data.oMf[self.model.frame(shape.link)].rotation.T
            + self._data.oMf[self.model.frame(shape.link)].translation for shape in self._shapes])
        body = points @ self._axes
        heights = [float(self._place(link.link) @ self._axes[:, 2])
                   for link in self.map.links.values()]
        arms = [shape for shape in self._shapes if moving & set(chain(self.model, shape.link))]
        reach = self._reach(arms)
        middle = np.median(body, axis=0)
        shoulders = [self._place(link.link) @ self._axes for part, link in self.map.links.items()
                     if part.endswith("upper_arm")] or [middle]
        wide = reach + max(float(abs(place[1] - middle[1])) for place in shoulders)
        low = max(float(body[:, 2].min()), min(heights) - 0.5 * reach) if upper \
            else body[:, 2].min()
        high = max(float(body[:, 2].max()), *(float(place[2]) + reach for place in shoulders))
        self._height = 1.08 * max(high - low, 2 * wide * self.size[1] / self.size[0])
        self._middle = self._axes @ np.array([middle[0], middle[1], (low + high) / 2])
        self._focal = _FOCAL * self.size[1]
        self._distance = _FOCAL * self._height

    def _reach(self, arms: Sequence[LinkShape]) -> float:
        """Return how far a hand comes from its shoulder, metres; 0.2 of a robot without arms.

        It is seen in random positions of the joints, all of them the same in every call.
        """
        shoulders = [_shoulder(self.model, self.map.links[f"{side}_upper_arm"].link, side)
                     for side in SIDES if f"{side}_upper_arm" in self.map.links]
        pairs = [(self.model.frame(shoulder), self.model.frame(shape.link), _corners(shape))
                 for shoulder in shoulders for shape in arms
                 if _hangs_on(self.model, shape.link, shoulder)]
        random, names = np.random.default_rng(0), self.map.moving(self.model)
        ends = np.array([self.model.limits(name)[:2] for name in names])
        reach = 0.2
        for _ in range(_SAMPLES):
            drawn = np.nan_to_num(random.uniform(*np.nan_to_num(ends).T))
            self._placed(self.model.whole(dict(zip(names, drawn.tolist(), strict=True))))
            for shoulder, link, corners in pairs:
                at, start = self._data.oMf[link], self._data.oMf[shoulder].translation
                points = corners @ at.rotation.T + at.translation - start
                reach = max(reach, float(np.linalg.norm(points, axis=1).max()))
        self._placed(self.model.whole(self.map.rest))
        return reach

    def _place(self, link: str) -> np.ndarray:
        return np.array(self._data.oMf[self.model.frame(link)].translation)

    def _seen(self, points: np.ndarray) -> np.ndarray:
        """Return points (P, 3) of the world in the camera's optical axes."""
        forward, left, up = ((points - self._middle) @ self._axes).T
        cosine, sine = np.cos(_TURN), np.sin(_TURN)
        # The camera looks back at the robot: its right is the robot's left.
        right = cosine * left - sine * forward
        away = self._distance - (cosine * forward + sine * left)
        return np.stack([right, -up, away], axis=1)

    def _pixel(self, point: np.ndarray) -> tuple[int, int]:
        x, y, z = self._seen(point[None])[0]
        return (int(self.size[0] / 2 + self._focal * x / z),
                int(self.size[1] / 2 + self._focal * y / z))

    def _arrow(self, image: np.ndarray, part: str, direction: np.ndarray) -> None:
        link = self.map.links[part]
        at = self._data.oMf[self.model.frame(link.link)]
        start = np.array(at.translation)
        length = _LENGTH * self._height
        colour = COLOURS["left" if part.startswith("left") else
                         "right" if part.startswith("right") else ""]
        own = np.asarray(at.rotation) @ np.array(link.axis)
        cv2.line(image, self._pixel(start), self._pixel(start + length * own), (20, 20, 20), 1,
                 cv2.LINE_AA)
        cv2.arrowedLine(image, self._pixel(start), self._pixel(start + length * direction), colour,
                        2, cv2.LINE_AA, tipLength=0.25)

    def _sticks(self) -> list[LinkShape]:
        """Return capsules from joint to joint, of a robot whose meshes are missing."""
        joints, found = self.model.urdf.joints, []
        # Fixed links are drawn where they lead to one that moves.
        above, leading = {joint.child: joint for joint in joints.values()}, set()
        for joint in joints.values():
            link = joint.parent if joint.moves else ""
            while link in above and link not in leading:
                leading.add(link)
                link = above[link].parent
        for joint in joints.values():
            for other in joints.values():
                if other.parent != joint.child or not (
                        joint.moves or other.moves or other.child in leading):
                    continue
                start, end = self._place(joint.child), self._place(other.child)
                length = float(np.linalg.norm(end - start))
                if length < 0.01:
                    continue
                vertices, triangles = capsule_surface(length / 2, max(0.012, 0.13 * length))
                z = (end - start) / length
                x = np.cross((1.0, 0.0, 0.0) if abs(z[0]) < 0.9 else (0.0, 1.0, 0.0), z)
                x /= np.linalg.norm(x)
                turn = np.stack([x, np.cross(z, x), z], axis=1)
                world = vertices @ turn.T + (start + end) / 2
                at = self._data.oMf[self.model.frame(joint.child)]
                found.append(LinkShape(joint.child, (world - at.translation) @ at.rotation,
                                       triangles, np.array([0.72, 0.74, 0.78])))
        return found


def _shoulder(model: RobotModel, link: str, side: str) -> str:
    """Return the link that the first joint of a side turns on the way to a link."""
    names = chain(model, link)
    own = [name for name in names if side_of(name) == side] or names
    return model.urdf.joints[own[0]].child if own else link


def _hangs_on(model: RobotModel, link: str, other: str) -> bool:
    above = {joint.child: joint.parent for joint in model.urdf.joints.values()}
    while link in above and link != other:
        link = above[link]
    return link == other


def _corners(shape: LinkShape) -> np.ndarray:
    """Return the corners (8, 3) of the box around a shape."""
    ends = np.stack([shape.vertices.min(axis=0), shape.vertices.max(axis=0)])
    return np.array([[ends[i, 0], ends[j, 1], ends[k, 2]]
                     for i in (0, 1) for j in (0, 1) for k in (0, 1)])


def _best_shapes(model: RobotModel, robot_map: RobotMap) -> list[LinkShape]:
    """Return the shapes, visual or for collisions, that more of the moving links have.

    None where most have neither, as where the meshes are missing; fingers alone are no robot.
    """
    fingers = {name for hand in robot_map.hands.values() for name in hand}
    moving = set(robot_map.moving(model)) - fingers
    wanted = {model.urdf.joints[name].child for name in moving}
    kinds = [link_shapes(model, "visual"), link_shapes(model, "collision")]
    covered = [len({shape.link for shape in shapes} & wanted) for shapes in kinds]
    best = 1 if covered[1] > covered[0] else 0
    return kinds[best] if covered[best] >= _COVERED * len(wanted) else []


def _thinned(shape: LinkShape) -> LinkShape:
    """Return a shape with no more triangles than are drawn, by joining vertices of small cells."""
    if len(shape.triangles) <= MOST_TRIANGLES:
        return shape
    size = float(np.ptp(shape.vertices, axis=0).max())
    for cells in (96, 64, 48, 32, 24):
        keys = np.floor((shape.vertices - shape.vertices.min(axis=0)) / (size / cells)).astype(int)
        _, first, where = np.unique(keys, axis=0, return_index=True, return_inverse=True)
        triangles = where.reshape(-1)[shape.triangles]
        kept = triangles[(triangles[:, 0] != triangles[:, 1])
                         & (triangles[:, 1] != triangles[:, 2])
                         & (triangles[:, 0] != triangles[:, 2])]
        if len(kept) <= MOST_TRIANGLES:
            break
    return LinkShape(shape.link, shape.vertices[first], kept, shape.colour)
