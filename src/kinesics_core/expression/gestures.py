"""The gestures that the robot performs: one vocabulary by name, and their poses over time."""

from __future__ import annotations

from functools import cache

import numpy as np

from kinesics_core.body.gestures import GESTURES, Gesture
from kinesics_core.errors import KinesicsError
from kinesics_core.expression.gesture_take import Take, take_of

ROBOT_GESTURES: dict[str, Gesture] = {
    name: GESTURES[name]
    for name in (
        "nod", "shake_head", "wave", "shrug", "open_arms", "lean_in", "hand_to_chest", "clap",
        "calm", "think", "bow",
    )
}  # fmt: skip
"""Gestures that can be asked for by name: those whose hands look right from near by."""


def robot_gesture(name: str) -> Gesture:
    """Return one of ``ROBOT_GESTURES``.

    Raises:
        KinesicsError: There is none of that name; the sentence lists the known ones.
    """
    if name not in ROBOT_GESTURES:
        known = ", ".join(sorted(ROBOT_GESTURES))
        raise KinesicsError(f"Got gesture {name!r}; use one of {known}.")
    return ROBOT_GESTURES[name]


def pose_at(name: str, seconds: float, posture: np.ndarray) -> np.ndarray:
    """Return the pose at a time into a gesture, as keyed.

    Args:
        name: One of ``ROBOT_GESTURES``.
        seconds: Time since it began; before and after the gesture the pose is the posture.
        posture: (26,) pose vector of ``expression.posture``, from which it starts and to which it
            returns.

    Returns:
        (26,) pose vector.

    Raises:
        KinesicsError: There is no such gesture.
    """
    return _as_keyed(name).at(seconds, posture)


@cache
def _as_keyed(name: str) -> Take:
    return take_of(robot_gesture(name))
