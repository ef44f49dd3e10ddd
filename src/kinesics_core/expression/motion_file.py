"""``motion.npz``: a performance in the form of a fit's ``params.npz``.

A stock ``smplx.create(...)`` takes its arrays as they are, and so does what reads a fit. As there,
the body stands in the optical frame of a camera (x right, y down, z away, metres): one at the
height of the pelvis, ``DISTANCE`` metres in front.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kinesics_core.body import skinning
from kinesics_core.body.model import BodyModel
from kinesics_core.camera import MODEL_TO_OPTICAL
from kinesics_core.expression.body_performance import Performance
from kinesics_core.rotations import exponential, logarithm

DISTANCE = 4.0
"""From the camera to the pelvis, metres."""

SIZE, FOCAL = (1280, 1280), 2000.0
"""Width, height and focal length of the camera's picture, px: it holds raised arms."""


def motion_arrays(performance: Performance, model: BodyModel) -> dict[str, Any]:
    """Return the arrays of the file.

    Args:
        performance: What is written.
        model: The body that it moves; gives the joints and the place of the pelvis.
    """
    count = len(performance.times)
    frames = performance.frames
    betas = np.asarray(frames.betas, np.float32)[None]
    pelvis = skinning.rest_joints(model, betas)[:, 0, 0]
    optical = performance.parameters
    turned = np.diag(MODEL_TO_OPTICAL) @ exponential(frames.global_orient.astype(np.float64))
    optical["global_orient"] = logarithm(turned).astype(np.float32)
    # A body turns about its pelvis, which is not moved with the turn into the camera's axes.
    away = np.array([0.0, 0.0, DISTANCE], np.float32)
    optical["transl"] = ((pelvis + frames.transl) * MODEL_TO_OPTICAL + away - pelvis).astype(
        np.float32)
    _, joints = skinning.vertices(
        skinning.select(model, np.empty(0, int)), betas=betas, **optical)
    return {
        "betas": np.tile(betas, (count, 1)), **optical, "joints_cam": joints,
        "focal": np.float64(FOCAL), "principal_point": 0.5 * np.array(SIZE, np.float64),
        "width": SIZE[0], "height": SIZE[1], "fps": np.float64(performance.face.rate),
        "frames": np.arange(count), "times": performance.times, "gender": performance.gender,
        "complete": True,
    }
