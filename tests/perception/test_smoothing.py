"""One-euro filter against what a first-order low-pass must do."""

from __future__ import annotations

import numpy as np
import pytest

from kinesics_core.perception.smoothing import OneEuroFilter

FRAME = 33_333_333


def play(filter: OneEuroFilter, signal: np.ndarray, scale: float = 1.0) -> np.ndarray:
    return np.array([filter(x, i * FRAME, scale) for i, x in enumerate(signal)])


def test_noise_at_rest_shrinks_as_theory_says():
    noise = np.random.default_rng(0).normal(0.0, 1.0, (3000, 4))
    cutoff = 1.5
    out = play(OneEuroFilter(min_cutoff=cutoff, beta=0.0), noise)[100:]
    alpha = 1.0 / (1.0 + 1.0 / (2 * np.pi * cutoff / 30.0))
    # Variance of an exponential average of white noise: alpha / (2 - alpha).
    assert out.std() == pytest.approx(np.sqrt(alpha / (2 - alpha)), rel=0.05)


def test_lag_on_a_ramp_is_the_time_constant_without_beta_and_small_with_it():
    ramp = np.arange(300.0)[:, None] * 4.0  # px per frame, 120 px/s
    slow = play(OneEuroFilter(min_cutoff=1.0, beta=0.0), ramp)
    quick = play(OneEuroFilter(min_cutoff=1.0, beta=20.0), ramp, scale=100.0)
    # In steady state a first-order low-pass lags a ramp by speed * tau, tau = 1 / (2 pi fc).
    assert ramp[-1] - slow[-1] == pytest.approx(120.0 / (2 * np.pi), rel=0.02)
    assert ramp[-1] - quick[-1] < 1.0


def test_the_same_motion_of_a_near_and_a_far_person_is_smoothed_alike():
    motion = np.cumsum(np.random.default_rng(1).normal(0, 1, (100, 2)), axis=0)
    far = play(OneEuroFilter(), motion, scale=50.0)
    near = play(OneEuroFilter(), motion * 8.0, scale=400.0)
    np.testing.assert_allclose(near, far * 8.0)


def test_irregular_stamps_are_used():
    even, late = OneEuroFilter(beta=0.0), OneEuroFilter(beta=0.0)
    even(np.zeros(1), 0), late(np.zeros(1), 0)
    # After a longer pause the new value weighs more.
    assert late(np.ones(1), 4 * FRAME)[0] > even(np.ones(1), FRAME)[0]


def test_a_missing_value_restarts_its_element_only():
    filter = OneEuroFilter(min_cutoff=0.5, beta=0.0)
    filter(np.array([0.0, 0.0]), 0)
    middle = filter(np.array([np.nan, 10.0]), FRAME)
    assert np.isnan(middle[0]) and 0.0 < middle[1] < 10.0
    after = filter(np.array([50.0, 10.0]), 2 * FRAME)
    assert after[0] == 50.0  # no memory of the zero before the gap
    assert middle[1] < after[1] < 10.0


@pytest.mark.parametrize("stamp", [-5 * FRAME, 10**9], ids=["clock back", "long gap"])
def test_a_break_in_time_forgets_the_past(stamp):
    filter = OneEuroFilter(min_cutoff=0.1, beta=0.0)
    filter(np.zeros(3), 0)
    np.testing.assert_array_equal(filter(np.full(3, 7.0), stamp), 7.0)


def test_a_repeated_stamp_changes_nothing():
    filter = OneEuroFilter()
    filter(np.zeros(2), 0)
    before = filter(np.ones(2), FRAME)
    np.testing.assert_array_equal(filter(np.full(2, 99.0), FRAME), before)


def test_type_is_kept_and_the_input_untouched():
    filter, x = OneEuroFilter(), np.ones((4, 3), np.float32)
    filter(np.zeros_like(x), 0)
    assert filter(x, FRAME).dtype == np.float32
    np.testing.assert_array_equal(x, 1.0)


@pytest.mark.parametrize("name", ["min_cutoff", "beta", "d_cutoff"])
def test_parameters_out_of_range_are_refused(name):
    with pytest.raises(ValueError, match=f"{name}=-1"):
        OneEuroFilter(**{name: -1.0})
