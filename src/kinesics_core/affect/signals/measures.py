"""Lengths and angles of a body that gestures are told by, free of distance and place.

Lengths are in torso lengths (``samples.TORSO`` of an adult), angles in radians. An arm's place is
told in the axes of the trunk: outwards to its own side, up (against gravity, as the camera has
it), forward. Where perception gives no depth, arms are lifted by the length of their bones.
"""

from __future__ import annotations

import numpy as np

from kinesics_core.affect.signals import samples
from kinesics_core.affect.signals.samples import TORSO, TORSO_OVER_SHOULDERS

_SIDED = (
    "wrist_out", "wrist_up", "wrist_forward", "elbow_out", "elbow_up", "elbow_forward", "reach",
    "at_face", "at_hip", "at_elbow", "thigh", "pointing", "beside",
)

MEASURES = (
    *(f"{name}_{side}" for name in _SIDED for side in ("left", "right")),
    "gap", "head_up", "yaw", "pitch", "lean", "tilt", "facing", "shoulders_x", "shoulders_y",
    "hips_y", "scale", "gaze_yaw", "gaze_pitch", "face", "near",
)
"""Names, in the order of the first axis of ``measure``'s result.

``reach`` is the distance of shoulder and wrist over that along the arm: 1 is straight; ``at_face``,
``at_hip`` and ``at_elbow`` are distances of the hand or wrist to the face, to the hip of its side
and to the other elbow; ``beside`` is the hand's place aside of the shoulders in the image;
``thigh`` is the thigh's angle to the vertical; ``gap`` is between the wrists; ``head_up`` is the
ears' height over the shoulders; ``lean`` and ``tilt`` are the trunk's, forward and aside;
``facing`` is the trunk's yaw against the line to the camera, 0 facing it; ``shoulders_x``,
``shoulders_y`` and ``hips_y`` are places in the image; ``scale`` is the logarithm of the pixels of
a torso; ``near`` is how much nearer the face is than the body, the logarithm of the ratio of their
distances, to a constant; ``face`` is 1 where a face was found, which tells the head's turn best."""

M = {name: index for index, name in enumerate(MEASURES)}
"""Index of each measure."""

UPPER_ARM, FOREARM = 0.186 / 0.288, 0.146 / 0.288
"""Lengths of bones in torsos (Drillis & Contini 1966)."""

_HAND = 0.35
"""The hand's middle is this share of the forearm beyond the wrist."""


