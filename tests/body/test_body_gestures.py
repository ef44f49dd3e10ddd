import numpy as np
import pytest

from kinesics_core.body.gestures import GESTURES, minimum_jerk


def test_gestures_are_keyed_in_order_of_time():
    for gesture in GESTURES.values():
        times = [key.time for key in gesture.keys]
        assert times == sorted(times) and times[0] > 0.0 and times[-1] < gesture.duration


def test_minimum_jerk_starts_and_ends_at_rest():
    share = np.linspace(0.0, 1.0, 10001)
    position = minimum_jerk(share)
    speed = np.gradient(position, share)
    assert position[[0, 5000, -1]] == pytest.approx((0.0, 0.5, 1.0))
    assert speed[[0, -1]] == pytest.approx((0.0, 0.0), abs=1e-3)
    assert speed.max() == pytest.approx(1.875, abs=1e-3)  # Flash & Hogan: 1.875 of the mean
