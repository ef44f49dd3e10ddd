"""Lit solids drawn straight onto an 8-bit image, without a mesh or a z-buffer.

A limb is a surface of revolution seen from the side: every pixel of its bounding box gets its
distance to the outline and, from its place across the axis, a normal and a Lambert shade. Distance
and shade are smooth, so that for large limbs they are computed for every second pixel and
interpolated; the outline stays antialiased. Order the calls from far to near.
"""

from __future__ import annotations

import functools

import cv2
import numpy as np
from numpy.typing import ArrayLike

LIGHT = np.array([-0.42, -0.55, -0.72], np.float32)
LIGHT /= np.linalg.norm(LIGHT)
"""Direction to the key light, optical axes: from the upper left, behind the camera."""

_LUT_RANGE = 1.3
"""Shade that the last entry of the colour table stands for; 1 is the colour itself."""


_PROFILE = np.arange(1025.0)


def limb(
    image: np.ndarray,
    start: ArrayLike,
    end: ArrayLike,
    radius: ArrayLike,
    color: ArrayLike,
    *,
    ambient: float = 0.42,
    gloss: float = 0.0,
    flat: tuple[float, float] = (1.0, 1.0),
    relief: np.ndarray | None = None,
    labels: np.ndarray | None = None,
    label: int = 0,
) -> None:
    """Draw a round-ended, lit limb in place.

    image: (H, W, 3) uint8. start, end: axis in pixels. radius: two or more radii in pixels,
    evenly spaced from start to end. color: 3 values 0..255, what a fully lit spot shows.
    ambient: share of light that has no direction. gloss: strength of the highlight, 0..1.
    flat: how much shorter than a half ball the start and end caps are; 1 is round.
    relief: (h, w) float32 brightness texture around 1, wrapped over the limb.
    labels: (H, W) uint8 that receives `label` where the limb covers at least half a pixel.
    Nothing is drawn when an argument is not finite or the limb lies outside of the image.
    """
    radii = np.asarray(radius, np.float32)
    ax, ay = np.asarray(start, float)[:2].tolist()
    bx, by = np.asarray(end, float)[:2].tolist()
    thickest = float(radii.max())
    reach = thickest + 1.0
    if not np.isfinite(ax + ay + bx + by + reach):
        return
    height, width = image.shape[:2]
    x0, x1 = max(int(min(ax, bx) - reach), 0), min(int(max(ax, bx) + reach) + 2, width)
    y0, y1 = max(int(min(ay, by) - reach), 0), min(int(max(ay, by) + reach) + 2, height)
    if x0 >= x1 or y0 >= y1:
        return

    step = 2 if thickest > 9.0 else 1
    length = float(np.hypot(bx - ax, by - ay))
    if length > 1e-3:
        ux, uy = (bx - ax) / length, (by - ay) / length
    else:
        length, ux, uy = 1e-3, 0.0, 1.0
    # Samples sit in the middle of each block of step x step pixels.
    first = (step - 1) / 2
    x = np.arange(x0 + first - ax, x1 + first - ax, step, dtype=np.float32)
    y = np.arange(y0 + first - ay, y1 + first - ay, step, dtype=np.float32)[:, None]
    along = x * np.float32(ux) + y * np.float32(uy)
    side = y * np.float32(ux) - x * np.float32(uy)
    share = np.clip(along, 0.0, np.float32(length))
    cap = along - share
    if flat != (1.0, 1.0):
        cap *= np.where(cap < 0, np.float32(flat[0]), np.float32(flat[1]))
    share *= np.float32(1.0 / length)
    if len(radii) == 2:
        r = share * (radii[1] - radii[0])
        r += np.maximum(radii[0], 1e-3)
    else:
        knots = np.arange(len(radii)) * (1024.0 / (len(radii) - 1))
        fine = np.interp(_PROFILE, knots, radii).astype(np.float32)
        r = fine[(share * 1024).astype(np.int32)]
    inverse = 1.0 / np.maximum(r, 1e-3)
    side *= inverse
    cap *= inverse
    across = side * side
    distance = np.sqrt(across + cap * cap)
    distance -= 1.0
    distance *= -r

    # Caps are shaded flatter than balls, so that a chain of limbs reads as one skin, not as beads.
    toward = np.sqrt(np.maximum(1.0 - across, 0.0))
    lambert = side * np.float32(ux * LIGHT[1] - uy * LIGHT[0])
    lambert += cap * np.float32(0.35 * (ux * LIGHT[0] + uy * LIGHT[1]))
    lambert -= toward * LIGHT[2]
    direct = 1.15 * (1.0 - ambient)
    shade = np.maximum(lambert, 0.0)
    shade *= np.float32(direct)
    toward *= np.float32(0.25 * ambient)
    shade += toward
    shade += np.float32(0.75 * ambient)
    if relief is not None:
        rows, columns = relief.shape
        v = (share * (rows - 1)).astype(np.int32)
        u = ((np.clip(side, -1, 1) * 0.5 + 0.5) * (columns - 1)).astype(np.int32)
        shade *= relief[v, u]

    shape = (y1 - y0, x1 - x0)
    np.clip(distance, -4.0, 4.0, out=distance)
    alpha = _enlarge(distance, step, shape)
    alpha = cv2.addWeighted(alpha, 255.0, alpha, 0.0, 127.5, dtype=cv2.CV_8U)
    bright = cv2.addWeighted(shade, 255.0 / _LUT_RANGE, shade, 0.0, 0.0, dtype=cv2.CV_8U)
    bright = _enlarge(bright, step, shape)

    table = _color_table(tuple(np.asarray(color, float).tolist()), ambient, direct, gloss)
    solid = cv2.LUT(cv2.merge([bright, bright, bright]), table)
    blend(image[y0:y1, x0:x1], solid, alpha)
    if labels is not None:
        labels[y0:y1, x0:x1][alpha >= 128] = label


def blend(region: np.ndarray, over: np.ndarray, alpha: np.ndarray) -> None:
    """Lay `over` on `region` in place, both (h, w, 3) uint8, by alpha (h, w) uint8 0..255."""
    weight = cv2.merge([alpha, alpha, alpha])
    front = cv2.multiply(over, weight, scale=1.0 / 255.0)
    back = cv2.multiply(region, cv2.bitwise_not(weight), scale=1.0 / 255.0)
    region[:] = cv2.add(front, back)


@functools.lru_cache(maxsize=256)
def _color_table(
    color: tuple[float, ...], ambient: float, direct: float, gloss: float
) -> np.ndarray:
    """(1, 256, 3) uint8: what a shade of 0 .. _LUT_RANGE looks like on a limb of this colour."""
    levels = np.linspace(0.0, _LUT_RANGE, 256)
    table = levels[:, None] * np.array(color)
    # The highlight sits where the shade is that of a surface facing the light.
    facing = np.clip((levels - 0.95 * ambient) / max(direct, 1e-6), 0.0, 1.0)
    table += 255.0 * gloss * facing[:, None] ** 16
    return np.clip(table, 0, 255).astype(np.uint8).reshape(1, 256, 3)


def _enlarge(field: np.ndarray, step: int, shape: tuple[int, int]) -> np.ndarray:
    """Interpolate a field sampled every `step` pixels to `shape` (rows, columns)."""
    if step == 1:
        return field[: shape[0], : shape[1]]
    rows, columns = field.shape
    large = cv2.resize(field, (step * columns, step * rows), interpolation=cv2.INTER_LINEAR)
    return large[: shape[0], : shape[1]]
