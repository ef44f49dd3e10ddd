"""Linear blend skinning in numpy, float32: what ``body.lbs`` computes, without torch and faster.

For where no gradient is wanted: the meshes of a fitted clip, the live avatar (one mesh in about a
millisecond). Here the vertices are the last axis, in blocks that stay in the processor's cache;
neighbouring vertices follow few joints, so each block blends only those that move it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from kinesics_core.body.model import BodyModel
from kinesics_core.body.parameters import check_names, pose_vector
from kinesics_core.errors import KinesicsError
from kinesics_core.kinematics import tree_levels
from kinesics_core.rotations import exponential

_BLOCK = 256
"""Vertices skinned at once."""


@dataclass(frozen=True, eq=False)
class Block:
    """Neighbouring vertices that are skinned at once.

    Attributes:
        vertices: Their places among the chosen ones.
        joints: (n,) int, what moves them, as places in ``Skin.order``.
        weights: (n, vertices) of skinning.
    """

    vertices: slice
    joints: np.ndarray
    weights: np.ndarray


@dataclass(frozen=True, eq=False)
class Skin:
    """A body model laid out for skinning N of its vertices; see ``select``.

    Attributes:
        model: What it was made from.
        template: (3, N) metres, the mean shape in T-pose.
        shape: (B, 3 N) metres per standard deviation.
        expression: (E, 3 n) metres, of only the n vertices that any expression moves.
        moved: (n,) int, which those are.
        pose: ((J - 1) * 9, 3 N) metres, or None if rotations move no vertex by themselves.
        blocks: The vertices in pieces, with their weights.
        order, levels: Joints by level of the tree; see ``kinematics.tree_levels``.
    """

    model: BodyModel
    template: np.ndarray
    shape: np.ndarray
    expression: np.ndarray
    moved: np.ndarray
    pose: np.ndarray | None
    blocks: tuple[Block, ...]
    order: np.ndarray
    levels: tuple[np.ndarray, ...]


def select(model: BodyModel, vertex_indices: np.ndarray | None = None) -> Skin:
    """Lay out a model for all its vertices or some.

    Args:
        model: The body.
        vertex_indices: (N,) int, in any order; empty for joints only, None for all vertices.
    """
    chosen = slice(None) if vertex_indices is None else np.asarray(vertex_indices, np.int64)
    order, levels = tree_levels(model.parents)
    weights = model.weights[chosen][:, order].T
    blocks = []
    for start in range(0, weights.shape[1], _BLOCK):
        part = weights[:, start : start + _BLOCK]
        joints = np.flatnonzero(part.any(axis=1))
        blocks.append(Block(slice(start, start + _BLOCK), joints,
                            np.ascontiguousarray(part[joints])))  # fmt: skip
    expression = model.expression_directions[chosen]
    moved = np.flatnonzero(expression.any(axis=(1, 2)))
    pose = None
    if model.pose_directions is not None:
        by_vertex = model.pose_directions.reshape(len(model.pose_directions), -1, 3)[:, chosen]
        pose = np.ascontiguousarray(by_vertex.transpose(0, 2, 1)).reshape(len(by_vertex), -1)
    return Skin(
        model=model,
        template=np.ascontiguousarray(model.template[chosen].T),
        shape=_rows(model.shape_directions[chosen]),
        expression=_rows(expression[moved]),
        moved=moved,
        pose=pose,
        blocks=tuple(blocks),
        order=order,
        levels=tuple(levels),
    )


def vertices(
    model: BodyModel | Skin, **parameters: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Pose a body: Loper et al. 2015, eq. 2-4; Pavlakos et al. 2019, eq. 1-3.

    Args:
        model: A ``BodyModel``, for all its vertices, or one laid out for some of them.
        **parameters: By the names of stock smplx (``parameters.PARAMETERS`` and ``betas``), of B
            poses or 1 for all, as ``lbs.vertices`` takes them but all in axis-angle. Parameters
            of one pose need their leading axis of 1.

    Returns:
        Vertices (B, N, 3) and joints (B, J, 3), metres, float32.

    Raises:
        KinesicsError: A parameter has more components, or another number of joints, than the body.
        TypeError: A name is no parameter's.
    """
    check_names(parameters)
    skin = _selected(model) if isinstance(model, BodyModel) else model
    betas, expression = parameters.pop("betas", None), parameters.pop("expression", None)
    transl = parameters.pop("transl", None)
    rotations = pose_rotations(pose_vector(skin.model.kind, parameters))
    rest = rest_joints(skin.model, betas, expression)
    turned, places = forward_kinematics(skin, rotations, rest, transl)
    batch = max(turned.shape[-1], rest.shape[-1], places.shape[-1])
    joints = np.empty((batch, len(skin.order), 3), np.float32)
    joints[:, skin.order] = places.transpose(2, 1, 0)
    count = skin.template.shape[1]
    if count == 0:
        return np.empty((batch, 0, 3), np.float32), joints
    shaped = _shaped(skin, betas, expression)
    if skin.pose is not None:
        feature = rotations[:, :, 1:] - np.eye(3, dtype=np.float32)[..., None, None]
        feature = feature.transpose(3, 2, 0, 1).reshape(rotations.shape[-1], -1)
        shaped = shaped + (feature @ skin.pose).reshape(-1, 3, count)
    shifts = places - (turned * rest[:, skin.order]).sum(1)
    transforms = np.empty((batch, 3, 4, len(skin.order)), np.float32)
    transforms[:, :, :3] = turned.transpose(3, 0, 1, 2)
    transforms[:, :, 3] = shifts.transpose(2, 0, 1)
    return _skinned(skin, transforms, shaped, batch), joints


