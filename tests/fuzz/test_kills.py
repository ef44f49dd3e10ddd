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


def test_what_a_killed_recorder_lost_is_what_had_reached_it():
    """Hold a bag against four messages that came a second apart; the kill came at 10 s."""
    heard = [(1, 6 * 10**9), (2, 7 * 10**9), (3, 8 * 10**9), (4, 9 * 10**9)]
    assert kills.lost_seconds(heard, {1, 2, 3, 4}, 10 * 10**9) == 0
    assert kills.lost_seconds(heard, {1, 2, 3}, 10 * 10**9) == 1
    assert kills.lost_seconds(heard, {1, 3, 4}, 10 * 10**9) == 3  # a hole is older than the tail
    assert kills.lost_seconds([], set(), 10 * 10**9) == 0


@pytest.mark.slow
def test_killed_imports_end_as_undisturbed_ones(tmp_path):
    assert kills.kill_imports(tmp_path, 3, np.random.default_rng(5)) == []
