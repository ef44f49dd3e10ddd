"""One person in one image as a flat vector, so that everything is interpolated alike."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from kinesics_core.keypoints import MIN_SCORE, visible
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
DRAWN = slice(93, 95)
"""Yaw and pitch of the head by its keypoints alone, whose level is not known."""
AXIS = slice(95, 97)
"""Horizontal part of the way from the right to the left shoulder, metres: right, away."""
FACE = 97
"""1 where the head's turn is a found face's, 0 where keypoints alone tell it."""
HANDS = slice(98, 102)
"""Knuckles of the left and the right hand, 2 x (x, y) pixels."""
SIZE = 102

TORSO = 0.5
"""Metres from shoulders to hips of an adult: .288 of a stature of 1.74 m (Drillis & Contini)."""

TORSO_OVER_SHOULDERS = 0.288 / 0.21
"""Torso over the distance of the shoulder joints (ibid.)."""

_NOSE_OUT = 1.36
"""Distance of the ears over that of the nose from the ears' axis (.15 m, .11 m)."""

LEVEL = 0.25
"""Pitch of a level head by ``head_angles``: the nose is lower than the ears."""

_TRUNK = np.isin(np.arange(17), (5, 6, 11, 12))

_EYE_RANGE = 0.45
"""Radians that eyes turn at a blendshape of 1."""


def samples_of(persons: Sequence[Person], size: tuple[int, int]) -> np.ndarray:
    """Return the samples (persons, SIZE), nan where unknown.

    Args:
        persons: As perception gives them.
        size: Width and height of the image, px.
    """
    made = np.full((len(persons), SIZE), np.nan)
    if not persons:
        return made
    coco = np.array([person.coco for person in persons], np.float64)
    places = np.where(visible(coco, size)[..., None], coco[..., :2], np.nan)
    made[:, COCO] = places.reshape(-1, 34)
    rows = [row for row, person in enumerate(persons) if person.pose_world is not None]
    if rows:
        world = np.array([persons[row].pose_world for row in rows], np.float64)
        world = world[:, MEDIAPIPE33_TO_COCO17]
        # The trunk is placed by all that is seen; limbs that are not are guesses.
        world[np.isnan(places[rows, :, 0]) & ~_TRUNK] = np.nan
        made[rows, WORLD] = world.reshape(-1, 51)
        made[rows, AXIS] = (world[:, 5] - world[:, 6])[:, [0, 2]]
    made[:, SCALE] = _scales(places, made[:, WORLD].reshape(-1, 17, 3))
    made[:, DRAWN], made[:, FACE] = head_angles(places), 0.0
    for row, person in enumerate(persons):
        _add_face(made[row], person)
        _add_hands(made[row], person)
    return made


def _add_face(made: np.ndarray, person: Person) -> None:
    """Fill in what a found face tells."""
    if person.head is not None:
        face = _face_angles(np.asarray(person.head, np.float64))
        if face is not None:
            made[YAW], made[PITCH], made[DISTANCE] = face
            made[FACE] = 1.0
    if person.blendshapes is not None and made[FACE] == 1.0:
        made[EYE_YAW], made[EYE_PITCH] = _eye_angles(person.blendshapes)


def _add_hands(made: np.ndarray, person: Person) -> None:
    """Fill in what the pose's knuckles and the hands' landmarks tell."""
    if person.pose is not None:
        for side in (0, 1):
            little, index = person.pose[17 + side], person.pose[19 + side]
            if little[3] >= MIN_SCORE and index[3] >= MIN_SCORE:
                first = HANDS.start + 2 * side
                made[first], made[first + 1] = (
                    0.5 * (little[0] + index[0]), 0.5 * (little[1] + index[1]))
    for side, hand in enumerate((person.left_hand_world, person.right_hand_world)):
        if hand is not None:
            made[POINTING.start + side] = _index_stretched(hand)


def coming_samples(keypoints: np.ndarray, latest: np.ndarray) -> np.ndarray:
    """Return the samples (steps, P, SIZE) of forecasts, given the latest ones observed.

    Depth is held, a metre keeps its pixels, and the head turns by what its keypoints turn.

    Args:
        keypoints: (steps, P, 17, 2) px.
        latest: (P, SIZE) samples that the forecasts continue.
    """
    steps, persons = keypoints.shape[:2]
    made = np.repeat(latest[None], steps, axis=0)
    now = latest[:, COCO].reshape(persons, 17, 2)
    places = np.where(np.isfinite(now[..., :1]), keypoints, np.nan)
    made[..., COCO] = places.reshape(steps, persons, 34)
    moved = places - now
    made[..., HANDS] += moved[..., 9:11, :].reshape(steps, persons, 4)
    metre = TORSO / np.exp(latest[:, SCALE])
    # World coordinates have their origin between the hips.
    middle = 0.5 * (moved[..., 11:12, :] + moved[..., 12:13, :])
    moved = (moved - np.where(np.isnan(middle), 0.0, middle)) * metre[:, None, None]
    world = made[..., WORLD].reshape(steps, persons, 17, 3)
    world[..., :2] += moved
    made[..., WORLD] = world.reshape(steps, persons, 51)
    made[..., [YAW, PITCH]] += head_angles(places) - head_angles(now)
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


