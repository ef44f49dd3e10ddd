"""``kinesics bench forecast``: speed beside torch, and error on motion that nobody learned from.

``forecast.unseen_ratio`` needs recordings that a checkout does not have. It is read from the table
that ``kinesics eval sources --model`` wrote of the shipped model, on sources that it did not learn
from (``RECORD``; the command stands in the model's card), and only if that table is of the very
file that is shipped: its fingerprint stands in the table.

What a checkout can measure is measured: ``forecast.live_body_ratio`` is the shipped model's error
over standing still's on the robot's own body as it expresses emotions (``judging.live_clips``), a
process none of whose motion is in the training data.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from kinesics_core.affect.emotions import EMOTIONS
from kinesics_core.assets import store
from kinesics_core.bench import Result, result
from kinesics_core.dataset.clips import Clip
from kinesics_core.errors import ModelError
from kinesics_core.experiments import fingerprints
from kinesics_core.judging.live_clips import RATE, live_clip
from kinesics_core.motion.evaluation import bench_forecast
from kinesics_core.motion.evaluation.baselines import zero_velocity
from kinesics_core.motion.evaluation.source_errors import source_windows
from kinesics_core.motion.model_file import ForecasterFile, open_forecaster
from kinesics_core.motion.runtime import ForecastConfig

RECORD = "forecast_ours.sources.json"
GOALS = {"forecast.unseen_ratio": "<= 0.7", "forecast.unseen_ratio.camera": "<= 0.7",
         "forecast.unseen_ratio.worst_frame": "<= 1"}
"""Shares of standing still's error that are to be reached."""
SEEDS, SECONDS = (0, 1), 8.0
"""Seeds and length of the live body's clips."""
STILL, RECORDED = "zero velocity", "zero velocity (recorded by `kinesics eval sources`)"


def run(args: argparse.Namespace) -> list[Result]:
    """Measure and return ``forecast.*``."""
    model = open_forecaster(ForecastConfig.model)
    return [*bench_forecast.run(args), *unseen_ratios(), live_body_ratio(model)]


def unseen_ratios() -> list[Result]:
    """Return what the record says of sources never learned from, if it is of the shipped model.

    Raises:
        ModelError: There is no record, or it is no table of ``kinesics eval sources``.
    """
    path = store.shipped(RECORD)
    try:
        record: Mapping[str, Any] = json.loads(path.read_text())
        figures = {entry["name"]: entry["value"] for entry in record["results"]}
        same = record["about"]["model"] == fingerprints.of_file(store.shipped(ForecastConfig.model))
        wanted = {"forecast.unseen_ratio": figures["ratio.frontal.ours"],
                  "forecast.unseen_ratio.camera": figures["ratio.camera.ours"],
                  "forecast.unseen_ratio.frame_30": figures["ratio.frontal.ours.frame_30"],
                  "forecast.unseen_ratio.worst_frame": figures["ratio.frontal.ours.worst"]}
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(
            f"{path} is not a table of `kinesics eval sources` ({error}). Write it again with"
            " --json.") from error
    return [result(name, value if same else None, "x",
                   GOALS.get(name), RECORDED, 1.0)
            for name, value in wanted.items()]


def live_body_ratio(model: ForecasterFile) -> Result:
    """Measure the model on the robot's own body, seen from the front."""
    clips = [
        Clip(f"{EMOTIONS[emotion]}-{seed}", "live body", f"{seed}", RATE,
             live_clip(emotion, 1.0, seed, SECONDS).keypoints().astype(np.float32), {})
        for seed in SEEDS for emotion in range(len(EMOTIONS))]
    source = source_windows(clips, "frontal", step=15)

    def forecast(observed: np.ndarray) -> np.ndarray:
        parts = [model.session.run(["future"], {"observed": part.astype(np.float32)})[0]
                 for part in np.array_split(observed, -(-len(observed) // 32))]
        return np.concatenate(parts)

    ours = np.mean(source.errors(forecast, "last_frame"))
    still = np.mean(source.errors(zero_velocity, "last_frame"))
    return result("forecast.live_body_ratio", float(ours / still), "x", "<= 1", STILL, 1.0)
