"""Lengths and angles of a body that gestures are told by, free of distance and place.

Lengths are in torso lengths (``samples.TORSO`` of an adult), angles in radians. An arm's place is
told in the axes of the trunk: outwards to its own side, up (against gravity, as the camera has
it), forward. Where perception gives no depth, arms are lifted by the length of their bones.
"""

from __future__ import annotations

import math

import numpy as np

from kinesics_core.affect.per_person import some
from kinesics_core.affect.signals import samples
from kinesics_core.affect.signals.samples import TORSO, TORSO_OVER_SHOULDERS

_SIDED = (
    "wrist_out", "wrist_up", "wrist_forward", "elbow_out", "elbow_up", "elbow_forward", "reach",
    "at_face", "at_hip", "at_elbow", "thigh", "pointing", "bent", "beside", "above", "tips",
    "palm", "covering",
)

MEASURES = (
    *(f"{name}_{side}" for name in _SIDED for side in ("left", "right")),
    "gap", "head_up", "yaw", "pitch", "lean", "tilt", "facing", "shoulders_x", "shoulders_y",
    "hips_y", "scale", "gaze_yaw", "gaze_pitch", "face", "close", "near",
)
"""Names, in the order of the first axis of ``measure``'s result.

``reach`` is the distance of shoulder and wrist over that along the arm: 1 is straight; ``at_face``,
``at_hip`` and ``at_elbow`` are distances of the hand or wrist to the face, to the hip of its side
and to the other elbow; ``beside`` and ``above`` are the fingertips' place aside of and over the
shoulders in the image, ``tips`` that over the wrist; ``bent`` is how far the index finger is bent;
``covering`` is the distance in the image of the hand's own fingertips to the nose; ``palm`` is the
cosine of where the palm faces to the camera, 1 towards it; ``thigh`` is the thigh's angle to the
vertical; ``gap`` is between the wrists; ``head_up`` is the ears' height over the shoulders;
``lean`` and ``tilt`` are the trunk's, forward and aside; ``facing`` is the trunk's yaw against the
line to the camera, 0 facing it; ``shoulders_x``, ``shoulders_y`` and ``hips_y`` are places in the
image; ``scale`` is the logarithm of the pixels of a torso; ``close`` is the logarithm of one over
the face's distance, metres; ``near`` is how much nearer the face is than the body, the logarithm of
the ratio of their distances, to a constant; ``face`` is 1 where a face was found, which tells the
head's turn best."""

M = {name: index for index, name in enumerate(MEASURES)}
"""Index of each measure."""

_BOTH = {name: slice(M[f"{name}_left"], M[f"{name}_left"] + 2) for name in _SIDED}
"""Rows of a measure's left and right side."""

_TURN, _GAZE = slice(M["yaw"], M["pitch"] + 1), slice(M["gaze_yaw"], M["gaze_pitch"] + 1)

UPPER_ARM, FOREARM = 0.186 / 0.288, 0.146 / 0.288
"""Lengths of bones in torsos (Drillis & Contini 1966)."""

HAND = 0.35
"""The knuckles are this share of the forearm beyond the wrist, if nothing tells their place."""

TIPS = 2.0
"""Distance of the fingertips from the wrist over that of the knuckles."""


_OUTWARDS = np.array([1.0, -1.0, 1.0, -1.0])[:, None]  # to the side of each elbow and wrist
_FLATTENED = np.array([1.0, 1.0, 0.5])[:, None]  # depth, the least certain, counts half
_THIGH = 0.245 / 0.288


