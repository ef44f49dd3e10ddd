"""A training run on disk, as ``kinesics train forecast`` does it: split, train, export, judge.

The split is by clip. A run killed at any moment goes on with ``resume`` and ends with the same
weights as one that was not. In ``out``:

``config.json``     every setting and what the data was.
``checkpoint.pt``   the newest epoch and the best one, see ``checkpoints``.
``curves.csv``      a row an epoch; ``curves.png`` draws them.
``NAME.onnx``       the best epoch's network, for the runtime.
``report.json``     how it does on test clips, and on sources it was never trained on.

Every file is replaced in one step.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from kinesics_core import files
from kinesics_core.dataset.clips import Clip
from kinesics_core.errors import KinesicsError
from kinesics_core.motion.evaluation import evaluation, recognition, splits
from kinesics_core.motion.evaluation.baselines import (
    Forecast,
    Ridge,
    constant_velocity,
    fit_ridge,
    zero_velocity,
)
from kinesics_core.motion.evaluation.evaluation import Score
from kinesics_core.motion.training import checkpoints, export, samples
from kinesics_core.motion.training import fit as training
from kinesics_core.motion.training.batches import Batch
from kinesics_core.motion.training.checkpoints import Identity
from kinesics_core.motion.training.fit import FitResult, TrainingConfig, predict
from kinesics_core.motion.training.samples import Samples
from kinesics_core.motion.uncertainty import fit_spread
from kinesics_core.motion.windows import HORIZON, OBSERVED, RATE
from kinesics_core.skeletons import COCO17
from kinesics_core.training import curves
from kinesics_core.training.weights import CHECKPOINT

VERSION = "2"
TEST_WINDOWS = 1000
"""Of each source and condition, through random cameras."""
RIDGE_WINDOWS = 12000
RIDGE_PENALTY = 10.0
_PICTURE_EVERY = 10
_SHOWN = {"mae": "MAE", "mae_px": "MAE, px", "accuracy": "accuracy", "macro_f1": "macro-F1"}
"""MAE without a unit is of the normalised pose, whose largest extent from its centre is 1."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is trained, beside the ``TrainingConfig``.

    label: what the classifier tells apart; None trains none. pretrain_epochs: of the stage before.
    init: checkpoint to start from. new_classifier: it may have had other classes.
    name, licence: of the model, for its file.
    """

    label: str | None = None
    pretrain_epochs: int | None = None
    init: Path | None = None
    new_classifier: bool = False
    name: str = "forecast"
    licence: str = "not stated"


@dataclass(frozen=True, slots=True)
class _Side:
    clips: list[Clip]
    targets: np.ndarray | None


def train(
    clips: Sequence[Clip], out: Path, config: TrainingConfig, plan: Plan | None = None, *,
    unseen: Sequence[Clip] = (), pretrain: Sequence[Clip] = (), keypoints: Sequence[str] = COCO17,
    resume: bool = False, device: str = "auto", console: Console | None = None,
) -> list[Score]:
    """Train, export and judge; the scores on test clips and on ``unseen`` sources.

    pretrain: clips of a stage before, with its own split; the classifier learns from those of
    their labels that ``clips`` have too.
    KinesicsError if ``out`` holds a run already (unless ``resume``), the data does not do, or the
    checkpoint to start or go on from does not fit.
    """
    plan = plan or Plan()
    console = console or Console(stderr=True)
    place = training.pick_device(device)
    classes = samples.classes_of(clips, plan.label) if plan.label else ()
    identity = Identity(config.network, config.residual, tuple(keypoints), classes)
    whole = bool(plan.label) and all(plan.label in clip.labels for clip in clips)
    fold = splits.by_clip(clips, config.seed, label=plan.label if whole else None)
    sides = [_side(clips, part, plan, classes) for part in (fold.train, fold.validation, fold.test)]
    start = None
    if plan.init:
        start = checkpoints.start_from(plan.init, identity, new_classifier=plan.new_classifier)
    settings = {
        **asdict(config), **asdict(plan), "init": plan.init and str(plan.init),
        "classes": list(classes), "keypoints": list(keypoints),
        "data": _fingerprint(clips), "pretrain_data": _fingerprint(pretrain),
    }
    _require(sides, unseen, config, classes, plan.label)
    state = _earlier(out, settings, resume)
    console.print(_division(sides, classes, plan.label, place))
    out.mkdir(parents=True, exist_ok=True)
    _write_json(out / "config.json", settings)

    stages = []
    if pretrain:
        own = splits.by_clip(pretrain, config.seed)
        stages.append(("pretrain", replace(config, epochs=plan.pretrain_epochs or config.epochs),
                       _side(pretrain, sorted(own.train + own.test), plan, classes),
                       _side(pretrain, own.validation, plan, classes)))
    stages.append(("train", config, sides[0], sides[1]))
    rows: list[curves.Row] = list(state["before"]) if state else []
    for stage, stage_config, learn, check in stages:
        if state and state["stage"] != stage:
            continue      # finished before the run stopped
        with _progress(console, stage, stage_config.epochs) as (on_step, note):
            result = training.fit(
                stage_config, learn.clips, check.clips, train_targets=learn.targets,
                validation_targets=check.targets, classes=classes, keypoints=keypoints,
                start=start, device=place, on_step=on_step, resume=state,
                save=_in_turn(_saver(out, identity, settings, stage, rows), note))
        state, start = None, result.network.state_dict()
        rows = rows + [{"stage": stage, **row} for row in result.curves]
    curves.draw(rows, out / "curves.png")

    path = out / f"{plan.name}.onnx"
    sources = sorted({clip.source for clip in [*sides[0].clips, *pretrain]})
    _export(result, sides[1], path, config, plan, sources, settings)
    scores = _judge(result, config, sides, list(unseen), plan, classes, console)
    _write_json(out / "report.json", [asdict(score) for score in scores])
    console.print(f"best epoch {result.best_epoch}; wrote {path},"
                  f" {path.stat().st_size / 1e6:.1f} MB")
    return scores


def table(title: str, scores: Sequence[Score]) -> Table:
    """Scores as printed: a row for each source, condition and measure, a column for a method."""
    methods = list(dict.fromkeys(score.method for score in scores))
    shown = Table(title=title)
    for column in ("source", "condition", "measure"):
        shown.add_column(column)
    for method in methods:
        shown.add_column(method.replace("_", " "), justify="right")
    found: dict[tuple[str, str, str], dict[str, float]] = {}
    for score in scores:
        found.setdefault((score.source, score.condition, score.method), {}).update(score.metrics)
    for source, condition in dict.fromkeys((s.source, s.condition) for s in scores):
        for measure, words in _SHOWN.items():
            cells = [found.get((source, condition, method), {}).get(measure) for method in methods]
            if any(cell is not None for cell in cells):
                digits = 2 if measure == "mae_px" else 4
                shown.add_row(source, condition, words,
                              *("" if cell is None else f"{cell:.{digits}f}" for cell in cells))
    return shown


def _side(
    clips: Sequence[Clip], chosen: Sequence[int], plan: Plan, classes: Sequence[str]
) -> _Side:
    own = [clips[index] for index in chosen]
    return _Side(own, samples.targets(own, plan.label, classes, strict=False)
                 if plan.label else None)


def _division(
    sides: Sequence[_Side], classes: Sequence[str], label: str | None, place: str
) -> str:
    counts = [len(side.clips) for side in sides]
    words = (f"{counts[0]} clips to train on, {counts[1]} to validate, {counts[2]} to test,"
             f" on {place}")
    if label:
        bare = sum(int((side.targets == -1).sum()) for side in sides if side.targets is not None)
        words += f"; {len(classes)} values of {label}: {', '.join(classes)}"
        words += f"; {bare} clips without it count for motion only" if bare else ""
    return words


def _earlier(out: Path, settings: Mapping[str, Any], resume: bool) -> dict[str, Any] | None:
    """The state to go on from; None if the run had not finished an epoch."""
    path = out / CHECKPOINT
    if not path.exists():
        return None
    if not resume:
        raise KinesicsError(
            f"{out} holds a run already. Go on with it by --resume, or choose another --out.")
    _, before, state = checkpoints.read(path)
    changed = [key for key, value in settings.items() if before.get(key) != value]
    if changed:
        raise KinesicsError(
            f"{path} was made with other settings: "
            + ", ".join(f"{key} {before.get(key)!r}, now {settings[key]!r}" for key in changed)
            + ". Resume with the same ones, or start in another folder.")
    return state


def _in_turn(*calls: Callable[[Mapping[str, Any]], None]) -> Callable[[Mapping[str, Any]], None]:
    def call(state: Mapping[str, Any]) -> None:
        for one in calls:
            one(state)

    return call


def _saver(
    out: Path, identity: Identity, settings: Mapping[str, Any], stage: str,
    before: Sequence[curves.Row],
) -> Callable[[Mapping[str, Any]], None]:
    def save(state: Mapping[str, Any]) -> None:
        checkpoints.save(out / CHECKPOINT, identity, settings,
                         {**state, "stage": stage, "before": [dict(row) for row in before]})
        rows = [*before, *({"stage": stage, **row} for row in state["curves"])]
        files.write_bytes(out / "curves.csv", curves.as_csv(rows).encode())
        if state["epoch"] % _PICTURE_EVERY == 0:
            curves.draw(rows, out / "curves.png")

    return save


@contextmanager
def _progress(
    console: Console, stage: str, epochs: int
) -> Iterator[tuple[training.OnStep, Callable[[Mapping[str, Any]], None]]]:
    """A bar over all steps of a stage, with the epoch, the validation error and the time left.

    Gives what to call after each step, and after each epoch with the state.
    """
    with Progress(
        TextColumn(stage + " {task.fields[epoch]}/" + str(epochs)), BarColumn(bar_width=12),
        TimeRemainingColumn(), TextColumn("{task.fields[note]}"), console=console,
    ) as bar:
        task = bar.add_task("", total=None, epoch=0, note="")

        def on_step(epoch: int, step: int, steps: int) -> None:
            bar.update(task, total=epochs * steps, completed=(epoch - 1) * steps + step,
                       epoch=epoch)

        def note(state: Mapping[str, Any]) -> None:
            row = state["curves"][-1]
            words = [f"{name} {row[key]:.4f}" for name, key in (
                ("mae", "validation_mae"), ("still", "zero_velocity_mae"),
                ("accuracy", "validation_accuracy")) if key in row]
            bar.update(task, note=f"{', '.join(words)}, best {state['best_epoch']}")

        yield on_step, note


def _export(
    result: FitResult, validation: _Side, path: Path, config: TrainingConfig, plan: Plan,
    sources: Sequence[str], settings: Mapping[str, Any],
) -> None:
    """With the network's own spread, or one learned on validation windows."""
    held_out = _arrays(training.held_out(
        config, validation.clips, None, (config.seed, 3), 2 * training.VALIDATION_WINDOWS))
    predicted = predict(result.network, held_out.observed)
    floor: list[float] | None = None
    gain: list[float] | None = None
    if predicted.spread is None:
        learned = fit_spread(
            held_out.observed, predicted.future - held_out.future, _counts(held_out))
        floor, gain = learned[0].tolist(), learned[1].tolist()
    export.export_onnx(
        result.network, path, name=plan.name, version=VERSION, normalisation=config.normalisation,
        licence=plan.licence, data=", ".join(sources), classes=result.identity.classes,
        spread_floor=floor, spread_gain=gain, features=held_out.observed.shape[-1],
        extra={"training": json.dumps(settings), "keypoints": json.dumps(settings["keypoints"])})


