"""Ids on made-up walks whose true identity is known."""

from __future__ import annotations

import numpy as np

from kinesics_core.perception.tracking import REMEMBERED, Tracker

FRAME = 33_333_333
SECOND = 1_000_000_000
# A standing person 200 px tall around (0, 0).
STANDING = np.array(
    [(0, -90), (5, -95), (-5, -95), (10, -92), (-10, -92), (25, -65), (-25, -65), (32, -25),
     (-32, -25), (34, 10), (-34, 10), (15, 10), (-15, 10), (16, 55), (-16, 55), (16, 100),
     (-16, 100)],
    np.float32,
)  # fmt: skip


def person(x: float, y: float = 300.0, size: float = 1.0, noise=None) -> np.ndarray:
    points = STANDING * size + (x, y)
    if noise is not None:
        points = points + noise.normal(0, 2.0, points.shape)
    return np.column_stack([points, np.ones(17)]).astype(np.float32)


def test_ids_start_at_one_and_stay_while_people_walk():
    rng, tracker = np.random.default_rng(0), Tracker()
    for i in range(90):
        people = [person(100 + 4 * i, noise=rng), person(600 - 3 * i, 320, noise=rng)]
        order = [0, 1] if i % 2 else [1, 0]  # detectors promise no order
        ids = tracker.update([people[k] for k in order], i * FRAME)
        # The first frame lists the second person first.
        assert [ids[order.index(k)] for k in (0, 1)] == [2, 1]


def test_people_who_cross_keep_their_ids():
    rng, tracker = np.random.default_rng(1), Tracker()
    for i in range(100):
        # The one in front is nearer and so larger.
        people = [person(100 + 5 * i, 300, 1.3, rng), person(600 - 5 * i, 290, 1.0, rng)]
        assert tracker.update(people, i * FRAME) == [1, 2]


def test_back_within_memory_is_the_same_later_is_new_and_ids_are_never_reused():
    tracker = Tracker(memory=1.0)
    assert tracker.update([person(200)], 0) == [1]
    assert tracker.update([], FRAME) == []
    assert tracker.update([person(205)], SECOND // 2) == [1]
    assert tracker.update([person(205)], 2 * SECOND) == [2]
    assert tracker.update([person(205), person(500)], 2 * SECOND + FRAME) == [2, 3]
    assert tracker.update([], 9 * SECOND) == []
    assert tracker.update([person(205), person(500)], 10 * SECOND) == [4, 5]
    assert tracker.alive == {4, 5}


def test_somebody_elsewhere_is_somebody_else():
    tracker = Tracker()
    tracker.update([person(100)], 0)
    assert tracker.update([person(500)], FRAME) == [2]


def test_a_clock_that_goes_back_does_not_change_who_stands_still():
    tracker = Tracker()
    assert tracker.update([person(100), person(400)], 60 * SECOND) == [1, 2]
    assert tracker.update([person(102), person(401)], 2 * SECOND) == [1, 2]
    assert tracker.update([person(102), person(401)], 2 * SECOND + FRAME) == [1, 2]


def test_unknown_keypoints_do_no_harm():
    tracker, half = Tracker(), person(100)
    half[11:] = np.nan
    assert tracker.update([half], 0) == [1]
    assert tracker.update([person(101)], FRAME) == [1]
    nothing = np.full((17, 3), np.nan, np.float32)
    assert tracker.update([person(102), nothing], 2 * FRAME) == [1, 2]


def test_people_who_come_and_go_before_a_clock_that_stands_still_are_given_up():
    """Else a camera whose stamps are all 0 fills the memory, and each image takes longer."""
    tracker = Tracker()
    for number in range(3 * REMEMBERED):
        assert tracker.update([person(10.0, 300 * number)], 0) == [number + 1]
    assert len(tracker.alive) == REMEMBERED + 1
    assert tracker.update([person(10.0, 300 * number)], 0) == [number + 1], "who is there stays"


def test_who_left_before_a_clock_went_back_is_gone_after_the_memory():
    tracker = Tracker(memory=1.0)
    for number in range(5):  # two clocks in turns: nobody of the later one waits for an hour
        tracker.update([person(100 + 500 * number)], 3600 * SECOND + number * FRAME)
        tracker.update([], number * FRAME)
    tracker.update([], 2 * SECOND)
    assert tracker.alive == set()
