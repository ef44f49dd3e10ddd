"""``kinesics eval affect bodies DIR``: emotions read in labelled recordings of bodies."""

from __future__ import annotations

import argparse
import csv
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kinesics_core import bench, files
from kinesics_core.affect.emotion_words import word_in
from kinesics_core.affect.emotions import EMOTIONS
from kinesics_core.commands import tables
from kinesics_core.errors import KinesicsError

if TYPE_CHECKING:
    from kinesics_core.body_reading.evaluation import Read


def run(args: argparse.Namespace) -> int:
    """Read the labelled recordings of a folder and print the scores."""
    from rich.console import Console
    from rich.progress import Progress

    from kinesics_core.body_reading import evaluation
    from kinesics_core.body_reading.recordings import read_recordings

    for file in filter(None, (args.csv, args.json)):
        files.require_writable(file)
    words = _words(args.words)
    named = [one for one in read_recordings([args.folder], _tell) if one.word]
    recordings = [one for one in named if not words or one.word in words]
    if not named:
        raise KinesicsError(
            f"No recording in {args.folder} has a word for an emotion in its name, its folder's"
            " name or its labels. Name them like walk_happy.bvh or happy/01.bvh.")
    if not recordings:
        raise KinesicsError(
            f"No recording in {args.folder} has one of the words {args.words}; those here say"
            f" {', '.join(sorted({one.word for one in named}))}.")
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("recordings", total=1.0)
        reads = evaluation.read_bodies(
            recordings, args.model, lambda share: progress.update(task, completed=share))
    scores = evaluation.score(reads)
    entries = evaluation.results(scores)
    print(f"{len(reads)} recordings, seen from the front; means over each. F1, accuracy and the"
          " confusion take the likeliest of the emotions that occur, the ECE that of all eight.")
    tables.print_rows(bench.COLUMNS, [bench.row(entry) for entry in entries])
    _print_confusion(scores.confusion)
    if args.csv is not None:
        _write_csv(args.csv, reads)
        print(f"wrote {args.csv}")
    if args.json is not None:
        bench.save(entries, args.json, about={"data": str(args.folder), "recordings": len(reads)},
                   confusion=scores.confusion.tolist())
        print(f"wrote {args.json}")
    return 0


def _words(text: str | None) -> set[str]:
    """Return the words of a list, as ``emotion_words`` has them.

    Raises:
        KinesicsError: One says no emotion.
    """
    given = [part.strip() for part in (text or "").split(",") if part.strip()]
    if wrong := [part for part in given if not word_in(part)]:
        raise KinesicsError(f"Got --words with {', '.join(map(repr, wrong))}; wanted words for"
                            " emotions, as happy,sad,angry,neutral.")
    return {word_in(part) for part in given}


def _tell(sentence: str) -> None:
    print(sentence, file=sys.stderr)


def _print_confusion(confusion: np.ndarray) -> None:
    present = [index for index in range(len(EMOTIONS)) if confusion[index].any()]
    tables.print_rows(
        ["labelled, read as", *(EMOTIONS[index] for index in present)],
        [[EMOTIONS[row], *(str(confusion[row, column]) for column in present)]
         for row in present])


def _write_csv(path: Path, reads: list[Read]) -> None:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["recording", "source", "word", *EMOTIONS, "valence", "arousal", "dominance",
                     "confidence", "speed"])
    for read in reads:
        writer.writerow([
            read.recording.name, read.recording.source, read.recording.word,
            *(f"{value:.4f}" for value in (*read.probabilities, *read.vad, read.confidence,
                                           read.speed))])
    files.write_text(path, text.getvalue())
