"""Bars of blendshapes with their names."""

import numpy as np
import pytest

from kinesics_core.skeletons import ARKIT_BLENDSHAPES, BLENDSHAPE_INDEX
from kinesics_core.view.blendshape_bars import BAR, BRIGHT, DIM, FULL, GROUND, SIZE, TRACK, bars


def colored(image, color):
    return (image == np.array(color, np.uint8)).all(axis=2)


def only(**weights):
    face = np.zeros(52, np.float32)
    for name, weight in weights.items():
        face[BLENDSHAPE_INDEX[name]] = weight
    return face


def test_nobody_is_names_and_empty_tracks():
    image = bars(None)
    assert image.shape == (SIZE[1], SIZE[0], 3)
    assert colored(image, TRACK).any() and not colored(image, BAR).any()
    # 26 names in each half, one under the other.
    for half in (image[:, : SIZE[0] // 2], image[:, SIZE[0] // 2 :]):
        assert np.diff(colored(half, TRACK).any(axis=1).astype(int)).clip(0).sum() == 26


@pytest.mark.parametrize("name", ARKIT_BLENDSHAPES)
def test_each_shape_moves_a_bar_at_its_own_fixed_place(name):
    index = BLENDSHAPE_INDEX[name]
    rows, columns = np.nonzero(colored(bars(only(**{name: 0.5})), BAR))
    assert rows.mean() / SIZE[1] == pytest.approx((index % 26 + 0.5) / 26, abs=0.01)
    assert (columns > SIZE[0] // 2).all() == (index >= 26)


def test_the_length_is_the_weight_and_a_full_bar_has_another_color():
    lengths = [np.ptp(np.nonzero(colored(bars(only(jawOpen=weight)), BAR))[1]) + 1
               for weight in (0.3, 0.6, 0.9)]
    np.testing.assert_allclose(np.array(lengths) / lengths[0], [1, 2, 3], rtol=0.08)
    assert colored(bars(only(jawOpen=1.0)), FULL).any()


def test_only_what_moves_is_bright():
    rest = bars(np.zeros(52))
    assert colored(rest, DIM).any() and not colored(rest, BRIGHT).any()
    moved = bars(only(tongueOut=0.4, jawOpen=0.02))
    rows = np.nonzero(colored(moved, BRIGHT))[0]
    assert len(rows) and rows.min() > SIZE[1] * 25 / 26 - 4


def test_unknown_weights_are_zero():
    np.testing.assert_array_equal(bars(np.full(52, np.nan)), bars(np.zeros(52)))
    assert colored(bars(None), GROUND).mean() > 0.5
