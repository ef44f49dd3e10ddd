"""``kinesics express`` of bodies: its files, how it goes on, what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from gltf_reader import Gltf, khronos_validator

from kinesics_core import cli
from kinesics_core.body import skinning
from kinesics_core.body.model import load
from kinesics_core.body.parameters import PARAMETERS
from kinesics_core.expression.live_link_reader import read_csv
from kinesics_core.fitting.output.params_file import read_parameters
from kinesics_core.importers import bvh as bvh_reader
from kinesics_core.rotations import exponential, logarithm

QUICK = ("--seconds", "2", "--rate", "10")
FILES = {"motion.npz", "face.csv", "motion.bvh", "motion.glb", "contact.jpg", "motion.mp4",
         "express.json"}


def names(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def world(parameters):
    """Axes with y up, x to the body's left, of what a fit's camera sees."""
    return parameters * [1.0, -1.0, -1.0]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The files of an emotion; the run that made them once."""
    out = tmp_path_factory.mktemp("express") / "out"
    assert cli.main(["express", "--emotion", "fear", "--intensity", ".8", *QUICK,
                     "--gesture", "shrug", "--out", str(out)]) == 0
    return out


@pytest.mark.slow
def test_an_emotion_becomes_files_of_one_length(made):
    assert names(made) == FILES
    document = json.loads((made / "express.json").read_text())
    assert document["request"] == {"emotion": "fear", "intensity": 0.8, "gesture": "shrug"}
    assert (document["frames"], document["rate"], document["seconds"]) == (21, 10.0, 2.0)
    assert set(document["files"]) == FILES - {"express.json"}
    assert document["notes"] and "longer than the performance" in document["notes"][0]
    found, _ = read_parameters(made / "motion.npz")  # as of a fit
    assert len(found.frames) == 21 and found.labels["emotion"] == "fear"
    assert found.times[-1] == pytest.approx(2.0)
    video = cv2.VideoCapture(str(made / "motion.mp4"))
    assert (video.get(cv2.CAP_PROP_FRAME_COUNT), video.get(cv2.CAP_PROP_FPS)) == (21, 10)
    assert cv2.imread(str(made / "contact.jpg")).shape[1] > 1000
    assert len(read_csv(made / "face.csv").animation.times) == 21


@pytest.mark.slow
def test_the_skeletons_of_gltf_and_bvh_move_as_the_parameters_say(made, tmp_path):
    found, _ = read_parameters(made / "motion.npz")
    model = load()
    frame = 12
    one = {name: getattr(found, name)[frame : frame + 1] for name in PARAMETERS}
    _, joints = skinning.vertices(model, betas=found.betas[None], **one)
    read = Gltf((made / "motion.glb").read_bytes())
    at = gltf_joints(read, frame)
    expected = world(joints[0])
    expected = expected - expected[0] + at[0]  # the camera's place is the npz's alone
    motion = bvh_reader.parse((made / "motion.bvh").read_text())
    assert motion.rate == pytest.approx(10.0) and len(motion.table) == 21
    places, _ = bvh_reader.pose(motion, [motion.names.index(name) for name in model.joint_names])
    body = [index for index, name in enumerate(model.joint_names) if "eye" not in name]
    np.testing.assert_allclose(at[body], expected[body], atol=2e-4)
    np.testing.assert_allclose(at, expected, atol=1e-3)  # eyes: the shapes of the face move them
    moved = places[frame] - places[frame, 0] + at[0]
    np.testing.assert_allclose(moved[body], expected[body], atol=3e-3)
    report = khronos_validator(tmp_path)((made / "motion.glb").read_bytes())
    assert report["issues"]["messages"] == []
    mesh = read.file.meshes[0]
    assert len(mesh.extras["targetNames"]) == len(mesh.primitives[0].targets) == 52
    views = [accessor.bufferView for accessor in read.file.accessors]
    assert None not in views and len(set(views)) == len(views)
    assert all(accessor.sparse is None for accessor in read.file.accessors)


def gltf_joints(read, frame):
    """Places of the joints, by the rules of glTF."""
    nodes = [{"translation": np.array(node.translation or [0, 0, 0], float),
              "rotation": np.array(node.rotation or [0, 0, 0, 1], float)}
             for node in read.file.nodes]
    for channel in read.file.animations[0].channels:
        if channel.target.path != "weights":
            sampler = read.file.animations[0].samplers[channel.sampler]
            nodes[channel.target.node][channel.target.path] = read.array(sampler.output)[frame]
    joints = read.file.skins[0].joints
    at, turns = {}, {}

    def place(index, turn, origin):
        at[index] = origin + turn @ nodes[index]["translation"]
        x, y, z, w = nodes[index]["rotation"]
        vector = np.array([x, y, z])
        sine = np.linalg.norm(vector)
        angle = 2 * np.arctan2(sine, w)
        turns[index] = turn @ exponential(vector / max(sine, 1e-12) * angle)
        for child in read.file.nodes[index].children or []:
            place(child, turns[index], at[index])

    place(joints[0], np.eye(3), np.zeros(3))
    return np.array([at[joint] for joint in joints])


