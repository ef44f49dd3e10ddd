"""The recorder node: what it hears is in the bag, and a full disk at the last moment is said."""

from __future__ import annotations

import time

import pytest

pytest.importorskip("rclpy")
pytest.importorskip("rosbags")

import rclpy
import yaml
from rclpy.executors import SingleThreadedExecutor
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy
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


def spin(executor, until, seconds: float = 60.0) -> bool:
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


LATCHED = QoSProfile(history=HistoryPolicy.KEEP_LAST, depth=1,
                     durability=DurabilityPolicy.TRANSIENT_LOCAL)
SENSOR = QoSProfile(history=HistoryPolicy.KEEP_LAST, depth=5,
                    reliability=ReliabilityPolicy.BEST_EFFORT)


def profiles(path) -> dict[str, list[tuple[str, str]]]:
    """Reliability and durability of every publisher by topic, as rosbag2 reads them."""
    told = yaml.safe_load((path / "metadata.yaml").read_text())["rosbag2_bagfile_information"]
    return {topic["topic_metadata"]["name"]: [
        (profile["reliability"], profile["durability"])
        for profile in topic["topic_metadata"]["offered_qos_profiles"]]
        for topic in told["topics_with_message_count"]}


def test_what_was_latched_before_is_in_the_bag(executor, tmp_path):
    """A robot's description is sent once, long before anybody records."""
    speaker = rclpy.create_node("speaker")
    executor.add_node(speaker)
    description = speaker.create_publisher(String, "robot_description", LATCHED)
    description.publish(String(data="<robot/>"))
    recorder = make(executor, tmp_path / "take", topics=["robot_description"])
    assert recorder.trigger_activate() == SUCCESS
    assert spin(executor, lambda: recorder.processed == 1)
    spin(executor, lambda: False, 1.2)  # the subscription is not made again and again
    assert recorder.trigger_deactivate() == SUCCESS
    assert [message.data for _, message in heard(tmp_path / "take")] == ["<robot/>"]
    assert profiles(tmp_path / "take") == {
        "/robot_description": [("reliable", "transient_local")]}


def test_best_effort_publishers_are_heard_on_any_topic(executor, tmp_path):
    """One of our own topics, published by somebody else as sensors do, and a foreign one."""
    speaker = rclpy.create_node("speaker")
    executor.add_node(speaker)
    recorder = make(executor, tmp_path / "take", topics=["persons", "scan"])
    assert recorder.trigger_activate() == SUCCESS
    people = speaker.create_publisher(PersonArray, "persons", SENSOR)
    scan = speaker.create_publisher(String, "scan", SENSOR)

    def both() -> bool:
        people.publish(PersonArray(width=640))
        scan.publish(String(data="x"))
        time.sleep(0.02)
        return recorder.processed >= 20

    assert spin(executor, both)
    assert recorder.trigger_deactivate() == SUCCESS
    assert {topic for topic, _ in heard(tmp_path / "take")} == {"/persons", "/scan"}
    assert profiles(tmp_path / "take") == {
        "/persons": [("best_effort", "volatile")], "/scan": [("best_effort", "volatile")]}


def test_a_recorder_that_comes_back_records_beside_its_bag(executor, tmp_path):
    speaker = rclpy.create_node("speaker")
    executor.add_node(speaker)
    people = speaker.create_publisher(PersonArray, "persons", qos.RESULT)
    for width, folder in ((1, "take"), (2, "take_1"), (3, "take_2")):
        recorder = make(executor, tmp_path / "take", topics=["persons"])
        assert recorder.trigger_activate() == SUCCESS
        assert recorder.path == tmp_path / folder
        assert spin(executor, lambda: people.get_subscription_count() == 1)
        people.publish(PersonArray(width=width))
        assert spin(executor, lambda recorder=recorder: recorder.processed == 1)
        assert recorder.trigger_deactivate() == SUCCESS
        executor.remove_node(recorder)
        recorder.destroy_node()
        assert spin(executor, lambda: people.get_subscription_count() == 0)
    for width, folder in ((1, "take"), (2, "take_1"), (3, "take_2")):
        assert [message.width for _, message in heard(tmp_path / folder)] == [width]
