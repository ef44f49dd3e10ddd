"""Joints of a person of known build, under every naming convention we know of."""

import numpy as np
import pytest
from figures import NAMES, bvh, expected, joint_names

from kinesics_core.errors import KinesicsError
from kinesics_core.importers.bvh import parse, pose
from kinesics_core.importers.skeleton_names import WANTED, find_joints, read_names


def skeleton(text):
    motion = parse(text)
    return motion.names, motion.parents, pose(motion, range(len(motion.names)))[0]


@pytest.mark.parametrize("tool", NAMES)
def test_every_convention_is_understood(tool):
    names, parents, positions = skeleton(bvh(tool, frames=2))
    found = find_joints(names, parents, positions)
    assert {key: names[index] for key, index in found.items()} == expected(tool)


@pytest.mark.parametrize("tool", ["lafan1", "cmu", "100style", "no collar", "mixamo", "unreal"])
def test_without_names_the_shape_tells(tool):
    names, parents, positions = skeleton(bvh(tool, frames=2))
    found = find_joints([f"Segment {i}" for i in range(len(names))], parents, positions)
    wanted = expected(tool)
    del wanted["head"], found["head"]  # nameless, the crown cannot be told from the skull's base
    assert {key: names[index] for key, index in found.items()} == wanted


@pytest.mark.parametrize("turn", [(0, 180, 0), (0, 60, 0), (40, 0, 0)])
def test_the_shape_tells_left_from_right_however_the_person_stands(turn):
    names, parents, positions = skeleton(bvh("lafan1", frames=2, turns={"hips": turn}))
    found = find_joints(["?"] * len(names), parents, positions)
    assert names[found["left_wrist"]] == "LeftHand" and names[found["right_knee"]] == "RightLeg"


def test_side_words_alone_decide_the_sides_where_there_are_no_toes():
    names, parents, positions = skeleton(bvh("biovision", frames=2))
    marked = [f"{'Left' if 'Left' in n else 'Right' if 'Right' in n else ''}Knochen" for n in names]
    flat = positions.copy()
    flat[:, [n.endswith("Foot_end") for n in names], 2] = 0  # feet that point nowhere
    found = find_joints(marked, parents, flat)
    assert names[found["left_elbow"]] == "LeftLowArm"
    with pytest.raises(KinesicsError, match=r"cannot tell .*--joints"):
        find_joints(["Knochen"] * len(names), parents, flat)


def test_helper_bones_do_not_confuse():
    """Twist, roll and inverse-kinematics bones bear the words of joints."""
    text = bvh("unreal", frames=2)
    names, parents, positions = skeleton(text)
    at = names.index
    for name, parent in (
        ("upperarm_twist_01_l", "upperarm_l"), ("lowerarm_twist_01_l", "lowerarm_l"),
        ("ik_hand_l", "pelvis"), ("ik_foot_l", "pelvis"), ("hand_l_wep", "hand_l"),
    ):
        parents = [*parents, at(parent)]
        positions = np.concatenate([positions, positions[:, [at(parent)]] + 3], axis=1)
        names = [*names, name]
    found = find_joints(names, parents, positions)
    assert {key: names[index] for key, index in found.items()} == expected("unreal")


def test_the_hierarchy_overrules_names():
    names = joint_names("lafan1")
    names["left_hip"], names["left_knee"] = names["left_knee"], names["left_hip"]
    read, parents, positions = skeleton(bvh(names=names, frames=2))
    found = find_joints(read, parents, positions)
    assert (read[found["left_hip"]], read[found["left_knee"]]) == ("LeftLeg", "LeftUpLeg")


def test_joints_can_be_given_and_wrong_ones_are_named():
    names, parents, positions = skeleton(bvh("lafan1", frames=2))
    found = find_joints(names, parents, positions, {"head": "Neck", "left_wrist": "LeftHand_end"})
    assert names[found["head"]] == "Neck" and names[found["left_wrist"]] == "LeftHand_end"
    assert names[found["right_wrist"]] == "RightHand"
    with pytest.raises(KinesicsError, match="no joint Kopf"):
        find_joints(names, parents, positions, {"head": "Kopf"})
    with pytest.raises(KinesicsError, match="names tail; wanted of head"):
        find_joints(names, parents, positions, {"tail": "Hips"})


def test_what_is_no_person_is_refused_with_its_joints():
    names, parents = ["base", "link1", "link2"], [-1, 0, 1]
    positions = np.arange(9.0).reshape(1, 3, 3)
    with pytest.raises(KinesicsError, match=r"base, link1, link2.*--joints") as error:
        find_joints(names, parents, positions, file="arm.bvh")
    assert str(error.value).startswith("arm.bvh") and all(w in str(error.value) for w in WANTED)


@pytest.mark.parametrize("name, read", [
    ("mixamorig:LeftUpLeg", ("left", "upleg")), ("lShldr", ("left", "shldr")),
    ("RightForeArm", ("right", "forearm")), ("thigh_r", ("right", "thigh")),
    ("upper_arm.L.001", ("left", "upperarm")), ("RTHIGH", ("right", "thigh")),
    ("LeftHandThumb1", ("left", "")), ("Lower", ("", "")), ("Head", ("", "head")),
    ("lowerarm_twist_01_l", ("left", "")), ("L5", ("left", "")), ("Root", ("", "")),
])
def test_names_are_read(name, read):
    others = ["Hips", "Spine", "Chest", "Neck"]
    assert read_names([*others, name])[-1] == read
