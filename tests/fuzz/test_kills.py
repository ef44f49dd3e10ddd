"""Killed imports end as if nothing had happened; ``kills.py`` kills other work too."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
import kills


def test_differences_are_seen():
    """Else a run that ends otherwise would pass."""
    one = {"a": b"x", "b": np.ones(3), "c": np.zeros(2)}
    assert kills.differences(one, dict(one)) == []
    assert kills.differences(one, one | {"a": b"y"}) == ["a"]
    assert kills.differences(one, one | {"b": np.ones(3) + 1e-2}) == ["b"]
    assert kills.differences(one, {"a": b"x", "b": np.ones(3)}) == ["c"]


@pytest.mark.slow
def test_killed_imports_end_as_undisturbed_ones(tmp_path):
    assert kills.kill_imports(tmp_path, 3, np.random.default_rng(5)) == []
