"""Tracks of the people in any recording: ``read_tracks(Path("clip.mp4"))``.

Read are videos, images and folders of them, through our own perception; folders of OpenPose's
JSON and lists of AlphaPose's and COCO's; bags with a PersonArray; and files of keypoints
(``track_file``).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from kinesics_core.errors import KinesicsError, ModelError, SourceError
from kinesics_core.fitting.errors import FitError
from kinesics_core.fitting.progress import SILENT, FitHooks, Progress
from kinesics_core.fitting.tracks import read_openpose
from kinesics_core.fitting.tracks.read_keypoint_list import (
    is_keypoint_list,
    read_keypoint_list,
)
from kinesics_core.fitting.tracks.track import Track
from kinesics_core.fitting.tracks.track_builder import MIN_SECONDS, TrackBuilder
from kinesics_core.fitting.tracks.track_file import load_tracks
from kinesics_core.importers.tracks import Sighting, sources
from kinesics_core.keypoints import SAME_IMAGE
from kinesics_core.perception.config import KeypointConfig
from kinesics_core.perception.landmarks import KeypointEstimator
from kinesics_core.perception.sources import (
    DEFAULT_RATE,
    FrameSource,
    image_files,
    open_source,
    shows_stills,
)
from kinesics_core.perception.stills import StillEstimator
from kinesics_core.perception.tracking import Tracker
from kinesics_core.recording import bag_reader
from kinesics_core.skeletons import WHOLEBODY133_BODY
from kinesics_core.types import NANOSECONDS, Frame, People

VARIANT = "heavy"
"""The default of MediaPipe's pose models. Nothing waits for a recording, so the most accurate one:
COCO OKS .777 against the lite one's .70, at half the frames per second of the full one."""

MAX_PERSONS = 5
MEMORY = 3.0
"""Seconds after which somebody who comes back is somebody new."""

TELL_EVERY = 0.2
"""Seconds between two reports of progress."""


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """Choice of the frames of a recording that are read, and of the way keypoints are found.

    Attributes:
        first: The first frame read, counted from 0.
        last: The last frame read; None: to the end.
        openpose: OpenPose's folder of JSON, or AlphaPose's or COCO's list, for the video or
            images, whose keypoints are taken instead of looking for some.
        variant: As for ``perception.landmarks.KeypointEstimator``.
        max_persons: The same.
    """

    first: int = 0
    last: int | None = None
    openpose: Path | None = None
    variant: str = VARIANT
    max_persons: int = MAX_PERSONS

    def __post_init__(self) -> None:
        """Refuse frames that cannot be.

        Raises:
            FitError: INVALID_GOAL.
        """
        if self.first < 0 or (self.last is not None and self.last < self.first):
            raise FitError(f"Got frames {self.first} to {self.last}; wanted first from 0, and last"
                           " not before.", "INVALID_GOAL")

    def wants(self, frame: int) -> bool:
        """Return whether a frame is among those that are read."""
        return frame >= self.first and (self.last is None or frame <= self.last)

    @property
    def words(self) -> str:
        """The frames that are read, as they end a sentence; empty if all are."""
        if self.last is not None:
            return f" in frames {self.first} to {self.last}"
        return f" from frame {self.first} on" if self.first else ""


def read_tracks(
    source: Path, options: ReadOptions | None = None, hooks: FitHooks = SILENT
) -> list[Track]:
    """Return everybody in a recording, in order of their ids; at least one.

    A video that breaks off gives the frames before.

    Args:
        source: A video, image, folder of images (the frames of one camera, in natural order),
            folder of OpenPose's JSON, list of keypoints (JSON), bag, or file of keypoints.
        options: Which frames, and how keypoints are found; None: all, by our own perception.
        hooks: Told how far it is and what is wrong with the recording, and asked whether to stop.

    Raises:
        FitError: INPUT_UNREADABLE, NO_PERSON or CANCELED.
        SourceError, AssetError, ModelError: As perception raises them.
    """
    options = options or ReadOptions()
    if not source.exists():
        raise FitError(f"{source} does not exist; give a video, a folder of images or of OpenPose's"
                       " JSON, a bag, or a file of keypoints (.npz).", "INPUT_UNREADABLE")
    reading = _Reading(options, hooks)
    if source.suffix.lower() == ".npz":
        tracks = reading.keypoint_file(source)
    elif options.openpose is not None:
        tracks = reading.openpose(options.openpose, source)
    elif read_openpose.is_openpose(source):
        tracks = reading.openpose(source, video_of(source))
    elif is_keypoint_list(source):
        tracks = reading.openpose(source, None)
    elif bag_reader.is_bag(source):
        tracks = reading.bag(source)
    else:
        tracks = reading.images(source)
    if not tracks:
        raise FitError(
            f"Nobody is seen in {source}{options.words} for a quarter of a second; wanted"
            " a person in view.", "NO_PERSON")
    return tracks


