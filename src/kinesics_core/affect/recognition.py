"""Measures of recognising emotions: accuracy, recall, F1, order, confusion and calibration."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinesics_core.affect.emotions import EMOTIONS

BINS = 10
"""Bins of confidence of the calibration error (Guo et al., ICML 2017)."""

MARGIN = 0.2
"""Difference of two labels of valence, arousal or dominance from which they have an order."""


@dataclass(frozen=True, slots=True)
class RecognitionScores:
    """Agreement of distributions over ``EMOTIONS`` with labels.

    Attributes:
        n: Samples.
        accuracy: Share whose most probable emotion is the label.
        balanced_accuracy: Mean recall over the emotions that occur.
        recall: (8,) share of each emotion's samples that are recognised; nan without any.
        confusion: (8, 8) counts; rows are labels, columns what was recognised.
        ece: Expected calibration error: mean over samples of how far the probability of the most
            probable emotion is from the accuracy of the samples with like probabilities.
        reliability: (10, 3) of each bin of confidence, see ``reliability_diagram``.
        majority_accuracy: Accuracy of always saying the most frequent label.
        majority_balanced: Its balanced accuracy, one over the emotions that occur.
    """

    n: int
    accuracy: float
    balanced_accuracy: float
    recall: np.ndarray
    confusion: np.ndarray
    ece: float
    reliability: np.ndarray
    majority_accuracy: float
    majority_balanced: float


def recognition_scores(labels: np.ndarray, distributions: np.ndarray) -> RecognitionScores:
    """Return how well distributions agree with labels.

    Args:
        labels: (N,) indices into ``EMOTIONS``.
        distributions: (N, 8) probabilities.

    Raises:
        ValueError: There is no sample, or the shapes do not fit together.
    """
    labels, distributions = np.asarray(labels), np.asarray(distributions, np.float64)
    if distributions.shape != (len(labels), len(EMOTIONS)) or not len(labels):
        raise ValueError(
            f"Got {labels.shape} labels and {distributions.shape} probabilities; wanted (N,) and "
            f"(N, {len(EMOTIONS)}), N at least 1.")
    said = distributions.argmax(axis=1)
    confusion = np.zeros((len(EMOTIONS), len(EMOTIONS)), np.int64)
    np.add.at(confusion, (labels, said), 1)
    counts = confusion.sum(axis=1)
    recall = np.where(counts > 0, np.diag(confusion) / np.maximum(counts, 1), np.nan)
    occurring = int((counts > 0).sum())
    return RecognitionScores(
        len(labels), float((said == labels).mean()), float(np.nanmean(recall)), recall, confusion,
        calibration_error(distributions.max(axis=1), said == labels),
        reliability_diagram(distributions.max(axis=1), said == labels),
        float(counts.max() / len(labels)), 1.0 / occurring)


def calibration_error(confidence: np.ndarray, right: np.ndarray, bins: int = BINS) -> float:
    """Return the expected calibration error of probabilities that something is right.

    Args:
        confidence: (N,) probabilities 0..1.
        right: (N,) bool, whether it was.
        bins: Of equal width.
    """
    diagram = reliability_diagram(confidence, right, bins)
    filled = diagram[diagram[:, 0] > 0]
    return float(filled[:, 0] @ np.abs(filled[:, 1] - filled[:, 2]) / filled[:, 0].sum())


def chance_calibration_error(
    confidence: np.ndarray, bins: int = BINS, draws: int = 500, seed: int = 0
) -> float:
    """Return the expected calibration error that exact probabilities would have by chance.

    Few samples leave a share that was right away from its probability, so the error of a reader
    that is calibrated exactly is above 0: .1 with fifty samples.

    Args:
        confidence: (N,) probabilities 0..1.
        bins: Of equal width.
        draws: Times that what is right is drawn.
        seed: Of the draws.
    """
    rng = np.random.default_rng(seed)
    return float(np.mean([calibration_error(confidence, rng.random(len(confidence)) < confidence,
                                            bins) for _ in range(draws)]))


def reliability_diagram(
    confidence: np.ndarray, right: np.ndarray, bins: int = BINS
) -> np.ndarray:
    """Return (bins, 3): samples, mean confidence and share that was right; nan without samples.

    Args:
        confidence: (N,) probabilities 0..1.
        right: (N,) bool, whether it was.
        bins: Of equal width.
    """
    confidence, right = np.asarray(confidence, np.float64), np.asarray(right, np.float64)
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    diagram = np.full((bins, 3), np.nan)
    for index in range(bins):
        inside = which == index
        diagram[index, 0] = inside.sum()
        if inside.any():
            diagram[index, 1:] = confidence[inside].mean(), right[inside].mean()
    return diagram


def macro_f1(truth: np.ndarray, read: np.ndarray) -> float:
    """Return the mean F1 of the classes in ``truth`` (N,); nan if it is empty."""
    scores = []
    for label in np.unique(truth):
        hits = float(((truth == label) & (read == label)).sum())
        scores.append(2.0 * hits / max(float((truth == label).sum() + (read == label).sum()), 1.0))
    return float(np.mean(scores)) if scores else float("nan")


def share_ordered(read: np.ndarray, wanted: np.ndarray, margin: float = MARGIN) -> float:
    """Return the share of pairs that readings put in the order of their labels.

    Args:
        read: (N,) readings; a tie counts half.
        wanted: (N,) labels, nan where there is none.
        margin: Pairs whose labels differ by no more have no order.

    Returns:
        The share; nan without pairs.
    """
    apart = wanted[:, None] - wanted[None]
    pairs = np.triu(np.abs(np.nan_to_num(apart)) > margin, 1)
    if not pairs.any():
        return float("nan")
    agreed = np.sign(apart[pairs]) * np.sign(read[:, None] - read[None])[pairs]
    return float((0.5 + 0.5 * agreed).mean())
