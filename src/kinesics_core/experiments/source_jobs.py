"""Jobs of ``kinesics eval sources``: baselines on a source, a network trained without some."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from kinesics_core.dataset.clips import Clip, Dataset
from kinesics_core.experiments.exported import open_model
from kinesics_core.experiments.job_inputs import Settings, keep_weights, step_reporter
from kinesics_core.jobs.local import OnProgress
from kinesics_core.motion.evaluation import source_errors, splits
from kinesics_core.motion.evaluation.baselines import Forecast
from kinesics_core.motion.evaluation.source_errors import Errors, SourceWindows
from kinesics_core.motion.training import camera_windows, labels
from kinesics_core.motion.training.camera_augmentation import DetectorNoise
from kinesics_core.motion.training.config import TrainingConfig
from kinesics_core.motion.training.feeds import Examples
from kinesics_core.motion.training.fit import TrainingData, fit
from kinesics_core.motion.training.predict import predict
from kinesics_core.motion.training.windowing import WindowBatch, cut_windows, encode
from kinesics_core.motion.windows import KEYPOINTS, Normalisation
from kinesics_core.training.curves import Row
from kinesics_core.training.loop import Hooks

POOL_STEP = 60
"""Frames between two windows from which the pooled ridge's are taken."""


@dataclass(frozen=True, slots=True)
class SourceInputs:
    """Inputs of a job besides its settings.

    Attributes:
        learn: Datasets to learn from.
        judge: The datasets left out; baselines judge the first alone.
        weights: Where to keep the network; None keeps none.
        model: ONNX file to judge; None for a training.
    """

    learn: tuple[Path, ...]
    judge: tuple[Path, ...]
    weights: Path | None = None
    model: Path | None = None


def baselines(settings: Settings, inputs: SourceInputs, report: OnProgress) -> dict[str, Any]:
    """Judge what has to be beaten; settings: ``step`` and ``seed``."""
    clips, others = list(Dataset(inputs.judge[0])), _clips(inputs.learn)
    found: dict[str, Any] = {}
    for number, view in enumerate(source_errors.VIEWS):
        report(number, len(source_errors.VIEWS), view)
        source = _windows(settings, clips, view)
        errors = source_errors.baseline_errors(
            source, clips, _of_other_sources(others, view, settings["seed"]))
        found[view] = {"windows": len(source.cut), "errors": errors}
    return found


def train(settings: Settings, inputs: SourceInputs, report: OnProgress) -> dict[str, Any]:
    """Train a network without the sources and judge it on each.

    Args:
        settings: ``step``, ``seed``; ``config``, a ``TrainingConfig`` as a dict; ``second``, that
            of a second training from the first one's weights, or None; ``label``, what the
            classifier learns beside, None for nothing.
        inputs: Where the data are.
        report: Told about progress.
    """
    trainings = [TrainingConfig(**config) for config in (settings["config"], settings["second"])
                 if config is not None]
    first, last, label = trainings[0], trainings[-1], settings["label"]
    others = _clips(inputs.learn)
    classes = labels.classes_of(others, label) if label else ()
    fold = splits.by_clip(others, first.seed)

    def examples(chosen: Sequence[int]) -> Examples:
        clips = [others[index] for index in chosen]
        return Examples(clips, labels.targets(clips, label, classes) if label else None)

    data = TrainingData(
        examples(sorted(fold.train + fold.test)), examples(fold.validation), classes)
    epochs = sum(config.epochs for config in trainings)
    curves: list[Row] = []
    start = None
    for config in trainings:
        # As in a checkpoint that another training begins with, caution comes after the last.
        result = fit(data, config if config is last else replace(config, cautious=False),
                     Hooks(on_step=step_reporter(epochs, report, before=len(curves))), start=start)
        start = result.network.state_dict()
        curves += result.curves
    if inputs.weights is not None:
        keep_weights(inputs.weights, result.network, result.identity, asdict(last))
    return {"errors": _judged(
                settings, inputs, report,
                lambda observed: predict(result.network, observed).future, last.normalisation),
            "best_epoch": result.best_epoch, "curves": [dict(row) for row in curves]}


def exported(settings: Settings, inputs: SourceInputs, report: OnProgress) -> dict[str, Any]:
    """Judge the ONNX file ``inputs.model``; settings: ``step``, ``seed`` and its fingerprint."""
    assert inputs.model is not None
    model = open_model(inputs.model, KEYPOINTS)
    return {"errors": _judged(settings, inputs, report, model.predict, model.normalisation)}


def _judged(
    settings: Settings, inputs: SourceInputs, report: OnProgress, forecast: Forecast,
    how: Normalisation,
) -> dict[str, Errors]:
    """Return a method's errors by source, then view."""
    found: dict[str, Errors] = {}
    for number, path in enumerate(inputs.judge):
        report(number, len(inputs.judge), path.name)
        clips = list(Dataset(path))
        found[path.name] = {view: _windows(settings, clips, view).errors(forecast, how)
                            for view in source_errors.VIEWS}
    return found


def _clips(paths: Sequence[Path]) -> list[Clip]:
    return [clip for path in paths for clip in Dataset(path)]


def _windows(settings: Settings, clips: Sequence[Clip], view: str) -> SourceWindows:
    return source_errors.source_windows(
        clips, view, step=settings["step"], seed=settings["seed"])


def _of_other_sources(clips: Sequence[Clip], view: str, seed: int) -> WindowBatch[np.ndarray]:
    """Return windows for the pooled ridge, as many of each source as of another if there are."""
    rng = np.random.default_rng((seed, 1))
    how = source_errors.normalisation_of(view)
    if view == "camera":
        clips, _ = camera_windows.at_window_rate(clips)
        chance = camera_windows.clip_chances(clips, 1 / 3)
        count = min(source_errors.POOLED_WINDOWS, 50 * len(clips))
        return encode(
            camera_windows.draw_windows(rng, clips, count, DetectorNoise(), chance=chance), how)
    cut = cut_windows(clips, POOL_STEP)
    source = np.array([clips[index].source for index in cut.clip])
    names = np.unique(source)
    share = -(-source_errors.POOLED_WINDOWS // len(names))
    rows = [rng.permutation(np.flatnonzero(source == name))[:share] for name in names]
    return encode(cut.take(np.concatenate(rows)), how)
