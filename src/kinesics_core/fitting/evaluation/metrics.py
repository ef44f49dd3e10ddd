"""How far an estimated body is from the true one. Lengths come out in millimetres.

V2V and MPJPE as in Bogo et al. 2016 and Pavlakos et al. 2019; PA- is after the similarity that
fits best (Procrustes, Umeyama 1991), frame by frame; acceleration error as in Kanazawa et al.
2019. Penetration is measured on skin and skeleton, not by what any fitter minimises.
"""

from __future__ import annotations

import numpy as np

from kinesics_core.body.model import BodyModel
from kinesics_core.errors import KinesicsError
from kinesics_core.skeletons import SMPLX55, SMPLX_BODY

BODY = tuple(range(len(SMPLX_BODY)))
"""The joints of MPJPE."""

LEFT_HAND = (SMPLX55.index("left_wrist"), *range(25, 40))
RIGHT_HAND = (SMPLX55.index("right_wrist"), *range(40, 55))
"""Joints of SMPL-X that make up a hand, the wrist first."""


def v2v(estimate: np.ndarray, truth: np.ndarray, root: np.ndarray | None = None,
        true_root: np.ndarray | None = None) -> np.ndarray:
    """(T,) mm: mean distance of the vertices (T, V, 3). With the pelvises (T, 3) given, after
    moving the one onto the other; the absolute place of a body seen by one camera is a guess."""
    estimate, truth = _pair(estimate, truth)
    if root is not None and true_root is not None:
        estimate = estimate - (np.asarray(root) - np.asarray(true_root))[:, None]
    return 1000.0 * np.linalg.norm(estimate - truth, axis=-1).mean(axis=-1)


def pa_v2v(estimate: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """(T,) mm: the same after the best similarity of each frame."""
    estimate, truth = _pair(estimate, truth)
    return 1000.0 * np.linalg.norm(align(estimate, truth) - truth, axis=-1).mean(axis=-1)


def mpjpe(estimate: np.ndarray, truth: np.ndarray, root: int = 0) -> np.ndarray:
    """(T,) mm: mean distance of the joints (T, J, 3) relative to the joint ``root``, the pelvis."""
    estimate, truth = _pair(estimate, truth)
    off = (estimate - estimate[:, root:root + 1]) - (truth - truth[:, root:root + 1])
    return 1000.0 * np.linalg.norm(off, axis=-1).mean(axis=-1)


def pa_mpjpe(estimate: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """(T,) mm: mean distance of the joints after the best similarity of each frame."""
    return pa_v2v(estimate, truth)


def hands_pa(joints: np.ndarray, true_joints: np.ndarray) -> np.ndarray:
    """(T,) mm: PA-MPJPE of SMPL-X's joints (T, 55, 3) of each hand by itself, mean of the two."""
    return np.mean([pa_mpjpe(joints[:, hand], true_joints[:, hand])
                    for hand in (list(LEFT_HAND), list(RIGHT_HAND))], axis=0)


def reprojection(projected: np.ndarray, keypoints: np.ndarray, confidence: float = 0.3
                 ) -> np.ndarray:
    """(T,) px: mean distance of projected points (T, K, 2) from the keypoints (T, K, 3) seen with
    that confidence; nan in a frame without."""
    seen = (keypoints[..., 2] >= confidence) & np.isfinite(projected).all(axis=-1)
    far = np.linalg.norm(np.where(seen[..., None], projected - keypoints[..., :2], 0.0), axis=-1)
    count = seen.sum(axis=1)
    return np.where(count > 0, far.sum(axis=1) / np.maximum(count, 1), np.nan)


def acceleration_error(estimate: np.ndarray, truth: np.ndarray, rate: float) -> np.ndarray:
    """(T - 2,) m/s^2: mean distance of the joints' accelerations, by second differences."""
    estimate, truth = _pair(estimate, truth)
    return rate**2 * np.linalg.norm(np.diff(estimate - truth, n=2, axis=0), axis=-1).mean(axis=-1)


def align(points: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Points (T, N, 3) moved, turned and scaled in each frame so that they lie nearest to target.

    Umeyama 1991; never mirrored.
    """
    points, target = _pair(points, target)
    centre, goal = points.mean(axis=1, keepdims=True), target.mean(axis=1, keepdims=True)
    x, y = points - centre, target - goal
    # (U, S, V) of sum_n y_n x_n^T, frame by frame.
    u, s, v = np.linalg.svd(np.einsum("tni,tnj->tij", y, x))
    sign = np.sign(np.linalg.det(u @ v))
    s[:, 2] *= sign
    u[:, :, 2] *= sign[:, None]
    scale = s.sum(axis=1) / np.maximum((x**2).sum(axis=(1, 2)), 1e-18)
    return scale[:, None, None] * np.einsum("tij,tnj->tni", u @ v, x) + goal


# --- penetration -----------------------------------------------------------------------------

_LIMBS = {
    "left arm": ("left_elbow", "left_wrist", *(name for name in SMPLX55[25:40])),
    "right arm": ("right_elbow", "right_wrist", *(name for name in SMPLX55[40:55])),
    "left leg": ("left_knee", "left_ankle", "left_foot"),
    "right leg": ("right_knee", "right_ankle", "right_foot"),
}
"""What may go into the rest of the body: forearms with hands, shins with feet."""

_NEAR = 0.35  # m: no vertex of a limb lies deeper in a body


def penetration(skin: np.ndarray, body: BodyModel, step: int = 7) -> np.ndarray:
    """(T,) mm: how deep forearms, hands, shins and feet are inside the rest of the body.

    skin: (T, V, 3) vertices. Every ``step``-th vertex of such a limb is asked whether the surface
    of the rest encloses it, by its generalised winding number (Jacobson, Kavan & Sorkine-Hornung
    2013), and if so how far the nearest vertex of that surface is. The value is the mean of that
    depth over the asked vertices of all limbs, 0 where nothing is inside.
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
    """(N,) metres that each of the asked points (N, 3) is inside the closed surface."""
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
    maybe = np.flatnonzero((far < _NEAR) & (np.einsum("ni,ni->n", off, normals[nearest]) < 0.01))
    triangles = [corners]
    for rim in rims:  # a fan from its middle closes it
        edge = points[rim]
        triangles.append(np.stack([np.broadcast_to(edge.mean(axis=0), edge.shape), edge,
                                   np.roll(edge, -1, axis=0)], axis=1))
    winding = np.zeros(len(asked))
    winding[maybe] = _winding(asked[maybe], np.concatenate(triangles))
    return np.where(winding > 0.5, far, 0.0)


def _rims(faces: np.ndarray) -> list[np.ndarray]:
    """The rims left by taking parts off, as closed loops of vertices in the surface's order."""
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
    """(N,) times that triangles (F, 3, 3) wind around points (N, 3): 1 inside, 0 outside.

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


def _pair(estimate: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    first, second = np.asarray(estimate, np.float64), np.asarray(truth, np.float64)
    if first.shape != second.shape or first.ndim != 3 or first.shape[2] != 3:
        raise KinesicsError(
            f"Got points of shape {first.shape} to compare with {second.shape}; wanted the same"
            " (frames, points, 3) twice, of one body model.")
    return first, second
