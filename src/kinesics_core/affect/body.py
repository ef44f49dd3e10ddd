"""Affect read from one body: two seconds of COCO-17 keypoints -> movement features -> VAD.

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

from dataclasses import dataclass, replace

import numpy as np

from kinesics_core.affect.body_channel import TrainedChannel
from kinesics_core.affect.body_head import BodyHead, load
from kinesics_core.affect.emotions import NEUTRAL, vad_to_categories
from kinesics_core.affect.spaces import UNKNOWN_SPREAD
from kinesics_core.keypoints import visible
from kinesics_core.skeletons import COCO17
from kinesics_core.types import NANOSECONDS, Affect, Person

WINDOW = 2.0
"""Seconds of movement that are looked at."""

_PERIOD = NANOSECONDS // 11  # ns for which a reading holds: two seconds change little in a tenth
_BINS = 30
_BIN = WINDOW / _BINS
_MIN_BINS = 8

# Speed and acceleration that the keypoints of a still person seem to have, torso lengths per
# second and per second squared: jitter of the estimator, about 1.5 % of the torso.
_JITTER, _ACCELERATION_JITTER = 0.12, 1.8

_NOSE, _EYES, _EARS = 0, [1, 2], [3, 4]
_SHOULDERS, _ELBOWS, _WRISTS, _HIPS = [5, 6], [7, 8], [9, 10], [11, 12]
_MOVING = [_NOSE, *_ELBOWS, *_WRISTS]

# Joint distances as fractions of stature (Drillis & Contini 1966): the torso .288 from shoulders to
# hips, .21 between the shoulder joints, the nose .097 above the shoulders.
_TORSO_OVER_SHOULDERS = 0.288 / 0.21
_HEAD_HEIGHT = 0.097 / 0.288

BODY_CONFIDENCE = 0.4
"""Ceiling of the confidence: beside a clear face, the body supports rather than decides."""

_CATEGORY_SPREAD = 0.3

# Most movement is neutral, and contempt and disgust are hardly recognised from bodies (Wallbott
# 1998; Dael, Mortillaro & Scherer 2012). Order of EMOTIONS.
_PRIOR = np.array([1.0, 1.0, 0.6, 1.0, 0.3, 0.1, 0.8, 3.0])

# Share of neutral in whatever the movement suggests: sport and work move like emotions do, so a
# body alone may hint at an emotion but not claim it.
_DOUBT = 0.45


@dataclass(frozen=True, slots=True)
class Movement:
    """Movement features of a window; lengths in torso lengths, nan where not seen.

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

    quantity: float
    jerkiness: float
    openness: float
    head: float
    raised: float
    hips: float
    face: float
    crossed: float
    approach: float
    coverage: float


