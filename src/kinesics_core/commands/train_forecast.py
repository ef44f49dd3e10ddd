"""``kinesics train forecast``: the run as a user sees it, with a progress bar and tables."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from kinesics_core import files
from kinesics_core.commands import tables
from kinesics_core.dataset.clips import Dataset
from kinesics_core.errors import KinesicsError
from kinesics_core.motion.evaluation.camera_errors import SourceScore
from kinesics_core.motion.training import judge, prepare, run
from kinesics_core.motion.training.config import TrainingConfig, recipe, unlike_the_paper
from kinesics_core.motion.training.feeds import Examples
from kinesics_core.motion.training.predict import pick_device
from kinesics_core.motion.training.prepare import PreparedRun, RunClips, RunOptions, Stage
from kinesics_core.motion.training.run import RunHooks
from kinesics_core.training.curves import Row

_CHANGES = (
    "epochs", "batch", "lr", "optimiser", "weight_decay", "decay", "loss", "loss_unit",
    "lambda_classification", "ema", "warp", "gradient_limit", "normalisation", "view", "step",
    "windows", "select", "residual", "mirror", "cautious",
)
"""Settings of the recipe that have an option of the same name, which is None if not given."""

_MEASURES = {"mae": "MAE", "mae_px": "MAE, px", "accuracy": "accuracy", "macro_f1": "macro-F1"}
"""MAE without a unit is of the normalised pose, whose largest extent from its centre is 1."""


def train(args: argparse.Namespace) -> int:
    """Train, export and judge; the tables go to the console, the rest to ``--out``."""
    console = Console(stderr=True)
    config = _config(args)
    groups = [[Dataset(path) for path in paths]
              for paths in (args.data, args.unseen, args.pretrain)]
    keypoints = _keypoints([dataset for group in groups for dataset in group])
    clips, unseen, pretrain = ([clip for dataset in group for clip in dataset] for group in groups)
    device = pick_device(args.device)
    prepared = prepare.prepare(
        RunClips(clips, unseen, pretrain, keypoints), config,
        RunOptions(label=args.label, pretrain_epochs=args.pretrain_epochs, init=args.init,
                   new_classifier=args.new_classifier, name=args.name, licence=args.licence))
    files.require_directory(args.out)
    console.print(_division(prepared, device))
    console.print(f"not as the paper: {'; '.join(unlike_the_paper(config))}")
    with _progress(console) as hooks:
        finished = run.train(prepared, args.out, resume=args.resume, device=device, hooks=hooks)
    report = judge.judge(finished.fit.network, prepared)
    report.save(args.out / "report.json")
    tables.show(table("Test clips of the sources trained on", report.test), console)
    if report.unknown:
        console.print(f"{args.label} {', '.join(report.unknown)} is not known to the network:"
                      " of these clips only the motion is judged")
    if report.unseen:
        tables.show(table("Sources never trained on", report.unseen), console)
    console.print(f"best epoch {finished.fit.best_epoch}; wrote {finished.model},"
                  f" {finished.model.stat().st_size / 1e6:.1f} MB")
    return 0


def table(title: str, scores: Sequence[SourceScore]) -> Table:
    """Return a row for each source, condition and measure, a column for a method."""
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
        for measure, words in _MEASURES.items():
            cells = [found.get((source, condition, method), {}).get(measure) for method in methods]
            if any(cell is not None for cell in cells):
                digits = 2 if measure == "mae_px" else 4
                shown.add_row(source, condition, words,
                              *("" if cell is None else f"{cell:.{digits}f}" for cell in cells))
    return shown


def _config(args: argparse.Namespace) -> TrainingConfig:
    """Return the recipe with the options that were given."""
    given = {name: getattr(args, name) for name in _CHANGES}
    config = recipe(
        args.recipe, network=args.network, seed=args.seed,
        **{name: value for name, value in given.items() if value is not None})
    if args.warp and (not config.windows or config.view == "random"):
        raise KinesicsError(
            f"Got --warp {args.warp:g}, but windows are "
            + ("seen by random cameras, which vary their speed anyway. Leave it out."
               if config.view == "random" else "cut beforehand. Give --windows, how many are drawn"
               " in an epoch, or leave it out."))
    return config


def _keypoints(datasets: Sequence[Dataset]) -> tuple[str, ...]:
    first = datasets[0]
    for other in datasets[1:]:
        if other.info.keypoints != first.info.keypoints:
            raise KinesicsError(
                f"{first.path} and {other.path} have different keypoints"
                f" ({len(first.info.keypoints)} and {len(other.info.keypoints)}, or in another"
                " order). Train on datasets of one keypoint set.")
    return first.info.keypoints


def _division(prepared: PreparedRun, device: str) -> str:
    """Return how many clips there are on each side, and what the classifier learns."""
    stage, label = prepared.stages[-1], prepared.options.label
    words = (f"{len(stage.train.motion)} clips to train on, {len(stage.validation.motion)} to"
             f" validate, {len(prepared.test)} to test, on {device}")
    if label:
        sides: list[Examples] = [stage.train, stage.validation]
        bare = sum(int((side.targets == -1).sum()) for side in sides if side.targets is not None)
        bare += sum(label not in clip.labels for clip in prepared.test)
        classes = prepared.identity.classes
        words += f"; {len(classes)} values of {label}: {', '.join(classes)}"
        words += f"; {bare} clips without it count for motion only" if bare else ""
    return words


@contextmanager
def _progress(console: Console) -> Iterator[RunHooks]:
    """Show a bar over all steps of a stage, with the epoch, the validation error, the time left."""
    with Progress(
        TextColumn("{task.fields[stage]} {task.fields[epoch]}/{task.fields[epochs]}"),
        BarColumn(bar_width=12), TimeRemainingColumn(), TextColumn("{task.fields[note]}"),
        console=console,
    ) as bar:
        def on_stage(stage: Stage) -> None:
            bar.add_task("", total=None, stage=stage.name, epochs=stage.config.epochs, epoch=0,
                         note="")

        def on_step(epoch: int, step: int, steps: int) -> None:
            task = bar.tasks[-1]
            bar.update(task.id, total=task.fields["epochs"] * steps,
                       completed=(epoch - 1) * steps + step, epoch=epoch)

        def on_epoch(row: Row, best_epoch: int) -> None:
            words = [f"{name} {row[key]:.4f}" for name, key in (
                ("mae", "validation_mae"), ("still", "zero_velocity_mae"),
                ("accuracy", "validation_accuracy")) if key in row]
            bar.update(bar.tasks[-1].id, note=f"{', '.join(words)}, best {best_epoch}")

        yield RunHooks(on_stage, on_step, on_epoch)
