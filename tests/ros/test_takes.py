"""The action ``record_take``: a take is a bag with its labels, and every goal has a sentence."""

from __future__ import annotations

import time

import pytest

pytest.importorskip("rclpy")
pytest.importorskip("rosbags")

import rclpy
import yaml
from action_msgs.msg import GoalStatus
from rclpy.action import ActionClient
from rclpy.executors import SingleThreadedExecutor
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.qos import DurabilityPolicy, QoSProfile
from rclpy.signals import SignalHandlerOptions
from rosbags.highlevel import AnyReader
from std_msgs.msg import String

from kinesics.action import RecordTake
from kinesics_core.recording import bag_reader
from kinesics_ros.recorder_node import RecorderNode

Result = RecordTake.Result


class Studio:
    """A recorder of takes, somebody who speaks on ``chatter``, and somebody who asks for takes."""

    def __init__(self, folder, **parameters):
        self.folder = folder
        self.executor = SingleThreadedExecutor()
        self.recorder = RecorderNode(overrides={
            "takes": str(folder), "reserve_mb": 1, "topics": ["chatter", "fixed"], **parameters})
        self.other = rclpy.create_node("other")
        self.chatter = self.other.create_publisher(String, "chatter", 10)
        fixed = self.other.create_publisher(
            String, "fixed", QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL))
        fixed.publish(String(data="where the camera stands"))
        self.client = ActionClient(self.other, RecordTake, "record_take")
        for node in (self.recorder, self.other):
            self.executor.add_node(node)
        self.feedback = []

    def spin(self, until, seconds=60.0):
        deadline = time.monotonic() + seconds
        while not until() and time.monotonic() < deadline:
            self.executor.spin_once(timeout_sec=0.02)
        assert until()

    def activate(self):
        success = TransitionCallbackReturn.SUCCESS
        assert self.recorder.trigger_configure() == success
        assert self.recorder.trigger_activate() == success
        self.spin(lambda: self.chatter.get_subscription_count() == 1)
        self.spin(self.client.server_is_ready)

    def ask(self, **goal):
        """The handle of an accepted goal."""
        sent = self.client.send_goal_async(
            RecordTake.Goal(**goal), feedback_callback=lambda m: self.feedback.append(m.feedback))
        self.spin(sent.done)
        return sent.result()

    def recording(self):
        self.feedback.clear()
        self.spin(lambda: any(told.phase == "recording" for told in self.feedback))

    def say(self, word):
        before = self.recorder.processed
        self.chatter.publish(String(data=word))
        self.spin(lambda: self.recorder.processed > before)

    def outcome(self, handle):
        ended = handle.get_result_async()
        self.spin(ended.done)
        return ended.result().status, ended.result().result


@pytest.fixture
def studio(tmp_path):
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    studio = Studio(tmp_path / "takes")
    yield studio
    studio.recorder.trigger_shutdown()
    studio.executor.shutdown()
    for node in (studio.recorder, studio.other):
        node.destroy_node()
    rclpy.shutdown()


def words(bag):
    with AnyReader([bag]) as reader:
        return sorted(reader.deserialize(raw, connection.msgtype).data
                      for connection, _, raw in reader.messages())


def test_a_take_is_a_bag_with_its_labels_and_what_was_latched_before(studio):
    studio.activate()
    for number, word in ((1, "first"), (2, "second")):
        handle = studio.ask(participant="P01", emotion="anger", countdown=0.2)
        studio.say("before")
        studio.recording()
        studio.spin(lambda: studio.recorder.heard == 1)  # the latched message
        studio.say(word)
        handle.cancel_goal_async()
        status, result = studio.outcome(handle)
        bag = studio.folder / "P01" / f"P01_anger_00{number}"
        assert status == GoalStatus.STATUS_CANCELED  # as ROS calls it; the take itself is whole
        assert (result.error_code, result.bag, result.messages) == (Result.NONE, str(bag), 2)
        assert words(bag) == [word, "where the camera stands"]
        (found,) = bag_reader.find(bag)
        assert bag_reader.read(found).custom_data == {
            "participant": "P01", "emotion": "anger", "take": str(number)}
    assert {told.phase for told in studio.feedback} >= {"recording", "closing"}


def test_a_take_ends_by_itself_and_the_next_is_recorded(studio):
    studio.activate()
    handle = studio.ask(participant="P01", emotion="joy", take=4, duration=0.3)
    studio.spin(lambda: studio.recorder.heard == 1)
    status, result = studio.outcome(handle)
    assert (status, result.error_code) == (GoalStatus.STATUS_SUCCEEDED, Result.NONE)
    assert result.bag.endswith("P01_joy_004")
    metadata = yaml.safe_load((studio.folder / "P01/P01_joy_004/metadata.yaml").read_text())
    assert metadata["rosbag2_bagfile_information"]["message_count"] == result.messages == 1


def test_a_goal_that_cannot_be_recorded_is_answered(studio):
    _, inactive = studio.outcome(studio.ask(participant="P01", emotion="joy", duration=1.0))
    assert inactive.error_code == Result.INVALID_GOAL and "not active" in inactive.message
    studio.activate()
    running = studio.ask(participant="P01", emotion="joy", countdown=60.0)
    _, result = studio.outcome(studio.ask(participant="P01", emotion="joy"))
    assert result.error_code == Result.INVALID_GOAL and "is being recorded" in result.message
    running.cancel_goal_async()
    _, result = studio.outcome(running)
    assert (result.error_code, result.bag) == (Result.CANCELED, "")
    for goal, word in (
        ({"participant": "../P"}, "participant"),
        ({"duration": float("nan")}, "duration of nan"),
        ({"countdown": -1.0}, "countdown of -1"),
    ):
        status, result = studio.outcome(
            studio.ask(**{"participant": "P01", "emotion": "joy", **goal}))
        assert status == GoalStatus.STATUS_ABORTED
        assert result.error_code == Result.INVALID_GOAL and word in result.message
    assert not any(studio.folder.rglob("*.mcap"))


def test_deactivating_keeps_the_take_that_is_under_way(studio):
    studio.activate()
    handle = studio.ask(participant="P01", emotion="fear")
    studio.spin(lambda: studio.recorder.heard == 1)
    assert studio.recorder.trigger_deactivate() == TransitionCallbackReturn.SUCCESS
    _, result = studio.outcome(handle)
    assert result.error_code == Result.CANCELED and "deactivated" in result.message
    assert words(studio.folder / "P01/P01_fear_001") == ["where the camera stands"]


def test_a_take_in_which_nothing_was_heard_leaves_its_number_free(tmp_path):
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    studio = Studio(tmp_path / "takes", topics=["silence"])
    try:
        success = TransitionCallbackReturn.SUCCESS
        assert studio.recorder.trigger_configure() == success
        assert studio.recorder.trigger_activate() == success
        studio.spin(studio.client.server_is_ready)
        status, result = studio.outcome(studio.ask(participant="P01", emotion="joy", duration=0.2))
        assert (status, result.error_code) == (GoalStatus.STATUS_ABORTED, Result.NO_DATA)
        assert not list((studio.folder / "P01").iterdir())
    finally:
        studio.recorder.trigger_shutdown()
        studio.executor.shutdown()
        for node in (studio.recorder, studio.other):
            node.destroy_node()
        rclpy.shutdown()
