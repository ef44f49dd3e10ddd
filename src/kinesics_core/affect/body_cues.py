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

_NOSE, _EARS = 0, [3, 4]
_SHOULDERS, _ELBOWS, _WRISTS, _HIPS, _KNEES, _ANKLES = (
    slice(first, first + 2) for first in range(5, 17, 2))
_ARMS = slice(_ELBOWS.start, _WRISTS.stop)
_TORSO_OVER_SHOULDERS = 0.288 / 0.21  # Drillis & Contini 1966
_SMOOTH = (0.25, 0.5, 0.25)
_SIDE = np.array([1.0, -1.0])
_FREQUENCIES = np.fft.rfftfreq(STEPS - 1, 1.0 / RATE)
_BAND = (_FREQUENCIES > 0.3) & (_FREQUENCIES < 6.0)
_TAPER = np.hanning(STEPS - 1)[None, :, None]
_TIMES = (np.arange(STEPS) - 0.5 * (STEPS - 1)) / RATE

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
    points = _levelled(_smoothed(np.where(known[:, None, :, None], poses, np.nan)))
    shoulders, hips = _mean(points[:, :, _SHOULDERS], 2), _mean(points[:, :, _HIPS], 2)
    across = _length(points[:, :, 5] - points[:, :, 6]) * _TORSO_OVER_SHOULDERS
    sizes = np.fmax(_length(hips - shoulders), across)
    size = np.sort(sizes, axis=1)[:, (3 * STEPS) // 4]
    size = np.where(size > 1e-6, size, np.nan)[:, None, None]
    body = (points - shoulders[:, :, None]) / size[..., None]
    legs = (points[:, :, 13:17] - hips[:, :, None]) / size[..., None]
    torso = (hips - shoulders) / size
    moved = np.diff(shoulders, axis=1) * RATE / size
    return np.array([
        *_head_and_trunk(body, torso), *_arms(body), *_stance(points, legs, size),
        *_speeds(body, legs, moved), *_extents(body, legs, shoulders / size, sizes),
    ]).T.copy()  # fmt: skip


def _head_and_trunk(body: np.ndarray, torso: np.ndarray) -> list[np.ndarray]:
    nose, left, right = body[:, :, _NOSE], body[:, :, _EARS[0]], body[:, :, _EARS[1]]
    ears = 0.5 * (np.where(np.isnan(left), right, left) + np.where(np.isnan(right), left, right))
    aside = _mean(nose[..., 0] - ears[..., 0], 1)
    facing = np.where(np.abs(aside) > 0.03, np.sign(aside), 0.0)
    width = _mean(body[:, :, 5, 0] - body[:, :, 6, 0], 1)
    return [
        -_mean(nose[..., 1], 1), -_mean(ears[..., 1], 1), _mean(nose[..., 1] - ears[..., 1], 1),
        np.abs(aside), width, facing * _mean(ears[..., 0], 1), -facing * _mean(torso[..., 0], 1),
        _mean(_length(torso), 1),
    ]  # fmt: skip


def _arms(body: np.ndarray) -> list[np.ndarray]:
    shoulders, elbows, wrists = body[:, :, _SHOULDERS], body[:, :, _ELBOWS], body[:, :, _WRISTS]
    bend = _angle(elbows - shoulders, wrists - elbows)
    turned = np.sign(_mean(shoulders[:, :, 0, 0] - shoulders[:, :, 1, 0], 1))[:, None, None]
    half = _mean(np.abs(shoulders[:, :, :1, 0] - shoulders[:, :, 1:, 0]), 1)[:, None] / 2
    out_wrist, out_elbow = (part[..., 0] * _SIDE * turned - half for part in (wrists, elbows))
    low, elbow_low = wrists[..., 1], elbows[..., 1]
    at_face = _length(wrists - body[:, :, _NOSE:_NOSE + 1])
    on_hips = (np.abs(low - 0.85) < 0.3) & (elbows[..., 0] * _SIDE * turned - half > 0.25)
    crossed = (out_wrist + half < -0.05).all(2)
    return [
        _mean(bend, (1, 2)), _mean(np.sqrt(_variance(bend)), 1),
        _mean(low, (1, 2)), -low.min((1, 2)),
        _mean(elbow_low, (1, 2)), _mean(out_wrist, (1, 2)), _mean(out_elbow, (1, 2)),
        _mean(_length(wrists[:, :, 0] - wrists[:, :, 1]), 1),
        _mean(np.abs(low[..., 0] - low[..., 1]), 1),
        _share(low < 0.0, low), _share(at_face < 0.35, at_face),
        _share(on_hips, low + elbow_low), _share(crossed, low.sum(2)),
    ]  # fmt: skip


def _stance(points: np.ndarray, legs: np.ndarray, size: np.ndarray) -> list[np.ndarray]:
    thigh = points[:, :, _KNEES] - points[:, :, _HIPS]
    shin = points[:, :, _ANKLES] - points[:, :, _KNEES]
    apart = _mean(np.abs((points[:, :, 15, 0] - points[:, :, 16, 0]) / size[..., 0]), 1)
    return [_mean(_angle(thigh, shin), (1, 2)), apart]


def _speeds(body: np.ndarray, legs: np.ndarray, moved: np.ndarray) -> list[np.ndarray]:
    velocity = np.diff(body[:, :, _ARMS], axis=1) * RATE
    elbow, wrist = _speed(velocity[:, :, :2]), _speed(velocity[:, :, 2:])
    head = _speed(np.diff(body[:, :, :1], axis=1) * RATE)
    walked = np.diff(legs, axis=1) * RATE
    knee, ankle = _speed(walked[:, :, :2]), _speed(walked[:, :, 2:])
    fast = np.sort(_length(velocity[:, :, 2:]).reshape(len(body), -1), axis=1)
    peak = fast[:, int(0.95 * fast.shape[1])]
    return [
        wrist, elbow, head, knee, ankle, _speed(moved[:, :, None]),
        _speed(moved[:, :, None, 1:]), wrist - ankle, np.log(peak + _STILL) - wrist,
        _jerk(velocity), _jerk(walked),
    ]


def _extents(
    body: np.ndarray, legs: np.ndarray, place: np.ndarray, sizes: np.ndarray
) -> list[np.ndarray]:
    def extent(values: np.ndarray) -> np.ndarray:
        return np.log(np.sqrt(_mean(_variance(values), 1)) + _FIXED)
    arms = body[:, :, _ARMS].reshape(len(body), STEPS, -1)
    feet = legs[:, :, 2:].reshape(len(body), STEPS, -1)
    # Departures from a moving mean of half a second: up and down the bounce, sideways the sway.
    mean = place[:, :STEPS - 6] / 7.0
    for later in range(1, 7):
        mean += place[:, later:later + STEPS - 6] / 7.0
    quick = place[:, 3:-3] - mean
    sway, bounce = np.log(np.sqrt(_variance(quick)) + _LEVEL).T
    grown = np.log(np.maximum(sizes, 1e-6))
    slope = _mean((grown - _mean(grown, 1)[:, None]) * _TIMES, 1) / _mean(_TIMES**2, 0)
    wrists = body[:, :, _WRISTS]
    return [
        extent(wrists[..., 0]), extent(wrists[..., 1]), extent(body[:, :, _NOSE]), extent(feet),
        bounce, sway, _tempo(arms), _tempo(feet), slope,
    ]


def _levelled(points: np.ndarray) -> np.ndarray:
    """Return windows turned as a level camera would see them.

    A roll of the camera tilts shoulders and trunk alike; a lean tilts the trunk alone, a raised
    shoulder the shoulders. So the smaller tilt of both counts, and in profile, where the shoulders
    are narrow, none.
    """
    line = _mean(points[:, :, 5] - points[:, :, 6], 1)
    trunk = _mean(_mean(points[:, :, _HIPS], 2) - _mean(points[:, :, _SHOULDERS], 2), 1)
    side = np.where(line[:, 0] < 0.0, -1.0, 1.0)[:, None]
    across, down = np.arctan2(*(line * side).T[::-1]), np.arctan2(-trunk[:, 0], trunk[:, 1])
    down = np.where(np.isfinite(down), down, across)
    broad = _length(line) > 0.35 * np.nan_to_num(_length(trunk))
    roll = np.where((across * down > 0.0) & broad,
                    np.sign(across) * np.minimum(np.abs(across), np.abs(down)), 0.0)
    sine, cosine = np.sin(roll)[:, None, None], np.cos(roll)[:, None, None]
    x, y = points[..., 0], points[..., 1]
    return np.stack([cosine * x + sine * y, cosine * y - sine * x], axis=-1)


def _speed(velocity: np.ndarray) -> np.ndarray:
    """Return the log of the root mean square speed (P,) of velocities (P, T, K, D)."""
    squared = (velocity * velocity).sum(-1)
    return np.log(np.sqrt(_mean(squared, tuple(range(1, squared.ndim)))) + _STILL)


def _jerk(velocity: np.ndarray) -> np.ndarray:
    change = np.diff(velocity, axis=1) * RATE
    rough = np.sqrt(_mean((change * change).sum(-1), (1, 2))) + _STEADY
    return np.log(rough) - _speed(velocity)


def _tempo(signals: np.ndarray) -> np.ndarray:
    """Return the log of the mean frequency (P,) of signals (P, T, S), by power of their speed."""
    power = np.abs(np.fft.rfft(np.diff(signals, axis=1) * _TAPER, axis=1)) ** 2
    power = power.sum(2)[:, _BAND]
    total = power.sum(1)
    mean = (power @ _FREQUENCIES[_BAND] + 1e-6) / (total + 1e-6)
    return np.log(mean + 0.2)


def _smoothed(points: np.ndarray) -> np.ndarray:
    padded = np.concatenate([points[:, :1], points, points[:, -1:]], axis=1)
    before, now, after = _SMOOTH
    return before * padded[:, :-2] + now * padded[:, 1:-1] + after * padded[:, 2:]


def _mean(values: np.ndarray, axes: int | tuple[int, ...]) -> np.ndarray:
    """Return the same as ``values.mean``, which asks more beforehand."""
    total = np.add.reduce(values, axis=axes)
    mean: np.ndarray = total / (values.size / total.size)
    return mean


def _variance(values: np.ndarray) -> np.ndarray:
    """Return the variance (P, ...) over the steps of values (P, T, ...)."""
    apart = values - _mean(values, 1)[:, None]
    return _mean(apart * apart, 1)


def _share(condition: np.ndarray, seen: np.ndarray) -> np.ndarray:
    axes = tuple(range(1, seen.ndim))
    shares: np.ndarray = np.where(np.isfinite(seen).all(axes), _mean(condition, axes), np.nan)
    return shares


def _angle(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    lengths = np.maximum(_length(one) * _length(other), 1e-9)
    return np.arccos(np.clip(np.einsum("...i,...i->...", one, other) / lengths, -1.0, 1.0))


def _length(vectors: np.ndarray) -> np.ndarray:
    return np.sqrt(np.einsum("...i,...i->...", vectors, vectors))