def measure(steps: np.ndarray, width: int, focal: float) -> np.ndarray:
    """Return the measures (len(MEASURES), ...) of samples.

    Args:
        steps: (..., samples.SIZE).
        width: Of the image, px.
        focal: Focal length, px.
    """
    shape = steps.shape[:-1]
    pixels = steps[..., samples.COCO].reshape(*shape, 17, 2)
    scale = np.exp(steps[..., samples.SCALE])
    body, flat = _body(steps, pixels, scale)
    made = np.full((len(MEASURES), *shape), np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        shoulders = 0.5 * (body[..., 5, :] + body[..., 6, :])
        hips = 0.5 * (body[..., 11, :] + body[..., 12, :])
        sideways, forward = _axes(body, steps[..., samples.AXIS])
        _arms(made, body, shoulders, sideways, forward)
        for side in (0, 1):
            thigh = body[..., 13 + side, :] - body[..., 11 + side, :]
            made[M["thigh_left"] + side] = _thigh(thigh, flat)
            made[M["pointing_left"] + side] = steps[..., samples.POINTING][..., side]
        made[M["head_up"]] = shoulders[..., 1] - 0.5 * (body[..., 3, 1] + body[..., 4, 1])
        trunk = shoulders - hips
        made[M["lean"]] = np.where(
            flat, np.nan, np.arctan2((trunk * forward).sum(-1), -trunk[..., 1]))
        made[M["tilt"]] = np.arctan2((trunk * sideways).sum(-1), -trunk[..., 1])
        made[M["facing"]] = _facing(body, pixels, sideways, forward, flat, width, focal)
        middle = 0.5 * (pixels[..., 5, :] + pixels[..., 6, :]) / scale[..., None]
        made[M["shoulders_x"]], made[M["shoulders_y"]] = middle[..., 0], middle[..., 1]
        for side in (0, 1):
            hand, wrist = steps[..., samples.HANDS][..., 2 * side], pixels[..., 9 + side, 0]
            made[M["beside_left"] + side] = (
                np.where(np.isnan(hand) | np.isnan(wrist), wrist, hand) / scale - middle[..., 0])
        made[M["hips_y"]] = 0.5 * (pixels[..., 11, 1] + pixels[..., 12, 1]) / scale
    made[M["yaw"]], made[M["pitch"]] = steps[..., samples.YAW], steps[..., samples.PITCH]
    made[M["face"]] = steps[..., samples.FACE]
    made[M["near"]] = np.log(focal) - steps[..., samples.SCALE] - np.log(
        steps[..., samples.DISTANCE])
    made[M["scale"]] = steps[..., samples.SCALE]
    for name, eye in (("gaze_yaw", samples.EYE_YAW), ("gaze_pitch", samples.EYE_PITCH)):
        turn = steps[..., eye]
        made[M[name]] = made[M[name.removeprefix("gaze_")]] + np.where(np.isnan(turn), 0.0, turn)
    return made


def _body(
    steps: np.ndarray, pixels: np.ndarray, scale: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return keypoints (..., 17, 3) in torsos, optical axes, and where (...) depth is guessed."""
    world = steps[..., samples.WORLD].reshape(*pixels.shape[:-1], 3) / TORSO
    flat = ~np.isfinite(world[..., 5, 2] + world[..., 6, 2])
    if not flat.any():
        return world, flat
    drawn = np.concatenate([pixels / scale[..., None, None], np.zeros((*pixels.shape[:-1], 1))], -1)
    with np.errstate(invalid="ignore"):
        for side in (0, 1):
            upper = drawn[..., 7 + side, :2] - drawn[..., 5 + side, :2]
            lower = drawn[..., 9 + side, :2] - drawn[..., 7 + side, :2]
            deep = np.sqrt(np.maximum(UPPER_ARM**2 - (upper * upper).sum(-1), 0.0))
            deeper = np.sqrt(np.maximum(FOREARM**2 - (lower * lower).sum(-1), 0.0))
            drawn[..., 7 + side, 2] = -deep
            drawn[..., 9 + side, 2] = -deep - deeper
    return np.where(flat[..., None, None], drawn, world), flat


def _axes(body: np.ndarray, axis: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return unit vectors (..., 3) to the body's left and forward; both horizontal."""
    drawn = (body[..., 5, :] - body[..., 6, :])[..., [0, 2]]
    across = np.where(np.isnan(axis[..., :1]), drawn, axis)
    across = np.stack([across[..., 0], np.zeros_like(across[..., 0]), across[..., 1]], -1)
    sideways = across / np.maximum(np.sqrt((across * across).sum(-1)), 1e-6)[..., None]
    forward = np.stack([sideways[..., 2], np.zeros_like(sideways[..., 0]), -sideways[..., 0]], -1)
    return sideways, forward


def _arms(
    made: np.ndarray, body: np.ndarray, shoulders: np.ndarray, sideways: np.ndarray,
    forward: np.ndarray,
) -> None:
    """Fill in the measures of both arms."""
    face = body[..., 0, :]
    for side, sign in ((0, 1.0), (1, -1.0)):
        shoulder, elbow = body[..., 5 + side, :], body[..., 7 + side, :]
        wrist, hip = body[..., 9 + side, :], body[..., 11 + side, :]
        for name, joint in (("wrist", wrist), ("elbow", elbow)):
            place = joint - shoulders
            made[M[f"{name}_out_left"] + side] = sign * (place * sideways).sum(-1)
            made[M[f"{name}_up_left"] + side] = -place[..., 1]
            made[M[f"{name}_forward_left"] + side] = (place * forward).sum(-1)
        made[M["reach_left"] + side] = _length(wrist - shoulder) / np.maximum(
            _length(elbow - shoulder) + _length(wrist - elbow), 0.1)
        hand = wrist + _HAND * (wrist - elbow)
        made[M["at_face_left"] + side] = _length((hand - face) * (1.0, 1.0, 0.5))
        made[M["at_hip_left"] + side] = _length((wrist - hip) * (1.0, 1.0, 0.5))
        other = body[..., 8 - side, :]
        made[M["at_elbow_left"] + side] = _length((wrist - other) * (1.0, 1.0, 0.5))
    made[M["gap"]] = _length((body[..., 9, :] - body[..., 10, :]) * (1.0, 1.0, 0.5))


def _thigh(thigh: np.ndarray, flat: np.ndarray) -> np.ndarray:
    """Return a thigh's angle to the vertical; without depth, of what its length leaves."""
    length = 0.245 / 0.288
    deep = np.sqrt(np.maximum(length**2 - thigh[..., 0] ** 2 - thigh[..., 1] ** 2, 0.0))
    depth = np.where(flat, deep, thigh[..., 2])
    return np.arctan2(np.hypot(thigh[..., 0], depth), thigh[..., 1])


def _facing(
    body: np.ndarray, pixels: np.ndarray, sideways: np.ndarray, forward: np.ndarray,
    flat: np.ndarray, width: int, focal: float,
) -> np.ndarray:
    """Return the trunk's yaw against the line to the camera, to the right of the image positive."""
    azimuth = np.arctan2(
        0.5 * (pixels[..., 5, 0] + pixels[..., 6, 0]) - 0.5 * width, focal)
    turned = np.arctan2(forward[..., 0], -forward[..., 2]) + azimuth
    trunk = _length((0.5 * (body[..., 5, :] + body[..., 6, :] - body[..., 11, :]
                            - body[..., 12, :]))[..., :2])
    across = (body[..., 5, 0] - body[..., 6, 0]) * TORSO_OVER_SHOULDERS
    # Without depth and hips a torso's length is 1 by the scale.
    trunk = np.where(np.isfinite(trunk), np.maximum(trunk, 0.5), 1.0)
    share = np.clip(1.3 * across / trunk, -1, 1)
    towards = np.where(body[..., 0, 0] < 0.5 * (body[..., 5, 0] + body[..., 6, 0]), -1.0, 1.0)
    turned = np.where(flat, towards * np.arccos(share), turned)
    return np.arctan2(np.sin(turned), np.cos(turned))


def _length(vectors: np.ndarray) -> np.ndarray:
    return np.sqrt(np.einsum("...i,...i->...", vectors, vectors))
