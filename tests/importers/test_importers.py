"""Importers end to end, from files of known motion to the dataset a command makes."""

import io
import tarfile
import zipfile

import numpy as np
import pytest
from figures import LEG, NAMES, bvh, joint_names

from kinesics_core.cli import main
from kinesics_core.dataset.clips import Clip, Dataset, Writer
from kinesics_core.errors import KinesicsError
from kinesics_core.importers import bvh as bvh_format
from kinesics_core.importers.import_bvh import (
    KNUCKLES,
    coco_from_bvh,
    joints_of,
    knuckles_from_bvh,
)
from kinesics_core.importers.import_humanml3d import coco_from_joints, joints_from_features
from kinesics_core.importers.importing import cut_at_faults
from kinesics_core.kinematics import (
    LEG_LENGTH,
    REST_OFFSETS,
    coco_from_smplx_body,
    forward_kinematics,
)
from kinesics_core.rotations import exponential
from kinesics_core.skeletons import COCO17, SMPLX_BODY, SMPLX_BODY_PARENTS

AT = {name: index for index, name in enumerate(COCO17)}
METRES = LEG_LENGTH / LEG

CHAIN = """HIERARCHY
ROOT hip
{
  OFFSET 0 0 0
  CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
  JOINT knee
  {
    OFFSET 0 -2 0
    CHANNELS 3 Zrotation Xrotation Yrotation
    End Site
    {
      OFFSET 0 -1 0
    }
  }
}
MOTION
Frames: 2
Frame Time: 0.04
1 2 3 0 0 0 0 0 0
1 2 3 90 0 0 0 90 0
"""


def run(*arguments):
    return main(["data", "import", *map(str, arguments)])


def keypoints_of(text, **options):
    motion = bvh_format.parse(text)
    return coco_from_bvh(motion, joints_of(motion), **options)


@pytest.mark.parametrize("tool", ["cmu", "bandai", "mixamo"])
@pytest.mark.parametrize("up", ["y", "z"])
def test_knuckles_are_where_the_hand_points(tool, up):
    """Arms stretch out; the left hand is turned up by 40 degrees, the right one goes on."""
    motion = bvh_format.parse(bvh(tool, frames=4, up=up, turns={"left_wrist": (0, 0, 40)}))
    joints = joints_of(motion)
    keypoints, axis = coco_from_bvh(motion, joints)
    hands = knuckles_from_bvh(motion, joints, keypoints, axis)
    off = (hands - keypoints[:, 9:11])[0] / KNUCKLES
    angle = np.radians(40)
    assert off[0] == pytest.approx([np.cos(angle), np.sin(angle), 0], abs=1e-5)
    assert off[1] == pytest.approx([-1, 0, 0], abs=1e-5)


def test_a_skeleton_that_ends_at_the_wrist_tells_no_knuckles():
    motion = bvh_format.parse(bvh("reactidle, no hand", frames=4))
    joints = joints_of(motion)
    keypoints, axis = coco_from_bvh(motion, joints)
    assert knuckles_from_bvh(motion, joints, keypoints, axis) is None


def segment(keypoints, start, end):
    return keypoints[0, AT[end]] - keypoints[0, AT[start]]


# -- the BVH format -------------------------------------------------------------------------------


def test_bvh_offsets_channels_and_order():
    motion = bvh_format.parse(CHAIN)
    assert motion.names == ["hip", "knee", "knee_end"] and motion.parents == [-1, 0, 1]
    assert motion.rate == 25
    positions, _ = bvh_format.pose(motion, range(3))
    assert positions[0] == pytest.approx(np.array([[1, 2, 3], [1, 0, 3], [1, -1, 3]]))
    # The hip turns the thigh to +x; the knee then bends about its own x, which points up.
    assert positions[1] == pytest.approx(np.array([[1, 2, 3], [3, 2, 3], [3, 2, 2]]), abs=1e-9)
    some, _ = bvh_format.pose(motion, [2])
    assert some[:, 0] == pytest.approx(positions[:, 2])


