"""A whole data set: each video of a folder fitted by a process of its own, none twice.

``OUT/NAME/`` is what ``kinesics fit`` makes of the video NAME, ``OUT/.jobs/`` remembers which are
through, ``OUT/dataset.json`` sums up. Killed at any point and started again, on this machine or on
a Ray cluster, the work goes on: finished videos stay, begun ones are taken up where they were
(``recording``), and one video's directory never takes two runs at a time.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from kinesics_core.fitting.errors import FitError
from kinesics_core.fitting.output.files import write_json
from kinesics_core.fitting.output.recording import REPORT, fit_recording
from kinesics_core.fitting.output.request import Request
from kinesics_core.fitting.progress import Progress
from kinesics_core.fitting.tracks.read_openpose import is_openpose
from kinesics_core.importers.videos import SUFFIXES, find
from kinesics_core.jobs import local as jobs
from kinesics_core.jobs import ray as cluster
from kinesics_core.perception.sources import image_files

PAPER_VIDEOS, PAPER_FRAMES, PAPER_GPU_HOURS = 1677, 300, 7267
""""Generative AI for human 3D body emotions", section 4.2: 52 s a frame on an A100 make 7,267
hours of frames out of 1,677 videos of 300."""

RETRIES = 2
"""How often a video whose process died is tried again."""

_LASTING = ("NONE", "NO_PERSON", "INPUT_UNREADABLE")
"""Ends of a fit that trying again would not change while the video is the same."""


@dataclass(frozen=True, slots=True)
class Clip:
    """What came of one video. name: of its folder. frames: fitted, of all people. reprojection_px:
    median. core_seconds: processor time of everything, keypoints to files, nan if an earlier run
    did part of it. reused: finished by an earlier run. fault: a sentence, or "" if it is whole."""

    name: str
    frames: int = 0
    people: int = 0
    reprojection_px: float = math.nan
    frames_per_second: float = math.nan
    core_seconds: float = math.nan
    reused: bool = False
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Summary:
    """clips: in order. seconds: of this run. processes: at a time, 0 if a cluster decided."""

    clips: tuple[Clip, ...]
    seconds: float
    processes: int

    @property
    def failed(self) -> list[Clip]:
        return [clip for clip in self.clips if clip.fault]

    @property
    def core_seconds_per_frame(self) -> float:
        """Of the videos that were fitted in one go; nan if none was."""
        known = [clip for clip in self.clips if clip.frames and math.isfinite(clip.core_seconds)]
        frames = sum(clip.frames for clip in known)
        return sum(clip.core_seconds for clip in known) / frames if frames else math.nan

    @property
    def paper_core_hours(self) -> float:
        """What the paper's videos would take at this rate, hours of one processor core."""
        return self.core_seconds_per_frame * PAPER_VIDEOS * PAPER_FRAMES / 3600.0


def is_dataset(source: Path) -> bool:
    """Whether a path is a folder of videos, rather than one recording in the form of a folder: of
    images, of OpenPose's files, or a bag."""
    if not source.is_dir() or is_openpose(source) or image_files(source):
        return False
    return next(source.glob("*.mcap"), None) is None and any(
        path.suffix.lower() in SUFFIXES for path in source.rglob("*"))


def fit_dataset(
    request: Request, *, processes: int = 1, ray: str | None = None,
    console: Console | None = None,
) -> Summary:
    """Fits every video under ``request.input`` into a folder of its own under ``request.output``;
    all else in the request holds for each.

    processes: at a time, a core each. ray: address of a Ray cluster to run on instead. A video
    that fails is told in the summary and costs itself only. KinesicsError if there is no video,
    or no such cluster.
    """
    videos = find(request.input)
    if request.output.exists() and not request.output.is_dir():
        raise FitError(f"The output {request.output} is a file; give a directory.", "INVALID_GOAL")
    console = console or Console(stderr=True)
    began = time.monotonic()
    kept = request.output / ".jobs"
    work = [_job(request, video, name) for video, name in zip(
        videos, _names(request.input, videos), strict=True)]
    for job in work:  # a folder that was removed or is to be made anew
        if not request.resume or not (request.output / job.name / REPORT).exists():
            (kept / job.file).unlink(missing_ok=True)
    if ray is None:
        outcomes = jobs.run(work, kept, processes=processes, console=console, retries=RETRIES)
    else:
        outcomes = cluster.run(work, kept, ray, console=console, retries=RETRIES)
    summary = Summary(tuple(_clip(outcome, request.output) for outcome in outcomes),
                      time.monotonic() - began, processes if ray is None else 0)
    write_json(request.output / "dataset.json", _document(summary))
    return summary


