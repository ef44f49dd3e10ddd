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
        self._step: int | None = None

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

    def add(self, stamps: Sequence[int], samples: np.ndarray) -> np.ndarray:
        """Take the samples of some images; return the grid's new steps up to the last one.

        Args:
            stamps: Of the images, ns; each at most ``PAUSE`` after the one before, or after
                ``clear``.
            samples: (images, slots, size), nan where unknown.

        Returns:
            (steps, slots, size): linear between sightings up to ``MAX_GAP`` apart, nan elsewhere.
        """
        there = np.isfinite(samples)
        values = np.empty((len(stamps) + 1, *self.latest.shape))
        known = np.empty(values.shape, np.int64)
        values[0], known[0] = self.latest, self._known
        values[1:], known[1:] = samples, np.array(stamps)[:, None, None]
        for image, absent in enumerate(~there):
            np.copyto(values[image + 1], values[image], where=absent)
            np.copyto(known[image + 1], known[image], where=absent)
        self.latest, self._known = values[-1], known[-1]
        images, offsets = self._new_steps(stamps)
        change, span = values[1:] - values[:-1], known[1:] - known[:-1]
        there &= span <= MAX_GAP * NANOSECONDS
        change[~there] = np.nan
        change /= np.maximum(span, 1)
        steps: np.ndarray = change.take(images, axis=0)
        steps *= offsets[:, None, None]
        steps += samples.take(images, axis=0)
        return steps

    def _new_steps(self, stamps: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
        """Return of each new step of the grid its image's index and its time after it, ns."""
        images, offsets = [], []
        for image, stamp in enumerate(stamps):
            last = stamp * RATE // NANOSECONDS
            for step in range(last if self._step is None else self._step + 1, last + 1):
                images.append(image)
                offsets.append(step * (NANOSECONDS / RATE) - stamp)
            self._step = last
        return np.array(images, np.int64), np.array(offsets, np.float64)
