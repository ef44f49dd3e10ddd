"""Gestures of a figure of sticks are named, at any rate and with what a camera leaves out."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from signalling_figure import HEIGHT, START, WIDTH, Arm, Pose, person, watch

from kinesics_core.affect.signals import SignalReader
from kinesics_core.types import MotionForecast, People


def begun(t: float) -> float:
    """Return how far a gesture that begins after 1.5 s has come."""
    return min(max(2.0 * (t - 1.5), 0.0), 1.0)


def bent(t: float, arm: Arm) -> Arm:
    return arm if begun(t) > 0.5 else Arm()


MOTIONS = {
    "wave": lambda t: Pose(right=Arm(
        0.3 + 0.5 * begun(t), 0.0, (0.3 + 0.6 * np.sin(10 * t), 2 * begun(t) - 1, 0.2))),
    "hands_raised": lambda t: Pose(*[Arm(0.1 + 2.8 * begun(t))] * 2),
    "point": lambda t: Pose(right=Arm(0.1, 1.4 * begun(t))),
    "clap": lambda t: Pose(*[bent(t, Arm(
        0.2, 0.5, (-0.5 + 0.4 * np.sin(15 * t), 0.3, 1.0)))] * 2),
    "come_here": lambda t: Pose(right=bent(t, Arm(0.1, 0.6, (0, 0.6 + 0.8 * np.sin(9 * t), 1.0)))),
    "arms_crossed": lambda t: Pose(*[bent(t, Arm(0.2, 0.5, (-1.0, 0.2, 0.3)))] * 2),
    "hand_on_face": lambda t: Pose(right=bent(t, Arm(0.2, 0.5, (-0.7, 1.8, 0.3)))),
    "nod": lambda t: Pose(head_pitch=0.2 * np.sin(9 * t) * begun(t)),
    "shake": lambda t: Pose(head_yaw=0.35 * np.sin(9 * t) * begun(t)),
    "bow": lambda t: Pose(lean=0.6 * begun(t), head_pitch=0.2 * begun(t)),
}


def most_seen(signals) -> str:
    counted = Counter(sign.name for one in signals for sign in one.gestures)
    return counted.most_common(1)[0][0] if counted else ""


@pytest.mark.parametrize("gesture", MOTIONS)
def test_gestures_are_named(gesture):
    assert most_seen(watch(MOTIONS[gesture], 3.5)) == gesture


def test_somebody_who_stands_there_makes_no_gesture():
    signals = watch(lambda t: Pose(), 3.0, noise=1.0)
    assert most_seen(signals) == ""
    assert signals[-1].posture == "standing"
    assert signals[-1].distance == pytest.approx(2.5, rel=0.15)
    assert signals[-1].engagement == "engaged"


def test_somebody_who_sits_is_said_to():
    assert watch(lambda t: Pose(sits=True), 1.0)[-1].posture == "sitting"


@pytest.mark.parametrize("rate", [12.0, 24.0, 60.0])
def test_the_rate_of_the_camera_does_not_matter(rate):
    assert most_seen(watch(MOTIONS["wave"], 3.5, rate=rate)) == "wave"
    assert most_seen(watch(MOTIONS["arms_crossed"], 3.5, rate=rate)) == "arms_crossed"


def test_a_hand_that_is_not_in_the_picture_does_not_hide_the_other_ones_gesture():
    def hide(seen):
        seen.coco[[9, 11, 12, 13, 14, 15, 16], 2] = 0.0  # left wrist, and all below the chest

    for gesture in ("wave", "point", "hand_on_face"):
        assert most_seen(watch(MOTIONS[gesture], 3.5, change=hide)) == gesture


def test_keypoints_in_the_image_alone_tell_what_needs_no_depth():
    def flatten(seen):
        seen.pose_world = seen.pose = None

    for gesture in ("wave", "hands_raised", "nod", "shake"):
        assert most_seen(watch(MOTIONS[gesture], 3.5, change=flatten)) == gesture


def test_clocks_that_jump_begin_anew_and_nothing_is_invented():
    reader = SignalReader()
    watch(MOTIONS["wave"], 3.0, reader=reader)
    back = watch(lambda t: Pose(), 0.3, reader=reader)
    assert all(one.gestures == () for one in back), "the old wave is forgotten"
    assert back[0].engagement == "unknown"


def test_persons_who_appear_and_vanish_in_every_image_are_borne():
    reader = SignalReader()
    for index in range(60):
        persons = [person(Pose(), number) for number in (index % 3 + 1, index + 10)]
        stamp = START + index * 33_000_000
        signals = reader.update(People(stamp, WIDTH, HEIGHT, persons))
        assert [one.person_id for one in signals] == [one.id for one in persons]
    assert reader.update(People(START + 10**11, WIDTH, HEIGHT, [])) == []


def test_a_person_of_whom_nothing_is_seen_signals_nothing():
    blank = person(Pose())
    blank.coco[:] = np.nan
    blank.pose = blank.pose_world = None
    reader = SignalReader()
    for index in range(40):
        (one,) = reader.update(People(START + index * 33_000_000, WIDTH, HEIGHT, [blank]))
    assert (one.gestures, one.posture, one.engagement) == ((), "", "unknown")
    assert np.isnan([one.distance, one.facing, one.gaze, one.approach]).all()


def test_infinite_and_absurd_numbers_are_borne():
    random = np.random.default_rng(3)
    reader = SignalReader()
    for index in range(60):
        odd = person(Pose())
        for part in (odd.coco, odd.pose, odd.pose_world):
            places = random.random(part.shape) < 0.1
            part[places] = random.choice([np.nan, np.inf, -np.inf, 1e20, -1e20, 0.0])
        odd.head = np.full((4, 4), random.choice([np.nan, np.inf, 0.0]))
        (one,) = reader.update(People(START + index * 33_000_000, WIDTH, HEIGHT, [odd]))
        assert all(0.0 <= sign.confidence <= 1.0 for sign in one.gestures)
        assert not np.isinf([one.distance, one.facing, one.gaze, one.approach]).any()


def test_a_forecast_tells_a_gesture_before_it_is_seen():
    """The forecast is the true future: hands go up, and it is known before they are."""
    reader, horizon = SignalReader(), 30
    seen_at = expected_at = None
    for index in range(100):
        stamp = START + round(index * 1e9 / 30)
        coming = np.array([
            person(MOTIONS["hands_raised"]((index + 1 + step) / 30)).coco[:, :2]
            for step in range(horizon)])
        forecast = MotionForecast(stamp, 1, WIDTH, HEIGHT, coming, 1 / 30, np.ones(horizon), 0.9)
        (one,) = reader.update(
            People(stamp, WIDTH, HEIGHT, [person(MOTIONS["hands_raised"](index / 30))]), [forecast])
        if expected_at is None and any(sign.name == "hands_raised" for sign in one.expected):
            expected_at = index / 30
            (sign,) = [sign for sign in one.expected if sign.name == "hands_raised"]
        if seen_at is None and any(sign.name == "hands_raised" for sign in one.gestures):
            seen_at = index / 30
    assert expected_at is not None and seen_at is not None
    assert seen_at - expected_at > 0.3
    assert sign.starts_in == pytest.approx(seen_at - expected_at, abs=0.3)


def test_who_turns_away_disengages():
    def motion(t):
        return Pose(turn=1.5 * min(max(t - 2.5, 0.0), 1.0))

    levels = [one.engagement for one in watch(motion, 8.0)]
    order = [level for before, level in zip([None, *levels[:-1]], levels, strict=True)
             if level != before]
    assert order == ["unknown", "disengaged", "engaging", "engaged", "disengaging", "disengaged"]


def test_who_comes_nearer_approaches():
    signals = watch(lambda t: Pose(distance=4.0 - 0.5 * t), 4.0)
    assert signals[-1].approach == pytest.approx(0.5, abs=0.15)
    assert signals[-1].distance == pytest.approx(2.0, rel=0.2)
