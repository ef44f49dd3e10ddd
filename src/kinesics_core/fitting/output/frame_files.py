"""The files of a fitted recording, written frame by frame in the order of the source.

The source is read again, so that no more than a few frames are in memory. Skinning and rendering
happen in the caller's thread, files and videos in threads of their own. What lies there whole is
not written again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from kinesics_core.body.model import BodyModel
from kinesics_core.body.obj import obj_text
from kinesics_core.body.parameters import PARAMETERS
from kinesics_core.body.skinning import vertices as skinned
from kinesics_core.errors import SourceError
from kinesics_core.files import PART, write_arrays, write_bytes
from kinesics_core.fitting.errors import FitError
from kinesics_core.fitting.fit import Fit
from kinesics_core.fitting.output import painter
from kinesics_core.fitting.output.background import BackgroundWriters, OverlayVideo
from kinesics_core.fitting.output.directory import CONTACT, SUFFIXES, VIDEO, is_written
from kinesics_core.fitting.output.drawing import PosedPerson
from kinesics_core.fitting.output.painter import Painter
from kinesics_core.fitting.output.params_file import BodyFile
from kinesics_core.fitting.progress import SILENT, FitHooks, Progress
from kinesics_core.fitting.tracks.track import Track
from kinesics_core.perception.sources import read_image

AT_ONCE = 24
"""Frames whose meshes are computed together."""

SHEET_FRAMES = 12
"""Frames of a clip that its contact sheet shows."""

Images = Iterable[tuple[int, np.ndarray]]
"""Frame number and (H, W, 3) uint8 RGB, in the order of the source."""


@dataclass(slots=True)
class FittedPerson:
    """One person's fit and where it is written.

    Attributes:
        track: The person's keypoints.
        fit: Their fit, T frames.
        body: The model that was fitted.
        file: Of the model.
        folder: Of this person's files.
        joints: (T, J, 3) metres in camera coordinates.
    """

    track: Track
    fit: Fit
    body: BodyModel
    file: BodyFile
    folder: Path
    joints: np.ndarray
    _block: tuple[int, np.ndarray] | None = field(default=None, repr=False)

    @property
    def fitted(self) -> np.ndarray:
        """(T,) bool: frames that were fitted."""
        return ~np.asarray(self.fit.failed, bool)

    def row(self, frame: int) -> int | None:
        """Return the row of a frame in which this person was fitted; None of any other."""
        at = int(np.searchsorted(self.fit.frames, frame))
        if at == len(self.fit.frames) or self.fit.frames[at] != frame or self.fit.failed[at]:
            return None
        return at

    def posed(self, row: int) -> PosedPerson:
        """Return the mesh and joints of one row; the meshes beside it are computed with it."""
        start = row - row % AT_ONCE
        if self._block is None or self._block[0] != start:
            rows = slice(start, min(start + AT_ONCE, len(self.fit.frames)))
            self._block = start, posed(self.body, self.fit, rows)[0]
        return PosedPerson(self._block[1][row - start], self.joints[row], self.track.person)

    def path(self, kind: str, frame: int) -> Path:
        """Return the file of one frame; kind: a key of ``directory.SUFFIXES``."""
        return self.folder / kind / f"{frame:06d}{SUFFIXES[kind]}"


@dataclass(frozen=True, slots=True)
class FrameOutputs:
    """Choice of what is written of the frames.

    Attributes:
        folder: The output; with several people, it gets a video with all of them besides each
            one's own.
        meshes: Whether each frame gets a mesh.
        overlays: Whether each frame gets a picture, and the clip a video.
        first: First frame of the source that the video shows.
        last: Last frame, included; None: to the source's end.
    """

    folder: Path
    meshes: bool = True
    overlays: bool = True
    first: int = 0
    last: int | None = None

    @property
    def kinds(self) -> list[str]:
        """Kinds of files of each frame, keys of ``directory.SUFFIXES``."""
        return ["params", *["meshes"] * self.meshes, *["overlays"] * self.overlays]


def posed(body: BodyModel, fit: Fit, rows: slice) -> tuple[np.ndarray, np.ndarray]:
    """Return vertices (B, V, 3) and joints (B, J, 3) of B rows, metres in camera coordinates."""
    parameters = {name: getattr(fit, name)[rows] for name in PARAMETERS}
    return skinned(body, betas=fit.betas[None], **parameters)


def joints_of(body: BodyModel, fit: Fit) -> np.ndarray:
    """Return the joints, (T, J, 3) float32 metres in camera coordinates; nan where not fitted."""
    blocks = [posed(body, fit, slice(at, at + AT_ONCE))[1]
              for at in range(0, len(fit.frames), AT_ONCE)]
    joints = np.concatenate(blocks) if blocks else np.zeros((0, len(body.parents), 3))
    return np.where(np.asarray(fit.failed, bool)[:, None, None], np.nan, joints).astype(np.float32)


def write_frames(
    people: Sequence[FittedPerson], images: Callable[[], Images], outputs: FrameOutputs,
    hooks: FitHooks = SILENT,
) -> tuple[int, float]:
    """Write every frame's mesh, picture and parameters, the overlay video and the contact sheet.

    Args:
        people: Everybody fitted, of one recording.
        images: Gives the source's images from its first on, as far as there are any; people whose
            source has none are drawn on a plain ground.
        outputs: What to write, and where.
        hooks: Told how far it is, and asked whether to stop.

    Returns:
        The number of frames gone through, and the seconds it took.

    Raises:
        FitError: CANCELED, or a fault of the video; what was written is kept.
        WriteError: A file could not be written; the others are kept.
    """
    began = time.monotonic()
    video = outputs.folder / VIDEO
    for person in people:
        for kind in outputs.kinds:
            (person.folder / kind).mkdir(parents=True, exist_ok=True)
        _remove_unfinished(person.folder)
    _remove_unfinished(outputs.folder)
    frames = sorted({int(frame) for person in people for frame in person.track.frames})
    if not frames or all(_is_whole(person, outputs.kinds) for person in people) and (
            len(people) == 1 or not outputs.overlays or is_written(video)):
        return 0, 0.0
    total = max(frames[-1] if outputs.last is None else outputs.last, frames[-1]) \
        - outputs.first + 1
    told = 0.0
    with ExitStack() as stack:
        writers = stack.enter_context(BackgroundWriters())
        painting = stack.enter_context(Painter(people[0].body))
        works = [_PersonFiles(person, outputs.kinds, writers, painting) for person in people]
        everybody = OverlayVideo(video, people[0].track.rate, writers) \
            if outputs.overlays and len(people) > 1 and not is_written(video) else None
        for done, (frame, image) in enumerate(_every_frame(frames, images(), outputs)):
            if hooks.stop:
                raise FitError(
                    f"Cancelled while frame {frame} was written; what there is stays in"
                    f" {outputs.folder}, and the same fit goes on there.", "CANCELED")
            if image is None:
                image = _plain_image(people[0].track)
            for work in works:
                work.frame(frame, image)
            if everybody is not None:
                seen = [person.posed(row) for person in people
                        if (row := person.row(frame)) is not None]
                everybody.add(painting.overlay(image, seen, people[0].fit))
            now = time.monotonic()
            if now - told > 0.25 or done + 1 == total:
                told = now
                hooks.tell(Progress("write", done + 1, max(total, done + 1),
                                    rate=(done + 1) / max(now - began, 1e-6)))
        for work in works:
            work.finish()
        if everybody is not None:
            everybody.finish()
    return len(frames), time.monotonic() - began


def _remove_unfinished(folder: Path) -> None:
    """Remove the unfinished files a killed run left."""
    for pattern in (f"*{PART}", f"*/*{PART}", f"{VIDEO}{PART}.mp4"):
        for path in folder.glob(pattern):
            with suppress(OSError):
                path.unlink()


def _is_whole(person: FittedPerson, kinds: Sequence[str]) -> bool:
    """Return whether all of a person's files are there."""
    clip = [person.folder / CONTACT, *[person.folder / VIDEO] * ("overlays" in kinds)]
    if np.all(person.fit.failed):
        clip = clip[1:]
    fitted = [int(frame) for frame in person.fit.frames[person.fitted]]
    return all(map(is_written, clip)) and all(
        is_written(person.path(kind, frame))
        for kind in kinds
        for frame in (map(int, person.track.frames) if kind == "overlays" else fitted)
    )


