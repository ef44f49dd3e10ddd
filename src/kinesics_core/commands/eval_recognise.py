"""``kinesics eval recognise``: accuracy and macro-F1 of recognising a label."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import numpy as np

from kinesics_core import bench
from kinesics_core.commands import eval_comparison as shared
from kinesics_core.commands import tables
from kinesics_core.commands.job_progress import job_progress
from kinesics_core.motion.networks.registry import NETWORKS

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from kinesics_core.experiments.comparison import ComparisonPlan
    from kinesics_core.experiments.recognition_comparison import RecognitionReport

HELP = "accuracy and macro-F1 of recognising a label"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    shared.add_arguments(parser)
    parser.add_argument("--label", required=True, help="what to recognise")
    parser.add_argument("--networks", default="ours", metavar="A,B",
                        help=f"which to train, of {', '.join(NETWORKS)}, ours_forecaster; those of"
                             " ours train for steps of their own, whatever --epochs")


def run(args: argparse.Namespace) -> int:
    shared.require_training_packages()
    from kinesics_core.experiments import comparison, recognition_comparison

    shared.require_outputs(args)
    console = tables.console()
    plan = recognition_comparison.plan_recognition(shared.options(args, residual=False))
    shared.announce(plan, console)
    with job_progress(shared.progress_console()) as hooks:
        outcomes = comparison.run_plan(plan, hooks)
    shared.write_curves(plan, outcomes)
    report = recognition_comparison.report_recognition(plan, outcomes)
    tables.show(_table(report, plan))
    if len(plan.split.folds) > 1:
        tables.show(_fold_table(report, plan))
    _show_confusions(report, plan, console)
    shared.print_failures(report.failed, console)
    if args.json is not None:
        bench.save(recognition_comparison.recognition_results(report), args.json,
                   about=report.about, failed=report.failed)
        print(f"wrote {args.json}")
    return 1 if report.failed else 0


def _table(report: RecognitionReport, plan: ComparisonPlan) -> Table:
    from rich.table import Table

    leaks, folds = plan.options.windows.leaks, len(plan.split.folds)
    table = Table(title=f"Recognition of {plan.options.windows.label}"
                        + (f", mean of {folds} folds" if folds > 1 else "")
                        + (" (by window only: this split leaks)" if leaks else ""))
    table.add_column("method")
    for what in ("of windows",) if leaks else ("of clips", "of windows"):
        table.add_column(f"accuracy {what}", justify="right")
        table.add_column(f"macro-F1 {what}", justify="right")
    for name, scores in report.methods.items():
        table.add_row(name, *(
            shared.cell(figure, 3)
            for kind in ((scores.windows,) if leaks else (scores.clips, scores.windows))
            for figure in (kind.accuracy, kind.macro_f1)))
    return table


def _fold_table(report: RecognitionReport, plan: ComparisonPlan) -> Table:
    from rich.table import Table

    split = plan.options.windows.split
    table = Table(title=f"Accuracy of clips / macro-F1, by the {split} left out")
    table.add_column(split)
    for name in report.methods:
        table.add_column(name, justify="right")
    for fold in plan.split.folds:
        found = [scores.by_fold[fold.left_out] for scores in report.methods.values()]
        table.add_row(fold.left_out, *(
            "failed" if score.accuracy is None else
            f"{score.accuracy:.3f} / {score.macro_f1:.3f}" for score in found))
    return table


def _show_confusions(
    report: RecognitionReport, plan: ComparisonPlan, console: Console
) -> None:
    """Print the confusion matrices, and draw them if results are kept."""
    from kinesics_core.experiments import figures
    from kinesics_core.experiments.recognition_comparison import MAJORITY

    options = plan.options
    for name, scores in report.methods.items():
        if name == MAJORITY or scores.confusion is None:
            continue
        if len(plan.classes) <= figures.MOST_CLASSES:
            tables.show(_confusion_table(name, scores.confusion, plan))
        if options.out is not None:
            figures.draw_confusion(
                scores.confusion, plan.classes, f"{name}: {options.windows.label} of"
                f" {plan.data_name}, split {options.windows.split}",
                options.out / f"confusion_{name}.png")


def _confusion_table(name: str, confusion: np.ndarray, plan: ComparisonPlan) -> Table:
    from rich.table import Table

    what = "windows" if plan.options.windows.leaks else "clips"
    table = Table(title=f"{name}: what the test {what} of each row were taken for")
    table.add_column("")
    for value in plan.classes:
        table.add_column(value, justify="right")
    for value, counts in zip(plan.classes, confusion, strict=True):
        table.add_row(value, *(str(count) if count else "" for count in counts))
    return table
