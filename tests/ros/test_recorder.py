"""The recorder node: what it hears is in the bag, and a full disk at the last moment is said."""

from __future__ import annotations

import time

import pytest

pytest.importorskip("rclpy")
pytest.importorskip("rosbags")

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.signals import SignalHandlerOptions
from rosbags.highlevel import AnyReader
from std_msgs.msg import String

from kinesics.msg import Person, PersonArray
from kinesics_ros import qos
from kinesics_ros.recorder_node import RecorderNode

SUCCESS, FAILURE = TransitionCallbackReturn.SUCCESS, TransitionCallbackReturn.FAILURE


@pytest.fixture
def executor(monkeypatch):
    monkeypatch.setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    rclpy.init(domain_id=93, signal_handler_options=SignalHandlerOptions.NO)
    executor = SingleThreadedExecutor()
    yield executor
    for node in executor.get_nodes():
        node.destroy_node()
    executor.shutdown()
    rclpy.shutdown()


def make(executor, path, **parameters) -> RecorderNode:
    recorder = RecorderNode(overrides={"bag": str(path), "reserve_mb": 1, **parameters})
    executor.add_node(recorder)
    assert recorder.trigger_configure() == SUCCESS
    return recorder


def spin(executor, until, seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while not until() and time.monotonic() < deadline:
        executor.spin_once(timeout_sec=0.05)
    return until()


def heard(path) -> list[tuple[str, object]]:
    with AnyReader([path]) as reader:
        return [
            (connection.topic, reader.deserialize(raw, connection.msgtype))
            for connection, _, raw in reader.messages()
        ]


def test_topics_are_recorded_as_they_came(executor, tmp_path):
    """One of ours with everything nested in it, one of others that appears late."""
    speaker = rclpy.create_node("speaker")
    executor.add_node(speaker)
    people = speaker.create_publisher(PersonArray, "persons", qos.RESULT)
    recorder = make(executor, tmp_path / "take", topics=["persons", "chatter"])
    assert recorder.trigger_activate() == SUCCESS
    assert spin(executor, lambda: people.get_subscription_count() == 1)
    chatter = speaker.create_publisher(String, "chatter", 10)
    assert spin(executor, lambda: chatter.get_subscription_count() == 1)
    sent = PersonArray(width=640, height=480, persons=[Person(id=7, pose_world=[0.5] * 99)])
    people.publish(sent)
    chatter.publish(String(data="hello"))
    assert spin(executor, lambda: recorder.processed == 2)
    assert recorder.trigger_deactivate() == SUCCESS
    messages = dict(heard(tmp_path / "take"))
    assert messages["/chatter"].data == "hello"
    (person,) = messages["/persons"].persons
    assert (person.id, list(person.pose_world)) == (7, [0.5] * 99)


def test_an_existing_directory_leaves_the_node_inactive(executor, tmp_path):
    recorder = make(executor, tmp_path)
    assert recorder.trigger_activate() == FAILURE
    assert "exists already" in recorder.fault
    assert not recorder.active


def test_a_disk_that_is_full_at_the_end_is_said(executor, tmp_path):
    """The last flush is the one of the deactivation: it must not fail in silence."""
    speaker = rclpy.create_node("speaker")
    executor.add_node(speaker)
    people = speaker.create_publisher(PersonArray, "persons", qos.RESULT)
    recorder = make(executor, tmp_path / "take", reserve_mb=10**6, flush_s=60.0)
    assert recorder.trigger_activate() == SUCCESS
    assert spin(executor, lambda: people.get_subscription_count() == 1)
    people.publish(PersonArray(width=640))
    assert spin(executor, lambda: recorder.processed == 1)
    assert recorder.trigger_deactivate() == SUCCESS
    assert "must stay free" in recorder.fault
    assert [message.width for _, message in heard(tmp_path / "take")] == [640]
