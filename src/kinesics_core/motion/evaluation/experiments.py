"""What evaluation and the studies repeat: one network, one split, one result. As jobs.

Each function is the work of a ``jobs.Job``: it runs in a process of its own, reads the dataset
again, trains or fits what ``settings`` say and returns figures that JSON can hold. ``settings``
name the data by their content, so that a kept result never stands for other data.

inputs: ``data``, the dataset's folder; ``fold``, a ``splits.Fold`` of its clips (of its windows
if the split is ``window_leaks``); for some ``weights``, where to keep the network.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from kinesics_core.dataset.clips import Clip, Dataset
from kinesics_core.dataset.resampling import resample
from kinesics_core.errors import KinesicsError
from kinesics_core.jobs.code import code_digest
from kinesics_core.jobs.local import Report
from kinesics_core.motion import windows
from kinesics_core.motion.evaluation import evaluation, recognition, splits
from kinesics_core.motion.evaluation.exported import open_model
from kinesics_core.motion.evaluation.splits import Fold
from kinesics_core.motion.networks.registry import build, network_class
from kinesics_core.motion.training import (
    camera_augmentation,
    camera_windows,
    checkpoints,
    feeds,
    losses,
    recognition_training,
    validation,
    windowing,
)
from kinesics_core.motion.training import (
    config as training_config,
)
from kinesics_core.motion.training import (
    fit as training,
)
from kinesics_core.motion.training.checkpoints import Identity
from kinesics_core.motion.training.config import TrainingConfig
from kinesics_core.motion.training.feeds import Examples
from kinesics_core.motion.training.fit import TrainingData, fit
from kinesics_core.motion.training.predict import predict
from kinesics_core.motion.training.windowing import CutWindows, cut_windows
from kinesics_core.motion.windows import HORIZON, RATE
from kinesics_core.skeletons import mirrored
from kinesics_core.training import loop, schedule, weights
from kinesics_core.training.loop import Hooks, OnStep

Settings = Mapping[str, Any]
LEAKS = "window_leaks"


def fingerprint(path: Path) -> str:
    """Of a dataset's content; the same for a copy elsewhere. KinesicsError if it is none."""
    path = Dataset(path).path
    digest = hashlib.sha256()
    for name in ("info.json", "clips.jsonl", "keypoints.f32"):
        with open(path / name, "rb") as file:
            while part := file.read(1 << 22):
                digest.update(part)
    return digest.hexdigest()[:16]


def file_fingerprint(path: Path) -> str:
    """Of a file's content."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def code_of(network: str) -> str:
    """Return a digest of the code a network is built from and trained with.

    A kept result then never stands for another network or another training. Comments and
    docstrings do not count.
    """
    return code_digest(
        sys.modules[network_class(network).__module__], camera_augmentation, camera_windows, feeds,
        losses, loop, recognition_training, schedule, training, training_config, validation,
        weights, windowing, windows)


@dataclass(frozen=True, slots=True)
class Plan:
    """How a dataset is divided. folds: one, or one for each value left out.

    short: clips that give no window. train_windows: of the first fold, for estimates of time.
    """

    folds: list[Fold]
    short: int
    windows: int
    train_windows: int


def plan(
    dataset: Dataset, split: str, *, label: str | None, step: int, view: str, seed: int,
    recognising: bool = False,
) -> Plan:
    """Folds of the clips that are long enough to be used, by ``--split``.

    split: "clip", "window_leaks", or the label to leave out one by one. Recognition needs no
    future and uses every clip.
    """
    clips = list(dataset)
    if label is not None:
        splits.values(clips, label)
    clip_of = recognition_windows(clips, step)[1] if recognising else \
        cut_windows(clips, step, view).clip
    kept = np.unique(clip_of)
    if split == LEAKS:
        folds = [splits.by_window_leaks(len(clip_of), seed)]
        first = len(folds[0].train)
    else:
        usable = [clips[index] for index in kept]
        found = [splits.by_clip(usable, seed, label=label)] if split == "clip" else \
            splits.leave_one_out(usable, split, seed, label=label if recognising else None)
        folds = [Fold(kept[f.train].tolist(), kept[f.validation].tolist(), kept[f.test].tolist(),
                      f.left_out) for f in found]
        first = int(np.isin(clip_of, folds[0].train).sum())
    return Plan(folds, len(clips) - len(kept), len(clip_of), first)


def baselines(settings: Settings, inputs: Settings, report: Report) -> dict[str, Any]:
    """Errors of what has to be beaten. settings: data, step, view, split, label."""
    clips, cut = _cut(settings, inputs)
    train, held_out, test = _sides(cut, settings, inputs["fold"])
    report(1, 2, f"{len(train)} windows")
    found = evaluation.baseline_errors(
        windowing.encode(train, "per_frame"), windowing.encode(held_out, "per_frame"),
        windowing.encode(test, "per_frame"), _names(clips, test, settings["label"]))
    return {"errors": {name: as_json(errors) for name, errors in found.items()},
            "windows": [len(train), len(held_out), len(test)]}


def exported(settings: Settings, inputs: Settings, report: Report) -> dict[str, Any]:
    """Errors of an ONNX file. settings: those of ``baselines`` and the file's digest."""
    clips, cut = _cut(settings, inputs)
    model = open_model(Path(inputs["model"]), cut.observed.shape[2])
    test = _sides(cut, settings, inputs["fold"])[2]
    report(1, 2, f"{len(test)} windows")
    truth = windowing.encode(test, "per_frame")
    errors = evaluation.forecast_errors(
        model.forecast(test), truth, _names(clips, test, settings["label"]))
    return {"errors": as_json(errors)}


