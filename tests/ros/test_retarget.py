"""The retarget node from outside: trajectories as controllers take them, services, bad input."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest

pytest.importorskip("pinocchio")
pytest.importorskip("daqp")
rclpy = pytest.importorskip("rclpy")
import toy_robot
from rclpy.lifecycle import TransitionCallbackReturn
from sensor_msgs.msg import JointState
from std_msgs.msg import String
from std_srvs.srv import SetBool
from trajectory_msgs.msg import JointTrajectory

from kinesics.msg import BodyPose
from kinesics_core.types import BodyPose as CoreBody
from kinesics_ros import controllers, qos, retarget_node
from kinesics_ros.bus import Bus
from kinesics_ros.controllers import controller_of, rows
from kinesics_ros.conversions import body_to_msg
from kinesics_ros.retarget_node import RetargetNode

SUCCESS = TransitionCallbackReturn.SUCCESS


def pose(swing: float) -> CoreBody:
    body = np.zeros((21, 3), np.float32)
    body[15, 2], body[16, 2] = -1.4 + 1.4 * swing, 1.4 - 1.4 * swing
    stamp, zeros, hand = time.time_ns(), np.zeros(3, np.float32), np.zeros((15, 3), np.float32)
    return CoreBody(stamp - 50_000_000, stamp, zeros, zeros, body, hand, hand, zeros,
                    np.zeros(10, np.float32))


class World:
    """The node, and another that sends poses and hears what comes."""

    def __init__(self, executor, folder, bus=None, **parameters) -> None:
        self.executor = executor
        robot = str(toy_robot.write_toy(folder))
        self.bus = bus
        self.node = RetargetNode(
            bus, overrides={"robot": robot, "approach_s": 0.0, **parameters})
        self.other = rclpy.create_node("other")
        for node in (self.node, self.other):
            executor.add_node(node)
        self.poses = self.other.create_publisher(BodyPose, "body_pose", qos.RESULT)
        self.heard: list[tuple[float, JointTrajectory]] = []
        self.swing = lambda: 0.5 + 0.4 * math.sin(4 * time.monotonic())
        self.sending = True

    def up(self, topic: str = "joint_trajectory") -> World:
        assert self.node.trigger_configure() == SUCCESS, self.node.fault
        assert self.node.trigger_activate() == SUCCESS, self.node.fault
        self.other.create_subscription(
            JointTrajectory, topic, lambda m: self.heard.append((time.monotonic(), m)), 10)
        return self

    def until(self, condition, seconds: float = 60.0) -> bool:
        end, due = time.monotonic() + seconds, 0.0
        while not condition() and time.monotonic() < end:
            if self.sending and time.monotonic() >= due:
                due = time.monotonic() + 1 / 60
                self.send(pose(self.swing()))
            self.executor.spin_once(timeout_sec=0.005)
        return condition()

    def send(self, body: CoreBody) -> None:
        if self.bus is not None:
            self.bus.publish("body_pose", body)
        else:
            self.poses.publish(body_to_msg(body))

    def state(self) -> str:
        return self.node.detail.get("state", "")

    def speed(self) -> float:
        """Speed of the last trajectory's first point."""
        return max(map(abs, self.heard[-1][1].points[0].velocities))

    def close(self) -> None:
        for node in (self.node, self.other):
            self.executor.remove_node(node)
        self.node.trigger_shutdown()
        self.node.destroy_node()
        self.other.destroy_node()


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """Nobody is waited for longer than discovery takes."""
    monkeypatch.setattr(retarget_node, "_PATIENCE", 0.3)


@pytest.fixture
def world(executor, tmp_path):
    worlds = []

    def make(**parameters) -> World:
        worlds.append(World(executor, tmp_path, **parameters))
        return worlds[-1]

    yield make
    for made in worlds:
        made.close()


@pytest.mark.parametrize("wiring", ["bus", "ros"])
def test_trajectories_have_the_form_that_controllers_take(world, wiring):
    w = world(bus=Bus() if wiring == "bus" else None).up()
    assert w.until(lambda: len(w.heard) > 100 and w.state() == "follows")
    message = w.heard[-1][1]
    assert message.header.stamp.sec == message.header.stamp.nanosec == 0
    assert message.joint_names == list(w.node._retargeter.names)
    assert len(message.points) >= 3
    times = [p.time_from_start.sec + 1e-9 * p.time_from_start.nanosec for p in message.points]
    assert times == sorted(times) and times[0] > 0 and times[-1] < 1.0
    for point in message.points:
        assert len(point.positions) == len(point.velocities) == len(message.joint_names)
        assert np.isfinite([*point.positions, *point.velocities]).all()
    assert not any(message.points[-1].velocities)
    # The pose that answered an image is the last station of that image.
    assert w.node.processed > 0 and w.node._ages[-1] >= 50.0