def test_rotations_apply_in_the_order_of_the_channels():
    """Z X is Rz Rx: x turns the thigh first, back, where z has nothing to turn; and reversed."""
    text = CHAIN.replace("1 2 3 90 0 0 0 90 0", "0 0 0 90 90 0 0 0 0")
    turned, _ = bvh_format.pose(bvh_format.parse(text), [1])
    assert turned[1, 0] == pytest.approx((0, 0, -2), abs=1e-9)
    text = text.replace("Zposition Zrotation Xrotation", "Zposition Xrotation Zrotation")
    turned, _ = bvh_format.pose(bvh_format.parse(text), [1])
    assert turned[1, 0] == pytest.approx((2, 0, 0), abs=1e-9)


def test_positions_below_the_root_replace_the_offset_unless_they_are_all_zero():
    moving = CHAIN.replace("CHANNELS 3 Z", "CHANNELS 6 Xposition Yposition Zposition Z")
    values = "1 2 3 0 0 0 {} 0 0 0\n1 2 3 0 0 0 {} 0 0 0\n"
    head = moving.split("1 2 3")[0]
    used, _ = bvh_format.pose(bvh_format.parse(head + values.format("5 0 0", "6 0 0")), [1])
    assert used[:, 0] == pytest.approx(np.array([[6, 2, 3], [7, 2, 3]]))
    unused, _ = bvh_format.pose(bvh_format.parse(head + values.format("0 0 0", "0 0 0")), [1])
    assert unused[:, 0] == pytest.approx(np.array([[1, 0, 3], [1, 0, 3]]))


@pytest.mark.parametrize("frame_time, rate", [
    ("0.0333333", 30), ("0.033333", 30), ("0.0333", 30), ("0.033", 30), (".04", 25),
    ("0.008333", 120), ("0.0083", 120), ("0.00833333", 120), ("0.041667", 24), ("0.016667", 60),
    ("0.05", 20), ("0.01", 100), ("0.041708", 1 / 0.041708), ("0.0217", 1 / 0.0217),
])
def test_the_rate_is_the_one_that_was_meant(frame_time, rate):
    motion = bvh_format.parse(CHAIN.replace("0.04", frame_time))
    assert motion.rate == pytest.approx(rate, rel=1e-9)


@pytest.mark.parametrize("text, word", [
    ("not a motion", "HIERARCHY"), (CHAIN.replace("Frame Time", "Rate"), "Frame Time"),
    (CHAIN.rsplit(" ", 2)[0], "rows of 9"), (CHAIN.split("1 2 3")[0], "no motion"),
    (CHAIN.replace("Frames: 2", "Frames: 200"), "announces 200 frames and holds 2"),
    (CHAIN.replace("1 2 3 90", "1 2 nan 90"), "nan"), (CHAIN.replace("3 90", "3 9O"), "no number"),
    (CHAIN.replace("0.04", "0"), "frame time of 0"), (CHAIN.replace("0.04", "x"), "frame time"),
    (CHAIN.replace("}\nMOTION", "MOTION"), "braces"), (CHAIN.replace("{", "", 1), "HIERARCHY"),
    (CHAIN.replace("Zrotation", "Wrotation"), "unknown channel Wrotation"),
    (CHAIN.replace("OFFSET 0 -2 0", "OFFSET 0 -2"), "OFFSET of knee has 2 numbers"),
])
def test_broken_bvh_is_refused_with_a_sentence(text, word):
    with pytest.raises(KinesicsError, match=word) as error:
        bvh_format.parse(text, "x.bvh")
    assert "x.bvh" in str(error.value)


# -- BVH to keypoints -----------------------------------------------------------------------------


