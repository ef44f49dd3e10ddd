"""Features of movements that are known, orders by hand, and a body that is made to fail."""

from dataclasses import replace

import numpy as np
import pytest

from kinesics_core.affect.emotions import ANGER, EMOTION_VAD, HAPPINESS, NEUTRAL, SADNESS
from kinesics_core.errors import KinesicsError, ModelError
from kinesics_core.judging import plausibility, recogniser
from kinesics_core.judging.cross_reading import cross_readings
from kinesics_core.judging.features import FEATURES, movement_features, window_features
from kinesics_core.judging.labelled_motion import (
    IDLE_AROUSAL,
    LabelledMotion,
    label_of,
    read_labelled,
)
from kinesics_core.judging.live_clips import LiveClip, live_clip
from kinesics_core.kinematics import REST_OFFSETS, coco_from_smplx_body, forward_kinematics
from kinesics_core.rotations import about_axis, exponential
from kinesics_core.skeletons import SMPLX_BODY, SMPLX_BODY_PARENTS

RATE = 30.0
ROW = {name: index for index, name in enumerate(SMPLX_BODY)}


def moved(seconds=6.0, rate=RATE, **turns):
    """Keypoints of a body with hanging arms whose joints turn as functions of time say."""
    times = np.arange(int(seconds * rate)) / rate
    vectors = np.zeros((len(times), 22, 3))
    vectors[:, ROW["left_shoulder"], 2] = -1.4
    vectors[:, ROW["right_shoulder"], 2] = 1.4
    for joint, turn in turns.items():
        vectors[:, ROW[joint]] += np.array([turn(time) for time in times])
    positions, turned = forward_kinematics(exponential(vectors), REST_OFFSETS, SMPLX_BODY_PARENTS)
    return coco_from_smplx_body(positions, turned)


def nodding(hertz, size=0.3):
    return {"spine3": lambda t: (size * np.sin(2 * np.pi * hertz * t), 0.0, 0.0)}


def named(features):
    return dict(zip(FEATURES, features, strict=True))


def test_features_do_not_depend_on_size_place_or_facing():
    body = moved(**nodding(1.0))
    wanted = movement_features(body, RATE)
    turned = 1.4 * body @ about_axis(1, 1.1).T + (3.0, 0.2, -1.0)
    assert np.allclose(movement_features(turned, RATE), wanted, atol=1e-6)


def test_features_hardly_depend_on_the_rate():
    slow = movement_features(moved(rate=30.0, **nodding(1.0)), 30.0)
    fast = movement_features(moved(rate=60.0, **nodding(1.0)), 60.0)
    assert np.allclose(slow, fast, atol=0.06)


def test_a_mirrored_body_has_the_same_features():
    body = moved(right_elbow=lambda t: (0.0, 1.0 + 0.2 * np.sin(5 * t), 0.0))
    other = moved(left_elbow=lambda t: (0.0, -1.0 - 0.2 * np.sin(5 * t), 0.0))
    assert np.allclose(movement_features(body, RATE), movement_features(other, RATE), atol=1e-6)


@pytest.mark.parametrize("hertz", [0.5, 1.0, 2.0])
def test_tempo_is_the_frequency_of_the_movement(hertz):
    found = named(movement_features(moved(8.0, **nodding(hertz)), RATE))
    # The trunk's own directions hold a little of twice the frequency.
    assert np.exp(found["tempo"]) == pytest.approx(hertz, rel=0.25)


def test_speed_grows_with_size_and_a_still_body_has_none():
    small, large = (named(movement_features(moved(**nodding(1.0, size)), RATE))
                    for size in (0.1, 0.4))
    still = named(movement_features(moved(), RATE))
    assert large["trunk_speed"] - small["trunk_speed"] == pytest.approx(np.log(4), abs=0.15)
    assert still["trunk_speed"] == pytest.approx(np.log(0.02))
    assert still["arm_range"] == pytest.approx(0.0, abs=1e-9)


