"""Folders of labelled videos, through our own perception -> clips of COCO-17 in pixels.

``kinesics data import video DIR --out DATASET --label-pattern '(?P<emotion>[^/]+)/[^/]+'`` reads
DIR/happy/clip01.mp4 as a clip with the label emotion: happy. What the keypoints go through is what
a camera's go through live (``perception.landmarks``), smoothing included, so that a network learns
from motion as it will see it.
"""

from __future__ import annotations

import json
import shlex
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from kinesics_core import files
from kinesics_core.dataset.clips import Clip, Info, Writer
from kinesics_core.dataset.labels import labels_from
from kinesics_core.errors import KinesicsError, ModelError, SourceError
from kinesics_core.importers.tracks import clips_of, summary
from kinesics_core.perception.config import KeypointConfig
from kinesics_core.perception.landmarks import KeypointEstimator
from kinesics_core.perception.sources import DEFAULT_RATE, open_source
from kinesics_core.types import People, Person

SUFFIXES = frozenset({
    ".3gp", ".avi", ".flv", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".ogv",
    ".ts", ".webm", ".wmv", ".y4m",
})

JOURNAL = "videos.jsonl"
"""In the dataset's folder: a line for each video that was gone through, so that an interrupted
import goes on at the next one, and a reader can see what was left out and why."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What became of one video. fault: of the file, to be tried again; note: all else to say."""

    video: str
    frames: int = 0
    clips: int = 0
    fault: str = ""
    note: str = ""


def import_videos(
    source: Path, out: Path, *, label_pattern: str | None = None,
    variant: str = KeypointConfig.variant, persons: int = 1, rate: float | None = None,
) -> str:
    """Make a dataset of every video under ``source``; a summary for the user.

    A video that cannot be read, is cut off or shows nobody is named in the summary, and the
    import goes on; what was read of a video before its damage is kept. Called again after an
    interruption it goes on with the next video. KinesicsError if no video gives a clip.
    """
    videos = find(source)
    root = source if source.is_dir() else source.parent
    paths = [video.relative_to(root) for video in videos]
    labels = labels_from(paths, label_pattern)
    names = _clip_names(paths)
    command = ["kinesics", "data", "import", "video", str(source), "--out", str(out),
               "--variant", variant, "--persons", str(persons)]
    command += ["--rate", f"{rate:g}"] if rate else []
    command += ["--label-pattern", label_pattern] if label_pattern else []
    name = source.absolute().name
    info = Info(name, dimensions=2, origin=f"videos of {name}, MediaPipe {variant}",
                command=shlex.join(command))
    with Writer(out, info) as writer, _journal(out, writer) as done, _progress() as progress:
        bar = progress.add_task("", total=None, speed="")
        for number, video in enumerate(videos):
            key = paths[number].as_posix()
            if key in done and not done[key].fault:
                continue
            progress.reset(bar, description=f"{number + 1}/{len(videos)} {video.name}", total=None)
            watch = _Watch(progress, bar)
            seen, hertz, fault = _watch_people(video, variant, persons, rate, watch)
            clips = clips_of(seen, names[key], name, labels[number], rate=hertz)
            for clip in clips:
                if not writer.has(clip.name):
                    writer.add(clip)
            entry = _entry(key, seen, clips, fault)
            done[key] = entry
            with open(out / JOURNAL, "a", encoding="utf-8") as journal:
                journal.write(_line(entry))
        left_out = [(e.video, e.fault or e.note) for e in done.values() if e.fault or e.note]
        return summary(out, "video", len(videos), len(writer), left_out)


def find(source: Path) -> list[Path]:
    """Every video of a folder and those in it, in order; KinesicsError if there is none."""
    if not source.exists():
        raise KinesicsError(f"{source} does not exist; give a folder of videos.")
    found = sorted(source.rglob("*")) if source.is_dir() else [source]
    videos = [file for file in found if file.suffix.lower() in SUFFIXES and file.is_file()]
    if not videos:
        raise KinesicsError(
            f"{source} holds no video: {len(found)} file(s) and folder(s), none of them ending in"
            f" {', '.join(sorted(SUFFIXES))}."
        )
    return videos


@dataclass(slots=True)
class _Watch:
    """Shows how far and how fast one video goes."""

    progress: Progress
    bar: TaskID
    began: float = field(default_factory=time.monotonic)
    frames: int = 0

    def step(self, total: int | None) -> None:
        self.frames += 1
        speed = self.frames / max(time.monotonic() - self.began, 1e-6)
        self.progress.update(self.bar, completed=self.frames, total=total,
                             speed=f"{speed:.1f} frames/s")


def _watch_people(
    video: Path, variant: str, persons: int, rate: float | None, watch: _Watch
) -> tuple[list[People], float, str]:
    """What perception makes of one video, its frame rate, and the fault that ended it, if any."""
    seen: list[People] = []
    hertz = DEFAULT_RATE
    # An estimator for each video: nobody is followed from one into the next.
    with KeypointEstimator(KeypointConfig(variant, persons)) as estimator:
        try:
            with open_source(video, realtime=False, rate=rate) as frames:
                hertz = frames.fps
                while (frame := frames.read()) is not None:
                    people = estimator.process(frame)
                    # Faces and hands of an hour of video would fill the memory.
                    bodies = [Person(p.id, p.score, p.coco) for p in people.persons]
                    seen.append(replace(people, persons=bodies))
                    watch.step(frames.total)
        except (SourceError, ModelError) as error:
            return seen, hertz, str(error)
    return seen, hertz, ""


def _entry(key: str, seen: list[People], clips: list[Clip], fault: str) -> Entry:
    if not seen:
        return Entry(key, fault=fault or "has no frames")
    if clips:
        note = f"cut off, its beginning is kept: {fault}" if fault else ""
        return Entry(key, len(seen), len(clips), note=note)
    somebody = any(people.persons for people in seen)
    note = "nobody was followed for half a second" if somebody else "nobody was seen"
    return Entry(key, len(seen), note=f"{note} in {len(seen)} frames. {fault}".rstrip())


def _clip_names(paths: Sequence[Path]) -> dict[str, str]:
    """Path -> path without suffix; with it where two files differ in nothing else."""
    stems = Counter(path.with_suffix("") for path in paths)
    return {
        path.as_posix(): (path.with_suffix("") if stems[path.with_suffix("")] == 1 else path)
        .as_posix() for path in paths
    }


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
        TextColumn("{task.fields[speed]}"), TimeRemainingColumn(), console=Console(stderr=True),
        transient=True,
    )  # fmt: skip


@contextmanager
def _journal(out: Path, writer: Writer) -> Iterator[dict[str, Entry]]:
    """What is done, by video; a dataset that ends without a clip leaves no journal either."""
    try:
        yield _read_journal(out)
    except BaseException:
        if not len(writer):
            (out / JOURNAL).unlink(missing_ok=True)
        raise


def _read_journal(out: Path) -> dict[str, Entry]:
    """A last line without its end was being written when the import was killed: it is cut."""
    file = out / JOURNAL
    lines = file.read_text(encoding="utf-8").split("\n")[:-1] if file.exists() else []
    entries = {entry["video"]: Entry(**entry) for entry in map(json.loads, lines)}
    files.write_text(file, "".join(map(_line, entries.values())))
    return entries


def _line(entry: Entry) -> str:
    return json.dumps(asdict(entry), ensure_ascii=False) + "\n"
