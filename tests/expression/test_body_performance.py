"""A body that comes and goes, as numbers: moments, the pose it starts from, motion.npz."""

from __future__ import annotations

import numpy as np
import pytest

from kinesics_core.affect.emotions import NEUTRAL
from kinesics_core.body import skinning
from kinesics_core.body.model import load
from kinesics_core.expression.animator import Animator
from kinesics_core.expression.body_performance import Start, moments, perform_body
from kinesics_core.expression.motion_file import DISTANCE, motion_arrays
from kinesics_core.expression.performance import PerformanceConfig
from kinesics_core.expression.request import ExpressionRequest, resolve
from kinesics_core.render.face_controls import gaze_shares, looking, looks
from kinesics_core.rotations import exponential
from kinesics_core.skeletons import SMPLX_BODY

FEET = [SMPLX_BODY.index(f"{side}_foot") for side in ("left", "right")]
LEGS = [index for index, name in enumerate(SMPLX_BODY[1:])
        if any(part in name for part in ("hip", "knee", "ankle", "foot"))]


def perform(emotion="fear", gesture="", seed=0, rate=20.0, **others):
    request = ExpressionRequest(emotion=emotion, intensity=0.8, gesture=gesture)
    return perform_body(resolve(request), request,
                        PerformanceConfig(seconds=6.0, rate=rate, seed=seed), **others)


@pytest.fixture(scope="module")
def fear():
    return perform()


def test_it_goes_from_rest_to_the_apex_and_back(fear):
    assert len(fear.times) == 121 and fear.face.rate == pytest.approx(20.0)
    told = moments(fear)
    assert list(told) == ["rest", "onset", "apex", "offset", "end"]
    assert list(told.values()) == sorted(told.values())
    pose = fear.frames.body_pose
    away = [np.linalg.norm(pose[frame] - pose[0]) for frame in told.values()]
    assert away[2] > 1.0 and away[4] < 0.15 * away[2]
    assert 0.3 * away[2] < away[1] < 0.8 * away[2]  # a flinch may be under way


def test_it_is_what_the_stream_shows(fear):
    # The stream's own animator, told the same at the same times.
    animator, request = Animator(0), ExpressionRequest(emotion="fear", intensity=0.8, duration=3.5)
    for index, time in enumerate(fear.times[:41]):
        if index == 10:
            animator.show(resolve(request), request)
        _, body = animator.step(round(time * 1e9))
    # Nobody is looked at here, so head and neck are left out; legs have their own length.
    rows = [row for row in range(11) if row not in LEGS]
    np.testing.assert_allclose(
        fear.frames.body_pose[40, rows], body.body_pose[rows], atol=1e-6)
    np.testing.assert_allclose(fear.frames.transl[40], body.transl, atol=1e-6)


def test_seeds_differ_and_one_seed_is_one_performance(fear):
    again, other = perform(), perform(seed=1)
    np.testing.assert_array_equal(again.frames.body_pose, fear.frames.body_pose)
    assert np.abs(other.frames.body_pose - fear.frames.body_pose).max() > 0.05


def test_an_upper_body_leaves_the_legs_alone():
    still = perform("sadness", legs=False)
    assert not still.frames.body_pose[:, LEGS].any()
    assert not still.frames.transl.any() and not still.frames.global_orient.any()
    assert np.abs(perform("sadness").frames.body_pose[:, LEGS]).max() > 0.02


def test_a_gesture_alone_moves_the_arm():
    waved = perform(NEUTRAL, "wave")
    shoulder = SMPLX_BODY.index("right_shoulder") - 1
    turned = np.linalg.norm(
        waved.frames.body_pose[:, shoulder] - waved.frames.body_pose[0, shoulder], axis=1)
    assert turned.max() > 0.5 and turned[-1] < 0.1
    # A body that waits has no apex, unless it fidgets, as those of other seeds do.
    assert "apex" in moments(waved) and "apex" not in moments(perform(NEUTRAL))


