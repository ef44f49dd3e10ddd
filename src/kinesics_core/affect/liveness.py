"""Detector of faces that are pictures: nobody holds a whole face still for a quarter of a minute.

A living face blinks some seventeen times a minute, looks elsewhere and moves its mouth. Over 7 s of
four films of people at least one blendshape went over .35 of its range, mostly over .7; on noisy,
shaken photographs the estimator's own trembling reached .14.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from kinesics_core.types import NANOSECONDS

STILL = 0.2
"""Share of a face's confidence that is left to a picture of one."""

_WINDOW, _NEEDED = 20 * NANOSECONDS, 15 * NANOSECONDS
_PERIOD = NANOSECONDS // 5
_GAP = 2 * NANOSECONDS
_TREMBLING, _MOVING = 0.18, 0.30  # of the shape that moves most, 2nd to 98th percentile


class LivenessDetector:
    """Detector of whether one person's face lives, image by image."""

    def __init__(self) -> None:
        """Begin with a face that lives."""
        self._seen: deque[tuple[int, np.ndarray]] = deque()
        self._lives = 1.0
        self._told = 0

    def update(self, shapes: np.ndarray, stamp: int) -> float:
        """Return how far the face lives, ``STILL`` to 1.

        Args:
            shapes: (52,) blendshapes; nan where unknown.
            stamp: Of the image, ns. After one that jumps the face lives.
        """
        if self._seen and not 0 <= stamp - self._seen[-1][0] <= _GAP:
            self._seen.clear()
            self._lives, self._told = 1.0, stamp
        if self._seen and stamp - self._seen[-1][0] < _PERIOD:
            return self._lives
        self._seen.append((stamp, np.where(np.isfinite(shapes), shapes, 0.0)))
        while stamp - self._seen[0][0] > _WINDOW:
            self._seen.popleft()
        if stamp - self._seen[0][0] >= _NEEDED and stamp - self._told >= NANOSECONDS:
            self._told = stamp
            ordered = np.sort([face for _, face in self._seen], axis=0)
            edge = len(ordered) // 50
            reach = float((ordered[-1 - edge] - ordered[edge]).max())
            moved = min(1.0, max(0.0, (reach - _TREMBLING) / (_MOVING - _TREMBLING)))
            self._lives = STILL + (1.0 - STILL) * moved
        return self._lives
