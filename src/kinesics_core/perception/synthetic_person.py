"""A rendered person whose keypoints are known exactly: ground truth for the whole chain.

The figure is the open body of ``models/smplx``, dressed (``render.character``) and drawn through
one pinhole camera; every keypoint is the projection of the body's own. Motion is a function of time
alone, so any frame can be rendered in any order and the same seed always gives the same pictures.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

import cv2
import numpy as np

from kinesics_core.camera import MODEL_TO_OPTICAL, project
from kinesics_core.errors import SourceError
from kinesics_core.perception.synthetic_body import (
    CAST,
    INSIDE,
    JOINT,
    MEDIAPIPE33_FROM,
    Casting,
    head_of,
    load_body,
    pose_parameters,
)
from kinesics_core.perception.synthetic_motion import SyntheticMotion
from kinesics_core.render.mesh import MeshRenderer
from kinesics_core.skeletons import MEDIAPIPE33, MEDIAPIPE33_TO_COCO17, WHOLEBODY133
from kinesics_core.types import Person

HANDS = WHOLEBODY133.index("left_hand_0"), WHOLEBODY133.index("right_hand_0")
"""First keypoints of the hands."""


class SyntheticPerson:
    """A moving figure in front of a plain wall.

    Args:
        width: Of the picture, px.
        height: Of the picture, px.
        seed: Picks the figure, the order of its gestures and its rhythm.
        distance: From the camera to the figure, metres; 2.8 shows the whole body, 1.3 the upper
            body.
        absences: (leave, return) pairs in seconds; between them the figure walks out of the
            picture, stays away and is back at its place at ``return``.

    Attributes:
        focal: Focal length of the camera, px; its principal point is the picture's middle.
        stature: Height of the figure, metres.

    Raises:
        SourceError: Nothing can be drawn at that size or distance.
    """

    def __init__(
        self,
        width: int = 640,
        height: int = 480,
        seed: int = 0,
        *,
        distance: float = 2.8,
        absences: Sequence[tuple[float, float]] = (),
    ) -> None:
        if width < 64 or height < 64:
            raise SourceError(
                f"A synthetic person needs a picture of at least 64 x 64, got {width} x {height}."
            )
        if not 0.8 <= distance <= 20.0:
            raise SourceError(
                f"A synthetic person stands 0.8 to 20 m from the camera, got {distance} m."
            )
        self.width, self.height = int(width), int(height)
        self.distance = float(distance)
        # At the default distance the picture is 2.12 m high: the figure and some air around it.
        self.focal = 1.32 * self.height
        self._centre = (self.width / 2, self.height / 2)
        # A close camera looks at the chest, a far one at the middle of the body.
        self.camera_height = float(np.interp(self.distance, [1.2, 2.8], [1.36, 0.95]))

        random = np.random.default_rng(seed)
        casting = CAST[seed % len(CAST)]
        self._body = load_body(seed % len(CAST))
        exit_distance = 0.5 * self.width / self.focal * self.distance + 0.75
        self._motion = SyntheticMotion(random, absences, exit_distance)
        self.stature = self._body.stature
        self._background = _room(self.width, self.height, casting, self._horizon(), random)
        grain = random.normal(0.0, 1.6, (self.height, self.width, 1)).round().astype(np.int8)
        self._grain_up = np.repeat(np.maximum(grain, 0).astype(np.uint8), 3, axis=2)
        self._grain_down = np.repeat(np.maximum(-grain, 0).astype(np.uint8), 3, axis=2)
        # OpenGL belongs to a thread, and a source is opened in one and read in another.
        self._local = threading.local()

    def render(
        self, t: float, expression: np.ndarray | None = None
    ) -> tuple[np.ndarray, Person | None]:
        """Draw the figure at t seconds.

        Args:
            t: Seconds, any.
            expression: (52,) weights 0..1 in the order of ``skeletons.ARKIT_BLENDSHAPES``; None
                lets the figure blink and change its expression by itself.

        Returns:
            An (H, W, 3) uint8 RGB image and the truth about the person, None while no keypoint is
            in view. A keypoint scores 1 when it is visible, 0.5 when another part of the figure
            hides it, and is nan with score 0 outside of the image.
        """
        weights = self._motion.expression(t) if expression is None else \
            np.asarray(expression, np.float32)
        character = self._body.character
        vertices, normals, joints = character.pose(
            **pose_parameters(self._body, self._motion.pose(t), weights))
        place = np.array([0.0, self.camera_height, self.distance], np.float32)
        vertices = vertices * MODEL_TO_OPTICAL + place
        joints = joints * MODEL_TO_OPTICAL + place
        image = self._background.copy()
        self._shadow(image, joints)
        renderer = getattr(self._local, "renderer", None)
        if renderer is None:
            renderer = self._local.renderer = MeshRenderer(self.width, self.height, smooth=False)
        image = renderer.render(
            character.mesh(vertices, normals * MODEL_TO_OPTICAL, weights),
            self.focal, self._centre, background=image)
        cv2.add(image, self._grain_up, dst=image)
        cv2.subtract(image, self._grain_down, dst=image)
        points = self._body.keypoints @ np.concatenate([joints, vertices[self._body.needed]])
        return image, self._truth(points, renderer.depth(), weights)

    def _horizon(self) -> int:
        """Return the image row where the wall, 1.2 m behind the figure, meets the floor."""
        return int(self.height / 2 + self.focal * self.camera_height / (self.distance + 1.2))

    def _shadow(self, image: np.ndarray, joints: np.ndarray) -> None:
        """Draw a soft dark oval on the floor between the feet."""
        centre = joints[[JOINT["left_ankle"], JOINT["right_ankle"]]].mean(0)
        centre = np.array([centre[0] + 0.06, self.camera_height, centre[2]])
        x, y = project(centre, self.focal, self._centre)
        rx, ry = 0.36 * self.focal / centre[2], 0.055 * self.focal / centre[2]
        x0, x1 = max(int(x - 1.5 * rx), 0), min(int(x + 1.5 * rx), self.width)
        y0, y1 = max(int(y - 1.5 * ry), 0), min(int(y + 1.5 * ry), self.height)
        if x0 >= x1 or y0 >= y1:
            return
        u = (np.arange(x0, x1, dtype=np.float32) - x) / rx
        v = ((np.arange(y0, y1, dtype=np.float32) - y) / ry)[:, None]
        dark = 1.0 - 0.5 * np.exp(-2.0 * (u * u + v * v))
        region = image[y0:y1, x0:x1]
        region[:] = region * dark[..., None]

    def _truth(
        self, points: np.ndarray, depth: np.ndarray, weights: np.ndarray
    ) -> Person | None:
        """Return what is true of the person in a picture, or None if no keypoint is in it.

        Args:
            points: (133, 3) keypoints, metres, optical axes.
            depth: (H, W) metres along the optical axis.
            weights: (52,) blendshapes.
        """
        world = MEDIAPIPE33_FROM @ points
        middle = world[[MEDIAPIPE33.index("left_hip"), MEDIAPIPE33.index("right_hip")]].mean(0)
        pixels = project(world, self.focal, self._centre)
        inside = np.all((pixels >= 0) & (pixels < (self.width, self.height)), axis=1)
        columns, rows = np.where(inside[:, None], pixels, 0).astype(int).T
        # A joint lies inside of the body: it is hidden by what is nearer than its own skin.
        seen = world[:, 2] < depth[rows, columns] + INSIDE
        pose = np.column_stack([
            pixels, (world[:, 2] - middle[2]) * self.focal / middle[2], np.where(seen, 1.0, 0.5),
        ]).astype(np.float32)
        pose[~inside] = np.nan, np.nan, np.nan, 0.0
        coco = pose[MEDIAPIPE33_TO_COCO17][:, [0, 1, 3]].copy()
        if not np.isfinite(coco[:, 0]).any():
            return None
        hands = [self._hand_truth(points[first : first + 21]) for first in HANDS]
        head = head_of(points)
        head[:3, :3] = head[:3, :3] @ self._body.head_at_rest.T
        return Person(
            id=1, score=1.0, coco=coco, pose=pose, pose_world=(world - middle).astype(np.float32),
            left_hand=hands[0], right_hand=hands[1], blendshapes=weights.copy(), head=head,
        )

    def _hand_truth(self, chain: np.ndarray) -> np.ndarray | None:
        """Return (21, 3) pixels and depth from the wrist; None if the hand is out of the image."""
        pixels = project(chain, self.focal, self._centre)
        if not ((pixels >= 0) & (pixels < (self.width, self.height))).all():
            return None
        depth = (chain[:, 2] - chain[0, 2]) * self.focal / chain[0, 2]
        return np.column_stack([pixels, depth]).astype(np.float32)


def _room(
    width: int, height: int, casting: Casting, horizon: int, random: np.random.Generator
) -> np.ndarray:
    """Draw a wall with a soft light from the left, skirting board, floor, fine texture."""
    rows = np.arange(height, dtype=np.float32)[:, None]
    columns = np.arange(width, dtype=np.float32)[None]
    light = 1.04 - 0.30 * np.hypot(columns / width - 0.35, rows / height - 0.25)
    image = light[..., None] * np.array(casting.wall, np.float32)
    depth = np.clip((rows - horizon) / max(height - horizon, 1), 0, 1)
    floor = (0.72 + 0.35 * depth) * (0.95 + 0.1 * light)
    on_floor = rows >= horizon
    ground = floor[..., None] * np.array(casting.floor, np.float32)
    image = np.where(on_floor[..., None], ground, image)
    board = (rows >= horizon - 0.022 * height) & (rows < horizon)
    image = np.where(board[..., None], image * 1.10, image)
    edge = np.exp(-((rows - horizon) / (0.006 * height + 1)) ** 2)
    image *= (1 - 0.25 * edge)[..., None]
    patches = cv2.resize(random.normal(1.0, 0.007, (12, 16)).astype(np.float32), (width, height),
                         interpolation=cv2.INTER_CUBIC)
    return np.clip(image * patches[..., None], 0, 255).astype(np.uint8)
