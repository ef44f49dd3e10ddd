"""What a composed graph hears of others, and how it tells that several publish at once."""

from __future__ import annotations

import time

import pytest

rclpy = pytest.importorskip("rclpy")
from std_msgs.msg import Int64

from kinesics_ros import qos
from kinesics_ros.bus import Bus
from kinesics_ros.stage import Stage
from kinesics_ros.writers import Writers


class Source(Stage):
    """Publishes numbers on ``number``."""

    def __init__(self, bus):
        super().__init__("source", bus)
        self.publish = self.output("number", Int64, lambda n: [Int64(data=n)], qos.RESULT)


class Sink(Stage):
    """Keeps what comes on ``number``."""

    def __init__(self, bus):
        super().__init__("sink", bus)
        self.got: list[int] = []
        self.input("number", Int64, lambda message: message.data, self.got.append, qos.RESULT,
                   key=lambda number: number)


@pytest.fixture
def graph(executor):
    """Source and sink on one bus, and a node that belongs to neither."""
    bus = Bus()
    nodes = [Source(bus), Sink(bus), rclpy.create_node("foreign")]
    for node in nodes:
        executor.add_node(node)
    for node in nodes[:2]:
        node.trigger_configure()
        node.trigger_activate()
    yield nodes
    for node in nodes:
        node.destroy_node()


def spin(executor, condition, seconds=60.0) -> bool:
    until = time.monotonic() + seconds
    while not condition() and time.monotonic() < until:
        executor.spin_once(timeout_sec=0.02)
    return condition()


def test_nobody_else_publishes_so_nothing_is_subscribed_to(executor, graph):
    source, sink, _ = graph
    source.publish(1)
    assert spin(executor, lambda: sink.got == [1])
    assert sink.count_subscribers("number") == 0, "the bus carries it"


def test_what_others_publish_is_heard_and_the_graphs_own_is_heard_once(executor, graph):
    source, sink, foreign = graph
    publisher = foreign.create_publisher(Int64, "number", qos.RESULT)
    listened: list[int] = []
    foreign.create_subscription(Int64, "number", lambda m: listened.append(m.data), qos.RESULT)
    sink._look_around()  # a second's timer does it
    assert spin(executor, lambda: publisher.get_subscription_count() == 2)
    assert spin(executor, lambda: source.publish._publisher.get_subscription_count() == 2)
    assert source.publish.heard == 1, "the sink waits for others, not for the source"
    publisher.publish(Int64(data=100))
    assert spin(executor, lambda: 100 in sink.got)
    for number in range(5):
        source.publish(number)
    assert spin(executor, lambda: {0, 1, 2, 3, 4} <= set(listened))
    publisher.publish(Int64(data=101))  # on its way after all the others
    assert spin(executor, lambda: 101 in sink.got)
    assert sorted(sink.got) == [0, 1, 2, 3, 4, 100, 101]


def test_two_publishers_at_once_are_told_and_named(executor, graph):
    source, sink, foreign = graph
    publisher = foreign.create_publisher(Int64, "number", qos.RESULT)
    sink._look_around()
    assert spin(executor, lambda: publisher.get_subscription_count() == 1)
    source.publish(1)
    publisher.publish(Int64(data=2))
    assert spin(executor, lambda: 2 in sink.got)
    sink._look_around()
    assert sink.detail["several_publishers"] == "number: /foreign, /source"


def test_a_publisher_that_leaves_is_waited_for_no_more(executor, graph):
    _, sink, foreign = graph
    publisher = foreign.create_publisher(Int64, "number", qos.RESULT)
    sink._look_around()
    assert spin(executor, lambda: publisher.get_subscription_count() == 1)
    foreign.destroy_publisher(publisher)

    def ended() -> bool:
        sink._look_around()
        return sink.count_subscribers("number") == 0

    assert spin(executor, ended)


def numbers(*sent: int) -> Writers:
    """What the numbers of messages that come 10 ms apart tell."""
    writers = Writers()
    for step, number in enumerate(sent):
        writers.note(number, now=0.01 * step)
    return writers


@pytest.mark.parametrize("sent,several", [
    (range(1, 50), False),
    ([1, 2, 5, 9, 10], False),  # some were lost
    ([70, 71, 72, 1, 2, 3], False),  # it was started again
    ([1, 1, 2, 2, 3, 3], True),  # two that began together
    ([500, 1, 501, 2, 502], True),
    ([10, 11, 12, 900, 13, 14, 15, 901, 16], True),  # one much slower than the other
    ([None] * 9, False),  # a middleware that does not number
])
def test_numbers_that_jump_back_and_forth_are_of_several_publishers(sent, several):
    sent = list(sent)
    writers = numbers(*sent)
    assert writers.several(now=0.01 * len(sent)) == several
    assert not writers.several(now=10.0), "it was long ago"


def test_bus_and_ros_at_once_are_several():
    writers = Writers()
    writers.note_bus(now=1.0)
    assert not writers.several(now=1.1)
    writers.note(1, now=1.2)
    assert writers.several(now=1.3)
    assert not writers.several(now=4.5)


def test_the_composed_graph_shows_what_another_ones_policy_answers():
    """`kinesics up --without ...`, and a policy of somebody else."""
    import threading

    import numpy as np

    from kinesics.msg import AffectiveResponse
    from kinesics_core.affect.emotions import EMOTIONS
    from kinesics_ros.graph import Graph

    stamps: list[int] = []
    stop = threading.Event()
    with Graph(without=("camera", "keypoint", "forecast", "response", "marker", "recorder")) as (
            graph):
        graph.bus.subscribe("face_pose", lambda face: stamps.append(face.stamp))
        foreign = rclpy.create_node("policy")
        publisher = foreign.create_publisher(AffectiveResponse, "response", 5)
        message = AffectiveResponse(
            policy="mine", emotion=EMOTIONS.index("happiness"), intensity=1.0, duration=1.0,
            bearing=np.full(2, np.nan, np.float32))
        message.header.stamp.sec = 7

        def answer() -> None:
            publisher.publish(message)
            if 7 * 10**9 in stamps:
                stop.set()

        foreign.create_timer(0.1, answer)
        graph._executor.add_node(foreign)
        graph.spin(stop, 60.0)
        graph._executor.remove_node(foreign)
        foreign.destroy_node()
    assert stop.is_set()
