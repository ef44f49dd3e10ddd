"""Faces of emotions. What they must be is FACS's; likeness to designers' is measured apart."""

import numpy as np
import pytest

from kinesics_core.affect.emotions import CONTEMPT, EMOTIONS, NEUTRAL
from kinesics_core.affect.face import FaceReader
from kinesics_core.affect.facs import AU_BLENDSHAPES, EMFACS
from kinesics_core.errors import KinesicsError
from kinesics_core.expression.faces import (
    PROTOTYPES,
    broken_rules,
    face_of_emotion,
    glad_face,
    mirrored,
    with_asymmetry,
)
from kinesics_core.skeletons import BLENDSHAPE_INDEX
from kinesics_core.types import Person

I = BLENDSHAPE_INDEX  # noqa: E741
WAYS = [(emotion, way.name) for emotion, ways in PROTOTYPES.items() for way in ways]
LEVELS = np.linspace(0.0, 1.0, 21)


def cosine(one, other):
    return float(one @ other / (np.linalg.norm(one) * np.linalg.norm(other)))


@pytest.mark.parametrize(("emotion", "variant"), WAYS)
def test_every_way_to_show_an_emotion_is_a_possible_face_that_grows_with_intensity(
    emotion, variant
):
    faces = np.stack([face_of_emotion(emotion, level, variant) for level in LEVELS])
    assert faces.dtype == np.float32 and faces.shape == (21, 52)
    assert not faces[0].any()
    assert all(broken_rules(face) == [] for face in faces)
    assert np.diff(faces, axis=0).min() >= -1e-4
    assert faces[-1].any() == (emotion != NEUTRAL)
    # Strong ones differ less than weak ones do: weights saturate.
    steps = np.linalg.norm(np.diff(faces, axis=0), axis=1)
    if emotion != NEUTRAL:
        assert steps[:7].mean() > steps[-7:].mean()


def test_lips_part_as_joy_grows_and_a_gentle_smile_keeps_them_closed():
    faces = np.stack([glad_face(level) for level in LEVELS])
    assert faces.dtype == np.float32 and not faces[0].any()
    assert all(broken_rules(face) == [] for face in faces)
    assert np.diff(faces, axis=0).min() >= -0.01  # a laugh has no dimples
    opening = faces[:, [I["jawOpen"], I["mouthLowerDownLeft"]]].sum(axis=1)
    assert opening[6] < 1e-6 and opening[12] > 0.1 and opening[18] > 0.6
    assert np.allclose(faces[-1], face_of_emotion("happiness", 1.0, "laugh"))


@pytest.mark.parametrize("emotion", range(NEUTRAL))
def test_ways_of_one_emotion_are_more_alike_than_any_other_emotion(emotion):
    """Except for fear and surprise, which share the upper face (FACS Table 11-1)."""
    first = face_of_emotion(emotion, 1.0)
    others = [face_of_emotion(other, 1.0) for other in range(NEUTRAL) if other != emotion
              and {EMOTIONS[other], EMOTIONS[emotion]} != {"fear", "surprise"}]
    assert len(PROTOTYPES[emotion]) >= 2
    for way in PROTOTYPES[emotion][1:]:
        own = cosine(first, face_of_emotion(emotion, 1.0, way.name))
        assert own > max(cosine(first, other) for other in others), way.name


@pytest.mark.parametrize(("emotion", "units"), [p for p in EMFACS if p[0] != CONTEMPT])
def test_the_units_that_emfacs_names_are_shown_in_one_of_the_ways(emotion, units):
    def shown(way):
        face = face_of_emotion(emotion, 1.0, way.name)
        return {unit for unit in units if all(face[I[name]] > 0.1 for name in
                                              AU_BLENDSHAPES[unit])}
    best = max(len(shown(way)) for way in PROTOTYPES[emotion])
    assert best == len(units)


