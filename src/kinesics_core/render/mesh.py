"""Triangle meshes as a camera sees them: lit, antialiased, opaque or laid over a picture.

    renderer = MeshRenderer(640, 480)
    picture = renderer.render(vertices, faces, focal=800.0, centre=(320, 240), background=frame)

Vertices are in optical axes (x right, y down, z away, metres); pixel = focal * x / z + centre,
where pixel i reaches from i to i + 1. Faces run counter-clockwise seen from outside; their inside
is not drawn.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import ArrayLike

from kinesics_core.errors import KinesicsError
from kinesics_core.render.mesh_gl import GlRasterizer
from kinesics_core.render.mesh_software import SoftwareRasterizer

log = logging.getLogger(__name__)

GREY = (190, 196, 206)
GLOSS = 26
"""Of meshes whose colour says nothing about it, 0..255."""


class MeshRenderer:
    """Renders meshes at one size.

    backend: "egl" is OpenGL without a window; "software" needs nothing but numpy and OpenCV, is
    about ten times slower and gives the same picture; "auto" takes the first that works. The one
    in use is ``backend``.

    smooth: True takes four samples of a pixel; False one, and softens the outline afterwards,
    which is twice as fast where a CPU has to do it.

    A renderer belongs to the thread that made it. Release it with ``release`` or ``with``.
    Raises KinesicsError for a size or backend that cannot be, or a call from another thread.
    """

    def __init__(
        self, width: int, height: int, *, backend: str = "auto", smooth: bool = True
    ) -> None:
        if not (1 <= width <= 8192 and 1 <= height <= 8192):
            raise KinesicsError(
                f"Got a picture of {width} x {height}; a mesh is drawn at 1 to 8192 pixels.")
        if backend not in ("auto", "egl", "software"):
            raise KinesicsError(f"A renderer is auto, egl or software, got {backend!r}.")
        self.width, self.height = int(width), int(height)
        self._thread = threading.get_ident()
        self._rasterizer: GlRasterizer | SoftwareRasterizer | None = None
        if backend != "software":
            try:
                self._rasterizer = GlRasterizer(self.width, self.height, 4 if smooth else 1)
            except Exception as error:
                # moderngl, its loader and the driver each have errors of their own.
                if backend == "egl":
                    raise KinesicsError(
                        f"OpenGL cannot be had without a window here ({error}); install libegl1 "
                        "and libgl1-mesa-dri, or use the backend software.") from error
                log.info("No OpenGL (%s); meshes are drawn in software.", error)
        if self._rasterizer is None:
            self._rasterizer = SoftwareRasterizer(self.width, self.height)
        self._given: tuple[object, ...] = (None, None, None)
        self._counts: list[int] = []
        self._triangles = self._paint = np.zeros((0, 0))
        self._soften = not smooth and isinstance(self._rasterizer, GlRasterizer)
        self.backend = "egl" if isinstance(self._rasterizer, GlRasterizer) else "software"

    def render(
        self,
        vertices: np.ndarray | Sequence[np.ndarray],
        faces: np.ndarray | Sequence[np.ndarray],
        focal: float,
        centre: ArrayLike,
        *,
        colors: ArrayLike | Sequence[ArrayLike] = GREY,
        background: np.ndarray | None = None,
        opacity: float = 1.0,
        texture: np.ndarray | None = None,
        uv: np.ndarray | None = None,
        normals: np.ndarray | None = None,
    ) -> np.ndarray:
        """(height, width, 3) uint8 RGB.

        vertices: (V, 3), or a list of such for several meshes. faces: (F, 3) integers, for all of
        them or a list. colors: for each mesh (or one for all) 3 or (V, 3) uint8 RGB, or with a
        fourth value, gloss 0..255. background: (height, width, 3) uint8, black if None; opacity:
        of the meshes over it, 0..1. texture: (h, w, 4) uint8 RGB and gloss at uv (V, 2) 0..1, in
        place of colours. normals: (V, 3) of all meshes, computed if None. Triangles with a vertex
        that is not finite are left out. Faces, colours, textures and uv that are passed again are
        taken to be unchanged.
        """
        rasterizer = self._checked()
        picture = self._ground(background)
        meshes = [vertices] if isinstance(vertices, np.ndarray) else list(vertices)
        triangles, paint = self._prepared(
            meshes, faces, colors, None if texture is None else uv)
        positions = np.concatenate([np.asarray(mesh, np.float32) for mesh in meshes])
        known = np.isfinite(positions).all(1)
        if not known.all():
            triangles = triangles[known[triangles].all(1)]
            positions = np.where(known[:, None], positions, np.float32(0.0))
        if len(triangles) == 0:
            return picture
        if normals is None:
            normals = vertex_normals(positions, triangles)
        layer = rasterizer.draw(
            positions, np.ascontiguousarray(normals, np.float32), paint, triangles, float(focal),
            np.asarray(centre, float), texture)
        return _laid_over(picture, layer, opacity, self._soften)

    def depth(self) -> np.ndarray:
        """(height, width) float32: metres along the optical axis in the last picture, inf where
        there is no mesh, so that ``np.isfinite`` is its mask."""
        return self._checked().depth()

    def release(self) -> None:
        """Free the context and its memory; the renderer cannot be used any more."""
        if self._rasterizer is not None:
            self._checked().release()
            self._rasterizer = None

    def __enter__(self) -> MeshRenderer:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def _checked(self) -> GlRasterizer | SoftwareRasterizer:
        if self._rasterizer is None:
            raise KinesicsError("This renderer was released; make another one.")
        if threading.get_ident() != self._thread:
            raise KinesicsError(
                "A renderer belongs to the thread that made it; make one in each thread.")
        return self._rasterizer

    def _ground(self, background: np.ndarray | None) -> np.ndarray:
        shape = self.height, self.width, 3
        if background is None:
            return np.zeros(shape, np.uint8)
        if background.shape != shape or background.dtype != np.uint8:
            raise KinesicsError(
                f"The background must be {self.width} x {self.height} RGB uint8, got "
                f"{background.dtype} {background.shape}.")
        return background.copy()

    def _prepared(
        self, meshes: list[np.ndarray], faces: np.ndarray | Sequence[np.ndarray],
        colors: ArrayLike | Sequence[ArrayLike], uv: np.ndarray | None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """All triangles (F, 3) int32 and what is painted on all vertices (V, 4), kept for as long
        as the same objects come in."""
        given = faces, colors, uv
        counts = [len(mesh) for mesh in meshes]
        same = all(a is b for a, b in zip(given, self._given, strict=True))
        if not same or counts != self._counts:
            parts = list(faces) if isinstance(faces, list | tuple) else [faces] * len(meshes)
            starts = np.cumsum([0, *counts[:-1]])
            self._triangles = np.concatenate(
                [np.asarray(part) + start for part, start in zip(parts, starts, strict=True)]
            ).astype(np.int32)
            if uv is not None:
                self._paint = np.zeros((len(uv), 4), np.float32)
                self._paint[:, :2] = uv
            else:
                each = _for_each(colors, len(meshes))
                self._paint = np.concatenate(
                    [_paint(color, count) for color, count in zip(each, counts, strict=True)])
            self._given, self._counts = given, counts
        return self._triangles, self._paint


def vertex_normals(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """(V, 3) float32 unit normals, each the mean of its triangles' by area; outwards."""
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
    return normals


