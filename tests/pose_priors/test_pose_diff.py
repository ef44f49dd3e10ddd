"""The Gaussian of pose differences against a known linear process and against people's motion."""

from __future__ import annotations

import json

import numpy as np
import pytest

from kinesics_core import files
from kinesics_core.cli import main
from kinesics_core.dataset import pose_clips
from kinesics_core.dataset.pose_clips import PoseClip
from kinesics_core.errors import KinesicsError, ModelError
from kinesics_core.pose_priors import pose_diff, vae
from kinesics_core.pose_priors.pose_diff import FitConfig, PoseDiff

D = 4


def _known(rng: np.random.Generator, order: int) -> PoseDiff:
    """Return a stable process of two emotions with its own drift and covariance each."""
    pull = -0.12 * np.eye(D) + 0.03 * rng.standard_normal((D, D))
    momentum = (0.55 * np.eye(D) + 0.05 * rng.standard_normal((D, D))) * (order == 2)
    drift = 0.05 * rng.standard_normal((3, D, 3))
    root = np.tril(0.02 * rng.standard_normal((3, D, D))) + 0.05 * np.eye(D)
    root[1] *= 2.0
    return PoseDiff(("anger", "fear"), pull, momentum, drift, root, 30.0, np.zeros(2), np.zeros(D))


def _samples(
    model: PoseDiff, rng: np.random.Generator, clips: int, frames: int
) -> tuple[list[np.ndarray], list[str]]:
    codes, names = [], []
    for clip in range(clips):
        row = clip % 2
        z, d = rng.standard_normal((1, D)), np.zeros((1, D))
        path = [z[0], z[0]]
        for step in range(2, frames):
            d = model.draw(z, d, row, np.array([step / (frames - 1)]), rng)
            z = z + d
            path.append(z[0])
        codes.append(np.array(path))
        names.append(model.emotions[row])
    return codes, names


@pytest.mark.parametrize("order", [1, 2])
def test_recovers_a_known_process(order: int) -> None:
    rng = np.random.default_rng(order)
    true = _known(rng, order)
    codes, names = _samples(true, rng, 40, 500)
    found = pose_diff.fit(codes, names, 30.0, np.zeros(D), FitConfig(
        order, prior_frames=1.0, drift_frames=1.0, covariance_frames=1.0))
    assert found.emotions == ("anger", "fear")
    assert found.frames.sum() == 40 * 498
    assert np.abs(found.pull - true.pull).max() < 0.02
    assert np.abs(found.momentum - true.momentum).max() < (0.03 if order == 2 else 1e-12)
    for row in range(2):
        np.testing.assert_allclose(found.drift[row], true.drift[row], atol=0.02)
        covariance = found.root[row] @ found.root[row].T
        np.testing.assert_allclose(
            covariance, true.root[row] @ true.root[row].T, atol=4e-4, rtol=0.1)


def test_few_frames_are_drawn_towards_all() -> None:
    rng = np.random.default_rng(3)
    true = _known(rng, 2)
    codes, names = _samples(true, rng, 30, 300)
    few = [codes[1][:20]]
    found = pose_diff.fit(codes[::2] + few, [*names[::2], "fear"], 30.0, np.zeros(D))
    anger, fear, of_all = (np.linalg.norm(root @ root.T) for root in found.root)
    assert abs(fear - of_all) < 0.2 * abs(anger - of_all) + 1e-3 * of_all


def test_unstable_motion_is_made_stable() -> None:
    rng = np.random.default_rng(4)
    grow = 1.05 ** np.arange(120)[:, None] * rng.standard_normal((1, D))
    found = pose_diff.fit([grow + 0.01 * rng.standard_normal(grow.shape)], ["anger"], 30.0,
                          np.zeros(D))
    assert np.abs(pose_diff.poles(found.pull, found.momentum)).max() <= \
        pose_diff.LARGEST_POLE + 1e-9


def test_stable_scales_every_pole_alike() -> None:
    rng = np.random.default_rng(5)
    pull, momentum = 0.2 * rng.standard_normal((D, D)), 0.9 * rng.standard_normal((D, D))
    before = pose_diff.poles(pull, momentum)
    after = pose_diff.poles(*pose_diff.stable(pull, momentum, 0.9))
    factor = 0.9 / np.abs(before).max()
    np.testing.assert_allclose(np.sort(np.abs(after)), np.sort(factor * np.abs(before)), atol=1e-8)


def _stationary(model: PoseDiff, row: int) -> np.ndarray:
    """Return the covariance (D, D) of what strays, by summing its equation to the end."""
    size = len(model.pull)
    eye, none = np.eye(size), np.zeros((size, size))
    step = np.block([[eye + model.pull, model.momentum], [model.pull, model.momentum]])
    noise = np.vstack([model.root[row], model.root[row]])
    covariance = noise @ noise.T
    for _ in range(14):  # doubling: 2^14 frames
        covariance = covariance + step @ covariance @ step.T
        step = step @ step
    assert none.shape == eye.shape
    return covariance[:size, :size]


def test_the_shipped_model_stays_bounded_and_strays_as_computed() -> None:
    model = pose_diff.load()
    assert np.abs(pose_diff.poles(model.pull, model.momentum)).max() < 0.99
    for row in range(len(model.emotions) + 1):
        deviation = np.sqrt(np.diag(_stationary(model, row)))
        found = model.deviations(row, 6000, np.random.default_rng(row))
        assert np.isfinite(found).all()
        assert 0.5 < np.median(found.std(axis=0) / deviation) < 1.5
        assert np.abs(found).max() < 8.0 * deviation.max() < 40.0


