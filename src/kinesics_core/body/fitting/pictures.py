"""What a fitted recording shows: mesh and skeleton on the frame, moments on a sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from kinesics_core.body.fitting.fit import Fit
from kinesics_core.body.model import BodyModel
from kinesics_core.view.fit_pictures import contact_sheet, draw_fit, draw_turned
from kinesics_core.view.mesh import MeshRenderer

DARK = (24, 28, 36)
"""Ground of the pictures of a recording that has none of its own."""

MOMENT_HEIGHT = 320  # px
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
        self._faces, self._parents = body.faces, body.parents
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
            joints=[figure.joints for figure in figures], parents=self._parents.tolist())

    def moment(
        self, figure: Figure, camera: Fit, image: np.ndarray, overlay: np.ndarray,
    ) -> np.ndarray:
        """The frame, the overlay and the mesh from its left, cut to the person, side by side."""
        height, width = image.shape[:2]
        points = project(figure.vertices, camera.focal, camera.centre)
        low, high = points.min(0), points.max(0)
        air = 0.06 * (high - low).max() + 1.0
        x0, y0 = np.clip(low - air, 0, (width - 2, height - 2)).astype(int).tolist()
        x1, y1 = np.clip(high + air, (x0 + 2, y0 + 2), (width, height)).astype(int).tolist()
        wide = int(np.clip(MOMENT_HEIGHT * (x1 - x0) / (y1 - y0), 80, 640))
        cuts = [cv2.resize(part[y0:y1, x0:x1], (wide, MOMENT_HEIGHT), interpolation=cv2.INTER_AREA)
                for part in (image, overlay)]
        turned = draw_turned(
            self._renderer(240, MOMENT_HEIGHT), [figure.vertices], self._faces, 90.0,
            persons=[figure.person])
        return np.hstack([*cuts, turned])

    def _renderer(self, width: int, height: int) -> MeshRenderer:
        if (width, height) not in self._renderers:
            self._renderers[width, height] = MeshRenderer(width, height)
        return self._renderers[width, height]


def project(points: np.ndarray, focal: float, centre: np.ndarray) -> np.ndarray:
    """(N, 2) pixels of (N, 3) metres; what is behind the camera is put at its nearest depth."""
    depth = np.maximum(points[:, 2:3], NEAREST)
    return focal * points[:, :2] / depth + np.asarray(centre, float)


def sheet(moments: Sequence[np.ndarray], labels: Sequence[str]) -> np.ndarray:
    """All moments on one page, near 4:3."""
    widest = max(moment.shape[1] for moment in moments)
    return contact_sheet(moments, labels, cell=(widest, MOMENT_HEIGHT))


def jpeg(picture: np.ndarray, quality: int = 90) -> bytes:
    """The bytes of a .jpg of an RGB picture."""
    _, data = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR),
                           [cv2.IMWRITE_JPEG_QUALITY, quality])
    return data.tobytes()
