"""``kinesics fit VIDEO --out DIR``: bodies fitted to the people of a recording, and their files."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from kinesics_core import extras
from kinesics_core.commands import tables
from kinesics_core.dataset import labels
from kinesics_core.errors import KinesicsError
from kinesics_core.fitting.server_config import MeshFitConfig
from kinesics_core.fitting.settings import GLB_INFLUENCES, Settings
from kinesics_core.settings import add_option, given_path, settings_of

if TYPE_CHECKING:
    from rich.console import Console

    from kinesics_core.fitting.output.dataset import DatasetSummary
    from kinesics_core.fitting.output.request import FitReport, FitRequest
    from kinesics_core.fitting.progress import Progress as Step

HELP = "fit bodies to a video: meshes, overlays and SMPL-X parameters of every frame"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Fits the shape, pose, hands, face and expression of a body model to everybody in a"
        " recording. Writes params.npz, motion.glb, motion.bvh, overlay.mp4, contact.jpg, fit.json"
        " and camera.json, and for each frame a mesh (.obj), an overlay (.jpg) and parameters"
        " (.npz); with several people, into a folder person_ID for each. Started again after an"
        " interruption, it goes on where it was."
    )
    parser.add_argument("source", metavar="VIDEO", type=given_path, help="a video, a folder of"
                        " videos or of images, a bag, a folder of OpenPose's JSON files, or"
                        " keypoints (.npz; .json of AlphaPose or COCO)")
    parser.add_argument("--out", metavar="DIR", type=Path, required=True)
    gender, pose_space = settings_of(Settings, "gender", "pose_space")
    add_option(parser, gender)
    parser.add_argument("--person", metavar="N", type=int, default=0,
                        help="fit only the person of this id (default: everybody)")
    parser.add_argument("--first", metavar="N", type=int, default=0,
                        help="first frame, counted from 0 (default: 0)")
    parser.add_argument("--last", metavar="N", type=int,
                        help="last frame, included (default: to the end)")
    parser.add_argument("--no-meshes", action="store_true", help="no .obj for each frame")
    parser.add_argument("--no-overlays", action="store_true",
                        help="no picture for each frame, and no overlay video")
    parser.add_argument("--no-resume", action="store_true",
                        help="begin again: remove what an earlier fit wrote to DIR")
    body_model, prior = settings_of(MeshFitConfig, "body_model", "prior")
    add_option(parser, body_model, flag="--model", metavar="PATH")
    add_option(parser, prior, metavar="PATH")
    parser.add_argument("--focal", metavar="PX", type=float, help="focal length of the camera at"
                        " the video's size (default: found)")
    parser.add_argument("--keypoints", metavar="DIR", type=Path, help="OpenPose's JSON files of"
                        " this video, or AlphaPose's one, used instead of our perception")
    add_option(parser, pose_space, default=None)
    parser.add_argument("--glb-influences", metavar="N", type=int, choices=GLB_INFLUENCES,
                        default=GLB_INFLUENCES[0], help="joints that a vertex of motion.glb may"
                        " follow: 4, which every engine reads, or 8 (default: 4)")
    parser.add_argument("--label", metavar="NAME=VALUE", type=_label, action="append", default=[],
                        help="what is known of the recording, such as emotion=anger, kept in"
                        " params.npz and fit.json; may be given several times")
    parser.add_argument("--label-pattern", metavar="REGEX", help="of a folder of videos: "
                        + labels.HELP)
    parser.add_argument("--jobs", metavar="N", type=int, help="of a folder of videos, how many to"
                        " fit at a time, a core each (default: 1)")
    parser.add_argument("--ray", metavar="ADDRESS", help="fit a folder of videos on a Ray cluster:"
                        " auto, HOST:6379, ray://HOST:10001, or local")


def run(args: argparse.Namespace) -> int:
    extras.require("fit", "Fitting bodies")
    from kinesics_core.fitting.output.dataset import is_dataset
    from kinesics_core.fitting.output.recording import fit_recording
    from kinesics_core.fitting.output.request import FitRequest

    request = FitRequest(
        args.source.expanduser(), args.out.expanduser(), gender=args.gender, person=args.person,
        first=args.first, last=args.last, meshes=not args.no_meshes,
        overlays=not args.no_overlays, resume=not args.no_resume,
        body_model=_path(args.body_model), prior=_path(args.prior), focal=args.focal,
        keypoints=args.keypoints, pose_space=args.pose_space,
        glb_influences=args.glb_influences, labels=dict(args.label),
        label_pattern=args.label_pattern)
    if is_dataset(request.input):
        return _fit_dataset(args, request)
    if args.jobs is not None or args.ray is not None:
        raise KinesicsError(
            f"--jobs and --ray are for a folder of videos, and {request.input} is none.")
    if args.label_pattern is not None:
        raise KinesicsError(
            f"--label-pattern is for a folder of videos, and {request.input} is none; give --label"
            " NAME=VALUE.")
    with _interrupts() as asked, _bars() as show:
        report = fit_recording(request, progress=show, cancelled=lambda: bool(asked))
    _print_report(request, report)
    if report.complete:
        return 0
    if report.error_code == "CANCELED":
        print(f"kinesics fit: {report.message}", file=sys.stderr)
        return 130
    raise KinesicsError(report.message)


def _label(text: str) -> tuple[str, str]:
    """Return name and value of NAME=VALUE; argparse.ArgumentTypeError if it is none."""
    name, equals, value = text.partition("=")
    if not (name.isidentifier() and equals and value):
        raise argparse.ArgumentTypeError(f"got {text!r}, wanted NAME=VALUE, as emotion=anger")
    return name, value


def _path(given: str) -> Path | None:
    return Path(given) if given else None


def _fit_dataset(args: argparse.Namespace, request: FitRequest) -> int:
    from rich.console import Console

    from kinesics_core.commands.job_progress import job_progress
    from kinesics_core.fitting.output import dataset

    processes = 1 if args.jobs is None else args.jobs
    with job_progress(Console(stderr=True)) as hooks:
        summary = dataset.fit_dataset(request, processes=processes, ray=args.ray, hooks=hooks)
    print_summary(summary, Console())
    return 1 if summary.failed else 0


def print_summary(summary: DatasetSummary, console: Console) -> None:
    """Print what was fitted, how fast, what failed, and how long the paper's videos would take."""
    from statistics import median

    from rich.table import Table

    from kinesics_core.fitting.output.dataset import (
        PAPER_FRAMES,
        PAPER_GPU_HOURS,
        PAPER_VIDEOS,
    )

    fitted = [video for video in summary.videos if not video.fault]
    frames = sum(video.frames for video in summary.videos)
    errors = [video.reprojection_px for video in fitted if isfinite(video.reprojection_px)]
    fresh = sum(video.frames for video in summary.videos if not video.reused)
    table = Table(show_header=False)
    for name, value in (
        ("videos", f"{len(summary.videos)}: {len(fitted)} fitted, {len(summary.failed)} failed,"
                   f" {sum(video.reused for video in fitted)} of them before"),
        ("people", str(sum(video.people for video in summary.videos))),
        ("frames fitted", str(frames)),
        ("reprojection", f"{median(errors):.2f} px, median of the videos" if errors else "-"),
        ("this run", f"{summary.seconds:.0f} s, {fresh / max(summary.seconds, 1e-9):.1f} frames/s"
                     " from video to files"),
        ("one core", _rate(summary.core_seconds_per_frame)),
    ):
        table.add_row(name, value)
    tables.show(table, console)
    for video in summary.failed:
        console.print(f"{video.name}: {video.fault}", highlight=False)
    if isfinite(hours := summary.paper_core_hours):
        shared = (f", {hours / summary.processes:.1f} hours with {summary.processes} processes"
                  if summary.processes > 1 else "")
        console.print(
            f"The paper's {PAPER_VIDEOS:,} videos of about {PAPER_FRAMES} frames, an estimated"
            f" {PAPER_GPU_HOURS:,} GPU hours there, would take {hours:.1f} core hours at this"
            f" rate{shared}.", highlight=False)


