"""Events of an image, to be appraised: who came, greeted, smiled, startled, ignored us or left."""

from __future__ import annotations

import math
from collections.abc import Sequence

from kinesics_core.mind.perceive import Seen

AGAIN = {"ignored": 60.0, "startled": 10.0}
"""Seconds before the same event counts again, where it is not ``USUALLY``."""

USUALLY = 3.0
"""Seconds before the same event counts again."""

_GREETS = ("wave", "hands_raised", "bow")
_RUSH, _CLOSE = 1.5, 1.5  # m/s towards us within so many metres startle; authored
_LOOKS = 0.4  # share of gaze from which a smile is meant for us; authored
_IGNORES = 8.0  # s that somebody whom we answered pays no attention; authored


class Events:
    """The events that happened, each not again at once."""

    def __init__(self) -> None:
        """Begin with none."""
        self._last: dict[str, float] = {}
        self._disengaged = math.inf  # since when the person attended to is

    def of(self, seen: Seen | None, begun: Sequence[str], answered: bool, time: float) -> list[str]:
        """Return the events by the person attended to.

        Args:
            seen: In this image, or None.
            begun: Their signs that have just begun.
            answered: Whether the robot has greeted or answered them.
            time: Seconds.
        """
        found: list[str] = []
        if seen is None:
            self._disengaged = math.inf
            return found
        if any(sign in _GREETS for sign in begun):
            found.append("greeted")
        if "happiness" in begun and seen.gaze >= _LOOKS:
            found.append("smiled_at")
        signal = seen.signals
        if signal is not None and signal.approach > _RUSH and signal.distance < _CLOSE:
            found.append("startled")
        self._disengaged = min(self._disengaged, time) if seen.engaged < 0.3 else math.inf
        if answered and time - self._disengaged > _IGNORES:
            found.append("ignored")
        return [event for event in found if self.counts(event, time)]

    def counts(self, event: str, time: float) -> bool:
        """Tell whether an event counts, and note that it does."""
        if time - self._last.get(event, -math.inf) < AGAIN.get(event, USUALLY):
            return False
        self._last[event] = time
        return True
