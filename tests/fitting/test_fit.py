"""Fits of synthetic truth: what is put in comes out, whatever is missing, and stops when told."""

from __future__ import annotations

import time
from dataclasses import replace
from unittest.mock import Mock

import numpy as np
import pytest

from kinesics_core.body import model
from kinesics_core.body.model import load
from kinesics_core.body.parameters import PARAMETERS
from kinesics_core.fitting.checkpoints import Checkpoints
from kinesics_core.fitting.chunks import chunk_rows, keyframes
from kinesics_core.fitting.errors import FitError
from kinesics_core.fitting.evaluation import metrics, motions, truth
from kinesics_core.fitting.evaluation.truth import Recipe
from kinesics_core.fitting.fit import fit
from kinesics_core.fitting.progress import FitHooks
from kinesics_core.fitting.settings import GENDERS, Settings, Spreads
from kinesics_core.rotations import logarithm
from kinesics_core.skeletons import WHOLEBODY133_FLIP

EXACT = Spreads(body=0.001, feet=0.001, face=0.001, hand=0.001, turn=10, finger=10, shift=10,
                expression_change=10, expression=1)


@pytest.fixture(scope="module")
def body():
    return load()


@pytest.fixture(scope="module")
def clip(body):
    """Our robot's body acting; keypoints off by 2 px on a person of 500 px."""
    return made(body, Recipe(frames=75))


def made(body, recipe, seed=3):
    return truth.make(motions.acted("happiness", seed, recipe.frames), body, seed, recipe)


def joints_error(fitted, real, body, rows=None):
    """(T,) PA-MPJPE of the body's 22 joints, mm."""
    _, joints = truth.posed(fitted, body, rows)
    true = real.joints if rows is None else real.joints[rows]
    return metrics.pa_mpjpe(joints[:, :22], true[:, :22])


def finite(fitted):
    return all(np.isfinite(getattr(fitted, name)).all() for name in ("betas", *PARAMETERS))


def test_noise_alone_is_between_a_fit_and_exact_keypoints(body):
    track, real = made(body, Recipe(frames=12, noise=0.0, focal_known=True))
    fitted = fit(track, body, Settings(spreads=EXACT))
    assert np.median(fitted.reprojection) < 0.3
    assert joints_error(fitted, real, body).mean() < 25
    assert fitted.focal == real.focal


def test_accuracy_at_two_pixels(body, clip):
    track, real = clip
    fitted = fit(track, body)
    assert finite(fitted) and not fitted.failed.any()
    # The robot's gestures are poses no prior has seen; motion capture is bench fit's.
    assert joints_error(fitted, real, body).mean() < 45
    _, joints = truth.posed(fitted, body)
    assert metrics.hands_pa(joints, real.joints).mean() < 12
    assert fitted.reprojection.mean() < 3.2
    assert fitted.expression.min() >= 0 and fitted.expression.max() <= 1
    assert set(fitted.seconds) == {"camera", "body", "hands_face"}


def test_a_fifth_of_the_keypoints_missing(body):
    track, real = made(body, Recipe(frames=60, missing=0.2))
    fitted = fit(track, body)
    assert finite(fitted)
    assert joints_error(fitted, real, body).mean() < 45


@pytest.mark.slow
def test_landmarks_in_space_help(body):
    plain = made(body, Recipe(frames=45), seed=5)
    helped = made(body, Recipe(frames=45, world=True), seed=5)
    assert helped[0].world is not None
    with_, without = (joints_error(fit(track, body), real, body).mean()
                      for track, real in (helped, plain))
    assert with_ < without


@pytest.mark.slow
def test_blendshapes_help_the_face(body):
    track, real = made(body, Recipe(frames=30, blendshapes=True))
    known = fit(track, body)
    unknown = fit(replace(track, blendshapes=None), body)
    errors = [np.abs(one.expression - real.expression).mean() for one in (known, unknown)]
    assert errors[0] < errors[1]
    assert np.abs(known.leye_pose - real.leye_pose).mean() < 0.05  # gaze, radians


def test_shape_is_drawn_to_what_it_is(body, clip):
    track, real = clip
    fitted = fit(track, body)
    assert np.abs(fitted.betas - real.betas).mean() < np.abs(real.betas).mean() + 0.1


