"""Folds of the skin that come out as muscles pull: painted once, brought out by the shapes.

The mesh is too coarse for the lines of a frown or a smile. They are in a second picture over the
head's part of the texture, dark furrows beside light ridges, and every blendshape says how much it
brings them out where (``strengths``). A renderer multiplies the two: ``lights.FURROW``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinesics_core.render.character_texture import COLUMNS, HEAD_ROWS, ROWS, Chart, curve
from kinesics_core.render.geometry import FLAT
from kinesics_core.skeletons import ARKIT_BLENDSHAPES, BLENDSHAPE_INDEX

REACH = 0.006, 0.013
"""Metres from a fold's line within which it is fully brought out, and beyond which not at all."""


@dataclass(frozen=True, slots=True)
class Fold:
    """A fold on the person's left; the right one is its mirror image.

    Attributes:
        points: (landmark of 68 in iBUG order, x outwards in mm, y up in mm) along its line.
        width: Of the furrow, mm.
        depth: Of the furrow, 0..1.
        ridge: Side of the light ridge along the line's way, -1 right, 1 left, and its strength.
        shapes: How much each shape brings it out, by name without side.
    """

    points: tuple[tuple[int, float, float], ...]
    width: float
    depth: float
    ridge: float
    shapes: dict[str, float]


_RAISED = {"browInnerUp": 1.0, "browOuterUp": 0.9}
_FROWNED = {"browDown": 1.0, "noseSneer": 0.35}
_WRINKLED = {"noseSneer": 1.0}
_SMILED = {"mouthSmile": 0.9, "noseSneer": 0.9, "mouthUpperUp": 0.6, "cheekSquint": 0.3,
           "mouthStretch": 0.4, "mouthDimple": 0.35}
_SQUINTED = {"cheekSquint": 1.0, "eyeSquint": 0.6, "mouthSmile": 0.35}
_DRAWN_DOWN = {"mouthFrown": 1.0, "mouthStretch": 0.3, "mouthLowerDown": 0.2}
_CHIN = {"mouthShrugLower": 1.0, "mouthFrown": 0.55, "mouthPress": 0.45, "mouthRollLower": 0.4}

FOLDS = (
    *(Fold(((27, -6.0, height - 0.5), (27, 2.0, height - 0.5), (27, 10.0, height),
            (27, 22.0, height + 2.5), (27, 36.0, height + 0.5)), 2.0, depth, 0.5, _RAISED)
      for height, depth in ((29, 0.5), (37, 0.6), (45, 0.4))),
    Fold(((22, -6.0, -8), (22, -6.6, -1), (22, -5.4, 5)), 1.8, 1.0, 0.5, _FROWNED),
    *(Fold(((27, 0.0, height), (27, 4.0, height + 0.6), (27, 8.5, height + 2.0)), 1.7, 0.8, 0.5,
           _WRINKLED) for height in (1.0, -4.0)),
    *(Fold(((27, 5.0 + down * 0.25, -6.0 - down), (27, 8.0 + down * 0.25, -8.0 - down),
            (27, 10.0 + down * 0.3, -11.5 - down)), 1.6, 0.8, 0.4, _WRINKLED)
      for down in (0.0, 5.5)),
    Fold(((35, 3.0, 7.0), (35, 6.5, 3.0), (35, 11.0, -4.5), (54, 6.5, 9.5), (54, 9.5, 1.0)),
         3.4, 1.0, -0.5, _SMILED),
    *(Fold(((45, 6.0, start), (45, 10.0, start + 0.4 * rise), (45, 16.0, start + rise)), 0.9, 0.7,
           0.4, _SQUINTED) for start, rise in ((1.5, 3.5), (-1.0, -1.0), (-3.5, -6.0))),
    Fold(((42, 2.0, -4.5), (47, 0.0, -6.0), (46, 1.0, -5.6), (45, 1.0, -5.0)), 1.2, 0.7, 0.4,
         _SQUINTED),
    Fold(((54, 2.0, -2.0), (54, 6.0, -8.0), (54, 7.0, -14.0)), 1.6, 0.8, -0.4, _DRAWN_DOWN),
    Fold(((57, 0.0, -7.0), (57, 7.0, -8.2), (57, 13.0, -11.5)), 2.0, 0.8, -0.5, _CHIN),
)


