"""Whose hand is it: each hand that is found belongs to one wrist.

The hands are looked for around each wrist. Where wrists are near each other (clasped hands, people
who hold hands) the same hand is found from both.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kinesics_core.types import Person

SAME_HAND = 0.35
"""Two hands whose landmarks are on average this near, in extents of a hand, are one."""

CLEARLY_NEARER = 0.5
"""A hand is the other one if that one's wrist is nearer by this factor."""

WRISTS = {"left": 15, "right": 16}
"""Row of MediaPipe's 33 landmarks."""

_OTHER = {"left": "right", "right": "left"}


def give_hands_to_wrists(people: Sequence[Person]) -> None:
    """Leave each hand to the wrist nearest to it, and to no other; changes ``people``.

    A hand found from two wrists stays with the nearer one. One that clearly lies at the person's
    other wrist, which has none, becomes that one's.
    """
    for person in people:
        if person.pose is not None:
            for side in WRISTS:
                _move_to_other_side(person, side)
    found = [
        (person, side) for person in people if person.pose is not None
        for side in WRISTS if _hand(person, side) is not None
    ]
    if len(found) < 2:
        return
    hands = np.stack([_hand(person, side)[:, :2] for person, side in found])
    distances = np.array([_wrist_distance(person, side, side) for person, side in found])
    extents = np.ptp(hands, axis=1).max(axis=1)
    apart = np.linalg.norm(hands[:, None] - hands[None], axis=-1).mean(axis=-1)
    same = apart < SAME_HAND * np.minimum(extents[:, None], extents[None])
    kept: list[int] = []
    for index in np.argsort(distances, kind="stable"):
        if same[index, kept].any():
            person, side = found[index]
            _set_hand(person, side, None, None)
        else:
            kept.append(int(index))


def _move_to_other_side(person: Person, side: str) -> None:
    """Move a lone hand that lies at the other wrist."""
    other = _OTHER[side]
    if _hand(person, side) is None or _hand(person, other) is not None:
        return
    own, across = _wrist_distance(person, side, side), _wrist_distance(person, side, other)
    if across < CLEARLY_NEARER * own:
        _set_hand(person, other, _hand(person, side), getattr(person, f"{side}_hand_world"))
        _set_hand(person, side, None, None)


def _hand(person: Person, side: str) -> np.ndarray:
    hand: np.ndarray = getattr(person, f"{side}_hand")
    return hand


def _set_hand(
    person: Person, side: str, hand: np.ndarray | None, world: np.ndarray | None
) -> None:
    setattr(person, f"{side}_hand", hand)
    setattr(person, f"{side}_hand_world", world)


def _wrist_distance(person: Person, side: str, wrist: str) -> float:
    """Return the pixels from a side's hand to a side's wrist."""
    assert person.pose is not None
    return float(np.linalg.norm(_hand(person, side)[0, :2] - person.pose[WRISTS[wrist], :2]))
