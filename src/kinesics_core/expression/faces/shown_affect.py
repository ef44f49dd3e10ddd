"""The valence and arousal that a face shows, for a robot that shows affect with something else.

A linear reading of the shapes, fitted once to the faces that our own expressions have, at four
strengths each. It is for what a robot's face is told to do, from whatever source; how a person's
face is read stands in ``affect``.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from kinesics_core.affect.emotions import EMOTION_VAD
from kinesics_core.expression.faces.prototypes import PROTOTYPES, face_of_emotion
from kinesics_core.skeletons import ARKIT_BLENDSHAPES

_STRENGTHS = (0.25, 0.5, 0.75, 1.0)
_RIDGE = 0.3  # keeps the weights of shapes small that seldom move; authored

# Blinks and gaze move these whatever is shown.
_EXPRESSIVE = np.array([not name.startswith(("eyeBlink", "eyeLook"))
                        for name in ARKIT_BLENDSHAPES])


def shown_affect(blendshapes: np.ndarray) -> tuple[float, float]:
    """Return valence and arousal, -1..1 each, of a face (52,); 0 where its shapes are not finite.

    Args:
        blendshapes: Order of ``skeletons.ARKIT_BLENDSHAPES``.
    """
    shapes = np.asarray(blendshapes, float)
    if not np.isfinite(shapes).all():
        return 0.0, 0.0
    valence, arousal = np.clip(shapes @ _weights(), -1.0, 1.0).tolist()
    return valence, arousal


@cache
def _weights() -> np.ndarray:
    """Return what each shape (52) says of valence and arousal (52, 2): ridge regression."""
    faces, told = [], []
    for emotion, ways in PROTOTYPES.items():
        for way in range(len(ways)):
            for strength in _STRENGTHS:
                faces.append(face_of_emotion(emotion, strength, way) * _EXPRESSIVE)
                told.append(strength * EMOTION_VAD[emotion, :2])
    seen = np.array(faces, float)
    return np.linalg.solve(seen.T @ seen + _RIDGE * np.eye(seen.shape[1]), seen.T @ np.array(told))
