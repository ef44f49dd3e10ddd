"""Detector of speech in faces, from how the shapes of a mouth come and go.

Speech opens and closes the mouth two to six times a second (Chandrasekaran et al., "The natural
statistics of audiovisual speech", PLoS Computational Biology 5, 2009). An expression opens it once
and holds. So the way that the shapes of a mouth went in the last second, minus how far they came,
is large in speech and small in an expression's onset, hold and end.
"""

from __future__ import annotations

import numpy as np

from kinesics_core.affect.per_person import PerPerson, Rows, numbers
from kinesics_core.skeletons import BLENDSHAPE_INDEX
from kinesics_core.types import NANOSECONDS

_SHAPES = np.array([BLENDSHAPE_INDEX[name] for name in (
    "jawOpen", "mouthFunnel", "mouthPucker", "mouthLowerDownLeft", "mouthLowerDownRight",
    "mouthClose", "mouthUpperUpLeft", "mouthUpperUpRight", "mouthRollLower")])
_WINDOW = NANOSECONDS
_STEADY = 0.04  # seconds over which a detector's noise is averaged out
_STEP = NANOSECONDS // 30  # most that one image counts for in that mean, however rare images are
_GAP = NANOSECONDS // 2
_TREMBLING = 0.01  # step of a shape from one image to the next that is none
# Way there and back in the window of a mouth that is silent, and of one that surely speaks.
_SILENT, _SPEAKING = 0.25, 0.8
_KEPT = 128  # images of a window; above 127 Hz it gets shorter


class SpeechDetector(PerPerson):
    """Detector of speech in the faces of P persons, image by image."""

    # Of each image in the window: stamp, mouth, how far each shape went since the one before.
    _stamps: np.ndarray
    _mouths: np.ndarray
    _steps: np.ndarray
    _first: np.ndarray
    _count: np.ndarray
    _way: np.ndarray  # sum of the steps but the first

    def __init__(self, persons: int = 1) -> None:
        """Begin silent."""
        mouths = np.zeros((_KEPT, len(_SHAPES)))
        super().__init__(persons, _stamps=np.zeros(_KEPT, np.int64), _mouths=mouths, _steps=mouths,
                         _first=0, _count=0, _way=mouths[0])

    def update(self, shapes: np.ndarray, stamp: int, rows: Rows) -> np.ndarray:
        """Return whether mouths speak (n,), 0..1.

        Args:
            shapes: (n, 52) blendshapes; 0 where unknown.
            stamp: Of the image, ns. After one that jumps a mouth is silent.
            rows: Of the n persons.
        """
        values = shapes.take(_SHAPES, axis=1)
        rows = numbers(rows)
        first, count, way = self._first[rows], self._count[rows], self._way[rows]
        newest = (first + count - 1) % _KEPT
        elapsed = stamp - self._stamps[rows, newest]
        follows = (count > 0) & (elapsed >= 0) & (elapsed <= _GAP)
        count *= follows
        column = follows[:, None]
        gain = 1.0 - np.exp(np.minimum(elapsed, _STEP) * follows * (-1.0 / _STEADY / NANOSECONDS))
        before = self._mouths[rows, newest]
        change = np.where(column, gain[:, None] * (values - before), 0.0)
        values = np.where(column, before + change, values)
        steps = np.abs(change)
        steps[steps <= _TREMBLING] = 0.0
        way = np.where(column, way + steps, 0.0)
        while True:
            old = (stamp - self._stamps[rows, first] > _WINDOW) | (count == _KEPT)
            old &= count > 1
            if not old.any():
                break
            first, count = (first + old) % _KEPT, count - old
            way -= old[:, None] * self._steps[rows, first]
        place = (first + count) % _KEPT
        self._stamps[rows, place] = stamp
        self._mouths[rows, place], self._steps[rows, place] = values, steps
        self._first[rows], self._count[rows], self._way[rows] = first, count + 1, way
        returns = (way - np.abs(values - self._mouths[rows, first])).max(axis=1)
        return np.minimum(np.maximum((returns - _SILENT) / (_SPEAKING - _SILENT), 0.0), 1.0)