def paint(chart: Chart) -> np.ndarray:
    """Return the picture of the folds, (ROWS, COLUMNS) uint8."""
    relief = np.zeros((ROWS, COLUMNS), np.float32)
    for fold in FOLDS:
        for side in (1.0, -1.0):
            line = curve(_line(fold, chart, side))
            across = np.gradient(line, axis=0)[:, ::-1] * (-1.0, 1.0)
            across /= np.linalg.norm(across, axis=1, keepdims=True) + 1e-9
            width = 1e-3 * fold.width
            _draw(relief, chart.texels(line), -fold.depth, width)
            ridge = line + across * np.sign(fold.ridge) * side * 1.5 * width
            _draw(relief, chart.texels(ridge), 0.7 * abs(fold.ridge), 1.6 * width)
    # Where folds run together they do not add up.
    relief = np.tanh(relief)
    return np.clip(FLAT + 127.0 * relief, 0, 255).round().astype(np.uint8)


def strengths(points: np.ndarray, chart: Chart) -> np.ndarray:
    """Return how much each shape brings out the folds at points of the skin in T-pose.

    Args:
        points: (V, 3) metres.
        chart: The layout of the picture.

    Returns:
        (52, V) float32, 0..1.
    """
    places, _ = chart.unroll(points)
    out = np.zeros((len(ARKIT_BLENDSHAPES), len(points)), np.float32)
    near, far = REACH
    for fold in FOLDS:
        for side, suffix in ((1.0, "Left"), (-1.0, "Right")):
            line = curve(_line(fold, chart, side))
            gap = np.full(len(points), np.inf)
            close = np.abs(places - line.mean(0)).max(1) < 0.06
            gap[close] = np.linalg.norm(places[close, None] - line[None], axis=2).min(1)
            share = np.clip((far - gap) / (far - near), 0.0, 1.0)
            for name, strength in fold.shapes.items():
                index = BLENDSHAPE_INDEX.get(f"{name}{suffix}", BLENDSHAPE_INDEX.get(name, -1))
                out[index] = np.maximum(out[index], strength * share)
    return out


def _line(fold: Fold, chart: Chart, side: float) -> np.ndarray:
    """Return the points (N, 2) of a fold on the label, metres."""
    scale = 1e-3 * np.ptp(chart.landmarks[36:48, 0]) / 0.0846
    at = chart.landmarks
    line = np.array([at[mark] + (x * scale, y * scale) for mark, x, y in fold.points])
    return line * (side, 1.0)


def _draw(relief: np.ndarray, texels: np.ndarray, value: float, width: float) -> None:
    """Add a soft line that thins out at its ends, in place; ``width`` in metres."""
    sigma = 0.5 * width / 0.00037
    margin = int(3.3 * sigma) + 2
    low = np.maximum(texels.min(0).astype(int) - margin, 0)
    high = np.minimum(texels.max(0).astype(int) + margin, (COLUMNS, HEAD_ROWS))
    y, x = (np.arange(a, b, dtype=np.float32)[:, None] + 0.5
            for a, b in zip(low[::-1], high[::-1], strict=True))
    across, down = ((axis - place.astype(np.float32)) ** 2
                    for axis, place in zip((x, y), texels.T, strict=True))
    squared = down[:, None] + across[None]
    nearest = squared.argmin(-1)
    along = nearest / (len(texels) - 1)
    taper = np.clip(np.minimum(along, 1.0 - along) * 6.0, 0.0, 1.0)
    value_at = value * taper * np.exp(-0.5 * squared.min(-1) / sigma**2)
    relief[low[1]:high[1], low[0]:high[0]] += value_at.astype(np.float32)
