"""The robot's own state of affect, and how it moves."""

from __future__ import annotations

import numpy as np

from kinesics_core.mind.appraisal import Event
from kinesics_core.mind.personality import Personality, temperament


class OwnState:
    """Valence, arousal and dominance of the robot itself.

    It is drawn to the temperament of its personality (decay) and, while somebody moves it, towards
    a target (contagion); events push it. Every move is a step part of the way to a point of the
    cube -1..1, so that it never leaves it, whatever the step.

    Attributes:
        vad: (3,), -1..1.
    """

    def __init__(self, personality: Personality, temperament_time: float) -> None:
        """Begin at the temperament, to which it returns in ``temperament_time`` seconds."""
        self.set_personality(personality)
        self.vad = self._temperament.copy()
        self._pull = 1.0 / temperament_time

    @property
    def temperament(self) -> np.ndarray:
        """(3,) to which the state returns."""
        return self._temperament.copy()

    def set_personality(self, personality: Personality) -> None:
        """Change the temperament that the state returns to; the state itself moves there."""
        self._temperament = temperament(personality)

    def move(
        self, elapsed: float, target: np.ndarray | None = None, push: float = 0.0,
        rest: np.ndarray | None = None,
    ) -> None:
        """Move on: d vad/dt = pull (rest - vad) + push (target - vad), solved exactly.

        Steps of any length give the same as many short ones while target and push stay.

        Args:
            elapsed: Seconds.
            target: (3,) where somebody moves it; None: nobody does.
            push: How fast, 1/s.
            rest: (3,) where it returns to; None: the temperament.
        """
        elapsed, push = max(elapsed, 0.0), max(push, 0.0)
        home = self._temperament if rest is None else np.clip(rest, -1.0, 1.0)
        if target is None or not np.isfinite(target).all():
            target, push = home, 0.0
        rate = self._pull + push
        end = (self._pull * home + push * np.clip(target, -1.0, 1.0)) / rate
        self.vad = np.clip(end + (self.vad - end) * np.exp(-rate * elapsed), -1.0, 1.0)

    def feel(self, event: Event, strength: float = 1.0) -> None:
        """Take an event: a step of its share towards its VAD, times ``strength`` (0..1)."""
        share = event.share * min(max(strength, 0.0), 1.0)
        self.vad = self.vad + share * (event.vad - self.vad)
