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

from dataclasses import dataclass, replace

import numpy as np

from kinesics_core.body.model import BodyModel
from kinesics_core.rotations import exponential, orthonormal


@dataclass(frozen=True, slots=True)
class Rig:
    """What of a body model its keypoints depend on. J joints, A atoms sorted by keypoint, N
    keypoints, B shape and E expression coefficients.

    parents: (J,), -1 at the root. below: (J, J) bool, [j, k]: k is j or hangs on it.
    joints: (J, 3) at rest, metres; joint_shape: (J, 3, B); joint_expression: (J, 3, E).
    keypoint, joint: (A,). share: (A,), c_nk. rest: (A, 3), P_nk - c_nk j_k; rest_shape:
    (A, 3, B); rest_expression: (A, 3, E); rest_pose: (A, 3, 9 (J - 1)), or None.
    known: (N,) bool, whether the model has this keypoint at all.
    """

    parents: np.ndarray
    below: np.ndarray
    joints: np.ndarray
    joint_shape: np.ndarray
    joint_expression: np.ndarray
    keypoint: np.ndarray
    joint: np.ndarray
    share: np.ndarray
    rest: np.ndarray
    rest_shape: np.ndarray
    rest_expression: np.ndarray
    rest_pose: np.ndarray | None
    known: np.ndarray

    def part(self, keypoints: np.ndarray) -> Rig:
        """The same body with only these keypoints, (N',) indices, in their order."""
        place = np.full(len(self.known), -1)
        place[keypoints] = np.arange(len(keypoints))
        atoms = np.flatnonzero(place[self.keypoint] >= 0)
        atoms = atoms[np.argsort(place[self.keypoint[atoms]], kind="stable")]
        order = place[self.keypoint[atoms]]
        return replace(
            self, keypoint=order, joint=self.joint[atoms], share=self.share[atoms],
            rest=self.rest[atoms], rest_shape=self.rest_shape[atoms],
            rest_expression=self.rest_expression[atoms],
            rest_pose=None if self.rest_pose is None else self.rest_pose[atoms],
            known=self.known[keypoints])


@dataclass(slots=True)
class State:
    """The unknowns, T frames. local: (T, J, 3, 3), each joint's rotation in its parent's frame, the
    first one in the camera's. transl: (T, 3) metres, as in smplx. betas: (B,), shared by all
    frames. expression: (T, E). focal: px. code: (T, Z) of the pose prior whose decoded pose `local`
    has, or None."""

    local: np.ndarray
    transl: np.ndarray
    betas: np.ndarray
    expression: np.ndarray
    focal: float
    code: np.ndarray | None = None

    def frames(self, rows: np.ndarray | slice) -> State:
        """The state in some of the frames."""
        return State(self.local[rows], self.transl[rows], self.betas, self.expression[rows],
                     self.focal, None if self.code is None else self.code[rows])


@dataclass(frozen=True, slots=True)
class Posed:
    """A rig in a state. rotations: (T, J, 3, 3), G; joints: (T, J, 3), q, metres in the camera's
    frame; atoms: (T, A, 3), x_nk; points: (T, N, 3), x_n."""

    rotations: np.ndarray
    joints: np.ndarray
    atoms: np.ndarray
    points: np.ndarray


def rig(model: BodyModel) -> Rig:
    """The rig of a body model of any kind."""
    parents = np.asarray(model.parents, np.int64)
    count = len(parents)
    below = np.eye(count, dtype=bool)
    for k in range(count - 1, 0, -1):
        below[parents[k]] |= below[k]
    expressions = model.expression_directions
    shapes = model.shape_directions.shape[2]
    joints = model.joint_template.astype(np.float64)
    joint_shape = model.joint_directions[..., :shapes].astype(np.float64)
    joint_expression = model.joint_directions[..., shapes:].astype(np.float64)
    places = model.keypoints
    keypoint, joint, share, rest, shape, expression, pose = [], [], [], [], [], [], []
    known = np.zeros(len(places.joints), bool)
    correctives = model.pose_directions
    if correctives is not None:
        correctives = correctives.reshape(9 * (count - 1), -1, 3).transpose(1, 2, 0)
    for n, k in enumerate(places.joints):
        vertices = places.vertices[n]
        weights = np.nan_to_num(places.weights[n])
        vertices, weights = vertices[weights != 0], weights[weights != 0]
        if k < 0 and len(vertices) == 0:
            continue
        known[n] = True
        if k >= 0:
            keypoint.append(n)
            joint.append(k)
            share.append(1.0)
            rest.append(np.zeros(3))
            shape.append(np.zeros(joint_shape.shape[1:]))
            expression.append(np.zeros(joint_expression.shape[1:]))
            if correctives is not None:
                pose.append(np.zeros(correctives.shape[1:]))
            continue
        blend = weights[:, None] * model.weights[vertices]
        total = blend.sum(axis=0)
        for j in np.flatnonzero(np.abs(total) > 1e-3):
            a, c = blend[:, j], total[j]
            keypoint.append(n)
            joint.append(j)
            share.append(c)
            rest.append(a @ model.template[vertices] - c * joints[j])
            shape.append(np.tensordot(a, model.shape_directions[vertices], 1) - c * joint_shape[j])
            expression.append(np.tensordot(a, expressions[vertices], 1) - c * joint_expression[j])
            if correctives is not None:
                pose.append(np.tensordot(a, correctives[vertices], 1))
    atoms = np.asarray(keypoint)
    total = np.bincount(atoms, share, len(known))[atoms]  # what the smallest weights left out
    single = np.float32

    def scaled(values: list) -> np.ndarray:
        found = np.asarray(values)
        result: np.ndarray = (found / total.reshape(-1, *[1] * (found.ndim - 1))).astype(single)
        return result

    return Rig(
        parents, below, joints.astype(single), joint_shape.astype(single),
        joint_expression.astype(single), atoms, np.asarray(joint), scaled(share), scaled(rest),
        scaled(shape), scaled(expression),
        np.asarray(pose, single) if correctives is not None else None, known)


