"""Any recording of people -> what fitting knows of each: ``read_tracks(Path("clip.mp4"))``.

Read are videos, images and folders of them, through our own perception; folders of OpenPose's
JSON; bags with a PersonArray; and files of keypoints (``track_file``).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from kinesics_core.errors import KinesicsError, ModelError, SourceError
from kinesics_core.fitting.errors import FitError
from kinesics_core.fitting.progress import Cancelled, Progress, Show
from kinesics_core.fitting.tracks import read_openpose
from kinesics_core.fitting.tracks.gathering import Gathering
from kinesics_core.fitting.tracks.track import Track
from kinesics_core.fitting.tracks.track_file import load_tracks, save_tracks
from kinesics_core.perception.config import KeypointConfig
from kinesics_core.perception.landmarks import KeypointEstimator
from kinesics_core.perception.sources import (
    DEFAULT_RATE,
    IMAGE_SUFFIXES,
    FrameSource,
    image_files,
    open_source,
)
from kinesics_core.perception.stills import StillEstimator
from kinesics_core.perception.tracking import Tracker
from kinesics_core.recording import bag_reader
from kinesics_core.skeletons import WHOLEBODY133_BODY
from kinesics_core.types import NANOSECONDS, Frame, People

__all__ = ["load_tracks", "read_tracks", "save_tracks"]

VARIANT = "heavy"
"""Of MediaPipe's pose models. Nothing waits for a recording, so the most accurate one: COCO OKS
.777 against the lite one's .70, at half the frames per second of the full one."""

MAX_PERSONS = 5
MEMORY = 3.0  # seconds after which somebody who comes back is somebody new
SHOW_EVERY = 0.2  # seconds

Note = Callable[[str], None]
"""Told, a sentence each, what a user should know of a recording that was read all the same."""


def read_tracks(
    source: Path, *, person: int = 0, first: int = 0, last: int | None = None,
    openpose: Path | None = None, variant: str = VARIANT, max_persons: int = MAX_PERSONS,
    progress: Show | None = None, cancelled: Cancelled | None = None, note: Note | None = None,
) -> list[Track]:
    """Everybody in a recording, in order of their ids; at least one.

    source: a video, image, folder of images (the frames of one camera, in natural order), folder
        of OpenPose's JSON, bag, or file of keypoints.
    person: the id of the only one wanted; 0: everybody.
    first, last: the first and last frame read, counted from 0; None: to the end.
    openpose: OpenPose's folder of JSON for the video or images ``source``, whose keypoints are
        taken instead of looking for some.
    variant, max_persons: as for ``perception.landmarks.KeypointEstimator``.
    note: see ``Note``; a video that breaks off gives the frames before.

    FitError INPUT_UNREADABLE, NO_PERSON or CANCELED; SourceError, AssetError, ModelError.
    """
    if first < 0 or (last is not None and last < first):
        raise FitError(f"Got frames {first} to {last}; wanted first from 0, and last not before.",
                       "INVALID_GOAL")
    if not source.exists():
        raise FitError(f"{source} does not exist; give a video, a folder of images or of OpenPose's"
                       " JSON, a bag, or a file of keypoints (.npz).", "INPUT_UNREADABLE")
    reading = _Reading(first, last, progress, cancelled, note or (lambda sentence: None))
    if source.suffix.lower() == ".npz":
        tracks = reading.kept(source)
    elif openpose is not None or read_openpose.is_openpose(source):
        tracks = reading.openpose(openpose or source, source if openpose is not None else None)
    elif _is_bag(source):
        tracks = reading.bag(source)
    else:
        tracks = reading.images(source, variant, max_persons)
    if not tracks:
        raise FitError(
            f"Nobody is seen in {source}{_range(first, last)} for a quarter of a second; wanted"
            " a person in view.", "NO_PERSON")
    if person:
        ids = ", ".join(str(track.person) for track in tracks)
        tracks = [track for track in tracks if track.person == person]
        if not tracks:
            raise FitError(f"There is no person {person} in {source}; seen were {ids}.",
                           "NO_PERSON")
    return tracks


class _Estimator(Protocol):
    def process(self, frame: Frame) -> People: ...


