"""The 52 blendshapes of a face as bars that carry their names, in a fixed order.

Rerun's own bar charts number their bars. Names, tracks and order never change, so that the eye
learns where a shape is; what moves is bright, the rest is dim.
"""

from __future__ import annotations

import functools

import numpy as np

from kinesics_core.render.text import TextStyle, put_text, text_width
from kinesics_core.skeletons import ARKIT_BLENDSHAPES

SIZE = 540, 494
"""Width and height of the picture, px."""

MOVES = 0.05
"""Weight from which a shape counts as moved."""

COLUMNS = 2
GROUND, TRACK = (22, 26, 36), (40, 46, 60)
DIM, BRIGHT = (112, 120, 138), (238, 241, 247)
QUIET_BAR, BAR, FULL = (78, 88, 108), (86, 180, 233), (255, 176, 59)

_ROWS = len(ARKIT_BLENDSHAPES) // COLUMNS
_ROW, _TYPE, _MARGIN, _GAP = SIZE[1] / _ROWS, 13, 8, 6
_NUMBER = 32  # px beside a bar for its weight


def bars(weights: np.ndarray | None) -> np.ndarray:
    """Draw the bars.

    Args:
        weights: (52,) in the order of ``ARKIT_BLENDSHAPES``; nan is 0, None is nobody.

    Returns:
        (494, 540, 3) uint8 RGB.
    """
    image = _empty().copy()
    if weights is None:
        return image
    for index, weight in enumerate(np.clip(np.nan_to_num(weights), 0.0, 1.0)):
        left, top, right, bottom = _track(index)
        end = left + round((right - left) * float(weight))
        moves = weight >= MOVES
        color = QUIET_BAR if not moves else FULL if weight > 0.95 else BAR
        image[top:bottom, left:end] = color
        if moves:
            _write(image, index, f"{weight:.2f}".removeprefix("0"))
    return image


def _track(index: int) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of a bar's track, px."""
    column, row = divmod(index, _ROWS)
    wide = SIZE[0] // COLUMNS
    left = column * wide + _MARGIN + _names_wide() + _GAP
    top = round(row * _ROW) + 4
    return left, top, (column + 1) * wide - _MARGIN - _NUMBER, round((row + 1) * _ROW) - 4


@functools.lru_cache(maxsize=1)
def _names_wide() -> int:
    return max(text_width(name, _TYPE) for name in ARKIT_BLENDSHAPES)


def _write(image: np.ndarray, index: int, weight: str) -> None:
    """Write a name and its weight brightly over the dim ones."""
    left, top, right, _ = _track(index)
    put_text(image, ARKIT_BLENDSHAPES[index], (left - _GAP, top),
             TextStyle(_TYPE, BRIGHT, "right"))
    put_text(image, weight, (right + _NUMBER, top), TextStyle(_TYPE, BRIGHT, "right"))


@functools.lru_cache(maxsize=1)
def _empty() -> np.ndarray:
    """Return names and tracks without a face."""
    image = np.full((SIZE[1], SIZE[0], 3), GROUND, np.uint8)
    for index, name in enumerate(ARKIT_BLENDSHAPES):
        left, top, right, bottom = _track(index)
        image[top:bottom, left:right] = TRACK
        put_text(image, name, (left - _GAP, top), TextStyle(_TYPE, DIM, "right"))
    return image
