"""One person in one image as a flat vector, so that everything is interpolated alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from kinesics_core.affect.per_person import Rows, every
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
DRAWN = slice(92, 94)
"""Yaw and pitch of the head by its keypoints alone, whose level is not known."""
SCALE = 94
"""Logarithm of the pixels that a length of one torso has in the image."""
AXIS = slice(95, 97)
"""Horizontal part of the way from the right to the left shoulder, metres: right, away."""
FACE = 97
"""1 where the head's turn is a found face's, 0 where keypoints alone tell it."""
HANDS = slice(98, 102)
"""Knuckles of the left and the right hand, 2 x (x, y) pixels."""
BENT = slice(102, 104)
"""Left and right hand: how far the index finger is bent, 0 straight, about .6 in a fist."""
TIPS = slice(104, 108)
"""Middle of the four fingers' tips of the left and the right hand, 2 x (x, y) pixels."""
PALM = slice(108, 110)
"""Left and right hand: cosine of the angle between where the palm faces and the camera's axis, 1
towards the camera."""
SIZE = 110

TURN = slice(YAW, PITCH + 1)
FOLLOWED = slice(SCALE, AXIS.stop)
"""Elements followed more slowly than they are seen: the size, and where shoulders point."""

TORSO = 0.5
"""Metres from shoulders to hips of an adult: .288 of a stature of 1.74 m (Drillis & Contini)."""

TORSO_OVER_SHOULDERS = 0.288 / 0.21
"""Torso over the distance of the shoulder joints (ibid.)."""

_NOSE_OUT = 1.36
"""Distance of the ears over that of the nose from the ears' axis (.15 m, .11 m)."""

LEVEL = 0.25
"""Pitch of a level head by ``head_angles``: the nose is lower than the ears."""

_LIMBS = ~np.isin(np.arange(17), (5, 6, 11, 12))
_SIZED = np.array([0, *range(5, 17)])

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
    unseen = ~visible(coco, size)
    places = coco[..., :2].copy()
    places[unseen] = np.nan
    made[:, COCO] = places.reshape(-1, 34)
    worlds = [person.pose_world is not None for person in persons]
    rows = _rows(worlds)
    if any(worlds):
        world = np.array([
            person.pose_world for person in persons if person.pose_world is not None], np.float64)
        world = world.take(MEDIAPIPE33_TO_COCO17, axis=1)
        # The trunk is placed by all that is seen; limbs that are not are guesses.
        world[unseen[rows] & _LIMBS] = np.nan
        made[rows, WORLD] = world.reshape(-1, 51)
        made[rows, AXIS] = (world[:, 5] - world[:, 6])[:, ::2]
    made[:, SCALE] = _scales(places, made[:, WORLD].reshape(-1, 17, 3))
    made[:, DRAWN], made[:, FACE] = head_angles(places), 0.0
    _add_faces(made, persons)
    _add_hands(made, persons)
    return made


def _rows(there: Sequence[bool]) -> Rows:
    """Return the rows that are there, as a slice if all are, which costs less."""
    return slice(None) if all(there) else np.array(there).nonzero()[0]


def _add_faces(made: np.ndarray, persons: Sequence[Person]) -> None:
    """Fill in what found faces tell."""
    found = [row for row, person in enumerate(persons) if person.head is not None]
    if not found:
        return
    faces = [persons[row] for row in found]
    eyes = np.array([
        _NO_SHAPES if face.blendshapes is None or face.blendshapes.shape != _NO_SHAPES.shape
        else face.blendshapes for face in faces], np.float64)
    values = np.empty((len(found), DISTANCE + 1 - YAW))
    told = _face_angles(np.array([face.head for face in faces], np.float64), values)
    values[:, EYE_YAW - YAW:EYE_PITCH + 1 - YAW] = _eye_angles(eyes)
    if len(found) == len(made) and every(told):
        made[:, YAW:DISTANCE + 1], made[:, FACE] = values, 1.0
    else:
        rows = np.array(found)[told]
        made[rows, YAW:DISTANCE + 1] = values[told]
        made[rows, FACE] = 1.0


