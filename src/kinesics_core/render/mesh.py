"""Triangle meshes as a camera sees them: lit, antialiased, opaque or laid over a picture.

    renderer = MeshRenderer(640, 480)
    picture = renderer.render(
        Mesh(vertices, faces), focal=800.0, centre=(320, 240), background=frame)

The camera is that of ``kinesics_core.camera``; pixel i reaches from i to i + 1.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import ArrayLike

from kinesics_core.errors import KinesicsError
from kinesics_core.render.geometry import Mesh, MeshJoiner
from kinesics_core.render.lights import STUDIO, Lights
from kinesics_core.render.mesh_gl import GlRasterizer
from kinesics_core.render.mesh_software import SoftwareRasterizer

log = logging.getLogger(__name__)


class MeshRenderer:
    """Renderer of meshes at one size.

    It belongs to the thread that made it. Release it with ``release`` or ``with``.

    Args:
        width: Of the pictures, px.
        height: Of the pictures, px.
        backend: "egl" is OpenGL without a window; "software" needs nothing but numpy and OpenCV,
            is about ten times slower and gives the same picture; "auto" takes the first that works.
        smooth: True takes four samples of a pixel; False one, and softens the outline afterwards,
            which is twice as fast where a CPU has to do it.
        lights: The setup the meshes are lit by.

    Attributes:
        backend: The one in use, "egl" or "software".

    Raises:
        KinesicsError: The size or backend cannot be had, or a call comes from another thread.
    """

    def __init__(
        self, width: int, height: int, *, backend: str = "auto", smooth: bool = True,
        lights: Lights = STUDIO,
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
                self._rasterizer = GlRasterizer(
                    self.width, self.height, 4 if smooth else 1, lights)
            except Exception as error:
                # moderngl, its loader and the driver each have errors of their own.
                if backend == "egl":
                    raise KinesicsError(
                        f"OpenGL cannot be had without a window here ({error}); install libegl1 "
                        "and libgl1-mesa-dri, or use the backend software.") from error
                log.info("No OpenGL (%s); meshes are drawn in software.", error)
        if self._rasterizer is None:
            self._rasterizer = SoftwareRasterizer(self.width, self.height, lights)
        self._joiner = MeshJoiner()
        self._soften = not smooth and isinstance(self._rasterizer, GlRasterizer)
        self.backend = "egl" if isinstance(self._rasterizer, GlRasterizer) else "software"

    def render(
        self,
        meshes: Mesh | Sequence[Mesh],
        focal: float,
        centre: ArrayLike,
        *,
        background: np.ndarray | None = None,
        opacity: float = 1.0,
    ) -> np.ndarray:
        """Draw meshes as a pinhole camera sees them.

        Args:
            meshes: One or several. Faces, colours and textures that are passed again are taken to
                be unchanged.
            focal: Focal length, px.
            centre: (2,) principal point, px.
            background: (height, width, 3) uint8 RGB; black if None.
            opacity: Of the meshes over the background, 0..1.

        Returns:
            (height, width, 3) uint8 RGB.

        Raises:
            KinesicsError: The background has another size, or one of several meshes is textured.
        """
        rasterizer = self._checked()
        picture = self._ground(background)
        arrays = self._joiner.join([meshes] if isinstance(meshes, Mesh) else meshes)
        if len(arrays.faces) == 0:
            return picture
        layer = rasterizer.draw(arrays, float(focal), np.asarray(centre, float))
        return _laid_over(picture, layer, opacity, self._soften)

    def depth(self) -> np.ndarray:
        """Return (height, width) float32 metres along the optical axis in the last picture.

        It is inf where there is no mesh, so that ``np.isfinite`` is its mask.
        """
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


def _laid_over(
    picture: np.ndarray, layer: np.ndarray, opacity: float, soften: bool
) -> np.ndarray:
    """Blend ``layer`` (colour times coverage, coverage) on ``picture`` in place; return that."""
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
