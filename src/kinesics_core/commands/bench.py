"""``kinesics bench NAME``: figures beside a peer in the same run, written to out/bench."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kinesics_core import option_types
from kinesics_core.commands import tables
from kinesics_core.perception.config import KeypointConfig
from kinesics_core.settings import add_option, settings_of

HELP = "measure speed and memory beside a peer; results go to out/bench/NAME.json"

BENCHES = {
    "affect": "kinesics_core.judging.bench_affect",
    "express": "kinesics_ros.bench_express",
    "fit": "kinesics_core.fitting.evaluation.bench_fit",
    "forecast": "kinesics_core.judging.bench_forecast",
    "loop": "kinesics_ros.bench_loop",
    "robot": "kinesics_core.judging.bench_robot",
    "robot-live": "kinesics_ros.bench_robot_live",
}
"""Name -> module whose ``run(args)`` returns a list of ``bench.Result``."""

NEEDS = {"fit": "fit", "forecast": "train", "robot": "robot"}
"""Name -> extra that a bench needs."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", choices=(*BENCHES, "page"),
                        help="what to measure; 'page' collects the results into BENCHMARKS.md")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results here too")
    parser.add_argument("--duration", type=option_types.seconds, default=30.0, metavar="S",
                        help="length of the measured run; 600 for the endurance figures")
    parser.add_argument("--motion", type=Path, metavar="FILE.npz",
                        help="fit: truth of this motion (see `kinesics eval fit`) instead of"
                             " DeepMimic's")
    parser.add_argument("--goemotions", type=Path, metavar="DIR",
                        help="express: folder of GoEmotions (see `kinesics eval text`), to score"
                             " the reading of texts; left out, that is not measured")
    parser.add_argument("--bodies", type=Path, metavar="DIR",
                        help="affect: labelled recordings of bodies (see `kinesics eval affect"
                             " bodies`); left out, body_auc and the like are not measured")
    parser.add_argument("--counts", type=Path, metavar="FILE.json",
                        help="affect: counts of emotion triples (see `kinesics eval transitions`);"
                             " left out, the next own emotion is not measured")
    add_option(parser, *settings_of(KeypointConfig, "variant"))


def run(args: argparse.Namespace) -> int:
    from kinesics_core import bench, extras, files

    if args.name == "page":
        files.write_text(Path("BENCHMARKS.md"), bench.page())
        print("wrote BENCHMARKS.md")
        return 0
    if args.name in NEEDS:
        extras.require(NEEDS[args.name], f"This bench ({args.name})")
    files.require_writable(bench.DIRECTORY / f"{args.name}.json")
    if args.json is not None:
        files.require_writable(args.json)
    results = importlib.import_module(BENCHES[args.name]).run(args)
    document = bench.save(results, bench.DIRECTORY / f"{args.name}.json")
    if args.json is not None:
        bench.save(results, args.json)
    _print(document)
    return 0


def _print(document: Mapping[str, Any]) -> None:
    from rich.table import Table

    from kinesics_core import bench

    about = f"{document['hardware']}, {document['date']}"
    rows = [bench.row(entry) for entry in document["results"]]
    if not sys.stdout.isatty():
        print(about)
        tables.print_rows(bench.COLUMNS, rows)
        return
    table = Table(title=about)
    for column in bench.COLUMNS:
        # Two metrics may differ in their last letters alone.
        table.add_column(column, justify="right" if "value" in column else "left",
                         no_wrap=column == "name", min_width=_longest(rows, column))
    for row in rows:
        table.add_row(*row)
    tables.show(table)


def _longest(rows: Sequence[Sequence[str]], column: str) -> int | None:
    """Return the width that names need; other columns wrap."""
    return max((len(row[0]) for row in rows), default=None) if column == "name" else None
