"""``kinesics eval fit``: exact figures for exact displacements, and tables of real fits."""

import json
from dataclasses import replace

import numpy as np
import pytest

from kinesics_core.body.model import load
from kinesics_core.body.parameters import PARAMETERS
from kinesics_core.cli import main
from kinesics_core.fitting.evaluation import motions, truth
from kinesics_core.fitting.evaluation.baseline import STANDING, mean_pose
from kinesics_core.fitting.evaluation.scores import score
from kinesics_core.fitting.evaluation.truth import Recipe


@pytest.fixture(scope="module")
def body():
    return load()


@pytest.fixture(scope="module")
def clip(body):
    return truth.make(motions.acted("sadness", 0, 30), body, 0, Recipe(frames=30, noise=0.0))


def test_the_truth_scores_nothing_against_itself(body, clip):
    track, real = clip
    means = score(real, real, (body, body), track, penetration_step=10).means()
    assert means.pop("penetration") >= 0.0
    assert means == pytest.approx(dict.fromkeys(means, 0.0), abs=0.05)


def test_a_moved_body_is_off_by_what_it_was_moved(body, clip):
    """V2V and MPJPE join the pelvises, so only a bent elbow is left; its pixels are off, too."""
    track, real = clip
    moved = replace(real, transl=real.transl + np.float32([0.0, 0.0, 0.3]))
    means = score(moved, real, (body, body), track).means()
    assert means["v2v"] == pytest.approx(0.0, abs=0.01)
    assert means["reprojection"] > 1.0
    bent = replace(real, body_pose=real.body_pose.copy())
    bent.body_pose[:, 17, 1] -= 0.5  # left elbow
    means = score(bent, real, (body, body), track).means()
    forearm = np.linalg.norm(real.joints[0, 20] - real.joints[0, 18])
    assert means["mpjpe"] == pytest.approx(1000 * 2 * np.sin(0.25) * forearm / 22, rel=0.1)
    assert means["hands_pa"] == pytest.approx(0.0, abs=0.01)


def test_frames_are_compared_by_their_number(body, clip):
    track, real = clip
    later = evaluation_slice(real, slice(10, 30))
    means = score(later, real, (body, body), track).means()
    assert means["mpjpe"] == pytest.approx(0.0, abs=0.01)
    assert means["reprojection"] == pytest.approx(0.0, abs=0.05)


def evaluation_slice(real, rows):
    per_frame = {name: getattr(real, name)[rows]
                 for name in (*PARAMETERS, "frames", "times", "joints", "keypoints")}
    return replace(real, **per_frame)


def test_the_mean_pose_lies_over_a_person_who_stands_so(body):
    """The baseline finds place, size and turn in the image, exactly, of the pose it has."""
    rotations = np.zeros((5, 22, 3))
    for name, turn in STANDING.items():
        rotations[:, truth.SMPLX_BODY.index(name)] = turn
    track, real = truth.make(motions.Motion("still", rotations, 30.0), body, 0, Recipe(
        frames=5, noise=0.0, faces=0.0, focal_known=True))
    guess = mean_pose(track, body)
    means = score(guess, real, (body, body), track).means()
    assert means["pa_mpjpe"] < 40.0  # of another shape
    assert means["reprojection"] < 15.0
    assert guess.transl[:, 2] == pytest.approx(real.transl[:, 2], rel=0.15)


def save(truth, track, path):
    """Write what ``kinesics eval fit --truth`` reads: keys as in ``params.npz`` of a fit."""
    np.savez(path, **{name: getattr(truth, name) for name in (*PARAMETERS, "frames", "times")},
             betas=np.tile(truth.betas, (len(truth.frames), 1)), focal=truth.focal,
             principal_point=truth.centre, width=track.width, height=track.height, fps=track.rate,
             keypoints=track.keypoints, **truth.labels)


def test_two_files_are_compared(tmp_path, body, clip, capsys):
    track, real = clip
    save(real, track, tmp_path / "truth.npz")
    (tmp_path / "fit").mkdir()
    turned = replace(real, left_hand_pose=real.left_hand_pose * np.float32(0.5))
    save(turned, track, tmp_path / "fit" / "params.npz")
    assert main(["eval", "fit", "--fit", str(tmp_path / "fit"), "--truth",
                 str(tmp_path / "truth.npz"), "--json", str(tmp_path / "out.json")]) == 0
    found = {entry["name"]: entry["value"]
             for entry in json.loads((tmp_path / "out.json").read_text())["results"]}
    assert found["fit.mpjpe.all"] == pytest.approx(0.0, abs=0.01)
    assert found["fit.hands_pa.sadness"] > 1.0
    assert "sadness" in capsys.readouterr().out


@pytest.mark.parametrize("words, said", [
    (["--fit", "nowhere"], "needs both"),
    (["--fit", "nowhere", "--truth", "nowhere"], "cannot be read as a fit"),
])
def test_what_is_missing_is_said(words, said, capsys):
    assert main(["eval", "fit", *words]) != 0
    assert said in capsys.readouterr().err


@pytest.mark.slow
def test_an_archives_clips_make_the_papers_table(tmp_path, capsys):
    np.savez(tmp_path / "motion.npz", **{
        name: motions.acted(name, 0, 8).rotations for name in ("anger", "fear")})
    assert main(["eval", "fit", "--frames", "8", "--genders", "neutral", "--motion",
                 str(tmp_path / "motion.npz"), "--json", str(tmp_path / "out.json")]) == 0
    document = json.loads((tmp_path / "out.json").read_text())
    found = {entry["name"]: entry for entry in document["results"]}
    assert {f"fit.v2v.{row}" for row in ("anger", "fear", "neutral_body", "all")} <= set(found)
    assert found["fit.v2v_beside_paper.all"]["peer_value"] == 52.6
    ours = found["fit.pa_mpjpe.all"]
    assert 0.0 < ours["value"] < ours["peer_value"]  # better than the mean pose
    assert [clip["emotion"] for clip in document["clips"]] == ["anger", "fear"]
    assert "V2V in the paper" in capsys.readouterr().out
