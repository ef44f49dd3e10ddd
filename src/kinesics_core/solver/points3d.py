"""The 3-D term: keypoints relative to a reference one lie where a lifter says they do.

MediaPipe's world landmarks, and those of our own lifter, are metric guesses of a network from one
image: right about what is in front of what, wrong by some centimetres, and for a body of another
size. Hence a standard deviation of that order, and a robust one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinesics_core.solver.kinematics import Posed, levers, rotation_columns
from kinesics_core.solver.normal_equations import Normal
from kinesics_core.solver.reprojection import add_rows, robust_weight
from kinesics_core.solver.unknowns import Unknowns


@dataclass(frozen=True, slots=True)
class Guessed:
    """points: (T, N, 3) metres along the camera's axes, relative to `reference`. certainty: (T, N),
    1 / standard deviation, 1/m; 0 where unknown. reference: (N, N), each row the weights of the
    keypoints whose mean is the origin of this one. robust: as in `reprojection.Observed`."""

    points: np.ndarray
    certainty: np.ndarray
    reference: np.ndarray
    robust: float


def add_points(
    normal: Normal, unknowns: Unknowns, posed: Posed, guessed: Guessed,
    operator: tuple[np.ndarray, np.ndarray],
) -> None:
    """Adds the term for every keypoint of `posed`. Shape does not follow from it: the guess is of a
    body of a size that the network found likely."""
    relative = np.eye(len(guessed.reference), dtype=np.float32) - guessed.reference
    error = relative @ posed.points - guessed.points
    error *= guessed.certainty[..., None]
    squares = np.einsum("tnr,tnr->tn", error, error)
    weight, robust = robust_weight(squares, guessed.robust)
    normal.energy += 0.5 * robust.sum(axis=1)
    scale = guessed.certainty * np.sqrt(weight)
    frames, points = error.shape[:2]
    lever = np.tensordot(levers(posed, unknowns.joints, operator), relative, (2, 1))
    directions = np.zeros((frames, points, 3, 3), np.float32)
    for axis in range(3):
        directions[:, :, axis, axis] = scale
    jacobian = np.zeros((frames, points, 3, unknowns.count), np.float32)
    jacobian[..., unknowns.turns] = rotation_columns(
        lever.transpose(0, 1, 3, 2), directions).reshape(frames, points, 3, -1)
    shared = np.zeros((frames, points, 3, unknowns.shared), np.float32)
    add_rows(normal, jacobian, shared, error * np.sqrt(weight)[..., None])
