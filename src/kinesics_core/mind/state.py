"""The robot's own state of affect, and how it moves."""

from __future__ import annotations

import numpy as np

from kinesics_core.mind.personality import Personality, temperament


class OwnState:
    """Valence, arousal and dominance of the robot itself.

    It is drawn to the temperament of its personality and, while somebody moves it, towards a
    target.

    Attributes:
        vad: (3,), -1..1.
    """

    def __init__(self, personality: Personality, temperament_time: float) -> None:
        """Begin at the temperament, to which it returns in ``temperament_time`` seconds."""
        self.set_personality(personality)
        self.vad = self._temperament.copy()
        self._pull = 1.0 / temperament_time

    def set_personality(self, personality: Personality) -> None:
        """Change the temperament that the state returns to; the state itself moves there."""
        self._temperament = temperament(personality)

    def move(self, elapsed: float, target: np.ndarray | None = None, push: float = 0.0) -> None:
        """Move on: d vad/dt = pull (temperament - vad) + push (target - vad), solved exactly.

        Args:
            elapsed: Seconds.
            target: (3,) where somebody moves it; None: nobody does.
            push: How fast, 1/s.
        """
        rate = self._pull + push
        target = self._temperament if target is None else target
        rest = (self._pull * self._temperament + push * target) / rate
        self.vad = rest + (self.vad - rest) * np.exp(-rate * elapsed)
        self.vad = np.clip(self.vad, -1.0, 1.0)
