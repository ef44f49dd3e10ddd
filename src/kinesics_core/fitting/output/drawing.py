"""Pictures to judge a fit by: mesh and skeleton over the frame, from the side, many on a page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np

from kinesics_core.camera import project
from kinesics_core.errors import KinesicsError
from kinesics_core.render.geometry import Mesh
from kinesics_core.render.mesh import MeshRenderer
from kinesics_core.render.text import TextStyle, fit_text, put_text

PERSON_COLORS = (
    (150, 182, 226), (232, 178, 132), (160, 208, 160), (214, 164, 214), (226, 208, 138),
    (150, 208, 214),
)
"""RGB of the meshes of persons 1, 2, ..., from the first again after the last."""

BONE, BONE_EDGE = (250, 252, 255), (34, 40, 52)

OPACITY = 0.72
"""Opacity of a mesh over the frame."""

GROUND = (226, 229, 234)
SHEET, LABEL = (18, 22, 30), (222, 227, 235)


@dataclass(frozen=True, slots=True)
class PosedPerson:
    """One person in one frame; metres in camera coordinates.

    Attributes:
        vertices: (V, 3), the mesh; nan if it is not known.
        joints: (J, 3), the skeleton, or None if it is not drawn.
        person: Id, which gives the colour.
    """

    vertices: np.ndarray
    joints: np.ndarray | None = None
    person: int = 1


class Topology(NamedTuple):
    """Faces and bones of a body.

    Attributes:
        faces: (F, 3) vertices.
        parents: J joints, -1 for one to which no bone is drawn.
    """

    faces: np.ndarray
    parents: Sequence[int]


def draw_fit(
    renderer: MeshRenderer, frame: np.ndarray, people: Sequence[PosedPerson], topology: Topology,
    camera: tuple[float, np.ndarray],
) -> np.ndarray:
    """Draw the fits of one frame over it: meshes and skeletons.

    Args:
        renderer: Of the frame's size.
        frame: (H, W, 3) uint8 RGB; it is not changed.
        people: Everybody in it.
        topology: Of their body.
        camera: Focal length and centre, (2,), px.

    Returns:
        (H, W, 3) uint8 RGB.
    """
    focal, centre = camera
    picture = renderer.render(
        [Mesh(one.vertices, topology.faces, person_color(one.person)) for one in people],
        focal, centre, background=frame, opacity=OPACITY,
    ) if len(people) else frame.copy()
    scale = max(min(frame.shape[:2]) / 480.0, 0.5)
    for one in people:
        if one.joints is not None:
            _draw_bones(picture, one.joints, topology.parents, camera, scale)
    return picture


def draw_from_left(
    renderer: MeshRenderer, people: Sequence[PosedPerson], faces: np.ndarray
) -> np.ndarray:
    """Draw the same meshes on plain ground from the people's left, as large as fits.

    Args:
        renderer: Of the picture's size.
        people: Whose meshes to draw; the camera that saw them looks along z.
        faces: (F, 3) vertices.

    Returns:
        (H, W, 3) uint8 RGB; plain if no mesh is known.
    """
    picture = np.empty((renderer.height, renderer.width, 3), np.uint8)
    picture[:] = np.asarray(GROUND, np.uint8)
    known = [one.vertices for one in people if np.isfinite(one.vertices).all()]
    if not known:
        return picture
    everything = np.concatenate(known)
    low, high = everything.min(0), everything.max(0)
    c, s = math.cos(math.radians(90.0)), math.sin(math.radians(90.0))
    turn = np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])
    turned = [(one.vertices - (low + high) / 2) @ turn.T for one in people]
    everything = (everything - (low + high) / 2) @ turn.T
    # A long lens shows proportions undistorted; the margin is a twentieth on each side.
    depth = 4.0 * float(np.abs(everything).max()) + 1.0
    reach = np.abs(everything[:, :2]).max(0) / (depth - np.abs(everything[:, 2]).max())
    size = np.array([renderer.width, renderer.height])
    focal = 0.45 * float((size / np.maximum(reach, 1e-6)).min())
    return renderer.render(
        [Mesh(mesh + [0.0, 0.0, depth], faces, person_color(one.person))
         for mesh, one in zip(turned, people, strict=True)],
        focal, size / 2, background=picture)


def contact_sheet(
    images: Sequence[np.ndarray],
    labels: Sequence[str] | None = None,
    *,
    columns: int | None = None,
    cell: tuple[int, int] | None = None,
) -> np.ndarray:
    """Put pictures of any sizes on a page in rows, each with its label below.

    Args:
        images: The pictures, uint8 RGB.
        labels: One each, or None.
        columns: Of the page; None: so that it comes out near 4:3.
        cell: (width, height) px each picture is fitted into, its shape kept; None: the first
            picture's size, at most 480 wide.

    Returns:
        (H, W, 3) uint8 RGB.

    Raises:
        KinesicsError: There is no picture, or another number of labels.
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


def person_color(person: int) -> tuple[int, int, int]:
    """Return the colour, RGB, of the mesh of a person, whose ids count from 1."""
    return PERSON_COLORS[(person - 1) % len(PERSON_COLORS)]


def _draw_bones(
    image: np.ndarray, joints: np.ndarray, parents: Sequence[int],
    camera: tuple[float, np.ndarray], scale: float,
) -> None:
    """Draw the body's bones bold, those of hands and face (from the 23rd joint on) thin."""
    focal, centre = camera
    known = np.isfinite(joints).all(1) & (joints[:, 2] > 0.05)
    ahead = np.array([0.0, 0.0, 1.0], joints.dtype)
    pixels = project(np.where(known[:, None], joints, ahead), focal, np.asarray(centre, float))
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
