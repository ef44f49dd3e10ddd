"""Hidden parts of a face make its reading less sure; drawn people, with things drawn on them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from kinesics_core.affect.emotions import EMOTIONS, HAPPINESS, NEUTRAL
from kinesics_core.affect.face import FaceReader
from kinesics_core.expression.faces import face_of_emotion
from kinesics_core.perception.expression_schedule import ExpressionSchedule
from kinesics_core.perception.face_visibility import blurred, face_visibility
from kinesics_core.perception.picture_faces import PictureFaceReader
from kinesics_core.render.face_picture import FacePicture
from kinesics_core.render.identities import PLAIN, random_identity
from kinesics_core.types import NANOSECONDS, Person

pytestmark = pytest.mark.slow

PEOPLE = (PLAIN, random_identity(1), random_identity(4))
JAW = (123, 147, 187, 172, 136, 150, 149, 176, 148, 152,
       377, 400, 378, 379, 365, 397, 411, 376, 352)  # fmt: skip


@pytest.fixture(scope="module")
def reader():
    with PictureFaceReader() as reader:
        yield reader


@pytest.fixture(scope="module", params=PEOPLE, ids=("plain", "one", "four"))
def seen(request, reader):
    """Picture (H, W, 3) of a smile, and the mesh and blendshapes that are found in it."""
    image = FacePicture(320, 320, identity=request.param).draw(face_of_emotion("happiness", 0.8))
    face = reader.read(image)
    assert face is not None and face.landmarks is not None
    return image, face


def sunglasses(image, mesh):
    image = image.copy()
    for outer, inner in ((33, 133), (263, 362)):
        width = np.linalg.norm(mesh[outer, :2] - mesh[inner, :2])
        x, y = (mesh[outer, :2] + mesh[inner, :2]) / 2
        cv2.ellipse(image, (int(x), int(y)), (int(0.85 * width), int(0.6 * width)), 0, 0, 360,
                    (25, 25, 30), -1)
    return image


def mask(image, mesh):
    image = image.copy()
    outline = np.concatenate([mesh[[6]], mesh[list(JAW)]])[:, :2].astype(np.int32)
    cv2.fillPoly(image, [outline], (120, 160, 200))
    return image


def hand(mesh):
    """A hand of 21 points that covers mouth and chin."""
    low, high = mesh[[61, 17], :2].min(axis=0), mesh[[291, 152], :2].max(axis=0)
    grid = np.random.default_rng(0).uniform(low, high, (17, 2))
    corners = np.array([low, high, [low[0], high[1]], [high[0], low[1]]])
    return np.concatenate([grid, corners]).astype(np.float32)


def test_a_free_face_is_seen_whole(seen):
    image, face = seen
    assert face_visibility(image, face.landmarks) > 0.9


@pytest.mark.parametrize("hide", [sunglasses, mask])
def test_what_is_covered_is_noticed(seen, hide):
    image, face = seen
    assert face_visibility(hide(image, face.landmarks), face.landmarks) < 0.65


@pytest.mark.parametrize("share", [0.25, 0.5, 0.75])
def test_a_face_that_leaves_the_picture_is_seen_as_far_as_it_is_in_it(seen, share):
    image, face = seen
    mesh = face.landmarks[:468]
    edge = int(np.quantile(mesh[:, 0], share))
    assert face_visibility(image[:, :edge], mesh) == pytest.approx(share, abs=0.15)
    mirrored = face_visibility(image[:, edge:], mesh - [edge, 0, 0])
    assert mirrored == pytest.approx(1.0 - share, abs=0.15)


def test_a_hand_hides_what_is_behind_it(seen):
    image, face = seen
    free = face_visibility(image, face.landmarks, (None, None))
    covered = face_visibility(image, face.landmarks, (None, hand(face.landmarks)))
    aside = face_visibility(image, face.landmarks, (hand(face.landmarks) + 300,))
    assert covered < free - 0.1 and aside == free
    unknown = np.full((21, 3), np.nan, np.float32)
    assert face_visibility(image, face.landmarks, (unknown,)) == free


def test_landmarks_that_are_unknown_are_not_seen():
    assert face_visibility(np.zeros((90, 90, 3), np.uint8), np.full((478, 3), np.nan)) == 0.0


@pytest.mark.parametrize("where", [0, 89, -500, 900])
def test_a_mesh_of_any_place_and_size_is_a_share(where):
    mesh = np.full((478, 3), float(where))
    assert 0.0 <= face_visibility(np.zeros((90, 90, 3), np.uint8), mesh) <= 1.0


def test_what_is_not_seen_is_spread_over_what_networks_know():
    said = np.array([0.9, 0.1, 0, 0, 0, 0, 0, 0], np.float32)
    np.testing.assert_allclose(blurred(said, 1.0), said)
    np.testing.assert_allclose(blurred(said, 0.0)[:2], [0.5, 0.5])
    assert blurred(said, 0.3).sum() == pytest.approx(1.0)


def confidence(image, face, hands=(None, None)):
    """Return what the face alone says of a person seen for 2 s, and how sure it is."""
    schedule, reader = ExpressionSchedule(5.0), FaceReader()
    for i in range(20):
        person = Person(1, 1.0, np.full((17, 3), np.nan, np.float32), face=face.landmarks,
                        blendshapes=face.blendshapes, left_hand=hands[0], right_hand=hands[1])
        stamp = NANOSECONDS + i * NANOSECONDS // 10
        schedule.add(image, [person], stamp)
        reading = reader.update(person, stamp)
    return reading


def test_a_face_half_hidden_is_read_with_less_confidence(seen):
    image, face = seen
    free = confidence(image, face)
    assert free.categories.argmax() == HAPPINESS
    edge = int(face.landmarks[:468, 0].mean())
    for hidden in (sunglasses(image, face.landmarks), mask(image, face.landmarks),
                   image[:, :edge]):
        assert confidence(hidden, face).confidence < 0.8 * free.confidence
    covered = confidence(image, face, (hand(face.landmarks), None))
    assert covered.confidence < free.confidence


@pytest.mark.parametrize("name", ["happiness", "surprise", "anger", "sadness", "fear"])
def test_what_is_shown_by_a_drawn_person_is_read_live(reader, name):
    """The whole way: picture, landmarks, networks, visibility, action units, fusion."""
    for identity in PEOPLE:
        picture = FacePicture(320, 320, identity=identity)
        faces = [reader.read(picture.draw(face_of_emotion(name, at))) for at in (0.0, 0.8)]
        live = FaceReader()
        for i in range(40):
            face = faces[i >= 25]
            person = Person(1, 1.0, np.full((17, 3), np.nan, np.float32), face=face.landmarks,
                            blendshapes=face.blendshapes)
            person.expression = face.expression
            person.expression_stamp = NANOSECONDS + i * NANOSECONDS // 10
            reading = live.update(person, person.expression_stamp)
            if i == 24:
                assert reading.categories.argmax() == NEUTRAL
        assert EMOTIONS[int(reading.categories.argmax())] == name
