"""A contact sheet of a body model: the poses and faces that show whether it looks human."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kinesics_core.body import skinning
from kinesics_core.body.model import BodyModel
from kinesics_core.open_body import poses
from kinesics_core.render.geometry import Mesh
from kinesics_core.render.mesh import MeshRenderer
from kinesics_core.render.text import TextStyle, put_text
from kinesics_core.skeletons import ARKIT_BLENDSHAPES

CELL = 360
"""Width and height of one picture, px."""

_SKIN, _WHITE, _IRIS = (216, 168, 142), (245, 244, 240), (58, 42, 34)
_GROUND = (236, 238, 242)
_COLUMNS = 7
_IRIS_RADIUS = 0.0065


def sheet(body: BodyModel, betas: Sequence[float] = ()) -> np.ndarray:
    """Draw every pose of ``poses.POSES`` from the front and from the side, fists, and faces.

    The faces are those of ``poses.FACES``, if the body has the 52 face targets.

    Args:
        body: The model.
        betas: Shape components, in standard deviations.

    Returns:
        (H, W, 3) uint8 RGB.
    """
    shape = {"betas": np.array([betas], np.float32)} if len(betas) else {}
    colors = _colors(body)
    with MeshRenderer(CELL, CELL) as renderer:
        def view(label: str, azimuth: float, distance: float, focal: float, joint: str | None,
                 **parameters: np.ndarray) -> np.ndarray:
            vertices, joints = skinning.vertices(body, **shape, **parameters)
            centre = joints[0, body.joint_names.index(joint)] if joint else \
                (vertices[0].min(0) + vertices[0].max(0)) / 2
            seen = _in_camera(vertices[0] - centre, azimuth, distance)
            picture = renderer.render(
                Mesh(seen, body.faces, colors), focal * CELL, (CELL / 2, CELL / 2),
                background=np.full((CELL, CELL, 3), _GROUND, np.uint8))
            put_text(picture, label, (10, CELL - 26), TextStyle(18, (40, 44, 52)))
            return picture

        def pose(name: str) -> dict[str, np.ndarray]:
            turns = poses.body_pose(name)
            return {"body_pose": turns if body.kind != "smpl" else
                    np.concatenate([turns, np.zeros((1, 2, 3))], axis=1)}

        cells = [view(name, azimuth, 4.0, 1.75, None, **pose(name))
                 for azimuth in (15.0, 75.0) for name in poses.POSES]
        if body.kind != "smpl":
            left, right = poses.fists()
            cells.append(view("fist", 35.0, 0.7, 1.8, "left_middle1", left_hand_pose=left,
                              right_hand_pose=right, **pose("T-pose")))
        if body.expression_directions.shape[2] == len(ARKIT_BLENDSHAPES):
            cells += [view(name, 12.0, 1.4, 3.9, "jaw", expression=poses.face(name))
                      for name in poses.FACES]
    blank = np.full((CELL, CELL, 3), _GROUND, np.uint8)
    cells += [blank] * (-len(cells) % _COLUMNS)
    rows = [np.hstack(cells[i:i + _COLUMNS]) for i in range(0, len(cells), _COLUMNS)]
    return np.vstack(rows)


def _in_camera(points: np.ndarray, azimuth: float, distance: float) -> np.ndarray:
    """Return points in the optical axes of a camera that looks at the origin.

    Args:
        points: (V, 3) metres about the origin, y up.
        azimuth: Degrees, where the camera stands, to the body's left.
        distance: Metres from the origin.
    """
    angle = np.radians(azimuth)
    x = points[:, 0] * np.cos(angle) - points[:, 2] * np.sin(angle)
    z = points[:, 0] * np.sin(angle) + points[:, 2] * np.cos(angle)
    return np.stack([x, -points[:, 1], distance - z], axis=1).astype(np.float32)


def _colors(body: BodyModel) -> np.ndarray:
    """Return colours (V, 3) uint8: skin, and eyes that show where they look if there are any."""
    colors = np.full((len(body.template), 3), _SKIN, np.uint8)
    for name in ("left_eye_smplhf", "right_eye_smplhf"):
        if name in body.joint_names:
            eye = np.flatnonzero(body.weights[:, body.joint_names.index(name)] > 0.5)
            off = body.template[eye] - body.template[eye].mean(0)
            front = (off[:, 2] > 0) & (np.hypot(off[:, 0], off[:, 1]) < _IRIS_RADIUS)
            colors[eye] = _WHITE
            colors[eye[front]] = _IRIS
    return colors
