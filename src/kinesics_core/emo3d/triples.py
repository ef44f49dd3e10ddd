"""Triples of Emo3D in memory: descriptions with their distribution, pictures, blendshape scores.

A row is what one description is about: up to three sentences, one distribution of emotion, and up
to four pictures, each with the scores of its face (the public set's layout). A triple is a sentence
of a row with a picture of it and its scores.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from kinesics_core.emo3d.words import PARTS
from kinesics_core.errors import KinesicsError
from kinesics_core.skeletons import ARKIT_BLENDSHAPES

SHAPES = len(ARKIT_BLENDSHAPES)

SHARES = (0.7, 0.1, 0.2)
"""Shares of the parts, where the data do not say which row belongs to which."""


@dataclass(frozen=True, eq=False)
class Triples:
    """Rows and their pictures.

    Attributes:
        texts: The sentences of each of N rows.
        kinds: Of each row: what its description is (``descriptions.KINDS``, the public set's
            prompt_type).
        parts: Of each row, one of ``words.PARTS``.
        distributions: (N, 8) float32 in the order of ``EMOTIONS``, each sums to 1.
        rows: (M,) int, the row of each picture.
        pictures: The file of each picture; None if there is none.
        scores: (M, 52) float32, ``ARKIT_BLENDSHAPES``, measured on the picture; 0..1.
        commanded: (M, 52) float32, what the picture was drawn with; nan where nobody knows.
    """

    texts: tuple[tuple[str, ...], ...]
    kinds: tuple[str, ...]
    parts: tuple[str, ...]
    distributions: np.ndarray
    rows: np.ndarray
    pictures: tuple[Path | None, ...]
    scores: np.ndarray
    commanded: np.ndarray

    def __post_init__(self) -> None:
        if not np.isfinite(self.scores).all():
            wrong = int((~np.isfinite(self.scores)).any(axis=1).sum())
            raise KinesicsError(
                f"Got {wrong} of {len(self.scores)} faces with scores that are no numbers; wanted"
                " 52 numbers from 0 to 1 for each. Leave those pictures out.")

    @property
    def count(self) -> int:
        """Number of triples: sentences times pictures of each row."""
        return int(sum(len(self.texts[row]) for row in self.rows))

    def part(self, name: str) -> Triples:
        """Return the rows of one part.

        Raises:
            KinesicsError: There are none.
        """
        if name not in PARTS:
            raise KinesicsError(f"Got part {name!r}; use one of {', '.join(PARTS)}.")
        found = self.select([row for row, part in enumerate(self.parts) if part == name])
        if not len(found.rows):
            raise KinesicsError(
                f"Got no pictures in the part {name!r} of the data; wanted some in each of"
                f" {', '.join(PARTS)}. Make or give more data.")
        return found

    def select(self, rows: Sequence[int]) -> Triples:
        """Return some rows with their pictures, in the order given."""
        place = {row: number for number, row in enumerate(rows)}
        kept = [index for index in np.argsort(
            [place.get(int(row), len(place)) for row in self.rows], kind="stable")
            if int(self.rows[index]) in place]
        return Triples(
            tuple(self.texts[row] for row in rows), tuple(self.kinds[row] for row in rows),
            tuple(self.parts[row] for row in rows), self.distributions[list(rows)],
            np.array([place[int(self.rows[index])] for index in kept], np.int64),
            tuple(self.pictures[index] for index in kept), self.scores[kept],
            self.commanded[kept])

    def fingerprint(self) -> str:
        """Return a hash of texts, distributions and scores, 16 hexadecimal digits."""
        digest = hashlib.sha256("\n".join("\t".join(texts) for texts in self.texts).encode(
            errors="surrogatepass"))
        for array in (self.distributions, self.rows, self.scores):
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()[:16]


def normalised(intensities: np.ndarray) -> np.ndarray:
    """Return distributions (N, 8) float32 of intensities (N, 8), which the public set has.

    A row without any emotion is neutral: that is the last column.
    """
    values = np.array(intensities, np.float64)
    empty = values.sum(axis=1) <= 0
    values[empty, -1] = 1.0
    return (values / values.sum(axis=1, keepdims=True)).astype(np.float32)


def divided(triples: Triples, seed: int = 0) -> Triples:
    """Return the rows with new parts, rows that share a sentence in the same one.

    The part follows from the first sentence and the seed alone, so that a file which grows, or the
    same sentence in another file, is divided the same way.
    """
    first = _groups(triples.texts)
    ends = np.cumsum(SHARES)
    parts = []
    for text in first:
        digest = hashlib.sha256(f"{seed}\n{text}".encode(errors="surrogatepass")).digest()
        share = int.from_bytes(digest[:8], "big") / 2**64
        parts.append(PARTS[min(int(np.searchsorted(ends, share, side="right")), 2)])
    return replace(triples, parts=tuple(parts))


def _groups(texts: Sequence[Sequence[str]]) -> list[str]:
    """Return for each row the smallest sentence of all rows it is tied to by a shared one."""
    leader: dict[str, str] = {}

    def find(text: str) -> str:
        while leader.setdefault(text, text) != text:
            leader[text] = leader[leader[text]]
            text = leader[text]
        return text

    for row in texts:
        for text in row[1:]:
            one, other = sorted((find(row[0]), find(text)))
            leader[other] = one
    return [find(row[0]) for row in texts]
