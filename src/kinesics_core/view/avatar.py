"""The robot as a picture: the open body, dressed, moved by the SMPL-X pose and the 52 blendshapes.

A portrait seen from the front: near while the arms hang, from the hips up for a gesture, and for a
wide gesture the camera draws back. Left is the robot's left, which is the right of the picture.

What is measured on faces looks at ``render.face_picture``, which draws them as they are.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

import cv2
import numpy as np

from kinesics_core.body import model as body_model
from kinesics_core.body.model import BodyModel
from kinesics_core.camera import MODEL_TO_OPTICAL
from kinesics_core.render.character import (
    Character,
    Proportions,
    build_character,
)
from kinesics_core.render.face_controls import gaze_shares, head_turn, looking
from kinesics_core.render.identities import ROBOT
from kinesics_core.render.mesh import MeshRenderer
from kinesics_core.skeletons import ARKIT_BLENDSHAPES, BLENDSHAPE_INDEX, SMPLX_BODY
from kinesics_core.types import BodyPose, FacePose

PALETTE = ROBOT
BACKDROP = ((58, 68, 90), (22, 26, 37))

PROPORTIONS = Proportions(head=1.5, eyes=1.3, arms=0.8)
"""A large head with large eyes, as of a drawn character: the face is what the robot speaks with.
Gestures of shorter arms need less room."""

EXAGGERATION = 1.1
"""Factor on expressions, for the same reason."""

RESTING_SMILE = 0.10
"""mouthSmile of a face that shows nothing else: the robot's own, friendly one."""

SHORTEST_EDGE = 0.009
"""Shortest edge of the mesh outside of the face, metres: about five pixels."""

LOWEST = -0.75
"""Metres above the pelvis. What lies lower is out of the picture in every pose."""

DISTANCE = 2.6
"""From the camera to the robot, metres."""

VIEW = 0.92, 1.14
"""Width and height at the robot that any picture holds, metres."""

HEAD, WIDEST = 0.42, 1.5
"""Height of the head above the middle of the view, metres; how many times larger it gets at most.
"""

CLOSE, CLOSE_PIVOT = 0.66, 0.53
"""Size of the nearest view as a share of ``VIEW``, and the height above its middle that stays where
it is in the picture, metres: the top of the head."""

LOW_HANDS, RAISED_HANDS = 0.0, 0.36
"""Heights of the higher hand above the pelvis at which the camera is near, and has drawn back."""

PLACE = np.array([0.0, 0.45, DISTANCE], np.float32)
"""The robot's pelvis in the camera's optical axes: the middle of the view is .45 m above it."""

EXAGGERATED = np.array([
    name.startswith(("brow", "mouthSmile", "mouthFrown", "mouthStretch", "noseSneer", "eyeWide"))
    for name in ARKIT_BLENDSHAPES
])
"""(52,) shapes by which lids and lips do not have to meet."""

JOINTS = {name: index for index, name in enumerate(SMPLX_BODY)}
FINGERS = slice(25, 55)
"""The joints of both hands' fingers, SMPL-X."""


class Avatar:
    """Renderer of the robot's picture at one size.

    Any thread may call it, and each has a renderer of its own; without OpenGL it draws at half the
    size and enlarges.

    Args:
        width: Of the picture, px, at least 120.
        height: Of the picture, px, at least 120.
        model: The body; None for the open one.
        stylised: True exaggerates expressions by ``EXAGGERATION`` and adds ``RESTING_SMILE``;
            False shows them as they are.

    Raises:
        ValueError: The picture is too small.
    """

    def __init__(
        self, width: int = 640, height: int = 720, model: BodyModel | None = None, *,
        stylised: bool = True,
    ) -> None:
        if width < 120 or height < 120:
            raise ValueError(f"Got an avatar of {width} x {height}; it needs 120 x 120 pixels.")
        self.width, self.height = int(width), int(height)
        self.character = avatar_character(model)
        self._stylised = stylised
        self._views = threading.local()

    def render(self, face: FacePose | None, body: BodyPose | None) -> np.ndarray:
        """Return a picture, (height, width, 3) uint8 RGB. None or nan parts are neutral."""
        view = getattr(self._views, "view", None)
        if view is None:
            view = self._views.view = _View.of(self.width, self.height)
        parameters = pose_parameters(face, body, stylised=self._stylised)
        vertices, normals, joints = self.character.pose(**parameters)
        mesh = self.character.mesh(
            vertices * MODEL_TO_OPTICAL + PLACE, normals * MODEL_TO_OPTICAL,
            parameters["expression"][0] if "expression" in parameters else None)
        image = view.renderer.render(
            mesh, *view.zoomed(_reach(joints)), background=view.backdrop)
        if image.shape[:2] != (self.height, self.width):
            image = cv2.resize(image, (self.width, self.height), interpolation=cv2.INTER_LINEAR)
        return image


def avatar_character(
    model: BodyModel | None = None, *, shortest_edge: float = SHORTEST_EDGE,
    lowest: float | None = LOWEST,
) -> Character:
    """Return the robot's character, posed by ``pose_parameters``; see ``build_character``."""
    return build_character(
        body_model.load() if model is None else model, PALETTE, PROPORTIONS,
        shortest_edge=shortest_edge, lowest=lowest)


