"""Recognising a label (a style, an emotion) from how a body moves: windows, votes, baselines.

A clip is cut into windows of 60 observed frames; a classifier gives each window a probability of
every class, and a clip is what the mean of its windows says. Two baselines stand beside it: the
most frequent class, and logistic regression on simple statistics of the normalised keypoints. Both
are judged on contents never trained on (``splits.leave_one_out``).

Arrays: windows are (B, 60, K, 2), B windows of K keypoints, nan where one was not seen; labels
and predictions are integers from 0 to classes - 1.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from kinesics_core.errors import KinesicsError
from kinesics_core.motion.windows import OBSERVED, RATE

STEP = 15
"""Frames between the starts of two windows of a clip."""

ITERATIONS = 300
"""Most iterations of the statistics' logistic regression."""

Classifier = Callable[[np.ndarray], np.ndarray]
"""Features (B, F) -> probabilities (B, classes)."""


class RecognitionScores(NamedTuple):
    """Scores of a classifier.

    Attributes:
        accuracy: Share that is right.
        macro_f1: Mean F1 of the classes that occur, in the truth or among the predictions.
        confusion: (classes, classes) counts, a row for each true class.
    """

    accuracy: float
    macro_f1: float
    confusion: np.ndarray


def cut(
    clips: Sequence[np.ndarray], step: int = STEP, observed: int = OBSERVED, horizon: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Cut clips into windows so that every frame is observed in some.

    Windows start every ``step`` frames, and one more ends with the clip. Of a shorter clip the
    first pose is held before its beginning.

    Args:
        clips: (T, K, D) at 30 Hz.
        step: Frames between the starts of two windows.
        observed: Frames that are observed.
        horizon: Frames of the future, nan after the clip's end.

    Returns:
        Windows (B, observed + horizon, K, D), and the index (B,) of the clip of each.

    Raises:
        KinesicsError: A clip has no frames.
    """
    windows, index = [], []
    for number, clip in enumerate(clips):
        if len(clip) == 0:
            raise KinesicsError(f"Clip {number} has no frames. Leave it out.")
        missing = max(observed - len(clip), 0)
        held = np.concatenate([np.repeat(clip[:1], missing, axis=0), clip])
        last = len(held) - observed
        padded = np.concatenate([held, np.full((horizon, *clip.shape[1:]), np.nan, clip.dtype)])
        starts = [*range(0, last, step), last]
        windows += [padded[start:start + observed + horizon] for start in starts]
        index += [number] * len(starts)
    return np.stack(windows).astype(np.float32), np.array(index)


def statistics_features(observed: np.ndarray) -> np.ndarray:
    """Return simple statistics of normalised windows.

    Over the window: of each coordinate mean, standard deviation, least and greatest value, of its
    velocity (pose scales per second) the mean size and the standard deviation; of each keypoint's
    speed the mean, the standard deviation and the greatest. What was never seen counts 0.

    Args:
        observed: (B, 60, K, 2), nan where missing.

    Returns:
        (B, 15 K).
    """
    velocity = np.diff(observed, axis=1) * RATE
    speed = np.linalg.norm(velocity, axis=-1, keepdims=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)     # of a keypoint that was never seen
        parts = [
            np.nanmean(observed, axis=1), np.nanstd(observed, axis=1),
            np.nanmin(observed, axis=1), np.nanmax(observed, axis=1),
            np.nanmean(np.abs(velocity), axis=1), np.nanstd(velocity, axis=1),
            np.nanmean(speed, axis=1), np.nanstd(speed, axis=1), np.nanmax(speed, axis=1),
        ]
    return np.nan_to_num(np.concatenate([part.reshape(len(observed), -1) for part in parts], 1))


def fit_statistics(
    features: np.ndarray, labels: np.ndarray, seed: int = 0, classes: int | None = None
) -> Classifier:
    """Fit logistic regression (scikit-learn's defaults) to standardised features.

    Args:
        features: (B, F).
        labels: (B,) int.
        seed: Of the solver.
        classes: Number of probabilities that come out, default the greatest label and one; a class
            that no label names gets 0.

    Raises:
        KinesicsError: All labels are the same.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    known = np.unique(labels)
    if len(known) < 2:
        raise KinesicsError(
            f"Got labels of {len(known)} class(es); a classifier needs at least two.")
    count = int(known[-1]) + 1 if classes is None else classes
    model: Any = make_pipeline(
        StandardScaler(), LogisticRegression(max_iter=ITERATIONS, random_state=seed))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")     # ITERATIONS bound the time; more change nothing
        model.fit(features, labels)

    def classify(features: np.ndarray) -> np.ndarray:
        probabilities = np.zeros((len(features), count))
        probabilities[:, known] = model.predict_proba(features)
        return probabilities

    return classify


def majority(labels: np.ndarray) -> int:
    """Return the most frequent label, the least of them if there are several."""
    return int(np.bincount(labels).argmax())


def clip_vote(
    probabilities: np.ndarray, clip_index: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Let the windows of each clip vote.

    Args:
        probabilities: (B, classes) of the windows.
        clip_index: (B,) the clip of each.

    Returns:
        The clips that occur, sorted (N,), and the mean of each one's windows (N, classes).
    """
    clips, place = np.unique(clip_index, return_inverse=True)
    total = np.zeros((len(clips), probabilities.shape[1]))
    np.add.at(total, place, probabilities)
    return clips, total / np.bincount(place)[:, None]


def scores(truth: np.ndarray, predicted: np.ndarray, classes: int) -> RecognitionScores:
    """Score predictions.

    Args:
        truth: (N,) int.
        predicted: (N,) int.
        classes: How many there are.
    """
    from sklearn.metrics import accuracy_score, confusion_matrix, f1_score

    return RecognitionScores(
        accuracy=float(accuracy_score(truth, predicted)),
        macro_f1=float(f1_score(truth, predicted, average="macro", zero_division=0.0)),
        confusion=confusion_matrix(truth, predicted, labels=np.arange(classes)),
    )
