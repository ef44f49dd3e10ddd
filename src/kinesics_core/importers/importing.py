"""Import of motion in 3-D: labels from file names, cuts at faults, going on after a kill.

A ``MotionReader`` knows one format: it names the recordings of a file and makes each when asked.
``import_motion`` puts them into a dataset; a recording that cannot be made costs itself only.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np

from kinesics_core.dataset.clips import Clip, Info, Writer
from kinesics_core.dataset.labels import labels_from
from kinesics_core.errors import KinesicsError
from kinesics_core.importers.other_recordings import sentences
from kinesics_core.importers.source_files import SourceFile, files_in
from kinesics_core.importers.stature import check_person

MAX_SPEED = 15.0
"""Metres per second. A keypoint faster than this is a fault of the recording: a jump out of the
calibration T-pose, a lost marker, an exponential map that wrapped. The clip is cut there."""

FASTEST = 1000.0
"""Frames per second of a recording at most."""

MIN_SECONDS = 1.5
"""Shortest piece that is kept of such a cut: a past of 0.5 s with a future of 1 s."""


class MotionRecording(NamedTuple):
    """A recording that can be imported.

    Attributes:
        name: Of the clip, from which labels are read.
        make: Returns the clip; KinesicsError if it cannot be made.
        longer: Another name, for where a recording before has that one; "" if there is none.
    """

    name: str
    make: Callable[[], Clip]
    longer: str = ""


MotionReader = Callable[[SourceFile], Iterable[MotionRecording]]
"""The recordings of one file; KinesicsError if it cannot be read."""


@dataclass(frozen=True, slots=True)
class MotionSource:
    """Recordings of one format, and what their names say.

    Attributes:
        path: A folder, archive or file.
        reader: Of the format.
        suffixes: Of its files, in lower case.
        label_pattern: See ``labels.labels_from``; its group "group" groups clips instead.
        skip_unmatched: Leave out recordings whose name does not match.
    """

    path: Path
    reader: MotionReader
    suffixes: tuple[str, ...]
    label_pattern: str | None = None
    skip_unmatched: bool = False

    def files(self, report: ImportReport) -> Iterator[SourceFile]:
        """Yield the files of the format; recordings of other kinds go into the report."""
        return files_in(self.path, self.suffixes, report.others.__setitem__)


def stem(name: str) -> str:
    """Return the path of a recording without what says how it is stored."""
    return re.sub(r"\.(bvh|txt|npy|amc)$", "", name, flags=re.IGNORECASE)


@dataclass(slots=True)
class ImportReport:
    """The outcome of an import.

    Attributes:
        written: Clips that were added.
        there_before: Clips that an earlier run had added.
        cut: Names of recordings that were cut where they jump.
        too_short: Names of those of which a cut left nothing.
        unmatched: Names that the label pattern does not match.
        failed: Why each that could not be made failed, by name.
        others: What recordings of other kinds are and what to do with them, by name.
    """

    written: int = 0
    there_before: int = 0
    cut: list[str] = field(default_factory=list)
    too_short: list[str] = field(default_factory=list)
    unmatched: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    others: dict[str, str] = field(default_factory=dict)

    def reasons(self) -> list[str]:
        """Return a sentence with its name for each recording that failed."""
        return [why if name in why else f"{name}: {why}" for name, why in self.failed.items()]


def import_motion(
    source: MotionSource, out: Path, info: Info,
    track: Callable[[Iterable[MotionRecording], int], Iterable[MotionRecording]]
    = lambda found, count: found,
) -> ImportReport:
    """Make a dataset of recordings, or go on with it.

    Args:
        source: Where the recordings are, and how they are read.
        out: The dataset.
        info: Its description.
        track: Passes on so many recordings and shows how far they are.

    Raises:
        KinesicsError: There is nothing to import, the labels match nothing, or nothing could be
            imported; ``out`` is then as it was.
    """
    if source.skip_unmatched and source.label_pattern is None:
        raise KinesicsError("--skip-unmatched needs a --label-pattern that names can miss.")
    report, seen = ImportReport(), set[str]()
    names = [recording.name for recording in _recordings(source, report)]
    if not names and not report.failed:
        raise KinesicsError(
            f"{source.path} holds no {' or '.join(source.suffixes)} recording, nor does an archive"
            " in it. Give the folder that does, or the KIND of what is there."
            + _told(report))
    labels = dict(zip(
        names, labels_from([PurePosixPath(n) for n in names], source.label_pattern), strict=True))
    if source.label_pattern is not None:
        report.unmatched = [name for name in names if not labels[name]]
    folder = _common_folder(names)
    with Writer(out, info) as writer:
        for recording in track(_recordings(source, report), len(names)):
            name = stem(recording.name[len(folder):])
            if source.skip_unmatched and not labels[recording.name]:
                continue
            if name in seen and recording.longer:
                name = recording.longer
            if name in seen:
                report.failed[recording.name] = "another recording before it has the same name"
                continue
            seen.add(name)
            if writer.has(name):
                report.there_before += 1
                continue
            try:
                clip = recording.make()
                if not 0.0 < clip.rate <= FASTEST:
                    raise KinesicsError(f"it says {clip.rate:g} frames per second; wanted more than"
                                        f" 0 and at most {FASTEST:g}. Correct the file.")
                check_person(clip)
            except Exception as error:  # whatever is wrong with one recording costs itself only
                report.failed[recording.name] = why_left_out(error)
                continue
            group = name if clip.group == clip.name else clip.group
            _add(writer, replace(clip, name=name, group=group), labels[recording.name], report)
        if not len(writer):
            reasons = [*report.reasons(), *(
                f"{name} jumps (faster than {MAX_SPEED:g} m/s) so often that no"
                f" {MIN_SECONDS:g} s are left. Its rate may be wrong; correct it."
                for name in report.too_short)]
            raise KinesicsError(
                f"None of the {len(names)} recordings in {source.path} could be imported."
                f" {''.join(reasons[:1])}" + _told(report))
    return report


def _told(report: ImportReport) -> str:
    return "".join(f"\n{sentence}" for sentence in sentences(report.others))


def _common_folder(names: Sequence[str]) -> str:
    """Return what all names begin with, up to a slash; it would only lengthen clips' names."""
    common = os.path.commonprefix(list(names))
    return common[:common.rfind("/") + 1]


