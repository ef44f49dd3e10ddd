import pytest

from kinesics_core.errors import KinesicsError
from kinesics_core.mind.personality import Personality, temperament


def make(o=0.0, c=0.0, e=0.0, a=0.0, n=0.0):
    return Personality(o, c, e, a, n)


# By hand from the equations of Mehrabian (1996), S = -N.
@pytest.mark.parametrize(
    ("personality", "vad"),
    [
        (make(), (0.0, 0.0, 0.0)),
        (make(e=1.0), (0.21, 0.0, 0.60)),
        (make(a=1.0), (0.59, 0.30, -0.32)),
        (make(n=1.0), (-0.19, 0.57, 0.0)),
        (make(o=1.0), (0.0, 0.15, 0.25)),
        (make(c=-1.0), (0.0, 0.0, -0.17)),
        (make(0.5, 0.4, -0.2, 0.6, -0.8), (0.464, -0.201, -0.119)),
    ],
)
def test_temperament_is_mehrabians(personality, vad):
    assert temperament(personality) == pytest.approx(vad, abs=1e-12)


def test_stable_people_are_pleasant_and_calm_and_neurotic_ones_are_not():
    stable, neurotic = temperament(make(n=-1.0)), temperament(make(n=1.0))
    assert stable[0] > 0 > neurotic[0]
    assert stable[1] < 0 < neurotic[1]


@pytest.mark.parametrize("value", [1.01, -2.0, float("nan"), float("inf")])
def test_a_trait_out_of_range_is_refused_with_its_name(value):
    with pytest.raises(KinesicsError, match="extraversion.*-1 to 1"):
        make(e=value)
