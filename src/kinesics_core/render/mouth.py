"""Teeth, gums and a tongue that lies: what the body's mouth lacks.

Two dental arches, the upper one with the skull and the lower one with the jaw, each a strip whose
columns set the teeth apart and whose rows are gum, crown and edge.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from kinesics_core.body.model import BodyModel
from kinesics_core.rotations import about_axis
from kinesics_core.skeletons import ARKIT_BLENDSHAPES, BLENDSHAPE_INDEX, SMPLX55

JAW_OPEN = 0.38
"""Turn of the jaw that jawOpen = 1 stands for, radians (``open_body.face``)."""

ARCH = 0.0265, 0.034
"""Half width and depth of the dental arches, metres."""

WIDTHS = (8.6, 6.8, 7.8, 7.0, 6.8, 10.0)
"""Widths of one side's upper teeth from the middle on, mm (Wheeler's dental anatomy, rounded)."""

LOWER_WIDTHS = (5.4, 6.0, 6.9, 7.0, 7.1, 11.0)

HEIGHTS = (9.8, 9.0, 9.9, 8.6, 8.0, 7.4)
"""Heights of their crowns, mm."""

TONGUE = 0.62, 0.90
"""Height and length of the tongue, of MakeHuman's, which fills the mouth."""

GUM_TOP = 1.75
"""Height of the strips over the teeth's edges, in crowns."""

_COLUMNS = 4
_ROWS = (("gum", GUM_TOP, -3.0), ("gum", 1.35, -0.6), ("neck", 1.0, 0.0), ("crown", 0.55, 0.75),
         ("crown", 0.18, 0.45), ("edge", 0.0, -0.5))
"""Rows of a strip: kind, height over the edge in crowns, how far it stands out, mm."""


def with_teeth(model: BodyModel, mouth: float, lips_depth: float) -> tuple[BodyModel, np.ndarray]:
    """Give a body teeth.

    Args:
        model: The body.
        mouth: Height of the closed mouth, metres.
        lips_depth: z of the closed lips, metres.

    Returns:
        The body with the teeth's vertices behind its own, and (T, 2) for them: how far along the
        arch from the middle, 0..1, and how high over the edge, 0 to 1.75 crowns.
    """
    front = lips_depth - 0.0125
    upper, shade_up, strip_up = _strip(WIDTHS, 1.0)
    lower, shade_low, strip_low = _strip(LOWER_WIDTHS, -1.0)
    upper = upper + (0.0, mouth - 0.0022, front)
    lower = lower * (0.94, 0.92, 0.96) + (0.0, mouth - 0.0046, front - 0.0028)
    first = len(model.template)
    teeth = np.concatenate([upper, lower]).astype(np.float32)
    weights = np.zeros((len(teeth), model.weights.shape[1]), np.float32)
    weights[:len(upper), SMPLX55.index("head")] = 1.0
    weights[len(upper):, SMPLX55.index("jaw")] = 1.0
    nearest = np.argmin(np.linalg.norm(model.template - teeth.mean(0), axis=1))
    shape = np.repeat(model.shape_directions[nearest][None], len(teeth), 0)
    moved = np.zeros((len(teeth), *model.expression_directions.shape[1:]), np.float32)
    if moved.shape[2] >= len(ARKIT_BLENDSHAPES):
        _go_with_the_jaw(model, teeth, moved, slice(len(upper), None))
    faces = np.concatenate([strip_up, strip_low + len(upper)]) + first
    return replace(
        model, template=np.concatenate([model.template, teeth]),
        shape_directions=np.concatenate([model.shape_directions, shape]),
        expression_directions=np.concatenate([model.expression_directions, moved]),
        weights=np.concatenate([model.weights, weights]),
        faces=np.concatenate([model.faces, faces.astype(model.faces.dtype)]),
        pose_directions=None,
    ), np.concatenate([shade_up, shade_low])


