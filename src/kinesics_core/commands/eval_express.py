"""``kinesics eval express``: the live body, read by what real labelled motion taught."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from kinesics_core import bench, files, option_types
from kinesics_core.commands import tables
from kinesics_core.errors import KinesicsError
from kinesics_core.settings import given_path

if TYPE_CHECKING:
    import numpy as np

    from kinesics_core.judging.body_score import BodyScore
    from kinesics_core.judging.cross_reading import CrossReading
    from kinesics_core.judging.recogniser import Recogniser

HELP = "bodies that express, judged by a recogniser of real motion and by what bodies can do"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Generates clips of the live body, has them read by a recogniser trained on real labelled"
        " motion only, and measures angles, limits, overlaps, likelihood, feet, accelerations and"
        " variety beside real motion's. With --data it trains the recogniser anew and prints how"
        " well each collection is read by what the others teach.")
    parser.add_argument("--data", type=given_path, nargs="+", metavar="DIR", default=[],
                        help="folders of labelled motion: REBL-Pepper, or BVH files with the"
                        " feeling in their names; left out, the shipped recogniser reads")
    parser.add_argument("--model", type=given_path, metavar="FILE",
                        help="recogniser that --save wrote; left out, the shipped one")
    parser.add_argument("--save", type=Path, metavar="FILE", help="write the recogniser of --data")
    parser.add_argument("--seeds", type=option_types.whole(2, 100), default=8, metavar="N",
                        help="bodies that are asked")
    parser.add_argument("--clip", type=option_types.seconds, metavar="S",
                        help="seconds of a clip, 2 at least, its onset included; left out, 6")
    parser.add_argument("--json", metavar="FILE", type=Path)


def run(args: argparse.Namespace) -> int:
    from rich.console import Console

    from kinesics_core.judging.body_score import score_body
    from kinesics_core.judging.live_clips import SECONDS

    if args.save is not None and not args.data:
        raise KinesicsError("Got --save without --data; wanted the motion to learn from.")
    if args.data and args.model is not None:
        raise KinesicsError("Got --model and --data; wanted one of them.")
    for path in (args.json, args.save):
        if path is not None:
            files.require_writable(path)
    crossed: list[CrossReading] = []
    with Console(stderr=True).status("reading") as status:
        model, real, crossed = _recogniser(args, status.update)
        score = score_body(model, real, args.seeds, args.clip or SECONDS, status.update)
    if crossed:
        _show_crossed(crossed)
    _show(score)
    if args.json is not None:
        bench.save([*score.results, *_crossed_results(crossed)], args.json)
        print(f"wrote {args.json}")
    return 0


def _recogniser(
    args: argparse.Namespace, tell: Callable[[str], None]
) -> tuple[Recogniser, dict[str, np.ndarray], list[CrossReading]]:
    """Return the recogniser, what real motion does, and how collections read each other."""
    from kinesics_core.importers import body_poses
    from kinesics_core.judging import plausibility, recogniser
    from kinesics_core.judging.body_score import distinct
    from kinesics_core.judging.cross_reading import cross_readings
    from kinesics_core.judging.labelled_motion import read_labelled

    if not args.data:
        return *recogniser.load(args.model), []
    tell("reading labelled motion")
    left_out: list[str] = []
    motions = read_labelled(args.data, left_out.append)
    for sentence in left_out:
        print(sentence)
    model = recogniser.train(motions)
    tell("what real bodies do")
    shipped = recogniser.load()[1] if args.save is None else {}
    try:
        real = plausibility.reference(body_poses.read(args.data))
    except KinesicsError:  # keypoints alone, as a robot's, say nothing of people's joints
        if not shipped:
            raise
        real = shipped
    real = real | {"distinct": distinct(model, motions)}
    if args.save is not None:
        model.save(args.save, **real)
        print(f"wrote {args.save}")
    return model, real, cross_readings(motions)


def _show_crossed(readings: list[CrossReading]) -> None:
    def share(value: float) -> str:
        return "-" if value != value else f"{value:.2f}"
    print("Real motion read by what the other collections teach: share of pairs in order, macro-F1")
    tables.print_rows(
        ("left out", "recordings", "valence", "arousal", "F1", "speed alone: valence", "arousal",
         "F1", "majority: F1"),
        [(r.left_out, str(r.count), share(r.valence), share(r.arousal), share(r.macro_f1),
          share(r.speed_valence), share(r.speed_arousal), share(r.speed_f1), share(r.majority_f1))
         for r in readings])
    print()


def _crossed_results(readings: list[CrossReading]) -> list[bench.Result]:
    out = []
    for r in readings:
        name = r.left_out.replace(" ", "_").replace(",", "")
        for what, value, peer in (
                ("valence", r.valence, r.speed_valence), ("arousal", r.arousal, r.speed_arousal),
                ("macro_f1", r.macro_f1, r.speed_f1)):
            out.append(bench.result(
                f"real.{name}.{what}", None if value != value else value, "", None, "speed alone",
                None if peer != peer else peer))
    return out


def _show(score: BodyScore) -> None:
    from kinesics_core.affect.emotions import EMOTION_VAD, EMOTIONS

    def vad(values: np.ndarray) -> str:
        return " ".join(f"{value:+.2f}" for value in values)
    tables.print_rows(
        ("shown", "valence, arousal, dominance", "read as", *(EMOTIONS[k] for k in score.known)),
        [(EMOTIONS[emotion], vad(EMOTION_VAD[emotion]), vad(read),
          *(str(count) for count in score.confusion[emotion]))
         for emotion, read in score.readings.items()])
    print()
    tables.print_rows(bench.COLUMNS, [bench.row(entry) for entry in score.results])
