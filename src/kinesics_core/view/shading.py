"""Lit solids drawn straight onto an 8-bit image, without a mesh or a z-buffer.

A limb is a surface of revolution seen from the side: every pixel of its bounding box gets its
distance to the axis, from that a normal and from the normal a Lambert shade. The edge is
antialiased by the sub-pixel distance to the outline. Order the calls from far to near.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

LIGHT = np.array([-0.42, -0.55, -0.72], np.float32)
LIGHT /= np.linalg.norm(LIGHT)
"""Direction to the key light, optical axes: from the upper left, behind the camera."""


def limb(
    image: np.ndarray,
    start: Sequence[float],
    end: Sequence[float],
    radius: Sequence[float],
    color: np.ndarray,
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
    evenly spaced from start to end. color: (3,) or (K, 3), 0..255, along the axis.
    ambient: share of light that has no direction. gloss: strength of the highlight, 0..1.
    flat: how much shorter than a half ball the start and end caps are; 1 is round.
    relief: (h, w) float32 brightness texture around 1, wrapped over the limb.
    labels: (H, W) uint8 that receives `label` where the limb covers at least half a pixel.
    Nothing is drawn when an argument is not finite or the limb lies outside of the image.
    """
    radius = np.asarray(radius, np.float32)
    ax, ay = float(start[0]), float(start[1])
    bx, by = float(end[0]), float(end[1])
    reach = float(radius.max()) + 1.0
    if not np.isfinite(ax + ay + bx + by + reach):
        return
    height, width = image.shape[:2]
    x0, x1 = max(int(min(ax, bx) - reach), 0), min(int(max(ax, bx) + reach) + 2, width)
    y0, y1 = max(int(min(ay, by) - reach), 0), min(int(max(ay, by) + reach) + 2, height)
    if x0 >= x1 or y0 >= y1:
        return

    length = max(float(np.hypot(bx - ax, by - ay)), 1e-3)
    ux, uy = (bx - ax) / length, (by - ay) / length
    x = np.arange(x0, x1, dtype=np.float32) - np.float32(ax)
    y = (np.arange(y0, y1, dtype=np.float32) - np.float32(ay))[:, None]
    along = x * np.float32(ux) + y * np.float32(uy)
    across = y * np.float32(ux) - x * np.float32(uy)
    on_axis = np.clip(along, 0.0, np.float32(length))
    beyond = along - on_axis
    if flat != (1.0, 1.0):
        beyond *= np.where(beyond < 0, np.float32(flat[0]), np.float32(flat[1]))
    on_axis *= np.float32(1.0 / length)
    if len(radius) == 2:
        r = on_axis * (radius[1] - radius[0]) + radius[0]
    else:
        fine = np.interp(
            np.linspace(0, len(radius) - 1, 1025), np.arange(len(radius)), radius
        ).astype(np.float32)
        r = fine[(on_axis * 1024).astype(np.int32)]
    inverse = 1.0 / np.maximum(r, 1e-3)
    side = across * inverse
    cap = beyond * inverse
    squared = side * side + cap * cap
    alpha = np.clip((1.0 - np.sqrt(squared)) * r + 0.5, 0.0, 1.0)
    # Caps are shaded flatter than balls, so that a chain of limbs reads as one skin, not as beads.
    toward = np.sqrt(np.maximum(1.0 - side * side, 0.0))
    cap *= np.float32(0.35)

    light_across = np.float32(ux * LIGHT[1] - uy * LIGHT[0])
    light_along = np.float32(ux * LIGHT[0] + uy * LIGHT[1])
    lambert = side * light_across + cap * light_along - toward * LIGHT[2]
    shade = np.maximum(lambert, 0.0) * np.float32(1.15 * (1.0 - ambient))
    shade += np.float32(ambient) * (0.75 + 0.25 * toward)
    if relief is not None:
        rows, columns = relief.shape
        v = (on_axis * (rows - 1)).astype(np.int32)
        u = ((np.clip(side, -1, 1) * 0.5 + 0.5) * (columns - 1)).astype(np.int32)
        shade *= relief[v, u]

    color = np.asarray(color, np.float32)
    if color.ndim == 2:
        color = color[np.minimum((on_axis * len(color)).astype(np.int32), len(color) - 1)]
    lit = shade[..., None] * color
    if gloss:
        highlight = np.maximum(lambert, 0.0)
        highlight *= highlight
        highlight *= highlight
        highlight *= highlight
        lit += (highlight * highlight * np.float32(255 * gloss))[..., None]
    np.minimum(lit, 255.0, out=lit)
    region = image[y0:y1, x0:x1]
    lit -= region
    lit *= alpha[..., None]
    lit += region
    region[:] = lit
    if labels is not None:
        labels[y0:y1, x0:x1][alpha >= 0.5] = label