def time_of(frame: int, times: np.ndarray, rate: float) -> float:
    """Return when a frame was taken, seconds from the first.

    Args:
        frame: Its number, from 0.
        times: (T,) seconds of the first frames, as far as they are known; the others follow evenly.
        rate: Frames per second of those.
    """
    if frame < len(times):
        return float(times[frame])
    if len(times):
        return float(times[-1]) + (frame - len(times) + 1) / rate
    return frame / rate


class _Estimator(Protocol):
    """Perception of images or of stills."""

    def process(self, frame: Frame) -> People: ...


@dataclass(slots=True)
class _Reading:
    """One reading of a recording: what is wanted of it, and how far it is."""

    options: ReadOptions
    hooks: FitHooks
    began: float = 0.0
    told: float = 0.0

    def _times(self, frames: FrameSource) -> np.ndarray:
        """Return the time of each frame of a video that is wanted, seconds; it is gone through."""
        times: list[float] = []
        try:
            for seconds in frames.times():
                self._stop_if_cancelled()
                times.append(seconds)
                if self.options.last is not None and len(times) > self.options.last:
                    break
        except SourceError as error:
            self._note(f"Only the first {len(times)} frames have known times: {error}")
        return np.array(times)

    # --- kinds of recordings --------------------------------------------------------------------

    def images(self, source: Path) -> list[Track]:
        """Read a video, an image or a folder of images, through perception."""
        found, options = TrackBuilder(), self.options
        still = source.is_file() and shows_stills(source)
        with open_source(source, realtime=False) as frames:
            rate = frames.fps
            with _estimator(still, options.variant, options.max_persons) as estimator:
                try:
                    for frame in self._frames(frames):
                        people = estimator.process(frame)
                        found.add_people(frame.index, frame.stamp / NANOSECONDS, people)
                except (SourceError, ModelError) as error:
                    if not found.looked:
                        raise
                    self._note(f"Only the first {found.looked} frames are used: {error}")
            if frames.unreadable:
                self._note(f"{frames.unreadable} image(s) of {source} cannot be decoded; left out.")
        self._note_sizes(found)
        if not found.looked:
            raise self._beyond(source, frames.total)
        return found.tracks(rate)

    def openpose(self, folder: Path, source: Path | None) -> list[Track]:
        """Read OpenPose's folder or a list of keypoints.

        Args:
            folder: The folder, or the list's file.
            source: The video or images they are of; None if they are not there.
        """
        size, rate, names, times = None, DEFAULT_RATE, None, np.empty(0)
        if source is not None:
            with open_source(source, realtime=False) as frames:
                size, rate = frames.size, frames.fps
                if source.is_file():
                    times = self._times(frames)
            names = [file.stem for file in image_files(source)] if source.is_dir() else None
        whole = read_keypoint_list(folder, names) if is_keypoint_list(folder) else None
        every = whole.entries if whole else read_openpose.entries(folder, names)
        if whole is not None:
            size = size or whole.size
        chosen = [entry for entry in every if self.options.wants(entry.frame)]
        if not chosen:
            raise self._beyond(folder, every[-1].frame + 1 if every else None)
        broken: dict[Path, str] = {}

        def people(entry: read_openpose.Entry) -> list[np.ndarray]:
            self._stop_if_cancelled()
            if whole is not None:
                return whole.people[entry.frame]
            try:
                return read_openpose.read_people(entry.file)
            except FitError as error:
                broken[entry.file] = str(error)
                return []

        if size is None:
            size, sentence = read_openpose.size_of(chosen, people)
            if sentence:
                self._note(sentence)
        found, tracker = TrackBuilder(), Tracker(MEMORY)
        for done, entry in enumerate(chosen):
            self._tell(done, len(chosen))
            seen = list(read_openpose.within(people(entry), size))
            seconds = time_of(entry.frame, times, rate)
            ids = tracker.update(
                [points[WHOLEBODY133_BODY] for points in seen], round(seconds * NANOSECONDS))
            found.add_keypoints(entry.frame, seconds, size, zip(ids, seen, strict=True))
        if len(broken) == len(chosen):
            raise FitError(f"None of the {len(chosen)} files can be read. "
                           + next(iter(broken.values())), "INPUT_UNREADABLE")
        if broken:
            self._note(f"{len(broken)} of {len(chosen)} files are left out. "
                      + next(iter(broken.values())))
        self._tell(len(chosen), len(chosen), always=True)
        return found.tracks(rate)

    def bag(self, source: Path) -> list[Track]:
        """Read the PersonArray with most messages of a bag. Frames are counted by its messages."""
        try:
            found = bag_reader.find(source)
        except KinesicsError as error:
            raise FitError(str(error), "INPUT_UNREADABLE") from error
        if len(found) > 1:
            raise FitError(f"{source} holds {len(found)} bags, {found[0].name} and more; give one"
                           " of them.", "INPUT_UNREADABLE")
        gathered: dict[str, _Topic] = {}
        contents = bag_reader.BagContents()
        for topic, people in bag_reader.messages(found[0], contents, whole=True):
            self._stop_if_cancelled()
            self._tell(contents.messages, 0)
            gathered.setdefault(topic, _Topic(TrackBuilder())).add(people, self.options.wants)
        if contents.fault:
            self._note(contents.fault)
        if not gathered:
            why = contents.lack or "Its topic of people has no message that can be read."
            raise FitError(f"{source} holds no people. {why} A video will do, too.",
                           "INPUT_UNREADABLE")
        name, chosen = max(gathered.items(), key=lambda item: item[1].count)
        if len(gathered) > 1:
            self._note(f"{source} has people on {' and '.join(sorted(gathered))}; {name} is used.")
        self._note_sizes(chosen.found)
        if not chosen.found.looked:
            raise self._beyond(source, chosen.count)
        return self._parted(chosen.found.tracks(chosen.rate), name)

    def keypoint_file(self, file: Path) -> list[Track]:
        """Read a file of keypoints."""
        tracks = [track.part(np.array([self.options.wants(int(f)) for f in track.frames], bool))
                  for track in load_tracks(file)]
        return [track for track in tracks if len(track)]

    def _parted(self, tracks: list[Track], topic: str) -> list[Track]:
        """Return a track for each source where several publish the same ids on one topic."""
        parted, free = [], max((track.person for track in tracks), default=0) + 1
        for track in tracks:
            stamps = np.rint(track.times * NANOSECONDS).astype(np.int64)
            coco = track.keypoints[:, WHOLEBODY133_BODY]
            found = sources([Sighting(int(stamp), points) for stamp, points in
                             zip(stamps, coco, strict=True)], (track.width, track.height))
            if len(found) == 1:
                parted.append(track)
                continue
            self._note(f"Person {track.person} of {topic} jumps between {len(found)} places:"
                       " several sources publish there with the same ids. Each is taken for a"
                       " person of its own; record them on topics of their own.")
            for number, source in enumerate(found):
                rows = np.isin(stamps, [sighting.stamp for sighting in source])
                if rows.sum() > MIN_SECONDS * track.rate / len(found):
                    person = free if number else track.person
                    parted.append(replace(track.part(rows), person=person))
                    free += bool(number)
        return parted

    # --- frames, and those who wait for them ----------------------------------------------------

    def _frames(self, frames: FrameSource) -> Iterator[Frame]:
        first, last = self.options.first, self.options.last
        end = frames.total if last is None else last + 1
        if end is not None and frames.total is not None:
            end = min(end, frames.total)
        total = max(0, end - first) if end is not None else 0
        while last is None or not frames.passed > last:
            self._stop_if_cancelled()
            self._tell(max(0, frames.passed - first), total)
            if frames.passed < first:
                if not frames.skip():
                    return
                continue
            frame = frames.read()
            if frame is None:
                break
            yield frame
        self._tell(frames.passed - first, total, always=True)

    def _stop_if_cancelled(self) -> None:
        if self.hooks.stop:
            raise FitError("Cancelled while keypoints were looked for; nothing is fitted yet.",
                           "CANCELED")

    def _tell(self, done: int, total: int, always: bool = False) -> None:
        now = time.monotonic()
        self.began = self.began or now
        if always or now - self.told >= TELL_EVERY:
            self.told = now
            rate = done / (now - self.began) if now > self.began else 0.0
            self.hooks.tell(Progress("keypoints", done, total, rate=rate))

    def _note(self, sentence: str) -> None:
        if self.hooks.note is not None:
            self.hooks.note(sentence)

    def _beyond(self, source: Path, total: int | None) -> FitError:
        return FitError(f"{source} has {total or 'no'} frame(s); wanted some of"
                        f"{self.options.words}.", "INPUT_UNREADABLE")

    def _note_sizes(self, found: TrackBuilder) -> None:
        if found.others:
            self._note(f"{found.others} of {found.looked} frames are not of {found.width} x"
                       f" {found.height} px, as the first one is, and are left out; fit them"
                       " apart.")


