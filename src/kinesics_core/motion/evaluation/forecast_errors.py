"""Errors of forecasts of windows cut in one plane, as the paper measures them.

The mean absolute error of a coordinate in the normalised space, where a person's pose scale is 1.
Errors through random cameras are in ``camera_errors``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kinesics_core.motion.evaluation.baselines import (
    Forecast,
    choose_ridge,
    constant_velocity,
    mean_pose,
    zero_velocity,
)
from kinesics_core.motion.training.windowing import WindowBatch

REPORTED = (3, 10, 30)
"""Frames of the forecast, counted from 1, whose errors are shown."""


@dataclass(frozen=True, slots=True)
class ForecastErrors:
    """Mean absolute errors of one method on some windows, in the normalised space.

    Attributes:
        mae: Over all frames.
        by_frame: At each frame.
        by_class: Over all frames of each class's windows.
    """

    mae: float
    by_frame: tuple[float, ...]
    by_class: dict[str, float]


def forecast_errors(
    predicted: np.ndarray, truth: WindowBatch[np.ndarray], classes: Sequence[str] | None = None
) -> ForecastErrors:
    """Return the errors of forecasts; unknown truth does not count.

    Args:
        predicted: (N, H, F), normalised as the truth.
        truth: N windows.
        classes: The class of each window; None without.
    """
    error = np.abs(predicted - truth.future).astype(np.float64)
    weight = np.ones_like(error) if truth.weight is None else truth.weight
    error *= weight
    by_frame = error.sum(axis=(0, 2)) / np.maximum(weight.sum(axis=(0, 2)), 1.0)
    of_window, weights = error.sum(axis=(1, 2)), weight.sum(axis=(1, 2))
    names = np.array([] if classes is None else classes)
    return ForecastErrors(
        float(of_window.sum() / max(weights.sum(), 1.0)), tuple(map(float, by_frame)),
        {str(name): float(of_window[names == name].sum() / max(weights[names == name].sum(), 1.0))
         for name in np.unique(names)},
    )


def baseline_errors(
    train: WindowBatch[np.ndarray], validation: WindowBatch[np.ndarray],
    test: WindowBatch[np.ndarray], classes: Sequence[str] | None = None,
) -> dict[str, ForecastErrors]:
    """Return the errors of what has to be beaten: three rules, and a ridge.

    Args:
        train: Windows that the ridge is fitted to.
        validation: Windows that its penalty is chosen by.
        test: Windows to be judged by.
        classes: The class of each test window; None without.

    Returns:
        Errors by the method's name.
    """
    horizon = test.future.shape[1]
    ridge = choose_ridge(
        (train.observed, train.future, train.weight),
        (validation.observed, validation.future, validation.weight))
    methods: dict[str, Forecast] = {
        "zero_velocity": lambda observed: zero_velocity(observed, horizon),
        "constant_velocity": lambda observed: constant_velocity(observed, horizon),
        "mean_pose": lambda observed: mean_pose(observed, horizon),
        "ridge": ridge,
    }
    return {name: forecast_errors(method(test.observed), test, classes)
            for name, method in methods.items()}
