"""Services of the running nodes: an emotion on demand, a change of personality, refusals."""

from __future__ import annotations

import time

import numpy as np
import pytest

rclpy = pytest.importorskip("rclpy")

from kinesics.srv import Express, SetPersonality
from kinesics_core.affect.emotions import HAPPINESS
from kinesics_core.skeletons import BLENDSHAPE_INDEX
from kinesics_ros.bus import Bus
from kinesics_ros.expression_node import ExpressionNode
from kinesics_ros.response_node import ResponseNode


@pytest.fixture
def serve(executor):
    """Adds a node, brings it up, and gives a function that calls one of its services."""
    nodes = []

    def serve(node, kind, name, up=True):
        caller = rclpy.create_node("caller")
        nodes.extend([node, caller])
        for each in (node, caller):
            executor.add_node(each)
        if up:
            node.trigger_configure()
            node.trigger_activate()
        client = caller.create_client(kind, name)

        def call(**fields):
            end = time.monotonic() + 60
            while not client.service_is_ready() and time.monotonic() < end:
                executor.spin_once(timeout_sec=0.05)
            future = client.call_async(kind.Request(**fields))
            executor.spin_until_future_complete(future, timeout_sec=60)
            return future.result()

        return call

    yield serve
    for node in nodes:
        if getattr(node, "active", False):
            node.trigger_deactivate()
        executor.remove_node(node)
        node.destroy_node()


def until(condition, seconds=60.0) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()


def test_express_shows_an_emotion_ahead_of_the_policy(serve, executor):
    bus, smiles = Bus(), []
    smile = BLENDSHAPE_INDEX["mouthSmileLeft"]
    bus.subscribe("face_pose", lambda face: smiles.append(float(face.blendshapes[smile])))
    call = serve(ExpressionNode(bus), Express, "express")
    assert until(lambda: smiles)
    before = max(smiles)
    answer = call(emotion=HAPPINESS, intensity=1.0, duration=30.0, gesture="wave")
    assert answer.success, answer.message
    assert until(lambda: smiles[-1] > before + 0.3)


@pytest.mark.parametrize(
    "wrong",
    [{"emotion": 99}, {"intensity": 1.5}, {"intensity": float("nan")}, {"duration": 0.0},
     {"duration": 1e6}, {"gesture": "somersault"}],
)
def test_express_refuses_what_is_out_of_range(serve, wrong):
    call = serve(ExpressionNode(Bus()), Express, "express")
    answer = call(**{"emotion": HAPPINESS, "intensity": 0.5, "duration": 1.0, **wrong})
    assert not answer.success and answer.message


def test_a_service_of_a_node_that_is_not_configured_says_so(serve):
    call = serve(ExpressionNode(Bus()), Express, "express", up=False)
    answer = call(emotion=HAPPINESS, intensity=0.5, duration=1.0)
    assert not answer.success and "configure" in answer.message


def test_personality_gives_mehrabians_temperament(serve):
    """P = .21 E + .59 A + .19 S, A = .15 O + .30 A - .57 S, D = .25 O + .17 C + .60 E - .32 A."""
    call = serve(ResponseNode(Bus()), SetPersonality, "set_personality")
    answer = call(openness=0.2, conscientiousness=0.4, extraversion=0.5, agreeableness=-0.5,
                  neuroticism=0.3)
    assert answer.success
    wanted = [
        0.21 * 0.5 + 0.59 * -0.5 + 0.19 * -0.3,
        0.15 * 0.2 + 0.30 * -0.5 - 0.57 * -0.3,
        0.25 * 0.2 + 0.17 * 0.4 + 0.60 * 0.5 - 0.32 * -0.5,
    ]
    np.testing.assert_allclose(
        [answer.valence, answer.arousal, answer.dominance], wanted, atol=1e-6
    )
    refused = call(openness=3.0)
    assert not refused.success and "openness" in refused.message
    # What was set before stays, and is said.
    np.testing.assert_allclose(refused.traits, [0.2, 0.4, 0.5, -0.5, 0.3], atol=1e-6)


def test_personality_is_set_by_a_name_or_a_file(serve, tmp_path):
    call = serve(ResponseNode(Bus()), SetPersonality, "set_personality")
    own = tmp_path / "mine.yaml"
    own.write_text("extraversion: 0.75\n")
    answer = call(name=str(own))
    assert answer.success, answer.message
    np.testing.assert_allclose(answer.traits, [0, 0, 0.75, 0, 0], atol=1e-6)
    np.testing.assert_allclose(answer.dominance, 0.60 * 0.75, atol=1e-6)
    answer = call(name="shy")
    assert answer.success and answer.traits[2] < 0 < answer.traits[4]
    for wrong, word in (({"name": "grumpy"}, "warm"), ({"name": "shy", "openness": 0.5}, "no name"),
                        ({"name": str(tmp_path / "none.yaml")}, "none.yaml")):
        refused = call(**wrong)
        assert not refused.success and word in refused.message, refused.message
        np.testing.assert_allclose(refused.traits, answer.traits)
