"""Images of more than 8 bits a channel, brought to 8.

A 10- or 12-bit camera stores its values in 16 bits, most often without saying how many of them it
fills; divided by 256 its images are black.
"""

from __future__ import annotations

import cv2
import numpy as np

DEPTHS = (8, 10, 12, 14, 16)
"""Bits of a channel that cameras and files have."""


BRIGHTEST = 16.0
"""Value of linear light in floats; where 1 % of a picture is above, it holds integers."""

_LIMIT = float((1 << DEPTHS[-1]) - 1)


class BitDepth:
    """The bit depth of a stream of images, learned from the largest value seen so far.

    It is the least of ``DEPTHS`` that holds that value, and never falls, so that a stream does not
    flicker: at most it grows darker a time or two at its beginning.

    Attributes:
        white: The value that becomes 255; 0 before the first image.
    """

    def __init__(self, white: float = 0) -> None:
        """Start a stream.

        Args:
            white: The value of white, where it is known; 0: it is learned.
        """
        self.white = white

    def to_8_bit(self, image: np.ndarray) -> np.ndarray:
        """Return an image of 8 bits a channel; one that is so already is returned as it is.

        Args:
            image: Any shape of uint8, uint16 or float; a float's white is 1 if little of it is
                above (lights may be), that of a bit depth if it reaches beyond ``BRIGHTEST``, and
                else the value that 1 % of it exceeds.

        Raises:
            ValueError: The numbers are of another type.
        """
        if image.dtype == np.uint8:
            return image
        if image.dtype == np.uint16:
            largest = int(image.max(initial=0))
            if largest > self.white:
                self.white = next(
                    (1 << bits) - 1 for bits in DEPTHS if largest < 1 << bits)
            return _scaled(image, 255.0 / max(self.white, 1))
        if image.dtype in (np.float32, np.float64):
            image = np.nan_to_num(image, nan=0.0, posinf=0.0, neginf=0.0).clip(0.0, _LIMIT)
            self.white = max(self.white, _white_of_floats(image))
            return _scaled(image, 255.0 / self.white)
        raise ValueError(f"Got an image of {image.dtype}; wanted uint8, uint16 or float.")


def _white_of_floats(image: np.ndarray) -> float:
    """Return the value of white of a picture in floats: 1, of a bit depth, or of bright light."""
    bright = float(np.percentile(image, 99)) if image.size else 0.0
    if bright > BRIGHTEST:
        return float(next((1 << bits) - 1 for bits in DEPTHS if bright < 1 << bits))
    return max(bright, 1.0)


def _scaled(image: np.ndarray, factor: float) -> np.ndarray:
    """Return the image times a factor, rounded and saturated to uint8."""
    if not image.size:
        return np.zeros(image.shape, np.uint8)
    return np.asarray(cv2.convertScaleAbs(image, alpha=factor)).reshape(image.shape)
