"""Crops, the maps back from them, and windows that leave nothing out."""

from __future__ import annotations

import numpy as np
import pytest

from kinesics_core.perception.crops import crop_square, uncrop, windows


def gradient(width: int, height: int) -> np.ndarray:
    """Red says x, green says y."""
    image = np.zeros((height, width, 3), np.uint8)
    image[..., 0] = np.arange(width)
    image[..., 1] = np.arange(height)[:, None]
    return image


@pytest.mark.parametrize("angle", [0.0, 0.6, -2.0])
def test_a_crop_and_its_map_agree(angle):
    crop, to_image = crop_square(gradient(200, 160), np.array([90.0, 80.0]), 80.0, angle, 120)
    for spot in ((20.0, 30.0), (60.0, 60.0), (100.0, 75.0)):
        x, y, depth = uncrop(np.array([[*spot, 3.0]]), to_image)[0]
        red, green, _ = crop[int(spot[1]), int(spot[0])]
        assert (red, green) == (pytest.approx(x, abs=1), pytest.approx(y, abs=1))
        assert depth == pytest.approx(3.0 * 80 / 120)


def test_a_turned_crop_sets_upright():
    # A crop turned by 90 degrees has the image's +x pointing down its own +y axis backwards.
    _, to_image = crop_square(gradient(100, 100), np.array([50.0, 50.0]), 50.0, np.pi / 2, 50)
    up_in_crop = np.array([[25.0, 0.0, 0.0]])
    np.testing.assert_allclose(uncrop(up_in_crop, to_image)[0, :2], (75.0, 50.0), atol=1e-5)


def test_outside_the_image_is_black():
    crop, _ = crop_square(np.full((50, 50, 3), 255, np.uint8), np.zeros(2), 60.0, 0.0, 60)
    assert (crop[:28, :28] == 0).all() and (crop[32:, 32:] == 255).all()


@pytest.mark.parametrize("size", [(640, 480), (300, 900), (2000, 150), (100, 100)])
def test_windows_cover_the_image_at_every_scale(size):
    found = windows(*size, scales=(1.0, 2.0, 3.0), smallest=90.0)
    assert found[0][1] == max(size)
    for side in {side for _, side in found}:
        covered = np.zeros((size[1], size[0]), bool)
        for centre, own in found:
            if own == side:
                x0, y0 = np.maximum(centre - side / 2, 0).round().astype(int)
                covered[y0 : int(round(y0 + side)), x0 : int(round(x0 + side))] = True
        assert covered.all()


def test_small_windows_are_left_out_but_never_the_first():
    assert len(windows(100, 80, scales=(1.0, 2.0), smallest=90.0)) == 1
    assert len(windows(640, 480, scales=(1.0, 2.0), smallest=90.0)) == 1 + 3 * 2
