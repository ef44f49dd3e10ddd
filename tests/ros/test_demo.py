"""`kinesics demo` as a newcomer runs it, on a short clip."""

from __future__ import annotations

import json
import subprocess
import sys

import cv2
import pytest

pytest.importorskip("rclpy")
pytest.importorskip("imageio_ffmpeg")
from kinesics_core.assets import store

pytestmark = pytest.mark.slow


def demo(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "kinesics_core.cli", "demo", *arguments],
        capture_output=True, text=True, timeout=180,
    )


def test_demo_leaves_video_bag_and_figures(tmp_path):
    from rosbags.rosbag2 import Reader

    face, body = store.path("demo-face"), store.path("demo-body")
    done = demo("--source", f"{face},{body}", "--out", str(tmp_path))
    assert done.returncode == 0, done.stderr
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert {"frames", "processed_fps", "latency_ms", "dropped", "emotion", "peak_rss_mb"} <= set(
        summary
    )
    assert summary["frames"] > 5  # a busy machine answers few of them
    assert summary["dropped"] == sum(summary["dropped_by_stage"].values())
    assert {"p50", "p95"} == set(summary["latency_ms"])
    video = cv2.VideoCapture(str(tmp_path / "demo.mp4"))
    seconds = video.get(cv2.CAP_PROP_FRAME_COUNT) / video.get(cv2.CAP_PROP_FPS)
    # 4.0 s of face and 1.7 s of body; a machine that stalls for a second leaves that second out.
    assert 2.5 < seconds < 6.2
    assert (tmp_path / "poster.jpg").stat().st_size > 10_000
    with Reader(tmp_path / "bag") as reader:
        counts = {topic: info.msgcount for topic, info in reader.topics.items()}
    assert counts["/persons"] >= 0.9 * summary["frames"]
    assert counts["/face_pose"] > counts["/persons"]
    assert not list(tmp_path.glob("*.part"))


def test_demo_of_a_broken_video_says_so_and_fails(tmp_path):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"\0" * 2000)
    done = demo("--source", str(broken), "--out", str(tmp_path / "out"))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "broken.mp4" in done.stderr
