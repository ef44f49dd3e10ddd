"""A recording -> fitted bodies and their files: ``fit_recording(Request(video, directory))``.

The output directory is also the memory of the work. ``request.json`` says what was asked, so that
the results of two different wishes never mix; ``keypoints.npz`` is kept once perception is through,
``.fit/`` holds what the optimiser has finished, ``params.npz`` ends it, and every later file is
whole or not there. A run that was killed, cancelled or ran out of disk goes on from these.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
import shutil
import time
from contextlib import closing, suppress
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from kinesics_core import __version__
from kinesics_core.body import bvh, gltf, model
from kinesics_core.errors import KinesicsError, SourceError
from kinesics_core.files import sha256_of
from kinesics_core.fitting.errors import FitError, code_of
from kinesics_core.fitting.fit import Fit, Settings, fit
from kinesics_core.fitting.output import figures, parameters
from kinesics_core.fitting.output.files import (
    Store,
    claimed,
    fault,
    read_arrays,
    write_arrays,
    write_bytes,
    write_json,
    written,
)
from kinesics_core.fitting.output.outputs import (
    CONTACT,
    SUFFIXES,
    VIDEO,
    Fitted,
    Images,
    joints_of,
    write_frames,
)
from kinesics_core.fitting.output.parameters import PARAMETERS
from kinesics_core.fitting.output.request import GENDERS, Report, Request
from kinesics_core.fitting.progress import Cancelled, Show
from kinesics_core.fitting.tracks.read_openpose import is_openpose
from kinesics_core.fitting.tracks.read_tracks import read_tracks, video_of
from kinesics_core.fitting.tracks.track import Track
from kinesics_core.fitting.tracks.track_file import load_tracks, save_tracks
from kinesics_core.perception.sources import image_files, open_source
from kinesics_core.pose_priors import vae

REQUEST, KEYPOINTS, REPORT, STORE = "request.json", "keypoints.npz", "report.json", ".fit"
CAMERA, FIGURES = "camera.json", "fit.json"
MOTION = ("motion.glb", "motion.bvh")
CLIP = (KEYPOINTS, parameters.FILE, CAMERA, FIGURES, *MOTION, VIDEO, CONTACT, REPORT)
"""Names of the files of a clip; ``REQUEST`` besides."""

_ENDS = 1 << 20  # bytes of a file's beginning and end that tell it from others


def fit_recording(
    request: Request, *, progress: Show | None = None, cancelled: Cancelled | None = None,
) -> Report:
    """Fit everybody, or one person, of a recording and write what came of it.

    Faults a user can act on end the work and are told in the report, with everything finished
    until then kept and named in it; nothing of that kind is raised. One directory takes one run
    at a time. ``cancelled`` ends the work within a second.
    """
    report = Report()
    try:
        _check(request)
        body = model.load(request.body_model, _first_gender(request))
        with claimed(request.output):
            run = _Run(request, body, report, progress, cancelled)
            run.claim()
            try:
                run.go()
                report.complete = True
            except (KinesicsError, OSError, MemoryError) as error:
                _note(report, request, error)
            report.files = _files(request.output)
            with suppress(FitError):  # on a full disk the report itself still reaches the caller
                write_json(request.output / REPORT, _plain(asdict(report)))
    except (KinesicsError, OSError) as error:
        _note(report, request, error)
    return report


def _note(report: Report, request: Request, error: BaseException) -> None:
    if isinstance(error, OSError):
        error = fault(request.output, error)
    if isinstance(error, MemoryError):
        error = FitError(f"There is not enough memory to fit {request.input}; close other programs"
                         " or fit fewer people at a time.")
    report.error_code, report.message = code_of(error), str(error)


class _Run:
    """One run: what was asked, and what of it is done."""

    def __init__(
        self, request: Request, body: model.BodyModel, report: Report, progress: Show | None,
        cancelled: Cancelled | None,
    ) -> None:
        self._request, self._body, self._report = request, body, report
        self._progress, self._cancelled = progress, cancelled
        self._out = request.output
        self._wish: dict[str, Any] = {}
        self._errors: dict[int, np.ndarray] = {}  # px, of each person's fitted frames

    def go(self) -> None:
        request = self._request
        tracks = self._tracks()
        people = self._fits(tracks, self._body)
        count, seconds = write_frames(
            people, partial(images_of, request.input, request.first), self._out,
            meshes=request.meshes, overlays=request.overlays, begin=request.first,
            end=request.last, progress=self._progress, cancelled=self._cancelled)
        self._report.seconds["write"] = seconds
        for person in people:
            self._finish(person, 1000.0 * seconds / count if count else None)

    # --- whose directory this is ----------------------------------------------------------------

    def claim(self) -> None:
        """Make the directory this request's; FitError if it holds results of another."""
        before = self._out / REQUEST
        body = model.find(self._request.body_model, _first_gender(self._request))
        wish = self._wish = _wish(self._request, sha256_of(body))
        if before.exists() and not self._request.resume:
            _forget(self._out)
        if not before.exists():
            if ours := _ours(self._out):
                raise FitError(
                    f"{self._out} holds {ours[0].name}, but no {REQUEST} that says which fit it is"
                    " of; give a new directory.", "INVALID_GOAL")
            write_json(before, wish)
            return
        try:
            held = json.loads(before.read_text())
        except (OSError, ValueError):
            held = {}
        other = [name for name in wish if held.get(name) != wish[name]]
        if other and not [path for path in _ours(self._out) if path.name != REPORT]:
            write_json(before, wish)
        elif other:
            told = {"input": "recording", "body": "body model", "prior": "pose prior",
                    "keypoints": "folder of keypoints", "pose_space": "pose space",
                    "first": "first frame", "last": "last frame", "focal": "focal length"}
            raise FitError(
                f"{self._out} holds a fit with another "
                f"{' and another '.join(told.get(name, name) for name in other)}"
                f" ({_said(held, other)}; now {_said(wish, other)}). Give another output, or begin"
                " again without resuming.", "INVALID_GOAL")
        else:
            self._report.failures += held.get("notes", [])

    # --- keypoints ------------------------------------------------------------------------------

    def _tracks(self) -> list[Track]:
        request, kept = self._request, self._out / KEYPOINTS
        tracks = load_tracks(kept) if written(kept) else None
        began = time.monotonic()
        if tracks is None:
            notes: list[str] = []
            tracks = read_tracks(
                request.input, first=request.first, last=request.last, openpose=request.keypoints,
                progress=self._progress, cancelled=self._cancelled, note=notes.append)
            write_json(self._out / REQUEST, self._wish | {"notes": notes})
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

    # --- fits -----------------------------------------------------------------------------------

    def _fits(self, tracks: list[Track], body: model.BodyModel) -> list[Fitted]:
        """Everybody's fit, the longest track first: it knows most of the camera they share."""
        people: dict[int, Fitted] = {}
        faults: list[FitError] = []
        focal = self._request.focal
        done, total = 0, sum(map(len, tracks))
        for track in sorted(tracks, key=len, reverse=True):
            folder = self._out / (f"person_{track.person}" if len(tracks) > 1 else "")
            try:
                person = self._fit(
                    replace(track, focal=focal or track.focal), folder, body, done, total)
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

    def _fit(
        self, track: Track, folder: Path, body: model.BodyModel, done: int, total: int,
    ) -> Fitted:
        request, kept = self._request, folder / parameters.FILE
        found = _finished(kept)
        if found is None:
            store = Store(folder / STORE)
            show = None if self._progress is None else _shifted(self._progress, done, total)
            found = fit(track, body, _settings(request), progress=show, cancelled=self._cancelled,
                        store=store, genders=partial(model.load, request.body_model))
            complete = not (self._cancelled is not None and self._cancelled())
        else:
            store, complete = None, True
        body = body if found.gender == body.gender else model.load(
            request.body_model, found.gender)
        file = model.find(request.body_model, found.gender)
        person = Fitted(track, found, body, folder, joints_of(body, found), file.name,
                        sha256_of(file))
        if store is not None:
            write_arrays(kept, parameters.arrays_of(
                found, track, person.joints, model=person.model, sha256=person.sha256,
                complete=complete))
            if complete:
                store.clear()
        for stage, seconds in found.seconds.items():
            self._report.seconds[stage] = self._report.seconds.get(stage, 0.0) + seconds
        self._describe(person, complete)
        if not complete:
            fitted = int((~found.failed).sum())
            raise FitError(
                f"Cancelled while person {track.person} was fitted; {fitted} of {len(track)}"
                f" frames stand in {kept}, and the same fit goes on from there.", "CANCELED")
        return person

    def _describe(
        self, person: Fitted, complete: bool, write_ms: float | None = None,
    ) -> None:
        """Write ``fit.json`` and ``camera.json``, and enter the person into the report."""
        found, track, folder = person.fit, person.track, person.folder
        stature = float(np.ptp(
            (person.body.template + person.body.shape_directions @ found.betas)[:, 1]))
        document: dict[str, Any] = {
            "format": "kinesics fit 1", "person": track.person, "complete": complete,
            "input": self._request.input.name, "rate": track.rate,
            "gender": found.gender, "model": person.model, "model_sha256": person.sha256,
            **figures.quality(found, track, person.joints, stature),
        }
        failures = []
        if failed := document["frames_failed"]:
            failures.append(
                f"Person {track.person} was not fitted in {len(failed)} of {len(track)} frames"
                f" ({figures.spans(failed)}): too little of them is seen there.")
        self._report.failures += [f for f in failures if f not in self._report.failures]
        document |= {
            "failures": failures,
            "frames_per_second": len(track) / max(sum(found.seconds.values()), 1e-9),
            "seconds": found.seconds, "write_ms_per_frame": write_ms,
            "settings": _plain(asdict(_settings(self._request))), "versions": _versions(),
        }
        write_json(folder / FIGURES, _plain(document))
        write_json(folder / CAMERA, _camera(found, track))
        report = self._report
        line = figures.person_of(document, track.person, folder.name if folder != self._out else "")
        report.people = [p for p in report.people if p.id != track.person] + [line]
        report.frames_fitted = sum(p.frames for p in report.people)
        self._errors[track.person] = found.reprojection[~np.asarray(found.failed, bool)]
        errors = np.concatenate(list(self._errors.values()))
        report.reprojection_px = float(np.median(errors)) if len(errors) else float("nan")

    # --- the whole motion -----------------------------------------------------------------------

    def _finish(self, person: Fitted, write_ms: float | None) -> None:
        """What is written once of a clip, after its frames."""
        glb, text = (person.folder / name for name in MOTION)
        found = person.fit
        fitted = ~np.asarray(found.failed, bool)
        if fitted.any():
            motion: dict[str, Any] = {name: getattr(found, name)[fitted] for name in PARAMETERS}
            motion |= {"betas": found.betas, "times": found.times[fitted]}
            if not written(glb):
                write_bytes(glb, gltf.glb(person.body, **motion))
            if not written(text):
                write_bytes(text, bvh.bvh(person.body, **motion, rate=person.track.rate))
        self._describe(person, True, write_ms)


