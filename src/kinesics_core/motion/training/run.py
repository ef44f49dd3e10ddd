"""A training run on disk, as ``kinesics train forecast`` does it: stages, then an ONNX file.

A run killed at any moment goes on with ``resume`` and ends with the same weights as one that was
not. In its folder:

``config.json``     every setting and what the data was.
``checkpoint.pt``   the newest epoch and the best one, see ``checkpoints``.
``curves.csv``      a row an epoch; ``curves.png`` draws them.
``NAME.onnx``       the best epoch's network, for the runtime.
``report.json``     how good it is, see ``judge``.

Every file is replaced in one step.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kinesics_core import files
from kinesics_core.motion.training import checkpoints, export, feeds
from kinesics_core.motion.training.export import ForecasterMetadata
from kinesics_core.motion.training.feeds import Examples
from kinesics_core.motion.training.fit import FitResult, TrainingData, fit
from kinesics_core.motion.training.predict import pick_device, predict
from kinesics_core.motion.training.prepare import PreparedRun, Stage
from kinesics_core.motion.uncertainty import fit_spread
from kinesics_core.training import checkpoint, curves
from kinesics_core.training.checkpoint import CHECKPOINT
from kinesics_core.training.curves import Row
from kinesics_core.training.loop import Hooks, OnStep

VERSION = "5"
"""Version of the models that this code trains, for their files."""
_PICTURE_EVERY = 10
"""Epochs between two drawings of the curves."""


@dataclass(frozen=True, slots=True)
class RunHooks:
    """Callbacks of a run, each of which may be missing.

    Attributes:
        on_stage: Called before a stage.
        on_step: Called after each step of it with epoch, step and steps.
        on_epoch: Called after each epoch with its row of the curves and the best epoch so far.
    """

    on_stage: Callable[[Stage], None] | None = None
    on_step: OnStep | None = None
    on_epoch: Callable[[Row, int], None] | None = None


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """A trained network and its file.

    Attributes:
        fit: Of the last stage.
        model: The ONNX file.
    """

    fit: FitResult
    model: Path


def train(
    run: PreparedRun, out: Path, *, resume: bool = False, device: str = "auto",
    hooks: RunHooks = RunHooks(),
) -> FinishedRun:
    """Train every stage of a run and export the best network.

    Args:
        run: What is trained.
        out: The folder.
        resume: Whether to go on with the run in ``out``.
        device: "auto", "cpu" or "cuda".
        hooks: Who is told.

    Raises:
        KinesicsError: ``out`` holds a run already and ``resume`` is not given, the checkpoint to
            go on from has other settings, or training diverges.
    """
    place = pick_device(device)
    state = None
    if checkpoint.require_new(out, resume):
        _, before, state = checkpoints.read(out / CHECKPOINT)
        checkpoint.require_same(out / CHECKPOINT, before, run.settings)
    out.mkdir(parents=True, exist_ok=True)
    files.write_json(out / "config.json", run.settings)
    rows: list[Row] = list(state["before"]) if state else []
    start = run.start
    for stage in run.stages:
        if state and state["stage"] != stage.name:
            continue      # finished before the run stopped
        if hooks.on_stage:
            hooks.on_stage(stage)
        result = fit(
            TrainingData(
                stage.train, stage.validation, run.identity.classes, run.identity.keypoints),
            stage.config, Hooks(on_step=hooks.on_step, save=_saver(run, out, stage, rows, hooks)),
            start=start, resume=state, device=place)
        state, start = None, result.network.state_dict()
        rows = rows + [{"stage": stage.name, **row} for row in result.curves]
    curves.draw(rows, out / "curves.png")
    return FinishedRun(result, _export(result, run, out))


def _saver(
    run: PreparedRun, out: Path, stage: Stage, before: list[Row], hooks: RunHooks
) -> Callable[[Mapping[str, Any]], None]:
    """Return what keeps the state after each epoch of a stage."""
    def save(state: Mapping[str, Any]) -> None:
        checkpoints.save(
            out / CHECKPOINT, run.identity, run.settings,
            {**state, "stage": stage.name, "before": [dict(row) for row in before]})
        rows = [*before, *({"stage": stage.name, **row} for row in state["curves"])]
        files.write_text(out / "curves.csv", curves.as_csv(rows))
        if state["epoch"] % _PICTURE_EVERY == 0:
            curves.draw(rows, out / "curves.png")
        if hooks.on_epoch:
            hooks.on_epoch(state["curves"][-1], state["best_epoch"])

    return save


def _export(result: FitResult, run: PreparedRun, out: Path) -> Path:
    """Write the network with its own spread, or one learned on validation windows."""
    held_out = feeds.held_out(
        run.config, Examples(run.stages[-1].validation.motion), (run.config.seed, 3),
        2 * feeds.VALIDATION_WINDOWS)
    predicted = predict(result.network, held_out.observed)
    floor: list[float] | None = None
    gain: list[float] | None = None
    if predicted.spread is None:
        learned = fit_spread(
            held_out.observed, predicted.future - held_out.future, held_out.known_at_least_once())
        floor, gain = learned[0].tolist(), learned[1].tolist()
    path = out / f"{run.options.name}.onnx"
    export.export_onnx(result.network, path, ForecasterMetadata(
        name=run.options.name, version=VERSION, normalisation=run.config.normalisation,
        licence=run.options.licence, data=", ".join(run.sources), classes=result.identity.classes,
        spread_floor=floor, spread_gain=gain,
        extra={"training": json.dumps(run.settings),
               "keypoints": json.dumps(run.settings["keypoints"])}),
        features=held_out.observed.shape[-1])
    return path
