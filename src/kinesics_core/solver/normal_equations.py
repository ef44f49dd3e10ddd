"""Normal equations of a clip, and the step that solves them.

Every frame has n unknowns of its own, smoothness ties a frame to the next and the one after, and a
few unknowns (shape, focal length) are shared by all frames. Gauss-Newton's matrix is then an arrow:

    | A   B | | x |     | g |      A: block-banded (n x n blocks, two off the diagonal)
    | B^T C | | y | = - | h |      B: (T n, S) border,  C: (S, S) corner

A is factored by LAPACK's banded Cholesky, in time linear in T; the shared part follows from the
Schur complement C - B^T A^-1 B.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve, lapack


@dataclass(slots=True)
class NormalEquations:
    """The system above: second and first derivatives of half the squared residuals.

    T frames, n unknowns of each, S shared unknowns.

    Attributes:
        blocks: (T, n, n), diagonal blocks of A, of which the lower triangle counts.
        first: (T - 1, n, n), blocks that tie frame t + 1 (rows) to frame t (columns).
        second: (T - 2, n, n), blocks that tie frame t + 2 (rows) to frame t (columns).
        border: (T, n, S), B.
        corner: (S, S), C.
        gradient: (T, n), g.
        shared: (S,), h.
        energy: (T,), half the weighted squares, for judging steps.
        reach: ``first`` and ``second`` are zero farther than this from their diagonals.
    """

    blocks: np.ndarray
    first: np.ndarray
    second: np.ndarray
    border: np.ndarray
    corner: np.ndarray
    gradient: np.ndarray
    shared: np.ndarray
    energy: np.ndarray
    reach: int = 2

    @staticmethod
    def empty(frames: int, unknowns: int, shared: int) -> NormalEquations:
        """Return the equations without any term, for T frames, n and S unknowns."""
        single = np.float32
        return NormalEquations(
            np.zeros((frames, unknowns, unknowns), single),
            np.zeros((max(frames - 1, 0), unknowns, unknowns), single),
            np.zeros((max(frames - 2, 0), unknowns, unknowns), single),
            np.zeros((frames, unknowns, shared), single), np.zeros((shared, shared)),
            np.zeros((frames, unknowns), single), np.zeros(shared), np.zeros(frames))


def solve(normal: NormalEquations, damping: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the Levenberg-Marquardt step: of each frame's unknowns, (T, n), and the shared, (S,).

    Args:
        normal: The equations.
        damping: (T,), share of the diagonal that is added to it in each frame.

    Raises:
        numpy.linalg.LinAlgError: The damped matrix is not positive definite.
    """
    frames, unknowns = normal.gradient.shape
    band = _band(normal, damping)
    factor, info = lapack.dpbtrf(band, lower=1, overwrite_ab=1)
    if info != 0:
        raise np.linalg.LinAlgError(f"The clip's matrix is not positive definite at {info}.")
    sides = np.concatenate([normal.gradient[..., None], normal.border], axis=2, dtype=np.float64)
    solved, _ = lapack.dpbtrs(factor, sides.reshape(frames * unknowns, -1), lower=1)
    step, reply = -solved[:, 0], solved[:, 1:]
    if not len(normal.shared):
        return step.reshape(frames, unknowns), np.zeros(0)
    border = normal.border.reshape(frames * unknowns, -1).astype(np.float64)
    corner = normal.corner + 1e-6 * np.eye(len(normal.corner))
    schur = corner - border.T @ reply
    schur = cho_factor((schur + schur.T) / 2)
    shared = -cho_solve(schur, normal.shared + border.T @ step)
    return (step - reply @ shared).reshape(frames, unknowns), shared


def _band(normal: NormalEquations, damping: np.ndarray) -> np.ndarray:
    """Return A in LAPACK's lower banded form: entry (i, j) at [i - j, j], Fortran order."""
    frames, n = normal.gradient.shape
    reach = normal.reach
    width = 2 * n + reach + 1 if frames > 2 else n + reach + 1 if frames > 1 else n
    band = np.zeros((frames, n, width))
    rows, columns = np.tril_indices(n)
    band[:, columns, rows - columns] = normal.blocks[:, rows, columns]
    band[:, :, 0] *= 1 + damping[:, None]
    band[:, :, 0] += 1e-6
    near_rows, near_columns = np.nonzero(np.abs(np.subtract.outer(range(n), range(n))) <= reach)
    shift = near_rows - near_columns
    if frames > 1:
        band[:-1, near_columns, n + shift] = normal.first[:, near_rows, near_columns]
    if frames > 2:
        band[:-2, near_columns, 2 * n + shift] = normal.second[:, near_rows, near_columns]
    return band.reshape(frames * n, width).T
