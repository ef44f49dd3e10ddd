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

STILL_SAME_HAND = 0.5
"""Two that were one in the image before are, up to here."""

CLEARLY_NEARER = 0.5
"""A hand is the other one if that one's wrist is nearer by this factor."""

WRISTS = {"left": 15, "right": 16}
"""Row of MediaPipe's 33 landmarks."""

_OTHER = {"left": "right", "right": "left"}

_MIRRORED = np.array([0, *(4 * finger + joint for finger in (4, 3, 2, 1, 0)
                           for joint in (1, 2, 3, 4))])
"""Landmarks of a hand taken for the other one: thumb and little finger change places."""

Owner = tuple[int, str]
"""A person's id and side."""


def give_hands_to_wrists(people: Sequence[Person], kept: set[Owner] | None = None) -> None:
    """Leave each hand to the wrist nearest to it, and to no other; changes ``people``.

    A hand found from two wrists stays with the nearer one, or with the one that kept it in the
    image before unless the other is clearly nearer. One that clearly lies at the person's other
    wrist, which has none, becomes that one's.

    Args:
        people: Everybody in the image; in a video with their ids.
        kept: In a video the wrists that kept a hand found twice, which is brought up to date.
    """
    for person in people:
        if person.pose is not None:
            for side in WRISTS:
                _move_to_other_side(person, side)
    found = [
        (person, side) for person in people if person.pose is not None
        for side in WRISTS if _hand(person, side) is not None
    ]
    kept = set() if kept is None else kept
    if len(found) < 2:
        return
    owners = [(person.id, side) for person, side in found]
    held = np.array([owner in kept for owner in owners])
    same = _same_hands(np.stack([_hand(person, side)[:, :2] for person, side in found]), held)
    distances = np.array([_wrist_distance(person, side, side) for person, side in found])
    order = np.argsort(np.where(held, CLEARLY_NEARER, 1.0) * distances, kind="stable")
    staying: list[int] = []
    for index in order:
        person, side = found[index]
        if same[index, staying].any():
            _set_hand(person, side, None, None)
            kept.discard(owners[index])
        else:
            staying.append(int(index))
            (kept.add if same[index].sum() > 1 else kept.discard)(owners[index])


def _same_hands(hands: np.ndarray, held: np.ndarray) -> np.ndarray:
    """Return (N, N) whether hands are one and the same.

    Args:
        hands: (N, 21, 2) px.
        held: (N,) whether it was one with another in the image before; then it takes more to part.
    """
    extents = np.ptp(hands, axis=1).max(axis=1)
    apart = np.minimum(*(
        np.linalg.norm(hands[:, None] - hands[None, :, rows], axis=-1).mean(axis=-1)
        for rows in (np.arange(21), _MIRRORED)))
    limit = np.where(held[:, None] | held[None], STILL_SAME_HAND, SAME_HAND)
    same: np.ndarray = apart < limit * np.minimum(extents[:, None], extents[None])
    return same


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
