"""``kinesics demo``: a real person's video, answered by the robot."""

from __future__ import annotations

import argparse
from pathlib import Path

from kinesics_ros.graph_arguments import add_graph_arguments, overrides

HELP = "real footage through the whole graph; leaves a video, a bag and figures in out/demo"

# A talking face (emotion), then one person's whole body from two sides (motion).
FOOTAGE = ("demo-face", "demo-face", "demo-body", "demo-body-2")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_graph_arguments(parser)
    parser.add_argument("--out", type=Path, default=Path("out/demo"), metavar="DIR")
    parser.add_argument("--duration", type=float, metavar="S", help="stop after so many seconds")


def footage() -> str:
    """The demo's clips as one source, fetched if need be."""
    from kinesics_core.assets import store

    return ",".join(str(store.path(name)) for name in FOOTAGE)


def run(args: argparse.Namespace) -> int:
    from kinesics_core.assets import store

    if args.source is None:
        args.source = footage()
    store.path(f"holistic-{args.variant or 'lite'}")
    from kinesics_ros.demo import demo

    summary = demo(overrides(args), args.out, args.params, args.duration)
    latency = summary["latency_ms"]
    print(
        f"{summary['frames']} frames at {summary['processed_fps']} fps, image to robot face "
        f"p50 {latency['p50']} ms, p95 {latency['p95']} ms, peak {summary['peak_rss_mb']} MB\n"
        f"look at {args.out / 'demo.mp4'}; figures: {args.out / 'summary.json'}; "
        f"recording: {args.out / 'bag'}"
    )
    return 0
