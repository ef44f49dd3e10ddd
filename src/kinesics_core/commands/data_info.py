"""``kinesics data info DATASET``: licence, origin, clips, labels, speed and windows."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from kinesics_core.settings import given_path

STEPS = (1, 15)
"""Frames between windows for which the number of windows is shown."""

MANY = 30
"""Values of a label up to which each is shown; of more numbers the range, of more names the first.

The JSON has them all.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("dataset", metavar="DATASET", type=given_path)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")


def run(args: argparse.Namespace) -> int:
    document = describe(args.dataset.expanduser())
    if args.json:
        print(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False))
    else:
        _print(document)
    return 0


def describe(path: Path) -> dict[str, Any]:
    """Return info, statistics and numbers of windows as JSON holds them.

    A dataset whose making was interrupted is described too.
    """
    from dataclasses import asdict

    from kinesics_core.dataset.clips import Dataset, read_statistics, statistics
    from kinesics_core.motion.windows import HORIZON, OBSERVED, RATE

    dataset = Dataset(path, partial=True)
    numbers = read_statistics(path) if dataset.complete else statistics(dataset)
    length = OBSERVED + HORIZON
    frames = [int((count - 1) * RATE / rate + 1e-6) + 1 for count, rate in dataset.lengths()]
    return {
        "path": str(path), "complete": dataset.complete, **asdict(dataset.info),
        "unit": dataset.info.unit, **numbers,
        "windows": {
            str(step): sum(max(0, (count - length) // step + 1) for count in frames)
            for step in STEPS
        },
        "clips_without_a_window": sum(count < length for count in frames),
    }


def _print(document: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold")
    table.add_column()
    rows = {
        "dataset": document["name"] + ("" if document["complete"] else
                                       "  (interrupted: not complete; run its command again)"),
        "licence": document["licence"], "origin": document["origin"],
        "made by": document["command"] or "not stated",
        "keypoints": f"{len(document['keypoints'])} in {document['dimensions']} dimensions,"
                     f" {document['unit']}: {', '.join(document['keypoints'])}",
        "clips": f"{document['clips']:,} with {document['frames']:,} frames,"
                 f" {document['seconds']:,.0f} s",
        "clip length": _spread(document["clip_seconds"], "s"),
        "frame rates": _counts(document["rates"]),
        "sources": _counts(document["sources"]),
        **{f"label {name}": _values(values) for name, values in document["labels"].items()},
        "speed": _spread(document["speed"], "body sizes a second"),
        "missing": _missing(document["missing"]),
        "windows": ", ".join(f"{count:,} at step {step}"
                             for step, count in document["windows"].items())
                   + f" (90 frames at 30 Hz; {document['clips_without_a_window']:,} clips are"
                     " shorter)",
    }
    for name, value in rows.items():
        table.add_row(name, Text(value))  # a pattern's brackets are no markup
    Console(highlight=False).print(table)


def _counts(values: dict[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in values.items()) or "none"


def _values(counts: dict[str, int]) -> str:
    if len(counts) <= MANY:
        return _counts(counts)
    try:
        numbers = sorted(float(name) for name in counts)
    except ValueError:
        first = dict(list(counts.items())[:MANY])
        return f"{_counts(first)}, and {len(counts) - MANY:,} more"
    return f"{numbers[0]:g} to {numbers[-1]:g}, {len(counts):,} values"


def _spread(values: dict[str, float | None], unit: str) -> str:
    if values["median"] is None:
        return "not known"
    return f"{values['median']:g} {unit} ({values['min']:g} to {values['max']:g})"


def _missing(shares: dict[str, float]) -> str:
    lost = {name: share for name, share in shares.items() if share}
    return ", ".join(f"{name} {share:.1%}" for name, share in lost.items()) or "nothing"