def _judge(
    result: FitResult, config: TrainingConfig, sides: Sequence[_Side], unseen: list[Clip],
    plan: Plan, classes: Sequence[str], console: Console,
) -> list[Score]:
    ridge = _ridge(sides[0], config)
    scores = _scores(result, config, sides[2], ridge, classes)
    console.print(table("Test clips of the sources trained on", scores))
    if unseen:
        strange = {clip.labels[plan.label] for clip in unseen
                   if plan.label in clip.labels} - set(classes) if plan.label else set()
        if strange:
            console.print(f"{plan.label} {', '.join(sorted(strange))} is not known to the network:"
                          " of these clips only the motion is judged")
        fresh = _scores(result, config, _side(unseen, range(len(unseen)), plan, classes), ridge,
                        classes)
        console.print(table("Sources never trained on", fresh))
        scores = scores + fresh
    return scores


def _ridge(side: _Side, config: TrainingConfig) -> Ridge:
    """Fitted to at most ``RIDGE_WINDOWS`` windows of the clips trained on."""
    drawn = _arrays(training.held_out(
        config, side.clips, None, (config.seed, 1), RIDGE_WINDOWS))
    rows = np.random.default_rng(config.seed).permutation(len(drawn.observed))[:RIDGE_WINDOWS]
    weight = None if drawn.weight is None else drawn.weight[rows]
    if weight is not None and weight.shape[1] == 1:
        weight = weight[:, 0]
    return fit_ridge(drawn.observed[rows], drawn.future[rows], weight, RIDGE_PENALTY)