def _recordings(source: MotionSource, report: ImportReport) -> Iterator[MotionRecording]:
    """Yield what can be imported; files that cannot be read go into the report."""
    for file in source.files(report):
        try:
            yield from source.reader(file)
        except Exception as error:  # as above
            report.failed[file.name] = why_left_out(error)


def why_left_out(error: Exception) -> str:
    """Return why a recording was left out; an unforeseen error is named as what it is."""
    if isinstance(error, KinesicsError):
        return str(error)
    lines = str(error).splitlines() or [""]
    return (f"it cannot be read ({type(error).__name__}: {lines[0]}). Export it again; if other"
            " programs read it, please report it.")


def _add(writer: Writer, clip: Clip, labels: dict[str, str], report: ImportReport) -> None:
    pieces = cut_at_faults(clip)
    if sum(len(piece.keypoints) for piece in pieces) < len(clip.keypoints) or len(pieces) > 1:
        (report.cut if pieces else report.too_short).append(clip.name)
    for piece in pieces:
        if writer.has(piece.name):
            report.there_before += 1
            continue
        piece.group = labels.get("group", piece.group)
        piece.labels = {key: value for key, value in labels.items() if key != "group"}
        writer.add(piece)
        report.written += 1


def cut_at_faults(clip: Clip) -> list[Clip]:
    """Return the clip, or what is long enough of it between the frames where it jumps."""
    step = np.linalg.norm(np.diff(clip.keypoints, axis=0), axis=-1).max(axis=1)
    cuts = np.flatnonzero(step * clip.rate > MAX_SPEED) + 1
    if not len(cuts):
        return [clip]
    pieces = np.split(clip.keypoints, cuts)
    long = [piece for piece in pieces if len(piece) >= MIN_SECONDS * clip.rate]
    return [
        replace(clip, name=clip.name if len(long) == 1 else f"{clip.name}#{i}", keypoints=piece)
        for i, piece in enumerate(long)
    ]
