import numpy as np
import pytest

from kinesics_core.affect.body import BODY_CONFIDENCE, BodyReader
from kinesics_core.affect.body_movement import appraise, measure
from kinesics_core.affect.emotions import EMOTIONS
from kinesics_core.skeletons import SMPLX_BODY

SECOND = 1_000_000_000
SPINE2, NECK, HEAD = (SMPLX_BODY.index(name) - 1 for name in ("spine2", "neck", "head"))
ARMS = [SMPLX_BODY.index(name) - 1 for name in ("left_shoulder", "right_shoulder")]
ELBOWS = [SMPLX_BODY.index(name) - 1 for name in ("left_elbow", "right_elbow")]


def raised(hanging, angle):
    """Both arms turned up sideways by an angle from the T-pose."""
    pose = hanging.copy()
    pose[ARMS[0], 2], pose[ARMS[1], 2] = angle, -angle
    return pose


def drooping(hanging):
    pose = hanging.copy()
    pose[[SPINE2, NECK, HEAD], 0] = (0.3, 0.5, 0.3)
    return pose


def watch(make_person, pose_at, seconds=3.0, rate=30.0, noise=0.0, **seen):
    rng = np.random.default_rng(0)
    reader = BodyReader()
    affect = None
    for frame in range(int(seconds * rate)):
        person = make_person(pose=pose_at(frame / rate), **seen)
        person.coco[:, :2] += rng.normal(0.0, noise, (17, 2))
        affect = reader.update(person, int(frame / rate * SECOND))
    return affect, reader.movement()


def test_features_of_a_known_movement():
    """Wrists on a circle about the shoulders: speed and acceleration are known exactly."""
    dt, rate, radius = 1 / 15, 1.0, 0.5
    steps = np.arange(30) * dt
    keypoints = np.zeros((30, 17, 2))
    torso = 100.0
    keypoints[:, 0] = (0.0, -0.4 * torso)  # nose
    keypoints[:, 5], keypoints[:, 6] = (30.0, 0.0), (-30.0, 0.0)
    keypoints[:, 11], keypoints[:, 12] = (20.0, torso), (-20.0, torso)
    circle = np.stack([np.cos(2 * np.pi * rate * steps), np.sin(2 * np.pi * rate * steps)], 1)
    keypoints[:, 9] = keypoints[:, 10] = radius * torso * circle
    movement = measure(keypoints[None], dt)
    wrist_speed = 2 * np.pi * rate * radius * np.sinc(2 * rate * dt)  # of a chord over 2 dt
    # Two of the five moving keypoints; the jitter of a still person is taken off.
    assert movement.quantity == pytest.approx(0.4 * wrist_speed - 0.12, rel=0.02)
    omega = 2 * np.pi * rate * np.sinc(2 * rate * dt)
    assert movement.jerkiness == pytest.approx(omega - 1.8 / wrist_speed, rel=0.02)
    assert movement.head == pytest.approx(0.4 / (0.097 / 0.288), rel=1e-6)
    assert movement.raised == pytest.approx(0.5, abs=0.05)
    assert movement.approach == pytest.approx(0.0, abs=1e-9)


def test_approach_is_the_growth_of_the_body():
    rng = np.random.default_rng(0)
    shape = rng.uniform(0, 200, (17, 2))
    shape[5], shape[6], shape[11], shape[12] = (70, 50), (30, 50), (65, 150), (35, 150)
    growth = np.exp(0.2 * np.arange(30) / 15)[:, None, None]
    assert measure((shape * growth)[None], 1 / 15).approach == pytest.approx(0.2, rel=1e-6)
    assert measure((shape / growth)[None], 1 / 15).approach == pytest.approx(-0.2, rel=1e-6)


@pytest.mark.parametrize("legs", [True, False])
def test_standing_or_sitting_still_is_neutral_and_calm(make_person, hanging_arms, legs):
    affect, movement = watch(make_person, lambda t: hanging_arms, noise=1.5, legs=legs)
    assert EMOTIONS[affect.categories.argmax()] == "neutral"
    assert -0.3 < affect.arousal < 0.1
    assert abs(affect.valence) < 0.15
    assert movement.quantity < 0.25


def test_more_movement_is_more_arousal(make_person, hanging_arms):
    arousal = [
        watch(
            make_person,
            lambda t, f=f: raised(hanging_arms, -0.3 + 0.6 * np.sin(2 * np.pi * f * t)),
        )[0].arousal
        for f in (0.1, 0.5, 1.0, 2.0)
    ]
    assert arousal == sorted(arousal)
    assert arousal[-1] > 0.6


@pytest.mark.parametrize("legs", [True, False])
def test_a_drooping_head_and_back_is_unpleasant_submissive_and_sad(
    make_person, hanging_arms, legs
):
    affect, movement = watch(make_person, lambda t: drooping(hanging_arms), legs=legs)
    assert movement.head < 0.5
    assert affect.valence < -0.2 and affect.dominance < -0.1 and affect.arousal < 0.0
    assert EMOTIONS[affect.categories[:-1].argmax()] == "sadness"
    assert affect.confidence <= BODY_CONFIDENCE  # a hint, not a claim


def test_open_arms_are_more_dominant_than_hanging_ones(make_person, hanging_arms):
    still, _ = watch(make_person, lambda t: hanging_arms)
    wide, movement = watch(make_person, lambda t: raised(hanging_arms, -0.4))
    assert wide.dominance > still.dominance + 0.1
    up, movement = watch(make_person, lambda t: raised(hanging_arms, 0.8))
    assert movement.raised == 1.0
    assert up.arousal > still.arousal - 0.1  # they do not move


