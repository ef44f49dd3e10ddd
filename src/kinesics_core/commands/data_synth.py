"""``kinesics data synth``: emotional whole-body motion for pretraining."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from kinesics_core import option_types

if TYPE_CHECKING:
    from kinesics_core.dataset.clips import Dataset

HELP = "make emotional whole-body motion for pretraining"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Makes clips of 10 s of emotional whole-body motion, COCO-17 in metres at 30 Hz, with the"
        " labels emotion, valence, arousal, dominance (of what moved the body: the emotion's times"
        " the intensity, with some noise), intensity, content (standing, wandering, walking,"
        " running, sitting, or restyled if from --clips) and person. A tier counts windows of 90"
        " frames that start 15 frames apart. With the same seed, emotions and clips a smaller tier"
        " is the beginning of a larger one. Interrupted, it goes on where it was."
    )
    parser.add_argument("--out", metavar="DATASET", type=Path, required=True)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--tier", choices=("9k", "45k", "90k"), default="9k",
                      help="how many windows (default: %(default)s)")
    size.add_argument("--windows", metavar="N", type=option_types.whole(1),
                      help="or at least so many windows")
    parser.add_argument(
        "--emotions", metavar="LIST",
        help="names, comma-separated, or name=valence,arousal,dominance with semicolons between"
             " (default: the eight emotions and the paper's three prompts)",
    )  # fmt: skip
    parser.add_argument(
        "--clips", metavar="DATASET", type=Path, nargs="+", default=[],
        help="three-dimensional COCO-17 datasets; half of the clips are theirs, restyled in tempo,"
             " extent and posture",
    )  # fmt: skip
    parser.add_argument("--seed", metavar="N", type=option_types.seed, default=0,
                        help="default: %(default)s")


def run(args: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.progress import track

    from kinesics_core.dataset.clips import Dataset, Info
    from kinesics_core.synthesis.emotional_motion import (
        STEP,
        TIERS,
        plan_clips,
        synthesise,
    )
    from kinesics_core.synthesis.emotions import parse_emotions
    from kinesics_core.synthesis.restyling import usable_recordings

    windows = args.windows if args.windows is not None else TIERS[args.tier]
    emotions = parse_emotions(args.emotions)
    datasets = [Dataset(path) for path in args.clips]
    recordings = []
    for dataset in datasets:
        found = usable_recordings(dataset)
        print(f"{dataset.path}: {len(found)} of {len(dataset)} clips show upright people who move")
        recordings += found
    planned = plan_clips(windows, emotions, args.seed, recordings)
    words = ["kinesics", "data", "synth", "--windows", str(windows), "--seed", str(args.seed)]
    words += ["--emotions", args.emotions] if args.emotions is not None else []
    words += ["--clips", *(str(path) for path in args.clips)] if args.clips else []
    info = Info(
        name=args.out.name,
        licence=_licence(datasets),
        origin="Kinesics, synthesis/emotional_motion.py" + "".join(
            f"; restyled from {dataset.info.name} ({dataset.info.origin})"
            for dataset in datasets),
        command=shlex.join(words),
    )
    synthesise(args.out, track(planned, args.out.name, console=Console(stderr=True)), info)
    total = sum(plan.windows for plan in planned)
    print(f"{args.out}: {len(planned)} clips, {total} windows of 90 frames"
          f" {STEP} apart")
    return 0


def _licence(datasets: list[Dataset]) -> str:
    """Ours is free of rights; what is made from recordings stays under theirs."""
    theirs = sorted({dataset.info.licence for dataset in datasets} - {"CC0"})
    return "; ".join(["CC0", *theirs])
