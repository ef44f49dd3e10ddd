"""``kinesics eval sources``: forecasts on sources of motion that nobody learned from."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from kinesics_core import bench, option_types
from kinesics_core.commands import eval_comparison as shared
from kinesics_core.commands import tables
from kinesics_core.commands.job_progress import job_progress
from kinesics_core.errors import KinesicsError
from kinesics_core.motion.networks.registry import CARRYING, FORECASTERS
from kinesics_core.motion.training.config import RECIPES, TrainingConfig, recipe

if TYPE_CHECKING:
    from rich.table import Table

    from kinesics_core.experiments.source_comparison import SourceReport

HELP = "error of forecasts on each of several sources, left out of training in turn"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, nargs="+", required=True, metavar="DATASET",
                        help="sources in three dimensions, each left out in turn")
    parser.add_argument("--beside", type=Path, nargs="+", default=[], metavar="DATASET",
                        help="every network learns from these too; they are not judged")
    parser.add_argument("--together", nargs="+", default=[], metavar="NAME,NAME",
                        help="names of sources that are left out together, such as those that may"
                             " hold the same recordings; the others are left out alone")
    parser.add_argument("--model", type=Path, metavar="FILE.onnx",
                        help="judge this model in place of training; it must have learned from"
                             " none of the sources")
    parser.add_argument("--network", default=CARRYING, choices=tuple(FORECASTERS),
                        help="what is trained")
    parser.add_argument("--recipe", choices=tuple(RECIPES), default="carry_over",
                        help="how it is trained")
    parser.add_argument("--epochs", type=option_types.whole(1), help="instead of the recipe's")
    parser.add_argument("--second", choices=tuple(RECIPES),
                        help="train once more by this recipe, from the weights of the first")
    parser.add_argument("--second-epochs", type=option_types.whole(1),
                        help="instead of that recipe's")
    parser.add_argument("--windows", type=option_types.whole(1),
                        help="of an epoch, instead of the recipe's")
    parser.add_argument("--label", help="label that the network's classifier learns as well")
    parser.add_argument("--lambda", type=option_types.number(0), dest="lambda_classification",
                        help="weight of the classifier's cross entropy")
    parser.add_argument("--step", type=option_types.whole(1), default=15,
                        help="frames between two frontal windows that are judged")
    parser.add_argument("--seed", type=option_types.seed, default=0,
                        help="of weights, windows and cameras")
    shared.add_jobs(parser)
    parser.add_argument("--out", type=Path, metavar="DIR",
                        help="keep results and weights; run again with the same DIR, what was"
                             " finished is reused")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")


def run(args: argparse.Namespace) -> int:
    shared.require_training_packages()
    from kinesics_core.experiments import source_comparison
    from kinesics_core.experiments.source_comparison import SourceOptions
    from kinesics_core.motion.evaluation.source_errors import VIEWS

    shared.require_outputs(args)
    console = tables.console()
    if args.second_epochs is not None and args.second is None:
        raise KinesicsError("Got --second-epochs without --second. Name the second recipe too.")

    def configured(name: str, epochs: int | None) -> TrainingConfig:
        given = {"epochs": epochs, "windows": args.windows,
                 "lambda_classification": args.lambda_classification}
        return recipe(name, network=args.network, seed=args.seed,
                      **{key: value for key, value in given.items() if value is not None})

    plan = source_comparison.plan_sources(SourceOptions(
        tuple(args.data), tuple(args.beside), configured(args.recipe, args.epochs), args.label,
        args.step, args.jobs, args.out, args.model,
        second=configured(args.second, args.second_epochs) if args.second else None,
        together=tuple(tuple(names.split(",")) for names in args.together)))
    console.print(
        f"{len(plan.sources)} sources "
        f"{'that the model must not know' if args.model else 'left out in turn'}: "
        + ", ".join(" with ".join(path.name for path in group) for group in plan.options.groups),
        highlight=False)
    with job_progress(shared.progress_console()) as hooks:
        outcomes = source_comparison.run_sources(plan, hooks)
    report = source_comparison.report_sources(plan, outcomes)
    for view in VIEWS:
        if report.errors[view]:
            tables.show(_by_source(report, view))
            tables.show(_by_frame(report, view))
    shared.print_failures(report.failed, console)
    if args.json is not None:
        bench.save(source_comparison.source_results(report), args.json, about=report.about,
                   failed=report.failed, errors=report.errors, windows=report.windows)
        print(f"wrote {args.json}")
    return 1 if report.failed else 0


def _by_source(report: SourceReport, view: str) -> Table:
    """Return a row for each source: errors of all frames over standing still's."""
    from rich.table import Table

    found, mean = report.ratios(view), report.mean_ratios(view)
    methods = list(dict.fromkeys(name for errors in found.values() for name in errors))
    table = Table(title=f"Source left out, {view}: error over all 30 frames, standing still is 1")
    for heading in ("source", "windows", "standing still, pose scales", *methods[1:],
                    "ours, worst frame"):
        table.add_column(heading, justify="left" if heading == "source" else "right")
    for source, ratios in found.items():
        still = report.errors[view][source][methods[0]]
        table.add_row(
            source, str(report.windows[view][source]), f"{sum(still) / len(still):.4f}",
            *(f"{ratios[name][0]:.3f}" if name in ratios else "" for name in methods[1:]),
            f"{max(ratios['ours']):.3f}")
    table.add_row("mean", "", "",
                  *(f"{mean[name][0]:.3f}" if name in mean else "" for name in methods[1:]), "")
    return table


def _by_frame(report: SourceReport, view: str) -> Table:
    """Return a row for each method: the mean over the sources at some frames."""
    from rich.table import Table

    from kinesics_core.experiments.source_comparison import FRAMES

    table = Table(title=f"The same by frame, {view}, mean over the sources left out")
    table.add_column("method")
    for frame in FRAMES:
        table.add_column(f"frame {frame}", justify="right")
    for name, values in report.mean_ratios(view).items():
        table.add_row(name, *(f"{values[frame]:.3f}" for frame in FRAMES))
    return table