def _rate(seconds: float) -> str:
    return f"{1.0 / seconds:.1f} frames/s from video to files" if isfinite(seconds) else "-"


@contextmanager
def _interrupts() -> Iterator[list[int]]:
    """Give a list that the first Ctrl-C enters; the second ends the program at once."""
    asked: list[int] = []

    def ask(number: int, frame: object) -> None:
        asked.append(number)
        signal.signal(signal.SIGINT, before)
        print("\nstopping, what is finished is kept; Ctrl-C again to end at once", file=sys.stderr)

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _bars() -> Iterator:
    """Show a bar for each stage, as it comes."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

    bars: dict[str, TaskID] = {}
    with Progress(
        TextColumn("{task.description:<10}"), BarColumn(), MofNCompleteColumn(),
        TextColumn("{task.fields[note]}"), console=Console(stderr=True),
    ) as progress:
        def show(step: Step) -> None:
            if step.stage not in bars:
                if step.stage == "write":  # nobody is left to be fitted
                    for task in progress.tasks:
                        progress.update(task.id, completed=task.total)
                bars[step.stage] = progress.add_task(step.stage.replace("_", ", "), note="")
            note = f"{step.rate:.1f} frames/s" if isfinite(step.rate) else ""
            note += f"  loss {step.loss:.4g}" if isfinite(step.loss) else ""
            progress.update(bars[step.stage], completed=step.done, total=step.total or None,
                            note=note)

        yield show


def _print_report(request: FitRequest, report: FitReport) -> None:
    """Print the people, the time and where to look."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    if report.people:
        table = Table(title=f"{request.input.name}: {report.frames_fitted} frames fitted")
        for column in ("person", "frames", "not fitted", "error px", "p95 px", "% height",
                       "inside mm", "m/s²"):
            table.add_column(column, justify="right")
        for person in sorted(report.people, key=lambda person: person.id):
            table.add_row(
                str(person.id), str(person.frames), str(person.failed),
                f"{person.reprojection_px:.2f}", f"{person.reprojection_p95_px:.2f}",
                f"{person.reprojection_percent:.2f}", f"{person.penetration_mm:.1f}",
                f"{person.jitter:.2f}" if isfinite(person.jitter) else "-")
        tables.show(table)
    for sentence in report.failures:
        console.print(sentence, highlight=False)
    if report.seconds:
        spent = ", ".join(f"{stage.replace('_', ' and ')} {seconds:.1f} s"
                          for stage, seconds in report.seconds.items())
        rate = report.frames_per_second
        console.print(spent + (f"; the fit itself {rate:.1f} frames/s" if rate > 0 else ""),
                      highlight=False)
    if report.complete:
        console.print(f"look at {request.output / 'contact.jpg'}"
                      if len(report.people) == 1 else f"look at {request.output}",
                      highlight=False)
