"""``kinesics eval affect``: affect read from bodies and faces beside what people see in them."""

from __future__ import annotations

import argparse
import csv
import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kinesics_core import bench, files
from kinesics_core.commands import eval_bodies, eval_faces, eval_gestures, tables
from kinesics_core.errors import KinesicsError

if TYPE_CHECKING:
    from kinesics_core.affect.agreement import Agreement, OrderAgreement
    from kinesics_core.dataset.clips import Dataset
    from kinesics_core.experiments.affect_evaluation import ClipReading

HELP = "affect read from bodies, against people's ratings or an order; from faces, against labels"

OPTIONS = {
    "bodies": ("data", "model", "by", "order", "within", "json", "csv"),
    "bodies DIR": ("model", "words", "json", "csv"),
    "faces": ("json", "csv"),
    "gestures": ("wrists_only", "json"),
}
"""Form of the command -> options that it reads."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Reads valence, arousal and dominance from each clip, seen from the front, and averages"
        " over the clip. Against the labels valence, arousal and dominance (-1 to 1, any that"
        " are there): Pearson's, Spearman's and Lin's concordance correlation, with 95 % intervals"
        " by bootstrap. Beside each, what the mean speed of the keypoints reaches alone."
        " `kinesics eval affect faces DIR` reads pictures of faces instead, labelled by subfolder"
        " or by CSV files in DIR with the columns file and emotion: balanced accuracy, recall by"
        " emotion, confusion and calibration (ECE), beside blendshapes alone and the majority."
        " `kinesics eval affect gestures [DIR]` reads gestures in motion, BVH files or a dataset"
        " (keypoints in an image as recorded), labelled by name; left out, in performances."
        " `kinesics eval affect bodies DIR` reads recordings (BVH, datasets, ...) whose names or"
        " folders hold a word for an emotion: area under the curve, macro-F1, orders and"
        " calibration (ECE), beside the speed alone and the majority."
    )
    parser.add_argument(
        "channel", nargs="?", choices=("bodies", "faces", "gestures"), default="bodies")
    parser.add_argument("folder", metavar="DIR", nargs="?", type=Path,
                        help="labelled recordings of bodies; pictures of faces; motion with"
                             " gestures")
    parser.add_argument("--data", metavar="DATASET", type=Path, help="clips, for bodies")
    parser.add_argument(
        "--model", metavar="FILE",
        help="forecaster (ONNX) with an emotion output, read alone; left out, --data is read by the"
             " rules of affect.body, DIR as live")
    parser.add_argument(
        "--by", metavar="LABEL", help="also by value of this label (made_by: who made the clip)")
    parser.add_argument(
        "--order", metavar="LABEL=LOW,...,HIGH", action="append", default=[],
        help="arousal should rise in this order (style=exhausted,normal,active); may be repeated")
    parser.add_argument(
        "--within", metavar="LABEL", help="compare, for --order, only clips with the same LABEL")
    parser.add_argument("--words", metavar="WORD,...",
                        help="of a folder, only recordings with these words: happy,sad,angry")
    parser.add_argument("--wrists-only", action="store_true",
                        help="of gestures, leave out the knuckles that BVH files tell")
    parser.add_argument("--json", metavar="FILE", type=Path)
    parser.add_argument("--csv", metavar="FILE", type=Path,
                        help="readings and labels by clip or picture")


def run(args: argparse.Namespace) -> int:
    from kinesics_core.dataset.clips import Dataset
    from kinesics_core.experiments import affect_evaluation as affect

    form = args.channel
    if form == "bodies":
        form += "" if args.folder is None else " DIR"
    _reject_other_options(args, form)
    if form == "faces":
        return eval_faces.run(args)
    if form == "gestures":
        return eval_gestures.run(args)
    if form == "bodies DIR":
        return eval_bodies.run(args)
    if args.data is None:
        raise KinesicsError(
            "Got no --data; wanted --data DATASET, `kinesics eval affect bodies DIR` or `kinesics"
            " eval affect faces DIR`.")
    for file in filter(None, (args.csv, args.json)):
        files.require_writable(file)
    orders = [_order(text) for text in args.order]
    dataset = Dataset(args.data)
    affect.require_coco(dataset)
    readings = _read(dataset, args.model)
    silent = sum(not math.isfinite(float(reading.vad[1])) for reading in readings)
    if silent:
        print(f"Nothing was read of {silent} of {len(readings)} clips; they do not count.")
    if args.csv is not None:
        _write_csv(args.csv, readings)

    found: list[tuple[str, Agreement]] = []
    if not orders or any(set(affect.VAD) & set(reading.labels) for reading in readings):
        found += [("", agreement) for agreement in affect.evaluate_affect(readings)]
        values = {reading.labels[args.by] for reading in readings if args.by in reading.labels}
        for value in sorted(values):
            part = [reading for reading in readings if reading.labels.get(args.by) == value]
            found += [(value, agreement) for agreement in affect.evaluate_affect(part)]
    ordered = [(label, affect.evaluate_order(readings, label, levels, args.within))
               for label, levels in orders]
    _print(args.by, found, ordered)
    if args.json is not None:
        results = [entry for value, agreement in found
                   for entry in _agreement_results(value, agreement)]
        results += [entry for label, order in ordered for entry in _order_results(label, order)]
        about = {"data": str(args.data), "reader": args.model or "rules of affect.body"}
        bench.save(results, args.json, about=about)
        print(f"wrote {args.json}")
    return 0


def _reject_other_options(args: argparse.Namespace, form: str) -> None:
    """Refuse options that a form of the command would leave unread.

    Raises:
        KinesicsError: One is given.
    """
    taken = OPTIONS[form]
    others = sorted(set().union(*OPTIONS.values()) - set(taken))
    given = [_option(name) for name in others if getattr(args, name)]
    if given:
        what = "" if form == "bodies" else f" {form}"
        raise KinesicsError(
            f"Got {', '.join(given)}; `kinesics eval affect{what}` takes"
            f" {', '.join(map(_option, taken))}. Leave the others out.")


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


def _read(dataset: Dataset, model: str | None) -> list[ClipReading]:
    """Read every clip, by a model file or the rules, with a progress bar."""
    from rich.console import Console
    from rich.progress import track

    from kinesics_core.experiments import affect_evaluation as affect

    reader = affect.model_reader(model) if model else affect.read_by_rules
    return [affect.read_clip(clip, reader)
            for clip in track(dataset, "clips", total=len(dataset),
                              console=Console(stderr=True), transient=True)]


def _print(
    by: str | None, found: Sequence[tuple[str, Agreement]],
    ordered: Sequence[tuple[str, OrderAgreement]],
) -> None:
    from rich.table import Table

    table = Table(title="read against rated (in brackets 95 %); beside it the mean speed alone")
    for column in (by or "", "", "clips", "Pearson", "speed", "Spearman", "speed", "CCC"):
        table.add_column(column, justify="left" if column in (by, "") else "right")
    for value, a in found:
        table.add_row(
            value or "all", a.dimension, str(a.n), _with_interval(a.pearson, a.pearson_interval),
            f"{a.speed_pearson:.2f}", _with_interval(a.spearman, a.spearman_interval),
            f"{a.speed_spearman:.2f}", f"{a.ccc:.2f}",
        )  # fmt: skip
    if found:
        tables.show(table)
    for label, order in ordered:
        means = ", ".join(f"{level} {mean:.2f}" for level, mean in order.means.items())
        print(f"arousal by {label}: {means}")
        print(f"{order.share:.1%} of {order.pairs} pairs of clips in this order (chance 50 %,"
              f" mean speed alone {order.speed_share:.1%})")


def _with_interval(value: float, interval: tuple[float, float]) -> str:
    return f"{value:.2f} ({interval[0]:.2f}, {interval[1]:.2f})"


def _agreement_results(value: str, a: Agreement) -> list[bench.Result]:
    """Return affect.DIMENSION.STATISTIC[.VALUE]; the peer is the mean speed."""
    name, unit = f"affect.{a.dimension}", f"r, {a.n} clips"
    suffix = f".{value}" if value else ""
    results = []
    for kind, figure, interval, peer in (
        ("pearson", a.pearson, a.pearson_interval, a.speed_pearson),
        ("spearman", a.spearman, a.spearman_interval, a.speed_spearman),
    ):
        results.append(bench.result(
            f"{name}.{kind}{suffix}", figure, unit, peer="mean speed", peer_value=peer))
        results += [
            bench.result(f"{name}.{kind}_{end}{suffix}", bound, unit)
            for end, bound in zip(("low", "high"), interval, strict=True)
        ]
    return [*results, bench.result(f"{name}.ccc{suffix}", a.ccc, unit)]


def _order_results(label: str, order: OrderAgreement) -> list[bench.Result]:
    """Return affect.order.LABEL.mean.LEVEL and .share; the peer is the mean speed."""
    name = f"affect.order.{label}"
    means = [bench.result(f"{name}.mean.{level}", mean, "arousal")
             for level, mean in order.means.items()]
    return [*means, bench.result(f"{name}.share", order.share, f"of {order.pairs} pairs",
                                 peer="mean speed", peer_value=order.speed_share)]


def _order(text: str) -> tuple[str, list[str]]:
    """Return label and levels of ``LABEL=LOW,...,HIGH``."""
    label, _, levels = text.partition("=")
    names = [name.strip() for name in levels.split(",") if name.strip()]
    if not label or len(names) < 2 or len(set(names)) < len(names):
        raise KinesicsError(
            f"Got --order {text!r}; wanted a label and at least two of its values from low to high"
            " arousal, for instance style=exhausted,normal,active."
        )
    return label, names


def _write_csv(file: Path, readings: Sequence[ClipReading]) -> None:
    labels = sorted({label for reading in readings for label in reading.labels})
    text = io.StringIO()
    table = csv.writer(text)
    read = ("read_valence", "read_arousal", "read_dominance")
    table.writerow(["clip", *read, "speed", *labels])
    for reading in readings:
        numbers = [f"{value:.4f}" for value in (*reading.vad, reading.speed)]
        table.writerow(
            [reading.clip, *numbers, *(reading.labels.get(label, "") for label in labels)])
    files.write_text(file, text.getvalue())