@pytest.mark.slow
def test_latent_poses_are_ones_that_the_prior_decodes(body, clip):
    from kinesics_core.pose_priors import vae
    track, real = clip
    fitted = fit(track.part(slice(0, 45)), body, Settings(pose_space="latent"))
    prior = vae.load()
    again = logarithm(prior.decode(prior.encode(fitted.body_pose)[0]))
    close = np.abs(again - fitted.body_pose.reshape(again.shape))
    exact = fit(track.part(slice(0, 45)), body)
    far = logarithm(prior.decode(prior.encode(exact.body_pose)[0]))
    assert close.mean() < np.abs(far - exact.body_pose.reshape(far.shape)).mean()
    assert joints_error(fitted, real, body, np.arange(45)).mean() < 60


def test_one_frame_and_two(body, clip):
    track, real = clip
    for rows in (slice(40, 41), slice(40, 42)):
        fitted = fit(track.part(rows), body)
        assert finite(fitted) and len(fitted.transl) == len(fitted.frames)
        assert fitted.reprojection.mean() < 5


def test_frames_without_a_person_are_filled_in(body, clip):
    track, real = clip
    track = track.part(np.r_[0:30, 45:75])  # a gap in the recording too
    track.keypoints[10:14] = np.nan, np.nan, 0
    track.keypoints[0] = np.nan, np.nan, 0
    fitted = fit(track, body)
    assert finite(fitted)
    assert list(np.flatnonzero(fitted.failed)) == [0, 10, 11, 12, 13]
    assert np.isnan(fitted.reprojection[10]) and np.array_equal(fitted.frames, track.frames)
    between = (fitted.transl[9] + fitted.transl[14]) / 2
    assert np.abs(fitted.transl[10:14].mean(axis=0) - between).max() < 1e-3


def test_an_upper_body_stands_on_natural_legs(body, clip):
    track, _ = clip
    track = track.part(slice(0, 30))
    track.keypoints[:, 13:23] = np.nan, np.nan, 0
    fitted = fit(track, body)
    hips_and_knees = fitted.body_pose[:, [0, 1, 3, 4]]
    assert np.linalg.norm(hips_and_knees, axis=2).max() < 1.2


def test_a_frame_whose_sides_are_swapped_and_outliers_do_no_harm(body, clip):
    track, real = clip
    track = track.part(slice(0, 60))
    track.keypoints[20] = track.keypoints[20][np.array(WHOLEBODY133_FLIP)]
    rng = np.random.default_rng(0)
    wild = rng.random(track.keypoints.shape[:2]) < 0.03
    track.keypoints[wild, :2] += rng.normal(0, 150, (int(wild.sum()), 2)).astype(np.float32)
    fitted = fit(track, body)
    rows = np.arange(60)
    error = joints_error(fitted, real, body, rows)
    assert np.median(error) < 40
    assert error[20] < 3 * np.median(error) + 40


@pytest.mark.slow
def test_seams_of_chunks_do_not_show(body, clip):
    track, _ = clip
    whole = fit(track, body)
    pieces = fit(track, body, Settings(chunk=40, overlap=12))
    jumps = np.linalg.norm(np.diff(pieces.transl - whole.transl, axis=0), axis=1)
    _, one = truth.posed(whole, body)
    _, two = truth.posed(pieces, body)
    between = np.linalg.norm(np.diff((two - two[:, :1]) - (one - one[:, :1]), axis=0), axis=2)
    assert jumps.max() < 0.05
    assert between.max() < 0.15  # m from a frame to the next, of any joint


def test_chunks_cover_everything_and_overlap():
    for count, size, overlap in ((1, 10, 3), (10, 10, 3), (11, 10, 3), (999, 100, 20)):
        parts = chunk_rows(count, size, overlap)
        assert np.array_equal(np.unique(np.concatenate(parts)), np.arange(count))
        assert all(len(part) <= size for part in parts)
        for one, two in zip(parts[:-1], parts[1:], strict=True):
            assert one[-1] - two[0] + 1 >= overlap
    assert list(keyframes(1)) == [0] and list(keyframes(2)) == [0, 1]


def test_cancelled_within_a_third_of_a_second(body, clip):
    track, _ = clip
    asked = []

    def cancelled():
        asked.append(time.process_time())
        return len(asked) > 12

    with pytest.raises(FitError) as caught:
        fit(track, body, hooks=FitHooks(cancelled=cancelled))
    assert caught.value.code == "CANCELED"
    assert np.diff(asked).max() < 0.3


