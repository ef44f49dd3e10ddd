"""Gestures of a figure of sticks are named, at any rate and with what a camera leaves out."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from signalling_figure import FOCAL, HEIGHT, START, WIDTH, Arm, Pose, person, watch

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


def told(signals, gesture: str) -> bool:
    return any(sign.name == gesture for one in signals for sign in one.gestures)


@pytest.mark.parametrize("depth", [True, False])
def test_who_passes_by_does_not_shrug(depth):
    def flatten(seen):
        seen.pose_world = seen.pose_world if depth else None

    for speed, shrugs in ((0.0, True), (0.8, False)):  # metres a second
        signals = watch(lambda t, speed=speed: Pose(
            shrug=0.06 * begun(t), aside=speed * (t - 1.5)), 3.0, change=flatten)
        assert told(signals, "shrug") == shrugs


def test_a_hand_that_greets_beside_the_head_is_raised_though_it_moves_a_little():
    for sway, raised in ((0.0, True), (0.3, True), (0.8, False)):
        signals = watch(lambda t, sway=sway: Pose(right=bent(t, Arm(
            0.15, 0.0, (0.15 + sway * np.sin(6 * t), 1.0, 0.25)))), 2.5)
        assert told(signals, "hands_raised") == raised


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


def stride(t: float, half: float) -> Arm:
    """Return an arm of somebody who walks on the spot, its hand crossing over a little."""
    swing = 0.7 * np.sin(6.5 * t + half)
    return Arm(0.1, 0.6 * swing, (-0.4, -0.58 + swing, 1.0))


NONE = {
    "folded hands": (lambda t: Pose(*[Arm(0.2, 0.35, (-0.75, 0.1, 0.8))] * 2), 5.0),
    "strides": (lambda t: Pose(stride(t, 0.0), stride(t, np.pi), turn=0.5), 1.0),
    "a look down": (lambda t: Pose(lean=0.18 * begun(t), head_pitch=0.5 * begun(t)), 1.0),
    "a crouch": (lambda t: Pose(lean=0.3 * begun(t), head_pitch=0.3 * begun(t),
                                crouch=0.9 * begun(t)), 1.0),
    "hands in pockets": (lambda t: Pose(*[Arm(0.3, -0.2, (-0.35, -0.95, 0.4))] * 2), 1.0),
}


@pytest.mark.parametrize("name", NONE)
def test_what_people_do_while_they_wait_and_walk_is_no_gesture(name):
    motion, noise = NONE[name]
    assert most_seen(watch(motion, 6.0, noise=noise)) == ""


def test_a_hand_held_up_before_the_shoulder_is_raised_and_not_on_the_face():
    def motion(t):
        return Pose(right=bent(t, Arm(0.25, 0.2, (-0.35, 1.0, 0.3))))

    assert most_seen(watch(motion, 4.0)) == "hands_raised"


def test_a_wave_of_the_wrist_alone_is_seen_by_its_knuckles():
    def motion(t):
        hand = (0.35 * np.sin(9 * t), 1.0, 0.0)
        return Pose(right=bent(t, Arm(0.4, 0.3, (0.4, 1.0, 0.3), hand)))

    def without_hands(seen):
        seen.pose = None

    assert "wave" in {sign.name for one in watch(motion, 4.0) for sign in one.gestures}
    assert "wave" not in {sign.name for one in watch(motion, 4.0, change=without_hands)
                          for sign in one.gestures}


def test_a_small_wave_is_seen_where_nothing_tells_the_hand():
    """Fingertips go on along the forearm, which swings by 9 degrees to either side."""
    def without_hands(seen):
        seen.pose = None

    signals = watch(lambda t: Pose(right=bent(t, Arm(
        0.4, 0.3, (0.2 + 0.15 * np.sin(9 * t), 1.0, 0.3)))), 4.0, change=without_hands)
    assert told(signals, "wave")


def hand(bend: float, reach: float = 0.0) -> np.ndarray:
    """Return landmarks (21, 3), metres, of an upright hand whose index finger bends by radians.

    Args:
        bend: Of each of the two outer joints of the index finger.
        reach: Metres by which all fingertips are lowered.
    """
    made = np.zeros((21, 3))
    for finger, first in enumerate((1, 5, 9, 13, 17)):
        angle, place = 0.0, np.array([0.02 * finger - 0.04, -0.085, 0.0])
        for joint in range(4):
            made[first + joint] = place
            angle += bend if finger == 1 and joint else 0.0
            place = place + 0.03 * np.array([0.0, -np.cos(angle), -np.sin(angle)])
        made[first + 3, 1] += reach
    return made


HELD_OUT = Arm(0.1, 0.6, (0.0, 0.3, 1.0))


@pytest.mark.parametrize(("rate", "beckons"), [(0.0, False), (9.0, True)])
def test_a_bending_finger_beckons_though_the_hand_is_still(rate, beckons):
    times = iter(np.arange(0.0, 9.0, 1 / 30))

    def bend(seen):
        t = next(times)
        seen.right_hand_world = hand(0.6 + 0.6 * np.sin(rate * t) * begun(t))

    signals = watch(lambda t: Pose(right=bent(t, HELD_OUT)), 5.0, change=bend)
    assert told(signals, "come_here") == beckons


@pytest.mark.parametrize(("size", "beckons"), [(0.0, False), (0.08, True)])
def test_fingertips_are_where_the_hands_own_landmarks_are(size, beckons):
    """The pose's knuckles stay where they are, as MediaPipe's do, while fingertips go down."""
    times = iter(np.arange(0.0, 9.0, 1 / 30))

    def lower(seen):
        t = next(times)
        tips = hand(0.0, size * (1.0 + np.sin(9 * t)) * begun(t))
        wrist = seen.pose[16, :2]
        seen.right_hand = np.column_stack(
            [FOCAL / 2.0 * tips[:, :2] + wrist, np.zeros(21)]).astype(np.float32)

    signals = watch(lambda t: Pose(right=bent(t, HELD_OUT)), 5.0, change=lower)
    assert told(signals, "come_here") == beckons


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize(("shown", "gesture"), [
    ("palm", "wave"), ("back", "come_here"), ("nothing", "wave")])
def test_who_waves_shows_the_palm_and_who_beckons_the_back_of_the_hand(side, shown, gesture):
    def show(seen):
        # The thumb of a palm that is shown is on the side of the head.
        mirror = -1.0 if (side == "right") == (shown == "palm") else 1.0
        if shown != "nothing":
            setattr(seen, f"{side}_hand_world", hand(0.0) * (mirror, 1.0, 1.0))

    def motion(t):
        return Pose(**{side: bent(t, Arm(0.2, 0.5, (0.3 + 0.5 * np.sin(9 * t), 0.6, 0.6)))})

    assert most_seen(watch(motion, 4.5, change=show)) == gesture


@pytest.mark.parametrize(("aside", "touches"), [(0.0, True), (70.0, False)])
def test_fingertips_on_the_face_tell_a_hand_that_depth_puts_before_it(aside, touches):
    """MediaPipe's world coordinates have such hands a third of a metre before the shoulders."""
    def cover(seen):
        seen.pose_world[[16, 18, 20, 22], 2] -= 0.2
        place = seen.pose[0, :2] + (aside, 15.0)
        seen.right_hand = np.column_stack([np.tile(place, (21, 1)), np.zeros(21)])

    signals = watch(MOTIONS["hand_on_face"], 3.5, change=cover)
    assert told(signals, "hand_on_face") == touches


