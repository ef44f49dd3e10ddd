"""Markers for rviz: observed skeletons, predicted ghosts, labels, and the robot's own body."""

from __future__ import annotations

from typing import Any

import numpy as np
from geometry_msgs.msg import Point
from std_msgs.msg import ColorRGBA, Header
from visualization_msgs.msg import Marker, MarkerArray

from kinesics.msg import Affect, BodyPose, MotionForecast, PersonArray
from kinesics_core.settings import settings_of
from kinesics_core.types import NANOSECONDS, People
from kinesics_core.types import Affect as CoreAffect
from kinesics_core.types import BodyPose as CoreBody
from kinesics_core.types import MotionForecast as CoreForecast
from kinesics_core.view.markers import MarkerConfig, PersonDrawing, RobotBody, draw_person
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

PERSON_NAMESPACES = ("skeleton", "joints", "ghost", "label")
"""Namespaces of a person's markers; the marker's id is the person's."""

OBSERVED = ColorRGBA(r=0.10, g=0.75, b=0.95, a=1.0)
PREDICTED = ColorRGBA(r=1.00, g=0.60, b=0.15, a=0.55)
LABEL = ColorRGBA(r=1.0, g=1.0, b=1.0, a=1.0)
ROBOT = ColorRGBA(r=0.20, g=0.62, b=0.66, a=1.0)
ROBOT_SKIN = ColorRGBA(r=0.90, g=0.72, b=0.62, a=1.0)

SKELETON_WIDTH, GHOST_WIDTH, ROBOT_WIDTH, FINGER_WIDTH = 0.02, 0.015, 0.055, 0.018
"""Metres, of lines."""

JOINT_SIZE = (0.045, 0.045, 0.045)
HEAD_SIZE = (0.16, 0.23, 0.20)
TEXT_HEIGHT = 0.09
LIFETIME = 2
"""Seconds. A track that ends without a message (the camera is unplugged) fades by itself."""

ROBOT_RATE = 30.0
"""Hz at which the robot is drawn, of the 60 at which its poses come."""


class MarkerNode(Stage):
    """``persons``, ``forecast``, ``affect`` and ``body_pose`` in, ``markers`` out.

    Each person's markers carry the person's id; when the track ends they are deleted.
    """

    PARAMETERS = settings_of(MarkerConfig)

    def __init__(self, bus: Bus | None = None, **node_arguments: Any) -> None:
        super().__init__("marker", bus, **node_arguments)
        self._publisher = self.create_lifecycle_publisher(MarkerArray, "markers", qos.RESULT)
        self._forecasts: dict[int, CoreForecast] = {}
        self._affects: dict[int, CoreAffect] = {}
        self._shown: set[int] = set()
        self._robot: RobotBody | None = None
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
        """Read the robot's body."""
        self._robot = RobotBody()

    def unload(self) -> None:
        """Let go of the robot's body."""
        self._robot = None

    def start(self) -> None:
        """Forget the people of an earlier activation."""
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
        if 0 <= pose.pose_stamp - self._drawn_at < 0.9 * NANOSECONDS / ROBOT_RATE:
            return
        self._drawn_at = pose.pose_stamp
        self._publisher.publish(MarkerArray(markers=self.robot_markers(pose)))

    def markers(self, people: People) -> MarkerArray:
        """Return all markers of one image, deletions of ended tracks first."""
        config = self.parameters.config(MarkerConfig)
        head = header(people.stamp, people.frame_id)
        seen = {person.id for person in people.persons}
        array = MarkerArray()
        for gone in self._shown - seen:
            array.markers += [
                Marker(header=head, ns=namespace, id=gone, action=Marker.DELETE)
                for namespace in PERSON_NAMESPACES
            ]
        self._shown = seen
        for person in people.persons:
            drawing = draw_person(
                person, people, config, self._forecasts.get(person.id),
                self._affects.get(person.id),
            )
            array.markers += _person_markers(head, person.id, drawing)
        return array

    def robot_markers(self, pose: CoreBody) -> list[Marker]:
        """Return bones of body and hands, and the head; nothing if the pose is unknown."""
        assert self._robot is not None, "load() comes first"
        drawing = self._robot.draw(pose, self.parameters.config(MarkerConfig))
        if drawing is None:
            return []
        stamp = header(pose.stamp)
        head = _marker(stamp, "robot_head", 0, Marker.SPHERE, ROBOT_SKIN)
        head.scale.x, head.scale.y, head.scale.z = HEAD_SIZE
        head.pose.position = _point(drawing.head)
        body = _marker(stamp, "robot_body", 0, Marker.LINE_LIST, ROBOT)
        hands = _marker(stamp, "robot_hands", 0, Marker.LINE_LIST, ROBOT_SKIN)
        return [_lines(body, drawing.body, ROBOT_WIDTH), _lines(hands, drawing.hands, FINGER_WIDTH),
                head]


def _person_markers(head: Header, person: int, drawing: PersonDrawing) -> list[Marker]:
    """Return the markers of one person, in the namespaces ``PERSON_NAMESPACES``."""
    skeleton = _marker(head, "skeleton", person, Marker.LINE_LIST, OBSERVED)
    joints = _marker(head, "joints", person, Marker.SPHERE_LIST, OBSERVED)
    joints.scale.x, joints.scale.y, joints.scale.z = JOINT_SIZE
    markers = [_lines(skeleton, drawing.skeleton, SKELETON_WIDTH), _points(joints, drawing.joints)]
    if drawing.ghost is not None:
        ghost = _marker(head, "ghost", person, Marker.LINE_LIST, PREDICTED)
        markers.append(_lines(ghost, drawing.ghost, GHOST_WIDTH))
    if drawing.label_at is not None:
        label = _marker(head, "label", person, Marker.TEXT_VIEW_FACING, LABEL)
        label.text = drawing.label
        label.scale.z = TEXT_HEIGHT
        label.pose.position = _point(drawing.label_at)
        markers.append(label)
    return markers


def _person_ids(items: list[Any]) -> tuple[int, ...]:
    return tuple(item.person_id for item in items)


def _marker(head: Header, namespace: str, number: int, shape: int, color: ColorRGBA) -> Marker:
    marker = Marker(
        header=head, ns=namespace, id=number, type=shape, action=Marker.ADD, color=color
    )
    marker.pose.orientation.w = 1.0
    marker.lifetime.sec = LIFETIME
    return marker


def _lines(marker: Marker, ends: np.ndarray, width: float) -> Marker:
    marker.scale.x = width
    return _points(marker, ends)


def _points(marker: Marker, places: np.ndarray) -> Marker:
    """Give a marker its points; one without any is deleted, which rviz does not warn about."""
    marker.points = [_point(place) for place in places]
    if not marker.points:
        marker.action = Marker.DELETE
    return marker


def _point(place: np.ndarray) -> Point:
    x, y, z = map(float, place)
    return Point(x=x, y=y, z=z)


def main() -> None:
    """Run the node until a signal ends it."""
    run_node(MarkerNode)


if __name__ == "__main__":
    main()
