"""``kinesics eval forecast``: error of forecasts beside what has to be beaten."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kinesics_core import bench
from kinesics_core.commands import eval_comparison as shared
from kinesics_core.commands import tables
from kinesics_core.commands.job_progress import job_progress
from kinesics_core.motion.networks.registry import NETWORKS
from kinesics_core.motion.training.config import CHOICES

if TYPE_CHECKING:
    from rich.table import Table

    from kinesics_core.experiments.comparison import ComparisonPlan
    from kinesics_core.experiments.forecast_comparison import ForecastReport

HELP = "error of forecasts, per frame and class"

COLUMNS = 10
"""Classes in one table."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    shared.add_arguments(parser)
    parser.add_argument("--label", help="also give the error of each of its classes")
    parser.add_argument("--networks", default=",".join(NETWORKS), metavar="A,B",
                        help="which to train")
    parser.add_argument("--residual", action=argparse.BooleanOptionalAction, default=True,
                        help="train the paper's networks with residual output too")
    parser.add_argument("--optimiser", choices=CHOICES["optimiser"], default="adamw",
                        help="of the paper's networks; adam has the weight decay in the gradient")
    parser.add_argument("--view", choices=("frontal",), default="frontal",
                        help="orthographic from the front, as the paper's figures are")


def run(args: argparse.Namespace) -> int:
    shared.require_training_packages()
    from kinesics_core.experiments import comparison, forecast_comparison

    shared.require_outputs(args)
    console = tables.console()
    plan = forecast_comparison.plan_forecasts(
        shared.options(args, residual=args.residual, optimiser=args.optimiser))
    shared.announce(plan, console)
    with job_progress(shared.progress_console()) as hooks:
        outcomes = comparison.run_plan(plan, hooks)
    shared.write_curves(plan, outcomes)
    report = forecast_comparison.report_forecasts(plan, outcomes)
    tables.show(_table(report, plan))
    for table in _class_tables(report, args.label or ""):
        tables.show(table)
    shared.print_failures(report.failed, console)
    if args.json is not None:
        bench.save(forecast_comparison.forecast_results(report), args.json, about=report.about,
                   failed=report.failed)
        print(f"wrote {args.json}")
    return 1 if report.failed else 0


def _table(report: ForecastReport, plan: ComparisonPlan) -> Table:
    from rich.table import Table

    from kinesics_core.motion.evaluation.forecast_errors import REPORTED

    folds = len(plan.split.folds)
    table = Table(title="Mean absolute error of a coordinate, test windows, pose scale 1 (the"
                        " paper's normalisation)"
                        + (f", mean of {folds} folds" if folds > 1 else ""))
    table.add_column("method")
    for heading in ("all 30 frames", *(f"frame {frame}" for frame in REPORTED), "epochs",
                    "training"):
        table.add_column(heading, justify="right")
    for name, errors in report.methods.items():
        cells = [shared.cell(error) for error in (errors.mae, *errors.by_frame.values())]
        if errors.training is not None:
            cells += [f"{errors.training.epochs} of {errors.training.windows} windows",
                      f"{errors.training.seconds:.0f} s"]
        table.add_row(name, *cells)
    return table


def _class_tables(report: ForecastReport, label: str) -> Iterator[Table]:
    """Yield tables of the error by class, as many classes in one as fit."""
    from rich.table import Table

    for begin in range(0, len(report.classes), COLUMNS):
        shown = report.classes[begin:begin + COLUMNS]
        table = Table(title=f"The same over all 30 frames, by {label}")
        table.add_column("method")
        for value in shown:
            table.add_column(value, justify="right")
        for name, errors in report.methods.items():
            table.add_row(name, *(shared.cell(errors.by_class.get(value)) for value in shown))
        yield table