def show(summary: Summary, console: Console) -> None:
    """The table at the end: what was fitted, how fast, what failed, and the paper's videos."""
    fitted = [clip for clip in summary.clips if not clip.fault]
    frames = sum(clip.frames for clip in summary.clips)
    errors = [clip.reprojection_px for clip in fitted if math.isfinite(clip.reprojection_px)]
    fresh = sum(clip.frames for clip in summary.clips if not clip.reused)
    table = Table(show_header=False)
    for name, value in (
        ("videos", f"{len(summary.clips)}: {len(fitted)} fitted, {len(summary.failed)} failed,"
                   f" {sum(clip.reused for clip in fitted)} of them before"),
        ("people", str(sum(clip.people for clip in summary.clips))),
        ("frames fitted", str(frames)),
        ("reprojection", f"{np.median(errors):.2f} px, median of the videos" if errors else "-"),
        ("this run", f"{summary.seconds:.0f} s, {fresh / max(summary.seconds, 1e-9):.1f} frames/s"
                     " from video to files"),
        ("one core", _rate(summary.core_seconds_per_frame)),
    ):
        table.add_row(name, value)
    console.print(table)
    for clip in summary.failed:
        console.print(f"{clip.name}: {clip.fault}", highlight=False)
    if math.isfinite(hours := summary.paper_core_hours):
        shared = (f", {hours / summary.processes:.1f} hours with {summary.processes} processes"
                  if summary.processes > 1 else "")
        console.print(
            f"The paper's {PAPER_VIDEOS:,} videos of about {PAPER_FRAMES} frames, an estimated"
            f" {PAPER_GPU_HOURS:,} GPU hours there, would take {hours:.1f} core hours at this"
            f" rate{shared}.", highlight=False)


def _rate(seconds: float) -> str:
    return f"{1.0 / seconds:.1f} frames/s from video to files" if math.isfinite(seconds) else "-"


# --- one video -------------------------------------------------------------------------------


def fit_clip(
    settings: Mapping[str, Any], inputs: Mapping[str, Any], report: jobs.Report
) -> dict[str, Any]:
    """The work of one job. FitError if the video might be fitted another time."""
    request: Request = inputs["request"]
    again = request.output.exists() and request.resume
    began = time.process_time()

    def told(step: Progress) -> None:
        rate = f", {step.rate:.0f} frames/s" if math.isfinite(step.rate) else ""
        report(step.done, step.total, f"{step.stage}{rate}")

    found = fit_recording(request, progress=told)
    if found.error_code not in _LASTING:
        raise FitError(found.message, found.error_code)
    fault = found.message or ""
    return {
        "frames": found.frames_fitted, "people": len(found.people), "fault": fault,
        "reprojection_px": _finite(found.reprojection_px),
        "frames_per_second": _finite(found.frames_per_second),
        "core_seconds": None if again else time.process_time() - began,
    }


def _job(request: Request, video: Path, name: str) -> jobs.Job:
    one = replace(request, input=video, output=request.output / name)
    # Whoever does it may work in another folder.
    paths: dict[str, Any] = {key: value.absolute() for key, value in asdict(one).items()
                             if isinstance(value, Path)}
    one = replace(one, **paths)
    state = video.stat()
    options = {key: str(value) if isinstance(value, Path) else value
               for key, value in asdict(one).items()
               if key not in ("input", "output", "resume")}
    return jobs.Job(
        name, fit_clip, {"video": name, "bytes": state.st_size, "changed": state.st_mtime_ns,
                         **options}, {"request": one})


def _names(folder: Path, videos: Sequence[Path]) -> list[str]:
    """A folder for each: its path without the suffix, unless another has the same."""
    bare = [video.relative_to(folder).with_suffix("").as_posix() for video in videos]
    return [name if bare.count(name) == 1 else video.relative_to(folder).as_posix()
            for name, video in zip(bare, videos, strict=True)]


def _clip(outcome: jobs.Outcome, output: Path) -> Clip:
    name = outcome.job.name
    if outcome.result is None:
        return Clip(name, fault=outcome.error)
    known: dict[str, Any] = {
        key: math.nan if value is None else value for key, value in outcome.result.items()}
    if not (output / name / REPORT).exists():
        # Only a machine that writes elsewhere than it was told can end up here.
        return Clip(name, fault=f"its files are not in {output / name}; every machine of the"
                                " cluster must see that folder under the same path")
    return Clip(name, **known, reused=outcome.reused)


def _document(summary: Summary) -> dict[str, Any]:
    return {
        "format": "kinesics fit dataset 1", "seconds": summary.seconds,
        "core_seconds_per_frame": _finite(summary.core_seconds_per_frame),
        "paper_core_hours": _finite(summary.paper_core_hours),
        "clips": [{key: _finite(value) if isinstance(value, float) else value
                   for key, value in asdict(clip).items()} for clip in summary.clips],
    }


def _finite(value: float) -> float | None:
    return float(f"{value:.5g}") if math.isfinite(value) else None

