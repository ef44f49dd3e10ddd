"""Damaged files end no process, hang none, and give a sentence or something finite.

A short part of ``python tests/fuzz/damaged_files.py``, which draws more from the same seed.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("rosbags")
sys.path.insert(0, str(Path(__file__).parent))
import damaged_files
from damage import BINARY, TEXT
from readers import READERS


@pytest.mark.parametrize("name", READERS)
def test_a_whole_file_is_read(name, tmp_path):
    """Else the damage would be done to nothing."""
    reader = READERS[name]
    folder = tmp_path / "in"
    folder.mkdir()
    reader.beside(folder)
    path = folder / reader.name
    path.write_bytes(reader.make())
    arrays = list(reader.read(path))
    assert arrays and all(np.isfinite(array).all() for array in arrays)


@pytest.mark.parametrize("kind", dict.fromkeys([*BINARY, *TEXT]))
def test_damage_is_the_same_for_the_same_seed(kind):
    content = READERS["import bvh"].make()
    one, other = (kind(content, np.random.default_rng(3)) for _ in range(2))
    assert one == other != content


@pytest.mark.slow
@pytest.mark.parametrize("name", READERS)
def test_damaged_files_are_read_or_refused(name):
    outcome = damaged_files.run([name], count=8, seed=7)[name]
    assert outcome.faults == []
