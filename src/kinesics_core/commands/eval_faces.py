"""``kinesics eval affect faces DIR``: emotions read in labelled pictures of faces."""

from __future__ import annotations

import argparse
import csv
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kinesics_core import bench, files
from kinesics_core.affect.emotions import EMOTIONS
from kinesics_core.affect.recognition import RecognitionScores, recognition_scores
from kinesics_core.commands import tables
from kinesics_core.errors import KinesicsError
from kinesics_core.files import shown

if TYPE_CHECKING:
    from kinesics_core.perception.labelled_faces import FaceReadings


def run(args: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.progress import track

    from kinesics_core.perception import labelled_faces

    if args.folder is None:
        raise KinesicsError(
            "Got no folder; wanted kinesics eval affect faces DIR, with pictures of faces in"
            " subfolders named after emotions.")
    for file in filter(None, (args.csv, args.json)):
        files.require_writable(file)
    pictures = labelled_faces.labelled_pictures(
        args.folder, lambda sentence: print(sentence, file=sys.stderr))
    readings = labelled_faces.read_pictures(pictures, lambda all_: track(
        all_, "pictures", total=len(all_), console=Console(stderr=True), transient=True))
    scores = {name: recognition_scores(readings.labels, read)
              for name, read in readings.distributions.items()}
    _print(readings, scores)
    if args.csv is not None:
        _write_csv(args.csv, readings)
        print(f"wrote {args.csv}")
    if args.json is not None:
        bench.save(_results(scores), args.json,
                   about={"data": str(args.folder), "pictures": len(readings.files)},
                   confusion=scores["fused"].confusion.tolist(),
                   reliability=np.nan_to_num(scores["fused"].reliability).tolist())
        print(f"wrote {args.json}")
    return 0


def _some(broken: list[Path]) -> str:
    names = [shown(file.name) for file in broken[:5]] + ["..."] * (len(broken) > 5)
    return f" ({', '.join(names)})" if names else ""


def _print(readings: FaceReadings, scores: dict[str, RecognitionScores]) -> None:
    from rich.table import Table

    fused = scores["fused"]
    missed = int((~readings.found).sum())
    print(f"{fused.n} pictures; no face found in {missed} of them, which were read as one face"
          f" from edge to edge; {len(readings.broken)} files cannot be"
          f" opened{_some(readings.broken)}.")
    table = Table(title="recall by emotion")
    for column in ("read by", "balanced", "accuracy", "ECE", *EMOTIONS):
        table.add_column(column, justify="left" if column == "read by" else "right")
    for name, score in scores.items():
        recall = ["-" if np.isnan(value) else f"{value:.2f}" for value in score.recall]
        table.add_row(name, f"{score.balanced_accuracy:.3f}", f"{score.accuracy:.3f}",
                      f"{score.ece:.3f}", *recall)
    table.add_row("majority", f"{fused.majority_balanced:.3f}", f"{fused.majority_accuracy:.3f}")
    tables.show(table)
    table = Table(title="fused: rows are labels, columns what was read")
    for column in ("", *EMOTIONS):
        table.add_column(column, justify="right" if column else "left")
    for label, counts in zip(EMOTIONS, fused.confusion, strict=True):
        if counts.sum():
            table.add_row(label, *(str(count) if count else "" for count in counts))
    tables.show(table)
    table = Table(title="fused: how sure, and how often right")
    for column in ("pictures", "probability", "right"):
        table.add_column(column, justify="right")
    for count, sure, right in fused.reliability:
        if count:
            table.add_row(str(int(count)), f"{sure:.2f}", f"{right:.2f}")
    tables.show(table)


def _results(scores: dict[str, RecognitionScores]) -> list[bench.Result]:
    """Return affect.faces.*; the peer is reading by blendshapes alone."""
    fused, shapes, networks = scores["fused"], scores["blendshapes"], scores["networks"]
    unit, peer = f"share of {fused.n} pictures", "blendshapes alone"
    results = [
        bench.result("affect.faces.balanced_accuracy", fused.balanced_accuracy, unit, peer=peer,
                     peer_value=shapes.balanced_accuracy),
        bench.result("affect.faces.accuracy", fused.accuracy, unit, peer="majority",
                     peer_value=fused.majority_accuracy),
        bench.result("affect.faces.networks.balanced_accuracy", networks.balanced_accuracy, unit,
                     peer="majority", peer_value=fused.majority_balanced),
        bench.result("affect.faces.ece", fused.ece, unit, peer=peer, peer_value=shapes.ece),
    ]
    for index, emotion in enumerate(EMOTIONS):
        if not np.isnan(fused.recall[index]):
            results.append(bench.result(
                f"affect.faces.recall.{emotion}", float(fused.recall[index]), unit, peer=peer,
                peer_value=float(shapes.recall[index])))
    return results


def _write_csv(file: Path, readings: FaceReadings) -> None:
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(["file", "label", "read", "face_found", *EMOTIONS])
    for index, name in enumerate(readings.files):
        read = readings.distributions["fused"][index]
        table.writerow([
            name, EMOTIONS[readings.labels[index]], EMOTIONS[int(read.argmax())],
            int(readings.found[index]), *(f"{value:.4f}" for value in read)])
    files.write_text(file, text.getvalue())