def test_hands_on_the_hips_are_seen(make_person, hanging_arms):
    pose = hanging_arms.copy()
    pose[ARMS[0]], pose[ARMS[1]] = (0.0, 0.0, -0.85), (0.0, 0.0, 0.85)
    pose[ELBOWS[0], 2], pose[ELBOWS[1], 2] = -1.5, 1.5
    _, movement = watch(make_person, lambda t: pose)
    assert movement.hips == 1.0
    assert watch(make_person, lambda t: hanging_arms)[1].hips == 0.0


@pytest.mark.parametrize("degrees", [-35.0, 20.0])
def test_a_camera_that_is_not_level_changes_nothing(make_person, hanging_arms, degrees):
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    reader = BodyReader()
    level, reference = watch(make_person, lambda t: hanging_arms)
    for frame in range(90):
        person = make_person()
        person.coco[:, :2] = (person.coco[:, :2] - 200.0) @ turn.T + 200.0
        tilted = reader.update(person, frame * SECOND // 30)
    assert reader.movement().head == pytest.approx(reference.head, abs=0.01)
    assert reader.movement().openness == pytest.approx(reference.openness, abs=0.01)
    assert tilted.valence == pytest.approx(level.valence, abs=0.01)


def test_a_camera_that_looks_down_on_people_is_learned(make_person, hanging_arms):
    reader = BodyReader()
    readings = []
    for frame in range(30 * 15):
        person = make_person()
        person.coco[:5, 1] += 0.6 * (person.coco[5, 1] - person.coco[0, 1])  # heads look low
        readings.append(reader.update(person, frame * SECOND // 30))
    assert readings[60].valence < -0.15
    assert abs(readings[-1].valence) < 0.15


@pytest.mark.parametrize("scale", [0.3, 1.0, 3.0])
def test_distance_to_the_camera_does_not_matter(make_person, hanging_arms, scale):
    def moving(t):
        return raised(hanging_arms, -0.3 + 0.5 * np.sin(2 * np.pi * t))

    affect, _ = watch(make_person, moving, scale=scale)
    reference, _ = watch(make_person, moving)
    assert affect.arousal == pytest.approx(reference.arousal, abs=0.02)
    assert affect.dominance == pytest.approx(reference.dominance, abs=0.02)


def test_frame_rate_hardly_matters(make_person, hanging_arms):
    def moving(t):
        return raised(hanging_arms, -0.3 + 0.5 * np.sin(2 * np.pi * t))

    rates = (12.0, 15.0, 30.0, 60.0)
    readings = [watch(make_person, moving, rate=rate)[0].arousal for rate in rates]
    assert np.ptp(readings) < 0.1


def test_gaps_and_nan_lower_the_confidence_only(make_person, hanging_arms):
    rng = np.random.default_rng(3)
    whole, _ = watch(make_person, lambda t: hanging_arms)
    reader = BodyReader()
    for frame in range(90):
        person = make_person()
        person.coco[rng.random(17) < 0.3] = np.nan
        if frame % 7 == 0:
            person.coco[:] = np.nan
        affect = reader.update(person, frame * SECOND // 30)
    assert affect is not None
    assert abs(affect.arousal - whole.arousal) < 0.1
    assert 0.0 < affect.confidence <= whole.confidence


def test_nothing_is_read_from_too_little(make_person):
    reader = BodyReader()
    assert reader.update(make_person(), 0) is None
    person = make_person()
    person.coco[5:7] = np.nan
    reader = BodyReader()
    assert all(reader.update(person, frame * SECOND // 30) is None for frame in range(90))


def test_a_stamp_that_jumps_back_or_far_ahead_starts_anew(make_person):
    for jump in (-3600 * SECOND, 3600 * SECOND):
        reader = BodyReader()
        for frame in range(60):
            reader.update(make_person(), 10**15 + frame * SECOND // 30)
        assert np.isfinite(reader.movement().quantity)
        assert reader.update(make_person(), 10**15 + jump) is None


def test_a_head_alone_says_nothing_about_movement(make_person):
    reader = BodyReader()
    for frame in range(60):
        person = make_person()
        person.coco[7:] = np.nan
        person.coco[0] = np.nan
        affect = reader.update(person, frame * SECOND // 30)
    assert affect is None

    keypoints = np.full((30, 17, 2), np.nan)
    keypoints[:, 5], keypoints[:, 6], keypoints[::9, 0] = (140.0, 100.0), (60.0, 100.0), (100, 60)
    ((valence, arousal, dominance),) = appraise(measure(keypoints[None], 1 / 15))
    assert np.isnan(arousal) and np.isfinite([valence, dominance]).all()


def test_any_features_give_a_vad_in_range_or_unknown():
    rng = np.random.default_rng(0)
    read = 0
    for _ in range(300):
        keypoints = rng.normal(0.0, 10.0 ** rng.uniform(0, 4), (30, 17, 2))
        keypoints[rng.random((30, 17)) < rng.random()] = np.nan
        vad = appraise(measure(keypoints[None], 1 / 15))
        assert (np.isnan(vad) | (np.abs(vad) <= 1.0)).all()
        read += np.isfinite(vad).any()
    assert read > 100