def _skinned(
    skin: Skin, transforms: np.ndarray, shaped: np.ndarray, batch: int
) -> np.ndarray:
    """Return the skinned vertices (batch, N, 3).

    Args:
        skin: Blocks and weights.
        transforms: (batch, 3, 4, J), of the joints from the T-pose.
        shaped: (batch or 1, 3, N) metres, vertices in T-pose.
        batch: Number of poses.
    """
    result = np.empty((batch, shaped.shape[2], 3), np.float32)
    for block in skin.blocks:
        blended = transforms[..., block.joints].reshape(batch * 12, -1) @ block.weights
        blended = blended.reshape(batch, 3, 4, -1)
        points = shaped[:, None, :, block.vertices]
        moved = blended[:, :, 3]
        for axis in range(3):
            blended[:, :, axis] *= points[:, :, axis]
            moved += blended[:, :, axis]
        result[:, block.vertices] = moved.transpose(0, 2, 1)
    return result


def rest_joints(
    model: BodyModel, betas: np.ndarray | None = None, expression: np.ndarray | None = None
) -> np.ndarray:
    """Return the joints (3, J, B or 1) in T-pose, metres, of a shape and expression.

    Args:
        model: The body.
        betas: (B or 1, <= components); None for the mean shape.
        expression: (B or 1, <= components); None for a neutral face.
    """
    shapes = model.shape_directions.shape[2]
    joints = model.joint_template.T[..., None]
    for given, directions in ((betas, model.joint_directions[..., :shapes]),
                              (expression, model.joint_directions[..., shapes:])):
        if given is not None:
            given = _components(given, directions.shape[2])
            joints = joints + np.tensordot(directions[..., : given.shape[1]].transpose(1, 0, 2),
                                           given, (2, 1))  # fmt: skip
    return joints


def pose_rotations(pose: np.ndarray) -> np.ndarray:
    """Return the matrices (3, 3, J, B), float32, of poses (B, J, 3) in axis-angle, radians."""
    matrices = exponential(np.transpose(np.asarray(pose, np.float32), (1, 0, 2)))
    return np.ascontiguousarray(matrices.transpose(2, 3, 0, 1))


def forward_kinematics(
    skin: Skin, rotations: np.ndarray, rest: np.ndarray, transl: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Pose the joints, a level of their tree at a time.

    Args:
        skin: The tree.
        rotations: (3, 3, J, B or 1), relative to the parent.
        rest: (3, J, B or 1) metres, joints in T-pose.
        transl: (B or 1, 3) metres; None for none.

    Returns:
        Rotations (3, 3, J, B) to the model's frame and places (3, J, B) of the joints, in the
        order of ``skin.order``.
    """
    parents = skin.model.parents
    offsets = rest - np.where(parents[:, None] < 0, 0.0, rest[:, parents]).astype(np.float32)
    offsets, rotations = offsets[:, skin.order], rotations[:, :, skin.order]
    batch = max(rotations.shape[-1], rest.shape[-1], 1 if transl is None else len(transl))
    turned = np.empty((3, 3, len(parents), batch), np.float32)
    places = np.empty((3, len(parents), batch), np.float32)
    turned[:, :, 0] = rotations[:, :, 0]
    places[:, 0] = offsets[:, 0]
    if transl is not None:
        places[:, 0] += np.asarray(transl, np.float32).T
    before, start = 0, 1
    for above in skin.levels:
        level = slice(start, start + len(above))
        around, at = turned[:, :, before + above], places[:, before + above]
        turned[:, :, level] = (around[:, :, None] * rotations[None, :, :, level]).sum(1)
        places[:, level] = (around * offsets[None, :, level]).sum(1) + at
        before, start = start, level.stop
    return turned, places


@lru_cache(maxsize=2)
def _selected(model: BodyModel) -> Skin:
    return select(model)


def _rows(directions: np.ndarray) -> np.ndarray:
    """Turn directions (N, 3, C) into rows (C, 3 N), one for each component."""
    return np.ascontiguousarray(directions.transpose(2, 1, 0)).reshape(
        directions.shape[2], directions.shape[1] * directions.shape[0])


def _components(given: np.ndarray, most: int) -> np.ndarray:
    given = np.asarray(given, np.float32)
    if given.ndim != 2 or given.shape[1] > most:
        raise KinesicsError(
            f"Got components of shape or expression of shape {given.shape}; wanted (poses, "
            f"{most} or fewer), which this body was read with."
        )
    return given


def _shaped(
    skin: Skin, betas: np.ndarray | None, expression: np.ndarray | None
) -> np.ndarray:
    """Return the vertices (B or 1, 3, N) in T-pose of a shape and expression, metres."""
    count = skin.template.shape[1]
    shaped = skin.template[None]
    if betas is not None:
        betas = _components(betas, len(skin.shape))
        shaped = shaped + (betas @ skin.shape[: betas.shape[1]]).reshape(-1, 3, count)
    if expression is not None and len(skin.moved):
        expression = _components(expression, len(skin.expression))
        change = (expression @ skin.expression[: expression.shape[1]]).reshape(
            len(expression), 3, -1)
        shaped = np.repeat(shaped, len(change), 0) if len(shaped) == 1 else shaped.copy()
        shaped[:, :, skin.moved] += change
    return shaped
