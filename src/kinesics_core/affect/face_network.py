"""Readings of expression networks over time, corrected by what a face's action units say.

Networks see a face as a whole and each picture for itself. They do not know how this person looks
at rest, and take a mouth that speaks for a surprised or frightened one. Action units know both, and
see badly what networks see well (anger, sadness), so the networks decide and the units correct:

1. Per person: what the networks say of the face at its most neutral is taken off, as far as it is
   not what they say of anybody's resting face.
2. Surprise and fear need a raised brow, an opened eye or a dropped jaw; jaw and brows count only as
   far as the mouth does not speak. What speaks is averaged over longer, and is neutral as far as
   lip corners and lowered brows are at rest.
3. Contempt, which no network knows, comes from the units, where the networks see no other emotion.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from kinesics_core.affect.emotions import (
    CONTEMPT,
    FEAR,
    NEUTRAL,
    SURPRISE,
    as_distribution,
    softmax,
)
from kinesics_core.types import NANOSECONDS

RELIABILITY = np.array([0.80, 0.78, 0.59, 0.63, 0.30, 0.2, 0.54, 0.73])
"""(8,) share of faces with each emotion that networks and units together recognise, of 1,951
labelled photographs of five sources, each read with constants that were fitted on the others
(docs/reading_people.md). Contempt is none of the networks' classes: there it is a guess at what
one-sided action units are worth."""

_FLOOR = 1e-4
_EXPIRES = NANOSECONDS  # age from which a reading of the networks says nothing, ns

# log p of a resting face as the networks read it, mean of 142 neutral faces in photographs (the
# Face Research Lab's London set, first frames of Cohn-Kanade's; contempt is no class of theirs).
_RESTING = np.log(np.array([0.008, 0.013, 0.014, 0.014, 0.005, 1.0, 0.007, 0.88]))
_RESTS, _REST_SHARE, _REST_PRIOR = 120, 0.3, 4.0
_REST_PERIOD = NANOSECONDS // 2
_REST_REACH = 1.2  # nats: as far as a person's rest is taken off
_REST_ACTIVITY = 0.45  # activity of the units up to which a face may be at rest

_SMOOTHING, _SPEECH_SMOOTHING = 0.15, 1.2  # seconds
_SUPPORT = 1.5  # nats that surprise and fear lose without any raised brow, lid or dropped jaw
_SPEECH = 2.5  # nats that neutral gains in speech without any expression beside it
_UNITS_NEW, _UNITS_KNOWN = 0.05, 0.25  # weight of the units' own categories


@dataclass(frozen=True, slots=True)
class UnitEvidence:
    """Evidence of the action units of a face about what the networks say.

    Attributes:
        categories: (8,) the units' own reading.
        activity: 0.., how far the units are from this person's rest.
        raised: 0..1, the most raised of brows and upper lids.
        dropped: 0..1, how far the jaw is down or the mouth stretched.
        expressive: 0..1, the strongest of brows and lip corners, which speech leaves alone.
        speaking: 0..1, whether the mouth speaks.
        learned: 0..1, how well the person's rest is known.
    """

    categories: np.ndarray
    activity: float
    raised: float
    dropped: float
    expressive: float
    speaking: float
    learned: float


class NetworkChannel:
    """The networks' readings of one person's face, calibrated and smoothed."""

    def __init__(self) -> None:
        """Begin with a person of whom nothing is known."""
        self._logits: np.ndarray | None = None
        self._stamp = 0
        self._rests: deque[np.ndarray] = deque(maxlen=_RESTS)
        self._rest = np.zeros(len(_RESTING))
        self._rested = -_REST_PERIOD

    def restart(self) -> None:
        """Forget the last readings, as for a stream that begins anew; the rest is kept."""
        self._logits, self._stamp, self._rested = None, 0, -_REST_PERIOD

    def update(
        self, expression: np.ndarray | None, read: int, stamp: int, units: UnitEvidence
    ) -> np.ndarray | None:
        """Return the categories (8,) of a face, or None if no network has read it lately.

        Args:
            expression: (8,) probabilities that networks gave, or None; may be an older reading.
                One with nan says nothing, one of another sum is divided by it.
            read: Stamp of the image that they read, ns.
            stamp: Of this image, ns.
            units: What the action units of this image say.
        """
        shares = as_distribution(expression)
        if shares is not None and read != self._stamp and 0 <= stamp - read < _EXPIRES:
            said = np.log(np.maximum(shares.astype(np.float64), _FLOOR))
            said[CONTEMPT] = 0.0
            self._learn(said, read, units)
            self._smooth(said, read, units.speaking)
        if self._logits is None or stamp - self._stamp >= _EXPIRES:
            self._logits = None
            return None
        return _corrected(self._logits - self._rest, units)

    def _learn(self, said: np.ndarray, read: int, units: UnitEvidence) -> None:
        resting = units.activity < _REST_ACTIVITY and units.speaking < 0.3
        if resting and not 0 <= read - self._rested < _REST_PERIOD:
            self._rested = read
            self._rests.append(said)
            self._rest = self._shift()

    def _shift(self) -> np.ndarray:
        """Return what is taken off for this person's resting face, (8,) nats."""
        rests = np.array(self._rests)
        count = max(1, int(_REST_SHARE * len(rests)))
        calmest = rests[np.argsort(rests[:, NEUTRAL])[-count:]].mean(axis=0)
        trust = len(rests) / (len(rests) + _REST_PRIOR)
        shift: np.ndarray = np.clip(trust * (calmest - _RESTING), -_REST_REACH, _REST_REACH)
        return shift

    def _smooth(self, said: np.ndarray, read: int, speaking: float) -> None:
        elapsed = (read - self._stamp) / NANOSECONDS
        self._stamp = read
        if self._logits is None or elapsed < 0.0:
            self._logits = said
            return
        time_constant = _SMOOTHING + speaking * (_SPEECH_SMOOTHING - _SMOOTHING)
        self._logits = self._logits + (1.0 - np.exp(-elapsed / time_constant)) * (
            said - self._logits)


def _corrected(logits: np.ndarray, units: UnitEvidence) -> np.ndarray:
    """Return categories (8,) of calibrated logits and action units."""
    scores = logits.copy()
    support = max(units.raised, units.dropped * (1.0 - units.speaking))
    scores[[SURPRISE, FEAR]] -= _SUPPORT * (1.0 - min(1.0, support / 0.5))
    scores[NEUTRAL] += _SPEECH * units.speaking * (1.0 - units.expressive)
    weight = _UNITS_NEW + units.learned * (_UNITS_KNOWN - _UNITS_NEW)
    scores += weight * np.log(np.maximum(units.categories, 0.02))
    scores[CONTEMPT] = -np.inf
    categories = softmax(scores)
    contempt = units.categories[CONTEMPT] * categories[NEUTRAL]
    categories *= 1.0 - contempt
    categories[CONTEMPT] = contempt
    return categories
