"""``kinesics bench NAME``: measures, beside a peer in the same run, and writes out/bench."""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path

HELP = "measure speed and memory beside a peer; results go to out/bench/NAME.json"

# Name -> module with `run(args) -> list of bench.result(...)`.
BENCHES = {
    "fit": "kinesics_core.fitting.evaluation.bench_fit",
    "forecast": "kinesics_core.motion.evaluation.bench_forecast", "loop": "kinesics_ros.bench_loop",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", choices=(*BENCHES, "page"),
                        help="what to measure; 'page' collects the results into BENCHMARKS.md")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results here too")
    parser.add_argument("--duration", type=float, default=30.0, metavar="S",
                        help="length of the measured run; 600 for the endurance figures")
    parser.add_argument("--motion", type=Path, metavar="FILE.npz",
                        help="fit: truth of this motion (see `kinesics eval fit`) instead of"
                             " DeepMimic's")
    parser.add_argument("--variant", choices=("lite", "full", "heavy"), default="lite")


def run(args: argparse.Namespace) -> int:
    from kinesics_core import bench

    if args.name == "page":
        text = bench.page()
        Path("BENCHMARKS.md").write_text(text)
        print("wrote BENCHMARKS.md")
        return 0
    results = importlib.import_module(BENCHES[args.name]).run(args)
    bench.write(args.name, results, args.json)
    return 0
