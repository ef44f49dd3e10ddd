"""Faults of a robot's description or map: a sentence tells them before anything moves."""

from __future__ import annotations

import re

import numpy as np
import pytest
from toy_robot import MAP, toy_urdf, write_toy

pytest.importorskip("pinocchio")

from kinesics_core.cli import main
from kinesics_core.errors import ModelError
from kinesics_core.robot.anatomy import read_anatomy
from kinesics_core.robot.map_check import reach_of
from kinesics_core.robot.map_writer import propose_map
from kinesics_core.robot.model import RobotModel
from kinesics_core.robot.retarget import Retargeter
from kinesics_core.robot.robot_map import RobotMap, check

NECK = '<joint name="neck_yaw" type="revolute">'
PLACE = '<origin xyz="0 0 0.45"/>'
ELBOW = '<limit lower="-2.5" upper="0.1"'
AXIS = '<axis xyz="0 0 1"/>'


def fixed(parent, child):
    return (f'<joint name="more" type="fixed"><parent link="{parent}"/><child link="{child}"/>'
            "</joint></robot>")


@pytest.mark.parametrize("old, new, words", [
    ("0 0 0.45", "0 0 ${neck}", "is a xacro file"),
    ('lower="-1.3"', 'lower="${-pi/2}"', "is a xacro file"),
    ('link name="head"', 'link name="$(arg head)"', "is a xacro file"),
    (NECK, NECK.replace("revolute", "ball"), "of the type 'ball'"),
    (PLACE, '<origin xyz="0 0 nan"/>', "stands at '0 0 nan', wanted three numbers"),
    (PLACE, '<origin xyz="0 0.45"/>', "stands at '0 0.45', wanted three numbers"),
    (PLACE, '<origin xyz="0 0 0.45" rpy="0 0 ninety"/>', "is turned by '0 0 ninety'"),
    (PLACE, '<origin xyz="0 0 0.45" rpy="0 0 90"/>', "look like degrees"),
    (AXIS, '<axis xyz="0 0 0"/>', "turns about 0 0 0"),
    (AXIS, '<axis xyz="0 1"/>', "turns about '0 1', wanted three numbers"),
    ('lower="-1.3"', 'lower="nan"', "lower = 'nan', wanted a number"),
    ("</robot>", '<link name="head"/></robot>', "two links called 'head'"),
    ("</robot>", '<link name="island"/></robot>', "'base', 'island' hang on no joint"),
    ("</robot>", fixed("base", "head"), "'head' hangs on two joints"),
    ("</robot>", fixed("head", "base"), "a ring of joints"),
    ('link name="head"', 'link name="a"/><link name="b"/><joint name="l" type="fixed"><parent'
     ' link="a"/><child link="b"/></joint><joint name="k" type="fixed"><parent link="b"/>'
     '<child link="a"/></joint><link name="head"', "a ring of joints"),
    (ELBOW, '<mimic joint="left_elbow"/>' + ELBOW, "'left_elbow' mimics itself"),
])
def test_what_is_wrong_is_named(tmp_path, old, new, words):
    text = toy_urdf()
    assert old in text
    (tmp_path / "toy.urdf").write_text(text.replace(old, new, 1))
    with pytest.raises(ModelError, match=re.escape(words)):
        RobotModel.load(tmp_path / "toy.urdf")


def test_a_robot_of_half_a_millimetre_is_none(tmp_path):
    text = re.sub(r'origin xyz="([^"]+)"', lambda found: 'origin xyz="{}"'.format(
        " ".join(str(0.001 * float(part)) for part in found[1].split())), toy_urdf())
    (tmp_path / "toy.urdf").write_text(text)
    with pytest.raises(ModelError, match="no robot that gestures is so small"):
        RobotModel.load(tmp_path / "toy.urdf")


@pytest.mark.parametrize("old, new", [
    ('<robot name="toy">', "<robot>"),
    ('<robot name="toy">', '<robot name="toy" xmlns="http://drake.mit.edu">'),
    ('lower="-1.3" upper="1.3"', 'lower="-inf" upper="inf"'),
])
def test_what_other_writers_write_is_read(tmp_path, old, new):
    (tmp_path / "toy.urdf").write_text(toy_urdf().replace(old, new))
    model = RobotModel.load(tmp_path / "toy.urdf")
    assert model.name == "toy" and len(model.joints) == 18
    assert "inf" not in new or model.limits("neck_yaw")[:2] == pytest.approx((-3.1416, 3.1416),
                                                                            abs=1e-3)