@pytest.mark.parametrize("tool", NAMES)
def test_every_tool_gives_the_same_person(tool):
    """T-pose with the left elbow bent forward by 90 degrees, metres, y up, a face."""
    keypoints, up = keypoints_of(bvh(tool, frames=2, turns={"left_elbow": (0, -90, 0)}))
    assert up == "y"
    # The collar of a skeleton without one is rigid in its parent: the figure is the same.
    for one, other, wanted in (
        ("left_shoulder", "left_elbow", (30, 0, 0)), ("left_elbow", "left_wrist", (0, 0, 25)),
        ("right_shoulder", "right_elbow", (-30, 0, 0)), ("right_elbow", "right_wrist", (-25, 0, 0)),
        ("left_hip", "left_ankle", (0, -90, 0)), ("right_hip", "left_hip", (20, 0, 0)),
        ("right_shoulder", "left_shoulder", (36, 0, 0)),
    ):
        assert segment(keypoints, one, other) == pytest.approx(
            np.multiply(wanted, METRES), abs=1e-6), (one, other)
    ears = (keypoints[0, AT["left_ear"]] + keypoints[0, AT["right_ear"]]) / 2
    assert keypoints[0, AT["nose"]] - ears == pytest.approx((0, -0.02, 0.1), abs=1e-6)
    assert segment(keypoints, "right_ear", "left_ear") == pytest.approx((0.15, 0, 0), abs=1e-6)


def test_units_do_not_matter():
    small, _ = keypoints_of(bvh(frames=2, scale=0.01))
    large, _ = keypoints_of(bvh(frames=2, scale=1))
    assert small == pytest.approx(large, abs=1e-6)


@pytest.mark.parametrize("tool", ["cmu", "rigify", "unreal"])
@pytest.mark.parametrize("axis", ["z", "-y", "-z"])
def test_any_axis_up_becomes_y_up(tool, axis):
    turns = {"right_shoulder": (0, 0, -60), "hips": (0, 30, 0)}
    straight, up = keypoints_of(bvh(tool, frames=3, walk=4, turns=turns))
    turned, turned_up = keypoints_of(bvh(tool, frames=3, walk=4, turns=turns, up=axis))
    assert (up, turned_up) == ("y", axis)
    assert turned == pytest.approx(straight, abs=1e-5)
    told, told_up = keypoints_of(bvh(tool, frames=3, turns=turns), up=axis)
    assert told_up == axis and told != pytest.approx(straight, abs=0.1)


@pytest.mark.parametrize("hips", [(90, 0, 0), (0, 0, 90), (0, 0, 30), (180, 0, 0)])
def test_somebody_who_lies_or_stands_on_the_hands_is_not_stood_up(hips):
    assert keypoints_of(bvh(frames=3, turns={"hips": hips}))[1] == "y"


def test_a_rest_pose_turned_by_the_root_is_stood_up():
    """Rest pose y up, world z up: the root's rotation says so, and the feet are at z = 0."""
    text = bvh(frames=3, turns={"hips": (90, 0, 0)}).replace("\n0 95 0 ", "\n0 0 95 ")
    keypoints, up = keypoints_of(text)
    assert up == "z"
    assert segment(keypoints, "left_ankle", "left_hip") == pytest.approx((0, LEG_LENGTH, 0))


def test_legs_without_length_are_a_sentence():
    motion = bvh_format.parse(bvh(frames=2))
    joints = joints_of(motion)
    for joint in ("hip", "knee", "ankle"):
        joints |= {f"left_{joint}": 0, f"right_{joint}": 0}
    with pytest.raises(KinesicsError, match="legs have no length"):
        coco_from_bvh(motion, joints)


# -- the command ----------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    """Two styles of two actions in two places, of different tools, rates and axes."""
    place = tmp_path / "capture"
    (place / "more").mkdir(parents=True)
    (place / "walk_old_1.bvh").write_text(bvh("cmu", 40, walk=2))
    (place / "walk_young_1.bvh").write_text(bvh("mixamo", 50, 30, walk=5))
    (place / "more" / "bow_old_2.BVH").write_text(bvh("rigify", 60, 120, up="z"))
    (place / "more" / "._bow_old_2.bvh").write_bytes(b"what macOS leaves")
    (place / "notes.txt").write_text("nothing")
    return place


