from dataclasses import replace

import numpy as np
import pytest
from stick_figure import forward

from kinesics_core.affect.emotions import EMOTIONS, HAPPINESS, NEUTRAL, SADNESS
from kinesics_core.errors import KinesicsError
from kinesics_core.expression.animator import Animator
from kinesics_core.expression.body_animator import JOINT_SPEED
from kinesics_core.rotations import exponential
from kinesics_core.skeletons import BLENDSHAPE_INDEX, SMPLX_BODY
from kinesics_core.types import AffectiveResponse

SECOND = 1_000_000_000
START = 1_700_000_000 * SECOND
SMILE = BLENDSHAPE_INDEX["mouthSmileLeft"]
FROWN = BLENDSHAPE_INDEX["mouthFrownLeft"]


def response(stamp, emotion=HAPPINESS, gesture="", duration=1.0, towards=1, bearing=(0.4, 0.1)):
    return AffectiveResponse(
        stamp, "mirror", emotion, 0.8, 0.5, 0.3, 0.2, towards,
        np.array(bearing, np.float32), gesture, duration, "",
    )  # fmt: skip


def run(animator, start, seconds, rate=60, each=None):
    poses = []
    for frame in range(1, int(round(seconds * rate)) + 1):
        now = start + frame * SECOND // rate
        if each is not None:
            each(now)
        poses.append(animator.step(now))
    return poses


def test_the_stamp_of_the_image_travels_unchanged():
    animator = Animator()
    animator.step(START)
    animator.respond(response(START - 12_345))
    face, body = animator.step(START + SECOND // 60)
    assert face.stamp == body.stamp == START - 12_345
    assert face.pose_stamp == body.pose_stamp == START + SECOND // 60


def test_a_response_is_shown_and_ends_with_its_duration():
    animator = Animator()
    animator.step(START)
    animator.respond(response(START, duration=2.0))
    shown = run(animator, START, 1.9)
    assert shown[-1][0].blendshapes[SMILE] > 0.6
    assert shown[-1][0].stamp == START
    after = run(animator, START + int(1.9 * SECOND), 3.0)
    assert after[-1][0].blendshapes[SMILE] < 0.2  # the mood that is left at rest
    assert after[-1][0].stamp == after[-1][0].pose_stamp  # answers nobody


def test_gaze_and_body_turn_to_the_person():
    animator = Animator()
    animator.step(START)
    poses = run(animator, START, 3.0, each=lambda now: animator.respond(response(now)))
    face, body = poses[-1]
    assert face.gaze[0] + face.head[2] == pytest.approx(0.4, abs=0.03)
    _, rotations = forward(body.global_orient, body.body_pose, body.transl)
    chest, head = (rotations[SMPLX_BODY.index(name)] for name in ("spine3", "head"))
    relative = chest.T @ head
    # The head of the body is the head of the face: REP-103 axes are the model's z, x, y.
    roll, pitch, yaw = face.head
    expected = (
        exponential([0, yaw, 0])
        @ exponential([pitch, 0, 0])
        @ exponential([0, 0, roll])
    )
    assert relative == pytest.approx(expected, abs=1e-6)


def test_a_gesture_starts_once_however_often_it_is_named():
    animator = Animator()
    animator.step(START)
    wrist = SMPLX_BODY.index("right_wrist")

    def height(body):
        return forward(body.global_orient, body.body_pose, body.transl)[0][wrist, 1]

    poses = run(
        animator, START, 2.5, each=lambda now: animator.respond(response(now, NEUTRAL, "wave"))
    )
    heights = np.array([height(body) for _, body in poses])
    assert heights.max() > 0.4
    rest = run(
        animator, START + int(2.5 * SECOND), 2.0,
        each=lambda now: animator.respond(response(now, NEUTRAL, "wave")),
    )  # fmt: skip
    assert height(rest[-1][1]) < 0.0
    run(animator, START + int(4.5 * SECOND), 0.2, each=lambda now: animator.respond(
        response(now, NEUTRAL)))  # fmt: skip
    again = run(
        animator, START + int(4.7 * SECOND), 1.5,
        each=lambda now: animator.respond(response(now, NEUTRAL, "wave")),
    )  # fmt: skip
    assert max(height(body) for _, body in again) > 0.4


def test_express_outranks_responses_until_it_is_over():
    animator = Animator()
    animator.step(START)
    animator.express("sadness", 1.0, 2.0, "hand_to_chest", START)
    shown = run(
        animator, START, 1.9,
        each=lambda now: animator.respond(response(now, gesture="clap")),
    )  # fmt: skip
    assert shown[-1][0].blendshapes[FROWN] > 0.6 and shown[-1][0].blendshapes[SMILE] < 0.05
    after = run(
        animator, START + int(1.9 * SECOND), 1.5,
        each=lambda now: animator.respond(response(now)),
    )  # fmt: skip
    assert after[-1][0].blendshapes[SMILE] > 0.6 and after[-1][0].blendshapes[FROWN] < 0.1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("joy", 0.5, 1.0), "'joy'.*happiness"),
        ((9, 0.5, 1.0), "9.*0 to 7"),
        ((HAPPINESS, 1.2, 1.0), "intensity 1.2.*from 0"),
        ((HAPPINESS, float("nan"), 1.0), "intensity nan"),
        ((HAPPINESS, 0.5, 0.0), "duration 0.0.*above 0 and up to 60"),
        ((HAPPINESS, 0.5, 61.0), "duration 61.*60"),
        ((HAPPINESS, 0.5, float("inf")), "duration inf"),
        ((HAPPINESS, 0.5, 1.0, "moonwalk"), "'moonwalk'.*wave"),
    ],
)
def test_express_refuses_what_is_out_of_range_and_changes_nothing(arguments, words):
    animator, untouched = Animator(), Animator()
    animator.step(START)
    untouched.step(START)
    with pytest.raises(KinesicsError, match=words):
        animator.express(*arguments)
    for (face, body), (same, same_body) in zip(
        run(animator, START, 1.0), run(untouched, START, 1.0), strict=True
    ):
        assert (face.blendshapes == same.blendshapes).all()
        assert (body.body_pose == same_body.body_pose).all()


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_every_emotion_can_be_expressed(emotion):
    animator = Animator()
    animator.step(START)
    animator.express(emotion, 1.0, 5.0)
    face, _ = run(animator, START, 2.0)[-1]
    still = np.delete(face.blendshapes, [i for n, i in BLENDSHAPE_INDEX.items() if "Look" in n])
    assert (still.max() > 0.3) == (emotion != EMOTIONS[NEUTRAL])


