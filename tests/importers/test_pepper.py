"""Pepper's joint angles become the postures that its documentation describes."""

from __future__ import annotations

import shutil
import tarfile
from pathlib import Path

import numpy as np
import pytest

from kinesics_core.cli import main
from kinesics_core.dataset.clips import Dataset
from kinesics_core.errors import KinesicsError
from kinesics_core.importers import pepper
from kinesics_core.skeletons import COCO17, COCO17_FLIP

UP, FORWARD, LEFT = np.eye(3)[[1, 2, 0]]
ARMS_DOWN = {"LShoulderPitch": np.pi / 2, "RShoulderPitch": np.pi / 2}


def pose(**angles: float) -> dict[str, np.ndarray]:
    """COCO keypoints by name of one posture, arms hanging unless said otherwise."""
    known = {name: np.array([(ARMS_DOWN | angles).get(name, 0.0)]) for name in pepper.JOINTS}
    return dict(zip(COCO17, pepper.coco_from_pepper(known)[0].astype(float), strict=True))


def towards(keypoints: dict[str, np.ndarray], start: str, end: str) -> np.ndarray:
    step = keypoints[end] - keypoints[start]
    return step / np.linalg.norm(step)


def test_it_stands_as_tall_as_the_robot():
    """1.21 m with the head's shell 0.22 m above HeadPitch; link lengths of the documentation."""
    at = pose()
    assert at["left_shoulder"][1] == pytest.approx(0.907, abs=0.002)
    assert at["left_eye"][1] == pytest.approx(1.21 - 0.216 + 0.119, abs=0.01)
    assert at["left_ankle"][1] == 0.0
    assert at["left_shoulder"][0] - at["right_shoulder"][0] == pytest.approx(0.299, abs=0.001)
    for side in ("left", "right"):
        upper = np.linalg.norm(at[f"{side}_elbow"] - at[f"{side}_shoulder"])
        lower = np.linalg.norm(at[f"{side}_wrist"] - at[f"{side}_elbow"])
        assert upper == pytest.approx(np.hypot(0.1812, 0.015), abs=1e-4)
        assert lower == pytest.approx(0.15, abs=1e-4)


@pytest.mark.parametrize(("angle", "direction"), [(0.0, FORWARD), (np.pi / 2, -UP),
                                                  (-np.pi / 2, UP)])
def test_shoulder_pitch(angle, direction):
    at = pose(LShoulderPitch=angle, RShoulderPitch=angle)
    for side in ("left", "right"):
        assert towards(at, f"{side}_shoulder", f"{side}_elbow") @ direction > 0.99


def test_shoulder_roll_opens_each_arm_to_its_side():
    at = pose(LShoulderPitch=0.0, RShoulderPitch=0.0, LShoulderRoll=1.5, RShoulderRoll=-1.5)
    assert towards(at, "left_shoulder", "left_elbow") @ LEFT > 0.99
    assert towards(at, "right_shoulder", "right_elbow") @ LEFT < -0.99


def test_elbows_bend_forward_in_the_initial_posture():
    """StandInit of NAOqi (rebl-scripts/anim_settings.py): forearms hang slightly forward."""
    at = pose(LShoulderPitch=1.56, RShoulderPitch=1.56, LShoulderRoll=0.1427, RShoulderRoll=-0.1427,
              LElbowYaw=-1.228, RElbowYaw=1.228, LElbowRoll=-0.5225, RElbowRoll=0.5225)
    for side in ("left", "right"):
        forearm = towards(at, f"{side}_elbow", f"{side}_wrist")
        assert forearm @ -UP > 0.7 and forearm @ FORWARD > 0.3


def test_the_trunk_bows_and_the_knee_goes_back():
    """The resting posture: HipPitch -1.04 and KneePitch .51, the head in front of the base."""
    at = pose(HipPitch=-1.04, KneePitch=0.51)
    assert at["left_hip"] @ FORWARD < -0.1
    assert at["nose"] @ FORWARD > at["left_hip"] @ FORWARD + 0.2
    assert pose(HipPitch=-0.5)["nose"] @ FORWARD > pose()["nose"] @ FORWARD + 0.2
    assert at["left_ankle"] @ FORWARD == 0.0


def test_the_head_nods_down_and_turns_left():
    assert pose(HeadPitch=0.4)["nose"] @ UP < pose()["nose"] @ UP - 0.02
    assert pose(HeadYaw=0.5)["nose"] @ LEFT > 0.03


def test_a_mirrored_posture_is_the_mirror_image():
    """The signs that the collection's authors turn to mirror an animation (oa_README.md)."""
    rng = np.random.default_rng(0)
    angles = {name: rng.uniform(-0.5, 0.5, 20) for name in pepper.JOINTS}
    swap = {"L": "R", "R": "L"}
    mirrored = {}
    for name, value in angles.items():
        arm = name[0] in swap and name[1].isupper()
        turned = "Roll" in name or "Yaw" in name
        mirrored[swap[name[0]] + name[1:] if arm else name] = -value if turned else value
    straight = pepper.coco_from_pepper(angles)
    np.testing.assert_allclose(
        pepper.coco_from_pepper(mirrored), straight[:, COCO17_FLIP] * (-1, 1, 1), atol=1e-6)


