"""``kinesics eval affect gestures [DIR]``: gestures read in labelled motion, through cameras."""

from __future__ import annotations

import argparse
import math
from typing import TYPE_CHECKING

from kinesics_core import bench, files
from kinesics_core.commands import tables

if TYPE_CHECKING:
    from kinesics_core.judging.gesture_scores import Lead, Score

VIEWS, EACH, SEED = 2, 12, 2026


def run(args: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.progress import Progress

    from kinesics_core.judging import gesture_folder, gesture_scores
    from kinesics_core.motion.runtime import Forecaster

    if args.json is not None:
        files.require_writable(args.json)
    console = Console(stderr=True)
    clips = gesture_scores.performed_clips(EACH, SEED) if args.folder is None else \
        gesture_folder.labelled_clips(
            args.folder, console.print, not args.wrists_only)
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task(
            "clips in views", total=sum(VIEWS if clip.size is None else 1 for clip in clips))
        readings = gesture_scores.read_gestures(
            clips, VIEWS, SEED, Forecaster(), lambda done: progress.update(task, completed=done))
        beckoned = gesture_scores.told_by_source(gesture_scores.read_gestures(
            gesture_scores.beckoning_clips(EACH, SEED), VIEWS, SEED), "come_here"
        ) if args.folder is None else {}
    table, lead = gesture_scores.scores(readings), gesture_scores.lead_of(readings)
    macro = gesture_scores.macro_f1(table)
    _print(table, macro, lead, f"gestures in {len(clips)} clips, {len(readings)} views")
    for name, share in beckoned.items():
        print(f"come_here told in {share:.0%} of {EACH * VIEWS} views of {name}")
    if args.json is not None:
        results = [*_results(table, macro, lead), *(
            bench.result(f"affect.beckoning_told.{name}", share, "")
            for name, share in beckoned.items())]
        bench.save(results, args.json,
                   about={"data": str(args.folder or "performed"), "clips": len(clips)})
        print(f"wrote {args.json}")
    return 0


def _print(table: dict[str, Score], macro: float, lead: Lead, title: str) -> None:
    from rich.table import Table

    shown = Table(title=title)
    for column in ("gesture", "right", "missed", "false", "F1"):
        shown.add_column(column, justify="left" if column == "gesture" else "right")
    for name, score in table.items():
        shown.add_row(name, str(score.right), str(score.missed), str(score.false),
                      "-" if math.isnan(score.f1) else f"{score.f1:.2f}")
    tables.show(shown)
    print(f"macro-F1 {macro:.3f}")
    if lead.count:
        print(f"forecast: {lead.median_ms:.0f} ms before it is seen (median), precision"
              f" {lead.precision:.2f} of {lead.count}, {lead.recall:.0%} of the seen ones")


def _results(table: dict[str, Score], macro: float, lead: Lead) -> list[bench.Result]:
    results = [bench.result("affect.gesture_macro_f1", macro, "", ">= 0.9")]
    results += [bench.result(f"affect.gesture_f1.{name}", score.f1, "")
                for name, score in table.items() if not math.isnan(score.f1)]
    if lead.count:
        results += [
            bench.result("affect.gesture_lead_ms", lead.median_ms, "ms", ">= 300"),
            bench.result("affect.gesture_lead_precision", lead.precision, "", ">= 0.8")]
    return results
