"""Keypoints of a posed body and their exact derivatives, without meshes and without autograd.

Linear blend skinning puts vertex v at sum_k w_k (G_k (v - j_k) + q_k): G_k the rotation and q_k
the place of joint k in the camera's frame, j_k its place at rest. A keypoint is a weighted sum of
vertices, so it is itself such a sum over the few joints that move it,

    x_n = sum_k  G_k (P_nk - c_nk j_k) + c_nk q_k,        sum_k c_nk = 1,

in which P_nk = sum_v a_nv w_vk v (with a_nv the keypoint's weights) is linear in shape and
expression. One term (n, k) is called an atom here; 133 keypoints have about 200, however many
vertices they average.

A joint j is moved by a small rotation w_j about the camera's axes that turns all that hangs on it.
A rigid piece at x then moves by w_j x (x - q_j), so that

    dx_n = sum_j  w_j x d_nj,        d_nj = sum_{k below j} (x_nk - c_nk q_j)

where x_nk is atom (n, k). d_nj is called the lever. This is the derivative of LBS itself, not an
approximation of it, but for corrective shapes (`pose_directions`), whose values are exact and
whose derivative, a few per cent, is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from kinesics_core.kinematics import tree_levels
from kinesics_core.rotations import exponential, orthonormal
from kinesics_core.solver.rig import Rig


@dataclass(slots=True)
class State:
    """The unknowns in T frames.

    Attributes:
        local: (T, J, 3, 3), each joint's rotation in its parent's frame, the first one in the
            camera's.
        transl: (T, 3) metres, as in smplx.
        betas: (B,), shared by all frames, standard deviations.
        expression: (T, E), 0..1.
        focal: Focal length, px.
        code: (T, Z), latent code of the pose prior whose decoded pose ``local`` has, or None.
    """

    local: np.ndarray
    transl: np.ndarray
    betas: np.ndarray
    expression: np.ndarray
    focal: float
    code: np.ndarray | None = None

    def frames(self, rows: np.ndarray | slice) -> State:
        """Return the state in some of the frames."""
        return State(self.local[rows], self.transl[rows], self.betas, self.expression[rows],
                     self.focal, None if self.code is None else self.code[rows])


@dataclass(frozen=True, slots=True)
class Posed:
    """A rig in a state; metres in the camera's frame.

    Attributes:
        rig: The rig.
        state: Its state, T frames.
        rotations: (T, J, 3, 3), G.
        joints: (T, J, 3), q.
        atoms: (T, A, 3), x_nk.
        points: (T, N, 3), x_n, the keypoints.
    """

    rig: Rig
    state: State
    rotations: np.ndarray
    joints: np.ndarray
    atoms: np.ndarray
    points: np.ndarray


class LeverOperator(NamedTuple):
    """The constant part of ``levers``, for J' free joints.

    Attributes:
        gather: (N J', A) of 0 and 1: whether the joint moves the keypoint's atom.
        shares: (N, J'), sums of c_nk over these atoms.
    """

    gather: np.ndarray
    shares: np.ndarray


def forward(rig: Rig, state: State) -> Posed:
    """Return a rig posed: joints and keypoints of every frame."""
    local, count = state.local, len(state.transl)
    rest = rig.joints + rig.joint_shape @ state.betas
    if np.any(rig.joint_expression) and np.any(state.expression):
        moved = np.tensordot(state.expression, rig.joint_expression, (1, 2))
        rest = rest + moved
    else:
        rest = np.broadcast_to(rest, (count, *rest.shape))
    rotations = np.empty_like(local)
    joints = np.empty((count, len(rig.parents), 3), local.dtype)
    rotations[:, 0] = local[:, 0]
    joints[:, 0] = rest[:, 0] + state.transl
    for level in _levels(rig.parents):
        up = rig.parents[level]
        rotations[:, level] = rotations[:, up] @ local[:, level]
        offset = (rest[:, level] - rest[:, up])[..., None]
        joints[:, level] = joints[:, up] + (rotations[:, up] @ offset)[..., 0]
    inner = rig.rest + rig.rest_shape @ state.betas
    if state.expression.shape[1] and np.any(state.expression):
        inner = inner + np.tensordot(state.expression, rig.rest_expression, (1, 2))
    if rig.rest_pose is not None:
        bent = (local[:, 1:] - np.eye(3, dtype=local.dtype)).reshape(count, -1)
        inner = inner + np.tensordot(bent, rig.rest_pose, (1, 2))
    inner = np.broadcast_to(inner, (count, *inner.shape[-2:]))
    atoms = (rotations[:, rig.joint] @ inner[..., None])[..., 0]
    atoms += rig.share[:, None] * joints[:, rig.joint]
    points = np.zeros((count, len(rig.known), 3), local.dtype)
    if len(rig.keypoint):
        first = np.flatnonzero(np.diff(rig.keypoint, prepend=-1))
        points[:, rig.keypoint[first]] = np.add.reduceat(atoms, first, axis=1)
    return Posed(rig, state, rotations, joints, atoms, points)


def _levels(parents: np.ndarray) -> list[np.ndarray]:
    """Return the joints by their depth in the tree, without the root."""
    order, levels = tree_levels(parents)
    return np.split(order[1:], np.cumsum([len(level) for level in levels])[:-1])


def lever_operator(rig: Rig, joints: np.ndarray) -> LeverOperator:
    """Return the constant part of ``levers`` for the free joints, (J',)."""
    count = len(rig.known)
    gather = np.zeros((count, len(joints), len(rig.keypoint)), np.float32)
    for a, (n, k) in enumerate(zip(rig.keypoint, rig.joint, strict=True)):
        gather[n, :, a] = rig.below[joints, k]
    return LeverOperator(gather.reshape(-1, len(rig.keypoint)), gather @ rig.share)


def levers(posed: Posed, joints: np.ndarray, operator: LeverOperator) -> np.ndarray:
    """Return the levers d_nj of every keypoint about every free joint, (3, T, N, J') metres.

    Args:
        posed: The body in T frames.
        joints: (J',), the free joints.
        operator: Of these joints, from ``lever_operator``.
    """
    frames, atoms = posed.atoms.shape[:2]
    sums = operator.gather @ posed.atoms.transpose(1, 2, 0).reshape(atoms, 3 * frames)
    sums = sums.reshape(*operator.shares.shape, 3, frames).transpose(2, 3, 0, 1)
    centres = posed.joints[:, joints].transpose(2, 0, 1)[:, :, None, :]
    lever: np.ndarray = sums - operator.shares * centres
    return lever


def rotation_columns(lever: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """Return the derivatives of u . x_n by the small rotations of the free joints.

    u . (w x d) = w . (d x u).

    Args:
        lever: (3, T, N, J') metres, from ``levers``.
        directions: (T, N, R, 3), u: R directions of each keypoint.

    Returns:
        (T, N, R, J', 3).
    """
    frames, points, rows = directions.shape[:3]
    x, y, z = lever[:, :, :, None, :]
    u, v, w = directions.transpose(3, 0, 1, 2)[..., None]
    columns = np.empty((frames, points, rows, lever.shape[3], 3), lever.dtype)
    columns[..., 0] = y * w - z * v
    columns[..., 1] = z * u - x * w
    columns[..., 2] = x * v - y * u
    return columns


def coefficient_columns(
    posed: Posed, directions: np.ndarray, coefficients: np.ndarray, shape: bool
) -> np.ndarray:
    """Return the derivatives of u . x_n by some coefficients of shape, or else of expression.

    Args:
        posed: The body in T frames.
        directions: (T, N, R, 3), u: R directions of each keypoint.
        coefficients: (C,) indices.
        shape: Whether they are coefficients of shape; else of expression.

    Returns:
        (T, N, R, C).
    """
    rig = posed.rig
    frames, points, rows = directions.shape[:3]
    columns = np.zeros((frames, points, rows, len(coefficients)), directions.dtype)
    if not len(rig.keypoint) or not len(coefficients):
        return columns
    basis = (rig.rest_shape if shape else rig.rest_expression)[..., coefficients]
    chosen = np.arange(len(rig.keypoint)) if shape else np.flatnonzero(basis.any(axis=(1, 2)))
    if not len(chosen):
        return columns
    towards = directions[:, rig.keypoint[chosen]]
    turned = towards @ posed.rotations[:, rig.joint[chosen]]
    flat = turned.transpose(1, 0, 2, 3).reshape(len(chosen), -1, 3)
    terms = (flat @ basis[chosen]).reshape(len(chosen), frames, rows, -1)
    if shape:
        moved = _joint_shape_columns(posed)[:, rig.joint] * rig.share[:, None, None]
        terms += (towards @ moved[..., coefficients]).transpose(1, 0, 2, 3)
    first = np.flatnonzero(np.diff(rig.keypoint[chosen], prepend=-1))
    summed = np.add.reduceat(terms, first, axis=0)
    columns[:, rig.keypoint[chosen][first]] = summed.transpose(1, 0, 2, 3)
    return columns


def _joint_shape_columns(posed: Posed) -> np.ndarray:
    """Return the derivatives of the joints' places by shape, (T, J, 3, B)."""
    rig, frames = posed.rig, len(posed.joints)
    moved = np.empty((frames, *rig.joint_shape.shape), rig.joint_shape.dtype)
    moved[:, 0] = rig.joint_shape[0]
    for level in _levels(rig.parents):
        up = rig.parents[level]
        moved[:, level] = moved[:, up] + posed.rotations[:, up] @ (
            rig.joint_shape[level] - rig.joint_shape[up])
    return moved


def rotated(posed: Posed, joints: np.ndarray, turn: np.ndarray) -> np.ndarray:
    """Return the local rotations after small rotations of some joints: R_j exp(G_j^T w_j).

    Args:
        posed: The body in T frames.
        joints: (J',), the joints that are rotated.
        turn: (T, J', 3) radians, w_j, about the camera's axes.

    Returns:
        (T, J, 3, 3), as ``State.local``.
    """
    local = posed.state.local.copy()
    inside = np.einsum("tjba,tjb->tja", posed.rotations[:, joints], turn)
    local[:, joints] = orthonormal(local[:, joints] @ exponential(inside))
    return local
