import numpy as np
import pytest

from kinesics_core.expression.face_animator import EYE_RANGE, HEAD_RANGE, FaceAnimator, eye_look
from kinesics_core.expression.facial_expressions import emotion_blendshapes
from kinesics_core.skeletons import BLENDSHAPE_INDEX

LID = BLENDSHAPE_INDEX["eyeBlinkLeft"]


def run(face, seconds, rate=60):
    """(t, 52) shapes, (t, 2) eyes, (t, 3) head."""
    frames = []
    for _ in range(int(round(seconds * rate))):
        face.step(1 / rate)
        eyes = face.eyes(face.head)
        frames.append((face.blendshapes(eyes), eyes, face.head))
    return tuple(np.array(part) for part in zip(*frames, strict=True))


def blinks(lids, rate):
    """Start and end frame of each blink."""
    closed = np.concatenate([[False], lids > 0.05, [False]])
    edges = np.flatnonzero(np.diff(closed.astype(int)))
    return edges.reshape(-1, 2), rate


def test_ten_minutes_of_blinks_are_a_humans():
    rate = 60
    shapes, _, _ = run(FaceAnimator(0), 600.0, rate)
    spans, _ = blinks(shapes[:, LID], rate)
    starts, ends = spans.T / rate
    # 17 a minute, exponential beyond the refractory time: 170 +- 3 standard deviations of ~11.
    assert 137 <= len(spans) <= 203
    intervals = np.diff(starts)
    assert intervals.min() >= 0.55
    assert 0.6 < intervals.std() / (intervals.mean() - 0.6) < 1.4  # an exponential has 1
    durations = ends - starts
    assert durations.min() > 0.12 and durations.max() < 0.3
    peaks = np.array([shapes[a:b, LID].max() for a, b in spans])
    assert peaks.min() > 0.9
    closing = np.array([shapes[a:b, LID].argmax() + 1 for a, b in spans])
    assert (closing < (spans[:, 1] - spans[:, 0]) / 2).mean() > 0.8  # shut faster than open
    assert (shapes[:, LID] == shapes[:, LID + 1]).all()


def test_arousal_makes_more_blinks():
    counts = []
    for arousal in (-0.8, 0.0, 0.8):
        face = FaceAnimator(3)
        face.show("neutral", 0.0, np.array([0.0, arousal, 0.0]))
        run(face, 5.0)
        shapes, _, _ = run(face, 400.0, rate=30)
        lids = shapes[:, LID]
        counts.append(len(blinks((lids - np.median(lids)), 30)[0]))
    assert counts == sorted(counts) and counts[2] > counts[0] * 1.3


def test_the_same_face_at_30_and_60_hz():
    def at(rate):
        face = FaceAnimator(5)
        face.show("happiness", 0.8, np.array([0.5, 0.3, 0.2]))
        face.look(np.array([0.5, 0.1]))
        shapes, eyes, head = run(face, 20.0, rate)
        every = rate // 30
        return [part[every - 1 :: every] for part in (shapes, eyes, head)]

    for slow, fast in zip(at(30), at(60), strict=True):
        assert slow == pytest.approx(fast, abs=0.02)


def test_the_same_seed_shows_the_same_and_another_differently():
    one, same, other = (run(FaceAnimator(seed), 30.0)[0] for seed in (1, 1, 2))
    assert (one == same).all() and (one != other).any()


def test_an_expression_grows_smoothly_and_arrives():
    face = FaceAnimator(0)
    target = emotion_blendshapes("surprise", 0.9)
    face.show("surprise", 0.9)
    shapes, _, _ = run(face, 2.0)
    smile = shapes[:, BLENDSHAPE_INDEX["jawOpen"]]
    assert smile[5] < 0.2 and (np.diff(smile) >= -1e-6).all()
    assert smile[-1] == pytest.approx(target[BLENDSHAPE_INDEX["jawOpen"]], abs=1e-3)
    assert np.abs(np.diff(smile)).max() < 0.06  # no jump


