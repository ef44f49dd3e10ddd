"""What a body shows of an emotion: how far it leaves rest, within what it can, and how it lives."""

import numpy as np
import pytest

from kinesics_core.affect.emotions import (
    ANGER,
    CONTEMPT,
    DISGUST,
    EMOTIONS,
    FEAR,
    HAPPINESS,
    NEUTRAL,
    SADNESS,
    SURPRISE,
)
from kinesics_core.body.leg_ik import LEG_ROWS, STANDING_OFFSETS
from kinesics_core.errors import KinesicsError
from kinesics_core.expression.animator import Animator
from kinesics_core.expression.body_animator import JOINT_HIGH, JOINT_LOW, BodyAnimator
from kinesics_core.kinematics import forward_kinematics
from kinesics_core.rotations import exponential, logarithm
from kinesics_core.skeletons import SMPLX_BODY, SMPLX_BODY_PARENTS

J = {name: index for index, name in enumerate(SMPLX_BODY)}
SEEN = [J[name] - 1 for name in (
    "neck", "left_shoulder", "right_shoulder", "left_elbow", "right_elbow")]
FELT = [emotion for emotion in range(8) if emotion != NEUTRAL]


def poses(emotion, intensity, *, seconds=4.0, seed=0, rate=60, idle=1.0):
    """Body poses (T, 22, 3), the pelvis first, and the pelvis' places (T, 3)."""
    animator = Animator(seed)
    animator._body._idle_share = idle
    animator.step(0)
    animator.express(emotion, intensity, 30.0)
    turns, places = [], []
    for frame in range(1, round(seconds * rate) + 1):
        _, body = animator.step(round(frame * 1e9 / rate))
        turns.append(np.vstack([body.global_orient[None], body.body_pose]))
        places.append(body.transl)
    return np.array(turns, float), np.array(places, float)


def upper_body_degrees(emotion, intensity, seed=0):
    """Mean over neck, shoulders and elbows of the angle to the neutral pose while it is held."""
    turns, _ = poses(emotion, intensity, seed=seed)
    rest, _ = poses(NEUTRAL, 0.0, seed=seed, seconds=1.0)
    held, neutral = exponential(turns[-120::6, 1:]), exponential(rest[-1, 1:])
    between = np.swapaxes(neutral, -1, -2) @ held
    return float(np.degrees(np.linalg.norm(logarithm(between), axis=-1))[:, SEEN].mean())


@pytest.mark.parametrize("emotion", FELT)
def test_one_sees_it_from_three_metres_and_more_of_it_at_more_intensity(emotion):
    degrees = [upper_body_degrees(emotion, intensity) for intensity in (0.2, 0.5, 0.8, 1.0)]
    assert degrees == sorted(degrees)
    assert degrees[2] >= (12.0 if emotion in (DISGUST, CONTEMPT) else 20.0)


def joints(emotion, seed):
    """Places (22, 3) of the joints at the apex, without the sway of the moment."""
    turns, places = poses(emotion, 0.8, seed=seed, idle=0.0)
    offsets = STANDING_OFFSETS.copy()
    offsets[0] += places[-120:].mean(axis=0)
    mean = turns[-120:].mean(axis=0)
    return forward_kinematics(exponential(mean)[None], offsets, SMPLX_BODY_PARENTS)[0][0]


def along_trunk(places):
    """Metres from the chest's joint up the trunk to the shoulders, of joints (22, 3)."""
    up = places[J["spine3"]] - places[J["spine1"]]
    shoulders = 0.5 * (places[J["left_shoulder"]] + places[J["right_shoulder"]])
    return (shoulders - places[J["spine3"]]) @ up / np.linalg.norm(up)


@pytest.mark.parametrize("seed", range(4))
def test_postures_have_the_signs_that_people_read(seed):
    shown = {emotion: joints(emotion, seed) for emotion in (*FELT, NEUTRAL)}

    def forward(emotion):  # of the head before the feet
        return shown[emotion][J["head"], 2]

    def height(emotion, joint):
        return shown[emotion][J[joint], 1]

    def hands_apart(emotion):
        return abs(shown[emotion][J["left_wrist"], 0] - shown[emotion][J["right_wrist"], 0])

    assert forward(ANGER) > forward(NEUTRAL) > forward(FEAR)  # lean (Dael et al. 2012)
    assert forward(DISGUST) < forward(NEUTRAL) and forward(SURPRISE) < forward(NEUTRAL)
    assert height(SADNESS, "head") < height(NEUTRAL, "head") - 0.02  # collapse (Wallbott 1998)
    assert hands_apart(HAPPINESS) > hands_apart(NEUTRAL) + 0.2
    assert hands_apart(NEUTRAL) > hands_apart(FEAR) + 0.05
    hands = ("left_wrist", "right_wrist")
    for emotion in (HAPPINESS, SURPRISE, FEAR):  # up in joy, surprise and protection
        assert max(height(emotion, hand) for hand in hands) > height(NEUTRAL, hands[0]) + 0.25
    assert min(height(SADNESS, hand) for hand in hands) < height(FEAR, hands[0]) - 0.2
    shrug = {emotion: along_trunk(shown[emotion]) for emotion in (FEAR, SADNESS, NEUTRAL)}
    assert shrug[FEAR] > shrug[NEUTRAL] + 0.01 and shrug[NEUTRAL] > shrug[SADNESS] + 0.001


