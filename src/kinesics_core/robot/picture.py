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
        shoulders = max((float(self._place(link.link) @ self._axes[:, 2])
                         for part, link in self.map.links.items() if part.endswith("upper_arm")),
                        default=-np.inf)
        low = max(float(body[:, 2].min()), min(heights) - 0.5 * reach) if upper \
            else body[:, 2].min()
        high = max(float(body[:, 2].max()), shoulders + reach)
        self._height = 1.1 * max(high - low, 2.4 * reach * self.size[1] / self.size[0])
        self._middle = self._axes @ np.array([
            float(np.median(body[:, 0])), float(np.median(body[:, 1])), (low + high) / 2])
        self._focal = _FOCAL * self.size[1]
        self._distance = _FOCAL * self._height

    def _reach(self, arms: Sequence[LinkShape]) -> float:
        """Return how far a hand comes from its shoulder, metres; 0.2 of a robot without arms."""
        above = {joint.child: joint.parent for joint in self.model.urdf.joints.values()}
        farthest = {shape.link: float(np.linalg.norm(shape.vertices, axis=1).max())
                    for shape in arms}
        reach = 0.2
        for side in SIDES:
            upper_arm = self.map.links.get(f"{side}_upper_arm")
            if upper_arm is None:
                continue
            shoulder = _sided(self.model, upper_arm.link, side)
            for link in (shape.link for shape in arms):
                way, at = farthest[link], link
                while at in above and at != shoulder:
                    way += float(np.linalg.norm(self._place(at) - self._place(above[at])))
                    at = above[at]
                if at == shoulder:
                    reach = max(reach, way)
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


def _sided(model: RobotModel, link: str, side: str) -> str:
    """Return the link that the first joint of a side turns on the way to a link."""
    names = chain(model, link)
    own = [name for name in names if side_of(name) == side] or names
    return model.urdf.joints[own[0]].child


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
