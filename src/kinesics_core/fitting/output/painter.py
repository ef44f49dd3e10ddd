"""Pictures of a fitted recording: mesh and skeleton on the frame, and cells of a contact sheet."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from kinesics_core.body.model import BodyModel
from kinesics_core.camera import project
from kinesics_core.fitting.fit import Fit
from kinesics_core.fitting.output.drawing import (
    PosedPerson,
    Topology,
    contact_sheet,
    draw_fit,
    draw_from_left,
)
from kinesics_core.render.mesh import MeshRenderer

DARK = (24, 28, 36)
"""Ground of the pictures of a recording that has none of its own."""

CELL = (230, 310)
"""Width and height, px, of the three pictures that make a cell of the contact sheet."""

NEAREST = 0.05
"""Metres: what is nearer to the camera has no place in its image."""


class Painter:
    """Draws people of one body; keeps a renderer for each size of picture.

    It belongs to the thread that made it.
    """

    def __init__(self, body: BodyModel) -> None:
        """Draw meshes and skeletons of ``body``."""
        # Lines from the head to jaw and eyes hide the face and show nothing.
        parents = [-1 if name == "jaw" or "eye" in name else int(parent)
                   for name, parent in zip(body.joint_names, body.parents, strict=True)]
        self._topology = Topology(body.faces, parents)
        self._renderers: dict[tuple[int, int], MeshRenderer] = {}

    def __enter__(self) -> Painter:
        """Return the painter; its renderers are released when the block ends."""
        return self

    def __exit__(self, *_: object) -> None:
        for renderer in self._renderers.values():
            renderer.release()
        self._renderers.clear()

    def overlay(
        self, image: np.ndarray, people: Sequence[PosedPerson], camera: Fit
    ) -> np.ndarray:
        """Return a copy of an image with people on it, as the camera of a fit sees them.

        Args:
            image: (H, W, 3) uint8 RGB.
            people: Whom to draw.
            camera: Fit whose focal length and centre are taken.
        """
        return draw_fit(self._renderer(image.shape[1], image.shape[0]), image, people,
                        self._topology, (camera.focal, camera.centre))

    def sheet_cell(
        self, person: PosedPerson, camera: Fit, image: np.ndarray, overlay: np.ndarray
    ) -> np.ndarray:
        """Return frame, overlay and the mesh from its left, cut to the person, side by side.

        Args:
            person: Whom the cell shows.
            camera: Fit whose focal length and centre are taken.
            image: (H, W, 3) uint8 RGB, the frame.
            overlay: (H, W, 3) uint8 RGB, the same with the person on it.

        Returns:
            (310, 690, 3) uint8 RGB, see ``CELL``.
        """
        height, width = image.shape[:2]
        points = project(person.vertices, camera.focal, np.asarray(camera.centre, float), NEAREST)
        centre, extent = (points.max(0) + points.min(0)) / 2, 1.1 * np.ptp(points, axis=0)
        high = max(extent[1], extent[0] * CELL[1] / CELL[0])
        size = np.clip(high * np.array([CELL[0] / CELL[1], 1.0]), 2, (width, height))
        x0, y0 = np.clip(centre - size / 2, 0, (width, height) - size).astype(int).tolist()
        x1, y1 = x0 + int(size[0]), y0 + int(size[1])
        scale = min(CELL[0] / (x1 - x0), CELL[1] / (y1 - y0))
        wide, high = max(round(scale * (x1 - x0)), 1), max(round(scale * (y1 - y0)), 1)
        picture = np.empty((CELL[1], 3 * CELL[0], 3), np.uint8)
        picture[:] = DARK
        for column, part in enumerate((image, overlay)):
            left = column * CELL[0] + (CELL[0] - wide) // 2
            top = (CELL[1] - high) // 2
            picture[top : top + high, left : left + wide] = cv2.resize(
                part[y0:y1, x0:x1], (wide, high), interpolation=cv2.INTER_AREA)
        picture[:, 2 * CELL[0] :] = draw_from_left(
            self._renderer(*CELL), [person], self._topology.faces)
        return picture

    def _renderer(self, width: int, height: int) -> MeshRenderer:
        if (width, height) not in self._renderers:
            # Of large pictures, several samples a pixel would take longer than all the rest.
            smooth = width * height < 500_000
            self._renderers[width, height] = MeshRenderer(width, height, smooth=smooth)
        return self._renderers[width, height]


def sheet(cells: Sequence[np.ndarray], labels: Sequence[str]) -> np.ndarray:
    """Return all cells on one page, near 4:3."""
    return contact_sheet(cells, labels, cell=(3 * CELL[0], CELL[1]))


def jpeg(picture: np.ndarray, quality: int = 90) -> bytes:
    """Return the bytes of a .jpg of an RGB picture."""
    _, data = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR),
                           [cv2.IMWRITE_JPEG_QUALITY, quality])
    return data.tobytes()
