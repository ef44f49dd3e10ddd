"""Gaussian priors of the coefficients: shape, shared by a clip, and expression, of each frame."""

from __future__ import annotations

import numpy as np

from kinesics_core.solver.kinematics import State
from kinesics_core.solver.normal_equations import NormalEquations
from kinesics_core.solver.unknowns import Unknowns


def add_shape_prior(
    normal: NormalEquations, unknowns: Unknowns, state: State, weight: float
) -> None:
    """Add 1/2 w |betas|^2, once for the clip (SMPLify-X's E_beta).

    Args:
        normal: The equations to add to.
        unknowns: Which shape coefficients are free.
        state: Where the coefficients are; betas are in standard deviations.
        weight: w.
    """
    frames, count = len(state.transl), len(unknowns.shapes)
    betas = state.betas[unknowns.shapes]
    normal.energy += 0.5 * weight * float(betas @ betas) / frames
    normal.shared[:count] += weight * betas
    place = np.arange(count)
    normal.corner[place, place] += weight


def add_expression_prior(
    normal: NormalEquations, unknowns: Unknowns, state: State, mean: np.ndarray,
    precision: np.ndarray,
) -> None:
    """Add 1/2 p (expression - mean)^2 for each of the E' free expressions.

    Args:
        normal: The equations to add to.
        unknowns: Which expressions are free.
        state: Where the expressions are.
        mean: (T or 1, E').
        precision: (T or 1, E'), p, one over the variance.
    """
    away = state.expression[:, unknowns.expressions] - mean
    precision = np.broadcast_to(precision, away.shape)
    columns = unknowns.expression_columns
    normal.energy += 0.5 * (precision * away * away).sum(axis=1)
    normal.gradient[:, columns] += precision * away
    place = np.arange(columns.start, columns.stop)
    normal.blocks[:, place, place] += precision


def add_focal_prior(
    normal: NormalEquations, state: State, guess: float, precision: float
) -> None:
    """Add 1/2 p log(focal / guess)^2, once for the clip.

    Args:
        normal: The equations to add to; the focal length is the last of their shared unknowns.
        state: Where the focal length is.
        guess: The focal length guessed, px.
        precision: p, one over the variance of the logarithm.
    """
    away = float(np.log(state.focal / guess))
    normal.energy += 0.5 * precision * away * away / len(state.transl)
    normal.shared[-1] += precision * away
    normal.corner[-1, -1] += precision
