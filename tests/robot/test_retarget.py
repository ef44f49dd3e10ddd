"""A toy robot follows a body whose joints are known; and what it does with poses that are not."""

from __future__ import annotations

import math

import numpy as np
import pytest
from toy_robot import write_toy

pytest.importorskip("pinocchio")

from kinesics_core.errors import ModelError
from kinesics_core.robot.directions import PARTS, PersonDirections
from kinesics_core.robot.model import RobotModel
from kinesics_core.robot.retarget import Retargeter
from kinesics_core.robot.robot_map import RobotMap
from kinesics_core.rotations import about_axis, exponential, logarithm
from kinesics_core.skeletons import SMPLX_BODY
from kinesics_core.types import BodyPose

JOINT = {name: row - 1 for row, name in enumerate(SMPLX_BODY)}


def body(heading=0.0, **turns):
    rotations = np.zeros((21, 3))
    for name, turn in turns.items():
        rotations[JOINT[name]] = turn
    return BodyPose(0, 0, np.zeros(3), np.array([0.0, heading, 0.0]), rotations, np.zeros((15, 3)),
                    np.zeros((15, 3)), np.zeros(3), np.zeros(10))


ARMS_DOWN = {"left_shoulder": (0, 0, -1.4), "right_shoulder": (0, 0, 1.4)}


@pytest.fixture
def toy(tmp_path):
    return write_toy(tmp_path)


@pytest.fixture
def robot(toy):
    return Retargeter(RobotModel.load(toy), RobotMap.load(toy))


def settled(robot, pose, steps=400):
    for _ in range(steps):
        command = robot.step(pose, 1 / 60)
    return command


def angles(robot, pose, position):
    """Degrees between where the robot's links and the person's point."""
    wanted = PersonDirections(robot.parts).of(pose)
    got = robot.solver.directions(position[robot._follow])
    return dict(zip(robot.parts, np.degrees(np.arccos(np.clip(np.sum(wanted * got, 1), -1, 1))),
                    strict=True))


def test_the_t_pose_points_where_it_says():
    directions = dict(zip(PARTS, PersonDirections(tuple(PARTS)).of(body()), strict=True))
    np.testing.assert_allclose(directions["left_upper_arm"], (0, 1, 0), atol=1e-12)
    np.testing.assert_allclose(directions["right_hand"], (0, -1, 0), atol=1e-12)
    np.testing.assert_allclose(directions["head"], (1, 0, 0), atol=1e-12)
    np.testing.assert_allclose(directions["spine"], (0, 0, 1), atol=1e-12)
    np.testing.assert_allclose(directions["left_palm"], (0, 0, -1), atol=1e-12)


def test_the_heading_of_a_body_does_not_matter_and_its_lean_does():
    parts = ("spine", "left_upper_arm")
    straight, turned = (PersonDirections(parts).of(body(heading=turn, spine1=(0.3, 0, 0)))
                        for turn in (0.0, 2.2))
    np.testing.assert_allclose(straight, turned, atol=1e-12)
    lean = body()
    lean.global_orient[:] = logarithm(about_axis(1, 0.7) @ exponential(np.array([0.4, 0, 0])))
    np.testing.assert_allclose(PersonDirections(("spine",)).of(lean),
                               [(np.sin(0.4), 0, np.cos(0.4))], atol=1e-12)


@pytest.mark.parametrize("pose", [
    {**ARMS_DOWN},
    {"left_shoulder": (0, -0.7, -0.6), "left_elbow": (0, -1.2, 0), "right_shoulder": (0, 0.9, 0.3)},
    {"left_shoulder": (0, -1.0, -0.4), "left_elbow": (0, -1.5, 0), "right_shoulder": (0, 0, 1.2),
     "head": (0.2, 0.5, 0)},
    {**ARMS_DOWN, "spine2": (0.3, 0.4, 0), "neck": (0.2, -0.3, 0)},
])
def test_reachable_poses_are_reached(robot, pose):
    pose = body(**pose)
    command = settled(robot, pose)
    off = angles(robot, pose, command.position)
    limbs = [value for part, value in off.items() if "arm" in part]
    assert max(limbs) < 2.0, off
    assert off["head"] < 8.0, off  # the toy has no neck that rolls
    assert np.abs(command.velocity).max() < 0.02


