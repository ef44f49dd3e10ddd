"""``kinesics eval pretraining|domains|emotion``: the paper's three studies."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kinesics_core import bench, files, option_types
from kinesics_core.commands import eval_comparison as shared
from kinesics_core.commands import tables
from kinesics_core.commands.job_progress import job_progress
from kinesics_core.errors import KinesicsError
from kinesics_core.motion.networks.registry import NETWORKS

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from kinesics_core.experiments.options import StudyOptions
    from kinesics_core.experiments.studies import StudyOutcome, StudyPlan
    from kinesics_core.experiments.study_tables import (
        DomainsTable,
        EmotionTable,
        PretrainingTable,
    )


def add_pretraining(parser: argparse.ArgumentParser) -> None:
    _add_arguments(parser)
    parser.add_argument("--label", help="classify it too while training (the paper's equation 3)")


def add_domains(parser: argparse.ArgumentParser) -> None:
    add_pretraining(parser)
    _add_domain(parser)


def add_emotion(parser: argparse.ArgumentParser) -> None:
    _add_arguments(parser)
    _add_domain(parser)
    parser.add_argument("--label", required=True, help="what to recognise")


def _add_domain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--domain", nargs="+", default=[], metavar="NAME=DATASET",
                        help="other motion to test on, beside the test clips of --data")


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, metavar="REAL",
                        help="dataset of real recordings, split by clip")
    parser.add_argument("--pretrain", type=Path, nargs="+", required=True, metavar="DATASET",
                        help="synthetic datasets to train on first, one a tier")
    parser.add_argument("--networks", default="mlp,lstm,cnn_lstm,transformer", metavar="A,B",
                        help=f"of {', '.join(NETWORKS)}")
    parser.add_argument("--residual", action="store_true",
                        help="predict the change from the newest frame, unlike the paper")
    parser.add_argument("--seeds", type=option_types.whole(1), default=3,
                        help="trainings of each kind")
    parser.add_argument("--epochs", type=option_types.whole(1), default=30,
                        help="on the real recordings (the paper: 200)")
    parser.add_argument("--pretrain-epochs", type=option_types.whole(1), default=5,
                        help="on the synthetic ones (the paper: 200)")
    parser.add_argument("--step", type=option_types.whole(1), default=15,
                        help="frames between two windows")
    shared.add_jobs(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR",
                        help="figure, table and what each training gave; run again with the same"
                             " DIR, what was finished is reused")


def run_pretraining(args: argparse.Namespace) -> int:
    outcome, console = _run(args, "PRETRAINING")
    from kinesics_core.experiments import figures, study_tables

    table, options = study_tables.pretraining_table(outcome), outcome.plan.options
    tables.show(_pretraining_table(table, options))
    figures.draw_gains(options, table, options.out / "pretraining.png")
    return _finish(
        outcome, table.rows, study_tables.pretraining_results(outcome, table), console)


def run_domains(args: argparse.Namespace) -> int:
    outcome, console = _run(args, "DOMAINS")
    from kinesics_core.experiments import figures, study_tables

    table, options = study_tables.domains_table(outcome), outcome.plan.options
    tables.show(_domains_table(table, options))
    figures.draw_domains(options, table, options.out / "domains.png")
    return _finish(outcome, table.rows, study_tables.domains_results(table), console)


def run_emotion(args: argparse.Namespace) -> int:
    outcome, console = _run(args, "EMOTION")
    from kinesics_core.experiments import figures, study_tables

    table, options = study_tables.emotion_table(outcome), outcome.plan.options
    for shown in _emotion_tables(table, options):
        tables.show(shown)
    figures.draw_emotion(options, table, options.out / "emotion.png")
    return _finish(outcome, table.rows, study_tables.emotion_results(outcome, table), console)


def _run(args: argparse.Namespace, name: str) -> tuple[StudyOutcome, Console]:
    shared.require_training_packages()
    from kinesics_core.experiments import studies

    files.require_directory(args.out)
    console = tables.console()
    plan = studies.plan_study(studies.Study[name], _options(args))
    _announce(plan, console)
    with job_progress(shared.progress_console()) as hooks:
        return studies.run_study(plan, hooks), console


def _options(args: argparse.Namespace) -> StudyOptions:
    from kinesics_core.experiments.options import StudyOptions

    domains: dict[str, Path] = {}
    for text in getattr(args, "domain", []):
        called, separator, path = text.partition("=")
        if not (called and separator and path) or called in domains:
            raise KinesicsError(
                f"Got --domain {text!r}; wanted NAME=DATASET, every name once.")
        domains[called] = Path(path)
    return StudyOptions(
        data=args.data, out=args.out, networks=shared.names(args.networks),
        pretrain=tuple(args.pretrain), label=args.label, domains=domains, seeds=args.seeds,
        epochs=args.epochs, pretrain_epochs=args.pretrain_epochs, step=args.step,
        residual=args.residual, processes=args.jobs)


def _announce(plan: StudyPlan, console: Console) -> None:
    """Print what is trained on which data, and what is not as in the paper."""
    from kinesics_core.experiments import paper

    options, split = plan.options, plan.split
    fold = split.folds[0]
    console.print(
        f"{plan.data_name}: {len(fold.train)} clips to train on ({split.train_windows} windows),"
        f" {len(fold.validation)} to validate, {len(fold.test)} to test; {options.epochs} epochs"
        f" ({options.pretrain_epochs} on synthetic motion), {options.seeds}"
        f" seeds, {'residual' if options.residual else 'absolute'} output", highlight=False)
    shared.print_differences(paper.differences(
        "clip", options.step, plan.trainings, pretrain_epochs=options.pretrain_epochs), console)


def _finish(
    outcome: StudyOutcome, rows: Sequence[Mapping[str, Any]], results: Sequence[bench.Result],
    console: Console,
) -> int:
    """Write table and figures, print what failed, and return the exit status."""
    from kinesics_core.training import curves

    options, name = outcome.plan.options, outcome.plan.study.value
    about = asdict(options) | {
        "data": options.data.name, "out": options.out.name, "pretrain": list(options.tiers),
        "domains": {key: path.name for key, path in options.domains.items()}}
    options.out.mkdir(parents=True, exist_ok=True)
    files.write_text(options.out / f"{name}.csv", curves.as_csv(rows))
    bench.save(results, options.out / f"{name}.json", about=about, failed=outcome.failed)
    shared.print_failures(outcome.failed, console)
    console.print(f"wrote {options.out / name}.json, .csv and .png", highlight=False)
    return 1 if outcome.failed else 0


def _pretraining_table(table: PretrainingTable, options: StudyOptions) -> Table:
    from rich.table import Table

    shown = Table(title=f"Error on real test clips, mean of {options.seeds} seeds, and gain over"
                        " training from scratch (mean ± standard deviation)")
    shown.add_column("network")
    for start in options.starts:
        shown.add_column(start, justify="right")
    for network in options.networks:
        cells = []
        for start in options.starts:
            cell = shared.cell(table.errors[network, start])
            if start in options.tiers:
                gain = table.gain(network, start, options.seeds)
                spread = np.std(table.gains[network, start]) if gain is not None else None
                cell += "" if gain is None else f"  {gain:+.1f} ± {spread:.1f} %"
            cells.append(cell)
        shown.add_row(network, *cells)
    return shown


def _domains_table(table: DomainsTable, options: StudyOptions) -> Table:
    from rich.table import Table

    shown = Table(title=f"Error on each domain after {options.epochs} epochs, mean of"
                        f" {options.seeds} seeds")
    for column in ("network", "start", *options.tested):
        shown.add_column(column, justify="right" if column in options.tested else "left")
    for network in options.networks:
        for start in options.starts:
            shown.add_row(network, start, *(
                shared.cell(table.final[network, start, name]) for name in options.tested))
    return shown


def _emotion_tables(table: EmotionTable, options: StudyOptions) -> Iterator[Table]:
    """Yield a table of accuracies for each domain, as the paper's table 2."""
    from rich.table import Table

    from kinesics_core.experiments.options import SCRATCH

    for name in options.tested:
        shown = Table(title=f"{name}: accuracy of windows x 100, mean of {options.seeds} seeds")
        shown.add_column("")
        for network in options.networks:
            shown.add_column(network, justify="right")
        found = {start: [table.means[network, start, name, "accuracy_windows"]
                         for network in options.networks] for start in options.starts}
        for start, values in found.items():
            shown.add_row("baseline" if start == SCRATCH else start, *(
                "failed" if value is None else f"{100 * value:.2f}" for value in values))
            if start != SCRATCH:
                shown.add_row("difference", *(
                    "" if a is None or b is None else f"{100 * (b - a):+.2f}"
                    for a, b in zip(found[SCRATCH], values, strict=True)))
        yield shown
