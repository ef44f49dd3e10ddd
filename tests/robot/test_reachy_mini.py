"""A person's head, body and affect on a Reachy Mini; limits; the antennas."""

from __future__ import annotations

import json
import math
import subprocess

import numpy as np
import pytest
import yaml

from kinesics_core.affect.emotions import EMOTION_VAD, EMOTIONS
from kinesics_core.errors import KinesicsError, ModelError
from kinesics_core.expression.body_animator import head_pose
from kinesics_core.expression.faces import face_of_emotion
from kinesics_core.expression.faces.shown_affect import shown_affect
from kinesics_core.robot import reachy_mini_config
from kinesics_core.robot.antennas import Antennas, height
from kinesics_core.robot.driver import Driver, DriverConfig
from kinesics_core.robot.places import find_map, find_urdf
from kinesics_core.robot.reachy_mini import (
    BODY_FOLLOWS,
    FARTHEST,
    JOINTS,
    ReachyMini,
    eased,
    head_matrix,
    within,
)
from kinesics_core.robot.reachy_mini_config import ReachyMiniConfig, sdk_python
from kinesics_core.robot.robot_map import RobotMap, driver_of
from kinesics_core.rotations import about_axis
from kinesics_core.skeletons import SMPLX_BODY
from kinesics_core.types import BodyPose

HEAD, YAW, BODY, RIGHT, LEFT = slice(0, 6), 5, 6, 7, 8


def body(time: float = 0.0, **turns: tuple[float, float, float]) -> BodyPose:
    """A body whose joints are turned by axis-angle in degrees, in the model's axes."""
    pose = np.zeros((22, 3))
    for name, turn in turns.items():
        pose[SMPLX_BODY.index(name)] = np.radians(turn)
    stamp, zeros, hand = int(1e9 * time) + 1, np.zeros(3), np.zeros((15, 3))
    return BodyPose(stamp, stamp, zeros, pose[0], pose[1:], hand, hand, zeros, np.zeros(10))


def looking(roll: float, pitch: float, yaw: float) -> BodyPose:
    """A body whose head is turned by degrees, REP-103."""
    pose = body()
    neck = SMPLX_BODY.index("neck") - 1
    head = SMPLX_BODY.index("head") - 1
    pose.body_pose[neck], pose.body_pose[head] = head_pose(np.radians([roll, pitch, yaw]))
    return pose


@pytest.fixture
def robot() -> ReachyMini:
    return ReachyMini(RobotMap.load("reachy_mini"))


def settled(robot: ReachyMini, pose: BodyPose, seconds: float = 2.5) -> np.ndarray:
    """Return where the robot is after it has followed a pose for a while."""
    for _ in range(round(60 * seconds)):
        command = robot.step(pose, 1 / 60)
    return command.position


@pytest.mark.parametrize(("roll", "pitch", "yaw"), [(0, 0, 20), (0, 15, 0), (10, 0, 0),
                                                    (8, -12, -25), (0, 0, -34)])
def test_the_head_turns_as_the_persons_does(robot, roll, pitch, yaw):
    at = settled(robot, looking(roll, pitch, yaw))
    expected = (about_axis(2, math.radians(yaw)) @ about_axis(1, math.radians(pitch))
                @ about_axis(0, math.radians(roll)))
    assert np.allclose(head_matrix(at)[:3, :3], expected, atol=1e-6)
    assert abs(at[BODY]) < 1e-9


def test_the_body_takes_over_what_the_head_turns_too_far(robot):
    at = settled(robot, looking(0, 0, 70))
    assert at[BODY] == pytest.approx(math.radians(70) - BODY_FOLLOWS, abs=1e-4)
    assert at[YAW] + at[BODY] == pytest.approx(math.radians(70), abs=1e-4)


def test_the_body_turns_with_the_chest_and_the_head_with_it(robot):
    at = settled(robot, body(spine2=(0, 30, 0)))  # about the vertical, to the left
    assert at[BODY] == pytest.approx(math.radians(30), abs=1e-4)
    assert abs(at[YAW]) < 1e-4
    assert np.allclose(head_matrix(at)[:3, :3], about_axis(2, math.radians(30)), atol=1e-4)


def test_where_the_person_stands_and_faces_does_not_matter(robot):
    turned = body(pelvis=(0, 80, 0))
    assert np.allclose(robot.goal_of(turned)[:7], robot.goal_of(body())[:7], atol=1e-9)


def test_the_head_goes_where_the_trunk_leans_and_rises_with_a_breath(robot):
    forward = robot.goal_of(body(spine1=(15, 0, 0), head=(-15, 0, 0)))  # the gaze stays level
    assert forward[0] > 0.01 and abs(forward[1]) < 1e-9 and abs(forward[4]) < 1e-9
    aside = robot.goal_of(body(spine1=(0, 0, -8), head=(0, 0, 8)))
    assert abs(aside[1]) > 0.005 and abs(aside[3]) < 1e-9
    level = robot.goal_of(body())[2]
    inhaled = robot.goal_of(body(left_collar=(0, 0, 0.7), right_collar=(0, 0, -0.7)))[2]
    assert 0.002 < inhaled - level < 0.004
    assert robot.goal_of(body(left_collar=(0, 0, 40), right_collar=(0, 0, -40)))[2] <= 0.01


