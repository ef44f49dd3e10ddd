"""A folder of videos: each fitted by a process of its own, none twice.

``OUT/NAME/`` is what ``kinesics fit`` makes of the video NAME, ``OUT/.jobs/`` remembers which are
through, ``OUT/dataset.json`` sums up. Killed at any point and started again, on this machine or on
a Ray cluster, the work goes on: finished videos stay, begun ones are taken up where they were
(``recording``), and one video's directory never takes two runs at a time.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePath
from typing import Any

from kinesics_core.dataset.labels import labels_from
from kinesics_core.files import files_below, write_json
from kinesics_core.fitting.errors import FitError
from kinesics_core.fitting.output.directory import REPORT
from kinesics_core.fitting.output.recording import fit_recording
from kinesics_core.fitting.output.request import FitRequest
from kinesics_core.fitting.progress import Progress
from kinesics_core.fitting.tracks.read_openpose import is_openpose
from kinesics_core.importers.other_recordings import beside, sentences
from kinesics_core.importers.videos import find
from kinesics_core.jobs import local as jobs
from kinesics_core.jobs import ray as cluster
from kinesics_core.perception.file_endings import VIDEO_SUFFIXES
from kinesics_core.perception.sources import image_files
from kinesics_core.recording.bag_reader import is_bag

PAPER_VIDEOS, PAPER_FRAMES, PAPER_GPU_HOURS = 1677, 300, 7267
""""Generative AI for human 3D body emotions", section 4.2: 52 s a frame on an A100 make 7,267
hours of frames out of 1,677 videos of 300."""

RETRIES = 2
"""Times that a video whose process died is tried again."""

_log = logging.getLogger(__name__)

_LASTING = ("NONE", "NO_PERSON", "INPUT_UNREADABLE")
"""Error codes of a fit that trying again would not change while the video is the same."""


@dataclass(frozen=True, slots=True)
class VideoResult:
    """Result of one video.

    Attributes:
        name: Of its folder.
        frames: Fitted, of all people.
        people: Fitted.
        reprojection_px: Median.
        frames_per_second: Of the fit itself.
        core_seconds: Processor time of everything, keypoints to files; nan if an earlier run did
            part of it.
        reused: Whether an earlier run finished it.
        fault: A sentence, or "" if it is whole.
    """

    name: str
    frames: int = 0
    people: int = 0
    reprojection_px: float = math.nan
    frames_per_second: float = math.nan
    core_seconds: float = math.nan
    reused: bool = False
    fault: str = ""


@dataclass(frozen=True, slots=True)
class DatasetSummary:
    """Results of a folder of videos.

    Attributes:
        videos: In order.
        seconds: Of this run.
        processes: At a time; 0 if a cluster decided.
    """

    videos: tuple[VideoResult, ...]
    seconds: float
    processes: int

    @property
    def failed(self) -> list[VideoResult]:
        """Videos that are not whole."""
        return [video for video in self.videos if video.fault]

    @property
    def core_seconds_per_frame(self) -> float:
        """Processor time of a frame in the videos that were fitted in one go; nan if none was."""
        known = [video for video in self.videos
                 if video.frames and math.isfinite(video.core_seconds)]
        frames = sum(video.frames for video in known)
        return sum(video.core_seconds for video in known) / frames if frames else math.nan

    @property
    def paper_core_hours(self) -> float:
        """Hours of one processor core that the paper's videos would take at this rate."""
        return self.core_seconds_per_frame * PAPER_VIDEOS * PAPER_FRAMES / 3600.0


def is_dataset(source: Path) -> bool:
    """Return whether a path is a folder of videos.

    A folder of images, of OpenPose's files, or a bag is one recording.
    """
    if not source.is_dir() or is_openpose(source) or image_files(source):
        return False
    return not is_bag(source) and any(
        path.suffix.lower() in VIDEO_SUFFIXES for path in files_below(source))