def test_names_of_ways_are_used_once():
    names = [name for _, name in WAYS]
    assert len(set(names)) == len(names)


def test_weak_emotions_begin_with_their_diagnostic_unit():
    def there(emotion, intensity):
        face = face_of_emotion(emotion, intensity)
        return {name for name, at in I.items() if face[at] > 0.01}
    assert there("happiness", 0.15) == {"mouthSmileLeft", "mouthSmileRight"}
    assert "cheekSquintLeft" in there("happiness", 0.5)
    assert there("anger", 0.1) == {"browDownLeft", "browDownRight"}
    assert "jawOpen" not in there("fear", 0.25)
    assert "noseSneerLeft" in there("disgust", 0.1)


@pytest.mark.parametrize("emotion", EMOTIONS)
@pytest.mark.parametrize("intensity", [0.35, 0.6, 1.0])
def test_what_the_robot_shows_is_read_as_what_it_means(emotion, intensity):
    shapes = face_of_emotion(emotion, intensity)
    person = Person(1, 1.0, np.full((17, 3), np.nan), blendshapes=shapes)
    reading = FaceReader().update(person, 0)
    assert EMOTIONS[reading.categories.argmax()] == emotion


def test_only_contempt_is_one_sided():
    for emotion, variant in WAYS:
        face = face_of_emotion(emotion, 1.0, variant)
        pull = face - mirrored(face)
        assert (np.abs(pull).max() > 0.4) == (emotion == CONTEMPT)
        if emotion == CONTEMPT:
            left = sum(face[I[name]] for name in ("mouthSmileLeft", "mouthDimpleLeft",
                                                  "mouthUpperUpLeft"))
            right = sum(face[I[name]] for name in ("mouthSmileRight", "mouthDimpleRight",
                                                   "mouthUpperUpRight"))
            assert left > 3 * right


def test_asymmetry_is_small_repeatable_and_leaves_the_gaze():
    face = face_of_emotion("sadness", 0.8)
    one, again, other = (with_asymmetry(face, seed) for seed in (3, 3, 4))
    assert np.array_equal(one, again) and not np.array_equal(one, other)
    assert 0.0 < np.abs(one - face).max() < 0.2
    assert broken_rules(one) == []
    look = [at for name, at in I.items() if "Look" in name]
    assert one[look] == pytest.approx(face[look], abs=1e-6)
    drawn = np.stack([with_asymmetry(face, seed) for seed in range(200)])
    sides = drawn[:, I["mouthFrownLeft"]] - drawn[:, I["mouthFrownRight"]]
    assert 0.02 < sides.std() < 0.12 and sides.mean() > 0.0
    assert np.array_equal(with_asymmetry(face, 3, 0.0), face)


@pytest.mark.parametrize("intensity", [-0.1, 1.1, float("nan"), float("inf")])
def test_an_intensity_out_of_range_is_refused(intensity):
    with pytest.raises(KinesicsError, match="from 0"):
        face_of_emotion("happiness", intensity)


def test_an_unknown_emotion_or_variant_is_refused():
    with pytest.raises(KinesicsError, match=r"'joy'.*happiness"):
        face_of_emotion("joy", 0.5)
    with pytest.raises(KinesicsError, match=r"variant 9 of anger.*0 \(glare\).*1 \(shout\)"):
        face_of_emotion("anger", 0.5, 9)
    with pytest.raises(KinesicsError, match="Did you mean shout"):
        face_of_emotion("anger", 0.5, "shuot")
    assert np.array_equal(face_of_emotion("anger", 0.5, "shout"), face_of_emotion("anger", 0.5, 1))
    assert np.array_equal(face_of_emotion("anger", 0.5, "1"), face_of_emotion("anger", 0.5, 1))


def test_asymmetry_out_of_range_is_refused():
    with pytest.raises(KinesicsError, match="asymmetry 0.9"):
        with_asymmetry(np.zeros(52), 0, 0.9)
