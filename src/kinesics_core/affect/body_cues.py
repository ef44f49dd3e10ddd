"""Kinematic cues of two seconds of movement, from COCO-17 keypoints in an image.

What the studies of expressive movement measure (Wallbott 1998; Montepare et al. 1999; Camurri,
Lagerloef & Volpe 2003; Roether et al. 2009; Gross, Crane & Fredrickson 2012; Kleinsmith &
Bianchi-Berthouze 2013), as far as it shows in two dimensions: lengths are in torsos, so that
distance and stature do not count, speeds and extents are logarithms, and some cues are ratios
within the body (the arms' swing beside the legs'), so that the pace counts less. Left and right
count alike. What needs unseen keypoints is nan.
"""

from __future__ import annotations

import numpy as np

RATE = 15.0
"""Hz at which movement is looked at: twice what voluntary movement holds."""

STEPS = 30
"""Steps of a window: two seconds."""

CUES = (
    "head_up", "ears_up", "nod", "profile", "width", "head_forward", "lean", "torso",
    "elbow_bend", "elbow_range", "wrist_low", "wrist_highest", "elbow_low", "wrist_out",
    "elbow_out", "hands_apart", "uneven", "raised", "at_face", "on_hips", "crossed", "knee_bend",
    "stance", "wrist_speed", "elbow_speed", "head_speed", "knee_speed", "ankle_speed",
    "body_speed", "rise_speed", "arm_leg", "arm_peak", "arm_jerk", "leg_jerk", "arm_across",
    "arm_along", "head_range", "leg_range", "bounce", "sway", "tempo", "leg_tempo", "approach",
)
"""Names of the cues, in order; see ``cues``."""

_SIDED = slice(7, 11)  # elbows and wrists
_TORSO_OVER_SHOULDERS = 0.288 / 0.21  # Drillis & Contini 1966
_SIDES = np.array([1.0, -1.0, 1.0, -1.0])[:, None]
_TIMES = (np.arange(STEPS) - 0.5 * (STEPS - 1)) / RATE
_SLOPE = _TIMES / (_TIMES @ _TIMES)  # of values at these times, as a product with them
_MOVING_MEAN = 7  # steps, half a second

# What moves: nose, wrists and elbows by the shoulders, ankles and knees by the hips, and the
# shoulders in the image, whose place the last of these keypoints only keeps.
_MOVING = np.array([0, 15, 16, 9, 10, 7, 8, 13, 14, 5])
_NOSE, _ANKLES, _WRISTS, _KNEES, _PLACE = 0, slice(1, 3), slice(3, 5), slice(7, 9), 9
_ENDS, _FREQUENT = slice(0, 5), slice(1, 7)  # nose, ankles, wrists; ankles, wrists, elbows
_FEET_AND_ARMS = np.array([0, 2])  # first of the latter that are feet, and arms
_PARTS = np.array([0, 1, 3, 5, 7, 9])  # first of nose, ankles, wrists, elbows, knees, shoulders
_IN_PART = np.array([1, 2, 2, 2, 2, 1])

_FREQUENCIES = np.fft.rfftfreq(STEPS - 1, 1.0 / RATE)
_FREQUENCIES = _FREQUENCIES[(_FREQUENCIES > 0.3) & (_FREQUENCIES < 6.0)]
_PHASES = 2.0 * np.pi / RATE * np.arange(STEPS - 1)[:, None] * _FREQUENCIES
_WAVES = np.hanning(STEPS - 1)[:, None] * np.concatenate([np.cos(_PHASES), np.sin(_PHASES)], axis=1)
"""Cosines and sines of each frequency, tapered; of so few frequencies quicker than a transform."""

_HELD_MOST = STEPS * np.array([2, 2, 2, 1])[:, None]  # moments: of both sides, or of both together

# Smallest speed (torsos/s), acceleration (torsos/s^2), extent and bounce (torsos) that count: about
# the jitter of an estimator's keypoints on somebody who is still.
_STILL, _STEADY, _FIXED, _LEVEL = 0.06, 0.6, 0.01, 0.004


