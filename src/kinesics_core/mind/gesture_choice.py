"""Choice of the gesture that goes with the answer: not too many, and not the same again."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np

from kinesics_core.mind.conduct import GESTURES_A_MINUTE
from kinesics_core.mind.style import ENERGY, Style

SHOWN_FOR = 2.5
"""Seconds that a gesture's name stays in the responses, so that none is lost."""

_UNLIKELY = 0.02  # least weight of a gesture that does not suit
_OWED_REST = 1.0  # s between gestures where one is owed: a person waved


class GestureChoice:
    """The gesture in progress and when each was last made.

    Attributes:
        gesture: Name of the one in the responses, or "".
    """

    def __init__(self, rest: float, repeat: float, seed: int) -> None:
        """Begin with no gesture.

        Args:
            rest: Seconds between two gestures at least.
            repeat: Seconds before the same one again.
            seed: Decides between gestures that fit alike.
        """
        self.gesture = ""
        self._rest, self._repeat = rest, repeat
        self._random = np.random.default_rng(seed)
        self._since = -np.inf
        self._last: dict[str, float] = {}
        self._begun: deque[float] = deque(maxlen=GESTURES_A_MINUTE)

    def finish(self, time: float) -> None:
        """Drop the gesture in progress when it was shown long enough."""
        if self.gesture and time - self._since >= SHOWN_FOR:
            self.gesture = ""

    def withdraw(self) -> None:
        """Drop the gesture in progress; it may be made again."""
        self._last.pop(self.gesture, None)
        self.gesture = ""

    def start(
        self, gestures: Sequence[str], time: float, style: Style, energy: float = 1.0,
        owed: bool = False, rest: float = 0.0,
    ) -> bool:
        """Start one of the gestures that suits and may be made again; return whether one could.

        Args:
            gestures: Names to choose from.
            time: Seconds.
            style: How much the robot gestures, and how expansively.
            energy: Highest that is allowed.
            owed: Whether it answers a gesture: it needs little rest, and may be the same again.
            rest: Seconds since the last gesture at least, if more than usual.
        """
        if self.gesture or self._too_many(time):
            return False
        usual = max(self._rest, 60.0 / style.gestures - SHOWN_FOR, rest)
        if time - self._since < (_OWED_REST if owed else usual) + SHOWN_FOR:
            return False
        repeat = _OWED_REST if owed else self._repeat
        ready = [name for name in gestures if ENERGY.get(name, 0.5) <= energy
                 and time - self._last.get(name, -np.inf) >= repeat]
        if not ready:
            return False
        weights = np.array([max(style.fit(name), _UNLIKELY) for name in ready])
        chosen = int(np.searchsorted(
            np.cumsum(weights) / weights.sum(), self._random.random(), side="right"))
        self.gesture, self._since = ready[min(chosen, len(ready) - 1)], time
        self._last[self.gesture] = time
        self._begun.append(time)
        return True

    def _too_many(self, time: float) -> bool:
        return len(self._begun) == GESTURES_A_MINUTE and time - self._begun[0] < 60.0
