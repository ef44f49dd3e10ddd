"""Jobs of the studies: pretraining on synthetic motion, and training on the real recordings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from kinesics_core.dataset.clips import Clip, Dataset
from kinesics_core.errors import KinesicsError
from kinesics_core.experiments.job_inputs import Settings, keep_weights, step_reporter
from kinesics_core.experiments.options import REAL
from kinesics_core.experiments.recognition_jobs import vote_scores
from kinesics_core.jobs.local import OnProgress
from kinesics_core.motion.evaluation import forecast_errors, splits
from kinesics_core.motion.evaluation.splits import Fold
from kinesics_core.motion.training import checkpoints, labels
from kinesics_core.motion.training.checkpoints import Identity
from kinesics_core.motion.training.config import TrainingConfig
from kinesics_core.motion.training.feeds import Examples
from kinesics_core.motion.training.fit import TrainingData, fit
from kinesics_core.motion.training.predict import predict
from kinesics_core.motion.training.windowing import CutWindows, WindowBatch, cut_windows, encode
from kinesics_core.training.loop import Hooks

MEASURED_EVERY = 10
"""Epochs between two measurements on the domains, as in the paper's figure 3."""
PRETRAIN_VALIDATION = 0.05
"""Share of the synthetic clips that the best epoch is chosen by."""


@dataclass(frozen=True, slots=True)
class PretrainInputs:
    """Inputs of ``pretrain`` besides its settings.

    Attributes:
        data: Folder of the synthetic dataset.
        weights: Where to keep the network.
    """

    data: Path
    weights: Path


@dataclass(frozen=True, slots=True)
class FinetuneInputs:
    """Inputs of ``finetune`` besides its settings.

    Attributes:
        data: Folder of the real recordings.
        fold: Their clips to train on and to test.
        domains: Folders of other datasets to test on, by name.
        start: Pretrained weights; None starts from scratch.
    """

    data: Path
    fold: Fold
    domains: Mapping[str, Path] = field(default_factory=dict)
    start: Path | None = None


@dataclass(frozen=True, slots=True)
class _Domain:
    """Test windows of one dataset, and its clips."""

    clips: list[Clip]
    windows: CutWindows
    truth: WindowBatch[np.ndarray]

    def mae(self, network: torch.nn.Module) -> float:
        """Return the mean absolute error of a network's forecasts here."""
        predicted = predict(network, self.truth.observed).future
        return forecast_errors.forecast_errors(predicted, self.truth).mae


def pretrain(settings: Settings, inputs: PretrainInputs, report: OnProgress) -> dict[str, Any]:
    """Train on a synthetic dataset and keep the weights.

    Args:
        settings: ``data``, ``step``, ``label`` (None for the forecast alone), ``config``, a
            ``TrainingConfig`` as a dict.
        inputs: Where the data are and the weights go.
        report: Told about progress.
    """
    dataset = Dataset(inputs.data)
    clips = list(dataset)
    cut = cut_windows(clips, settings["step"])
    usable = sorted(set(cut.clip.tolist()))
    fold = splits.by_clip([clips[index] for index in usable], test=PRETRAIN_VALIDATION)
    config = TrainingConfig(**settings["config"])
    held = cut.of_clips(usable[index] for index in fold.test)
    train = cut.of_clips(usable[index] for index in fold.train + fold.validation)
    classes, targets = _classes(clips, settings["label"])
    result = fit(
        TrainingData(_examples(train, targets), _examples(held, targets), classes,
                     dataset.info.keypoints),
        config, Hooks(on_step=step_reporter(config.epochs, report)))
    keep_weights(inputs.weights, result.network, result.identity, settings["config"])
    return {"curves": [dict(row) for row in result.curves], "windows": len(train)}


def finetune(settings: Settings, inputs: FinetuneInputs, report: OnProgress) -> dict[str, Any]:
    """Train on the real recordings, and test there and on the domains.

    Args:
        settings: ``data``, ``step``, ``label``, ``config`` as in ``pretrain``; ``start`` and
            ``domains``, what those are; ``measured``, whether the error on the domains is measured
            while training; ``recognising``, whether the label is recognised on them.
        inputs: Where all that is.
        report: Told about progress.
    """
    dataset = Dataset(inputs.data)
    clips, fold = list(dataset), inputs.fold
    config = TrainingConfig(**settings["config"])
    label, recognising = settings["label"], settings["recognising"]
    classes, targets = _classes(clips, label)
    cut = cut_windows(clips, settings["step"], partial=recognising)
    train, held, test = (cut.of_clips(side) for side in (fold.train, fold.validation, fold.test))
    tested = {REAL: _Domain(clips, test, encode(test, "per_frame"))}
    for name, path in inputs.domains.items():
        others = list(Dataset(path))
        windows = cut_windows(others, settings["step"], partial=recognising)
        tested[name] = _Domain(others, windows, encode(windows, "per_frame"))

    def measure(epoch: int, network: torch.nn.Module) -> dict[str, float]:
        if not settings["measured"] or (epoch % MEASURED_EVERY and epoch not in (1, config.epochs)):
            return {}
        return {f"mae_{name}": domain.mae(network) for name, domain in tested.items()}

    result = fit(
        TrainingData(_examples(train, targets), _examples(held, targets), classes,
                     dataset.info.keypoints),
        config, Hooks(on_epoch=measure, on_step=step_reporter(config.epochs, report)),
        start=_start(inputs.start, Identity(
            config.network, config.residual, dataset.info.keypoints, classes)))
    recognised = {name: _recognise(result.network, domain, label, classes, name)
                  for name, domain in tested.items()} if recognising and label is not None else {}
    return {
        "curves": [dict(row) for row in result.curves], "best_epoch": result.best_epoch,
        "mae": {name: domain.mae(result.network) for name, domain in tested.items()},
        "recognition": recognised, "classes": list(classes),
        "windows": [len(train), len(held), len(test)],
    }


def _classes(clips: list[Clip], label: str | None) -> tuple[tuple[str, ...], np.ndarray | None]:
    """Return the values of the label and the class of each clip; neither without a label."""
    if label is None:
        return (), None
    classes = tuple(labels.classes_of(clips, label))
    return classes, labels.targets(clips, label, classes)


def _examples(cut: CutWindows, targets: np.ndarray | None) -> Examples:
    """Return windows with the class of the clip that each is cut from."""
    return Examples(cut, None if targets is None else targets[cut.clip])


def _start(path: Path | None, identity: Identity) -> Mapping[str, torch.Tensor] | None:
    """Read the weights to start from; the classifier begins anew if its classes are others."""
    if path is None:
        return None
    before = checkpoints.read(path)[0].classes
    return checkpoints.start_from(path, identity, new_classifier=before != identity.classes)


def _recognise(
    network: torch.nn.Module, domain: _Domain, label: str, classes: tuple[str, ...], name: str
) -> dict[str, Any]:
    """Score the windows whose class the network knows."""
    target = labels.targets(domain.clips, label, classes, strict=False)[domain.windows.clip]
    known = target >= 0
    if not known.any():
        raise KinesicsError(
            f"No clip of the domain {name} has one of the classes learned. Leave it out, or label"
            " it with the same classes.")
    found = predict(network, domain.truth.observed[known]).probabilities
    assert found is not None
    return vote_scores(found, target[known], domain.windows.clip[known], by_clip=True)