def forward(rig: Rig, state: State) -> Posed:
    """Joints and keypoints of every frame."""
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
    return Posed(rotations, joints, atoms, points)


def _levels(parents: np.ndarray) -> list[np.ndarray]:
    """Joints by their depth in the tree, without the root."""
    depth = np.zeros(len(parents), int)
    for k in range(1, len(parents)):
        depth[k] = depth[parents[k]] + 1
    return [np.flatnonzero(depth == d) for d in range(1, depth.max() + 1)]


def lever_operator(rig: Rig, joints: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What `levers` needs, for J' joints that are free: (N J', A) 0/1 and (N, J') sums of c_nk."""
    count = len(rig.known)
    gather = np.zeros((count, len(joints), len(rig.keypoint)), np.float32)
    for a, (n, k) in enumerate(zip(rig.keypoint, rig.joint, strict=True)):
        gather[n, :, a] = rig.below[joints, k]
    return gather.reshape(-1, len(rig.keypoint)), gather @ rig.share


def levers(
    posed: Posed, joints: np.ndarray, operator: tuple[np.ndarray, np.ndarray]
) -> np.ndarray:
    """(3, T, N, J') metres: the levers d_nj of every keypoint about every free joint."""
    gather, shares = operator
    frames, atoms = posed.atoms.shape[:2]
    sums = gather @ posed.atoms.transpose(1, 2, 0).reshape(atoms, 3 * frames)
    sums = sums.reshape(*shares.shape, 3, frames).transpose(2, 3, 0, 1)
    centres = posed.joints[:, joints].transpose(2, 0, 1)[:, :, None, :]
    lever: np.ndarray = sums - shares * centres
    return lever


def rotation_columns(lever: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """Derivatives of u . x_n by the small rotations of the free joints.

    lever: (3, T, N, J'); directions u: (T, N, R, 3). u . (w x d) = w . (d x u): (T, N, R, J', 3).
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
    rig: Rig, posed: Posed, directions: np.ndarray, coefficients: np.ndarray, shape: bool
) -> np.ndarray:
    """Derivatives of u . x_n by some coefficients of shape, or else of expression.

    directions u: (T, N, R, 3); coefficients: (C,) indices. Returns (T, N, R, C).
    """
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
        moved = _joint_shape_columns(rig, posed)[:, rig.joint] * rig.share[:, None, None]
        terms += (towards @ moved[..., coefficients]).transpose(1, 0, 2, 3)
    first = np.flatnonzero(np.diff(rig.keypoint[chosen], prepend=-1))
    summed = np.add.reduceat(terms, first, axis=0)
    columns[:, rig.keypoint[chosen][first]] = summed.transpose(1, 0, 2, 3)
    return columns


def _joint_shape_columns(rig: Rig, posed: Posed) -> np.ndarray:
    """(T, J, 3, B): derivatives of the joints' places by shape."""
    frames = len(posed.joints)
    moved = np.empty((frames, *rig.joint_shape.shape), rig.joint_shape.dtype)
    moved[:, 0] = rig.joint_shape[0]
    for level in _levels(rig.parents):
        up = rig.parents[level]
        moved[:, level] = moved[:, up] + posed.rotations[:, up] @ (
            rig.joint_shape[level] - rig.joint_shape[up])
    return moved


def moved(state: State, posed: Posed, joints: np.ndarray, turn: np.ndarray) -> np.ndarray:
    """The local rotations after small rotations turn (T, J', 3) of the free joints about the
    camera's axes: R_j exp(G_j^T w_j)."""
    local = state.local.copy()
    inside = np.einsum("tjba,tjb->tja", posed.rotations[:, joints], turn)
    local[:, joints] = orthonormal(local[:, joints] @ exponential(inside))
    return local
