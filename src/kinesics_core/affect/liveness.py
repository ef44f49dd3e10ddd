"""Detector of faces that are pictures: nobody holds a whole face still for a quarter of a minute.

A living face blinks some seventeen times a minute, looks elsewhere and moves its mouth. Over 7 s of
four films of people at least one blendshape went over .35 of its range, mostly over .7; on noisy,
shaken photographs the estimator's own trembling reached .14.
"""

from __future__ import annotations

import numpy as np

from kinesics_core.affect.per_person import PerPerson, Rows, lapsed, numbers, some
from kinesics_core.skeletons import ARKIT_BLENDSHAPES
from kinesics_core.types import NANOSECONDS

STILL = 0.2
"""Share of a face's confidence that is left to a picture of one."""

_WINDOW, _NEEDED = 20 * NANOSECONDS, 15 * NANOSECONDS
_PERIOD = NANOSECONDS // 5
_GAP = 2 * NANOSECONDS
_KEPT = _WINDOW // _PERIOD + 1
_TREMBLING, _MOVING = 0.18, 0.30  # of the shape that moves most, 2nd to 98th percentile


class LivenessDetector(PerPerson):
    """Detector of whether the faces of P persons live, image by image."""

    _stamps: np.ndarray
    _faces: np.ndarray
    _count: np.ndarray  # faces taken since the last jump; those of the window are the newest
    _newest: np.ndarray
    _lives: np.ndarray
    _next: np.ndarray  # stamp from which it is told again whether the face lives

    def __init__(self, persons: int = 1) -> None:
        """Begin with faces that live."""
        super().__init__(
            persons, _stamps=np.zeros(_KEPT, np.int64),
            _faces=np.zeros((_KEPT, len(ARKIT_BLENDSHAPES)), np.float32), _count=0,
            _newest=np.int64(0), _lives=1.0, _next=np.int64(0))

    def update(self, shapes: np.ndarray, stamp: int, rows: Rows) -> np.ndarray:
        """Return how far faces live (n,), ``STILL`` to 1.

        Args:
            shapes: (n, 52) blendshapes; 0 where unknown.
            stamp: Of the image, ns. After one that jumps a face lives.
            rows: Of the n persons.
        """
        elapsed = stamp - self._newest[rows]
        begins = lapsed(elapsed, _GAP + 1) | (self._count[rows] == 0)
        due = begins | (elapsed >= _PERIOD)
        if some(due):
            indices = numbers(rows)
            if some(begins):
                new = indices[begins]
                self._count[new], self._lives[new], self._next[new] = 0, 1.0, stamp + _NEEDED
            self._add(indices[due], shapes[due], stamp)
        lives: np.ndarray = self._lives[rows]
        return lives

    def _add(self, rows: np.ndarray, shapes: np.ndarray, stamp: int) -> None:
        places = self._count[rows] % _KEPT
        self._stamps[rows, places], self._faces[rows, places] = stamp, shapes
        self._newest[rows] = stamp
        self._count[rows] += 1
        for row in rows[self._next[rows] <= stamp].tolist():
            self._judge(row, stamp)

    def _judge(self, row: int, stamp: int) -> None:
        """Tell whether a face that was seen for long enough lives."""
        self._next[row] = stamp + NANOSECONDS
        kept = min(self._count[row], _KEPT)
        there = stamp - self._stamps[row, :kept] <= _WINDOW
        faces = self._faces[row, :kept][there]
        edge = len(faces) // 50
        ordered = np.partition(faces, (edge, len(faces) - 1 - edge), axis=0)
        reach = float((ordered[-1 - edge] - ordered[edge]).max())
        moved = min(1.0, max(0.0, (reach - _TREMBLING) / (_MOVING - _TREMBLING)))
        self._lives[row] = STILL + (1.0 - STILL) * moved
