"""The base of the nodes: lifecycle, parameters, faults, diagnostics, both wirings."""

from __future__ import annotations

import time
from dataclasses import dataclass

import pytest

rclpy = pytest.importorskip("rclpy")
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.parameter import Parameter
from std_msgs.msg import Int64

from kinesics_core.errors import KinesicsError, ModelError
from kinesics_core.settings import setting, settings_of
from kinesics_ros import qos
from kinesics_ros.bus import Bus
from kinesics_ros.stage import Stage, Stopwatch

SUCCESS, FAILURE = TransitionCallbackReturn.SUCCESS, TransitionCallbackReturn.FAILURE


@dataclass(frozen=True)
class DoublerConfig:
    factor: int = setting(2, "Multiplied with", bounds=(1, 10), live=True)
    gain: float = setting(1.0, "Scale", unit="dB", bounds=(0.0, 5.0))
    colour: str = setting("red", "Choice", choices=("red", "green"))
    model: str = setting("", "Empty: none")


class Doubler(Stage):
    """Doubles integers; refuses 13 with a sentence and breaks on 666."""

    PARAMETERS = settings_of(DoublerConfig)

    def __init__(self, bus=None, **arguments):
        super().__init__("doubler", bus, **arguments)
        self.loaded = False
        self.publish = self.output("out", Int64, lambda n: [Int64(data=n)], qos.RESULT)
        self.input("in", Int64, lambda message: message.data, self.double, qos.RESULT)

    def load(self):
        if self.parameters["model"] == "missing":
            raise ModelError("got no file 'missing', wanted a model. Give its path.")
        self.loaded = True

    def unload(self):
        self.loaded = False

    def double(self, number):
        if number == 13:
            raise KinesicsError("13 is refused")
        if number == 666:
            raise ZeroDivisionError("unexpected")
        with Stopwatch(self, self.now()):
            self.publish(self.parameters["factor"] * number)


@pytest.fixture
def make(executor):
    nodes = []

    def make(*arguments, **named):
        node = Doubler(*arguments, **named)
        executor.add_node(node)
        nodes.append(node)
        return node

    yield make
    for node in nodes:
        executor.remove_node(node)
        node.destroy_node()


def state(node) -> str:
    return node._state_machine.current_state[1]


def wait_for(condition, executor=None, seconds=60.0) -> bool:
    until = time.monotonic() + seconds
    while not condition() and time.monotonic() < until:
        if executor is None:
            time.sleep(0.005)
        else:
            executor.spin_once(timeout_sec=0.02)
    return condition()


def test_models_live_between_configure_and_cleanup(make):
    node = make()
    assert state(node) == "unconfigured" and not node.loaded
    assert node.trigger_configure() == SUCCESS
    assert state(node) == "inactive" and node.loaded
    assert node.trigger_activate() == SUCCESS and state(node) == "active"
    assert node.trigger_deactivate() == SUCCESS and node.loaded
    assert node.trigger_cleanup() == SUCCESS
    assert state(node) == "unconfigured" and not node.loaded


def test_items_travel_over_the_bus_only_while_active(make):
    bus, got = Bus(), []
    node = make(bus)
    bus.subscribe("out", lambda item: got.append(item))
    bus.publish("in", 1)
    node.trigger_configure()
    bus.publish("in", 2)
    node.trigger_activate()
    bus.publish("in", 3)
    assert wait_for(lambda: got == [6])
    node.trigger_deactivate()
    bus.publish("in", 4)
    node.trigger_activate()
    bus.publish("in", 5)
    assert wait_for(lambda: got == [6, 10]), got


def test_items_travel_over_ros_between_nodes(executor, make):
    node = make()
    node.trigger_configure()
    node.trigger_activate()
    other, got = rclpy.create_node("other"), []
    executor.add_node(other)
    other.create_subscription(Int64, "out", lambda message: got.append(message.data), 10)
    publisher = other.create_publisher(Int64, "in", qos.RESULT)
    assert wait_for(
        lambda: publisher.get_subscription_count() and other.count_publishers("out")
        and node.publish._publisher.get_subscription_count(), executor)

    def heard() -> bool:  # what is sent before both sides know of each other may be lost
        publisher.publish(Int64(data=21))
        return bool(got)

    assert wait_for(heard, executor)
    assert got[0] == 42
    other.destroy_node()


def test_a_model_that_is_missing_leaves_the_node_unconfigured_and_can_be_mended(make):
    node = make(overrides={"model": "missing"})
    assert node.trigger_configure() == FAILURE
    assert state(node) == "unconfigured"
    assert "wanted a model" in node.fault
    node.set_parameters([Parameter("model", value="")])
    assert node.trigger_configure() == SUCCESS
    assert node.fault is None


