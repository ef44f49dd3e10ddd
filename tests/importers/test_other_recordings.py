"""Recordings of another kind beside those that are read are named, with what to do."""

from __future__ import annotations

import tarfile
import zipfile

import numpy as np
import pytest
from figures import bvh

from kinesics_core.cli import main
from kinesics_core.dataset.clips import Dataset
from kinesics_core.errors import KinesicsError
from kinesics_core.importers import body_poses, gesture_folder, idle_clips, videos
from kinesics_core.importers.other_recordings import advice_on, beside, sentences

GOOD = bvh("cmu", 60, walk=0.5)
MOTION = ",".join(str(number / 2) for number in range(60))
KEYPOINTS = '{"version": 1.3, "people": [{"pose_keypoints_2d": [1, 2, 0.5]}]}'

RECORDINGS = {
    "walk.fbx": "as BVH", "Walk.FBX": "as BVH", "a.glb": "as BVH", "dance.vmd": "as BVH",
    "a.usdz": "as BVH", "scene.blend": "as BVH", "a.c3d": "solved skeleton as BVH",
    "a.trc": "solved skeleton as BVH", "a.mvnx": "solved skeleton as BVH",
    "a.tak": "solved skeleton as BVH", "S001C001.skeleton": "solved skeleton as BVH",
    "a.pkl": ".npz for", "motion.pt": ".npz for", "a.mat": ".npz for", "a.h5": ".npz for",
    "a.npz": "import axis-angle", "a.npy": "import humanml3d", "a.mp4": "import video",
    "a.MOV": "import video", "a.mxf": "import video", "a_0.mcap": "import bag",
    "a_0.db3.zstd": "import bag", "ros1.bag": "rosbags-convert", "105_13.amc": "import amc",
    "zed.svo2": "colour images as a video", "a.braw": "as MP4", "pi.h264": "ffmpeg -r RATE",
    "a.7z": "unpack it", "walk.bvh.gz": "unpack it", "a.gif": "make it a video",
}
NONE = ("README", "README.md", "LICENSE", "licence.pdf", "preview.jpg", "poster.png", "joints.yaml",
        "sound.wav", "list.xml", "index.html", "notes.docx", ".DS_Store", "metadata.yaml")


def nothing(size):
    raise AssertionError("the name says enough")


@pytest.mark.parametrize(("name", "says"), RECORDINGS.items())
def test_a_recording_is_known_by_its_name(name, says):
    assert says in advice_on(name, nothing)


@pytest.mark.parametrize("name", NONE)
def test_what_is_no_recording_is_passed_over(name):
    assert advice_on(name, nothing) == ""


@pytest.mark.parametrize(("name", "text", "says"), [
    ("take.csv", f"Format Version,1.23\n\nFrame,{',' * 58}\n{MOTION}\n", "as BVH"),
    ("take.tsv", MOTION.replace(",", "\t"), "as BVH"),
    ("take.csv", MOTION.replace(",", ";").replace(".", ","), "as BVH"),
    ("take.txt", MOTION.replace(",", " "), "as BVH"),
    ("walking_1.txt", ",".join(["0.5"] * 117) + "\n", "import expmap"),
    ("a_000_keypoints.json", KEYPOINTS, "kinesics fit"),
    ("labels.csv", "file,emotion,age\na,happy,31\n" * 30, ""),
    ("names.csv", ",".join(f"joint_{number}" for number in range(60)), ""),
    ("readme.txt", "It holds 30 walks of 5 people.\n" * 30, ""),
    ("settings.json", '{"rate": 30}', ""),
    ("binary.csv", "\0\1\2" * 99, ""),
])
def test_a_text_is_known_by_what_it_holds(name, text, says):
    found = advice_on(name, lambda size: text.encode()[:size])
    assert says in found if says else found == ""


def test_each_kind_is_one_sentence_that_counts():
    others = {f"{number}.fbx": "FBX; export it" for number in range(13)} | {"a.7z": "packed"}
    one, other = sentences(others)
    assert one.startswith("Left out: 0.fbx, 1.fbx") and "9.fbx and 3 more: FBX; export it." in one
    assert other == "Left out: a.7z: packed."


def mixed(folder):
    """A folder of two BVH, and what studios put beside them."""
    (folder / "raw").mkdir(parents=True)
    for name in ("a.bvh", "raw/b.bvh"):
        (folder / name).write_text(GOOD)
    for name in ("a.fbx", "raw/b.c3d", "README.md", "LICENSE", "thumb.png", ".hidden.fbx"):
        (folder / name).write_bytes(b"x")
    (folder / "take.csv").write_text(MOTION)
    return folder


