"""A portrait of a face exactly as it is given: no exaggeration, no added smile.

    picture = FacePicture(640, 480)
    image = picture.draw(weights)                    # (480, 640, 3) uint8 RGB

What is measured on faces looks at this one: read-back by perception, the metric, data sets. The
same input gives the same bytes on the same machine and backend.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from kinesics_core.camera import MODEL_TO_OPTICAL
from kinesics_core.errors import KinesicsError
from kinesics_core.render.character import Character, build_character
from kinesics_core.render.character_texture import face_landmarks
from kinesics_core.render.face_controls import gaze_shares, head_turn, looking
from kinesics_core.render.geometry import Mesh
from kinesics_core.render.identities import PLAIN, Identity
from kinesics_core.render.lights import STUDIO, Lights
from kinesics_core.render.mesh import MeshRenderer
from kinesics_core.skeletons import ARKIT_BLENDSHAPES, SMPLX_BODY

DISTANCE = 1.1
"""From the camera to the head, metres: a portrait's."""

PORTRAIT, TALKING = 0.82, 0.36
"""Heights of the head as a share of the picture's: nearly all of it; at talking distance."""

SMALLEST = 64
"""Pixels of width and height."""

SHORTEST_EDGE = 0.009
"""Shortest edge of the mesh outside of the face, metres."""

BACKDROP = ((124, 130, 140), (72, 77, 88))
"""Colours of the wall behind the head and at the picture's corners, RGB."""

CHIN = 8
"""Index of the chin among the 68 landmarks."""

JOINTS = {name: index for index, name in enumerate(SMPLX_BODY)}


class FacePicture:
    """Drawer of one person's face at one size.

    Any thread may call it; each has a renderer of its own.

    Args:
        width: Of the picture, px, at least ``SMALLEST``.
        height: Of the picture, px, at least ``SMALLEST``.
        identity: The person; ``identities.random_identity(seed)`` makes more of them.
        lights: The setup; ``lights.SETUPS`` has more of them.
        head_share: Height of the head as a share of the picture's, ``PORTRAIT``, ``TALKING`` or
            what lies between .1 and 1.5.
        backend: As ``MeshRenderer`` takes it: "auto" is OpenGL if it is there, else software.

    Attributes:
        character: The person, ready to be posed.
        backend: "egl" or "software", what draws.

    Raises:
        KinesicsError: The size, share or backend cannot be had.
    """

    def __init__(
        self, width: int = 640, height: int = 480, *, identity: Identity = PLAIN,
        lights: Lights = STUDIO, head_share: float = PORTRAIT, backend: str = "auto",
    ) -> None:
        if width < SMALLEST or height < SMALLEST:
            raise KinesicsError(
                f"Got a face's picture of {width} x {height}; wanted {SMALLEST} x {SMALLEST} "
                "pixels or more. Enlarge it.")
        if not 0.1 <= head_share <= 1.5:
            raise KinesicsError(
                f"Got a head of {head_share} of the picture's height; give a share from 0.1 "
                f"(far) to 1.5 (very close); {PORTRAIT} is a portrait.")
        self.width, self.height = int(width), int(height)
        self._view = _View.of(identity, self.width, self.height, head_share)
        self.character = self._view.character
        self._backdrop = _backdrop(self.width, self.height)
        self._make: Callable[[], MeshRenderer] = lambda: MeshRenderer(
            self.width, self.height, backend=backend, lights=lights)
        self._local = threading.local()
        self.backend = self._renderer().backend

    def draw(
        self, blendshapes: ArrayLike, gaze: ArrayLike | None = None,
        head: ArrayLike | None = None, background: np.ndarray | None = None,
    ) -> np.ndarray:
        """Draw a face.

        Args:
            blendshapes: (52,) weights 0..1 in the order of ``skeletons.ARKIT_BLENDSHAPES``.
            gaze: (2,) azimuth (left positive) and elevation of both eyes, radians; None looks
                where the eyeLook shapes say.
            head: (3,) roll, pitch and yaw relative to the torso, radians, REP-103 (x forward, y
                left, z up); None is upright.
            background: (height, width, 3) uint8 RGB; None is a plain wall.

        Returns:
            (height, width, 3) uint8 RGB.

        Raises:
            KinesicsError: Numbers are missing, not finite or out of range.
        """
        weights = checked_weights(blendshapes)
        angles = _finite("gaze", (0.0, 0.0) if gaze is None else gaze, 2)
        turn = _finite("head", (0.0, 0.0, 0.0) if head is None else head, 3)
        mesh = self._view.mesh(weights, angles, turn)
        return self._renderer().render(
            mesh, self._view.focal, (self.width / 2, self.height / 2),
            background=self._backdrop if background is None else background)

    def _renderer(self) -> MeshRenderer:
        renderer: MeshRenderer | None = getattr(self._local, "renderer", None)
        if renderer is None:
            renderer = self._local.renderer = self._make()
        return renderer