def test_a_pose_with_nan_holds_the_last_and_says_so(robot):
    before = settled(robot, body(**ARMS_DOWN))
    broken = body(**ARMS_DOWN)
    broken.body_pose[JOINT["left_elbow"], 1] = math.nan
    after = robot.step(broken, 1 / 60)
    assert "not finite" in robot.note
    np.testing.assert_allclose(after.position, before.position, atol=1e-3)
    robot.step(body(**ARMS_DOWN), 1 / 60)
    assert robot.note == ""


def test_no_time_moves_nothing_and_after_a_gap_it_goes_on_from_where_it_braked(robot):
    for _ in range(30):
        moving = robot.step(body(**ARMS_DOWN), 1 / 60)
    for elapsed in (0.0, -5.0):
        np.testing.assert_array_equal(robot.step(body(), elapsed).position, moving.position)
    after = robot.step(body(), 30.0)
    assert (after.velocity == 0).all()
    assert np.abs(after.position - moving.position).max() < 0.5


def test_rest_is_where_the_map_says(robot):
    settled(robot, body())
    for _ in range(400):
        command = robot.rest(1 / 60)
    rest = dict(zip(command.names, command.position, strict=True))
    assert rest["left_elbow"] == pytest.approx(-0.2, abs=2e-3)
    assert rest["waist_yaw"] == pytest.approx(0.0, abs=2e-3)


def test_it_starts_slowly_from_where_the_robot_is(robot):
    robot.begin({"left_elbow": -2.0})
    first = robot.step(body(**ARMS_DOWN), 1 / 60)
    assert dict(zip(first.names, first.position, strict=True))["left_elbow"] < -1.98
    fastest = max(np.abs(robot.step(body(**ARMS_DOWN), 1 / 60).velocity).max() for _ in range(20))
    assert fastest < 0.5 * robot.limits.velocity.max()


@pytest.mark.parametrize(("change", "said"), [
    (("link: left_upper_arm,", "link: left_nothing,"), "left_nothing"),
    (("[waist_.*,", "[waits_.*, waist_.*,"), "waits_"),
    (("left_elbow: -0.2", "left_elbwo: -0.2"), "left_elbwo"),
    (("axis: [0, 0, 1]}", "axis: [0, 0, 0]}"), "direction"),
    (("face: screen", "face: mask"), "mask"),
    (("spine:", "tail:"), "tail"),
    (("left_elbow: -0.2", "left_elbow: -0.2, 7: 0.1"), "the joint 7"),
    (("base:", "base: [torso]\nbass:"), "base"),
])
def test_a_map_that_does_not_fit_is_refused_with_a_sentence(toy, change, said):
    toy.write_text(toy.read_text().replace(*change, 1))
    with pytest.raises(ModelError, match=said):
        Retargeter(RobotModel.load(toy), RobotMap.load(toy))


@pytest.mark.parametrize(("change", "said"), [
    (('lower="-2.5" upper="2.5"', 'lower="-145" upper="145"'), "degrees"),
    (('xyz="0 0 -0.28"', 'xyz="0 0 -280"'), "millimetres"),
    (('<limit lower="-1.2" upper="1.2" velocity="2.0" effort="10"/>', ""), "waist_yaw.*no range"),
    ((' velocity="2.0"', ""), "waist_yaw.*no speed"),
    (("<robot", "<sdf"), "no XML"),
    (('lower="-2.5"', 'lower="wide"'), "wide"),
    (('child link="trunk"', 'child link="trunks"'), "trunks"),
])
def test_a_description_no_robot_has_is_refused_with_a_sentence(toy, change, said):
    urdf = toy.with_name("toy.urdf")
    urdf.write_text(urdf.read_text().replace(*change, 1))
    with pytest.raises(ModelError, match=said):
        Retargeter(RobotModel.load(toy), RobotMap.load(toy))


def test_an_unknown_robot_is_named_beside_those_we_have():
    with pytest.raises(ModelError, match=r"g1"):
        RobotMap.load("hal9000")