@pytest.mark.parametrize("packed", ["folder", "zip", "tar"])
def test_an_import_names_what_lies_beside(packed, tmp_path, capsys):
    source = mixed(tmp_path / "in")
    if packed == "zip":
        with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
            for path in source.rglob("*"):
                archive.write(path, path.relative_to(source))
        source = tmp_path / "in.zip"
    elif packed == "tar":
        with tarfile.open(tmp_path / "in.tar.gz", "w:gz") as archive:
            archive.add(source, ".")
        source = tmp_path / "in.tar.gz"
    assert main(["data", "import", "bvh", str(source), "--out", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().err
    assert len(Dataset(tmp_path / "out")) == 2
    assert "a.fbx: an animation of a 3-D program; export it as BVH" in said
    assert "b.c3d: motion capture as points" in said and "take.csv: a table" in said
    for name in ("README", "LICENSE", "thumb", "hidden"):
        assert name not in said


def test_an_import_of_nothing_else_says_what_there_is(tmp_path, capsys):
    (tmp_path / "a.fbx").write_bytes(b"Kaydara FBX Binary")
    for source in (tmp_path, tmp_path / "a.fbx"):
        assert main(["data", "import", "bvh", str(source), "--out", str(tmp_path / "d")]) == 1
        assert "a.fbx: an animation of a 3-D program; export it as BVH" in capsys.readouterr().err


def test_a_table_that_is_none_of_cmu_is_named(tmp_path, capsys):
    (tmp_path / "walking_1.txt").write_text("\n".join([",".join(["0.01"] * 117)] * 240))
    (tmp_path / "h36m_1.txt").write_text("\n".join([",".join(["0.01"] * 99)] * 240))
    (tmp_path / "readme.txt").write_text("Walks of CMU.\n")
    assert main(["data", "import", "expmap", str(tmp_path), "--out", str(tmp_path / "d")]) == 0
    said = capsys.readouterr().err
    assert "h36m_1.txt is a table of other numbers (99 in its first line); wanted 117" in said
    assert "readme" not in said


def test_links_to_folders_are_followed_and_none_goes_round(tmp_path, capsys):
    source = mixed(tmp_path / "in")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "c.bvh").write_text(GOOD)
    (tmp_path / "d.bvh").write_text(GOOD)
    (source / "linked").symlink_to(tmp_path / "elsewhere")
    (source / "round").symlink_to(source)
    (source / "again").symlink_to(source / "raw")
    (source / "above").symlink_to(tmp_path)
    (source / "nowhere").symlink_to(tmp_path / "gone")
    assert main(["data", "import", "bvh", str(source), "--out", str(tmp_path / "out")]) == 0
    assert [clip.name for clip in Dataset(tmp_path / "out")] == ["a", "linked/c", "raw/b"]


def test_poses_gestures_and_idle_people_name_them_too(tmp_path, caplog):
    source = mixed(tmp_path / "in")
    told = []
    assert len(body_poses.read([source], told.append)) == 2
    assert sum("export it as BVH" in sentence for sentence in told) == 2  # .fbx, .csv
    assert any("raw/b.c3d" in sentence for sentence in told)
    gesture_folder.read_folder(source)
    assert "a.fbx" in caplog.text
    caplog.clear()
    idle_clips.read_idle(source)
    assert "a.fbx" in caplog.text
    (source / "a.bvh").unlink()
    for read in (gesture_folder.read_folder, idle_clips.read_idle):
        with pytest.raises(KinesicsError, match=r"a\.fbx: an animation"):
            read(source)


def test_what_a_fit_writes_beside_its_parameters_is_no_other_recording(tmp_path):
    np.savez(tmp_path / "params.npz", body_pose=np.zeros((60, 21, 3), np.float32),
             global_orient=np.zeros((60, 3), np.float32), times=np.arange(60) / 30)
    for name in ("keypoints.npz", "motion.bvh", "motion.glb", "overlay.mp4"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "mine.fbx").write_bytes(b"x")
    told = []
    assert len(body_poses.read([tmp_path], told.append)) == 1
    assert len(told) == 1 and "mine.fbx" in told[0]


def test_videos_name_what_is_no_video_and_folders_of_frames(tmp_path):
    for name in ("a.mp4", "b.MXF", "c.m2ts", "._a.mp4"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "frames").mkdir()
    (tmp_path / "thumbs").mkdir()
    for number in range(12):
        (tmp_path / "frames" / f"{number}.jpg").write_bytes(b"x")
    (tmp_path / "thumbs" / "a.jpg").write_bytes(b"x")
    (tmp_path / "x.gif").write_bytes(b"x")
    assert [video.name for video in videos.find(tmp_path)] == ["a.mp4", "b.MXF", "c.m2ts"]
    found = beside(tmp_path, videos.VIDEO_SUFFIXES, frames=True)
    assert set(found) == {"x.gif", "frames/"} and "12 images" in found["frames/"]


def test_our_own_datasets_are_no_keypoints_of_others():
    assert advice_on("info.json", lambda size: b'{"keypoints": ["nose", "left_eye"]}') == ""
    assert "kinesics fit" in advice_on("coco.json", lambda size: b'[{"keypoints": [12.5, 3, 1]}]')
