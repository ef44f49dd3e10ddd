"""The start of a fit: the focal length of a usual lens, and the person's translation before it."""

from __future__ import annotations

import numpy as np

from kinesics_core.solver.kinematics import State, forward
from kinesics_core.solver.reprojection import Observed
from kinesics_core.solver.rig import Rig

FOCAL_SPREAD = 0.25
"""Standard deviation of the logarithm of a camera's focal length about the guess of it."""


def guessed_focal(width: int, height: int) -> float:
    """Return the focal length in px of a lens whose diagonal field of view is 53 degrees."""
    return float(np.hypot(width, height))


def initial_translation(rig: Rig, state: State, observed: Observed) -> np.ndarray:
    """Return the translations that bring each frame's keypoints closest to those measured.

    (x + t_x) f = (u - c_x) (z + t_z), and the same in y, is linear in t: least squares, weighted by
    the certainty; SMPLify's estimate of the camera (Bogo et al. 2016) made exact. The pose, and so
    the person's size in the picture, must be roughly right. Frames from which nothing follows get
    the median of the others.

    Args:
        rig: The body, with the keypoints of ``observed``.
        state: Its pose in T frames; the translation in it does not matter.
        observed: The keypoints measured.

    Returns:
        (T, 3) metres.
    """
    points = forward(rig, State(state.local, np.zeros_like(state.transl), state.betas,
                                state.expression, state.focal)).points
    seen = np.nan_to_num(observed.pixels) - observed.centre
    weight = np.minimum(observed.certainty, 200.0)[..., None]
    frames, count = points.shape[:2]
    rows = np.zeros((frames, count, 2, 3))
    rows[..., 0, 0] = rows[..., 1, 1] = state.focal
    rows[..., 2] = -seen
    right = seen * points[..., 2:] - state.focal * points[..., :2]
    rows = (rows * weight[..., None]).reshape(frames, -1, 3) / state.focal
    right = (right * weight).reshape(frames, -1, 1) / state.focal
    matrix = np.swapaxes(rows, 1, 2) @ rows
    matrix += 1e-4 * np.eye(3)
    transl = np.linalg.solve(matrix, np.swapaxes(rows, 1, 2) @ right)[..., 0]
    good = ((observed.certainty > 0).sum(axis=1) >= 3) & (transl[:, 2] > 0.5)
    if not good.any():
        transl[:] = 0.0, 0.0, 4.0
    else:
        transl[~good] = np.median(transl[good], axis=0)
    return transl.astype(state.transl.dtype)