class BodyReader:
    """Reader of the affect in one person's last two seconds of movement.

    The rules of this module read valence, arousal and dominance from the first half second on and
    in every image; a trained reader (``body_head``) reads categories and the same three from the
    first second on, four times a second. VAD is the mean of both, for each knows what the other
    does not; categories are the trained reader's, for rules hardly know them. A movement unlike
    any that it learned from is answered with not knowing: an eighth each, confidence towards 0.

    How high a head is held is seen against the median of the last minute, because cameras look
    up and down at people and necks differ; an upright frontal head counts as seen for a while.
    """

    _samples = 120
    _period = NANOSECONDS // 2
    _prior = 10

    def __init__(self, head: BodyHead | None = None) -> None:
        """Begin with nothing seen.

        Args:
            head: The trained reader; None: the shipped one.
        """
        self._trained = TrainedChannel(load() if head is None else head)
        self._heads = np.ones(self._prior + self._samples)
        self._sampled = 0
        self._last_sample: int | None = None
        self._sums = np.zeros((_BINS, len(COCO17), 2))
        self._counts = np.zeros((_BINS, len(COCO17)))
        self._newest: int | None = None
        self._last: Affect | None = None

    def update(self, person: Person, stamp: int) -> Affect | None:
        """Return the affect in the body's movement, or None while there is too little to read.

        A stamp that jumps back starts a new window; gaps stay gaps.

        Args:
            person: Of whom ``coco`` is used only.
            stamp: Of the image, ns.
        """
        self._add(np.asarray(person.coco, dtype=np.float64), stamp)
        if self._last is not None and 0 <= stamp - self._last.stamp < _PERIOD:
            return replace(self._last, stamp=stamp, person_id=person.id)
        self._last = self._read(person.id, stamp)
        return self._last

    def _read(self, person_id: int, stamp: int) -> Affect | None:
        keypoints = self._window()
        movement = None if keypoints is None else measure(keypoints, _BIN)
        if movement is None or keypoints is None:
            return None
        self._learn(movement.head, stamp)
        usual = float(np.median(self._heads[: self._prior + min(self._sampled, self._samples)]))
        movement = replace(movement, head=1.0 + movement.head - usual)
        vad = appraise(movement)
        if np.isnan(vad).all():
            return None
        confidence = BODY_CONFIDENCE * movement.coverage
        read = self._trained.update(keypoints, stamp)
        if read is None:
            return _affect(stamp, person_id, _hint(vad), vad, confidence,
                           np.full(3, UNKNOWN_SPREAD, np.float32))
        # The reader's VAD fades with familiarity; the rules' word takes its place.
        both = np.where(np.isnan(vad), read.vad,
                        (1.0 - 0.5 * read.familiarity) * vad + 0.5 * read.vad)
        return _affect(stamp, person_id, read.emotions.astype(np.float32), both,
                       confidence * read.familiarity, read.spread)

    def movement(self) -> Movement | None:
        """Return features of the present window; None with shoulders seen for under half a s."""
        keypoints = self._window()
        return None if keypoints is None else measure(keypoints, _BIN)

    def _window(self) -> np.ndarray | None:
        """Return the last two seconds (30, 17, 2), nan where nothing was seen; None before any."""
        if self._newest is None:
            return None
        order = np.arange(self._newest + 1, self._newest + 1 + _BINS) % _BINS
        counts = self._counts[order]
        with np.errstate(invalid="ignore", divide="ignore"):
            keypoints = self._sums[order] / counts[..., None]
        # A camera slower than the bins leaves single ones empty: the middle of their neighbours.
        between = 0.5 * (keypoints[:-2] + keypoints[2:])
        keypoints[1:-1] = np.where(np.isnan(keypoints[1:-1]), between, keypoints[1:-1])
        return keypoints

    def _learn(self, head: float, stamp: int) -> None:
        if not np.isfinite(head) or (
            self._last_sample is not None and 0 <= stamp - self._last_sample < self._period
        ):
            return
        self._last_sample = stamp
        self._heads[self._prior + self._sampled % self._samples] = head
        self._sampled += 1

    def _add(self, coco: np.ndarray, stamp: int) -> None:
        index = stamp * _BINS // int(WINDOW * NANOSECONDS)
        if self._newest is None or index < self._newest or index >= self._newest + _BINS:
            self._sums[:] = 0.0
            self._counts[:] = 0.0
        else:
            emptied = np.arange(self._newest + 1, index + 1) % _BINS
            self._sums[emptied] = 0.0
            self._counts[emptied] = 0.0
        self._newest = index
        seen = visible(coco)
        row = index % _BINS
        self._sums[row, seen] += coco[seen, :2]
        self._counts[row, seen] += 1.0


def measure(keypoints: np.ndarray, dt: float) -> Movement | None:
    """Return movement features, or None if the shoulders were seen in fewer than 8 steps.

    Args:
        keypoints: (steps, 17, 2) COCO-17 in pixels, nan where unseen.
        dt: Seconds between steps.
    """
    shoulders = keypoints[:, _SHOULDERS]
    centre = shoulders.mean(axis=1)
    there = np.isfinite(centre[:, 0])
    if np.count_nonzero(there) < _MIN_BINS:
        return None
    torso = _length(keypoints[:, _HIPS].mean(axis=1) - centre)
    across = _length(shoulders[:, 0] - shoulders[:, 1]) * _TORSO_OVER_SHOULDERS
    # A turned trunk has narrow shoulders, a bent or seated one a short torso: the longer counts.
    sizes = np.fmax(torso, across)
    size = float(np.nanmedian(sizes))
    if not size > 1.0:
        return None
    body = (keypoints - centre[:, None]) / size

    moving = body[:, _MOVING]
    velocity = (moving[2:] - moving[:-2]) / (2 * dt)
    speed = _length(velocity)
    acceleration = _length((velocity[2:, -2:] - velocity[:-2, -2:]) / (2 * dt))
    quantity = float(np.maximum(_mean(speed) - _JITTER, 0.0))  # nan stays nan
    wrist_speed = _mean(speed[:, -2:])

    upright = _upright(body)
    arms = upright[:, _ELBOWS + _WRISTS]
    elbows, wrists = arms[:, :2], arms[:, 2:]
    nose = upright[:, _NOSE]
    at_hip = (np.abs(wrists[..., 1] - 0.85) < 0.3) & (np.abs(elbows[..., 0]) > 0.6)
    shoulder = upright[:, _SHOULDERS, 0]
    side = np.sign(shoulder[:, 0] - shoulder[:, 1])[:, None] * wrists[..., 0]
    crossed = (side[:, 0] < -0.05) & (side[:, 1] > 0.05)
    return Movement(
        quantity=quantity,
        jerkiness=float(
            np.maximum(_mean(acceleration) - _ACCELERATION_JITTER, 0.0)
            / np.maximum(wrist_speed, _JITTER)
        ),
        openness=_mean(np.abs(arms[..., 0])),
        head=_mean(-nose[:, 1]) / _HEAD_HEIGHT,
        raised=_share(wrists[..., 1] < 0.0, wrists[..., 1]),
        hips=_share(at_hip, wrists[..., 1] + elbows[..., 0]),
        face=_share(_length(wrists - nose[:, None]) < 0.35, wrists[..., 0] + nose[:, None, 0]),
        crossed=_share(crossed, side[:, 0] + side[:, 1]),
        approach=_slope(np.log(sizes), dt),
        coverage=float(np.isfinite(body[:, [_NOSE, *_SHOULDERS, *_ELBOWS, *_WRISTS], 0]).mean()),
    )