@pytest.mark.parametrize("emotion", FELT)
def test_it_stays_within_the_joints_ranges_and_the_feet_stand(emotion):
    turns, places = poses(emotion, 1.0, seed=3)
    upper = [row for row in range(21)
             if row not in LEG_ROWS and SMPLX_BODY[row + 1] not in ("neck", "head")]
    assert (turns[:, 1:][:, upper] >= JOINT_LOW[upper] - 1e-6).all()
    assert (turns[:, 1:][:, upper] <= JOINT_HIGH[upper] + 1e-6).all()
    offsets = np.tile(STANDING_OFFSETS, (len(turns), 1, 1))
    offsets[:, 0] += places
    placed = np.array([
        forward_kinematics(exponential(turn)[None], offset, SMPLX_BODY_PARENTS)[0][0]
        for turn, offset in zip(turns[::4], offsets[::4], strict=True)])
    feet = placed[:, [J["left_ankle"], J["right_ankle"]]]
    speed = np.linalg.norm(np.diff(feet, axis=0), axis=-1) * 15.0
    assert speed.max() < 0.01  # m/s


def test_legs_and_pelvis_take_part_or_not():
    turns, places = poses(FEAR, 1.0)
    assert np.degrees(turns[-1, [row + 1 for row in LEG_ROWS]]).max() > 10.0
    assert places[-1, 1] < -0.04 and places[-1, 2] < -0.03  # a crouch, with the weight behind
    still = BodyAnimator(0, upper_body=True)
    still.set_emotion(FEAR, 1.0)
    for _ in range(120):
        still.step(1 / 60)
    assert (still.body_pose[list(LEG_ROWS)] == 0.0).all()
    assert (still.transl == 0.0).all() and (still.global_orient == 0.0).all()


def test_from_any_emotion_to_any_other_without_a_jump():
    rng = np.random.default_rng(0)
    animator, before, speed = BodyAnimator(5), None, None
    worst = 0.0
    for frame in range(60 * 40):
        if frame % 20 == 0:
            animator.set_emotion(int(rng.integers(8)), float(rng.uniform()))
        animator.step(1 / 60)
        pose = animator.body_pose
        if before is not None:
            turned = (pose - before) * 60
            if speed is not None:
                worst = max(worst, np.abs(turned - speed).max())
            speed = turned
        before = pose
    assert worst < 3.0  # rad/s between two frames


def test_a_compound_stands_between_its_emotions_with_the_arms_of_the_first():
    def settled(beside):
        body = BodyAnimator(2, idle=0.0)
        body.set_emotion(SURPRISE, 0.8, beside)
        heads, wrists = [], []
        for _ in range(60 * 6):
            body.step(1 / 60)
            heads.append(body.head[1])
            wrists.append(body.body_pose[J["left_elbow"] - 1, 1])
        return np.mean(heads[180:]), np.mean(wrists[180:])

    (plain, bend), (sad, sad_bend) = settled(None), settled((SADNESS, 0.5))
    assert sad > plain + 0.08, "the head sinks"
    assert sad_bend == pytest.approx(bend, abs=0.25), "the hands stay where surprise has them"


def test_the_next_time_it_looks_another_way_but_the_same_seed_repeats():
    def run(seed):
        animator, kept = BodyAnimator(seed, idle=0.0), []
        for _ in range(3):
            for emotion, seconds in (("anger", 3.0), ("neutral", 3.0)):
                animator.set_emotion(emotion, 0.8)
                for _ in range(int(seconds * 60)):
                    animator.step(1 / 60)
                kept.append(animator.body_pose)
        return np.array(kept)

    once, again, other = run(1), run(1), run(2)
    assert (once == again).all() and (once != other).any()
    assert np.abs(once[0] - once[2]).max() > 0.2  # anger, and anger again
    assert np.abs(once[1] - once[5]).max() < 0.1  # rest is rest


def test_emotions_live_at_their_own_tempo():
    def moves(emotion, joint, axis):
        turns, _ = poses(emotion, 0.9, seconds=14.0)
        return turns[-600:, J[joint], axis]

    def rate(signal):
        spectrum = np.abs(np.fft.rfft(signal - signal.mean()))
        return np.fft.rfftfreq(len(signal), 1 / 60)[spectrum.argmax()]

    assert rate(moves(FEAR, "left_collar", 2)) > 0.6 > 0.3 > rate(moves(SADNESS, "left_collar", 2))
    _, places = poses(HAPPINESS, 0.9, seconds=14.0)
    assert rate(places[-600:, 1]) == pytest.approx(1.5, abs=0.2)  # it bounces


@pytest.mark.parametrize("emotion, intensity", [
    ("joyful", 0.5), (9, 0.5), (0, 1.5), (0, -0.1), (0, np.nan)])
def test_what_is_no_emotion_is_refused(emotion, intensity):
    with pytest.raises(KinesicsError, match="Got"):
        BodyAnimator(0).set_emotion(emotion, intensity)


def test_every_emotion_has_postures():
    from kinesics_core.expression.emotional_postures import POSTURES

    assert set(POSTURES) == set(range(len(EMOTIONS)))
    assert all(len(POSTURES[emotion]) >= 2 for emotion in FELT)