def _add_hands(made: np.ndarray, persons: Sequence[Person]) -> None:
    """Fill in what the poses' knuckles and the hands' landmarks tell."""
    told = [person.pose is not None for person in persons]
    if any(told):
        poses = np.array([
            person.pose for person in persons if person.pose is not None], np.float64)
        little, index = poses[:, 17:19], poses[:, 19:21]
        seen = (little[..., 3] >= MIN_SCORE) & (index[..., 3] >= MIN_SCORE)
        knuckles = np.where(seen[..., None], 0.5 * (little[..., :2] + index[..., :2]), np.nan)
        made[_rows(told), HANDS] = knuckles.reshape(-1, 4)
    drawn = _found_hands([person.left_hand for person in persons],
                         [person.right_hand for person in persons])
    if drawn:
        rows, sides, hands = zip(*drawn, strict=True)
        tips = np.array(hands, np.float64)[:, _FINGERTIPS, :2].mean(axis=1)
        first = TIPS.start + 2 * np.array(sides)
        made[rows, first], made[rows, first + 1] = tips.T
    found = _found_hands([person.left_hand_world for person in persons],
                         [person.right_hand_world for person in persons])
    if found:
        rows, sides, hands = zip(*found, strict=True)
        landmarks, sides = np.array(hands, np.float64), np.array(sides)
        with np.errstate(invalid="ignore"):  # hands that hold infinity
            straight = _straightness(landmarks)
            index = straight[:, 0]
            beyond = index - straight[:, 1:].sum(axis=1) / 3.0
            made[rows, PALM.start + sides] = _palms(landmarks) * (1.0 - 2.0 * sides)
        made[rows, POINTING.start + sides] = np.minimum(np.maximum(beyond, -1.0), 1.0)
        made[rows, BENT.start + sides] = np.maximum(1.0 - index, 0.0)


def _found_hands(
    left: Sequence[np.ndarray | None], right: Sequence[np.ndarray | None]
) -> list[tuple[int, int, np.ndarray]]:
    """Return the row, the side (0 left, 1 right) and the landmarks of each hand that is found."""
    return [(row, side, hand) for side, hands in enumerate((left, right))
            for row, hand in enumerate(hands) if hand is not None and hand.shape == (21, 3)]


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
    places = keypoints + 0.0 * now  # nan where nothing is known now
    made[..., COCO] = places.reshape(steps, persons, 34)
    moved = places - now
    wrists = moved[..., 9:11, :].reshape(steps, persons, 4)
    made[..., HANDS] += wrists
    made[..., TIPS] += wrists
    metre = TORSO / np.exp(latest[:, SCALE])
    # World coordinates have their origin between the hips.
    middle = 0.5 * (moved[..., 11:12, :] + moved[..., 12:13, :])
    middle[np.isnan(middle)] = 0.0
    moved -= middle
    moved *= metre[:, None, None]
    made[..., WORLD].reshape(steps, persons, 17, 3)[..., :2] += moved
    angles = head_angles(np.concatenate([now[None], places]))
    made[..., TURN] += angles[1:] - angles[0]
    return made


def head_angles(places: np.ndarray) -> np.ndarray:
    """Return yaw and pitch (..., 2) of a head by its keypoints; a level head may have any pitch.

    Args:
        places: (..., 17, 2) px.
    """
    left, right = places[..., 3, :], places[..., 4, :]
    out = _NOSE_OUT * (places[..., 0, :] - 0.5 * (left + right))
    across = left[..., 0] - right[..., 0]
    angles = np.empty(out.shape)
    np.arctan2(out[..., 0], across, out=angles[..., 0])
    # The distance of the ears as it would be from the front.
    with np.errstate(invalid="ignore", divide="ignore"):
        sine = out[..., 1] / np.hypot(across, out[..., 0])
        np.arcsin(np.minimum(np.maximum(sine, -1.0), 1.0), out=angles[..., 1])
    return angles


