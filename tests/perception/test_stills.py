"""Single images with several people, whose places are known because we put them there."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from kinesics_core.assets import store
from kinesics_core.errors import ModelError
from kinesics_core.perception import stills
from kinesics_core.perception.pose_similarity import box, box_area, iou, oks
from kinesics_core.perception.sources import open_source
from kinesics_core.perception.stills import StillEstimator
from kinesics_core.skeletons import COCO17, MEDIAPIPE33
from kinesics_core.types import Frame


@pytest.fixture(scope="module")
def estimator():
    with StillEstimator("lite", max_persons=6) as built:
        yield built


@pytest.fixture(scope="module")
def athlete() -> np.ndarray:
    """One whole person, (640, 360, 3)."""
    with open_source(store.path("demo-body"), fit=(640, 640), realtime=False) as source:
        return source.read().image


@pytest.mark.slow
def test_small_people_are_found_where_they_were_put(estimator, athlete):
    with_person = cv2.resize(athlete, (180, 320), interpolation=cv2.INTER_AREA)
    scene = np.full((480, 1280, 3), 128, np.uint8)
    corners = [(40, 100), (560, 20), (1000, 140)]
    for x, y in corners:
        scene[y : y + 320, x : x + 180] = with_person
    people = estimator.process(Frame(scene, 0)).persons
    assert [person.id for person in people] == list(range(1, len(people) + 1))
    alone = max(estimator.process(Frame(athlete, 0)).persons, key=lambda p: box_area(box(p.coco)))
    for x, y in corners:
        expected = alone.coco.copy()
        expected[:, :2] = expected[:, :2] / 2 + (x, y)
        area = box_area(box(expected))
        assert max(oks(person.coco, expected, area) for person in people) > 0.8


def test_a_portrait_has_its_face_and_smile(estimator, portrait):
    person = estimator.process(Frame(portrait, 0)).persons[0]
    assert np.hypot(*(person.coco[COCO17.index("nose"), :2] - (219, 125))) < 15
    assert person.face is not None and person.head is not None
    assert person.blendshapes is not None and person.pose_world.shape == (33, 3)


def test_nobody_is_found_where_nobody_is(estimator):
    rng = np.random.default_rng(0)
    for image in (
        np.zeros((200, 300, 3), np.uint8),
        rng.integers(0, 255, (240, 320, 3), np.uint8),
        np.full((8, 8, 3), 90, np.uint8),
    ):
        assert estimator.process(Frame(image, 0)).persons == []


def test_at_most_as_many_as_asked_for(portrait):
    pair = np.hstack([portrait, portrait[:, ::-1]])
    with StillEstimator("lite", max_persons=1) as one:
        assert len(one.process(Frame(pair, 0)).persons) == 1


def test_the_landmark_net_sees_what_mediapipe_sees(athlete):
    """Our own run of the network, region and refinement against MediaPipe's."""
    from kinesics_core.perception.config import KeypointConfig
    from kinesics_core.perception.landmarks import KeypointEstimator

    with KeypointEstimator(KeypointConfig(smoothing=False)) as mediapipe:
        for hour in range(6):  # its region comes to rest; its own smoothing forgets in between
            [theirs] = mediapipe.process(Frame(athlete, hour * 3600 * 10**9)).persons
    rows = np.column_stack([theirs.pose[:, :3], theirs.pose[:, 3], np.ones(33)])
    start = stills.PoseEstimate(np.vstack([rows, stills.alignment(rows)]), 1.0, theirs.pose_world)
    ours = stills.settle(stills.LandmarkNet("lite"), athlete, start, rounds=6)
    assert oks(ours.coco, theirs.coco, box_area(box(theirs.coco))) > 0.9
    assert np.abs(ours.coco[:, 2] - theirs.coco[:, 2]).mean() < 0.1
    assert np.linalg.norm(ours.world - theirs.pose_world, axis=1).mean() < 0.1  # metres


def test_a_mirrored_view_comes_back_with_its_sides_right(portrait, estimator):
    [seed, *_] = estimator._find(portrait)
    region = stills.region_of(seed)
    net = stills.LandmarkNet("lite")
    plain = net(portrait, region)
    mirrored = net(portrait, region, mirror=True)
    assert oks(plain.coco, mirrored.coco, box_area(box(plain.coco))) > 0.7
    for left in ("left_shoulder", "left_eye"):
        right = left.replace("left", "right")
        index = MEDIAPIPE33.index
        assert mirrored.landmarks[index(left), 0] > mirrored.landmarks[index(right), 0]


def test_variants_are_checked():
    with pytest.raises(ModelError, match="'huge'.*lite, full, heavy"):
        StillEstimator("huge")


def test_distinct_and_fragments(estimator, portrait):
    [pose, *_] = estimator._find(portrait)
    inner = stills.replace(pose, landmarks=pose.landmarks.copy(), score=0.4 * pose.score)
    centre = inner.landmarks[:33, :2].mean(0)
    inner.landmarks[:, :2] = centre + 0.3 * (inner.landmarks[:, :2] - centre)
    assert iou(box(pose.coco), box(inner.coco)) < 0.2
    assert stills.without_fragments([pose, inner]) == [pose]
    assert stills.distinct([pose, stills.replace(pose)], 0.5) == [pose]
