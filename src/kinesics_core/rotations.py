"""Rotations in numpy: axis times angle, matrices and unit quaternions.

Everything takes any leading axes and returns the dtype it got. A matrix turns column vectors, a
quaternion is x, y, z, w, angles are radians, and turns are right-handed. ``body.lbs`` has the
matrices in torch.
"""

from __future__ import annotations

import math

import numpy as np


def exponential(vectors: np.ndarray) -> np.ndarray:
    """Return the rotation matrices (..., 3, 3) of axis times angle (..., 3): Rodrigues' formula."""
    vectors = _floating(vectors)
    x, y, z = np.ascontiguousarray(np.moveaxis(vectors, -1, 0))
    # The tiny number keeps 0 / 0 away and changes no other quotient.
    square = x * x + y * y + z * z + vectors.dtype.type(1e-20)
    angle = np.sqrt(square)
    sine = np.sin(angle) / angle
    versine = 2 * np.sin(0.5 * angle) ** 2 / square  # (1 - cos a) / a^2, exact near 0
    matrices = np.empty((*vectors.shape, 3), vectors.dtype)
    matrices[..., 0, 0] = 1 - versine * (y * y + z * z)
    matrices[..., 1, 1] = 1 - versine * (x * x + z * z)
    matrices[..., 2, 2] = 1 - versine * (x * x + y * y)
    for i, j, product, cross in ((0, 1, x * y, z), (2, 0, x * z, y), (1, 2, y * z, x)):
        product *= versine
        cross = sine * cross
        matrices[..., i, j] = product - cross
        matrices[..., j, i] = product + cross
    return matrices


def logarithm(matrices: np.ndarray) -> np.ndarray:
    """Return axis times angle (..., 3), 0..pi, of rotation matrices (..., 3, 3).

    It goes by way of the quaternion, so that it is exact near 0 and near half a turn alike.
    """
    quaternion = quaternions(matrices)
    quaternion = np.where(quaternion[..., 3:] < 0, -quaternion, quaternion)
    vector = quaternion[..., :3]
    sine = np.sqrt(np.einsum("...i,...i->...", vector, vector))
    angle = 2 * np.arctan2(sine, quaternion[..., 3])
    scale = np.where(sine < 1e-7, 2, angle / np.maximum(sine, 1e-12))
    return vector * scale[..., None].astype(vector.dtype)


def axis_angle(matrix: np.ndarray) -> np.ndarray:
    """Return one rotation (3, 3) as axis-angle (3,), radians: ``logarithm`` without arrays' cost.

    Near half a turn, where the axis is hard to tell, it is ``logarithm``.
    """
    (a, b, c), (d, e, f), (g, h, i) = matrix.tolist()
    x, y, z = h - f, c - g, d - b
    cosine = 0.5 * (a + e + i - 1.0)
    if cosine < -0.9:
        return logarithm(np.asarray(matrix))
    sine = 0.5 * math.sqrt(x * x + y * y + z * z)
    scale = 0.5 * math.atan2(sine, cosine) / sine if sine > 1e-9 else 0.5
    return np.array([scale * x, scale * y, scale * z])


def quaternions(matrices: np.ndarray) -> np.ndarray:
    """Return the unit quaternions (..., 4), largest component positive, of matrices (..., 3, 3).

    The largest component is computed first (Shepperd 1978): exact at every angle.
    """
    m = _floating(matrices)
    trace = m[..., 0, 0] + m[..., 1, 1] + m[..., 2, 2]
    squares = np.stack([m[..., 0, 0], m[..., 1, 1], m[..., 2, 2], trace], axis=-1)
    # 4 q q^T: each of its rows is the quaternion times one of its components; the longest is safe.
    products = np.empty((*squares.shape, 4), m.dtype)
    for i in range(4):
        products[..., i, i] = 1 + 2 * squares[..., i] - trace
    for i, j, k in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        products[..., i, j] = products[..., j, i] = m[..., j, i] + m[..., i, j]
        products[..., i, 3] = products[..., 3, i] = m[..., k, j] - m[..., j, k]
    largest = squares.argmax(axis=-1)[..., None, None]
    chosen = np.take_along_axis(products, largest, axis=-2)[..., 0, :]
    return chosen / np.sqrt(np.einsum("...i,...i->...", chosen, chosen))[..., None]