@pytest.mark.slow
def test_a_million_frames_stay_within_the_stationary_bound() -> None:
    model = pose_diff.load()
    row = model.row("anger")
    found = model.deviations(row, 1_000_000, np.random.default_rng(0))
    deviation = np.sqrt(np.diag(_stationary(model, row)))
    assert (np.abs(found) < 7.0 * deviation).all()
    np.testing.assert_allclose(found.std(axis=0), deviation, rtol=0.15)


def test_goal_is_where_the_mean_difference_ends() -> None:
    model = _known(np.random.default_rng(6), 2)
    z = model.goal(0, np.array([0.3]))
    np.testing.assert_allclose(
        model.mean(z, np.zeros((1, D)), 0, np.array([0.3])), 0.0, atol=1e-12)


def test_unknown_emotion_and_another_prior() -> None:
    model = pose_diff.load()
    with pytest.raises(KinesicsError, match="was not taught 'disgust'; it knows anger"):
        model.row("disgust")
    ours = vae.load()
    model.require_prior(ours)
    weight, bias = ours.encoder[-1]
    other = vae.PosePrior(
        (*ours.encoder[:-1], (weight, bias + 0.5)), ours.decoder, ours.slope)
    with pytest.raises(ModelError, match="another pose prior"):
        model.require_prior(other)


@pytest.mark.parametrize(("change", "word"), [
    ({"pull": np.eye(vae.LATENT)}, "unit circle"),
    ({"root": np.full((5, vae.LATENT, vae.LATENT), np.nan)}, "root"),
    ({"emotions": ["joyous"]}, "root|drift"), ({"rate": 0.0}, "rate"),
    ({"emotions": ["a", "b", "c", "d"]}, "emotions a, b"), ({"format": "other"}, "format"),
    ({"drift": None}, "drift")])
def test_damaged_models_are_refused(change: dict, word: str, tmp_path) -> None:
    arrays = pose_diff.arrays_of(pose_diff.load()) | change
    path = tmp_path / "model.npz"
    files.write_arrays(path, {key: value for key, value in arrays.items() if value is not None})
    with pytest.raises(ModelError, match=word):
        pose_diff.load(path)


def _clips(rng: np.random.Generator, names: dict[str, dict[str, str]]) -> list[PoseClip]:
    """Return recordings of arms and trunk that sway."""
    clips = []
    for number, (name, labels) in enumerate(names.items()):
        times = np.arange(150)[:, None, None] / 30.0
        size = 0.25 * rng.standard_normal((1, 22, 3))
        pose = size * np.sin(times * (2.0 + number) + rng.uniform(0, 6, (1, 22, 3)))
        clips.append(PoseClip(name, "known", f"known/{name}", pose.astype(np.float32), labels))
    return clips


def test_labels_of_clips_are_kept(tmp_path) -> None:
    from kinesics_core.importers import body_poses

    clips = _clips(np.random.default_rng(1), {"a": {"emotion": "anger"}, "b": {}})
    pose_clips.save(tmp_path / "clips.npz", clips)
    assert [clip.labels for clip in body_poses.read([tmp_path])] == [{"emotion": "anger"}, {}]


def test_train_pose_diff_learns_from_fits_and_names(tmp_path, capsys) -> None:
    rng = np.random.default_rng(2)
    (tmp_path / "data" / "video").mkdir(parents=True)
    clips = _clips(rng, {"one": {"emotion": "angry"}, "walk_scared": {}, "nothing": {}})
    pose_clips.save(tmp_path / "data" / "clips.npz", clips)
    fitted = clips[0].rotations.copy()
    fitted[:3] = np.nan
    files.write_arrays(tmp_path / "data" / "video" / "params.npz", {
        "body_pose": fitted[:, 1:], "global_orient": fitted[:, 0], "fps": 30.0, "focal": 800.0,
        "labels": json.dumps({"emotion": "disgust"})})
    files.write_arrays(tmp_path / "data" / "video" / "keypoints.npz", {"x": np.zeros(3)})
    out = tmp_path / "model"
    assert main(["train", "pose-diff", "--data", str(tmp_path / "data"), "--out", str(out)]) == 0
    model = pose_diff.load(out / pose_diff.FILE)
    assert model.emotions == ("anger", "disgust", "fear")
    assert set(json.loads((out / "report.json").read_text())) == {*model.emotions, "all"}
    said = capsys.readouterr()
    assert "left out, no emotion in label or name: nothing" in said.err
    assert "No recording shows" in said.out and "surprise" in said.out


@pytest.mark.parametrize(("options", "sentence"), [
    ([], "None of the recordings has an emotion"),
    (["--emotion-pattern", "(?P<emotion>plain)"], "has the emotion 'plain'; wanted one of"),
    (["--emotion-pattern", "plain"], "wanted a group"),
    (["--emotion-pattern", "(("], "not a regular expression")])
def test_train_pose_diff_refuses(options: list[str], sentence: str, tmp_path, capsys) -> None:
    pose_clips.save(tmp_path / "clips.npz", _clips(np.random.default_rng(1), {"plain": {}}))
    assert main(["train", "pose-diff", "--data", str(tmp_path / "clips.npz"), "--out",
                 str(tmp_path / "out"), *options]) != 0
    assert sentence in capsys.readouterr().err
