"""``kinesics train idle``: recordings of people who wait -> the statistics of idle life."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from kinesics_core import files
from kinesics_core.errors import KinesicsError

NAME = "idle"
"""Its name below ``kinesics train``."""

_SECONDS = 120.0  # of idle life that is compared with a recording
_SEEDS = (1, 2, 3)


def add_arguments(what: Any) -> None:
    """Add ``train idle`` to the subcommands of ``kinesics train``."""
    parser = what.add_parser(
        NAME, help="recordings of people who wait -> the robot's idle life",
        description="Fits holds, moves, sizes and sway of weight, head and arms to the .bvh"
                    " recordings of a folder, and compares its speeds with recordings held out."
                    " Recordings of people who walk about are left out.")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR",
                        help="a folder of .bvh recordings")
    parser.add_argument("--unseen", nargs="+", default=[], metavar="NAME",
                        help="recordings of it to be held out, by file name without .bvh")
    parser.add_argument("--compare", type=Path, metavar="DIR",
                        help="other recordings, only to be compared with, such as acted ones")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.npz")
    parser.add_argument("--json", action="store_true", help="the comparison as JSON")


def run(args: argparse.Namespace) -> int:
    """Fit, write and compare."""
    from kinesics_core.expression.idle_fit import fit_idle, speed_statistics, streamed
    from kinesics_core.importers.idle_clips import read_idle

    files.require_writable(args.out)
    clips, stepping = read_idle(args.data)
    unknown = sorted(set(args.unseen) - set(clips))
    if unknown:
        raise KinesicsError(f"--unseen names {', '.join(unknown)}; there are {', '.join(clips)}.")
    model = fit_idle({name: clip for name, clip in clips.items() if name not in args.unseen})
    files.write_arrays(args.out, model.arrays())
    ours = [speed_statistics(streamed(model, seed, _SECONDS)) for seed in _SEEDS]
    found = {"ours": _median(ours)}
    for name in args.unseen:
        found[name] = speed_statistics(clips[name])
    found["all recordings, median"] = _median([speed_statistics(clip) for clip in clips.values()])
    if args.compare is not None:
        others, _ = read_idle(args.compare)
        found[f"{args.compare.name}, median"] = _median(
            [speed_statistics(clip) for clip in others.values()])
    if args.json:
        print(json.dumps({"left_out": stepping, "speeds": found}, indent=1))
        return 0
    if stepping:
        print(f"left out, their feet move: {', '.join(stepping)}")
    for name, speeds in found.items():
        words = ", ".join(f"{group} {low:.3f} / {high:.3f}"
                          for group, (low, high) in speeds.items())
        print(f"{name}: {words}")
    print(f"wrote {args.out}; speeds are the median / 95th percentile")
    return 0


def _median(several: list[dict[str, tuple[float, float]]]) -> dict[str, tuple[float, float]]:
    import numpy as np

    out = {}
    for group in several[0]:
        low, high = np.median([one[group] for one in several], axis=0)
        out[group] = float(low), float(high)
    return out
