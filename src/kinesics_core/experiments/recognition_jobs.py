"""Jobs of ``kinesics eval recognise``: baselines, an exported network, a training.

Their settings are those of ``WindowSettings``, ``data`` and ``left_out``, and what each names.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from kinesics_core.dataset.clips import Dataset
from kinesics_core.errors import KinesicsError
from kinesics_core.experiments.dataset_split import WindowSettings, recognition_windows
from kinesics_core.experiments.exported import open_model
from kinesics_core.experiments.job_inputs import (
    ExperimentInputs,
    Settings,
    keep_weights,
    step_reporter,
    thinning_stride,
    window_settings,
)
from kinesics_core.jobs.local import OnProgress
from kinesics_core.motion.evaluation import recognition, splits
from kinesics_core.motion.networks.registry import build
from kinesics_core.motion.training import recognition_training, windowing
from kinesics_core.motion.training.checkpoints import Identity
from kinesics_core.motion.training.config import TrainingConfig
from kinesics_core.motion.training.feeds import Examples
from kinesics_core.motion.training.fit import TrainingData, fit
from kinesics_core.motion.training.predict import predict
from kinesics_core.motion.training.recognition_training import LabelledWindows, RecognitionConfig
from kinesics_core.motion.windows import HORIZON
from kinesics_core.skeletons import mirrored
from kinesics_core.training.loop import Hooks


@dataclass(frozen=True, slots=True)
class RecognitionTask:
    """Windows of a fold and the class of each.

    Attributes:
        windows: (N, 60 or more, K, D), nan where missing.
        clip: (N,) index of the clip each is of.
        target: (N,) index into ``classes``.
        train: Rows to train on.
        validation: Rows to choose the best epoch by.
        test: Rows to test.
        classes: Values of the label, sorted.
        leaks: Whether windows of one clip are on several sides.
    """

    windows: np.ndarray
    clip: np.ndarray
    target: np.ndarray
    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    classes: list[str]
    leaks: bool

    @property
    def learned(self) -> np.ndarray:
        """Rows to train on for what stops after a set number of steps: no validation needed."""
        return np.concatenate([self.train, self.validation])

    def scores(self, probabilities: np.ndarray, rows: np.ndarray | None = None) -> dict[str, Any]:
        """Return scores by clip and by window.

        Args:
            probabilities: (M, classes) of some windows.
            rows: (M,) which ones; default those of the test.
        """
        rows = self.test if rows is None else rows
        return vote_scores(
            probabilities, self.target[rows], self.clip[rows], by_clip=not self.leaks)


def statistics(settings: Settings, inputs: ExperimentInputs, report: OnProgress) -> dict[str, Any]:
    """Judge what has to be beaten: the majority, and statistics with logistic regression."""
    windows = window_settings(settings)
    task = _read_task(windows, inputs)
    report(1, 3, "statistics")
    points = recognition_training.encode(
        recognition_training.fill_gaps(task.windows), "per_frame")
    features = recognition.statistics_features(points.reshape(*points.shape[:2], -1, 2))
    report(2, 3, "logistic regression")
    classify = recognition.fit_statistics(
        features[task.learned], task.target[task.learned], seed=windows.seed,
        classes=len(task.classes))
    most = np.zeros((len(task.test), len(task.classes)))
    most[:, recognition.majority(task.target[task.learned])] = 1.0
    return {"methods": {"statistics": task.scores(classify(features[task.test])),
                        "majority": task.scores(most)}}


def exported(settings: Settings, inputs: ExperimentInputs, report: OnProgress) -> dict[str, Any]:
    """Judge the classifier of the ONNX file ``inputs.model``.

    Raises:
        KinesicsError: The model cannot name a class that occurs here.
    """
    windows = window_settings(settings)
    task = _read_task(windows, inputs)
    cut = windowing.complete(windowing.frontal(task.windows[task.test]))
    assert inputs.model is not None
    model = open_model(inputs.model, cut.observed.shape[2])
    missing = sorted(set(task.classes) - set(model.classes))
    if missing:
        raise KinesicsError(
            f"{model.path} recognises {', '.join(model.classes) or 'nothing'}; the"
            f" {windows.label} here is also {', '.join(missing)}. Choose a label that the"
            " model was trained on, or train one on this dataset.")
    order = [model.classes.index(name) for name in task.classes]
    return {"scores": task.scores(model.probabilities(cut)[:, order], task.test[cut.clip])}


def train_paper(settings: Settings, inputs: ExperimentInputs, report: OnProgress) -> dict[str, Any]:
    """Train a network with both heads (equation 3) as the paper does, and judge its classifier.

    Windows are seen from the front; a future that the clip lacks does not count.

    Args:
        settings: Besides, ``config``, a ``TrainingConfig`` as a dict, and ``most``, training
            windows an epoch at most.
        inputs: Where the data are.
        report: Told about progress.
    """
    task = _read_task(window_settings(settings), inputs, horizon=HORIZON)
    cut = windowing.complete(windowing.frontal(task.windows))
    row = cut.clip                       # of the task's windows; those without a keypoint are out
    train, validation, test = (np.flatnonzero(np.isin(row, side)) for side in (
        task.train, task.validation, task.test))
    train = train[::thinning_stride(len(train), settings["most"])]
    config = TrainingConfig(**settings["config"])
    result = fit(
        TrainingData(
            Examples(cut.take(train), task.target[row[train]]),
            Examples(cut.take(validation), task.target[row[validation]]), task.classes,
            inputs.keypoints),
        config, Hooks(on_step=step_reporter(config.epochs, report)))
    found = predict(result.network, windowing.encode(cut.take(test), "per_frame").observed)
    assert found.probabilities is not None
    if inputs.weights is not None:
        keep_weights(inputs.weights, result.network, result.identity, settings["config"])
    return {"scores": task.scores(found.probabilities, row[test]),
            "curves": [dict(row) for row in result.curves], "best_epoch": result.best_epoch,
            "windows": [len(train), len(validation), len(test)]}


def train_recogniser(
    settings: Settings, inputs: ExperimentInputs, report: OnProgress
) -> dict[str, Any]:
    """Train a network to recognise contents never seen (``recognition_training``); judge it.

    Args:
        settings: Besides, ``network`` and ``recognition``, a ``RecognitionConfig`` as a dict.
        inputs: Where the data are.
        report: Told about progress.
    """
    windows = window_settings(settings)
    task = _read_task(windows, inputs)
    learned = task.learned
    torch.manual_seed(windows.seed)
    network = build(settings["network"], features=2 * len(inputs.keypoints),
                    classes=len(task.classes), residual=True)
    config = RecognitionConfig(**settings["recognition"])
    contents = None if inputs.contents is None else \
        np.array(inputs.contents)[task.clip[learned]]
    recognition_training.train_recogniser(
        network, LabelledWindows(
            task.windows[learned], task.target[learned], contents, mirrored(inputs.keypoints)),
        config, lambda done, steps, loss: report(done, steps, f"loss {loss:.2f}"))
    found = recognition_training.probabilities(
        network, task.windows[task.test], config.normalisation)
    if inputs.weights is not None:
        identity = Identity(
            settings["network"], True, tuple(inputs.keypoints), tuple(task.classes))
        keep_weights(inputs.weights, network, identity, settings["recognition"])
    return {"scores": task.scores(found), "steps": config.steps,
            "windows": [len(learned), 0, len(task.test)]}


def vote_scores(
    probabilities: np.ndarray, truth: np.ndarray, clip: np.ndarray, *, by_clip: bool
) -> dict[str, Any]:
    """Return scores of single windows, and of clips that their windows vote for.

    Args:
        probabilities: (N, classes) of N windows.
        truth: (N,) the class of each.
        clip: (N,) the clip of each.
        by_clip: Whether clips are counted; if not, as when windows leak and clips are on both
            sides, the windows' scores stand in both places.
    """
    classes = probabilities.shape[1]
    window = recognition.scores(truth, probabilities.argmax(axis=1), classes)
    if not by_clip:
        return {"clip": _as_json(window), "window": _as_json(window)}
    clips, votes = recognition.clip_vote(probabilities, clip)
    of_clip = dict(zip(clip.tolist(), truth.tolist(), strict=True))
    voted = recognition.scores(
        np.array([of_clip[index] for index in clips.tolist()]), votes.argmax(axis=1), classes)
    return {"clip": _as_json(voted), "window": _as_json(window)}


def _as_json(found: recognition.RecognitionScores) -> dict[str, Any]:
    return {"accuracy": found.accuracy, "macro_f1": found.macro_f1,
            "confusion": found.confusion.tolist()}


def _read_task(
    settings: WindowSettings, inputs: ExperimentInputs, horizon: int = 0
) -> RecognitionTask:
    assert settings.label is not None
    clips = list(Dataset(inputs.data))
    names = splits.values(clips, settings.label)
    classes = sorted(set(names))
    cut, clip = recognition_windows(clips, settings.step, horizon)
    target = np.array([classes.index(name) for name in names])[clip]

    def rows(side: Iterable[int]) -> np.ndarray:
        chosen = np.fromiter(side, int)
        return chosen if settings.leaks else np.flatnonzero(np.isin(clip, chosen))

    fold = inputs.fold
    return RecognitionTask(cut, clip, target, rows(fold.train), rows(fold.validation),
                           rows(fold.test), classes, settings.leaks)