def _every_frame(
    frames: Sequence[int], images: Images, outputs: FrameOutputs
) -> Iterator[tuple[int, np.ndarray | None]]:
    """Yield every image that the video shows, then the fitted frames that have none."""
    last = outputs.first - 1
    for frame, image in images:
        if outputs.last is not None and frame > outputs.last:
            break
        if frame >= outputs.first:
            yield frame, image
            last = frame
    yield from ((frame, None) for frame in frames if frame > last)


def _plain_image(track: Track) -> np.ndarray:
    image = np.empty((track.height, track.width, 3), np.uint8)
    image[:] = painter.DARK
    return image


class _PersonFiles:
    """The files of one person, written as the frames come by."""

    def __init__(
        self, person: FittedPerson, kinds: Sequence[str], writers: BackgroundWriters,
        painting: Painter,
    ) -> None:
        self._person, self._writers, self._painter = person, writers, painting
        self._kinds = kinds
        self._present = {int(frame) for frame in person.track.frames}
        fitted = person.fit.frames[person.fitted]
        picks = np.linspace(0, len(fitted) - 1, min(SHEET_FRAMES, len(fitted)))
        self._contact = person.folder / CONTACT
        self._on_sheet = set() if is_written(self._contact) \
            else set(map(int, fitted[picks.round().astype(int)]))
        self._cells: list[np.ndarray] = []
        self._labels: list[str] = []
        video = person.folder / VIDEO
        self._video = OverlayVideo(video, person.track.rate, writers) \
            if "overlays" in kinds and not is_written(video) else None

    def frame(self, frame: int, image: np.ndarray) -> None:
        person = self._person
        row = person.row(frame)
        if row is not None:
            self._parameters(frame, row)
            if "meshes" in self._kinds and not is_written(path := person.path("meshes", frame)):
                vertices = person.posed(row).vertices
                self._writers.submit(
                    lambda: write_bytes(path, obj_text(vertices, person.body.faces)))
        picture = None
        on_sheet = row is not None and frame in self._on_sheet
        if "overlays" in self._kinds:
            picture = self._overlay(frame, row, image, self._video is not None or on_sheet)
            if self._video is not None:
                self._video.add(picture)
        if row is not None and on_sheet:
            if picture is None:
                picture = self._painter.overlay(image, [person.posed(row)], person.fit)
            self._cells.append(
                self._painter.sheet_cell(person.posed(row), person.fit, image, picture))
            self._labels.append(f"frame {frame}, {person.fit.times[row]:.2f} s, error"
                                f" {person.fit.reprojection[row]:.1f} px")

    def finish(self) -> None:
        if self._cells:
            page = painter.sheet(self._cells, self._labels)
            self._writers.submit(lambda: write_bytes(self._contact, painter.jpeg(page)))
        if self._video is not None:
            self._video.finish()

    def _parameters(self, frame: int, row: int) -> None:
        person, fit = self._person, self._person.fit
        path = person.path("params", frame)
        if is_written(path):
            return
        arrays = {
            "betas": fit.betas, **{name: getattr(fit, name)[row] for name in PARAMETERS},
            "joints_cam": person.joints[row], "focal": fit.focal, "principal_point": fit.centre,
            "frame": frame, "time": fit.times[row], "gender": fit.gender,
            "model": person.file.name,
        }
        self._writers.submit(lambda: write_arrays(path, arrays))

    def _overlay(
        self, frame: int, row: int | None, image: np.ndarray, wanted: bool,
    ) -> np.ndarray:
        """Return the picture of a frame; from its file, if wanted and an earlier run wrote it."""
        if frame not in self._present:
            return image
        path = self._person.path("overlays", frame)
        if is_written(path):
            if not wanted:
                return image
            with suppress(SourceError):
                return read_image(path)
        picture = image if row is None else \
            self._painter.overlay(image, [self._person.posed(row)], self._person.fit)
        self._writers.submit(lambda: write_bytes(path, painter.jpeg(picture)))
        return picture