@dataclass(slots=True)
class _Reading:
    """What of a recording is wanted, and who is told how it goes."""

    first: int
    last: int | None
    progress: Show | None
    cancelled: Cancelled | None
    note: Note
    began: float = 0.0
    shown: float = 0.0

    # --- kinds of recordings --------------------------------------------------------------------

    def images(self, source: Path, variant: str, max_persons: int) -> list[Track]:
        """A video, an image or a folder of images, through perception."""
        found, rate = Gathering(), DEFAULT_RATE
        still = source.is_file() and source.suffix.lower() in IMAGE_SUFFIXES
        with open_source(source, realtime=False) as frames:
            rate = frames.fps
            with _estimator(still, variant, max_persons) as estimator:
                try:
                    for frame in self._frames(frames):
                        people = estimator.process(frame)
                        found.add_people(frame.index, frame.stamp / NANOSECONDS, people)
                except (SourceError, ModelError) as error:
                    if not found.looked:
                        raise
                    self.note(f"Only the first {found.looked} frames are used: {error}")
            if frames.unreadable:
                self.note(f"{frames.unreadable} image(s) of {source} cannot be decoded; left out.")
        self._note_sizes(found)
        if not found.looked:
            raise self._beyond(source, frames.total)
        return found.tracks(rate)

    def openpose(self, folder: Path, source: Path | None) -> list[Track]:
        """OpenPose's folder; ``source``: the video or images it looked at, if they are there."""
        size, rate, names = None, DEFAULT_RATE, None
        source = source or video_of(folder)
        if source is not None:
            with open_source(source, realtime=False) as frames:
                size, rate = frames.size, frames.fps
            names = [file.stem for file in image_files(source)] if source.is_dir() else None
        every = read_openpose.entries(folder, names)
        chosen = [entry for entry in every if self._wanted(entry.frame)]
        if not chosen:
            raise self._beyond(folder, every[-1].frame + 1)
        broken: dict[Path, str] = {}

        def people(entry: read_openpose.Entry) -> list[np.ndarray]:
            self._ask()
            try:
                return read_openpose.read_people(entry.file)
            except FitError as error:
                broken[entry.file] = str(error)
                return []

        if size is None:
            size, sentence = read_openpose.size_of(chosen, people)
            if sentence:
                self.note(sentence)
        found, tracker = Gathering(), Tracker(MEMORY)
        for done, entry in enumerate(chosen):
            self._show(done, len(chosen))
            seen = list(read_openpose.within(people(entry), size))
            stamp = round(entry.frame / rate * NANOSECONDS)
            ids = tracker.update([points[WHOLEBODY133_BODY] for points in seen], stamp)
            found.add_keypoints(entry.frame, entry.frame / rate, size,
                                zip(ids, seen, strict=True))
        if len(broken) == len(chosen):
            raise FitError(f"None of the {len(chosen)} files can be read. "
                           + next(iter(broken.values())), "INPUT_UNREADABLE")
        if broken:
            self.note(f"{len(broken)} of {len(chosen)} files are left out. "
                      + next(iter(broken.values())))
        self._show(len(chosen), len(chosen), always=True)
        return found.tracks(rate)

    def bag(self, source: Path) -> list[Track]:
        """The PersonArray with most messages of a bag. Frames are counted by its messages."""
        try:
            found = bag_reader.find(source)
        except KinesicsError as error:
            raise FitError(str(error), "INPUT_UNREADABLE") from error
        if len(found) > 1:
            raise FitError(f"{source} holds {len(found)} bags, {found[0].name} and more; give one"
                           " of them.", "INPUT_UNREADABLE")
        gathered: dict[str, _Topic] = {}
        contents = bag_reader.Contents()
        for topic, people in bag_reader.messages(found[0], contents, whole=True):
            self._ask()
            self._show(contents.messages, 0)
            gathered.setdefault(topic, _Topic(Gathering())).add(people, self._wanted)
        if contents.fault:
            self.note(contents.fault)
        if not gathered:
            raise FitError(
                f"{source} has no message of {bag_reader.PEOPLE_TYPE}, only "
                f"{', '.join(sorted(set(contents.types.values()))) or 'nothing'}; record `persons`"
                " too, or give a video.", "INPUT_UNREADABLE")
        name, chosen = max(gathered.items(), key=lambda item: item[1].count)
        if len(gathered) > 1:
            self.note(f"{source} has people on {' and '.join(sorted(gathered))}; {name} is used.")
        self._note_sizes(chosen.found)
        if not chosen.found.looked:
            raise self._beyond(source, chosen.count)
        return chosen.found.tracks(chosen.rate)

    def kept(self, file: Path) -> list[Track]:
        tracks = [track.part((track.frames >= self.first) & self._upto(track.frames))
                  for track in load_tracks(file)]
        return [track for track in tracks if len(track)]

    # --- frames, and those who wait for them ----------------------------------------------------

    def _frames(self, frames: FrameSource) -> Iterator[Frame]:
        end = frames.total if self.last is None else self.last + 1
        if end is not None and frames.total is not None:
            end = min(end, frames.total)
        total = max(0, end - self.first) if end is not None else 0
        while self.last is None or not frames.passed > self.last:
            self._ask()
            self._show(max(0, frames.passed - self.first), total)
            if frames.passed < self.first:
                if not frames.skip():
                    return
                continue
            frame = frames.read()
            if frame is None:
                break
            yield frame
        self._show(frames.passed - self.first, total, always=True)

    def _wanted(self, frame: int) -> bool:
        return frame >= self.first and (self.last is None or frame <= self.last)

    def _upto(self, frames: np.ndarray) -> np.ndarray:
        return frames <= (np.iinfo(np.int64).max if self.last is None else self.last)

    def _ask(self) -> None:
        if self.cancelled is not None and self.cancelled():
            raise FitError("Cancelled while keypoints were looked for; nothing is fitted yet.",
                           "CANCELED")

    def _show(self, done: int, total: int, always: bool = False) -> None:
        now = time.monotonic()
        self.began = self.began or now
        if self.progress is not None and (always or now - self.shown >= SHOW_EVERY):
            self.shown = now
            rate = done / (now - self.began) if now > self.began else 0.0
            self.progress(Progress("keypoints", done, total, rate=rate))

    def _beyond(self, source: Path, total: int | None) -> FitError:
        return FitError(f"{source} has {total or 'no'} frame(s); wanted some of"
                        f"{_range(self.first, self.last)}.", "INPUT_UNREADABLE")

    def _note_sizes(self, found: Gathering) -> None:
        if found.others:
            self.note(f"{found.others} of {found.looked} frames are not of {found.width} x"
                      f" {found.height} px, as the first one is, and are left out; fit them apart.")


