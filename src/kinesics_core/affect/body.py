"""Affect read from bodies: two seconds of COCO-17 keypoints -> movement features -> VAD.

Bodies tell arousal well, dominance less, valence little, and categories hardly; the confidence
says so. The features, in lengths of the torso so that distance does not matter:

- quantity of motion, the speed of wrists, elbows and head relative to the shoulders (Camurri,
  Lagerloef & Volpe 2003; Castellano, Villalba & Camurri 2007): high in joy and anger, low in
  sadness and boredom;
- jerkiness, how much acceleration comes with that speed (the inverse of fluidity, ibid.; movement
  dynamics in Wallbott 1998): anger and fear are jerky, sadness and content are smooth;
- openness, how far hands and elbows are from the trunk's axis (the inverse of Camurri's
  contraction index; Wallbott's expansiveness): open in joy, pride and anger, closed in fear;
- head height and slump (Wallbott's "head downward", "collapsed"; Crane & Gross 2013, neck and
  trunk flexion): low in sadness and shame;
- arms above the shoulders (Wallbott: elated joy, hot anger), hands on the hips (dominance),
  hand at the face and crossed arms (closed, less dominant);
- approach, growth of the body in the image (forward lean or steps).

Everything but the head works without legs and hips, so for seated people too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from kinesics_core.affect.body_channel import TrainedChannel
from kinesics_core.affect.body_head import BodyHead, load
from kinesics_core.affect.emotions import EMOTIONS, NEUTRAL
from kinesics_core.affect.per_person import FIRST, PerPerson, Rows, every, medians, numbers, some
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
_MIN_BINS = 8

# Speed and acceleration that the keypoints of a still person seem to have, torso lengths per
# second and per second squared: jitter of the estimator, about 1.5 % of the torso.
_JITTER, _ACCELERATION_JITTER = 0.12, 1.8

_MOVING = [0, 7, 8, 9, 10]  # nose, elbows, wrists
_UPPER_BODY = [0, *range(5, 11)]
_BELOW = np.array([0.0, 1.0])[:, None, None]  # straight down
_NEVER = np.int64(-(2**62))  # long before any image

# Joint distances as fractions of stature (Drillis & Contini 1966): the torso .288 from shoulders to
# hips, .21 between the shoulder joints, the nose .097 above the shoulders.
_TORSO_OVER_SHOULDERS = 0.288 / 0.21
_HEAD_HEIGHT = 0.097 / 0.288

BODY_CONFIDENCE = 0.4
"""Ceiling of the confidence: beside a clear face, the body supports rather than decides."""

# Categories until there is enough for the trained reader, for rules know none: neutral if any, and
# no emotion rather than another.
_UNREAD = np.where(np.arange(len(EMOTIONS)) == NEUTRAL, 0.45, 0.55 / (len(EMOTIONS) - 1))

_TRAINED = 0.75  # of the trained reader's word in valence, arousal and dominance


class Movement(NamedTuple):
    """Movement features (P,) of windows; lengths in torso lengths, nan where not seen.

    Attributes:
        quantity: Mean speed of head, elbows and wrists relative to the shoulders, 1/s.
        jerkiness: Mean acceleration over mean speed of the wrists, 1/s; about the angular
            frequency.
        openness: Mean sideways and forward reach of wrists and elbows from the trunk's axis.
        head: Height of the nose above the middle of the shoulders along the trunk, over that of
            an upright person seen from the front.
        raised: Share of wrists above the shoulders, 0..1.
        hips: Share of hands on hips, 0..1.
        face: Share of hands at the face, 0..1.
        crossed: 1 if the wrists changed sides.
        approach: Growth of the body in the image, 1/s.
        coverage: Share of the window and of the upper body that was seen, 0..1.
    """

    quantity: np.ndarray
    jerkiness: np.ndarray
    openness: np.ndarray
    head: np.ndarray
    raised: np.ndarray
    hips: np.ndarray
    face: np.ndarray
    crossed: np.ndarray
    approach: np.ndarray
    coverage: np.ndarray


class BodyReader(PerPerson):
    """Reader of the affect in the last two seconds of P persons' movement.

    The rules of this module read valence, arousal and dominance from the first half second on; a
    trained reader (``body_head``) reads categories and the same three from the first second on;
    both twice a second. VAD is a mean in which the trained reader counts three
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
        return some(self._ready(stamp, rows))

    def _ready(self, stamp: int, rows: Rows) -> np.ndarray:
        """Return who (n,) can be read for the first time."""
        new: np.ndarray = ~self._there[rows]
        if some(new):
            self._take_waiting()
            shoulders = self._sums[rows, :, 5:7, 2] > 0.0
            steps = np.add.reduce(shoulders[..., 0] & shoulders[..., 1], axis=1)
            new &= (steps >= _MIN_BINS) & (stamp - self._stamp[rows] >= _PERIOD // 8)
        return new

    def read(self, stamp: int, rows: Rows) -> Readings:
        """Return what bodies say, the last image included; nothing while there is too little.

        Args:
            stamp: Of the image, ns.
            rows: Of the n persons in it.
        """
        self._take_waiting()
        elapsed = stamp - self._stamp[rows]
        due = (elapsed < 0) | (elapsed >= _PERIOD) | self._ready(stamp, rows)
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
        """Return the last two seconds (n, 30, 17, 2), nan where nothing was seen."""
        order = (self._newest[rows, None] + 1 + np.arange(_BINS)) % _BINS
        sums = self._sums[rows[:, None], order]
        with np.errstate(invalid="ignore", divide="ignore"):
            keypoints = sums[..., :2] / sums[..., 2:]
        # A camera slower than the bins leaves single ones empty: the middle of their neighbours.
        between = 0.5 * (keypoints[:, :-2] + keypoints[:, 2:])
        inner = keypoints[:, 1:-1]
        inner[...] = np.where(np.isnan(inner), between, inner)
        return keypoints

    def _learn(self, heads: np.ndarray, stamp: int, rows: np.ndarray) -> None:
        elapsed = stamp - self._last_sample[rows]
        due = np.isfinite(heads) & ((elapsed < 0) | (elapsed >= self._period))
        if some(due):
            rows = rows[due]
            self._last_sample[rows] = stamp
            self._heads[rows, self._prior + self._sampled[rows] % self._samples] = heads[due]
            self._sampled[rows] += 1

    def _take_waiting(self) -> None:
        """Add the images that wait to their bins, those of one bin at once."""
        waiting, self._waiting = self._waiting, []
        bins: list[tuple[int, Rows, list[list[np.ndarray]]]] = []
        for stamp, rows, coco in waiting:
            index = stamp * _BINS // int(WINDOW * NANOSECONDS)
            if bins and bins[-1][0] == index and len(bins[-1][2][0]) == len(coco):
                bins[-1][2].append(coco)  # nobody came or left: that takes what waits
            else:
                bins.append((index, rows, [coco]))
        for index, rows, images in bins:
            self._add(np.array(images, dtype=np.float64), index, rows)

    def _add(self, coco: np.ndarray, index: int, rows: Rows) -> None:
        """Add the keypoints (images, n, 17, 3) of some images, which are lost, to their bin."""
        steps = index - self._newest[rows]
        if some(steps):
            steps = np.where((steps < 0) | (steps > _BINS), _BINS, steps)
            ages = (index - np.arange(_BINS)) % _BINS
            places, stale = (ages < steps[:, None]).nonzero()
            places = numbers(rows)[places]
            self._sums[places, stale] = 0.0
            self._newest[rows] = index
        seen = visible(coco)
        coco[..., 2] = 1.0
        self._sums[rows, index % _BINS] += np.add.reduce(
            np.where(seen[..., None], coco, 0.0), axis=0)


def measure(keypoints: np.ndarray, dt: float) -> Movement:
    """Return movement features (P,); all nan where the shoulders were seen in under 8 steps.

    Args:
        keypoints: (P, steps, 17, 2) COCO-17 in pixels, nan where unseen.
        dt: Seconds between steps.
    """
    left, right = keypoints[:, :, 5], keypoints[:, :, 6]
    centre = 0.5 * (left + right)
    hips = 0.5 * (keypoints[:, :, 11] + keypoints[:, :, 12])
    # A turned trunk has narrow shoulders, a bent or seated one a short torso: the longer counts.
    sizes = np.fmax(_length(hips - centre), _length(left - right) * _TORSO_OVER_SHOULDERS)
    size = medians(sizes)
    enough = (np.isfinite(centre[..., 0]).sum(axis=1) >= _MIN_BINS) & (size > 1.0)
    size = np.where(enough, size, np.nan)
    body = (keypoints - centre[:, :, None]) / size[:, None, None, None]

    moving = body[:, :, _MOVING]
    velocity = (moving[:, 2:] - moving[:, :-2]) / (2 * dt)
    speed = _length(velocity)
    acceleration = _length((velocity[:, 2:, -2:] - velocity[:, :-2, -2:]) / (2 * dt))
    quantity = np.maximum(_mean(speed) - _JITTER, 0.0)  # nan stays nan
    wrist_speed = _mean(speed[..., -2:])

    upright = _upright(body)
    elbows, wrists, nose = upright[:, :, 7:9], upright[:, :, 9:11], upright[:, :, :1]
    at_hip = (np.abs(wrists[..., 1] - 0.85) < 0.3) & (np.abs(elbows[..., 0]) > 0.6)
    side = np.sign(upright[..., 5:6, 0] - upright[..., 6:7, 0]) * wrists[..., 0]
    crossed = (side[..., 0] < -0.05) & (side[..., 1] > 0.05)
    return Movement(
        quantity=quantity,
        jerkiness=np.maximum(_mean(acceleration) - _ACCELERATION_JITTER, 0.0) / np.maximum(
            wrist_speed, _JITTER),
        openness=_mean(np.abs(upright[:, :, 7:11, 0])),
        head=_mean(-nose[..., 1]) / _HEAD_HEIGHT,
        raised=_share(wrists[..., 1] < 0.0, wrists[..., 1]),
        hips=_share(at_hip, wrists[..., 1] + elbows[..., 0]),
        face=_share(_length(wrists - nose) < 0.35, wrists[..., 0] + nose[..., 0]),
        crossed=_share(crossed, side[..., 0] + side[..., 1]),
        approach=_slope(np.log(np.where(enough[:, None], sizes, np.nan)), dt),
        coverage=np.isfinite(body[:, :, _UPPER_BODY, 0]).mean(axis=(1, 2)),
    )


def appraise(movement: Movement) -> np.ndarray:
    """Return valence, arousal, dominance (P, 3), -1..1, that movement suggests.

    The signs are those of the studies named at the top; the sizes are authored so that standing
    still with hanging arms is near the origin (slightly calm), talking with the hands is mildly
    aroused, and jumping or hitting reaches .8. What nothing was seen for is nan: arousal without
    movement, valence without a head, dominance without head and arms.
    """
    activity = 1.0 - np.exp(-_known(movement.quantity, 0.0) / 0.9)
    jerk = _within((_known(movement.jerkiness, 6.0) - 6.0) / 10.0, 0.0, 1.0) * activity
    openness = _within((_known(movement.openness, 0.5) - 0.5) / 0.4, -0.5, 1.0)
    head = _within((_known(movement.head, 1.0) - 1.0) / 0.4, -1.0, 0.5)
    raised, hips = _known(movement.raised, 0.0), _known(movement.hips, 0.0)
    face, crossed = _known(movement.face, 0.0), _known(movement.crossed, 0.0)
    approach = _within(_known(movement.approach, 0.0) / 0.3, -1.0, 1.0)
    valence = 0.45 * head + 0.3 * raised * activity - 0.2 * jerk - 0.1 * crossed
    arousal = -0.15 + 0.95 * activity + 0.15 * jerk + 0.1 * raised + 0.1 * np.abs(approach)
    arousal = arousal + 0.2 * np.minimum(head, 0.0)
    dominance = (
        0.35 * openness + 0.35 * head + 0.25 * hips + 0.25 * approach + 0.15 * jerk
        - 0.2 * face - 0.1 * crossed
    )  # fmt: skip
    vad = _within(np.stack([valence, arousal, dominance], axis=-1), -1.0, 1.0)
    headless = np.isnan(movement.head)
    vad[headless, 0] = np.nan
    vad[np.isnan(movement.quantity), 1] = np.nan
    vad[headless & np.isnan(movement.openness), 2] = np.nan
    return vad


def _upright(body: np.ndarray) -> np.ndarray:
    """Turn each step about the middle of the shoulders until the hips are straight below it.

    So a lean to the side or a camera that is not level changes nothing. Without hips a step stays
    as it is.
    """
    down = 0.5 * (body[..., 11, :] + body[..., 12, :])
    length = _length(down)
    seen = length > 0.2  # False for nan
    across, below = np.where(seen, np.moveaxis(down, -1, 0) / np.where(seen, length, 1.0), _BELOW)
    sine, cosine = across[..., None], below[..., None]
    x, y = body[..., 0], body[..., 1]
    turned = np.empty_like(body)
    turned[..., 0], turned[..., 1] = cosine * x - sine * y, sine * x + cosine * y
    return turned


def _length(vectors: np.ndarray) -> np.ndarray:
    return np.sqrt(np.einsum("...i,...i->...", vectors, vectors))


def _mean(values: np.ndarray) -> np.ndarray:
    """Return the mean (P,) of what is finite of values (P, ...); nan of nothing."""
    values = values.reshape(len(values), -1)
    finite = np.isfinite(values)
    count = np.add.reduce(finite, axis=1)
    total = np.add.reduce(np.where(finite, values, 0.0), axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _share(condition: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Return the share (P,) of conditions (P, ...) where a value is seen; nan of nothing."""
    return _mean(np.where(np.isfinite(seen), condition, np.nan))


def _slope(values: np.ndarray, dt: float) -> np.ndarray:
    """Return the slope (P,) of values (P, steps) over time, from the finite ones."""
    finite = np.isfinite(values)
    count = finite.sum(axis=1, keepdims=True)
    times = np.where(finite, np.arange(values.shape[1]) * dt, 0.0)
    times = np.where(finite, times - times.sum(axis=1, keepdims=True) / np.maximum(count, 1), 0.0)
    squared = (times * times).sum(axis=1)
    rise = (times * np.where(finite, values, 0.0)).sum(axis=1)
    return np.where(count[:, 0] >= _MIN_BINS, rise / np.where(squared > 0.0, squared, 1.0), np.nan)


def _known(values: np.ndarray, otherwise: float) -> np.ndarray:
    return np.where(np.isfinite(values), values, otherwise)


def _within(values: np.ndarray, low: float, high: float) -> np.ndarray:
    return np.minimum(np.maximum(values, low), high)
