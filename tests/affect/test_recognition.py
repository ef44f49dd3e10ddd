"""Measures of recognition on tables small enough to count by hand."""

import numpy as np
import pytest

from kinesics_core.affect.emotions import ANGER, HAPPINESS, NEUTRAL, SADNESS
from kinesics_core.affect.recognition import (
    calibration_error,
    chance_calibration_error,
    macro_f1,
    recognition_scores,
    reliability_diagram,
    share_ordered,
)


def says(*emotions, sure=1.0):
    rows = np.full((len(emotions), 8), (1.0 - sure) / 7.0)
    rows[range(len(emotions)), emotions] = sure
    return rows


def test_rare_emotions_count_like_frequent_ones():
    labels = np.array([HAPPINESS] * 8 + [ANGER] * 2)
    scores = recognition_scores(labels, says(*[HAPPINESS] * 9, ANGER))
    assert scores.accuracy == pytest.approx(0.9)
    assert scores.balanced_accuracy == pytest.approx((1.0 + 0.5) / 2)
    assert scores.recall[[HAPPINESS, ANGER]] == pytest.approx([1.0, 0.5])
    assert np.isnan(scores.recall[NEUTRAL])
    assert scores.majority_accuracy == pytest.approx(0.8)
    assert scores.majority_balanced == pytest.approx(0.5)
    assert scores.confusion[ANGER, HAPPINESS] == 1 and scores.confusion.sum() == 10


def test_calibration_by_hand():
    # Half sure and half right: calibrated. Sure and half right: .5 off.
    right = np.array([True, False] * 10)
    assert calibration_error(np.full(20, 0.55), right) == pytest.approx(0.05)
    assert calibration_error(np.ones(20), right) == pytest.approx(0.5)
    mixed = recognition_scores(
        np.array([SADNESS, SADNESS]), np.vstack([says(SADNESS), says(ANGER, sure=0.65)]))
    assert mixed.ece == pytest.approx(0.5 * 0.0 + 0.5 * 0.65)


def test_exact_probabilities_of_few_samples_err_by_chance():
    # Four tosses of a coin: the mean of |heads / 4 - 1/2| is 3/16. A thousand: nearly none.
    assert chance_calibration_error(np.full(4, 0.5), draws=4000) == pytest.approx(3 / 16, abs=0.01)
    assert chance_calibration_error(np.full(1000, 0.5)) < 0.02
    assert chance_calibration_error(np.ones(5)) == 0.0


def test_nothing_to_score_is_refused():
    with pytest.raises(ValueError, match="N at least 1"):
        recognition_scores(np.zeros(0, int), np.zeros((0, 8)))
    with pytest.raises(ValueError, match="wanted"):
        recognition_scores(np.zeros(3, int), np.zeros((3, 7)))


def test_a_reliability_diagram_says_how_sure_and_how_right():
    diagram = reliability_diagram(np.array([0.31, 0.39, 0.95, 1.0]), np.array([1, 0, 1, 1]))
    assert diagram.shape == (10, 3) and diagram[:, 0].sum() == 4
    assert diagram[3] == pytest.approx([2, 0.35, 0.5])
    assert diagram[9] == pytest.approx([2, 0.975, 1.0])
    assert np.isnan(diagram[0, 1:]).all()


def test_pairs_in_order_are_those_whose_labels_differ():
    wanted = np.array([0.0, 0.5, 1.0, np.nan])
    assert share_ordered(np.array([1.0, 2.0, 3.0, 0.0]), wanted) == 1.0
    assert share_ordered(np.array([3.0, 2.0, 1.0, 0.0]), wanted) == 0.0
    assert share_ordered(np.array([1.0, 1.0, 3.0, 0.0]), wanted) == pytest.approx(2.5 / 3)
    close = np.array([0.0, 0.1, 0.6, np.nan])  # the first two have no order
    assert share_ordered(np.array([1.0, 5.0, 2.0, 9.0]), close) == 0.5
    assert np.isnan(share_ordered(np.zeros(2), np.array([0.1, 0.2])))


def test_macro_f1_by_hand():
    truth, read = np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1])
    assert macro_f1(truth, read) == pytest.approx(0.5 * (2 / 3 + 4 / 5))
    assert macro_f1(truth, np.zeros(4, int)) == pytest.approx((2 / 3) / 2)
    assert macro_f1(truth, truth) == 1.0
    assert np.isnan(macro_f1(truth[:0], read[:0]))
