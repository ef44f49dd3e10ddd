"""What the forecast's network reads in a body reaches the answer, and nothing waits for it."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

rclpy = pytest.importorskip("rclpy")
torch = pytest.importorskip("torch")

from kinesics.msg import Affect as AffectMsg
from kinesics_core.affect.emotions import EMOTIONS, HAPPINESS, NEUTRAL
from kinesics_core.types import NANOSECONDS, Affect, People, Person
from kinesics_ros import qos
from kinesics_ros.bus import Bus
from kinesics_ros.conversions import affect_to_msg, people_to_msg
from kinesics_ros.forecast_node import ForecastNode
from kinesics_ros.response_node import ResponseNode

START = 1_700_000_000 * NANOSECONDS
STANDING = np.array([
    [320, 100], [326, 94], [314, 94], [334, 98], [306, 98], [360, 150], [280, 150], [375, 215],
    [265, 215], [380, 275], [260, 275], [345, 290], [295, 290], [347, 370], [293, 370], [348, 445],
    [292, 445]], np.float32)


def people(step: int) -> People:
    """One person standing still, the face unseen, at 30 Hz."""
    coco = np.concatenate([STANDING, np.full((17, 1), 0.9, np.float32)], axis=1)
    return People(START + step * NANOSECONDS // 30, 640, 480, [Person(1, 1.0, coco)])


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A network that takes everybody for happy, whatever it sees; of styles if so asked."""
    from kinesics_core.motion.networks.registry import build
    from kinesics_core.motion.training.export import ForecasterMetadata, export_onnx

    def make(classes):
        network = build("lstm", classes=len(classes), residual=True)
        with torch.no_grad():
            network.classifier[-1].weight.zero_()
            network.classifier[-1].bias.copy_(6.0 * torch.eye(len(classes))[0])
        path = tmp_path_factory.mktemp("model") / "happy.onnx"
        export_onnx(network, path, ForecasterMetadata(
            name="happy", version="1", normalisation="last_frame", licence="none", data="none",
            classes=classes, spread_floor=[0.1] * 30, spread_gain=[0.1] * 30))
        return str(path)

    return make


@pytest.fixture
def bring_up(executor):
    nodes = []

    def bring_up(node):
        nodes.append(node)
        executor.add_node(node)
        node.trigger_configure()
        node.trigger_activate()
        assert node.active, node.fault
        return node

    yield bring_up
    for node in nodes:
        node.trigger_deactivate()
        executor.remove_node(node)
        node.destroy_node()


def wait(condition, executor=None, seconds=60.0):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "nothing came"
        if executor is None:
            time.sleep(0.002)
        else:
            executor.spin_once(timeout_sec=0.02)


def test_the_networks_reading_of_the_body_counts_in_what_the_robot_reads(bring_up, model):
    bus, bodies, affects = Bus(), [], []
    bus.subscribe("affect/body", bodies.append)
    bus.subscribe("affect", affects.append)
    bring_up(ResponseNode(bus))
    forecast = bring_up(ForecastNode(bus, overrides={"model": model(EMOTIONS)}))
    assert forecast.detail["classes"].startswith("happiness, anger")
    for step in range(60):
        bus.publish("persons", people(step))
        wait(lambda wanted=step: len(affects) > wanted)
        wait(lambda: forecast.idle)
    assert not any(body[0].stamp < START + NANOSECONDS // 2 for body in bodies), "half a second"
    assert bodies[-1][0].person_id == 1 and bodies[-1][0].source == "happy 1"
    # Nobody moves: the rules alone, which read before there is a forecast, see nothing happy.
    happy = [read[0].categories[HAPPINESS] for read in affects if read]
    assert happy[0] < 0.2 and happy[-1] > happy[0] + 0.2


def test_an_answer_never_waits_for_the_forecast(bring_up, model, monkeypatch):
    bus, answers = Bus(), []
    bus.subscribe("response", answers.append)
    bring_up(ResponseNode(bus))
    forecast = bring_up(ForecastNode(bus, overrides={"model": model(EMOTIONS)}))
    held = threading.Event()
    inner = forecast._forecaster.update
    monkeypatch.setattr(forecast._forecaster, "update", lambda seen: held.wait(20) and inner(seen))
    try:
        for step in range(5):
            bus.publish("persons", people(step))
            wait(lambda wanted=step: len(answers) > wanted)
        assert [a.stamp for a in answers] == [people(step).stamp for step in range(5)]
    finally:
        held.set()


def test_a_model_of_other_classes_publishes_them_and_moves_nothing(bring_up, model):
    bus, bodies, affects = Bus(), [], []
    bus.subscribe("affect/body", bodies.append)
    bus.subscribe("affect", affects.append)
    bring_up(ResponseNode(bus))
    forecast = bring_up(ForecastNode(bus, overrides={"model": model(("elderly", "youthful"))}))
    for step in range(30):
        bus.publish("persons", people(step))
        wait(lambda wanted=step: len(affects) > wanted)
        wait(lambda: forecast.idle)
    assert bodies[-1][0].classes == ("elderly", "youthful") and bodies[-1][0].confidence == 0.0
    # The rules' own word of somebody who stands: neutral first, no emotion rather than another.
    said = affects[-1][0].categories
    assert said.argmax() == NEUTRAL and said[NEUTRAL] > 0.4
    assert np.ptp(np.delete(said, NEUTRAL)) < 0.05
    assert forecast.detail["classes"] == "elderly, youthful"


def happy(stamp: int) -> Affect:
    return Affect(stamp, 1, np.eye(8, dtype=np.float32)[HAPPINESS], 0.8, 0.5, 0.4, 0.4, "other 2")


@pytest.mark.parametrize(("late", "used"), [(0.0, True), (1.2, False)])
def test_over_ros_only_a_reading_of_the_last_second_counts(bring_up, executor, late, used):
    """Any node may publish affect/body; here a stranger does."""
    from kinesics.msg import PersonArray

    stranger = rclpy.create_node("stranger")
    executor.add_node(stranger)
    heard = []
    stranger.create_subscription(AffectMsg, "affect", heard.append, qos.RESULT)
    persons = stranger.create_publisher(PersonArray, "persons", qos.RESULT)
    body = stranger.create_publisher(AffectMsg, "affect/body", qos.RESULT)
    response = bring_up(ResponseNode())
    wait(lambda: persons.get_subscription_count() and body.get_subscription_count()
         and response.count_subscribers("affect"), executor)

    def until(condition, publisher, message) -> None:
        """What is sent before both sides know of each other may be lost."""
        def sent() -> bool:
            publisher.publish(message)
            return condition()
        wait(sent, executor)

    reading = affect_to_msg(happy(people(60).stamp - round(late * NANOSECONDS)))
    until(lambda: response._reader._networks, body, reading)
    until(lambda: response.processed, persons, people_to_msg(people(60)))
    if used:
        wait(lambda: heard, executor)
        assert heard[0].source == "other 2" and np.argmax(heard[0].categories) == HAPPINESS
    else:
        wait(lambda: response.idle, executor)
        assert not any(message.source == "other 2" for message in heard)
        assert not response._reader._networks, "an old reading is forgotten"
    executor.remove_node(stranger)
    stranger.destroy_node()
