"""Keypoints of real people: what is seen, and what time, size and absence do to it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kinesics_core.assets import store
from kinesics_core.errors import ModelError
from kinesics_core.perception import landmarks
from kinesics_core.perception.config import KeypointConfig
from kinesics_core.perception.landmarks import KeypointEstimator
from kinesics_core.perception.multi_person import without_duplicates
from kinesics_core.perception.peer import plain_mediapipe_times
from kinesics_core.skeletons import BLENDSHAPE_INDEX, COCO17, MEDIAPIPE33_TO_COCO17
from kinesics_core.types import Frame, Person

FRAME = 33_333_333
NOSE, LEFT_EYE, RIGHT_EYE = (COCO17.index(n) for n in ("nose", "left_eye", "right_eye"))
LEFT_SHOULDER, RIGHT_SHOULDER = (COCO17.index(f"{s}_shoulder") for s in ("left", "right"))


@pytest.fixture
def estimator():
    with KeypointEstimator() as built:
        yield built


def black(stamp: int, size=(512, 512)) -> Frame:
    return Frame(np.zeros((size[1], size[0], 3), np.uint8), stamp)


def check_portrait(person: Person) -> None:
    """What anybody can see in the picture: where the face is, which side is which, the smile."""
    coco = person.coco
    assert coco.shape == (17, 3) and coco.dtype == np.float32
    assert np.hypot(*(coco[NOSE, :2] - (219, 125))) < 15
    assert coco[LEFT_EYE, 0] > coco[RIGHT_EYE, 0]  # her left is on our right
    assert coco[LEFT_SHOULDER, 0] > coco[RIGHT_SHOULDER, 0]
    assert (coco[[NOSE, LEFT_EYE, RIGHT_EYE, LEFT_SHOULDER, RIGHT_SHOULDER], 2] > 0.9).all()
    assert person.pose.shape == (33, 4) and person.pose_world.shape == (33, 3)
    np.testing.assert_array_equal(person.pose[MEDIAPIPE33_TO_COCO17, :2], coco[:, :2])
    assert person.face.shape == (478, 3)
    assert np.hypot(*(person.face[4, :2] - coco[NOSE, :2])) < 15
    shapes = person.blendshapes
    assert shapes.shape == (52,) and np.isnan(shapes[BLENDSHAPE_INDEX["tongueOut"]])
    assert np.isnan(shapes).sum() == 1
    for side in ("Left", "Right"):
        assert shapes[BLENDSHAPE_INDEX[f"mouthSmile{side}"]] > 0.7
    assert shapes[BLENDSHAPE_INDEX["jawOpen"]] < 0.3
    # She faces the camera: the head's z points at it, its y up.
    assert person.head[2, 2] < -0.8 and person.head[1, 1] < -0.8
    assert 0.3 < person.head[2, 3] < 3.0


def test_a_portrait(estimator, portrait):
    people = estimator.process(Frame(portrait, 5_000_000_000))
    assert (people.stamp, people.width, people.height) == (5_000_000_000, 512, 512)
    assert people.model == "holistic-lite"
    [person] = people.persons
    assert person.id == 1
    check_portrait(person)


def test_a_face_is_seen_in_every_frame_of_a_talking_head(estimator, talking):
    mouth = []
    for frame in talking:
        [person] = estimator.process(frame).persons
        assert person.id == 1 and person.face is not None
        mouth.append(person.blendshapes[BLENDSHAPE_INDEX["jawOpen"]])
    assert np.ptp(mouth) > 0.02  # he talks


def test_a_body_is_followed_with_one_id_and_world_coordinates_in_metres(estimator, balancing):
    heights = []
    for frame in balancing:
        [person] = estimator.process(frame).persons
        assert person.id == 1 and np.isfinite(person.coco).all()
        assert person.coco[:, 2].mean() > 0.6
        heights.append(np.ptp(person.pose_world[:, 1]))
    assert 0.8 < np.median(heights) < 2.2


def test_black_frames_have_nobody_and_the_estimator_recovers(estimator, portrait):
    for i in range(3):
        assert estimator.process(black(i * FRAME)).persons == []
    check_portrait(estimator.process(Frame(portrait, 3 * FRAME)).persons[0])


@pytest.mark.parametrize("gap, same", [(0.4, True), (3.0, False)])
def test_a_person_who_leaves_and_returns(estimator, portrait, gap, same):
    assert estimator.process(Frame(portrait, 0)).persons[0].id == 1
    back = int(gap * 1e9)
    for stamp in range(FRAME, back, 4 * FRAME):
        assert estimator.process(black(stamp)).persons == []
    [person] = estimator.process(Frame(portrait, back)).persons
    assert person.id == (1 if same else 2)


def test_the_size_may_change_at_any_frame(estimator, portrait, talking):
    stamp = 0
    for image in (portrait, portrait[:384], talking[0].image, portrait, portrait[:, 60:400]):
        stamp += FRAME
        people = estimator.process(Frame(image, stamp))
        assert (people.height, people.width) == image.shape[:2]
        assert len(people.persons) == 1


@pytest.mark.parametrize("stamps", [(10**12, 5), (10**12, 10**12), (10**12, 10**12 - 10**7)],
                         ids=["far back", "repeated", "a little back"])  # fmt: skip
def test_stamps_may_go_back_or_repeat(estimator, portrait, stamps):
    for stamp in (*stamps, stamps[-1] + FRAME):
        people = estimator.process(Frame(portrait, stamp))
        assert people.stamp == stamp
        assert [person.id for person in people.persons] == [1]


def test_a_person_partly_outside_keeps_coordinates_with_a_low_score(estimator, portrait):
    [person] = estimator.process(Frame(np.ascontiguousarray(portrait[:300]), 0)).persons
    ankles = person.coco[[COCO17.index("left_ankle"), COCO17.index("right_ankle")]]
    assert np.isfinite(ankles).all() and (ankles[:, 2] < 0.2).all()


def test_smoothing_stills_a_still_picture_under_noise(portrait):
    rng = np.random.default_rng(0)
    noisy = [
        Frame(np.clip(portrait + rng.normal(0, 25, portrait.shape), 0, 255).astype(np.uint8),
              i * FRAME)
        for i in range(15)
    ]  # fmt: skip
    jitter = {}
    for smoothing in (False, True):
        with KeypointEstimator(KeypointConfig(smoothing=smoothing)) as estimator:
            tracks = [estimator.process(frame).persons[0].face[:, :2] for frame in noisy]
        jitter[smoothing] = np.linalg.norm(np.diff(tracks[5:], axis=0), axis=2).mean()
    assert jitter[True] < 0.7 * jitter[False]


@pytest.mark.slow
def test_without_smoothing_nothing_lags(balancing):
    """What lags is behind the motion, whichever way time runs; so the two ways would differ."""

    def seen(frames: list[Frame], smoothing: bool) -> np.ndarray:
        config = KeypointConfig(smoothing=smoothing, max_persons=2)
        with KeypointEstimator(config) as estimator:
            people = [estimator.process(Frame(frame.image, i * FRAME)).persons
                      for i, frame in enumerate(frames)]
        return np.array([persons[0].coco[:, :2] if persons else np.full((17, 2), np.nan)
                         for persons in people])

    apart = {}
    for smoothing in (True, False):
        difference = seen(balancing, smoothing) - seen(balancing[::-1], smoothing)[::-1]
        apart[smoothing] = np.nanmedian(np.linalg.norm(difference[5:-5], axis=-1))
    # Kernels of MediaPipe differ between processors: on one the share was .53.
    assert apart[False] < 0.65 * apart[True]


def test_several_people_each_with_a_face_and_the_same_keypoints(portrait):
    pair = np.hstack([portrait, portrait[:, ::-1]])
    with KeypointEstimator(KeypointConfig(max_persons=3)) as estimator:
        counts = []
        for i in range(20):
            people = estimator.process(Frame(pair, i * FRAME))
            counts.append(len(people.persons))
        assert counts == sorted(counts) and counts.index(2) < 15  # found soon, never lost
        assert [person.id for person in people.persons] == [1, 2]
    assert people.model == "pose-landmarker-lite"
    left, right = sorted(people.persons, key=lambda person: person.coco[NOSE, 0])
    check_portrait(left)
    # The other is her mirror image: sides swap, the picture's right edge counts backwards.
    # MediaPipe's kernels differ between processors: noses 3 % of the picture apart were seen.
    assert np.hypot(*(right.coco[NOSE, :2] - (1023 - left.coco[NOSE, 0], left.coco[NOSE, 1]))) < 26
    assert right.blendshapes[BLENDSHAPE_INDEX["mouthSmileLeft"]] > 0.7


def test_a_tiny_or_wrong_image_is_no_crash(estimator, portrait):
    assert estimator.process(Frame(portrait[:8, :8].copy(), 0)).persons == []
    for bad in (portrait[..., 0], portrait.astype(np.float32), portrait[..., :2]):
        with pytest.raises(ValueError, match="Got an image of shape"):
            estimator.process(Frame(bad, 1))
    check_portrait(estimator.process(Frame(portrait[:, ::-1][:, ::-1], FRAME)).persons[0])


@pytest.mark.parametrize(
    "arguments", [{"variant": "huge"}, {"max_persons": 0}, {"min_confidence": 1.5}]
)
def test_arguments_out_of_range_are_sentences(arguments):
    with pytest.raises(ModelError, match="got .*, wanted"):
        KeypointConfig(**arguments)


def test_a_file_that_is_no_model_is_a_sentence(monkeypatch, tmp_path):
    (tmp_path / "wrong.task").write_bytes(b"not a model at all")
    monkeypatch.setattr(store, "path", lambda name: tmp_path / "wrong.task")
    with pytest.raises(ModelError, match="wrong.task is not a model for MediaPipe's Holistic"):
        KeypointEstimator()
    monkeypatch.setattr(store, "path", lambda name: tmp_path / "absent.task")
    with pytest.raises(ModelError, match="absent.task"):
        KeypointEstimator()


def test_after_close_it_loads_again(estimator, portrait):
    estimator.warm_up(512, 512)
    estimator.close()
    estimator.close()
    check_portrait(estimator.process(Frame(portrait, 0)).persons[0])


def test_a_graph_that_fails_is_built_again(estimator, portrait, monkeypatch):
    real, calls = estimator._detector.detect, []

    def fail_once(image, milliseconds):
        calls.append(milliseconds)
        raise RuntimeError("graph has errors")

    monkeypatch.setattr(estimator._detector, "detect", fail_once)
    assert real is not fail_once
    check_portrait(estimator.process(Frame(portrait, 0)).persons[0])
    assert len(calls) == 1


def test_duplicates_of_one_person_are_left_out(portrait, estimator):
    [person] = estimator.process(Frame(portrait, 0)).persons
    twin = replace(person, coco=person.coco + (1.0, 1.0, -0.1), score=person.score - 0.1)
    other = replace(person, coco=person.coco + (400.0, 0.0, 0.0))
    assert without_duplicates([twin, person, other]) == [person, other]


def test_the_peer_times_every_frame(portrait):
    times = plain_mediapipe_times([portrait] * 3)
    assert times.shape == (3,) and (times > 0).all()


def test_mediapipes_chatter_stays_off_the_terminal_and_our_own_words_do_not():
    code = (
        "import os, cv2\n"
        "from kinesics_core.assets import store\n"
        "from kinesics_core.perception.landmarks import KeypointEstimator\n"
        "from kinesics_core.perception.native_log import native_log_held\n"
        "from kinesics_core.types import Frame\n"
        "image = cv2.imread(str(store.path('portrait')))[:, :, ::-1].copy()\n"
        "estimator = KeypointEstimator()\n"
        "assert estimator.process(Frame(image, 0)).persons\n"
        "with native_log_held():\n"
        "    os.write(2, b'W0000 00:00:1 noise\\nour own words\\n')\n"
    )
    source = str(Path(landmarks.__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120,
        env={**__import__("os").environ, "PYTHONPATH": source},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == "our own words\n"
