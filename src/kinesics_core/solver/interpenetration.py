"""Arms, hands, legs and head kept out of the trunk and of each other.

SMPLify-X finds intersecting triangles on a GPU. Here the body is filled with balls: for each piece
of it some, each the largest that fits under the skin of the template about a point of the bones'
axes, riding on one joint. Two balls of pieces that are not neighbours overlap by

    o = r_a + r_b - |x_a - x_b|

and each overlap of more than nothing is a residual o / spread with its exact derivative. As the
balls lie inside the skin, a body that only touches itself pays nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial import cKDTree

from kinesics_core.body.model import BodyModel
from kinesics_core.solver.kinematics import Posed, Rig
from kinesics_core.solver.normal_equations import Normal
from kinesics_core.solver.unknowns import Unknowns

ROOM = 0.004
"""m: how far inside the skin balls stay, for flesh that gives way."""

SPREAD = 0.006
"""m: the overlap that costs as much as a keypoint that is off by its standard deviation."""

# Pieces: joint they ride on, joint they reach to, where along the way balls sit.
_LIMBS = [
    piece
    for side in ("left", "right")
    for piece in (
        (f"{side}_shoulder", f"{side}_elbow", (0.45, 0.6, 0.75, 0.9)),
        (f"{side}_elbow", f"{side}_wrist", (0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95)),
        (f"{side}_wrist", f"{side}_middle1", (0.4, 0.9)),
        (f"{side}_hip", f"{side}_knee", (0.45, 0.6, 0.75, 0.9)),
        (f"{side}_knee", f"{side}_ankle", (0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95)),
        (f"{side}_ankle", f"{side}_foot", (0.5, 1.0)),
    )
]
_TRUNK = ("pelvis", "spine1", "spine2", "spine3", "neck")


@dataclass(frozen=True, slots=True)
class Balls:
    """rig: one whose points are the centres. radii: (K,) metres. one, other: (P,) balls of the
    pairs that may not overlap."""

    rig: Rig
    radii: np.ndarray
    one: np.ndarray
    other: np.ndarray


def balls(model: BodyModel, rig: Rig) -> Balls:
    """The balls of a body model, from its template's skin."""
    names = list(model.joint_names)
    joints, skin = model.joint_template, model.template
    centres, riders = [], []
    for start, end, places in _LIMBS:
        if start not in names:
            continue
        k = names.index(start)
        # SMPL's hand is one piece that ends where others have knuckles.
        if end not in names:
            end = f"{start.split('_')[0]}_hand"
        tip = joints[names.index(end)]
        for place in places:
            centres.append(joints[k] + place * (tip - joints[k]))
            riders.append(k)
    for lower, upper in zip(_TRUNK[:-1], _TRUNK[1:], strict=True):
        k = names.index(lower)
        a, b = joints[k], joints[names.index(upper)]
        half = _half_width(skin, model, k)
        for place in (0.0, 0.5) if np.linalg.norm(b - a) > 0.08 else (0.0,):
            for aside in (-0.45, 0.0, 0.45):
                centres.append(a + place * (b - a) + (aside * half, 0, 0))
                riders.append(k)
    head = names.index("head")
    own = skin[model.weights[:, head] > 0.7]
    top, bottom = own.max(axis=0), own.min(axis=0)
    middle = (top + bottom) / 2
    for place in (0.4, 0.62):
        centres.append(np.array([middle[0], bottom[1] + place * (top[1] - bottom[1]), middle[2]]))
        riders.append(head)
    points, carrier = np.array(centres, np.float32), np.array(riders)
    points, radii = _inscribed(points, skin)
    one, other = np.triu_indices(len(points), 1)
    gap = np.linalg.norm(points[one] - points[other], axis=1) - radii[one] - radii[other]
    # Pieces of one limb, neighbours, and what touches in the T-pose anyway are left alone.
    apart = (_steps(rig.parents, carrier[one], carrier[other]) > 2) & (gap > 0.02)
    trunk = np.isin(carrier, [names.index(name) for name in _TRUNK])
    limb = ~(trunk[one] & trunk[other])
    keep = apart & limb
    count = len(points)
    centred = replace(
        rig, keypoint=np.arange(count), joint=carrier, share=np.ones(count, np.float32),
        rest=(points - joints[carrier]).astype(np.float32),
        rest_shape=np.zeros((count, *rig.rest_shape.shape[1:]), np.float32),
        rest_expression=np.zeros((count, *rig.rest_expression.shape[1:]), np.float32),
        rest_pose=None, known=np.ones(count, bool))
    return Balls(centred, (radii - ROOM).astype(np.float32), one[keep], other[keep])


