"""Poses varied in code, and sequences through emotions."""

from __future__ import annotations

import numpy as np
import pytest

from kinesics_core.body import model as body_model
from kinesics_core.body import skinning
from kinesics_core.errors import KinesicsError
from kinesics_core.expression.bodies import GeneratorConfig, generate, vary_pose
from kinesics_core.expression.bodies.latent import within_limits
from kinesics_core.expression.bodies.sequence import at_times, nearest
from kinesics_core.expression.body_performance import Performance, Start
from kinesics_core.expression.performance import PerformanceConfig
from kinesics_core.expression.request import ExpressionRequest
from kinesics_core.pose_priors import pose_diff, vae
from kinesics_core.pose_priors.joint_limits import half_spaces
from kinesics_core.rotations import exponential, logarithm
from kinesics_core.skeletons import SMPLX_BODY

PAPER = ("anger", "happiness", "surprise", "disgust", "sadness", "fear")
LEGS = [SMPLX_BODY.index(f"{side}_{part}") - 1 for side in ("left", "right")
        for part in ("hip", "knee", "ankle", "foot")]


def _pose(rng: np.random.Generator) -> np.ndarray:
    return vae_pose(rng.standard_normal(vae.LATENT))


def vae_pose(z: np.ndarray) -> np.ndarray:
    return logarithm(vae.load().decode(z[None]))[0]


def _seated() -> Start:
    pose = np.zeros((21, 3), np.float32)
    for side in (0, 1):
        pose[SMPLX_BODY.index("left_hip") - 1 + side, 0] = -1.4
        pose[SMPLX_BODY.index("left_knee") - 1 + side, 0] = 1.4
    pose[SMPLX_BODY.index("left_shoulder") - 1, 2] = -1.1
    pose[SMPLX_BODY.index("right_shoulder") - 1, 2] = 1.1
    betas = np.array([1.0, -0.5, *[0.0] * 8], np.float32)
    hand = np.full((15, 3), 0.05, np.float32)
    return Start(betas, "female", np.array([0.1, 0.0, 0.0], np.float32), pose, hand, -hand)


def _run(emotion: str = "anger", seconds: float = 3.0, seed: int = 0, rate: float = 30.0,
         start: Start | None = None, **generator: float | str) -> Performance:
    begin = None if start is None else (start, body_model.load(gender=start.gender))
    return generate(
        ExpressionRequest(emotion=emotion, intensity=0.8, duration=seconds),
        GeneratorConfig(**generator), PerformanceConfig(seconds=seconds, seed=seed, rate=rate),
        start=begin)


def test_noise_0_gives_the_decoded_pose() -> None:
    rng = np.random.default_rng(0)
    pose = rng.uniform(-0.4, 0.4, (5, 21, 3))
    found = vary_pose(pose, 0.0, 2, rng)
    decoded = vae.load().project(exponential(pose))
    np.testing.assert_allclose(exponential(found[::2]), decoded, atol=1e-5)
    np.testing.assert_allclose(found[::2], found[1::2])
    kept = vary_pose(pose, 0.0, 1, rng, keep=True)
    np.testing.assert_allclose(kept, pose, atol=1e-4)


def test_meshes_leave_the_pose_further_with_more_noise() -> None:
    rng = np.random.default_rng(1)
    poses = np.stack([_pose(rng) for _ in range(4)])
    body = skinning.select(body_model.load(), np.arange(0, 13000, 40))
    own, _ = skinning.vertices(body, body_pose=poses.astype(np.float32))
    distances = []
    for noise in (0.1, 0.2, 0.4, 0.8, 1.6):
        varied = vary_pose(poses, noise, 40, np.random.default_rng(2), keep=True)
        found, _ = skinning.vertices(body, body_pose=varied)
        away = np.linalg.norm(found - np.repeat(own, 40, axis=0), axis=-1)
        distances.append(float(away.mean()))
    assert all(after > 1.2 * before for before, after in zip(
        distances, distances[1:], strict=False))


