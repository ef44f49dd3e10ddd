"""What is written of a fitted recording, frame by frame in the order of the source.

The source is read again, so that no more than a few frames are in memory. Skinning and rendering
happen in the caller's thread, files and videos in threads of their own. What lies there whole is
not written again.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from kinesics_core.body.model import BodyModel
from kinesics_core.body.obj import obj_text
from kinesics_core.body.skinning import vertices as skinned
from kinesics_core.errors import RecordingError
from kinesics_core.fitting.errors import FitError, code_of
from kinesics_core.fitting.fit import Fit
from kinesics_core.fitting.output import pictures
from kinesics_core.fitting.output.files import PART, write_arrays, write_bytes, written
from kinesics_core.fitting.output.parameters import PARAMETERS
from kinesics_core.fitting.output.pictures import Figure, Painter
from kinesics_core.fitting.progress import Cancelled, Progress, Show
from kinesics_core.fitting.tracks.track import Track
from kinesics_core.render.encoder import Mp4Writer

AT_ONCE = 24
"""Frames whose meshes are computed together."""

WAITING = 12
"""Files that may wait to be written; more would only fill the memory."""

MOMENTS = 12
"""Of a clip, on its contact sheet."""

VIDEO_SIDE = 1280
"""px of the overlay video's longer side, at most; the pictures keep the size of the frames."""

VIDEO, CONTACT = "overlay.mp4", "contact.jpg"

Images = Iterable[tuple[int, np.ndarray]]
"""Frame number and (H, W, 3) uint8 RGB, in the order of the source."""


@dataclass(slots=True)
class Fitted:
    """One person's fit and where it is written.

    folder: of this person's files. body: the model that was fitted. joints: (T, J, 3) metres in
    camera coordinates. model, sha256: name of the body's file, and of its bytes.
    """

    track: Track
    fit: Fit
    body: BodyModel
    folder: Path
    joints: np.ndarray
    model: str
    sha256: str
    _block: tuple[int, np.ndarray] | None = field(default=None, repr=False)

    def row(self, frame: int) -> int | None:
        """Of a frame in which this person was fitted."""
        at = int(np.searchsorted(self.fit.frames, frame))
        if at == len(self.fit.frames) or self.fit.frames[at] != frame or self.fit.failed[at]:
            return None
        return at

    def figure(self, row: int) -> Figure:
        """The mesh in one row; those beside it are computed with it."""
        start = row - row % AT_ONCE
        if self._block is None or self._block[0] != start:
            rows = slice(start, min(start + AT_ONCE, len(self.fit.frames)))
            self._block = start, posed(self.body, self.fit, rows)[0]
        return Figure(self._block[1][row - start], self.joints[row], self.track.person)

    def file(self, kind: str, frame: int) -> Path:
        """Of one frame: kind is "meshes", "overlays" or "params"."""
        return self.folder / kind / f"{frame:06d}{SUFFIXES[kind]}"


SUFFIXES = {"meshes": ".obj", "overlays": ".jpg", "params": ".npz"}


def posed(body: BodyModel, fit: Fit, rows: slice) -> tuple[np.ndarray, np.ndarray]:
    """Vertices (B, V, 3) and joints (B, J, 3) of some rows, metres in camera coordinates."""
    parameters = {name: getattr(fit, name)[rows] for name in PARAMETERS}
    return skinned(body, betas=fit.betas[None], **parameters)


def joints_of(body: BodyModel, fit: Fit) -> np.ndarray:
    """(T, J, 3) float32 metres in camera coordinates; nan where a frame was not fitted."""
    blocks = [posed(body, fit, slice(at, at + AT_ONCE))[1]
              for at in range(0, len(fit.frames), AT_ONCE)]
    joints = np.concatenate(blocks) if blocks else np.zeros((0, len(body.parents), 3))
    return np.where(np.asarray(fit.failed, bool)[:, None, None], np.nan, joints).astype(np.float32)


