"""A score adds submovements; every primitive leaves a body that a human could have."""

import numpy as np
import pytest

from kinesics_core.body.arm_poses import AT_EASE, arm_vector
from kinesics_core.rotations import exponential
from kinesics_core.synthesis.performer import Performer
from kinesics_core.synthesis.repertoire import ON_THIGHS, REPERTOIRE, RESTS
from kinesics_core.synthesis.score import ARM_ORIGIN, ELBOW_RANGE, Score, arm_angles
from kinesics_core.synthesis.style import style_of

TIMES = np.arange(0, 20, 1 / 60)


def performer(seed=0, vad=(0.0, 0.0, 0.0)):
    style = style_of(np.array(vad), np.zeros(6))
    hanging = arm_angles(arm_vector(AT_EASE))
    start = {"left": hanging, "right": hanging, "spine": style.posture[18:21],
             "head": style.posture[21:24], "collars": style.posture[24:26]}
    return Performer(np.random.default_rng(seed), style, Score(start), "right",
                     {"left": hanging, "right": hanging}, np.array([[0.1, 0.0], [-0.1, 0.0]]))


def test_overlapping_moves_add_up_and_end_at_the_last_target():
    score = Score({})
    score.move("head", 1.0, 1.0, np.array([0.0, 0.4, 0.0]))
    score.move("head", 1.5, 1.0, np.array([0.0, 0.1, 0.2]))
    head = score.evaluate(TIMES)["head"]
    assert np.all(head[TIMES <= 1.0] == 0.0)
    assert np.allclose(head[TIMES > 2.51], (0.0, 0.1, 0.2))
    # Minimum-jerk: half way at half time, where it is fastest: 1.875 of the mean speed.
    first = np.abs(TIMES - 1.5).argmin()
    assert head[first, 1] == pytest.approx(0.2)
    assert (head[first + 1, 1] - head[first - 1, 1]) * 30 == pytest.approx(1.875 * 0.4, rel=0.02)


def test_no_movement_is_faster_than_joints_are():
    score = Score({})
    score.move("left", 1.0, 0.01, np.array([0.0, 0.0, 1.5, 0.0]))
    speed = np.abs(np.gradient(score.evaluate(TIMES)["left"][:, 2], TIMES))
    assert 6.0 < speed.max() <= 9.0


def test_an_oscillation_is_gone_outside_its_time():
    score = Score({})
    score.shake("spine", (2.0, 4.0), 5.0, np.array([0.0, 0.1, 0.0]))
    spine = score.evaluate(TIMES)["spine"][:, 1]
    assert np.abs(spine[(TIMES < 2.0) | (TIMES > 4.0)]).max() < 1e-12
    inside = spine[(TIMES > 2.5) & (TIMES < 3.5)]
    assert np.abs(inside).max() == pytest.approx(0.1, rel=0.05)
    assert np.count_nonzero(np.diff(np.sign(inside))) == pytest.approx(10, abs=1)


@pytest.mark.parametrize("name", ["on_hips", "crossed", "behind", "on_thighs"])
def test_resting_hands_are_where_the_name_says(name):
    arms = ON_THIGHS if name == "on_thighs" else RESTS[name].arms
    angles = arm_angles(arm_vector(arms[0]))
    shoulder = ARM_ORIGIN @ exponential(angles[:3])
    elbow = exponential(np.array([0.0, -angles[3], 0.0]))
    # Left arm; the shoulder is .18 m to the left of the trunk's axis and .5 m above the hips.
    wrist = (0.18, 0.5, 0.0) + 0.28 * shoulder[:, 0] + 0.25 * (shoulder @ elbow)[:, 0]
    low, high = {
        "on_hips": ((0.10, 0.0, -0.15), (0.28, 0.3, 0.15)),
        "crossed": ((-0.12, 0.15, 0.10), (0.10, 0.45, 0.35)),
        "behind": ((-0.05, -0.1, -0.30), (0.22, 0.2, -0.08)),
        "on_thighs": ((0.10, -0.05, 0.20), (0.30, 0.25, 0.50)),
    }[name]
    assert np.all(wrist > low) and np.all(wrist < high), wrist


@pytest.mark.parametrize("name", REPERTOIRE)
def test_every_primitive_moves_something_and_takes_its_time(name):
    who = performer(seed=sorted(REPERTOIRE).index(name), vad=(0.2, 0.4, 0.1))
    end = REPERTOIRE[name].perform(who, 1.0)
    assert 1.3 < end < 12.0
    before, after = Score({}).evaluate(TIMES), who.score.evaluate(TIMES)
    moved = max(np.ptp(after[part], axis=0).max() for part in before)
    assert moved > 0.05 or who.steps
    for hand in ("left", "right"):
        assert np.abs(after[hand][:, :3]).max() < np.pi  # rotation vectors never wrap
        assert after[hand][:, 3].min() > ELBOW_RANGE[0] - 0.4
    assert np.abs(after["head"]).max() < 1.2 and np.abs(after["spine"]).max() < 1.2


def test_left_handers_gesture_with_the_left_hand():
    hands = {}
    for main in ("left", "right"):
        used = []
        for seed in range(40):
            who = performer(seed)
            who.main_hand = main
            REPERTOIRE["point"].perform(who, 0.0)
            busy = who.score.evaluate(TIMES)
            used.append(busy["left_busy"].max() > busy["right_busy"].max())
        hands[main] = np.mean(used)
    assert hands["left"] > 0.65 and hands["right"] < 0.35
