"""Combination of the n-grams and the encoder, its weights and thresholds from the development set.

Two linear layers on the features of ``model_file.TextModel.features``:

- decisions: a logistic regression for each of Ekman's classes on what both halves say of that
  class; an emotion is there above the threshold of best F1;
- shares: the distribution over the eight emotions, a product of the two halves' distributions,
  each to a power (two numbers in all), of least cross entropy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize
from sklearn.linear_model import LogisticRegression

from kinesics_core.affect.emotions import EMOTIONS
from kinesics_core.expression.text.evaluation import best_threshold
from kinesics_core.expression.text.model_file import NGRAM_FEATURES
from kinesics_core.expression.text.training.data import (
    EKMAN,
    EKMAN_AS_OURS,
    EKMAN_AT,
    EKMAN_MAP,
    FINE_AT,
    OURS_AT,
)

STRENGTH = 0.02
"""Inverse regularisation of the decisions (scikit-learn's C)."""


@dataclass(frozen=True, slots=True)
class Combination:
    """Arrays that the model file keeps.

    Attributes:
        shares: (F, 8) features -> logarithms of shares.
        decision: (F, 8) features -> logits.
        decision_bias: (8,).
        thresholds: (8,), inf for contempt.
    """

    shares: np.ndarray
    decision: np.ndarray
    decision_bias: np.ndarray
    thresholds: np.ndarray


def fit(features: np.ndarray, ekman: np.ndarray, targets: np.ndarray) -> Combination:
    """Return the combination that is best on the development set.

    Args:
        features: (N, F) of ``TextModel.features``; without encoder F is ``NGRAM_FEATURES``.
        ekman: (N, 7), 1 where a class holds.
        targets: (N, 8) distribution over ``EMOTIONS``.
    """
    decision = np.zeros((features.shape[1], len(EMOTIONS)), np.float32)
    bias = np.zeros(len(EMOTIONS), np.float32)
    thresholds = np.full(len(EMOTIONS), np.inf, np.float32)
    for column, emotion in enumerate(EKMAN_AS_OURS):
        if len(np.unique(ekman[:, column])) < 2:
            continue  # never or always there: nothing to choose by, and never said
        chosen = _of_class(column, features.shape[1])
        model = LogisticRegression(C=STRENGTH, max_iter=500)
        model.fit(features[:, chosen], ekman[:, column] > 0.5)
        decision[chosen, emotion], bias[emotion] = model.coef_[0], model.intercept_[0]
        logits = features @ decision[:, emotion] + bias[emotion]
        thresholds[emotion] = best_threshold(logits, ekman[:, column])
    return Combination(_fit_shares(features, targets), decision, bias, thresholds)


def _of_class(column: int, width: int) -> np.ndarray:
    """Return the features that speak of one of Ekman's classes."""
    chosen = [EKMAN_AS_OURS[column]]
    if width > NGRAM_FEATURES:
        chosen.append(NGRAM_FEATURES + EKMAN_AT.start + column)
        chosen.append(NGRAM_FEATURES + OURS_AT.start + EKMAN_AS_OURS[column])
        chosen += [NGRAM_FEATURES + FINE_AT.start + int(fine)
                   for fine in np.flatnonzero(EKMAN_MAP[:, column])]
    return np.array(chosen)


def _fit_shares(features: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return the layer (F, 8) from features to the logarithms of the shares."""
    half = len(EMOTIONS)
    ngrams = features[:, half:NGRAM_FEATURES]
    layer = np.zeros((features.shape[1], half), np.float32)
    layer[half:NGRAM_FEATURES] = np.eye(half)
    if features.shape[1] == NGRAM_FEATURES:
        return layer
    encoder = features[:, NGRAM_FEATURES:][:, OURS_AT]

    def cross_entropy(powers: np.ndarray) -> float:
        logits = powers[0] * ngrams + powers[1] * encoder
        shares = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
        return float(-(targets * shares).sum(1).mean())

    powers = optimize.minimize(cross_entropy, np.array([0.2, 0.8]), method="Nelder-Mead").x
    layer[half:NGRAM_FEATURES] *= max(powers[0], 0.0)
    at = NGRAM_FEATURES + OURS_AT.start
    layer[at:at + half] = powers[1] * np.eye(half)
    return layer


assert len(EKMAN) == len(EKMAN_AS_OURS)
