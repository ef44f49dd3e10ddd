"""Shrinking of images into a size wanted."""

from __future__ import annotations

import cv2
import numpy as np


def fitted_size(size: tuple[int, int], fit: tuple[int, int] | None) -> tuple[int, int]:
    """Return the (width, height) that an image of ``size`` has after shrinking into ``fit``."""
    width, height = size
    if fit is None or width <= fit[0] and height <= fit[1]:
        return size
    scale = min(fit[0] / width, fit[1] / height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def shrink(image: np.ndarray, fit: tuple[int, int] | None) -> np.ndarray:
    """Shrink into ``fit`` and make C-contiguous.

    Halving by averaging until less than twice too large, then bilinear: free of moire like area
    averaging at a fifth of its cost.
    """
    width, height = fitted_size((image.shape[1], image.shape[0]), fit)
    # A reversed-channel view would be copied by OpenCV at full size; shrink what is behind it.
    flipped = image.strides[2] < 0
    pixels = image[:, :, ::-1] if flipped else image
    while pixels.shape[1] >= 2 * width and pixels.shape[0] >= 2 * height:
        half = (pixels.shape[1] // 2, pixels.shape[0] // 2)
        pixels = cv2.resize(pixels, half, interpolation=cv2.INTER_AREA)
    if (pixels.shape[1], pixels.shape[0]) != (width, height):
        pixels = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_LINEAR)
    if flipped:
        return cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)
    return np.ascontiguousarray(pixels)
