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
4. Successive looks that agree are averaged, and the mean is surer than one look as far as their
   errors are independent.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from kinesics_core.affect.emotions import (
    CONTEMPT,
    EMOTIONS,
    FEAR,
    NEUTRAL,
    SURPRISE,
    as_distribution,
    softmax,
)
from kinesics_core.affect.per_person import PerPerson, Rows, numbers, some
from kinesics_core.types import NANOSECONDS, Person

RELIABILITY = np.array([0.81, 0.79, 0.59, 0.65, 0.48, 0.2, 0.35, 0.72])
"""(8,) share of faces with each emotion that networks and units together recognise, of 2,301
labelled photographs of eight sources, each read with constants that were fitted on the others
(docs/reading_people.md). Contempt is none of the networks' classes: there it is a guess at what
one-sided action units are worth."""

_FLOOR = 1e-4
_EXPIRES = NANOSECONDS  # age from which a reading of the networks says nothing, ns

# log p of a resting face as the networks read it, mean of 142 neutral faces in photographs (the
# Face Research Lab's London set, first frames of Cohn-Kanade's; contempt is no class of theirs).
_RESTING = np.log(np.array([0.007, 0.009, 0.010, 0.011, 0.005, 1.0, 0.008, 0.90]))
_RESTS, _REST_SHARE, _REST_PRIOR = 120, 0.3, 4.0
_REST_PERIOD = NANOSECONDS // 2
_REST_REACH = 1.2  # nats: as far as a person's rest is taken off
_REST_ACTIVITY = 0.45  # activity of the units up to which a face may be at rest

_SMOOTHING, _SPEECH_SMOOTHING = 0.15, 1.2  # seconds
_HELD_SMOOTHING = 0.6  # seconds over which looks at a held expression are averaged at most
# Squared distance in logits up to which a look agrees with the mean before it: twice the spread of
# the difference of two looks at one face (half of its square: 1.3 nats squared over 1,654 press
# photographs and their mirror images).
_AGREES = 4.0

# Exponent of what one look says, and correlation of the errors of two looks at a face; both are
# measured on photographs, films and drawn people ("How sure", docs/reading_people.md).
_SHARPNESS, _SHARED = 1.075, 0.84
_CLASSES = len(EMOTIONS) - 1  # of the networks
# Nats that surprise and fear lose without any raised brow, lid or dropped jaw: of a silent face,
# of which the networks know more than the units, and of one that speaks.
_SUPPORT, _SPEECH_SUPPORT = 0.75, 2.25
_SPEECH = 2.5  # nats that neutral gains in speech without any expression beside it
_UNSUPPORTED = slice(SURPRISE, FEAR + 1, FEAR - SURPRISE)  # an index of the two costs more
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
    _looks: np.ndarray  # how many independent ones would vary as little as their weighted mean
    _surer: np.ndarray
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
            persons, _logits=nothing, _looks=1.0, _surer=1.0, _known=np.False_,
            _stamp=np.int64(0), _rests=np.zeros((_RESTS, len(_RESTING))), _count=0, _rest=nothing,
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
        if not some(known):
            return units.categories, known
        return _corrected(
            self._logits[rows] - self._rest[rows], units, self._surer[rows]), known

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
        looks = 1.0
        if self._known[row] and elapsed >= 0.0:
            before, looks = self._logits[row], float(self._looks[row])
            gain = _gain(said - before, elapsed, looks, speaking)
            said = before + gain * (said - before)
            looks = 1.0 / ((1.0 - gain) ** 2 / looks + gain**2)
        self._logits[row], self._known[row] = said, True
        self._looks[row], self._surer[row] = looks, _surer(looks, said)


def _gain(change: np.ndarray, elapsed: float, looks: float, speaking: float) -> float:
    """Return the weight of a new look beside the mean of those before.

    Args:
        change: (8,) nats, of the look from the mean.
        elapsed: Seconds since the look before.
        looks: That the mean is worth.
        speaking: 0..1, whether the mouth speaks.
    """
    seconds = _SMOOTHING + speaking * (_SPEECH_SMOOTHING - _SMOOTHING)
    gain = 1.0 - math.exp(-elapsed / seconds)
    total = float(np.add.reduce(change))  # what is alike in all logits says nothing
    if float(change @ change) - total * total / len(change) > _AGREES:
        return gain
    return min(gain, max(1.0 / (looks + 1.0), 1.0 - math.exp(-elapsed / _HELD_SMOOTHING)))


def _surer(looks: float, logits: np.ndarray) -> float:
    """Return the exponent of a mean of looks: one look's variance of errors over the mean's.

    What is hidden of a face is hidden from every look. Its share is spread over all emotions
    (``perception.face_visibility``), so the least of them tells how much that may be; of half a
    face nothing gets surer.

    Args:
        looks: That the mean is worth.
        logits: (8,) nats, contempt 0.
    """
    seen = max(0.0, 1.0 - 2.0 * _CLASSES * math.exp(np.minimum.reduce(logits)))
    return 1.0 + seen * (_SHARPNESS / (_SHARED + (1.0 - _SHARED) / looks) - 1.0)


def _shift(rests: np.ndarray) -> np.ndarray:
    """Return what is taken off for a person's resting face, (8,) nats.

    One look tells nothing of it: a fifth of what is seen first, as the sadness in a photograph,
    would be taken off itself.

    Args:
        rests: (n, 8) logits of that face.
    """
    count = max(1, int(_REST_SHARE * len(rests)))
    calmest = np.add.reduce(rests[rests[:, NEUTRAL].argsort()[-count:]], axis=0) / count
    trust = (len(rests) - 1) / (len(rests) - 1 + _REST_PRIOR)
    shift: np.ndarray = np.minimum(
        np.maximum(trust * (calmest - _RESTING), -_REST_REACH), _REST_REACH)
    return shift


def _corrected(logits: np.ndarray, units: UnitEvidence, surer: np.ndarray) -> np.ndarray:
    """Return categories (P, 8) of calibrated logits and action units.

    Args:
        logits: (P, 8) nats.
        units: What action units say.
        surer: (P,) exponent of the outcome.
    """
    support = np.maximum(units.raised, units.dropped * (1.0 - units.speaking))
    weight = _UNITS_NEW + units.learned * (_UNITS_KNOWN - _UNITS_NEW)
    scores = logits + weight[:, None] * np.log(np.maximum(units.categories, 0.02))
    lost = _SUPPORT + units.speaking * (_SPEECH_SUPPORT - _SUPPORT)
    scores[:, _UNSUPPORTED] -= (lost * (1.0 - np.minimum(1.0, support / 0.5)))[:, None]
    scores[:, NEUTRAL] += _SPEECH * units.speaking * (1.0 - units.expressive)
    scores[:, CONTEMPT] = -np.inf
    categories = softmax(scores * surer[:, None])
    contempt = units.categories[:, CONTEMPT] * categories[:, NEUTRAL]
    categories *= (1.0 - contempt)[:, None]
    categories[:, CONTEMPT] = contempt
    return categories
