"""tf frames as tf2 hears them; where tf2_msgs is missing, nothing breaks and it is said."""

from __future__ import annotations

import time

import numpy as np
import pytest

rclpy = pytest.importorskip("rclpy")
from kinesics_core.types import People, Person
from kinesics_ros import marker_node, transforms
from kinesics_ros.bus import Bus

FRAME = "driver_optical_frame"


def somebody(stamp: int) -> People:
    coco = np.full((17, 3), (320, 240, 1), np.float32)
    return People(stamp, 640, 480, [Person(4, 1.0, coco)], frame_id=FRAME)


@pytest.fixture
def node(executor):
    node = marker_node.MarkerNode(Bus(), overrides={"camera_height": 1.5})
    executor.add_node(node)
    node.trigger_configure()
    yield node
    node.destroy_node()


def test_without_tf2_msgs_markers_go_on(executor, monkeypatch):
    monkeypatch.setattr(transforms, "TFMessage", None)
    node = marker_node.MarkerNode(Bus())
    node.trigger_configure()
    node._draw(somebody(10**9))
    assert "tf2_msgs is not installed" in node.detail["tf"]
    node.destroy_node()


@pytest.fixture
def tf2():
    return pytest.importorskip("tf2_msgs.msg")


class Listener:
    """Hears /tf and /tf_static and keeps the newest parent and transform of each frame."""

    def __init__(self, executor, tf2) -> None:
        self.node, self.frames = rclpy.create_node("listener"), {}
        executor.add_node(self.node)
        for topic, profile in (("/tf", 10), ("/tf_static", transforms._STATIC)):
            self.node.create_subscription(tf2.TFMessage, topic, self.hear, profile)

    def hear(self, message) -> None:
        for transform in message.transforms:
            self.frames[transform.child_frame_id] = transform


def draw_until(executor, node, condition, seconds=60.0) -> bool:
    until = time.monotonic() + seconds
    while not condition() and time.monotonic() < until:
        node._draw(somebody(time.time_ns()))
        executor.spin_once(timeout_sec=0.05)
    return condition()


def test_camera_person_and_view_have_frames(executor, node, tf2, monkeypatch):
    monkeypatch.setattr(marker_node, "_PATIENCE", 0.2)
    listener = Listener(executor, tf2)
    frames = listener.frames
    assert draw_until(executor, node, lambda: {FRAME, "person_4", "kinesics_view"} <= set(frames))
    parents = {child: transform.header.frame_id for child, transform in frames.items()}
    assert parents == {FRAME: "base_link", "person_4": FRAME, "kinesics_view": FRAME}
    assert frames[FRAME].transform.translation.z == 1.5
    listener.node.destroy_node()


def test_a_camera_that_a_urdf_places_is_not_placed_again(executor, node, tf2, monkeypatch):
    monkeypatch.setattr(marker_node, "_PATIENCE", 0.5)
    urdf = rclpy.create_node("robot_state_publisher")
    executor.add_node(urdf)
    publisher = urdf.create_publisher(tf2.TFMessage, "/tf_static", transforms._STATIC)
    from geometry_msgs.msg import TransformStamped

    placed = TransformStamped(child_frame_id=FRAME)
    placed.header.frame_id = "head"
    publisher.publish(tf2.TFMessage(transforms=[placed]))
    assert draw_until(
        executor, node, lambda: node._frames.parent_by_others(FRAME) == "head")
    assert draw_until(executor, node, lambda: "camera_parent" in node.detail)
    assert node.detail["camera_parent"] == "head" and set(node._frames._static) == {"kinesics_view"}
    urdf.destroy_node()
