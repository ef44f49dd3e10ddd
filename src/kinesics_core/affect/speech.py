"""Detector of speech in a face, from how the shapes of its mouth come and go.

Speech opens and closes the mouth two to six times a second (Chandrasekaran et al., "The natural
statistics of audiovisual speech", PLoS Computational Biology 5, 2009). An expression opens it once
and holds. So the way that the shapes of a mouth went in the last second, minus how far they came,
is large in speech and small in an expression's onset, hold and end.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from kinesics_core.skeletons import BLENDSHAPE_INDEX
from kinesics_core.types import NANOSECONDS

_SHAPES = np.array([BLENDSHAPE_INDEX[name] for name in (
    "jawOpen", "mouthFunnel", "mouthPucker", "mouthLowerDownLeft", "mouthLowerDownRight",
    "mouthClose", "mouthUpperUpLeft", "mouthUpperUpRight", "mouthRollLower")])
_WINDOW = NANOSECONDS
_STEADY = 0.04  # seconds over which a detector's noise is averaged out
_GAP = NANOSECONDS // 2
_TREMBLING = 0.01  # step of a shape from one image to the next that is none
# Way there and back in the window of a mouth that is silent, and of one that surely speaks.
_SILENT, _SPEAKING = 0.25, 0.8


class SpeechDetector:
    """Detector of speech in one person's face, image by image."""

    def __init__(self) -> None:
        """Begin silent."""
        # Of each image in the window: stamp, mouth, how far each shape went since the one before.
        self._values: deque[tuple[int, np.ndarray, np.ndarray]] = deque()
        self._way = np.zeros(len(_SHAPES))  # sum of the steps but the first

    def update(self, shapes: np.ndarray, stamp: int) -> float:
        """Return whether the mouth speaks, 0..1.

        Args:
            shapes: (52,) blendshapes; nan where unknown.
            stamp: Of the image, ns. After one that jumps the mouth is silent.
        """
        values = shapes[_SHAPES]
        values = np.where(np.isfinite(values), values, 0.0)
        step = np.zeros(len(values))
        if self._values:
            last, before, _ = self._values[-1]
            if not 0 <= stamp - last <= _GAP:
                self._values.clear()
                self._way = np.zeros(len(values))
            else:
                elapsed = (stamp - last) / NANOSECONDS
                change = (1.0 - np.exp(-elapsed / _STEADY)) * (values - before)
                values = before + change
                step = np.abs(change)
                step[step <= _TREMBLING] = 0.0
                self._way = self._way + step
        self._values.append((stamp, values, step))
        while stamp - self._values[0][0] > _WINDOW:
            self._values.popleft()
            self._way = self._way - self._values[0][2]
        returns = float((self._way - np.abs(values - self._values[0][1])).max())
        return min(1.0, max(0.0, (returns - _SILENT) / (_SPEAKING - _SILENT)))