def images_of(source: Path, first: int = 0) -> Images:
    """The images of a recording from a frame on, with their numbers; nothing if it has none.

    A source that breaks off ends there: what was fitted of it came before.
    """
    video: Path | None = source
    if is_openpose(source):
        video = video_of(source)
    elif source.is_dir():
        video = source if image_files(source) else None
    elif source.suffix.lower() in (".npz", ".mcap"):
        video = None
    if video is None:
        return
    with suppress(SourceError), closing(open_source(video, realtime=False)) as frames:
        while frames.passed < first and frames.skip():
            pass
        while (frame := frames.read()) is not None:
            yield frame.index, frame.image


def _check(request: Request) -> None:
    """FitError if the request contradicts itself or names what is not there."""
    def refuse(sentence: str, code: str = "INVALID_GOAL") -> None:
        raise FitError(sentence, code)

    if request.gender not in GENDERS:
        refuse(f"Got the gender {request.gender!r}; wanted one of {', '.join(GENDERS)}.")
    if request.person < 0:
        refuse(f"Got person {request.person}; wanted an id from 1, or 0 for everybody.")
    if request.first < 0 or request.last is not None and request.last < request.first:
        refuse(f"Got the frames {request.first} to {request.last}; wanted first <= last, both"
               " counted from 0.")
    if request.focal is not None and not 1.0 <= request.focal <= 1e6:
        refuse(f"Got a focal length of {request.focal:g} px; wanted 1 to 1,000,000.")
    if not request.input.exists():
        refuse(f"{request.input} does not exist; give a video, a folder of images, a bag or a file"
               " of keypoints.", "INPUT_UNREADABLE")
    if request.keypoints is not None and not request.keypoints.is_dir():
        refuse(f"{request.keypoints} is no folder; give the one OpenPose wrote its JSON files to.",
               "INPUT_UNREADABLE")
    if request.prior is not None:
        if not request.prior.exists():
            refuse(f"The pose prior {request.prior} does not exist; give its file or folder.",
                   "MODEL_MISSING")
        vae.load(request.prior)
    if request.output.exists() and not request.output.is_dir():
        refuse(f"The output {request.output} is a file; give a directory.")


