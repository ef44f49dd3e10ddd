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
# Way there and back in the window of a mouth that is silent, and of one that surely speaks.
_SILENT, _SPEAKING = 0.25, 0.8


class SpeechDetector:
    """Detector of speech in one person's face, image by image."""

    def __init__(self) -> None:
        """Begin silent."""
        self._values: deque[tuple[int, np.ndarray]] = deque()

    def update(self, shapes: np.ndarray, stamp: int) -> float:
        """Return whether the mouth speaks, 0..1.

        Args:
            shapes: (52,) blendshapes; nan where unknown.
            stamp: Of the image, ns. After one that jumps the mouth is silent.
        """
        values = np.nan_to_num(shapes[_SHAPES])
        if self._values:
            last, before = self._values[-1]
            if not 0 <= stamp - last <= _GAP:
                self._values.clear()
            else:
                elapsed = (stamp - last) / NANOSECONDS
                values = before + (1.0 - np.exp(-elapsed / _STEADY)) * (values - before)
        self._values.append((stamp, values))
        while stamp - self._values[0][0] > _WINDOW:
            self._values.popleft()
        path = np.array([mouth for _, mouth in self._values])
        steps = np.abs(np.diff(path, axis=0))
        way = np.where(steps > 0.01, steps, 0.0).sum(axis=0) - np.abs(path[-1] - path[0])
        returns = float(np.maximum(way, 0.0).max()) if len(path) > 1 else 0.0
        return float(np.clip((returns - _SILENT) / (_SPEAKING - _SILENT), 0.0, 1.0))
