"""What a fitted recording shows: mesh and skeleton on the frame, moments on a sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from kinesics_core.body.model import BodyModel
from kinesics_core.fitting.fit import Fit
from kinesics_core.fitting.output.fit_pictures import contact_sheet, draw_fit, draw_turned
from kinesics_core.render.mesh import MeshRenderer

DARK = (24, 28, 36)
"""Ground of the pictures of a recording that has none of its own."""

MOMENT = (230, 310)
"""Width and height of the three pictures of a moment, px."""

NEAREST = 0.05  # metres; what is nearer to the camera has no place in its image


@dataclass(frozen=True, slots=True)
class Figure:
    """One person at one moment. vertices: (V, 3) and joints: (J, 3) metres in camera coordinates;
    person: the id, which gives the colour."""

    vertices: np.ndarray
    joints: np.ndarray
    person: int


class Painter:
    """Draws figures of one body; keeps a renderer for each size of picture. Belongs to the thread
    that made it."""

    def __init__(self, body: BodyModel) -> None:
        self._faces = body.faces
        # Lines from the head to jaw and eyes hide the face and show nothing.
        self._parents = [-1 if name == "jaw" or "eye" in name else int(parent)
                         for name, parent in zip(body.joint_names, body.parents, strict=True)]
        self._renderers: dict[tuple[int, int], MeshRenderer] = {}

    def __enter__(self) -> Painter:
        return self

    def __exit__(self, *_: object) -> None:
        for renderer in self._renderers.values():
            renderer.release()
        self._renderers.clear()

    def overlay(self, image: np.ndarray, figures: Sequence[Figure], camera: Fit) -> np.ndarray:
        """A copy of ``image``, (H, W, 3) uint8 RGB, with the figures on it, as the camera of a
        fit sees them."""
        return draw_fit(
            self._renderer(image.shape[1], image.shape[0]), image,
            [figure.vertices for figure in figures], self._faces, camera.focal, camera.centre,
            persons=[figure.person for figure in figures],
            joints=[figure.joints for figure in figures], parents=self._parents)

    def moment(
        self, figure: Figure, camera: Fit, image: np.ndarray, overlay: np.ndarray,
    ) -> np.ndarray:
        """The frame, the overlay and the mesh from its left, cut to the person, side by side."""
        height, width = image.shape[:2]
        points = project(figure.vertices, camera.focal, camera.centre)
        centre, extent = (points.max(0) + points.min(0)) / 2, 1.1 * np.ptp(points, axis=0)
        high = max(extent[1], extent[0] * MOMENT[1] / MOMENT[0])
        size = np.clip(high * np.array([MOMENT[0] / MOMENT[1], 1.0]), 2, (width, height))
        x0, y0 = np.clip(centre - size / 2, 0, (width, height) - size).astype(int).tolist()
        x1, y1 = x0 + int(size[0]), y0 + int(size[1])
        scale = min(MOMENT[0] / (x1 - x0), MOMENT[1] / (y1 - y0))
        wide, high = max(round(scale * (x1 - x0)), 1), max(round(scale * (y1 - y0)), 1)
        picture = np.empty((MOMENT[1], 3 * MOMENT[0], 3), np.uint8)
        picture[:] = DARK
        for column, part in enumerate((image, overlay)):
            left = column * MOMENT[0] + (MOMENT[0] - wide) // 2
            top = (MOMENT[1] - high) // 2
            picture[top : top + high, left : left + wide] = cv2.resize(
                part[y0:y1, x0:x1], (wide, high), interpolation=cv2.INTER_AREA)
        picture[:, 2 * MOMENT[0] :] = draw_turned(
            self._renderer(*MOMENT), [figure.vertices], self._faces, 90.0,
            persons=[figure.person])
        return picture

    def _renderer(self, width: int, height: int) -> MeshRenderer:
        if (width, height) not in self._renderers:
            # Of large pictures, several samples a pixel would take longer than all the rest.
            smooth = width * height < 500_000
            self._renderers[width, height] = MeshRenderer(width, height, smooth=smooth)
        return self._renderers[width, height]


def project(points: np.ndarray, focal: float, centre: np.ndarray) -> np.ndarray:
    """(N, 2) pixels of (N, 3) metres; what is behind the camera is put at its nearest depth."""
    depth = np.maximum(points[:, 2:3], NEAREST)
    return focal * points[:, :2] / depth + np.asarray(centre, float)


def sheet(moments: Sequence[np.ndarray], labels: Sequence[str]) -> np.ndarray:
    """All moments on one page, near 4:3."""
    return contact_sheet(moments, labels, cell=(3 * MOMENT[0], MOMENT[1]))


def jpeg(picture: np.ndarray, quality: int = 90) -> bytes:
    """The bytes of a .jpg of an RGB picture."""
    _, data = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR),
                           [cv2.IMWRITE_JPEG_QUALITY, quality])
    return data.tobytes()
