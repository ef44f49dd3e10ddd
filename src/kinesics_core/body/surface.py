"""Geometry of a triangle mesh's surface."""

from __future__ import annotations

import numpy as np


def vertex_normals(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Return unit normals, each the mean of its triangles' by area.

    Args:
        vertices: (V, 3), any unit.
        faces: (F, 3) indices, counterclockwise from outside.

    Returns:
        (V, 3) float32, outwards; (0, 1, 0) for a vertex without a face.
    """
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    along, across = b - a, c - a
    normals = np.empty_like(vertices, dtype=np.float32)
    corners = faces.ravel()
    for k in range(3):
        i, j = (k + 1) % 3, (k + 2) % 3
        area = along[:, i] * across[:, j] - along[:, j] * across[:, i]
        normals[:, k] = np.bincount(corners, np.repeat(area, 3), minlength=len(vertices))
    length = np.sqrt(np.einsum("ij,ij->i", normals, normals))
    normals /= np.maximum(length, 1e-20)[:, None]
    normals[length == 0.0] = 0.0, 1.0, 0.0
    return normals
