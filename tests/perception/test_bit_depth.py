"""Images of 10 to 16 bits are as bright as their twins of 8 bits."""

from __future__ import annotations

import numpy as np
import pytest

from kinesics_core.perception.bit_depth import BitDepth

RAMP = np.tile(np.arange(256, dtype=np.uint8), (4, 1))


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_ramp_of_any_depth_is_as_bright_as_its_8_bit_twin(bits, channels):
    wide = np.round(RAMP.astype(float) * ((1 << bits) - 1) / 255.0).astype(np.uint16)
    image, twin = (np.repeat(a[..., None], channels, 2) for a in (wide, RAMP))
    seen = BitDepth().to_8_bit(image)
    assert seen.dtype == np.uint8 and seen.shape == twin.shape
    assert np.array_equal(seen, twin)
    # Shifted instead of scaled, as many cameras do.
    shifted = BitDepth().to_8_bit(RAMP.astype(np.uint16) << (bits - 8))
    assert np.abs(shifted.astype(int) - RAMP).max() <= 1


def test_8_bit_images_are_left_alone():
    assert BitDepth().to_8_bit(RAMP) is RAMP


def test_a_stream_does_not_flicker_when_it_grows_dark():
    depth = BitDepth()
    bright = np.full((4, 4), 4000, np.uint16)
    assert depth.to_8_bit(bright)[0, 0] == 249
    assert depth.to_8_bit(bright // 8)[0, 0] == 31
    assert depth.white == 4095


def test_a_known_white_is_believed():
    assert BitDepth(65535).to_8_bit(np.full((2, 2), 1000, np.uint16))[0, 0] == 4


@pytest.mark.parametrize("white", [1.0, 255.0])
def test_floats_are_scaled_and_what_is_no_number_is_black(white):
    image = (RAMP / 255.0 * white).astype(np.float32)
    image[0, 0] = np.nan
    assert np.array_equal(BitDepth().to_8_bit(image), RAMP)


@pytest.mark.parametrize("bits", [8, 10, 12, 16])
def test_integers_stored_as_floats_are_as_bright_as_their_8_bit_twins(bits):
    white = (1 << bits) - 1
    image = np.round(RAMP.astype(np.float64) * white / 255).astype(np.float32)
    assert np.abs(BitDepth().to_8_bit(image).astype(int) - RAMP).max() <= 1


def test_light_beyond_white_does_not_make_a_picture_black():
    """High dynamic range: a lamp in the picture, or an exposure six times as long."""
    lamp = (RAMP / 255.0).astype(np.float32)
    lamp[0, :8] = 90.0
    assert np.abs(BitDepth().to_8_bit(lamp).astype(int) - RAMP)[1:].max() <= 1
    bright = BitDepth().to_8_bit((RAMP / 255.0 * 6.0).astype(np.float32))
    assert np.abs(bright.astype(int) - RAMP).max() <= 4


def test_black_stays_black_and_empty_stays_empty():
    assert BitDepth().to_8_bit(np.zeros((2, 2), np.uint16)).max() == 0
    assert BitDepth().to_8_bit(np.zeros((0, 4), np.uint16)).shape == (0, 4)


def test_other_numbers_are_refused():
    with pytest.raises(ValueError, match="int32"):
        BitDepth().to_8_bit(np.zeros((2, 2), np.int32))
