"""Valence, arousal and dominance to a face.

Zygomatic and corrugator activity follow valence (Larsen, Norris & Cacioppo 2003), the opening of
the eyes follows arousal, brows and lips are firmer with dominance; sizes are authored. This slight
lasting expression of a state lies under whatever is shown. A point in VAD that is close to an
emotion's own (Russell & Mehrabian 1977) also shows that emotion.
"""

from __future__ import annotations

import numpy as np

from kinesics_core.affect.emotions import CONTEMPT, EMOTION_VAD, NEUTRAL, softmax
from kinesics_core.errors import KinesicsError
from kinesics_core.expression.faces.manifold import nearest_face
from kinesics_core.expression.faces.mixing import face_of_distribution
from kinesics_core.expression.faces.units import unit_weights

_HIGH_VALENCE = unit_weights({"AU12": 0.22, "AU6": 0.12})
_LOW_VALENCE = unit_weights({"AU15": 0.18, "AU4": 0.08})
_HIGH_AROUSAL = unit_weights({"AU5": 0.30, "AU2": 0.12})
_LOW_AROUSAL = unit_weights({"AU45": 0.25})
_HIGH_DOMINANCE = unit_weights({"AU7": 0.10, "AU24": 0.10})
_LOW_DOMINANCE = unit_weights({"AU1": 0.20})

_SPREAD = 0.08  # standard deviation of an emotion around its way; narrow: ways are close
_PARTWAY = 0.1  # weight of the share of the way still to go beside the distance; authored
_NEAR = 0.45  # standard deviation of the strength of an emotion around its way
_FELT = 0.3  # length of VAD below which contempt, which has no way, fades
_ALONE = 2.0  # factor of the state's own face where no emotion is near, at which it can be seen
_COVERED = 0.7  # share of the state's face that a full emotion covers; as in ``face_animator``


def state_blendshapes(valence: float, arousal: float, dominance: float) -> np.ndarray:
    """Return the slight lasting expression of a state (-1..1): blendshapes (52,) float32, 0..1."""
    shapes = (
        max(valence, 0.0) * _HIGH_VALENCE
        + max(-valence, 0.0) * _LOW_VALENCE
        + max(arousal, 0.0) * _HIGH_AROUSAL
        + max(-arousal, 0.0) * _LOW_AROUSAL
        + max(dominance, 0.0) * _HIGH_DOMINANCE
        + max(-dominance, 0.0) * _LOW_DOMINANCE
    )
    return np.clip(shapes, 0.0, 1.0).astype(np.float32)


def face_of_vad(vad: np.ndarray) -> np.ndarray:
    """Return the face (52,) float32 of a point in valence, arousal, dominance.

    A weak emotion lies on the way from neutral to the emotion's own point; contempt alone, which
    lies on the way to anger, is only where it is. Emotions on whose way the point is are mixed as
    ``mixing.face_of_distribution`` does, as strong as it is far along and weaker beside it, over
    ``state_blendshapes``, which count double where no emotion is near.

    Args:
        vad: (3,) each -1..1.

    Raises:
        KinesicsError: It is not three numbers in -1..1.
    """
    point = np.asarray(vad, dtype=np.float64)
    if point.shape != (3,) or not np.isfinite(point).all() or np.abs(point).max() > 1.0:
        raise KinesicsError(
            f"Got {np.asarray(vad).tolist()} as valence, arousal, dominance; give three numbers"
            " from -1 to 1."
        )
    ends = EMOTION_VAD[:NEUTRAL]
    along = np.clip(ends @ point / (ends**2).sum(axis=1), 0.0, 1.0)
    along[CONTEMPT] = 1.0
    beside = np.linalg.norm(point - along[:, None] * ends, axis=1)
    cost = beside**2 + _PARTWAY * (1.0 - along) ** 2
    shares = softmax(-cost / (2.0 * _SPREAD**2))
    along[CONTEMPT] = min(1.0, float(np.linalg.norm(point)) / _FELT)
    near = float(shares @ np.exp(-0.5 * (beside / _NEAR) ** 2))
    shown = face_of_distribution(np.append(shares, 0.0), near * float(shares @ along))
    beneath = (1.0 + (_ALONE - 1.0) * (1.0 - near)) * state_blendshapes(*point)
    return nearest_face(np.maximum(shown, beneath * (1.0 - _COVERED * shown.max())))
