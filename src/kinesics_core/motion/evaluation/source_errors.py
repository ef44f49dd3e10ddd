"""Errors of forecasts on a source of motion that nothing was fitted to, in two views.

``frontal``  every window of the clips, seen orthographic from the front, each frame centred and
             scaled by itself: the paper's measure (equations 1 and 2 of arXiv 2603.01804), as
             ``kinesics eval forecast`` has it.
``camera``   windows drawn through random cameras and a noisy detector, as a robot meets people:
             how far keypoints are off, translation and all, in units of the newest pose's scale;
             keypoints never seen do not count.

Errors are mean absolute errors of a coordinate at each frame. Beside a method stand standing still,
constant velocity, and two ridges: one fitted to the sources that the method learned from, and one
to the source itself, the windows of a quarter of its recordings forecast by a ridge of the others,
with the penalty that is best for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kinesics_core.dataset.clips import Clip
from kinesics_core.errors import KinesicsError
from kinesics_core.motion import windows
from kinesics_core.motion.evaluation.baselines import (
    Forecast,
    constant_velocity,
    fit_ridges,
    zero_velocity,
)
from kinesics_core.motion.training import camera_windows
from kinesics_core.motion.training.camera_augmentation import AS_RECORDED, DetectorNoise
from kinesics_core.motion.training.windowing import CutWindows, WindowBatch, cut_windows, encode
from kinesics_core.motion.windows import HORIZON, KEYPOINTS, Normalisation

VIEWS = ("frontal", "camera")
STILL, CONSTANT, POOLED, IN_DOMAIN = (
    "zero velocity", "constant velocity", "ridge, pooled", "ridge, in domain")

MOST = 1500
"""Windows of a source and view, at most: more make no figure surer, as they overlap."""
POOLED_WINDOWS = 4000
"""Windows that the pooled ridge is fitted to."""
FOLDS = 4
PENALTIES = (10.0, 100.0, 1000.0)

Errors = dict[str, list[float]]
"""Name of a method -> error at each frame."""


@dataclass(frozen=True, slots=True)
class SourceWindows:
    """Windows of one view.

    Attributes:
        view: One of ``VIEWS``.
        cut: The windows, pixels or metres.
        truth: Normalised as errors are measured.
    """

    view: str
    cut: CutWindows
    truth: WindowBatch[np.ndarray]

    def errors(self, forecast: Forecast, how: Normalisation) -> list[float]:
        """Return a method's error at each frame.

        Args:
            forecast: The method.
            how: Normalisation of what it sees and gives.
        """
        observed = encode(self.cut, how).observed
        future = forecast(observed).astype(np.float32)
        if self.view == "frontal" and how != "per_frame":
            poses = future.reshape(len(future), HORIZON, -1, 2)
            future = windows.normalise(poses)[0].reshape(future.shape)
        return mean_errors(future, self.truth)

    @property
    def natural(self) -> Normalisation:
        """Normalisation in which this view is measured."""
        return normalisation_of(self.view)


def normalisation_of(view: str) -> Normalisation:
    """Return the normalisation in which a view is measured."""
    return "per_frame" if view == "frontal" else "last_frame"


def mean_errors(future: np.ndarray, truth: WindowBatch[np.ndarray]) -> list[float]:
    """Return the mean absolute error at each frame; unknown truth does not count."""
    error = np.abs(future - truth.future)
    if truth.weight is None:
        return [float(value) for value in error.mean(axis=(0, 2))]
    weight = np.broadcast_to(truth.weight, error.shape)
    return [float(value) for value in
            (error * weight).sum(axis=(0, 2)) / np.maximum(weight.sum(axis=(0, 2)), 1.0)]


def source_windows(
    clips: Sequence[Clip], view: str, *, step: int = 15, count: int = MOST, seed: int = 0
) -> SourceWindows:
    """Return windows of a source in one view.

    Args:
        clips: COCO-17 in three dimensions.
        view: One of ``VIEWS``.
        step: Frames between two frontal windows of a clip.
        count: Windows, in the frontal view at most.
        seed: Of windows and cameras.

    Raises:
        KinesicsError: The clips give no window, or cannot be seen through cameras.
    """
    if view not in VIEWS:
        raise KinesicsError(f"Got view {view!r}; wanted one of {', '.join(VIEWS)}.")
    if any(clip.keypoints.shape[1] != KEYPOINTS for clip in clips):
        raise KinesicsError("Sources are compared on COCO-17; import them so.")
    rng = np.random.default_rng(seed)
    if view == "frontal":
        cut = cut_windows(clips, step)
        if len(cut) > count:
            cut = cut.take(np.sort(rng.permutation(len(cut))[:count]))
    else:
        camera_windows.require_three_dimensions(clips)
        at_rate, kept = camera_windows.at_window_rate(clips)
        cut = camera_windows.draw_windows(
            rng, at_rate, count, DetectorNoise(), augmentation=AS_RECORDED)
        cut.clip = kept[cut.clip].astype(np.int32)
    return SourceWindows(view, cut, encode(cut, normalisation_of(view)))


def baseline_errors(
    source: SourceWindows, clips: Sequence[Clip], others: WindowBatch[np.ndarray]
) -> Errors:
    """Return the errors of what has to be beaten.

    Args:
        source: Windows of the source that is judged.
        clips: Its clips, that those windows are cut from.
        others: Windows of other sources in the same view and its normalisation.
    """
    truth = source.truth
    errors = {
        STILL: mean_errors(zero_velocity(truth.observed), truth),
        CONSTANT: mean_errors(constant_velocity(truth.observed), truth),
    }
    weight = others.weight
    pooled = fit_ridges(others.observed, others.future, weight, PENALTIES)
    errors[POOLED] = min(
        (mean_errors(ridge(truth.observed), truth) for ridge in pooled), key=np.mean)
    groups = np.unique([clips[index].group for index in source.cut.clip], return_inverse=True)[1]
    if groups.max() > 0:
        errors[IN_DOMAIN] = _cross_fitted(truth, groups)
    return errors


def _cross_fitted(truth: WindowBatch[np.ndarray], groups: np.ndarray) -> list[float]:
    """Forecast the windows of some recordings by a ridge of the others; the best penalty's errors.

    Args:
        truth: N windows.
        groups: (N,) the recording of each, from 0.
    """
    folds = min(FOLDS, int(groups.max()) + 1)
    fold = np.random.default_rng(0).permutation(int(groups.max()) + 1)[groups] % folds
    forecasts = np.empty((len(PENALTIES), *truth.future.shape), np.float32)
    for number in range(folds):
        rest, own = truth.take(fold != number), fold == number
        ridges = fit_ridges(rest.observed, rest.future, rest.weight, PENALTIES)
        for row, ridge in enumerate(ridges):
            forecasts[row, own] = ridge(truth.observed[own])
    return min((mean_errors(future, truth) for future in forecasts), key=np.mean)


def ratios(errors: Mapping[str, Sequence[float]]) -> dict[str, list[float]]:
    """Return each method's error over that of standing still: of all frames, then of each."""
    still = np.array(errors[STILL])
    return {name: [float(np.mean(values) / still.mean()),
                   *(float(value) for value in np.array(values) / still)]
            for name, values in errors.items()}
