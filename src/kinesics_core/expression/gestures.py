"""The gestures that the robot performs, as poses over time."""

from __future__ import annotations

from bisect import bisect_right

import numpy as np

from kinesics_core.body.arm_poses import arm_vector
from kinesics_core.body.gestures import GESTURES, Gesture, minimum_jerk
from kinesics_core.errors import KinesicsError
from kinesics_core.expression.posture import COLLARS, HEAD, LEFT_ARM, POSE_SIZE, RIGHT_ARM, SPINE

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
    """Return the pose at a time into a gesture.

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
    robot_gesture(name)
    times, kept, added = _TRACKS[name]
    if not 0.0 < seconds < times[-1]:
        return posture
    after = bisect_right(times, seconds)
    start, end = kept[after - 1 : after + 1] * posture + added[after - 1 : after + 1]
    share = minimum_jerk((seconds - times[after - 1]) / (times[after] - times[after - 1]))
    return start + share * (end - start)


def _track(motion: Gesture) -> tuple[list[float], np.ndarray, np.ndarray]:
    """Return times (keys + 2) and, at each, the share of the posture kept and what is added."""
    times = [0.0, *(key.time for key in motion.keys), motion.duration]
    kept = np.ones((len(times), POSE_SIZE))
    added = np.zeros((len(times), POSE_SIZE))
    for row, key in enumerate(motion.keys, start=1):
        for arm, part in ((key.left, LEFT_ARM), (key.right, RIGHT_ARM)):
            if arm is not None:
                kept[row, part], added[row, part] = 0.0, arm_vector(arm)
        added[row, SPINE], added[row, HEAD], added[row, COLLARS] = key.spine, key.head, key.collars
    return times, kept, added


_TRACKS = {name: _track(motion) for name, motion in ROBOT_GESTURES.items()}