def _scores(
    result: FitResult, config: TrainingConfig, side: _Side, ridge: Ridge, classes: Sequence[str]
) -> list[Score]:
    """Of each source: the network beside what it has to beat."""
    def forecast(observed: np.ndarray) -> np.ndarray:
        return predict(result.network, observed).future

    methods: dict[str, Forecast] = {"ridge": ridge, "network": forecast}
    scores: list[Score] = []
    if config.view == "random":
        usable, kept = samples.at_window_rate(side.clips)
        side = _Side(usable, None if side.targets is None else side.targets[kept])
        scores += evaluation.evaluate(usable, config.normalisation, methods, count=TEST_WINDOWS)
    for source in sorted({clip.source for clip in side.clips}):
        chosen = [i for i, clip in enumerate(side.clips) if clip.source == source]
        clips = [side.clips[i] for i in chosen]
        if config.view == "frontal" and any(map(samples.long_enough, clips)):
            scores += _frontal(source, clips, config, methods)
        targets = None if side.targets is None else np.where(
            [samples.long_enough(clip, samples.SHORTEST) for clip in clips],
            side.targets[chosen], -1)
        if targets is not None and (targets >= 0).any():
            scores.append(_recognised(source, clips, targets, config, result, len(classes)))
    return scores


def _frontal(
    source: str, clips: Sequence[Clip], config: TrainingConfig, methods: Mapping[str, Forecast]
) -> list[Score]:
    cut = samples.cut_windows(clips, training.VALIDATION_STEP)
    truth = samples.encode(cut, config.normalisation)
    everything: dict[str, Forecast] = {
        "zero velocity": zero_velocity, "constant velocity": constant_velocity, **methods}
    scores = []
    for name, method in everything.items():
        errors = evaluation.forecast_errors(method(truth.observed), truth)
        metrics = {"mae": errors.mae} | {
            f"mae_{frame}": errors.by_frame[frame - 1] for frame in evaluation.REPORTED}
        scores.append(Score(source, "frontal", name, metrics))
    return scores


