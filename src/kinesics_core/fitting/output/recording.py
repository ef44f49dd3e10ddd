"""Fits the people of a recording and writes their files: ``fit_recording(FitRequest(video, out))``.

The output directory is also the memory of the work. ``request.json`` says what was asked
(``directory``); ``keypoints.npz`` is kept once perception is through, ``.fit/`` holds what the
optimiser has finished, ``params.npz`` ends it, and every later file is whole or not there. A run
that was killed, cancelled or ran out of disk goes on from these.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from kinesics_core.body import bvh, gltf, model
from kinesics_core.body.parameters import PARAMETERS
from kinesics_core.errors import KinesicsError, SourceError
from kinesics_core.files import (
    WriteError,
    read_arrays,
    sha256_of,
    write_arrays,
    write_bytes,
    write_json,
)
from kinesics_core.fitting.checkpoints import Checkpoints
from kinesics_core.fitting.errors import FitError, code_of
from kinesics_core.fitting.fit import Fit, fit
from kinesics_core.fitting.output.directory import (
    BVH,
    CAMERA,
    CHECKPOINTS,
    GLB,
    KEYPOINTS,
    PARAMS,
    QUALITY,
    REPORT,
    REQUEST,
    is_written,
    locked,
    request_document,
    result_files,
    take_over,
)
from kinesics_core.fitting.output.documents import camera_document, fit_document, plain
from kinesics_core.fitting.output.frame_files import (
    FittedPerson,
    FrameOutputs,
    joints_of,
    write_frames,
)
from kinesics_core.fitting.output.params_file import BodyFile, arrays_of, fit_of, relabel
from kinesics_core.fitting.output.quality import person_report
from kinesics_core.fitting.output.request import FitReport, FitRequest
from kinesics_core.fitting.progress import FitHooks, IsCancelled, OnProgress
from kinesics_core.fitting.tracks.read_openpose import is_openpose
from kinesics_core.fitting.tracks.read_tracks import ReadOptions, read_tracks, video_of
from kinesics_core.fitting.tracks.track import Track
from kinesics_core.fitting.tracks.track_file import load_tracks, save_tracks
from kinesics_core.perception.sources import image_files, open_source
from kinesics_core.recording.bag_reader import is_bag


def fit_recording(
    request: FitRequest, *, progress: OnProgress | None = None,
    cancelled: IsCancelled | None = None,
) -> FitReport:
    """Fit everybody, or one person, of a recording and write what came of it.

    Faults a user can act on end the work and are told in the report, with everything finished
    until then kept and named in it; nothing of that kind is raised. One directory takes one run
    at a time.

    Args:
        request: The recording, the output, and what is wanted.
        progress: Told how far the work is.
        cancelled: Asked whether to stop; the work then ends within a second.
    """
    report = FitReport()
    try:
        request.check()
        body = model.load(request.body_model, request.first_gender)
        with locked(request.output):
            run = _Run(request, body, report, FitHooks(progress, cancelled))
            run.take_over_directory()
            try:
                run.write_everything()
                report.complete = True
            except (KinesicsError, OSError, MemoryError) as error:
                _set_error(report, request, error)
            report.files = result_files(request.output)
            with suppress(WriteError):  # on a full disk the report itself still reaches the caller
                write_json(request.output / REPORT, plain(asdict(report)))
    except (KinesicsError, OSError) as error:
        _set_error(report, request, error)
    return report


def _set_error(report: FitReport, request: FitRequest, error: BaseException) -> None:
    if isinstance(error, OSError):
        error = WriteError(request.output, error)
    if isinstance(error, MemoryError):
        error = FitError(f"There is not enough memory to fit {request.input}; close other programs"
                         " or fit fewer people at a time.")
    report.error_code, report.message = code_of(error), str(error)


class _Run:
    """One run: what was asked, and what of it is done."""

    def __init__(
        self, request: FitRequest, body: model.BodyModel, report: FitReport, hooks: FitHooks
    ) -> None:
        self._request, self._body, self._report, self._hooks = request, body, report, hooks
        self._out = request.output
        self._document: dict[str, Any] = {}
        self._errors: dict[int, np.ndarray] = {}  # px, of each person's fitted frames

    def take_over_directory(self) -> None:
        """Make the directory this request's; FitError if it holds results of another."""
        request = self._request
        body = model.find(request.body_model, request.first_gender)
        self._document = request_document(request, sha256_of(body))
        self._report.failures += take_over(self._out, self._document, request.resume)

    def write_everything(self) -> None:
        """Find keypoints, fit everybody and write their files, as far as that is not done yet."""
        request = self._request
        people = self._fit_people(self._tracks())
        count, seconds = write_frames(
            people, partial(images_of, request.input, request.first),
            FrameOutputs(self._out, request.meshes, request.overlays, request.first, request.last),
            self._hooks)
        self._report.seconds["write"] = seconds
        for person in people:
            _write_motion(person, request.glb_influences)
            self._describe(person, True, 1000.0 * seconds / count if count else None)

    def _tracks(self) -> list[Track]:
        """Return the people asked for: kept by an earlier run, or found and kept now."""
        request, kept = self._request, self._out / KEYPOINTS
        tracks = load_tracks(kept) if is_written(kept) else None
        began = time.monotonic()
        if tracks is None:
            notes: list[str] = []
            tracks = read_tracks(
                request.input, ReadOptions(request.first, request.last, request.keypoints),
                replace(self._hooks, note=notes.append))
            write_json(self._out / REQUEST, self._document | {"notes": notes})
            write_bytes(kept, save_tracks(tracks))
            self._report.seconds["keypoints"] = time.monotonic() - began
            self._report.failures += notes
        chosen = [track for track in tracks if request.person in (0, track.person)]
        if not chosen:
            raise FitError(
                f"There is no person {request.person} in {request.input}; seen were"
                f" {', '.join(str(track.person) for track in tracks)}. Give one of these ids, or 0"
                " for everybody.", "NO_PERSON")
        return chosen

    def _fit_people(self, tracks: list[Track]) -> list[FittedPerson]:
        """Fit everybody, the longest track first: it knows most of the camera they share."""
        people: dict[int, FittedPerson] = {}
        faults: list[FitError] = []
        focal = self._request.focal
        done, total = 0, sum(map(len, tracks))
        for track in sorted(tracks, key=len, reverse=True):
            folder = self._out / (f"person_{track.person}" if len(tracks) > 1 else "")
            try:
                person = self._fit_person(
                    replace(track, focal=focal or track.focal), folder,
                    _shifted(self._hooks, done, total))
            except FitError as error:
                if error.code not in ("NO_PERSON", "FAILED"):
                    raise
                faults.append(error)
                self._report.failures.append(f"Person {track.person}: {error}")
                continue
            people[track.person] = person
            focal = focal or person.fit.focal
            done += len(track)
        if not people:
            raise faults[0]
        self._report.frames_per_second = sum(
            len(person.track) for person in people.values()) / max(sum(
                sum(person.fit.seconds.values()) for person in people.values()), 1e-9)
        return [people[track.person] for track in tracks if track.person in people]

    def _fit_person(self, track: Track, folder: Path, hooks: FitHooks) -> FittedPerson:
        """Return a person's fit: finished by an earlier run, or made and kept now."""
        request, kept = self._request, folder / PARAMS
        found = _finished(kept)
        checkpoints, complete = None, True
        if found is None:
            checkpoints = Checkpoints(folder / CHECKPOINTS)
            found = fit(track, self._body, request.settings(), hooks=hooks,
                        checkpoints=checkpoints,
                        genders=partial(model.load, request.body_model))
            complete = not hooks.stop
        body = self._body if found.gender == self._body.gender else model.load(
            request.body_model, found.gender)
        file = model.find(request.body_model, found.gender)
        person = FittedPerson(track, found, body, BodyFile(file.name, sha256_of(file)), folder,
                              joints_of(body, found))
        if checkpoints is None:
            relabel(kept, request.labels)
        else:
            write_arrays(kept, arrays_of(
                found, track, person.joints, file=person.file, complete=complete,
                labels=request.labels))
            if complete:
                checkpoints.clear()
        for stage, seconds in found.seconds.items():
            self._report.seconds[stage] = self._report.seconds.get(stage, 0.0) + seconds
        self._describe(person, complete)
        if not complete:
            raise FitError(
                f"Cancelled while person {track.person} was fitted; {int(person.fitted.sum())} of"
                f" {len(track)} frames stand in {kept}, and the same fit goes on from there.",
                "CANCELED")
        return person

    def _describe(
        self, person: FittedPerson, complete: bool, write_ms: float | None = None
    ) -> None:
        """Write ``fit.json`` and ``camera.json``, and enter the person into the report."""
        report, number, folder = self._report, person.track.person, person.folder
        document = fit_document(person, self._request, complete=complete, write_ms=write_ms)
        report.failures += [f for f in document["failures"] if f not in report.failures]
        write_json(folder / QUALITY, plain(document))
        write_json(folder / CAMERA, camera_document(person.fit, person.track))
        line = person_report(document, number, folder.name if folder != self._out else "")
        report.people = [p for p in report.people if p.id != number] + [line]
        report.frames_fitted = sum(p.frames for p in report.people)
        self._errors[number] = person.fit.reprojection[person.fitted]
        errors = np.concatenate(list(self._errors.values()))
        report.reprojection_px = float(np.median(errors)) if len(errors) else float("nan")


