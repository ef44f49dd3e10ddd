"""Baselines: each is exact on the motion that it assumes, and the ridge is the closed form."""

from __future__ import annotations

import numpy as np
import pytest

from kinesics_core.errors import KinesicsError
from kinesics_core.motion.evaluation import baselines


def oscillation(count, features=6, seed=0):
    """Every number swings as a sinusoid of a second; the next value follows from two before."""
    rng = np.random.default_rng(seed)
    t = np.arange(90) / 30
    phase = rng.uniform(0, 2 * np.pi, (count, 1, features))
    size = rng.uniform(0.1, 0.5, (count, 1, features))
    motion = (size * np.sin(2 * np.pi * t[None, :, None] + phase)).astype(np.float32)
    return motion[:, :60], motion[:, 60:]


@pytest.mark.parametrize("features", [4, 34, 50])
def test_each_is_exact_on_the_motion_it_assumes(features):
    rng = np.random.default_rng(0)
    start = rng.normal(size=(20, 1, features)).astype(np.float32)
    still = np.repeat(start, 90, axis=1)
    assert np.array_equal(baselines.zero_velocity(still[:, :60]), still[:, 60:])
    assert baselines.mean_pose(still[:, :60]) == pytest.approx(still[:, 60:], abs=1e-5)
    speed = rng.normal(size=(20, 1, features)).astype(np.float32) / 30
    moving = start + speed * np.arange(90, dtype=np.float32)[None, :, None]
    assert baselines.constant_velocity(moving[:, :60]) == pytest.approx(moving[:, 60:], abs=1e-4)


def test_mean_pose_is_where_an_oscillation_swings_around():
    observed, _ = oscillation(50)
    assert np.abs(baselines.mean_pose(observed, 10)).max() < 1e-5
    assert baselines.mean_pose(observed, 10).shape == (50, 10, 6)


def test_ridge_learns_an_oscillation_and_others_do_not():
    train, test = oscillation(3000), oscillation(300, seed=1)
    ridge = baselines.fit_ridge(*train, penalty=1e-3)
    assert np.abs(ridge(test[0]) - test[1]).mean() < 1e-3
    assert np.abs(baselines.zero_velocity(test[0]) - test[1]).mean() > 0.1


def test_ridge_does_not_depend_on_blocks_and_is_the_closed_form(monkeypatch):
    rng = np.random.default_rng(0)
    observed = rng.normal(size=(700, 60, 2)).astype(np.float32)
    future = rng.normal(size=(700, 30, 2)).astype(np.float32)
    newest = observed[:, -1:].astype(float)
    x = np.concatenate([(observed[:, :-1] - newest).reshape(700, -1), newest[:, 0],
                        np.ones((700, 1))], axis=1)
    y = (future - newest).reshape(700, -1)
    # Ridge as least squares with a row of sqrt(penalty) for every weight.
    rows = np.concatenate([x, np.sqrt(3.0) * np.eye(x.shape[1])])
    expected = np.linalg.lstsq(
        rows, np.concatenate([y, np.zeros((x.shape[1], y.shape[1]))]), rcond=None)[0]
    monkeypatch.setattr(baselines, "BLOCK", 64)
    ridge = baselines.fit_ridge(observed, future, penalty=3.0)
    assert ridge.weights == pytest.approx(expected, abs=1e-6)
    assert ridge(observed) == pytest.approx(newest + (x @ expected).reshape(700, 30, 2), abs=1e-4)


def test_the_penalty_is_the_one_that_generalises():
    rng = np.random.default_rng(0)

    def noise(count):    # the truth is standing still; whatever a regression finds is chance
        observed = rng.normal(size=(count, 60, 4)).astype(np.float32)
        future = np.repeat(observed[:, -1:], 30, axis=1) + 0.1 * rng.normal(size=(count, 30, 4))
        return observed, future.astype(np.float32), None

    train, validation, test = noise(300), noise(200), noise(300)
    chosen = baselines.choose_ridge(train, validation)
    assert chosen.penalty == max(baselines.PENALTIES)
    loose = baselines.fit_ridge(*train, penalty=0.01)
    assert np.abs(chosen(test[0]) - test[1]).mean() < np.abs(loose(test[0]) - test[1]).mean()
    clean, held, _ = oscillation(3000), oscillation(100, seed=1), None
    assert baselines.choose_ridge((*clean, None), (*held, None)).penalty == min(
        baselines.PENALTIES)


def test_unknown_truth_does_not_bend_the_ridge():
    observed, future = oscillation(2000)
    broken, weight = future.copy(), np.ones_like(future)
    broken[:, :, 0], weight[:, :, 0] = 1e6, 0.0
    ridge = baselines.fit_ridge(observed, broken, weight, penalty=1e-3)
    assert ridge(observed)[..., 1:] == pytest.approx(future[..., 1:], abs=0.01)
    assert ridge(observed)[..., 0] == pytest.approx(
        np.repeat(observed[:, -1:, 0], 30, axis=1), abs=1e-6)


def test_many_keypoints_read_fewer_frames(monkeypatch):
    monkeypatch.setattr(baselines, "LARGEST", 60)
    observed, future = oscillation(1000)
    ridge = baselines.fit_ridge(observed, future, penalty=1e-3)
    assert ridge.frames == 10 and ridge.weights.shape == (61, 180)
    assert np.abs(ridge(observed) - future).mean() < 0.01


def test_no_windows_is_said():
    with pytest.raises(KinesicsError, match="no windows"):
        baselines.fit_ridge(np.empty((0, 60, 4)), np.empty((0, 30, 4)))


def test_few_windows_and_many_give_the_same_ridges():
    rng = np.random.default_rng(3)
    observed = rng.normal(size=(40, 60, 2)).astype(np.float32)
    future = rng.normal(size=(40, 5, 2)).astype(np.float32)
    weight = rng.integers(0, 2, (40, 1, 2)).astype(np.float32)
    for penalty, ridge in zip(
            (1.0, 50.0), baselines.fit_ridges(observed, future, weight, (1.0, 50.0)), strict=True):
        wanted = baselines.fit_ridge(observed, future, weight, penalty)
        assert ridge(observed) == pytest.approx(wanted(observed), abs=1e-4)
