"""Pictures to judge a body fit by: mesh and skeleton over the frame, views from the side, a sheet
of many."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import ArrayLike

from kinesics_core.errors import KinesicsError
from kinesics_core.render.geometry import Mesh
from kinesics_core.render.mesh import MeshRenderer
from kinesics_core.render.text import TextStyle, fit_text, put_text
from kinesics_core.skeletons import WHOLEBODY133_EDGES, WHOLEBODY133_FACE

PERSON_COLORS = (
    (150, 182, 226), (232, 178, 132), (160, 208, 160), (214, 164, 214), (226, 208, 138),
    (150, 208, 214),
)
"""Of the meshes of persons 1, 2, ... (RGB), from the first again after the last."""

BONE, BONE_EDGE = (250, 252, 255), (34, 40, 52)
SURE, UNSURE = (88, 255, 130), (255, 140, 60)
"""Of a keypoint with confidence 1 and 0."""

GROUND = (226, 229, 234)
SHEET, LABEL = (18, 22, 30), (222, 227, 235)


def draw_fit(
    renderer: MeshRenderer,
    frame: np.ndarray,
    vertices: Sequence[np.ndarray],
    faces: np.ndarray,
    focal: float,
    centre: ArrayLike,
    *,
    persons: Sequence[int] | None = None,
    joints: Sequence[np.ndarray] | None = None,
    parents: Sequence[int] | None = None,
    keypoints: Sequence[np.ndarray] | None = None,
    opacity: float = 0.72,
) -> np.ndarray:
    """The fits of one frame over it: meshes, skeletons and the keypoints they were fitted to.

    renderer: of the frame's size. frame: (H, W, 3) uint8 RGB. vertices: (V, 3) metres in optical
    axes for each person; faces: (F, 3). persons: their ids, for the colours; 1, 2, ... if None.
    joints: (J, 3) for each, with parents (J,), -1 for a root. keypoints: (133, 3) for each, px,
    px, confidence; nan or 0 is left out. Returns (H, W, 3) uint8.
    """
    ids = list(persons) if persons is not None else list(range(1, len(vertices) + 1))
    picture = renderer.render(
        [Mesh(mesh, faces, person_color(person))
         for mesh, person in zip(vertices, ids, strict=True)],
        focal, centre, background=frame, opacity=opacity,
    ) if len(vertices) else frame.copy()
    scale = max(min(frame.shape[:2]) / 480.0, 0.5)
    if joints is not None and parents is not None:
        for chain in joints:
            _draw_bones(picture, chain, parents, focal, np.asarray(centre, float), scale)
    for points in () if keypoints is None else keypoints:
        draw_keypoints(picture, points, scale=scale)
    return picture


def draw_turned(
    renderer: MeshRenderer,
    vertices: Sequence[np.ndarray],
    faces: np.ndarray,
    degrees: float = 90.0,
    *,
    persons: Sequence[int] | None = None,
    ground: ArrayLike = GROUND,
) -> np.ndarray:
    """The same meshes on plain ground, turned about the vertical so that the camera stands
    `degrees` to the people's left, and as large as the picture allows. (H, W, 3) uint8."""
    picture = np.empty((renderer.height, renderer.width, 3), np.uint8)
    picture[:] = np.asarray(ground, np.uint8)
    known = [mesh for mesh in vertices if np.isfinite(mesh).all()]
    if not known:
        return picture
    ids = list(persons) if persons is not None else list(range(1, len(vertices) + 1))
    everything = np.concatenate(known)
    low, high = everything.min(0), everything.max(0)
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    turn = np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])
    turned = [(mesh - (low + high) / 2) @ turn.T for mesh in vertices]
    everything = (everything - (low + high) / 2) @ turn.T
    # A long lens shows proportions undistorted; the margin is a twentieth on each side.
    depth = 4.0 * float(np.abs(everything).max()) + 1.0
    reach = np.abs(everything[:, :2]).max(0) / (depth - np.abs(everything[:, 2]).max())
    size = np.array([renderer.width, renderer.height])
    focal = 0.45 * float((size / np.maximum(reach, 1e-6)).min())
    return renderer.render(
        [Mesh(mesh + [0.0, 0.0, depth], faces, person_color(person))
         for mesh, person in zip(turned, ids, strict=True)],
        focal, size / 2, background=picture)