def images_of(source: Path, first: int = 0) -> Iterator[tuple[int, np.ndarray]]:
    """Yield the images of a recording from a frame on, with their numbers; none if it has none.

    A source that breaks off ends there: what was fitted of it came before.

    Args:
        source: As for ``read_tracks``.
        first: The first frame, counted from 0.
    """
    video: Path | None = source
    if is_openpose(source):
        video = video_of(source)
    elif source.is_dir():
        video = source if image_files(source) else None
    elif source.suffix.lower() in (".npz", ".json") or is_bag(source):
        video = None
    if video is None:
        return
    with suppress(SourceError), closing(open_source(video, realtime=False)) as frames:
        while frames.passed < first and frames.skip():
            pass
        while (frame := frames.read()) is not None:
            yield frame.index, frame.image


def _write_motion(person: FittedPerson, influences: int) -> None:
    """Write the whole motion of the fitted frames as glTF and BVH, if that is not done yet."""
    found, fitted = person.fit, person.fitted
    if not fitted.any():
        return
    motion: dict[str, Any] = {name: getattr(found, name)[fitted] for name in PARAMETERS}
    motion |= {"betas": found.betas, "times": found.times[fitted]}
    glb, text = person.folder / GLB, person.folder / BVH
    if gltf.influences_of(glb) != influences:
        write_bytes(glb, gltf.glb(person.body, influences=influences, **motion))
    if not is_written(text):
        write_bytes(text, bvh.bvh(person.body, **motion, rate=person.track.rate))


def _shifted(hooks: FitHooks, done: int, total: int) -> FitHooks:
    """Return the hooks for one person's fit, whose progress is a part of everybody's."""
    return replace(hooks, progress=lambda step: hooks.tell(
        replace(step, done=done + step.done, total=total)))


def _finished(path: Path) -> Fit | None:
    """Return the fit an earlier run finished; None if there is none, or a cancelled one."""
    if not is_written(path):
        return None
    stored = read_arrays(path)
    return fit_of(stored) if bool(stored["complete"]) else None