def _first_gender(request: Request) -> str:
    """Of the body a fit begins with."""
    return "neutral" if request.gender == "guess" else request.gender


def _settings(request: Request) -> Settings:
    given: dict[str, Any] = {"gender": request.gender}
    if request.focal is not None:
        given["focal"] = request.focal
    if request.pose_space is not None:
        given["pose_space"] = request.pose_space
    if request.prior is not None:
        given["prior_file"] = request.prior
    return Settings(**given)


def _shifted(progress: Show, done: int, total: int) -> Show:
    """Progress of one person's fit as a part of everybody's."""
    return lambda step: progress(replace(step, done=done + step.done, total=total))


def _finished(path: Path) -> Fit | None:
    """The fit an earlier run finished; None if there is none, or a cancelled one."""
    if not written(path):
        return None
    stored = read_arrays(path)
    return parameters.fit_of(stored) if bool(stored["complete"]) else None


# --- what a directory is of ----------------------------------------------------------------------


def _wish(request: Request, body: str) -> dict[str, Any]:
    """All that decides the keypoints and the fit, as ``request.json`` holds it."""
    return {
        "format": "kinesics fit 1",
        "input": {"name": request.input.name, "contents": _digest(request.input)},
        "gender": request.gender, "person": request.person,
        "first": request.first, "last": request.last, "focal": request.focal,
        "pose_space": request.pose_space, "body": body,
        "prior": None if request.prior is None else _digest(request.prior),
        "keypoints": None if request.keypoints is None else _digest(request.keypoints),
    }


