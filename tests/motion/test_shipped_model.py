"""The model in ``models/`` on motion of known law, through the whole runtime."""

from pathlib import Path

import numpy as np
import pytest
from walker import pose, waving

from kinesics_core.motion.model_file import REQUIRED_METADATA
from kinesics_core.motion.runtime import Forecaster
from kinesics_core.skeletons import COCO17
from kinesics_core.types import NANOSECONDS, People, Person

MODEL = Path(__file__).parents[2] / "models" / "forecast_ours.onnx"
LEGS = [i for i, name in enumerate(COCO17) if name.endswith(("knee", "ankle"))]
STANDING = pose({"left_shoulder": (0, 0, -1.4), "right_shoulder": (0, 0, 1.4)})


def frontal(clip):
    return clip[..., :2] * (200, -200) + (320, 440)


def errors(clip, hidden=(), noise=0.0, steps=30):
    """Mean error of the network and of standing still, px, over a clip (T, 17, 2)."""
    forecaster = Forecaster(MODEL)
    rng = np.random.default_rng(0)
    shown = clip + rng.normal(0, noise, clip.shape) if noise else clip
    visible = [i for i in range(17) if i not in hidden]
    network, still = [], []
    for i in range(len(clip) - 30):
        coco = np.concatenate([shown[i], np.full((17, 1), 0.9)], axis=1).astype(np.float32)
        coco[list(hidden)] = np.nan
        stamp = i * NANOSECONDS // 30
        for got in forecaster.update(People(stamp, 640, 480, [Person(1, 1.0, coco)])).motion:
            truth = clip[i + 1:i + 1 + steps, visible]
            network.append(np.abs(got.keypoints[:steps, visible] - truth).mean())
            still.append(np.abs(shown[i, visible] - truth).mean())
    return np.mean(network), np.mean(still)


def test_it_says_what_it_is():
    forecaster = Forecaster(MODEL)
    assert set(REQUIRED_METADATA) <= set(forecaster.metadata)
    assert forecaster.metadata["normalisation"] == "last_frame"
    for owed in ("CMU", "EIA-0196217", "CC0", "MIT"):
        assert owed in forecaster.metadata["licence"]
    assert MODEL.stat().st_size < 25e6


@pytest.mark.parametrize("hidden", [(), LEGS], ids=["whole", "behind a desk"])
@pytest.mark.parametrize("speed", [-60.0, 40.0])
def test_who_crosses_the_image_is_forecast_far_better_than_by_standing_still(speed, hidden):
    seconds = np.arange(120) / 30
    walk = frontal(STANDING[None] * 0.9) + seconds[:, None, None] * (speed, 0) - (speed * 2, 0)
    network, still = errors(walk, hidden)
    assert network < 0.5 * still


def test_the_beginning_of_a_swing_is_forecast_better_than_by_standing_still():
    network, still = errors(frontal(waving(1.6, 0.3, 6.0)), steps=5)
    assert network < 0.95 * still


@pytest.mark.parametrize("hidden", [(), LEGS], ids=["whole", "behind a desk"])
def test_jitter_of_a_still_person_is_not_taken_for_movement(hidden):
    clip = np.repeat(frontal(STANDING)[None], 120, axis=0)
    network, still = errors(clip, hidden, noise=1.0)
    assert network < 1.2 * still
