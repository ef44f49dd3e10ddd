"""The trained reader on live bodies: two readings a second of each, smoothed, or none."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from kinesics_core.affect import body_cues
from kinesics_core.affect.body_head import BodyHead
from kinesics_core.affect.emotions import EMOTIONS
from kinesics_core.affect.per_person import PerPerson, every, lapsed, medians, some
from kinesics_core.keypoints import resample
from kinesics_core.types import NANOSECONDS

PERIOD = 2 * NANOSECONDS // 5
"""Least time between two readings, ns: two seconds of movement change little in a fifth of it."""

SMOOTHING = 0.8
"""Time constant of the readings, seconds."""

_LEAST = 14  # steps of the window with shoulders, about a second, for a reading
_SEEN = 4  # steps in which a keypoint was seen for it to count as known
_HEAD = slice(body_cues.CUES.index("head_up"), body_cues.CUES.index("nod") + 1)  # ears_up too
_SAMPLES, _AVERAGE, _REACH = 60, 20, 2.0  # samples kept, an average person's in them, spreads
_TIMES = np.arange(body_cues.STEPS) / body_cues.RATE


class Trained(NamedTuple):
    """Readings of P bodies.

    Attributes:
        there: (P,) bool, of whom something is said.
        emotions: (P, 8) probabilities.
        vad: (P, 3) valence, arousal, dominance.
        spread: (P, 3) standard deviations of them.
        familiarity: (P,) 0..1.
    """

    there: np.ndarray
    emotions: np.ndarray
    vad: np.ndarray
    spread: np.ndarray
    familiarity: np.ndarray


class TrainedChannel(PerPerson):
    """Readings of P persons' movement by the trained reader, each head against its usual."""

    _there: np.ndarray
    _emotions: np.ndarray
    _vad: np.ndarray
    _spread: np.ndarray
    _familiarity: np.ndarray
    _stamp: np.ndarray
    _usual: np.ndarray  # (P, samples, 3), nan where there is none yet
    _own: np.ndarray  # (P, 3), their medians less the average
    _samples: np.ndarray
    _sampled: np.ndarray

    def __init__(self, head: BodyHead, persons: int = 1) -> None:
        """Begin with nothing read.

        Args:
            head: The reader.
            persons: How many.
        """
        self._head = head
        centre = head.centre[_HEAD]
        usual = np.full((_AVERAGE + _SAMPLES, len(centre)), np.nan)
        usual[:_AVERAGE] = centre
        super().__init__(
            persons, _there=np.False_, _emotions=np.zeros(len(EMOTIONS)), _vad=np.zeros(3),
            _spread=np.zeros(3), _familiarity=0.0, _stamp=np.int64(0), _usual=usual,
            _own=np.zeros(len(centre)), _samples=0, _sampled=np.int64(-NANOSECONDS))

    def update(self, keypoints: np.ndarray, stamp: int, rows: np.ndarray) -> Trained:
        """Return the present readings; none of whom too little was seen for one.

        Args:
            keypoints: (n, 30, 17, 2) the last two seconds at 15 Hz, nan where unseen.
            stamp: Of the image, ns; one that jumps begins anew.
            rows: (n,) indices of the persons.
        """
        elapsed = stamp - self._stamp[rows]
        known = self._there[rows] & (elapsed >= 0) & (elapsed < 2 * NANOSECONDS)
        due = ~known | (elapsed >= PERIOD)
        if some(due):
            due |= elapsed >= PERIOD // 2  # together with others, which costs less
            self._renew(keypoints[due], stamp, rows[due], known[due])
        return Trained(self._there[rows], self._emotions[rows], self._vad[rows],
                       self._spread[rows], self._familiarity[rows])

    def _renew(
        self, keypoints: np.ndarray, stamp: int, rows: np.ndarray, follows: np.ndarray
    ) -> None:
        """Read persons anew; ``follows`` (n,) tells whose reading continues the one before."""
        seen = np.isfinite(keypoints[..., 0])
        there = (seen[..., 5] & seen[..., 6]).sum(axis=1) >= _LEAST
        elapsed = stamp - self._stamp[rows]
        self._there[rows], self._stamp[rows] = there, stamp
        if not some(there):
            return
        if not every(there):
            keypoints, seen, rows = keypoints[there], seen[there], rows[there]
            follows, elapsed = follows[there], elapsed[there]
        known = seen.sum(axis=1) >= _SEEN
        # What is not known is left as it is.
        poses, _ = resample(_TIMES, keypoints, seen | ~known[:, None], _TIMES)
        with np.errstate(invalid="ignore", divide="ignore"):
            cues = body_cues.cues(poses, known)
        cues[:, _HEAD] -= self._own_heads(cues[:, _HEAD], stamp, rows)
        read = self._head.read(cues)
        # Of what is not familiar little is known: the spread grows towards that of anybody.
        self._spread[rows] = self._head.vad_spread + 0.3 * (1.0 - read.familiarity)[:, None]
        gain = np.where(follows, 1.0 - np.exp(
            np.where(follows, elapsed, 0) * (-1.0 / NANOSECONDS / SMOOTHING)), 1.0)
        for state, new in ((self._emotions, read.emotions), (self._vad, read.vad),
                           (self._familiarity, read.familiarity)):
            share = gain if new.ndim == 1 else gain[:, None]
            before = state[rows]
            state[rows] = before + share * (new - before)

    def _own_heads(self, cues: np.ndarray, stamp: int, rows: np.ndarray) -> np.ndarray:
        """Return how these persons' heads are usually seen, as departures (n, 3) from the average.

        Cameras look up and down at people, and necks differ. The median of the last minute, that
        of an average person at first: who bows the head for ten seconds is seen to bow it.
        """
        elapsed = stamp - self._sampled[rows]
        due = np.isfinite(cues).all(axis=1) & lapsed(elapsed, NANOSECONDS)
        if some(due):
            learning = rows[due]
            self._usual[learning, _AVERAGE + self._samples[learning] % _SAMPLES] = cues[due]
            self._samples[learning] += 1
            self._sampled[learning] = stamp
            limit = _REACH * self._head.scale[_HEAD]
            self._own[learning] = np.minimum(np.maximum(
                medians(self._usual[learning]) - self._head.centre[_HEAD], -limit), limit)
        own: np.ndarray = self._own[rows]
        return own
