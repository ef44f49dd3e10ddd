"""``kinesics train body-reader``: recordings of movement -> the trained reader of bodies."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kinesics_core import files, option_types
from kinesics_core.affect.emotions import EMOTIONS
from kinesics_core.commands import tables
from kinesics_core.errors import KinesicsError

if TYPE_CHECKING:
    from kinesics_core.body_reading.scores import BodyScores

NAME = "body-reader"
"""Its name below ``kinesics train``."""

COLUMNS = ("left out", "n", "F1", "majority", "valence order", "arousal order", "speed",
           "neutral valence", "ECE", "AUC")
"""Headings of the table of collections left out."""


def add_arguments(what: Any) -> None:
    """Add ``train body-reader`` to the subcommands of ``kinesics train``."""
    parser = what.add_parser(
        NAME, help="recordings of movement -> the reader of emotions in bodies",
        description="Learns to read bodies from recordings moved by nothing in particular, which"
                    " are restyled in every emotion, from generated emotional motion, and from"
                    " recordings with a word for their emotion in their names. Each collection is"
                    " left out once: the table says what is read of people never seen, and the"
                    " probabilities are calibrated on it.")
    parser.add_argument("--data", type=Path, required=True, nargs="+", metavar="DIR",
                        help="folders of BVH, of .amc with .asf, of CMU's exponential maps, of"
                             " axis-angle archives, REBL-Pepper, or datasets; each is a"
                             " collection")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.npz")
    parser.add_argument("--generated", type=option_types.whole(8), metavar="N",
                        help="generated clips (default: 1600)")
    parser.add_argument("--per-content", type=option_types.whole(1), metavar="N",
                        help="restyled pieces of each content (default: 60)")
    parser.add_argument("--together", nargs="+", action="append", default=[], metavar="NAME",
                        help="collections that may hold the same people, by their names in the"
                             " table: when one is left out, all are")
    parser.add_argument("--seed", type=option_types.whole(0), default=0, metavar="N")
    parser.add_argument("--json", type=Path, metavar="FILE", help="the table as JSON")


def run(args: argparse.Namespace) -> int:
    """Train, calibrate, write and print the table."""
    from kinesics_core.body_reading.lessons import LessonConfig, make_lessons
    from kinesics_core.body_reading.recordings import read_recordings
    from kinesics_core.body_reading.training import TrainingConfig
    from kinesics_core.body_reading.unseen import trained, viewed

    files.require_writable(args.out)
    lesson = LessonConfig(**_given(
        per_content=args.per_content, generated=args.generated, seed=args.seed + 1))
    recordings = read_recordings(args.data, lambda line: print(line, file=sys.stderr))
    known = {recording.source for recording in recordings}
    for name in (name for group in args.together for name in group):
        if name not in known:
            raise KinesicsError(f"--together names {name!r}, which is no collection of --data:"
                                f" {', '.join(sorted(known))}.")
    tell = _Progress()
    with tell:
        lessons = make_lessons(recordings, lesson, tell)
        head, scores = trained(
            lessons, viewed(recordings, args.seed), TrainingConfig(), tell, args.together)
    head.save(args.out)
    tables.print_rows(COLUMNS, [_row(name, one) for name, one in scores.items()])
    print(f"wrote {args.out}: {len(lessons.emotion)} windows")
    if args.json is not None:
        table = {name: {**dataclasses.asdict(one), "confusion": one.confusion.tolist()}
                 for name, one in scores.items()}
        files.write_text(args.json, json.dumps(table, indent=1))
    return 0


class _Progress:
    """A bar for each step of the training."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import Progress

        self._progress = Progress(console=Console(stderr=True), transient=True)
        self._tasks: dict[str, Any] = {}

    def __enter__(self) -> _Progress:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def __call__(self, what: str, share: float) -> None:
        """Show which share of a step is done."""
        if what not in self._tasks:
            for task in self._tasks.values():
                self._progress.update(task, completed=1.0)
            self._tasks[what] = self._progress.add_task(what, total=1.0)
        self._progress.update(self._tasks[what], completed=share)


def _given(**values: int | None) -> dict[str, int]:
    return {name: value for name, value in values.items() if value is not None}


def _row(name: str, scores: BodyScores) -> list[str]:
    areas = " ".join(f"{EMOTIONS[emotion]} {value:.2f}/{scores.speed_auc[emotion]:.2f}"
                     for emotion, value in scores.auc.items())
    numbers = (scores.macro_f1, scores.majority_f1, scores.valence_order, scores.arousal_order,
               scores.speed_order, scores.neutral_valence, scores.ece)
    return [name, str(scores.n), *("-" if value != value else f"{value:.2f}" for value in numbers),
            areas]
