"""Beckonings performed in all their forms, hands and fingers included, and what looks like them.

People call others to themselves with the whole arm, the forearm, the hand or the fingers, palm up
or sideways, or palm down, as in East Asia and around the Mediterranean ("Palm-Down Beckon", Morris,
Collett, Marsh & O'Shaughnessy, Gestures, 1979; its opposite is "Flat-Hand Flick"). Strokes, two to
five, .8 to 3 a second, the larger the slower, and extents are authored.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from kinesics_core.body.arm_poses import ArmPose, arm_rotations, arm_vector
from kinesics_core.body.gestures import Gesture, KeyPose
from kinesics_core.body.hand_poses import FIST
from kinesics_core.expression.posture import LEFT_ARM, RIGHT_ARM
from kinesics_core.rotations import exponential

KNUCKLES = 0.085
"""Metres from the wrist to the knuckles of an adult."""

_ROOTS = np.array([0.030, 0.010, -0.010, -0.028])  # metres of index to little finger to the thumb
_BONES = np.array([0.044, 0.027, 0.020])
_LENGTHS = np.array([1.0, 1.1, 1.0, 0.8])  # of index to little finger
_THUMB = np.array([[0.025, -0.01, 0.030], [0.05, -0.015, 0.045], [0.075, -0.02, 0.05],
                   [0.095, -0.025, 0.052]])
_PALMS = ((0.0, 1.0, 0.0), (-1.0, 0.0, 0.0), (0.0, -1.0, 0.0))
"""Directions of a palm that is turned up, inwards and down."""

_TO_SELF = (0.0, -0.3, -1.0)
_CLENCHED = 0.9
"""Curl of the fingers that do not beckon where one alone does."""


def _strokes(
    random: np.random.Generator, out: ArmPose, back: ArmPose, rates: tuple[float, float],
) -> Gesture:
    """Return two to five strokes from one pose to the other, quicker back than out or the same.

    Args:
        random: Draws how many, how quick and how even.
        out: The hand away from the person.
        back: Drawn towards them.
        rates: Least and most strokes a second.
    """
    length = 1.0 / np.exp(random.uniform(*np.log(rates)))
    inwards = length * random.uniform(0.4, 0.5)
    rise, count = random.uniform(0.35, 0.7), int(random.integers(2, 6))
    keys = []
    for stroke in range(count):
        at = rise + stroke * length
        keys += [KeyPose(at, right=out), KeyPose(at + inwards, right=back)]
    return Gesture(keys[-1].time + random.uniform(0.4, 0.7), tuple(keys), "come here")


def _near(direction: tuple[float, float, float], random: np.random.Generator,
          spread: float = 0.1) -> tuple[float, float, float]:
    x, y, z = np.array(direction) / np.linalg.norm(direction) + random.normal(0, spread, 3)
    return float(x), float(y), float(z)


def _between(
    one: tuple[float, float, float], other: tuple[float, float, float], share: float
) -> tuple[float, float, float]:
    x, y, z = (1.0 - share) * np.array(one) + share * np.array(other)
    return float(x), float(y), float(z)


def _turned(
    pose: ArmPose, palm: tuple[float, float, float], random: np.random.Generator,
    bend: float = 0.0, curl: float = 0.15,
) -> ArmPose:
    """Return the pose with the palm turned to a direction, as far as the forearm allows it."""
    shoulder, elbow, _ = arm_rotations(arm_vector(pose))
    _, y, z = (shoulder @ exponential(elbow)).T
    twist = float(np.arctan2(z @ palm, -(y @ palm))) + random.normal(0.0, 0.15)
    return replace(pose, twist=twist, bend=bend, curl=curl)


def with_arm(random: np.random.Generator) -> Gesture:
    """Return a beckoning of the whole arm: stretched out to the other, then to the own chest."""
    high = random.uniform(-0.5, 0.55)
    x, y, z = upper = _near((0.25, high, 0.9), random)
    # Elbows bend inwards and up.
    out = ArmPose(upper, (x - 0.2, y + random.uniform(0.1, 0.25), z))
    back = ArmPose(_near((0.3, -0.85, 0.35), random), _near((-0.45, 0.65, 0.55), random))
    return _strokes(
        random, _turned(out, _PALMS[int(random.integers(3))], random, curl=0.1),
        _turned(back, _TO_SELF, random, random.uniform(0.1, 0.5), 0.3), (0.8, 1.5))


def with_forearm(random: np.random.Generator) -> Gesture:
    """Return a beckoning of the forearm about the elbow, palm up or sideways."""
    upper = _near(_between((0.25, -0.95, 0.25), (0.25, -0.45, 0.85), random.uniform()), random)
    out = _near((0.1, random.uniform(-0.2, 0.35), 1.0), random)
    most = _near((-0.25, 1.0, 0.3), random)
    back = _between(out, most, random.uniform(0.5, 1.0))
    palm = _PALMS[int(random.integers(2))]
    return _strokes(
        random, _turned(ArmPose(upper, out), palm, random),
        _turned(ArmPose(upper, back), _TO_SELF, random, random.uniform(0.0, 0.5), 0.35),
        (0.8, 2.5))


def _held_out(random: np.random.Generator) -> ArmPose:
    """Return an arm held towards the other, from bent before the belly to stretched or high up."""
    bent = ((0.25, -0.95, 0.2), (0.05, random.uniform(-0.1, 0.9), 1.0))
    high = random.uniform(-0.5, 0.2)
    far = ((0.3, high, 0.9), (0.1, high + random.uniform(0.1, 0.6), 0.95))
    share = random.uniform()
    upper, fore = (_near(_between(one, other, share), random, 0.05)
                   for one, other in zip(bent, far, strict=True))
    return ArmPose(upper, fore)


def _along(pose: ArmPose, up: float) -> ArmPose:
    """Return the pose with the forearm a little higher and drawn back, along with its hand."""
    x, y, z = pose.fore
    return replace(pose, fore=(x, y + up, z - 0.03))


def with_hand(random: np.random.Generator) -> Gesture:
    """Return a beckoning of the hand about the wrist, palm down (more often) or up."""
    pose, palm = _held_out(random), _PALMS[2 if random.random() < 0.65 else 0]
    out = _turned(pose, palm, random, -random.uniform(0.0, 0.5), 0.05)
    back = replace(_along(out, random.uniform(-0.05, 0.1)), bend=random.uniform(0.6, 1.1),
                   curl=random.uniform(0.2, 0.6))
    return _strokes(random, out, back, (1.0, 3.0))


def with_fingers(random: np.random.Generator) -> Gesture:
    """Return a beckoning of fingers alone, the palm up or sideways."""
    out = _turned(_held_out(random), _PALMS[int(random.integers(2))], random, -0.1,
                  random.uniform(0.0, 0.2))
    back = replace(out, bend=random.uniform(0.0, 0.25), curl=random.uniform(0.65, 1.0))
    return _strokes(random, out, back, (1.0, 3.0))


def beats(random: np.random.Generator) -> Gesture:
    """Return even beats of a talking hand: the forearm down and up by some 10 to 20 degrees."""
    upper = _near((0.25, -0.95, 0.25), random)
    fore = _near((-0.1, random.uniform(0.0, 0.5), 1.0), random)
    size, palm = random.uniform(0.2, 0.4), random.uniform(-1.0, 1.2)
    other = (fore[0] + random.normal(0, 0.1), fore[1] + size, fore[2] - 0.3 * size)
    gesture = _strokes(random, ArmPose(upper, fore, palm), ArmPose(upper, other, palm), (1.0, 2.5))
    return _of_both(gesture, random.random() < 0.5)


def shooing(random: np.random.Generator) -> Gesture:
    """Return a hand that flicks away from its person, the forearm with it or not."""
    pose = _held_out(random)
    flicked = _turned(pose, (-0.3, -1.0, 0.0), random, -random.uniform(0.1, 0.5), 0.05)
    x, y, z = pose.fore
    share = random.uniform()
    fore = (x - 0.3 * share, y + 0.35 * share, z - 0.1 * share)
    drawn = replace(flicked, fore=fore, bend=random.uniform(0.4, 0.9), curl=0.3)
    return _strokes(random, drawn, flicked, (1.0, 2.5))


def patting(random: np.random.Generator) -> Gesture:
    """Return palms that press down and calm, level all the while."""
    x, y, z = fore = _near((0.05, 0.05, 1.0), random)
    size = random.uniform(0.2, 0.45)
    high = _turned(ArmPose(_near((0.25, -0.9, 0.4), random), fore), _PALMS[2], random, -0.25, 0.08)
    low = replace(high, fore=(x, y - size, z), bend=-0.25 - 0.7 * size)
    return _of_both(_strokes(random, high, low, (0.8, 2.0)), random.random() < 0.7)


def wave_of_the_wrist(random: np.random.Generator) -> Gesture:
    """Return a hand that waves sideways about its wrist, the forearm upright."""
    pose = ArmPose(_near((0.4, -0.85, 0.35), random), _near((0.1, 1.0, 0.3), random))
    size = random.uniform(0.35, 0.7)
    out, back = (replace(_turned(pose, (-1.0, 0.0, 0.2), random, curl=0.1), bend=sign * size)
                 for sign in (-1, 1))
    return _strokes(random, out, back, (1.2, 3.0))


def wagging_point(random: np.random.Generator) -> Gesture:
    """Return a pointing arm that goes up and down a little to press the point."""
    aside, up = random.uniform(-0.2, 1.2), random.uniform(-0.3, 0.3)
    size = random.uniform(0.08, 0.25)
    poses = []
    for sign in (-0.5, 0.5):
        line = (float(np.sin(aside)), up + sign * size, float(np.cos(aside)))
        poses.append(_turned(ArmPose(_near(line, random, 0.03), line), _PALMS[2], random, curl=0.4))
    return _strokes(random, poses[0], poses[1], (1.0, 2.5))


def _of_both(gesture: Gesture, both: bool) -> Gesture:
    """Return a gesture of the right hand made with both, or as it is."""
    keys = tuple(KeyPose(key.time, left=key.right, right=key.right) for key in gesture.keys)
    return Gesture(gesture.duration, keys, "") if both else gesture


FORMS: dict[str, Callable[[np.random.Generator], Gesture]] = {
    "come_here_arm": with_arm, "come_here_forearm": with_forearm, "come_here_hand": with_hand,
    "come_here_fingers": with_fingers,
}
"""Forms of beckoning, by name."""

COUNTER: dict[str, Callable[[np.random.Generator], Gesture]] = {
    "beats": beats, "shooing": shooing, "patting": patting, "wave_wrist": wave_of_the_wrist,
    "point_wagging": wagging_point,
}
"""Movements that look like one and are none."""


def hands_of(poses: np.ndarray, one_finger: bool = False) -> np.ndarray:
    """Return the 21 landmarks of both hands, from their wrists, in axes of the trunk.

    Args:
        poses: (T, POSE_SIZE) pose vectors.
        one_finger: Whether the index finger alone follows the curl, the others being clenched.

    Returns:
        (T, 2, 21, 3) metres; left, up, forward; MediaPipe's order, of an adult's hand.
    """
    made = np.empty((len(poses), 2, 21, 3))
    for side, part in enumerate((LEFT_ARM, RIGHT_ARM)):
        vectors = poses[:, part]
        turns = np.empty((len(poses), 3, 3))
        for frame, vector in enumerate(vectors):
            shoulder, elbow, _ = arm_rotations(vector)
            turns[frame] = shoulder @ exponential(elbow)
        # The forearm turns, then the wrist bends.
        turns = turns @ exponential(vectors[:, 6:7] * (-1.0, 0.0, 0.0)) @ exponential(
            vectors[:, 7:8] * (0.0, 0.0, -1.0))
        curls = np.repeat(np.clip(vectors[:, 8:9], 0.0, 1.0), 4, axis=1)
        if one_finger:
            curls[:, 1:] = _CLENCHED
        made[:, side] = np.einsum("tij,tkj->tki", turns, _landmarks(curls))
    made[:, 1, :, 0] *= -1.0
    return made


def _landmarks(curls: np.ndarray) -> np.ndarray:
    """Return the landmarks (T, 21, 3) of left hands along x, palm to -y, thumb to z.

    Args:
        curls: (T, 4) of index to little finger.
    """
    made = np.zeros((len(curls), 21, 3))
    made[:, 1:5] = _THUMB
    for finger, (root, length) in enumerate(zip(_ROOTS, _LENGTHS, strict=True)):
        place = np.tile((KNUCKLES, 0.0, root), (len(curls), 1))
        angle = np.zeros(len(curls))
        made[:, 5 + 4 * finger] = place
        for bone, bend in enumerate(FIST.finger):
            angle = angle + curls[:, finger] * bend
            place = place + length * _BONES[bone] * np.stack(
                [np.cos(angle), -np.sin(angle), np.zeros(len(curls))], axis=-1)
            made[:, 6 + 4 * finger + bone] = place
    return made
