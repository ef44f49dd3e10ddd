"""Absurd goals end with a sentence, and a good goal is worked on afterwards.

A short part of ``python tests/fuzz/goals.py``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

pytest.importorskip("rclpy")
sys.path.insert(0, str(Path(__file__).parent))
import goals


@pytest.mark.slow
@pytest.mark.parametrize("server", list(goals.SERVERS))
def test_every_goal_ends_and_a_good_one_is_worked_on(server):
    outcome = goals.run(count=20, seed=4, only=[server])[server]
    assert not outcome.faults
    assert outcome.published > 10
