"""Terms of joint rotations: pulled to rotations a prior proposes, Gaussian, or smooth in time.

A joint's rotation is moved as R exp(d), d = G^T w, where w is the unknown (see `kinematics`). For a
matrix residual sum_i c_i R_i (frames or constants) the exact derivative by d_a is c_a R_a [e]x,
whence, with M = R_a^T R_b and <,> the sum over entries,

    <R_a [e_i]x, R_b [e_j]x> = (tr(M) I - M^T)_ij,    <R_a [e_i]x, N> = (R_a^T N)'s axial vector_i.

For small angles 1/2 |R - R*|^2 is the squared angle between them, so standard deviations below are
in radians.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinesics_core.rotations import logarithm, right_jacobian_inverse
from kinesics_core.solver.kinematics import Posed
from kinesics_core.solver.normal_equations import NormalEquations
from kinesics_core.solver.unknowns import Unknowns


@dataclass(frozen=True, slots=True)
class Target:
    """Rotations that K joints are drawn to.

    Attributes:
        joints: (K,).
        rotations: (T or 1, K, 3, 3), in the parents' frames.
        weight: (T or 1, K), 1/rad^2.
    """

    joints: np.ndarray
    rotations: np.ndarray
    weight: np.ndarray


@dataclass(frozen=True, slots=True)
class Gaussian:
    """A normal distribution of the axis-angle vectors of K joints.

    Attributes:
        joints: (K,).
        mean: (T or 1, 3 K) radians.
        precision: (T or 1, 3 K, 3 K), 1/rad^2.
        weight: Factor of its energy.
    """

    joints: np.ndarray
    mean: np.ndarray
    precision: np.ndarray
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of the axis-angle vectors of K joints, each along D directions.

    Attributes:
        joints: (K,).
        directions: (K, D, 3), unit vectors.
        highest: (K, D) radians.
        weight: 1/rad^2, of what lies beyond.
    """

    joints: np.ndarray
    directions: np.ndarray
    highest: np.ndarray
    weight: float


@dataclass(frozen=True, slots=True)
class Smoothness:
    """White second differences over neighbouring frames.

    Attributes:
        stencils: (T, 3), see ``stencils``.
        rotations: (J',), one over the variance of each free joint's rotation, 1/rad^2.
        translation: (3,), the same of the translation, 1/m^2.
        expressions: (E',), the same of the free expressions.
        robust: Standard deviations k at which the term of a rotation gives way: the square s
            counts as k^2 log(1 + s / k^2) (Cauchy), since people rest most of the time and then
            move at once.
    """

    stencils: np.ndarray
    rotations: np.ndarray
    translation: np.ndarray
    expressions: np.ndarray
    robust: float = np.inf


def add_target(
    normal: NormalEquations, unknowns: Unknowns, posed: Posed, target: Target
) -> None:
    """Add 1/4 w |R - R*|^2, that is 1/2 w angle^2, of the joints that are free.

    Args:
        normal: The equations to add to.
        unknowns: What their columns are.
        posed: The body at the current state.
        target: R* and w.
    """
    source, place = unknowns.free_among(target.joints)
    if not len(source):
        return
    free, local = target.joints[source], posed.state.local
    rotations, weight = target.rotations[:, source], np.broadcast_to(
        target.weight[:, source], (len(local), len(source))).astype(np.float32)
    between = np.swapaxes(local[:, free], -1, -2) @ rotations
    trace = np.trace(between, axis1=-2, axis2=-1)
    normal.energy += 0.5 * (weight * (3 - trace)).sum(axis=1)
    slope = -0.5 * weight[..., None] * _axial(between)
    turned = (posed.rotations[:, free] @ slope[..., None])[..., 0]
    _rotation_gradient(normal, unknowns)[:, place] += turned
    _add_blocks(normal.blocks, place, weight[..., None, None] * np.eye(3, dtype=np.float32))


def add_gaussian(
    normal: NormalEquations, unknowns: Unknowns, posed: Posed, prior: Gaussian
) -> None:
    """Add 1/2 w (a - mean)^T P (a - mean) of axis-angle vectors a; some joints may be held.

    Args:
        normal: The equations to add to.
        unknowns: What their columns are.
        posed: The body at the current state.
        prior: The mean, P and w.
    """
    joints, precision, weight = prior.joints, prior.precision, prior.weight
    source, place = unknowns.free_among(joints)
    if not len(source):
        return
    local = posed.state.local
    frames = len(local)
    vectors = logarithm(local[:, joints])
    away = vectors.reshape(frames, -1) - prior.mean
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
    _rotation_gradient(normal, unknowns)[:, place] += slope
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


