"""Files as tools, locales and networks leave them: the right motion comes out, or a sentence.

A broken file beside good ones is named and left out; the others are imported.
"""

from __future__ import annotations

import io
import os
import pickle
import sys
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from figures import bvh, joint_names

from kinesics_core.cli import main
from kinesics_core.dataset.clips import Dataset
from kinesics_core.errors import KinesicsError
from kinesics_core.importers import body_poses, source_files, stature
from kinesics_core.importers import bvh as bvh_format
from kinesics_core.importers.arrays import frames_of, read_npy
from kinesics_core.importers.import_humanml3d import coco_from_joints
from kinesics_core.skeletons import HUMANML3D22

TURNS = {"left_shoulder": (0.0, 0.0, -40.5), "right_knee": (31.25, 0.0, 0.0)}
GOOD = bvh("cmu", 60, turns=TURNS, walk=0.5)


def imported(kind, source, out, *options):
    """The dataset that `kinesics data import` makes."""
    assert main(["data", "import", kind, str(source), "--out", str(out), *options]) == 0
    return Dataset(out)


def walker(frames=40):
    """(frames, 22, 3) metres, y up: somebody of 1.6 m who stands and breathes."""
    places = {
        "pelvis": (0, .95, 0), "left_hip": (.1, .88, 0), "right_hip": (-.1, .88, 0),
        "spine1": (0, 1.05, 0), "left_knee": (.1, .48, 0), "right_knee": (-.1, .48, 0),
        "spine2": (0, 1.2, 0), "left_ankle": (.1, .08, 0), "right_ankle": (-.1, .08, 0),
        "spine3": (0, 1.3, 0), "left_foot": (.1, .02, .12), "right_foot": (-.1, .02, .12),
        "neck": (0, 1.45, 0), "left_collar": (.08, 1.4, 0), "right_collar": (-.08, 1.4, 0),
        "head": (0, 1.6, .03), "left_shoulder": (.18, 1.4, 0), "right_shoulder": (-.18, 1.4, 0),
        "left_elbow": (.45, 1.4, 0), "right_elbow": (-.45, 1.4, 0), "left_wrist": (.7, 1.4, 0),
        "right_wrist": (-.7, 1.4, 0),
    }
    still = np.array([places[name] for name in HUMANML3D22])
    return still + 0.01 * np.sin(np.arange(frames) / 5)[:, None, None]


# --- BVH ---------------------------------------------------------------------------------------


def table_of(text):
    motion = bvh_format.parse(text)
    return motion.table


@pytest.mark.parametrize("change", [
    pytest.param(lambda text: text.replace("\n", "\r"), id="CR alone"),
    pytest.param(lambda text: text.replace("HIERARCHY", "Hierarchy").replace(
        "MOTION", "motion").replace("ROOT", "root").replace("JOINT", "joint").replace(
        "CHANNELS", "channels").replace("OFFSET", "offset").replace("End Site", "end site"),
        id="lower case"),
    pytest.param(lambda text: text.replace("Zrotation", "\n  Zrotation"), id="CHANNELS wrapped"),
    pytest.param(lambda text: text.replace("OFFSET", "OFFSET").replace(
        "MOTION", "MOTION # from a tool").replace("Frame Time:", "Frame Time: ") + "# the end\n",
        id="comments"),
    pytest.param(lambda text: text.replace(" -", "-"), id="no blank before a minus"),
])
def test_ways_to_write_bvh_that_mean_the_same(change):
    head, _, rows = GOOD.partition("Frame Time:")
    changed = change(GOOD)
    if " -" not in changed:
        # Only numbers lose their blank, not "Frames: ".
        assert "-" in rows
    assert table_of(changed) == pytest.approx(table_of(GOOD))


def test_decimal_commas():
    commas = GOOD.replace(".", ",")
    assert "," in commas
    assert table_of(commas) == pytest.approx(table_of(GOOD))
    assert bvh_format.parse(commas).rate == bvh_format.parse(GOOD).rate


def test_numbers_separated_by_commas():
    head, mark, rows = GOOD.partition("Frame Time:")
    first, rest = rows.split("\n", 1)
    listed = "\n".join(",".join(row.split()) for row in rest.splitlines())
    assert table_of(head + mark + first + "\n" + listed) == pytest.approx(table_of(GOOD))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp932"])
