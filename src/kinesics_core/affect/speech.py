"""Detector of speech in faces, from how the shapes of a mouth come and go.

Speech opens and closes the mouth two to six times a second (Chandrasekaran et al., "The natural
statistics of audiovisual speech", PLoS Computational Biology 5, 2009). An expression opens it once
and holds. So the way that the shapes of a mouth went in the last second, minus how far they came,
is large in speech and small in an expression's onset, hold and end.
"""

from __future__ import annotations

from collections.abc import Sequence

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
_NEVER, _NEVER_AGAIN = np.int64(-(2**62)), np.int64(2**62)  # ns, long before and after any image


class SpeechDetector(PerPerson):
    """Detector of speech in the faces of P persons, image by image or several at once."""

    # Of each image kept: stamp, mouth, the way of each shape up to it since the first image of all.
    _stamps: np.ndarray
    _traces: np.ndarray  # (P, images, 2, shapes) of mouths and ways
    _newest: np.ndarray  # place of the newest image

    def __init__(self, persons: int = 1) -> None:
        """Begin silent."""
        super().__init__(
            persons, _stamps=np.full(_KEPT, _NEVER), _traces=np.zeros((_KEPT, 2, len(_SHAPES))),
            _newest=0)

    def update(self, shapes: np.ndarray, stamps: Sequence[int], rows: Rows) -> np.ndarray:
        """Return whether mouths speak in the last image (n,), 0..1.

        Args:
            shapes: (images, n, 52) blendshapes; 0 where unknown.
            stamps: Of the images, ns. After one that jumps a mouth is silent.
            rows: Of the n persons.
        """
        rows = numbers(rows)
        newest = self._append(shapes.take(_SHAPES, axis=2), np.array(stamps), rows)
        kept = self._stamps[rows]
        first = np.where(kept >= stamps[-1] - _WINDOW, kept, _NEVER_AGAIN).argmin(axis=1)
        since = newest - self._traces[rows, first]
        returns = np.maximum.reduce(since[:, 1] - np.abs(since[:, 0]), axis=1)
        return np.minimum(np.maximum((returns - _SILENT) / (_SPEAKING - _SILENT), 0.0), 1.0)

    def _append(
        self, seen: np.ndarray, stamps: np.ndarray, rows: np.ndarray
    ) -> np.ndarray:
        """Keep images with the mouths (images, n, shapes) that were seen, smoothed.

        Returns:
            (n, 2, shapes) mouths and ways of the last image.
        """
        newest = self._newest[rows]
        before = np.empty(seen.shape[:2], np.int64)
        before[0], before[1:] = self._stamps[rows, newest], stamps[:-1, None]
        elapsed = stamps[:, None] - before
        jumped = (elapsed < 0) | (elapsed > _GAP)
        counts = np.minimum(np.abs(elapsed), _STEP)
        gains = 1.0 - np.exp(counts * (-1.0 / _STEADY / NANOSECONDS))
        kept = np.repeat(stamps[:, None], len(rows), axis=1)
        if np.count_nonzero(jumped):  # what was before is no longer kept
            gains[jumped] = 1.0
            self._stamps[rows[jumped.any(axis=0)]] = _NEVER
            kept[:-1][np.logical_or.accumulate(jumped[:0:-1])[::-1]] = _NEVER
        last = self._traces[rows, newest]
        mouth, steps = last[:, 0], np.empty(seen.shape)
        traces = np.empty((len(seen), *last.shape))
        for image, gain in enumerate(gains[:, :, None]):
            np.multiply(gain, seen[image] - mouth, out=steps[image])
            mouth = np.add(mouth, steps[image], out=traces[image, :, 0])
        np.abs(steps, out=steps)
        steps *= (steps > _TREMBLING) & ~jumped[:, :, None]
        np.add(last[:, 1], np.add.accumulate(steps), out=traces[:, :, 1])
        places = (newest + np.arange(1, len(stamps) + 1)[:, None]) % _KEPT
        self._stamps[rows, places], self._newest[rows] = kept, places[-1]
        self._traces[rows, places] = traces
        return traces[-1]