PATTERN = r"(?P<content>.+)_(?P<style>[^_]+)_\d+"


def test_a_folder_becomes_a_dataset(folder, tmp_path, capsys):
    out = tmp_path / "d"
    assert run("bvh", folder, "--out", out, "--label-pattern", PATTERN, "--licence", "CC0") == 0
    clips = {clip.name: clip for clip in Dataset(out)}
    assert {name: (clip.rate, len(clip.keypoints), clip.labels) for name, clip in clips.items()} \
        == {"walk_old_1": (20, 40, {"content": "walk", "style": "old"}),
            "walk_young_1": (30, 50, {"content": "walk", "style": "young"}),
            "more/bow_old_2": (120, 60, {"content": "bow", "style": "old"})}
    info = Dataset(out).info
    assert (info.name, info.licence) == ("d", "CC0") and PATTERN in info.command
    walked = clips["walk_young_1"].keypoints[:, AT["nose"], 2]
    assert walked[-1] - walked[0] == pytest.approx(5 * 49 * METRES, rel=1e-4)
    assert "upward axis differs between clips: y in 2, z in 1" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["tar.xz", "tar.gz", "tgz", "zip"])
def test_archives_are_folders(folder, tmp_path, kind):
    place = tmp_path / "packed"
    place.mkdir()
    if kind == "zip":
        with zipfile.ZipFile(place / f"a.{kind}", "w") as archive:
            for file in folder.rglob("*"):
                archive.write(file, f"top/{file.relative_to(folder)}")
    else:
        with tarfile.open(place / f"a.{kind}", f"w:{'xz' if kind == 'tar.xz' else 'gz'}") as tar:
            tar.add(folder, "top")
    assert run("bvh", place, "--out", tmp_path / "d", "--label-pattern", PATTERN) == 0
    assert run("bvh", folder, "--out", tmp_path / "e", "--label-pattern", PATTERN) == 0
    for packed, loose in zip(Dataset(tmp_path / "d"), Dataset(tmp_path / "e"), strict=True):
        assert (packed.name, packed.labels) == (loose.name, loose.labels)
        np.testing.assert_array_equal(packed.keypoints, loose.keypoints)


def test_several_archives_and_one_that_is_cut_off(tmp_path, capsys):
    place = tmp_path / "packed"
    place.mkdir()
    for name in ("a", "b", "c"):
        with tarfile.open(place / f"{name}.tar.xz", "w:xz") as tar:
            data = bvh("cmu", 60).encode()
            entry = tarfile.TarInfo("walk.bvh")
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    broken = place / "c.tar.xz"
    broken.write_bytes(broken.read_bytes()[:-300])
    assert run("bvh", place, "--out", tmp_path / "d") == 0
    assert [clip.name for clip in Dataset(tmp_path / "d")] == ["a.tar.xz/walk", "b.tar.xz/walk"]
    assert "c.tar.xz is cut off or broken" in capsys.readouterr().err


def test_broken_files_are_named_and_the_rest_is_imported(folder, tmp_path, capsys):
    good = bvh("cmu", 40)
    for name, text in {
        "cut": good[:-40], "nan": good.replace("0 95 0", "0 nan 0"), "empty": "",
        "none": good[:good.index("Frame Time")] + "Frame Time: 0.05\n",
        "single": bvh("cmu", 1), "still": good.replace("Frame Time: 0.05", "Frame Time: 0"),
        "robot": CHAIN,
    }.items():
        (folder / f"x_{name}_1.bvh").write_text(text)
    assert run("bvh", folder, "--out", tmp_path / "d") == 0
    assert len(Dataset(tmp_path / "d")) == 3
    said = capsys.readouterr().err
    assert "7 left out as broken" in said
    for name, why in {"cut": "cut off", "nan": "nan", "empty": "HIERARCHY", "none": "no motion",
                      "single": "single pose", "still": "frame time of 0", "robot": "--joints"
                      }.items():
        [line] = [line for line in said.splitlines() if f"x_{name}_1" in line]
        assert why in line
    for file in folder.rglob("*old*"):
        file.unlink()
    (folder / "walk_young_1.bvh").unlink()
    assert run("bvh", folder, "--out", tmp_path / "e") == 1
    assert "None of the 7 recordings" in capsys.readouterr().err
    assert not (tmp_path / "e").exists()