def _half_width(skin: np.ndarray, model: BodyModel, joint: int) -> float:
    """Of the trunk at a joint's height, metres, arms left out."""
    arms = [i for i, name in enumerate(model.joint_names)
            if any(part in name for part in ("shoulder", "elbow", "wrist", "collar"))]
    level = np.abs(skin[:, 1] - model.joint_template[joint, 1]) < 0.03
    own = skin[level & (model.weights[:, arms].sum(axis=1) < 0.3)]
    return float(np.abs(own[:, 0]).max()) if len(own) else 0.1


def _inscribed(points: np.ndarray, skin: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points moved a little across the bones to where more room is, and their distances to the
    skin. The bones' axes stay the guide: only gains that are worth the way count."""
    tree = cKDTree(skin)
    radii, _ = tree.query(points)
    for size in (0.02, 0.01, 0.005):
        for shift in ((0, size, 0), (0, -size, 0), (0, 0, size), (0, 0, -size)):
            moved = points + np.array(shift, np.float32)
            room, _ = tree.query(moved)
            better = room > radii + 0.4 * size
            points = np.where(better[:, None], moved, points)
            radii = np.where(better, room, radii)
    return points, radii


def _steps(parents: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """How many bones lie between two joints in the tree."""
    count = len(parents)
    path = np.full((count, count), 99)
    for k in range(count):
        path[k, k] = 0
        if parents[k] >= 0:
            path[k, :k] = path[parents[k], :k] + 1
            path[:k, k] = path[k, :k]
    steps: np.ndarray = path[one, other]
    return steps


def overlaps(balls: Balls, posed: Posed) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The pairs that overlap: frame (M,), pair (M,) and by how many metres (M,). `posed` is of
    ``balls.rig``."""
    centres = posed.points - posed.points[:, :1]
    squares = np.einsum("tki,tki->tk", centres, centres)
    apart = squares[:, :, None] + squares[:, None] - 2 * centres @ np.swapaxes(centres, 1, 2)
    reach = np.full(apart.shape[1:], -np.inf, np.float32)
    together = balls.radii[balls.one] + balls.radii[balls.other]
    reach[balls.one, balls.other] = together**2
    frame, one, other = np.nonzero(apart < reach)
    number = np.zeros(reach.shape, int)
    number[balls.one, balls.other] = np.arange(len(balls.one))
    pair = number[one, other]
    distance = np.linalg.norm(centres[frame, one] - centres[frame, other], axis=1)
    return frame, pair, np.maximum(together[pair] - distance, 0)


def deepest(balls: Balls, posed: Posed) -> np.ndarray:
    """(T,) metres of the worst overlap, 0 without."""
    frame, _, overlap = overlaps(balls, posed)
    depth = np.zeros(len(posed.points), np.float32)
    np.maximum.at(depth, frame, overlap)
    return depth


def add_interpenetration(
    normal: Normal, unknowns: Unknowns, balls: Balls, posed: Posed, weight: float = 1.0
) -> None:
    """1/2 w (overlap / SPREAD)^2 of every pair that overlaps. `posed` is of ``balls.rig``. Nobody's
    shape is changed by it: that would be a cheap way out."""
    frame, pair, overlap = overlaps(balls, posed)
    if not len(frame):
        return
    scale = np.sqrt(weight) / SPREAD
    one, other = balls.one[pair], balls.other[pair]
    a, b = posed.points[frame, one], posed.points[frame, other]
    along = a - b
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-6)
    residual = scale * overlap
    np.add.at(normal.energy, frame, 0.5 * residual.astype(float) ** 2)
    centres = posed.joints[frame][:, unknowns.joints]
    below = balls.rig.below[unknowns.joints][:, balls.rig.joint]
    lever = (below[:, one].T[..., None] * (a[:, None] - centres)
             - below[:, other].T[..., None] * (b[:, None] - centres))
    # d(overlap) = -along . (dx_a - dx_b), and u . (w x d) = w . (d x u); translation moves both.
    rows = np.zeros((len(frame), unknowns.count), np.float32)
    rows[:, unknowns.turns] = -scale * np.cross(lever, along[:, None]).reshape(len(frame), -1)
    frames, first, counts = np.unique(frame, return_index=True, return_counts=True)
    padded = np.zeros((len(frames), counts.max(), unknowns.count), np.float32)
    error = np.zeros((len(frames), counts.max(), 1), np.float32)
    place = np.repeat(np.arange(len(frames)), counts), np.arange(len(frame)) - np.repeat(
        first, counts)
    padded[place], error[place] = rows, residual[:, None]
    turned = np.swapaxes(padded, 1, 2)
    normal.blocks[frames] += turned @ padded
    normal.gradient[frames] += (turned @ error)[..., 0]