def test_it_starts_from_the_pose_of_a_fit():
    model = load(gender="female")
    pose = np.zeros((21, 3), np.float32)
    for side in ("left", "right"):  # sits down
        pose[SMPLX_BODY.index(f"{side}_hip") - 1, 0] = -1.2
        pose[SMPLX_BODY.index(f"{side}_knee") - 1, 0] = 1.4
    hand = np.full((15, 3), 0.1, np.float32)
    betas = np.array([1.0, -1.0, *[0.0] * 8], np.float32)
    start = Start(betas, "female", np.array([0.2, 0.0, 0.0], np.float32), pose, hand, hand)
    sat = perform(start=(start, model))
    assert sat.gender == "female"
    np.testing.assert_allclose(sat.frames.body_pose[0], pose, atol=1e-5)
    np.testing.assert_allclose(sat.frames.global_orient[0], start.global_orient, atol=1e-6)
    np.testing.assert_allclose(sat.frames.betas, betas)
    plain = perform()
    np.testing.assert_allclose(np.delete(sat.frames.body_pose[40:], LEGS, axis=1),
                               np.delete(plain.frames.body_pose[40:], LEGS, axis=1), atol=1e-5)
    told = moments(sat)
    assert list(told) == ["start", "onset", "apex", "offset", "end"]
    assert abs(told["apex"] - moments(plain)["apex"]) < 12
    # The lower foot stays on the floor at the beginning.
    _, joints = skinning.vertices(model, betas=betas[None], **{
        name: part[[0, -1]] for name, part in sat.parameters.items()})
    assert abs(joints[0, FEET, 1].min() - joints[1, FEET, 1].min()) < 0.03
    assert joints[0, 0, 1] < joints[1, 0, 1] - 0.1
    steps = np.linalg.norm(np.diff(sat.frames.body_pose, axis=0), axis=2)
    assert steps.max() < 0.4, "radians in 1/20 s: no jump"


def walked(model, performance):
    """Return joints (T, 55, 3), ankles (T, 2, 3) and their speeds (T - 2, 2) m/s, at 60 Hz."""
    _, joints = skinning.vertices(
        model, betas=performance.frames.betas[None], **performance.parameters)
    ankles = joints[:, [SMPLX_BODY.index(f"{side}_ankle") for side in ("left", "right")]]
    return joints, ankles, 60.0 * np.linalg.norm(np.diff(ankles, axis=0), axis=-1)[1:]


@pytest.mark.parametrize("forward", [0.2, -0.3])
def test_whoever_sits_in_a_fit_gets_up_over_feet_that_rest(forward):
    model, pose = load(), np.zeros((21, 3), np.float32)
    for side, hip, knee in (("left", -1.5, 1.6), ("right", -1.2, 1.1)):
        pose[SMPLX_BODY.index(f"{side}_hip") - 1] = hip, 0.1, 0.0
        pose[SMPLX_BODY.index(f"{side}_knee") - 1, 0] = knee
    hand = np.zeros((15, 3), np.float32)
    start = Start(np.zeros(10, np.float32), "neutral", np.array([forward, 0.0, 0.0], np.float32),
                  pose, hand, hand)
    rose = perform("happiness", start=(start, model), rate=60.0)
    np.testing.assert_allclose(rose.frames.body_pose[0], pose, atol=1e-5)
    joints, ankles, speed = walked(model, rose)
    assert speed.min(axis=1).max() < 0.03, "m/s: one foot rests at any time"
    early = rose.times[2:] < 0.55 * rose.taken_over
    assert speed[early].max() < 0.01, "m/s: both rest while it gets up"
    assert joints[0, 0, 1] < joints[-1, 0, 1] - 0.15 and joints[0, 0, 2] < joints[-1, 0, 2] - 0.1
    turned = np.linalg.norm(np.diff(rose.frames.body_pose[:, LEGS], axis=0), axis=2)
    assert turned.max() < 0.25, "radians in 1/60 s"


