"""Forecasts that a network has to beat: three rules and a ridge regression.

All take and give normalised windows as arrays: observed (B, 60, F), F two numbers a keypoint, in;
(B, horizon, F) out. The baselines of recognition are in ``recognition``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from kinesics_core.errors import KinesicsError
from kinesics_core.motion.windows import HORIZON

Forecast = Callable[[np.ndarray], np.ndarray]
"""(B, 60, F) -> (B, horizon, F), normalised."""

PENALTIES = (0.01, 0.1, 1.0, 10.0, 100.0, 1000.0)
"""Penalties that ``choose_ridge`` tries."""
BLOCK = 2048
"""Windows at a time."""
LARGEST = 9000
"""Most regressors of a ridge; with more the normal equations outgrow memory and patience."""


def zero_velocity(observed: np.ndarray, horizon: int = HORIZON) -> np.ndarray:
    """Hold the newest pose."""
    return np.repeat(observed[:, -1:], horizon, axis=1)


def constant_velocity(
    observed: np.ndarray, horizon: int = HORIZON, frames: int = 5
) -> np.ndarray:
    """Move the newest pose on at the mean velocity of the last ``frames`` steps."""
    velocity = (observed[:, -1:] - observed[:, -1 - frames:-frames]) / frames
    steps = np.arange(1, horizon + 1, dtype=observed.dtype)
    return observed[:, -1:] + velocity * steps[None, :, None]


def mean_pose(observed: np.ndarray, horizon: int = HORIZON) -> np.ndarray:
    """Hold the mean of the observed poses."""
    return np.repeat(observed.mean(axis=1, keepdims=True), horizon, axis=1)


@dataclass(frozen=True, slots=True)
class Ridge:
    """Linear regression of the change from the newest frame on the changes before it.

    Attributes:
        weights: (frames * F + 1, horizon * F), the last row the bias.
        frames: Number of the newest frames that are read.
        penalty: Weight of the squared weights in the fit.
    """

    weights: np.ndarray
    frames: int
    penalty: float

    def __call__(self, observed: np.ndarray) -> np.ndarray:
        """Forecast (B, horizon, F)."""
        horizon = self.weights.shape[1] // observed.shape[2]
        future = np.empty((len(observed), horizon, observed.shape[2]), np.float32)
        for begin in range(0, len(observed), BLOCK):
            part = observed[begin:begin + BLOCK]
            change = _regressors(part, self.frames) @ self.weights
            future[begin:begin + BLOCK] = part[:, -1:] + change.reshape(len(part), horizon, -1)
        return future


def fit_ridge(
    observed: np.ndarray, future: np.ndarray, weight: np.ndarray | None = None,
    penalty: float = 1.0,
) -> Ridge:
    """Fit a ridge in closed form.

    Beyond ``LARGEST`` regressors (more than 75 keypoints) only the newest frames are read.

    Args:
        observed: (B, 60, F).
        future: (B, horizon, F), the truth.
        weight: (B, F) or (B, horizon, F), 0 where the truth is unknown: there the person is taken
            to stand still. None if all is known.
        penalty: Weight of the squared weights.

    Raises:
        KinesicsError: There are no windows.
    """
    return _solve(*_normal_equations(observed, future, weight), penalty)


def fit_ridges(
    observed: np.ndarray, future: np.ndarray, weight: np.ndarray | None,
    penalties: Sequence[float],
) -> list[Ridge]:
    """Fit a ridge with each penalty to the same windows; arguments as ``fit_ridge`` takes them.

    With fewer windows than regressors the equations of the windows are solved, which are fewer.
    """
    count, steps, features = observed.shape
    frames = max(min(steps, LARGEST // features), 1)
    if not 0 < count <= frames * features:
        equations = _normal_equations(observed, future, weight)
        return [_solve(*equations, penalty) for penalty in penalties]
    regressors = _regressors(observed, frames)
    change = (future - observed[:, -1:]).astype(np.float64)
    if weight is not None:
        change *= _per_frame(weight)
    gram, flat = regressors @ regressors.T, change.reshape(count, -1)
    return [Ridge(regressors.T @ np.linalg.solve(gram + penalty * np.eye(count), flat), frames,
                  penalty) for penalty in penalties]


def choose_ridge(
    train: tuple[np.ndarray, np.ndarray, np.ndarray | None],
    validation: tuple[np.ndarray, np.ndarray, np.ndarray | None],
    penalties: Sequence[float] = PENALTIES,
) -> Ridge:
    """Fit a ridge with the penalty of the least mean absolute error on validation windows.

    Args:
        train: Observed, future and weight as ``fit_ridge`` takes them.
        validation: The same of other windows.
        penalties: To be tried.

    Raises:
        KinesicsError: There are no windows.
    """
    equations = _normal_equations(*train)
    observed, future, weight = validation
    best, least = None, np.inf
    for penalty in penalties:
        ridge = _solve(*equations, penalty)
        error = np.abs(ridge(observed) - future)
        if weight is not None:
            error *= _per_frame(weight)
        if best is None or error.mean() < least:
            best, least = ridge, float(error.mean())
    assert best is not None
    return best


def _normal_equations(
    observed: np.ndarray, future: np.ndarray, weight: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, int]:
    """Return X'X, X'Y and the frames read, in float64, a block of windows at a time."""
    if not len(observed):
        raise KinesicsError("Got no windows to fit the ridge regression to; give more motion.")
    features = observed.shape[2]
    frames = max(min(observed.shape[1], LARGEST // features), 1)
    columns = frames * features + 1
    gram = np.zeros((columns, columns))
    moments = np.zeros((columns, future.shape[1] * features))
    for begin in range(0, len(observed), BLOCK):
        rows = slice(begin, begin + BLOCK)
        change = (future[rows] - observed[rows, -1:]).astype(np.float64)
        if weight is not None:
            change *= _per_frame(weight[rows])
        regressors = _regressors(observed[rows], frames)
        gram += regressors.T @ regressors
        moments += regressors.T @ change.reshape(len(change), -1)
    return gram, moments, frames


def _solve(gram: np.ndarray, moments: np.ndarray, frames: int, penalty: float) -> Ridge:
    penalised = gram.copy()
    penalised[np.diag_indices_from(penalised)] += penalty
    return Ridge(np.linalg.solve(penalised, moments), frames, penalty)


def _regressors(observed: np.ndarray, frames: int) -> np.ndarray:
    newest = observed[:, -1:].astype(np.float64)
    change = observed[:, -frames:-1].astype(np.float64) - newest
    flat = np.concatenate([change, newest], axis=1).reshape(len(observed), -1)
    return np.concatenate([flat, np.ones((len(flat), 1))], axis=1)


def _per_frame(weight: np.ndarray) -> np.ndarray:
    return weight if weight.ndim == 3 else weight[:, None]