def _digest(path: Path) -> str:
    """SHA-256 of a file's size, beginning and end, or of a folder's names and sizes: enough to
    tell one recording from another without reading gigabytes."""
    digest = hashlib.sha256()
    if path.is_dir():
        for file in sorted(path.iterdir()):
            digest.update(f"{file.name} {file.stat().st_size}\n".encode())
        return digest.hexdigest()
    with path.open("rb") as stream:
        size = stream.seek(0, 2)
        digest.update(str(size).encode())
        for at in {0, max(size - _ENDS, 0)}:
            stream.seek(at)
            digest.update(stream.read(_ENDS))
    return digest.hexdigest()


def _said(wish: dict[str, Any], names: list[str]) -> str:
    """Those values of a wish, short."""
    def word(value: Any) -> str:
        value = value.get("name", value) if isinstance(value, dict) else value
        return "none" if value is None else str(value)[:24]

    return ", ".join(word(wish.get(name)) for name in names)


def _ours(directory: Path) -> list[Path]:
    """Everything in a directory that has a name our runs write."""
    folders = [directory, *sorted(directory.glob("person_[0-9]*"))]
    files = [folder / name for folder in folders for name in CLIP]
    frames = [path for folder in folders for kind, suffix in SUFFIXES.items()
              for path in (folder / kind).glob(f"[0-9]*{suffix}")]
    return [path for path in [*files, *frames] if path.is_file()] + [
        folder / STORE for folder in folders if (folder / STORE).is_dir()]


def _forget(directory: Path) -> None:
    """Remove what earlier runs wrote there, and nothing else."""
    folders = {directory / REQUEST}
    (directory / REQUEST).unlink()
    for path in _ours(directory):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
            folders.add(path.parent)
    for folder in sorted(folders - {directory}, reverse=True):
        with suppress(OSError):  # not empty: somebody else's files lie there too
            folder.rmdir()


def _files(directory: Path) -> list[str]:
    return sorted(
        path.relative_to(directory).as_posix() for path in _ours(directory)
        if path.name != STORE)


# --- what is said about it -----------------------------------------------------------------------


def _camera(found: Fit, track: Track) -> dict[str, Any]:
    focal = float(found.focal)
    return {
        "focal_px": focal, "principal_point_px": [float(value) for value in found.centre],
        "width": track.width, "height": track.height,
        "field_of_view_deg": float(np.degrees(2 * np.arctan(track.width / 2 / focal))),
        "axes": "x right, y down, z away; metres; pixel = focal_px * x / z + principal_point_px",
    }


def _versions() -> dict[str, str]:
    names = ("numpy", "torch", "mediapipe", "opencv-contrib-python")
    found = {"kinesics": __version__, "python": platform.python_version()}
    for name in names:
        with suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found


def _plain(value: Any) -> Any:
    """As JSON can hold it: nan and infinity are null."""
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, (float, np.floating)):
        return float(value) if np.isfinite(value) else None
    if isinstance(value, np.integer):
        return int(value)
    return str(value) if isinstance(value, Path) else value