def test_its_head_turns_where_the_eyes_look_as_it_has_none_that_move(robot):
    robot.show_face(np.array([0.3, 0.1]), 0.0, 0.0)
    at = settled(robot, body())
    assert at[YAW] == pytest.approx(0.8 * 0.3, abs=1e-3)
    assert at[4] == pytest.approx(-0.8 * 0.1, abs=1e-3)
    robot.show_face(np.array([np.nan, 0.1]), np.nan, 0.0)
    assert np.isfinite(settled(robot, body())).all()


def test_a_pose_out_of_the_workspace_becomes_one_on_the_way_there(robot):
    for pose in (looking(60, 60, 60), looking(-80, 0, 100), body(spine1=(80, 0, 0)),
                 body(spine1=(0, 0, 60), head=(60, 0, 0))):
        at = settled(robot, pose)
        axes = np.where(at[HEAD] > 0, robot.limits.upper[HEAD], robot.limits.lower[HEAD])
        place, turn = np.linalg.norm((at[HEAD] / axes).reshape(2, 3), axis=1)
        assert turn <= FARTHEST + 1e-9 and place <= 1.0 - turn**2 + 1e-9
    far = np.array([0.02, 0, 0.01, 2.0, 1.0, 0, 0, 0, 0])
    for bounded in (within(far, robot.limits), eased(far, robot.limits)):
        assert bounded[3] / bounded[4] == pytest.approx(2.0)  # the same direction
        assert np.allclose(within(bounded, robot.limits), bounded)
    more = [eased(np.array([0, 0, 0, 0, pitch, 0, 0, 0, 0]), robot.limits)[4]
            for pitch in np.linspace(0.4, 1.4, 30)]
    assert more == sorted(set(more)) and more[0] == pytest.approx(0.4)
    near = np.array([0.001, 0, -0.001, 0.1, 0.1, 0.2, 1.0, -0.3, 0.3])
    assert np.array_equal(within(near, robot.limits), near)


def test_limits_hold_whatever_is_asked_for(robot):
    random = np.random.default_rng(0)
    elapsed = (1 / 60, 1 / 100, 1 / 30, 0.07, 0.0, -1.0, math.nan, 3.0, 0.11)
    before, pose = robot.command, body()
    low, high = robot.limits.lower - 1e-9, robot.limits.upper + 1e-9
    for step in range(2500):
        if step % 40 == 0:
            pose = body()
            pose.body_pose[:] = random.normal(0.0, 0.6, (21, 3))
            robot.show_face(random.normal(0, 1, 2), *random.normal(0, 2, 2))
            robot.speed = float(random.choice([1.0, 0.3, 0.0, math.nan]))
        if step % 97 == 0:
            pose.body_pose[3] = np.nan
        dt = elapsed[0] if random.random() < 0.8 else float(random.choice(elapsed))
        command = robot.step(pose, dt)
        inside = robot._limiter.position
        assert (inside >= low).all() and (inside <= high).all()
        assert (np.abs(command.velocity) <= robot.limits.velocity + 1e-9).all()
        if 1e-4 <= dt <= 0.1:
            change = np.abs(command.velocity - before.velocity) / dt
            assert (change <= robot.limits.acceleration * (1 + 1e-9) + 1e-9).all()
        before = command
        assert np.isfinite(head_matrix(command.position)).all()


def test_the_driver_brakes_it_and_brings_it_to_rest(robot):
    driver = Driver(robot, DriverConfig(robot="reachy_mini", when_lost="rest"))
    for step in range(240):
        driver.show(looking(0, 10, 20), step / 60)
        driver.step(step / 60)
    assert driver.state == "follows"
    assert math.degrees(driver.command.position[YAW]) == pytest.approx(20, abs=0.5)
    stood = None
    for step in range(240, 600):
        command = driver.step(step / 60)
        if stood is None and np.abs(command.velocity).max() < 1e-6:
            stood = step / 60 - 4.0
    assert stood is not None and stood < 1.0
    assert np.allclose(command.position, robot.rest_position, atol=1e-3)


def test_the_face_that_our_emotions_have_is_read_back():
    for index, name in enumerate(EMOTIONS):
        valence, arousal = shown_affect(face_of_emotion(index, 1.0))
        assert abs(valence - EMOTION_VAD[index, 0]) < 0.2, name
        assert abs(arousal - EMOTION_VAD[index, 1]) < 0.2, name
    weak, full = (shown_affect(face_of_emotion("happiness", share))[0] for share in (0.4, 1.0))
    assert 0.1 < weak < full
    assert shown_affect(np.full(52, np.nan)) == (0.0, 0.0)