@pytest.mark.parametrize(("step", "leans"), [(0.0, True), (0.12, False)])
def test_a_face_that_comes_nearer_than_the_body_leans_in(step, leans):
    """The trunk's depth tells little of it; who comes a step nearer does not lean in."""
    times = iter(np.arange(0.0, 9.0, 1 / 30))

    def face(seen):
        seen.head = np.diag([1.0, 1.0, -1.0, 1.0])
        seen.head[2, 3] = 2.4 - 0.12 * begun(next(times) - 3.0)

    def motion(t):
        return Pose(lean=0.05 * begun(t - 3.0), distance=2.5 - step * begun(t - 3.0))

    signals = watch(motion, 6.5, change=face)
    assert told(signals, "lean_in") == leans


def test_an_arm_that_folds_to_and_fro_beckons_where_depth_tells_little():
    """The hand goes from far in front to the chest, while the elbow is let down."""
    def flatten(seen):
        seen.pose_world[:, 2] *= 0.7

    def motion(t):
        far = 0.5 + 0.5 * np.sin(8 * t)
        near = 1.0 - far
        return Pose(right=bent(t, Arm(0.15, 0.35 + 0.7 * far, (
            0.2 * far - 0.3 * near, 0.1 * far + 0.2 * near, far + 0.55 * near))))

    assert told(watch(motion, 4.5, change=flatten), "come_here")


@pytest.mark.parametrize(("rise", "points"), [(-0.3, False), (0.1, False), (0.9, True)])
def test_a_hand_held_out_low_is_offered_and_does_not_point(rise, points):
    signals = watch(lambda t: Pose(right=bent(t, Arm(0.12, 0.75 + 0.6 * points, (0.0, rise, 2.0))
                                              )), 3.0)
    assert told(signals, "point") == points