def test_labels_that_do_not_match(folder, tmp_path, capsys):
    pattern = r"walk_(?P<style>\w+)_\d"
    assert run("bvh", folder, "--out", tmp_path / "d", "--label-pattern", pattern) == 0
    assert [clip.labels for clip in Dataset(tmp_path / "d")] == [{}, {"style": "old"},
                                                                 {"style": "young"}]
    said = capsys.readouterr().err
    assert "1 not matched by --label-pattern, kept without labels" in said
    assert "bow_old_2" in said
    assert run("bvh", folder, "--out", tmp_path / "e", "--label-pattern", pattern,
               "--skip-unmatched") == 0
    assert len(Dataset(tmp_path / "e")) == 2
    for wrong, sentence in ((r"(?P<style>\d+)x", "matches none of 3 names"), ("(?P<", "regular"),
                            ("walk", "names no label")):
        assert run("bvh", folder, "--out", tmp_path / "f", "--label-pattern", wrong) == 1
        assert sentence in capsys.readouterr().err
        assert not (tmp_path / "f").exists()
    assert run("bvh", folder, "--out", tmp_path / "f", "--skip-unmatched") == 1
    assert "--skip-unmatched needs" in capsys.readouterr().err


def test_the_path_can_label_and_group(folder, tmp_path):
    pattern = r"^(?P<place>[^/]+)/.*_(?P<group>\w+)_\d"
    assert run("bvh", folder, "--out", tmp_path / "d", "--label-pattern", pattern) == 0
    assert [(clip.labels, clip.group) for clip in Dataset(tmp_path / "d")] == \
        [({"place": "more"}, "old"), ({}, "walk_old_1"), ({}, "walk_young_1")]


def test_going_on_after_a_kill_gives_the_same_dataset(folder, tmp_path, monkeypatch, capsys):
    assert run("bvh", folder, "--out", tmp_path / "whole", "--name", "d") == 0
    real, count = Writer.add, []

    def dies(self, clip):
        if len(count) == 2:
            raise KeyboardInterrupt
        count.append(clip)
        real(self, clip)

    monkeypatch.setattr(Writer, "add", dies)
    assert run("bvh", folder, "--out", tmp_path / "d", "--name", "d") == 130
    with pytest.raises(KinesicsError, match="not complete"):
        Dataset(tmp_path / "d")
    monkeypatch.undo()
    capsys.readouterr()
    assert run("bvh", folder, "--out", tmp_path / "d", "--name", "d") == 0
    assert "1 clips written, 2 were there before" in capsys.readouterr().err
    for file in ("clips.jsonl", "keypoints.f32", "statistics.json"):
        assert (tmp_path / "d" / file).read_bytes() == (tmp_path / "whole" / file).read_bytes()
    assert run("bvh", folder, "--out", tmp_path / "d", "--name", "d") == 1
    assert "already a complete dataset" in capsys.readouterr().err


