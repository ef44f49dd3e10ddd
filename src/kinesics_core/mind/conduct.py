"""Rules of conduct: limits that hold whatever is read, and whoever the robot is.

- It never shows anger, disgust or contempt.
- It does not escalate: in answer to hostility nothing but calm and concern, at less than half of
  full strength, no expansive gesture, nothing faster than usual, not nearer; fear is not fuelled.
- Its expression is no stronger than the person's, or faint.
- Who is sad or afraid is encouraged gently: joy is no stronger than ``GENTLE`` before them.
- It backs off when a person turns away: no gesture but a goodbye, not nearer, less gaze, faint.
- Expression and lean change at limited rates, gestures a minute are counted.

Every number here is authored; ``tests/mind/test_conduct.py`` holds them over random input.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinesics_core.affect.emotions import (
    EMOTIONS,
    FEAR,
    HAPPINESS,
    NEUTRAL,
    SADNESS,
)
from kinesics_core.mind.answers import ALLOWED, HOSTILE

RISE = 2.5
"""Fastest rise of the intensity, 1/s."""

LEAN_SPEED = 0.15
"""Fastest change of the lean, rad/s."""

GESTURES_A_MINUTE = 12
"""Gestures in any minute at most."""

FAINT = 0.33
"""Intensity that needs no equal in the person."""

GENTLE = 0.4
"""Intensity of joy before somebody sad or afraid, at most."""

HOSTILE_FROM = 0.3
"""Probability of anger, disgust and contempt together from which it counts as hostility."""

_CONCERN = np.array([emotion in (NEUTRAL, SADNESS) for emotion in range(len(EMOTIONS))])
_NO_FEAR = ALLOWED & (np.arange(len(EMOTIONS)) != FEAR)
_FEARFUL_FROM = _SAD_FROM = 0.4


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits that hold at a moment.

    Attributes:
        emotions: (8,) bool.
        intensity: Highest.
        lean: Highest, radians.
        gaze: Highest share.
        tempo: Highest.
        energy: Of gestures, highest; below 0: none at all.
        why: Words for the rule that binds, or "".
        joy: Highest intensity of happiness.
    """

    emotions: np.ndarray
    intensity: float
    lean: float = 0.3
    gaze: float = 1.0
    tempo: float = 1.5
    energy: float = 1.0
    why: str = ""
    joy: float = 1.0

    def ceiling(self, emotion: int) -> float:
        """Return the highest intensity of an emotion."""
        return min(self.intensity, self.joy) if emotion == HAPPINESS else self.intensity


def limits(perceived: np.ndarray, away: bool) -> Limits:
    """Return what the rules allow in front of a person.

    Args:
        perceived: (8,) probabilities of the person's emotions.
        away: Whether they have turned away.
    """
    expressive = 1.0 - float(perceived[NEUTRAL])
    hostile = float(sum(perceived[emotion] for emotion in HOSTILE))
    if away:
        emotions = _CONCERN if hostile >= HOSTILE_FROM else ALLOWED
        return Limits(emotions, 0.3, -0.02, 0.4, 1.0, -1.0, "they have turned away")
    if hostile >= HOSTILE_FROM:
        return Limits(
            _CONCERN, min(0.45, max(0.7 * expressive, 0.0)), -0.02, 0.8, 1.0, 0.45,
            "hostility is not answered in kind")
    if float(perceived[FEAR]) >= _FEARFUL_FROM:
        return Limits(_NO_FEAR, min(0.5, expressive), 0.05, 1.0, 1.0, 0.6, "fear is not fuelled",
                      GENTLE)
    joy = GENTLE if float(perceived[SADNESS]) >= _SAD_FROM else 1.0
    return Limits(ALLOWED, max(FAINT, expressive), joy=joy)


def may_play(perceived: np.ndarray) -> float:
    """Return the factor of play and of joy at a sign, 0..1: none before an unpleasant emotion."""
    unpleasant = float(perceived[SADNESS] + perceived[FEAR]
                       + sum(perceived[emotion] for emotion in HOSTILE))
    return max(0.0, 1.0 - 3.0 * unpleasant)
