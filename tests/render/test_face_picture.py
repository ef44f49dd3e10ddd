"""The picture of a face shows the face as given, the same each time, and refuses what is none."""

import numpy as np
import pytest
from face_weights import weights

from kinesics_core.errors import KinesicsError
from kinesics_core.render.face_picture import TALKING, FacePicture
from kinesics_core.render.identities import random_identity
from kinesics_core.render.lights import SETUPS


@pytest.fixture(scope="module")
def picture():
    return FacePicture(320, 320)


def test_the_same_face_gives_the_same_bytes(picture):
    face = weights(mouthSmile=0.7, browInnerUp=0.4)
    first = picture.draw(face, gaze=(0.1, -0.1), head=(0.1, 0.0, 0.2))
    picture.draw(weights(jawOpen=1))
    assert first.shape == (320, 320, 3) and first.dtype == np.uint8
    np.testing.assert_array_equal(
        first, picture.draw(face, gaze=(0.1, -0.1), head=(0.1, 0.0, 0.2)))
    np.testing.assert_array_equal(first, FacePicture(320, 320).draw(
        face, gaze=(0.1, -0.1), head=(0.1, 0.0, 0.2)))


def test_the_head_fills_most_of_a_portrait_and_a_third_at_talking_distance():
    for share, picture in ((0.82, FacePicture(320, 320)),
                           (TALKING, FacePicture(320, 320, head_share=TALKING))):
        changed = np.abs(picture.draw(weights(jawOpen=1, eyeBlink=1)).astype(int)
                         - picture.draw(weights())).max(-1) > 20
        rows = np.nonzero(changed.any(1))[0]
        # From the eyes to below the chin of an open mouth: about two thirds of a head.
        assert 0.4 * share * 320 < np.ptp(rows) < 0.8 * share * 320


def test_identities_and_lights_differ_and_repeat():
    face = weights(mouthSmile=0.5)
    pictures = [FacePicture(96, 96, identity=random_identity(seed)).draw(face)
                for seed in (3, 11, 3)]
    np.testing.assert_array_equal(pictures[0], pictures[2])
    assert np.abs(pictures[0].astype(int) - pictures[1]).mean() > 5
    lit = [FacePicture(96, 96, lights=lights).draw(face).astype(int) for lights in SETUPS.values()]
    assert min(np.abs(one - lit[0]).mean() for one in lit[1:]) > 0.5


@pytest.mark.parametrize(("face", "words"), [
    (np.full(52, np.nan), "52 of 52 numbers not finite"),
    (np.zeros(51), r"shape \(51,\); a face needs \(52,\)"),
    (np.full(52, 1.5), "browDownLeft = 1.5"),
    (["a"] * 52, "no numbers"),
])
def test_what_is_no_face_is_refused(picture, face, words):
    with pytest.raises(KinesicsError, match=words):
        picture.draw(face)


def test_what_is_no_picture_is_refused(picture):
    with pytest.raises(KinesicsError, match="30 x 30; wanted 64 x 64"):
        FacePicture(30, 30)
    with pytest.raises(KinesicsError, match=r"head of 3 .* 0\.1"):
        FacePicture(96, 96, head_share=3)
    with pytest.raises(KinesicsError, match="gaze of shape"):
        picture.draw(weights(), gaze=(0.1, 0.1, 0.1))