def cues(poses: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return the cues (P, C) of windows, in the order of ``CUES``.

    Posture, means of a window: height of nose and ears over the shoulders, nose below the ears, how
    far the nose is aside of the ears (profile), width of the shoulders with the sign of the view,
    head and trunk ahead in the direction of the face, length of the torso, bend of the elbows and
    its range (radians), how low wrists and elbows hang, the highest wrist, how far they are out
    beyond the shoulders, apart, uneven; shares of time with wrists above the shoulders, at the
    face, on the hips, crossed; bend of the knees, distance of the feet. Movement: speeds of the
    parts relative to the trunk and of the trunk, arms' speed beside the legs', peak over mean
    speed, acceleration over speed, extents, bounce and sway of the shoulders, mean frequencies of
    arms and legs, growth in the image.

    Args:
        poses: (P, 30, 17, 2) pixels at ``RATE``, complete but for keypoints that are not known.
        known: (P, 17) bool, keypoints that were seen.
    """
    points = _smoothed(poses, known)
    shoulders, across = _middle(points, 5), points[:, :, 5] - points[:, :, 6]
    trunk = _middle(points, 11) - shoulders
    long = _length(trunk)
    sizes = np.fmax(long, _length(across) * _TORSO_OVER_SHOULDERS)
    size = np.sort(sizes, axis=1)[:, (3 * STEPS) // 4]
    scale = 1.0 / np.where(size > 1e-6, size, np.nan)
    roll = _roll(_mean(across), _mean(trunk))
    turn = np.array([np.cos(roll), np.sin(roll)]) * scale
    body = _turned(points - shoulders[:, :, None], turn[:, :, None, None])
    moving, hips = body.take(_MOVING, axis=2), _middle(body, 11)[:, :, None]
    moving[:, :, _ANKLES] -= hips
    moving[:, :, _KNEES] -= hips
    moving[:, :, _PLACE] = _turned(shoulders, turn[:, :, None])
    means, steps = _mean(body), moving[..., 1:] - moving[..., :-1]
    return np.array([
        *_head_and_trunk(means), _mean(long) * scale, *_limbs(body, means, points),
        *_speeds(steps), *_extents(moving), *_tempos(steps), _growth(sizes),
    ]).T.copy()


def _head_and_trunk(means: np.ndarray) -> list[np.ndarray]:
    """Return the cues of head and trunk, of mean places (2, P, 17)."""
    nose, left, right = means[:, :, 0], means[:, :, 3], means[:, :, 4]
    ears = 0.5 * (np.fmin(left, right) + np.fmax(left, right))  # or the one that is known
    below, aside = (nose - ears)[::-1]
    facing = np.where(np.abs(aside) > 0.03, np.sign(aside), 0.0)
    width = means[0, :, 5] - means[0, :, 6]
    lean = -0.5 * facing * (means[0, :, 11] + means[0, :, 12])
    return [-nose[1], -ears[1], below, np.abs(aside), width, facing * ears[0], lean]


def _limbs(body: np.ndarray, means: np.ndarray, points: np.ndarray) -> list[np.ndarray]:
    """Return the cues of where arms and legs are.

    Args:
        body: (2, P, 17, T) places by the shoulders, torsos.
        means: (2, P, 17) of them.
        points: (2, P, 17, T) places in the image; legs may be seen without shoulders.
    """
    bones = np.empty((2, len(means[0]), 2, 2, 2, STEPS))  # arms, legs; upper, lower; sides
    for limb, places in enumerate((body[:, :, 5:11], points[:, :, 11:])):
        bone = bones[:, :, limb].reshape(2, -1, 4, STEPS)
        np.subtract(places[:, :, 2:], places[:, :, :-2], out=bone)
    bend = _angle(bones[:, :, :, 0], bones[:, :, :, 1])
    turned = np.sign(means[0, :, 5] - means[0, :, 6])[:, None, None]
    wrists = body[:, :, 9:11]
    low = wrists[1]
    width, apart, uneven, stance = _mean(np.array([
        np.abs(body[0, :, 5] - body[0, :, 6]), _length(wrists[:, :, 0] - wrists[:, :, 1]),
        np.abs(low[:, 0] - low[:, 1]), np.abs(body[0, :, 15] - body[0, :, 16])]))
    half = 0.5 * width
    out = body[0, :, _SIDED] * (_SIDES * turned)
    held = np.zeros((4, len(means[0]), 2, STEPS), bool)
    np.less(low, 0.0, out=held[0])
    np.less(_length(wrists - body[:, :, :1]), 0.35, out=held[1])
    np.logical_and(np.abs(low - 0.85) < 0.3, out[:, :2] - half[:, None, None] > 0.25, out=held[2])
    np.logical_and.reduce(out[:, 2:] < -0.05, axis=1, keepdims=True, out=held[3, :, :1])
    shares = np.add.reduce(held.reshape(4, -1, 2 * STEPS), axis=2) / _HELD_MOST
    mean_low, mean_elbow = _sides(means[1, :, 9:11]), _sides(means[1, :, 7:9])
    raised, at_face, on_hips, crossed = np.where(
        np.isfinite([mean_low, mean_low + means[1, :, 0], mean_low + mean_elbow, mean_low]),
        shares, np.nan)
    bends = _mean(bend)
    elbow_bend, knee_bend = (0.5 * (bends[..., 0] + bends[..., 1])).T
    elbow_out, wrist_out = _mean(out.reshape(-1, 2, 2 * STEPS)).T - half
    return [
        elbow_bend, _sides(np.sqrt(_variance(bend[:, 0], bends[:, 0]))),
        mean_low, -np.minimum.reduce(low, axis=(1, 2)), mean_elbow, wrist_out, elbow_out,
        apart, uneven, raised, at_face, on_hips, crossed, knee_bend, stance,
    ]


def _speeds(steps: np.ndarray) -> list[np.ndarray]:
    """Return the cues of speed and jerk, from the steps (2, P, 10, T - 1) of what moves."""
    squares = steps * steps
    squared = squares[0] + squares[1]
    speed = np.add.reduceat(_mean(squared), _PARTS, axis=1) / _IN_PART
    head, ankle, wrist, elbow, knee, whole, rise, arms, legs = np.log(np.sqrt(np.array([
        *speed.T, _mean(squares[1, :, _PLACE]), *_arms_and_legs(speed[:, 1:5]),
    ])) * RATE + _STILL)
    fast = np.sort(squared[:, _WRISTS].reshape(len(squared), -1), axis=1)
    peak = np.sqrt(fast[:, int(0.95 * fast.shape[1])]) * RATE
    changes = steps[:, :, :_PLACE, 1:] - steps[:, :, :_PLACE, :-1]
    changes *= changes
    rough = np.add.reduceat(_mean(changes[0] + changes[1]), _PARTS[1:5], axis=1) / 2
    arms_rough, legs_rough = np.log(np.sqrt(_arms_and_legs(rough)) * RATE**2 + _STEADY)
    return [
        wrist, elbow, head, knee, ankle, whole, rise, wrist - ankle,
        np.log(peak + _STILL) - wrist, arms_rough - arms, legs_rough - legs,
    ]


def _arms_and_legs(parts: np.ndarray) -> np.ndarray:
    """Return the means (2, P) of values (P, 4) of ankles, wrists, elbows and knees."""
    mean: np.ndarray = 0.5 * (parts[:, 1::-1] + parts[:, 2:]).T
    return mean


def _tempos(steps: np.ndarray) -> np.ndarray:
    """Return the logs of the mean frequencies (2, P) of arms and feet, by power of their speed.

    Args:
        steps: (2, P, 10, T - 1) of what moves.
    """
    frequent = steps[:, :, _FREQUENT]
    waves = frequent.reshape(-1, STEPS - 1) @ _WAVES
    waves *= waves
    power = np.add.reduce(waves.reshape(*frequent.shape[:3], 2, -1), axis=(0, 3))
    power = np.add.reduceat(power, _FEET_AND_ARMS, axis=1)
    total = np.add.reduce(power, axis=2)
    tempos: np.ndarray = np.log((power @ _FREQUENCIES + 1e-6) / (total + 1e-6) + 0.2)
    return tempos.T[::-1]


def _extents(moving: np.ndarray) -> list[np.ndarray]:
    """Return the cues of extent of what moves (2, P, 10, T), bounce and sway."""
    ends = moving[:, :, _ENDS]
    spread = _variance(ends, _mean(ends))
    across, along, head, legs = np.log(np.sqrt(np.array([
        *np.add.reduce(spread[:, :, _WRISTS], axis=2), np.add.reduce(spread[:, :, _NOSE], axis=0),
        0.5 * np.add.reduce(spread[:, :, _ANKLES], axis=(0, 2))]) / 2.0) + _FIXED)
    # Departures from a moving mean: up and down the bounce, sideways the sway.
    place = moving[:, :, _PLACE] - moving[:, :, _PLACE, :1]
    summed = np.zeros((*place.shape[:2], STEPS + 1))
    np.add.accumulate(place, axis=2, out=summed[..., 1:])
    edge = _MOVING_MEAN // 2
    quick = place[..., edge:-edge] - (
        summed[..., _MOVING_MEAN:] - summed[..., :-_MOVING_MEAN]) / _MOVING_MEAN
    sway, bounce = np.log(np.sqrt(_variance(quick, _mean(quick))) + _LEVEL)
    return [across, along, head, legs, bounce, sway]


def _growth(sizes: np.ndarray) -> np.ndarray:
    """Return the growth (P,) of sizes (P, T) in the image, 1/s."""
    growth: np.ndarray = np.log(np.maximum(sizes, 1e-6)) @ _SLOPE
    return growth


def _roll(line: np.ndarray, trunk: np.ndarray) -> np.ndarray:
    """Return the roll (P,) of the camera that people are seen with, radians.

    A roll of the camera tilts shoulders and trunk alike; a lean tilts the trunk alone, a raised
    shoulder the shoulders. So the smaller tilt of both counts, and in profile, where the shoulders
    are narrow, none.

    Args:
        line: (2, P) mean way from the right shoulder to the left one.
        trunk: (2, P) mean way from the shoulders to the hips.
    """
    side = np.where(line[0] < 0.0, -1.0, 1.0)
    across, down = np.arctan2(line[1] * side, line[0] * side), np.arctan2(-trunk[0], trunk[1])
    down = np.where(np.isfinite(down), down, across)
    broad = _length(line) > np.fmax(0.35 * _length(trunk), 0.0)
    return np.where((across * down > 0.0) & broad,
                    np.sign(across) * np.minimum(np.abs(across), np.abs(down)), 0.0)


def _turned(places: np.ndarray, turn: np.ndarray) -> np.ndarray:
    """Return places (2, ...) turned by the angle of which turn has the cosine and the sine."""
    (x, y), (cosine, sine), turned = places, turn, np.empty_like(places)
    np.add(cosine * x, sine * y, out=turned[0])
    np.subtract(cosine * y, sine * x, out=turned[1])
    return turned


def _smoothed(poses: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return windows (2, P, 17, T) of poses (P, T, 17, 2), nan where not known (P, 17).

    They are smoothed over three steps, of which the middle one and the ends count twice. In memory
    the steps of a keypoint lie one after the other.
    """
    padded = np.full((2, *known.shape, STEPS + 2), np.nan)
    inner = padded[..., 1:-1]
    np.copyto(inner, poses.transpose(3, 0, 2, 1), where=known[..., None])
    padded[..., 0], padded[..., -1] = inner[..., 0], inner[..., -1]
    pairs = padded[..., 1:] + padded[..., :-1]
    smooth: np.ndarray = pairs[..., 1:] + pairs[..., :-1]
    smooth *= 0.25
    return smooth


def _middle(points: np.ndarray, left: int) -> np.ndarray:
    """Return the middle (2, P, T) of a left keypoint of (2, P, K, T) and the right one after it."""
    middle: np.ndarray = 0.5 * (points[:, :, left] + points[:, :, left + 1])
    return middle


def _mean(values: np.ndarray) -> np.ndarray:
    """Return the same as ``values.mean(-1)``, which asks more beforehand."""
    mean: np.ndarray = np.add.reduce(values, axis=-1) / values.shape[-1]
    return mean


def _sides(values: np.ndarray) -> np.ndarray:
    """Return the mean (P,) of values (P, 2) of the left and the right side."""
    mean: np.ndarray = 0.5 * (values[:, 0] + values[:, 1])
    return mean


def _variance(values: np.ndarray, means: np.ndarray) -> np.ndarray:
    """Return the variance (...) of values (..., T) over the steps, of which the means are given."""
    apart = values - means[..., None]
    apart *= apart
    return _mean(apart)


def _angle(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    along = one * other
    lengths = np.maximum(_length(one) * _length(other), 1e-9)
    cosine = np.minimum(np.maximum((along[0] + along[1]) / lengths, -1.0), 1.0)
    return np.arccos(cosine)


def _length(vectors: np.ndarray) -> np.ndarray:
    """Return the lengths (...) of vectors (2, ...)."""
    squares = vectors * vectors
    return np.sqrt(squares[0] + squares[1])
