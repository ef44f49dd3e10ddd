"""Markers for rviz: observed skeletons, predicted ghosts, labels."""

from __future__ import annotations

from typing import Any

import numpy as np
from geometry_msgs.msg import Point
from std_msgs.msg import ColorRGBA
from visualization_msgs.msg import Marker, MarkerArray

from kinesics.msg import Affect, MotionForecast, PersonArray
from kinesics_core.affect.emotions import EMOTIONS
from kinesics_core.skeletons import COCO17_EDGES
from kinesics_core.types import Affect as CoreAffect
from kinesics_core.types import MotionForecast as CoreForecast
from kinesics_core.types import People, Person
from kinesics_ros import qos
from kinesics_ros.bus import Bus
from kinesics_ros.conversions import (
    affect_from_msg,
    forecast_from_msg,
    header,
    people_from_msg,
)
from kinesics_ros.parameters import Param
from kinesics_ros.run import run_node
from kinesics_ros.stage import Stage, Stopwatch

OBSERVED = ColorRGBA(r=0.10, g=0.75, b=0.95, a=1.0)
PREDICTED = ColorRGBA(r=1.00, g=0.60, b=0.15, a=0.55)
LABEL = ColorRGBA(r=1.0, g=1.0, b=1.0, a=1.0)
_KINDS = ("skeleton", "joints", "ghost", "label")


class MarkerNode(Stage):
    """``persons``, ``forecast`` and ``affect`` in, ``markers`` out.

    Keypoints are pixels, rviz shows metres: the image is drawn as a plane at ``distance`` in front
    of the camera, so skeleton, ghost and image coincide. Each person's markers carry the person's
    id; when the track ends they are deleted.
    """

    PARAMETERS = (
        Param("distance", 2.0, "Of the plane the keypoints are drawn on", "m", (0.1, 50.0)),
        Param("horizontal_fov", 60.0, "Field of view of the camera", "deg", (10.0, 170.0)),
        Param("min_score", 0.3, "Keypoints below are not drawn", "", (0.0, 1.0), live=True),
    )

    def __init__(self, bus: Bus | None = None, **node_arguments: Any) -> None:
        super().__init__("marker", bus, **node_arguments)
        self._publisher = self.create_lifecycle_publisher(MarkerArray, "markers", qos.RESULT)
        self._forecasts: dict[int, CoreForecast] = {}
        self._affects: dict[int, CoreAffect] = {}
        self._shown: set[int] = set()
        self.input("persons", PersonArray, people_from_msg, self._draw, qos.RESULT)
        self.input(
            "forecast", MotionForecast, lambda message: [forecast_from_msg(message)],
            self._keep_forecasts, qos.RESULT, key=_person_ids,
        )
        self.input(
            "affect", Affect, lambda message: [affect_from_msg(message)],
            self._keep_affects, qos.RESULT, key=_person_ids,
        )

    def start(self) -> None:
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