def measure(steps: np.ndarray, width: int, focal: float) -> np.ndarray:
    """Return the measures (len(MEASURES), ...) of samples.

    Args:
        steps: (..., samples.SIZE).
        width: Of the image, px.
        focal: Focal length, px.
    """
    sample = np.ascontiguousarray(steps.reshape(-1, samples.SIZE).T)
    pixels = sample[samples.COCO].reshape(17, 2, -1)
    scale = np.exp(sample[samples.SCALE])
    body, flat = _body(sample, pixels, scale)
    made = np.empty((len(MEASURES), sample.shape[1]))
    with np.errstate(invalid="ignore", divide="ignore"):
        shoulders, hips = 0.5 * (body[5] + body[6]), 0.5 * (body[11] + body[12])
        side = _sideways(body, sample[samples.AXIS])
        places = pixels / scale
        hands = sample[samples.HANDS].reshape(2, 2, -1) / scale - places[9:11]
        _arms(made, body, shoulders, side, hands)
        made[_BOTH["thigh"]] = _thighs(body[13:15] - body[11:13], flat)
        made[_BOTH["pointing"]] = sample[samples.POINTING]
        made[_BOTH["bent"]] = sample[samples.BENT]
        made[_BOTH["palm"]] = sample[samples.PALM]
        made[M["head_up"]] = shoulders[1] - 0.5 * (body[3, 1] + body[4, 1])
        trunk = shoulders - hips
        ahead = trunk[0] * side[1] - trunk[2] * side[0]
        made[M["lean"]] = np.arctan2(ahead, -trunk[1])
        made[M["lean"]][flat] = np.nan
        made[M["tilt"]] = np.arctan2(trunk[0] * side[0] + trunk[2] * side[1], -trunk[1])
        middle = 0.5 * (places[5] + places[6])
        azimuth = np.arctan2(0.5 * (pixels[5, 0] + pixels[6, 0]) - 0.5 * width, focal)
        made[M["facing"]] = _facing(body, trunk, side, flat, azimuth)
        made[M["shoulders_x"]], made[M["shoulders_y"]] = middle
        tips = sample[samples.TIPS].reshape(2, 2, -1) / scale
        made[_BOTH["covering"]] = _length(tips - places[0])
        tips -= places[9:11]
        _add_fingertips(tips, places, hands)
        np.negative(tips[:, 1], out=made[_BOTH["tips"]])
        tips += places[9:11] - middle
        made[_BOTH["beside"]] = tips[:, 0]
        np.negative(tips[:, 1], out=made[_BOTH["above"]])
        made[M["hips_y"]] = 0.5 * (places[11, 1] + places[12, 1])
    made[M["face"]], made[M["scale"]] = sample[samples.FACE], sample[samples.SCALE]
    close = made[M["close"]] = -np.log(sample[samples.DISTANCE])
    made[M["near"]] = math.log(focal) - sample[samples.SCALE] + close
    turn, eyes = sample[samples.TURN], sample[samples.EYE_YAW:samples.EYE_PITCH + 1]
    made[_TURN] = made[_GAZE] = turn
    np.add(turn, eyes, out=made[_GAZE], where=~np.isnan(eyes))
    return made.reshape(len(MEASURES), *steps.shape[:-1])