@pytest.mark.slow
def test_a_second_run_makes_what_is_missing_or_damaged_alone(express):
    words = ("--emotion", "anger", *QUICK, "--npz", "--bvh", "--csv")
    assert express(*words)[0] == 0
    (express.out / "motion.bvh").write_bytes(b"nothing")
    status, said = express(*words)
    assert status == 0 and said.out.count("kept from an earlier run") == 2
    assert (express.out / "motion.bvh").read_bytes().startswith(b"HIERARCHY")
    status, said = express(*words, "--seed", "3")
    assert status == 0 and "kept" not in said.out


def test_meshes_are_the_posed_body_and_go_on_where_they_were(express):
    words = ("--gesture", "nod", "--seconds", "1", "--rate", "5", "--obj", "--npz")
    status, said = express(*words)
    assert status == 0 and "6 meshes" in said.out and "meshes/s" in said.out
    meshes = sorted((express.out / "meshes").glob("*.obj"))
    assert [path.stem for path in meshes] == [f"{frame:06d}" for frame in range(6)]
    lines = meshes[3].read_text().splitlines()
    read = np.array([line.split()[1:] for line in lines if line.startswith("v ")], float)
    found, _ = read_parameters(express.out / "motion.npz")
    true, _ = skinning.vertices(load(), betas=found.betas[None], **{
        name: getattr(found, name)[3:4] for name in PARAMETERS})
    expected = world(true[0])
    offset = (read - expected).mean(0)
    np.testing.assert_allclose(read - offset, expected, atol=5e-5)
    assert sum(line.startswith("f ") for line in lines) == len(load().faces)
    stamps = {path: path.stat().st_mtime_ns for path in meshes}
    meshes[2].unlink()
    assert express(*words)[0] == 0
    assert [path for path in meshes if path.stat().st_mtime_ns != stamps[path]] == [meshes[2]]
    # Another length is another take: no frame of the old one stays.
    assert express(*words[:2], "--seconds", "1", "--rate", "5", "--seed", "1", "--obj",
                   "--npz")[0] == 0
    assert all(path.stat().st_mtime_ns != stamps[path] for path in meshes)


def test_samples_differ_and_have_a_sheet(express):
    status, said = express("--emotion", "happiness", *QUICK, "--samples", "3", "--seed", "4")
    assert status == 0
    assert names(express.out) == {"express.json", "contact.jpg", *(
        f"seed_{seed}/motion.npz" for seed in (4, 5, 6))}
    poses = [read_parameters(express.out / f"seed_{seed}" / "motion.npz")[0].body_pose
             for seed in (4, 5, 6)]
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert np.abs(poses[one] - poses[other]).max() > 0.05
    assert cv2.imread(str(express.out / "contact.jpg")).shape[1] > 800
    assert said.out.count("MB") == 4


def test_noise_strays_from_the_performance_and_more_of_it_further(express, tmp_path):
    poses = {}
    for scale in ("0", ".5", "1.5"):
        assert express("--emotion", "sadness", *QUICK, "--npz", "--noise-scale", scale,
                       out=f"s{scale}")[0] == 0
        poses[scale] = read_parameters(tmp_path / f"s{scale}" / "motion.npz")[0].body_pose
    away = {scale: np.linalg.norm(pose - poses["0"]) for scale, pose in poses.items()}
    assert 0.0 < away[".5"] < away["1.5"], away
    document = json.loads((tmp_path / "s.5" / "express.json").read_text())
    assert document["request"]["noise_scale"] == 0.5


def test_a_fit_gives_body_and_pose(express, tmp_path):
    assert express("--gesture", "bow", *QUICK, "--npz", out="first")[0] == 0
    stored = dict(np.load(tmp_path / "first" / "motion.npz"))
    stored["betas"][:] = np.arange(10) / 10
    turn = exponential(np.array([0.0, 0.9, 0.0]))  # the fit's person faces aside
    stored["global_orient"] = logarithm(
        exponential(stored["global_orient"].astype(float)) @ turn).astype(np.float32)
    stored["body_pose"][:2] = np.nan  # frames that were not fitted
    np.savez(tmp_path / "fit.npz", **stored)
    status, _ = express("--emotion", "sadness", "--from", tmp_path / "fit.npz", "--npz", *QUICK)
    assert status == 0
    found, _ = read_parameters(express.out / "motion.npz")
    np.testing.assert_allclose(found.betas, np.arange(10) / 10, atol=1e-6)
    np.testing.assert_allclose(found.body_pose[0], stored["body_pose"][2], atol=1e-5)
    facing = exponential(found.global_orient.astype(float)) @ [0.0, 0.0, 1.0]
    assert np.abs(facing[:, 0]).max() < 0.1 and (facing[:, 2] < -0.9).all(), "to the camera"


