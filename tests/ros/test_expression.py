"""The stream of poses: nothing that it is asked to show ends it, and every pose has a frame."""

from __future__ import annotations

import math
import time
from dataclasses import replace

import numpy as np
import pytest

rclpy = pytest.importorskip("rclpy")

from kinesics_core.affect.emotions import ANGER, HAPPINESS
from kinesics_core.types import AffectiveResponse
from kinesics_ros.bus import Bus
from kinesics_ros.conversions import body_to_msg, face_to_msg
from kinesics_ros.expression_node import ExpressionNode

GOOD = AffectiveResponse(
    stamp=1, policy="mirror", emotion=HAPPINESS, intensity=1.0, valence=0.5, arousal=0.2,
    dominance=0.1, towards=1, bearing=np.array([0.2, 0.1], np.float32), gesture="", duration=1e6,
    reason="")


def until(condition, seconds=60.0) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()


@pytest.fixture
def stream(executor):
    """An active node on a bus, and the faces it has shown."""
    bus, faces, bodies = Bus(), [], []
    bus.subscribe("face_pose", faces.append)
    bus.subscribe("body_pose", bodies.append)
    node = ExpressionNode(bus, overrides={"frame_id": "torso"})
    executor.add_node(node)
    node.trigger_configure()
    node.trigger_activate()
    yield bus, node, faces, bodies
    node.trigger_deactivate()
    executor.remove_node(node)
    node.destroy_node()


def flows(faces) -> bool:
    before = len(faces)
    return until(lambda: len(faces) > before + 5)


@pytest.mark.parametrize(
    "wrong",
    [{"emotion": 8}, {"emotion": 255}, {"emotion": -1}, {"duration": math.nan},
     {"duration": math.inf}, {"gesture": "somersault"}, {"bearing": np.zeros(3)}])
def test_a_response_that_is_none_is_counted_and_the_stream_goes_on(stream, wrong):
    bus, node, faces, _ = stream
    bus.publish("response", replace(GOOD, **wrong))
    assert until(lambda: node.refused == 1), node.detail
    assert "Got" in node.detail["last_refused"]
    assert flows(faces) and node.active
    bus.publish("response", replace(GOOD, stamp=77))
    assert until(lambda: faces[-1].stamp == 77), "the next response is shown"


@pytest.mark.parametrize("name", ["valence", "arousal", "dominance", "intensity", "duration"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -1e30, -1.5])
def test_numbers_out_of_range_are_refused_and_never_reach_the_motors(stream, name, value):
    bus, node, faces, bodies = stream
    bus.publish("response", replace(GOOD, stamp=5, emotion=ANGER, **{name: value}))
    assert until(lambda: node.refused == 1) and flows(faces)
    assert name in node.detail["last_refused"]
    for face in faces:
        assert face.stamp != 5
        assert np.isfinite(face.blendshapes).all()
        assert face.blendshapes.min() >= 0 and face.blendshapes.max() <= 1
        assert np.isfinite(face.head).all() and np.isfinite(face.gaze).all()
    assert all(np.isfinite(body.body_pose).all() for body in bodies)


def test_a_bearing_of_nan_is_nobody_known_and_no_fault(stream):
    bus, node, faces, _ = stream
    bus.publish("response", replace(GOOD, stamp=6, bearing=np.full(2, np.nan, np.float32)))
    assert until(lambda: faces[-1].stamp == 6) and flows(faces)
    assert node.refused == 0 and all(np.isfinite(face.gaze).all() for face in faces)


def test_a_pose_that_cannot_be_made_is_counted_and_the_stream_goes_on(stream, monkeypatch):
    _, node, faces, _ = stream
    step, left = node._animator.step, [3]

    def breaks(now):
        if left[0]:
            left[0] -= 1
            raise ZeroDivisionError("unexpected")
        return step(now)

    monkeypatch.setattr(node._animator, "step", breaks)
    assert until(lambda: not left[0]) and flows(faces)
    assert node.errors == 3 and "ZeroDivisionError" in node.detail["last_error"]
    assert node.active and node.fault is None


def test_poses_are_in_the_robots_frame(stream):
    _, _, faces, bodies = stream
    assert until(lambda: faces and bodies)
    assert face_to_msg(faces[0]).header.frame_id == "torso"
    assert body_to_msg(bodies[0]).header.frame_id == "torso"
