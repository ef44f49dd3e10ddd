"""The error that is to be expected of a forecast, from residuals that are known."""

import numpy as np

from kinesics_core.motion.uncertainty import ACTIVITY_FRAMES, activity, fit_spread, spread
from kinesics_core.motion.windows import RATE


def windows(speeds):
    """Return windows whose keypoints all move at so many scales per second."""
    observed = np.zeros((len(speeds), 60, 34))
    observed[:, -1] = np.asarray(speeds)[:, None] * ACTIVITY_FRAMES / RATE
    return observed


def test_activity_is_of_the_keypoints_that_were_seen():
    observed, counts = windows([0.5, 0.5]), np.ones((2, 34))
    observed[1, -1, 20:] = 9.0
    counts[1, 20:] = 0
    np.testing.assert_allclose(activity(observed, counts), 0.5)
    assert activity(observed, np.zeros((2, 34))).tolist() == [0.0, 0.0]


def test_floor_and_gain_of_known_residuals_are_found_and_never_fall():
    rng = np.random.default_rng(0)
    speeds = rng.uniform(0.0, 2.0, 4000)
    floor, gain = np.linspace(0.01, 0.04, 30), np.linspace(0.02, 0.2, 30)
    floor[20], gain[20] = 0.01, 0.02  # a step that happens to go well
    sigma = np.hypot(floor, gain * speeds[:, None])
    residual = rng.normal(size=(4000, 30, 34)) * sigma[..., None]
    observed, counts = windows(speeds), np.ones((4000, 34))
    found_floor, found_gain = fit_spread(observed, residual, counts)
    others = np.arange(30) != 20
    np.testing.assert_allclose(found_floor[others], floor[others], rtol=0.1)
    np.testing.assert_allclose(found_gain[others], gain[others], rtol=0.1)
    assert (np.diff(found_floor) >= 0.0).all() and (np.diff(found_gain) >= 0.0).all()
    told = spread(observed, counts, found_floor, found_gain)
    np.testing.assert_allclose(told[:, others], sigma[:, others], rtol=0.12)