def from_quaternions(quaternions: np.ndarray) -> np.ndarray:
    """Return the rotation matrices (..., 3, 3) of quaternions (..., 4) of any length but 0."""
    q = _floating(quaternions)
    x, y, z, w = np.moveaxis(q / np.linalg.norm(q, axis=-1, keepdims=True), -1, 0)
    return np.stack([
        1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w),
        2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w),
        2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y),
    ], axis=-1).reshape(*q.shape[:-1], 3, 3)  # fmt: skip


def orthonormal(matrices: np.ndarray) -> np.ndarray:
    """Make rotations of two columns each (Gram-Schmidt; the 6-D form of Zhou et al., CVPR 2019).

    Args:
        matrices: (..., 3, 2 or 3), not quite orthonormal; a third column is not used.

    Returns:
        (..., 3, 3) rotation matrices whose first column has the direction of the given one.
    """
    x = matrices[..., 0] / np.linalg.norm(matrices[..., 0], axis=-1, keepdims=True)
    y = matrices[..., 1] - np.einsum("...i,...i->...", x, matrices[..., 1])[..., None] * x
    y /= np.linalg.norm(y, axis=-1, keepdims=True)
    return np.stack([x, y, np.cross(x, y)], axis=-1)


def mirrored(vectors: np.ndarray) -> np.ndarray:
    """Return the axis-angle vectors (..., 3) of the other side of a body whose left is x."""
    vectors = _floating(vectors)
    return vectors * np.array([1.0, -1.0, -1.0], vectors.dtype)


def right_jacobian_inverse(vectors: np.ndarray) -> np.ndarray:
    """Return d log(exp(v) exp(d)) / dd at d = 0, (..., 3, 3), of v (..., 3), radians.

    Sola, Deray & Atchuthan 2018, "A micro Lie theory", equation 144.
    """
    angle2 = np.einsum("...i,...i->...", vectors, vectors)
    angle = np.sqrt(angle2)
    small = angle2 < 1e-6
    safe = np.where(small, 1.0, angle)
    sine = np.sin(safe)
    factor = 1 / (safe * safe) - (1 + np.cos(safe)) / (2 * safe * np.where(
        np.abs(sine) < 1e-6, 1e-6, sine))
    factor = np.where(small, 1 / 12, factor)
    cross = _cross_matrices(vectors)
    return np.eye(3, dtype=vectors.dtype) + 0.5 * cross + factor[..., None, None] * (cross @ cross)


def about_axis(axis: int, angles: float | np.ndarray) -> np.ndarray:
    """Return the matrices (..., 3, 3) of turns about x (0), y (1) or z (2) by angles (...)."""
    a, b = (axis + 1) % 3, (axis + 2) % 3
    matrices = np.zeros((*np.shape(angles), 3, 3))
    matrices[..., axis, axis] = 1.0
    matrices[..., a, a] = matrices[..., b, b] = np.cos(angles)
    matrices[..., b, a], matrices[..., a, b] = np.sin(angles), -np.sin(angles)
    return matrices


def _cross_matrices(vectors: np.ndarray) -> np.ndarray:
    """Return the matrices [v]x (..., 3, 3), with [v]x w = v x w, of vectors v (..., 3)."""
    matrices = np.zeros((*vectors.shape, 3), vectors.dtype)
    x, y, z = np.moveaxis(vectors, -1, 0)
    matrices[..., 0, 1], matrices[..., 0, 2], matrices[..., 1, 2] = -z, y, -x
    matrices[..., 1, 0], matrices[..., 2, 0], matrices[..., 2, 1] = z, -y, x
    return matrices


def _floating(values: np.ndarray) -> np.ndarray:
    values = np.asarray(values)
    return values if values.dtype.kind == "f" else values.astype(np.float64)