def test_no_jump_whatever_happens_at_60_hz():
    rng = np.random.default_rng(0)
    animator = Animator(seed=1)
    _, before = animator.step(START)
    now = START
    for frame in range(1800):
        now += SECOND // 60
        if frame % 20 == 0:
            gesture = str(rng.choice(["", "wave", "clap", "open_arms", "shrug"]))
            animator.respond(
                response(now, int(rng.integers(8)), gesture, bearing=rng.uniform(-0.5, 0.5, 2))
            )
        face, body = animator.step(now)
        assert face.blendshapes.shape == (52,)
        assert face.blendshapes.min() >= 0.0 and face.blendshapes.max() <= 1.0
        arms = np.delete(np.arange(21), [SMPLX_BODY.index(n) - 1 for n in ("neck", "head")])
        moved = np.abs(body.body_pose - before.body_pose)
        assert (moved[arms] <= JOINT_SPEED[arms] / 60 + 1e-4).all()
        assert moved.max() < 0.12
        before = body


def test_a_clock_that_jumps_back_stands_still_and_goes_on():
    animator = Animator()
    animator.step(START)
    animator.respond(response(START, duration=10.0))
    face, body = run(animator, START, 1.0)[-1]
    back, back_body = animator.step(START - 3600 * SECOND)
    assert back.blendshapes == pytest.approx(face.blendshapes)
    assert back_body.body_pose == pytest.approx(body.body_pose)
    assert back.pose_stamp == START - 3600 * SECOND
    later = run(animator, START - 3600 * SECOND, 1.0)
    assert later[-1][0].blendshapes[SMILE] > 0.6
    assert later[-1][0].stamp == START


