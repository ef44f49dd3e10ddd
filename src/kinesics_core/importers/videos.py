"""Importer of labelled videos, through our own perception: clips of COCO-17 in pixels.

``kinesics data import video DIR --out DATASET --label-pattern '(?P<emotion>[^/]+)/[^/]+'`` reads
DIR/happy/clip01.mp4 as a clip with the label emotion: happy. What the keypoints go through is what
a camera's go through live (``perception.landmarks``), smoothing included, so that a network learns
from motion as it will see it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from kinesics_core import files
from kinesics_core.dataset.clips import Clip, Info, Writer
from kinesics_core.dataset.labels import labels_from
from kinesics_core.errors import KinesicsError, ModelError, SourceError
from kinesics_core.importers.other_recordings import beside, sentences
from kinesics_core.importers.tracks import Origin, PeopleImportReport, clips_from_people
from kinesics_core.perception.config import KeypointConfig
from kinesics_core.perception.file_endings import VIDEO_SUFFIXES
from kinesics_core.perception.landmarks import KeypointEstimator
from kinesics_core.perception.sources import DEFAULT_RATE, open_source
from kinesics_core.types import People, Person

JOURNAL = "videos.jsonl"
"""In the dataset's folder: a line for each video that was gone through, so that an interrupted
import goes on at the next one, and a reader can see what was left out and why."""


@dataclass(frozen=True, slots=True)
class VideoSettings:
    """Settings of an import of videos.

    Attributes:
        perception: Of the estimator that sees the people.
        rate: Frames per second to which faster videos are thinned; None: each one's own.
        label_pattern: See ``labels.labels_from``.
        command: What the user typed, for the dataset's description.
    """

    perception: KeypointConfig = KeypointConfig(expression_rate=0.0)
    rate: float | None = None
    label_pattern: str | None = None
    command: str = ""


@dataclass(frozen=True, slots=True)
class VideoEntry:
    """A line of the journal: the outcome of one video.

    Attributes:
        video: Path below the folder that is imported.
        frames, clips: How many it gave.
        fault: Of the file, to be tried again; "" if there is none.
        note: All else to say.
    """

    video: str
    frames: int = 0
    clips: int = 0
    fault: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class VideoProgress:
    """The progress of an import: frame ``frame`` of ``frames`` (None: unknown) of a video.

    ``frame`` is 0 when a video begins; ``number`` counts videos from 1 to ``count``.
    """

    number: int
    count: int
    video: Path
    frame: int
    frames: int | None


def import_videos(
    source: Path, out: Path, settings: VideoSettings | None = None,
    progress: Callable[[VideoProgress], None] = lambda progress: None,
) -> PeopleImportReport:
    """Make a dataset of every video under ``source``.

    A video that cannot be read, is cut off or shows nobody is named in the report, and the import
    goes on; what was read of a video before its damage is kept. Called again after an interruption
    it goes on with the next video.

    Args:
        source: A folder of videos, or one video.
        out: The dataset.
        settings: How videos are read.
        progress: Told after every frame.

    Raises:
        KinesicsError: There is no video, or no video gives a clip.
    """
    settings = settings or VideoSettings()
    videos = find(source)
    root = source if source.is_dir() else source.parent
    paths = _shown_paths(videos, root)
    labels = labels_from(paths, settings.label_pattern)
    names = _clip_names(paths)
    name = files.shown(source.absolute().name)
    info = Info(name, dimensions=2, command=files.shown(settings.command),
                origin=f"videos of {name}, MediaPipe {settings.perception.variant}")
    with Writer(out, info) as writer, _journal(out, writer) as done:
        for number, video in enumerate(videos):
            key = paths[number].as_posix()
            if key in done and not done[key].fault:
                continue

            def tell(frame: int, frames: int | None, number: int = number + 1,
                     video: Path = video) -> None:
                progress(VideoProgress(number, len(videos), video, frame, frames))

            seen, hertz, fault = _people_in(video, settings, tell)
            origin = Origin(names[key], name, labels[number])
            clips = clips_from_people(seen, origin, rate=hertz)
            for clip in clips:
                if not writer.has(clip.name):
                    writer.add(clip)
            done[key] = _entry(key, seen, clips, fault)
            with open(out / JOURNAL, "a", encoding="utf-8") as journal:
                journal.write(_line(done[key]))
        left_out = tuple(
            (entry.video, entry.fault or entry.note) for entry in done.values()
            if entry.fault or entry.note)
        others = tuple(sentences(beside(source, VIDEO_SUFFIXES, frames=True)))
        report = PeopleImportReport("video", len(videos), len(writer), left_out, others)
        report.check(out)
    return report


def find(source: Path) -> list[Path]:
    """Return every video of a folder and those in it, in order.

    Raises:
        KinesicsError: There is none.
    """
    if not source.exists():
        raise KinesicsError(f"{source} does not exist; give a folder of videos.")
    found = files.files_below(source) if source.is_dir() else [source]
    videos = [file for file in found if file.suffix.lower() in VIDEO_SUFFIXES and file.is_file()
              and not file.name.startswith("._")]  # what macOS puts beside a copy
    if not videos:
        others = sentences(beside(source, VIDEO_SUFFIXES, frames=True))
        raise KinesicsError("\n".join((
            f"{source} holds no video: {len(found)} file(s), none of them ending in"
            f" {', '.join(sorted(VIDEO_SUFFIXES))}.", *others)))
    return videos


def _people_in(
    video: Path, settings: VideoSettings, tell: Callable[[int, int | None], None]
) -> tuple[list[People], float, str]:
    """Run perception over one video.

    Returns:
        Everybody seen, the video's frames per second, and the fault that ended it, "" if none.
    """
    seen: list[People] = []
    hertz = DEFAULT_RATE
    tell(0, None)
    # An estimator for each video: nobody is followed from one into the next.
    with KeypointEstimator(settings.perception) as estimator:
        try:
            with open_source(video, realtime=False, rate=settings.rate) as frames:
                hertz = frames.fps
                while (frame := frames.read()) is not None:
                    people = estimator.process(frame)
                    # Faces and hands of an hour of video would fill the memory.
                    bodies = [Person(p.id, p.score, p.coco) for p in people.persons]
                    seen.append(replace(people, persons=bodies))
                    tell(len(seen), frames.total)
        except (SourceError, ModelError) as error:
            return seen, hertz, str(error)
    return seen, hertz, ""


def _entry(key: str, seen: list[People], clips: list[Clip], fault: str) -> VideoEntry:
    if not seen:
        return VideoEntry(key, fault=fault or "has no frames")
    if clips:
        note = f"cut off, its beginning is kept: {fault}" if fault else ""
        return VideoEntry(key, len(seen), len(clips), note=note)
    somebody = any(people.persons for people in seen)
    note = "nobody was followed for half a second" if somebody else "nobody was seen"
    return VideoEntry(key, len(seen), note=f"{note} in {len(seen)} frames. {fault}".rstrip())


def _shown_paths(videos: Sequence[Path], root: Path) -> list[Path]:
    """Return the paths below ``root`` as text that any file takes, each another."""
    paths: dict[Path, None] = {}
    for video in videos:
        plain = path = Path(files.shown(video.relative_to(root)))
        number = 2
        while path in paths:
            path = plain.with_stem(f"{plain.stem}_{number}")
            number += 1
        paths[path] = None
    return list(paths)


def _clip_names(paths: Sequence[Path]) -> dict[str, str]:
    """Name each path without its suffix, or with it where two files differ in nothing else."""
    stems = Counter(path.with_suffix("") for path in paths)
    return {
        path.as_posix(): (path.with_suffix("") if stems[path.with_suffix("")] == 1 else path)
        .as_posix() for path in paths
    }


@contextmanager
def _journal(out: Path, writer: Writer) -> Iterator[dict[str, VideoEntry]]:
    """Give what is done, by video; a dataset that ends without a clip keeps no journal either."""
    try:
        yield _read_journal(out)
    except BaseException:
        if not len(writer):
            (out / JOURNAL).unlink(missing_ok=True)
        raise


def _read_journal(out: Path) -> dict[str, VideoEntry]:
    """Read the journal, and cut the line that a killed import did not end."""
    file = out / JOURNAL
    lines = file.read_text(encoding="utf-8").split("\n")[:-1] if file.exists() else []
    entries = {entry["video"]: VideoEntry(**entry) for entry in map(json.loads, lines)}
    files.write_text(file, "".join(map(_line, entries.values())))
    return entries


def _line(entry: VideoEntry) -> str:
    return json.dumps(asdict(entry), ensure_ascii=False) + "\n"