def write_collection(folder: Path) -> Path:
    (folder / "original_animations").mkdir(parents=True)
    (folder / "generated_animations").mkdir()
    header = ",".join(["", "id", *pepper.JOINTS, "LHand"])
    zeros = ",".join(["0.0"] * (len(pepper.JOINTS) + 1))
    rows = [f"{t},{name},{zeros}" for name in ("Happy_4", "SadReaction_01") for t in range(50)]
    (folder / "original_animations/data_raw.csv").write_text("\n".join([header, *rows]))
    (folder / "original_animations/labels_raw.csv").write_text(
        ",id,valence,arousal\n0,Happy_4,0.75,1.0\n1,SadReaction_01,0.25,0.0\n")
    header = header.replace("id,", "")
    knee = ["0.4" if name == "KneePitch" else "0.0" for name in [*pepper.JOINTS, "LHand"]]
    rows = [f"{t},{','.join(knee)}" for t in range(30)]
    (folder / "generated_animations/negative_high_LD2_216.csv").write_text(
        "\n".join([header, *rows]))
    (folder / "generated_animations/labels_gen_anim.csv").write_text(
        ",generated_animation,valence,arousal,dominance\n"
        "0,negative_high_LD2_216.csv,0.5,0.6,0.1\n")
    return folder


def test_the_collection_becomes_a_dataset(tmp_path, capsys):
    source = write_collection(tmp_path / "rebl")
    assert main(["data", "import", "rebl-pepper", str(source), "--out", str(tmp_path / "d")]) == 0
    dataset = Dataset(tmp_path / "d")
    assert "CC BY 4.0" in dataset.info.licence
    happy, sad, made = dataset
    assert happy.labels == {
        "valence": "0.5000", "arousal": "1.0000", "made_by": "animator", "animation": "Happy"}
    assert sad.labels["animation"] == "SadReaction" and sad.labels["valence"] == "-0.5000"
    assert made.labels == {
        "valence": "0.0000", "arousal": "0.2000", "dominance": "-0.8000", "made_by": "cvae",
        "wanted_valence": "negative", "wanted_arousal": "high"}
    assert (happy.rate, len(happy.keypoints), len(made.keypoints)) == (25.0, 50, 30)
    # What was generated for the knee the robot did not do.
    np.testing.assert_array_equal(made.keypoints[0], happy.keypoints[0])


def test_an_archive_is_read_as_the_folder_is(tmp_path):
    source = write_collection(tmp_path / "rebl")
    (tmp_path / "packed").mkdir()
    with tarfile.open(tmp_path / "packed" / "rebl.tar.xz", "w:xz") as archive:
        archive.add(source, "rebl")
    assert [c.name for c in pepper.load(tmp_path / "packed")] == [
        c.name for c in pepper.load(source)]
    file = tmp_path / "packed" / "rebl.tar.xz"
    file.write_bytes(file.read_bytes()[:300])
    with pytest.raises(KinesicsError, match="Fetch it again"):
        pepper.load(tmp_path / "packed")


def test_the_zip_that_github_gives_is_read(tmp_path):
    source = write_collection(tmp_path / "rebl")
    shutil.make_archive(str(tmp_path / "rebl-pepper-data-main"), "zip", tmp_path, "rebl")
    assert [c.name for c in pepper.load(tmp_path / "rebl-pepper-data-main.zip")] == [
        c.name for c in pepper.load(source)]


@pytest.mark.parametrize(("file", "old", "new", "says"), [
    ("original_animations/data_raw.csv", "HipRoll", "HopRoll", "number for each joint"),
    ("original_animations/data_raw.csv", "0.0", "x", "number for each joint"),
    ("original_animations/labels_raw.csv", "Happy_4", "Glad_4", "does not hold"),
    ("original_animations/labels_raw.csv", "0.75", "", "without valence and arousal"),
    ("generated_animations/labels_gen_anim.csv", "_216", "_217", "which is not there"),
    ("generated_animations/labels_gen_anim.csv", "dominance", "d", "dominance"),
    ("original_animations/data_raw.csv", "0.0", "nan", "number for each joint"),
    ("original_animations/labels_raw.csv", "0.75", "75", "wanted 0 to 1"),
    ("original_animations/labels_raw.csv", "0.75", '"' + 140_000 * "0", "is no CSV"),
])
def test_a_damaged_collection_is_refused(tmp_path, file, old, new, says):
    source = write_collection(tmp_path)
    (source / file).write_text((source / file).read_text().replace(old, new))
    with pytest.raises(KinesicsError, match=says):
        pepper.load(source)


def test_something_else_is_refused(tmp_path):
    with pytest.raises(KinesicsError, match="no data_raw.csv"):
        pepper.load(tmp_path)
    with pytest.raises(KinesicsError, match="does not exist"):
        pepper.load(tmp_path / "nowhere")
