"""Affect read from bodies: two seconds of COCO-17 keypoints -> movement features -> VAD.

Bodies tell arousal well, dominance less, valence little, and categories hardly; the confidence
says so. ``body_movement`` has the features and the rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np

from kinesics_core.affect.body_channel import TrainedChannel
from kinesics_core.affect.body_head import BodyHead, load
from kinesics_core.affect.body_movement import MIN_STEPS, Movement, appraise, measure
from kinesics_core.affect.emotions import EMOTIONS, NEUTRAL
from kinesics_core.affect.per_person import (
    FIRST,
    PerPerson,
    Rows,
    every,
    lapsed,
    medians,
    numbers,
    some,
)
from kinesics_core.affect.readings import Readings
from kinesics_core.affect.spaces import UNKNOWN_SPREAD
from kinesics_core.keypoints import visible
from kinesics_core.skeletons import COCO17
from kinesics_core.types import NANOSECONDS, Affect, Person

WINDOW = 2.0
"""Seconds of movement that are looked at."""

_PERIOD = 12 * NANOSECONDS // 25  # ns; two seconds change little meanwhile; some slack for images
_BINS = 30
_BIN = WINDOW / _BINS
_OLDEST_FIRST = np.arange(1, _BINS + 1)  # from the newest bin on
_NEVER = np.int64(-(2**62))  # long before any image

BODY_CONFIDENCE = 0.4
"""Ceiling of the confidence: beside a clear face, the body supports rather than decides."""

# Categories until there is enough for the trained reader, for rules know none: neutral if any, and
# no emotion rather than another.
_UNREAD = np.where(np.arange(len(EMOTIONS)) == NEUTRAL, 0.45, 0.55 / (len(EMOTIONS) - 1))

_TRAINED = 0.75  # of the trained reader's word in valence, arousal and dominance


class BodyReader(PerPerson):
    """Reader of the affect in the last two seconds of P persons' movement.

    The rules of ``body_movement`` read valence, arousal and dominance from the first half second
    on; a trained reader (``body_head``) reads categories and the same three from the first second
    on; both twice a second. VAD is a mean in which the trained reader counts three
    times as much, whose valence of plain people is nearer to none; categories are the trained
    reader's, for rules hardly know them. A movement unlike any that it learned from is answered
    with not knowing: an eighth each, confidence towards 0.

    How high a head is held is seen against the median of the last minute, because cameras look
    up and down at people and necks differ; an upright frontal head counts as seen for a while.
    """

    _samples = 120
    _period = NANOSECONDS // 2
    _prior = 10

    _heads: np.ndarray  # (P, samples), nan where there is none yet
    _sampled: np.ndarray
    _last_sample: np.ndarray
    _sums: np.ndarray  # (P, bins, 17, 3) of x, of y, and how many
    _newest: np.ndarray  # bin of the newest image
    _stamp: np.ndarray  # of the image that was read
    _there: np.ndarray
    _categories: np.ndarray
    _vad: np.ndarray
    _confidence: np.ndarray
    _spread: np.ndarray

    def __init__(self, head: BodyHead | None = None, persons: int = 1) -> None:
        """Begin with nothing seen.

        Args:
            head: The trained reader; None: the shipped one.
            persons: How many.
        """
        self._trained = TrainedChannel(load() if head is None else head, persons)
        heads = np.full(self._prior + self._samples, np.nan)
        heads[:self._prior] = 1.0
        self._waiting: list[tuple[int, Rows, list[np.ndarray]]] = []
        super().__init__(
            persons, _heads=heads, _sampled=0, _last_sample=_NEVER,
            _sums=np.zeros((_BINS, len(COCO17), 3)), _newest=_NEVER,
            _stamp=_NEVER, _there=np.False_, _categories=np.zeros(len(EMOTIONS)), _vad=np.zeros(3),
            _confidence=0.0, _spread=np.zeros(3))

    def keep(self, rows: np.ndarray) -> None:
        """Keep only the persons of the indices given, in that order."""
        self._take_waiting()
        super().keep(rows)
        self._trained.keep(rows)

    def admit(self, count: int) -> None:
        """Add persons of whom nothing is known."""
        self._take_waiting()
        super().admit(count)
        self._trained.admit(count)

    def update(self, person: Person, stamp: int) -> Affect | None:
        """Return the affect in the first person's movement; None while it is too little."""
        self.add([person], stamp, FIRST)
        (affect,) = self.read(stamp, FIRST).affects([person], stamp, ["body"])
        return affect

    def add(self, persons: Sequence[Person], stamp: int, rows: Rows) -> bool:
        """Take an image; return whether somebody who has come can be read for the first time.

        A stamp that jumps back starts a new window; gaps stay gaps.

        Args:
            persons: n, of whom ``coco`` is used only.
            stamp: Of the image, ns.
            rows: Of the n persons.
        """
        self._waiting.append((stamp, rows, [person.coco for person in persons]))
        return not every(self._there[rows]) and some(self._ready(stamp, rows))

    def _ready(self, stamp: int, rows: Rows) -> np.ndarray:
        """Return who (n,) can be read for the first time."""
        new: np.ndarray = ~self._there[rows]
        if some(new):
            self._take_waiting()
            shoulders = self._sums[rows, :, 5:7, 2] > 0.0
            steps = np.add.reduce(shoulders[..., 0] & shoulders[..., 1], axis=1)
            new &= (steps >= MIN_STEPS) & (stamp - self._stamp[rows] >= _PERIOD // 8)
        return new

    def read(self, stamp: int, rows: Rows) -> Readings:
        """Return what bodies say, the last image included; nothing while there is too little.

        Args:
            stamp: Of the image, ns.
            rows: Of the n persons in it.
        """
        self._take_waiting()
        elapsed = stamp - self._stamp[rows]
        due = lapsed(elapsed, _PERIOD) | self._ready(stamp, rows)
        if some(due):
            # Those who are nearly due come along: together they cost less.
            due |= elapsed >= _PERIOD // 2
            self._renew(stamp, numbers(rows)[due])
        return Readings(self._there[rows], self._categories[rows], self._vad[rows],
                        self._confidence[rows], self._spread[rows])

    def _renew(self, stamp: int, rows: np.ndarray) -> None:
        """Read persons anew."""
        keypoints = self._windows(rows)
        movement = measure(keypoints, _BIN)
        self._learn(movement.head, stamp, rows)
        vad = appraise(movement._replace(
            head=1.0 + movement.head - medians(self._heads[rows])))
        there = ~np.isnan(vad).all(axis=1)
        self._there[rows], self._stamp[rows] = there, stamp
        if not some(there):
            return
        if not every(there):
            keypoints, rows, vad = keypoints[there], rows[there], vad[there]
        read = self._trained.update(keypoints, stamp, rows)
        # The reader's VAD fades with familiarity; the rules' word takes its place.
        familiar = np.where(read.there, read.familiarity, 1.0)
        both = (1.0 - _TRAINED * familiar)[:, None] * vad + _TRAINED * read.vad
        self._vad[rows] = np.where(read.there[:, None], np.where(
            np.isnan(vad), read.vad, both), vad)
        self._categories[rows] = read.emotions if every(read.there) else np.where(
            read.there[:, None], read.emotions, _UNREAD)
        self._confidence[rows] = BODY_CONFIDENCE * movement.coverage[there] * familiar
        self._spread[rows] = np.where(
            read.there[:, None], read.spread, UNKNOWN_SPREAD)

    def movement(self) -> Movement:
        """Return features (1,) of the first person's window up to the image read last."""
        return measure(self._windows(numbers(FIRST)), _BIN)

    def _windows(self, rows: np.ndarray) -> np.ndarray:
        """Return the last two seconds (n, 30, 17, 2), nan where nothing was seen.

        In memory the steps of a keypoint lie one after the other, as those who measure take them.
        """
        order = (self._newest[rows, None] + _OLDEST_FIRST) % _BINS
        sums = np.ascontiguousarray(self._sums[rows[:, None], order].transpose(3, 0, 2, 1))
        with np.errstate(invalid="ignore", divide="ignore"):
            places = sums[:2] / sums[2]
        # A camera slower than the bins leaves single ones empty: the middle of their neighbours.
        between, inner = 0.5 * (places[..., :-2] + places[..., 2:]), places[..., 1:-1]
        np.copyto(inner, between, where=np.isnan(inner))
        return places.transpose(1, 3, 2, 0)

    def _learn(self, heads: np.ndarray, stamp: int, rows: np.ndarray) -> None:
        elapsed = stamp - self._last_sample[rows]
        due = np.isfinite(heads) & lapsed(elapsed, self._period)
        if some(due):
            rows = rows[due]
            self._last_sample[rows] = stamp
            self._heads[rows, self._prior + self._sampled[rows] % self._samples] = heads[due]
            self._sampled[rows] += 1

    def _take_waiting(self) -> None:
        """Add the images that wait to their bins, those of one bin at once."""
        waiting, self._waiting = self._waiting, []
        # Who comes or leaves for good takes what waits: as many persons are the same ones.
        for _, alike in groupby(waiting, lambda image: len(image[2])):
            stamps, rows, images = zip(*alike, strict=True)
            keypoints = np.array(images, dtype=np.float64)
            seen = visible(keypoints)
            keypoints[..., 2] = 1.0
            np.copyto(keypoints, 0.0, where=~seen[..., None])
            first = 0
            for index, those in groupby(
                    stamp * _BINS // int(WINDOW * NANOSECONDS) for stamp in stamps):
                last = first + len(list(those))
                self._add(np.add.reduce(keypoints[first:last], axis=0), index, rows[0])
                first = last

    def _add(self, sums: np.ndarray, index: int, rows: Rows) -> None:
        """Add sums (n, 17, 3) of images' keypoints to their bin."""
        steps, place = index - self._newest[rows], index % _BINS
        if every(steps == 1):  # as most often; the oldest bin is the new one
            self._sums[rows, place], self._newest[rows] = sums, index
            return
        if some(steps):
            steps = np.where((steps < 0) | (steps > _BINS), _BINS, steps)
            ages = (index - np.arange(_BINS)) % _BINS
            places, stale = (ages < steps[:, None]).nonzero()
            places = numbers(rows)[places]
            self._sums[places, stale] = 0.0
            self._newest[rows] = index
        self._sums[rows, place] += sums
