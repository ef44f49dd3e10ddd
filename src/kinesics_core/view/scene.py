"""The loop as shapes in space: what rviz and Foxglove show, each in messages of its own.

Every shape stands in the frame of the image it belongs to. A shape is known by namespace and
number; one that is not told again stays for ``LIFETIME``, then it fades by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from kinesics_core.bounded import drop_oldest
from kinesics_core.types import NANOSECONDS, Affect, BodyPose, MotionForecast, People
from kinesics_core.view.markers import (
    GHOSTS,
    MarkerConfig,
    PersonDrawing,
    RobotBody,
    draw_person,
)
from kinesics_core.view.overlay import EMOTION_COLORS

OBSERVED = (0.10, 0.75, 0.95, 1.0)
PREDICTED = (1.00, 0.60, 0.15)
LABEL = (1.0, 1.0, 1.0, 1.0)
ROBOT = (0.20, 0.62, 0.66, 1.0)
ROBOT_SKIN = (0.90, 0.72, 0.62, 1.0)
"""Red, green, blue and opacity, 0..1."""

GHOST_OPACITY = (0.60, 0.22)
"""Opacity of the first and the last moment of a forecast: it fades."""

SPREAD_OPACITY = 0.35
"""Opacity of the spheres of the expected error, as a share of the ghost's."""

SKELETON_WIDTH, GHOST_WIDTH, ROBOT_WIDTH, FINGER_WIDTH = 0.02, 0.015, 0.055, 0.018
"""Metres, of lines."""

JOINT_SIZE = 0.045
HEAD_SIZE = (0.16, 0.23, 0.20)
TEXT_HEIGHT = 0.09

LIFETIME = 2
"""Seconds. A track that ends without a message (the camera is unplugged) fades by itself."""

PERSON_NAMESPACES = (
    "skeleton", "joints", *(f"ghost_{number}" for number in range(1, GHOSTS + 1)),
    *(f"spread_{number}" for number in range(1, GHOSTS + 1)), "label",
)
"""Namespaces of a person's shapes; their number is the person's id."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One thing to be shown.

    Attributes:
        namespace: Kind of thing, one of ``PERSON_NAMESPACES`` or beginning with "robot".
        number: Which one of its namespace.
        kind: "lines" (each two points are the ends of one), "spheres", "text" (at one point), or
            "gone", which takes an earlier shape away.
        points: (n, 3) metres, optical axes.
        size: (3,) metres: width of lines, axes of spheres, height of text.
        color: (4,) 0..1, opacity last.
        text: What is written.
    """

    namespace: str
    number: int
    kind: str
    points: np.ndarray
    size: tuple[float, float, float] = (0.0, 0.0, 0.0)
    color: tuple[float, ...] = LABEL
    text: str = ""


class Scene:
    """Everybody seen, and the robot, as shapes.

    Attributes:
        frame_id: tf frame of the latest image, in which the robot is drawn too.
    """

    def __init__(self, config: MarkerConfig) -> None:
        """Read the robot's body, and begin with nobody."""
        self.config = config
        self.frame_id = People(0, 1, 1).frame_id
        self._robot = RobotBody()
        self.reset()

    def reset(self) -> None:
        """Forget everybody."""
        self._forecasts: dict[int, MotionForecast] = {}
        self._affects: dict[int, Affect] = {}
        self._shown: set[int] = set()
        self._robot_drawn = self._people_drawn = -NANOSECONDS

    def add_forecasts(self, forecasts: Sequence[MotionForecast]) -> None:
        """Keep where people will be."""
        self._forecasts.update((forecast.person_id, forecast) for forecast in forecasts)
        drop_oldest(self._forecasts)

    def add_affects(self, affects: Sequence[Affect]) -> None:
        """Keep what people express."""
        self._affects.update((affect.person_id, affect) for affect in affects)
        drop_oldest(self._affects)

    def see(self, people: People) -> bool:
        """Note who is there, and drop what was known of those who left.

        Returns:
            Whether this image is to be drawn: not if the one before was, less than a period ago.
        """
        self.frame_id = people.frame_id
        seen = {person.id for person in people.persons}
        for gone in (self._forecasts.keys() | self._affects.keys()) - seen:
            self._forecasts.pop(gone, None)
            self._affects.pop(gone, None)
        due = self._due(people.stamp - self._people_drawn)
        if due:
            self._people_drawn = people.stamp
        return due

    def _due(self, passed: int) -> bool:
        # A camera of 30 Hz is drawn at 30 Hz, though its images come unevenly.
        return not 0 <= passed < 0.9 * NANOSECONDS / self.config.rate

    def people(self, people: People) -> list[Shape]:
        """Return all shapes of one image, those that are gone first."""
        seen = {person.id for person in people.persons}
        nothing = np.empty((0, 3))
        shapes = [Shape(namespace, gone, "gone", nothing)
                  for gone in sorted(self._shown - seen) for namespace in PERSON_NAMESPACES]
        self._shown = seen
        for person in people.persons:
            drawing = draw_person(person, people, self.config, self._forecasts.get(person.id),
                                  self._affects.get(person.id))
            shapes += _person(person.id, drawing)
        return shapes

    def robot(self, pose: BodyPose) -> list[Shape]:
        """Return bones of body and hands, and the head.

        Returns:
            Nothing if the pose is unknown (NaN), or another was drawn less than a period ago.
        """
        if not self._due(pose.pose_stamp - self._robot_drawn):
            return []
        self._robot_drawn = pose.pose_stamp
        drawing = self._robot.draw(pose, self.config)
        if drawing is None:
            return []
        return [
            Shape("robot_body", 0, "lines", drawing.body, _all(ROBOT_WIDTH), ROBOT),
            Shape("robot_hands", 0, "lines", drawing.hands, _all(FINGER_WIDTH), ROBOT_SKIN),
            Shape("robot_head", 0, "spheres", drawing.head[None], HEAD_SIZE, ROBOT_SKIN),
        ]


def _all(size: float) -> tuple[float, float, float]:
    return size, size, size


def _person(number: int, drawing: PersonDrawing) -> Iterator[Shape]:
    """Yield the shapes of one person; one without any point is gone."""
    nothing = np.empty((0, 3))

    def shape(namespace: str, kind: str, points: np.ndarray, size: float, color: tuple[float, ...]
              ) -> Shape:
        return Shape(namespace, number, kind if len(points) else "gone", points, _all(size), color)

    yield shape("skeleton", "lines", drawing.skeleton, SKELETON_WIDTH, OBSERVED)
    yield shape("joints", "spheres", drawing.joints, JOINT_SIZE, OBSERVED)
    opacities = np.linspace(*GHOST_OPACITY, GHOSTS)
    for step, ghost in enumerate(drawing.ghosts):
        color = (*PREDICTED, float(opacities[step]))
        yield shape(f"ghost_{step + 1}", "lines", ghost.bones, GHOST_WIDTH, color)
        around = ghost.joints if ghost.spread > 0 else nothing
        yield shape(f"spread_{step + 1}", "spheres", around, 2 * ghost.spread,
                    (*PREDICTED, SPREAD_OPACITY * float(opacities[step])))
    if drawing.label_at is not None:
        tone: tuple[float, ...] = LABEL
        if drawing.emotion:
            tone = (*(part / 255 for part in EMOTION_COLORS[drawing.emotion]), 1.0)
        yield Shape("label", number, "text", drawing.label_at[None], _all(TEXT_HEIGHT), tone,
                    drawing.label)
