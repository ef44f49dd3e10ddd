"""Rotations as the optimiser moves them: matrices, changed by small rotation vectors."""

from __future__ import annotations

import numpy as np


def exponential(vectors: np.ndarray) -> np.ndarray:
    """(..., 3) axis times angle, radians -> (..., 3, 3) rotation matrices (Rodrigues)."""
    angle2 = np.einsum("...i,...i->...", vectors, vectors)
    angle = np.sqrt(angle2)
    small = angle2 < 1e-8
    safe = np.where(small, 1.0, angle)
    first = np.where(small, 1.0 - angle2 / 6, np.sin(safe) / safe)
    second = np.where(small, 0.5 - angle2 / 24, (1 - np.cos(safe)) / (safe * safe))
    x, y, z = np.moveaxis(vectors, -1, 0)
    matrices = np.empty((*vectors.shape, 3), vectors.dtype)
    matrices[..., 0, 0] = 1 - second * (y * y + z * z)
    matrices[..., 1, 1] = 1 - second * (x * x + z * z)
    matrices[..., 2, 2] = 1 - second * (x * x + y * y)
    matrices[..., 0, 1] = second * x * y - first * z
    matrices[..., 1, 0] = second * x * y + first * z
    matrices[..., 0, 2] = second * x * z + first * y
    matrices[..., 2, 0] = second * x * z - first * y
    matrices[..., 1, 2] = second * y * z - first * x
    matrices[..., 2, 1] = second * y * z + first * x
    return matrices


def logarithm(matrices: np.ndarray) -> np.ndarray:
    """(..., 3, 3) rotation matrices -> (..., 3) axis times angle, 0..pi radians.

    By way of the unit quaternion whose largest component is computed first (Shepperd 1978), so
    that it is exact near 0 and near half a turn alike.
    """
    m = np.asarray(matrices)
    trace = m[..., 0, 0] + m[..., 1, 1] + m[..., 2, 2]
    squares = np.stack([trace, m[..., 0, 0], m[..., 1, 1], m[..., 2, 2]], axis=-1)
    # Row i of `products` is 4 q_i (w, x, y, z).
    products = np.empty((*squares.shape, 4), m.dtype)
    for i in range(4):
        products[..., i, i] = 1 + 2 * squares[..., i] - trace
    for (i, j), value in {
        (0, 1): m[..., 2, 1] - m[..., 1, 2],
        (0, 2): m[..., 0, 2] - m[..., 2, 0],
        (0, 3): m[..., 1, 0] - m[..., 0, 1],
        (1, 2): m[..., 1, 0] + m[..., 0, 1],
        (1, 3): m[..., 0, 2] + m[..., 2, 0],
        (2, 3): m[..., 2, 1] + m[..., 1, 2],
    }.items():
        products[..., i, j] = products[..., j, i] = value
    largest = squares.argmax(axis=-1)[..., None, None]
    quaternion = np.take_along_axis(products, largest, axis=-2)[..., 0, :]
    quaternion = quaternion / np.linalg.norm(quaternion, axis=-1, keepdims=True)
    quaternion = np.where(quaternion[..., :1] < 0, -quaternion, quaternion)
    vector = quaternion[..., 1:]
    sine = np.linalg.norm(vector, axis=-1, keepdims=True)
    angle = 2 * np.arctan2(sine, quaternion[..., :1])
    return vector * np.where(sine < 1e-7, 2.0, angle / np.maximum(sine, 1e-12))


def orthonormal(matrices: np.ndarray) -> np.ndarray:
    """Rotation matrices that have gathered rounding errors, made exact (Gram-Schmidt)."""
    x = matrices[..., 0] / np.linalg.norm(matrices[..., 0], axis=-1, keepdims=True)
    y = matrices[..., 1] - np.einsum("...i,...i->...", x, matrices[..., 1])[..., None] * x
    y /= np.linalg.norm(y, axis=-1, keepdims=True)
    return np.stack([x, y, np.cross(x, y)], axis=-1)


def right_jacobian_inverse(vectors: np.ndarray) -> np.ndarray:
    """(..., 3) -> (..., 3, 3): d log(exp(v) exp(d)) / d d at d = 0.

    Sola, Deray & Atchuthan 2018, "A micro Lie theory", equation 144.
    """
    angle2 = np.einsum("...i,...i->...", vectors, vectors)
    angle = np.sqrt(angle2)
    small = angle2 < 1e-6
    safe = np.where(small, 1.0, angle)
    half_sine = np.sin(safe)
    factor = 1 / (safe * safe) - (1 + np.cos(safe)) / (2 * safe * np.where(
        np.abs(half_sine) < 1e-6, 1e-6, half_sine))
    factor = np.where(small, 1 / 12, factor)
    cross = cross_matrix(vectors)
    return np.eye(3, dtype=vectors.dtype) + 0.5 * cross + factor[..., None, None] * (cross @ cross)


def cross_matrix(vectors: np.ndarray) -> np.ndarray:
    """(..., 3) -> (..., 3, 3), the matrix [v]x with [v]x w = v x w."""
    matrices = np.zeros((*vectors.shape, 3), vectors.dtype)
    x, y, z = np.moveaxis(vectors, -1, 0)
    matrices[..., 0, 1], matrices[..., 0, 2], matrices[..., 1, 2] = -z, y, -x
    matrices[..., 1, 0], matrices[..., 2, 0], matrices[..., 2, 1] = z, -y, x
    return matrices
