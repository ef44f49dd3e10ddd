"""The tf frames of what is seen: the camera's place, a frame of fixed name on it, and people's.

REP-103 and REP-105: x forward, y left, z up; a camera's optical frame has x right, y down and z
away from the camera. Frames of faces and bodies by REP-155 have other names and are not these.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinesics_core.camera import focal_length, unproject
from kinesics_core.keypoints import visible
from kinesics_core.rotations import about_axis, orthonormal
from kinesics_core.settings import check, setting
from kinesics_core.types import People, Person, Transform
from kinesics_core.view.markers import MarkerConfig

VIEW_FRAME = "kinesics_view"
"""Frame that lies on the image's frame, whatever a driver calls that: rviz's fixed frame."""

OPTICAL_FROM_BODY = np.array([[0.0, -1.0, 0.0], [0.0, 0.0, -1.0], [1.0, 0.0, 0.0]])
"""Columns: forward, left and up of a camera, seen in its optical axes."""

HEAD_TO_REP103 = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
"""Columns: forward, left and up of a head whose axes are x left, y up, z out of the face."""


@dataclass(frozen=True)
class FramesConfig:
    """Settings of the frames."""

    publish_tf: bool = setting(True, "Publish the frames of camera and people; false: none")
    camera_parent: str = setting(
        "base_link", "Frame of the robot that carries the camera. The camera's place in it is"
        " published unless somebody else (a URDF) publishes the camera's frame; empty: never")
    camera_height: float = setting(
        1.2, "Height of the camera above its parent", unit="m", bounds=(-10.0, 10.0))
    camera_forward: float = setting(
        0.0, "How far the camera is ahead of its parent", unit="m", bounds=(-10.0, 10.0))
    camera_tilt: float = setting(
        0.0, "Tilt of the camera, down positive", unit="deg", bounds=(-90.0, 90.0))

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check(self)


def camera_frame(config: FramesConfig, frame_id: str) -> Transform:
    """Return the place of the camera's optical frame ``frame_id`` on the robot."""
    tilted = about_axis(1, np.radians(config.camera_tilt))
    place = np.array([config.camera_forward, 0.0, config.camera_height])
    return Transform(config.camera_parent, frame_id, place, tilted @ OPTICAL_FROM_BODY.T)


def view_frame(frame_id: str) -> Transform:
    """Return the frame of a fixed name that lies on the image's."""
    return Transform(frame_id, VIEW_FRAME, np.zeros(3), np.eye(3))


def person_frames(people: People, config: MarkerConfig) -> list[Transform]:
    """Return ``person_ID`` of everybody: at the head, x out of the face, z up.

    A head whose place is known stands where it is; otherwise the frame stands where the person is
    drawn, facing the camera. Who is not seen at all has none.
    """
    frames = []
    for person in people.persons:
        place = _head(person) or _drawn(person, people, config)
        if place is not None:
            frames.append(Transform(people.frame_id, f"person_{person.id}", *place))
    return frames


def _head(person: Person) -> tuple[np.ndarray, np.ndarray] | None:
    """Return where the head is and how it is turned, in optical axes."""
    if person.head is None or not np.isfinite(person.head).all():
        return None
    return person.head[:3, 3], orthonormal(person.head[:3, :3] @ HEAD_TO_REP103)


def _drawn(
    person: Person, people: People, config: MarkerConfig
) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the highest keypoint on the plane people are drawn on, facing the camera."""
    seen = person.coco[visible(person.coco, min_score=config.min_score), :2]
    if not len(seen):
        return None
    focal = focal_length(people.width, config.horizontal_fov)
    centre = (0.5 * people.width, 0.5 * people.height)
    place = unproject(seen[np.argmin(seen[:, 1])], config.distance, focal, centre)
    return place, OPTICAL_FROM_BODY @ about_axis(2, np.pi)