def test_joints_up_and_rate_can_be_given(tmp_path, capsys):
    names = {key: f"Knochen {i}" for i, key in enumerate(joint_names("biovision"))}
    text = bvh(names=names, frames=40)
    (tmp_path / "a.bvh").write_text(text.replace("OFFSET 0.0 -5.0 13.0", "OFFSET 0 -5 0"))
    (tmp_path / "b.bvh").write_text(bvh("cmu", 40).replace("Frame Time: 0.05", "Frame Time: 0"))
    listed = "\n".join(f"{key}: {name}" for key, name in names.items()
                       if key.split("_")[-1] in "head shoulder elbow wrist hip knee ankle")
    given = tmp_path / "joints.yaml"
    given.write_text("\n".join(line for line in listed.splitlines() if "ankle" not in line))
    assert run("bvh", tmp_path / "a.bvh", "--out", tmp_path / "d", "--joints", given) == 1
    assert "left_ankle, right_ankle" in capsys.readouterr().err
    given.write_text(listed)
    assert run("bvh", tmp_path / "a.bvh", "--out", tmp_path / "d", "--joints", given,
               "--up", "y", "--rate", "60") == 0
    [clip] = Dataset(tmp_path / "d")
    assert clip.rate == 60
    assert segment(clip.keypoints, "left_shoulder", "left_elbow")[0] == pytest.approx(30 * METRES)
    assert run("bvh", tmp_path / "b.bvh", "--out", tmp_path / "e", "--rate", "60") == 0
    for text, sentence in (("tail: Hips", "wanted lines such as"), ("- a", "wanted lines"),
                           ("head: [", "cannot be read as YAML")):
        given.write_text(text)
        assert run("bvh", tmp_path / "b.bvh", "--out", tmp_path / "f", "--joints", given) == 1
        assert sentence in capsys.readouterr().err
    assert run("bvh", tmp_path / "b.bvh", "--out", tmp_path / "f", "--rate", "-3") == 1
    assert "wanted frames per second" in capsys.readouterr().err


def test_what_holds_nothing_is_said(tmp_path, capsys):
    for source, sentence in ((tmp_path / "absent", "does not exist"), (tmp_path, "holds no .bvh")):
        assert run("bvh", source, "--out", tmp_path / "d") == 1
        assert sentence in capsys.readouterr().err


def test_a_clip_is_cut_where_the_recording_jumps():
    keypoints = np.zeros((300, 17, 3), np.float32)
    keypoints[4:, 9] = 1.0     # a calibration pose of four frames
    keypoints[200:, 3] = -1.0  # a lost marker
    pieces = cut_at_faults(Clip("c", "s", "g", 60.0, keypoints, {"a": "b"}))
    assert [len(piece.keypoints) for piece in pieces] == [196, 100]
    assert [piece.name for piece in pieces] == ["c#0", "c#1"]
    assert {(piece.group, piece.labels["a"]) for piece in pieces} == {("g", "b")}
    short = Clip("c", "s", "g", 60.0, keypoints[10:30])
    assert cut_at_faults(short) == [short]  # shorter than what a cut may leave, but not cut


# -- axis-angle archives --------------------------------------------------------------------------


def test_axis_angle_archive_of_a_known_pose(tmp_path):
    folder = tmp_path / "mesh2motion"
    folder.mkdir()
    clip = np.zeros((40, 22, 3), np.float32)
    clip[:, SMPLX_BODY.index("left_elbow"), 1] = -np.pi / 2
    np.savez(folder / "clips.npz", bent=clip)
    assert run("axis-angle", folder, "--out", tmp_path / "d") == 0
    [loaded] = Dataset(tmp_path / "d")
    assert (loaded.name, loaded.source, loaded.rate) == ("bent", "d", 24.0)
    rotations = np.zeros((1, 22, 3))
    rotations[0, SMPLX_BODY.index("left_elbow")] = 0, -np.pi / 2, 0
    wanted = coco_from_smplx_body(*forward_kinematics(
        exponential(rotations), REST_OFFSETS, SMPLX_BODY_PARENTS))
    moved = loaded.keypoints[5] - wanted[0]
    assert moved == pytest.approx(np.repeat(moved[:1], 17, axis=0), abs=1e-6)


