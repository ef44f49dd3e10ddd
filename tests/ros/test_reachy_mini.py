"""The Reachy Mini node from outside, and the process with the SDK that it keeps."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest

rclpy = pytest.importorskip("rclpy")
import fake_reachy_sdk
from rclpy.lifecycle import TransitionCallbackReturn
from sensor_msgs.msg import JointState
from std_srvs.srv import SetBool

from kinesics.msg import BodyPose
from kinesics_core.errors import KinesicsError
from kinesics_core.expression.animator import Animator
from kinesics_core.robot.reachy_mini import JOINTS, head_matrix
from kinesics_ros import bench_reachy_mini, qos, reachy_mini_link
from kinesics_ros.bus import Bus
from kinesics_ros.conversions import body_to_msg
from kinesics_ros.graph import Graph
from kinesics_ros.reachy_mini_node import ReachyMiniNode, joints_of

SUCCESS = TransitionCallbackReturn.SUCCESS


@pytest.fixture
def daemon():
    """Whoever is asked over HTTP to bring the robot to rest; what it was asked for."""
    asked: list[tuple[str, dict]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked.append((self.path, json.loads(body)))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port, asked
    server.shutdown()
    server.server_close()


class World:
    """The node on a bus, with a stand-in for the process with the SDK."""

    def __init__(self, executor, folder: Path, port: int, **parameters) -> None:
        self.executor, self.log = executor, folder / "log"
        self.bus, self.animator = Bus(), Animator(seed=2)
        self.node = ReachyMiniNode(self.bus, overrides={
            "sdk_python": str(fake_reachy_sdk.install(folder)), "robot_host": "127.0.0.1",
            "robot_port": port, **parameters})
        executor.add_node(self.node)
        self.spoil = lambda body: body
        self.sending = True

    def up(self) -> World:
        assert self.node.trigger_configure() == SUCCESS, self.node.fault
        assert self.node.trigger_activate() == SUCCESS, self.node.fault
        return self

    def until(self, condition, seconds: float = 60.0) -> bool:
        end, due = time.monotonic() + seconds, 0.0
        while not condition() and time.monotonic() < end:
            if self.sending and time.monotonic() >= due:
                due = time.monotonic() + 1 / 60
                face, body = self.animator.step(time.time_ns())
                self.bus.publish("face_pose", face)
                self.bus.publish("body_pose", self.spoil(body))
            self.executor.spin_once(timeout_sec=0.005)
        return condition()

    def state(self) -> str:
        return self.node.detail.get("state", "")

    def lines(self, key: str) -> list[dict]:
        """Commands that came, of one kind."""
        if not self.log.exists():
            return []
        whole = self.log.read_text().rpartition("\n")[0]
        return [line for line in map(json.loads, filter(None, whole.split("\n"))) if key in line]

    def close(self) -> None:
        self.executor.remove_node(self.node)
        self.node.trigger_shutdown()
        self.node.destroy_node()


@pytest.fixture
def world(executor, tmp_path, daemon):
    worlds = []

    def make(**parameters) -> World:
        worlds.append(World(executor, tmp_path, daemon[0], **parameters))
        return worlds[-1]

    yield make
    for made in worlds:
        made.close()


def test_it_goes_to_rest_and_then_follows_with_a_tail_to_brake_along(world):
    w = world().up()
    heard = []
    w.node.create_subscription(JointState, "joint_states", heard.append, 10)
    assert w.until(lambda: len(w.lines("go")) > 60 and len(heard) > 3)
    assert len(w.lines("home")) == 1
    for line in w.lines("go"):
        points = np.array(line["go"])
        assert points.shape[0] >= 3 and points.shape[1] == len(JOINTS)
        assert np.isfinite(points).all() and line["every"] == pytest.approx(1 / 30)
        assert line["since"] == 1 and len(json.dumps(line)) < 4096  # one write to a pipe
    assert list(heard[-1].name) == list(JOINTS)
    w.sending = False
    rest = w.node._robot.rest_position
    assert w.until(lambda: "no pose" in w.state() and np.allclose(
        w.lines("go")[-1]["go"][0], rest, atol=2e-3))
    w.node.trigger_deactivate()
    assert w.until(lambda: w.lines("ended"))


def test_disabled_it_is_not_commanded_and_enabled_it_rests_first(world):
    w = world(enabled=False).up()
    assert w.until(lambda: len(w.lines("hold")) > 10)
    assert not w.lines("go") and not w.lines("home")
    ask = w.node._enable(SetBool.Request(data=True), SetBool.Response())
    assert ask.success and w.until(lambda: w.state() == "follows")
    assert len(w.lines("home")) == 1
    w.node._enable(SetBool.Request(data=False), SetBool.Response())
    assert w.until(lambda: w.state().startswith("stands: the robot is disabled"))
    holds = len(w.lines("hold"))
    assert w.until(lambda: len(w.lines("hold")) > holds)


def test_the_process_with_the_sdk_is_killed(world, daemon, monkeypatch):
    monkeypatch.setattr(reachy_mini_link, "AGAIN", (0.1, 0.2))
    w = world().up()
    assert w.until(lambda: w.state() == "follows")
    os.kill(w.lines("pid")[0]["pid"], signal.SIGKILL)
    assert w.until(lambda: daemon[1])
    path, asked = daemon[1][0]
    assert path == "/api/move/goto" and asked["duration"] > 0
    assert asked["antennas"] == pytest.approx([-0.3, 0.3]) and asked["head_pose"]["yaw"] == 0
    assert w.until(lambda: len(w.lines("pid")) == 2 and w.state() == "follows")
    w.node.report()
    assert w.node.detail["sdk_ended"] == "1 times"


def test_poses_with_nan_are_as_none_and_two_publishers_stop_it(world):
    w = world().up()
    assert w.until(lambda: w.state() == "follows")

    def spoil(body):
        body.body_pose[3] = np.nan
        return body

    w.spoil = spoil
    assert w.until(lambda: "not finite" in w.state())
    assert all(np.isfinite(line["go"]).all() for line in w.lines("go"))
    w.spoil = lambda body: body
    assert w.until(lambda: w.state() == "follows")
    other = rclpy.create_node("other")
    publisher = other.create_publisher(BodyPose, "body_pose", qos.RESULT)

    def both() -> bool:
        publisher.publish(body_to_msg(w.animator.step(time.time_ns())[1]))
        return "several publishers" in w.state()

    assert w.until(both)
    other.destroy_node()
    assert w.until(lambda: w.state() == "follows")


def test_an_sdk_that_ends_at_once_is_told_and_tried_again(world, monkeypatch):
    monkeypatch.setattr(reachy_mini_link, "AGAIN", (0.1, 0.2))
    w = world()
    Path(w.node.parameters["sdk_python"]).write_text("#!/bin/sh\necho No module >&2\nexit 1\n")
    w.up()
    assert w.until(lambda: w.node._link.ends > 1 and "No module" in w.state())
    w.node.report()
    assert "not reached" in w.node.detail["robot_notes"]


def test_without_the_sdk_it_does_not_configure(world, tmp_path):
    w = world(sdk_python=str(tmp_path / "none"))
    assert w.node.trigger_configure() != SUCCESS
    assert "pip install reachy-mini" in w.node.fault


def test_a_map_of_another_robot_is_refused(world):
    w = world(robot="g1")
    assert w.node.trigger_configure() != SUCCESS and "none of a Reachy Mini" in w.node.fault


def test_the_graph_takes_the_stage_that_moves_the_robot():
    assert "reachy_mini" in Graph({"retarget": {"robot": "reachy_mini"}})._names
    assert "retarget" not in Graph({"retarget": {"robot": "reachy_mini"}})._names
    assert "reachy_mini" not in Graph({"retarget": {"robot": "g1"}})._names
    assert not {"retarget", "reachy_mini"} & set(Graph()._names)
    made = Graph({"retarget": {"robot": "reachy_mini"}, "reachy_mini": {"robot_host": "h"}})
    assert made._overrides["reachy_mini"] == {"robot_host": "h", "robot": "reachy_mini"}


def test_where_it_is_is_read_from_the_heads_pose():
    joints = np.array([0.01, -0.01, 0.005, 0.2, -0.3, 0.4, 2.9, -0.5, 0.6])
    assert np.allclose(joints_of(head_matrix(joints), 2.9, [-0.5, 0.6]), joints)


@pytest.mark.slow
def test_reachy_minis_own_daemon_is_driven_and_survives_kills(monkeypatch):
    """In a network namespace; skips where the robot's SDK is not installed."""
    if why := bench_reachy_mini.available():
        pytest.skip(why)
    for _ in range(2):  # once more where a busy machine has held the stream up
        try:
            found = bench_reachy_mini.measure(3.0)
        except KinesicsError as error:
            pytest.fail(str(error))
        if found["rate"] >= 55 and found["head_deg"] <= 2.0:
            break
    assert found["rate"] >= 55 and found["head_deg"] <= 2.0 and found["moved_deg"] > 10
    assert found["antennas_deg"] > 30
    assert found["rests_after_node_s"] < 3.0  # also on a machine that is busy
    assert np.isfinite(list(found.values())).all()