@dataclass(frozen=True, eq=False)
class _View:
    """A renderer and its camera."""

    renderer: MeshRenderer
    focal: float
    centre: tuple[float, float]
    backdrop: np.ndarray

    @classmethod
    def of(cls, width: int, height: int) -> _View:
        renderer = MeshRenderer(width, height, smooth=False)
        if renderer.backend == "software":
            renderer = MeshRenderer(width // 2, height // 2)
        width, height = renderer.width, renderer.height
        scale = min(width / VIEW[0], height / VIEW[1])
        # What a tall picture has to spare goes below for the most part.
        middle = 0.25 * (height - VIEW[1] * scale) + 0.5 * VIEW[1] * scale
        return cls(renderer, scale * DISTANCE, (width / 2, middle), _backdrop(width, height))

    def zoomed(self, reach: float) -> tuple[float, tuple[float, float]]:
        """Return focal length and centre, px, of a view ``reach`` times as large.

        The head's height in the picture stays, or of a nearer view that of its top.
        """
        x, y = self.centre
        pivot = HEAD if reach > 1.0 else CLOSE_PIVOT
        return self.focal / reach, (x, y - pivot * self.focal / DISTANCE * (1 - 1 / reach))


def _reach(joints: np.ndarray) -> float:
    """Return how many times larger than ``VIEW`` the picture must be to hold the hands.

    It is ``CLOSE`` to ``WIDEST`` and follows from the pose alone: the camera draws back as smoothly
    as the arms rise. While they hang nothing but the face speaks, and the camera is near.
    """
    hands = joints[FINGERS]
    aside = (np.abs(hands[:, 0]).max() + 0.06) / (0.5 * VIEW[0])
    above = (hands[:, 1].max() + 0.06 - PLACE[1]) / (0.5 * VIEW[1])
    low, high = 0.96, WIDEST
    wanted = np.clip((max(aside, above) - low) / (high - low), 0.0, 1.0)
    # Bends softly at both ends, and lies above the wanted size in between.
    wide = 1.0 + (high - 1.0) * wanted * (2.0 - wanted)
    rise = (hands[:, 1].max() - LOW_HANDS) / (RAISED_HANDS - LOW_HANDS)
    out = (np.abs(hands[:, 0]).max() - 0.34) / 0.22
    raised = np.clip(max(rise, out), 0.0, 1.0)
    return float(wide * (CLOSE + (1.0 - CLOSE) * raised * raised * (3.0 - 2.0 * raised)))


def pose_parameters(
    face: FacePose | None, body: BodyPose | None, *, stylised: bool = True
) -> dict[str, np.ndarray]:
    """Return what ``Character.pose`` needs to show a face on a body.

    None or nan parts are neutral. The face's head pose, relative to the torso, takes the place of
    the body's neck and head.
    """
    pose = np.zeros((21, 3), np.float32)
    given: dict[str, np.ndarray] = {}
    if body is None:
        pose[JOINTS["left_shoulder"] - 1, 2] = -1.25
        pose[JOINTS["right_shoulder"] - 1, 2] = 1.25
    else:
        pose[:] = np.nan_to_num(body.body_pose)
        given["transl"] = _one(body.transl)
        given["global_orient"] = _one(body.global_orient)
        given["left_hand_pose"], given["right_hand_pose"] = (
            _one(body.left_hand), _one(body.right_hand))
    if face is not None:
        # Half of the turn in the neck, half in the head.
        pose[JOINTS["neck"] - 1] = pose[JOINTS["head"] - 1] = 0.5 * head_turn(face.head)
        weights = np.clip(np.nan_to_num(face.blendshapes), 0.0, 1.0).astype(np.float32)
        shown = _exaggerated(weights) if stylised else weights
        given |= looking(shown, *gaze_shares(weights, face.gaze))
    given["body_pose"] = pose[None]
    return given


def _exaggerated(weights: np.ndarray) -> np.ndarray:
    """Return weights (52,) as the avatar shows them.

    They are exaggerated where lids and lips do not have to meet, with a friendly mouth at rest.
    """
    weights = np.where(EXAGGERATED, EXAGGERATION, 1.0).astype(np.float32) * weights
    for side in ("Left", "Right"):
        smile, frown = (BLENDSHAPE_INDEX[f"mouth{shape}{side}"] for shape in ("Smile", "Frown"))
        weights[smile] = max(weights[smile], RESTING_SMILE * (1.0 - weights[frown]))
    return weights


def _one(part: np.ndarray) -> np.ndarray:
    return np.nan_to_num(np.asarray(part, np.float32))[None]


def _backdrop(width: int, height: int) -> np.ndarray:
    x = np.linspace(-1, 1, width, dtype=np.float32)[None]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    near = np.exp(-1.1 * (x * x + (y + 0.25) ** 2))[..., None]
    a, b = (np.array(color, np.float32) for color in BACKDROP)
    return np.clip(b + (a - b) * near, 0, 255).astype(np.uint8)
