"""``kinesics fit VIDEO --out DIR``: bodies fitted to the people of a recording, and their files."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from kinesics_core.errors import KinesicsError
from kinesics_core.fitting.output.request import GENDERS
from kinesics_core.fitting.server_config import MeshFitConfig
from kinesics_core.fitting.settings import POSE_SPACES
from kinesics_core.settings import add_option, settings_of

if TYPE_CHECKING:
    from kinesics_core.fitting.output.request import Report, Request
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
    parser.add_argument("source", metavar="VIDEO", type=Path, help="a video, a folder of"
                        " videos or of images, a bag, a folder of OpenPose's JSON files, or"
                        " keypoints (.npz)")
    parser.add_argument("--out", metavar="DIR", type=Path, required=True)
    parser.add_argument("--gender", choices=GENDERS,
                        default="neutral", help="the body's (default: %(default)s)")
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
                        " this video, used instead of our perception")
    parser.add_argument("--pose-space", choices=POSE_SPACES,
                        help="optimise poses in the prior's space or as rotations")
    parser.add_argument("--jobs", metavar="N", type=int, help="of a folder of videos, how many to"
                        " fit at a time, a core each (default: 1)")
    parser.add_argument("--ray", metavar="ADDRESS", help="fit a folder of videos on a Ray cluster:"
                        " auto, HOST:6379, ray://HOST:10001, or local")


def run(args: argparse.Namespace) -> int:
    from kinesics_core.fitting.output.dataset import is_dataset
    from kinesics_core.fitting.output.recording import fit_recording
    from kinesics_core.fitting.output.request import Request

    request = Request(
        args.source.expanduser(), args.out.expanduser(), gender=args.gender, person=args.person,
        first=args.first, last=args.last, meshes=not args.no_meshes,
        overlays=not args.no_overlays, resume=not args.no_resume,
        body_model=_path(args.body_model), prior=_path(args.prior), focal=args.focal,
        keypoints=args.keypoints, pose_space=args.pose_space)
    if is_dataset(request.input):
        return _fit_dataset(args, request)
    if args.jobs is not None or args.ray is not None:
        raise KinesicsError(
            f"--jobs and --ray are for a folder of videos, and {request.input} is none.")
    with _stop() as stop, _bars() as show:
        report = fit_recording(request, progress=show, cancelled=lambda: bool(stop))
    _tell(request, report)
    if report.complete:
        return 0
    if report.error_code == "CANCELED":
        print(f"kinesics fit: {report.message}", file=sys.stderr)
        return 130
    raise KinesicsError(report.message)


def _path(given: str) -> Path | None:
    return Path(given) if given else None


def _fit_dataset(args: argparse.Namespace, request: Request) -> int:
    from rich.console import Console

    from kinesics_core.fitting.output import dataset

    processes = 1 if args.jobs is None else args.jobs
    summary = dataset.fit_dataset(request, processes=processes, ray=args.ray)
    dataset.show(summary, Console())
    return 1 if summary.failed else 0


@contextmanager
def _stop() -> Iterator[list[int]]:
    """Becomes true at the first Ctrl-C; the second ends the program at once."""
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
    """A bar for each stage, as it comes."""
    from math import isfinite

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


def _tell(request: Request, report: Report) -> None:
    """The people, the time and where to look, on standard output."""
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
                f"{person.jitter:.2f}")
        console.print(table)
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
