"""Hands that are found twice, or at the wrong wrist, go to the wrist they belong to."""

from __future__ import annotations

import numpy as np
import pytest

from kinesics_core.perception.hands import give_hands_to_wrists
from kinesics_core.types import Person

FINGERS = np.random.default_rng(0).uniform(-1, 1, (21, 3)).astype(np.float32)


def hand_at(x: float, y: float, size: float = 40.0) -> np.ndarray:
    """A hand whose wrist is at a place, in pixels."""
    hand = FINGERS * size / 2 + np.float32([x, y, 0])
    hand[0, :2] = x, y
    return hand


def person(left: tuple, right: tuple, left_hand=None, right_hand=None) -> Person:
    """A person with wrists at two places."""
    pose = np.zeros((33, 4), np.float32)
    pose[15, :2], pose[16, :2] = left, right
    made = Person(1, 1.0, np.zeros((17, 3), np.float32), pose=pose)
    for side, hand in (("left", left_hand), ("right", right_hand)):
        if hand is not None:
            setattr(made, f"{side}_hand", hand)
            setattr(made, f"{side}_hand_world", hand / 100)
    return made


@pytest.mark.parametrize("at, winner", [((205, 300), "left"), ((235, 300), "right")])
def test_one_hand_found_from_both_wrists_goes_to_the_nearer(at, winner):
    clasped = person((200, 300), (240, 300), hand_at(*at), hand_at(at[0] + 2, at[1] + 1))
    give_hands_to_wrists([clasped])
    loser = {"left": "right", "right": "left"}[winner]
    assert getattr(clasped, f"{winner}_hand") is not None
    assert getattr(clasped, f"{winner}_hand_world") is not None
    assert getattr(clasped, f"{loser}_hand") is None
    assert getattr(clasped, f"{loser}_hand_world") is None


def test_a_hand_taken_for_the_other_one_is_the_same_hand():
    """From the other wrist it is seen as the other hand: its thumb is the little finger."""
    hand = hand_at(205, 300)
    mirrored = hand[[0, *(4 * f + j for f in (4, 3, 2, 1, 0) for j in (1, 2, 3, 4))]] + 1
    clasped = person((200, 300), (240, 300), hand, mirrored)
    give_hands_to_wrists([clasped])
    assert clasped.left_hand is not None and clasped.right_hand is None


def test_a_contested_hand_stays_with_its_wrist_in_a_video():
    """Wrists of clasped hands tremble: now the one is nearer, now the other."""
    kept: set = set()
    for x in (215, 223, 218, 224, 214, 222):
        clasped = person((200, 300), (240, 300), hand_at(x, 300), hand_at(x + 1, 301))
        give_hands_to_wrists([clasped], kept)
        assert clasped.left_hand is not None and clasped.right_hand is None
    moved = person((200, 300), (240, 300), hand_at(238, 300), hand_at(239, 301))
    give_hands_to_wrists([moved], kept)
    assert moved.left_hand is None and moved.right_hand is not None
    apart = person((200, 300), (280, 300), hand_at(200, 300), hand_at(280, 300))
    give_hands_to_wrists([apart], kept)
    assert apart.left_hand is not None and apart.right_hand is not None and not kept


def test_two_hands_near_each_other_stay_two():
    both = person((200, 300), (240, 300), hand_at(200, 300), hand_at(240, 300))
    give_hands_to_wrists([both])
    assert both.left_hand[0, 0] == 200 and both.right_hand[0, 0] == 240


def test_a_lone_hand_at_the_other_wrist_is_the_other_hand():
    crossed = person((200, 300), (260, 300), left_hand=hand_at(258, 300))
    give_hands_to_wrists([crossed])
    assert crossed.left_hand is None and crossed.right_hand[0, 0] == 258
    assert crossed.left_hand_world is None and crossed.right_hand_world is not None


def test_a_lone_hand_between_the_wrists_stays():
    between = person((200, 300), (260, 300), left_hand=hand_at(232, 300))
    give_hands_to_wrists([between])
    assert between.left_hand is not None and between.right_hand is None


def test_a_hand_held_by_somebody_else_is_not_theirs():
    one = person((200, 300), (100, 300), hand_at(203, 300), hand_at(100, 300))
    other = person((400, 300), (225, 300), hand_at(400, 300), hand_at(204, 301))
    give_hands_to_wrists([one, other])
    assert one.left_hand is not None and one.right_hand is not None
    assert other.left_hand is not None and other.right_hand is None


def test_people_without_hands_or_pose_are_left_alone():
    nobody = Person(1, 1.0, np.zeros((17, 3), np.float32))
    give_hands_to_wrists([])
    give_hands_to_wrists([nobody, person((0, 0), (9, 9))])
    assert nobody.left_hand is None