def test_who_turns_or_lunges_with_a_straight_arm_does_not_point():
    def lunge(t):
        return Pose(right=Arm(0.1, 1.4 * begun(t)), turn=0.9 * np.sin(4 * t) * begun(t))

    assert "point" not in {sign.name for one in watch(lunge, 4.0) for sign in one.gestures}


def test_hands_that_swing_overhead_together_and_come_down_do_not_clap():
    def motion(t):
        up = min(max((t - 1.0) / 0.4, 0.0), 1.0) * min(max(3.5 - t, 0.0), 1.0)
        out = 0.5 * np.sin(7 * t) - 0.4 if up else 0.0
        return Pose(*[Arm(0.2, 0.2 + 1.3 * up, (out, 2.0 * up - 1.0, 0.5))] * 2)

    assert "clap" not in {sign.name for one in watch(motion, 5.0) for sign in one.gestures}


def test_two_hands_that_sway_together_with_upright_forearms_wave_and_do_not_clap():
    def motion(t):
        return Pose(*[bent(t, Arm(0.3, 0.7, (0.45 * np.sin(5 * t) - 0.25, 1.0, 0.2)))] * 2)

    seen = {sign.name for one in watch(motion, 6.0) for sign in one.gestures}
    assert "wave" in seen and "clap" not in seen


def test_who_leans_forward_with_a_hand_up_does_not_bow():
    def motion(t):
        return Pose(Arm(), Arm(0.1 + 2.8 * begun(t)), lean=0.5 * begun(t), head_pitch=0.2)

    assert "bow" not in {sign.name for one in watch(motion, 4.0) for sign in one.gestures}


def test_a_stretched_arm_that_swings_above_the_shoulder_waves():
    def motion(t):
        return Pose(right=Arm(0.1 + (2.3 + 0.45 * np.sin(9 * t)) * begun(t)))

    assert "wave" in {sign.name for one in watch(motion, 4.0) for sign in one.gestures}


def watch_ahead(motion, seconds, change=lambda seen: None):
    """Return what is seen and expected first, the forecast being the true future.

    Args:
        motion: Seconds -> pose.
        seconds: For which it is watched.
        change: Changes what is seen of each image.

    Returns:
        Seconds by gesture; and with them after how many more it is said to begin.
    """
    reader, horizon = SignalReader(), 30
    seen, expected = {}, {}
    for index in range(int(30 * seconds)):
        stamp = START + round(index * 1e9 / 30)
        coming = np.array([
            person(motion((index + 1 + step) / 30)).coco[:, :2] for step in range(horizon)])
        forecast = MotionForecast(stamp, 1, WIDTH, HEIGHT, coming, 1 / 30, np.ones(horizon), 0.9)
        now = person(motion(index / 30))
        change(now)
        (one,) = reader.update(People(stamp, WIDTH, HEIGHT, [now]), [forecast])
        for sign in one.gestures:
            seen.setdefault(sign.name, index / 30)
        for sign in one.expected:
            expected.setdefault(sign.name, (index / 30, sign.starts_in))
    return seen, expected


@pytest.mark.parametrize("curled", [0.0, 1.4])
def test_a_hand_that_is_open_is_not_expected_to_point(curled):
    def fingers(seen):
        seen.right_hand_world = hand(0.0)
        for first in (9, 13, 17):  # middle to little finger
            other = hand(curled)[5:9]
            seen.right_hand_world[first:first + 4] = other
        seen.right_hand_world[5:9] = hand(0.0)[5:9]

    _, expected = watch_ahead(MOTIONS["point"], 2.6, fingers)
    assert ("point" in expected) == (curled > 0)


def test_a_forecast_tells_a_gesture_before_it_is_seen():
    seen, expected = watch_ahead(MOTIONS["hands_raised"], 3.3)
    when, starts_in = expected["hands_raised"]
    assert seen["hands_raised"] - when > 0.3
    assert starts_in == pytest.approx(seen["hands_raised"] - when, abs=0.3)


def test_a_wave_is_expected_from_its_first_swing_on():
    seen, expected = watch_ahead(MOTIONS["wave"], 4.0)
    assert seen["wave"] - expected["wave"][0] > 0.3


def test_a_raised_hand_that_goes_down_again_is_not_expected_to_wave():
    def motion(t):
        return Pose(right=Arm(0.1 + 2.6 * (begun(t) - begun(t - 1.2))))

    seen, expected = watch_ahead(motion, 5.0)
    assert "hands_raised" in seen
    assert "wave" not in {*seen, *expected}


def test_heads_are_not_forecast():
    for gesture in ("nod", "shake"):
        seen, expected = watch_ahead(MOTIONS[gesture], 3.5)
        assert gesture in seen
        assert gesture not in expected


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
