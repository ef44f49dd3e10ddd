"""The index of an AVI file, as far as it tells which pictures are none."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

_LARGEST_INDEX = 1 << 26
"""Bytes of an index that is read: four million pictures."""


def is_avi(head: bytes) -> bool:
    """Return whether a file that begins so is an AVI."""
    return head[:4] == b"RIFF" and head[8:11] == b"AVI"


def empty_pictures(file: Path) -> int:
    """Return how many pictures of an AVI are empty: the one before them stays.

    An AVI knows one rate; a video of variable rate fills its gaps so, and counts them.
    """
    with file.open("rb") as stream:
        stream.seek(12)  # RIFF, size, AVI
        while len(chunk := stream.read(8)) == 8:
            kind, size = struct.unpack("<4sI", chunk)
            if kind == b"idx1":
                return _empty_entries(stream.read(min(size, _LARGEST_INDEX)))
            stream.seek(size + size % 2, 1)
    return 0


def _empty_entries(index: bytes) -> int:
    """Return the number of entries of an idx1 chunk that are of pictures and have no bytes."""
    rows = np.frombuffer(index[: len(index) // 16 * 16], np.uint8).reshape(-1, 16)
    pictures = (rows[:, 2] == ord("d")) & np.isin(rows[:, 3], list(b"cb"))
    return int((pictures & (rows[:, 12:] == 0).all(axis=1)).sum())
