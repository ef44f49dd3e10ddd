"""Classes of a recogniser as emotions: names, and the affect that their probabilities mean."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from kinesics_core.affect.emotions import EMOTION_VAD, EMOTIONS

SYNONYMS = {
    "happy": "happiness", "joy": "happiness", "angry": "anger", "surprised": "surprise",
    "sad": "sadness", "disgusted": "disgust", "contemptuous": "contempt", "afraid": "fear",
    "fearful": "fear", "scared": "fear", "elated": "happiness", "laughing": "happiness",
    "laugh": "happiness", "normal": "neutral",
}
"""Other names that data sets give to our emotions."""


def emotion_in(name: str) -> str:
    """Return the emotion that a word of a recording's name says, "" if none or several do.

    Args:
        name: As "142_17-walk_scared"; words stand between anything but letters.
    """
    words = re.findall(r"[a-z]+", name.lower())
    found = {SYNONYMS.get(word, word) for word in words} & set(EMOTIONS)
    return found.pop() if len(found) == 1 else ""


class ClassReading(NamedTuple):
    """Affect read from the probabilities of a recogniser's classes.

    Attributes:
        categories: (8,) float32 probabilities of ``EMOTIONS``; those the recogniser was not taught
            keep the probability of not knowing, 1 / 8.
        vad: (3,) valence, arousal, dominance, -1..1.
        clarity: 0..1, 1 minus the normalised entropy of the classes.
    """

    categories: np.ndarray
    vad: np.ndarray
    clarity: float


def emotion_indices(classes: Sequence[str]) -> np.ndarray | None:
    """Return the index (C,) into ``EMOTIONS`` of each class; None unless every one is an emotion.

    Args:
        classes: Names in any case; ``SYNONYMS`` count.
    """
    names = [SYNONYMS.get(name.lower(), name.lower()) for name in classes]
    if not names or not set(names) <= set(EMOTIONS):
        return None
    return np.array([EMOTIONS.index(name) for name in names])


def read_classes(probabilities: np.ndarray, emotions: np.ndarray) -> ClassReading:
    """Return the affect that the probabilities of a recogniser's classes mean.

    Args:
        probabilities: (C,) of each class.
        emotions: (C,) index into ``EMOTIONS`` of each class, from ``emotion_indices``.
    """
    known = np.bincount(emotions, probabilities, minlength=len(EMOTIONS))
    taught = np.bincount(emotions, minlength=len(EMOTIONS)) > 0
    categories = np.where(taught, known * taught.mean(), 1.0 / len(EMOTIONS))
    doubt = -(probabilities * np.log(np.maximum(probabilities, 1e-9))).sum()
    clarity = 1.0 - doubt / np.log(max(len(probabilities), 2))
    return ClassReading(
        categories.astype(np.float32), known @ EMOTION_VAD, float(np.clip(clarity, 0.0, 1.0)))