def forecast(settings: Settings, inputs: Settings, report: Report) -> dict[str, Any]:
    """Train a network to forecast; its errors. settings: those of ``baselines`` and ``config``, a
    ``TrainingConfig`` as a dict; most, training windows an epoch at most.

    A recipe that draws windows from clips draws from the fold's training clips, others take the
    windows cut every ``step`` frames.
    """
    clips, cut = _cut(settings, inputs)
    train, held_out, test = _sides(cut, settings, inputs["fold"])
    thinned = train.take(np.arange(0, len(train), _every(len(train), settings)))
    config = TrainingConfig(**settings["config"])
    examples = Examples(thinned)
    if config.windows and settings["split"] != LEAKS:
        examples = Examples([clips[index] for index in inputs["fold"].train])
    elif config.windows:
        # Its windows are given: as many as it would have drawn, by passing over them more often.
        config = replace(config, windows=0, warp=0.0,
                         epochs=config.epochs * -(-config.windows // len(thinned)))
    result = fit(
        TrainingData(examples, Examples(held_out), keypoints=inputs["keypoints"]), config,
        Hooks(on_step=reporter(config.epochs, report)))
    truth = windowing.encode(test, "per_frame")
    errors = evaluation.forecast_errors(
        predict(result.network, truth.observed).future, truth,
        _names(clips, test, settings["label"]))
    if inputs.get("weights"):
        keep(Path(inputs["weights"]), result.network, result.identity, settings["config"])
    return {"errors": as_json(errors), "curves": [dict(row) for row in result.curves],
            "best_epoch": result.best_epoch, "parameters": _count(result.network),
            "windows": [len(thinned), len(held_out), len(test)]}


def recognise(settings: Settings, inputs: Settings, report: Report) -> dict[str, Any]:
    """Train a network to recognise a label. settings: data, step, view, split, label, seed,
    network, and one of two, the other None: config, a ``TrainingConfig`` as a dict, for two heads
    (equation 3), with ``most`` windows an epoch; recognition, a ``RecognitionConfig`` as a dict.
    """
    if settings["config"] is not None:
        return _recognise_as_paper(settings, inputs, report)
    task = _recognition_task(settings, inputs)
    learn = np.concatenate([task.train, task.validation])   # it stops after a set number of steps
    torch.manual_seed(settings["seed"])
    network = build(settings["network"], features=2 * len(inputs["keypoints"]),
                    classes=len(task.classes), residual=True)
    config = recognition_training.RecognitionConfig(**settings["recognition"])
    contents = None if inputs.get("contents") is None else \
        np.array(inputs["contents"])[task.clip[learn]]
    recognition_training.train_recogniser(
        network, recognition_training.LabelledWindows(
            task.windows[learn], task.target[learn], contents, mirrored(inputs["keypoints"])),
        config, lambda done, steps, loss: report(done, steps, f"loss {loss:.2f}"))
    found = recognition_training.probabilities(
        network, task.windows[task.test], config.normalisation)
    if inputs.get("weights"):
        keep(Path(inputs["weights"]), network,
             Identity(settings["network"], True, tuple(inputs["keypoints"]), tuple(task.classes)),
             settings["recognition"])
    return {"scores": task.score(found), "classes": task.classes, "curves": [],
            "steps": config.steps, "windows": [len(learn), 0, len(task.test)]}


def _recognise_as_paper(
    settings: Settings, inputs: Settings, report: Report
) -> dict[str, Any]:
    """Both heads on windows seen from the front; a future that the clip lacks does not count."""
    task = _recognition_task(settings, inputs, horizon=HORIZON)
    cut = windowing.complete(windowing.frontal(task.windows))
    row = cut.clip                       # of the task's windows; those without a keypoint are out
    train, held_out, test = (np.flatnonzero(np.isin(row, side)) for side in (
        task.train, task.validation, task.test))
    train = train[::_every(len(train), settings)]
    config = TrainingConfig(**settings["config"])
    result = fit(
        TrainingData(
            Examples(cut.take(train), task.target[row[train]]),
            Examples(cut.take(held_out), task.target[row[held_out]]), task.classes,
            inputs["keypoints"]),
        config, Hooks(on_step=reporter(config.epochs, report)))
    found = predict(result.network, windowing.encode(cut.take(test), "per_frame").observed)
    assert found.probabilities is not None
    if inputs.get("weights"):
        keep(Path(inputs["weights"]), result.network, result.identity, settings["config"])
    return {
        "scores": task.score(found.probabilities, row[test]), "classes": task.classes,
        "curves": [dict(row) for row in result.curves], "best_epoch": result.best_epoch,
        "windows": [len(train), len(held_out), len(test)],
    }


def exported_recognition(settings: Settings, inputs: Settings, report: Report) -> dict[str, Any]:
    """An ONNX file's emotion head on the test windows. settings: those of ``recognise``.

    KinesicsError if the model cannot name a class that occurs here.
    """
    task = _recognition_task(settings, inputs)
    cut = windowing.complete(windowing.frontal(task.windows[task.test]))
    model = open_model(Path(inputs["model"]), cut.observed.shape[2])
    missing = sorted(set(task.classes) - set(model.classes))
    if missing:
        raise KinesicsError(
            f"{model.path} recognises {', '.join(model.classes) or 'nothing'}; the"
            f" {settings['label']} here is also {', '.join(missing)}. Choose a label that the"
            " model was trained on, or train one on this dataset.")
    order = [model.classes.index(name) for name in task.classes]
    found = model.probabilities(cut)[:, order]
    return {"scores": task.score(found, task.test[cut.clip]), "classes": task.classes}


def as_json(errors: evaluation.Errors) -> dict[str, Any]:
    return {"mae": errors.mae, "by_frame": list(errors.by_frame), "by_class": errors.by_class}


def recognition_windows(
    clips: Sequence[Clip], step: int, horizon: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """(N, 60 + horizon, K, D) at 30 Hz and the clip of each; every clip gives at least one."""
    return recognition.cut(
        [resample(clip.keypoints, clip.rate, RATE) for clip in clips], step, horizon=horizon)


def statistics(settings: Settings, inputs: Settings, report: Report) -> dict[str, Any]:
    """Recognition by the majority, and by statistics + logistic regression."""
    task = _recognition_task(settings, inputs)
    report(1, 3, "statistics")
    points = recognition_training.encode(
        recognition_training.fill_gaps(task.windows), "per_frame")
    features = recognition.statistics_features(points.reshape(*points.shape[:2], -1, 2))
    report(2, 3, "logistic regression")
    learn = np.concatenate([task.train, task.validation])
    classify = recognition.fit_statistics(
        features[learn], task.target[learn], seed=settings["seed"], classes=len(task.classes))
    most = np.zeros((len(task.test), len(task.classes)))
    most[:, recognition.majority(task.target[learn])] = 1.0
    return {
        "methods": {"statistics": task.score(classify(features[task.test])),
                    "majority": task.score(most)},
        "classes": task.classes,
    }


@dataclass(frozen=True, slots=True)
class Recognition:
    """Windows (N, 60 or more, K, D) of a fold. train, validation, test: rows. target: the class
    of each."""

    windows: np.ndarray
    clip: np.ndarray
    target: np.ndarray
    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    classes: list[str]
    leaks: bool

    def score(self, probabilities: np.ndarray, rows: np.ndarray | None = None) -> dict[str, Any]:
        """Of the test windows' probabilities (or those of ``rows``), by clip and by window."""
        rows = self.test if rows is None else rows
        return score_votes(probabilities, self.target[rows], self.clip[rows], len(self.classes),
                           self.leaks)


def score_votes(
    probabilities: np.ndarray, truth: np.ndarray, clip: np.ndarray, classes: int, leaks: bool
) -> dict[str, Any]:
    """Windows' probabilities (N, classes), classes (N,) and clips (N,) -> scores.

    When windows leak, clips are on both sides and only windows are counted.
    """
    window = recognition.scores(truth, probabilities.argmax(axis=1), classes)
    if leaks:
        return {"clip": scores_as_json(window), "window": scores_as_json(window)}
    clips, votes = recognition.clip_vote(probabilities, clip)
    of_clip = dict(zip(clip.tolist(), truth.tolist(), strict=True))
    by_clip = recognition.scores(
        np.array([of_clip[index] for index in clips.tolist()]), votes.argmax(axis=1), classes)
    return {"clip": scores_as_json(by_clip), "window": scores_as_json(window)}


def scores_as_json(found: recognition.Scores) -> dict[str, Any]:
    return {"accuracy": found.accuracy, "macro_f1": found.macro_f1,
            "confusion": found.confusion.tolist()}


def _recognition_task(
    settings: Settings, inputs: Settings, horizon: int = 0
) -> Recognition:
    clips = list(Dataset(inputs["data"]))
    names = splits.values(clips, settings["label"])
    classes = sorted(set(names))
    cut, clip = recognition_windows(clips, settings["step"], horizon)
    target = np.array([classes.index(name) for name in names])[clip]
    fold, leaks = inputs["fold"], settings["split"] == LEAKS

    def rows(side: Iterable[int]) -> np.ndarray:
        chosen = np.fromiter(side, int)
        return chosen if leaks else np.flatnonzero(np.isin(clip, chosen))

    return Recognition(cut, clip, target, rows(fold.train), rows(fold.validation),
                       rows(fold.test), classes, leaks)


def _cut(settings: Settings, inputs: Settings) -> tuple[list[Clip], CutWindows]:
    clips = list(Dataset(inputs["data"]))
    return clips, cut_windows(clips, settings["step"], settings["view"])


def _sides(
    cut: CutWindows, settings: Settings, fold: Fold
) -> tuple[CutWindows, CutWindows, CutWindows]:
    def side(chosen: list[int]) -> CutWindows:
        return cut.take(np.array(chosen)) if settings["split"] == LEAKS else cut.of_clips(chosen)

    found = side(fold.train), side(fold.validation), side(fold.test)
    if not all(len(part) for part in found):
        raise KinesicsError(
            f"Got {', '.join(str(len(part)) for part in found)} windows to train on, to validate"
            " and to test; wanted some of each. Give more or longer clips.")
    return found


def _names(clips: Sequence[Clip], cut: CutWindows, label: str | None) -> list[str] | None:
    return None if label is None else [clips[index].labels[label] for index in cut.clip]


def _every(count: int, settings: Settings) -> int:
    """One of how many windows is trained on, so that it is ``most`` at most."""
    return -(-count // settings["most"])


def reporter(epochs: int, report: Report) -> OnStep:
    def tell(epoch: int, step: int, steps: int) -> None:
        if step == steps or step % 10 == 0:
            report((epoch - 1) * steps + step, epochs * steps, f"epoch {epoch}/{epochs}")

    return tell


def keep(path: Path, network: torch.nn.Module, identity: Identity, config: Settings) -> None:
    """The network as ``kinesics train`` writes it, so that it can be started from or exported."""
    weights = {key: value.cpu() for key, value in network.state_dict().items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    checkpoints.save(path, identity, config, {"best_network": weights})


def _count(network: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())