def write_frames(
    people: Sequence[Fitted], images: Callable[[], Images], output: Path, *,
    meshes: bool = True, overlays: bool = True, begin: int = 0, end: int | None = None,
    progress: Show | None = None, cancelled: Cancelled | None = None,
) -> tuple[int, float]:
    """Write every frame's mesh, picture and parameters, the overlay video and the contact sheet.

    people: with several, ``output`` gets a video with all of them besides each one's own.
    images: gives the source's images from its first on, as far as there are any; people whose
    source has none are drawn on a plain ground. begin, end: frames of the source, the last one
    included, that the video shows; None: to the source's end. Returns the number of frames gone
    through and the seconds it took. FitError CANCELED, DISK_FULL, ...; what was written is kept.
    """
    began = time.monotonic()
    kinds = ["params", *["meshes"] * meshes, *["overlays"] * overlays]
    for person in people:
        for kind in kinds:
            (person.folder / kind).mkdir(parents=True, exist_ok=True)
        sweep(person.folder)
    sweep(output)
    frames = sorted({int(frame) for person in people for frame in person.track.frames})
    if not frames or all(_whole(person, kinds) for person in people) and (
            len(people) == 1 or not overlays or written(output / VIDEO)):
        return 0, 0.0
    total = max(frames[-1] if end is None else end, frames[-1]) - begin + 1
    shown = 0.0
    with ExitStack() as stack:
        writers = stack.enter_context(_Writers())
        painter = stack.enter_context(Painter(people[0].body))
        works = [_Work(person, kinds, writers, painter) for person in people]
        everybody = _Film(output / VIDEO, people[0].track.rate, writers) \
            if overlays and len(people) > 1 and not written(output / VIDEO) else None
        for done, (frame, image) in enumerate(_all(frames, images(), begin, end)):
            if cancelled is not None and cancelled():
                raise FitError(
                    f"Cancelled while frame {frame} was written; what there is stays in {output},"
                    " and the same fit goes on there.", "CANCELED")
            track = people[0].track
            if image is None:
                image = np.empty((track.height, track.width, 3), np.uint8)
                image[:] = pictures.DARK
            for work in works:
                work.frame(frame, image)
            if everybody is not None:
                figures = [person.figure(row) for person in people
                           if (row := person.row(frame)) is not None]
                everybody.add(painter.overlay(image, figures, people[0].fit))
            now = time.monotonic()
            if progress is not None and (now - shown > 0.25 or done + 1 == total):
                shown = now
                progress(Progress("write", done + 1, max(total, done + 1),
                                  rate=(done + 1) / max(now - began, 1e-6)))
        for work in works:
            work.finish()
        if everybody is not None:
            everybody.finish()
    return len(frames), time.monotonic() - began


def sweep(folder: Path) -> None:
    """Remove the unfinished files a killed run left."""
    for pattern in (f"*{PART}", f"*/*{PART}", f"{VIDEO}{PART}.mp4"):
        for path in folder.glob(pattern):
            with suppress(OSError):
                path.unlink()


def _whole(person: Fitted, kinds: Sequence[str]) -> bool:
    """Whether all of a person's files are there."""
    clip = [person.folder / CONTACT, *[person.folder / VIDEO] * ("overlays" in kinds)]
    if np.all(person.fit.failed):
        clip = clip[1:]
    fitted = [int(frame) for frame in person.fit.frames[~np.asarray(person.fit.failed, bool)]]
    return all(map(written, clip)) and all(
        written(person.file(kind, frame))
        for kind in kinds
        for frame in (map(int, person.track.frames) if kind == "overlays" else fitted)
    )


def _all(
    frames: Sequence[int], images: Images, begin: int, end: int | None,
) -> Iterator[tuple[int, np.ndarray | None]]:
    """Every image from ``begin`` to ``end``, then the frames that have none."""
    last = begin - 1
    for frame, image in images:
        if end is not None and frame > end:
            break
        if frame >= begin:
            yield frame, image
            last = frame
    yield from ((frame, None) for frame in frames if frame > last)