def test_the_same_seed_and_times_give_the_same_poses():
    def poses(seed, rate):
        animator = Animator(seed)
        animator.step(START)
        animator.respond(response(START, SADNESS, "hand_to_chest", duration=5.0))
        every = rate // 30
        return run(animator, START, 4.0, rate)[every - 1 :: every]

    for (one, _), (same, _), (slow, slow_body), (_, fast_body) in zip(
        poses(1, 60), poses(1, 60), poses(1, 30), poses(1, 60), strict=True
    ):
        assert (one.blendshapes == same.blendshapes).all()
        assert slow.blendshapes == pytest.approx(one.blendshapes, abs=0.02)
        assert slow_body.body_pose == pytest.approx(fast_body.body_pose, abs=0.01)


def test_the_jaw_of_the_body_opens_with_that_of_the_face():
    animator = Animator()
    animator.step(START)
    animator.express("surprise", 1.0, 5.0)
    face, body = run(animator, START, 2.0)[-1]
    assert face.blendshapes[BLENDSHAPE_INDEX["jawOpen"]] > 0.5
    assert 0.1 < body.jaw[0] < 0.5
    assert body.left_hand.shape == body.right_hand.shape == (15, 3)
    assert body.betas.shape == (10,)


def test_a_bearing_of_nan_does_not_reach_the_robot():
    animator = Animator()
    animator.step(START)
    animator.respond(response(START, bearing=(np.nan, np.nan)))
    for face, body in run(animator, START, 1.0):
        assert np.isfinite(face.blendshapes).all() and np.isfinite(face.gaze).all()
        assert np.isfinite(face.head).all() and np.isfinite(body.body_pose).all()


@pytest.mark.parametrize(
    "wrong",
    [{"emotion": 8}, {"intensity": np.nan}, {"intensity": 1.2}, {"valence": np.nan},
     {"arousal": np.inf}, {"dominance": -1.5}, {"duration": -1.0}, {"duration": np.nan},
     {"gesture": "somersault"}, {"bearing": np.zeros(3)}])
def test_a_response_out_of_range_is_refused_and_changes_nothing(wrong):
    animator, untouched = Animator(), Animator()
    for each in (animator, untouched):
        each.step(START)
        each.respond(response(START, emotion=SADNESS))
    with pytest.raises(KinesicsError, match="Got"):
        animator.respond(replace(response(START + 1), **wrong))
    for (face, body), (same, same_body) in zip(
        run(animator, START, 0.5), run(untouched, START, 0.5), strict=True
    ):
        assert face.stamp == same.stamp
        assert (face.blendshapes == same.blendshapes).all()
        assert (body.body_pose == same_body.body_pose).all()



def trunk_pitch(animator):
    """Angle by which a point of the chest is ahead of the pelvis, radians."""
    joints, _ = forward(np.zeros(3), animator.step(animator._now)[1].body_pose, np.zeros(3))
    chest = joints[SMPLX_BODY.index("neck")] - joints[0]
    return float(np.arctan2(chest[2], chest[1]))


def test_a_response_leans_the_trunk_towards_the_person_or_away():
    pitch = {}
    for lean in (-0.15, 0.0, 0.15):
        animator = Animator(seed=3)
        animator.step(START)
        animator.respond(replace(response(START, duration=6.0), lean=lean))
        poses = run(animator, START, 4.0)
        pitch[lean] = trunk_pitch(animator)
        head = np.array([pose.head for pose, _ in poses])
        assert np.abs(np.diff(head, axis=0)).max() < 0.1  # no jump
    assert pitch[-0.15] < pitch[0.0] - 0.06 and pitch[0.15] > pitch[0.0] + 0.06


def test_a_response_sets_the_tempo_of_its_gesture():
    seconds = {}
    for tempo in (0.7, 1.0, 1.4):
        animator = Animator(seed=1)
        animator.step(START)
        animator.respond(replace(
            response(START, emotion=NEUTRAL, gesture="wave", duration=20.0), tempo=tempo))
        frames = 0
        while animator._body.gesture and frames < 1200:
            frames += 1
            animator.step(START + frames * SECOND // 60)
        seconds[tempo] = frames / 60
    assert seconds[0.7] == pytest.approx(seconds[1.0] / 0.7, rel=0.05)
    assert seconds[1.4] == pytest.approx(seconds[1.0] / 1.4, rel=0.05)


def test_a_manner_that_is_no_number_is_refused():
    animator = Animator()
    animator.step(START)
    for name in ("lean", "gaze", "tempo"):
        with pytest.raises(KinesicsError, match=name):
            animator.respond(replace(response(START), **{name: float("nan")}))
