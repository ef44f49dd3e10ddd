"""Whole motions: the fuzzer finds nothing, capsules stay apart, what is too fast is shown so."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from toy_robot import write_toy

pytest.importorskip("pinocchio")

from kinesics_core.cli import main
from kinesics_core.robot.capsules import capsules_of
from kinesics_core.robot.command import JointCommand
from kinesics_core.robot.fuzz import fuzz
from kinesics_core.robot.limits import Limits
from kinesics_core.robot.model import RobotModel
from kinesics_core.robot.offline import body_of, retarget_motion, settle
from kinesics_core.robot.reduction import MotionReducer
from kinesics_core.robot.retarget import Retargeter, hand_closed
from kinesics_core.robot.robot_map import RobotMap
from kinesics_core.robot.trajectory import trajectory_points
from kinesics_core.robot.trajectory_message import serialised
from kinesics_core.skeletons import SMPLX_BODY


@pytest.fixture
def toy(tmp_path, monkeypatch):
    monkeypatch.setenv("KINESICS_ASSETS", str(tmp_path / "cache"))
    return write_toy(tmp_path)


@pytest.fixture
def robot(toy):
    return Retargeter(RobotModel.load(toy), RobotMap.load(toy))


def waving(frequency, seconds=4.0, rate=60.0):
    """A forearm that swings, half a radian either way."""
    times = np.arange(int(seconds * rate)) / rate
    rotations = np.zeros((len(times), 22, 3))
    rotations[:, SMPLX_BODY.index("left_shoulder"), 2] = -0.2
    rotations[:, SMPLX_BODY.index("right_shoulder"), 2] = 1.3
    rotations[:, SMPLX_BODY.index("left_elbow"), 1] = -1.2 + 0.5 * np.cos(
        2 * np.pi * frequency * times)
    return rotations


def test_nothing_a_fuzzer_asks_for_leads_out_of_bounds(robot):
    found = fuzz(robot, 2500)
    assert (found.position, found.velocity, found.acceleration) == (0, 0, 0)
    assert found.touching == 0


def test_hands_that_would_meet_stay_apart(robot):
    rotations = np.zeros((22, 3))
    for side, sign in (("left", 1), ("right", -1)):
        rotations[SMPLX_BODY.index(f"{side}_shoulder")] = (0, -1.5 * sign, -0.2 * sign)
        rotations[SMPLX_BODY.index(f"{side}_elbow")] = (0, -1.2 * sign, 0)
    deepest = 0.0
    for _ in range(300):
        command = robot.step(body_of(rotations), 1 / 60)
        deepest = max(deepest, robot.overlap(command.position))
    assert robot.guard.checker.pairs and deepest <= 0.0
    free = Retargeter(robot.model, robot.map, collisions=False)
    for _ in range(300):
        command = free.step(body_of(rotations), 1 / 60)
    assert robot.overlap(command.position) > 0.01, "they would have met"


def test_limbs_that_touch_go_along_each_other(robot):
    """Hands that press against each other follow to where they press elsewhere."""
    rotations = np.zeros((22, 3))
    for side, sign in (("left", 1), ("right", -1)):
        rotations[SMPLX_BODY.index(f"{side}_elbow")] = (0, -1.2 * sign, 0)
    for lift in (-0.6, 0.3, -0.3):
        for side, sign in (("left", 1), ("right", -1)):
            rotations[SMPLX_BODY.index(f"{side}_shoulder")] = (0, -1.5 * sign, lift * sign)
        held = 0
        for _ in range(240):
            command = robot.step(body_of(rotations), 1 / 60)
            held += robot.guard.held
            assert robot.overlap(command.position) < 0.002
        np.testing.assert_allclose(command.position, robot.goal, atol=0.05)
    assert held < 240, "it does not hang on the guard"


def test_capsules_are_fitted_once_and_a_broken_cache_is_replaced(toy, monkeypatch):
    model, robot_map = RobotModel.load(toy), RobotMap.load(toy)
    first = capsules_of(model, robot_map)
    (kept,) = (toy.parent / "cache").rglob("capsules-*.json")
    from kinesics_core.robot import capsules

    with monkeypatch.context() as patch:
        patch.setattr(capsules, "fit_capsules", lambda *_: pytest.fail("fitted again"))
        assert capsules_of(model, robot_map) == first
    kept.write_text('{"capsules": [[')
    assert capsules_of(model, robot_map) == first
    assert kept.read_text().endswith("}")


def test_a_swing_that_is_too_fast_is_made_smaller_in_its_own_time():
    limits = Limits(("a",), np.array([-3.0]), np.array([3.0]), np.array([1.0]), np.array([100.0]))
    reducer, rate, frequency = MotionReducer(limits), 100.0, 1.0
    times = np.arange(0, 8, 1 / rate)
    wide = np.sin(2 * np.pi * frequency * times)  # 6.3 rad/s
    shown = np.array([reducer.step(np.array([goal]), 1 / rate)[0] for goal in wide])[400:]
    assert np.abs(np.diff(shown)).max() * rate < 1.0
    assert np.corrcoef(shown, wide[400:])[0, 1] > 0.95
    slow = MotionReducer(limits)
    for goal in 0.1 * wide:
        np.testing.assert_allclose(slow.step(np.array([goal]), 1 / rate), goal, atol=1e-9)


def test_a_swing_whose_acceleration_is_too_much_is_made_smaller():
    limits = Limits(("a",), np.array([-3.0]), np.array([3.0]), np.array([3.0]), np.array([20.0]))
    reducer, rate = MotionReducer(limits), 60.0
    wide = 0.16 * np.sin(2 * np.pi * 3.0 * np.arange(0, 8, 1 / rate))  # 3.0 rad/s, 57 rad/s^2
    shown = np.array([reducer.step(np.array([goal]), 1 / rate)[0] for goal in wide])[240:]
    assert np.abs(shown).max() < 0.6 * 0.16


def test_one_change_of_speed_is_no_swing():
    """A goal that goes at full speed from one pose to the next and stands, as near a singularity.

    Its speed changes at once, six times as much as the joint may accelerate in a step.
    """
    limits = Limits(("a",), np.array([-3.0]), np.array([3.0]), np.array([2.5]), np.array([20.0]))
    reducer, rate = MotionReducer(limits), 60.0
    for way in (0.0, 0.5, 0.0):
        goals = way + (0.5 - 2 * way) * np.clip(np.arange(0, 3, 1 / rate) * 5.0, 0.0, 1.0)
        for goal in goals:
            np.testing.assert_allclose(reducer.step(np.array([goal]), 1 / rate), goal, atol=1e-9)


def test_live_says_what_it_shows_smaller(robot):
    frames = waving(3.0)
    settle(robot, body_of(frames[0]))
    for frame in frames:
        robot.step(body_of(frame), 1 / 60)
    assert "left_elbow" in robot.reduced and robot.reduced["left_elbow"] < 0.8
    assert "right_elbow" not in robot.reduced


def test_offline_a_fast_motion_is_slowed_and_then_followed(robot):
    slow, fast = (retarget_motion(robot, waving(frequency), 60.0) for frequency in (0.3, 3.0))
    assert slow.slower == pytest.approx(1.0) and fast.slower > 1.3
    assert fast.times[-1] == pytest.approx(slow.times[-1] * fast.slower, rel=0.02)
    arms = [index for index, part in enumerate(fast.parts) if "arm" in part]
    assert np.median(fast.error[:, arms]) < 5.0


def test_a_controller_sees_no_more_acceleration_than_the_stream(robot):
    """Cubics to the first point, each from where the one before had come to, at 300 Hz."""
    frames = waving(0.7)
    settle(robot, body_of(frames[0]))
    commands = [robot.step(body_of(frame), 1 / 60) for frame in frames]
    own = max(np.abs(command.acceleration).max() for command in commands)
    p, v, seen = commands[0].position, commands[0].velocity, 0.0
    for command in commands:
        times, positions, velocities = trajectory_points(command, robot.limits)
        (q, w), h = (positions[0], velocities[0]), times[0]
        a, b = (3 * (q - p) / h - 2 * v - w) / h, (v + w - 2 * (q - p) / h) / h**2
        start = p, v
        for clock in np.arange(1, 6) / 300:
            p = start[0] + clock * (start[1] + clock * (a + clock * b))
            v = start[1] + clock * (2 * a + 3 * clock * b)
            seen = max(seen, float(np.abs(2 * a + 6 * clock * b).max()))
    assert seen <= 1.1 * own


def test_hands_close_as_the_persons_do(robot):
    from kinesics_core.body.hand_poses import LEFT_FIST
    from kinesics_core.rotations import mirrored

    assert hand_closed(LEFT_FIST, "left_hand") == pytest.approx(1.0)
    assert hand_closed(0.5 * mirrored(LEFT_FIST), "right_hand") == pytest.approx(0.5)
    for _ in range(200):
        command = robot.step(body_of(waving(0.0)[0], (LEFT_FIST, np.zeros((15, 3)))), 1 / 60)
    at = dict(zip(command.names, command.position, strict=True))
    assert at["left_finger"] == pytest.approx(1.3, abs=0.01)
    assert at["right_finger"] == pytest.approx(0.0, abs=0.01)


def test_the_message_is_the_one_ros_writes():
    rosbags = pytest.importorskip("rosbags.typesys")
    types = rosbags.get_typestore(rosbags.Stores.ROS2_JAZZY)
    rng = np.random.default_rng(0)
    times, table = np.array([0.5, 1.25]), rng.normal(size=(3, 2, 3))
    data = serialised(("a", "elbow", "c3"), 5_000_000_007, times, *table)
    read = types.deserialize_cdr(data, "trajectory_msgs/msg/JointTrajectory")
    assert read.joint_names == ["a", "elbow", "c3"]
    assert (read.header.stamp.sec, read.header.stamp.nanosec) == (5, 7)
    for index, point in enumerate(read.points):
        np.testing.assert_array_equal(point.positions, table[0, index])
        np.testing.assert_array_equal(point.velocities, table[1, index])
        np.testing.assert_array_equal(point.accelerations, table[2, index])
        since = point.time_from_start
        assert since.sec + 1e-9 * since.nanosec == pytest.approx(times[index])


def test_the_command_shows_a_motion_on_a_robot(toy, tmp_path, capsys):
    archive = tmp_path / "wave.npz"
    np.savez(archive, wave=waving(0.5, seconds=2.0, rate=30.0).astype(np.float32))
    out = tmp_path / "out"
    assert main(["retarget", str(archive), "--robot", str(toy), "--out", str(out),
                 "--no-video"]) == 0
    told = capsys.readouterr()
    assert str(out / "joints.csv") in told.out
    assert "/0 " not in told.err and "video" not in told.err  # no bar of 0 steps
    with (out / "joints.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 110 and {"time", "left_elbow", "left_elbow.velocity"} <= set(rows[0])
    assert max(abs(float(row["left_elbow.velocity"])) for row in rows) > 0.3


def test_a_motion_that_is_not_there_is_a_sentence(toy, tmp_path, capsys):
    assert main(["retarget", str(tmp_path / "no.bvh"), "--robot", str(toy), "--out",
                 str(tmp_path / "out")]) != 0
    assert "does not exist" in capsys.readouterr().err


def test_a_still_command_is_a_still_trajectory(robot):
    still = JointCommand(robot.names, robot.rest_position, *np.zeros((2, len(robot.names))))
    _, positions, velocities = trajectory_points(still, robot.limits)
    assert (positions == robot.rest_position).all() and (velocities == 0).all()
