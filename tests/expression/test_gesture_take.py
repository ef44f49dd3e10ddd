import numpy as np
import pytest

from kinesics_core.affect.emotions import ANGER, EMOTION_VAD, FEAR, HAPPINESS, SADNESS
from kinesics_core.errors import KinesicsError
from kinesics_core.expression.body_animator import BodyAnimator
from kinesics_core.expression.gesture_take import PHASES, take_of
from kinesics_core.expression.gestures import ROBOT_GESTURES
from kinesics_core.expression.manner import NEUTRAL_MANNER, Manner, manner_of
from kinesics_core.expression.posture import HEAD, LEFT_ARM, RIGHT_ARM, posture

AT_EASE = posture(np.zeros(3))
WAVE = ROBOT_GESTURES["wave"]


def poses(take, samples=400):
    return np.array([take.at(time, AT_EASE) for time in np.linspace(0, take.duration, samples)])


def swing(take):
    """How far the right forearm goes from side to side while it is up."""
    found = poses(take)
    return np.ptp(found[found[:, RIGHT_ARM][:, 4] > 0.5, RIGHT_ARM.start + 3])


def test_extent_scales_strokes_and_keeps_the_gesture():
    sizes = [swing(take_of(WAVE, Manner(1.0, extent, 0.4))) for extent in (0.6, 1.0, 1.4)]
    assert sizes[0] < 0.75 * sizes[1] < 0.75 * sizes[2]
    for emotion in (SADNESS, ANGER, HAPPINESS, FEAR):
        raised = poses(take_of(WAVE, manner_of(EMOTION_VAD[emotion])))[:, RIGHT_ARM.start + 4]
        assert raised.max() > 0.5, emotion  # the hand is up, whatever is felt


def test_intensity_makes_it_smaller():
    nods = [np.ptp(poses(take_of(ROBOT_GESTURES["nod"], intensity=share))[:, HEAD.start + 1])
            for share in (0.0, 0.5, 1.0)]
    assert nods[0] == pytest.approx(0.4 * nods[2], rel=0.01) and nods[0] < nods[1] < nods[2]


def test_height_and_tension_change_the_hand():
    def top(height, tension):
        return poses(take_of(WAVE, Manner(1.0, 1.0, 0.4, height, tension)))[150, RIGHT_ARM]

    assert top(0.8, 0.0)[1] > top(0.0, 0.0)[1] + 0.05 > top(-0.8, 0.0)[1] + 0.15
    assert top(0.0, 0.8)[8] > top(0.0, 0.0)[8] + 0.2
    assert top(0.0, -0.8)[8] > top(0.0, 0.0)[8]  # a limp hand is half closed


def test_sharpness_shortens_the_movement_and_holds():
    found = [poses(take_of(WAVE, Manner(1.0, 1.0, sharpness)), 2000) for sharpness in (0.4, 1.0)]
    still = [(np.abs(np.diff(path, axis=0)).max(axis=1) < 1e-9).mean() for path in found]
    assert still[0] < 0.02 and still[1] > 0.3


@pytest.mark.parametrize("name", ["hand_to_chest", "think"])
@pytest.mark.parametrize("emotion", [HAPPINESS, SADNESS])
def test_a_hand_that_touches_still_does(name, emotion):
    touching = [poses(take_of(ROBOT_GESTURES[name], manner))[200, RIGHT_ARM]
                for manner in (NEUTRAL_MANNER, manner_of(EMOTION_VAD[emotion]))]
    assert touching[0] == pytest.approx(touching[1], abs=1e-9)


def test_the_other_side_is_the_mirror_image():
    right, left = (poses(take_of(WAVE, side=side)) for side in ("right", "left"))
    assert right == pytest.approx(poses(take_of(WAVE)))
    assert left[:, LEFT_ARM] == pytest.approx(right[:, RIGHT_ARM])
    assert left[:, HEAD] == pytest.approx(right[:, HEAD] * (-1, 1, -1))


def test_takes_differ_a_little_and_a_seed_repeats_them():
    def take(seed):
        return take_of(WAVE, rng=np.random.default_rng(seed))

    assert (poses(take(1)) == poses(take(1))).all()
    durations = [take(seed).duration for seed in range(20)]
    assert len(set(durations)) == 20
    assert np.abs(np.array(durations) / WAVE.duration - 1).max() < 0.15


@pytest.mark.parametrize("name", ROBOT_GESTURES)
def test_phases_come_in_order(name):
    take = take_of(ROBOT_GESTURES[name])
    seen = [take.phase(time) for time in np.linspace(0, take.duration - 1e-6, 500)]
    order = [PHASES.index(phase) for phase in seen]
    assert order == sorted(order) and {"anticipation", "stroke", "retraction"} <= set(seen)
    assert take.phase(take.duration) == ""
    held = {"shrug", "hand_to_chest", "bow", "think", "lean_in"}
    assert ("hold" in seen) == (name in held)


def test_a_gesture_stopped_before_its_stroke_never_makes_it():
    animator = BodyAnimator(0)
    animator.start("bow")
    bent = []
    while animator.phase == "anticipation":
        animator.step(1 / 60)
    animator.stop()
    assert animator.phase == "retraction"
    before = animator.body_pose
    for _ in range(90):
        animator.step(1 / 60)
        bent.append(animator.body_pose)
    assert animator.gesture == animator.phase == ""
    speed = np.diff([before, *bent], axis=0) * 60
    assert np.abs(np.diff(speed, axis=0)).max() < 1.0  # rad/s: no jump
    assert max(pose[2, 0] for pose in bent) < 0.06  # .16 in a whole bow
    animator.stop()  # nothing to stop: no harm


def test_the_animator_makes_gestures_in_the_manner_of_its_emotion():
    def length(emotion):
        animator = BodyAnimator(3)
        if emotion:
            animator.set_emotion(emotion, 0.8)
        animator.start("wave", side="left", intensity=0.8)
        frames = 0
        while animator.gesture:
            animator.step(1 / 60)
            frames += 1
        return frames

    assert length("anger") < length("") < length("sadness")


def test_the_same_gesture_is_never_identical():
    animator = BodyAnimator(0)
    lengths = []
    for _ in range(4):
        animator.start("nod")
        lengths.append(animator._take.duration)
    assert len(set(lengths)) == 4


@pytest.mark.parametrize(
    ("asked", "told"),
    [({"side": "up"}, "side 'up'"), ({"intensity": 1.5}, "1.5"),
     ({"intensity": float("nan")}, "nan")])
def test_a_bad_side_or_intensity_is_refused(asked, told):
    with pytest.raises(KinesicsError, match=told):
        BodyAnimator(0).start("wave", **asked)
