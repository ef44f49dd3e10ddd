"""Scores of readings whose truth is known."""

import numpy as np
import pytest

from kinesics_core.affect.emotions import ANGER, HAPPINESS, NEUTRAL, SADNESS
from kinesics_core.body_reading.scores import area, body_scores


def test_an_area_is_the_share_of_pairs():
    own = np.array([True, True, False, False])
    assert area(np.array([3.0, 1.0, 2.0, 0.0]), own) == 0.75
    assert area(np.ones(4), own) == 0.5
    assert np.isnan(area(np.ones(2), np.array([True, True])))


def test_a_perfect_and_a_calibrated_reader():
    rng = np.random.default_rng(0)
    labels = rng.choice([HAPPINESS, SADNESS, ANGER, NEUTRAL], 400)
    vad = np.zeros((400, 3))
    vad[:, 1] = np.where(labels == ANGER, 0.6, np.where(labels == SADNESS, -0.3, 0.0))
    sure = np.full((400, 8), 0.001)
    sure[np.arange(400), labels] = 0.993
    scores = body_scores(labels.tolist(), vad, sure, vad, rng.random(400))
    assert scores.macro_f1 == 1.0 and scores.ece < 0.02 and scores.arousal_order == 1.0
    assert all(value == 1.0 for value in scores.auc.values())
    assert scores.majority_accuracy == pytest.approx(0.25, abs=0.06)
    # Half sure and right half of the time: calibrated; sure and right half of the time: not.
    half = np.full((400, 8), 0.5 / 7)
    half[np.arange(400), np.where(np.arange(400) % 2, labels, (labels + 4) % 8)] = 0.5
    assert body_scores(labels.tolist(), vad, half, vad, rng.random(400)).ece < 0.12
    loud = np.where(half > 0.4, 0.93, 0.01)
    assert body_scores(labels.tolist(), vad, loud, vad, rng.random(400)).ece > 0.35


def test_recordings_without_an_emotion_count_for_orders_only():
    vad = np.array([[0.5, 0.5, 0.0], [-0.5, -0.5, 0.0]])
    scores = body_scores([None, None], vad, np.full((2, 8), 0.125), vad, np.ones(2))
    assert scores.n == 2 and scores.auc == {} and scores.valence_order == 1.0
    assert np.isnan(scores.macro_f1) and np.isnan(scores.neutral_valence)


def test_the_speed_alone_may_tell_an_emotion_by_being_slow():
    labels = [HAPPINESS, HAPPINESS, SADNESS, SADNESS]
    vad, speed = np.zeros((4, 3)), np.array([2.0, 3.0, 0.5, 1.0])
    scores = body_scores(labels, vad, np.full((4, 8), 0.125), vad, speed)
    assert scores.speed_auc == {HAPPINESS: 1.0, SADNESS: 1.0}
    assert scores.auc == {HAPPINESS: 0.5, SADNESS: 0.5}