def checked_weights(blendshapes: ArrayLike) -> np.ndarray:
    """Return weights as (52,) float32, 0..1.

    Raises:
        KinesicsError: They are not 52 finite numbers from 0 to 1 (a thousandth beyond is cut).
    """
    count = len(ARKIT_BLENDSHAPES)
    weights = _finite("blendshapes", blendshapes, count)
    wrong = np.flatnonzero((weights < -1e-3) | (weights > 1.0 + 1e-3))
    if len(wrong):
        raise KinesicsError(
            f"Got {ARKIT_BLENDSHAPES[wrong[0]]} = {weights[wrong[0]]:g}; a face is drawn as "
            "given, with weights from 0 (rest) to 1 (full). Clip them first.")
    return np.clip(weights, 0.0, 1.0)


def _finite(name: str, values: ArrayLike, count: int) -> np.ndarray:
    """Return ``count`` finite numbers as float32."""
    try:
        array = np.asarray(values, np.float32)
    except (TypeError, ValueError) as error:
        raise KinesicsError(
            f"Got {name} that are no numbers ({error}); give {count} numbers.") from error
    if array.shape != (count,):
        raise KinesicsError(f"Got {name} of shape {array.shape}; a face needs ({count},).")
    if not np.isfinite(array).all():
        raise KinesicsError(
            f"Got {name} with {int((~np.isfinite(array)).sum())} of {count} numbers not finite; "
            "a face needs numbers. Put 0 for what is unknown.")
    return array


@dataclass(frozen=True, eq=False)
class _View:
    """A character before a camera.

    Attributes:
        character: The person.
        place: (3,) of the pelvis in optical axes, metres.
        focal: Focal length, px.
    """

    character: Character
    place: np.ndarray
    focal: float

    @classmethod
    def of(cls, identity: Identity, width: int, height: int, head_share: float) -> _View:
        body = identity.body()
        top = float(body.template[:, 1].max())
        chin = float(face_landmarks(body)[CHIN, 1])
        size = top - chin
        focal = min(head_share * height, 1.1 * head_share * width) * DISTANCE / size
        # The picture's lower edge, and what of shoulders and chest comes into it by a turn.
        seen = 0.5 * height * DISTANCE / focal
        middle = 0.5 * (top + chin)
        lowest = min(middle - 1.2 * seen - 0.05, chin - 0.12)
        # In steps of 5 cm, so that pictures of about one size share the person.
        character = _character(identity, round(math.floor(lowest / 0.05) * 0.05, 2))
        depth = float(body.joint_template[JOINTS["head"], 2])
        return cls(character, np.array([0.0, middle, DISTANCE + depth], np.float32), focal)

    def mesh(self, weights: np.ndarray, angles: np.ndarray, turn: np.ndarray) -> Mesh:
        pose = np.zeros((1, 21, 3), np.float32)
        pose[0, JOINTS["left_shoulder"] - 1, 2] = -1.25
        pose[0, JOINTS["right_shoulder"] - 1, 2] = 1.25
        # Half of the turn in the neck, half in the head.
        pose[0, JOINTS["neck"] - 1] = pose[0, JOINTS["head"] - 1] = 0.5 * head_turn(turn)
        shown = looking(weights, *gaze_shares(weights, angles))
        vertices, normals, _ = self.character.pose(body_pose=pose, **shown)
        return self.character.mesh(
            vertices * MODEL_TO_OPTICAL + self.place, normals * MODEL_TO_OPTICAL,
            shown["expression"][0])


@lru_cache(maxsize=16)
def _character(identity: Identity, lowest: float) -> Character:
    """Return a person down to a height; built once, as it takes a second."""
    return build_character(
        identity.body(), identity.palette, shortest_edge=SHORTEST_EDGE, lowest=lowest)


def _backdrop(width: int, height: int) -> np.ndarray:
    x = np.linspace(-1, 1, width, dtype=np.float32)[None]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    near = np.exp(-0.9 * (x * x + (y + 0.2) ** 2))[..., None]
    middle, corner = (np.array(color, np.float32) for color in BACKDROP)
    return (corner + (middle - corner) * near).round().astype(np.uint8)
