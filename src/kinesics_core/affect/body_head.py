"""The trained reader of bodies: kinematic cues -> probabilities of emotions and VAD, or "unknown".

Two steps in plain numpy, some thirty thousand multiplications a person: whether a movement is
moved by anything, and valence, arousal and dominance, are linear in the cues; by which emotion, is
the mean of what is linear in them and of how likely it is, in each emotion, by the movements that
were learned. It was taught (``kinesics train body-reader``) with the same movements in every
emotion, through random cameras, so that view, pace, actor and what is done count little. A movement
unlike any it was taught has low familiarity: its probabilities go towards not knowing, an eighth
each.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from kinesics_core import files
from kinesics_core.affect.body_cues import CUES
from kinesics_core.affect.emotions import EMOTIONS, NEUTRAL, softmax
from kinesics_core.assets import store
from kinesics_core.errors import ModelError

FILE = "body_reader.npz"
"""The shipped reader, in models/."""

FORMAT = 3
"""Version of the file's layout."""

OUTPUTS = len(EMOTIONS) + 3
"""Logits of ``EMOTIONS``, then valence, arousal and dominance."""

_EMOTIVE = slice(0, NEUTRAL)  # of emotions and outputs, those of which a movement is moved

REACH = 1.0
"""Spreads from the mean at which a cue is cut off: somebody who stands quite still is not ever so
sad, nor is a sprint ever so angry."""

CONTENT_REACH = 2.0
"""The same where it is known what is done."""

STILL, MOVING = 0.1, 0.5
"""Speeds of the fastest part, torsos a second, up to which a body is still and from which it
moves."""

POSTURE = 0.3
"""Share of the evidence that stays of somebody who is still: people who wait are seldom sad."""

FAR = 10.0
"""Spreads at which a cue is cut off where it is asked how familiar a movement is."""

_LOG_STILL, _LOG_RANGE = np.log(STILL), np.log(MOVING / STILL)
_FASTEST = slice(CUES.index("wrist_speed"), CUES.index("ankle_speed") + 1)  # elbow, head, knee too

_ARRAYS = ("centre", "scale", "precision", "limits", "weights", "biases", "content_weights",
           "content_biases", "sharpness", "temperature", "bias", "vad_scale", "vad_spread")


class BodyReading(NamedTuple):
    """Readings of P bodies.

    Attributes:
        emotions: (P, 8) probabilities of ``EMOTIONS``.
        vad: (P, 3) valence, arousal, dominance, -1..1.
        familiarity: (P,) 0..1, how much the movement is like those that were learned from.
    """

    emotions: np.ndarray
    vad: np.ndarray
    familiarity: np.ndarray


@dataclass(frozen=True, eq=False)
class BodyHead:
    """Weights of the reader.

    Attributes:
        centre, scale: (C,) mean and spread of each cue.
        precision: (C, C) inverse covariance of the scaled cues.
        limits: (2,) distances from the mean up to which a movement is familiar, and from which it
            is not at all; root mean squares per cue.
        weights, biases: (C, 11) and (11,): logits, and valence, arousal, dominance; from cues cut
            off at ``REACH``.
        content_weights, content_biases: (C, 8 K) and (8 K,): logarithms of how likely each of K
            movements is in each emotion (emotions of a movement beside each other), times the
            sharpness; from cues cut off at ``CONTENT_REACH``.
        sharpness: How much more a likelier movement counts; at 1 as much as it is likelier.
        temperature: What logits are divided by.
        bias: (8,) added to the logits after it: how frequent emotions are.
        vad_scale: (3,) factors on the outputs of valence, arousal and dominance.
        vad_spread: (3,) standard deviation of its errors in them.
    """

    centre: np.ndarray
    scale: np.ndarray
    precision: np.ndarray
    limits: np.ndarray
    weights: np.ndarray
    biases: np.ndarray
    content_weights: np.ndarray
    content_biases: np.ndarray
    sharpness: float
    temperature: float
    bias: np.ndarray
    vad_scale: np.ndarray
    vad_spread: np.ndarray

    def read(self, cues: np.ndarray) -> BodyReading:
        """Return what cues (P, C) say; one that is nan counts as average."""
        raw = self.outputs(cues)
        familiarity = self.familiarity(self.scaled(cues, FAR))[:, None]
        emotions = self.emotions(raw, cues)
        emotions = familiarity * emotions + (1.0 - familiarity) / len(EMOTIONS)
        vad = _within(raw[:, len(EMOTIONS):] * self.vad_scale, -1.0, 1.0) * familiarity
        return BodyReading(emotions, vad, familiarity[:, 0])

    def emotions(self, raw: np.ndarray, cues: np.ndarray) -> np.ndarray:
        """Return the probabilities (P, 8) that outputs (P, 11) for cues (P, C) mean.

        A still body says little: its evidence counts by ``POSTURE``.
        """
        fastest = np.fmax.reduce(cues[:, _FASTEST], axis=1)  # logarithms, as cues of speed are
        # What is not known, nan, is 1.
        moves = np.maximum(np.fmin((fastest - _LOG_STILL) / _LOG_RANGE, 1.0), 0.0)
        evidence = POSTURE + (1.0 - POSTURE) * moves
        logits: np.ndarray = evidence[:, None] * raw[:, :len(EMOTIONS)] / self.temperature
        return softmax(logits + self.bias)

    def scaled(self, cues: np.ndarray, reach: float = REACH) -> np.ndarray:
        """Return cues (P, C) in spreads from their mean, cut off at ``reach``; 0 where nan."""
        scaled = _within((cues - self.centre) / self.scale, -reach, reach)
        scaled[np.isnan(scaled)] = 0.0
        return scaled

    def outputs(self, cues: np.ndarray) -> np.ndarray:
        """Return logits and valence, arousal, dominance (P, 11) of cues (P, C).

        The logits of the emotions beside each other are the mean of the linear ones and of those of
        the movements that were learned; all together, beside neutral's, they weigh as much as the
        linear ones do.
        """
        scaled = self.scaled(cues, CONTENT_REACH)
        found: np.ndarray = _within(scaled, -REACH, REACH) @ self.weights + self.biases
        likely = scaled @ self.content_weights + self.content_biases
        likely = likely.reshape(len(cues), -1, len(EMOTIONS)).swapaxes(1, 2)[:, _EMOTIVE]
        linear = found[:, _EMOTIVE]
        manner = 0.5 * (linear + _log_sum(likely) / self.sharpness)
        total, own = _log_sum(np.array([linear, manner]) + self.bias[_EMOTIVE])
        found[:, _EMOTIVE] = manner + (total - own)[:, None]
        return found

    def familiarity(self, scaled: np.ndarray) -> np.ndarray:
        """Return how familiar cues (P, C), scaled up to ``FAR``, are, 0..1."""
        known, strange = self.limits
        away = distances(scaled, self.precision)
        return _within((strange - away) / (strange - known), 0.0, 1.0)

    def save(self, path: Path, **besides: np.ndarray) -> None:
        """Write it as .npz, with further arrays."""
        files.write_arrays(path, {
            "format": np.array(FORMAT), "cues": np.array(CUES),
            **{name: np.asarray(getattr(self, name), np.float32) for name in _ARRAYS}, **besides})


