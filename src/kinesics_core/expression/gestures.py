"""The gestures that the robot performs: one vocabulary by name, and their poses over time."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import as_file, files

from kinesics_core.body.gestures import GESTURES, Gesture
from kinesics_core.errors import KinesicsError
from kinesics_core.expression.gesture_files import read_gestures

ROBOT_GESTURES: dict[str, Gesture] = {
    name: GESTURES[name]
    for name in (
        "nod", "shake_head", "wave", "shrug", "open_arms", "lean_in", "hand_to_chest", "clap",
        "calm", "think", "bow",
    )
}  # fmt: skip
"""Gestures that the robot's own policy chooses from: their hands look right from near by."""


_DESIGNERS = "designer_gestures.yaml"
_lock = threading.Lock()
_added: dict[str, Gesture] = {}


def vocabulary() -> dict[str, Gesture]:
    """Return every gesture that can be asked for, by name.

    They are ``ROBOT_GESTURES``, Microsoft's designers' and those that were added.
    """
    return {**_designers(), **_added, **ROBOT_GESTURES}


def add_gestures(gestures: Mapping[str, Gesture], where: str = "gestures") -> None:
    """Add a user's gestures to the vocabulary of this process; designers' may be replaced.

    Args:
        gestures: By name.
        where: What an error calls their origin.

    Raises:
        KinesicsError: One has the name of one of ``ROBOT_GESTURES``; none is added then.
    """
    taken = sorted(set(gestures) & set(ROBOT_GESTURES))
    if taken:
        raise KinesicsError(
            f"{where}: {', '.join(taken)} is there already, and the robot's policy relies on it;"
            " use another name.")
    with _lock:
        _added.update(gestures)


def robot_gesture(name: str) -> Gesture:
    """Return a gesture of the vocabulary.

    Raises:
        KinesicsError: There is none of that name; the sentence lists the known ones.
    """
    found = ROBOT_GESTURES.get(name) or vocabulary().get(name)
    if found is None:
        known = ", ".join(sorted([*ROBOT_GESTURES, *_added]))
        raise KinesicsError(
            f"Got gesture {name!r}; use one of {known}, or one of {len(_designers())} more that"
            " `kinesics body gestures` lists.")
    return found


@lru_cache(maxsize=1)
def _designers() -> dict[str, Gesture]:
    """Return Microsoft's gestures, by name, without those that are keyed anew in this house."""
    with as_file(files(__package__) / _DESIGNERS) as path:
        found = read_gestures(path)
    return {name: gesture for name, gesture in found.items() if name not in ROBOT_GESTURES}
