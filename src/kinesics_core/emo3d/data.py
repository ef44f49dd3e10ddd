"""Triples from wherever they are: a folder that we made, or a file of the public set."""

from __future__ import annotations

from pathlib import Path

from kinesics_core.emo3d import make, public_format
from kinesics_core.emo3d.triples import Triples


def read(path: Path, seed: int = 0) -> Triples:
    """Read triples.

    Args:
        path: A folder of ``kinesics data emo3d``, or a .parquet or .csv of llm-lab/Emo3D.
        seed: Of the division into parts, for a file that does not name them.

    Raises:
        KinesicsError: It is neither, or damaged.
    """
    return make.read(path) if path.is_dir() else public_format.read(path, seed)
