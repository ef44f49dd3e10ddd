"""One form for every benchmark: JSON in ``out/bench``, a table on the terminal, a page.

``{"hardware": ..., "date": ..., "results": [{"name", "value", "unit", "goal", "peer",
"peer_value"}]}``. A goal is text such as "<= 60"; a result without peer has ``null`` there.
"""

from __future__ import annotations

import json
import os
import platform
import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TypedDict

from rich.console import Console
from rich.table import Table

from kinesics_core.errors import KinesicsError

DIRECTORY = Path("out/bench")


class Result(TypedDict):
    """One figure beside its goal and its peer, both measured in the same run."""

    name: str
    value: float | None
    unit: str
    goal: str | None
    peer: str | None
    peer_value: float | None


def result(
    name: str, value: float | None, unit: str, goal: str | None = None,
    peer: str | None = None, peer_value: float | None = None,
) -> Result:
    return Result(name=name, value=_short(value), unit=unit, goal=goal, peer=peer,
                  peer_value=_short(peer_value))


def met(entry: Result) -> bool | None:
    """Whether the goal is reached; None without a goal or a value."""
    if entry["goal"] is None or entry["value"] is None:
        return None
    sign, bound = entry["goal"].split()
    return entry["value"] <= float(bound) if sign == "<=" else entry["value"] >= float(bound)


def hardware() -> str:
    """Processor, number of usable cores and system, as a benchmark must name them."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        found = re.search(r"model name\s*:\s*(.+)", cpuinfo.read_text())
        model = found.group(1) if found else model
    cores = len(os.sched_getaffinity(0))
    return f"{model}, {cores} cores, {platform.system()} {platform.machine()}, " \
           f"Python {platform.python_version()}"


def write(name: str, results: Sequence[Result], path: Path | None = None) -> Path:
    """Writes ``out/bench/NAME.json`` (and ``path``, if given), prints the table."""
    standard = DIRECTORY / f"{name}.json"
    for target in {standard, path or standard}:
        document = save(results, target)
    show(document)
    return path or standard


def save(results: Sequence[Result], path: Path, **besides: object) -> dict:
    """Write one file, ``besides`` beside the results; the document."""
    document = {"hardware": hardware(), "date": date.today().isoformat(), **besides,
                "results": list(results)}
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".part")
    temporary.write_text(json.dumps(document, indent=2, allow_nan=False) + "\n")
    temporary.replace(path)
    return document


def show(document: dict) -> None:
    table = Table(title=f"{document['hardware']}, {document['date']}")
    for column in ("name", "value", "unit", "goal", "", "peer", "peer value"):
        table.add_column(column, justify="right" if "value" in column else "left")
    for entry in document["results"]:
        table.add_row(*_cells(entry))
    Console().print(table)


def page(directory: Path = DIRECTORY) -> str:
    """Markdown of every ``NAME.json`` in a directory, with the command that makes it."""
    files = sorted(directory.glob("*.json"))
    if not files:
        raise KinesicsError(
            f"got no results in {directory}; wanted the JSON files of `kinesics bench NAME`. Run "
            "`make bench` first."
        )
    parts = ["# Benchmarks\n\nCollected by `make bench` from `out/bench/*.json`.\n"]
    for file in files:
        document = json.loads(file.read_text())
        parts.append(
            f"## {file.stem}\n\n`kinesics bench {file.stem}` on {document['hardware']}, "
            f"{document['date']}.\n\n"
            "| name | value | unit | goal | | peer | peer value |\n"
            "|---|---:|---|---|---|---|---:|\n"
            + "".join(f"| {' | '.join(_cells(entry))} |\n" for entry in document["results"])
        )
    return "\n".join(parts)


def _cells(entry: Result) -> list[str]:
    reached = {True: "reached", False: "missed", None: ""}[met(entry)]
    return [
        entry["name"], _text(entry["value"]), entry["unit"], entry["goal"] or "", reached,
        entry["peer"] or "", _text(entry["peer_value"]) if entry["peer"] else "",
    ]


def _text(value: float | None) -> str:
    return "not measured" if value is None else f"{value:g}"


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")
