"""The node for REP-155, beside the real hri_msgs where that is installed."""

from __future__ import annotations

import time

import numpy as np
import pytest

rclpy = pytest.importorskip("rclpy")

from rclpy.executors import SingleThreadedExecutor
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.qos import DurabilityPolicy, QoSProfile
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import JointState
from std_msgs.msg import Bool, Float32, String

from kinesics.msg import Affect, PersonArray, SocialSignals
from kinesics_core import types
from kinesics_core.errors import KinesicsError
from kinesics_core.skeletons import BLENDSHAPE_INDEX
from kinesics_ros import conversions, hri_messages, qos
from kinesics_ros.graph import STAGES, Graph
from kinesics_ros.hri_node import HriNode
from kinesics_ros.signal_messages import signals_to_msg

LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
STAMP = 1_763_700_000_000_000_000


@pytest.fixture
def executor():
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    executor = SingleThreadedExecutor()
    yield executor
    for node in executor.get_nodes():
        node.destroy_node()
    executor.shutdown()
    rclpy.shutdown()


def test_without_hri_msgs_the_node_says_what_to_install(executor, monkeypatch):
    monkeypatch.setattr(hri_messages, "AVAILABLE", False)
    node = HriNode()
    executor.add_node(node)
    assert node.trigger_configure() == TransitionCallbackReturn.FAILURE
    assert "hri_msgs is not installed" in node.fault


class Listener:
    """Hears everything below /humans of one person, and speaks for the stages before."""

    def __init__(self, executor, name):
        from hri_msgs import msg

        self.node, self.executor = rclpy.create_node("listener"), executor
        executor.add_node(self.node)
        self.heard = {}
        for topic, kind, profile in (
            ("/humans/faces/tracked", msg.IdsList, LATCHED),
            ("/humans/bodies/tracked", msg.IdsList, LATCHED),
            ("/humans/persons/tracked", msg.IdsList, LATCHED),
            ("/humans/persons/known", msg.IdsList, LATCHED),
            ("/humans/interactions/gazing", msg.Gaze, 10),
            (f"/humans/faces/{name}/roi", msg.NormalizedRegionOfInterest2D, 10),
            (f"/humans/faces/{name}/landmarks", msg.FacialLandmarks, 10),
            (f"/humans/faces/{name}/facs", msg.FacialActionUnits, 10),
            (f"/humans/faces/{name}/expression", msg.Expression, 10),
            (f"/humans/bodies/{name}/roi", msg.NormalizedRegionOfInterest2D, 10),
            (f"/humans/bodies/{name}/skeleton2d", msg.Skeleton2D, 10),
            (f"/humans/bodies/{name}/joint_states", JointState, 10),
            (f"/humans/bodies/{name}/posture", msg.BodyPosture, 10),
            (f"/humans/bodies/{name}/gesture", msg.Gesture, 10),
            (f"/humans/persons/{name}/anonymous", Bool, LATCHED),
            (f"/humans/persons/{name}/face_id", String, LATCHED),
            (f"/humans/persons/{name}/body_id", String, LATCHED),
            (f"/humans/persons/{name}/engagement_status", msg.EngagementLevel, 10),
            (f"/humans/persons/{name}/location_confidence", Float32, 10),
            (f"/human_description_{name}", String, LATCHED),
        ):
            self.node.create_subscription(
                kind, topic, lambda m, topic=topic: self.heard.__setitem__(topic, m), profile)
        self.topics = {sub.topic_name for sub in self.node.subscriptions} - {"/parameter_events"}
        self.speakers = {
            "persons": self.node.create_publisher(PersonArray, "persons", qos.RESULT),
            "affect": self.node.create_publisher(Affect, "affect", qos.RESULT),
            "signals": self.node.create_publisher(SocialSignals, "signals", qos.RESULT)}

    def listen(self):
        """Serve much more than was said, so that nobody's turn fails to come."""
        for _ in range(60):
            self.executor.spin_once(timeout_sec=0.005)

    def spin(self, until, seconds=60.0):
        deadline = time.monotonic() + seconds
        while not until() and time.monotonic() < deadline:
            self.executor.spin_once(timeout_sec=0.02)
        return until()


def people(number, *ids):
    persons = []
    for person_id in ids:
        coco = np.full((17, 3), 0.9, np.float32)
        coco[:, 0], coco[:, 1] = 320 + np.arange(17), 240 + np.arange(17)
        pose = np.full((33, 4), 0.9, np.float32)
        world = np.random.default_rng(1).normal(0, 0.3, (33, 3)).astype(np.float32)
        world[[11, 12, 23, 24]] = (0.2, -0.5, 0), (-0.2, -0.5, 0), (0.1, 0, 0), (-0.1, 0, 0)
        shapes = np.zeros(52, np.float32)
        shapes[BLENDSHAPE_INDEX["jawOpen"]] = 0.6
        head = np.eye(4, dtype=np.float32)
        head[:3, :3], head[:3, 3] = np.diag([1, -1, -1]), (0, 0, 2)
        persons.append(types.Person(
            person_id, 0.9, coco, pose=pose, pose_world=world, blendshapes=shapes, head=head,
            face=np.full((478, 3), 100.0, np.float32)))
    return types.People(STAMP + number * 33_000_000, 640, 480, persons, "test", "camera")