def test_names_in_any_encoding(encoding):
    text = GOOD.replace("Spine", "\u4e0a\u534a\u8eab")
    motion = bvh_format.parse(bvh_format.decode(text.encode(encoding)))
    assert "\u4e0a\u534a\u8eab" in motion.names
    assert motion.table == pytest.approx(table_of(GOOD))


def test_a_skeleton_with_names_that_say_nothing_is_known_by_its_shape(tmp_path):
    numbered = {joint: f"\u9aa8{number}" for number, joint in enumerate(joint_names("cmu"))}
    text = bvh("cmu", 60, turns=TURNS, walk=0.5, names=numbered)
    (tmp_path / "a.bvh").write_text(GOOD)
    (tmp_path / "b.bvh").write_text(text)
    one, other = imported("bvh", tmp_path, tmp_path / "d")
    assert np.abs(one.keypoints - other.keypoints)[:, 5:].max() < 0.02


@pytest.mark.parametrize(("written", "rate"), [
    ("33.333", 30.0), ("8.3333", 120.0), ("16.667", 60.0), ("0.0333", 30.0), ("1.0", 1.0)])
def test_frame_times(written, rate):
    text = GOOD.replace(GOOD.split("Frame Time:")[1].split("\n")[0], f" {written}")
    assert bvh_format.parse(text).rate == pytest.approx(rate, rel=1e-3)


@pytest.mark.parametrize("written", ["0", "-0.03", "nan", "1e-9", "1234567", "700"])
def test_frame_times_that_are_none(written):
    text = GOOD.replace(GOOD.split("Frame Time:")[1].split("\n")[0], f" {written}")
    with pytest.raises(KinesicsError, match="frame time.*--rate"):
        bvh_format.parse(text)


def test_positions_that_are_added_to_the_offset():
    """Every joint has six channels; its positions wobble about zero."""
    plain = bvh_format.parse(GOOD)
    joints = range(len(plain.names))
    wanted, _ = bvh_format.pose(plain, joints)
    channels, columns, start = [], [], 0
    for joint, listed in enumerate(plain.channels):
        own = plain.table[:, start:start + len(listed)]
        start += len(listed)
        if plain.parents[joint] >= 0 and listed:
            listed = [(axis, True) for axis in range(3)] + listed
            own = np.hstack([1e-3 * np.ones((len(own), 3)), own])
        channels.append(listed)
        columns.append(own)
    six = bvh_format.Bvh(plain.names, plain.parents, plain.rest, channels, np.hstack(columns), 30)
    found, _ = bvh_format.pose(six, joints)
    assert np.abs(found - wanted).max() < 0.05


def test_a_few_frames_without_numbers_are_filled_and_counted(tmp_path, capsys):
    lines = bvh("cmu", 300).splitlines()
    broken = " ".join("nan" for _ in lines[-10].split())
    lines[-10] = broken
    (tmp_path / "a.bvh").write_text("\n".join(lines) + "\n")
    (clip,) = imported("bvh", tmp_path, tmp_path / "d")
    assert len(clip.keypoints) == 300 and np.isfinite(clip.keypoints).all()
    assert np.ptp(clip.keypoints, axis=0).max() < 1e-3
    assert "a.bvh: 1 frames held nan" in capsys.readouterr().err


def test_many_frames_without_numbers_are_refused():
    lines = GOOD.splitlines()
    lines[-30:] = [" ".join("inf" for _ in lines[-1].split())] * 30
    with pytest.raises(KinesicsError, match="30 of 60 frames"):
        bvh_format.parse("\n".join(lines))


@pytest.mark.parametrize("place", ["1e20", "1e300"])
def test_a_root_that_is_nowhere_is_refused(tmp_path, place, capsys):
    (tmp_path / "good.bvh").write_text(GOOD)
    lines = GOOD.splitlines()
    lines[-20] = " ".join([place, *lines[-20].split()[1:]])
    (tmp_path / "far.bvh").write_text("\n".join(lines) + "\n")
    found = imported("bvh", tmp_path, tmp_path / "d")
    assert "good" in [clip.name for clip in found]
    for clip in found:
        assert np.abs(clip.keypoints).max() < 1e3


