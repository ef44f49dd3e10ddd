"""The demo: real footage through the whole composed graph, kept as a video, a bag and figures."""

from __future__ import annotations

import json
import multiprocessing
import os
import queue
import shutil
import signal
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Column

from kinesics_core.errors import KinesicsError
from kinesics_core.jobs.local import single_threaded
from kinesics_core.types import Moment
from kinesics_core.view.demo_video import DemoVideo
from kinesics_ros.graph import Graph, ros_arguments
from kinesics_ros.monitor import Monitor
from kinesics_ros.run import stop_on_signals
from kinesics_ros.tap import Tap


def demo(
    parameters: dict[str, dict[str, Any]],
    out: Path,
    params: str | None = None,
    duration: float | None = None,
) -> dict[str, Any]:
    """Runs the graph on ``parameters["camera"]["source"]`` and fills ``out``.

    Leaves ``demo.mp4``, ``poster.jpg``, ``summary.json`` and ``bag/``; an earlier demo in ``out``
    is replaced. Returns the summary. Raises KinesicsError when nothing could be shown.
    """
    out.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(out / "bag", ignore_errors=True)
    parameters = {**parameters, "recorder": {"bag": str(out / "bag")}}
    stop = stop_on_signals()
    with Renderer(out / "demo.mp4") as renderer, Graph(
        parameters, ros_arguments=ros_arguments(params, None)
    ) as graph:
        monitor = Monitor(graph)
        with _progress() as progress:
            task = progress.add_task(
                "", total=graph.camera.frames_expected(), speed="", reason=""
            )

            def show(moment: Moment) -> None:
                rates = monitor.rates()
                speed = f"{rates['fps']:.0f} fps, {rates['latency_ms']:.0f} ms to the robot's face"
                renderer.add(moment, speed)
                reason = moment.response.reason if moment.response else ""
                progress.update(task, advance=1, speed=speed, reason=reason)

            Tap(graph.bus, show)
            graph.spin(stop, duration)
        summary = monitor.summary()
        fault = graph.camera.fault
    if not summary["frames"]:
        raise KinesicsError(fault or "the source gave no frame; nothing to show")
    if renderer.fault:
        raise KinesicsError(renderer.fault)
    summary["source"] = parameters["camera"].get("source")
    summary["video_frames"] = renderer.frames
    (out / "summary.json").write_text(json.dumps(summary, indent=2) + "\n")
    return summary


def _progress() -> Progress:
    return Progress(
        BarColumn(20), TextColumn("{task.completed:.0f} frames, {task.fields[speed]}"),
        TextColumn("{task.fields[reason]}", table_column=Column(no_wrap=True)),
    )


class Renderer:
    """Draws the demo video in a process of its own, so that drawing takes no time of the graph's
    interpreter. ``frames`` and ``fault`` are known after the ``with`` block."""

    def __init__(self, path: Path) -> None:
        self.frames = 0
        self.fault: str | None = None
        context = multiprocessing.get_context("spawn")
        # The graph never waits for the video: what does not fit is drawn from the next image on.
        self._moments = context.Queue(maxsize=90)
        self._result = context.Queue()
        self._process = context.Process(
            target=_render, args=(path, self._moments, self._result), daemon=True
        )

    def __enter__(self) -> Renderer:
        with single_threaded():
            self._process.start()
        return self

    def add(self, moment: Moment, note: str) -> None:
        try:
            self._moments.put_nowait((moment, note))
        except queue.Full:
            return

    def __exit__(self, *_: object) -> None:
        while self._process.is_alive():
            try:
                self._moments.put(None, timeout=1.0)
                break
            except queue.Full:
                continue
        try:
            self.frames, self.fault = self._result.get(timeout=60.0)
        except queue.Empty:
            self.fault = "the process that draws demo.mp4 ended without a word; see its output"
        self._process.join(timeout=5.0)


def _render(path: Path, moments: Any, result: Any) -> None:
    """Body of the drawing process. A fault is handed back as a sentence, the queue drained."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(10)
    os.environ.setdefault("LP_NUM_THREADS", "0")  # Mesa draws in this thread, or it asks for more
    frames, fault = 0, None
    try:
        with DemoVideo(path) as video:
            while (got := moments.get()) is not None:
                moment, note = got
                video.add(
                    moment.frame, moment.people, moment.forecasts, moment.affects,
                    moment.response, moment.face, moment.body, note,
                )
                frames += 1
            video.poster(path.with_name("poster.jpg"))
    except Exception as error:
        fault = f"demo.mp4 could not be drawn: {error}"
        while moments.get() is not None:
            pass
    result.put((frames, fault))
