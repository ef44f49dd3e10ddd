"""Arms, hands, legs and head kept out of the trunk and of each other.

SMPLify-X finds intersecting triangles on a GPU. Here the body is filled with collision spheres: for
each piece of it some, each the largest that fits under the skin of the template about a point of
the bones' axes, fixed to one joint. Two spheres of pieces that are not neighbours overlap by

    o = r_a + r_b - |x_a - x_b|

and each overlap of more than nothing is a residual o / spread with its exact derivative. As the
spheres lie inside the skin, a body that only touches itself pays nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial import cKDTree

from kinesics_core.body.model import BodyModel
from kinesics_core.solver.kinematics import Posed
from kinesics_core.solver.normal_equations import NormalEquations
from kinesics_core.solver.rig import Rig
from kinesics_core.solver.unknowns import Unknowns

CLEARANCE = 0.004
"""m that spheres stay inside the skin, for flesh that gives way."""

SPREAD = 0.006
"""m of overlap that costs as much as a keypoint that is off by its standard deviation."""

# Pieces: joint they are fixed to, joint they reach to, where along the way spheres sit.
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
_ARM_PARTS = ("collar", "shoulder", "elbow", "wrist", "hand", "thumb", "index", "middle", "ring",
              "pinky")
_TRUNK = ("pelvis", "spine1", "spine2", "spine3", "neck")


@dataclass(frozen=True, slots=True)
class CollisionSpheres:
    """K spheres fixed to the joints of a body, and the P pairs that may not overlap.

    Attributes:
        rig: The body, with the spheres' centres as its keypoints.
        radii: (K,) metres.
        one: (P,), the first sphere of each pair.
        other: (P,), the second.
    """

    rig: Rig
    radii: np.ndarray
    one: np.ndarray
    other: np.ndarray


def collision_spheres(model: BodyModel, rig: Rig) -> CollisionSpheres:
    """Return the spheres of a body model, from its template's skin; ``rig`` is the model's."""
    joints = model.joint_template
    placed = [*_limb_centres(model), *_trunk_centres(model), *_head_centres(model)]
    points = np.array([centre for centre, _ in placed], np.float32)
    carrier = np.array([joint for _, joint in placed])
    points, radii = _inscribed(points, model.template)
    one, other = np.triu_indices(len(points), 1)
    gap = np.linalg.norm(points[one] - points[other], axis=1) - radii[one] - radii[other]
    # Pieces of one limb, neighbours, and what touches in the T-pose anyway are left alone.
    apart = (_bones_between(rig.parents, carrier[one], carrier[other]) > 2) & (gap > 0.02)
    trunk = np.isin(carrier, [model.joint_names.index(name) for name in _TRUNK])
    keep = apart & ~(trunk[one] & trunk[other])
    count = len(points)
    centred = replace(
        rig, keypoint=np.arange(count), joint=carrier, share=np.ones(count, np.float32),
        rest=(points - joints[carrier]).astype(np.float32),
        rest_shape=np.zeros((count, *rig.rest_shape.shape[1:]), np.float32),
        rest_expression=np.zeros((count, *rig.rest_expression.shape[1:]), np.float32),
        rest_pose=None, known=np.ones(count, bool))
    return CollisionSpheres(
        centred, (radii - CLEARANCE).astype(np.float32), one[keep], other[keep])


Centre = tuple[np.ndarray, int]
"""Place in the template, (3,) metres, and the joint that carries it."""


def _limb_centres(model: BodyModel) -> Iterator[Centre]:
    names, joints = list(model.joint_names), model.joint_template
    for start, end, places in _LIMBS:
        if start not in names:
            continue
        k = names.index(start)
        # SMPL's hand is one piece that ends where others have knuckles.
        if end not in names:
            end = f"{start.split('_')[0]}_hand"
        tip = joints[names.index(end)]
        for place in places:
            yield joints[k] + place * (tip - joints[k]), k


def _trunk_centres(model: BodyModel) -> Iterator[Centre]:
    names, joints = list(model.joint_names), model.joint_template
    for lower, upper in zip(_TRUNK[:-1], _TRUNK[1:], strict=True):
        k = names.index(lower)
        a, b = joints[k], joints[names.index(upper)]
        half = _half_width(model.template, model, k)
        for place in (0.0, 0.5) if np.linalg.norm(b - a) > 0.08 else (0.0,):
            for aside in (-0.45, 0.0, 0.45):
                yield a + place * (b - a) + (aside * half, 0, 0), k


def _head_centres(model: BodyModel) -> Iterator[Centre]:
    head = list(model.joint_names).index("head")
    own = model.template[model.weights[:, head] > 0.7]
    top, bottom = own.max(axis=0), own.min(axis=0)
    middle = (top + bottom) / 2
    for place in (0.4, 0.62):
        yield np.array([middle[0], bottom[1] + place * (top[1] - bottom[1]), middle[2]]), head


def _half_width(skin: np.ndarray, model: BodyModel, joint: int) -> float:
    """Return half the trunk's width at a joint's height, metres, arms left out."""
    arms = [i for i, name in enumerate(model.joint_names)
            if any(part in name for part in _ARM_PARTS)]
    level = np.abs(skin[:, 1] - model.joint_template[joint, 1]) < 0.03
    own = skin[level & (model.weights[:, arms].sum(axis=1) < 0.3)]
    return float(np.abs(own[:, 0]).max()) if len(own) else 0.1


def _inscribed(points: np.ndarray, skin: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Move points a little across the bones to where more room is.

    The bones' axes stay the guide: only gains that are worth the way count.

    Returns:
        The points, (K, 3), and their distances to the skin, (K,), metres.
    """
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


