"""Errors of forecasts through random cameras and a noisy detector, as a robot meets people.

``mae_px`` is the mean absolute error of a coordinate in pixels of a 640x480 image over all 30
frames, ``mae_px_1``, ``_3``, ``_10``, ``_30`` at those frames; only keypoints seen at least once
count. ``mae_paper`` is in the paper's normalisation (every frame, predicted and true, by its own
centroid and scale; equations 1 and 2 of arXiv 2603.01804), given when the whole body was seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kinesics_core.dataset.clips import Clip
from kinesics_core.motion import windows
from kinesics_core.motion.evaluation.baselines import Forecast, constant_velocity, zero_velocity
from kinesics_core.motion.training.camera_augmentation import (
    AS_RECORDED,
    NO_NOISE,
    UPPER_BODY,
    DetectorNoise,
)
from kinesics_core.motion.training.camera_windows import draw_windows
from kinesics_core.motion.training.windowing import CutWindows, encode
from kinesics_core.motion.windows import HORIZON, KEYPOINTS, Normalisation

FRAMES = (1, 3, 10, 30)
"""Frames of the forecast, counted from 1, whose errors are given."""

CONDITIONS = {
    "clean": NO_NOISE,
    "detector": DetectorNoise(upper_body=0.0),
    "upper body": UPPER_BODY,
}
"""Detectors that people are seen by."""


@dataclass(frozen=True, slots=True)
class SourceScore:
    """Score of one method on the windows of one source.

    Attributes:
        source: Where the clips come from.
        condition: How they are seen: one of ``CONDITIONS``, or "frontal".
        method: What is judged.
        metrics: Figures by name.
    """

    source: str
    condition: str
    method: str
    metrics: dict[str, float]


def camera_scores(
    clips: Sequence[Clip], how: Normalisation, methods: Mapping[str, Forecast],
    *, count: int, seed: int = 0,
) -> list[SourceScore]:
    """Judge methods, zero and constant velocity on the same windows of each source.

    Args:
        clips: COCO-17 in three dimensions at 30 Hz, see ``camera_windows.at_window_rate``.
        how: Normalisation of what the methods see.
        methods: What is judged besides, by name.
        count: Windows of each source and condition.
        seed: Of the windows that are drawn.
    """
    everything: dict[str, Forecast] = {
        "zero velocity": zero_velocity, "constant velocity": constant_velocity, **methods
    }
    scores = []
    for source in sorted({clip.source for clip in clips}):
        own = [clip for clip in clips if clip.source == source]
        for condition, noise in CONDITIONS.items():
            rng = np.random.default_rng(seed)
            cut = draw_windows(rng, own, count, noise, augmentation=AS_RECORDED)
            observed = encode(cut, how).observed
            scores += [
                SourceScore(source, condition, name, camera_metrics(method(observed), cut))
                for name, method in everything.items()
            ]
    return scores


def camera_metrics(predicted: np.ndarray, cut: CutWindows) -> dict[str, float]:
    """Return the metrics of forecasts of windows drawn through cameras.

    Args:
        predicted: (B, 30, 34), normalised by the newest observed frame.
        cut: The B windows, in pixels.
    """
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
