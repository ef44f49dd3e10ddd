"""robot.launch.py: a robot moves, stands while a stage is dead, and follows again afterwards."""

from __future__ import annotations

import os
import signal
import time

import pytest

launch_pytest = pytest.importorskip("launch_pytest")
pytest.importorskip("launch_ros")
pytest.importorskip("pinocchio")
import fake_reachy_sdk
import toy_robot

pytestmark = pytest.mark.slow


@launch_pytest.fixture
def composed(describe, tmp_path):
    return describe("robot", robot=str(toy_robot.write_toy(tmp_path)), source="synthetic")


@pytest.mark.launch(fixture=composed)
def test_one_process_moves_the_robot(run, listener):
    from trajectory_msgs.msg import JointTrajectory

    messages = listener.messages(JointTrajectory, "/joint_trajectory", 100)
    assert len(messages) == 100, run.text
    assert "left_elbow" in messages[0].joint_names
    assert list(run.pids) == ["kinesics_up"]
    positions = {tuple(message.points[0].positions) for message in messages}
    assert len(positions) > 50, "it does not move"


@launch_pytest.fixture
def separate(describe, tmp_path):
    return describe("robot", robot=str(toy_robot.write_toy(tmp_path)), source="synthetic",
                    composed="false")


@pytest.mark.launch(fixture=separate)
def test_the_robot_stands_while_a_stage_is_dead_and_follows_again(run, listener):
    from trajectory_msgs.msg import JointTrajectory

    heard: list[tuple[float, JointTrajectory]] = []
    listener.node.create_subscription(
        JointTrajectory, "/joint_trajectory",
        lambda m: heard.append((time.monotonic(), m)), 10)

    def moves() -> bool:
        return bool(heard) and any(abs(v) > 1e-3 for v in heard[-1][1].points[0].velocities)

    def stands() -> bool:
        last = heard[-1][1].points
        return not any(last[0].velocities) and last[0].positions == last[-1].positions

    assert listener.wait(moves), run.text
    os.kill(run.pids["expression_node"][0], signal.SIGKILL)
    assert listener.wait(stands), "it moves on without poses"
    assert listener.wait(lambda: len(run.pids["expression_node"]) == 2), run.text
    assert listener.wait(moves), "it does not follow again"
    assert len(run.pids["retarget_node"]) == 1
    os.kill(run.pids["retarget_node"][0], signal.SIGKILL)
    killed = time.monotonic()
    assert listener.wait(lambda: len(run.pids["retarget_node"]) == 2), run.text
    assert listener.wait(lambda: heard[-1][0] > killed + 1.0 and moves()), run.text


@launch_pytest.fixture
def reachy_mini(describe, tmp_path, monkeypatch):
    monkeypatch.setenv("KINESICS_REACHY_PYTHON", str(fake_reachy_sdk.install(tmp_path)))
    return describe("robot", robot="reachy_mini", source="synthetic", robot_host="10.0.0.7")


@pytest.mark.launch(fixture=reachy_mini)
def test_a_reachy_mini_is_moved_by_its_own_sdk(run, listener, tmp_path):
    log = tmp_path / "log"
    assert listener.wait(lambda: log.exists() and log.read_text().count('"go"') > 50), run.text
    assert '"host": "10.0.0.7"' in log.read_text()
    assert list(run.pids) == ["kinesics_up"]


@launch_pytest.fixture
def reachy_mini_alone(describe, tmp_path, monkeypatch):
    monkeypatch.setenv("KINESICS_REACHY_PYTHON", str(fake_reachy_sdk.install(tmp_path)))
    return describe("robot", robot="reachy_mini", source="synthetic", composed="false")


@pytest.mark.launch(fixture=reachy_mini_alone)
def test_the_node_of_a_reachy_mini_is_killed_and_comes_back(run, listener, tmp_path):
    log = tmp_path / "log"
    assert listener.wait(lambda: log.exists() and '"go"' in log.read_text()), run.text
    assert "retarget_node" not in run.pids
    os.kill(run.pids["reachy_mini_node"][0], signal.SIGKILL)
    # The process with the SDK notices, and another one follows again.
    assert listener.wait(lambda: '"ended"' in log.read_text()), run.text
    assert listener.wait(lambda: '"go"' in log.read_text().rpartition('"ended"')[2]), run.text


def test_a_robot_that_is_not_there_is_named(describe, run, failing):
    assert "nobody" in failing(describe("robot", robot="/nobody.yaml", source="synthetic"))
    assert not run.pids
