"""``kinesics express --face-only``: its files, how it goes on, what it refuses."""

from __future__ import annotations

import json
import subprocess
import sys

import cv2
import numpy as np
import pytest

from kinesics_core import cli
from kinesics_core.expression.face_animation import FaceAnimation
from kinesics_core.expression.faces import compound, face_of_units
from kinesics_core.expression.live_link import csv_text
from kinesics_core.expression.live_link_reader import read_csv
from kinesics_core.skeletons import BLENDSHAPE_INDEX

QUICK = ("--seconds", "2", "--rate", "10")
FILES = {"face.csv", "face.glb", "face.mp4", "contact.jpg", "face.json"}
EXPRESSIVE = [index for name, index in BLENDSHAPE_INDEX.items()
              if not name.startswith(("eyeBlink", "eyeLook"))]


def names(folder):
    return {path.name for path in folder.iterdir()}


@pytest.mark.slow
def test_an_emotion_becomes_five_files_and_a_second_run_keeps_them(express):
    words = ("--face-only", "--emotion", "fear", "--intensity", ".8", *QUICK)
    status, said = express(*words)
    assert status == 0 and names(express.out) == FILES
    assert said.out.count("\n") == 4 and "kept" not in said.out
    document = json.loads((express.out / "face.json").read_text())
    assert document["request"] == {"emotion": "fear", "intensity": 0.8}
    assert (document["frames"], document["rate"], document["seconds"]) == (21, 10.0, 2.0)
    assert set(document["files"]) == FILES - {"face.json"}
    assert read_csv(express.out / "face.csv").animation.rate == pytest.approx(10.0)
    video = cv2.VideoCapture(str(express.out / "face.mp4"))
    assert (video.get(cv2.CAP_PROP_FRAME_COUNT), video.get(cv2.CAP_PROP_FPS)) == (21, 10)
    assert (express.out / "face.glb").read_bytes()[:4] == b"glTF"
    assert cv2.imread(str(express.out / "contact.jpg")).shape[1] > 1000
    stamps = {path.name: path.stat().st_mtime_ns for path in express.out.iterdir()}
    # One file is damaged, one lost: these alone are made again.
    (express.out / "contact.jpg").write_bytes(b"no picture")
    (express.out / "face.csv").unlink()
    status, said = express(*words)
    assert status == 0 and said.out.count("kept from an earlier run") == 2
    now = {path.name: path.stat().st_mtime_ns for path in express.out.iterdir()}
    assert {name for name in FILES if now[name] != stamps[name]} == {
        "contact.jpg", "face.csv", "face.json"}
    # Another seed is another face.
    status, said = express(*words, "--seed", "3", "--csv")
    assert status == 0 and "kept" not in said.out
    assert set(json.loads((express.out / "face.json").read_text())["files"]) == {"face.csv"}


@pytest.mark.parametrize(("words", "face"), [
    (("--units", "AU12=.8,R_AU14=.5"), face_of_units({"AU12": 0.8, "R_AU14": 0.5})),
    (("--upper", "sadness", "--lower", "happiness"), compound("sadness", "happiness")),
])
def test_units_and_halves_reach_their_face(express, words, face):
    status, _ = express("--face-only", "--csv", *words, "--seconds", "5", "--rate", "20")
    assert status == 0 and names(express.out) == {"face.csv", "face.json"}
    animation = read_csv(express.out / "face.csv").animation
    away = np.linalg.norm((animation.blendshapes - face)[:, EXPRESSIVE], axis=1)
    assert away.min() < 0.15 * np.linalg.norm(face[EXPRESSIVE])


def recording(path, rate=60.0, seconds=1.0):
    """A sine of 1 Hz on the jaw; a gap of ten frames."""
    times = np.arange(round(rate * seconds) + 1) / rate
    shapes = np.zeros((len(times), 52), np.float32)
    shapes[:, BLENDSHAPE_INDEX["jawOpen"]] = 0.5 - 0.5 * np.cos(2 * np.pi * times)
    face = FaceAnimation(times, shapes, np.zeros((len(times), 2), np.float32),
                         np.zeros((len(times), 3), np.float32))
    lines = csv_text(face).splitlines()
    path.write_text("\n".join(lines[:45] + lines[54:]) + "\n")
    return path


def test_a_recording_is_converted_to_another_rate_and_its_gap_is_told(express, tmp_path):
    status, said = express("--face-only", "--from", recording(tmp_path / "take.csv"), "--rate",
                           "25", "--csv")
    assert status == 0 and "No frame from 0.717 to 0.883 s" in said.err
    animation = read_csv(express.out / "face.csv").animation
    assert animation.rate == pytest.approx(25.0) and len(animation.times) == 26
    jaw = animation.blendshapes[:, BLENDSHAPE_INDEX["jawOpen"]]
    whole = (animation.times < 0.68) | (animation.times > 0.92)
    true = 0.5 - 0.5 * np.cos(2 * np.pi * animation.times)
    np.testing.assert_allclose(jaw[whole], true[whole], atol=2e-4)
    document = json.loads((express.out / "face.json").read_text())
    assert document["notes"] == [line for line in said.err.splitlines() if line.startswith("No")]


