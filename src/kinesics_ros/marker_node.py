"""Markers for rviz: observed skeletons, predicted ghosts, labels, and the robot's own body."""

from __future__ import annotations

from typing import Any

import numpy as np
from geometry_msgs.msg import Point
from std_msgs.msg import ColorRGBA
from visualization_msgs.msg import Marker, MarkerArray

from kinesics.msg import Affect, BodyPose, MotionForecast, PersonArray
from kinesics_core.affect.emotions import EMOTIONS
from kinesics_core.body import model as body_model
from kinesics_core.body import skinning
from kinesics_core.settings import settings_of
from kinesics_core.skeletons import COCO17_EDGES, SMPLX55
from kinesics_core.types import NANOSECONDS, People, Person
from kinesics_core.types import Affect as CoreAffect
from kinesics_core.types import BodyPose as CoreBody
from kinesics_core.types import MotionForecast as CoreForecast
from kinesics_core.view.markers import MarkerConfig
from kinesics_ros import qos
from kinesics_ros.bus import Bus
from kinesics_ros.conversions import (
    affect_from_msg,
    body_from_msg,
    forecast_from_msg,
    header,
    people_from_msg,
)
from kinesics_ros.run import run_node
from kinesics_ros.stage import Stage, Stopwatch

OBSERVED = ColorRGBA(r=0.10, g=0.75, b=0.95, a=1.0)
PREDICTED = ColorRGBA(r=1.00, g=0.60, b=0.15, a=0.55)
LABEL = ColorRGBA(r=1.0, g=1.0, b=1.0, a=1.0)
ROBOT = ColorRGBA(r=0.20, g=0.62, b=0.66, a=1.0)
ROBOT_SKIN = ColorRGBA(r=0.90, g=0.72, b=0.62, a=1.0)
_KINDS = ("skeleton", "joints", "ghost", "label")

_ROBOT_RATE = 30.0  # Hz, of the 60 at which poses come
_TO_OPTICAL = np.diag([1.0, -1.0, -1.0])
_HEAD = SMPLX55.index("head")
_HAND = 25  # the first joint of the fingers


