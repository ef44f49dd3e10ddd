"""Jobs of ``kinesics eval forecast``: baselines, an exported network, a training.

Their settings are those of ``WindowSettings``, ``data`` and ``left_out``, and what each names.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from kinesics_core.experiments.exported import open_model
from kinesics_core.experiments.job_inputs import (
    ExperimentInputs,
    Settings,
    fold_windows,
    keep_weights,
    step_reporter,
    thinning_stride,
    window_settings,
)
from kinesics_core.jobs.local import OnProgress
from kinesics_core.motion.evaluation import forecast_errors
from kinesics_core.motion.evaluation.forecast_errors import ForecastErrors
from kinesics_core.motion.training.config import TrainingConfig
from kinesics_core.motion.training.feeds import Examples
from kinesics_core.motion.training.fit import TrainingData, fit
from kinesics_core.motion.training.predict import predict
from kinesics_core.motion.training.windowing import encode
from kinesics_core.training.loop import Hooks


def baselines(settings: Settings, inputs: ExperimentInputs, report: OnProgress) -> dict[str, Any]:
    """Judge what has to be beaten: three rules and a ridge."""
    windows = window_settings(settings)
    data = fold_windows(windows, inputs)
    report(1, 2, f"{len(data.train)} windows")
    found = forecast_errors.baseline_errors(
        encode(data.train, "per_frame"), encode(data.validation, "per_frame"),
        encode(data.test, "per_frame"), data.classes_of_test(windows.label))
    return {"errors": {name: _as_json(errors) for name, errors in found.items()},
            "windows": [len(data.train), len(data.validation), len(data.test)]}


def exported(settings: Settings, inputs: ExperimentInputs, report: OnProgress) -> dict[str, Any]:
    """Judge the ONNX file ``inputs.model``; settings besides: its fingerprint, ``model``."""
    windows = window_settings(settings)
    data = fold_windows(windows, inputs)
    assert inputs.model is not None
    model = open_model(inputs.model, len(inputs.keypoints))
    report(1, 2, f"{len(data.test)} windows")
    errors = forecast_errors.forecast_errors(
        model.forecast(data.test), encode(data.test, "per_frame"),
        data.classes_of_test(windows.label))
    return {"errors": _as_json(errors)}


def train(settings: Settings, inputs: ExperimentInputs, report: OnProgress) -> dict[str, Any]:
    """Train a network to forecast and judge it.

    A recipe that draws windows from clips draws from the fold's training clips; others take the
    windows cut every ``step`` frames.

    Args:
        settings: Besides, ``config``, a ``TrainingConfig`` as a dict, and ``most``, training
            windows an epoch at most.
        inputs: Where the data are.
        report: Told about progress.
    """
    windows = window_settings(settings)
    data = fold_windows(windows, inputs)
    thinned = data.train.take(
        np.arange(0, len(data.train), thinning_stride(len(data.train), settings["most"])))
    config = TrainingConfig(**settings["config"])
    examples = Examples(thinned)
    if config.windows and not windows.leaks:
        examples = Examples([data.clips[index] for index in inputs.fold.train])
    elif config.windows:
        # Its windows are given: as many as it would have drawn, by passing over them more often.
        config = replace(config, windows=0, warp=0.0,
                         epochs=config.epochs * -(-config.windows // len(thinned)))
    result = fit(
        TrainingData(examples, Examples(data.validation), keypoints=inputs.keypoints), config,
        Hooks(on_step=step_reporter(config.epochs, report)))
    truth = encode(data.test, "per_frame")
    errors = forecast_errors.forecast_errors(
        predict(result.network, truth.observed).future, truth, data.classes_of_test(windows.label))
    if inputs.weights is not None:
        keep_weights(inputs.weights, result.network, result.identity, settings["config"])
    return {"errors": _as_json(errors), "curves": [dict(row) for row in result.curves],
            "best_epoch": result.best_epoch,
            "parameters": sum(parameter.numel() for parameter in result.network.parameters()),
            "windows": [len(thinned), len(data.validation), len(data.test)]}


def _as_json(errors: ForecastErrors) -> dict[str, Any]:
    return {"mae": errors.mae, "by_frame": list(errors.by_frame), "by_class": errors.by_class}
