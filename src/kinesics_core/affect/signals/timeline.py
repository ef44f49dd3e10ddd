"""Samples of everybody followed on one grid of time, whatever the rate of the camera."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kinesics_core.types import NANOSECONDS

RATE = 30
"""Steps of the grid in a second."""

MAX_GAP = 0.4
"""Seconds between two sightings up to which what lies between is interpolated."""

PAUSE = 2.0
"""Seconds after which an image continues nothing: the clock jumped or the camera slept."""


class Timeline:
    """The newest samples of persons, each at its slot, and their places on the grid.

    Attributes:
        ids: (slots,) of the persons, 0 for a free slot.
        seen: (slots,) ns, stamp of the last image with the person.
        latest: (slots, size) last known value of each element, nan if none.
    """

    def __init__(self, size: int) -> None:
        """Follow nobody yet; a sample has ``size`` elements."""
        self.ids = np.zeros(0, np.int64)
        self.seen = np.zeros(0, np.int64)
        self.latest = np.zeros((0, size))
        self._known = np.zeros((0, size), np.int64)  # ns, when each element was known last
        self._stamp: int | None = None
        self._step = 0

    def clear(self) -> None:
        """Forget everybody."""
        self.__init__(self.latest.shape[1])  # type: ignore[misc]

    def keep(self, rows: np.ndarray) -> None:
        """Keep only the slots given, in that order.

        Args:
            rows: Indices of slots.
        """
        self.ids, self.seen = self.ids[rows], self.seen[rows]
        self.latest, self._known = self.latest[rows], self._known[rows]

    def admit(self, ids: Sequence[int]) -> int:
        """Give slots to those who have none; return how many are new, at the end."""
        fresh = [person for person in ids if person not in self.ids]
        if fresh:
            size = self.latest.shape[1]
            self.ids = np.concatenate([self.ids, fresh])
            self.seen = np.concatenate([self.seen, np.zeros(len(fresh), np.int64)])
            self.latest = np.concatenate([self.latest, np.full((len(fresh), size), np.nan)])
            self._known = np.concatenate([self._known, np.zeros((len(fresh), size), np.int64)])
        return len(fresh)

    def add(self, stamp: int, samples: np.ndarray) -> np.ndarray:
        """Take an image's samples; return the grid's new steps up to it.

        Args:
            stamp: Of the image, ns; at most ``PAUSE`` after the last one, or after ``clear``.
            samples: (slots, size), nan where unknown.

        Returns:
            (steps, slots, size): linear between sightings up to ``MAX_GAP`` apart, nan elsewhere.
        """
        step = stamp * RATE // NANOSECONDS
        first = step if self._stamp is None else self._step + 1
        times = np.arange(first, step + 1) * (NANOSECONDS / RATE)
        there = np.isfinite(samples)
        if len(times):
            span = (stamp - self._known).astype(np.float64)
            joined = there & np.isfinite(self.latest) & (span <= MAX_GAP * NANOSECONDS)
            rate = np.where(joined, samples - self.latest, np.nan) / np.maximum(span, 1.0)
            steps = samples + (times - stamp)[:, None, None] * rate
        else:
            steps = np.zeros((0, *samples.shape))
        self.latest = np.where(there, samples, self.latest)
        self._known = np.where(there, stamp, self._known)
        self._stamp, self._step = stamp, step
        return steps
