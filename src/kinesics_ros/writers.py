"""Detection of several publishers of a topic, from what arrives.

ROS's own count also holds publishers that are silent, and for some seconds those of a process that
was killed. But each publisher numbers its messages from 1 upwards: numbers of one only rise,
those of two that send at the same time jump back and forth.
"""

from __future__ import annotations

import time
from collections import deque

_WINDOW = 3.0
"""Seconds within which several publishers must show themselves."""

_STEPS_BACK = 2
"""Numbers that fall within the window; a publisher that is started again makes one."""


class Writers:
    """The publishers of one topic, as its receiver sees them."""

    def __init__(self) -> None:
        """Begin with nothing received."""
        self._number = 0
        self._steps_back: deque[float] = deque(maxlen=_STEPS_BACK)
        self._from_bus = self._from_ros = float("-inf")

    def note_bus(self, now: float | None = None) -> None:
        """Count an item that came over the bus, at ``now`` of the monotonic clock, s."""
        self._from_bus = time.monotonic() if now is None else now

    def note(self, number: int | None, now: float | None = None) -> None:
        """Count a message of ROS.

        Args:
            number: Its publisher's number of it; None where the middleware gives none.
            now: Seconds of the monotonic clock; None: the present.
        """
        now = time.monotonic() if now is None else now
        self._from_ros = now
        if number is None:
            return
        if number <= self._number:
            self._steps_back.append(now)
        self._number = number

    def several(self, now: float | None = None) -> bool:
        """Return whether more than one publisher has sent within the last seconds."""
        now = time.monotonic() if now is None else now
        both = min(self._from_bus, self._from_ros) > now - _WINDOW
        steps = self._steps_back
        return both or (len(steps) == _STEPS_BACK and steps[0] > now - _WINDOW)
