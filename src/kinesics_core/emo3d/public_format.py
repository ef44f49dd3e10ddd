"""The files of the public Emo3D set (llm-lab/Emo3D, MIT): parquet or CSV, and writing the same.

Columns: sample_id, prompt_type, text_1 to text_3, one of each emotion (intensities 0..1 that need
not sum to 1), img_1 to img_4 (paths of pictures) and blenshape_score_1 to _4, spelled so. A score
is text, "[0. .271 ...]": 52 numbers in MediaPipe's order, ``_neutral`` first. ARKit's tongueOut is
not among them and stays 0; ``_neutral`` has no place among ARKit's 52 and is dropped.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kinesics_core import extras, files
from kinesics_core.affect.emotions import EMOTIONS
from kinesics_core.emo3d.triples import SHAPES, Triples, divided, normalised
from kinesics_core.emo3d.words import PARTS
from kinesics_core.errors import KinesicsError

TEXTS = ("text_1", "text_2", "text_3")
IMAGES = ("img_1", "img_2", "img_3", "img_4")
SCORES = tuple(f"blenshape_score_{number}" for number in range(1, 5))
NEEDED = ("text_1", *EMOTIONS, "blenshape_score_1")
"""Columns without which a file is not of this set."""

COLUMNS = ("sample_id", "prompt_type", *TEXTS, *EMOTIONS, *IMAGES, *SCORES)

SUFFIXES = (".parquet", ".csv")

Row = Mapping[str, Any]


def read(path: Path, seed: int = 0) -> Triples:
    """Read a file of the public set.

    Args:
        path: A .parquet (needs pyarrow) or .csv file; pictures are looked for beside it.
        seed: Of the division into parts, for a file that does not name them in a column "part".

    Returns:
        Rows with at least one sentence and one face; a picture whose file is not there is None.

    Raises:
        KinesicsError: The file cannot be read, lacks columns, or holds no faces.
    """
    columns, rows = _table(path)
    lacking = [name for name in NEEDED if name not in columns]
    if lacking:
        raise KinesicsError(
            f"{path} has no column {', '.join(lacking)}; found {', '.join(columns) or 'none'};"
            f" wanted at least {', '.join(NEEDED)}, as llm-lab/Emo3D has them.")
    texts: list[tuple[str, ...]] = []
    kinds, parts, emotions = [], [], []
    owners, pictures, scores, commanded = [], [], [], []
    for number, row in enumerate(rows):
        sentences = tuple(str(row[name]) for name in TEXTS if _given(row.get(name)))
        faces = [(_scores(row[name], path, number), row.get(image))
                 for name, image in zip(SCORES, IMAGES, strict=True) if _given(row.get(name))]
        if not sentences or not faces:
            continue
        for face, image in faces:
            owners.append(len(texts))
            scores.append(face)
            commanded.append(np.full(SHAPES, np.nan, np.float32))
            file = path.parent / str(image) if _given(image) else None
            pictures.append(file if file is not None and file.exists() else None)
        texts.append(sentences)
        kinds.append(str(row.get("prompt_type") or "description"))
        parts.append(str(row.get("part") or ""))
        emotions.append(_emotions(row, path, number))
    if not texts:
        raise KinesicsError(
            f"{path} has no row with a sentence and a face; wanted text_1 and"
            " blenshape_score_1 to be filled in some.")
    found = Triples(
        tuple(texts), tuple(kinds), tuple(parts), normalised(np.array(emotions)),
        np.array(owners, np.int64), tuple(pictures), np.stack(scores), np.stack(commanded))
    return found if set(parts) <= set(PARTS) else divided(found, seed)


def write(path: Path, triples: Triples) -> None:
    """Write rows as the public set has them, with the column "part" besides.

    Args:
        path: A .parquet (needs pyarrow) or .csv file.
        triples: At most three sentences and four pictures of a row count.

    Raises:
        KinesicsError: Of the path's ending, or the file cannot be written.
    """
    owned: dict[int, list[int]] = {}
    for picture, owner in enumerate(triples.rows):
        owned.setdefault(int(owner), []).append(picture)
    rows = []
    for number, sentences in enumerate(triples.texts):
        row: dict[str, Any] = dict.fromkeys((*COLUMNS, "part"))
        row |= {"sample_id": number, "prompt_type": triples.kinds[number],
                "part": triples.parts[number]}
        row |= dict(zip(TEXTS, sentences, strict=False))
        row |= {name: round(float(value), 4) for name, value in zip(
            EMOTIONS, triples.distributions[number], strict=True)}
        for name, image, picture in zip(SCORES, IMAGES, owned.get(number, []), strict=False):
            row[name] = "[" + " ".join(
                f"{value:.3f}" for value in (0.0, *triples.scores[picture][:-1])) + "]"
            file = triples.pictures[picture]
            row[image] = None if file is None else _relative(file, path.parent)
        rows.append(row)
    if path.suffix == ".parquet":
        _require_pyarrow(path)
        import pyarrow
        from pyarrow import parquet

        stream = io.BytesIO()
        parquet.write_table(pyarrow.Table.from_pylist(rows), stream)
        files.write_bytes(path, stream.getbuffer())
    else:
        _require_suffix(path)
        text = io.StringIO()
        writer = csv.DictWriter(text, [*COLUMNS, "part"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        files.write_text(path, text.getvalue())


def require(path: Path) -> None:
    """Refuse a file's ending that cannot be written, or one whose package is missing.

    Raises:
        KinesicsError: It is neither .csv nor .parquet, or pyarrow is not installed.
    """
    _require_suffix(path)
    if path.suffix == ".parquet":
        _require_pyarrow(path)


def _table(path: Path) -> tuple[list[str], Sequence[Row]]:
    """Return the columns and rows of a file."""
    _require_suffix(path)
    if not path.is_file():
        raise KinesicsError(f"{path} does not exist; give a file of llm-lab/Emo3D or a folder of"
                            " `kinesics data emo3d`.")
    if path.suffix == ".csv":
        try:
            with path.open(newline="", encoding="utf-8") as stream:
                reader = csv.DictReader(stream)
                return list(reader.fieldnames or []), list(reader)
        except (OSError, ValueError, csv.Error) as error:
            raise KinesicsError(f"{path} is no table ({error}). Fetch it again.") from error
    _require_pyarrow(path)
    from pyarrow import parquet

    try:
        table = parquet.read_table(path)
    except Exception as error:  # pyarrow has no one error for a damaged file
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise KinesicsError(f"{path} is no parquet file, or it is damaged ({reason}). Fetch it"
                            " again.") from error
    return list(table.column_names), table.to_pylist()


def _require_pyarrow(path: Path) -> None:
    extras.require("emo3d", f"Reading and writing {path.name}")


def _require_suffix(path: Path) -> None:
    if path.suffix not in SUFFIXES:
        raise KinesicsError(f"Got {path}; wanted a file that ends with {' or '.join(SUFFIXES)}.")


def _given(value: Any) -> bool:
    return value is not None and value == value and str(value).strip() not in ("", "nan", "None")


def _scores(value: Any, path: Path, row: int) -> np.ndarray:
    """Return the 52 of ARKit of one score: text, or a list of numbers."""
    try:
        numbers = value.strip().strip("[]").replace(",", " ").split() if isinstance(
            value, str) else value
        found = np.asarray(numbers, np.float32)
    except (TypeError, ValueError):
        found = np.empty(0, np.float32)
    if found.shape != (SHAPES,) or not np.isfinite(found).all():
        raise KinesicsError(
            f"{path}, row {row + 1}: got a blendshape score of {found.size} numbers, or one that is"
            f" no number; wanted {SHAPES} in MediaPipe's order, _neutral first.")
    return np.append(np.clip(found[1:], 0.0, 1.0), np.float32(0.0))


def _emotions(row: Row, path: Path, number: int) -> list[float]:
    try:
        values = [float(row[name]) for name in EMOTIONS]
    except (TypeError, ValueError) as error:
        raise KinesicsError(
            f"{path}, row {number + 1}: got an emotion that is no number ({error}); wanted the"
            " intensities of all eight, 0 to 1.") from error
    if not all(np.isfinite(values)) or min(values) < 0:
        raise KinesicsError(
            f"{path}, row {number + 1}: got emotions {values}; wanted numbers from 0 to 1.")
    return values


def _relative(file: Path, folder: Path) -> str:
    try:
        return str(file.relative_to(folder))
    except ValueError:
        return str(file)
