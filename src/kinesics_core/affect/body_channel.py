"""The trained reader on one live body: four readings a second, smoothed, or none."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from kinesics_core.affect import body_cues
from kinesics_core.affect.body_head import BodyHead
from kinesics_core.keypoints import resample
from kinesics_core.types import NANOSECONDS

PERIOD = NANOSECONDS // 4
"""Least time between two readings, ns: two seconds of movement change little in a quarter."""

SMOOTHING = 0.8
"""Time constant of the readings, seconds."""

_LEAST = 14  # steps of the window with shoulders, about a second, for a reading
_SEEN = 4  # steps in which a keypoint was seen for it to count as known
_SHOULDERS = [5, 6]
_HEAD = [body_cues.CUES.index(name) for name in ("head_up", "ears_up", "nod")]
_SAMPLES, _AVERAGE, _REACH = 60, 20, 2.0  # samples kept, an average person's in them, spreads
_TIMES = np.arange(body_cues.STEPS) / body_cues.RATE


class Trained(NamedTuple):
    """A reading of one body.

    Attributes:
        emotions: (8,) probabilities.
        vad: (3,) valence, arousal, dominance.
        spread: (3,) float32 standard deviations of them.
        familiarity: 0..1.
    """

    emotions: np.ndarray
    vad: np.ndarray
    spread: np.ndarray
    familiarity: float


class TrainedChannel:
    """Readings of one person's movement by the trained reader, the head against its usual."""

    def __init__(self, head: BodyHead) -> None:
        """Begin with nothing read.

        Args:
            head: The reader.
        """
        self._head = head
        self._last: Trained | None = None
        self._stamp = 0
        self._usual = np.repeat(head.centre[None, _HEAD], _SAMPLES + _AVERAGE, axis=0)
        self._samples = 0
        self._sampled = -NANOSECONDS

    def update(self, keypoints: np.ndarray, stamp: int) -> Trained | None:
        """Return the present reading; None where too little was seen for one.

        Args:
            keypoints: (30, 17, 2) the last two seconds at 15 Hz, nan where unseen.
            stamp: Of the image, ns; one that jumps begins anew.
        """
        elapsed = stamp - self._stamp
        if not 0 <= elapsed < 2 * NANOSECONDS:
            self._last = None
        elif self._last is not None and elapsed < PERIOD:
            return self._last
        read = self._read(keypoints, stamp)
        if read is not None and self._last is not None:
            gain = 1.0 - float(np.exp(-elapsed / NANOSECONDS / SMOOTHING))
            before = self._last
            read = Trained(
                before.emotions + gain * (read.emotions - before.emotions),
                before.vad + gain * (read.vad - before.vad), read.spread,
                before.familiarity + gain * (read.familiarity - before.familiarity))
        self._last, self._stamp = read, stamp
        return read

    def _read(self, keypoints: np.ndarray, stamp: int) -> Trained | None:
        seen = np.isfinite(keypoints[..., 0])
        if seen[:, _SHOULDERS].all(axis=1).sum() < _LEAST:
            return None
        known = seen.sum(axis=0) >= _SEEN
        poses, _ = resample(_TIMES, keypoints[None], seen[None], _TIMES)
        with np.errstate(invalid="ignore", divide="ignore"):
            cues = body_cues.cues(poses, known[None])
        cues[0, _HEAD] -= self._own_head(cues[0, _HEAD], stamp)
        read = self._head.read(cues)
        familiarity = float(read.familiarity[0])
        # Of what is not familiar little is known: the spread grows towards that of anybody.
        spread = self._head.vad_spread + (1.0 - familiarity) * 0.3
        return Trained(read.emotions[0], read.vad[0], spread.astype(np.float32), familiarity)

    def _own_head(self, cues: np.ndarray, stamp: int) -> np.ndarray:
        """Return how this person's head is usually seen, as departures (3,) from the average.

        Cameras look up and down at people, and necks differ. The median of the last minute, that
        of an average person at first: who bows the head for ten seconds is seen to bow it.
        """
        if np.isfinite(cues).all() and not 0 <= stamp - self._sampled < NANOSECONDS:
            self._usual[_AVERAGE + self._samples % _SAMPLES] = cues
            self._samples += 1
            self._sampled = stamp
        known = self._usual[:_AVERAGE + min(self._samples, _SAMPLES)]
        limit = _REACH * self._head.scale[_HEAD]
        own: np.ndarray = np.clip(np.median(known, axis=0) - self._head.centre[_HEAD],
                                  -limit, limit)
        return own
