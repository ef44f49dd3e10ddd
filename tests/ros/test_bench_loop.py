"""The loop's benchmark: which of our figures stands beside which of the peer's."""

from __future__ import annotations

from argparse import Namespace

import pytest

from kinesics_ros import bench_loop

PACED = {"processed_fps": 29.5, "latency_ms": {"p50": 30.0, "p95": 60.0}, "keypoint_ms": 99.0,
         "after_keypoints_ms": 4.0, "peak_rss_mb": 400.0, "start_s": 1.5, "rss_growth_mb": None}


def test_our_keypoint_stage_stands_beside_mediapipe_of_the_same_round(monkeypatch):
    """A busy round slows both; the median of the rounds' ratios is that of a quiet one."""
    asked = []
    monkeypatch.setattr(bench_loop.store, "path", asked.append)
    monkeypatch.setattr(bench_loop, "peer_model", asked.append)
    monkeypatch.setattr(bench_loop, "write_clip", lambda path: 170)
    busy = iter([1.0, 1.0, 3.0, 1.0, 1.5])

    def graph(clip, variant, *arguments):
        if "--no-realtime" not in arguments:
            return PACED
        graph.factor = next(busy)
        return {"processed_fps": 1e3 / (22.0 * graph.factor), "keypoint_ms": 16.0 * graph.factor}

    def theirs(clip, variant):
        return {key: graph.factor * ms for key, ms in (
            ("loop", 25.0), ("mean", 24.0), ("p50", 20.0), ("p95", 30.0), ("rss_mb", 300.0))}

    monkeypatch.setattr(bench_loop, "_graph", graph)
    monkeypatch.setattr(bench_loop, "_peer", theirs)
    results = {entry["name"]: entry for entry in bench_loop.run(Namespace(
        variant="full", duration=1.0))}
    assert asked == ["holistic-full", "full"]
    assert results["loop.keypoints_vs_mediapipe"]["value"] == pytest.approx(0.8)
    assert results["loop.keypoints_vs_mediapipe"]["peer_value"] == 1.0
    assert results["loop.per_frame_vs_mediapipe"]["value"] == pytest.approx(0.88)
    assert results["loop.keypoints_ms"]["value"] == pytest.approx(16.0)
    assert results["loop.keypoints_ms"]["peer_value"] == pytest.approx(20.0)
