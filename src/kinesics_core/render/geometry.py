"""Triangle meshes as the renderers take them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from kinesics_core.body.surface import vertex_normals
from kinesics_core.errors import KinesicsError

GREY = (190, 196, 206)
GLOSS = 26
"""Colour of meshes that name none, and gloss of colours that say nothing about it, 0..255."""


FLAT = 128
"""Value of a crease picture where the skin has no fold; below it is a furrow, above a ridge."""


@dataclass(frozen=True, slots=True)
class Texture:
    """A picture on a mesh.

    Attributes:
        image: (h, w, 4) uint8, RGB and gloss.
        uv: (V, 2) float32 0..1, the place in the image of each vertex.
        creases: (h', w') uint8, a picture of folds under the same uv: ``FLAT`` is none,
            less a furrow, more a ridge. None has none.
    """

    image: np.ndarray
    uv: np.ndarray
    creases: np.ndarray | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Mesh:
    """A triangle mesh in optical axes (x right, y down, z away; metres).

    Attributes:
        vertices: (V, 3). Triangles with a vertex that is not finite are not drawn.
        faces: (F, 3) integers, counter-clockwise seen from outside; the inside is not drawn.
        colors: RGB of all vertices or of each, 3 or (V, 3) uint8, or with a fourth value, gloss
            0..255.
        texture: In place of ``colors``.
        normals: (V, 3) unit vectors; computed if None.
        creases: (V,) 0..1, how far the texture's creases come out at each vertex; None is 0.
    """

    vertices: np.ndarray
    faces: np.ndarray
    colors: ArrayLike = GREY
    texture: Texture | None = None
    normals: np.ndarray | None = None
    creases: np.ndarray | None = None


@dataclass(frozen=True, eq=False, slots=True)
class VertexArrays:
    """All meshes of a picture as one.

    Attributes:
        positions: (V, 3) float32.
        normals: (V, 3) float32.
        paint: (V, 4) uint8 colour and gloss, or with a texture (V, 4) float32 that begins with its
            coordinates 0..1.
        faces: (F, 3) int32.
        texture: (h, w, 4) uint8 RGB and gloss, or None.
        creases: (V,) float32, how far the creases come out, or None for nowhere.
        crease_map: (h', w') uint8, or None.
    """

    positions: np.ndarray
    normals: np.ndarray
    paint: np.ndarray
    faces: np.ndarray
    texture: np.ndarray | None
    creases: np.ndarray | None = None
    crease_map: np.ndarray | None = None


class MeshJoiner:
    """Joins meshes; faces and paint are kept for as long as the same arrays come in again.

    Uploading them is slow, and so the rasterizers know them again by identity.
    """

    def __init__(self) -> None:
        self._given: list[object] = []
        self._counts: list[int] = []
        self._faces = self._paint = np.zeros((0, 0))

    def join(self, meshes: Sequence[Mesh]) -> VertexArrays:
        """Return all meshes as one.

        Raises:
            KinesicsError: One of several meshes is textured.
        """
        textures = [mesh.texture for mesh in meshes if mesh.texture is not None]
        if textures and len(meshes) > 1:
            raise KinesicsError(
                f"A mesh with a texture is drawn alone, got {len(meshes)} meshes at once.")
        texture = textures[0] if textures else None
        self._update(meshes, texture)
        faces = self._faces
        positions = np.concatenate([np.asarray(mesh.vertices, np.float32) for mesh in meshes])
        known = np.isfinite(positions).all(1)
        if not known.all():
            faces = faces[known[faces].all(1)]
            positions = np.where(known[:, None], positions, np.float32(0.0))
        given = [mesh.normals for mesh in meshes if mesh.normals is not None]
        normals = np.concatenate(given) if len(given) == len(meshes) else \
            vertex_normals(positions, faces)
        creases = crease_map = None
        if texture is not None and texture.creases is not None and meshes[0].creases is not None:
            creases, crease_map = np.asarray(meshes[0].creases, np.float32), texture.creases
        return VertexArrays(
            positions, np.ascontiguousarray(normals, np.float32), self._paint, faces,
            None if texture is None else texture.image, creases, crease_map)

    def _update(self, meshes: Sequence[Mesh], texture: Texture | None) -> None:
        given: list[object] = [
            part for mesh in meshes
            for part in (mesh.faces, mesh.colors if texture is None else texture.uv)
        ]
        counts = [len(mesh.vertices) for mesh in meshes]
        if counts == self._counts and len(given) == len(self._given) and all(
                a is b for a, b in zip(given, self._given, strict=True)):
            return
        starts = np.cumsum([0, *counts[:-1]])
        self._faces = np.concatenate(
            [np.asarray(mesh.faces) + start for mesh, start in zip(meshes, starts, strict=True)]
        ).astype(np.int32)
        if texture is not None:
            self._paint = np.zeros((len(texture.uv), 4), np.float32)
            self._paint[:, :2] = texture.uv
        else:
            self._paint = np.concatenate(
                [_paint(mesh.colors, count) for mesh, count in zip(meshes, counts, strict=True)])
        self._given, self._counts = given, counts


def _paint(color: ArrayLike, count: int) -> np.ndarray:
    """Return (count, 4) uint8 RGB and gloss."""
    values = np.broadcast_to(np.asarray(color, np.uint8), (count, np.shape(color)[-1]))
    paint = np.full((count, 4), GLOSS, np.uint8)
    paint[:, :values.shape[1]] = values
    return paint
