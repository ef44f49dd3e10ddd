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

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from kinesics_core.affect.emotions import (
    CONTEMPT,
    FEAR,
    NEUTRAL,
    SURPRISE,
    as_distribution,
    softmax,
)
from kinesics_core.affect.per_person import PerPerson, Rows, numbers
from kinesics_core.types import NANOSECONDS, Person

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
_UNSUPPORTED = [SURPRISE, FEAR]
_UNITS_NEW, _UNITS_KNOWN = 0.05, 0.25  # weight of the units' own categories


class UnitEvidence(NamedTuple):
    """Evidence of the action units of P faces about what the networks say.

    Attributes:
        categories: (P, 8) the units' own reading.
        activity: (P,) 0.., how far the units are from this person's rest.
        raised: (P,) 0..1, the most raised of brows and upper lids.
        dropped: (P,) 0..1, how far the jaw is down or the mouth stretched.
        expressive: (P,) 0..1, the strongest of brows and lip corners, which speech leaves alone.
        speaking: (P,) 0..1, whether the mouth speaks.
        learned: (P,) 0..1, how well the person's rest is known.
    """

    categories: np.ndarray
    activity: np.ndarray
    raised: np.ndarray
    dropped: np.ndarray
    expressive: np.ndarray
    speaking: np.ndarray
    learned: np.ndarray


class NetworkChannel(PerPerson):
    """The networks' readings of the faces of P persons, calibrated and smoothed."""

    _logits: np.ndarray
    _known: np.ndarray
    _stamp: np.ndarray
    _rests: np.ndarray
    _count: np.ndarray
    _rest: np.ndarray
    _rested: np.ndarray

    def __init__(self, persons: int = 1) -> None:
        """Begin with persons of whom nothing is known."""
        nothing = np.zeros(len(_RESTING))
        super().__init__(
            persons, _logits=nothing, _known=np.False_, _stamp=np.int64(0),
            _rests=np.zeros((_RESTS, len(_RESTING))), _count=0, _rest=nothing,
            _rested=np.int64(-_REST_PERIOD))

    def restart(self, rows: np.ndarray) -> None:
        """Forget the last readings, as for a stream that begins anew; the rest is kept."""
        self._known[rows], self._stamp[rows], self._rested[rows] = False, 0, -_REST_PERIOD

    def update(
        self, persons: Sequence[Person], stamp: int, units: UnitEvidence, rows: Rows
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the categories of faces, and which of them a network has read lately.

        Args:
            persons: n, with the probabilities that networks gave, which may be an older reading.
                One with nan says nothing, one of another sum is divided by it.
            stamp: Of this image, ns.
            units: What the action units of this image say.
            rows: Of the n persons.

        Returns:
            (n, 8) and (n,) bool.
        """
        read, indices = self._stamp[rows].tolist(), numbers(rows).tolist()
        for place, person in enumerate(persons):
            new = person.expression_stamp
            if person.expression is not None and new != read[place] and (
                    0 <= stamp - new < _EXPIRES):
                self._take(person.expression, new, indices[place], float(units.activity[place]),
                           float(units.speaking[place]))
        known = self._known[rows] & (stamp - self._stamp[rows] < _EXPIRES)
        self._known[rows] = known
        if not known.any():
            return units.categories, known
        return _corrected(self._logits[rows] - self._rest[rows], units), known

    def _take(
        self, expression: np.ndarray, read: int, row: int, activity: float, speaking: float
    ) -> None:
        """Take a new reading of a person."""
        shares = as_distribution(expression)
        if shares is None:
            return
        said = np.log(np.maximum(shares.astype(np.float64), _FLOOR))
        said[CONTEMPT] = 0.0
        if activity < _REST_ACTIVITY and speaking < 0.3 and not (
                0 <= read - self._rested[row] < _REST_PERIOD):
            self._rested[row] = read
            self._rests[row, self._count[row] % _RESTS] = said
            self._count[row] += 1
            self._rest[row] = _shift(self._rests[row, :min(self._count[row], _RESTS)])
        elapsed = (read - self._stamp[row]) / NANOSECONDS
        self._stamp[row] = read
        if self._known[row] and elapsed >= 0.0:
            time_constant = _SMOOTHING + speaking * (_SPEECH_SMOOTHING - _SMOOTHING)
            before = self._logits[row]
            said = before + (1.0 - np.exp(-elapsed / time_constant)) * (said - before)
        self._logits[row], self._known[row] = said, True


def _shift(rests: np.ndarray) -> np.ndarray:
    """Return what is taken off for a person's resting face, (8,) nats.

    Args:
        rests: (n, 8) logits of that face.
    """
    count = max(1, int(_REST_SHARE * len(rests)))
    calmest = rests[np.argsort(rests[:, NEUTRAL])[-count:]].mean(axis=0)
    trust = len(rests) / (len(rests) + _REST_PRIOR)
    shift: np.ndarray = np.clip(trust * (calmest - _RESTING), -_REST_REACH, _REST_REACH)
    return shift


def _corrected(logits: np.ndarray, units: UnitEvidence) -> np.ndarray:
    """Return categories (P, 8) of calibrated logits and action units."""
    support = np.maximum(units.raised, units.dropped * (1.0 - units.speaking))
    weight = _UNITS_NEW + units.learned * (_UNITS_KNOWN - _UNITS_NEW)
    scores = logits + weight[:, None] * np.log(np.maximum(units.categories, 0.02))
    scores[:, _UNSUPPORTED] -= (_SUPPORT * (1.0 - np.minimum(1.0, support / 0.5)))[:, None]
    scores[:, NEUTRAL] += _SPEECH * units.speaking * (1.0 - units.expressive)
    scores[:, CONTEMPT] = -np.inf
    categories = softmax(scores)
    contempt = units.categories[:, CONTEMPT] * categories[:, NEUTRAL]
    categories *= (1.0 - contempt)[:, None]
    categories[:, CONTEMPT] = contempt
    return categories
