"""Movement features of bodies -> valence, arousal and dominance, by rules.

The features, in lengths of the torso so that distance does not matter:

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

from typing import NamedTuple

import numpy as np

from kinesics_core.affect.per_person import medians

MIN_STEPS = 8
"""Steps of a window in which shoulders were seen for features."""

# Speed and acceleration that the keypoints of a still person seem to have, torso lengths per
# second and per second squared: jitter of the estimator, about 1.5 % of the torso.
_JITTER, _ACCELERATION_JITTER = 0.12, 1.8

_UPPER_BODY = np.array([0, *range(5, 11)])
# Among these: the nose, shoulders, elbows and wrists; and those whose speed counts.
_NOSE, _LEFT, _RIGHT, _ELBOWS, _WRISTS = slice(0, 1), 1, 2, slice(3, 5), slice(5, 7)
_MOVING = np.array([0, 3, 4, 5, 6])
# Rows that are averaged over time, and the first one of each part: see _means.
_AVERAGED, _PARTS = 12, np.array([0, 3, 5, 7, 11])
_BELOW = np.array([0.0, 1.0])[:, None, None]  # straight down

# Joint distances as fractions of stature (Drillis & Contini 1966): the torso .288 from shoulders to
# hips, .21 between the shoulder joints, the nose .097 above the shoulders.
_TORSO_OVER_SHOULDERS = 0.288 / 0.21
_HEAD_HEIGHT = 0.097 / 0.288


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


def measure(keypoints: np.ndarray, dt: float) -> Movement:
    """Return movement features (P,); all nan where the shoulders were seen in under 8 steps.

    Args:
        keypoints: (P, steps, 17, 2) COCO-17 in pixels, nan where unseen.
        dt: Seconds between steps.
    """
    # Places of a coordinate, a person and a keypoint lie one after the other: (2, P, 17, steps).
    places = np.ascontiguousarray(keypoints.transpose(3, 0, 2, 1))
    left, right = places[:, :, 5], places[:, :, 6]
    centre = 0.5 * (left + right)
    hips = 0.5 * (places[:, :, 11] + places[:, :, 12]) - centre
    # A turned trunk has narrow shoulders, a bent or seated one a short torso: the longer counts.
    sizes = np.fmax(_length(hips), _length(left - right) * _TORSO_OVER_SHOULDERS)
    size = medians(sizes)
    steps = np.add.reduce(np.isfinite(centre[0]), axis=1)
    enough = (steps >= MIN_STEPS) & (size > 1.0)
    size = np.where(enough, size, np.nan)[:, None]
    body = places.take(_UPPER_BODY, axis=2)
    body -= centre[:, :, None]
    body /= size[:, None]

    moving = body.take(_MOVING, axis=2)
    moves = moving[..., 2:] - moving[..., :-2]
    wrists = moves[:, :, -2:]
    upright = _upright(body, hips / size)
    nose, elbows, wrists_at = upright[:, :, _NOSE], upright[:, :, _ELBOWS], upright[:, :, _WRISTS]
    side = np.sign(upright[0, :, _LEFT] - upright[0, :, _RIGHT])
    averaged = np.full((len(body[0]), _AVERAGED, places.shape[-1]), np.nan)
    averaged[:, 0:5, 2:] = _length(moves)
    averaged[:, 5:7, 4:] = _length(wrists[..., 2:] - wrists[..., :-2])
    np.abs(upright[0, :, _ELBOWS.start:], out=averaged[:, 7:11])
    np.negative(nose[1], out=averaged[:, 11:])
    speed, wrist_speed, acceleration, openness, head = _means(averaged)
    raised, on_hips, face, crossed = _shares(nose, elbows, wrists_at, side)
    apart = 2.0 * dt  # seconds between two steps with one in between
    return Movement(
        quantity=np.maximum(speed / apart - _JITTER, 0.0),  # nan stays nan
        jerkiness=np.maximum(acceleration / apart**2 - _ACCELERATION_JITTER, 0.0)
        / np.maximum(wrist_speed / apart, _JITTER),
        openness=openness, head=head / _HEAD_HEIGHT,
        raised=raised, hips=on_hips, face=face, crossed=crossed,
        approach=_slope(np.log(np.where(enough[:, None], sizes, np.nan)), dt),
        coverage=np.add.reduce(np.isfinite(body[0]), axis=(1, 2)) / body[0, 0].size,
    )


def _shares(
    nose: np.ndarray, elbows: np.ndarray, wrists: np.ndarray, side: np.ndarray
) -> np.ndarray:
    """Return the shares of time (4, P) in which hands are raised, on hips, at the face, crossed.

    Args:
        nose: (2, P, 1, steps) upright.
        elbows: (2, P, 2, steps), left and right.
        wrists: (2, P, 2, steps).
        side: (P, steps), the side that the left shoulder is at, 1 or -1.
    """
    low, aside = wrists[1], side[:, None] * wrists[0]
    seen, held = np.zeros((2, 4, *low.shape), bool)
    np.isfinite(low, out=seen[0])
    np.isfinite(low + elbows[0], out=seen[1])
    np.isfinite(wrists[0] + nose[0], out=seen[2])
    np.logical_and(seen[0, :, 0], seen[0, :, 1], out=seen[3, :, 0])
    # What is not seen compares as false.
    np.less(low, 0.0, out=held[0])
    np.logical_and(np.abs(low - 0.85) < 0.3, np.abs(elbows[0]) > 0.6, out=held[1])
    np.less(_length(wrists - nose), 0.35, out=held[2])
    np.logical_and(aside[:, 0] < -0.05, aside[:, 1] > 0.05, out=held[3, :, 0])
    return _ratios(np.add.reduce(held, axis=(2, 3)), np.add.reduce(seen, axis=(2, 3)))


# What of a feature is usual, and stands for one that was not seen; the unit in which departures
# from it count; and how many of these count at most, down and up.
_USUAL, _UNIT, _LEAST, _MOST = np.array([
    (0.0, 0.9, 0.0, np.inf),  # quantity
    (6.0, 10.0, 0.0, 1.0),  # jerkiness
    (0.5, 0.4, -0.5, 1.0),  # openness
    (1.0, 0.4, -1.0, 0.5),  # head
    *[(0.0, 1.0, 0.0, 1.0)] * 4,  # raised, hips, face, crossed
    (0.0, 0.3, -1.0, 1.0),  # approach
]).T[:, :, None]


def appraise(movement: Movement) -> np.ndarray:
    """Return valence, arousal, dominance (P, 3), -1..1, that movement suggests.

    The signs are those of the studies named at the top; the sizes are authored so that standing
    still with hanging arms is near the origin (slightly calm), talking with the hands is mildly
    aroused, and jumping or hitting reaches .8. What nothing was seen for is nan: arousal without
    movement, valence without a head, dominance without head and arms.
    """
    features = np.array(movement[:len(_USUAL)])
    departures = np.where(np.isfinite(features), (features - _USUAL) / _UNIT, 0.0)
    quantity, jerk, openness, head, raised, hips, face, crossed, approach = np.minimum(
        np.maximum(departures, _LEAST), _MOST)
    activity = 1.0 - np.exp(-quantity)
    jerk = jerk * activity
    valence = 0.45 * head + 0.3 * raised * activity - 0.2 * jerk - 0.1 * crossed
    arousal = -0.15 + 0.95 * activity + 0.15 * jerk + 0.1 * raised + 0.1 * np.abs(approach)
    arousal = arousal + 0.2 * np.minimum(head, 0.0)
    dominance = (
        0.35 * openness + 0.35 * head + 0.25 * hips + 0.25 * approach + 0.15 * jerk
        - 0.2 * face - 0.1 * crossed
    )  # fmt: skip
    vad = np.minimum(np.maximum(np.array([valence, arousal, dominance]).T, -1.0), 1.0)
    headless = np.isnan(movement.head)
    vad[headless, 0] = np.nan
    vad[np.isnan(movement.quantity), 1] = np.nan
    vad[headless & np.isnan(movement.openness), 2] = np.nan
    return vad


def _upright(body: np.ndarray, down: np.ndarray) -> np.ndarray:
    """Turn each step about the middle of the shoulders until the hips are straight below it.

    So a lean to the side or a camera that is not level changes nothing. Without hips a step stays
    as it is.

    Args:
        body: (2, P, keypoints, steps) places by the middle of the shoulders.
        down: (2, P, steps) the same of the hips' middle.
    """
    length = _length(down)
    seen = length > 0.2  # False for nan
    sine, cosine = np.where(seen, down / np.where(seen, length, 1.0), _BELOW)[:, :, None]
    (x, y), turned = body, np.empty_like(body)
    np.subtract(cosine * x, sine * y, out=turned[0])
    np.add(sine * x, cosine * y, out=turned[1])
    return turned


def _length(vectors: np.ndarray) -> np.ndarray:
    """Return the lengths (...) of vectors (2, ...)."""
    squares = vectors * vectors
    return np.sqrt(squares[0] + squares[1])


def _means(values: np.ndarray) -> np.ndarray:
    """Return the means (5, P) of what is finite; nan of nothing.

    Args:
        values: (P, 12, steps), speeds of nose, elbows and wrists, changes of the wrists' velocity,
            how far elbows and wrists are aside, height of the nose.

    Returns:
        Of all speeds, and of wrists' speeds, changes of velocity, reaches and height.
    """
    finite = np.isfinite(values)
    sums = np.array([np.add.reduce(np.where(finite, values, 0.0), axis=2),
                     np.add.reduce(finite, axis=2)])
    parts = np.add.reduceat(sums, _PARTS, axis=2).T  # (5, P, 2)
    parts[0] += parts[1]
    return _ratios(parts[..., 0], parts[..., 1])


def _ratios(sums: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return the means that sums of counts values make; nan of nothing."""
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def _slope(values: np.ndarray, dt: float) -> np.ndarray:
    """Return the slope (P,) of values (P, steps) over time, from the finite ones."""
    finite = np.isfinite(values)
    times = np.arange(values.shape[1]) - 0.5 * (values.shape[1] - 1)
    powers = np.array([np.ones(len(times)), times, times * times]).T
    count, total, squared = (finite @ powers).T
    sums, rise = (np.where(finite, values, 0.0) @ powers[:, :2]).T
    enough = count >= MIN_STEPS
    count = np.where(enough, count, 1.0)
    squared = np.where(enough, squared - total * total / count, 1.0)
    return np.where(enough, (rise - total * sums / count) / (squared * dt), np.nan)
