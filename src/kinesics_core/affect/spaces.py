"""Emotion spaces and the ways between them, as distributions: categories of any list, and VAD.

Our eight categories are the hub: the papers' six and three, the list of hri_msgs/Expression and the
classes of a user's own network each have a distribution over the eight and a Gaussian in valence,
arousal and dominance (VAD) for every class. A label is not a point: people who are called happy lie
around a mean, with a spread (Russell & Mehrabian 1977), so probabilities of classes become a mean
and a spread in VAD (moments of the mixture), and a mean with a spread becomes probabilities again.

A class that names no emotion ("jumping") says nothing: it stands for all eight alike and for a wide
Gaussian about the origin.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from kinesics_core.affect.emotion_words import FAMILIES, OWN, SPREADS, USUAL_SPREAD, WORDS, word_in
from kinesics_core.affect.emotions import EMOTIONS, NEUTRAL, as_distribution
from kinesics_core.errors import KinesicsError

UNKNOWN_SPREAD = 0.6
"""Spread of a class that names no emotion, and of a dimension of which nothing is known: about that
of a uniform distribution over -1..1."""

class Vad(NamedTuple):
    """Distribution in valence, arousal and dominance, the dimensions independent.

    Attributes:
        mean: (3,), -1..1.
        spread: (3,) standard deviations.
    """

    mean: np.ndarray
    spread: np.ndarray


@dataclass(frozen=True, eq=False)
class Space:
    """A list of classes and what each means.

    Attributes:
        names: Of the C classes.
        emotions: (C, 8) probabilities of ``EMOTIONS`` given each class.
        mean: (C, 3) of its Gaussian in VAD.
        spread: (C, 3) standard deviations.
        known: (C,) bool, whether the name says an emotion.
    """

    names: tuple[str, ...]
    emotions: np.ndarray
    mean: np.ndarray
    spread: np.ndarray
    known: np.ndarray

    def to_emotions(self, probabilities: np.ndarray) -> np.ndarray:
        """Return the probabilities (8,) of ``EMOTIONS`` of probabilities (C,) of these classes."""
        return self._checked(probabilities) @ self.emotions

    def from_emotions(self, emotions: np.ndarray) -> np.ndarray:
        """Return probabilities (C,) of these classes for probabilities (8,) of ``EMOTIONS``.

        An emotion goes to the class that says it best, so a list that holds it gets it back as it
        was. What no class of the list says at all is not known: it is spread over all.

        Raises:
            KinesicsError: They are no eight probabilities.
        """
        return _distribution(emotions, len(EMOTIONS), "our eight emotions") @ _inverse(self)

    def to_vad(self, probabilities: np.ndarray) -> Vad:
        """Return mean and spread in VAD of probabilities (C,): the moments of the mixture."""
        weight = self._checked(probabilities)
        mean = weight @ self.mean
        variance = weight @ (self.spread**2 + self.mean**2) - mean**2
        return Vad(mean, np.sqrt(np.maximum(variance, 1e-6)))

    def from_vad(self, vad: Vad) -> np.ndarray:
        """Return probabilities (C,) of these classes for a distribution in VAD.

        The posterior of the classes' Gaussians, each widened by the spread of what was read.

        Args:
            vad: A dimension whose mean is nan is left out.
        """
        score = np.log(density(vad, self))
        shares = np.exp(score - score.max())
        return shares / shares.sum()

    def _checked(self, probabilities: np.ndarray) -> np.ndarray:
        return _distribution(probabilities, len(self.names), f"the classes {', '.join(self.names)}")


def density(vad: Vad, space: Space) -> np.ndarray:
    """Return the density (C,) of each class of a space at a distribution in VAD."""
    mean = np.asarray(vad.mean, np.float64)
    spread = np.nan_to_num(np.asarray(vad.spread, np.float64), nan=UNKNOWN_SPREAD)
    variance = space.spread**2 + spread**2
    apart = np.where(np.isfinite(mean), mean - space.mean, 0.0)
    return np.exp(-0.5 * (apart**2 / variance).sum(1)) / np.sqrt(variance).prod(1)


@lru_cache(maxsize=64)
def space_of(names: tuple[str, ...]) -> Space:
    """Return the space of a list of classes, whatever they are called.

    One of the eight, by any of its names, is itself; another word's shares of the eight are those
    of ``FAMILIES``. A name that says no emotion stands for all eight.

    Args:
        names: Of the classes, in the order of their probabilities; see ``word_in``.

    Raises:
        KinesicsError: The list is empty.
    """
    if not names:
        raise KinesicsError("Got an empty list of classes; give one name at least.")
    words = [word_in(name) for name in names]
    count = len(names)
    emotions = np.full((count, len(EMOTIONS)), 1.0 / len(EMOTIONS))
    mean, spread = np.zeros((count, 3)), np.full((count, 3), UNKNOWN_SPREAD)
    for row, word in enumerate(words):
        if not word:
            continue
        mean[row], spread[row] = WORDS[word], SPREADS.get(word, USUAL_SPREAD)
        emotions[row] = _emotions_of(word)
    for array in (emotions, mean, spread):
        array.setflags(write=False)
    return Space(tuple(names), emotions, mean, spread, np.array([bool(word) for word in words]))


def translate(probabilities: np.ndarray, source: Space, target: Space) -> np.ndarray:
    """Return probabilities of ``target`` for those of ``source``, by way of the eight."""
    return target.from_emotions(source.to_emotions(probabilities))


def closest(categories: np.ndarray, vad: Vad, space: Space) -> str:
    """Return the name of the class that fits a reading best: its categories and its VAD.

    The largest product of the Bhattacharyya coefficients of both, which is 1 for a class's own
    distributions alone; so every name of a list comes back as itself.

    Args:
        categories: (8,) probabilities of ``EMOTIONS``.
        vad: What was read beside them; nan is left out, an unknown spread counts as usual.
        space: Of the names to choose from.

    Raises:
        KinesicsError: The categories are no eight probabilities.
    """
    given = _distribution(categories, len(EMOTIONS), "our eight emotions")
    alike = np.sqrt(space.emotions * given).sum(1)
    mean = np.asarray(vad.mean, np.float64)
    spread = np.asarray(vad.spread, np.float64)
    spread = np.where(np.isfinite(spread), spread, USUAL_SPREAD)
    variance = space.spread**2 + spread**2
    apart = np.where(np.isfinite(mean), mean - space.mean, 0.0)
    overlap = np.sqrt(2.0 * space.spread * spread / variance) * np.exp(-0.25 * apart**2 / variance)
    return space.names[int(np.argmax(np.where(space.known, alike * overlap.prod(1), -1.0)))]


def _emotions_of(word: str) -> np.ndarray:
    if word in OWN:
        return np.eye(len(EMOTIONS))[OWN.index(word)]
    return np.array([FAMILIES[word].get(emotion, 0.0) for emotion in EMOTIONS])


def _inverse(space: Space) -> np.ndarray:
    """Return probabilities (8, C) of a space's classes given each of the eight."""
    best = space.emotions * space.known[:, None]
    top = best.max(axis=0, keepdims=True)
    chosen = np.where((best >= top - 1e-9) & (top > 0.5), 1.0, 0.0)
    # Of an emotion that no class is sure to be, all classes get the share that they have of it.
    chosen = np.where(top > 0.5, chosen, np.maximum(best, 1e-6))
    chosen = np.where(top > 0.1, chosen, 1.0)
    inverse: np.ndarray = (chosen / chosen.sum(axis=0)).T
    return inverse


