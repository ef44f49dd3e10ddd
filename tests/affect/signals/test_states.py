"""States of decision and engagement, step by step, on evidence that is known."""

from __future__ import annotations

import numpy as np
import pytest

from kinesics_core.affect.signals import GESTURES
from kinesics_core.affect.signals.decision import BEGINS, ENDS, GONE, HOLD, Decision
from kinesics_core.affect.signals.engagement import (
    DISENGAGED,
    DISENGAGING,
    ENGAGED,
    ENGAGING,
    SOCIAL,
    UNKNOWN,
    Engagement,
)

STEP = 1 / 30
BOW = GESTURES.index("bow")


def decide(decision, evidence, seconds):
    """Return for how long the bow of one person is seen, on evidence that stays."""
    shown = 0
    for _ in range(round(seconds / STEP)):
        decision.advance(np.full((len(GESTURES), 1), evidence), STEP)
        shown += decision.on[BOW, 0]
    return shown * STEP


def test_a_gesture_begins_after_its_hold_and_ends_when_it_is_gone():
    decision = Decision(1)
    hold = float(HOLD[BOW, 0])
    assert decide(decision, 1.0, 1.0) == pytest.approx(1.0 - hold, abs=1.5 * STEP)
    assert decide(decision, 0.0, 1.0) == pytest.approx(GONE, abs=1.5 * STEP) and GONE < 0.5


def test_what_is_between_begin_and_end_neither_begins_nor_ends_a_gesture():
    between = 0.5 * (BEGINS + ENDS)
    decision = Decision(1)
    assert decide(decision, between, 1.0) == 0.0
    decide(decision, 1.0, 1.0)
    assert decide(decision, between, 1.0) == pytest.approx(1.0)


def engage(engagement, seconds, yaw=0.0, facing=0.0, distance=1.5):
    """Return the level of one person who does the same for so long."""
    for _ in range(round(seconds / STEP)):
        engagement.advance(*(np.array([value]) for value in (yaw, 0.0, facing, distance)), STEP)
    return engagement.level[0]


def test_who_looks_is_engaging_and_engaged_when_near_enough():
    for distance, level in ((SOCIAL - 0.5, ENGAGED), (SOCIAL + 0.5, ENGAGING), (np.nan, ENGAGED)):
        person = Engagement(1)
        assert engage(person, 0.2, distance=distance) == UNKNOWN
        assert engage(person, 0.3, distance=distance) == ENGAGING
        assert engage(person, 3.0, distance=distance) == level
    assert engage(person, 1.5, distance=SOCIAL + 3.0) == DISENGAGING, "who walks off, looking"


def test_a_back_is_told_although_there_is_no_face():
    person = Engagement(1)
    engage(person, 2.0)
    assert engage(person, 0.6, yaw=np.nan, facing=np.pi) == DISENGAGING
    assert engage(person, 2.5, yaw=np.nan, facing=np.pi) == DISENGAGED
    assert person.gaze[0] < 0.1


def test_who_is_not_seen_any_more_is_unknown_and_not_away():
    person = Engagement(1)
    engage(person, 2.0)
    assert engage(person, 1.5, yaw=np.nan, facing=np.nan) == ENGAGED
    assert engage(person, 1.0, yaw=np.nan, facing=np.nan) == UNKNOWN
