"""The set of possible faces: its rules, and that what is returned is the nearest face in it."""

import numpy as np
import pytest

from kinesics_core.errors import KinesicsError
from kinesics_core.expression.faces import broken_rules, nearest_face
from kinesics_core.skeletons import BLENDSHAPE_INDEX

I = BLENDSHAPE_INDEX  # noqa: E741


def weights(**shapes):
    face = np.zeros(52)
    for name, value in shapes.items():
        for place in [name] if name in I else [name + "Left", name + "Right"]:
            face[I[place]] = value
    return face


@pytest.mark.parametrize("impossible", [
    {"mouthClose": 0.6}, {"mouthSmile": 1.0, "mouthFrown": 1.0}, {"eyeBlink": 1.0, "eyeWide": 1.0},
    {"mouthPucker": 1.0, "mouthStretch": 1.0}, {"mouthPress": 1.0, "jawOpen": 1.0},
    {"mouthPress": 1.0, "mouthUpperUp": 1.0}, {"eyeLookUp": 0.8, "eyeLookDown": 0.8},
    {"cheekPuff": 1.0, "jawOpen": 0.5}, {"tongueOut": 1.0}, {"mouthLeft": 1.0, "mouthRight": 1.0},
    {"browDown": 1.0, "browOuterUp": 1.0}, {"jawOpen": 1.7}, {"mouthSmile": -0.2},
])  # fmt: skip
def test_an_impossible_face_is_seen_and_mended(impossible):
    face = weights(**impossible)
    assert broken_rules(face)
    assert broken_rules(nearest_face(face)) == []


@pytest.mark.parametrize("possible", [
    {}, {"mouthClose": 0.5, "jawOpen": 0.6}, {"mouthSmile": 1.0, "cheekSquint": 1.0},
    {"browInnerUp": 1.0, "browDown": 0.4, "eyeWide": 1.0}, {"tongueOut": 1.0, "jawOpen": 0.4},
    {"noseSneer": 1.0, "mouthUpperUp": 1.0}, {"mouthPress": 1.0}, {"eyeBlinkLeft": 1.0},
])  # fmt: skip
def test_a_possible_face_stays_as_it_is(possible):
    face = weights(**possible)
    assert broken_rules(face) == []
    assert nearest_face(face) == pytest.approx(face, abs=1e-6)


def test_two_antagonists_give_way_alike():
    """The nearest point to (1, 1) under x + y <= 1 is (.5, .5), and to (1, .4) it is (.8, .2)."""
    both = nearest_face(weights(mouthSmile=1.0, mouthFrown=1.0))
    assert both[I["mouthSmileLeft"]] == pytest.approx(0.5, abs=1e-3)
    one = nearest_face(weights(mouthSmile=1.0, mouthFrown=0.4))
    assert one[I["mouthSmileLeft"]] == pytest.approx(0.8, abs=1e-3)
    assert one[I["mouthFrownRight"]] == pytest.approx(0.2, abs=1e-3)


def test_it_is_a_projection_onto_a_convex_set():
    rng = np.random.default_rng(0)
    for _ in range(25):
        one, other = rng.uniform(-0.3, 1.4, (2, 52)) * (rng.random((2, 52)) < 0.4)
        near, far = nearest_face(one).astype(float), nearest_face(other).astype(float)
        assert broken_rules(near) == []
        assert nearest_face(near) == pytest.approx(near, abs=1e-3)
        assert np.linalg.norm(near - far) <= np.linalg.norm(one - other) + 1e-3
        assert broken_rules(0.5 * (near + far)) == [] and broken_rules(0.3 * near) == []
        # Nearest: the way back makes no acute angle with the way to any other possible face.
        assert (one - near) @ (far - near) <= 2e-2


@pytest.mark.parametrize("wrong", [np.zeros(51), np.zeros((2, 52)), [0.1]])
def test_other_than_52_numbers_are_refused(wrong):
    with pytest.raises(KinesicsError, match="52"):
        nearest_face(wrong)


def test_a_weight_that_is_no_number_is_refused_by_name():
    face = weights(jawOpen=float("nan"))
    with pytest.raises(KinesicsError, match="nan for jawOpen"):
        nearest_face(face)
