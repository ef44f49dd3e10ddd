"""Faces of single pictures: found large, small and cut out; read back from renders."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from kinesics_core.affect.emotions import HAPPINESS, NEUTRAL, SURPRISE
from kinesics_core.affect.facs import au_to_blendshapes
from kinesics_core.assets import store
from kinesics_core.errors import ModelError
from kinesics_core.perception.picture_faces import PictureFaceReader, read_back
from kinesics_core.render.face_picture import FacePicture


@pytest.fixture(scope="module")
def portrait() -> np.ndarray:
    return cv2.cvtColor(cv2.imread(str(store.path("portrait"))), cv2.COLOR_BGR2RGB)


def test_a_portrait_is_read_whole_cut_out_and_small(portrait):
    with PictureFaceReader() as reader:
        whole = reader.read(portrait)
        close = reader.read(np.ascontiguousarray(portrait[66:175, 175:270]))
        small = reader.read(cv2.resize(portrait[40:200, 140:300], (64, 64)))
    for face in (whole, close, small):
        assert face is not None and face.expression.argmax() == HAPPINESS
        assert face.blendshapes.shape == (52,) and face.landmarks.shape == (478, 3)
    # The same face in both coordinates.
    np.testing.assert_allclose(
        close.landmarks[:, :2].mean(0) + [175, 66], whole.landmarks[:, :2].mean(0), atol=3)


def test_no_face_is_none_and_may_be_read_as_a_face():
    wall = np.full((120, 120, 3), 128, np.uint8)
    with PictureFaceReader() as reader:
        assert reader.read(wall) is None
        assert reader.read(wall[:10]) is None
        with pytest.raises(ModelError, match="RGB"):
            reader.read(wall[..., 0])
    with PictureFaceReader(whole=True) as reader:
        face = reader.read(wall)
    assert face.landmarks is None and face.expression.sum() == pytest.approx(1.0, abs=1e-5)


def test_rendered_faces_are_read_back():
    picture = FacePicture(320, 320)
    surprise = au_to_blendshapes({"AU1": 0.9, "AU2": 0.9, "AU5": 0.8, "AU26": 0.7})
    read = read_back([picture.draw(np.zeros(52)), picture.draw(surprise),
                      np.zeros((64, 64, 3), np.uint8)])
    assert read.shape == (3, 8)
    assert read[0].argmax() == NEUTRAL and read[1].argmax() == SURPRISE
    assert np.isnan(read[2]).all()