def test_partners_of_one_take_are_one_group(tmp_path):
    folder = tmp_path / "cmu_dance_martial"
    folder.mkdir()
    still = np.full((300, 22, 3), 0.1, np.float32)
    np.savez(folder / "clips.npz", **{
        "salsa_01.bvh": still, "salsa_16.bvh": still, "salsa_02.bvh": still[:250]})
    assert run("axis-angle", folder, "--out", tmp_path / "d",
               "--label-pattern", r"(?P<dance>[a-z]+)_\d+") == 0
    clips = {clip.name: clip for clip in Dataset(tmp_path / "d")}
    groups = {name: clip.group for name, clip in clips.items()}
    assert groups["salsa_01"] == groups["salsa_16"] != groups["salsa_02"]
    assert clips["salsa_02"].labels == {"dance": "salsa"} and clips["salsa_02"].rate == 120


def test_bad_axis_angle_archives(tmp_path, capsys):
    np.savez(tmp_path / "x.npz", good=np.zeros((50, 22, 3)), flat=np.zeros((5, 4)),
             hole=np.full((50, 22, 3), np.nan))
    (tmp_path / "y.npz").write_bytes(b"PK nothing")
    assert run("axis-angle", tmp_path, "--out", tmp_path / "d") == 1
    assert "Give it with --rate" in capsys.readouterr().err
    assert run("axis-angle", tmp_path, "--out", tmp_path / "d", "--rate", "50") == 0
    said = capsys.readouterr().err
    assert "3 left out" in said and "(5, 4)" in said and "nan" in said and "y.npz" in said
    assert [(clip.name, clip.rate) for clip in Dataset(tmp_path / "d")] == [("good", 50)]


# -- exponential maps -----------------------------------------------------------------------------


def test_cmu_exponential_maps_inside_a_tar(tmp_path):
    table = np.zeros((200, 117))
    table[:, :3] = 0, 17, 0
    # The published maps act on row vectors: a quarter turn of the forearm forward is +90 about y.
    table[:, 3 + 3 * 22 + 1] = np.pi / 2
    data = "\n".join(",".join(f"{v:.9g}" for v in row) for row in table).encode()
    folder = tmp_path / "cmu"
    folder.mkdir()
    with tarfile.open(folder / "motion.tar.xz", "w:xz") as archive:
        for name, content in (("a/wash_window_1.txt", data), ("README.txt", b"nothing here")):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    assert run("expmap", folder, "--out", tmp_path / "d") == 0
    [clip] = Dataset(tmp_path / "d")
    assert (clip.name, clip.rate, clip.labels) == ("wash_window_1", 120.0,
                                                   {"action": "wash_window"})
    keypoints = clip.keypoints
    assert keypoints[0, AT["left_hip"], 0] > 0
    leg = segment(keypoints, "left_ankle", "left_hip")[1]
    assert leg == pytest.approx((7.13576 + 6.84770) * 0.0254 / 0.45, abs=1e-5)
    assert segment(keypoints, "left_elbow", "left_wrist") == pytest.approx(
        (0, 0, 3.35554 * 0.0254 / 0.45), abs=1e-5)


# -- HumanML3D ------------------------------------------------------------------------------------


def walking_joints(frames=60):
    """(T, 22, 3) of a T-pose that walks on a curve, and each frame's heading, radians about y."""
    rest, _ = forward_kinematics(np.broadcast_to(np.eye(3), (1, 22, 3, 3)), REST_OFFSETS,
                                 SMPLX_BODY_PARENTS)
    heading = 0.4 * np.sin(np.arange(frames) / 15)
    heading -= heading[0]
    cosine, sine = np.cos(heading), np.sin(heading)
    turn = np.zeros((frames, 3, 3))
    turn[:, 1, 1] = 1
    turn[:, 0, 0] = turn[:, 2, 2] = cosine
    turn[:, 0, 2], turn[:, 2, 0] = sine, -sine
    centred = rest[0] * (1, 1, 1) - rest[0, :1] * (1, 0, 1)
    path = np.cumsum(np.stack([np.sin(heading), 0 * heading, np.cos(heading)], -1) * 0.05, axis=0)
    path -= path[0]
    return np.einsum("tij,kj->tki", turn, centred) + path[:, None], heading


