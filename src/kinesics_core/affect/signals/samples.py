"""One person in one image as a flat vector, so that everything is interpolated alike."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from kinesics_core.keypoints import visible
from kinesics_core.skeletons import BLENDSHAPE_INDEX, MEDIAPIPE33_TO_COCO17
from kinesics_core.types import Person

COCO = slice(0, 34)
"""17 x (x, y) pixels."""
WORLD = slice(34, 85)
"""The same keypoints, 17 x (x, y, z) metres, optical axes."""
YAW, PITCH = 85, 86
"""Angles of the face against the line to the camera, radians: to the image's right, down."""
EYE_YAW, EYE_PITCH = 87, 88
"""Angles of the eyes in the head, likewise."""
DISTANCE = 89
"""Metres from the camera to the head."""
POINTING = slice(90, 92)
"""Left and right hand: how far the index finger is stretched beyond the others, -1..1."""
SCALE = 92
"""Logarithm of the pixels that a length of one torso has in the image."""
SIZE = 93

TORSO = 0.5
"""Metres from shoulders to hips of an adult: .288 of a stature of 1.74 m (Drillis & Contini)."""

TORSO_OVER_SHOULDERS = 0.288 / 0.21
"""Torso over the distance of the shoulder joints (ibid.)."""

_NOSE_OUT = 1.36
"""Distance of the ears over that of the nose from the ears' axis (.15 m, .11 m)."""

_LEVEL = 0.25
"""Pitch of a level head by ``head_angles``: the nose is lower than the ears."""

_EYE_RANGE = 0.45
"""Radians that eyes turn at a blendshape of 1."""


def sample(person: Person, size: tuple[int, int]) -> np.ndarray:
    """Return the sample (SIZE,) of a person, nan where unknown.

    Args:
        person: As perception gives it.
        size: Width and height of the image, px.
    """
    made = np.full(SIZE, np.nan)
    coco = np.asarray(person.coco, np.float64)
    places = np.where(visible(coco, size)[:, None], coco[:, :2], np.nan)
    made[COCO] = places.ravel()
    world = None if person.pose_world is None else np.asarray(person.pose_world, np.float64)
    if world is not None:
        world = np.where(np.isfinite(places[:, :1]), world[MEDIAPIPE33_TO_COCO17], np.nan)
        made[WORLD] = world.ravel()
    made[SCALE] = _scale(places, world)
    made[[YAW, PITCH]] = head_angles(places) - (0.0, _LEVEL)
    if person.head is not None:
        face = _face_angles(np.asarray(person.head, np.float64))
        if np.isfinite(face).all():
            made[[YAW, PITCH, DISTANCE]] = face
    if person.blendshapes is not None:
        made[[EYE_YAW, EYE_PITCH]] = _eye_angles(np.asarray(person.blendshapes, np.float64))
    for side, hand in enumerate((person.left_hand_world, person.right_hand_world)):
        if hand is not None:
            made[90 + side] = _index_stretched(np.asarray(hand, np.float64))
    return made


def coming_samples(
    keypoints: np.ndarray, latest: np.ndarray
) -> np.ndarray:
    """Return the samples (steps, SIZE) of a forecast, given the latest one observed.

    Depth is held, a metre keeps its pixels, and the head turns by what its keypoints turn.

    Args:
        keypoints: (steps, 17, 2) px.
        latest: (SIZE,) sample that the forecast continues.
    """
    steps = len(keypoints)
    made = np.repeat(latest[None], steps, axis=0)
    now = latest[COCO].reshape(17, 2)
    places = np.where(np.isfinite(now[:, 0])[:, None], keypoints, np.nan)
    made[:, COCO] = places.reshape(steps, 34)
    world = latest[WORLD].reshape(17, 3)
    if np.isfinite(world).any():
        metre = TORSO / np.exp(latest[SCALE])
        moved = np.concatenate([(places - now) * metre, np.zeros((steps, 17, 1))], axis=-1)
        # World coordinates have their origin between the hips.
        middle = moved[:, 11:13].mean(axis=1, keepdims=True)
        moved -= np.where(np.isfinite(middle), middle, 0.0)
        made[:, WORLD] = (world + moved).reshape(steps, 51)
    turned = head_angles(places) - head_angles(now[None])
    made[:, YAW] += turned[..., 0]
    made[:, PITCH] += turned[..., 1]
    return made


