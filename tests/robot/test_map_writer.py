"""A map is read from names and kinematics: of a toy known by construction, and of real robots."""

from __future__ import annotations

import re

import numpy as np
import pytest
import yaml
from toy_robot import MAP, toy_urdf, write_toy

pytest.importorskip("pinocchio")

from kinesics_core.cli import main
from kinesics_core.errors import ModelError
from kinesics_core.robot.anatomy import read_anatomy, side_of
from kinesics_core.robot.map_check import reach_of
from kinesics_core.robot.map_writer import propose_map
from kinesics_core.robot.model import RobotModel
from kinesics_core.robot.picture import WALL, RobotPicture
from kinesics_core.robot.places import known_robots
from kinesics_core.robot.robot_map import RobotMap


@pytest.fixture
def model(tmp_path):
    (tmp_path / "toy.urdf").write_text(toy_urdf())
    return RobotModel.load(tmp_path / "toy.urdf")


def test_the_toys_map_is_the_one_it_was_built_for(model, tmp_path):
    proposed = yaml.safe_load(propose_map(model, "toy", "toy.urdf", tmp_path / "toy.yaml").text)
    wanted = yaml.safe_load(MAP)
    for part, link in wanted["links"].items():
        # A twist between elbow and wrist leaves open which of its two links the forearm is.
        links = {link["link"], link["link"].replace("forearm", "wrist")}
        assert proposed["links"][part]["link"] in links, part
        np.testing.assert_allclose(proposed["links"][part]["axis"], link["axis"], atol=1e-3)
    assert proposed["hands"] == {"left": {"left_finger": [0.0, 1.4]},
                                 "right": {"right_finger": [0.0, 1.4]}}
    moving = {name for name in model.joints
              if any(re.fullmatch(pattern, name) for pattern in wanted["joints"])}
    assert set(proposed["joints"]) == moving


@pytest.mark.parametrize("rename", [
    ("_shoulder_pitch", "_j1", "_shoulder_roll", "_j2", "_shoulder_yaw", "_j3", "_elbow", "_j4",
     "_wrist_yaw", "_j5", "_wrist_pitch", "_j6"),
])
def test_an_elbow_is_found_without_its_name(tmp_path, rename):
    text = toy_urdf()
    for old, new in zip(rename[::2], rename[1::2], strict=True):
        text = text.replace(f'joint name="left{old}"', f'joint name="arm_left{new}"')
        text = text.replace(f'joint name="right{old}"', f'joint name="arm_right{new}"')
    (tmp_path / "toy.urdf").write_text(text)
    arm = read_anatomy(RobotModel.load(tmp_path / "toy.urdf")).arms["left"]
    assert arm.joints[arm.elbow_joint] == "arm_left_j4"
    assert arm.joints[arm.wrist_joint] == "arm_left_j6"


def test_a_robot_whose_base_looks_backward_is_turned_round(tmp_path):
    text = toy_urdf().replace('xyz="0 0 0.5"/>', 'xyz="0 0 0.5" rpy="0 0 3.14159265"/>', 1)
    (tmp_path / "toy.urdf").write_text(text)
    model = RobotModel.load(tmp_path / "toy.urdf")
    np.testing.assert_allclose(read_anatomy(model).axes[:, 0], (-1, 0, 0), atol=1e-6)
    robot_map = propose_map(model, "toy", "toy.urdf", tmp_path / "toy.yaml").robot_map
    reach = reach_of(model, robot_map)
    arms = [index for index, part in enumerate(reach.parts) if "arm" in part]
    assert np.median(reach.degrees[:, arms]) < 1.0


def test_legs_and_wheels_are_never_moved(tmp_path):
    text = toy_urdf().replace("</robot>", "".join(
        f'<link name="{name}"/><joint name="{name}_joint" type="revolute"><parent link="base"/>'
        f'<child link="{name}"/><limit lower="-1" upper="1" velocity="2" effort="1"/></joint>'
        for name in ("left_hip", "left_knee", "right_knee", "wheel_1")) + "</robot>")
    (tmp_path / "toy.urdf").write_text(text)
    model = RobotModel.load(tmp_path / "toy.urdf")
    proposal = propose_map(model, "toy", "toy.urdf", tmp_path / "toy.yaml")
    assert not {"left_hip_joint", "left_knee_joint", "wheel_1_joint"} & set(
        proposal.robot_map.joints)
    assert any("wheel_1_joint" in note for note in proposal.notes)