def _scales(places: np.ndarray, world: np.ndarray) -> np.ndarray:
    """Return the logarithm of the pixels of a torso's length (P,), nan if unknown.

    Args:
        places: (P, 17, 2) px.
        world: (P, 17, 3) metres.
    """
    # The head's points say the same as the nose.
    both = np.empty((4, 17, len(places)))  # x and y of each, whose sums cost less this way round
    both[:2], both[2:] = places.T, world[..., :2].T
    both = both.take(_SIZED, axis=1)
    unknown = ~np.isfinite(both[0] + both[2])
    both[:, unknown] = 0.0
    count = len(unknown) - np.add.reduce(unknown, axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        total = np.add.reduce(both, axis=1)
        spread = np.add.reduce(both * both, axis=1) - total * total / count
        metres = spread[2] + spread[3]
        told = (count >= 4) & (metres > 1e-3)
        size = TORSO * np.sqrt((spread[0] + spread[1]) / metres)
        if not every(told):
            trunk = 0.5 * (places[:, 5] + places[:, 6] - places[:, 11] - places[:, 12])
            across = places[:, 5] - places[:, 6]
            drawn = np.fmax(np.hypot(trunk[:, 0], trunk[:, 1]),
                            TORSO_OVER_SHOULDERS * np.hypot(across[:, 0], across[:, 1]))
            size = np.where(told, size, drawn)
        return np.log(np.where(size > 1.0, size, np.nan))


def _face_angles(heads: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Fill in yaw and pitch of faces against the line to the camera, and their distances.

    Args:
        heads: (n, 4, 4).
        values: (n, 5), elements from ``YAW`` to ``DISTANCE``.

    Returns:
        Which of them (n,) bool are known.
    """
    # The ways out of the faces and to them: (2, 3, n), right, down and away.
    ways = np.ascontiguousarray(heads[:, :3, 2:].T)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        lengths = np.sqrt(np.add.reduce(ways * ways, axis=1))
        told = np.logical_and.reduce((lengths > 1e-3) & (lengths < np.inf), axis=0)
        sines = ways[:, 1] / lengths
        np.arcsin(np.minimum(np.maximum(sines, -1.0), 1.0), out=sines)
        values[:, 1] = sines[0] + sines[1]
        out, to = np.arctan2(ways[:, 0], ways[:, 2] * _TOWARDS)
        yaw = out + to
        values[:, 0] = yaw - 2 * np.pi * np.rint(yaw * (0.5 / np.pi))
    values[:, DISTANCE - YAW] = lengths[1]
    return told


def _index(names: Mapping[str, int], *wanted: str) -> list[int]:
    return [names[name] for name in wanted]


_TOWARDS = np.array([[-1.0], [1.0]])  # a face that looks at the camera looks against its axis
_EYES = np.array([_index(BLENDSHAPE_INDEX, *names) for names in (
    ("eyeLookOutLeft", "eyeLookDownLeft", "eyeLookInLeft", "eyeLookUpLeft", "eyeBlinkLeft"),
    ("eyeLookInRight", "eyeLookDownRight", "eyeLookOutRight", "eyeLookUpRight", "eyeBlinkRight"),
)])
"""(2, 5) shapes of both eyes that look left, down, right and up in the image, and are shut."""

_NO_SHAPES = np.full(len(BLENDSHAPE_INDEX), np.nan, np.float32)
_FINGERTIPS = np.array([8, 12, 16, 20])
_FINGERS = np.array([[0, first, first + 1, first + 2, first + 3] for first in (5, 9, 13, 17)])


def _eye_angles(shapes: np.ndarray) -> np.ndarray:
    """Return yaw and pitch (n, 2) of the eyes in the head; nan while they are shut.

    Args:
        shapes: (n, 52).
    """
    both = np.add.reduce(shapes.take(_EYES, axis=1), axis=1)
    angles: np.ndarray = 0.5 * _EYE_RANGE * (both[:, :2] - both[:, 2:4])
    angles[~(both[:, 4] < 1.2)] = np.nan
    return angles


def _straightness(hands: np.ndarray) -> np.ndarray:
    """Return how straight the index to the little fingers are (n, 4): 1 wholly.

    Args:
        hands: (n, 21, 3).
    """
    chains = hands[:, _FINGERS]
    bones, direct = chains[:, :, 1:] - chains[:, :, :-1], chains[:, :, -1] - chains[:, :, 0]
    lengths = np.sqrt(np.einsum("hfbi,hfbi->hfb", bones, bones)).sum(axis=2)
    straight: np.ndarray = np.sqrt(np.einsum("hfi,hfi->hf", direct, direct)) / np.maximum(
        lengths, 1e-6)
    return straight


def _palms(hands: np.ndarray) -> np.ndarray:
    """Return how far the palms of left hands (n, 21, 3) face the camera (n,); of right ones less.

    It is the depth of the unit vector on wrist and knuckles, on the side of the back.
    """
    index, little = (hands[:, 5] - hands[:, 0]).T, (hands[:, 17] - hands[:, 0]).T
    x, y, z = (index[one] * little[other] - index[other] * little[one]
               for one, other in ((1, 2), (2, 0), (0, 1)))
    depths: np.ndarray = z / np.maximum(np.sqrt(x * x + y * y + z * z), 1e-9)
    return depths
