"""One performance of a gesture: its key poses in a manner, on a side, at an intensity.

A take is made when a gesture starts and then only sampled. What a manner (``expression.manner``)
changes:

- extent: each arm goes less or further from hanging to where the gesture is made, by the square
  root, so that it stays that gesture; its strokes about that place, head and spine in full;
- height: hands go up or down; tension: fingers close or hang;
- sharpness: the movement is made in part of its time, and held;
- tempo: is the caller's, who counts the take's seconds.

Poses that touch (``CONTACT``) stay where they are. Phases are Kendon's (2004): anticipation
(preparation, with a small move of the trunk against the one to come), stroke, hold, retraction.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass, replace

import numpy as np

from kinesics_core.body import arm_poses
from kinesics_core.body.arm_poses import TOUCHING, ArmPose, arm_vector
from kinesics_core.body.gestures import Gesture, KeyPose, minimum_jerk
from kinesics_core.errors import KinesicsError
from kinesics_core.expression.manner import NEUTRAL_MANNER, Manner
from kinesics_core.expression.posture import COLLARS, HEAD, LEFT_ARM, POSE_SIZE, RIGHT_ARM, SPINE

PHASES = ("anticipation", "stroke", "hold", "retraction")
"""Parts of a gesture in their order."""

SIDES = ("", "left", "right")
"""Hands to choose from; "": as the gesture is keyed."""

CONTACT = TOUCHING | {arm_poses.ON_HEART, arm_poses.AT_CHIN, arm_poses.CLAP_SHUT}
"""Poses whose hand touches the body or the other hand."""

EXTENT = (0.6, 1.4)
"""Least and largest extent of a gesture: beyond it another gesture is read; authored."""

_FAINTEST = 0.4  # size at intensity 0 beside intensity 1
_FURTHEST = 1.1  # of the way from hanging to a pose
_HEIGHT = (0.30, 0.25)  # what height adds to the directions of upper arm and forearm
_CLENCH, _LIMP, _LIMP_CURL = 0.45, 0.6, 0.45
_QUICKEST = 0.6  # share of its time in which the sharpest movement is made
_VARIETY = 0.06  # standard deviation of sizes and times from take to take
_WIND_UP = 0.12  # share of the first pose's trunk and head that goes the other way before it
_WIND_UP_FROM = 0.4  # s to the first pose from which on there is time for it
_WIND_UP_TIME = 0.7  # share of that time that it takes
_SINGLE = 0.35  # share of the only movement that counts as anticipation
_SAME = 0.06  # difference of poses that counts as a hold
_EASE = arm_vector(arm_poses.AT_EASE)


@dataclass(frozen=True, slots=True)
class Take:
    """Poses over time of one performance.

    Attributes:
        times: (K + 2) seconds of the key poses, from 0 to the duration.
        kept, added: (K + 2, 26) share of the posture kept at each, and what is added.
        quick: Share of the time between two poses in which the movement is made.
        wind_up: (26,) what trunk and head do against the first pose.
        ends: Seconds at which the four phases end.
    """

    times: list[float]
    kept: np.ndarray
    added: np.ndarray
    quick: float
    wind_up: np.ndarray
    ends: tuple[float, float, float, float]

    @property
    def duration(self) -> float:
        """Seconds until the posture is reached again, at tempo 1."""
        return self.times[-1]

    def at(self, seconds: float, posture: np.ndarray) -> np.ndarray:
        """Return the pose (26,) at a time; before and after the take it is the posture (26,)."""
        times = self.times
        if not 0.0 < seconds < times[-1]:
            return posture
        after = bisect_right(times, seconds)
        start, end = (self.kept[after - 1 : after + 1] * posture
                      + self.added[after - 1 : after + 1])
        along = (seconds - times[after - 1]) / (times[after] - times[after - 1])
        pose: np.ndarray = start + minimum_jerk(min(1.0, along / self.quick)) * (end - start)
        if after == 1:
            against = min(1.0, along / _WIND_UP_TIME)
            pose += math.sin(math.pi * against) ** 2 * self.wind_up
        return pose

    def phase(self, seconds: float) -> str:
        """Return one of ``PHASES``; "" when it is over."""
        for name, end in zip(PHASES, self.ends, strict=True):
            if seconds < end:
                return name
        return ""


def take_of(
    gesture: Gesture,
    manner: Manner = NEUTRAL_MANNER,
    side: str = "",
    intensity: float = 1.0,
    rng: np.random.Generator | None = None,
) -> Take:
    """Return a performance of a gesture.

    Args:
        gesture: What is done.
        manner: How; its tempo is left to the caller.
        side: One of ``SIDES``.
        intensity: 0 (faint) to 1 (as keyed).
        rng: Varies sizes and times a little; None: exactly as keyed.

    Raises:
        KinesicsError: The side is none, or the intensity is outside 0..1.
    """
    check_side(side)
    if not 0.0 <= intensity <= 1.0:
        raise KinesicsError(f"Got intensity {intensity} of a gesture; give a number from 0 to 1.")
    keys = _on_side(gesture.keys, side)
    normal = rng.standard_normal(len(keys) + 2) if rng is not None else np.zeros(len(keys) + 2)
    normal = np.clip(normal, -2.0, 2.0)
    size = float(np.clip(manner.extent, *EXTENT)) * (_FAINTEST + (1.0 - _FAINTEST) * intensity)
    size *= 1.0 + _VARIETY * normal[0]
    gaps = np.diff([0.0, *(key.time for key in keys), gesture.duration])
    times = [0.0, *np.cumsum(gaps * np.exp(_VARIETY * normal[1:])).tolist()]
    kept, added = np.ones((len(times), POSE_SIZE)), np.zeros((len(times), POSE_SIZE))
    for part, arms in ((LEFT_ARM, [key.left for key in keys]),
                       (RIGHT_ARM, [key.right for key in keys])):
        for row, arm in enumerate(_arms(arms, size, manner), start=1):
            if arm is not None:
                kept[row, part], added[row, part] = 0.0, arm
    for row, key in enumerate(keys, start=1):
        added[row, SPINE] = size * np.array(key.spine)
        added[row, HEAD] = size * np.array(key.head)
        added[row, COLLARS] = size * key.collars
    wind_up = np.zeros(POSE_SIZE)
    if keys and times[1] >= _WIND_UP_FROM:
        trunk = slice(SPINE.start, HEAD.stop)
        wind_up[trunk] = -_WIND_UP * added[1, trunk]
    base = NEUTRAL_MANNER.sharpness
    sharper = max(0.0, manner.sharpness - base) / (1.0 - base)
    return Take(times, kept, added, 1.0 - (1.0 - _QUICKEST) * sharper, wind_up,
                _phases(times, kept, added))


def check_side(side: str) -> None:
    """Refuse what is none of ``SIDES``.

    Raises:
        KinesicsError: It is none.
    """
    if side not in SIDES:
        raise KinesicsError(f"Got side {side!r} of a gesture; use 'left', 'right' or ''.")


def mirrored_key(key: KeyPose) -> KeyPose:
    """Return a key pose with left and right exchanged."""
    def turned(angles: tuple[float, float, float]) -> tuple[float, float, float]:
        return (-angles[0], angles[1], -angles[2])

    return replace(key, left=key.right, right=key.left, spine=turned(key.spine),
                   head=turned(key.head))


def _on_side(keys: tuple[KeyPose, ...], side: str) -> tuple[KeyPose, ...]:
    """Return the keys as the hand of a side makes them; without a hand they are right-handed."""
    keyed = "right"
    if any(key.left for key in keys) and not any(key.right for key in keys):
        keyed = "left"
    return tuple(map(mirrored_key, keys)) if side and side != keyed else keys


def _arms(arms: list[ArmPose | None], size: float, manner: Manner) -> list[np.ndarray | None]:
    """Return the vectors (9,) of one arm's poses in a manner; None hangs."""
    out: list[np.ndarray | None] = [arm_vector(arm) if arm else None for arm in arms]
    free = [vector for vector, arm in zip(out, arms, strict=True)
            if vector is not None and arm not in CONTACT]
    if not free:
        return out
    place = np.mean(free, axis=0)
    there = min(math.sqrt(size), _FURTHEST)
    for number, arm in enumerate(arms):
        vector = out[number]
        if vector is None or arm in CONTACT:
            continue
        for part, rise in zip((slice(0, 3), slice(3, 6)), _HEIGHT, strict=True):
            if there == 1.0 and size == 1.0 and manner.height == 0.0:
                continue
            middle = _towards(_EASE[part], place[part], there)
            moved = middle + size * (vector[part] - place[part])
            moved[1] += rise * manner.height
            vector[part] = moved / max(float(np.linalg.norm(moved)), 1e-6)
        curl = vector[8]
        if manner.tension > 0.0:
            vector[8] = curl + _CLENCH * manner.tension * (1.0 - curl)
        else:
            vector[8] = curl - _LIMP * manner.tension * (_LIMP_CURL - curl)
    return out


def _towards(start: np.ndarray, end: np.ndarray, share: float) -> np.ndarray:
    """Return the direction (3,) at a share of the way from one to another, as long as ``end``."""
    length = float(np.linalg.norm(end))
    if length < 1e-6:
        return end.copy()
    one, other = start / np.linalg.norm(start), end / length
    angle = math.acos(max(-1.0, min(1.0, float(one @ other))))
    across = other - (one @ other) * one
    norm = float(np.linalg.norm(across))
    if norm < 1e-6:  # the same, or opposite: no way is known
        return end.copy()
    turn = share * angle
    return length * (math.cos(turn) * one + math.sin(turn) * across / norm)


def _phases(
    times: list[float], kept: np.ndarray, added: np.ndarray
) -> tuple[float, float, float, float]:
    """Return when the phases end: the last movement before the last pose ends the stroke."""
    last = len(times) - 2
    if last < 1:
        return (times[-1],) * 4
    moves = [row for row in range(2, last + 1)
             if np.abs(added[row] - added[row - 1]).max() > _SAME
             or (kept[row] != kept[row - 1]).any()]
    if not moves:
        return _SINGLE * times[1], times[1], times[last], times[-1]
    return times[1], times[moves[-1]], times[last], times[-1]
