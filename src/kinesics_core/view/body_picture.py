"""A whole body as a picture, as it is: somebody in front of a wall, seen by a camera that rests.

    picture = BodyPicture((720, 800))
    image = picture.draw(body_pose=..., expression=..., transl=...)    # (800, 720, 3) uint8 RGB

The camera neither follows nor draws near, so that what moves is the body. ``view.avatar`` draws the
robot with a large head, for people to talk to; this one is for looking at movement.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from kinesics_core.body import model as body_model
from kinesics_core.camera import MODEL_TO_OPTICAL
from kinesics_core.errors import KinesicsError
from kinesics_core.render.character import Character, build_character
from kinesics_core.render.identities import PLAIN
from kinesics_core.render.mesh import MeshRenderer

VIEWS = {"whole": (-1.02, 1.20), "hips": (-0.26, 1.18)}
"""Name of a view -> height of its lower and upper edge above the pelvis of the T-pose, metres, for
a body of the height ``STATURE``; raised arms are within."""

STATURE = 1.69
"""Height of the open body's mean shape, metres."""

DISTANCE = 4.5
"""From the camera to the body, metres."""

SHORTEST_EDGE = 0.009
"""Shortest edge of the mesh outside of the face, metres."""

WALL, FLOOR = ((150, 155, 164), (104, 109, 119)), (128, 126, 124)
"""Colours of the wall behind the body and at the picture's corners, and of the floor, RGB."""

_SHADOW = 0.34, 0.11  # of the feet on the floor: half its width and depth, metres
_DARK = 0.45


@lru_cache(maxsize=2)
def body_character(gender: str = "neutral") -> Character:
    """Return somebody with the open body, dressed, whole."""
    return build_character(
        body_model.load(gender=gender), PLAIN.palette, shortest_edge=SHORTEST_EDGE)


class BodyPicture:
    """Drawer of one body at one size; it belongs to the thread that made it.

    Args:
        size: Width and height, px.
        view: One of ``VIEWS``.
        betas: (B,) shape, standard deviations; None: the mean one.
        gender: Of the open body.
        smooth: See ``MeshRenderer``; for small pictures.

    Raises:
        KinesicsError: There is no such view.
    """

    def __init__(
        self, size: tuple[int, int], view: str = "whole", *, betas: np.ndarray | None = None,
        gender: str = "neutral", smooth: bool = False,
    ) -> None:
        if view not in VIEWS:
            raise KinesicsError(f"Got the view {view!r}; use one of {', '.join(VIEWS)}.")
        self.size = size
        self.character = body_character(gender)
        self._betas = None if betas is None else np.asarray(betas, np.float32)[None]
        self._renderer = MeshRenderer(*size, smooth=smooth)
        if self._renderer.backend == "software":
            self._renderer = MeshRenderer(size[0] // 2, size[1] // 2)
        width, height = self._renderer.width, self._renderer.height
        still, _, _ = self.character.pose(**self._shape())
        floor, top = float(still[:, 1].min()), float(still[:, 1].max())
        low, high = (edge * (top - floor) / STATURE for edge in VIEWS[view])
        self._scale = height / (high - low)
        self._place = np.array([0.0, 0.5 * (low + high), DISTANCE], np.float32)
        self._centre = (0.5 * width, 0.5 * height)
        self._ground = _room(width, height, self._scale, self._place[1] - floor)

    def draw(self, **parameters: np.ndarray) -> np.ndarray:
        """Draw one pose.

        Args:
            **parameters: As ``skinning.vertices`` takes them, model axes, with a leading axis of 1.

        Returns:
            (height, width, 3) uint8 RGB.
        """
        vertices, normals, _ = self.character.pose(**self._shape(), **parameters)
        weights = parameters["expression"][0] if "expression" in parameters else None
        mesh = self.character.mesh(
            vertices * MODEL_TO_OPTICAL + self._place, normals * MODEL_TO_OPTICAL, weights)
        image = self._renderer.render(
            mesh, self._scale * DISTANCE, self._centre, background=self._ground)
        if image.shape[1::-1] != self.size:
            image = cv2.resize(image, self.size, interpolation=cv2.INTER_LINEAR)
        return image

    def _shape(self) -> dict[str, np.ndarray]:
        return {} if self._betas is None else {"betas": self._betas}


def _room(width: int, height: int, scale: float, floor: float) -> np.ndarray:
    """Return wall and floor, with a shadow where the body stands.

    Args:
        width: Of the picture, px.
        height: Of the picture, px.
        scale: Pixels per metre at the body.
        floor: Metres from the picture's middle down to the floor.
    """
    x = np.linspace(-1, 1, width, dtype=np.float32)[None]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    near = np.exp(-1.1 * (x * x + (y + 0.1) ** 2))[..., None]
    wall, corner = (np.array(color, np.float32) for color in WALL)
    image = corner + (wall - corner) * near
    # The floor's far edge lies a metre behind the body.
    edge = 0.5 * height + floor * scale * DISTANCE / (DISTANCE + 1.0)
    down = np.clip((np.arange(height, dtype=np.float32) - edge) / (0.02 * height), 0.0, 1.0)
    down = down[:, None, None]
    image += down * (np.array(FLOOR, np.float32) - image)
    across = (np.arange(width, dtype=np.float32)[None] - 0.5 * width) / (_SHADOW[0] * scale)
    # Seen at the slope of the camera's height over its distance.
    depth = max(_SHADOW[1] * scale * floor / DISTANCE * 4.0, 1.0)
    along = (np.arange(height, dtype=np.float32)[:, None] - 0.5 * height - floor * scale) / depth
    dark = _DARK * np.exp(-(across**2 + along**2))[..., None]
    return np.clip(image * (1.0 - dark), 0, 255).astype(np.uint8)
