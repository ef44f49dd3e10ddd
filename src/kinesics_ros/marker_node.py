"""Markers for rviz: observed people, their forecast, labels, and the robot's body; their frames."""

from __future__ import annotations

from typing import Any

import numpy as np
from geometry_msgs.msg import Point
from std_msgs.msg import Header
from visualization_msgs.msg import Marker, MarkerArray

from kinesics.msg import Affect, BodyPose, MotionForecast, PersonArray
from kinesics_core.settings import settings_of
from kinesics_core.types import NANOSECONDS, People
from kinesics_core.types import BodyPose as CoreBody
from kinesics_core.view.frames import FramesConfig, camera_frame, person_frames, view_frame
from kinesics_core.view.markers import MarkerConfig
from kinesics_core.view.scene import LIFETIME, Scene, Shape
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
from kinesics_ros.transforms import TransformPublisher

_PATIENCE = 2.0
"""Seconds that somebody else has, once the images' frame is known, to publish its place."""


class MarkerNode(Stage):
    """``persons``, ``forecast``, ``affect`` and ``body_pose`` in, ``markers`` and tf frames out.

    Each person's markers carry the person's id; when the track ends they are deleted. All stand in
    the frame of the images; ``kinesics_view`` lies on it, so that rviz needs no driver's word.
    """

    PARAMETERS = (*settings_of(MarkerConfig), *settings_of(FramesConfig))

    def __init__(self, bus: Bus | None = None, **node_arguments: Any) -> None:
        super().__init__("marker", bus, **node_arguments)
        self._publisher = self.create_lifecycle_publisher(MarkerArray, "markers", qos.RESULT)
        self._scene: Scene | None = None
        self._writer = MarkerWriter()
        self._frames: TransformPublisher | None = None
        self._told, self._since = "", 0
        self.input("persons", PersonArray, people_from_msg, self._draw, qos.RESULT,
                   wanted=lambda: self._heard() or self._sends_frames())
        self.input(
            "forecast", MotionForecast, lambda message: [forecast_from_msg(message)],
            self._keep_forecasts, qos.PEOPLE, key=_person_ids, wanted=self._heard,
        )
        self.input(
            "affect", Affect, lambda message: [affect_from_msg(message)],
            self._keep_affects, qos.PEOPLE, key=_person_ids, wanted=self._heard,
        )
        self.input("body_pose", BodyPose, body_from_msg, self._draw_robot, qos.RESULT,
                   wanted=self._heard)

    def load(self) -> None:
        """Read the robot's body."""
        self._scene = Scene(self.parameters.config(MarkerConfig))
        if self.parameters["publish_tf"] and self._frames is None:
            self._frames = TransformPublisher(self)
            self.detail["tf"] = "published"
            if not self._frames.available:
                self.detail["tf"] = "tf2_msgs is not installed, so that no frames are published"
                self.get_logger().info(self.detail["tf"])

    def unload(self) -> None:
        """Let go of the robot's body."""
        self._scene = None

    def start(self) -> None:
        """Forget the people of an earlier activation."""
        assert self._scene is not None
        self._scene.reset()
        self._told = ""

    def _heard(self) -> bool:
        return bool(self._publisher.get_subscription_count())

    def _sends_frames(self) -> bool:
        return self._frames is not None and self._frames.available

    def _keep_forecasts(self, forecasts: list[Any]) -> None:
        assert self._scene is not None
        self._scene.add_forecasts(forecasts)

    def _keep_affects(self, affects: list[Any]) -> None:
        assert self._scene is not None
        self._scene.add_affects(affects)

    def _draw(self, people: People) -> None:
        assert self._scene is not None
        self._scene.config = self.parameters.config(MarkerConfig)
        if not self._scene.see(people):
            return
        self._publish_frames(people)
        if self._heard():
            with Stopwatch(self, people.stamp):
                self._publisher.publish(self._writer.array(
                    self._scene.people(people), header(people.stamp, people.frame_id)))

    def _draw_robot(self, pose: CoreBody) -> None:
        assert self._scene is not None
        if shapes := self._scene.robot(pose):
            head = header(pose.stamp, self._scene.frame_id)
            self._publisher.publish(self._writer.array(shapes, head))

    def _publish_frames(self, people: People) -> None:
        """Publish the frames of people, and once those of the camera."""
        if not self._sends_frames():
            return
        assert self._frames is not None
        frames, now = self._frames, self.now()
        frames.send(people.stamp, person_frames(people, self.parameters.config(MarkerConfig)))
        if self._told != people.frame_id:
            self._told, self._since = people.frame_id, now
            frames.send_static(now, [view_frame(people.frame_id)])
        elif self._since and not 0 <= now - self._since < _PATIENCE * NANOSECONDS:
            self._since = 0
            config = self.parameters.config(FramesConfig)
            parent = frames.parent_by_others(people.frame_id)
            if parent is None and config.camera_parent:
                parent = config.camera_parent
                frames.send_static(now, [camera_frame(config, people.frame_id)])
            self.detail["camera_parent"] = parent or "none"


class MarkerWriter:
    """Markers of shapes, whose messages are filled again: to make them anew takes far longer.

    What one call returns holds until the next.
    """

    def __init__(self) -> None:
        """Begin without any."""
        self._markers: dict[tuple[str, int], Marker] = {}

    def array(self, shapes: list[Shape], head: Header) -> MarkerArray:
        """Return shapes as markers that stand in the frame of ``head``."""
        return MarkerArray(markers=[self._marker(shape, head) for shape in shapes])

    def _marker(self, shape: Shape, head: Header) -> Marker:
        if shape.kind == "gone":  # rviz warns about a marker without points
            self._markers.pop((shape.namespace, shape.number), None)
            return Marker(
                header=head, ns=shape.namespace, id=shape.number, action=Marker.DELETE)
        marker = self._markers.get((shape.namespace, shape.number))
        if marker is None:
            marker = self._markers[shape.namespace, shape.number] = _plain(shape)
        marker.header = head
        color, scale = marker.color, marker.scale
        color.r, color.g, color.b, color.a = shape.color
        scale.x, scale.y, scale.z = shape.size
        if shape.kind == "lines" or marker.type == Marker.SPHERE_LIST:
            _fill(marker.points, shape.points)
        else:
            marker.text = shape.text
            place = marker.pose.position
            place.x, place.y, place.z = shape.points[0].tolist()
        return marker


_KINDS = {
    "lines": Marker.LINE_LIST, "spheres": Marker.SPHERE_LIST, "text": Marker.TEXT_VIEW_FACING,
}


def _plain(shape: Shape) -> Marker:
    """Return a marker with what of a shape does not change."""
    marker = Marker(ns=shape.namespace, id=shape.number, type=_KINDS[shape.kind])
    if shape.size[0] != shape.size[1]:
        # A list of spheres takes one size alone; a single one may be an ellipsoid.
        marker.type = Marker.SPHERE
    marker.pose.orientation.w = 1.0
    marker.lifetime.sec = LIFETIME
    return marker


def _fill(points: list[Point], places: np.ndarray) -> None:
    """Give a marker's list of points their places."""
    del points[len(places):]
    points += [Point() for _ in range(len(places) - len(points))]
    for point, (x, y, z) in zip(points, places.tolist(), strict=True):
        point.x, point.y, point.z = x, y, z


def _person_ids(items: list[Any]) -> tuple[int, ...]:
    return tuple(item.person_id for item in items)


def main() -> None:
    """Run the node until a signal ends it."""
    run_node(MarkerNode)


if __name__ == "__main__":
    main()
