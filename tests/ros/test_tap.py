"""What belongs to one image comes out together, in order, and late parts are waited for."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("rclpy")
from kinesics_core.types import Affect, BodyPose, Frame, MotionForecast, People, SocialSignals
from kinesics_ros.bus import Bus
from kinesics_ros.tap import Tap

IMAGE = np.zeros((4, 4, 3), np.uint8)


def body(stamp: int) -> BodyPose:
    zeros = np.zeros(3)
    return BodyPose(stamp, stamp + 1, zeros, zeros, zeros, zeros, zeros, zeros, zeros)


def affect(stamp: int) -> Affect:
    return Affect(stamp, 1, np.eye(8)[0], 0.0, 0.0, 0.0, 1.0)


def forecast(stamp: int) -> MotionForecast:
    return MotionForecast(stamp, 1, 4, 4, np.zeros((1, 17, 2)), 0.03, np.zeros(1), 1.0)


@pytest.fixture
def tapped():
    bus, moments = Bus(), []
    Tap(bus, moments.append)
    return bus, moments


def answer(bus: Bus, stamp: int) -> None:
    bus.publish("persons", People(stamp, 4, 4))
    bus.publish("body_pose", body(stamp))


def test_parts_of_an_image_come_together_though_the_side_branches_are_late(tapped):
    bus, moments = tapped
    bus.publish("image_raw", Frame(IMAGE, 1))
    answer(bus, 1)
    bus.publish("forecast", [forecast(1)])
    bus.publish("affect", [affect(1)])
    bus.publish("signals", [SocialSignals(1, 1)])
    assert moments == [], "the next image has not been answered yet"
    bus.publish("image_raw", Frame(IMAGE, 2))
    answer(bus, 2)
    (moment,) = moments
    assert moment.frame.stamp == moment.people.stamp == moment.body.stamp == 1
    assert moment.forecasts[0].stamp == moment.affects[0].stamp == moment.signals[0].stamp == 1


def test_images_that_nobody_looked_at_are_left_out(tapped):
    bus, moments = tapped
    for stamp in range(1, 6):
        bus.publish("image_raw", Frame(IMAGE, stamp))
    for stamp in (1, 4, 5):
        answer(bus, stamp)
    assert [moment.frame.stamp for moment in moments] == [1, 4]


def test_poses_between_images_change_nothing(tapped):
    bus, moments = tapped
    for stamp in (10, 20, 30):
        bus.publish("image_raw", Frame(IMAGE, stamp))
        answer(bus, stamp)
        bus.publish("body_pose", body(stamp))
        bus.publish("body_pose", body(stamp + 5))
    assert [moment.frame.stamp for moment in moments] == [10, 20]


def test_memory_is_bounded_when_nothing_is_ever_answered(tapped):
    bus, _ = tapped
    tap = Tap(bus, lambda moment: None)
    for stamp in range(1000):
        bus.publish("image_raw", Frame(IMAGE, stamp))
    assert len(tap._open) <= 12
