"""Acclaim motion (.amc with .asf): a body of known bones in known poses."""

import numpy as np
import pytest
from acclaim import motion_text, skeleton_text

from kinesics_core.body_reading.recordings import read_recordings
from kinesics_core.cli import main
from kinesics_core.dataset.clips import Dataset
from kinesics_core.errors import KinesicsError
from kinesics_core.importers.import_amc import (
    AmcReader,
    coco_from_amc,
    parse_motion,
    parse_skeleton,
)
from kinesics_core.importers.source_files import files_in
from kinesics_core.skeletons import COCO17

AT = {name: index for index, name in enumerate(COCO17)}
UNIT = 0.0254 / 0.45


def keypoints(**given):
    skeleton = parse_skeleton(skeleton_text(), "a.asf")
    return coco_from_amc(parse_motion(motion_text(**given), skeleton, "a.amc"), skeleton, "a")[0]


def test_at_rest_bones_lie_as_the_file_says():
    points = keypoints()
    assert points[AT["left_wrist"]] == pytest.approx(np.array([12, 24, 0]) * UNIT, abs=1e-6)
    assert points[AT["right_ankle"]] == pytest.approx(np.array([-2, 2, 0]) * UNIT, abs=1e-6)
    ears = 0.5 * (points[AT["left_ear"]] + points[AT["right_ear"]])
    assert points[AT["nose"], 2] > ears[2] + 0.05  # it looks along z
    assert points[AT["left_ear"], 0] > points[AT["right_ear"], 0]


def test_bones_turn_about_their_own_axes():
    # The shin turns by 90 degrees about x of a frame that is turned by 20 degrees about z.
    points = keypoints(ltibia="90")
    axis = np.array([np.cos(np.radians(20)), np.sin(np.radians(20)), 0.0])
    down = np.array([0.0, -1.0, 0.0])
    turned = np.cross(axis, down) + axis * (axis @ down)
    shin = points[AT["left_ankle"]] - points[AT["left_knee"]]
    assert shin == pytest.approx(7 * UNIT * turned, abs=1e-6)
    # About x first, then about y: the root's 90 degrees about y turn x into -z.
    points = keypoints(root="0 16 0 0 90 0")
    assert points[AT["left_wrist"]] == pytest.approx(np.array([0, 24, -12]) * UNIT, abs=1e-6)


def test_a_bowed_head_stays_bowed():
    nose, bowed = (keypoints(head=turn)[AT["nose"], 1] for turn in ("0 0 0", "40 0 0"))
    assert bowed < nose - 0.03


def test_the_skeleton_beside_a_motion_is_found(tmp_path):
    (tmp_path / "7.asf").write_text(skeleton_text())
    (tmp_path / "75.asf").write_text(skeleton_text().replace("length 7", "length 8"))
    for name in ("7_01-sad_walk", "75_02-walk", "other"):
        (tmp_path / f"{name}.amc").write_text(motion_text(frames=150))
    found, said = [], []
    reader = AmcReader(tmp_path, "acted")
    for file in files_in(tmp_path, (".amc",)):
        for recording in reader(file):
            try:
                found.append(recording.make())
            except KinesicsError as error:
                said.append(str(error))
    assert [clip.name for clip in found] == ["75_02-walk", "7_01-sad_walk"]
    lengths = [float(np.linalg.norm(np.subtract(*clip.keypoints[0, [13, 15]]))) for clip in found]
    assert lengths == pytest.approx([8 * UNIT, 7 * UNIT], rel=1e-5)
    assert found[0].rate == 120.0
    assert len(said) == 1 and "no skeleton is beside it" in said[0]
    read = {one.name: one for one in read_recordings([tmp_path])}
    assert read["7_01-sad_walk"].word == "sad" and read["75_02-walk"].word == "neutral"


@pytest.mark.parametrize("one", [False, True])
def test_the_command_makes_a_dataset_of_a_folder_or_a_file(one, tmp_path, capsys):
    folder = tmp_path / "walks"
    folder.mkdir()
    (folder / "7.asf").write_text(skeleton_text())
    (folder / "75.asf").write_text(skeleton_text())
    names = ("7_01-sad_walk", "9_01-walk")
    for name in names:
        (folder / f"{name}.amc").write_text(motion_text(frames=150, root="0 16 0 0 90 0"))
    source = folder / f"{names[0]}.amc" if one else folder
    assert main(["data", "import", "amc", str(source), "--out", str(tmp_path / "d"), "--rate=60",
                 "--label-pattern", r"\d+_\d+-(?P<style>.+)"]) == 0
    [clip] = dataset = Dataset(tmp_path / "d")
    assert (clip.name, clip.rate, clip.labels) == (names[0], 60.0, {"style": "sad_walk"})
    assert clip.keypoints[0, AT["nose"], 0] > 0.05      # it looks along x, a quarter turn from z
    assert "data import amc" in dataset.info.command
    assert ("9_01-walk.amc: no skeleton is beside it" in capsys.readouterr().err) != one


@pytest.mark.parametrize(("old", "new"), [
    ("length 0.45", "length"), ("name head", "name skull"), ("lowerback thorax", "thorax thorax"),
    ("direction 0 1 0", "direction 0 up 0"), (":hierarchy", ":tree"), ("dof rx", "dof tx")])
def test_a_damaged_skeleton_is_a_sentence(old, new):
    with pytest.raises(KinesicsError, match="no Acclaim skeleton"):
        parse_skeleton(skeleton_text().replace(old, new), "a.asf")


@pytest.mark.parametrize("text", [
    "", motion_text(frames=1), motion_text(ltibia="nan"), motion_text(ltibia="1 2"),
    motion_text()[:-60], motion_text(head="x y z")])
def test_a_damaged_motion_is_a_sentence(text):
    skeleton = parse_skeleton(skeleton_text(), "a.asf")
    with pytest.raises(KinesicsError, match="no motion of its skeleton"):
        parse_motion(text, skeleton, "a.amc")