class _Work:
    """What is to be written of one person, as the frames come by."""

    def __init__(
        self, person: Fitted, kinds: Sequence[str], writers: _Writers, painter: Painter,
    ) -> None:
        self._person, self._writers, self._painter = person, writers, painter
        self._kinds = kinds
        self._present = {int(frame) for frame in person.track.frames}
        fitted = person.fit.frames[~np.asarray(person.fit.failed, bool)]
        picks = np.linspace(0, len(fitted) - 1, min(MOMENTS, len(fitted))).round().astype(int)
        self._contact = person.folder / CONTACT
        self._moments = set() if written(self._contact) else set(map(int, fitted[picks]))
        self._shown: list[np.ndarray] = []
        self._labels: list[str] = []
        video = person.folder / VIDEO
        self._film = _Film(video, person.track.rate, writers) \
            if "overlays" in kinds and not written(video) else None

    def frame(self, frame: int, image: np.ndarray) -> None:
        person = self._person
        row = person.row(frame)
        if row is not None:
            self._parameters(frame, row)
            if "meshes" in self._kinds and not written(path := person.file("meshes", frame)):
                vertices = person.figure(row).vertices
                self._writers.submit(
                    lambda: write_bytes(path, obj_text(vertices, person.body.faces)))
        picture = None
        moment = row is not None and frame in self._moments
        if "overlays" in self._kinds:
            picture = self._overlay(frame, row, image, self._film is not None or moment)
            if self._film is not None:
                self._film.add(picture)
        if row is not None and moment:
            if picture is None:
                picture = self._painter.overlay(image, [person.figure(row)], person.fit)
            self._shown.append(
                self._painter.moment(person.figure(row), person.fit, image, picture))
            self._labels.append(f"frame {frame}, {person.fit.times[row]:.2f} s, error"
                                f" {person.fit.reprojection[row]:.1f} px")

    def finish(self) -> None:
        if self._shown:
            page = pictures.sheet(self._shown, self._labels)
            self._writers.submit(lambda: write_bytes(self._contact, pictures.jpeg(page)))
        if self._film is not None:
            self._film.finish()

    def _parameters(self, frame: int, row: int) -> None:
        person, fit = self._person, self._person.fit
        path = person.file("params", frame)
        if written(path):
            return
        arrays = {
            "betas": fit.betas, **{name: getattr(fit, name)[row] for name in PARAMETERS},
            "joints_cam": person.joints[row], "focal": fit.focal, "principal_point": fit.centre,
            "frame": frame, "time": fit.times[row], "gender": fit.gender, "model": person.model,
        }
        self._writers.submit(lambda: write_arrays(path, arrays))

    def _overlay(
        self, frame: int, row: int | None, image: np.ndarray, wanted: bool,
    ) -> np.ndarray:
        """The picture of this frame; from its file, if it is wanted and an earlier run wrote it."""
        if frame not in self._present:
            return image
        path = self._person.file("overlays", frame)
        if written(path):
            if not wanted:
                return image
            stored = cv2.imread(str(path), cv2.IMREAD_COLOR)
            if stored is not None:
                return cv2.cvtColor(stored, cv2.COLOR_BGR2RGB)
        picture = image if row is None else \
            self._painter.overlay(image, [self._person.figure(row)], self._person.fit)
        self._writers.submit(lambda: write_bytes(path, pictures.jpeg(picture)))
        return picture


class _Film:
    """A video whose encoder is fed from a thread of its own, in order."""

    def __init__(self, path: Path, rate: float, writers: _Writers) -> None:
        self._path, self._rate, self._writers = path, min(max(rate, 1.0), 240.0), writers
        self._size: tuple[int, int] | None = None
        self._video: Mp4Writer | None = None

    def add(self, picture: np.ndarray) -> None:
        self._writers.in_order(lambda: self._write(picture))

    def finish(self) -> None:
        self._writers.in_order(self._close)

    def _write(self, picture: np.ndarray) -> None:
        try:
            if self._video is None:
                height, width = picture.shape[:2]
                scale = min(VIDEO_SIDE / max(height, width), 1.0)
                size = tuple(max(int(side * scale) // 2 * 2, 2) for side in (width, height))
                self._video = Mp4Writer(self._path, (size[0], size[1]), self._rate)
                self._writers.on_fault(self._video.abort)
            if picture.shape[1::-1] != self._video.size:
                picture = cv2.resize(picture, self._video.size, interpolation=cv2.INTER_AREA)
            self._video.write(picture)
        except RecordingError as error:
            raise _video_fault(error) from error

    def _close(self) -> None:
        try:
            if self._video is not None:
                self._video.close()
        except RecordingError as error:
            raise _video_fault(error) from error


def _video_fault(error: RecordingError) -> FitError:
    cause = error.__cause__
    full = "disk" in str(error) and "full" in str(error) \
        or cause is not None and code_of(cause) == "DISK_FULL"
    return FitError(
        f"{error} Everything written before is kept; "
        + ("make room and" if full else "look into the reason and")
        + " start the same fit again, it goes on there.", "DISK_FULL" if full else "FAILED")


class _Writers:
    """Threads that write; the first fault is raised in the caller's next call or at the end."""

    def __init__(self) -> None:
        self._files = ThreadPoolExecutor(2, thread_name_prefix="fit-files")
        self._films = ThreadPoolExecutor(1, thread_name_prefix="fit-films")
        self._waiting: deque[Future[None]] = deque()
        self._on_fault: list[Callable[[], None]] = []

    def submit(self, write: Callable[[], None]) -> None:
        """Write some time, in any order."""
        self._add(self._files.submit(write))

    def in_order(self, write: Callable[[], None]) -> None:
        """Write after all that was given to this method before."""
        self._add(self._films.submit(write))

    def on_fault(self, undo: Callable[[], None]) -> None:
        self._on_fault.append(undo)

    def _add(self, future: Future[None]) -> None:
        self._waiting.append(future)
        while len(self._waiting) > WAITING or self._waiting and self._waiting[0].done():
            self._waiting.popleft().result()

    def __enter__(self) -> _Writers:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                while self._waiting:
                    self._waiting.popleft().result()
        except BaseException as error:
            kind = type(error)
            raise
        finally:
            for pool in (self._files, self._films):
                pool.shutdown(wait=True, cancel_futures=kind is not None)
            if kind is not None:
                for undo in self._on_fault:
                    undo()
