"""Absurd messages end no node, and good ones are answered afterwards.

A short part of ``python tests/fuzz/messages.py``, which draws more from the same seed.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("rclpy")
sys.path.insert(0, str(Path(__file__).parent))
import messages

KINDS = ("PersonArray", "MotionForecast", "Affect", "AffectiveResponse", "Expression", "BodyPose",
         "Image", "CompressedImage", "SocialSignals", "JointState")


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_draws_the_same_message_again(kind):
    """Else a fault could not be repeated."""
    one, other = (messages.odd(kind, 3, np.random.default_rng(5)) for _ in range(2))
    assert repr(one) == repr(other)


@pytest.mark.parametrize("kind", KINDS)
def test_something_is_changed(kind):
    rng = np.random.default_rng(1)
    made = [repr(messages.odd(kind, 3, rng)) for _ in range(20)]
    assert len(set(made)) > 5


@pytest.mark.slow
def test_absurd_messages_are_refused_and_good_ones_answered():
    outcomes = messages.run(count=800, seed=11)
    assert {name: outcome.faults for name, outcome in outcomes.items() if outcome.faults} == {}
    assert outcomes["response"].published and outcomes["expression"].published
