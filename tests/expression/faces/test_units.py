import numpy as np
import pytest

from kinesics_core.affect.facs import AU_BLENDSHAPES
from kinesics_core.errors import KinesicsError
from kinesics_core.expression.faces import UNITS, broken_rules, face_of_units, parse_units
from kinesics_core.skeletons import BLENDSHAPE_INDEX

I = BLENDSHAPE_INDEX  # noqa: E741


def test_a_unit_moves_its_shapes_and_no_others():
    for unit, names in AU_BLENDSHAPES.items():
        face = face_of_units({unit: 0.5})
        assert {name for name, at in I.items() if face[at] > 0.0} == set(names)
        assert {float(face[I[name]]) for name in names} == {0.5}


def test_every_unit_can_be_shown():
    for unit in UNITS:
        face = face_of_units({unit: 1.0})
        assert face.max() > 0.3 and broken_rules(face) == []


def test_one_side_is_the_persons():
    face = face_of_units({"R_AU14": 0.5, "L_AU12": 0.8})
    assert face[I["mouthDimpleRight"]] == pytest.approx(0.5)
    assert face[I["mouthSmileLeft"]] == pytest.approx(0.8)
    assert face[I["mouthDimpleLeft"]] == face[I["mouthSmileRight"]] == 0.0
    assert np.array_equal(face_of_units({"L12".replace("L", "LAU"): 0.8}),
                          face_of_units({"l_au12": 0.8}))


def test_units_that_fight_give_a_possible_face():
    face = face_of_units({"AU12": 1.0, "AU15": 1.0, "AU26": 1.0, "AU24": 1.0})
    assert broken_rules(face) == []


def test_units_are_parsed():
    assert parse_units("AU12=.8, R_AU14=.5,AU4") == {"AU12": 0.8, "R_AU14": 0.5, "AU4": 1.0}


@pytest.mark.parametrize(("text", "words"), [
    ("", "no action unit"), (" , ", "no action unit"), ("AU12=much", "NAME=INTENSITY"),
])
def test_a_text_without_units_is_refused(text, words):
    with pytest.raises(KinesicsError, match=words):
        parse_units(text)


@pytest.mark.parametrize(("units", "words"), [
    ({"AU99": 1.0}, "'AU99'"), ({"smile": 1.0}, "'smile'"), ({"AU12": 1.2}, "1.2 for AU12"),
    ({"AU12": float("nan")}, "nan for AU12"), ({"AU12": -0.1}, "-0.1 for AU12"),
])
def test_an_unknown_unit_or_intensity_is_refused(units, words):
    with pytest.raises(KinesicsError, match=words):
        face_of_units(units)
