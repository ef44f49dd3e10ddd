"""Recognising a label (a style, an emotion) from how a body moves: windows, votes, baselines.

A clip is cut into windows of 60 observed frames; a classifier gives each window a probability of
every class, and a clip is what the mean of its windows says. How good that is, is asked of
contents never trained on (``splits.leave_one_out``), beside two baselines: the most frequent
class, and logistic regression on simple statistics of the normalised keypoints.

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
"""At most, of the statistics' logistic regression."""

Classifier = Callable[[np.ndarray], np.ndarray]
"""Features (B, F) -> probabilities (B, classes)."""


class Scores(NamedTuple):
    """accuracy: share that is right. macro_f1: mean F1 of the classes that occur, in the truth or
    among the predictions. confusion: (classes, classes) counts, a row for each true class."""

    accuracy: float
    macro_f1: float
    confusion: np.ndarray


def cut(
    clips: Sequence[np.ndarray], step: int = STEP, observed: int = OBSERVED, horizon: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Clips (T, K, D) at 30 Hz -> windows (B, observed + horizon, K, D) and their clips' indices.

    Every frame of a clip is observed in some window: they start every ``step`` frames, and one
    more ends with the clip. Of a shorter clip the first pose is held before its beginning. The
    horizon is the future of each window, nan after the clip's end.
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
    """What simple statistics see: normalised windows (B, 60, K, 2) -> (B, 15 K).

    Over the window: of each coordinate mean, standard deviation, least and greatest value, of its
    velocity (pose scales per second) the mean size and the standard deviation; of each keypoint's
    speed the mean, the standard deviation and the greatest. What was never seen counts 0.
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
    """Logistic regression (scikit-learn's defaults) on standardised features (B, F).

    classes: as many probabilities come out, default the greatest label and one; a class that no
    label names gets 0. KinesicsError if all labels are the same.
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
    """The most frequent label, the least of them if there are several."""
    return int(np.bincount(labels).argmax())


def clip_vote(
    probabilities: np.ndarray, clip_index: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Windows' probabilities (B, classes) and clips (B,) -> the clips that occur, sorted (N,), and
    the mean of each one's windows (N, classes)."""
    clips, place = np.unique(clip_index, return_inverse=True)
    total = np.zeros((len(clips), probabilities.shape[1]))
    np.add.at(total, place, probabilities)
    return clips, total / np.bincount(place)[:, None]


def scores(truth: np.ndarray, predicted: np.ndarray, classes: int) -> Scores:
    """Of integer labels (N,), (N,)."""
    from sklearn.metrics import accuracy_score, confusion_matrix, f1_score

    return Scores(
        accuracy=float(accuracy_score(truth, predicted)),
        macro_f1=float(f1_score(truth, predicted, average="macro", zero_division=0.0)),
        confusion=confusion_matrix(truth, predicted, labels=np.arange(classes)),
    )