def _for_each(colors: ArrayLike | Sequence[ArrayLike], count: int) -> list[ArrayLike]:
    """One colour, or array of vertex colours, for each of `count` meshes."""
    if isinstance(colors, list | tuple) and colors and np.ndim(np.asarray(colors[0])) > 0:
        return list(colors)
    return [np.asarray(colors)] * count


def _paint(color: ArrayLike, count: int) -> np.ndarray:
    """(count, 4) uint8 RGB and gloss."""
    values = np.broadcast_to(np.asarray(color, np.uint8), (count, np.shape(color)[-1]))
    paint = np.full((count, 4), GLOSS, np.uint8)
    paint[:, :values.shape[1]] = values
    return paint


def _laid_over(
    picture: np.ndarray, layer: np.ndarray, opacity: float, soften: bool
) -> np.ndarray:
    """`layer` (colour times coverage, coverage) on `picture`, changed in place."""
    cover = layer[..., 3]
    rows, columns = np.nonzero(cover.any(1))[0], np.nonzero(cover.any(0))[0]
    if len(rows) == 0:
        return picture
    box = np.s_[rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1]
    under, over = picture[box], layer[box]
    if soften:
        blurred = cv2.GaussianBlur(over, (3, 3), 0.7)
        edge = cv2.inRange(blurred[..., 3], 1, 254)
        over = over.copy()
        cv2.copyTo(blurred, edge, over)
    share = cv2.cvtColor(over[..., 3], cv2.COLOR_GRAY2RGB)
    front = cv2.cvtColor(over, cv2.COLOR_RGBA2RGB)
    if opacity < 1.0:
        share = cv2.convertScaleAbs(share, alpha=max(opacity, 0.0))
        front = cv2.convertScaleAbs(front, alpha=max(opacity, 0.0))
    under[:] = cv2.add(front, cv2.multiply(under, cv2.bitwise_not(share), scale=1.0 / 255.0))
    return picture