def test_without_poses_the_robot_stands_within_a_second_and_the_trajectory_says_so(world):
    w = world().up()
    assert w.until(lambda: w.state() == "follows" and w.heard and w.speed() > 0.1)
    w.sending = False
    assert w.until(lambda: w.state().startswith("stands: no pose"))
    positions = w.heard[-1][1].points[0].positions
    before = len(w.heard)
    assert w.until(lambda: len(w.heard) > before + 5)
    assert w.heard[-1][1].points[0].positions == positions and w.speed() == 0.0
    w.sending = True
    assert w.until(lambda: w.state() == "follows")


def test_the_service_stops_and_starts_the_robot(world):
    w = world().up()
    client = w.other.create_client(SetBool, "enable_robot")
    assert w.until(lambda: w.state() == "follows")

    def ask(enabled: bool) -> SetBool.Response:
        future = client.call_async(SetBool.Request(data=enabled))
        assert w.until(future.done)
        return future.result()

    assert ask(False).success
    assert w.until(lambda: w.state().startswith("stands: the robot is disabled"))
    assert w.until(lambda: time.monotonic() - w.heard[-1][0] > 0.3), "it is commanded no more"
    assert ask(True).success
    assert w.until(lambda: w.state() == "follows" and time.monotonic() - w.heard[-1][0] < 0.1)
    w.node.trigger_deactivate()
    answer = ask(True)
    assert not answer.success and "activate" in answer.message


def test_two_publishers_of_body_pose_stop_the_robot_and_are_named(world):
    w = world().up()
    assert w.until(lambda: w.state() == "follows")
    second = w.other.create_publisher(BodyPose, "body_pose", qos.RESULT)
    assert w.until(lambda: second.get_subscription_count() > 0)

    def stopped() -> bool:
        second.publish(body_to_msg(pose(0.0)))
        return w.state().startswith("stands: several publishers")

    assert w.until(stopped)
    assert w.until(lambda: "body_pose: /other" in w.node.detail.get("several_publishers", "")
                   or stopped() and False)
    w.other.destroy_publisher(second)
    assert w.until(lambda: w.state() == "follows")


def test_poses_of_nan_do_not_move_the_robot(world):
    w = world().up()
    assert w.until(lambda: w.state() == "follows")
    broken = pose(0.9)
    broken.body_pose[15] = np.nan
    w.sending = False

    def stands() -> bool:
        w.send(broken)
        return w.state().startswith("stands: no pose")

    assert w.until(stands)
    assert "body_pose holds nan" in w.node.detail["last_refused"]
    assert all(np.isfinite(point.positions).all() for _, m in w.heard for point in m.points)


def test_it_begins_where_the_robot_says_that_its_joints_are(world):
    w = world()
    states = w.other.create_publisher(JointState, "joint_states", 1)
    w.sending = False
    w.up()
    assert w.until(lambda: states.get_subscription_count() > 0)
    states.publish(JointState(name=["neck_yaw", "someone_elses"], position=[0.7, 9.0]))
    column = list(w.node._retargeter.names).index("neck_yaw")
    assert w.until(lambda: w.heard and math.isclose(
        w.heard[-1][1].points[0].positions[column], 0.7, abs_tol=1e-6))
    w.sending, at = True, len(w.heard)
    assert w.until(lambda: w.state() == "follows")
    steps = np.diff([m.points[0].positions[column] for _, m in w.heard[at - 1:]])
    assert np.abs(steps).max(initial=0.0) < 0.1


def test_a_robot_whose_place_is_unknown_is_brought_to_the_beginning_slowly(world):
    w = world(approach_s=1.0).up()
    assert w.until(lambda: len(w.heard) >= 3)
    (first_at, first), (second_at, _) = w.heard[:2]
    assert [point.time_from_start.sec for point in first.points] == [1]
    assert not any(first.points[0].velocities) and second_at - first_at > 0.9
    assert w.until(lambda: w.state() == "follows")


def test_a_robot_that_was_moved_while_disabled_goes_on_from_where_it_is(world):
    w = world()
    states = w.other.create_publisher(JointState, "joint_states", 1)
    at = [0.0]
    w.other.create_timer(0.02, lambda: states.publish(
        JointState(name=["neck_yaw"], position=[at[0]])))
    w.up()
    assert w.until(lambda: w.state() == "follows")
    client = w.other.create_client(SetBool, "enable_robot")

    def ask(enabled: bool) -> None:
        future = client.call_async(SetBool.Request(data=enabled))
        assert w.until(future.done)

    ask(False)
    assert w.until(lambda: w.state().startswith("stands: the robot is disabled"))
    at[0] = -0.8
    assert w.until(lambda: w.node._still["neck_yaw"] == -0.8)
    w.heard.clear()
    ask(True)
    assert w.until(lambda: w.heard)
    column = w.heard[0][1].joint_names.index("neck_yaw")
    assert w.heard[0][1].points[0].positions[column] == pytest.approx(-0.8, abs=0.05)


