"""A small recogniser of affect from movement, learned from real labelled motion only.

Valence, arousal and dominance are linear in how a movement's features differ from the mean of what
the same body shows (``z``, clipped), found by ridge regression; bodies and collections count alike,
however long they are. The emotion is the nearest of those it knows, each dimension in units of its
own spread. Data are too few (some 80 recordings) for more than that: with more features or trees
it does no better on people it has not seen (docs/expressive_bodies.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kinesics_core import files
from kinesics_core.affect.emotions import (
    ANGER,
    EMOTION_VAD,
    EMOTIONS,
    FEAR,
    HAPPINESS,
    NEUTRAL,
    SADNESS,
    SURPRISE,
)
from kinesics_core.assets import store
from kinesics_core.errors import KinesicsError, ModelError
from kinesics_core.judging.features import FEATURES
from kinesics_core.judging.labelled_motion import LabelledMotion

FILE = "body_recogniser.npz"

USED = (
    "lean", "head_up", "head_side", "arm_out", "forearm_up", "forearm_forward", "hands_apart",
    "elbow_bend", "uneven", "arm_range", "head_range", "arm_peak", "tempo",
)
"""Features that are read; chosen by what carries over between people and robot."""

SPEED = ("arm_speed",)
"""Features of the baseline: movement alone."""

KNOWN = (HAPPINESS, ANGER, SURPRISE, SADNESS, FEAR, NEUTRAL)
"""Emotions for which there is permissive real motion; none of disgust and contempt."""

STRENGTH = 8.0
"""Ridge: as much as so many collections without any relation would pull towards 0."""

DOMINANCE = 0.5
"""Weight of dominance in the nearest emotion: few recordings have it, so it is known less well."""

_MOST = 3.0  # spreads that a feature is allowed to be away from its mean


@dataclass(frozen=True, slots=True)
class Recogniser:
    """Weights of the recogniser.

    Attributes:
        used: Names of the U features.
        spread: (U,) standard deviation of each within a body.
        weights: (U, 3) valence, arousal and dominance per spread.
        size: (3,) standard deviation of what it reads from real motion.
        known: Emotions that it was taught, indices.
    """

    used: tuple[str, ...]
    spread: np.ndarray
    weights: np.ndarray
    size: np.ndarray
    known: tuple[int, ...] = KNOWN

    def read(self, features: np.ndarray, usual: np.ndarray) -> np.ndarray:
        """Return valence, arousal and dominance (N, 3) of movements.

        Args:
            features: (N, 25), see ``features``.
            usual: (25,), mean of what the same body shows: the reading is relative to it.
        """
        return _scaled(features - usual, self.used, self.spread) @ self.weights

    def emotions(self, vad: np.ndarray) -> np.ndarray:
        """Return the nearest of ``known``, indices (N,), to what ``read`` returned (N, 3)."""
        known = EMOTION_VAD[list(self.known)]
        wanted = (known - known.mean(0)) / known.std(0)
        apart = (vad / self.size)[:, None] - wanted[None]
        apart[..., 2] *= DOMINANCE
        nearest: np.ndarray = np.array(self.known)[(apart**2).sum(-1).argmin(1)]
        return nearest

    def save(self, path: Path, **besides: np.ndarray) -> None:
        """Write it as .npz, with further arrays."""
        files.write_arrays(path, {"used": np.array(self.used), "spread": self.spread,
                                  "weights": self.weights, "size": self.size,
                                  "known": np.array(self.known), **besides})


def load(path: Path | None = None) -> tuple[Recogniser, dict[str, np.ndarray]]:
    """Read a recogniser and the arrays that were saved with it.

    Args:
        path: A file of ``kinesics eval express --save``; None for ours, of ``models/``.

    Raises:
        ModelError: The file is none.
    """
    file = store.shipped(FILE) if path is None else Path(path)
    try:
        arrays = files.read_arrays(file)
        used = tuple(str(name) for name in arrays.pop("used"))
        known = tuple(int(emotion) for emotion in arrays.pop("known", KNOWN))
        spread, weights, size = (arrays.pop(name) for name in ("spread", "weights", "size"))
        if weights.shape != (len(used), 3) or spread.shape != (len(used),) or size.shape != (3,):
            raise ValueError(f"weights of shape {weights.shape} for {len(used)} features")
        if not known or not set(known) <= set(range(len(EMOTIONS))):
            raise ValueError(f"emotions {known}")
        if unknown := set(used) - set(FEATURES):
            raise ValueError(f"unknown features {', '.join(sorted(unknown))}")
    except (OSError, KeyError, ValueError) as error:
        raise ModelError(f"{file} is no recogniser of movement ({error}). Make one with `kinesics"
                         " eval express --data DIR --save FILE`.") from error
    return Recogniser(used, spread, weights, size, known), arrays


def train(motions: Sequence[LabelledMotion], used: Sequence[str] = USED) -> Recogniser:
    """Return the recogniser that real motion teaches.

    Raises:
        KinesicsError: There are fewer than three recordings with valence and arousal.
    """
    motions = [motion for motion in motions if np.isfinite(motion.vad[:2]).all()]
    if len(motions) < 3:
        raise KinesicsError(f"Got {len(motions)} rated recordings; wanted 3 at least.")
    features = np.array([motion.windows.mean(0) for motion in motions])
    vad = np.array([motion.vad for motion in motions])
    weight = _weights(motions)
    columns = [FEATURES.index(name) for name in used]
    away = centred(features, motions, weight)
    total = np.average(away[:, columns] ** 2, axis=0, weights=weight)
    spread = np.maximum(np.sqrt(total), 1e-6)
    z = _scaled(away, tuple(used), spread)
    weights, size = np.zeros((len(columns), 3)), np.ones(3)
    for part in range(3):
        known = np.isfinite(vad[:, part])
        if known.sum() < 3:
            continue
        some = [motion for motion, seen in zip(motions, known, strict=True) if seen]
        target = centred(vad[known, part:part + 1], some, weight[known])[:, 0]
        scaled = z[known] * weight[known, None]
        normal = scaled.T @ z[known] + STRENGTH * np.eye(len(columns))
        weights[:, part] = np.linalg.solve(normal, scaled.T @ target)
        size[part] = max(float((z[known] @ weights[:, part]).std()), 1e-6)
    taught = {motion.emotion for motion in motions}
    known = tuple(emotion for emotion in range(len(EMOTIONS)) if emotion in taught) or KNOWN
    return Recogniser(tuple(used), spread, weights, size, known)


def centred(
    values: np.ndarray, motions: Sequence[LabelledMotion], weight: np.ndarray | None = None
) -> np.ndarray:
    """Return values (N, K) less the mean of their body, collections counting alike."""
    weight = _weights(motions) if weight is None else weight
    bodies = np.array([motion.body for motion in motions])
    out = np.array(values, np.float64)
    for body in set(bodies.tolist()):
        own = bodies == body
        out[own] -= np.average(values[own], axis=0, weights=weight[own])
    return out


def _weights(motions: Sequence[LabelledMotion]) -> np.ndarray:
    """Return the weight (N,) of each recording: the root of a collection's size counts."""
    sources = [motion.source for motion in motions]
    return np.array([sources.count(source) ** -0.5 for source in sources])


def _scaled(away: np.ndarray, used: tuple[str, ...], spread: np.ndarray) -> np.ndarray:
    columns = [FEATURES.index(name) for name in used]
    return np.clip(away[:, columns] / spread, -_MOST, _MOST)
