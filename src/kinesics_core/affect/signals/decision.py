"""Decisions on evidence: a gesture must last a while to begin, and be gone a while to end."""

from __future__ import annotations

import math

import numpy as np

from kinesics_core.affect.per_person import some
from kinesics_core.affect.signals.names import GESTURES

BEGINS, ENDS = 0.5, 0.35
"""Evidence from which a gesture begins, and below which it ends."""

_HOLD = {
    "hands_raised": 0.25, "point": 0.3, "arms_crossed": 0.4, "hand_on_face": 0.5,
    "hands_on_hips": 0.5, "shrug": 0.12, "bow": 0.12, "lean_in": 0.35, "turn_away": 0.35,
}
"""Seconds that a pose must last; swings have lasted already."""

HOLD = np.array([_HOLD.get(name, 0.0) for name in GESTURES])[:, None]
GONE = 0.15
"""Seconds."""


class Decision:
    """Decisions about P persons, advanced step by step.

    Attributes:
        on: (gestures, P) bool, what is seen now.
        lasted: (gestures, P) seconds that the opposite has been evident.
        sure: (gestures, P) 0..1, evidence smoothed.
    """

    def __init__(self, persons: int) -> None:
        """See nothing yet."""
        shape = (len(GESTURES), persons)
        self.on = np.zeros(shape, bool)
        self.lasted = np.zeros(shape)
        self.sure = np.zeros(shape)

    def of_some(self, rows: np.ndarray) -> Decision:
        """Return that about the persons of the indices given, which advances by itself."""
        made = Decision(0)
        made.on, made.lasted, made.sure = (
            part.take(rows, axis=1) for part in (self.on, self.lasted, self.sure))
        return made

    def keep(self, rows: np.ndarray) -> None:
        """Keep only the persons of the indices given."""
        self.on, self.lasted, self.sure = (
            part[:, rows] for part in (self.on, self.lasted, self.sure))

    def admit(self, count: int) -> None:
        """Add persons."""
        fresh = Decision(count)
        self.on = np.concatenate([self.on, fresh.on], axis=1)
        self.lasted = np.concatenate([self.lasted, fresh.lasted], axis=1)
        self.sure = np.concatenate([self.sure, fresh.sure], axis=1)

    def advance(self, evidence: np.ndarray, elapsed: float, hold: float = 1.0) -> None:
        """Go one step on.

        Args:
            evidence: (gestures, P), 0..1.
            elapsed: Seconds.
            hold: Share of the time that a pose must last.
        """
        self.sure += (1.0 - math.exp(-elapsed / 0.15)) * (evidence - self.sure)
        opposed = np.where(self.on, evidence < ENDS, evidence >= BEGINS)
        self.lasted = (self.lasted + elapsed) * opposed
        if some(opposed):
            flips = opposed & (self.lasted >= np.where(self.on, GONE, hold * HOLD) - 1e-9)
            self.on ^= flips
            self.lasted[flips] = 0.0