def lying_tongue(model: BodyModel, tongue: np.ndarray) -> BodyModel:
    """Lower and shorten the tongue (V,) bool so that it lies behind the lower teeth at rest."""
    template = model.template.copy()
    points = template[tongue]
    low, back = points[:, 1].min(), points[:, 2].min()
    height, length = TONGUE
    points[:, 1] = low - 0.001 + height * (points[:, 1] - low)
    points[:, 2] = back + length * (points[:, 2] - back)
    template[tongue] = points
    directions = model.expression_directions.copy()
    if directions.shape[2] >= len(ARKIT_BLENDSHAPES):
        # Out over the lower teeth and lip, and thinner there.
        out = directions[tongue, :, BLENDSHAPE_INDEX["tongueOut"]]
        share = np.clip(out[:, 2] / out[:, 2].max(), 0.0, 1.0)
        out[:, 2] *= 1.25
        out[:, 1] = share * (0.0075 + 0.55 * (points[:, 1].max() - points[:, 1])) \
            - 0.015 * np.clip(share - 0.75, 0.0, 1.0) / 0.25
        directions[tongue, :, BLENDSHAPE_INDEX["tongueOut"]] = out
    return replace(model, template=template, expression_directions=directions)


def _go_with_the_jaw(
    model: BodyModel, teeth: np.ndarray, moved: np.ndarray, lower: slice
) -> None:
    """Let the lower teeth follow the shapes that move the jaw, in place."""
    jaw = model.joint_template[SMPLX55.index("jaw")]
    arm = teeth[lower] - jaw
    moved[lower, :, BLENDSHAPE_INDEX["jawOpen"]] = \
        arm @ about_axis(0, np.array(JAW_OPEN)).T - arm
    chin = np.argmin(np.linalg.norm(
        model.template - (0.0, jaw[1] - 0.075, teeth[:, 2].max() + 0.004), axis=1))
    for name in ("jawForward", "jawLeft", "jawRight"):
        index = BLENDSHAPE_INDEX[name]
        moved[lower, :, index] = model.expression_directions[chin, :, index]


def _strip(widths: tuple[float, ...], up: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return an arch about its front edge's middle.

    Args:
        widths: Of one side's teeth, mm.
        up: 1 for upper teeth, whose crowns are above their edges, -1 for lower ones.

    Returns:
        Points (N, 3) metres, (N, 2) place along the arch and height, and triangles (F, 3).
    """
    edges = np.concatenate([[0.0], np.cumsum(widths)])
    side = np.concatenate([np.linspace(a, b, _COLUMNS, endpoint=False)
                           for a, b in zip(edges, edges[1:], strict=False)] + [edges[-1:]])
    groove = np.concatenate([np.sin(np.pi * (np.arange(_COLUMNS)) / _COLUMNS)] * len(widths)
                            + [np.zeros(1)])
    tooth = np.repeat(np.arange(len(widths)), _COLUMNS)
    height = np.append(np.array(HEIGHTS)[tooth], HEIGHTS[-1])
    along = np.concatenate([-side[:0:-1], side])
    groove, height = (np.concatenate([v[:0:-1], v]) for v in (groove, height))
    width, depth = ARCH
    # Lengths along the ellipse, so that teeth keep their widths around the bend.
    turn = np.radians(np.linspace(-88, 88, 353))
    curve = 1e3 * np.column_stack([width * np.sin(turn), depth * (np.cos(turn) - 1.0)])
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(curve, axis=0), axis=1))])
    length -= length[len(length) // 2]
    around = np.interp(along, length, turn)
    outwards = np.column_stack([np.sin(around) / width, np.cos(around) / depth])
    outwards /= np.linalg.norm(outwards, axis=1, keepdims=True)
    base = 1e3 * np.column_stack([width * np.sin(around), depth * (np.cos(around) - 1.0)])
    points, shade = [], []
    for kind, share, out in _ROWS:
        # Between two teeth the strip lies deeper, and their corners are round.
        stand = out + (1.0 * groove - 0.7 if kind in ("crown", "edge") else 0.0)
        spot = base + outwards * np.asarray(stand)[..., None]
        rise = share * height + (0.5 * (1.0 - groove) if kind == "edge" else 0.0)
        points.append(np.column_stack([spot[:, 0], up * rise, spot[:, 1]]))
        shade.append(np.column_stack([np.abs(along) / edges[-1], np.full(len(along), share)]))
    count = len(along)
    i = (np.arange(len(_ROWS) - 1)[:, None] * count + np.arange(count - 1)).ravel()
    right, below, both = i + 1, i + count, i + count + 1
    faces = np.concatenate([np.column_stack([i, below, right]),
                            np.column_stack([right, below, both])])
    if up < 0:
        faces = faces[:, ::-1]
    return 1e-3 * np.concatenate(points), np.concatenate(shade), faces
