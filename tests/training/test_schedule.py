"""Learning rates by their definition."""

import math

import pytest

from kinesics_core.training.schedule import SLOWEST, cosine_share, warmup_share


def test_the_cosine_falls_from_one_to_a_hundredth():
    assert cosine_share(0.0) == 1.0
    assert cosine_share(1.0) == pytest.approx(SLOWEST) == 0.01
    assert cosine_share(0.5) == pytest.approx((1.0 + SLOWEST) / 2)
    shares = [cosine_share(step / 50) for step in range(51)]
    assert shares == sorted(shares, reverse=True)
    # Its steepest fall is in the middle, with the slope of a half cosine.
    assert cosine_share(0.501) - cosine_share(0.499) == pytest.approx(
        -0.002 * math.pi / 2 * (1 - SLOWEST), rel=1e-3)


def test_warming_up_is_a_line_and_then_nothing():
    assert [warmup_share(done, 0.2) for done in (0.0, 0.1, 0.2, 0.7)] == [0.0, 0.5, 1.0, 1.0]
    assert warmup_share(0.0, 0.0) == 1.0
