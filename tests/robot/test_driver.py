"""A robot follows a stream of poses, and stands where the stream is not as it should be."""

from __future__ import annotations

import math

import numpy as np
import pytest

pytest.importorskip("pinocchio")
pytest.importorskip("daqp")
import toy_robot

from kinesics_core.robot.driver import Driver, DriverConfig
from kinesics_core.robot.model import RobotModel
from kinesics_core.robot.pose_stream import PoseStream
from kinesics_core.robot.retarget import Retargeter
from kinesics_core.robot.robot_map import RobotMap
from kinesics_core.robot.trajectory import trajectory_points
from kinesics_core.types import BodyPose, FacePose

RATE = 100
SPEED = 5.0  # rad/s, of the toy's fastest joint
LEFT_SHOULDER, RIGHT_SHOULDER = 15, 16  # of the 21 rotations


def pose(swing: float, time: float = 0.0) -> BodyPose:
    """A body whose arms hang at 0 and lie level at 1."""
    body = np.zeros((21, 3), np.float32)
    down = -1.4 + 1.4 * swing
    body[LEFT_SHOULDER, 2], body[RIGHT_SHOULDER, 2] = down, -down
    stamp, zeros = int(1e9 * time) + 1, np.zeros(3, np.float32)
    hand = np.zeros((15, 3), np.float32)
    return BodyPose(stamp, stamp, zeros, zeros, body, hand, hand, zeros,
                    np.zeros(10, np.float32))


@pytest.fixture(scope="module")
def robot(tmp_path_factory):
    file = toy_robot.write_toy(tmp_path_factory.mktemp("toy"))
    return RobotModel.load(file.with_suffix(".urdf")), RobotMap.load(file)


@pytest.fixture
def driver(robot) -> Driver:
    return Driver(Retargeter(*robot, RATE), DriverConfig(robot="toy"))


def run(driver: Driver, seconds: float, start: float = 0.0, poses=None, rate: float = 60.0):
    """Commands of ``seconds``; ``poses(time)`` gives a pose, at ``rate``."""
    commands, shown = [], -1
    for step in range(round(seconds * RATE)):
        now = start + step / RATE
        number = math.floor((now - start) * rate + 1e-9)
        if poses is not None and number != shown:
            shown = number
            driver.show(poses(start + number / rate), now)
        commands.append(driver.step(now))
    return commands


def at(command, joint: str) -> float:
    return float(command.position[command.names.index(joint)])


def fastest(command) -> float:
    return float(np.abs(command.velocity).max())


def test_it_goes_slowly_to_the_first_pose_and_then_follows(driver):
    commands = run(driver, 4.0, poses=lambda time: pose(1.0))
    assert driver.state == "follows"
    assert max(map(fastest, commands[:20])) < 0.5 * SPEED
    assert at(commands[-1], "left_shoulder_roll") == pytest.approx(math.pi / 2, abs=0.15)
    assert at(commands[-1], "right_shoulder_roll") == pytest.approx(-math.pi / 2, abs=0.15)


def waving(time: float) -> BodyPose:
    return pose(0.5 + 0.4 * math.sin(4 * time), time)


def test_a_stream_of_another_rate_is_followed_evenly(driver):
    """Poses of 60 Hz, commands of 100 Hz: as smooth as the motion is, not as the two rates beat."""
    commands = run(driver, 6.0, poses=waving)[300:]
    speeds = np.array([command.velocity for command in commands])
    jolts = np.abs(np.diff(speeds, axis=0)) * RATE
    # A swing of 0.56 rad at 4 rad/s accelerates by 9 rad/s^2 at most.
    assert np.percentile(jolts, 99) < 2.0 * 1.4 * 0.4 * 16


@pytest.mark.parametrize("rate", [60.0, 25.0])
def test_without_poses_it_stands_within_a_second_and_stays(driver, rate):
    run(driver, 3.0, poses=waving, rate=rate)
    after = run(driver, 3.0, start=3.0)
    standing = list(after[RATE:])
    assert max(map(fastest, standing)) < 1e-6
    assert np.ptp([command.position for command in standing], axis=0).max() == 0.0
    assert driver.state == "stands: no pose comes any more on body_pose"


def test_it_takes_up_the_stream_again_slowly(driver):
    run(driver, 3.0, poses=waving)
    before = run(driver, 2.0, start=3.0)[-1]
    again = run(driver, 3.0, start=5.0, poses=waving)
    assert driver.state == "follows"
    assert np.abs(again[0].position - before.position).max() < 0.05
    assert max(map(fastest, again[:10])) < 0.5 * SPEED


def test_when_told_to_it_goes_on_to_the_rest_of_its_map(driver):
    driver.config = DriverConfig(robot="toy", when_lost="rest")
    run(driver, 3.0, poses=lambda time: pose(1.0))
    last = run(driver, 6.0, start=3.0)[-1]
    assert driver.state.startswith("goes to rest")
    assert at(last, "left_shoulder_roll") == pytest.approx(0.0, abs=1e-3)
    assert at(last, "left_elbow") == pytest.approx(-0.2, abs=1e-3)


