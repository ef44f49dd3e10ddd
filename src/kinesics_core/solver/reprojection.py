"""The 2-D term: keypoints of the body, seen through a perspective camera, fall on those measured.

SMPLify-X (Pavlakos et al. 2019), equation 3: E_J = sum_i gamma_i omega_i rho(Pi(x_i) - y_i), with
Geman & McClure's robust rho, omega_i the detector's confidence and gamma_i ours. Here a residual is
divided by the standard deviation that is expected of it, so that the energies of all terms are
negative log likelihoods and their weights have a meaning. That standard deviation is given in
metres on the body: a detector's error grows with the picture of the person.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinesics_core.camera import project
from kinesics_core.solver.kinematics import (
    LeverOperator,
    Posed,
    coefficient_columns,
    levers,
    rotation_columns,
)
from kinesics_core.solver.normal_equations import NormalEquations
from kinesics_core.solver.unknowns import NEAREST, Unknowns

CLAMP = NEAREST / 2
"""m: what lies nearer to the camera is seen as if it were this far away."""


@dataclass(frozen=True, slots=True)
class Observed:
    """Keypoints measured in T frames.

    Attributes:
        pixels: (T, N, 2).
        certainty: (T, N), one over the standard deviation, 1/m on the body; 0 where unknown.
        centre: (2,) px, where the camera's axis meets the image.
        robust: Residual, in standard deviations, at which the term begins to give way
            (Geman-McClure's constant).
    """

    pixels: np.ndarray
    certainty: np.ndarray
    centre: np.ndarray
    robust: float


def robust_weight(squares: np.ndarray, robust: float) -> tuple[np.ndarray, np.ndarray]:
    """Return Geman-McClure's weights and robust squares, of squared residuals s.

    Args:
        squares: s, any shape.
        robust: k, in the unit of the residuals.

    Returns:
        Weights of iteratively reweighted least squares, rho'(s), and rho(s) = s k^2 / (k^2 + s).
    """
    share = 1 / (1 + squares / robust**2)
    return share * share, squares * share


def add_reprojection(
    normal: NormalEquations, unknowns: Unknowns, posed: Posed, observed: Observed,
    operator: LeverOperator,
) -> None:
    """Add the term for every keypoint of ``posed``.

    Args:
        normal: The equations to add to.
        unknowns: What their columns are.
        posed: The body at the current state.
        observed: Where its keypoints were measured.
        operator: Of the free joints, see ``kinematics.lever_operator``.
    """
    points, focal = posed.points, posed.state.focal
    depth = np.maximum(points[..., 2:], CLAMP)
    error = project(points, focal, observed.centre, CLAMP) - observed.pixels
    # What a pixel is worth in metres at the body's distance is held fixed in each step.
    metres = np.maximum(posed.joints[:, :1, 2:], NEAREST) / focal
    scale = observed.certainty[..., None] * metres
    error *= scale
    squares = np.einsum("tnr,tnr->tn", error, error)
    weight, robust = robust_weight(squares, observed.robust)
    normal.energy += 0.5 * robust.sum(axis=1)
    scale = scale * np.sqrt(weight)[..., None]
    error *= np.sqrt(weight)[..., None]

    slope = focal / depth[..., 0] * scale[..., 0]
    directions = np.zeros((*points.shape[:2], 2, 3), points.dtype)
    directions[..., 0, 0] = directions[..., 1, 1] = slope
    directions[..., 2] = -slope[..., None] * points[..., :2] / depth
    jacobian = columns(unknowns, posed, directions, operator)
    shared = coefficient_columns(posed, directions, unknowns.shapes, True)
    if unknowns.focal:
        seen = (points[..., :2] * slope[..., None])[..., None]
        shared = np.concatenate([shared, seen], axis=3)
    add_rows(normal, jacobian, shared, error)


def columns(
    unknowns: Unknowns, posed: Posed, directions: np.ndarray, operator: LeverOperator
) -> np.ndarray:
    """Return the derivatives of u . x_n by all n unknowns of a frame, (T, N, R, n).

    Args:
        unknowns: What the columns are.
        posed: The body at the current state.
        directions: (T, N, R, 3), u.
        operator: Of the free joints, see ``kinematics.lever_operator``.
    """
    frames, points, rows = directions.shape[:3]
    jacobian = np.empty((frames, points, rows, unknowns.count), directions.dtype)
    lever = levers(posed, unknowns.joints, operator)
    jacobian[..., unknowns.rotation_columns] = rotation_columns(lever, directions).reshape(
        frames, points, rows, -1)
    if unknowns.translation:
        jacobian[..., unknowns.translation_columns] = directions
    if len(unknowns.expressions):
        jacobian[..., unknowns.expression_columns] = coefficient_columns(
            posed, directions, unknowns.expressions, False)
    return jacobian


def add_rows(
    normal: NormalEquations, jacobian: np.ndarray, shared: np.ndarray, error: np.ndarray
) -> None:
    """Add weighted residuals with their derivatives.

    Args:
        normal: The equations to add to.
        jacobian: (T, N, R, n), derivatives by the unknowns of each frame.
        shared: (T, N, R, S), derivatives by the shared unknowns.
        error: (T, N, R), the residuals.
    """
    frames = len(error)
    rows = jacobian.reshape(frames, -1, jacobian.shape[-1])
    residual = error.reshape(frames, -1, 1)
    turned = rows.transpose(0, 2, 1)
    normal.blocks += turned @ rows
    normal.gradient += (turned @ residual)[..., 0]
    if shared.shape[-1]:
        common = shared.reshape(frames, -1, shared.shape[-1])
        normal.border += turned @ common
        flat = common.reshape(-1, common.shape[-1]).astype(np.float64)
        normal.corner += flat.T @ flat
        normal.shared += flat.T @ residual.reshape(-1)
