"""``kinesics bench loop``: the whole composed graph beside plain MediaPipe on the same frames.

Each run is a process of its own, so that memory and start-up belong to it alone: the graph paced
at 30 Hz like a camera, then in turn the graph as fast as it goes and MediaPipe alone in a loop.
Of the time per frame the median of the rounds counts, so that a busy moment of a shared machine
falls on neither.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from kinesics_core.assets import store
from kinesics_core.bench import Result, result
from kinesics_core.errors import KinesicsError
from kinesics_core.perception.peer import peer_model
from kinesics_core.perception.sources import open_source

WIDTH, HEIGHT, RATE = 640, 480, 30.0
FOOTAGE = ("demo-face", "demo-body")
ROUNDS = 5


def run(args: argparse.Namespace) -> list[Result]:
    """Return the measured ``loop.*``; ``--duration`` is the length of the paced run."""
    store.path(f"holistic-{args.variant}")
    peer_model(args.variant)
    with ended_by_signals(), tempfile.TemporaryDirectory() as scratch:
        clip = Path(scratch) / "clip.avi"
        frames = write_clip(clip)
        paced = _graph(clip, args.variant, "--loop", "--duration", str(args.duration))
        rounds = [_round(clip, args.variant) for _ in range(ROUNDS)]
    peer = {key: float(np.median([theirs[key] for _, theirs in rounds])) for key in rounds[0][1]}
    ours_ms, keypoint_ms = (float(np.median([ours[key] for ours, _ in rounds]))
                            for key in ("loop", "keypoints"))
    ratio, keypoint_ratio = (
        float(np.median([ours[key] / theirs[other] for ours, theirs in rounds]))
        for key, other in (("loop", "loop"), ("keypoints", "p50")))
    plain = "plain MediaPipe loop"
    latency = paced["latency_ms"]
    results = [
        result("loop.fps", paced["processed_fps"], "frames/s", ">= 20", plain, 1e3 / peer["loop"]),
        result("loop.latency_p50_ms", latency["p50"], "ms", "<= 60", plain, peer["p50"]),
        result("loop.latency_p95_ms", latency["p95"], "ms", "<= 100", plain, peer["p95"]),
        result("loop.after_keypoints_ms", paced["after_keypoints_ms"], "ms", "<= 5"),
        result("loop.peak_rss_mb", paced["peak_rss_mb"], "MB", "<= 1200", plain, peer["rss_mb"]),
        result("loop.start_s", paced["start_s"], "s", "<= 5"),
        result("loop.per_frame_vs_mediapipe", ratio, "x", "<= 1", plain, 1.0),
        result("loop.per_frame_ms", ours_ms, "ms", None, plain, peer["loop"]),
        result("loop.keypoints_vs_mediapipe", keypoint_ratio, "x", "<= 1", plain, 1.0),
        result("loop.keypoints_ms", keypoint_ms, "ms", None, plain, peer["p50"]),
        result("loop.mediapipe_detect_ms", peer["mean"], "ms"),
        result("loop.clip_frames", frames, "frames"),
        result("loop.seconds", args.duration, "s"),
    ]
    if paced["rss_growth_mb"] is not None:
        results += [
            result("loop.rss_growth_mb", paced["rss_growth_mb"], "MB", "<= 10"),
            result("loop.latency_growth_ms", paced["latency_growth_ms"], "ms", "<= 5"),
        ]
    return results


def _round(clip: Path, variant: str) -> tuple[dict[str, float], dict[str, float]]:
    """Measure the whole graph, unpaced, and MediaPipe in a loop; each reads the file once.

    Returns:
        The graph's milliseconds a frame: "loop" of all, "keypoints" the median of the stage that
        finds them while the others run; the peer's figures: "loop" with reading, "mean" without,
        percentiles ("p50" is what "keypoints" compares with), memory.
    """
    ours = _graph(clip, variant, "--no-realtime")
    return ({"loop": 1e3 / ours["processed_fps"], "keypoints": ours["keypoint_ms"]},
            _peer(clip, variant))


def write_clip(path: Path) -> int:
    """Write the demo's footage as one 640x480 clip (letterboxed); return its number of frames."""
    video = cv2.VideoWriter(
        str(path), cv2.VideoWriter.fourcc(*"MJPG"), RATE, (WIDTH, HEIGHT)
    )
    frames = 0
    for image in _footage():
        video.write(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
        frames += 1
    video.release()
    return frames


def _footage() -> Iterable[np.ndarray]:
    spec = ",".join(str(store.path(name)) for name in FOOTAGE)
    with open_source(spec, rate=RATE, realtime=False) as source:
        while (frame := source.read()) is not None:
            image = frame.image
            scale = min(WIDTH / image.shape[1], HEIGHT / image.shape[0])
            image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            canvas = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
            top, left = (HEIGHT - image.shape[0]) // 2, (WIDTH - image.shape[1]) // 2
            canvas[top:top + image.shape[0], left:left + image.shape[1]] = image
            yield canvas


def _graph(clip: Path, variant: str, *arguments: str) -> dict[str, Any]:
    report = clip.with_name("report.json")
    run_process(
        [sys.executable, "-m", "kinesics_core.cli", "up", "--source", str(clip),
         "--variant", variant, "--report", str(report), *arguments]
    )
    summary = json.loads(report.read_text())
    if summary["processed_fps"] is None:
        raise KinesicsError("the graph processed no frames; run `kinesics up` and read its log.")
    return summary


_PEER = """
import json, sys, time
import numpy as np
from kinesics_core.perception.peer import plain_mediapipe_times
from kinesics_core.perception.sources import open_source
from kinesics_ros.monitor import peak_rss_mb

reading = []

def images(source):
    began = time.perf_counter()
    while (frame := source.read()) is not None:
        reading.append(time.perf_counter() - began)
        yield frame.image
        began = time.perf_counter()

with open_source(sys.argv[1], realtime=False) as source:
    ms = 1e3 * plain_mediapipe_times(images(source), sys.argv[2])[5:]
print(json.dumps({
    "mean": ms.mean(), "p50": np.percentile(ms, 50), "p95": np.percentile(ms, 95),
    "loop": ms.mean() + 1e3 * np.mean(reading), "rss_mb": peak_rss_mb(),
}))
"""


def _peer(clip: Path, variant: str) -> dict[str, float]:
    command = [sys.executable, "-c", _PEER, str(clip), variant]
    return json.loads(run_process(command).splitlines()[-1])


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the block by an exception, so that no child is left behind."""
    def end(number: int, frame: object) -> None:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run_process(command: list[str]) -> str:
    """Run a command to its end; return what it printed.

    Raises:
        KinesicsError: It failed; the sentence ends with what it said last.
    """
    # An exception in here, a signal's too, kills the child.
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        tail = "\n".join(done.stderr.splitlines()[-12:])
        raise KinesicsError(f"{' '.join(command[:6])} ... ended with {done.returncode}:\n{tail}")
    return done.stdout