def appraise(movement: Movement) -> np.ndarray:
    """Return valence, arousal, dominance (3,), -1..1, that movement suggests.

    The signs are those of the studies named at the top; the sizes are authored so that standing
    still with hanging arms is near the origin (slightly calm), talking with the hands is mildly
    aroused, and jumping or hitting reaches .8. What nothing was seen for is nan: arousal without
    movement, valence without a head, dominance without head and arms.
    """
    activity = 1.0 - np.exp(-_known(movement.quantity, 0.0) / 0.9)
    jerk = np.clip((_known(movement.jerkiness, 6.0) - 6.0) / 10.0, 0.0, 1.0) * activity
    openness = np.clip((_known(movement.openness, 0.5) - 0.5) / 0.4, -0.5, 1.0)
    head = np.clip((_known(movement.head, 1.0) - 1.0) / 0.4, -1.0, 0.5)
    raised, hips = _known(movement.raised, 0.0), _known(movement.hips, 0.0)
    face, crossed = _known(movement.face, 0.0), _known(movement.crossed, 0.0)
    approach = np.clip(_known(movement.approach, 0.0) / 0.3, -1.0, 1.0)
    valence = 0.45 * head + 0.3 * raised * activity - 0.2 * jerk - 0.1 * crossed
    arousal = -0.15 + 0.95 * activity + 0.15 * jerk + 0.1 * raised + 0.1 * abs(approach)
    arousal += 0.2 * min(head, 0.0)
    dominance = (
        0.35 * openness + 0.35 * head + 0.25 * hips + 0.25 * approach + 0.15 * jerk
        - 0.2 * face - 0.1 * crossed
    )  # fmt: skip
    vad = np.clip([valence, arousal, dominance], -1.0, 1.0)
    headless = np.isnan(movement.head)
    unseen = [headless, np.isnan(movement.quantity), headless and np.isnan(movement.openness)]
    return np.where(unseen, np.nan, vad)


def _affect(
    stamp: int, person_id: int, categories: np.ndarray, vad: np.ndarray, confidence: float,
    spread: np.ndarray,
) -> Affect:
    valence, arousal, dominance = vad.tolist()
    return Affect(stamp, person_id, categories, valence, arousal, dominance, confidence, "body",
                  spread=spread)


def _hint(vad: np.ndarray) -> np.ndarray:
    """Return the categories (8,) that rules suggest, until there is enough for the reader."""
    categories = vad_to_categories(vad, spread=_CATEGORY_SPREAD) * _PRIOR
    categories *= (1.0 - _DOUBT) / categories.sum()
    categories[NEUTRAL] += _DOUBT
    return categories.astype(np.float32)


def _upright(body: np.ndarray) -> np.ndarray:
    """Turn each step about the middle of the shoulders until the hips are straight below it.

    So a lean to the side or a camera that is not level changes nothing. Without hips a step stays
    as it is.
    """
    down = body[:, _HIPS].mean(axis=1)
    length = _length(down)
    seen = length > 0.2  # False for nan
    sine = np.where(seen, down[:, 0] / np.where(seen, length, 1.0), 0.0)[:, None]
    cosine = np.where(seen, down[:, 1] / np.where(seen, length, 1.0), 1.0)[:, None]
    x, y = body[..., 0], body[..., 1]
    return np.stack([cosine * x - sine * y, sine * x + cosine * y], axis=-1)


def _length(vectors: np.ndarray) -> np.ndarray:
    return np.sqrt(np.einsum("...i,...i->...", vectors, vectors))


def _mean(values: np.ndarray) -> float:
    finite = np.isfinite(values)
    count = np.count_nonzero(finite)
    return float(np.sum(values, where=finite) / count) if count else float("nan")


def _share(condition: np.ndarray, seen: np.ndarray) -> float:
    finite = np.isfinite(seen)
    count = np.count_nonzero(finite)
    return float(np.count_nonzero(condition & finite) / count) if count else float("nan")


def _slope(values: np.ndarray, dt: float) -> float:
    finite = np.isfinite(values)
    if np.count_nonzero(finite) < _MIN_BINS:
        return float("nan")
    times = np.flatnonzero(finite) * dt
    times = times - times.mean()
    return float(times @ values[finite] / (times @ times))


def _known(value: float, otherwise: float) -> float:
    return value if np.isfinite(value) else otherwise
