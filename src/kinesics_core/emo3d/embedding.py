"""Vectors of the sentences and pictures of a set, encoded once and kept.

They are kept in the folder of a made set, or in that of a training run, under a name that follows
from the data and the encoder; a run that is interrupted or another model finds them there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np

from kinesics_core import files
from kinesics_core.emo3d.encoders import JointEncoder, TextEncoder
from kinesics_core.emo3d.triples import Triples
from kinesics_core.errors import KinesicsError, SourceError
from kinesics_core.perception.sources import read_image

OnDone = Callable[[int, int], None]

_PICTURES = 32


@dataclass(frozen=True, eq=False)
class Embedded:
    """Triples as vectors.

    Attributes:
        triples: The set.
        first: (N,) index of each row's first sentence in ``texts``.
        texts: (T, width) float32, the sentences of all rows, in order.
        images: (M, width) float32, the pictures; None for an encoder of sentences.
    """

    triples: Triples
    first: np.ndarray
    texts: np.ndarray
    images: np.ndarray | None


@dataclass(frozen=True, slots=True)
class Vectors:
    """Place where vectors are kept.

    Attributes:
        folder: Made when it is needed.
        on_done: Told how far the encoding is, in sentences and pictures.
    """

    folder: Path
    on_done: OnDone | None = None


def embed(triples: Triples, encoder: TextEncoder, vectors: Vectors) -> Embedded:
    """Encode all sentences of a set, and its pictures if they all are there and are wanted.

    Args:
        triples: The set.
        encoder: One that has ``images`` sees the pictures too.
        vectors: Where they are kept.

    Raises:
        KinesicsError: A picture is missing or damaged, or the vectors cannot be written.
    """
    counts = [len(texts) for texts in triples.texts]
    first = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int64)
    folder, on_done = vectors.folder, vectors.on_done
    file = folder / f"vectors-{triples.fingerprint()}-{encoder.fingerprint}.npz"
    kept = _kept(file, sum(counts), encoder.width)
    if kept is None:
        texts = [text for row in triples.texts for text in row]
        joint = cast(JointEncoder, encoder) if hasattr(encoder, "images") else None
        total = len(texts) + (len(triples.pictures) if joint else 0)

        def report(done: int) -> None:
            if on_done:
                on_done(done, total)

        arrays = {"texts": encoder.texts(texts, lambda done, _: report(done))}
        if joint:
            arrays["images"] = _encode_pictures(
                triples, joint, lambda done: report(len(texts) + done))
        _require_finite(arrays, encoder)
        files.require_directory(folder)
        files.write_arrays(file, arrays)
        kept = arrays
    return Embedded(triples, first, kept["texts"], kept.get("images"))


def read_picture(path: Path | None) -> np.ndarray:
    """Return a picture (H, W, 3) uint8 RGB.

    Raises:
        KinesicsError: There is none, or it cannot be read.
    """
    try:
        if path is not None:
            return np.ascontiguousarray(read_image(path))
        why = "The set names no picture of a face"
    except SourceError as error:
        why = str(error).rstrip(".")
    raise KinesicsError(
        f"{why}; a model that learns from pictures needs each one. Put the set's pictures beside"
        " its file, or train mlp or emotion-xlm, which need none.")


def _encode_pictures(
    triples: Triples, encoder: JointEncoder, report: Callable[[int], None]
) -> np.ndarray:
    found = []
    for start in range(0, len(triples.pictures), _PICTURES):
        paths = triples.pictures[start:start + _PICTURES]
        found.append(encoder.images([read_picture(path) for path in paths]))
        report(start + len(paths))
    return np.concatenate(found)


def _require_finite(arrays: dict[str, np.ndarray], encoder: TextEncoder) -> None:
    for name, values in arrays.items():
        if not np.isfinite(values).all():
            raise KinesicsError(
                f"{encoder.name} gave vectors of {name} that are no numbers; wanted finite ones."
                " Export the encoder in single precision.")


def _kept(file: Path, texts: int, width: int) -> dict[str, np.ndarray] | None:
    """Return the vectors of an earlier run; None if there are none that fit."""
    try:
        arrays = files.read_arrays(file)
        return arrays if arrays["texts"].shape == (texts, width) else None
    except (OSError, ValueError, KeyError):
        return None