def fit_dataset(
    request: FitRequest, *, processes: int = 1, ray: str | None = None,
    hooks: jobs.JobHooks = jobs.NO_HOOKS,
) -> DatasetSummary:
    """Fit every video of a folder into a folder of its own.

    A video that fails is told in the summary and costs itself only.

    Args:
        request: Its input is the folder of videos, its output that of their folders; all else
            holds for each video.
        processes: At a time, a core each.
        ray: Address of a Ray cluster to run on instead.
        hooks: Told how far the jobs are.

    Raises:
        KinesicsError: There is no video, or no such cluster.
    """
    output = request.output.resolve()
    # Where results go below the videos, an earlier run's overlay.mp4 is none of them.
    videos = [video for video in find(request.input) if output not in video.resolve().parents]
    if not videos:
        raise FitError(f"{request.input} holds no video beside those in {request.output}.",
                       "INPUT_UNREADABLE")
    for sentence in sentences({
            name: advice for name, advice in beside(request.input, VIDEO_SUFFIXES).items()
            if output not in (request.input / name).resolve().parents}):
        _log.warning("%s", sentence)
    if request.output.exists() and not request.output.is_dir():
        raise FitError(f"The output {request.output} is a file; give a directory.", "INVALID_GOAL")
    began = time.monotonic()
    kept = request.output / ".jobs"
    labels = labels_from([PurePath(video.relative_to(request.input)) for video in videos],
                         request.label_pattern)
    work = [_job(replace(request, labels={**named, **request.labels}), video, name)
            for video, name, named in zip(
                videos, _names(request.input, videos), labels, strict=True)]
    for job in work:  # a folder that was removed or is to be made anew
        if not request.resume or not (request.output / job.name / REPORT).exists():
            (kept / job.file).unlink(missing_ok=True)
    if ray is None:
        outcomes = jobs.run(work, kept, processes=processes, retries=RETRIES, hooks=hooks)
    else:
        outcomes = cluster.run(work, kept, ray, retries=RETRIES, hooks=hooks)
    summary = DatasetSummary(
        tuple(_video_result(outcome, request.output) for outcome in outcomes),
        time.monotonic() - began, processes if ray is None else 0)
    write_json(request.output / "dataset.json", _document(summary))
    return summary


# --- one video -------------------------------------------------------------------------------


def fit_video(
    settings: Mapping[str, Any], inputs: Mapping[str, Any], report: jobs.OnProgress
) -> dict[str, Any]:
    """Fit one video: the work of a job.

    Args:
        settings: Of the job; they are in the request, too.
        inputs: With the ``FitRequest`` as "request".
        report: Told how far it is.

    Returns:
        The fields of ``VideoResult`` that JSON can hold.

    Raises:
        FitError: The video might be fitted another time.
    """
    request: FitRequest = inputs["request"]
    again = request.output.exists() and request.resume
    began = time.process_time()

    def tell(step: Progress) -> None:
        rate = f", {step.rate:.0f} frames/s" if math.isfinite(step.rate) else ""
        report(step.done, step.total, f"{step.stage}{rate}")

    found = fit_recording(request, progress=tell)
    if found.error_code not in _LASTING:
        raise FitError(found.message, found.error_code)
    fault = found.message or ""
    return {
        "frames": found.frames_fitted, "people": len(found.people), "fault": fault,
        "reprojection_px": _finite(found.reprojection_px),
        "frames_per_second": _finite(found.frames_per_second),
        "core_seconds": None if again else time.process_time() - began,
    }


def _job(request: FitRequest, video: Path, name: str) -> jobs.Job:
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
        name, fit_video, {"video": name, "bytes": state.st_size, "changed": state.st_mtime_ns,
                         **options}, {"request": one})


def _names(folder: Path, videos: Sequence[Path]) -> list[str]:
    """Return a folder's name for each: its path without the suffix, unless another has the same."""
    bare = [video.relative_to(folder).with_suffix("").as_posix() for video in videos]
    return [name if bare.count(name) == 1 else video.relative_to(folder).as_posix()
            for name, video in zip(bare, videos, strict=True)]


def _video_result(outcome: jobs.Outcome, output: Path) -> VideoResult:
    name = outcome.job.name
    if outcome.result is None:
        return VideoResult(name, fault=outcome.error)
    known: dict[str, Any] = {
        key: math.nan if value is None else value for key, value in outcome.result.items()}
    if not (output / name / REPORT).exists():
        # Only a machine that writes elsewhere than it was told can end up here.
        return VideoResult(
            name, fault=f"its files are not in {output / name}; every machine of the cluster must"
                        " see that folder under the same path")
    return VideoResult(name, **known, reused=outcome.reused)


def _document(summary: DatasetSummary) -> dict[str, Any]:
    return {
        "format": "kinesics fit dataset 1", "seconds": summary.seconds,
        "core_seconds_per_frame": _finite(summary.core_seconds_per_frame),
        "paper_core_hours": _finite(summary.paper_core_hours),
        "clips": [{key: _finite(value) if isinstance(value, float) else value
                   for key, value in asdict(video).items()} for video in summary.videos],
    }


def _finite(value: float) -> float | None:
    return float(f"{value:.5g}") if math.isfinite(value) else None

