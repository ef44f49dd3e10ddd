"""The 3-D term: keypoints relative to a reference one lie where a landmark network says they do.

MediaPipe's world landmarks are metric guesses of a network from one image: right about what is in
front of what, wrong by some centimetres, and for a body of another size. Hence a standard
deviation of that order, and a robust one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinesics_core.solver.kinematics import LeverOperator, Posed, levers, rotation_columns
from kinesics_core.solver.normal_equations import NormalEquations
from kinesics_core.solver.reprojection import add_rows, robust_weight
from kinesics_core.solver.unknowns import Unknowns


@dataclass(frozen=True, slots=True)
class Points3D:
    """Places of N keypoints that a network guessed.

    Attributes:
        points: (T, N, 3) metres along the camera's axes, relative to ``reference``.
        certainty: (T, N), one over the standard deviation, 1/m; 0 where unknown.
        reference: (N, N), each row the weights of the keypoints whose mean is the origin of this
            one.
        robust: As in ``reprojection.Observed``.
    """

    points: np.ndarray
    certainty: np.ndarray
    reference: np.ndarray
    robust: float


def add_points3d(
    normal: NormalEquations, unknowns: Unknowns, posed: Posed, guess: Points3D,
    operator: LeverOperator,
) -> None:
    """Add the term for every keypoint of ``posed``.

    Shape does not follow from it: the guess is of a body of a size that the network found likely.

    Args:
        normal: The equations to add to.
        unknowns: What their columns are.
        posed: The body at the current state.
        guess: The places guessed of its keypoints.
        operator: Of the free joints, see ``kinematics.lever_operator``.
    """
    relative = np.eye(len(guess.reference), dtype=np.float32) - guess.reference
    error = relative @ posed.points - guess.points
    error *= guess.certainty[..., None]
    squares = np.einsum("tnr,tnr->tn", error, error)
    weight, robust = robust_weight(squares, guess.robust)
    normal.energy += 0.5 * robust.sum(axis=1)
    scale = guess.certainty * np.sqrt(weight)
    frames, points = error.shape[:2]
    lever = np.tensordot(levers(posed, unknowns.joints, operator), relative, (2, 1))
    directions = np.zeros((frames, points, 3, 3), np.float32)
    for axis in range(3):
        directions[:, :, axis, axis] = scale
    jacobian = np.zeros((frames, points, 3, unknowns.count), np.float32)
    jacobian[..., unknowns.rotation_columns] = rotation_columns(
        lever.transpose(0, 1, 3, 2), directions).reshape(frames, points, 3, -1)
    shared = np.zeros((frames, points, 3, unknowns.shared), np.float32)
    add_rows(normal, jacobian, shared, error * np.sqrt(weight)[..., None])
