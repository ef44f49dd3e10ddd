"""The checkpoint of a run: tensors, numbers and strings in one file, replaced in one step.

It is loaded as such (``weights_only=True``): a file from elsewhere cannot run code. When the disk
is full the one before stays.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from kinesics_core import files
from kinesics_core.errors import KinesicsError, ModelError

CHECKPOINT = "checkpoint.pt"
"""Name of a run's newest and best weights in its folder."""


def write(path: Path, form: str, content: Mapping[str, Any]) -> None:
    """Write a checkpoint.

    Args:
        path: The file.
        form: Name of the format, which ``read`` asks for.
        content: Tensors, numbers and strings, in dicts and lists.
    """
    buffer = io.BytesIO()
    torch.save({"format": form, **content}, buffer)
    files.write_bytes(path, buffer.getbuffer())


def read(path: Path, form: str, needed: Sequence[str] = ()) -> dict[str, Any]:
    """Read a checkpoint onto the CPU.

    Args:
        path: The file.
        form: Name of the format it must have.
        needed: Keys it must have.

    Raises:
        ModelError: The file is missing, damaged, or of another format.
    """
    try:
        content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        if content["format"] != form:
            raise KeyError("format")
        for key in needed:
            content[key]
        return content
    except FileNotFoundError as error:
        raise ModelError(
            f"{path} does not exist. `kinesics train ... --out DIR` writes DIR/{CHECKPOINT}."
        ) from error
    except Exception as error:  # torch has no one error for a damaged file
        raise ModelError(
            f"{path} is not a checkpoint of `kinesics train`, or it is damaged"
            f" ({first_line(error)}). Train again, or give another file."
        ) from error


def require_new(out: Path, resume: bool) -> bool:
    """Tell whether the folder of a run holds a checkpoint to go on from.

    Raises:
        KinesicsError: It does, and nobody asked to ``resume`` it.
    """
    if not (out / CHECKPOINT).exists():
        return False
    if not resume:
        raise KinesicsError(
            f"{out} holds a run already. Go on with it by --resume, or choose another --out.")
    return True


def require_same(path: Path, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Check that a run goes on with the settings and the data it began with.

    Raises:
        KinesicsError: A setting of ``now`` was another ``before``.
    """
    changed = [key for key, value in now.items() if before.get(key) != value]
    if changed:
        raise KinesicsError(
            f"{path} was made with other settings: "
            + ", ".join(f"{key} {before.get(key)!r}, now {now[key]!r}" for key in changed)
            + ". Resume with the same ones, or start in another folder.")


def first_line(error: Exception) -> str:
    """Return the first line of an error's text, or its type."""
    return (str(error).splitlines() or [type(error).__name__])[0]