@dataclass(slots=True)
class _Topic:
    """The people of one topic, whose clock begins with its first message."""

    found: Gathering
    count: int = 0
    begin: int = 0
    end: int = 0

    def add(self, people: People, wanted: Callable[[int], bool]) -> None:
        if not self.count:
            self.begin = people.stamp
        if wanted(self.count):
            self.found.add_people(self.count, (people.stamp - self.begin) / NANOSECONDS, people)
        self.end = max(self.end, people.stamp)
        self.count += 1

    @property
    def rate(self) -> float:
        seconds = (self.end - self.begin) / NANOSECONDS
        return (self.count - 1) / seconds if seconds > 0 else DEFAULT_RATE


def _estimator(
    still: bool, variant: str, max_persons: int
) -> AbstractContextManager[_Estimator]:
    if still:
        return StillEstimator(variant, max_persons)
    # One follower of several is asked for even where one person is seen, so that ids, and which
    # person is taken, do not depend on how many are wanted. The fit smooths; smoothing twice lags.
    return KeypointEstimator(KeypointConfig(
        variant, max(2, max_persons), smoothing=False, memory=MEMORY))


def _is_bag(source: Path) -> bool:
    if source.is_dir():
        return next(source.glob("*.mcap"), None) is not None
    return source.suffix.lower() == ".mcap"


def video_of(folder: Path) -> Path | None:
    """The one video in or beside the folder that OpenPose's files are called after, if any."""
    from kinesics_core.importers.videos import SUFFIXES

    name = next(folder.glob("*" + read_openpose.ENDING)).name
    found = [file for place in (folder, folder.absolute().parent) for file in place.iterdir()
             if file.suffix.lower() in SUFFIXES and name.startswith(file.stem + "_")]
    return found[0] if len(found) == 1 else None


def _range(first: int, last: int | None) -> str:
    if last is not None:
        return f" in frames {first} to {last}"
    return f" from frame {first} on" if first else ""
