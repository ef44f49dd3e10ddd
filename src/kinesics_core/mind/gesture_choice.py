"""Choice of the gesture that goes with the answer: not too many, and not the same again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

SHOWN_FOR = 2.5
"""Seconds that a gesture's name stays in the responses, so that none is lost."""


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

    def finish(self, time: float) -> None:
        """Drop the gesture in progress when it was shown long enough."""
        if self.gesture and time - self._since >= SHOWN_FOR:
            self.gesture = ""

    def start(self, gesture: str, time: float) -> None:
        """Start a gesture if it may be made again."""
        if self._ready(gesture, time, self._rest):
            self._start(gesture, time)

    def start_one_of(self, gestures: Sequence[str], time: float, rest: float = 0.0) -> None:
        """Start one of the gestures that may be made again, if any.

        Args:
            gestures: Names to choose from.
            time: Seconds.
            rest: Seconds since the last gesture at least, if more than usual.
        """
        rest = max(rest, self._rest)
        ready = [gesture for gesture in gestures if self._ready(gesture, time, rest)]
        if ready:
            self._start(ready[int(self._random.integers(len(ready)))], time)

    def _start(self, gesture: str, time: float) -> None:
        self.gesture, self._since = gesture, time
        self._last[gesture] = time

    def _ready(self, gesture: str, time: float, rest: float) -> bool:
        rested = time - self._since >= rest + SHOWN_FOR
        return rested and time - self._last.get(gesture, -np.inf) >= self._repeat
