import numpy as np
import pytest
from stick_figure import forward, hand_tips

from kinesics_core.errors import KinesicsError
from kinesics_core.expression import gestures
from kinesics_core.expression.body_animator import BodyAnimator, head_pose
from kinesics_core.expression.gesture_take import take_of
from kinesics_core.expression.gestures import ROBOT_GESTURES
from kinesics_core.expression.posture import posture
from kinesics_core.mind.answers import ANSWERINGS, APOLOGY, GREETING, SIGNS
from kinesics_core.mind.style import ENERGY
from kinesics_core.skeletons import SMPLX_BODY

J = {name: index for index, name in enumerate(SMPLX_BODY)}
AT_EASE = posture(np.zeros(3))


def play(name, rate=60):
    """Joints (t, 22, 3), rotations (t, 22, 3, 3) and hand tips (t, 2, 3) of a whole gesture."""
    animator = BodyAnimator(0, idle=0.0)
    for _ in range(rate):
        animator.step(1 / rate)
    animator.start(name)
    frames = []
    for _ in range(int((ROBOT_GESTURES[name].duration + 0.5) * rate)):
        animator.step(1 / rate)
        pose = animator.body_pose
        pose[J["neck"] - 1], pose[J["head"] - 1] = head_pose(animator.head)
        joints, rotations = forward(np.zeros(3), pose, np.zeros(3))
        frames.append((joints, rotations, np.array(hand_tips(joints, rotations))))
    return tuple(np.array(part) for part in zip(*frames, strict=True))


def palms(rotations):
    """Direction the palms face, (t, 2, 3)."""
    wrists = [J["left_wrist"], J["right_wrist"]]
    return rotations[:, wrists] @ np.array([0.0, -1.0, 0.0])


def test_the_right_arm_mirrors_the_left():
    joints, _, tips = play("open_arms")
    sway = 0.03
    assert tips[:, 0] * (-1, 1, 1) == pytest.approx(tips[:, 1], abs=sway)
    assert joints[:, J["left_elbow"]] * (-1, 1, 1) == pytest.approx(
        joints[:, J["right_elbow"]], abs=sway
    )


@pytest.mark.parametrize("name", ROBOT_GESTURES)
def test_gestures_start_from_and_return_to_the_posture(name):
    duration, take = ROBOT_GESTURES[name].duration, take_of(ROBOT_GESTURES[name])
    for seconds in (0.0, duration, duration + 5.0, -1.0):
        assert take.at(seconds, AT_EASE) == pytest.approx(AT_EASE)
    times = np.linspace(0.0, duration, 2000)
    poses = np.array([take.at(time, AT_EASE) for time in times])
    assert np.abs(np.diff(poses, axis=0)).max() < 0.02  # continuous
    assert np.abs(poses - AT_EASE).max() > 0.1  # and something happens
    keys = [key.time for key in ROBOT_GESTURES[name].keys]
    assert keys == sorted(keys) and keys[0] > 0.0 and keys[-1] < duration


def test_wave_shows_the_palm_above_the_head_and_swings_it():
    joints, rotations, tips = play("wave")
    head_top = joints[:, J["head"], 1] + 0.098 * 1.70
    up = tips[:, 1, 1] > head_top
    assert up.mean() > 0.35
    assert (palms(rotations)[up, 1, 2] > 0.5).all()  # to the person in front
    swing = np.diff(np.sign(np.diff(tips[up, 1, 0])))
    assert np.count_nonzero(swing) >= 3
    assert (tips[:, 0, 1] < joints[:, J["left_elbow"], 1]).all()  # the other arm hangs


def test_clap_brings_the_palms_together_three_times():
    _, rotations, tips = play("clap")
    apart = np.linalg.norm(tips[:, 0] - tips[:, 1], axis=1)
    minima = (apart[1:-1] < apart[:-2]) & (apart[1:-1] <= apart[2:]) & (apart[1:-1] < 0.2)
    assert np.count_nonzero(minima) == 3
    closest = apart.argmin()
    left, right = palms(rotations)[closest]
    assert left[0] < -0.5 and right[0] > 0.5  # they face each other


def test_open_arms_and_shrug_turn_the_palms_up_and_calm_turns_them_down():
    for name, sign in (("open_arms", 1.0), ("shrug", 1.0), ("calm", -1.0)):
        _, rotations, _ = play(name)
        middle = len(rotations) // 2
        assert (sign * palms(rotations)[middle, :, 1] > 0.5).all(), name


def test_shrug_raises_both_shoulders():
    joints, _, _ = play("shrug")
    for side in ("left_shoulder", "right_shoulder"):
        assert np.ptp(joints[:, J[side], 1]) > 0.02


def test_hand_to_chest_rests_before_the_breastbone():
    joints, _, tips = play("hand_to_chest")
    middle = len(joints) // 2
    palm = 0.5 * (joints[middle, J["right_wrist"]] + tips[middle, 1])
    chest = 0.5 * (joints[middle, J["neck"]] + joints[middle, J["spine2"]])
    offset = palm - chest
    assert abs(offset[0]) < 0.08 and abs(offset[1]) < 0.12 and 0.05 < offset[2] < 0.25


def test_think_brings_the_hand_to_the_face():
    joints, rotations, tips = play("think")
    middle = len(joints) // 2
    chin = joints[middle, J["head"]] + rotations[middle, J["head"]] @ (0.0, -0.04, 0.09)
    assert np.linalg.norm(tips[middle, 1] - chin) < 0.2


def test_nod_and_shake_move_the_head_only():
    for name, axis in (("nod", 1), ("shake_head", 0)):
        joints, rotations, _ = play(name)
        facing = rotations[:, J["head"]] @ np.array([0.0, 0.0, 1.0])
        other = 1 - axis
        assert np.ptp(facing[:, axis]) > 0.15 > 0.06 > np.ptp(facing[:, other])
        assert np.ptp(joints[:, J["left_wrist"]], axis=0).max() < 0.02


def test_lean_and_bow_bring_the_head_forward():
    for name in ("lean_in", "bow"):
        joints, _, _ = play(name)
        assert np.ptp(joints[:, J["head"], 2]) > 0.08


def test_every_gesture_the_policy_can_choose_exists():
    chosen = {
        name for answering in ANSWERINGS.values()
        for names in answering.gestures.values() for name in names
    }
    assert chosen
    for answer in SIGNS.values():
        chosen |= set(answer.gestures)
    assert chosen | {*GREETING, *APOLOGY} | set(ENERGY) <= set(ROBOT_GESTURES)


def test_an_unknown_gesture_is_refused_with_the_known_ones():
    with pytest.raises(KinesicsError, match="'moonwalk'.*clap.*wave"):
        gestures.robot_gesture("moonwalk")
