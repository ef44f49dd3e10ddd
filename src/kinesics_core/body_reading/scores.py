"""Scores of readings of labelled bodies: areas, F1, calibration, orders, and trivial readers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kinesics_core.affect.emotions import ANGER, EMOTIONS, HAPPINESS, NEUTRAL, SADNESS
from kinesics_core.affect.recognition import (
    calibration_error,
    chance_calibration_error,
    macro_f1,
    share_ordered,
)

FOUR = (HAPPINESS, SADNESS, ANGER, NEUTRAL)
"""Emotions of the goals."""


@dataclass(frozen=True, slots=True)
class BodyScores:
    """Scores of readings, one a recording.

    Attributes:
        n: Recordings.
        auc: Emotion -> area under the ROC curve of its probability, this emotion against the rest;
            emotions that occur and are not all.
        speed_auc: The same of the speed of the keypoints: the better one of its two directions.
        macro_f1: Mean F1 of the labelled emotions, the most probable of them being read.
        accuracy: Share read right.
        majority_f1, majority_accuracy: The same of always saying the most frequent label.
        ece: Expected calibration error of the most probable emotion of all eight.
        chance_ece: The same of a reader that is calibrated exactly, with as few recordings.
        valence_order, arousal_order: Share of pairs of recordings in the order of their labels.
        speed_order: The same of the speed for arousal.
        neutral_valence: Mean valence read from neutral recordings.
        confusion: (8, 8) counts, rows labels.
    """

    n: int
    auc: dict[int, float]
    speed_auc: dict[int, float]
    macro_f1: float
    accuracy: float
    majority_f1: float
    majority_accuracy: float
    ece: float
    chance_ece: float
    valence_order: float
    arousal_order: float
    speed_order: float
    neutral_valence: float
    confusion: np.ndarray


def body_scores(
    emotions: Sequence[int | None], wanted: np.ndarray, probabilities: np.ndarray,
    vad: np.ndarray, speed: np.ndarray,
) -> BodyScores:
    """Return the scores of readings.

    Args:
        emotions: N labels, None where a recording's word is no single emotion.
        wanted: (N, 3) valence, arousal, dominance of the labels, nan where not known.
        probabilities: (N, 8) that were read.
        vad: (N, 3) that were read.
        speed: (N,) of the keypoints, torsos a second.
    """
    label = np.array([-1 if emotion is None else emotion for emotion in emotions])
    known = label >= 0
    truth, shares = label[known], probabilities[known]
    present = [emotion for emotion in range(len(EMOTIONS)) if (truth == emotion).any()]
    auc, by_speed = {}, {}
    for emotion in present:
        own = truth == emotion
        if own.all():
            continue
        auc[emotion] = area(shares[:, emotion], own)
        one_way = area(speed[known], own)
        by_speed[emotion] = max(one_way, 1.0 - one_way)
    read = np.array(present)[shares[:, present].argmax(1)] if present else truth
    most = max(present, key=lambda emotion: int((truth == emotion).sum()), default=NEUTRAL)
    confusion = np.zeros((len(EMOTIONS), len(EMOTIONS)), np.int64)
    np.add.at(confusion, (truth, read), 1)
    neutral = known & (label == NEUTRAL)
    blank, surest = np.full(len(truth), most), shares.max(1)
    return BodyScores(
        len(label), auc, by_speed, macro_f1(truth, read), _share(truth == read),
        macro_f1(truth, blank), _share(truth == most),
        calibration_error(surest, shares.argmax(1) == truth) if len(truth) else np.nan,
        chance_calibration_error(surest) if len(truth) else np.nan,
        share_ordered(vad[:, 0], wanted[:, 0]), share_ordered(vad[:, 1], wanted[:, 1]),
        share_ordered(speed, wanted[:, 1]),
        float(vad[neutral, 0].mean()) if neutral.any() else float("nan"), confusion)


def area(score: np.ndarray, own: np.ndarray) -> float:
    """Return the area under the ROC curve: the share of pairs in which ``own`` scores higher."""
    inside, outside = score[own], score[~own]
    if not len(inside) or not len(outside):
        return float("nan")
    apart = inside[:, None] - outside[None]
    return float(((apart > 0) + 0.5 * (apart == 0)).mean())


def _share(right: np.ndarray) -> float:
    return float(right.mean()) if len(right) else float("nan")
