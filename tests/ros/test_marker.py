"""What rviz is told: skeletons where the keypoints are, ghosts, deletions of ended tracks."""

from __future__ import annotations

import numpy as np
import pytest

rclpy = pytest.importorskip("rclpy")
from rclpy.signals import SignalHandlerOptions
from visualization_msgs.msg import Marker

from kinesics_core.types import Affect, MotionForecast, People, Person
from kinesics_ros.bus import Bus
from kinesics_ros.marker_node import MarkerNode


@pytest.fixture
def node():
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    node = MarkerNode(Bus(), overrides={"distance": 2.0, "horizontal_fov": 90.0})
    yield node
    node.destroy_node()
    rclpy.try_shutdown()


def people(*ids: int, unseen: int | None = None) -> People:
    coco = np.ones((17, 3), np.float32)
    coco[:, 0] = np.linspace(100, 500, 17)
    coco[:, 1] = 240
    if unseen is not None:
        coco[unseen] = np.nan
    return People(5, 640, 480, [Person(i, 1.0, coco.copy()) for i in ids])


def by_kind(array, person: int) -> dict[str, Marker]:
    return {m.ns: m for m in array.markers if m.id == person}


def test_pixels_land_on_the_image_plane(node):
    """At 90 degrees the image's edge is as far aside as the plane is away."""
    seen = people(1)
    seen.persons[0].coco[0, :2] = [0, 240]
    seen.persons[0].coco[16, :2] = [640, 480]
    joints = by_kind(node.markers(seen), 1)["joints"].points
    assert (joints[0].x, joints[0].y, joints[0].z) == pytest.approx((-2.0, 0.0, 2.0))
    assert (joints[16].x, joints[16].y) == pytest.approx((2.0, 1.5))


def test_unseen_keypoints_are_not_drawn(node):
    full = by_kind(node.markers(people(1)), 1)
    partial = by_kind(node.markers(people(1, unseen=5)), 1)
    assert len(full["joints"].points) == 17 and len(partial["joints"].points) == 16
    # The left shoulder ends three COCO edges of two points each.
    assert len(full["skeleton"].points) - len(partial["skeleton"].points) == 6


def test_ghost_is_the_last_step_of_the_forecast(node):
    steps = np.zeros((30, 17, 2), np.float32)
    steps[-1] = [320, 240]
    node._keep_forecasts([MotionForecast(5, 1, 640, 480, steps, 1 / 30, np.ones(30), 1.0)])
    ghost = by_kind(node.markers(people(1)), 1)["ghost"]
    assert {(round(p.x, 6), round(p.y, 6)) for p in ghost.points} == {(0.0, 0.0)}


def test_label_names_person_and_emotion(node):
    anger = np.eye(8, dtype=np.float32)[1]
    node._keep_affects([Affect(5, 2, anger, 0, 0, 0, 1, "fused")])
    assert by_kind(node.markers(people(2)), 2)["label"].text == "person 2\nanger 100%"


def test_markers_of_an_ended_track_are_deleted_once(node):
    node.markers(people(1, 2))
    after = by_kind(node.markers(people(2)), 1)
    assert set(after) == {"skeleton", "joints", "ghost", "label"}
    assert {marker.action for marker in after.values()} == {Marker.DELETE}
    assert by_kind(node.markers(people(2)), 1) == {}


def test_a_person_of_nan_draws_nothing_and_does_not_crash(node):
    nobody = People(5, 640, 480, [Person(1, 0.1, np.full((17, 3), np.nan, np.float32))])
    markers = by_kind(node.markers(nobody), 1)
    assert markers["skeleton"].action == Marker.DELETE and not markers["joints"].points
