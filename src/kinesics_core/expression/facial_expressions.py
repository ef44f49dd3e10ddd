"""Emotion -> 52 ARKit blendshapes, by the action units that EMFACS names for it.

The AUs are those of ``affect.facs.EMFACS``, both variants of disgust joined; their relative
strengths are authored for a face that is looked at from some metres away: the diagnostic ones
full, the supporting ones less, so that fear does not become surprise. Contempt stays one-sided.
"""

from __future__ import annotations

import numpy as np

from kinesics_core.affect.emotions import (
    ANGER,
    CONTEMPT,
    DISGUST,
    FEAR,
    HAPPINESS,
    NEUTRAL,
    SADNESS,
    SURPRISE,
    emotion_index,
)
from kinesics_core.affect.facs import au_to_blendshapes
from kinesics_core.errors import KinesicsError

# Emotion -> action units and their strengths, 0..1; authored.
_DISPLAY: dict[int, dict[str, float]] = {
    HAPPINESS: {"AU6": 0.8, "AU12": 0.9, "AU7": 0.15, "AU26": 0.08},
    ANGER: {"AU4": 1.0, "AU5": 0.5, "AU7": 0.6, "AU24": 0.7},
    SURPRISE: {"AU1": 0.9, "AU2": 0.9, "AU5": 0.7, "AU26": 0.6},
    SADNESS: {"AU1": 0.9, "AU4": 0.45, "AU15": 0.85, "AU17": 0.25},
    DISGUST: {"AU9": 0.9, "AU10": 0.55, "AU4": 0.4, "AU15": 0.5, "AU16": 0.35, "AU17": 0.45},
    CONTEMPT: {"AU12": 0.35, "AU14": 0.75},
    FEAR: {"AU1": 0.9, "AU2": 0.65, "AU4": 0.5, "AU5": 0.9, "AU7": 0.35, "AU20": 0.8, "AU26": 0.4},
    NEUTRAL: {},
}

_SHAPES = np.stack(
    [
        au_to_blendshapes(_DISPLAY[emotion], side="Right" if emotion == CONTEMPT else None)
        for emotion in range(8)
    ]
)

# The face of a state. Zygomatic and corrugator activity follow valence (Larsen, Norris & Cacioppo
# 2003); the opening of the eyes follows arousal; brows and lips are firmer with dominance. Sizes
# are authored.
_HIGH_VALENCE = au_to_blendshapes({"AU12": 0.22, "AU6": 0.12})
_LOW_VALENCE = au_to_blendshapes({"AU15": 0.18, "AU4": 0.08})
_HIGH_AROUSAL = au_to_blendshapes({"AU5": 0.30, "AU2": 0.12})
_LOW_AROUSAL = au_to_blendshapes({"AU45": 0.25})
_HIGH_DOMINANCE = au_to_blendshapes({"AU7": 0.10, "AU24": 0.10})
_LOW_DOMINANCE = au_to_blendshapes({"AU1": 0.20})


def emotion_blendshapes(emotion: int | str, intensity: float) -> np.ndarray:
    """Return the face of an emotion: blendshapes (52,) float32, 0..1.

    Args:
        emotion: Index into, or name of, ``affect.emotions.EMOTIONS``.
        intensity: 0 (none) to 1 (full).

    Raises:
        KinesicsError: The emotion is unknown or the intensity outside 0..1.
    """
    index = emotion_index(emotion)
    if not 0.0 <= intensity <= 1.0:
        raise KinesicsError(f"Got intensity {intensity}; give a number from 0 (none) to 1 (full).")
    return _SHAPES[index] * np.float32(intensity)


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
