"""``kinesics data import video|bag|rebl-pepper``: recordings of people, and of a robot."""

from __future__ import annotations

import argparse
import shlex
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from kinesics_core.commands.import_motion import check_rate, track
from kinesics_core.dataset.labels import HELP as LABEL_HELP
from kinesics_core.errors import KinesicsError
from kinesics_core.perception.config import KeypointConfig
from kinesics_core.settings import add_option, given_path, settings_of

if TYPE_CHECKING:
    from kinesics_core.importers.tracks import PeopleImportReport
    from kinesics_core.importers.videos import VideoProgress

VARIANT, PEOPLE = settings_of(KeypointConfig, "variant", "max_persons")


def add_video_arguments(parser: argparse.ArgumentParser) -> None:
    _add_paths(parser, "DIR", "a folder of videos, or one video")
    parser.add_argument("--label-pattern", metavar="REGEX", help=LABEL_HELP)
    add_option(parser, VARIANT)
    add_option(parser, PEOPLE, flag="--persons")
    parser.add_argument(
        "--rate", metavar="HZ", type=float,
        help="thin faster videos to this rate (default: keep each one's own)",
    )  # fmt: skip


def run_video(args: argparse.Namespace) -> int:
    from kinesics_core.importers.videos import VideoSettings, import_videos

    if fault := PEOPLE.fault(args.max_persons):
        raise KinesicsError(f"{fault}.")
    check_rate(args.rate)
    options = ["--variant", args.variant, "--persons", str(args.max_persons)]
    options += ["--rate", f"{args.rate:g}"] if args.rate else []
    settings = VideoSettings(
        KeypointConfig(args.variant, args.max_persons, expression_rate=0.0), args.rate,
        args.label_pattern,
        _command(args, *options, *_pattern(args)))
    with _video_bar() as progress:
        report = import_videos(args.source, args.out, settings, progress)
    print(summary(args.out, report))
    return 0


def add_bag_arguments(parser: argparse.ArgumentParser) -> None:
    _add_paths(parser, "BAG|DIR", "a bag (MCAP or SQLite), or a folder of bags")
    parser.add_argument("--label-pattern", metavar="REGEX", help=LABEL_HELP)


def run_bag(args: argparse.Namespace) -> int:
    from kinesics_core.importers.bags import import_bags

    report = import_bags(
        args.source, args.out, label_pattern=args.label_pattern,
        command=_command(args, *_pattern(args)), track=track)
    print(summary(args.out, report))
    return 0


def add_pepper_arguments(parser: argparse.ArgumentParser) -> None:
    _add_paths(parser, "DIR", "folder with the CSV files of REBL-Pepper, or an archive of them")


def run_pepper(args: argparse.Namespace) -> int:
    from kinesics_core.importers.pepper import import_pepper

    print(f"{args.out}: {import_pepper(args.source, args.out, _command(args))} clips")
    return 0


def summary(out: Path, report: PeopleImportReport) -> str:
    """Say in lines how many clips came of how many recordings, and what was left out and why."""
    kind = f"{report.kind}(s)"
    lines = [f"{out}: {report.clips} clip(s) of {report.tried} {kind}"]
    if report.left_out:
        lines.append(
            f"{len(report.left_out)} of {report.tried} {kind} gave no clip or were cut off:")
    lines += [f"{name}: {sentence}" for name, sentence in report.left_out]
    lines += report.others
    return "\n  ".join(lines)


def _command(args: argparse.Namespace, *options: str) -> str:
    """Return what the user typed, every option said."""
    return shlex.join(["kinesics", "data", "import", args.kind, str(args.source),
                       "--out", str(args.out), *options])


def _pattern(args: argparse.Namespace) -> list[str]:
    return ["--label-pattern", args.label_pattern] if args.label_pattern else []


@contextmanager
def _video_bar() -> Iterator[Callable[[VideoProgress], None]]:
    """Show how far and how fast the video in hand goes."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as Remaining

    with Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
                  TextColumn("{task.fields[speed]}"), Remaining(), console=Console(stderr=True),
                  transient=True) as progress:
        bar = progress.add_task("", total=None, speed="")
        began = time.monotonic()

        def show(now: VideoProgress) -> None:
            nonlocal began
            if now.frame == 0:
                began = time.monotonic()
                progress.reset(bar, total=None, speed="",
                               description=f"{now.number}/{now.count} {now.video.name}")
                return
            speed = now.frame / max(time.monotonic() - began, 1e-6)
            progress.update(bar, completed=now.frame, total=now.frames,
                            speed=f"{speed:.1f} frames/s")

        yield show


def _add_paths(parser: argparse.ArgumentParser, metavar: str, help: str) -> None:
    parser.add_argument("source", metavar=metavar, type=given_path, help=help)
    parser.add_argument("--out", metavar="DATASET", type=Path, required=True)
