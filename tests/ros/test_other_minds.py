"""Others in the robot's place: ours steps back and returns, in both wirings; a class that fails."""

from __future__ import annotations

import itertools
import time

import numpy as np
import pytest

rclpy = pytest.importorskip("rclpy")

from kinesics.msg import AffectiveResponse
from kinesics_core.affect.emotions import FEAR, NEUTRAL, SADNESS, SURPRISE
from kinesics_core.types import People, Person
from kinesics_ros import qos
from kinesics_ros.bus import Bus
from kinesics_ros.expression_node import ExpressionNode
from kinesics_ros.response_node import ResponseNode

FOREVER = 40.0


class Wirings:
    """Our two nodes on a bus or apart, another node, and what happens to them."""

    def __init__(self, executor, composed, **overrides):
        self.bus = Bus() if composed else None
        self.executor = executor
        self.response = ResponseNode(self.bus, overrides=overrides)
        self.expression = ExpressionNode(self.bus)
        self.other = rclpy.create_node("tree")
        self.ours: list = []
        self.heard: list = []
        self.nodes = [self.response, self.expression, self.other]
        if composed:
            self.bus.subscribe("response", self.ours.append)
        for node in self.nodes:
            executor.add_node(node)
        for node in self.nodes[1::-1]:
            node.trigger_configure()
            node.trigger_activate()
        respond = self.expression._animator.respond
        self.expression._animator.respond = lambda one: (self.heard.append(one), respond(one))
        self.frames = 0

    def frame(self):
        """Let our policy answer one image."""
        self.frames += 1
        coco = np.full((17, 3), 0.9, np.float32)
        coco[:, :2] = 100.0 + np.arange(34).reshape(17, 2)
        self.response._respond(People(self.frames * 33_000_000, 640, 480, [Person(1, 0.9, coco)]))

    def until(self, condition, each=lambda: None):
        end = time.monotonic() + FOREVER
        while not condition() and time.monotonic() < end:
            each()
            self.executor.spin_once(timeout_sec=0.02)
        return condition()

    def close(self):
        for node in self.nodes:
            if getattr(node, "active", False):
                node.trigger_deactivate()
            self.executor.remove_node(node)
            node.destroy_node()


@pytest.fixture
def wired(executor):
    made = []

    def wire(*arguments, **overrides):
        made.append(Wirings(executor, *arguments, **overrides))
        return made[-1]

    yield wire
    for one in made:
        one.close()


def message(policy="tree", emotion=SADNESS, gesture="", duration=0.3):
    return AffectiveResponse(policy=policy, emotion=emotion, intensity=0.5, gesture=gesture,
                             duration=duration, reason=f"{policy} says so", bearing=[0.0, 0.0])


@pytest.mark.parametrize("composed", [True, False])
def test_ours_steps_back_while_another_answers_and_returns_after_a_silence(wired, composed):
    graph = wired(composed)
    assert graph.until(lambda: any(one.policy != "tree" for one in graph.heard), graph.frame)
    publisher = graph.other.create_publisher(AffectiveResponse, "response", qos.RESULT)

    def both():
        graph.frame()
        publisher.publish(message())

    assert graph.until(lambda: graph.response._others.speaking, both)
    assert graph.until(lambda: any(one.policy == "tree" for one in graph.heard), both)
    for _ in range(20):  # ours that was on its way arrives
        both()
        graph.executor.spin_once(timeout_sec=0.02)
    graph.heard.clear()
    assert graph.until(lambda: len(graph.heard) > 3, both)
    assert {one.policy for one in graph.heard} == {"tree"}
    assert graph.until(lambda: graph.response.detail["answers"] == "others", both)
    graph.heard.clear()  # it falls silent, and ours returns
    assert graph.until(lambda: any(one.policy != "tree" for one in graph.heard), graph.frame)
    assert graph.until(lambda: graph.response.detail["answers"] == "own", graph.frame)


@pytest.mark.slow
@pytest.mark.parametrize("composed", [True, False])
def test_nobody_takes_our_own_answers_for_those_of_another(wired, composed):
    graph = wired(composed)
    silent = graph.other.create_publisher(AffectiveResponse, "response", qos.RESULT)
    assert graph.until(lambda: graph.response._others._listening, graph.frame)
    graph.heard.clear()
    assert graph.until(lambda: len(graph.heard) > 20, graph.frame)
    assert graph.response._others.heard == 0 and not graph.response._others.speaking
    graph.other.destroy_publisher(silent)
    assert graph.until(lambda: not graph.response._others._listening, graph.frame)


@pytest.mark.slow
@pytest.mark.parametrize("composed", [True, False])
def test_of_two_others_one_is_shown_and_the_other_is_named(wired, composed):
    graph = wired(composed)
    one, two = (graph.other.create_publisher(AffectiveResponse, "response", qos.RESULT)
                for _ in range(2))

    turn = itertools.cycle([(one, "tree", SADNESS), (two, "model", SURPRISE)])

    def both():
        publisher, policy, emotion = next(turn)
        publisher.publish(message(policy, emotion, duration=2.0))

    assert graph.until(lambda: "answers" in graph.expression.detail, both)
    graph.heard.clear()
    assert graph.until(lambda: len(graph.heard) > 10, both)
    assert len({one.policy for one in graph.heard}) == 1
    shown = graph.heard[0].policy
    assert shown in graph.expression.detail["answers"]
    assert {"tree": "'model'", "model": "'tree'"}[shown] in graph.expression.detail["answers"]


def test_a_class_of_the_user_s_answers_and_its_faults_are_counted(wired, tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(
        "from kinesics_core.mind.own_policy import OwnAnswer\n"
        "class Mine:\n"
        "    calls = 0\n"
        "    def answer(self, situation):\n"
        "        self.calls += 1\n"
        "        if self.calls > 10:\n"
        "            raise ValueError('worn out')\n"
        "        return OwnAnswer('fear', 0.5, duration=0.01)\n")
    graph = wired(True, policy=f"{file}:Mine")
    assert graph.until(lambda: any(one.policy == "Mine" for one in graph.ours), graph.frame)
    assert graph.until(lambda: "own_policy_fault" in graph.response.detail, graph.frame)
    assert "worn out" in graph.response.detail["own_policy_fault"]
    graph.ours.clear()
    assert graph.until(lambda: len(graph.ours) > 5, graph.frame)
    assert {one.emotion for one in graph.ours} != {FEAR} and graph.ours[-1].emotion == NEUTRAL
    assert graph.response.errors == 0


def test_a_class_that_is_not_there_leaves_the_node_unconfigured_with_a_sentence(executor):
    node = ResponseNode(Bus(), overrides={"policy": "no_such_module:Mine"})
    executor.add_node(node)
    node.trigger_configure()
    assert not node.configured and "no_such_module" in node.fault
    executor.remove_node(node)
    node.destroy_node()
