"""The emotion spaces and the maps between them: eight categories and valence-arousal-dominance.

Categories are Ekman's six basic emotions with contempt and neutral. VAD (also PAD, pleasure =
valence) is on Russell & Mehrabian's scale, -1..1. The VAD of a category is the mean that
Russell & Mehrabian, "Evidence for a three-factor theory of emotions", J. Research in Personality
11 (1977) 273-294, report for the term named beside it; neutral is the origin by definition.
"""

from __future__ import annotations

import numpy as np

from kinesics_core.errors import KinesicsError

EMOTIONS = (
    "happiness", "anger", "surprise", "sadness", "disgust", "contempt", "fear", "neutral",
)
"""In the order of the constants of ``msg/Affect.msg``."""

HAPPINESS, ANGER, SURPRISE, SADNESS, DISGUST, CONTEMPT, FEAR, NEUTRAL = range(8)

EMOTION_VAD = np.array(
    [
        [0.81, 0.51, 0.46],  # Happy
        [-0.51, 0.59, 0.25],  # Angry
        [0.40, 0.67, -0.13],  # Surprised
        [-0.63, -0.27, -0.33],  # Sad
        [-0.60, 0.35, 0.11],  # Disgusted
        [-0.23, 0.31, 0.18],  # Contempt
        [-0.64, 0.60, -0.43],  # Fearful
        [0.00, 0.00, 0.00],
    ]
)
"""(8, 3) valence, arousal, dominance of each category."""

# The two closest categories, anger and disgust, are .29 apart: half of that as standard deviation
# keeps every category the most probable one at its own VAD, with its neighbours still visible.
_SPREAD = 0.15


def emotion_index(emotion: str | int) -> int:
    """Return the index of an emotion given by name or index.

    Raises:
        KinesicsError: There is no such emotion; the sentence names the allowed ones.
    """
    if isinstance(emotion, str) and emotion in EMOTIONS:
        return EMOTIONS.index(emotion)
    if isinstance(emotion, int | np.integer) and 0 <= emotion < len(EMOTIONS):
        return int(emotion)
    raise KinesicsError(
        f"Got emotion {emotion!r}; use one of {', '.join(EMOTIONS)}, or its index 0 to 7."
    )


def categories_to_vad(categories: np.ndarray) -> np.ndarray:
    """Return the expected VAD (..., 3) of category probabilities (..., 8)."""
    return np.asarray(categories, dtype=np.float64) @ EMOTION_VAD


def vad_to_categories(vad: np.ndarray, spread: float = _SPREAD) -> np.ndarray:
    """Return the category probabilities (..., 8) of points in VAD.

    Softmax of the squared distances: the posterior of a mixture of equal isotropic Gaussians, one
    on each category's VAD.

    Args:
        vad: (..., 3) valence, arousal, dominance. A nan dimension is left out of the distance; if
            all three are nan, the answer is uniform.
        spread: Standard deviation of the Gaussians.
    """
    difference = np.asarray(vad, dtype=np.float64)[..., None, :] - EMOTION_VAD
    squared = np.nan_to_num(difference, nan=0.0) ** 2
    return softmax(-squared.sum(axis=-1) / (2.0 * spread * spread))


def as_distribution(values: np.ndarray | None) -> np.ndarray | None:
    """Return weights (N,), divided by their sum, as probabilities float32.

    None, unknown, if there are none, one of them is no finite number, or none is above 0. What is
    below 0 counts as 0.
    """
    if values is None or np.count_nonzero(~np.isfinite(values)):
        return None
    shares = np.maximum(np.asarray(values, np.float64), 0.0)
    total = float(np.add.reduce(shares))
    return (shares / total).astype(np.float32) if total > 0.0 else None


def softmax(logits: np.ndarray) -> np.ndarray:
    """Return exp(x) / sum exp(x) over the last axis, safe for large values."""
    shifted = np.exp(logits - np.maximum.reduce(logits, axis=-1, keepdims=True))
    return shifted / np.add.reduce(shifted, axis=-1, keepdims=True)
