"""Arguments and printing that ``kinesics eval forecast`` and ``recognise`` share."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kinesics_core import extras, files, option_types
from kinesics_core.errors import KinesicsError
from kinesics_core.motion.networks.registry import NETWORKS

if TYPE_CHECKING:
    from rich.console import Console

    from kinesics_core.experiments.comparison import ComparisonPlan, Outcomes
    from kinesics_core.experiments.options import ComparisonOptions

LEAK = (
    "This split leaks: windows slide, so test windows share frames with training windows of the"
    " same clips. It is what the paper did; its figures say nothing about new recordings."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, metavar="DATASET",
                        help="made by `kinesics data import` or `synth`")
    parser.add_argument("--split", default="clip", metavar="clip|LABEL|window_leaks",
                        help="a fifth of the clips is the test; or each value of a label (content,"
                             " person, ...) in turn; or windows at random, which leaks")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--train", action="store_true", help="train the networks on this dataset")
    what.add_argument("--model", nargs="+", metavar="[NAME=]FILE.onnx",
                      help="judge exported networks instead")
    parser.add_argument("--epochs", type=option_types.whole(1), default=None,
                        help="of every training; left out, as many as end in about 20 minutes on"
                             " two cores (the paper: 200)")
    parser.add_argument("--step", type=option_types.whole(1), default=15,
                        help="frames between two windows")
    parser.add_argument("--seed", type=option_types.seed, default=0,
                        help="of split, weights and order")
    add_jobs(parser)
    parser.add_argument("--out", type=Path, metavar="DIR",
                        help="keep results, weights, curves and figures; run again with the same"
                             " DIR, what was finished is reused")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")


def add_jobs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--jobs", type=option_types.whole(1), default=len(os.sched_getaffinity(0)),
                        help="trainings at a time, a core each")


def options(args: argparse.Namespace, **choices: Any) -> ComparisonOptions:
    """Make the options of a comparison; ``choices`` are those that one command alone has."""
    from kinesics_core.experiments.dataset_split import WindowSettings
    from kinesics_core.experiments.options import ComparisonOptions

    windows = WindowSettings(
        args.split, args.label, args.step, getattr(args, "view", "frontal"), args.seed)
    return ComparisonOptions(
        args.data, windows, () if args.model else names(args.networks), epochs=args.epochs,
        models=_models(args.model or []), processes=args.jobs, out=args.out, **choices)


def require_training_packages() -> None:
    """Refuse to go on without what evaluation needs.

    Raises:
        KinesicsError: A package is missing.
    """
    extras.require("train", "This evaluation")


def require_outputs(args: argparse.Namespace) -> None:
    """Find out before the work whether the results can be written.

    Raises:
        WriteError: --json or --out cannot.
    """
    if args.json is not None:
        files.require_writable(args.json)
    if args.out is not None:
        files.require_directory(args.out)


def names(text: str) -> tuple[str, ...]:
    """Return the networks of ``A,B``, each once."""
    found = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if not found:
        raise KinesicsError(f"Got networks {text!r}; wanted some of {', '.join(NETWORKS)}.")
    return found


def progress_console() -> Console:
    """Return the console of the progress: standard error, so that a pipe gets the tables alone."""
    from rich.console import Console

    return Console(stderr=True)


def announce(plan: ComparisonPlan, console: Console) -> None:
    """Print what is done with which data, and what is not as in the paper."""
    from kinesics_core.experiments import paper
    from kinesics_core.motion.training.fit import TrainingConfig

    windows, split = plan.options.windows, plan.split
    folds, first = len(split.folds), split.folds[0]
    how = windows.split if windows.leaks else \
        "by clip" if windows.split == "clip" else f"{folds} folds, leaving out one {windows.split}"
    what = "windows" if windows.leaks else "clips"
    console.print(
        f"{plan.data_name}: {plan.clips} clips, {split.windows} windows every {windows.step}"
        f" frames at 30 Hz; {how}: {len(first.train)} {what} to train on,"
        f" {len(first.validation)} to validate, {len(first.test)} to test"
        + (" in the first" if folds > 1 else ""), highlight=False)
    if split.short:
        console.print(
            f"{split.short} clips give no window (shorter than 3 s, or nobody in them) and are"
            " left out", highlight=False)
    if windows.leaks:
        console.print(f"[bold yellow]{LEAK}")
    for left_out, unknown in plan.unrecognisable.items():
        console.print(
            f"[yellow]Without {left_out or 'the test clips'}, no training clip is"
            f" {', '.join(unknown)}; its test clips cannot be recognised and count as wrong.")
    configs = {name: getattr(training, "config", training)
               for name, training in plan.trainings.items()}
    print_differences(paper.differences(windows.split, windows.step, {
        name: config for name, config in configs.items() if isinstance(config, TrainingConfig)},
        own_recipe=any(not isinstance(config, TrainingConfig) for config in configs.values())),
        console)


def print_differences(differences: list[str], console: Console) -> None:
    """Print what is not as in the paper."""
    if differences:
        console.print(f"Not as in the paper: {'; '.join(differences)}", highlight=False)


def print_failures(failed: Mapping[str, str], console: Console) -> None:
    """Print which jobs failed, and why."""
    for name, error in failed.items():
        console.print(f"[bold red]{name} failed:[/] {error}", highlight=False)


def write_curves(plan: ComparisonPlan, outcomes: Outcomes) -> None:
    """Write the curves of every training as CSV and PNG, if results are kept."""
    from kinesics_core.experiments.comparison import stem
    from kinesics_core.training import curves

    if plan.options.out is None:
        return
    folder = plan.options.out / "curves"
    folder.mkdir(parents=True, exist_ok=True)
    for key, outcome in outcomes.items():
        if rows := (outcome.result or {}).get("curves"):
            name = stem(key.method, plan.split.folds[key.fold].left_out)
            files.write_text(folder / f"{name}.csv", curves.as_csv(rows))
            curves.draw(rows, folder / f"{name}.png")


def cell(value: float | None, digits: int = 4) -> str:
    """Return a figure as a table shows it."""
    return "failed" if value is None else f"{value:.{digits}f}"


def _models(given: list[str]) -> dict[str, Path]:
    """Return files by name: NAME=FILE, or FILE, which is called by its stem."""
    models: dict[str, Path] = {}
    for text in given:
        name, _, file = text.rpartition("=")
        name = name or Path(file).stem
        if name in models:
            raise KinesicsError(
                f"Got two models called {name}; name them apart with NAME=FILE.onnx.")
        models[name] = Path(file)
    return models
