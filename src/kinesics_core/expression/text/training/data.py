"""Labelled sentences to train and judge the text model on: GoEmotions and XED, as published.

- GoEmotions (Demszky et al. 2020, Apache-2.0): ``data/original/{train,dev,test}.tsv`` with lines of
  text, comma-separated label numbers, id; ``labels.txt`` beside them; 27 emotions and neutral.
- XED, English (Oehman et al. 2020, CC BY 4.0): ``en-annotated.tsv`` with lines of text and
  Plutchik's eight as 1 to 8, ``neu_en.txt`` with neutral lines.

Either may be compressed with xz, GoEmotions an archive ``goemotions.tar.xz``.
"""

from __future__ import annotations

import lzma
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kinesics_core.affect.emotions import EMOTIONS
from kinesics_core.errors import KinesicsError
from kinesics_core.expression.text.vad import FINE_VAD

EKMAN = ("anger", "disgust", "fear", "joy", "neutral", "sadness", "surprise")
"""Classes of GoEmotions-Ekman, in the order of its ``labels.txt``."""

EKMAN_OF: dict[str, str] = {
    **dict.fromkeys(("anger", "annoyance", "disapproval"), "anger"),
    "disgust": "disgust",
    **dict.fromkeys(("fear", "nervousness"), "fear"),
    **dict.fromkeys(
        ("joy", "amusement", "approval", "excitement", "gratitude", "love", "optimism", "relief",
         "pride", "admiration", "desire", "caring"), "joy"),
    **dict.fromkeys(
        ("sadness", "disappointment", "embarrassment", "grief", "remorse"), "sadness"),
    **dict.fromkeys(("surprise", "realization", "confusion", "curiosity"), "surprise"),
    "neutral": "neutral",
}
"""Label of GoEmotions -> class of Ekman (Demszky et al. 2020, section 4.3 and appendix)."""

XED = ("anger", "anticipation", "disgust", "fear", "joy", "sadness", "surprise", "trust", "neutral")
"""Classes of XED: Plutchik's eight in the order of its numbers, then neutral."""

GOEMOTIONS = (*FINE_VAD, "neutral")
"""GoEmotions' own labels, in our order."""

EKMAN_AS_OURS = tuple(EMOTIONS.index("happiness" if name == "joy" else name) for name in EKMAN)
"""Place in ``EMOTIONS`` of each class of Ekman."""

EKMAN_AT = slice(0, len(EKMAN))
FINE_AT = slice(EKMAN_AT.stop, EKMAN_AT.stop + len(GOEMOTIONS))
XED_AT = slice(FINE_AT.stop, FINE_AT.stop + len(XED))
OURS_AT = slice(XED_AT.stop, XED_AT.stop + len(EMOTIONS))
OUTPUTS = OURS_AT.stop
"""Places of the encoder's four tasks among its outputs."""


@dataclass(frozen=True, slots=True)
class Sentences:
    """Texts and what they were labelled.

    Attributes:
        texts: N texts.
        labels: (N, C) float32, 1 where the class holds, in the order of ``classes``.
        classes: Names of the C classes.
    """

    texts: list[str]
    labels: np.ndarray
    classes: tuple[str, ...]


def read_goemotions(path: Path, split: str) -> Sentences:
    """Return one split of GoEmotions with its 28 own labels.

    Args:
        path: The folder with ``data/original`` (or the files themselves), or the archive of it.
        split: train, dev or test.

    Raises:
        KinesicsError: The files are not there or not of this form.
    """
    names = _lines(path, ("data/original/labels.txt", "original/labels.txt", "labels.txt"))
    numbers = [name.strip() for name in names if name.strip()]
    if sorted(numbers) != sorted(GOEMOTIONS):
        raise KinesicsError(
            f"{path}: labels.txt names {len(numbers)} labels that are not GoEmotions' 28; wanted"
            " data/original of the data set, not data/ekman.")
    columns = [GOEMOTIONS.index(name) for name in numbers]
    files = tuple(f"{folder}{split}.tsv" for folder in ("data/original/", "original/", ""))
    texts, rows = [], []
    for number, line in enumerate(_lines(path, files), 1):
        parts = line.rstrip("\n").split("\t")
        try:
            marked = [columns[_place(label)] for label in parts[1].split(",")]
        except (IndexError, ValueError):
            raise KinesicsError(
                f"{path}, {split}.tsv, line {number}: got {line[:60]!r}; wanted text, label"
                " numbers and id, between tabs.") from None
        row = np.zeros(len(GOEMOTIONS), np.float32)
        row[marked] = 1.0
        texts.append(parts[0])
        rows.append(row)
    return Sentences(texts, np.stack(rows), GOEMOTIONS)