def test_posture_is_told_by_its_signs():
    upright = named(movement_features(moved(), RATE))
    bent = named(movement_features(moved(spine1=lambda t: (0.5, 0.0, 0.0)), RATE))
    raised = named(movement_features(moved(
        left_shoulder=lambda t: (0, 0, 1.4), right_shoulder=lambda t: (0, 0, -1.4)), RATE))
    assert bent["lean"] > upright["lean"] + 0.2 and bent["head_up"] < upright["head_up"] - 0.3
    assert raised["arm_up"] == pytest.approx(0.0, abs=0.05)
    assert raised["arm_out"] == pytest.approx(1.0, abs=0.02)
    assert upright["arm_up"] < -0.9 and raised["hands_high"] > upright["hands_high"] + 0.8


def test_windows_cover_a_long_movement_and_bad_keypoints_are_refused():
    body = moved(12.0, **nodding(1.0))
    assert window_features(body, RATE, 4.0).shape == (5, len(FEATURES))
    with pytest.raises(KinesicsError, match="at least"):
        movement_features(body[:10], RATE)
    with pytest.raises(KinesicsError, match="none"):
        movement_features(np.where(np.arange(len(body))[:, None, None] == 3, np.nan, body), RATE)
    with pytest.raises(KinesicsError, match="wanted"):
        movement_features(body[:, :5], RATE)


def test_names_tell_their_feeling():
    assert label_of("cmu/142_08-walk_happy.bvh")[0] == HAPPINESS
    assert label_of("angry_reference.bvh")[0] == ANGER
    assert label_of("02_01-walk.bvh")[0] == NEUTRAL
    emotion, vad = label_of("genuine/007_genuine.bvh")
    assert emotion == NEUTRAL and vad[1] == IDLE_AROUSAL
    assert label_of("142_19-walk_shy.bvh")[0] is None
    assert label_of("05_02.bvh") is None


def known_world(rng, body, shift, count=30):
    """Recordings whose face rises with valence and whose arms are fast with arousal."""
    out = []
    for number in range(count):
        vad = rng.uniform(-0.8, 0.8, 3)
        features = shift + 0.05 * rng.standard_normal(len(FEATURES))
        features[FEATURES.index("head_up")] += 0.4 * vad[0]
        features[FEATURES.index("arm_peak")] += vad[1]
        out.append(LabelledMotion(f"{body}{number}", body, body, None, vad, features[None]))
    return out


def test_the_recogniser_finds_a_known_relation_in_another_body():
    rng = np.random.default_rng(1)
    one = known_world(rng, "people", rng.standard_normal(len(FEATURES)))
    other = known_world(rng, "pepper", rng.standard_normal(len(FEATURES)))
    readings = {reading.left_out: reading for reading in cross_readings([*one, *other])}
    for source in ("people", "pepper"):
        assert readings[source].valence > 0.8 and readings[source].arousal > 0.9
        assert readings[source].speed_valence < 0.7


def test_a_recogniser_comes_back_as_it_was_saved(tmp_path):
    rng = np.random.default_rng(2)
    model = recogniser.train(known_world(rng, "people", np.zeros(len(FEATURES))))
    model.save(tmp_path / "r.npz", energy=np.array(3.0))
    again, real = recogniser.load(tmp_path / "r.npz")
    features = rng.standard_normal((4, len(FEATURES)))
    usual = features.mean(0)
    assert np.array_equal(again.read(features, usual), model.read(features, usual))
    assert float(real["energy"]) == 3.0
    (tmp_path / "broken.npz").write_bytes(b"no archive")
    with pytest.raises(ModelError, match="eval express"):
        recogniser.load(tmp_path / "broken.npz")


def test_only_emotions_that_were_taught_are_named(tmp_path):
    """Nobody is read as afraid by what has never seen fear."""
    rng = np.random.default_rng(3)
    taught = [HAPPINESS, SADNESS, NEUTRAL]
    world = [
        replace(motion, emotion=taught[k % 3])
        for k, motion in enumerate(known_world(rng, "people", np.zeros(len(FEATURES))))]
    recogniser.train(world).save(tmp_path / "r.npz")
    model, _ = recogniser.load(tmp_path / "r.npz")
    assert model.known == (HAPPINESS, SADNESS, NEUTRAL)
    assert set(model.emotions(rng.uniform(-1.0, 1.0, (200, 3))).tolist()) <= set(taught)


