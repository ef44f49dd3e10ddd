"""A set of triples made by the paper's way, in a folder: ``kinesics data emo3d``.

    emo3d.json                what was asked for, and how far it is
    blocks/00000.npz          texts, distributions and faces of some rows
    pictures/000000-0.png     row and number of the picture

Each row has random numbers of its own, so a set that was interrupted goes on and ends as if it had
not been, and a larger one begins with the smaller one.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from kinesics_core import files
from kinesics_core.affect.emotions import EMOTIONS
from kinesics_core.emo3d.descriptions import Description, describe, primitives
from kinesics_core.emo3d.options import MakeConfig
from kinesics_core.emo3d.portraits import FaceScores, draw, portray
from kinesics_core.emo3d.triples import SHARES, Triples
from kinesics_core.emo3d.words import PARTS
from kinesics_core.errors import KinesicsError

FILE = "emo3d.json"
FORMAT = "kinesics-emo3d-1"
BLOCK = 25
"""Rows of a block, which is written at once."""

OnRow = Callable[[int, int], None]
"""Called after each block with rows done and rows in all."""


def make(out: Path, config: MakeConfig, on_row: OnRow | None = None) -> Triples:
    """Make a set, or go on with one that was interrupted.

    Args:
        out: The folder.
        config: What to make.
        on_row: Told how far it is.

    Returns:
        The whole set, as ``read`` does.

    Raises:
        KinesicsError: The folder holds another set, or cannot be written.
    """
    _begin(out, config)
    with FaceScores() as scores:
        for first in range(0, config.count, BLOCK):
            rows = range(first, min(first + BLOCK, config.count))
            if not _is_whole(_block(out, first)):
                _make_block(out, rows, config, scores)
            if on_row:
                on_row(rows.stop, config.count)
    _write_state(out, config, done=True)
    return read(out)


def read(folder: Path) -> Triples:
    """Read a made set.

    Raises:
        KinesicsError: It is not one, not finished, or damaged.
    """
    state = _state(folder)
    if state is None:
        raise KinesicsError(f"{folder} is no folder of `kinesics data emo3d`: it has no {FILE}.")
    if not state["done"]:
        raise KinesicsError(
            f"{folder} is not finished. Go on by: kinesics data emo3d --out {folder} --count"
            f" {state['config']['count']} --seed {state['config']['seed']}")
    parts: dict[str, list[Any]] = {}
    for first in range(0, state["config"]["count"], BLOCK):
        try:
            block = files.read_arrays(_block(folder, first))
            for name in ("texts", "kinds", "parts", "distributions", "rows", "numbers", "scores",
                         "commanded"):
                parts.setdefault(name, []).append(block[name])
        except (OSError, ValueError, KeyError) as error:
            raise KinesicsError(
                f"{_block(folder, first)} is missing or damaged ({error}). Remove it and {FILE},"
                " and make the set again: what is whole is kept.") from error
    joined = {name: np.concatenate(arrays) for name, arrays in parts.items()}
    texts = tuple(tuple(str(text) for text in row if text) for row in joined["texts"])
    return Triples(
        texts, tuple(map(str, joined["kinds"])), tuple(map(str, joined["parts"])),
        joined["distributions"], joined["rows"],
        tuple(_picture(folder, int(row), int(number)) for row, number in zip(
            joined["rows"], joined["numbers"], strict=True)),
        joined["scores"], joined["commanded"])


def describe_row(row: int, config: MakeConfig) -> tuple[str, Description, np.random.Generator]:
    """Return part and description of a row, and the random numbers that its pictures go on with."""
    rng = np.random.default_rng((config.seed, row))
    name = PARTS[rng.choice(len(PARTS), p=SHARES)]
    if rng.random() < config.primitives:
        words = primitives(np.random.default_rng(config.seed), name)
        return name, words[int(rng.integers(len(words)))], rng
    return name, describe(rng, name, int(rng.integers(len(EMOTIONS)))), rng


def _make_block(
    out: Path, rows: range, config: MakeConfig, scores: FaceScores
) -> None:
    made: dict[str, list[Any]] = {name: [] for name in (
        "texts", "kinds", "parts", "distributions", "rows", "numbers", "scores", "commanded")}
    for row in rows:
        name, description, rng = describe_row(row, config)
        made["texts"].append((*description.texts, *[""] * (3 - len(description.texts))))
        made["kinds"].append(description.kind)
        made["parts"].append(name)
        made["distributions"].append(description.distribution)
        for number in range(config.pictures):
            portrait = portray(description, rng, config.noise)
            image = draw(portrait, config.side)
            measured = scores.measure(image)
            if measured is None:  # an upright head finds its face where a turned one does not
                portrait = replace(portrait, head=np.zeros(3), gaze=np.zeros(2))
                image = draw(portrait, config.side)
                measured = scores.measure(image)
            if measured is None:
                continue
            write_picture(_picture(out, row, number), image)
            made["rows"].append(row)
            made["numbers"].append(number)
            made["scores"].append(measured)
            made["commanded"].append(portrait.face)
    arrays = {name: np.array(values) for name, values in made.items()}
    arrays["scores"] = arrays["scores"].astype(np.float32).reshape(-1, 52)
    arrays["commanded"] = arrays["commanded"].astype(np.float32).reshape(-1, 52)
    files.write_arrays(_block(out, rows.start), arrays, compressed=True)


def write_picture(path: Path, image: np.ndarray) -> None:
    """Write an RGB picture as PNG in one step."""
    _, content = cv2.imencode(".png", image[..., ::-1])
    files.write_bytes(path, content.tobytes())


def _begin(out: Path, config: MakeConfig) -> None:
    state = _state(out)
    if state is not None:
        wanted = asdict(config)
        changed = [f"{name} {value!r}, now {wanted[name]!r}" for name, value in
                   state["config"].items() if name != "count" and wanted.get(name) != value]
        if changed:
            raise KinesicsError(
                f"{out} holds a set that was made with {', '.join(changed)}. Give the same"
                " settings to go on with it, or another --out.")
    for folder in (out / "blocks", out / "pictures"):
        files.require_directory(folder)
    if state is not None and state["config"]["count"] != config.count:
        # The last block of a set may be a part of one; of another length it is made anew.
        last = (state["config"]["count"] - 1) // BLOCK * BLOCK
        _block(out, last).unlink(missing_ok=True)
        _block(out, (config.count - 1) // BLOCK * BLOCK).unlink(missing_ok=True)
    if state is None or state["config"]["count"] != config.count:
        _write_state(out, config, done=False)


def _write_state(out: Path, config: MakeConfig, *, done: bool) -> None:
    files.write_json(out / FILE, {
        "format": FORMAT, "config": asdict(config), "done": done,
        "origin": "Kinesics, emo3d/make.py", "licence": "CC0"})


def _state(folder: Path) -> dict[str, Any] | None:
    """Return what a folder says of its set; None if there is none."""
    path = folder / FILE
    try:
        state = json.loads(path.read_text())
        MakeConfig(**state["config"])
        if state["format"] != FORMAT:
            raise ValueError(f"format {state['format']!r}, wanted {FORMAT!r}")
        return {"config": state["config"], "done": bool(state["done"])}
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, TypeError, KinesicsError) as error:
        raise KinesicsError(f"{path} is damaged ({error}). Remove it and make the set again: the"
                            " blocks that are whole are kept.") from error


def _is_whole(block: Path) -> bool:
    try:
        with files.Arrays(block) as arrays:
            return "commanded" in arrays
    except (OSError, ValueError):
        return False


def _block(out: Path, first: int) -> Path:
    return out / "blocks" / f"{first // BLOCK:05d}.npz"


def _picture(out: Path, row: int, number: int) -> Path:
    return out / "pictures" / f"{row:06d}-{number}.png"
