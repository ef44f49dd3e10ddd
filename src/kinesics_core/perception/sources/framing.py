"""Framing of images: turned, mirrored and shrunk into the size wanted."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

ROTATIONS = {
    0: None,
    90: cv2.ROTATE_90_CLOCKWISE,
    180: cv2.ROTATE_180,
    270: cv2.ROTATE_90_COUNTERCLOCKWISE,
}
"""Degrees clockwise -> OpenCV's code."""


@dataclass(frozen=True)
class Framing:
    """The framing of each image of a source.

    Attributes:
        fit: (width, height) in pixels into which larger images are shrunk, keeping their aspect,
            after they are turned; None: they keep their size.
        rotate: Degrees clockwise, one of ``ROTATIONS``.
        mirror: Whether left and right are exchanged, after they are turned.

    Raises:
        ValueError: A value is out of range.
    """

    fit: tuple[int, int] | None = None
    rotate: int = 0
    mirror: bool = False

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        if self.fit is not None and (len(self.fit) != 2 or min(self.fit) < 1):
            raise ValueError(
                f"Got fit={self.fit}; wanted (width, height) in pixels, both at least 1.")
        if self.rotate not in ROTATIONS:
            raise ValueError(f"Got rotate={self.rotate}; wanted 0, 90, 180 or 270 degrees.")

    @property
    def source_fit(self) -> tuple[int, int] | None:
        """``fit`` as the source's own images have to fit it, before they are turned."""
        if self.fit is None or self.rotate in (0, 180):
            return self.fit
        return self.fit[1], self.fit[0]

    def size_of(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return the (width, height) that an image of (width, height) ``size`` comes to."""
        width, height = _fitted_size(size, self.source_fit)
        return (width, height) if self.rotate in (0, 180) else (height, width)

    def apply(self, image: np.ndarray) -> np.ndarray:
        """Return the image, uint8 of any channels, shrunk, turned, mirrored and C-contiguous."""
        image = _shrink(image, self.source_fit)
        if (code := ROTATIONS[self.rotate]) is not None:
            image = cv2.rotate(image, code)
        return cv2.flip(image, 1) if self.mirror else image


def _fitted_size(size: tuple[int, int], fit: tuple[int, int] | None) -> tuple[int, int]:
    """Return the (width, height) that an image of ``size`` has after shrinking into ``fit``."""
    width, height = size
    if fit is None or width <= fit[0] and height <= fit[1]:
        return size
    scale = min(fit[0] / width, fit[1] / height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _shrink(image: np.ndarray, fit: tuple[int, int] | None) -> np.ndarray:
    """Shrink into ``fit`` and make C-contiguous.

    Halving by averaging until less than twice too large, then bilinear: free of moire like area
    averaging at a fifth of its cost.
    """
    width, height = _fitted_size((image.shape[1], image.shape[0]), fit)
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