def test_the_shipped_recogniser_reads_extremes_as_literature_has_them():
    model, real = recogniser.load()
    usual = np.zeros(len(FEATURES))
    hanging, open_ = usual.copy(), usual.copy()
    for name, size in (("head_up", 0.3), ("arm_out", 0.2), ("arm_peak", 1.0), ("tempo", 0.4)):
        open_[FEATURES.index(name)], hanging[FEATURES.index(name)] = size, -size
    low, high = model.read(np.array([hanging, open_]), usual)
    assert (high[:2] > low[:2]).all()
    assert model.emotions(np.array([high, low])).tolist() == [HAPPINESS, SADNESS]
    assert {"limits", "energy", "overlap", "acceleration", "distinct"} <= set(real)


def test_the_nearest_emotion_is_the_one_itself():
    model, _ = recogniser.load()
    known = EMOTION_VAD[list(recogniser.KNOWN)]
    scaled = (known - known.mean(0)) / known.std(0) * model.size
    assert model.emotions(scaled).tolist() == list(recogniser.KNOWN)


def clip_of(rotations, transl=None):
    still = np.zeros((len(rotations), 3)) if transl is None else transl
    return LiveClip(NEUTRAL, 1.0, 0, "", rotations.astype(np.float32), still)


def test_limits_and_overlaps_find_what_no_body_can_do():
    poses = np.zeros((3, 22, 3), np.float32)
    poses[1, ROW["left_knee"], 0] = -0.5  # bent backwards
    poses[2, ROW["left_shoulder"]] = (0.0, -0.3, -1.5)
    poses[2, ROW["left_elbow"]] = (0.0, -1.9, 0.0)
    poses[2, ROW["left_collar"]] = (0.0, -0.5, -0.2)
    assert plausibility.within_limits(poses)[:2].tolist() == [True, False]
    depth = plausibility.overlaps(poses)
    assert depth[0] == 0.0
    into = np.zeros((1, 22, 3), np.float32)
    into[0, ROW["left_shoulder"]] = (0.0, 0.0, -1.75)  # the arm passes through the trunk
    assert plausibility.overlaps(into)[0] > 20.0


def test_feet_that_stand_do_not_slide_and_a_body_that_glides_does():
    rotations = np.zeros((30, 22, 3))
    assert plausibility.foot_speeds(clip_of(rotations)).max() == 0.0
    gliding = np.zeros((30, 3))
    gliding[:, 2] = 0.02 * np.arange(30) / 30.0
    assert plausibility.foot_speeds(clip_of(rotations, gliding)) == pytest.approx(2.0)


def test_angular_acceleration_of_a_known_swing():
    times = np.arange(90) / RATE
    rotations = np.zeros((90, 22, 3))
    rotations[:, 5, 0] = 0.5 * np.sin(2 * np.pi * times)
    found = plausibility.angular_accelerations(rotations, RATE)[:, 5].max()
    assert found == pytest.approx(0.5 * (2 * np.pi) ** 2, rel=0.02)


def test_upper_body_degrees_by_hand():
    rest, shown = np.zeros((60, 22, 3)), np.zeros((60, 22, 3))
    shown[:, ROW["left_elbow"], 1] = np.radians(-50.0)
    degrees = plausibility.upper_body_degrees(clip_of(shown), clip_of(rest))
    assert degrees == pytest.approx(10.0)


def test_live_clips_show_what_is_asked_and_refuse_what_is_none():
    sad, neutral = live_clip(SADNESS, 0.8, 1, 3.0), live_clip(NEUTRAL, 1.0, 1, 3.0)
    assert sad.rotations.shape == (90, 22, 3)
    assert plausibility.upper_body_degrees(sad, neutral) > 20.0
    assert plausibility.within_limits(sad.rotations).all()
    assert plausibility.foot_speeds(sad).max() < 1.0
    with pytest.raises(KinesicsError, match="2 s"):
        live_clip(SADNESS, 0.8, 1, 0.5)


def test_folders_without_labelled_motion_are_refused(tmp_path):
    with pytest.raises(KinesicsError, match="happy"):
        read_labelled([tmp_path])
    with pytest.raises(KinesicsError, match="does not exist"):
        read_labelled([tmp_path / "missing"])
