"""Terms of joint rotations: pulled to rotations a prior proposes, Gaussian, or smooth in time.

A joint's rotation is moved as R exp(d), d = G^T w, where w is the unknown (see `kinematics`). For a
matrix residual sum_i c_i R_i (frames or constants) the exact derivative by d_a is c_a R_a [e]x,
whence, with M = R_a^T R_b and <,> the sum over entries,

    <R_a [e_i]x, R_b [e_j]x> = (tr(M) I - M^T)_ij,    <R_a [e_i]x, N> = (R_a^T N)'s axial vector_i.

For small angles 1/2 |R - R*|^2 is the squared angle between them, so standard deviations below are
in radians.
"""

from __future__ import annotations

import numpy as np

from kinesics_core.rotations import logarithm, right_jacobian_inverse
from kinesics_core.solver.kinematics import Posed, State
from kinesics_core.solver.normal_equations import Normal
from kinesics_core.solver.unknowns import Unknowns


def _axial(matrices: np.ndarray) -> np.ndarray:
    """Axial vectors of (..., 3, 3): entries of M - M^T that a cross product has."""
    return np.stack([
        matrices[..., 2, 1] - matrices[..., 1, 2],
        matrices[..., 0, 2] - matrices[..., 2, 0],
        matrices[..., 1, 0] - matrices[..., 0, 1]], axis=-1)


def _add_blocks(blocks: np.ndarray, joints: np.ndarray, values: np.ndarray) -> None:
    """Adds (T, J', 3, 3) onto the diagonal blocks of the free joints of (T, n, n)."""
    index = 3 * joints[:, None] + np.arange(3)
    blocks[:, index[:, :, None], index[:, None, :]] += values


def add_target(
    normal: Normal, unknowns: Unknowns, state: State, posed: Posed,
    joints: np.ndarray, target: np.ndarray, weight: np.ndarray,
) -> None:
    """1/4 w |R - R*|^2, that is 1/2 w angle^2, for joints (K,) with targets (T or 1, K, 3, 3) and
    weights w (T or 1, K), 1/rad^2."""
    source, place = unknowns.columns(joints)
    if not len(source):
        return
    free = joints[source]
    target, weight = target[:, source], np.broadcast_to(
        weight[:, source], (len(state.transl), len(source))).astype(np.float32)
    between = np.swapaxes(state.local[:, free], -1, -2) @ target
    trace = np.trace(between, axis1=-2, axis2=-1)
    normal.energy += 0.5 * (weight * (3 - trace)).sum(axis=1)
    slope = -0.5 * weight[..., None] * _axial(between)
    turned = (posed.rotations[:, free] @ slope[..., None])[..., 0]
    normal.gradient[:, unknowns.turns].reshape(len(turned), -1, 3)[:, place] += turned
    _add_blocks(normal.blocks, place, weight[..., None, None] * np.eye(3, dtype=np.float32))


def add_gaussian(
    normal: Normal, unknowns: Unknowns, state: State, posed: Posed,
    joints: np.ndarray, mean: np.ndarray, precision: np.ndarray, weight: float = 1.0,
) -> None:
    """1/2 w (a - mean)^T P (a - mean) of the axis-angle vectors a of joints (K,).

    mean: (T or 1, 3 K); precision: (T or 1, 3 K, 3 K).
    """
    source, place = unknowns.columns(joints)
    if not len(source):
        return
    frames = len(state.transl)
    vectors = logarithm(state.local[:, joints])
    away = vectors.reshape(frames, -1) - mean
    pulled = weight * (precision @ away[..., None])[..., 0]
    normal.energy += 0.5 * np.einsum("ti,ti->t", away, pulled)
    if len(source) < len(joints):
        inside = (3 * source[:, None] + np.arange(3)).ravel()
        precision, pulled = precision[:, inside[:, None], inside], pulled[:, inside]
        vectors, joints = vectors[:, source], joints[source]
    count = len(joints)
    # a moves by J_r^-1 d = J_r^-1 G^T w.
    turn = right_jacobian_inverse(vectors) @ np.swapaxes(posed.rotations[:, joints], -1, -2)
    slope = (pulled.reshape(frames, count, 1, 3) @ turn)[:, :, 0]
    normal.gradient[:, unknowns.turns].reshape(frames, -1, 3)[:, place] += slope
    # turn_j^T P_jk turn_k: first all columns of joint k at once, then all rows of joint j.
    columns = precision.reshape(len(precision), 3 * count, count, 3).transpose(0, 2, 1, 3) @ turn
    rows = columns.reshape(frames, count, count, 3, 3).transpose(0, 2, 3, 1, 4)
    rows = np.ascontiguousarray(rows).reshape(frames, count, 3, 3 * count)
    curvature = (weight * np.swapaxes(turn, -1, -2) @ rows).reshape(
        frames, 3 * count, 3 * count)
    if np.array_equal(place, np.arange(place[0], place[0] + count)):
        span = slice(3 * place[0], 3 * (place[0] + count))
        normal.blocks[:, span, span] += curvature
    else:
        index = (3 * place[:, None] + np.arange(3)).ravel()
        normal.blocks[:, index[:, None], index] += curvature