class MarkerNode(Stage):
    """``persons``, ``forecast``, ``affect`` and ``body_pose`` in, ``markers`` out.

    Keypoints are pixels, rviz shows metres: the image is drawn as a plane at ``distance`` in front
    of the camera, so skeleton, ghost and image coincide. Each person's markers carry the person's
    id; when the track ends they are deleted. The robot's body, bones and a head of the open body,
    stands beside that image, facing the camera.
    """

    PARAMETERS = settings_of(MarkerConfig)

    def __init__(self, bus: Bus | None = None, **node_arguments: Any) -> None:
        super().__init__("marker", bus, **node_arguments)
        self._publisher = self.create_lifecycle_publisher(MarkerArray, "markers", qos.RESULT)
        self._forecasts: dict[int, CoreForecast] = {}
        self._affects: dict[int, CoreAffect] = {}
        self._shown: set[int] = set()
        self._body: skinning.Skin | None = None
        self._drawn_at = 0
        self.input("persons", PersonArray, people_from_msg, self._draw, qos.RESULT)
        self.input(
            "forecast", MotionForecast, lambda message: [forecast_from_msg(message)],
            self._keep_forecasts, qos.RESULT, key=_person_ids,
        )
        self.input(
            "affect", Affect, lambda message: [affect_from_msg(message)],
            self._keep_affects, qos.RESULT, key=_person_ids,
        )
        self.input("body_pose", BodyPose, body_from_msg, self._draw_robot, qos.RESULT)

    def load(self) -> None:
        # Joints only: no vertex is needed.
        self._body = skinning.select(body_model.load(expressions=0), np.empty(0, np.int64))

    def unload(self) -> None:
        self._body = None

    def start(self) -> None:
        self._drawn_at = 0
        self._forecasts.clear()
        self._affects.clear()
        self._shown.clear()

    def _keep_forecasts(self, forecasts: list[CoreForecast]) -> None:
        self._forecasts.update((forecast.person_id, forecast) for forecast in forecasts)

    def _keep_affects(self, affects: list[CoreAffect]) -> None:
        self._affects.update((affect.person_id, affect) for affect in affects)

    def _draw(self, people: People) -> None:
        seen = {person.id for person in people.persons}
        for gone in (self._forecasts.keys() | self._affects.keys()) - seen:
            self._forecasts.pop(gone, None)
            self._affects.pop(gone, None)
        if not self._publisher.get_subscription_count():
            return
        with Stopwatch(self, people.stamp):
            self._publisher.publish(self.markers(people))

    def _draw_robot(self, pose: CoreBody) -> None:
        if not self._publisher.get_subscription_count():
            return
        if 0 <= pose.pose_stamp - self._drawn_at < 0.9 * NANOSECONDS / _ROBOT_RATE:
            return
        self._drawn_at = pose.pose_stamp
        self._publisher.publish(MarkerArray(markers=self.robot_markers(pose)))

    def robot_markers(self, pose: CoreBody) -> list[Marker]:
        """Bones of body and hands, and the head, at one moment."""
        assert self._body is not None, "load() comes first"
        _, joints = skinning.vertices(
            self._body, betas=pose.betas[None], global_orient=pose.global_orient[None],
            body_pose=pose.body_pose[None], left_hand_pose=pose.left_hand[None],
            right_hand_pose=pose.right_hand[None], transl=pose.transl[None])
        place = self.parameters["robot_aside"], 0.0, self.parameters["distance"]
        xyz = joints[0] @ _TO_OPTICAL + place
        if not np.isfinite(xyz).all():
            return []
        points = [_point(joint) for joint in xyz]
        bones = [(child, int(parent)) for child, parent in enumerate(self._body.model.parents)
                 if parent > 0 or child in (1, 2, 3)]
        markers = []
        for kind, width, color, chosen in (
            ("robot_body", 0.055, ROBOT, [bone for bone in bones if bone[0] < 22]),
            ("robot_hands", 0.018, ROBOT_SKIN, [bone for bone in bones if bone[0] >= _HAND]),
        ):
            marker = _robot_marker(pose, kind, Marker.LINE_LIST, color)
            marker.scale.x = width
            marker.points = [points[joint] for bone in chosen for joint in bone]
            markers.append(marker)
        head = _robot_marker(pose, "robot_head", Marker.SPHERE, ROBOT_SKIN)
        head.scale.x, head.scale.y, head.scale.z = 0.16, 0.23, 0.20
        up = xyz[_HEAD] - xyz[SMPLX55.index("neck")]
        head.pose.position = _point(xyz[_HEAD] + 0.6 * up)
        return [*markers, head]

    def markers(self, people: People) -> MarkerArray:
        """All markers of one image, deletions of ended tracks first."""
        seen = {person.id for person in people.persons}
        array = MarkerArray()
        for gone in self._shown - seen:
            array.markers += [
                Marker(header=header(people.stamp, people.frame_id), ns=kind, id=gone,
                       action=Marker.DELETE)
                for kind in _KINDS
            ]
        self._shown = seen
        for person in people.persons:
            array.markers += self._person_markers(people, person)
        return array

    def _person_markers(self, people: People, person: Person) -> list[Marker]:
        threshold = self.parameters["min_score"]
        visible = person.coco[:, 2] >= threshold
        xyz = self._to_plane(person.coco[:, :2], people)
        visible &= np.isfinite(xyz).all(axis=1)
        markers = [
            _lines(people, "skeleton", person.id, xyz, visible, OBSERVED, 0.02),
            _joints(people, person.id, xyz[visible]),
        ]
        forecast = self._forecasts.get(person.id)
        if forecast is not None:
            ghost = self._to_plane(forecast.keypoints[-1], people)
            markers.append(
                _lines(people, "ghost", person.id, ghost,
                       visible & np.isfinite(ghost).all(axis=1), PREDICTED, 0.015)
            )
        if visible.any():
            top = xyz[visible][np.argmin(xyz[visible][:, 1])]
            markers.append(self._label(people, person.id, top))
        return markers

    def _label(self, people: People, person_id: int, top: np.ndarray) -> Marker:
        text = f"person {person_id}"
        affect = self._affects.get(person_id)
        if affect is not None:
            k = int(np.argmax(affect.categories))
            text += f"\n{EMOTIONS[k]} {affect.categories[k]:.0%}"
        marker = _marker(people, "label", person_id, Marker.TEXT_VIEW_FACING, LABEL)
        marker.text = text
        marker.scale.z = 0.09
        marker.pose.position = Point(x=float(top[0]), y=float(top[1] - 0.12), z=float(top[2]))
        return marker

    def _to_plane(self, pixels: np.ndarray, people: People) -> np.ndarray:
        """(n, 2) pixels to (n, 3) metres on the plane, optical axes."""
        distance = self.parameters["distance"]
        focal = 0.5 * people.width / np.tan(0.5 * np.radians(self.parameters["horizontal_fov"]))
        centre = np.array([0.5 * people.width, 0.5 * people.height])
        return np.column_stack(
            [(pixels - centre) * distance / focal, np.full(len(pixels), distance)]
        )


def _person_ids(items: list[Any]) -> tuple[int, ...]:
    return tuple(item.person_id for item in items)


def _marker(people: People, kind: str, person_id: int, shape: int, color: ColorRGBA) -> Marker:
    marker = Marker(
        header=header(people.stamp, people.frame_id), ns=kind, id=person_id, type=shape,
        action=Marker.ADD, color=color,
    )
    marker.pose.orientation.w = 1.0
    # A track that ends without a message (the camera is unplugged) fades by itself.
    marker.lifetime.sec = 2
    return marker


def _robot_marker(pose: CoreBody, kind: str, shape: int, color: ColorRGBA) -> Marker:
    marker = Marker(
        header=header(pose.stamp), ns=kind, id=0, type=shape, action=Marker.ADD, color=color)
    marker.pose.orientation.w = 1.0
    marker.lifetime.sec = 2
    return marker


def _lines(
    people: People, kind: str, person_id: int, xyz: np.ndarray, visible: np.ndarray,
    color: ColorRGBA, width: float,
) -> Marker:
    marker = _marker(people, kind, person_id, Marker.LINE_LIST, color)
    marker.scale.x = width
    marker.points = [
        _point(xyz[joint])
        for edge in COCO17_EDGES
        if visible[list(edge)].all()
        for joint in edge
    ]
    if not marker.points:
        # rviz warns about an empty line list; nothing to show means nothing is there.
        marker.action = Marker.DELETE
    return marker


def _joints(people: People, person_id: int, xyz: np.ndarray) -> Marker:
    marker = _marker(people, "joints", person_id, Marker.SPHERE_LIST, OBSERVED)
    marker.scale.x = marker.scale.y = marker.scale.z = 0.045
    marker.points = [_point(joint) for joint in xyz]
    if not marker.points:
        marker.action = Marker.DELETE
    return marker


def _point(xyz: np.ndarray) -> Point:
    x, y, z = map(float, xyz)
    return Point(x=x, y=y, z=z)


def main() -> None:
    run_node(MarkerNode)


if __name__ == "__main__":
    main()
