"""The baseline of every figure: the mean pose, put over the person's keypoints."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from kinesics_core.body.model import BodyModel
from kinesics_core.body.parameters import PARAMETERS
from kinesics_core.fitting.evaluation import truth
from kinesics_core.fitting.tracks.track import Track
from kinesics_core.rotations import logarithm
from kinesics_core.skeletons import SMPLX_BODY

STANDING = {"left_shoulder": (0.0, 0.0, -1.2), "right_shoulder": (0.0, 0.0, 1.2)}
"""Rotations of the mean pose: upright, arms hanging."""


def mean_pose(track: Track, body: BodyModel) -> SimpleNamespace:
    """Return a baseline that knows nothing of the person but where they are.

    It is the mean body, standing, facing the camera, moved, turned in the image and sized to fit
    its keypoints frame by frame.

    Args:
        track: The person's keypoints, T frames.
        body: The body that stands there.

    Returns:
        Parameters of T frames, frames, times, focal, centre and gender, as ``Fit`` has them.
    """
    count = len(track)
    pose = np.zeros((21, 3), np.float32)
    for name, turn in STANDING.items():
        pose[SMPLX_BODY.index(name) - 1] = turn
    still = {name: np.zeros((1, *shape), np.float32) for name, shape in PARAMETERS.items()}
    still["body_pose"] = pose[None]
    skin, joints = truth.posed(SimpleNamespace(**still, betas=np.zeros(10)), body)
    points = truth.keypoints_of(body, skin, joints)
    flat = points[0] * [1.0, -1.0, -1.0]  # facing the camera: y down
    known = np.isfinite(flat).all(axis=-1)
    known[23:] = False  # body and feet
    found = {name: np.repeat(values, count, axis=0) for name, values in still.items()}
    focal = track.focal or float(max(track.width, track.height))
    centre = np.array([track.width, track.height]) / 2
    turns, places = np.tile(np.eye(3), (count, 1, 1)), np.full((count, 3), [0.0, 0.0, 4.0])
    for row, seen in enumerate(track.keypoints):
        use = known & (seen[:, 2] > 0)
        if use.sum() < 2:
            if row:
                turns[row], places[row] = turns[row - 1], places[row - 1]
            continue
        x, y = flat[use, :2] @ [1, 1j], seen[use, :2].astype(np.float64) @ [1, 1j]
        share = np.vdot(x - x.mean(), y - y.mean()) / np.vdot(x - x.mean(), x - x.mean()).real
        size, angle = max(abs(share), 1e-6), np.angle(share)
        depth = focal / size
        turns[row, :2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
        shift = (y.mean() - share * x.mean()) - centre @ [1, 1j]
        places[row] = shift.real / size, shift.imag / size, depth
    facing = turns @ np.diag([1.0, -1.0, -1.0])
    found["global_orient"] = logarithm(facing).astype(np.float32)
    # The model turns about its pelvis; what was turned above turns about the origin.
    pelvis = joints[0, 0].astype(np.float64)
    found["transl"] = (places + facing @ pelvis - pelvis).astype(np.float32)
    return SimpleNamespace(**found, betas=np.zeros(10, np.float32), focal=focal, centre=centre,
                           frames=track.frames, times=track.times, gender=body.gender)
