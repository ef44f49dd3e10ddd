import numpy as np
import pytest
from stick_figure import coco17, forward

from kinesics_core.errors import KinesicsError
from kinesics_core.expression.body_animator import (
    JOINT_HIGH,
    JOINT_LOW,
    JOINT_SPEED,
    BodyAnimator,
    head_pose,
)
from kinesics_core.expression.gestures import ROBOT_GESTURES
from kinesics_core.rotations import exponential, logarithm
from kinesics_core.skeletons import SMPLX_BODY

J = {name: index for index, name in enumerate(SMPLX_BODY)}


def run(animator, seconds, rate=60):
    poses = []
    for _ in range(int(round(seconds * rate))):
        animator.step(1 / rate)
        poses.append(animator.body_pose)
    return np.array(poses)


def settled(state):
    animator = BodyAnimator(0, idle=0.0)
    animator.set_state(np.array(state))
    run(animator, 6.0)
    pose = animator.body_pose
    pose[J["neck"] - 1], pose[J["head"] - 1] = head_pose(animator.head)
    return forward(np.zeros(3), pose, np.zeros(3))


@pytest.mark.parametrize("rate", [30, 60])
def test_joints_stay_in_range_and_under_their_speed_whatever_is_asked(rate):
    rng = np.random.default_rng(0)
    animator = BodyAnimator(1)
    before = animator.body_pose
    for frame in range(40 * rate):
        if frame % (rate // 5) == 0:
            animator.set_state(rng.uniform(-1.5, 1.5, 3))
            animator.start(str(rng.choice(list(ROBOT_GESTURES))))
        animator.step(1 / rate)
        pose = animator.body_pose
        assert (pose >= JOINT_LOW - 1e-9).all() and (pose <= JOINT_HIGH + 1e-9).all()
        assert (np.abs(pose - before) <= JOINT_SPEED / rate + 1e-9).all()
        for hand in animator.hands:
            assert hand.shape == (15, 3) and np.abs(hand).max() <= np.pi / 2
        before = pose


def test_a_change_of_gesture_does_not_jump():
    animator = BodyAnimator(0)
    run(animator, 1.0)
    animator.start("wave")
    run(animator, 1.0)
    animator.start("clap")
    poses = run(animator, 1.0, rate=240)
    speed = np.diff(poses, axis=0) * 240
    assert np.abs(np.diff(speed, axis=0)).max() < 2.0  # rad/s between frames: no kink, no jump


def test_the_same_movement_at_30_and_60_hz():
    def at(rate):
        animator = BodyAnimator(4)
        animator.set_state(np.array([0.5, 0.6, 0.3]))
        animator.start("open_arms")
        return run(animator, 4.0, rate)[rate // 30 - 1 :: rate // 30], animator

    slow, fast = at(30), at(60)
    assert slow[0] == pytest.approx(fast[0], abs=5e-3)
    assert slow[1].head == pytest.approx(fast[1].head, abs=5e-3)


def test_the_same_seed_moves_the_same_and_another_differently():
    poses = [run(BodyAnimator(seed), 3.0) for seed in (1, 1, 2)]
    assert (poses[0] == poses[1]).all()
    assert (poses[0] != poses[2]).any()


def test_a_body_at_rest_breathes_and_shifts_its_weight_a_little():
    animator = BodyAnimator(0)
    run(animator, 2.0)
    poses = run(animator, 30.0)
    moves = np.ptp(poses, axis=0).max(axis=1)
    assert 0.002 < moves[J["spine3"] - 1] < 0.12
    legs = [J[name] - 1 for name in ("left_hip", "right_knee", "left_ankle")]
    assert (moves[legs] > 0.005).all() and (moves[legs] < 0.5).all()
    still = run(BodyAnimator(0, idle=0.0), 10.0)
    assert (np.ptp(still, axis=0)[legs] < 1e-9).all()  # breath does not move them


def test_posture_shows_the_state():
    joints = {name: settled(state) for name, state in {
        "joy": (0.8, 0.5, 0.5), "sad": (-0.7, -0.3, -0.5), "calm": (0.0, 0.0, 0.0),
        "proud": (0.2, 0.0, 0.9), "afraid": (-0.6, 0.8, -0.8), "meek": (0.0, 0.0, -0.8),
    }.items()}  # fmt: skip

    def head_height(name):
        return coco17(*joints[name])[0, 1]

    def spread(name):
        keypoints = coco17(*joints[name])
        return keypoints[9, 0] - keypoints[10, 0]

    def shoulders(name):
        return joints[name][0][J["left_shoulder"], 1] - joints[name][0][J["spine3"], 1]

    assert head_height("joy") > head_height("calm") > head_height("sad") + 0.03
    assert spread("proud") > spread("calm") + 0.1 > spread("meek") + 0.2
    assert shoulders("afraid") > shoulders("calm") + 0.005


def test_arousal_quickens_gestures():
    def length(arousal):
        animator = BodyAnimator(0)
        animator.set_state(np.array([0.0, arousal, 0.0]))
        run(animator, 3.0)
        animator.start("wave")
        frames = 0
        while animator.gesture:
            animator.step(1 / 60)
            frames += 1
        return frames / 60

    assert length(0.8) < length(0.0) < length(-0.8)
    assert length(0.0) == pytest.approx(ROBOT_GESTURES["wave"].duration, abs=0.05)


def test_time_that_stands_still_or_jumps_does_no_harm():
    animator = BodyAnimator(0)
    before = animator.body_pose
    for elapsed in (0.0, -5.0):
        animator.step(elapsed)
        assert (animator.body_pose == before).all()
    animator.start("wave")
    animator.step(3600.0)  # an hour asleep counts as a second
    assert animator.gesture == "wave"
    with pytest.raises(KinesicsError):
        animator.start("nothing like this")
    animator.set_state(np.array([np.nan, 5.0, -5.0]))
    assert np.isfinite(run(animator, 1.0)).all()


def test_head_pose_is_the_rotation_of_its_angles():
    rng = np.random.default_rng(0)
    # REP-103's x forward, y left, z up in model axes.
    to_model = np.array([[0, 1, 0], [0, 0, 1], [1, 0, 0]], float)
    for roll, pitch, yaw in [*rng.uniform(-0.9, 0.9, (20, 3)), np.zeros(3)]:
        rep103 = (
            exponential([0, 0, yaw])
            @ exponential([0, pitch, 0])
            @ exponential([roll, 0, 0])
        )
        neck, head = head_pose(np.array([roll, pitch, yaw]))
        turned = exponential(neck) @ exponential(head)
        assert turned == pytest.approx(to_model @ rep103 @ to_model.T)
        assert exponential(logarithm(turned)) == pytest.approx(turned)
    neck, head = head_pose(np.array([0.0, 0.4, 0.0]))
    assert neck[0] + head[0] == pytest.approx(0.4)  # pitch is nose down, forward in the model
