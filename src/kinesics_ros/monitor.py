"""Measurement of a running graph: frame rate, latency, drops, memory, emotions seen."""

from __future__ import annotations

import math
import os
import resource
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kinesics_core.affect.emotions import EMOTIONS
from kinesics_core.types import NANOSECONDS, Affect, FacePose, People

if TYPE_CHECKING:
    from kinesics_ros.graph import Graph


class Monitor:
    """Listens on the bus of a composed graph; ``summary()`` at any time."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._first_stamp: int | None = None
        self._began = self._latest = 0.0
        self._frames = 0
        self._rss_mb: deque[float] = deque(maxlen=100_000)
        self._answered = 0
        self._first_answer: float | None = None
        self._latency_ms: deque[float] = deque(maxlen=100_000)
        self._timeline: list[dict[str, Any]] = []
        graph.bus.subscribe("persons", self._on_people)
        graph.bus.subscribe("affect", self._on_affects)
        graph.bus.subscribe("face_pose", self._on_face)

    def _on_people(self, people: People) -> None:
        now = time.monotonic()
        if self._first_stamp is None:
            self._first_stamp, self._began = people.stamp, now
        self._latest = now
        self._frames += 1
        if self._frames % 30 == 0:
            self._rss_mb.append(rss_mb())

    def _on_face(self, face: FacePose) -> None:
        """Note the first face that carries an image's stamp: it ends that image's way."""
        if face.stamp == face.pose_stamp or face.stamp == self._answered:
            return
        self._answered = face.stamp
        now = time.time_ns() if "expression" not in self._graph.stages else (
            self._graph["expression"].now())
        self._latency_ms.append((now - face.stamp) / 1e6)
        if self._first_answer is None:
            self._first_answer = process_age()

    def _on_affects(self, affects: list[Affect]) -> None:
        began = self._first_stamp
        if began is None:
            return
        for affect in affects:
            k = int(np.argmax(affect.categories))
            seen = self._timeline[-1] if self._timeline else None
            if seen and seen["person"] == affect.person_id and seen["emotion"] == EMOTIONS[k]:
                continue
            self._timeline.append(
                {
                    "t": round((affect.stamp - began) / NANOSECONDS, 3),
                    "person": affect.person_id,
                    "emotion": EMOTIONS[k],
                    "probability": round(float(affect.categories[k]), 3),
                    "valence": round(float(affect.valence), 3),
                    "arousal": round(float(affect.arousal), 3),
                }
            )

    @property
    def frames(self) -> int:
        """Images answered so far."""
        return self._frames

    def rates(self) -> dict[str, float]:
        """Return frames per second and the latest second's mean latency, for a progress line."""
        recent = list(self._latency_ms)[-30:]
        seconds = self._latest - self._began
        return {
            "fps": (self._frames - 1) / seconds if seconds > 0 else 0.0,
            "latency_ms": float(np.mean(recent)) if recent else 0.0,
        }

    def summary(self) -> dict[str, Any]:
        """Return the figures, fit for JSON; ``emotion`` lists each change of the leading one."""
        stages = self._graph.stages
        seconds = self._latest - self._began
        # Stages may be left out, for others who do their work.
        realtime = "camera" not in stages or stages["camera"].parameters["realtime"]
        dropped = {name: stage.dropped for name, stage in stages.items() if stage.dropped}
        after = sum(stages[name].proc_ms() for name in ("forecast", "response", "expression")
                    if name in stages)
        keypoints = stages["keypoint"].proc_ms() if "keypoint" in stages else math.nan
        return {
            "frames": self._frames,
            "processed_fps": round((self._frames - 1) / seconds, 2) if seconds > 0 else None,
            # Frames read faster than real time carry invented stamps, which have no age.
            "latency_ms": _percentiles(self._latency_ms if realtime else deque()),
            "joints_latency_ms": self._joints_latency(),
            "latency_growth_ms": _growth(self._latency_ms) if realtime else None,
            "keypoint_ms": _rounded(keypoints),
            "after_keypoints_ms": _rounded(after),
            "dropped": sum(dropped.values()),
            "dropped_by_stage": dropped,
            "emotion": self._timeline,
            "peak_rss_mb": round(peak_rss_mb(), 1),
            "rss_growth_mb": _growth(self._rss_mb),
            "start_s": self._first_answer and round(self._first_answer, 2),
        }

    def _joints_latency(self) -> dict[str, float | None] | None:
        """Return how old images were when the joints followed; None without a robot."""
        stages = self._graph.stages
        robot = stages.get("retarget", stages.get("reachy_mini"))
        return None if robot is None else _percentiles(deque(robot.ages_ms))


def peak_rss_mb() -> float:
    """Return the peak resident memory of this process so far, MB (10^6 bytes)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def rss_mb() -> float:
    """Return the resident memory of this process now, MB (10^6 bytes)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def process_age() -> float:
    """Return the seconds since this process was started (Linux, 10 ms resolution)."""
    started = int(Path("/proc/self/stat").read_text().rsplit(")", 1)[1].split()[19])
    uptime = float(Path("/proc/uptime").read_text().split()[0])
    return uptime - started / os.sysconf("SC_CLK_TCK")


def _growth(values: deque[float]) -> float | None:
    """Return the last quarter's median less that of the second: the first is start-up."""
    quarter = len(values) // 4
    if quarter < 5:
        return None
    series = np.asarray(values)
    return round(float(np.median(series[-quarter:]) - np.median(series[quarter:2 * quarter])), 2)


def _rounded(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 2)


def _percentiles(values: deque[float]) -> dict[str, float | None]:
    if not values:
        return {"p50": None, "p95": None}
    p50, p95 = np.percentile(list(values), [50, 95])
    return {"p50": round(float(p50), 2), "p95": round(float(p95), 2)}