def _body(
    sample: np.ndarray, pixels: np.ndarray, scale: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return keypoints (17, 3, ...) in torsos, optical axes, and where (...) depth is guessed."""
    world = sample[samples.WORLD].reshape(17, 3, *scale.shape) / TORSO
    flat = ~np.isfinite(world[5, 2] + world[6, 2])
    if not some(flat):
        return world, flat
    drawn = np.zeros_like(world)
    drawn[:, :2] = pixels / scale
    with np.errstate(invalid="ignore"):
        upper, lower = drawn[7:9] - drawn[5:7], drawn[9:11] - drawn[7:9]
        deep = np.sqrt(np.maximum(UPPER_ARM**2 - _squared(upper), 0.0))
        drawn[9:11, 2] = -deep - np.sqrt(np.maximum(FOREARM**2 - _squared(lower), 0.0))
        drawn[7:9, 2] = -deep
    return np.where(flat, drawn, world), flat


def _sideways(body: np.ndarray, axis: np.ndarray) -> np.ndarray:
    """Return the unit vectors to the body's left, horizontal: (2, ...), right and away."""
    unknown = np.isnan(axis[0])
    if some(unknown):
        axis = np.where(unknown, (body[5] - body[6])[::2], axis)
    side: np.ndarray = axis / np.maximum(np.hypot(axis[0], axis[1]), 1e-6)
    return side


def _add_fingertips(tips: np.ndarray, places: np.ndarray, knuckles: np.ndarray) -> None:
    """Fill in fingertips of which nothing tells the place: their hands go on along the forearms.

    Args:
        tips: (2, 2, ...) from the wrists in the image, torsos; nan where unknown.
        places: (17, 2, ...) keypoints in the image, torsos.
        knuckles: (2, 2, ...) as ``tips``.
    """
    unknown = np.isnan(tips)
    if some(unknown):
        straight = HAND * (places[9:11] - places[7:9])
        np.copyto(straight, knuckles, where=np.isfinite(knuckles))
        straight *= TIPS
        straight[np.isnan(straight)] = 0.0
        np.copyto(tips, straight, where=unknown)


def _arms(
    made: np.ndarray, body: np.ndarray, shoulders: np.ndarray, side: np.ndarray,
    knuckles: np.ndarray,
) -> None:
    """Fill in the measures of both arms."""
    place = body[7:11] - shoulders
    x, z = place[:, 0], place[:, 2]
    out, forward = (x * side[0] + z * side[1]) * _OUTWARDS, x * side[1] - z * side[0]
    for name, rows in (("elbow", slice(0, 2)), ("wrist", slice(2, 4))):
        made[_BOTH[f"{name}_out"]] = out[rows]
        np.negative(place[rows, 1], out=made[_BOTH[f"{name}_up"]])
        made[_BOTH[f"{name}_forward"]] = forward[rows]
    shallow = body[:13] * _FLATTENED
    wrists = shallow[9:11]
    beyond = HAND * (wrists - shallow[7:9])
    np.copyto(beyond[:, :2], knuckles, where=np.isfinite(knuckles))
    ways = np.empty((13, *body.shape[1:]))
    np.subtract(body[7:11], body[5:9], out=ways[:4])  # upper arms and forearms
    np.subtract(body[9:11], body[5:7], out=ways[4:6])
    np.subtract(wrists + beyond, shallow[0], out=ways[6:8])
    np.subtract(wrists, shallow[11:13], out=ways[8:10])
    np.subtract(wrists, shallow[8:6:-1], out=ways[10:12])  # to the other elbow
    np.subtract(wrists[0], wrists[1], out=ways[12])
    lengths = _length(ways)
    made[_BOTH["reach"]] = lengths[4:6] / np.maximum(lengths[:2] + lengths[2:4], 0.1)
    made[_BOTH["at_face"]], made[_BOTH["at_hip"]] = lengths[6:8], lengths[8:10]
    made[_BOTH["at_elbow"]], made[M["gap"]] = lengths[10:12], lengths[12]


def _thighs(thighs: np.ndarray, flat: np.ndarray) -> np.ndarray:
    """Return the angles of thighs (2, 3, ...) to the vertical.

    Without depth it is that of what the length of a thigh leaves.
    """
    x, y, depth = thighs[:, 0], thighs[:, 1], thighs[:, 2]
    if some(flat):
        deep = np.sqrt(np.maximum(_THIGH**2 - x**2 - y**2, 0.0))
        depth = np.where(flat, deep, depth)
    return np.arctan2(np.hypot(x, depth), y)


def _facing(
    body: np.ndarray, trunk: np.ndarray, side: np.ndarray, flat: np.ndarray, azimuth: np.ndarray
) -> np.ndarray:
    """Return the trunk's yaw against the line to the camera, to the right of the image positive.

    Args:
        body: (17, 3, ...) torsos.
        trunk: (3, ...) from the hips to the shoulders.
        side: (2, ...) to the body's left.
        flat: (...) bool, where depth is guessed.
        azimuth: (...) radians of the line to the camera.
    """
    turned = np.arctan2(side[1], side[0]) + azimuth
    if some(flat):
        length = np.sqrt(trunk[0] ** 2 + trunk[1] ** 2)
        across = (body[5, 0] - body[6, 0]) * TORSO_OVER_SHOULDERS
        # Without depth and hips a torso's length is 1 by the scale.
        length = np.where(np.isfinite(length), np.maximum(length, 0.5), 1.0)
        share = np.clip(1.3 * across / length, -1, 1)
        towards = np.where(body[0, 0] < 0.5 * (body[5, 0] + body[6, 0]), -1.0, 1.0)
        turned = np.where(flat, towards * np.arccos(share), turned)
    return np.arctan2(np.sin(turned), np.cos(turned))


def _squared(vectors: np.ndarray) -> np.ndarray:
    """Return the squared lengths (n, ...) of vectors (n, 2 or 3, ...)."""
    squares = vectors * vectors
    total: np.ndarray = squares[:, 0] + squares[:, 1]
    return total + squares[:, 2] if squares.shape[1] == 3 else total


def _length(vectors: np.ndarray) -> np.ndarray:
    return np.sqrt(_squared(vectors))
