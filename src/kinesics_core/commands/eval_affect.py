"""``kinesics eval affect``: is what is read from bodies what people see in them?"""

from __future__ import annotations

import argparse
import csv
import math
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from kinesics_core import bench
from kinesics_core.errors import KinesicsError

if TYPE_CHECKING:
    from kinesics_core.motion.affect_evaluation import Reading

HELP = "affect read from bodies, against people's ratings or an expected order"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Reads valence, arousal and dominance from each clip, seen from the front, and averages"
        " over the clip. Against the labels valence, arousal and dominance (-1 to 1, any that"
        " are there): Pearson's, Spearman's and Lin's concordance correlation, with 95 % intervals"
        " by bootstrap. Beside each, what the mean speed of the keypoints reaches alone."
    )
    parser.add_argument("--data", metavar="DATASET", type=Path, required=True)
    parser.add_argument(
        "--model", metavar="FILE",
        help="forecaster (ONNX) with an emotion output; left out, the rules of affect.body read")
    parser.add_argument(
        "--by", metavar="LABEL", help="also by value of this label (made_by: who made the clip)")
    parser.add_argument(
        "--order", metavar="LABEL=LOW,...,HIGH", action="append", default=[],
        help="arousal should rise in this order (style=exhausted,normal,active); may be repeated")
    parser.add_argument(
        "--within", metavar="LABEL", help="compare, for --order, only clips with the same LABEL")
    parser.add_argument("--json", metavar="FILE", type=Path)
    parser.add_argument("--csv", metavar="FILE", type=Path, help="readings and labels by clip")


def run(args: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.progress import track

    from kinesics_core.data.dataset import Dataset
    from kinesics_core.motion import affect_evaluation as affect

    orders = [_order(text) for text in args.order]
    dataset = Dataset(args.data)
    affect.require_coco(dataset)
    reader = affect.model_reader(args.model) if args.model else affect.read_by_rules
    console = Console(stderr=True)
    readings = [
        affect.read_clip(clip, reader)
        for clip in track(dataset, "clips", total=len(dataset), console=console, transient=True)
    ]
    silent = sum(not math.isfinite(float(reading.vad[1])) for reading in readings)
    if silent:
        print(f"Nothing was read of {silent} of {len(readings)} clips; they do not count.")
    if args.csv is not None:
        _write_csv(args.csv, readings)

    results: list[bench.Result] = []
    if not orders or any(set(affect.VAD) & set(reading.labels) for reading in readings):
        results += _ratings(readings, "")
        if args.by is not None:
            for value in sorted({r.labels[args.by] for r in readings if args.by in r.labels}):
                part = [r for r in readings if r.labels.get(args.by) == value]
                results += _ratings(part, f".{value}")
    for label, levels in orders:
        order = affect.expected_order(readings, label, levels, args.within)
        name = f"affect.order.{label}"
        results += [
            bench.result(f"{name}.mean.{level}", mean, "arousal")
            for level, mean in order.means.items()
        ]
        results.append(bench.result(
            f"{name}.share", order.share, f"of {order.pairs} pairs", peer="mean speed",
            peer_value=order.speed_share))
    bench.show({"hardware": bench.hardware(), "date": date.today().isoformat(),
                "results": results})
    if args.json is not None:
        reader_name = args.model or "rules of affect.body"
        bench.save(results, args.json, about={"data": str(args.data), "reader": reader_name})
        print(f"wrote {args.json}")
    return 0


def _ratings(readings: Sequence[Reading], suffix: str) -> list[bench.Result]:
    from kinesics_core.motion.affect_evaluation import evaluate_affect

    results = []
    for found in evaluate_affect(readings):
        name, unit = f"affect.{found.dimension}", f"r, {found.n} clips"
        for kind, value, interval, peer in (
            ("pearson", found.pearson, found.pearson_interval, found.speed_pearson),
            ("spearman", found.spearman, found.spearman_interval, found.speed_spearman),
        ):
            results.append(bench.result(
                f"{name}.{kind}{suffix}", _known(value), unit, peer="mean speed",
                peer_value=_known(peer)))
            results += [
                bench.result(f"{name}.{kind}_{end}{suffix}", _known(bound), unit)
                for end, bound in zip(("low", "high"), interval, strict=True)
            ]
        results.append(bench.result(f"{name}.ccc{suffix}", _known(found.ccc), unit))
    return results


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _order(text: str) -> tuple[str, list[str]]:
    label, _, levels = text.partition("=")
    names = [name.strip() for name in levels.split(",") if name.strip()]
    if not label or len(names) < 2 or len(set(names)) < len(names):
        raise KinesicsError(
            f"Got --order {text!r}; wanted a label and at least two of its values from low to high"
            " arousal, for instance style=exhausted,normal,active."
        )
    return label, names


def _write_csv(file: Path, readings: Sequence[Reading]) -> None:
    labels = sorted({label for reading in readings for label in reading.labels})
    try:
        with open(file, "w", newline="", encoding="utf-8") as stream:
            table = csv.writer(stream)
            read = ("read_valence", "read_arousal", "read_dominance")
            table.writerow(["clip", *read, "speed", *labels])
            for reading in readings:
                numbers = [f"{value:.4f}" for value in (*reading.vad, reading.speed)]
                table.writerow(
                    [reading.clip, *numbers, *(reading.labels.get(label, "") for label in labels)])
    except OSError as error:
        raise KinesicsError(f"Cannot write {file}: {error.strerror}.") from error
