"""How good a forecaster is, always beside what it has to beat.

On windows cut in one plane, as the paper measures (``forecast_errors``): ``mae`` is the mean
absolute error of a coordinate in the normalised space over all 30 frames, and at frames 3, 10 and
30, where a person's pose scale is 1; per class of a label too.

Through random cameras and a faulty detector, as a robot meets people (``evaluate``): ``mae_px`` is
the same in pixels of a 640x480 image over all 30 frames, ``mae_px_1``, ``_3``, ``_10``, ``_30`` at
those frames; only keypoints seen at least once count. ``mae_paper`` is in the paper's normalisation
(every frame, predicted and true, by its own centroid and scale; equations 1 and 2), given when the
whole body was seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kinesics_core.dataset.clips import Clip
from kinesics_core.motion import windows
from kinesics_core.motion.evaluation.baselines import (
    Forecast,
    choose_ridge,
    constant_velocity,
    mean_pose,
    zero_velocity,
)
from kinesics_core.motion.training.camera_augmentation import NO_NOISE, UPPER_BODY, DetectorNoise
from kinesics_core.motion.training.camera_windows import draw_windows
from kinesics_core.motion.training.windowing import CutWindows, WindowBatch, encode
from kinesics_core.motion.windows import HORIZON, KEYPOINTS, Normalisation

FRAMES = (1, 3, 10, 30)
REPORTED = (3, 10, 30)

CONDITIONS = {
    "clean": NO_NOISE,
    "detector": DetectorNoise(upper_body=0.0),
    "upper body": UPPER_BODY,
}


@dataclass(frozen=True, slots=True)
class ForecastErrors:
    """Mean absolute errors of one method on some windows, in the normalised space.

    mae: over all frames. by_frame: at each. by_class: over all frames of each class's windows.
    """

    mae: float
    by_frame: tuple[float, ...]
    by_class: dict[str, float]


@dataclass(frozen=True, slots=True)
class Score:
    """One method on the windows of one source under one condition; the metrics by name."""

    source: str
    condition: str
    method: str
    metrics: dict[str, float]


def forecast_errors(
    predicted: np.ndarray, truth: WindowBatch[np.ndarray], classes: Sequence[str] | None = None
) -> ForecastErrors:
    """Of (N, H, F) predictions; unknown truth does not count. classes: of each window."""
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
    """What has to be beaten, by name: three rules, and a ridge fitted to ``train``."""
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


def evaluate(
    clips: Sequence[Clip], how: Normalisation, methods: Mapping[str, Forecast],
    *, count: int, seed: int = 0,
) -> list[Score]:
    """Every method, zero and constant velocity on the same ``count`` windows of each source.

    clips: COCO-17 in three dimensions at 30 Hz, see ``camera_windows.at_window_rate``.
    """
    everything: dict[str, Forecast] = {
        "zero velocity": zero_velocity, "constant velocity": constant_velocity, **methods
    }
    scores = []
    for source in sorted({clip.source for clip in clips}):
        own = [clip for clip in clips if clip.source == source]
        for condition, noise in CONDITIONS.items():
            rng = np.random.default_rng(seed)
            cut = draw_windows(rng, own, count, noise, augment=False)
            observed = encode(cut, how).observed
            scores += [
                Score(source, condition, name, measure(method(observed), cut))
                for name, method in everything.items()
            ]
    return scores


def measure(predicted: np.ndarray, cut: CutWindows) -> dict[str, float]:
    """Return the metrics of predictions (B, 30, 34) of windows drawn through cameras, see above."""
    centroid, scale = windows.centroid_and_scale(cut.observed[:, -1:])
    pixels = windows.decode(predicted.reshape(-1, HORIZON, KEYPOINTS, 2), centroid, scale)
    truth = cut.future.astype(np.float32)
    assert cut.known is not None                                         # (B, 1, 17), as drawn
    counts = np.repeat(cut.known[:, 0, :, None], 2, axis=-1).astype(np.float32)
    error = np.abs(pixels - truth) * counts[:, None]
    by_frame = error.sum(axis=(0, 2, 3)) / counts.sum()
    metrics = {"mae_px": float(by_frame.mean())}
    metrics |= {f"mae_px_{frame}": float(by_frame[frame - 1]) for frame in FRAMES}
    if counts.all():
        paper = windows.normalise(pixels)[0] - windows.normalise(truth)[0]
        metrics["mae_paper"] = float(np.abs(paper).mean())
    return metrics
