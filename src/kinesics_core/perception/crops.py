"""Square pieces of images: cutting them out, turned and scaled, and mapping points back."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np


def crop_square(
    image: np.ndarray, centre: np.ndarray, side: float, angle: float, size: int
) -> tuple[np.ndarray, np.ndarray]:
    """Cut a square out of an image.

    Args:
        image: (H, W, 3).
        centre: (2,) px, middle of the square.
        side: Of the square in the image, px.
        angle: By which the square is turned, radians, clockwise in the image.
        size: Side of the crop it is drawn as, px.

    Returns:
        The crop, black outside the image, and the (2, 3) affine map from its pixels to the image's.
    """
    scale = side / size
    cos, sin = np.cos(angle) * scale, np.sin(angle) * scale
    turn = np.array([[cos, -sin], [sin, cos]])
    to_image = np.column_stack([turn, centre - turn @ [size / 2, size / 2]])
    crop = cv2.warpAffine(
        image, to_image, (size, size), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    )
    return crop, to_image


def uncrop(points: np.ndarray, to_image: np.ndarray) -> np.ndarray:
    """Bring (n, 3) crop pixels back into the image; depth is scaled alike."""
    scale = float(np.hypot(to_image[0, 0], to_image[1, 0]))
    flat = points[:, :2] @ to_image[:, :2].T + to_image[:, 2]
    return np.column_stack([flat, points[:, 2] * scale]).astype(np.float32)


def windows(
    width: int, height: int, scales: Sequence[float], smallest: float
) -> list[tuple[np.ndarray, float]]:
    """Return centre (2,) and side, px, of squares that cover an image, overlapping by half.

    Args:
        width: Of the image, px.
        height: Of the image, px.
        scales: The image's longer side over the window's. Those that make windows of less than
            ``smallest`` px are left out, except 1, the window around the whole image.
        smallest: Side of the smallest window, px.
    """
    longer = max(width, height)
    found = []
    for scale in scales:
        side = longer / scale
        if side < smallest and scale > 1.0:
            continue
        across, down = (
            [length / 2]
            if length <= side
            else np.linspace(side / 2, length - side / 2, int(np.ceil(2 * (length / side - 1))) + 1)
            for length in (width, height)
        )
        found += [(np.array([x, y], np.float64), side) for y in down for x in across]
    return found
