"""Evaluation of reading faces on a folder of pictures with labels.

A label is the name of the subfolder that a picture lies in, or stands in a CSV file of the folder
with a column for the picture and one for the label.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kinesics_core.affect.emotion_words import emotion_of
from kinesics_core.affect.emotions import EMOTIONS, NEUTRAL
from kinesics_core.affect.face import FaceReader
from kinesics_core.errors import KinesicsError, SourceError
from kinesics_core.files import files_below, shown
from kinesics_core.perception.file_endings import IMAGE_SUFFIXES, OTHER_SUFFIXES
from kinesics_core.perception.picture_faces import PictureFace, PictureFaceReader
from kinesics_core.perception.sources import read_image
from kinesics_core.types import NANOSECONDS, Person

_PICTURE_COLUMNS = ("file", "filename", "path", "image", "picture", "subdirectory_filepath")
_LABEL_COLUMNS = ("emotion", "label", "expression", "class")
_OUR_COLUMNS = {"read", "face_found"}  # of the CSV file that `kinesics eval affect faces` writes

READERS = ("fused", "networks", "blendshapes")
"""Readers that are compared: networks and action units together as live, each of them alone."""


@dataclass(frozen=True, slots=True)
class LabelledPicture:
    """A picture of a face and the emotion it is said to show.

    Attributes:
        file: Of the picture.
        emotion: Index into ``EMOTIONS``.
    """

    file: Path
    emotion: int


def labelled_pictures(
    folder: Path, tell: Callable[[str], None] = lambda sentence: None
) -> list[LabelledPicture]:
    """Return the pictures of a folder with their labels, in order of their names.

    Args:
        folder: Pictures in subfolders, or with CSV files beside them.
        tell: Hears a sentence for each subfolder whose name is no emotion, and each CSV file
            without columns for picture and label.

    Raises:
        KinesicsError: The folder is none, holds no picture with a label, or a CSV file names
            pictures that are not there or labels that are no emotion.
    """
    if not folder.is_dir():
        raise KinesicsError(f"Got {folder}, which is no folder; give one of pictures of faces.")
    found: list[LabelledPicture] = []
    for table in sorted(filter(Path.is_file, folder.glob("*.csv"))):
        try:
            found += _from_table(folder, table, tell)
        except (OSError, ValueError, csv.Error) as error:  # names that no file can have, too
            raise KinesicsError(
                f"{shown(table)} is no table of labels ({error}); mend it, or move it away."
            ) from error
    others: dict[Path, int] = {}
    for file in () if found else files_below(folder):
        if file.suffix.lower() not in IMAGE_SUFFIXES | OTHER_SUFFIXES:
            continue
        label = emotion_of_label(file.parent.name)
        if label is None:
            others[file.parent] = others.get(file.parent, 0) + 1
        else:
            found.append(LabelledPicture(file, label))
    for place, count in others.items():
        tell(f"Left out: {count} picture(s) in {shown(place)}, whose name is no emotion.")
    if not found:
        raise KinesicsError(
            f"There is no picture with a label in {folder}; put pictures into subfolders named "
            f"{', '.join(EMOTIONS)}, or name them in a CSV file with the columns file and "
            "emotion.")
    return found


def emotion_of_label(label: str) -> int | None:
    """Return the index of the emotion that a label names, or None if it names none."""
    words = label.strip().lower().replace("-", "_").split("_")
    name = next(filter(None, (emotion_of(word, face=True) for word in words)), None)
    return None if name is None else EMOTIONS.index(name)


def _from_table(
    folder: Path, table: Path, tell: Callable[[str], None]
) -> list[LabelledPicture]:
    """Return the pictures that a CSV file names; none if it has no such columns."""
    with table.open(newline="", encoding="utf-8-sig", errors="replace") as lines:
        head = lines.readline()
        lines.seek(0)
        rows = csv.DictReader(lines, delimiter=max(",;\t", key=head.count))
        columns = {name.strip().lower(): name for name in rows.fieldnames or ()}
        if set(columns) >= _OUR_COLUMNS:
            return []
        picture = next((columns[name] for name in _PICTURE_COLUMNS if name in columns), None)
        label = next((columns[name] for name in _LABEL_COLUMNS if name in columns), None)
        if picture is None or label is None:
            tell(f"{shown(table)} has the columns {', '.join(map(repr, columns))}; without file"
                 " and emotion it is no table of labels.")
            return []
        found = []
        for row in rows:
            file, emotion = folder / (row[picture] or ""), emotion_of_label(row[label] or "")
            if emotion is None:
                raise KinesicsError(
                    f"{table} line {rows.line_num} has the label {row[label]!r}; wanted one of "
                    f"{', '.join(EMOTIONS)}.")
            if not file.is_file():
                raise KinesicsError(
                    f"{table} line {rows.line_num} names {row[picture]!r}, which is not in "
                    f"{folder}. Paths are relative to the folder.")
            found.append(LabelledPicture(file, emotion))
    return found


@dataclass(frozen=True, slots=True)
class FaceReadings:
    """Readings of labelled pictures.

    Attributes:
        files: Of the pictures that could be opened.
        labels: (N,) int, indices into ``EMOTIONS``.
        found: (N,) bool, whether a face was found; else the picture was read from edge to edge.
        distributions: Name of the reader (``READERS``) -> (N, 8) probabilities.
        broken: Files that are no picture.
    """

    files: list[Path]
    labels: np.ndarray
    found: np.ndarray
    distributions: dict[str, np.ndarray]
    broken: list[Path]


def read_pictures(
    pictures: Sequence[LabelledPicture],
    watch: Callable[[Sequence[LabelledPicture]], Iterable[LabelledPicture]] = lambda all_: all_,
) -> FaceReadings:
    """Read every picture by each of ``READERS``.

    Args:
        pictures: With labels.
        watch: Passes the pictures on one by one, for instance behind a progress bar.

    Raises:
        KinesicsError: None of them can be opened.
    """
    files, labels, found, broken = [], [], [], []
    read: dict[str, list[np.ndarray]] = {name: [] for name in READERS}
    with PictureFaceReader(whole=True) as reader:
        for picture in watch(pictures):
            try:
                face = reader.read(np.ascontiguousarray(read_image(picture.file)))
            except SourceError:
                face = None
            if face is None:
                broken.append(picture.file)
                continue
            files.append(picture.file)
            labels.append(picture.emotion)
            found.append(face.landmarks is not None)
            for name in READERS:
                read[name].append(_categories(face, name))
    if not files:
        raise KinesicsError(
            f"None of {len(broken)} files ({broken[0].name}, ...) is a picture of "
            "24 x 24 pixels or more that can be opened.")
    return FaceReadings(files, np.array(labels), np.array(found),
                        {name: np.array(rows) for name, rows in read.items()}, broken)


def _categories(face: PictureFace, reader: str) -> np.ndarray:
    """Return the distribution (8,) that a reader gives of a face that is seen once."""
    if reader == "networks" or (reader == "fused" and face.blendshapes is None):
        return face.expression
    if face.blendshapes is None:  # without a face there are no shapes: nothing is shown
        return np.eye(len(EMOTIONS), dtype=np.float32)[NEUTRAL]
    person = Person(1, 1.0, np.full((17, 3), np.nan, np.float32), blendshapes=face.blendshapes)
    if reader == "fused":
        person.expression, person.expression_stamp = face.expression, NANOSECONDS
    reading = FaceReader().update(person, NANOSECONDS)
    return face.expression if reading is None else reading.categories