def contact_sheet(
    images: Sequence[np.ndarray],
    labels: Sequence[str] | None = None,
    *,
    columns: int | None = None,
    cell: tuple[int, int] | None = None,
) -> np.ndarray:
    """Pictures of any sizes in rows, each with its label below. (H, W, 3) uint8 RGB.

    columns: of the sheet; chosen so that it comes out near 4:3 if None. cell: (width, height)
    each picture is fitted into, its shape kept; the first picture's size, at most 480 wide, if
    None. Raises KinesicsError for no picture, or labels of another number.
    """
    if not len(images):
        raise KinesicsError("A contact sheet needs at least one picture, got none.")
    if labels is not None and len(labels) != len(images):
        raise KinesicsError(
            f"A contact sheet of {len(images)} pictures needs as many labels, got {len(labels)}.")
    if cell is None:
        high, wide = images[0].shape[:2]
        ratio = min(480 / wide, 1.0)
        cell = max(round(wide * ratio), 1), max(round(high * ratio), 1)
    type_size = max(min(cell) / 22.0, 11.0)
    gap = max(round(type_size * 0.6), 4)
    caption = round(1.9 * type_size) if labels is not None else 0
    step_x, step_y = cell[0] + gap, cell[1] + caption + gap
    if columns is None:
        columns = round(math.sqrt(len(images) * 4 / 3 * step_y / step_x))
    columns = min(max(columns, 1), len(images))
    rows = -(-len(images) // columns)
    sheet = np.empty((rows * step_y + gap, columns * step_x + gap, 3), np.uint8)
    sheet[:] = SHEET
    for index, image in enumerate(images):
        x, y = gap + index % columns * step_x, gap + index // columns * step_y
        high, wide = image.shape[:2]
        ratio = min(cell[0] / wide, cell[1] / high)
        w, h = max(round(wide * ratio), 1), max(round(high * ratio), 1)
        left, top = x + (cell[0] - w) // 2, y + (cell[1] - h) // 2
        shrink = cv2.INTER_AREA if ratio < 1 else cv2.INTER_LINEAR
        sheet[top:top + h, left:left + w] = cv2.resize(image, (w, h), interpolation=shrink)
        if labels is not None:
            text = fit_text(labels[index], type_size, cell[0])
            put_text(
                sheet, text, (x, y + cell[1] + 0.35 * type_size), TextStyle(type_size, LABEL))
    return sheet


def draw_keypoints(image: np.ndarray, keypoints: np.ndarray, *, scale: float = 1.0) -> None:
    """133 COCO-WholeBody keypoints (px, px, confidence) in place, from orange, unsure, to green;
    dots of body, feet and hands, dots and contours of the face."""
    known = np.isfinite(keypoints).all(1) & (keypoints[:, 2] > 0)
    where = np.round(np.where(known[:, None], keypoints[:, :2], 0) * 16).astype(int)
    in_face = np.zeros(len(keypoints), bool)
    in_face[WHOLEBODY133_FACE] = True
    thin = max(round(scale), 1)
    for a, b in WHOLEBODY133_EDGES:
        if known[a] and known[b] and a > 22:
            cv2.line(image, where[a].tolist(), where[b].tolist(), SURE, thin, cv2.LINE_AA, 4)
    for index in np.nonzero(known)[0]:
        share = float(np.clip(keypoints[index, 2], 0, 1))
        color = [round(u + (s - u) * share) for s, u in zip(SURE, UNSURE, strict=True)]
        radius = (3.4 if index < 23 else 1.2 if in_face[index] else 1.7) * scale
        if index < 23:
            cv2.circle(image, where[index].tolist(), round(16 * (radius + scale)), BONE_EDGE, -1,
                       cv2.LINE_AA, 4)
        cv2.circle(image, where[index].tolist(), round(16 * radius), color, -1, cv2.LINE_AA, 4)


def person_color(person: int) -> tuple[int, int, int]:
    """Colour of the mesh of person `person`, counted from 1."""
    return PERSON_COLORS[(person - 1) % len(PERSON_COLORS)]


def _draw_bones(
    image: np.ndarray, joints: np.ndarray, parents: Sequence[int], focal: float,
    centre: np.ndarray, scale: float,
) -> None:
    """Body bones bold, those of hands and face (from the 23rd joint on) thin."""
    known = np.isfinite(joints).all(1) & (joints[:, 2] > 0.05)
    depth = np.where(known, joints[:, 2], 1.0)
    pixels = focal * np.where(known[:, None], joints[:, :2], 0.0) / depth[:, None] + centre
    # cv2 takes 32-bit sixteenths of a pixel; what is farther out than this is not in view.
    known &= (np.abs(pixels) < 1e6).all(1)
    where = np.round(np.where(known[:, None], pixels, 0) * 16).astype(int)
    bones = [(child, int(parent)) for child, parent in enumerate(parents)
             if parent >= 0 and known[child] and known[parent]]
    for color, widths in ((BONE_EDGE, (4.4, 2.2)), (BONE, (2.2, 1.0))):
        for child, parent in bones:
            width = max(round(widths[child > 21] * scale), 1)
            cv2.line(image, where[child].tolist(), where[parent].tolist(), color, width,
                     cv2.LINE_AA, 4)