def _recognised(
    source: str, clips: Sequence[Clip], targets: np.ndarray, config: TrainingConfig,
    result: FitResult, classes: int,
) -> Score:
    """Accuracy and macro-F1 of clips, by the mean of their windows; through random cameras of
    windows."""
    if config.view == "random":
        drawn = training.held_out(config, clips, targets, (config.seed, 4), TEST_WINDOWS)
        observed, truth = drawn.observed.numpy(), np.asarray(drawn.target)
        rows = np.flatnonzero(truth >= 0)
        probabilities = _probabilities(result, observed[rows])
        truth = truth[rows]
    else:
        rows = np.flatnonzero(targets >= 0)
        cut = samples.cut_windows(
            [clips[int(row)] for row in rows], training.VALIDATION_STEP, horizon=0)
        observed = samples.encode(cut, config.normalisation).observed
        which, probabilities = recognition.clip_vote(_probabilities(result, observed), cut.clip)
        truth = targets[rows][which]
    found = recognition.scores(truth, probabilities.argmax(axis=1), classes)
    return Score(source, config.view, "network",
                 {"accuracy": found.accuracy, "macro_f1": found.macro_f1})


def _probabilities(result: FitResult, observed: np.ndarray) -> np.ndarray:
    probabilities = predict(result.network, observed).probabilities
    assert probabilities is not None  # the network was built with classes
    return probabilities


def _arrays(batch: Batch) -> Samples:
    return Samples(batch.observed.numpy(), batch.future.numpy(),
                   None if batch.weight is None else batch.weight.numpy())


def _counts(drawn: Samples) -> np.ndarray:
    """(B, F): 1 for numbers that are known at least once."""
    if drawn.weight is None:
        return np.ones((len(drawn.observed), drawn.observed.shape[-1]), np.float32)
    return drawn.weight.max(axis=1)


def _require(
    sides: Sequence[_Side], unseen: Sequence[Clip], config: TrainingConfig,
    classes: Sequence[str], label: str | None,
) -> None:
    """Before hours of training: is there something to learn from and to be judged by?"""
    if label and len(classes) < 2:
        raise KinesicsError(
            f"Every clip has the same {label} ({classes[0]}); wanted at least two to tell apart."
            " Choose another --label, or none to forecast only.")
    frames = OBSERVED + HORIZON
    if config.view == "random":
        frames = samples.SHORTEST + HORIZON
        samples.require_random_views([*(clip for side in sides for clip in side.clips), *unseen])
    wanted = [(side.clips, what) for side, what in zip(
        sides, ("train on", "validate on", "test on"), strict=True)]
    for clips, what in [*wanted, (list(unseen), "judge it by")]:
        if clips and not any(samples.long_enough(clip, frames) for clip in clips):
            longest = max(len(clip.keypoints) / clip.rate for clip in clips)
            raise KinesicsError(
                f"No clip to {what} lasts {frames / RATE:g} s, the longest {longest:.1f} s. Give"
                " longer recordings.")


def _fingerprint(clips: Sequence[Clip]) -> str:
    """Of names, lengths and labels: whether a run goes on with the data it began with."""
    digest = hashlib.sha256()
    for clip in clips:
        digest.update(json.dumps(
            [clip.name, clip.source, len(clip.keypoints), sorted(clip.labels.items())]).encode())
    return f"{len(clips)} clips, {digest.hexdigest()[:12]}" if clips else "none"


def _write_json(path: Path, document: Any) -> None:
    files.write_bytes(path, (json.dumps(document, indent=1) + "\n").encode())
