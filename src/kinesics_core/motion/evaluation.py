"""How good a forecaster is, always beside what it has to beat.

``mae_px`` is the mean absolute error of a coordinate in pixels of a 640x480 image over all 30
frames, ``mae_px_1``, ``_3``, ``_10``, ``_30`` at those frames; only keypoints seen at least once
count. ``mae_paper`` is the same in the paper's normalisation (every frame, predicted and true, by
its own centroid and scale; equations 1 and 2), given when the whole body was seen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kinesics_core.motion import views, windows
from kinesics_core.motion.baselines import constant_velocity, zero_velocity
from kinesics_core.motion.samples import Batch, make_batch
from kinesics_core.motion.windows import HORIZON, KEYPOINTS, Normalisation

Forecast = Callable[[np.ndarray], np.ndarray]
"""(B, 60, 34) -> (B, 30, 34), normalised."""

FRAMES = (1, 3, 10, 30)

CONDITIONS = {
    "clean": views.NO_FAULTS,
    "detector": views.Faults(upper_body=0.0),
    "upper body": views.UPPER_BODY,
}


@dataclass(frozen=True, slots=True)
class Score:
    """One method on the windows of one source under one condition; the metrics by name."""

    source: str
    condition: str
    method: str
    metrics: dict[str, float]


def evaluate(
    clips: Sequence[tuple[str, np.ndarray]], how: Normalisation, methods: Mapping[str, Forecast],
    *, count: int, seed: int = 0,
) -> list[Score]:
    """Every method, zero and constant velocity on the same ``count`` windows of each source."""
    everything: dict[str, Forecast] = {
        "zero velocity": zero_velocity, "constant velocity": constant_velocity, **methods
    }
    scores = []
    for source in sorted({source for source, _ in clips}):
        own = [clip for clip in clips if clip[0] == source]
        for condition, faults in CONDITIONS.items():
            rng = np.random.default_rng(seed)
            batch = make_batch(rng, own, count, how, faults, augment=False)
            scores += [
                Score(source, condition, name, measure(method(batch.observed), batch))
                for name, method in everything.items()
            ]
    return scores


def measure(predicted: np.ndarray, batch: Batch) -> dict[str, float]:
    """The metrics of (B, 30, 34) predictions, see above."""
    pixels = windows.decode(
        predicted.reshape(-1, HORIZON, KEYPOINTS, 2), batch.centroid, batch.scale)
    counts = batch.counts.reshape(-1, KEYPOINTS, 2)
    error = np.abs(pixels - batch.pixels) * counts[:, None]
    by_frame = error.sum(axis=(0, 2, 3)) / counts.sum()
    metrics = {"mae_px": float(by_frame.mean())}
    metrics |= {f"mae_px_{frame}": float(by_frame[frame - 1]) for frame in FRAMES}
    if counts.all():
        paper = windows.normalise(pixels)[0] - windows.normalise(batch.pixels)[0]
        metrics["mae_paper"] = float(np.abs(paper).mean())
    return metrics
