"""Agreement of readings with ratings: figures that are known beforehand."""

from __future__ import annotations

import numpy as np
import pytest

from kinesics_core.affect import agreement


def test_correlations_of_known_pairs():
    """Anscombe's first quartet: r = .816; Lin's coefficient from its definition."""
    x = np.array([10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5.0])
    y = np.array([8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68])
    assert agreement.pearson(x, y) == pytest.approx(0.81642, abs=1e-5)
    assert agreement.spearman(x, y) == pytest.approx(0.81818, abs=1e-5)
    assert agreement.concordance(x, x) == 1.0
    assert agreement.concordance(x, x + 1.0) == pytest.approx(2 * x.var() / (2 * x.var() + 1.0))
    assert agreement.concordance(x, -x + 2 * x.mean()) == -1.0


def test_equal_ranks_are_shared():
    assert agreement.spearman(np.array([1, 2, 2, 3.0]), np.array([1, 2.5, 2.5, 4])) == 1.0
    ranks = np.corrcoef([1, 2.5, 2.5, 4], [1, 2, 3, 4])[0, 1]
    assert agreement.spearman(np.array([1, 2, 2, 3.0]), np.arange(4.0)) == pytest.approx(ranks)
    assert np.isnan(agreement.pearson(np.ones(4), np.arange(4.0)))


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    """40 clips drawn from a known correlation of .6, 60 times."""
    rng = np.random.default_rng(5)
    held = 0
    for _ in range(60):
        rated = rng.normal(size=40)
        read = 0.6 * rated + 0.8 * rng.normal(size=40)
        found = agreement.rating_agreement("arousal", rated, read, np.ones(40))
        low, high = found.pearson_interval
        held += low <= 0.6 <= high
    assert 50 <= held <= 60


def test_too_few_clips_make_no_figure():
    values = np.array([0.1, 0.2, 0.3, np.nan])
    assert agreement.rating_agreement("arousal", values, values, np.ones(4)) is None
    assert agreement.order_agreement(
        np.zeros(3, int), values[:3], values[:3], np.full(3, ""), ["low", "high"]) is None