def _bones_between(parents: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return how many bones lie between two joints in the tree, (P,) for P pairs."""
    count = len(parents)
    path = np.full((count, count), 99)
    for k in range(count):
        path[k, k] = 0
        if parents[k] >= 0:
            path[k, :k] = path[parents[k], :k] + 1
            path[:k, k] = path[k, :k]
    steps: np.ndarray = path[one, other]
    return steps


def overlaps(
    spheres: CollisionSpheres, posed: Posed
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find the pairs that overlap.

    Args:
        spheres: The spheres and their pairs.
        posed: ``spheres.rig`` posed.

    Returns:
        Of the M overlaps: frame (M,), pair (M,), and metres (M,).
    """
    centres = posed.points - posed.points[:, :1]
    squares = np.einsum("tki,tki->tk", centres, centres)
    apart = squares[:, :, None] + squares[:, None] - 2 * centres @ np.swapaxes(centres, 1, 2)
    reach = np.full(apart.shape[1:], -np.inf, np.float32)
    together = spheres.radii[spheres.one] + spheres.radii[spheres.other]
    reach[spheres.one, spheres.other] = together**2
    frame, one, other = np.nonzero(apart < reach)
    number = np.zeros(reach.shape, int)
    number[spheres.one, spheres.other] = np.arange(len(spheres.one))
    pair = number[one, other]
    distance = np.linalg.norm(centres[frame, one] - centres[frame, other], axis=1)
    return frame, pair, np.maximum(together[pair] - distance, 0)


def deepest_overlap(spheres: CollisionSpheres, posed: Posed) -> np.ndarray:
    """Return the worst overlap of each frame, (T,) metres, 0 without; ``posed`` as above."""
    frame, _, overlap = overlaps(spheres, posed)
    depth = np.zeros(len(posed.points), np.float32)
    np.maximum.at(depth, frame, overlap)
    return depth


def add_interpenetration(
    normal: NormalEquations, unknowns: Unknowns, spheres: CollisionSpheres, posed: Posed
) -> None:
    """Add 1/2 (overlap / SPREAD)^2 of every pair that overlaps.

    Nobody's shape is changed by it: that would be a cheap way out.

    Args:
        normal: The equations to add to.
        unknowns: What their columns are.
        spheres: The spheres and their pairs.
        posed: ``spheres.rig`` posed.
    """
    frame, pair, overlap = overlaps(spheres, posed)
    if not len(frame):
        return
    scale = np.float64(1 / SPREAD)
    one, other = spheres.one[pair], spheres.other[pair]
    a, b = posed.points[frame, one], posed.points[frame, other]
    along = a - b
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-6)
    residual = scale * overlap
    np.add.at(normal.energy, frame, 0.5 * residual.astype(float) ** 2)
    centres = posed.joints[frame][:, unknowns.joints]
    below = spheres.rig.below[unknowns.joints][:, spheres.rig.joint]
    lever = (below[:, one].T[..., None] * (a[:, None] - centres)
             - below[:, other].T[..., None] * (b[:, None] - centres))
    # d(overlap) = -along . (dx_a - dx_b), and u . (w x d) = w . (d x u); translation moves both.
    rows = np.zeros((len(frame), unknowns.count), np.float32)
    turned = np.cross(lever, along[:, None]).reshape(len(frame), -1)
    rows[:, unknowns.rotation_columns] = -scale * turned
    frames, first, counts = np.unique(frame, return_index=True, return_counts=True)
    padded = np.zeros((len(frames), counts.max(), unknowns.count), np.float32)
    error = np.zeros((len(frames), counts.max(), 1), np.float32)
    place = np.repeat(np.arange(len(frames)), counts), np.arange(len(frame)) - np.repeat(
        first, counts)
    padded[place], error[place] = rows, residual[:, None]
    transposed = np.swapaxes(padded, 1, 2)
    normal.blocks[frames] += transposed @ padded
    normal.gradient[frames] += (transposed @ error)[..., 0]