@pytest.mark.parametrize("emotion", PAPER)
def test_sequences_begin_and_end_in_the_pose(emotion: str) -> None:
    start = _seated()
    found = _run(emotion, start=start, noise_scale=0.6)
    frames = found.frames
    for moment in (0, -1):
        np.testing.assert_allclose(
            exponential(frames.body_pose[moment].astype(float)),
            exponential(start.body_pose.astype(float)), atol=1e-4)
        np.testing.assert_allclose(frames.left_hand_pose[moment], start.left_hand_pose, atol=1e-4)
        np.testing.assert_allclose(frames.global_orient[moment], start.global_orient, atol=1e-5)
    np.testing.assert_allclose(frames.body_pose[:, LEGS], np.broadcast_to(
        start.body_pose[LEGS], frames.body_pose[:, LEGS].shape), atol=1e-5)
    middle = frames.body_pose[len(found.times) // 2]
    assert np.linalg.norm(middle - start.body_pose, axis=-1).max() > 0.2
    assert found.face.blendshapes[len(found.times) // 2].max() > 0.2
    assert np.abs(frames.left_hand_pose[len(found.times) // 2] - start.left_hand_pose).max() > 0.02
    assert found.gender == "female"


@pytest.mark.parametrize("seed", range(4))
def test_no_jump_between_frames_and_possible_joints(seed: int) -> None:
    found = _run(PAPER[seed], 4.0, seed, rate=60.0, noise_scale=1.0)
    pose = found.frames.body_pose.astype(np.float64)
    assert np.isfinite(pose).all()
    turned = exponential(pose)
    turn = np.linalg.norm(logarithm(np.swapaxes(turned[:-1], -1, -2) @ turned[1:]), axis=-1)
    assert turn.max() < 0.25  # 15 rad/s
    assert turn.max() < 6.0 * np.percentile(turn.max(axis=1), 90)
    directions, limits = half_spaces()
    beyond = (pose.reshape(len(pose), -1) @ directions.T - limits).max(axis=1)
    assert (beyond < 0.05).mean() >= 0.99
    np.testing.assert_allclose(pose[0], pose[-1], atol=1e-4)


def test_seeds_differ_and_repeat_and_noise_0_is_the_posture() -> None:
    one, same, other = (_run(seed=seed, noise_scale=0.5) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.frames.body_pose, same.frames.body_pose)
    assert np.abs(one.frames.body_pose - other.frames.body_pose).max() > 0.05
    plain = _run(seed=1, noise_scale=0.0)
    middle = len(plain.times) // 2
    away = np.linalg.norm(
        one.frames.body_pose[middle] - plain.frames.body_pose[middle], axis=-1).mean()
    assert 0.005 < away < 0.5


def test_learned_mean_needs_the_emotion() -> None:
    found = _run("fear", mean="learned", noise_scale=0.3)
    np.testing.assert_allclose(found.frames.body_pose[0], found.frames.body_pose[-1], atol=1e-4)
    assert np.isfinite(found.frames.body_pose).all()
    with pytest.raises(KinesicsError, match="was not taught 'disgust'"):
        _run("disgust", mean="learned")


@pytest.mark.parametrize(("pose", "noise", "sentence"), [
    (np.full((21, 3), np.nan), 1.0, "nan or infinity"),
    (np.zeros((23, 3)), 1.0, "another body model"),
    (np.zeros((21, 3)), -0.1, "noise_scale -0.1"),
    (np.zeros((21, 3)), np.nan, "noise_scale nan"),
    (np.array(["a"]), 1.0, "body_pose of shape")])
def test_bad_poses_are_refused(pose: np.ndarray, noise: float, sentence: str) -> None:
    with pytest.raises(KinesicsError, match=sentence):
        vary_pose(pose, noise, 1, np.random.default_rng(0))


def test_bad_settings_are_refused() -> None:
    with pytest.raises(KinesicsError, match="noise_scale = -1.0"):
        GeneratorConfig(noise_scale=-1.0)
    with pytest.raises(KinesicsError, match="mean = 'mine'"):
        GeneratorConfig(mean="mine")
    start = _seated()
    broken = Start(start.betas, "female", start.global_orient, np.full((21, 3), np.nan),
                   start.left_hand_pose, start.right_hand_pose)
    with pytest.raises(KinesicsError, match="nan or infinity"):
        _run(start=broken)


def test_an_emotion_without_recordings_strays_as_its_neighbour() -> None:
    model = pose_diff.load()
    assert [nearest(model, name) for name in ("fear", "sadness", "disgust", "surprise")] == [
        "fear", "neutral", "anger", "happiness"]


def test_spline_goes_through_its_samples_and_keeps_lines() -> None:
    values = np.cumsum(np.random.default_rng(0).standard_normal((9, 2)), axis=0)
    np.testing.assert_allclose(at_times(values, np.arange(9.0)), values, atol=1e-12)
    line = np.arange(9.0)[:, None] * [1.0, -2.0]
    places = np.linspace(0.0, 8.0, 50)
    np.testing.assert_allclose(at_times(line, places), places[:, None] * [1.0, -2.0], atol=1e-12)


def test_limits_stop_only_what_would_pass_them() -> None:
    rng = np.random.default_rng(3)
    start = np.zeros((200, 21, 3))
    near, far = 0.01 * rng.standard_normal(start.shape), 4.0 * rng.standard_normal(start.shape)
    directions, limits = half_spaces()
    stopped = within_limits(start, far).reshape(200, -1)
    assert (stopped @ directions.T <= limits + 1e-5).all()
    knees = [SMPLX_BODY.index(f"{side}_knee") - 1 for side in ("left", "right")]
    elbows = [SMPLX_BODY.index(f"{side}_elbow") - 1 for side in ("left", "right")]
    others = np.setdiff1d(np.arange(21), knees + elbows)  # these begin at a limit
    np.testing.assert_allclose(within_limits(start, near)[:, others], near[:, others], atol=1e-4)