def test_one_arm_alone_hangs_on_a_trunk(tmp_path):
    text = re.sub(r'<joint name="left_[^"]*" type="revolute">.*?</joint>', "", toy_urdf())
    (tmp_path / "toy.urdf").write_text(re.sub(r'<link name="left[^"]*">.*?</link>', "", text))
    model = RobotModel.load(tmp_path / "toy.urdf")
    anatomy = read_anatomy(model)
    assert anatomy.trunk == ("waist_yaw", "waist_pitch")
    assert anatomy.arms["right"].joints[0] == "right_shoulder_pitch"
    proposed = propose_map(model, "toy", "toy.urdf", tmp_path / "toy.yaml")
    assert any("No left arm" in note for note in proposed.notes)
    assert reach_of(model, proposed.robot_map).degrees.max() < 10.0


def test_joints_without_limits_are_all_named_and_none_is_an_error_in_a_sentence(tmp_path, capsys):
    (tmp_path / "toy.urdf").write_text(re.sub(
        r'(left_elbow".*?)<limit[^>]*/>', r"\1", toy_urdf()))
    model = RobotModel.load(tmp_path / "toy.urdf")
    notes = propose_map(model, "toy", "toy.urdf", tmp_path / "toy.yaml").notes
    assert any(note.startswith("left_elbow has no range") for note in notes)
    (tmp_path / "toy.urdf").write_text(re.sub(r' velocity="[^"]+"', "", toy_urdf()))
    assert main(["robot", "map", str(tmp_path / "toy.urdf")]) == 1
    assert "has both a range and a speed" in capsys.readouterr().err


def test_a_name_that_is_no_files_name_is_refused(tmp_path, capsys):
    (tmp_path / "toy.urdf").write_text(toy_urdf().replace('name="toy"', 'name="a/b"'))
    assert main(["robot", "map", str(tmp_path / "toy.urdf")]) == 1
    assert "--name" in capsys.readouterr().err


def mapped(folder, old="", new="", more=""):
    path = write_toy(folder)
    assert old in MAP
    path.write_text(MAP.replace(old, new, 1) + more)
    return RobotMap.load(path), RobotModel.load(path)


@pytest.mark.parametrize("old, new, more, words", [
    ("left_elbow: -0.2", "left_elbow: -20", "", "at -20, which it means in radians"),
    ("", "", "limits: {left_elbow: {lower: -143, upper: 6}}", "this looks like degrees"),
    ("{link: base}", "{link: base, forward: [0, 0, 2]}", "", "two directions at right angles"),
    ("", "", "touching: [[head, nobody]]", "no link 'nobody'"),
])
def test_what_is_wrong_with_a_map_is_named(tmp_path, old, new, more, words):
    with pytest.raises(ModelError, match=re.escape(words)):
        check(*mapped(tmp_path, old, new, more))


@pytest.mark.parametrize("old, new, more, words", [
    ("left_elbow: -0.2", "left_elbow: 0.5", "", "rest: left_elbow at 0.5 is outside its range"),
    ("[0.0, 1.3]", "[0.0, 2.0]", "", "hands: left_finger at 2 is outside its range"),
    ("", "", "limits: {left_elbow: {lower: -3}}", "beyond what toy.urdf says (-2.5 to 0.1)"),
])
def test_what_a_map_has_out_of_range_is_said(tmp_path, old, new, more, words):
    (note,) = check(*mapped(tmp_path, old, new, more))
    assert words in note
    assert check(*mapped(tmp_path)) == []


def test_one_joint_alone_moves(tmp_path, monkeypatch):
    monkeypatch.setenv("KINESICS_ASSETS", str(tmp_path / "cache"))
    joints = MAP[MAP.index("joints:"):MAP.index("rest:")]
    robot_map, model = mapped(tmp_path, joints, "joints: [left_shoulder_roll]\n")
    robot = Retargeter(model, robot_map)
    wanted = robot.solver.directions(np.array([1.2]))
    for _ in range(200):
        command = robot.follow(wanted, 1 / 60)
    assert command.position == pytest.approx([1.2], abs=0.02)