def test_each_controller_gets_all_of_its_joints_in_its_order(world):
    w = world(controllers=["arm: left_elbow left_finger left_shoulder_roll", "neck: neck_yaw"])
    w.up("arm/joint_trajectory")
    assert w.until(lambda: w.heard)
    message = w.heard[-1][1]
    assert message.joint_names == ["left_elbow", "left_finger", "left_shoulder_roll"]
    assert all(len(point.positions) == 3 for point in message.points)


def test_rows_hold_what_does_not_move():
    pick = rows(controller_of("c: b fixed a"), ("a", "b"), {"fixed": 0.4})
    values = np.array([[1.0, 2.0], [3.0, 4.0]])
    np.testing.assert_array_equal(pick(values, np.nan), [[2, 0.4, 1], [4, 0.4, 3]])
    np.testing.assert_array_equal(pick(values, 0.0), [[2, 0, 1], [4, 0, 3]])


def test_model_and_joints_are_there_for_rviz(world):
    w = world().up()
    urdf: list[String] = []
    joints: list[JointState] = []
    w.other.create_subscription(String, "robot_description", urdf.append, qos.LATCHED)
    w.other.create_subscription(JointState, "joint_commands", joints.append, 10)
    assert w.until(lambda: urdf and joints)
    assert urdf[0].data.startswith("<") and 'name="toy"' in urdf[0].data
    assert set(joints[-1].name) == {joint[0] for joint in toy_robot.JOINTS}
    assert np.isfinite(joints[-1].position).all()


@pytest.mark.parametrize("parameters,words", [
    ({"robot": ""}, "set the parameter robot"),
    ({"robot": "nobody"}, "nobody"),
    ({"controllers": ["arm: no_such_joint"]}, "no_such_joint.*does not have"),
    ({"controllers": [": left_elbow"]}, "wanted its name"),
    ({"interface": "action"}, "control_msgs|no controllers"),
])
def test_what_cannot_be_is_refused_with_a_sentence(world, parameters, words):
    import re

    w = world(**parameters)
    assert w.node.trigger_configure() != SUCCESS
    assert re.search(words, w.node.fault), w.node.fault


def test_a_controller_that_rejects_goals_is_told(world):
    actions = pytest.importorskip("control_msgs.action")
    from rclpy.action import ActionServer, GoalResponse

    w = world(controllers=["arm: left_elbow"], interface="action")
    accepts = [False]
    goals = []

    def welcome(goal):
        goals.append(goal)
        return GoalResponse.ACCEPT if accepts[0] else GoalResponse.REJECT

    def execute(handle):
        handle.succeed()
        return actions.FollowJointTrajectory.Result()

    server = ActionServer(w.other, actions.FollowJointTrajectory, "arm/follow_joint_trajectory",
                          execute, goal_callback=welcome)
    w.up()
    assert w.until(lambda: "rejects the goals" in w.node.detail.get("robot_notes", ""))
    assert goals[0].trajectory.joint_names == ["left_elbow"]
    accepts[0] = True
    assert w.until(lambda: w.node.detail.get("robot_notes") == "none")
    server.destroy()


def test_an_action_without_control_msgs_is_refused(world, monkeypatch):
    monkeypatch.setattr(controllers, "FollowJointTrajectory", None)
    w = world(controllers=["arm: left_elbow"], interface="action")
    assert w.node.trigger_configure() != SUCCESS and "needs control_msgs" in w.node.fault


def test_the_links_have_frames_unless_a_robot_state_publisher_gives_them(world, monkeypatch):
    tf2 = pytest.importorskip("tf2_msgs.msg")
    monkeypatch.setattr(retarget_node, "_PATIENCE", 0.0)
    w = world().up()
    frames: dict[str, str] = {}
    w.other.create_subscription(tf2.TFMessage, "/tf", lambda m: frames.update(
        (t.child_frame_id, t.header.frame_id) for t in m.transforms), 10)
    assert w.until(lambda: "left_forearm" in frames)
    assert frames["left_forearm"] == "left_upper_arm" and frames["waist"] == "base"
    publisher = rclpy.create_node("robot_state_publisher")
    publisher.create_publisher(tf2.TFMessage, "/tf", 10)
    assert w.until(lambda: w.node.detail["links"] == "published by robot_state_publisher")
    publisher.destroy_node()
