"""Linear blend skinning in torch: batched and differentiable, of all vertices or of chosen ones.

    v = sum_j w_vj (R_j (x_v - J_j) + t_j),   x = template + S betas + E expression + P (R - I)

(Loper et al., SMPL, 2015, eq. 2-4; Pavlakos et al., SMPL-X, 2019, eq. 1-3.) Parameters mean what
they mean in stock smplx with ``use_pca=False, flat_hand_mean=True``: axis-angle in radians about
the joints of the shape in T-pose, then ``transl``. What does not depend on the pose (joints of the
shape) is linear in betas and expression and was folded together when the model was read, so joints
and chosen vertices cost nothing for the vertices that were not asked for.

Inside, the batch is the last axis: forward kinematics is then a few long vector operations for
each level of the joints' tree in place of thousands of 3 x 3 products. ``body.skinning`` is the
same in numpy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from kinesics_core.body.model import BodyModel
from kinesics_core.body.parameters import POSE_PARTS, check_joints, check_names
from kinesics_core.errors import KinesicsError
from kinesics_core.kinematics import tree_levels

_BLOCK = 512
"""Vertices skinned at once."""


@dataclass(frozen=True, eq=False)
class Selected:
    """A body model as tensors, with N of its vertices; see ``select``.

    Attributes:
        model: What they were taken from.
        template: (N, 3, 1) metres, the mean shape in T-pose.
        shape: (N * 3, B) metres per standard deviation.
        expression: (N * 3, E) metres.
        pose: (N * 3, (J - 1) * 9) metres, or None if rotations move no vertex by themselves.
        weights: (N, J) of skinning, joints in ``order``.
        joint_template, joint_shape, joint_expression: The same of the J joints.
        parents: (J,), -1 for the pelvis.
        order, levels: Joints by level of the tree; see ``kinematics.tree_levels``.
        back: (J,) place in ``order`` of each joint.
    """

    model: BodyModel
    template: Tensor
    shape: Tensor
    expression: Tensor
    pose: Tensor | None
    weights: Tensor
    joint_template: Tensor
    joint_shape: Tensor
    joint_expression: Tensor
    parents: Tensor
    order: Tensor
    back: Tensor
    levels: tuple[Tensor, ...]


def select(
    model: BodyModel, vertex_indices: np.ndarray | None = None, *,
    device: torch.device | str = "cpu", dtype: torch.dtype = torch.float32,
) -> Selected:
    """Return a model's tensors for all its vertices or some.

    Args:
        model: The body.
        vertex_indices: (N,) int, in any order; empty for joints only, None for all vertices.
        device: Where the tensors live.
        dtype: Their precision.
    """
    chosen = slice(None) if vertex_indices is None else np.asarray(vertex_indices, np.int64)
    shapes = model.shape_directions.shape[2]
    order, levels = tree_levels(model.parents)

    def tensor(array: np.ndarray, kind: torch.dtype = dtype) -> Tensor:
        return torch.as_tensor(np.ascontiguousarray(array), dtype=kind, device=device)

    def directions(array: np.ndarray) -> Tensor:
        return tensor(array.reshape(array.shape[0] * 3, array.shape[2]))

    pose = None
    if model.pose_directions is not None:
        by_vertex = model.pose_directions.reshape(len(model.pose_directions), -1, 3)[:, chosen]
        pose = tensor(by_vertex.reshape(len(by_vertex), -1).T)
    return Selected(
        model=model,
        template=tensor(model.template[chosen, :, None]),
        shape=directions(model.shape_directions[chosen]),
        expression=directions(model.expression_directions[chosen]),
        pose=pose,
        weights=tensor(model.weights[chosen][:, order]),
        joint_template=tensor(model.joint_template[..., None]),
        joint_shape=directions(model.joint_directions[..., :shapes]),
        joint_expression=directions(model.joint_directions[..., shapes:]),
        parents=tensor(model.parents, torch.int64),
        order=tensor(order, torch.int64),
        back=tensor(np.argsort(order), torch.int64),
        levels=tuple(tensor(parents, torch.int64) for parents in levels),
    )


def vertices(
    model: BodyModel | Selected, **parameters: Tensor | None
) -> tuple[Tensor, Tensor]:
    """Pose a body: Loper et al. 2015, eq. 2-4; Pavlakos et al. 2019, eq. 1-3.

    Args:
        model: A ``BodyModel``, for all its vertices, or a selection of them.
        **parameters: By the names of stock smplx (``parameters.PARAMETERS`` and ``betas``), of B
            poses or 1 for all: betas (B, <= components) and expression likewise; transl (B, 3)
            metres; rotations axis-angle in radians, (B, joints, 3) or flat, or as matrices
            (B, joints, 3, 3). What is missing is zero; what the kind of body does not have
            (hands and face of SMPL) is not used; a body_pose of SMPL may have 23 joints.

    Returns:
        Vertices (B, N, 3) and joints (B, J, 3), metres.

    Raises:
        KinesicsError: A parameter has more components, or another number of joints, than the body.
        TypeError: A name is no parameter's.
    """
    check_names(parameters)
    body = _selected(model) if isinstance(model, BodyModel) else model
    betas, expression = parameters.get("betas"), parameters.get("expression")
    rotations = pose_rotations(body, parameters)
    rest = body.joint_template + (
        _blend(body.joint_shape, betas) + _blend(body.joint_expression, expression)
    )
    turned, places = forward_kinematics(body, rotations, rest, parameters.get("transl"))
    joints = places[:, body.back].permute(2, 1, 0)
    batch = max(joints.shape[0], *(len(part) for part in (betas, expression) if part is not None),
                1)  # fmt: skip
    joints = joints.expand(batch, -1, -1)
    if len(body.template) == 0:
        return joints.new_empty(batch, 0, 3), joints
    shaped = body.template + (_blend(body.shape, betas) + _blend(body.expression, expression))
    if body.pose is not None:
        feature = rotations[:, :, 1:] - torch.eye(3, dtype=rotations.dtype,
                                                  device=rotations.device)[..., None, None]
        # Row by row of each joint's matrix, the batch last.
        feature = feature.permute(2, 0, 1, 3).reshape(-1, rotations.shape[-1])
        shaped = shaped + (body.pose @ feature).view(len(shaped), 3, -1)
    shifts = places - (turned * rest[body.order].transpose(0, 1)).sum(1)
    return _skin(body.weights, turned, shifts, shaped).expand(batch, -1, -1), joints


@lru_cache(maxsize=2)
def _selected(model: BodyModel) -> Selected:
    return select(model)


def _blend(directions: Tensor, coefficients: Tensor | None) -> Tensor:
    """Return directions (N * 3, C) times coefficients (B, C' <= C) as (N, 3, B), or zeros."""
    rows = directions.shape[0] // 3
    if coefficients is None:
        return directions.new_zeros(rows, 3, 1)
    count = coefficients.shape[1]
    if count > directions.shape[1]:
        raise KinesicsError(
            f"Got {count} components of shape or expression; this body was read with "
            f"{directions.shape[1]}. Load it with more, or give fewer."
        )
    return (directions[:, :count] @ coefficients.T).view(rows, 3, -1)


def pose_rotations(body: Selected, parts: Mapping[str, Tensor | None]) -> Tensor:
    """Return the rotation matrices (3, 3, J, B) of the parts of a pose; see ``vertices``."""
    zero = body.template.new_zeros(())
    turns: list[Tensor] = []
    matrices: dict[int, Tensor] = {}
    for name, count in POSE_PARTS[body.model.kind]:
        part = parts.get(name)
        if part is not None and part.ndim == 4:
            matrices[len(turns)] = part
            part = None
        if part is None:
            turns.append(zero.expand(1, count, 3))
            continue
        part = part.reshape(len(part), -1, 3)
        check_joints(body.model.kind, name, part.shape[1], count)
        turns.append(part)
        if part.shape[1] < count:  # SMPL's hands
            turns.append(zero.expand(1, count - part.shape[1], 3))
    batch = max(len(part) for part in (*turns, *matrices.values()))
    rotations = rotation_matrices(torch.cat([part.expand(batch, -1, -1) for part in turns], 1))
    if not matrices:
        return rotations
    pieces = list(rotations.split([part.shape[1] for part in turns], 2))
    for place, part in matrices.items():
        pieces[place] = part.permute(2, 3, 1, 0).expand(-1, -1, -1, batch)
    return torch.cat(pieces, 2)


def rotation_matrices(axis_angle: Tensor) -> Tensor:
    """Return the matrices (3, 3, J, B) of axis-angle (B, J, 3), radians (Rodrigues' formula).

    Their derivative at 0 is exact too.
    """
    x, y, z = axis_angle.permute(2, 1, 0)
    square = x * x + y * y + z * z + 1e-20
    angle = torch.sqrt(square)
    sine = torch.sin(angle) / angle
    versine = 2.0 * torch.sin(0.5 * angle) ** 2 / square
    vx, vy, vz = versine * x, versine * y, versine * z
    sx, sy, sz = sine * x, sine * y, sine * z
    xx, yy, zz, xy, xz, yz = vx * x, vy * y, vz * z, vx * y, vx * z, vy * z
    return torch.stack([
        1 - yy - zz, xy - sz, xz + sy,
        xy + sz, 1 - xx - zz, yz - sx,
        xz - sy, yz + sx, 1 - xx - yy,
    ]).view(3, 3, *x.shape)  # fmt: skip


def forward_kinematics(
    body: Selected, rotations: Tensor, rest: Tensor, transl: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Pose the joints, a level of their tree at a time.

    Args:
        body: The tree.
        rotations: (3, 3, J, B), relative to the parent.
        rest: (J, 3, B or 1) metres, joints in T-pose.
        transl: (B or 1, 3) metres; None for none.

    Returns:
        Rotations (3, 3, J, B) to the model's frame and places (3, J, B) of the joints, in the
        order of ``body.order``.
    """
    # The pelvis is the first; its "parent" gives an offset that is then replaced.
    offsets = rest - rest[body.parents.clamp_min(0)]
    offsets = torch.cat([rest[:1], offsets[1:]])[body.order].transpose(0, 1)
    rotations = rotations[:, :, body.order]
    root = offsets[:, :1] if transl is None else offsets[:, :1] + transl.T[:, None]
    batch = max(root.shape[-1], rotations.shape[-1])
    turned = [rotations[:, :, :1].expand(-1, -1, -1, batch)]
    places = [root.expand(-1, -1, batch)]
    start = 1
    for parents in body.levels:
        end = start + len(parents)
        above, at = turned[-1][:, :, parents], places[-1][:, parents]
        turned.append((above[:, :, None] * rotations[None, :, :, start:end]).sum(1))
        places.append((above * offsets[None, :, start:end]).sum(1) + at)
        start = end
    return torch.cat(turned, 2), torch.cat(places, 1)


def _skin(weights: Tensor, turned: Tensor, shifts: Tensor, shaped: Tensor) -> Tensor:
    """Return the skinned vertices (B, N, 3).

    Args:
        weights: (N, J).
        turned: (3, 3, J, B), the joints' rotations from the T-pose.
        shifts: (3, J, B) metres, and what is added to them.
        shaped: (N, 3, B or 1) metres, vertices in T-pose.
    """
    joints, batch = shifts.shape[1:]
    transforms = torch.cat([turned, shifts[:, None]], 1)  # (3, 4, J, B)
    transforms = transforms.permute(2, 0, 1, 3).reshape(joints, -1)
    skinned = []
    # A block's transforms stay in the processor's cache.
    for start in range(0, len(shaped), _BLOCK):
        block = slice(start, start + _BLOCK)
        blended = (weights[block] @ transforms).view(-1, 3, 4, batch)
        skinned.append(
            (blended[:, :, :3] * shaped[block, None]).sum(2) + blended[:, :, 3])
    return torch.cat(skinned).permute(2, 0, 1)