def test_antennas_stand_by_affect():
    at = {name: math.degrees(height(*EMOTION_VAD[index, :2]))
          for index, name in enumerate(EMOTIONS)}
    assert at["happiness"] < at["neutral"] < at["contempt"] < at["fear"] < at["sadness"]
    assert at["sadness"] - at["happiness"] > 60 and at["anger"] - at["neutral"] > 35


def test_antennas_swing_for_joy_tremble_for_fear_and_sway_at_rest():
    def path(name: str) -> np.ndarray:
        antennas, vad = Antennas(), EMOTION_VAD[EMOTIONS.index(name)]
        return np.degrees([antennas.step(vad[0], vad[1], 1 / 60) for _ in range(600)])

    joy, fear, rest, sorrow = map(path, ("happiness", "fear", "neutral", "sadness"))
    assert np.ptp(joy[:, 0]) > 10 and np.allclose(joy[:, 0], joy[:, 1])
    assert np.ptp(fear[:, 0] - fear[:, 1]) > 1
    assert 1 < np.ptp(rest[:, 0]) < 4 and np.ptp(sorrow[:, 0]) < 4


def test_the_right_antenna_goes_the_other_way_round(robot):
    robot.show_face(np.zeros(2), -0.6, -0.3)
    at = settled(robot, body())
    assert at[RIGHT] == pytest.approx(-at[LEFT]) and at[LEFT] > 1.0


def test_a_map_without_a_limit_is_refused(tmp_path):
    known = yaml.safe_load(find_map("reachy_mini").read_text())
    del known["limits"]["head_z"]["lower"]
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump(known))
    assert driver_of(str(file)) == "reachy_mini"
    with pytest.raises(ModelError, match="head_z"):
        ReachyMini(RobotMap.load(file))


def test_who_wants_its_joints_is_told_that_it_has_none():
    assert driver_of("g1") == "" == driver_of("no such robot") == driver_of("")
    with pytest.raises(ModelError, match="no joints to be mapped"):
        find_urdf("reachy_mini")
    assert set(RobotMap.load("reachy_mini").limits) == set(JOINTS)


def test_the_sdk_is_found_or_its_absence_is_told(tmp_path, monkeypatch):
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(reachy_mini_config, "USUAL_PLACE", str(tmp_path / "none"))
    monkeypatch.setenv("KINESICS_REACHY_PYTHON", str(python))
    with pytest.raises(KinesicsError, match="no program"):
        sdk_python()
    python.chmod(0o755)
    assert sdk_python() == str(python) == sdk_python(str(python))
    monkeypatch.delenv("KINESICS_REACHY_PYTHON")
    with pytest.raises(KinesicsError, match="pip install reachy-mini"):
        sdk_python()
    (tmp_path / "reachy-mini-daemon").write_text("#!/bin/sh\n")
    (tmp_path / "reachy-mini-daemon").chmod(0o755)
    assert sdk_python() == str(python)


def test_the_config_gives_the_driver_its_own():
    config = ReachyMiniConfig(speed=0.4, when_lost="stand", enabled=False)
    assert (config.driver.speed, config.driver.when_lost, config.driver.enabled) == (
        0.4, "stand", False)
    with pytest.raises(KinesicsError, match="robot_port"):
        ReachyMiniConfig(robot_port=0)


@pytest.mark.slow
def test_every_pose_of_the_workspace_is_reached_by_the_sdks_own_kinematics(robot):
    """Its six motors within the range of its URDF; skips where the SDK is not installed."""
    try:
        python = sdk_python()
    except KinesicsError as error:
        pytest.skip(str(error))
    random = np.random.default_rng(3)
    joints = np.zeros((3000, len(JOINTS)))
    joints[:, HEAD] = random.normal(size=(3000, 6))
    joints[:, HEAD] *= robot.limits.upper[HEAD] * random.choice([0.3, 0.6, 100], (3000, 1))
    joints[:, BODY] = random.uniform(-2.7, 2.7, 3000)
    poses = [[*head_matrix(at).ravel().tolist(), float(at[BODY])]
             for at in (within(row, robot.limits) for row in joints)]
    done = subprocess.run([python, "-c", _REACHED], input=json.dumps(poses), text=True,
                          capture_output=True, check=True)
    assert json.loads(done.stdout) == 3000


_REACHED = """
import json, sys
import numpy as np
import xml.etree.ElementTree as xml
from importlib.resources import files
from reachy_mini.kinematics import AnalyticalKinematics
robot = AnalyticalKinematics(automatic_body_yaw=False)
urdf = files("reachy_mini") / "descriptions/reachy_mini/urdf/robot_no_collision.urdf"
ranges = {joint.get("name"): joint.find("limit") for joint in xml.parse(str(urdf)).iter("joint")}
ends = [(float(ranges[f"stewart_{n}"].get("lower")), float(ranges[f"stewart_{n}"].get("upper")))
        for n in range(1, 7)]
low, high = np.array(ends).T
reached = 0
for *pose, body in json.load(sys.stdin):
    motors = robot.ik(np.array(pose).reshape(4, 4), body_yaw=body)[1:]
    reached += bool(np.isfinite(motors).all() and (motors >= low).all() and (motors <= high).all())
print(reached)
"""