def add_limits(normal: NormalEquations, unknowns: Unknowns, posed: Posed, limits: Limits) -> None:
    """Add 1/2 w max(0, n . a - limit)^2 of axis-angle vectors a, for each direction n.

    Args:
        normal: The equations to add to.
        unknowns: What their columns are.
        posed: The body at the current state.
        limits: The directions, limits and w.
    """
    source, place = unknowns.free_among(limits.joints)
    if not len(source):
        return
    joints, directions, weight = limits.joints[source], limits.directions[source], limits.weight
    vectors = logarithm(posed.state.local[:, joints])
    excess = np.einsum("kdi,tki->tkd", directions, vectors) - limits.highest[source]
    beyond = excess > 0
    excess = np.where(beyond, excess, 0)
    normal.energy += 0.5 * weight * (excess**2).sum(axis=(1, 2))
    turn = right_jacobian_inverse(vectors) @ np.swapaxes(posed.rotations[:, joints], -1, -2)
    rows = (beyond[..., None] * directions) @ turn
    slope = weight * np.einsum("tkd,tkdi->tki", excess, rows)
    _rotation_gradient(normal, unknowns)[:, place] += slope
    _add_blocks(normal.blocks, place, weight * np.swapaxes(rows, -1, -2) @ rows)


def add_smooth_rotations(
    normal: NormalEquations, unknowns: Unknowns, posed: Posed, smooth: Smoothness
) -> None:
    """Add 1/4 w |sum_i c_i R_i|^2 over neighbouring frames, for all free joints.

    Args:
        normal: The equations to add to.
        unknowns: What their columns are.
        posed: The body at the current state.
        smooth: The stencils c, the weights w of rotations, and where they give way.
    """
    stencils, weights, robust = smooth.stencils, smooth.rotations, smooth.robust
    frames, count = len(posed.joints), len(unknowns.joints)
    local = posed.state.local[:, unknowns.joints]
    turn = posed.rotations[:, unknowns.joints]
    gradient = _rotation_gradient(normal, unknowns)
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
    normal: NormalEquations, columns: slice, values: np.ndarray, stencils: np.ndarray,
    weights: np.ndarray,
) -> None:
    """Add 1/2 w (sum_i c_i v_i)^2 over neighbouring frames, for unknowns that add up.

    Args:
        normal: The equations to add to.
        columns: Where the unknowns are among those of a frame.
        values: (T, C), v.
        stencils: (T, 3), c.
        weights: (C,), w, one over the variance.
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
    """Return the coefficients of the second difference around each middle frame, (T, 3).

    Row t is of the frames t, t + 1 and t + 2; the last two rows are zero. A wider gap allows more
    change: its row is divided by the gap, as for white noise in jerk.

    Args:
        times: (T,) seconds, rising; the gaps may differ.
        rate: Frames per second whose frame time is the unit of the differences.
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


def _axial(matrices: np.ndarray) -> np.ndarray:
    """Return the axial vectors of (..., 3, 3): the entries of M - M^T that a cross product has."""
    return np.stack([
        matrices[..., 2, 1] - matrices[..., 1, 2],
        matrices[..., 0, 2] - matrices[..., 2, 0],
        matrices[..., 1, 0] - matrices[..., 0, 1]], axis=-1)


def _rotation_gradient(normal: NormalEquations, unknowns: Unknowns) -> np.ndarray:
    """Return the gradient by the free joints' rotations as a view, (T, J', 3)."""
    return normal.gradient[:, unknowns.rotation_columns].reshape(len(normal.gradient), -1, 3)


def _add_blocks(blocks: np.ndarray, joints: np.ndarray, values: np.ndarray) -> None:
    """Add (T, J', 3, 3) onto the diagonal blocks of the free joints of (T, n, n)."""
    index = 3 * joints[:, None] + np.arange(3)
    blocks[:, index[:, :, None], index[:, None, :]] += values