@pytest.mark.parametrize(
    "overrides,words",
    [
        ({"factor": 11}, "factor = 11, wanted 1 to 10"),
        ({"factor": "two"}, "factor = 'two', wanted a whole number"),
        ({"factor": True}, "factor = True"),
        ({"gain": 7.5}, "gain = 7.5, wanted 0 to 5 dB"),
        ({"colour": "gren"}, "did you mean 'green'"),
        ({"colur": "red"}, "unknown parameter 'colur'; did you mean 'colour'"),
    ],
)
def test_bad_parameters_at_start_are_refused_with_a_sentence(make, overrides, words):
    import re

    node = make(overrides=overrides)
    assert node.trigger_configure() == FAILURE
    assert state(node) == "unconfigured"
    assert re.search(words, node.fault), node.fault


def test_a_whole_number_is_taken_for_a_real_parameter(make):
    node = make(overrides={"gain": 3})
    assert node.trigger_configure() == SUCCESS
    assert node.parameters["gain"] == 3.0


def test_a_bad_value_on_a_running_node_is_refused_and_the_old_one_stays(make):
    node = make()
    result = node.set_parameters([Parameter("factor", value=99)])[0]
    assert not result.successful and result.reason
    assert node.parameters["factor"] == 2
    assert node.set_parameters([Parameter("colour", value="blue")])[0].reason.startswith("got col")


def test_what_would_take_no_effect_cannot_be_set(make):
    """An answer "success" that changes nothing is a lie."""
    node = make()
    assert node.set_parameters([Parameter("gain", value=2.0)])[0].successful, "unconfigured"
    node.trigger_configure()
    node.trigger_activate()
    refused = node.set_parameters([Parameter("gain", value=3.0)])[0]
    assert not refused.successful
    assert "takes effect at the next configure" in refused.reason and "/doubler" in refused.reason
    assert node.parameters["gain"] == 2.0
    assert node.set_parameters([Parameter("gain", value=2.0)])[0].successful, "nothing to change"
    assert node.set_parameters([Parameter("factor", value=3)])[0].successful, "live"
    node.trigger_deactivate()
    node.trigger_cleanup()
    assert node.set_parameters([Parameter("gain", value=3.0)])[0].successful


def test_one_bad_item_does_not_end_the_stage(make):
    bus, got = Bus(), []
    node = make(bus)
    bus.subscribe("out", lambda item: got.append(item))
    node.trigger_configure()
    node.trigger_activate()
    bus.lossless = True
    assert node.count_subscribers("in") == 0, "the bus carries it"
    for number in (13, 666, 4):
        bus.publish("in", number)
    assert wait_for(lambda: got == [8])
    assert node.refused == 1 and "13 is refused" in node.detail["last_refused"]
    assert node.errors == 1 and "ZeroDivisionError" in node.detail["last_error"]


def test_a_fault_makes_the_node_inactive_and_diagnostics_say_why(executor, make):
    node = make()
    node.trigger_configure()
    node.trigger_activate()
    node.fail("the cable is out; plug it in")
    assert wait_for(lambda: state(node) == "inactive", executor)
    other, got = rclpy.create_node("watcher"), []
    executor.add_node(other)
    other.create_subscription(DiagnosticArray, "/diagnostics", got.append, 10)
    assert wait_for(lambda: got, executor)
    status = got[0].status[0]
    assert status.level == DiagnosticStatus.ERROR
    assert status.message == "the cable is out; plug it in"
    assert {"age_ms", "proc_ms", "dropped"} <= {value.key for value in status.values}
    assert node.trigger_activate() == SUCCESS and node.fault is None
    other.destroy_node()


def test_a_report_that_fails_leaves_the_diagnostics_alone(executor, make, monkeypatch):
    def broken():
        raise ZeroDivisionError("unexpected")

    monkeypatch.setattr(Doubler, "report", staticmethod(broken), raising=False)
    node, (other, got) = make(), (rclpy.create_node("watcher"), [])
    executor.add_node(other)
    other.create_subscription(DiagnosticArray, "/diagnostics", got.append, 10)
    assert wait_for(lambda: got, executor)
    assert node.errors and "broken" in node.detail["last_error"]
    assert "items failed" in got[0].status[0].message
    other.destroy_node()