def test_a_person_is_on_the_topics_of_rep_155(executor):
    hri = pytest.importorskip("hri_msgs.msg")
    node = HriNode()
    executor.add_node(node)
    listener = Listener(executor, "p7")
    for transition in (node.trigger_configure, node.trigger_activate):
        assert transition() == TransitionCallbackReturn.SUCCESS, node.fault
    number = 0

    def spoken():
        nonlocal number
        number += 1
        now = people(number, 7)
        listener.speakers["persons"].publish(conversions.people_to_msg(now))
        listener.speakers["affect"].publish(conversions.affect_to_msg(types.Affect(
            now.stamp, 7, np.eye(8)[1], -0.5, 0.6, 0.2, 0.8, "fused")))
        listener.speakers["signals"].publish(signals_to_msg(types.SocialSignals(
            now.stamp, 7, (types.GestureSign("wave", 0.9),), posture="sitting",
            engagement="engaged", gaze=0.8)))
        listener.listen()
        return set(listener.heard) == listener.topics

    assert listener.spin(spoken), listener.topics - set(listener.heard)
    heard = listener.heard
    for kind in ("faces/tracked", "bodies/tracked", "persons/tracked", "persons/known"):
        assert list(heard[f"/humans/{kind}"].ids) == ["p7"]
    assert heard["/humans/persons/p7/anonymous"].data is True
    assert heard["/humans/persons/p7/face_id"].data == "p7"
    assert heard["/humans/persons/p7/location_confidence"].data == 1.0
    assert heard["/humans/persons/p7/engagement_status"].level == hri.EngagementLevel.ENGAGED
    assert heard["/humans/bodies/p7/posture"].posture == hri.BodyPosture.SITTING
    assert heard["/humans/bodies/p7/gesture"].gesture == hri.Gesture.WAVING
    assert heard["/humans/faces/p7/expression"].expression == hri.Expression.ANGRY
    assert heard["/humans/faces/p7/facs"].intensity[hri.FacialActionUnits.JAW_DROP] == (
        pytest.approx(0.6))
    skeleton = heard["/humans/bodies/p7/skeleton2d"].skeleton
    assert skeleton[hri.Skeleton2D.LEFT_EYE].x == pytest.approx(321 / 640)
    assert len(heard["/humans/faces/p7/landmarks"].landmarks) == 70
    assert heard["/humans/faces/p7/roi"].xmin == pytest.approx(100 / 640)
    joints = heard["/humans/bodies/p7/joint_states"]
    assert "l_elbow_p7" in joints.name and np.isfinite(joints.position).all()
    assert 'name="l_elbow_p7"' in heard["/human_description_p7"].data
    assert heard["/humans/interactions/gazing"].sender == "p7"

    def left():
        nonlocal number
        number += 1
        listener.speakers["persons"].publish(conversions.people_to_msg(people(number)))
        listener.listen()
        return not list(heard["/humans/persons/tracked"].ids)

    assert listener.spin(left)
    assert listener.spin(
        lambda: heard["/humans/persons/p7/location_confidence"].data == 0.0)
    assert not node.errors


def active(executor):
    """Return an active node."""
    pytest.importorskip("hri_msgs.msg")
    node = HriNode()
    executor.add_node(node)
    for transition in (node.trigger_configure, node.trigger_activate):
        assert transition() == TransitionCallbackReturn.SUCCESS, node.fault
    return node


def test_people_who_come_and_go_leave_nothing_behind(executor):
    node = active(executor)
    before = len(list(node.publishers))
    for number in range(40):
        node._see(people(number, number % 3 + 1, number + 10))
    node._see(people(41))
    assert len(list(node.publishers)) == before and not node._humans


def test_the_executor_waits_for_no_publisher_of_somebody_who_may_leave(executor):
    """People come and go in the worker's thread, and it would stumble over one that is gone."""
    node = active(executor)
    before = len(list(node.waitables))
    node._see(people(0, *range(1, 20)))
    assert len(list(node.waitables)) == before
    node.receive(node._inputs["persons"], people(1, *range(20, 40)))
    until = time.monotonic() + 60.0
    while not node.idle and time.monotonic() < until:
        executor.spin_once(timeout_sec=0.001)
    assert set(node._humans) == set(range(20, 40)) and not node.errors


@pytest.mark.parametrize("available", [False, True])
def test_the_graph_has_it_where_it_is_asked_for(available, monkeypatch):
    if available:
        pytest.importorskip("hri_msgs")
    else:
        monkeypatch.setattr(hri_messages, "AVAILABLE", False)
    others = [name for name in STAGES if name not in ("hri", "marker")]
    with Graph(without=others) as graph:
        assert list(graph.stages) == ["marker"]
    if not available:
        with pytest.raises(KinesicsError, match="hri_msgs is not installed"):
            Graph({"hri": {}}, without=others).__enter__()
        return
    with Graph({"hri": {}}, without=others) as graph:
        assert graph["hri"].active
