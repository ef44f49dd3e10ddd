"""Gaussian priors of the coefficients: shape, shared by a clip, and expression, of each frame."""

from __future__ import annotations

import numpy as np

from kinesics_core.solver.kinematics import State
from kinesics_core.solver.normal_equations import Normal
from kinesics_core.solver.unknowns import Unknowns


def add_shape_prior(normal: Normal, unknowns: Unknowns, state: State, weight: float) -> None:
    """1/2 w |betas|^2, once for the clip (SMPLify-X's E_beta): betas are in standard deviations."""
    frames, count = len(state.transl), len(unknowns.shapes)
    betas = state.betas[unknowns.shapes]
    normal.energy += 0.5 * weight * float(betas @ betas) / frames
    normal.shared[:count] += weight * betas
    place = np.arange(count)
    normal.corner[place, place] += weight


def add_expression_prior(
    normal: Normal, unknowns: Unknowns, state: State, mean: np.ndarray, precision: np.ndarray
) -> None:
    """1/2 p (expression - mean)^2, for the free expressions; mean: (T or 1, E'), precision: same,
    one over the variance."""
    away = state.expression[:, unknowns.expressions] - mean
    precision = np.broadcast_to(precision, away.shape)
    normal.energy += 0.5 * (precision * away * away).sum(axis=1)
    normal.gradient[:, unknowns.moods] += precision * away
    place = np.arange(unknowns.moods.start, unknowns.moods.stop)
    normal.blocks[:, place, place] += precision


def add_focal_prior(
    normal: Normal, state: State, guess: float, precision: float
) -> None:
    """1/2 p log(focal / guess)^2, once for the clip; the last of the shared unknowns."""
    away = float(np.log(state.focal / guess))
    normal.energy += 0.5 * precision * away * away / len(state.transl)
    normal.shared[-1] += precision * away
    normal.corner[-1, -1] += precision