def test_a_worker_is_woken_for_what_is_wanted_alone(make):
    node, wanted, got = make(Bus()), [False], []
    node.input("more", Int64, lambda message: message.data, got.append, qos.RESULT,
               wanted=lambda: wanted[0])
    node.bus.lossless = True
    node.trigger_configure()
    node.trigger_activate()
    for number in range(6):
        wanted[0] = number >= 4
        node.bus.publish("more", number)
    assert wait_for(lambda: got == [4, 5]), got


def test_nodes_that_begin_their_second_together_wake_the_executor_once(make):
    nodes = []
    for _ in range(3):
        nodes.append(make(Bus()))
        time.sleep(0.05)
    spreads = []
    for _ in range(20):  # another load may come between
        for node in nodes:
            node.begin_second()
        due = [node._seconds.time_until_next_call() for node in nodes]
        spreads.append(max(due) - min(due))
    assert min(spreads) < 20e6, "ns; they were made 100 ms apart"


def test_autostart_brings_the_node_up_by_itself(executor, make):
    node = make(overrides={"autostart": True})
    assert wait_for(lambda: state(node) == "active", executor)


# Messages from anybody --------------------------------------------------------------------------


def test_a_message_that_cannot_be_used_is_counted_and_the_next_one_works(executor):
    """From outside, over DDS, as a foreign publisher sends it."""
    from kinesics.msg import PersonArray
    from kinesics_ros.forecast_node import ForecastNode

    node, other = ForecastNode(), rclpy.create_node("foreign")
    executor.add_node(node)
    executor.add_node(other)
    publisher = other.create_publisher(PersonArray, "persons", 5)
    try:
        assert node.trigger_configure() == node.trigger_activate() == SUCCESS
        assert wait_for(lambda: publisher.get_subscription_count(), executor)

        def refused() -> bool:
            publisher.publish(PersonArray(width=0, height=0))
            return node.refused > 0

        assert wait_for(refused, executor)
        assert "wanted the image's size" in node.detail["last_refused"]
        publisher.publish(PersonArray(width=640, height=480))
        assert wait_for(lambda: node.processed == 1, executor)
        assert node.active
    finally:
        node.destroy_node()
        other.destroy_node()


def test_a_best_effort_publisher_is_heard(executor):
    """A reliable subscription hears nothing of it, until it follows."""
    from rclpy.qos import QoSProfile, ReliabilityPolicy

    from kinesics.msg import PersonArray
    from kinesics_ros.forecast_node import ForecastNode

    node, other = ForecastNode(), rclpy.create_node("foreign")
    executor.add_node(node)
    executor.add_node(other)
    publisher = other.create_publisher(
        PersonArray, "persons", QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT))
    try:
        assert node.trigger_configure() == node.trigger_activate() == SUCCESS

        def heard() -> bool:
            publisher.publish(PersonArray(width=640, height=480))
            return node.processed > 0

        assert wait_for(heard, executor)
    finally:
        node.destroy_node()
        other.destroy_node()


def test_images_of_a_best_effort_camera_are_seen(executor, monkeypatch):
    """Sensor drivers publish so, by ROS's own profile for sensor data."""
    import numpy as np
    from rclpy.qos import qos_profile_sensor_data
    from sensor_msgs.msg import Image

    from kinesics_core.types import Frame, People
    from kinesics_ros import keypoint_node
    from kinesics_ros.images import frame_to_msg

    class Estimator:
        model = "nobody"

        def __init__(self, *_):
            self.close = lambda: None

        def warm_up(self, *_):
            pass

        def process(self, frame):
            return People(frame.stamp, frame.image.shape[1], frame.image.shape[0])

    monkeypatch.setattr(keypoint_node, "KeypointEstimator", Estimator)
    node = keypoint_node.KeypointNode(overrides={"image_transport": "raw"})
    other = rclpy.create_node("driver")
    executor.add_node(node)
    executor.add_node(other)
    publisher = other.create_publisher(Image, "image_raw", qos_profile_sensor_data)
    message = frame_to_msg(Frame(np.zeros((48, 64, 3), np.uint8), 7))
    try:
        assert node.trigger_configure() == SUCCESS
        assert node.count_subscribers("image_raw") == 0, "only an active node subscribes"
        assert node.trigger_activate() == SUCCESS

        def seen() -> bool:
            publisher.publish(message)
            return node.processed > 0

        assert wait_for(seen, executor)
        assert node.trigger_deactivate() == SUCCESS
        assert wait_for(lambda: node.count_subscribers("image_raw") == 0, executor)
    finally:
        node.destroy_node()
        other.destroy_node()