# --- one broken file beside good ones ----------------------------------------------------------


def test_broken_bvh_files_are_named_and_the_others_imported(tmp_path, capsys):
    (tmp_path / "a.bvh").write_text(GOOD)
    (tmp_path / "b.bvh").write_text(GOOD.replace("OFFSET 0", "OFFSET nan", 1))
    (tmp_path / "c.bvh").write_bytes(b"\x00\xff" * 100)
    (tmp_path / "d.bvh").write_text(GOOD)
    os.mkfifo(tmp_path / "e.bvh")
    found = imported("bvh", tmp_path, tmp_path / "out")
    assert [clip.name for clip in found] == ["a", "d"]
    said = capsys.readouterr().err
    assert "b.bvh" in said and "c.bvh" in said


def encrypted(archive: bytes) -> bytes:
    """The archive with the mark that its members are encrypted."""
    data = bytearray(archive)
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = data.find(signature)
        while place >= 0:
            data[place + flags] |= 1
            place = data.find(signature, place + 4)
    return bytes(data)


def test_broken_archives_of_arrays(tmp_path, capsys):
    good = io.BytesIO()
    np.savez(good, one=np.zeros((50, 22, 3)))
    (tmp_path / "good.npz").write_bytes(good.getvalue())
    (tmp_path / "cut.npz").write_bytes(good.getvalue()[:-200])
    (tmp_path / "locked.npz").write_bytes(encrypted(good.getvalue()))
    odd = io.BytesIO()
    np.savez(odd, structured=np.zeros(5, [("a", "f4"), ("b", "i4")]), words=np.array(["a", "b"]),
             half=np.zeros((50, 22, 3), np.float16), whole=np.zeros((50, 22, 3), np.int64),
             flat=np.zeros((50, 66)), batch=np.zeros((1, 50, 22, 3)),
             last=np.zeros((22, 3, 50), ">f4"))
    (tmp_path / "odd.npz").write_bytes(odd.getvalue())
    found = imported("axis-angle", tmp_path, tmp_path / "d", "--rate", "30")
    assert sorted(clip.name for clip in found) == [
        "batch", "flat", "half", "last", "one", "whole"]
    said = capsys.readouterr().err
    for name in ("cut.npz", "locked.npz" if "locked.npz" in said else "one", "structured", "words"):
        assert name in said


def test_amass_files_say_their_rate(tmp_path):
    np.savez(tmp_path / "walk_poses.npz", poses=np.zeros((240, 156)), betas=np.zeros(16),
             trans=np.zeros((240, 3)), gender=np.array("female"), mocap_framerate=np.array(120.0))
    (clip,) = imported("axis-angle", tmp_path, tmp_path / "d", "--rate", "30")
    assert (clip.name, clip.rate, len(clip.keypoints)) == ("walk_poses", 120.0, 240)


def test_a_link_that_leads_nowhere_costs_itself_only(tmp_path, capsys):
    with tarfile.open(tmp_path / "motion.tar", "w") as tar:
        for kind, name in ((tarfile.SYMTYPE, "a.bvh"), (tarfile.LNKTYPE, "b.bvh")):
            link = tarfile.TarInfo(name)
            link.type, link.linkname = kind, "nowhere.bvh"
            tar.addfile(link)
        whole = tarfile.TarInfo("c.bvh")
        whole.size = len(GOOD.encode())
        tar.addfile(whole, io.BytesIO(GOOD.encode()))
    assert [c.name for c in imported("bvh", tmp_path, tmp_path / "d")] == ["c"]
    said = capsys.readouterr().err
    assert "a.bvh cannot be read" in said and "b.bvh cannot be read" in said


