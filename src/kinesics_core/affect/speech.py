"""Detector of speech in faces, from how the shapes of a mouth come and go.

Speech opens and closes the mouth two to six times a second (Chandrasekaran et al., "The natural
statistics of audiovisual speech", PLoS Computational Biology 5, 2009). An expression opens it once
and holds. So the way that the shapes of a mouth went in the last second, minus how far they came,
is large in speech and small in an expression's onset, hold and end.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kinesics_core.affect.per_person import PerPerson, Rows, lapsed, numbers, some
from kinesics_core.skeletons import BLENDSHAPE_INDEX
from kinesics_core.types import NANOSECONDS

_SHAPES = np.array([BLENDSHAPE_INDEX[name] for name in (
    "jawOpen", "mouthFunnel", "mouthPucker", "mouthLowerDownLeft", "mouthLowerDownRight",
    "mouthClose", "mouthUpperUpLeft", "mouthUpperUpRight", "mouthRollLower")])
_WINDOW = NANOSECONDS
_STEADY = 0.04  # seconds over which a detector's noise is averaged out
_STEP = NANOSECONDS // 20  # most that one image counts for in that mean, however rare images are
_GAP = NANOSECONDS // 2
_TREMBLING = 0.01  # step of a shape from one image to the next that is none
# Way there and back in the window of a mouth that is silent, and of one that surely speaks.
_SILENT, _SPEAKING = 0.25, 0.8
_KEPT = 128  # images of a window; above 127 Hz it gets shorter
_NEVER = np.int64(-(2**62))  # ns, long before any image


class SpeechDetector(PerPerson):
    """Detector of speech in the faces of P persons, image by image or several at once."""

    # Of each image kept: stamp, mouth, the way of each shape up to it since the first image of all.
    # An image has the same place of all persons; of those who are not in it its stamp is never.
    _stamps: np.ndarray  # (P, places)
    _traces: np.ndarray  # (P, places, 2, shapes) of mouths and ways
    _stamp: np.ndarray  # of the newest image with the person
    _trace: np.ndarray

    def __init__(self, persons: int = 1) -> None:
        """Begin silent."""
        trace = np.zeros((2, len(_SHAPES)))
        super().__init__(
            persons, _stamps=np.full(2 * _KEPT, _NEVER),
            _traces=np.repeat(trace[None], 2 * _KEPT, axis=0), _stamp=_NEVER, _trace=trace)
        self._end = 0  # place behind the newest image

    def update(self, shapes: np.ndarray, stamps: Sequence[int], rows: Rows) -> np.ndarray:
        """Return whether mouths speak in the last image (n,), 0..1.

        Args:
            shapes: (images, n, 52) blendshapes of at most 128 images; 0 where unknown.
            stamps: Of the images, ns. After one that jumps a mouth is silent.
            rows: Of the n persons.
        """
        self._append(shapes.take(_SHAPES, axis=2), np.array(stamps), rows)
        kept = slice(max(0, self._end - _KEPT), self._end)
        first = (self._stamps[rows, kept] >= stamps[-1] - _WINDOW).argmax(axis=1)
        since = self._trace[rows] - self._traces[rows, kept][np.arange(len(first)), first]
        returns = np.maximum.reduce(since[:, 1] - np.abs(since[:, 0]), axis=1)
        return np.minimum(np.maximum((returns - _SILENT) / (_SPEAKING - _SILENT), 0.0), 1.0)

    def _append(self, seen: np.ndarray, stamps: np.ndarray, rows: Rows) -> None:
        """Keep images with the mouths (images, n, shapes) that were seen, smoothed."""
        before = np.empty(seen.shape[:2], np.int64)
        before[0], before[1:] = self._stamp[rows], stamps[:-1, None]
        elapsed = stamps[:, None] - before
        jumped = lapsed(elapsed, _GAP + 1)
        counts = np.minimum(np.abs(elapsed), _STEP)
        rests = np.exp(counts * (-1.0 / _STEADY / NANOSECONDS))  # of what was before
        places, jumps = self._next_places(len(stamps)), some(jumped)
        self._stamps[rows, places] = stamps
        if jumps:  # what was before is no longer kept
            rests[jumped] = 0.0
            for row, moments in zip(numbers(rows).tolist(), jumped.T, strict=True):
                if some(moments):
                    last = int(moments.nonzero()[0][-1])
                    self._stamps[row, :places.start + last] = _NEVER
        rests = rests[:, :, None]
        mouths, ways = traces = np.empty((2, len(seen) + 1, *seen.shape[1:]))
        traces[:, 0] = self._trace[rows].swapaxes(0, 1)
        np.multiply(1.0 - rests, seen, out=mouths[1:])
        for mouth, following, rest in zip(mouths[:-1], mouths[1:], rests, strict=True):
            following += rest * mouth
        steps = np.abs(mouths[1:] - mouths[:-1])
        np.multiply(steps, steps > _TREMBLING, out=ways[1:])
        if jumps:
            ways[1:][jumped] = 0.0
        np.add.accumulate(ways, out=ways)
        self._traces[rows, places] = traces[:, 1:].transpose(2, 1, 0, 3)
        self._trace[rows], self._stamp[rows] = traces[:, -1].swapaxes(0, 1), stamps[-1]

    def _next_places(self, count: int) -> slice:
        """Return the places of the next images, where nobody's stamp is left."""
        if self._end + count > 2 * _KEPT:  # the newest images go to the front
            recent = slice(self._end - _KEPT, self._end)
            self._stamps[:, :_KEPT] = self._stamps[:, recent]
            self._traces[:, :_KEPT] = self._traces[:, recent]
            self._end = _KEPT
        places = slice(self._end, self._end + count)
        self._stamps[:, places] = _NEVER
        self._end += count
        return places