def test_feet_stay_where_they_are(fear):
    still = [np.zeros(shape, np.float32) for shape in ((3,), (21, 3), (15, 3), (15, 3))]
    tall = Start(np.array([2.0, *[0.0] * 9], np.float32), "male", *still), load(gender="male")
    for start, model in ((None, load()), (tall, tall[1])):
        for emotion in ("fear", "sadness"):
            performance = perform(emotion, start=start, rate=60.0)
            _, joints = skinning.vertices(
                model, betas=performance.frames.betas[None], **performance.parameters)
            after = performance.times >= performance.taken_over
            feet = joints[after][:, FEET]
            assert np.linalg.norm(np.diff(feet, axis=0), axis=-1).max() * 60.0 < 0.02, "m/s"


def test_whoever_stands_in_a_fit_leaves_it_by_steps():
    model, pose = load(), np.zeros((21, 3), np.float32)
    pose[SMPLX_BODY.index("left_hip") - 1] = -0.25, 0.2, 0.15
    pose[SMPLX_BODY.index("right_hip") - 1] = 0.15, -0.2, -0.12
    pose[SMPLX_BODY.index("left_knee") - 1] = 0.3, 0.02, 0.0
    hand = np.zeros((15, 3), np.float32)
    start = Start(np.zeros(10, np.float32), "neutral", np.array([0.05, 0.3, 0.0], np.float32),
                  pose, hand, hand)
    stood = perform("sadness", start=(start, model), rate=60.0)
    np.testing.assert_allclose(stood.frames.body_pose[0], pose, atol=1e-5)
    _, ankles, speed = walked(model, stood)
    assert speed.max(axis=0).min() > 0.2, "both make a step"
    assert speed.min(axis=1).max() < 0.03, "m/s: one foot rests at any time"
    across = 60.0 * np.linalg.norm(np.diff(ankles[..., [0, 2]], axis=0), axis=-1)[1:]
    low = ankles[2:, :, 1] < np.minimum(ankles[1, :, 1], ankles[-1, :, 1]) + 0.012
    assert across[low].max() < 0.05, "no foot slides on the floor"
    turned = np.linalg.norm(np.diff(stood.frames.body_pose[:, LEGS], axis=0), axis=2)
    assert turned.max() < 0.25, "radians in 1/60 s"


def test_motion_npz_holds_the_animators_body(fear):
    model = load()
    stored = motion_arrays(fear, model)
    parameters = {name: stored[name][::20] for name in fear.parameters}
    vertices, joints = skinning.vertices(model, betas=stored["betas"][:1], **parameters)
    true, _ = skinning.vertices(model, betas=fear.frames.betas[None], **{
        name: part[::20] for name, part in fear.parameters.items()})
    # The camera's axes: x right, y down, z away, which the body faces.
    expected = true * [1.0, -1.0, -1.0] + [0.0, 0.0, DISTANCE]
    np.testing.assert_allclose(vertices, expected, atol=2e-5)
    np.testing.assert_allclose(stored["joints_cam"][::20], joints, atol=1e-5)
    np.testing.assert_array_equal(stored["body_pose"], fear.frames.body_pose)
    seen = stored["focal"] * joints[..., :2] / joints[..., 2:] + stored["principal_point"]
    assert seen.min() > 0 and seen.max() < stored["width"]


def test_eyes_of_many_faces_turn_as_those_of_one():
    random = np.random.default_rng(0)
    weights, angles = random.uniform(0, 1, (30, 52)), random.normal(0, 0.4, (30, 2))
    together = looks(weights, angles)
    for row in range(30):
        for name, value in looking(weights[row], *gaze_shares(weights[row], angles[row])).items():
            np.testing.assert_allclose(together[name][row], value[0], atol=1e-6)


def test_rotations_are_those_of_a_body(fear):
    turns = exponential(fear.frames.body_pose.astype(np.float64))
    np.testing.assert_allclose(np.linalg.det(turns), 1.0, atol=1e-9)
    assert np.isfinite(fear.frames.expression).all() and fear.frames.expression.min() >= 0
    assert not fear.frames.jaw_pose.any(), "the mouth opens by its expression"
