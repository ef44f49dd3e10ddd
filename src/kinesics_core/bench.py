"""One form for every benchmark: JSON in ``out/bench``, rows of a table, a page.

``{"hardware": ..., "date": ..., "results": [{"name", "value", "unit", "goal", "peer",
"peer_value"}]}``. A goal is text such as "<= 60"; a result without peer has ``null`` there.
"""

from __future__ import annotations

import json
import math
import os
import platform
import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, TypedDict

from kinesics_core import files
from kinesics_core.errors import KinesicsError

DIRECTORY = Path("out/bench")

COLUMNS = ("name", "value", "unit", "goal", "", "peer", "peer value")
"""Headings of what ``row`` returns."""


class Result(TypedDict):
    """One figure beside its goal and its peer, both measured in the same run.

    Attributes:
        name: Dotted, the bench first.
        value: Rounded to four digits; None if it could not be measured.
        unit: Of the value and the peer's.
        goal: "<= NUMBER" or ">= NUMBER"; None without.
        peer: The software measured beside ours; None without.
        peer_value: The peer's figure.
    """

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
    """Make a result; arguments as ``Result`` has them, not yet rounded; nan is not measured."""
    return Result(name=name, value=_short(value), unit=unit, goal=goal, peer=peer,
                  peer_value=_short(peer_value))


def met(entry: Result) -> bool | None:
    """Return whether the goal is reached; None without a goal or a value."""
    if entry["goal"] is None or entry["value"] is None:
        return None
    sign, bound = entry["goal"].split()
    return entry["value"] <= float(bound) if sign == "<=" else entry["value"] >= float(bound)


def hardware() -> str:
    """Name processor, number of usable cores and system, as a benchmark must."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        found = re.search(r"model name\s*:\s*(.+)", cpuinfo.read_text())
        model = found.group(1) if found else model
    cores = len(os.sched_getaffinity(0))
    return f"{model}, {cores} cores, {platform.system()} {platform.machine()}, " \
           f"Python {platform.python_version()}"


def save(results: Sequence[Result], path: Path, **besides: object) -> dict[str, Any]:
    """Write results with hardware and date into one JSON file, and return its document.

    Args:
        results: What was measured.
        path: The file; its folder is made.
        besides: Further entries of the document.
    """
    document = {"hardware": hardware(), "date": date.today().isoformat(), **besides,
                "results": list(results)}
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write_json(path, document, indent=2)
    return document


def row(entry: Result) -> list[str]:
    """Return a result as the cells under ``COLUMNS``."""
    reached = {True: "reached", False: "missed", None: ""}[met(entry)]
    return [
        entry["name"], _text(entry["value"]), entry["unit"], entry["goal"] or "", reached,
        entry["peer"] or "", _text(entry["peer_value"]) if entry["peer"] else "",
    ]


def page(directory: Path = DIRECTORY) -> str:
    """Return every ``NAME.json`` of a directory as Markdown, each with its command.

    Raises:
        KinesicsError: There is none.
    """
    documents = sorted(directory.glob("*.json"))
    if not documents:
        raise KinesicsError(
            f"got no results in {directory}; wanted the JSON files of `kinesics bench NAME`. Run "
            "`make bench` first."
        )
    parts = ["# Benchmarks\n\nCollected by `make bench` from `out/bench/*.json`.\n"]
    for file in documents:
        document = json.loads(file.read_text())
        parts.append(
            f"## {file.stem}\n\n`kinesics bench {file.stem}` on {document['hardware']}, "
            f"{document['date']}.\n\n"
            "| name | value | unit | goal | | peer | peer value |\n"
            "|---|---:|---|---|---|---|---:|\n"
            + "".join(f"| {' | '.join(row(entry))} |\n" for entry in document["results"])
        )
    return "\n".join(parts)


def _text(value: float | None) -> str:
    return "not measured" if value is None else f"{value:g}"


def _short(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(f"{value:.4g}")
