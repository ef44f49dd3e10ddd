"""Errors: their arithmetic on predictions that are wrong by a known amount."""

from __future__ import annotations

import numpy as np
import pytest

from kinesics_core.motion.evaluation.forecast_errors import baseline_errors, forecast_errors
from kinesics_core.motion.training.windowing import WindowBatch


def swings(count, period_frames, seed):
    rng = np.random.default_rng(seed)
    phase = rng.uniform(0, 2 * np.pi, (count, 1, 6))
    t = np.arange(90)[None, :, None]
    motion = 0.3 * np.sin(2 * np.pi * t / period_frames + phase)
    return WindowBatch(motion[:, :60].astype(np.float32), motion[:, 60:].astype(np.float32))


def test_errors_by_frame_and_class_are_those_that_were_put_in():
    truth = swings(10, 30, seed=0)
    predicted = truth.future.copy()
    ramp = np.arange(1, 31) / 100
    predicted[:4] += ramp[:, None]           # class a: frame t is off by t / 100
    predicted[4:] -= 2 * ramp[:, None]       # class b: by twice that
    errors = forecast_errors(predicted, truth, ["a"] * 4 + ["b"] * 6)
    assert errors.by_class == pytest.approx({"a": 0.155, "b": 0.31}, abs=1e-6)
    assert errors.mae == pytest.approx(0.4 * 0.155 + 0.6 * 0.31, abs=1e-6)
    assert errors.by_frame[2] == pytest.approx(0.03 * 1.6, abs=1e-6)
    assert errors.by_frame[29] == pytest.approx(0.30 * 1.6, abs=1e-6)


def test_unknown_truth_does_not_count():
    truth = swings(10, 30, seed=0)
    truth.weight = np.ones_like(truth.future)
    truth.weight[:, :, 0] = 0
    predicted = truth.future + 0.1
    predicted[:, :, 0] += 50
    errors = forecast_errors(predicted, truth)
    assert errors.mae == pytest.approx(0.1, abs=1e-5) and errors.by_class == {}
    assert errors.by_frame == pytest.approx([0.1] * 30, abs=1e-5)


def test_on_motion_of_one_period_the_rules_err_as_they_must_and_the_ridge_does_not():
    """Of a sinusoid that comes full circle within the window, the mean pose is its centre."""
    errors = baseline_errors(swings(3000, 30, 0), swings(300, 30, 1), swings(300, 30, 2))
    assert list(errors) == ["zero_velocity", "constant_velocity", "mean_pose", "ridge"]
    assert errors["mean_pose"].mae == pytest.approx(0.3 * 2 / np.pi, rel=0.02)
    # Mean of |sin a - sin b| over independent phases: 8 / pi^2 of the amplitude.
    assert errors["zero_velocity"].mae == pytest.approx(0.3 * 8 / np.pi**2, rel=0.03)
    assert errors["zero_velocity"].by_frame[29] < 1e-4       # a whole period later
    assert errors["ridge"].mae < 0.01
