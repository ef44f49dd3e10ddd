"""The next own emotion after one's own last and the partner's: transitions in VAD space.

Wen, Cao, Yang, Liu & Shen, "Automatically Select Emotion for Response via Personality-affected
Emotion Transition" (Findings of ACL 2021) let the emotion of a speaker move in valence, arousal
and dominance from the preceding one, driven by the dialogue and by the personality. Here without
words: of a triple (own emotion i, partner's answer j, own next k) the probability is

    log p(k | i, j) ~ b_k + (p + p_v . vad_k + p_0 [k = neutral]) [k = i]
                          + (m + m_v . vad_k + m_0 [k = neutral]) [k = j]
                          + both [k = i = j] + spread [i = neutral, k = j, k not neutral]
                          + near vad_i . vad_k  + temper temperament . vad_k

The first line is how an emotion persists, the second how it is caught, both by where it lies in
VAD; the last terms move the next emotion through that space. 19 numbers are fitted to counts of
seven emotions (``kinesics train transitions``), and because strengths are functions of VAD, they
say something about contempt, too, which the counts lack. ``temper`` is authored: counts without
speakers cannot tell what a personality does.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from kinesics_core.affect.emotions import (
    CONTEMPT,
    DISGUST,
    EMOTION_VAD,
    EMOTIONS,
    NEUTRAL,
    softmax,
)
from kinesics_core.assets.store import shipped
from kinesics_core.errors import KinesicsError

FILE = "transitions.json"
"""Name of the shipped parameters in ``models/``."""

COUNTED = (
    "neutral", "happiness", "surprise", "sadness", "fear", "anger", "disgust",
)
"""Emotions of the counts; contempt is not among them."""

PRIOR_WEIGHT = 0.6
"""Share, as an exponent, of how frequent an emotion is that the decision divides by: otherwise the
rare ones were never chosen. The best of .5 to .8 on the counts; chosen on the training folds alone
it scores as much."""

TEMPER = 1.0
"""Gain of the temperament on the next emotion; authored."""

PARAMETERS = 6 + 5 + 5 + 3
"""Weights: biases but of neutral, persistence, contagion; both, spread, near."""


@dataclass(frozen=True)
class Transitions:
    """Fitted transitions.

    Attributes:
        weights: (19,) as ``features`` orders them.
        prior: (8,) shares of the emotions as next ones; contempt's is disgust's.
        source: Where the counts come from.
    """

    weights: np.ndarray
    prior: np.ndarray
    source: str = ""

    def table(self, temperament: np.ndarray | None = None) -> np.ndarray:
        """Return the probabilities (8, 8, 8): own emotion, partner's, own next.

        Args:
            temperament: (3,) of a personality, to which the next emotion leans; None: as counted.
        """
        logits = features() @ self.weights
        if temperament is not None:
            logits = logits + TEMPER * (EMOTION_VAD @ np.asarray(temperament, np.float64))
        return softmax(logits)

    def weighed(self, table: np.ndarray) -> np.ndarray:
        """Return probabilities (..., 8) divided by how frequent emotions are, to decide by."""
        return normalised(table / self.prior**PRIOR_WEIGHT)


def features(emotions: tuple[str, ...] = EMOTIONS) -> np.ndarray:
    """Return what the log-probability of a triple is linear in.

    Args:
        emotions: Names of n emotions; contempt has disgust's bias.

    Returns:
        (n, n, n, 19): own emotion, partner's, own next; features.
    """
    index = [EMOTIONS.index(name) for name in emotions]
    count = len(index)
    vad = EMOTION_VAD[index]
    same = np.eye(count)
    neutral = np.array([number == NEUTRAL for number in index], float)
    persists, caught = same[:, None, :], same[None, :, :]
    parts = [np.array([number == EMOTIONS.index(name)
                       or (number == CONTEMPT and name == "disgust") for number in index], float)
             for name in COUNTED if name != "neutral"]
    for kept in (persists, caught):
        parts += [kept, kept * vad[:, 0], kept * vad[:, 1], kept * vad[:, 2], kept * neutral]
    parts += [persists * caught, neutral[:, None, None] * caught * (1.0 - neutral),
              (vad @ vad.T)[:, None, :]]
    return np.stack([np.broadcast_to(part, (count,) * 3) for part in parts], axis=-1)


def fit(counts: np.ndarray, ridge: float = 1.0) -> np.ndarray:
    """Return the weights (19,) of largest likelihood, by Newton's method.

    Args:
        counts: (7, 7, 7) of triples of ``COUNTED``.
        ridge: Half of it times the squared weights is subtracted from the log-likelihood.
    """
    known = features(COUNTED)
    weights, turns = np.zeros(PARAMETERS), counts.sum(axis=-1)
    seen = np.einsum("ijk,ijkf->f", counts, known)
    for _ in range(50):
        chances = softmax(known @ weights)
        mean = np.einsum("ijk,ijkf->ijf", chances, known)
        slope = seen - np.einsum("ij,ijf->f", turns, mean) - ridge * weights
        spread = np.einsum("ij,ijk,ijkf,ijkg->fg", turns, chances, known, known, optimize=True)
        spread -= np.einsum("ij,ijf,ijg->fg", turns, mean, mean, optimize=True)
        step = np.linalg.solve(spread + ridge * np.eye(PARAMETERS), slope)
        weights = weights + step
        if np.abs(step).max() < 1e-9:
            break
    return weights


def fitted(counts: np.ndarray, source: str = "") -> Transitions:
    """Return the transitions that counts (7, 7, 7) of ``COUNTED`` tell."""
    share = (counts.sum(axis=(0, 1)) + 1.0) / (counts.sum() + len(COUNTED))
    prior = np.zeros(len(EMOTIONS))
    prior[[EMOTIONS.index(name) for name in COUNTED]] = share
    prior[CONTEMPT] = prior[DISGUST]
    return Transitions(fit(counts), prior, source)


def normalised(shares: np.ndarray) -> np.ndarray:
    """Return shares (..., n) divided by their sum."""
    return shares / shares.sum(axis=-1, keepdims=True)


@lru_cache(maxsize=4)
def load(path: Path | None = None) -> Transitions:
    """Read what ``kinesics train transitions`` wrote; None: the shipped file.

    Raises:
        KinesicsError: The file is none.
    """
    file = path or shipped(FILE)
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        weights = np.array(content["weights"], np.float64)
        prior = np.array(content["prior"], np.float64)
        source = str(content["source"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise KinesicsError(
            f"{file} holds no emotion transitions ({error!r}); give what `kinesics train"
            " transitions` wrote.") from error
    good = weights.shape == (PARAMETERS,) and prior.shape == (len(EMOTIONS),)
    if not (good and np.isfinite(weights).all() and (prior > 0.0).all()):
        raise KinesicsError(
            f"{file} holds no emotion transitions; wanted {PARAMETERS} weights and {len(EMOTIONS)}"
            " shares above 0.")
    return Transitions(weights, prior, source)
