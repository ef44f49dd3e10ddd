"""Errors through random cameras, of forecasts that are wrong by a known amount."""

from __future__ import annotations

import numpy as np
import pytest
from walker import pose, waving

pytest.importorskip("torch")

from kinesics_core.dataset.clips import Clip
from kinesics_core.motion import windows
from kinesics_core.motion.evaluation.camera_errors import camera_metrics, camera_scores
from kinesics_core.motion.training.camera_augmentation import AS_RECORDED, NO_NOISE, UPPER_BODY
from kinesics_core.motion.training.camera_windows import draw_windows


def clip(motion, source):
    return Clip("one", source, "one", 30.0, motion.astype(np.float32))


def test_a_forecast_is_as_wrong_as_it_is_moved():
    """Exactly 2 px to the right from frame 10 on."""
    cut = draw_windows(np.random.default_rng(0), [clip(waving(1.0, 0.0, 6.0), "a")], 20, NO_NOISE,
                       augmentation=AS_RECORDED)
    centroid, scale = windows.centroid_and_scale(cut.observed[:, -1:])
    moved = cut.future.copy()
    moved[:, 9:, :, 0] += 2.0
    found = camera_metrics(((moved - centroid) / scale).reshape(20, 30, 34), cut)
    assert found["mae_px_3"] == pytest.approx(0.0, abs=1e-3)
    assert [found["mae_px_10"], found["mae_px_30"]] == pytest.approx([1.0, 1.0], abs=1e-3)
    assert found["mae_px"] == pytest.approx(21 / 30, abs=1e-3)
    assert found["mae_paper"] == pytest.approx(0.0, abs=1e-4)      # a moved person is centred


def test_keypoints_never_seen_do_not_count():
    cut = draw_windows(np.random.default_rng(1), [clip(waving(1.0, 0.0, 6.0), "a")], 20,
                       UPPER_BODY, augmentation=AS_RECORDED)
    unseen = ~cut.known[:, 0]
    assert unseen.any()
    centroid, scale = windows.centroid_and_scale(cut.observed[:, -1:])
    wrong = cut.future + 100.0 * unseen[:, None, :, None]
    found = camera_metrics(((wrong - centroid) / scale).reshape(20, 30, 34), cut)
    assert found["mae_px"] == pytest.approx(0.0, abs=1e-2) and "mae_paper" not in found


def test_who_stands_still_is_forecast_by_the_newest_pose_and_who_moves_is_not():
    clips = [clip(np.repeat(pose()[None], 200, axis=0), "still"),
             clip(waving(1.0, 0.0, 6.0), "waving")]
    scores = camera_scores(clips, "last_frame", {"again": windows_held}, count=10)
    found = {(s.source, s.condition, s.method): s.metrics["mae_px"] for s in scores}
    assert found["still", "clean", "zero velocity"] == pytest.approx(0.0, abs=1e-3)
    assert found["waving", "clean", "zero velocity"] > 1.0
    assert found["still", "detector", "zero velocity"] > 0.01      # jitter of the newest frame
    for source, condition, method in found:
        if method == "again":
            assert found[source, condition, method] == found[source, condition, "zero velocity"]


def windows_held(observed):
    return np.repeat(observed[:, -1:], 30, axis=1)