def test_a_robot_without_arms_and_head_says_so(tmp_path):
    (tmp_path / "box.urdf").write_text(
        '<robot name="box"><link name="a"/><link name="b"/><joint name="j" type="revolute"><parent'
        ' link="a"/><child link="b"/><limit lower="-1" upper="1" velocity="1" effort="1"/></joint>'
        '</robot>')
    with pytest.raises(ModelError, match="neither arms nor a head"):
        read_anatomy(RobotModel.load(tmp_path / "box.urdf"))


@pytest.mark.parametrize(("name", "side"), [
    ("left_arm", "left"), ("arm_right_3_joint", "right"), ("LShoulderPitch", "left"),
    ("l_elbow", "left"), ("RElbowYaw", "right"), ("head", ""), ("leg", ""), ("roll", ""),
])
def test_sides_are_read_from_names(name, side):
    assert side_of(name) == side


@pytest.mark.parametrize("name", ["g1", "talos", "romeo", "icub", "tiago_pro"])
def test_the_maps_of_real_robots_reach_what_people_do(name):
    model, robot_map = RobotModel.load(name), RobotMap.load(name)
    from kinesics_core.robot.retarget import Retargeter

    robot = Retargeter(model, robot_map, collisions=False)
    assert {"left_upper_arm", "right_forearm"} <= set(robot.parts)
    assert not any("wheel" in joint or "leg" in joint or "nee" in joint for joint in robot.names)


def test_every_robot_we_name_has_a_map_that_can_be_read():
    assert {"g1", "talos", "romeo", "icub", "tiago_pro", "pepper", "nao"} <= set(known_robots())
    for name in known_robots():
        RobotMap.load(name)


def test_the_command_writes_a_map_and_its_picture(tmp_path, capsys):
    write_toy(tmp_path)
    assert main(["robot", "map", str(tmp_path / "toy.urdf"), "--out",
                 str(tmp_path / "mine.yaml")]) == 0
    assert "left_forearm" in capsys.readouterr().out
    assert RobotMap.load(tmp_path / "mine.yaml").links["head"].link == "head"
    assert (tmp_path / "mine.png").stat().st_size > 10_000


def test_a_map_that_is_checked_is_drawn_beside_itself_again(tmp_path, monkeypatch, capsys):
    write_toy(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    (tmp_path / "mine.yaml").write_text(MAP)
    assert main(["robot", "check", "../mine.yaml"]) == 0
    assert "mine.png" in capsys.readouterr().out
    assert (tmp_path / "mine.png").stat().st_size > 10_000


def test_meshes_that_lie_on_their_side_are_stood_up():
    """COLLADA files of the iCub have y up; its thigh hangs from the hip down to the knee."""
    import pinocchio

    from kinesics_core.robot.geometry import link_shapes

    model = RobotModel.load("icub")
    data = model.kinematics.createData()
    pinocchio.framesForwardKinematics(model.kinematics, data, model.whole({}))
    (thigh,) = (shape for shape in link_shapes(model, "collision") if shape.link == "l_upper_leg")
    hip, knee = (data.oMf[model.frame(link)] for link in ("l_upper_leg", "l_lower_leg"))
    height = (thigh.vertices @ hip.rotation.T + hip.translation)[:, 2]
    assert height.max() == pytest.approx(hip.translation[2], abs=0.03)
    assert height.min() == pytest.approx(knee.translation[2], abs=0.06)


def test_a_robot_of_whom_fingers_alone_have_shapes_is_drawn_as_sticks(tmp_path):
    text = re.sub(r"<visual>.*?</visual><collision>.*?</collision>", "", toy_urdf())
    ball = '<visual><geometry><sphere radius="0.02"/></geometry></visual>'
    for side in ("left", "right"):
        text = text.replace(f'<link name="{side}_finger_link">',
                            f'<link name="{side}_finger_link">{ball}')
    robot_map = RobotMap.load(write_toy(tmp_path))
    assert not RobotPicture(RobotModel.load(tmp_path / "toy.yaml"), robot_map, (60, 60)).missing
    (tmp_path / "toy.urdf").write_text(text)
    assert RobotPicture(RobotModel.load(tmp_path / "toy.yaml"), robot_map, (60, 60)).missing


@pytest.mark.parametrize("up", [-3.0, -1.6, -0.1])
def test_arms_stay_in_the_picture(tmp_path, up):
    robot_map = RobotMap.load(write_toy(tmp_path))
    picture = RobotPicture(RobotModel.load(tmp_path / "toy.yaml"), robot_map, (120, 140))
    sides = {"left_shoulder_roll": -up - 0.1, "right_shoulder_roll": up + 0.1}
    image = picture.draw({**sides, "left_elbow": 0.0, "right_elbow": 0.0})
    picture.close()
    assert (image != WALL).any(axis=2).sum() > 500
    for edge in (image[0], image[:, 0], image[:, -1]):
        assert (edge == WALL).all()
