"""Where the frames of camera and people stand."""

from __future__ import annotations

import numpy as np
import pytest

from kinesics_core.types import People, Person
from kinesics_core.view.frames import (
    VIEW_FRAME,
    FramesConfig,
    camera_frame,
    person_frames,
    view_frame,
)
from kinesics_core.view.markers import MarkerConfig


def seen_from(transform, point):
    """A point of the child's axes in the parent's."""
    return transform.rotation @ np.asarray(point, float) + transform.translation


def test_what_the_camera_sees_lies_ahead_of_the_robot():
    frame = camera_frame(FramesConfig(camera_height=1.2, camera_forward=0.1), "eye")
    assert (frame.parent, frame.child) == ("base_link", "eye")
    # 2 m away, 0.3 m to the right and 0.5 m above the image's middle.
    np.testing.assert_allclose(seen_from(frame, (0.3, -0.5, 2.0)), (2.1, -0.3, 1.7), atol=1e-12)


def test_a_camera_tilted_down_sees_the_floor():
    frame = camera_frame(FramesConfig(camera_height=1.0, camera_tilt=45.0), "eye")
    np.testing.assert_allclose(
        seen_from(frame, (0, 0, np.sqrt(2.0))), (1.0, 0.0, 0.0), atol=1e-12)


def test_a_frame_of_a_fixed_name_lies_on_the_drivers():
    frame = view_frame("driver_frame")
    assert (frame.parent, frame.child) == ("driver_frame", VIEW_FRAME)
    np.testing.assert_array_equal(seen_from(frame, (1, 2, 3)), (1, 2, 3))


def somebody(**parts) -> People:
    coco = np.full((17, 3), (320, 300, 1), np.float32)
    coco[0, 1] = 240
    return People(1, 640, 480, [Person(4, 1.0, coco, **parts)], frame_id="eye")


def test_a_person_without_a_known_head_faces_the_camera_where_they_are_drawn():
    (frame,) = person_frames(somebody(), MarkerConfig(distance=2.0))
    assert (frame.parent, frame.child) == ("eye", "person_4")
    np.testing.assert_allclose(frame.translation, (0, 0, 2.0), atol=1e-9)
    # Their forward is towards the camera, their left on the right of the image, up is up.
    np.testing.assert_allclose(
        frame.rotation.T, [(0, 0, -1), (1, 0, 0), (0, -1, 0)], atol=1e-9)


def test_a_head_that_is_known_gives_place_and_turn():
    head = np.eye(4)
    # x to the person's left, y up, z out of the face, of somebody who looks at the camera
    head[:3, :3] = np.diag([1.0, -1.0, -1.0])
    head[:3, 3] = (0.1, -0.2, 1.5)
    (frame,) = person_frames(somebody(head=head), MarkerConfig())
    np.testing.assert_allclose(frame.translation, head[:3, 3])
    np.testing.assert_allclose(
        frame.rotation.T, [(0, 0, -1), (1, 0, 0), (0, -1, 0)], atol=1e-9)


@pytest.mark.parametrize("head", [None, np.full((4, 4), np.nan)])
def test_who_is_not_seen_has_no_frame(head):
    nobody = People(1, 640, 480, [Person(1, 0.1, np.full((17, 3), np.nan, np.float32), head=head)])
    assert person_frames(nobody, MarkerConfig()) == []