def distances(scaled: np.ndarray, precision: np.ndarray) -> np.ndarray:
    """Return Mahalanobis distances (P,) per cue of scaled cues (P, C)."""
    squared = np.add.reduce((scaled @ precision) * scaled, axis=1)
    return np.sqrt(np.maximum(squared, 0.0) / len(precision))


def _log_sum(logits: np.ndarray) -> np.ndarray:
    """Return the logarithm (...) of the sum of what logits (..., N) are the logarithms of."""
    most = np.maximum.reduce(logits, axis=-1)
    shifted = np.exp(logits - most[..., None])
    total: np.ndarray = np.log(np.add.reduce(shifted, axis=-1)) + most
    return total


def _within(values: np.ndarray, low: float, high: float) -> np.ndarray:
    return np.minimum(np.maximum(values, low), high)


@lru_cache(maxsize=4)
def load(path: Path | None = None) -> BodyHead:
    """Read a head.

    Args:
        path: A file of ``kinesics train body-reader``; None for ours, of ``models/``.

    Raises:
        ModelError: The file is none, is damaged, or reads other cues than these.
    """
    file = store.shipped(FILE) if path is None else Path(path)
    try:
        arrays = files.read_arrays(file)
        if tuple(map(str, arrays["cues"])) != CUES or int(arrays["format"]) != FORMAT:
            raise ValueError("it reads other cues")
        # As float64, for every product with cues would convert them.
        values = {name: arrays[name].astype(np.float64) for name in _ARRAYS}
        _check(values)
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise ModelError(f"{file} is no reader of bodies ({error}). Restore the file, or make one"
                         " with `kinesics train body-reader`.") from error
    sharpness, temperature = float(values.pop("sharpness")), float(values.pop("temperature"))
    return BodyHead(sharpness=sharpness, temperature=temperature, **values)


def _check(values: dict[str, np.ndarray]) -> None:
    """Refuse shapes that do not fit together, and numbers that are none."""
    cues, densities = len(CUES), values["content_biases"].size
    wanted = {
        "centre": (cues,), "scale": (cues,), "precision": (cues, cues), "limits": (2,),
        "weights": (cues, OUTPUTS), "biases": (OUTPUTS,), "content_weights": (cues, densities),
        "content_biases": (densities,), "sharpness": (), "temperature": (),
        "bias": (len(EMOTIONS),), "vad_scale": (3,), "vad_spread": (3,)}
    for name, shape in wanted.items():
        if values[name].shape != shape or not np.isfinite(values[name]).all():
            raise ValueError(f"{name} has the shape {values[name].shape} for {shape}, or is none")
    if not densities or densities % len(EMOTIONS):
        raise ValueError(f"{densities} likelihoods are not those of {len(EMOTIONS)} emotions")
    if min(values["sharpness"], values["temperature"]) <= 0.0:
        raise ValueError("its sharpness or its temperature is not above 0")