def _distribution(values: np.ndarray, count: int, what: str) -> np.ndarray:
    given = np.asarray(values, np.float64)
    shares = None if given.shape != (count,) else as_distribution(given)
    if shares is None:
        raise KinesicsError(
            f"Got {np.array2string(given, precision=3, threshold=12)}; wanted {count} finite"
            f" probabilities of {what}, one of them above 0.")
    return shares.astype(np.float64) / shares.sum(dtype=np.float64)


EIGHT = space_of(EMOTIONS)
"""Our own categories."""

SIX = space_of(("anger", "happiness", "surprise", "disgust", "sadness", "fear"))
"""The six basic emotions, as in "Generative AI for Human 3D Body Emotions", in its order."""

THREE = space_of(("enthusiastic", "laughing", "happy to see you"))
"""The classes of the forecasting paper (arXiv 2603.01804), in its order."""

HRI = space_of((
    "neutral", "angry", "sad", "happy", "surprised", "disgusted", "scared", "pleading",
    "vulnerable", "despaired", "guilty", "disappointed", "embarrassed", "horrified", "skeptical",
    "annoyed", "furious", "suspicious", "rejected", "bored", "tired", "asleep", "confused",
    "amazed", "excited",
))  # fmt: skip
"""The constants of hri_msgs/Expression (ROS4HRI), in its order."""


@lru_cache(maxsize=64)
def _spoken_of(names: tuple[str, ...]) -> np.ndarray:
    """Return which of ``EMOTIONS`` (8,) bool a list of classes speaks of; neutral if of none."""
    space = space_of(names)
    spoken: np.ndarray = (space.emotions[space.known] > 0.05).any(axis=0)
    spoken[NEUTRAL] |= not spoken.any()
    spoken.setflags(write=False)
    return spoken


def reading_of(
    names: Sequence[str], probabilities: np.ndarray
) -> tuple[np.ndarray, Vad, float] | None:
    """Return what the probabilities of a network's classes mean; None if they are no distribution.

    Args:
        names: Of the C classes.
        probabilities: (C,).

    Returns:
        (8,) float32 probabilities of ``EMOTIONS``: those that no class of the list speaks of keep
        the probability of not knowing, 1 / 8, and the others share the rest; mean and spread in
        VAD; and the clarity 0..1, 1 minus the normalised entropy of the classes, lowered by the
        share that fell on classes that say no emotion.
    """
    space = space_of(tuple(names))
    shares = as_distribution(np.asarray(probabilities, np.float64))
    if shares is None or len(shares) != len(space.names):
        return None
    said = shares.astype(np.float64)
    spoken = _spoken_of(space.names)
    categories = (said / said.sum()) @ space.emotions
    categories = np.where(spoken, categories, 0.0)
    total = categories.sum()
    categories = np.where(
        spoken, categories * spoken.mean() / max(total, 1e-9), 1.0 / len(EMOTIONS))
    doubt = -(said * np.log(np.maximum(said, 1e-9))).sum() / np.log(max(len(said), 2))
    sure = float(np.clip(1.0 - doubt, 0.0, 1.0)) * float(said @ space.known)
    return categories.astype(np.float32), space.to_vad(said), sure