def _scales(places: np.ndarray, world: np.ndarray) -> np.ndarray:
    """Return the logarithm of the pixels of a torso's length (P,), nan if unknown.

    Args:
        places: (P, 17, 2) px.
        world: (P, 17, 3) metres.
    """
    both = np.isfinite(places[..., 0]) & np.isfinite(world[..., 0])
    both[:, 1:5] = False  # the head's points say the same as the nose
    count = np.maximum(both.sum(axis=1), 1)[:, None]

    def spread(points: np.ndarray) -> np.ndarray:
        known = np.where(both[..., None], points, 0.0)
        off = np.where(both[..., None], points - (known.sum(axis=1) / count)[:, None], 0.0)
        found: np.ndarray = np.einsum("pki,pki->p", off, off)
        return found

    with np.errstate(invalid="ignore", divide="ignore"):
        metres = spread(world[..., :2])
        told = (count[:, 0] >= 4) & (metres > 1e-3)
        by_world = TORSO * np.sqrt(spread(places) / metres)
        trunk = 0.5 * (places[:, 5] + places[:, 6] - places[:, 11] - places[:, 12])
        across = places[:, 5] - places[:, 6]
        drawn = np.fmax(np.hypot(trunk[:, 0], trunk[:, 1]),
                        TORSO_OVER_SHOULDERS * np.hypot(across[:, 0], across[:, 1]))
        size = np.where(told, by_world, drawn)
        return np.log(np.where(size > 1.0, size, np.nan))


def _face_angles(head: np.ndarray) -> tuple[float, float, float] | None:
    """Return yaw and pitch of the face against the line to the camera, and its distance."""
    x, y, z = head[:3, 3].tolist()
    right, down, away = head[:3, 2].tolist()
    distance, length = math.hypot(x, y, z), math.hypot(right, down, away)
    if not (math.isfinite(distance + length) and distance > 1e-3 and length > 1e-3):
        return None
    yaw = math.atan2(right, -away) - math.atan2(-x, z)
    pitch = math.asin(max(-1.0, min(1.0, down / length))) - math.asin(-y / distance)
    return math.atan2(math.sin(yaw), math.cos(yaw)), pitch, distance


def _index(names: Mapping[str, int], *wanted: str) -> list[int]:
    return [names[name] for name in wanted]


_LEFTWARD = _index(BLENDSHAPE_INDEX, "eyeLookOutLeft", "eyeLookInRight")
_RIGHTWARD = _index(BLENDSHAPE_INDEX, "eyeLookInLeft", "eyeLookOutRight")
_DOWNWARD = _index(BLENDSHAPE_INDEX, "eyeLookDownLeft", "eyeLookDownRight")
_UPWARD = _index(BLENDSHAPE_INDEX, "eyeLookUpLeft", "eyeLookUpRight")
_BLINKS = _index(BLENDSHAPE_INDEX, "eyeBlinkLeft", "eyeBlinkRight")
_FINGERS = np.array([[0, first, first + 1, first + 2, first + 3] for first in (5, 9, 13, 17)])


def _eye_angles(shapes: np.ndarray) -> tuple[float, float]:
    """Return yaw and pitch of the eyes in the head; nan while they are shut."""
    if shapes.shape != (len(BLENDSHAPE_INDEX),):
        return math.nan, math.nan
    left, right, down, up, blink = (
        float(shapes[first]) + float(shapes[second])
        for first, second in (_LEFTWARD, _RIGHTWARD, _DOWNWARD, _UPWARD, _BLINKS))
    if not blink < 1.2:
        return math.nan, math.nan
    return 0.5 * _EYE_RANGE * (left - right), 0.5 * _EYE_RANGE * (down - up)


def _index_stretched(hand: np.ndarray) -> float:
    """Return how far the index finger is stretched beyond the three others, -1..1."""
    if hand.shape != (21, 3):
        return math.nan
    chains = np.asarray(hand, np.float64)[_FINGERS]
    bones = chains[:, 1:] - chains[:, :-1]
    lengths = np.sqrt(np.einsum("fbi,fbi->fb", bones, bones)).sum(axis=1)
    direct = chains[:, -1] - chains[:, 0]
    straight = np.sqrt(np.einsum("fi,fi->f", direct, direct)) / np.maximum(lengths, 1e-6)
    first, *others = straight.tolist()
    return max(-1.0, min(1.0, first - sum(others) / 3.0))