def test_poses_of_nan_are_none_and_it_is_said(driver):
    run(driver, 2.0, poses=waving)
    broken = pose(1.0)
    broken.body_pose[3, 1] = np.nan
    after = run(driver, 2.0, start=2.0, poses=lambda time: broken)
    assert np.isfinite([command.position for command in after]).all()
    assert max(map(fastest, after[RATE:])) < 1e-6
    assert "not finite" in driver.state


def test_it_brakes_where_the_poses_are_not_to_be_followed(driver):
    run(driver, 2.0, poses=waving)
    driver.hold = "several publishers send body_pose at once"
    after = run(driver, 1.5, start=2.0, poses=waving)
    assert max(map(fastest, after[RATE:])) < 1e-6
    assert driver.state == "stands: several publishers send body_pose at once"
    driver.hold = ""
    run(driver, 0.1, start=3.5, poses=waving)
    assert driver.state == "follows"


def test_a_robot_that_is_disabled_brakes_and_is_commanded_no_more(driver):
    run(driver, 2.0, poses=waving)
    driver.enable(False)
    after = run(driver, 1.5, start=2.0, poses=waving)
    commanded = [command for command in after if command is not None]
    assert 0 < len(commanded) < RATE and after[-1] is None
    assert np.abs(commanded[-1].velocity).max() < 0.1
    driver.enable(True)
    again = run(driver, 1.0, start=3.5, poses=waving)
    assert all(command is not None for command in again) and driver.state == "follows"


def test_less_speed_is_used_where_less_is_allowed(driver):
    driver.config = DriverConfig(robot="toy", speed=0.2)
    commands = run(driver, 4.0, poses=waving)
    assert max(map(fastest, commands)) <= 0.2 * SPEED + 1e-9


def test_a_motion_too_fast_for_the_robot_is_told(driver):
    run(driver, 4.0, poses=lambda time: pose(0.5 + 0.5 * math.sin(15 * time), time))
    assert "shown smaller" in driver.too_fast and "shoulder" in driver.lag[0]
    calm = lambda time: pose(0.5 + 0.2 * math.sin(time), time)  # noqa: E731
    run(driver, 6.0, start=4.0, poses=calm)
    assert driver.too_fast == ""


def test_the_tail_of_the_last_command_stops_the_robot_when_we_are_dead(driver):
    commands = run(driver, 3.0, poses=waving)
    fast = max(commands, key=fastest)
    times, positions, velocities = trajectory_points(fast, driver._retargeter.limits)
    assert len(times) >= 3 and times[-1] < 1.0
    assert (velocities[-1] == 0).all() and np.isfinite(positions).all()


def test_the_faces_head_turns_the_head(driver):
    """Of somebody else's face, which does not come from the body's animator."""
    def show(time: float) -> BodyPose:
        stamp = int(1e9 * time)
        driver.face(FacePose(stamp, stamp + 5, np.zeros(52, np.float32), np.zeros(2, np.float32),
                             np.array([0.0, 0.2, 0.5], np.float32)))
        return pose(0.0, time)

    last = run(driver, 4.0, poses=show)[-1]
    assert at(last, "neck_yaw") == pytest.approx(0.5, abs=0.06)
    assert at(last, "neck_pitch") == pytest.approx(0.2, abs=0.06)


def test_commands_go_on_from_where_the_robot_is(driver):
    driver.begin({"left_shoulder_roll": 1.0, "unknown": 3.0})
    first = run(driver, 0.02, poses=lambda time: pose(0.0))[0]
    assert at(first, "left_shoulder_roll") == pytest.approx(1.0, abs=0.02)


def test_a_pose_stream_moves_evenly_though_its_poses_come_unevenly():
    stream, random = PoseStream(), np.random.default_rng(0)
    assert stream.at(0.0) is None
    swings = []
    for step in range(300):
        now = step / 100
        if step % 5 == 0:  # 20 Hz, up to 5 ms late
            stream.add(pose(now / 3, now), now + random.uniform(0, 0.005))
        swings.append(stream.at(now + 0.006).body_pose[LEFT_SHOULDER, 2])
    speeds = np.diff(swings[200:])
    np.testing.assert_allclose(speeds, 1.4 / 300, rtol=0.35)
    assert stream.at(99.0).body_pose[LEFT_SHOULDER, 2] == pytest.approx(-1.4 + 1.4 * 2.95 / 3)


def test_a_jump_of_a_stream_or_of_its_clock_is_no_movement():
    stream = PoseStream()
    stream.add(pose(0.0, 5.0), 0.0)
    stream.add(pose(1.0, 5.0 + 1 / 60), 1 / 60)
    assert stream.at(1 / 60).body_pose[LEFT_SHOULDER, 2] == pytest.approx(0.0, abs=1e-6)
    stream.add(pose(0.5, 2.0), 2 / 60)
    assert stream.at(2 / 60).body_pose[LEFT_SHOULDER, 2] == pytest.approx(-0.7, abs=1e-6)