def head_angles(places: np.ndarray) -> np.ndarray:
    """Return yaw and pitch (..., 2) of a head by its keypoints; a level head may have any pitch.

    Args:
        places: (..., 17, 2) px.
    """
    left, right = places[..., 3, :], places[..., 4, :]
    nose = places[..., 0, :] - 0.5 * (left + right)
    across = left[..., 0] - right[..., 0]
    yaw = np.arctan2(_NOSE_OUT * nose[..., 0], across)
    # The distance of the ears as it would be from the front.
    width = np.hypot(across, _NOSE_OUT * nose[..., 0])
    with np.errstate(invalid="ignore", divide="ignore"):
        pitch = np.arcsin(np.clip(_NOSE_OUT * nose[..., 1] / width, -1.0, 1.0))
    return np.stack([yaw, pitch], axis=-1)


def _scale(places: np.ndarray, world: np.ndarray | None) -> float:
    """Return the logarithm of the pixels of a torso's length, nan if unknown."""
    if world is not None:
        both = np.isfinite(places[:, 0]) & np.isfinite(world[:, 0])
        both[1:5] = False  # the head's points say the same as the nose
        if np.count_nonzero(both) >= 4:
            pixels = places[both] - places[both].mean(axis=0)
            metres = world[both, :2] - world[both, :2].mean(axis=0)
            spread = float((metres * metres).sum())
            if spread > 1e-3:
                ratio = float(np.sqrt((pixels * pixels).sum() / spread))
                return float(np.log(max(ratio * TORSO, 1e-3)))
    shoulders, hips = places[[5, 6]], places[[11, 12]]
    torso = float(np.linalg.norm(hips.mean(axis=0) - shoulders.mean(axis=0)))
    across = TORSO_OVER_SHOULDERS * float(np.linalg.norm(shoulders[0] - shoulders[1]))
    longer = float(np.fmax(torso, across))
    return float(np.log(longer)) if longer > 1.0 else float("nan")


def _face_angles(head: np.ndarray) -> np.ndarray:
    """Return yaw and pitch of the face against the line to the camera, and its distance (3,)."""
    place, out = head[:3, 3], head[:3, 2]
    distance = float(np.linalg.norm(place))
    if not (np.isfinite(head).all() and distance > 1e-3 and np.linalg.norm(out) > 1e-3):
        return np.full(3, np.nan)
    out, line = out / np.linalg.norm(out), -place / distance
    yaw = np.arctan2(out[0], -out[2]) - np.arctan2(line[0], -line[2])
    pitch = np.arcsin(np.clip(out[1], -1, 1)) - np.arcsin(np.clip(line[1], -1, 1))
    return np.array([np.arctan2(np.sin(yaw), np.cos(yaw)), pitch, distance])


def _index(names: Mapping[str, int], *wanted: str) -> list[int]:
    return [names[name] for name in wanted]


_LEFTWARD = _index(BLENDSHAPE_INDEX, "eyeLookOutLeft", "eyeLookInRight")
_RIGHTWARD = _index(BLENDSHAPE_INDEX, "eyeLookInLeft", "eyeLookOutRight")
_DOWNWARD = _index(BLENDSHAPE_INDEX, "eyeLookDownLeft", "eyeLookDownRight")
_UPWARD = _index(BLENDSHAPE_INDEX, "eyeLookUpLeft", "eyeLookUpRight")
_BLINKS = _index(BLENDSHAPE_INDEX, "eyeBlinkLeft", "eyeBlinkRight")


def _eye_angles(shapes: np.ndarray) -> np.ndarray:
    """Return yaw and pitch (2,) of the eyes in the head; nan while they are shut."""
    if shapes.shape != (len(BLENDSHAPE_INDEX),) or not shapes[_BLINKS].mean() < 0.6:
        return np.full(2, np.nan)
    yaw = shapes[_LEFTWARD].mean() - shapes[_RIGHTWARD].mean()
    pitch = shapes[_DOWNWARD].mean() - shapes[_UPWARD].mean()
    return _EYE_RANGE * np.array([yaw, pitch])


def _index_stretched(hand: np.ndarray) -> float:
    """Return how far the index finger is stretched beyond the three others, -1..1."""
    if hand.shape != (21, 3):
        return float("nan")
    bones = np.diff(hand[[0, 5, 6, 7, 8, 0, 9, 10, 11, 12, 0, 13, 14, 15, 16, 0, 17, 18, 19, 20]]
                    .reshape(4, 5, 3), axis=1)
    lengths = np.sqrt((bones * bones).sum(axis=-1)).sum(axis=1)
    direct = np.linalg.norm(hand[[8, 12, 16, 20]] - hand[0], axis=1)
    straight = direct / np.maximum(lengths, 1e-6)
    return float(np.clip(straight[0] - straight[1:].mean(), -1.0, 1.0))
