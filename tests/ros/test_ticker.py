"""The steady clock of the poses: its moments lie on a grid, and none is made up for in a burst."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

pytest.importorskip("rclpy")

from kinesics_core.affect.emotions import HAPPINESS
from kinesics_core.types import AffectiveResponse
from kinesics_ros.bus import Bus
from kinesics_ros.expression_node import ExpressionNode
from kinesics_ros.ticker import Ticker, following


@pytest.mark.parametrize(
    ("number", "now", "next_number", "left_out"),
    [
        (0, 0.2, 1, 0),  # in time: the next moment is ahead
        (0, 1.3, 1, 0),  # a little behind: it is served late, not left out
        (0, 2.3, 2, 1),  # a whole one was missed
        (7, 20.9, 20, 12),
        (7, 7.0, 8, 0),
    ])
def test_a_moment_that_is_missed_is_left_out(number, now, next_number, left_out):
    assert following(number, now) == (next_number, left_out)


def ticks(rate: float, count: int, call=lambda number: None) -> tuple[list[float], Ticker]:
    """The moments of the first ``count`` calls; ``call`` is told the number of each."""
    moments: list[float] = []
    enough = threading.Event()

    def called(due: float) -> None:
        moments.append(due)
        call(len(moments))
        if len(moments) >= count:
            enough.set()

    ticker = Ticker(rate, called, "test")
    ticker.start()
    assert enough.wait(60)
    ticker.stop()
    return moments, ticker


def test_moments_lie_on_the_grid_however_long_the_calls_take():
    def sometimes_slow(number: int) -> None:
        if number % 10 == 5:
            time.sleep(0.02)  # ten periods

    moments, ticker = ticks(500.0, 60, sometimes_slow)
    places = (np.array(moments) - moments[0]) * 500.0
    np.testing.assert_allclose(places, np.round(places), atol=1e-6)
    steps = np.diff(np.round(places))
    assert steps.min() >= 1, "no moment twice, none after a later one"
    assert ticker.skipped >= 5 * 8, "what passed during the slow calls was left out"
    assert ticker.skipped >= np.sum(steps - 1)


def test_no_call_comes_after_stop_and_none_before_its_time():
    moments, ticker = ticks(200.0, 20)
    count = len(moments)
    assert count >= 20 and min(ticker.late_ms) >= 0.0
    time.sleep(0.05)
    assert len(moments) == count


def test_without_permission_for_real_time_it_runs_all_the_same(monkeypatch):
    def forbidden(*arguments):
        raise PermissionError("Operation not permitted")

    monkeypatch.setattr("os.sched_setscheduler", forbidden)
    monkeypatch.setattr("os.setpriority", forbidden)
    ticked = threading.Event()
    ticker = Ticker(200.0, lambda due: ticked.set(), "test", priority=20)
    ticker.start()
    assert ticked.wait(60)
    ticker.stop()
    assert ticker.schedule == "ordinary"


def test_answers_between_two_poses_make_no_pose_of_their_own(executor):
    """The times of the poses stay on the grid of ``rate``, whatever is answered meanwhile."""
    bus, faces = Bus(), []
    bus.subscribe("face_pose", faces.append)
    node = ExpressionNode(bus)
    executor.add_node(node)
    node.trigger_configure()
    node.trigger_activate()
    end = time.monotonic() + 60
    answers = 0
    while len(faces) < 60 and time.monotonic() < end:
        answers += 1
        bus.publish("response", AffectiveResponse(
            answers, "mirror", HAPPINESS, 0.8, 0.1, 0.1, 0.1, 0, np.zeros(2), "", 1.0, ""))
        time.sleep(0.002)
    node.trigger_deactivate()
    executor.remove_node(node)
    node.destroy_node()
    assert len(faces) >= 60 and answers > 100
    gaps = np.diff([face.pose_stamp for face in faces]) * 60e-9
    assert gaps.min() > 0.0
    assert np.median(np.abs(gaps - np.round(gaps))) < 0.01, "periods of 1/60 s"
    shown = [face.stamp for face in faces if face.stamp < 10**9]
    assert shown == sorted(shown) and len(shown) > 40, "the newest answer is shown each time"


def test_where_a_file_is_read_as_fast_as_it_goes_each_answer_has_a_pose(executor):
    bus, faces = Bus(), []
    bus.lossless = True
    bus.subscribe("face_pose", faces.append)
    node = ExpressionNode(bus, overrides={"rate": 1.0})
    executor.add_node(node)
    node.trigger_configure()
    node.trigger_activate()
    for stamp in range(1, 41):
        bus.publish("response", AffectiveResponse(
            stamp, "mirror", HAPPINESS, 0.8, 0.1, 0.1, 0.1, 0, np.zeros(2), "", 1.0, ""))
    end = time.monotonic() + 60
    while not node.idle and time.monotonic() < end:
        time.sleep(0.005)
    node.trigger_deactivate()
    executor.remove_node(node)
    node.destroy_node()
    shown = [face.stamp for face in faces if face.stamp < 10**9]
    assert sorted(set(shown)) == list(range(1, 41))


def test_where_each_answer_has_a_pose_the_steady_ones_wait_until_no_more_come(executor):
    bus = Bus()
    bus.lossless = True
    own: list[float] = []  # moments of the answers' poses
    steady: list[float] = []
    node = ExpressionNode(bus, overrides={"rate": 100.0})
    node._emit = lambda due=None: (own if due is None else steady).append(time.monotonic())
    executor.add_node(node)
    node.trigger_configure()
    node.trigger_activate()
    end = time.monotonic() + 60
    while len(own) < 60 and time.monotonic() < end:
        bus.publish("response", AffectiveResponse(
            1, "mirror", HAPPINESS, 0.8, 0.1, 0.1, 0.1, 0, np.zeros(2), "", 1.0, ""))
        time.sleep(0.005)
    while steady[-1:] <= own[-1:] and time.monotonic() < end:
        time.sleep(0.01)
    node.trigger_deactivate()
    executor.remove_node(node)
    node.destroy_node()
    assert len(own) >= 60
    # One may be on its way while the first answer comes.
    waited = [moment - max(before) for moment in steady
              if (before := [answer for answer in own[1:] if answer <= moment])]
    assert waited and min(waited) > 0.4, "seconds without an answer"