def test_cancelled_later_keeps_the_chunks_that_are_done(body, clip):
    track, _ = clip
    seen = []

    def cancelled():
        return any(progress.done > 0 for progress in seen)

    stops = fit(track, body, Settings(chunk=40, overlap=5),
                hooks=FitHooks(seen.append, cancelled))
    assert 0 < (~stops.failed).sum() < len(track) and finite(stops)


def test_progress_says_how_far(body, clip):
    seen = []
    fit(clip[0], body, Settings(chunk=40, overlap=5), hooks=FitHooks(seen.append))
    assert seen and {step.stage for step in seen} <= {"camera", "body", "hands_face"}
    assert all(step.total == 75 for step in seen)
    assert [step.done for step in seen] == sorted(step.done for step in seen)


@pytest.mark.slow
def test_a_finished_chunk_is_taken_up_again(body, clip, tmp_path, monkeypatch):
    settings, kept = Settings(chunk=40, overlap=5), Checkpoints(tmp_path / "kept")
    first = fit(clip[0], body, settings, checkpoints=kept)
    monkeypatch.setattr("kinesics_core.fitting.fit._fitted", None)  # nothing is fitted again
    monkeypatch.setattr("kinesics_core.fitting.subject._sampled", None)
    again = fit(clip[0], body, settings, checkpoints=kept)
    for name in ("betas", *PARAMETERS):
        assert np.allclose(getattr(first, name), getattr(again, name), atol=1e-5)


@pytest.mark.parametrize("chunk", [240, 20])
def test_a_fit_killed_after_the_person_was_found_ends_as_an_undisturbed_one(
    body, clip, tmp_path, monkeypatch, chunk
):
    track, settings = clip[0].part(slice(0, 30)), Settings(chunk=chunk, overlap=5)
    whole = fit(track, body, settings)
    kept = Checkpoints(tmp_path / "kept")
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("kinesics_core.fitting.fit._fitted", Mock(side_effect=KeyboardInterrupt))
        fit(track, body, settings, checkpoints=kept)
    monkeypatch.setattr("kinesics_core.fitting.subject._sampled", None)  # the person is known
    again = fit(track, body, settings, checkpoints=kept)
    assert again.focal == whole.focal
    for name in ("betas", *PARAMETERS):
        assert np.array_equal(getattr(whole, name), getattr(again, name))


def test_gender_is_guessed_where_it_shows(body):
    models = {gender: load(None, gender) for gender in ("female", "male")}
    for gender in models:
        guessed = []
        for seed in (1, 2, 3):
            motion = motions.acted("sadness", seed, 30)
            recipe = Recipe(frames=30, person_px=600, noise=0.5)
            track, _ = truth.make(motion, models[gender], seed, recipe)
            fitted = fit(track, body, Settings(gender="guess"), genders=models.__getitem__)
            guessed.append(fitted.gender)
        # Where it does not show it stays open; it is never the other.
        assert gender in guessed and set(guessed) <= {gender, "neutral"}


def test_nobody_is_an_error_in_words(body, clip):
    track = clip[0].part(slice(0, 5))
    track.keypoints[..., 2] = 0
    with pytest.raises(FitError, match="keypoints of the body") as caught:
        fit(track, body)
    assert caught.value.code == "NO_PERSON"


def test_genders_are_the_bodies_and_to_guess():
    assert (*model.GENDERS, "guess") == GENDERS


@pytest.mark.parametrize("wrong", [
    {"gender": "other"}, {"pose_space": "x"}, {"prior": "x"}, {"focal": -1.0},
    {"chunk": 10, "overlap": 9}])
def test_settings_that_make_no_sense(wrong):
    with pytest.raises(FitError) as caught:
        Settings(**wrong)
    assert caught.value.code == "INVALID_GOAL"


@pytest.mark.slow
def test_collisions_lower_penetration(body):
    track, _ = made(body, Recipe(frames=60, missing=0.3), seed=8)
    kept, free = (fit(track, body, Settings(collisions=on)) for on in (True, False))
    assert kept.penetration.mean() <= free.penetration.mean()
    assert kept.reprojection[~kept.failed].mean() < free.reprojection[~free.failed].mean() + 0.5