def to_ekman(labels: np.ndarray) -> np.ndarray:
    """Return GoEmotions' labels (N, 28) as Ekman's classes (N, 7), 1 where any of theirs is."""
    return (labels @ EKMAN_MAP > 0).astype(np.float32)


EKMAN_MAP = np.array(
    [[float(EKMAN_OF[name] == group) for group in EKMAN] for name in GOEMOTIONS], np.float32)
"""(28, 7) 1 where a label belongs to a class."""


def read_xed(path: Path) -> Sentences:
    """Return XED's English sentences with Plutchik's eight and neutral.

    Raises:
        KinesicsError: The files are not there or not of this form.
    """
    texts, rows = [], []
    lines = _lines(path, ("en-annotated.tsv", "AnnotatedData/en-annotated.tsv"))
    for number, line in enumerate(lines, 1):
        text, _, marks = line.rstrip("\n").rpartition("\t")
        row = np.zeros(len(XED), np.float32)
        try:
            row[[_place(mark, 1) for mark in marks.split(",")]] = 1.0
        except (IndexError, ValueError):
            raise KinesicsError(
                f"{path}, en-annotated.tsv, line {number}: got {line[:60]!r}; wanted text, tab,"
                " numbers 1 to 8.") from None
        texts.append(_speech(text))
        rows.append(row)
    neutral = np.eye(len(XED), dtype=np.float32)[-1]
    for line in _lines(path, ("neu_en.txt", "AnnotatedData/neu_en.txt")):
        texts.append(_speech(line.rstrip("\n").partition("\t")[2]))
        rows.append(neutral)
    return Sentences(texts, np.stack(rows), XED)


def _place(label: str, first: int = 0) -> int:
    """Return the place that a label's number names, for numbers that begin at ``first``.

    Raises:
        ValueError: It is none, or below ``first``.
        IndexError: No list of labels is that long.
    """
    place = int(label) - first
    if place < 0:
        raise ValueError(label)
    if place > 1000:
        raise IndexError(label)
    return place


def _speech(text: str) -> str:
    """Return a subtitle without the spaces that its tokeniser put before punctuation."""
    for mark in (".", ",", "!", "?", ":", ";", "'s", "n't", "'re", "'m", "'ll", "'ve"):
        text = text.replace(f" {mark}", mark)
    return text


def _lines(path: Path, names: tuple[str, ...]) -> Iterator[str]:
    """Return the lines of the first of the files that is there, in a folder or an archive.

    Raises:
        KinesicsError: None is there, it cannot be read, or holds nothing.
    """
    try:
        lines = _stored_lines(path, names)
    except (OSError, EOFError, ValueError, lzma.LZMAError, tarfile.TarError) as error:
        raise KinesicsError(
            f"{path}: {names[0]} cannot be read ({error}). Fetch it again.") from error
    if not any(line.strip() for line in lines):
        raise KinesicsError(f"{path}: {names[0]} is empty. Fetch it again.")
    return iter(lines)


def _stored_lines(path: Path, names: tuple[str, ...]) -> list[str]:
    if path.is_dir():
        for name in names:
            for file in (path / name, path / f"{name}.xz"):
                if file.is_file():
                    opened = lzma.open if file.suffix == ".xz" else open
                    with opened(file, "rt", encoding="utf-8") as stream:
                        return list(stream)
        archives = sorted(path.glob("*.tar.xz"))
        if len(archives) == 1:
            return _stored_lines(archives[0], names)
    elif path.is_file() and tarfile.is_tarfile(path):
        with tarfile.open(path) as archive:
            members = {member.name.removeprefix("./"): member for member in archive.getmembers()}
            for name in names:
                if name in members:
                    member = archive.extractfile(members[name])
                    if member is not None:
                        return member.read().decode("utf-8").splitlines(keepends=True)
    raise KinesicsError(f"{path}: {names[0]} is not there; wanted the folder of the data set.")