@dataclass(slots=True)
class _Topic:
    """People of one topic of a bag, whose clock begins with its first message."""

    found: TrackBuilder
    count: int = 0
    begin: int = 0
    end: int = 0

    def add(self, people: People, wanted: Callable[[int], bool]) -> None:
        """Add the next message, if the frame of its number is wanted."""
        if not self.count:
            self.begin = people.stamp
        elif 0 <= people.stamp - self.end < SAME_IMAGE * NANOSECONDS:
            return  # the same image once more
        if wanted(self.count):
            self.found.add_people(self.count, (people.stamp - self.begin) / NANOSECONDS, people)
        self.end = max(self.end, people.stamp)
        self.count += 1

    @property
    def rate(self) -> float:
        """Messages per second."""
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
        variant, max(2, max_persons), smoothing=False, memory=MEMORY, expression_rate=0.0))


def video_of(folder: Path) -> Path | None:
    """Return the one video in or beside a folder that OpenPose's files are named after, or None."""
    from kinesics_core.perception.file_endings import VIDEO_SUFFIXES

    name = next(folder.glob("*" + read_openpose.ENDING)).name
    found = [file for place in (folder, folder.absolute().parent) for file in place.iterdir()
             if file.suffix.lower() in VIDEO_SUFFIXES and name.startswith(file.stem + "_")]
    return found[0] if len(found) == 1 else None