@pytest.mark.parametrize(("words", "sentence"), [
    (("--face-only", "--emotion", "fear", "--gesture", "wave"), "Got --gesture with --face-only"),
    (("--face-only", "--emotion", "fear", "--obj", "--bvh"), "Got --obj, --bvh with --face-only"),
    (("--face-only",), "Got nothing to show; give one of a text, --emotion"),
    (("--face-only", "--emotion", "feer"), "Got emotion 'feer'"),
    (("--face-only", "--emotion", "fear", "--units", "AU1"), "Got --emotion and --units to show"),
    (("--face-only", "--emotion", "fear", "--from", "x.csv"), "Got --from and --emotion; give one"),
    (("--face-only", "--catalogue", "--from", "x.csv"), "Got --from and --catalogue; give one"),
    (("--face-only", "--upper", "fear"), "Got --upper without --lower"),
    (("--face-only", "--units", "AU999"), "Got action unit 'AU999'"),
    (("--face-only", "--from", "x.csv", "--seconds", "3"), "Got --seconds with --from"),
    (("--face-only", "--from", "x.csv", "--topic", "/face"), "--topic with a file that is no bag"),
    (("--face-only", "--emotion", "fear", "--topic", "/face"), "--topic without --from"),
    (("--face-only", "--from", "none.csv"), "none.csv does not exist; give a CSV file"),
    (("--face-only", "--from", "none.mcap"), "none.mcap does not exist; give a bag"),
])
def test_what_is_refused_is_a_sentence_and_leaves_nothing(express, words, sentence):
    status, said = express(*words)
    assert status == 1 and sentence in said.err
    assert said.err.startswith("kinesics express: ") and not express.out.exists()


@pytest.mark.parametrize(("words", "sentence"), [
    (("--seconds", "0"), "got seconds = 0.0, wanted 1 to 600 s"),
    (("--seconds", "nan"), "got seconds = nan, wanted 1 to 600 s"),
    (("--rate", "1e9"), "got rate = 1000000000.0, wanted 5 to 240 Hz"),
    (("--seed", "-1"), "got seed = -1, wanted 0 to")])
def test_a_number_out_of_range_is_a_sentence(express, words, sentence):
    status, said = express("--face-only", "--emotion", "fear", *words)
    assert status == 1 and sentence in said.err and not express.out.exists()
    if words[0] == "--rate":
        status, said = express("--face-only", "--from", "x.csv", *words)
        assert status == 1 and sentence in said.err


def test_a_folder_that_cannot_be_made_is_a_sentence(express, tmp_path):
    (tmp_path / "out").write_text("a file")
    status, said = express("--face-only", "--emotion", "fear", "--csv", *QUICK)
    assert status == 1 and "could not be written" in said.err


@pytest.mark.slow
def test_the_catalogue_is_a_picture_of_all_emotions(express):
    status, said = express("--face-only", "--catalogue")
    assert status == 0 and names(express.out) == {"emotions.jpg"} and "faces" in said.out
    assert min(cv2.imread(str(express.out / "emotions.jpg")).shape[:2]) > 1000


# A full disk -----------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(("size", "outputs", "there"), [
    (16_384, (), set()), (90_000, (), {"face.csv", "face.json"}),
    (49_152, ("--csv", "--video"), {"face.csv", "face.json"})])
def test_a_full_disk_is_a_sentence_and_what_is_whole_stays(
    small_disk, capsys, size, outputs, there
):
    place = small_disk(size)
    words = ["express", "--face-only", "--emotion", "happiness", *QUICK, *outputs]
    assert cli.main([*words, "--out", str(place)]) == 1
    said = capsys.readouterr()
    assert "the disk is full" in said.err and "Traceback" not in said.err
    left = names(place)
    assert not [name for name in left if ".part" in name]
    assert left == there
    if there:
        assert set(json.loads((place / "face.json").read_text())["files"]) == there - {"face.json"}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="limits of a process as Linux has them")
def test_a_file_that_may_not_grow_is_a_sentence(tmp_path):
    out = tmp_path / "out"
    script = ("import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
              " resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000));"
              " from kinesics_core import cli; sys.exit(cli.main(sys.argv[1:]))")
    told = subprocess.run(
        [sys.executable, "-c", script, "express", "--face-only", "--emotion", "fear", "--video",
         *QUICK, "--out", str(out)], capture_output=True, text=True, timeout=120)
    assert told.returncode == 1 and "face.mp4" in told.stderr and "Traceback" not in told.stderr
    assert not [name for name in names(out) if "part" in name]
