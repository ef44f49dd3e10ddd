"""Valence, arousal and dominance of what the model reads, finer than the eight emotions.

GoEmotions' labels within one emotion lie far apart: relief and excitement, grief and remorse. Each
has the mean of a term of Russell & Mehrabian, J. Research in Personality 11 (1977) 273-294. The
distribution over the eight decides how much each emotion counts, the finer labels where in it.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from kinesics_core.affect.emotions import EMOTION_VAD, EMOTIONS

FINE_VAD: Mapping[str, tuple[str, tuple[float, float, float]]] = {
    "anger": ("anger", (-0.51, 0.59, 0.25)),  # Angry
    "annoyance": ("anger", (-0.28, 0.17, 0.04)),  # Mildly annoyed
    "disapproval": ("anger", (-0.55, 0.16, -0.05)),  # Displeased
    "disgust": ("disgust", (-0.60, 0.35, 0.11)),  # Disgusted
    "fear": ("fear", (-0.64, 0.60, -0.43)),  # Fearful
    "nervousness": ("fear", (0.01, 0.59, -0.15)),  # Anxious
    "joy": ("happiness", (0.76, 0.48, 0.35)),  # Joyful
    "amusement": ("happiness", (0.77, 0.44, 0.42)),  # Enjoyment
    "approval": ("happiness", (0.55, 0.07, -0.14)),  # Appreciative
    "excitement": ("happiness", (0.62, 0.75, 0.38)),  # Excited
    "gratitude": ("happiness", (0.64, 0.16, -0.18)),  # Grateful
    "love": ("happiness", (0.87, 0.54, -0.18)),  # Loved
    "optimism": ("happiness", (0.51, 0.23, 0.14)),  # Hopeful
    "relief": ("happiness", (0.68, -0.46, 0.06)),  # Relaxed
    "pride": ("happiness", (0.77, 0.38, 0.65)),  # Proud
    "admiration": ("happiness", (0.41, 0.30, -0.32)),  # Impressed
    "desire": ("happiness", (0.64, 0.51, 0.17)),  # Interested
    "caring": ("happiness", (0.64, 0.35, 0.24)),  # Affectionate
    "sadness": ("sadness", (-0.63, -0.27, -0.33)),  # Sad
    "disappointment": ("sadness", (-0.61, -0.15, -0.29)),  # Discouraged
    "embarrassment": ("sadness", (-0.46, 0.54, -0.24)),  # Embarrassed
    "grief": ("sadness", (-0.50, 0.08, -0.20)),  # Anguished
    "remorse": ("sadness", (-0.52, 0.02, -0.21)),  # Regretful
    "surprise": ("surprise", (0.40, 0.67, -0.13)),  # Surprised
    "realization": ("surprise", (0.40, 0.67, -0.13)),  # Surprised
    "confusion": ("surprise", (-0.53, 0.27, -0.32)),  # Confused
    "curiosity": ("surprise", (0.22, 0.62, -0.01)),  # Curious
}
"""Label of GoEmotions -> the emotion it is a part of, and its VAD; beside it the term. The encoder
gives the labels in this order."""

SHARE = 0.5
"""Share of the finer labels in an emotion's VAD; the rest is the emotion's own term."""

_GROUP = np.array([[float(emotion == name) for name in EMOTIONS]
                   for emotion, _ in FINE_VAD.values()])
_VAD = np.array([vad for _, vad in FINE_VAD.values()])


def read_vad(distribution: np.ndarray, fine: np.ndarray | None = None) -> np.ndarray:
    """Return the valence, arousal, dominance (3,) of a reading, float32.

    Args:
        distribution: (8,) over ``EMOTIONS``.
        fine: (27,) probabilities of the labels in the order of ``FINE_VAD``; None: the emotions
            alone.
    """
    of_emotion = EMOTION_VAD.copy()
    if fine is not None:
        weights = _GROUP * np.asarray(fine, np.float64)[:, None]
        total = weights.sum(0)
        has = total > 1e-6
        mean = (weights.T @ _VAD)[has] / total[has, None]
        of_emotion[has] += SHARE * (mean - of_emotion[has])
    return (np.asarray(distribution, np.float64) @ of_emotion).astype(np.float32)