def test_what_unpacks_without_end_is_bounded(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(source_files, "MAX_UNPACKED", 1_000_000)
    with zipfile.ZipFile(tmp_path / "motion.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("bomb.bvh", bytes(4_000_000))
        packed.writestr("good.bvh", GOOD)
    assert [c.name for c in imported("bvh", tmp_path, tmp_path / "d")] == ["good"]
    assert "bomb.bvh cannot be read (it is larger than" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform != "linux", reason="names are bytes on Linux")
def test_a_name_that_is_no_utf_8(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.bvh"))).write_text(GOOD)
    (folder / "good.bvh").write_text(GOOD)
    names = [clip.name for clip in imported("bvh", folder, tmp_path / "d")]
    assert names == ["caf\ufffd", "good"]


def test_poses_for_training_leave_broken_files_out(tmp_path):
    np.savez(tmp_path / "a.npz", one=np.zeros((60, 22, 3)))
    (tmp_path / "b.npz").write_bytes(b"PK nothing")
    said = []
    clips = body_poses.read([tmp_path], said.append)
    assert [clip.name for clip in clips] == ["one"]
    assert len(said) == 1 and "b.npz" in said[0]


# --- sizes and layouts -------------------------------------------------------------------------


def test_the_height_of_a_person_whatever_the_pose():
    joints = walker()
    height = stature.stature(coco_from_joints(joints))
    assert height == pytest.approx(1.72, abs=0.12)
    # The same person sits: the thighs point forward.
    seated = joints.copy()
    for side in ("left", "right"):
        hip, knee, ankle, foot = (HUMANML3D22.index(f"{side}_{n}")
                                  for n in ("hip", "knee", "ankle", "foot"))
        shift = joints[:, hip] + (0, 0, 0.4) - joints[:, knee]
        for joint in (knee, ankle, foot):
            seated[:, joint] = joints[:, joint] + shift
    assert stature.stature(coco_from_joints(seated)) == pytest.approx(height, abs=0.02)


@pytest.mark.parametrize("change", [
    pytest.param(lambda j: j * 1000, id="millimetres"),
    pytest.param(lambda j: j * 100, id="centimetres"),
    pytest.param(lambda j: (j * 1000).astype(np.int64), id="integers"),
    pytest.param(lambda j: j.astype(np.float16), id="half"),
    pytest.param(lambda j: j.astype(">f8"), id="big-endian"),
    pytest.param(lambda j: np.stack([j[..., 0], -j[..., 2], j[..., 1]], -1), id="z up"),
    pytest.param(lambda j: np.concatenate([j, np.zeros((156, 22, 3))]), id="padded"),
    pytest.param(lambda j: j[None], id="batch of one"),
    pytest.param(lambda j: np.moveaxis(j, 0, -1), id="frames last"),
    pytest.param(lambda j: j.reshape(len(j), 66), id="flat"),
    pytest.param(lambda j: np.array({"motion": np.moveaxis(j, 0, -1)[None], "lengths": [40],
                                     "text": ["a person stands"]}, dtype=object), id="MDM"),
])
def test_joints_however_they_are_stored(tmp_path, change):
    (tmp_path / "in").mkdir()
    np.save(tmp_path / "in" / "a.npy", change(walker()))
    (clip,) = imported("humanml3d", tmp_path / "in", tmp_path / "d")
    wanted = coco_from_joints(walker())
    assert clip.keypoints.shape == wanted.shape
    assert np.abs(clip.keypoints - wanted).max() < 0.01


def test_several_motions_of_mdm_are_several_clips(tmp_path):
    (tmp_path / "in").mkdir()
    motion = np.stack([np.moveaxis(walker(60), 0, -1)] * 3)
    np.save(tmp_path / "in" / "results.npy",
            np.array({"motion": motion, "lengths": np.array([40, 50, 60])}, dtype=object))
    found = imported("humanml3d", tmp_path / "in", tmp_path / "d")
    assert [len(clip.keypoints) for clip in found] == [40, 50, 60]


class Trap:
    """Leaves a file where it is unpickled."""

    def __reduce__(self):
        return (Path.touch, (Path("trapped"),))


def test_a_pickle_in_an_array_file_is_not_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.array({"motion": 0}, dtype=object))
    header = stream.getvalue()[:128]
    with pytest.raises(KinesicsError, match="asks for"):
        read_npy(header + pickle.dumps(np.array({"motion": Trap()}, dtype=object)), "a.npy")
    assert not (tmp_path / "trapped").exists()


def test_a_person_of_no_size_is_refused(tmp_path, capsys):
    folder = tmp_path / "in"
    folder.mkdir()
    np.save(folder / "good.npy", walker())
    np.save(folder / "normalised.npy", walker() * 0.02)
    np.save(folder / "giant.npy", walker() * 12)
    assert [c.name for c in imported("humanml3d", folder, tmp_path / "d")] == ["good"]
    said = capsys.readouterr().err
    assert "normalised shows a person of" in said and "giant shows a person of" in said
    assert "wanted 0.8 to 2.4 m" in said


def test_a_layout_that_is_none_names_its_shape():
    with pytest.raises(KinesicsError, match=r"\(5, 21, 3\); wanted \(frames, 22, 3\)"):
        frames_of(np.zeros((5, 21, 3)), 22, 3, "x")
    with pytest.raises(KinesicsError, match="complex128; wanted numbers"):
        frames_of(np.zeros((5, 22, 3), complex), 22, 3, "x")


# --- where it goes -----------------------------------------------------------------------------


@pytest.mark.parametrize("words", [
    ["import", "bvh", "none.bvh"], ["synth", "--windows", "10"], ["import", "rebl-pepper", "none"]])
def test_a_place_that_cannot_be_written_is_said_before_the_work(tmp_path, capsys, words):
    (tmp_path / "file").write_text("mine")
    assert main(["data", *words, "--out", str(tmp_path / "file" / "out")]) == 1
    assert "could not be written" in capsys.readouterr().err
    assert main(["data", *words, "--out", "/proc/kinesics/out"]) == 1
    assert "could not be written" in capsys.readouterr().err


@pytest.mark.parametrize(("rate", "says"), [
    (0.0, "says 0 frames per second"), (-30.0, "says -30 frames"), (np.nan, "says nan frames"),
    ("abc", "mocap_framerate of bad is <U3"), (np.zeros(3), r"of shape (3,); wanted one number")])
def test_a_rate_that_is_none_costs_its_file_only(rate, says, tmp_path, capsys):
    poses = np.zeros((240, 66))
    np.savez(tmp_path / "bad.npz", poses=poses, mocap_framerate=rate)
    np.savez(tmp_path / "good.npz", poses=poses, mocap_framerate=np.array([120.0]))
    (clip,) = imported("axis-angle", tmp_path, tmp_path / "d", "--rate", "30")
    assert (clip.name, clip.rate) == ("good", 120.0)
    assert says in capsys.readouterr().err


def test_arrays_without_names_and_of_one_name_are_told_apart_by_their_files(tmp_path):
    turns = 0.2 * np.sin(np.arange(60) / 30)[:, None, None] * np.ones((22, 3))
    for take in range(2):
        np.savez(tmp_path / f"take{take}.npz", turns)
        np.savez(tmp_path / f"key{take}.npz", motion=turns)
    np.savez(tmp_path / "two.npz", turns, turns)
    found = imported("axis-angle", tmp_path, tmp_path / "d", "--rate", "30")
    assert [clip.name for clip in found] == [
        "key1/motion", "motion", "take0", "take1", "two/arr_0", "two/arr_1"]


def test_an_array_without_frames_is_told(tmp_path, capsys):
    np.save(tmp_path / "none.npy", np.zeros((0, 22, 3)))
    np.save(tmp_path / "some.npy", walker())
    assert len(imported("humanml3d", tmp_path, tmp_path / "d")) == 1
    assert "none.npy holds 0 frames of motion; wanted at least 2" in capsys.readouterr().err


def test_a_dataset_whose_folder_is_not_utf8(tmp_path):
    (tmp_path / "a.bvh").write_text(GOOD)
    out = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    (clip,) = imported("bvh", tmp_path / "a.bvh", out)
    assert clip.source == "caf\ufffd"


def test_what_express_writes_is_one_recording(tmp_path):
    np.savez(tmp_path / "motion.npz", body_pose=np.zeros((60, 21, 3), np.float32),
             global_orient=np.zeros((60, 3), np.float32), times=np.arange(60) / 30)
    (tmp_path / "motion.bvh").write_text(GOOD)
    assert len(body_poses.read([tmp_path])) == 1