@pytest.mark.parametrize(("change", "sentence"), [
    ({"model_sha256": "0" * 64, "model": "SMPLX_MALE.npz"}, "another body model (SMPLX_MALE.npz)"),
    ({"body_pose": np.zeros((21, 23, 3), np.float32)}, "wanted (21, 21, 3)"),
    ({"body_pose": np.full((21, 21, 3), np.nan, np.float32)}, "no frame that was fitted"),
    ({"gender": "unknown"}, "of the gender 'unknown'"),
])
def test_a_fit_that_does_not_fit_is_a_sentence(express, tmp_path, change, sentence):
    assert express("--gesture", "nod", *QUICK, "--npz", out="first")[0] == 0
    np.savez(tmp_path / "fit.npz", **(dict(np.load(tmp_path / "first" / "motion.npz")) | change))
    status, said = express("--emotion", "fear", "--from", tmp_path / "fit.npz", *QUICK)
    assert status == 1 and sentence in said.err and not express.out.exists()


@pytest.mark.parametrize(("words", "sentence"), [
    ((), "Got nothing to show; give one of a text, --emotion"),
    (("--emotion", "feer"), "Got emotion 'feer'"),
    (("--gesture", "somersault"), "Got gesture 'somersault'; use one of"),
    (("--emotion", "fear", "--text", "hello"), "Got a text and --emotion to show"),
    (("--emotion", "fear", "--gesture-side", "left"), "Got --gesture-side without --gesture"),
    (("--gesture", "wave", "--gesture-intensity", "2"), "Got gesture intensity 2.0; give a number"),
    (("--gesture", "nod", "--intensity", ".5"), "Got --intensity with --gesture alone"),
    (("--emotion", "fear", "--seconds", "0"), "got seconds = 0.0, wanted 1 to 600 s"),
    (("--emotion", "fear", "--seconds", "1e6"), "got seconds = 1000000.0, wanted 1 to 600 s"),
    (("--emotion", "fear", "--seconds", "600", "--samples", "64"), "2304064 frames together"),
    (("--emotion", "fear", "--rate", "1e6"), "got rate = 1000000.0, wanted 5 to 240 Hz"),
    (("--emotion", "fear", "--noise-scale", "9"), "got noise_scale = 9.0, wanted 0 to 3"),
    (("--compound", "sadly angry", "--noise-scale", "1"), "Got --noise-scale with --compound"),
    (("--face-only", "--emotion", "fear", "--noise-scale", "1"), "Got --noise-scale with --face"),
    (("--emotion", "fear", "--catalogue"), "Got --catalogue without --face-only"),
    (("--emotion", "fear", "--from", "x.csv"), "x.csv is a recording of a face; add --face-only"),
    (("--emotion", "fear", "--from", "none.npz"), "none.npz cannot be read as a fit"),
    (("--text", "  "), "Got a text of blanks alone"),
    (("--units", "AU999"), "Got action unit 'AU999'"),
    (("--compound", "madly glad"), "Got compound 'madly glad'"),
    (("--emotion", "fear", "--seed", "2147483647", "--samples", "2"), "got seed = 2147483648"),
])
def test_what_is_refused_is_a_sentence_and_leaves_nothing(express, words, sentence):
    status, said = express(*words)
    assert status == 1 and sentence in said.err, said.err
    assert said.err.startswith("kinesics express: ") and not express.out.exists()


@pytest.mark.parametrize("words", [
    ("--emotion", "fear", "--intensity", "1.2"), ("--emotion", "fear", "--intensity", "nan"),
    ("--emotion", "fear", "--samples", "0"), ("--emotion", "fear", "--samples", "1000000")])
def test_a_number_out_of_range_is_refused_by_its_option(express, words):
    with pytest.raises(SystemExit):
        express(*words)
    assert not express.out.exists()


@pytest.mark.slow
def test_a_full_disk_is_a_sentence_and_what_is_whole_stays(small_disk, capsys):
    place = small_disk(3_000_000)
    words = ["express", "--gesture", "nod", *QUICK, "--out", str(place)]
    assert cli.main([*words, "--npz", "--bvh", "--obj"]) == 1
    said = capsys.readouterr()
    assert "the disk is full" in said.err and "Traceback" not in said.err
    left = names(place)
    assert "21 meshes" in said.err, "the disk is not filled with those that fit"
    assert left == {"motion.npz", "motion.bvh", "express.json", "meshes/meshes.json"}
    assert cli.main([*words, "--glb"]) == 1
    assert "the disk is full" in capsys.readouterr().err
    assert not Path(place / "motion.glb").exists()