def features_of(joints, heading):
    """HumanML3D's features after Guo et al., extract_features, for what recovery uses.

    Their rotation about y is stored as half its angle and turns the body to face z: minus heading.
    """
    frames = len(joints)
    features = np.zeros((frames, 263))
    half = -heading / 2
    features[:-1, 0] = np.diff(half)
    root = joints[:, 0]
    to_z = -heading

    def turned(vectors, angle):
        cosine, sine = np.cos(angle), np.sin(angle)
        x, y, z = np.moveaxis(vectors, -1, 0)
        return np.stack([cosine * x + sine * z, y, cosine * z - sine * x], axis=-1)

    # The velocity of a step is seen from the frame that the step leads to.
    features[:-1, 1:3] = turned(np.diff(root, axis=0), to_z[1:])[:, [0, 2]]
    features[:, 3] = root[:, 1]
    relative = (joints - root[:, None] * (1, 0, 1))[:, 1:]
    features[:, 4:67] = turned(relative, to_z[:, None]).reshape(frames, -1)
    return features


def test_features_give_back_the_joints_they_were_made_of():
    joints, heading = walking_joints()
    assert joints_from_features(features_of(joints, heading)) == pytest.approx(joints, abs=1e-9)


def test_humanml3d_joints_and_features_are_the_same_clip(tmp_path):
    joints, heading = walking_joints()
    folder = tmp_path / "generated"
    folder.mkdir()
    np.save(folder / "happy_001.npy", joints.astype(np.float32))
    np.save(folder / "happy_002.npy", features_of(joints, heading).astype(np.float32))
    assert run("humanml3d", folder, "--out", tmp_path / "d",
               "--label-pattern", r"(?P<emotion>[a-z]+)_\d+") == 0
    one, two = Dataset(tmp_path / "d")
    assert one.rate == two.rate == 20 and one.labels == two.labels == {"emotion": "happy"}
    assert two.keypoints == pytest.approx(one.keypoints, abs=1e-4)
    for name in ("left_shoulder", "right_wrist", "left_ankle"):
        assert one.keypoints[:, AT[name]] == pytest.approx(
            joints[:, SMPLX_BODY.index(name)], abs=1e-6)


def test_the_face_of_joints_looks_where_the_body_goes():
    joints, heading = walking_joints()
    keypoints = coco_from_joints(joints)
    ears = (keypoints[:, AT["left_ear"]] + keypoints[:, AT["right_ear"]]) / 2
    gaze = keypoints[:, AT["nose"]] - ears
    assert np.arctan2(gaze[:, 0], gaze[:, 2]) == pytest.approx(heading, abs=0.01)
    assert (keypoints[:, AT["left_eye"]] - keypoints[:, AT["right_eye"]])[0, 0] > 0.05


def test_bad_humanml3d_files(tmp_path, capsys):
    joints, _ = walking_joints(10)
    np.save(tmp_path / "good.npy", joints)
    hole = joints.copy()
    hole[3] = np.nan
    for name, array in (("hole", hole), ("short", joints[:1]), ("kit", joints[:, :21]),
                        ("text", np.array("a girl walks")),
                        ("object", np.array([{"motion": 1}], dtype=object))):
        np.save(tmp_path / f"{name}.npy", array)
    (tmp_path / "cut.npy").write_bytes((tmp_path / "good.npy").read_bytes()[:500])
    assert run("humanml3d", tmp_path, "--out", tmp_path / "d") == 0
    said = capsys.readouterr().err
    assert "6 left out" in said and "1 of 10 frames hold nan" in said and "(10, 21, 3)" in said
    assert [clip.name for clip in Dataset(tmp_path / "d")] == ["good"]
