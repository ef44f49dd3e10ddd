"""The response node says what people signal, over the bus and over ROS."""

from __future__ import annotations

import time

import numpy as np
import pytest

rclpy = pytest.importorskip("rclpy")

from signalling_figure import HEIGHT, START, WIDTH, Arm, Pose, person

from kinesics.msg import MotionForecast as MotionForecastMsg
from kinesics.msg import SocialSignals as SocialSignalsMsg
from kinesics_core.bounded import MOST
from kinesics_core.errors import MessageError
from kinesics_core.perception.config import KeypointConfig
from kinesics_core.settings import settings_of
from kinesics_core.types import MotionForecast, People, SocialSignals
from kinesics_ros import qos
from kinesics_ros.bus import Bus
from kinesics_ros.conversions import forecast_to_msg
from kinesics_ros.response_node import ResponseNode
from kinesics_ros.signal_messages import signals_from_msg, signals_to_msg


def raised(seconds: float) -> Pose:
    return Pose(*[Arm(0.1 + 2.8 * min(max(2.0 * (seconds - 1.5), 0.0), 1.0))] * 2)


def test_signals_go_out_with_what_is_seen_and_expected(executor):
    bus, heard, messages = Bus(), [], []
    bus.subscribe("signals", heard.append)
    node = ResponseNode(bus)
    listener = rclpy.create_node("signals_listener")
    listener.create_subscription(SocialSignalsMsg, "signals", messages.append, qos.RESULT)
    executor.add_node(node)
    executor.add_node(listener)
    try:
        node.trigger_configure()
        node.trigger_activate()
        for index in range(85):
            stamp = START + round(index * 1e9 / 30)
            coming = np.array([person(raised((index + 1 + step) / 30)).coco[:, :2]
                               for step in range(30)])
            bus.publish("forecast", [MotionForecast(
                stamp, 7, WIDTH, HEIGHT, coming, 1 / 30, np.ones(30), 0.9)])
            bus.publish("persons", People(
                stamp, WIDTH, HEIGHT, [person(raised(index / 30), 7)], frame_id="camera"))
            until = time.monotonic() + 60.0
            while len(heard) <= index:
                assert time.monotonic() < until, "nothing came"
                executor.spin_once(timeout_sec=0.01)
        until = time.monotonic() + 60.0
        while not any("hands_raised" in message.gestures for message in messages):
            assert time.monotonic() < until, "no message came"
            executor.spin_once(timeout_sec=0.01)
    finally:
        node.trigger_deactivate()
        for each in (node, listener):
            executor.remove_node(each)
            each.destroy_node()
    seen = [[sign.name for sign in signals[0].gestures] for signals in heard]
    expected = [[sign.name for sign in signals[0].expected] for signals in heard]
    assert "hands_raised" in seen[-1]
    first = next(i for i, names in enumerate(seen) if "hands_raised" in names)
    assert any("hands_raised" in names for names in expected[:first])
    assert heard[-1][0].person_id == 7 and heard[-1][0].frame_id == "camera"


@pytest.mark.parametrize(("field", "value"), [
    ("gesture_confidence", []), ("posture", 9), ("engagement", 5), ("expected", ["wave"])])
def test_signals_that_do_not_fit_together_are_refused(field, value):
    message = signals_to_msg(SocialSignals(START, 1))
    message.gestures, message.gesture_confidence = ["wave"], [0.5]
    setattr(message, field, value)
    with pytest.raises(MessageError, match="publisher"):
        signals_from_msg(message)


def test_numbers_that_are_none_are_unknown_and_gestures_we_do_not_know_left_out():
    message = signals_to_msg(SocialSignals(START, 1))
    message.gestures, message.gesture_confidence = ["wave", "curtsey"], [float("nan"), 1.0]
    message.distance, message.gaze, message.approach = float("inf"), 7.0, float("-inf")
    got = signals_from_msg(message)
    assert [(sign.name, sign.confidence) for sign in got.gestures] == [("wave", 0.0)]
    assert np.isnan([got.distance, got.approach]).all() and got.gaze == 1.0


def test_the_forecasts_of_everybody_are_heard_though_they_come_at_once(executor):
    node, speaker = ResponseNode(), rclpy.create_node("speaker")
    forecasts = speaker.create_publisher(MotionForecastMsg, "forecast", qos.PEOPLE)
    executor.add_node(node)
    most = int(settings_of(KeypointConfig, "max_persons")[0].bounds[1])
    try:
        node.trigger_configure()
        node.trigger_activate()
        until = time.monotonic() + 60.0
        while not forecasts.get_subscription_count():
            assert time.monotonic() < until, "nobody listens"
            time.sleep(0.01)
        for number in range(most):
            forecasts.publish(forecast_to_msg(MotionForecast(
                START, number, WIDTH, HEIGHT, np.zeros((30, 17, 2)), 1 / 30, np.ones(30), 0.9)))
        while set(node._forecasts) != set(range(most)):
            assert time.monotonic() < until, f"heard of {len(node._forecasts)} people"
            executor.spin_once(timeout_sec=0.01)
    finally:
        node.trigger_deactivate()
        executor.remove_node(node)
        for each in (node, speaker):
            each.destroy_node()


def test_stamps_that_stand_still_are_told_and_what_is_heard_meanwhile_is_bounded(executor):
    """A camera whose driver sets no stamps: nothing that takes time is seen before it."""
    node = ResponseNode(Bus())
    executor.add_node(node)
    try:
        node.trigger_configure()
        node.trigger_activate()
        for number in range(40):
            node._respond(People(0, WIDTH, HEIGHT, [person(raised(0.0), 7)]))
            assert ("clock" in node.detail) == (number >= 30)
        assert "stamp 0.000 s" in node.detail["clock"]
        node._respond(People(START, WIDTH, HEIGHT, [person(raised(0.0), 7)]))
        assert "clock" not in node.detail
        keypoints = np.zeros((30, 17, 2), np.float32)
        for number in range(1000):  # and no image comes
            node._keep_forecasts([MotionForecast(
                START, number, WIDTH, HEIGHT, keypoints, 1 / 30, np.ones(30), 0.9)])
        assert list(node._forecasts)[-1] == 999 and len(node._forecasts) == MOST
    finally:
        node.trigger_deactivate()
        executor.remove_node(node)
        node.destroy_node()


@pytest.mark.parametrize(("dt", "steps", "kept"), [
    (1 / 30, 30, 30), (1 / 30, 3000, 60), (0.5, 30, 4), (0.1, 2, 2), (1 / 30, 0, None),
    (1e-30, 30, None), (10.0, 30, None), (3599.0, 3000, None)])
def test_of_what_others_forecast_the_next_two_seconds_are_read(executor, dt, steps, kept):
    """An hour of it would take the memory of the machine, and a moment of it silence the rest."""
    node = ResponseNode(Bus())
    executor.add_node(node)
    node._keep_forecasts([MotionForecast(
        START, 7, WIDTH, HEIGHT, np.zeros((steps, 17, 2), np.float32), dt, np.ones(steps), 0.9)])
    if kept is None:
        assert not node._forecasts
    else:
        assert node._forecasts[7].keypoints.shape == (kept, 17, 2)
        assert node._forecasts[7].spread.shape == (kept,)
    executor.remove_node(node)
    node.destroy_node()