@pytest.mark.parametrize("azimuth", [0.3, -0.3, 0.7, 1.2])
def test_the_gaze_reaches_the_person_with_the_eyes_first(azimuth):
    face = FaceAnimator(0)
    run(face, 0.5)
    face.look(np.array([azimuth, 0.1]))
    _, eyes, head = run(face, 3.0)
    gaze = eyes[:, 0] + head[:, 2]
    assert gaze[-1] == pytest.approx(azimuth, abs=np.radians(1.0))
    assert eyes[-1, 1] - head[-1, 1] == pytest.approx(0.1, abs=np.radians(1.0))
    half = 0.5 * abs(azimuth)
    reached = (np.abs(gaze) > half).argmax(), (np.abs(head[:, 2]) > 0.5 * abs(head[-1, 2])).argmax()
    assert reached[0] < reached[1]
    assert abs(head[-1, 2]) > 0.5 * (abs(azimuth) - np.radians(6.0))
    assert abs(eyes[-1, 0]) < np.abs(eyes[:, 0]).max()  # the eyes come back to the middle


def test_small_shifts_are_made_by_the_eyes_alone():
    face = FaceAnimator(0)
    face.look(np.radians([4.0, 2.0]))
    _, eyes, head = run(face, 2.0)
    assert np.abs(head[-1]).max() < 1e-6
    assert eyes[-1] == pytest.approx(np.radians([4.0, 2.0]), abs=np.radians(1.0))


def test_jitter_of_the_bearing_is_not_chased():
    face = FaceAnimator(0)
    face.look(np.array([0.3, 0.0]))
    run(face, 2.0)
    rng = np.random.default_rng(0)
    heads = []
    for _ in range(120):
        face.look(np.array([0.3, 0.0]) + rng.normal(0.0, np.radians(0.3), 2))
        face.step(1 / 60)
        heads.append(face.head)
    assert np.ptp(heads, axis=0).max() < np.radians(0.5)


def test_gaze_stays_in_range_for_any_bearing():
    rng = np.random.default_rng(0)
    face = FaceAnimator(0)
    for _ in range(2000):
        bearing = rng.uniform(-4.0, 4.0, 2)
        face.look(bearing if rng.random() < 0.8 else np.array([np.nan, 0.0]))
        face.show(int(rng.integers(8)), rng.random(), rng.uniform(-2, 2, 3))
        face.step(rng.uniform(-0.1, 0.3))
        eyes = face.eyes(face.head)
        shapes = face.blendshapes(eyes)
        assert (np.abs(eyes) <= EYE_RANGE + 1e-9).all()
        assert (np.abs(face.head[[2, 1]]) <= HEAD_RANGE + 1e-6).all()
        assert np.isfinite(shapes).all() and shapes.min() >= 0.0 and shapes.max() <= 1.0


def test_eyes_make_up_for_a_nod():
    face = FaceAnimator(0)
    face.look(np.array([0.0, 0.0]))
    run(face, 1.0)
    still, nodding = face.eyes(face.head), face.eyes(face.head + (0.0, 0.2, 0.0))
    assert nodding[1] - still[1] == pytest.approx(0.2)  # head down, eyes up in the head


def test_eye_look_shapes_agree_with_the_angles():
    left = eye_look(np.array([EYE_RANGE[0], 0.0]))
    assert left["eyeLookOutLeft"] == left["eyeLookInRight"] == 1.0
    assert left["eyeLookInLeft"] == left["eyeLookOutRight"] == left["eyeLookUpLeft"] == 0.0
    down = eye_look(np.array([0.0, -0.5 * EYE_RANGE[1]]))
    assert down["eyeLookDownLeft"] == down["eyeLookDownRight"] == pytest.approx(0.5)
    assert set(left) == {name for name in BLENDSHAPE_INDEX if name.startswith("eyeLook")}


def test_without_anybody_the_eyes_wander_a_little():
    _, eyes, _ = run(FaceAnimator(2), 60.0)
    assert np.radians(3.0) < eyes[:, 0].std() < np.radians(15.0)
