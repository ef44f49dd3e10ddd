"""Depth of limbs inside a body, measured on its skin and not by what any fitter minimises."""

from __future__ import annotations

import numpy as np

from kinesics_core.body.model import BodyModel
from kinesics_core.skeletons import SMPLX55

_LIMBS = {
    "left arm": ("left_elbow", "left_wrist", *(name for name in SMPLX55[25:40])),
    "right arm": ("right_elbow", "right_wrist", *(name for name in SMPLX55[40:55])),
    "left leg": ("left_knee", "left_ankle", "left_foot"),
    "right leg": ("right_knee", "right_ankle", "right_foot"),
}
"""Joints of what may go into the rest of the body: forearms with hands, shins with feet."""

_DEEPEST = 0.35  # m: no vertex of a limb lies deeper in a body


def penetration(skin: np.ndarray, body: BodyModel, step: int = 7) -> np.ndarray:
    """Return how deep forearms, hands, shins and feet are inside the rest of the body, (T,) mm.

    Vertices of such a limb are asked whether the surface of the rest encloses them, by its
    generalised winding number (Jacobson, Kavan & Sorkine-Hornung 2013), and if so how far the
    nearest vertex of that surface is. The value is the mean of that depth over the asked vertices
    of all limbs, 0 where nothing is inside.

    Args:
        skin: (T, V, 3) vertices, metres.
        body: The model they are of.
        step: Every so many vertices of a limb are asked.
    """
    owner = body.weights.argmax(axis=1)
    depth, asked = np.zeros(len(skin)), 0
    for joints in _LIMBS.values():
        rows = [body.joint_names.index(name) for name in joints if name in body.joint_names]
        limb = np.isin(owner, rows)
        # Skin next to the limb joins it to the rest; it is neither asked nor does it count.
        joined = limb | (owner == body.parents[rows[0]])
        inner = np.flatnonzero(limb)[::step]
        faces = body.faces[~joined[body.faces].any(axis=1)]
        rims, asked = _rims(faces), asked + len(inner)
        for frame, points in enumerate(np.asarray(skin, np.float64)):
            depth[frame] += _depths(points[inner], points, faces, rims).sum()
    return 1000.0 * depth / max(asked, 1)


def _depths(
    asked: np.ndarray, points: np.ndarray, faces: np.ndarray, rims: list[np.ndarray]
) -> np.ndarray:
    """Return how far each of the asked points (N, 3) is inside the closed surface, (N,) metres."""
    surface, first = np.unique(faces, return_index=True)
    corners = points[faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])[first // 3]
    normals /= np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-12)
    places = points[surface]
    squares = (places**2).sum(axis=1) - 2.0 * asked @ places.T
    nearest = squares.argmin(axis=1)
    off = asked - places[nearest]
    far = np.linalg.norm(off, axis=-1)
    # A point clearly outside the nearest piece of skin is outside; the others are asked in full.
    maybe = np.flatnonzero((far < _DEEPEST) & (np.einsum("ni,ni->n", off, normals[nearest]) < 0.01))
    triangles = [corners]
    for rim in rims:  # a fan from its middle closes it
        edge = points[rim]
        triangles.append(np.stack([np.broadcast_to(edge.mean(axis=0), edge.shape), edge,
                                   np.roll(edge, -1, axis=0)], axis=1))
    winding = np.zeros(len(asked))
    winding[maybe] = _winding(asked[maybe], np.concatenate(triangles))
    return np.where(winding > 0.5, far, 0.0)


def _rims(faces: np.ndarray) -> list[np.ndarray]:
    """Return the rims left by taking parts off: closed loops of vertices in the surface's order."""
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]).astype(np.int64)
    count = edges.max(initial=0) + 1
    inner = np.isin(edges[:, 0] * count + edges[:, 1], edges[:, 1] * count + edges[:, 0])
    after = {int(b): int(a) for a, b in edges[~inner]}
    loops = []
    while after:
        start, at = after.popitem()
        loop = [start]
        while at != start and at in after:
            loop.append(at)
            at = after.pop(at)
        if at == start and len(loop) > 2:
            loops.append(np.array(loop))
    return loops


def _winding(asked: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Return how often triangles (F, 3, 3) wind around points (N, 3): 1 inside, 0 outside.

    Solid angles after Van Oosterom & Strackee 1983.
    """
    total = np.zeros(len(asked))
    corners = np.ascontiguousarray(np.moveaxis(triangles, 0, -1), np.float32)  # (3, 3, F)
    for at in range(0, len(asked), 16):
        middle = np.asarray(asked[at:at + 16].T[..., None], np.float32)
        a, b, c = (corner[:, None] - middle for corner in corners)  # (3, 16, F) each
        la, lb, lc = (np.sqrt(_dot(side, side)) for side in (a, b, c))
        above = (a[0] * (b[1] * c[2] - b[2] * c[1]) + a[1] * (b[2] * c[0] - b[0] * c[2])
                 + a[2] * (b[0] * c[1] - b[1] * c[0]))
        below = la * lb * lc + _dot(a, b) * lc + _dot(b, c) * la + _dot(c, a) * lb
        total[at:at + 16] = np.arctan2(above, below).sum(axis=1, dtype=np.float64) / (2.0 * np.pi)
    return total


def _dot(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    result: np.ndarray = one[0] * two[0] + one[1] * two[1] + one[2] * two[2]
    return result