def add_limits(
    normal: Normal, unknowns: Unknowns, state: State, posed: Posed, joints: np.ndarray,
    directions: np.ndarray, highest: np.ndarray, weight: float,
) -> None:
    """1/2 w max(0, n . a - limit)^2 of the axis-angle vectors a of joints (K,) and, for each of
    them, some directions n (K, D, 3) with limits (K, D)."""
    source, place = unknowns.columns(joints)
    if not len(source):
        return
    vectors = logarithm(state.local[:, joints[source]])
    excess = np.einsum("kdi,tki->tkd", directions[source], vectors) - highest[source]
    beyond = excess > 0
    excess = np.where(beyond, excess, 0)
    normal.energy += 0.5 * weight * (excess**2).sum(axis=(1, 2))
    turn = right_jacobian_inverse(vectors) @ np.swapaxes(
        posed.rotations[:, joints[source]], -1, -2)
    rows = (beyond[..., None] * directions[source]) @ turn
    slope = weight * np.einsum("tkd,tkdi->tki", excess, rows)
    normal.gradient[:, unknowns.turns].reshape(len(vectors), -1, 3)[:, place] += slope
    _add_blocks(normal.blocks, place, weight * np.swapaxes(rows, -1, -2) @ rows)


def add_smooth_rotations(
    normal: Normal, unknowns: Unknowns, state: State, posed: Posed,
    stencils: np.ndarray, weights: np.ndarray, robust: float = np.inf,
) -> None:
    """1/4 w |sum_i c_i R_i|^2 over neighbouring frames, for all free joints.

    stencils: (T, 3), c_0..c_2 of frame t and the two after it (zeros where these do not exist).
    weights: (J',), 1/rad^2, that of each free joint. robust: the square s = 1/2 w |..|^2 counts as
    k^2 log(1 + s / k^2) (Cauchy), since people rest most of the time and then move at once.
    """
    frames, count = len(state.transl), len(unknowns.joints)
    local = state.local[:, unknowns.joints]
    turn = posed.rotations[:, unknowns.joints]
    gradient = normal.gradient[:, unknowns.turns].reshape(frames, count, 3)
    residual = np.zeros_like(local)
    for i in range(3):
        last = frames - i
        residual[:last] += stencils[:last, i, None, None, None] * local[i:]
    squares = 0.5 * weights * np.einsum("tjab,tjab->tj", residual, residual)
    if np.isfinite(robust):
        normal.energy += 0.5 * (robust**2 * np.log1p(squares / robust**2)).sum(axis=1)
        weight = weights / (1 + squares / robust**2)
    else:
        normal.energy += 0.5 * squares.sum(axis=1)
        weight = np.broadcast_to(weights, squares.shape)
    scaled = weight[..., None, None] * residual
    place = np.arange(count)
    for i in range(min(3, frames)):
        last = frames - i
        c = stencils[:last, i, None, None]
        axial = _axial(np.swapaxes(local[i:], -1, -2) @ scaled[:last])
        gradient[i:] += 0.5 * c * (turn[i:] @ axial[..., None])[..., 0]
        square = (stencils[:last, i] ** 2)[:, None] * weight[:last]
        _add_blocks(normal.blocks[i:], place,
                    square[..., None, None] * np.eye(3, dtype=np.float32))
        for j in range(i):
            # rows: frame t + i, columns: frame t + j
            between = np.swapaxes(local[i:], -1, -2) @ local[j:frames - i + j]
            trace = np.trace(between, axis1=-2, axis2=-1)[..., None, None]
            tie = 0.5 * (trace * np.eye(3, dtype=np.float32) - np.swapaxes(between, -1, -2))
            tie = turn[i:] @ tie @ np.swapaxes(turn[j:frames - i + j], -1, -2)
            factor = (stencils[:last, i] * stencils[:last, j])[:, None] * weight[:last]
            ties = normal.first if i - j == 1 else normal.second
            _add_blocks(ties[j:frames - i + j], place, factor[..., None, None] * tie)


def add_smooth_values(
    normal: Normal, columns: slice, values: np.ndarray, stencils: np.ndarray, weights: np.ndarray,
) -> None:
    """1/2 w (sum_i c_i v_i)^2 over neighbouring frames, for unknowns that add up.

    values: (T, C); weights: (C,); stencils as above; columns: where they are among the unknowns.
    """
    frames = len(values)
    residual = np.zeros_like(values)
    for i in range(3):
        last = frames - i
        residual[:max(last, 0)] += stencils[:max(last, 0), i, None] * values[i:]
    scaled = weights * residual
    normal.energy += 0.5 * np.einsum("tc,tc->t", residual, scaled)
    index = np.arange(columns.start, columns.stop)
    for i in range(min(3, frames)):
        last = frames - i
        normal.gradient[i:, columns] += stencils[:last, i, None] * scaled[:last]
        for j in range(i + 1):
            factor = (stencils[:last, i] * stencils[:last, j])[:, None] * weights
            ties = (normal.blocks, normal.first, normal.second)[i - j]
            ties[j:frames - i + j, index, index] += factor


def stencils(times: np.ndarray, rate: float) -> np.ndarray:
    """(T, 3) coefficients of the second difference around each middle frame, in units of the
    frame time 1 / rate, for frames at any times; (T - 2 rows count).

    A wider gap allows more change: its row is divided by the gap, as for white noise in jerk.
    """
    coefficients = np.zeros((len(times), 3), np.float32)
    if len(times) < 3:
        return coefficients
    steps = np.diff(times) * rate
    one, two = steps[:-1], steps[1:]
    width = (one + two) / 2
    rows = np.stack([1 / (one * width), -(one + two) / (one * two * width), 1 / (two * width)], 1)
    coefficients[:-2] = rows / np.maximum(width, 1)[:, None] ** 0.5
    return coefficients
