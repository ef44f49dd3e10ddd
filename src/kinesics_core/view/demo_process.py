"""The demo video drawn in a process of its own, so that drawing takes no time of the graph's."""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
from pathlib import Path
from typing import Any

from kinesics_core.jobs.local import single_threaded
from kinesics_core.types import Moment
from kinesics_core.view.demo_video import DemoVideo

CAPACITY = 90
"""Moments that may wait to be drawn. The graph never waits for the video: what does not fit is
left out, and drawing goes on from the next image."""


class DemoProcess:
    """A process that draws ``DemoVideo``; a context manager.

    Attributes:
        frames: Moments that were drawn; known after the ``with`` block.
        fault: A sentence if the video could not be drawn, else None; known likewise.
    """

    def __init__(self, path: Path) -> None:
        """Prepare the process that writes the video ``path`` and poster.jpg beside it."""
        self.frames = 0
        self.fault: str | None = None
        context = multiprocessing.get_context("spawn")
        self._moments = context.Queue(maxsize=CAPACITY)
        self._result = context.Queue()
        self._process = context.Process(
            target=_draw, args=(path, self._moments, self._result), daemon=True
        )

    def __enter__(self) -> DemoProcess:
        with single_threaded():
            self._process.start()
        return self

    def add(self, moment: Moment, note: str) -> None:
        """Hand over a moment and the note at the top; left out if too many wait."""
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


def _draw(path: Path, moments: Any, result: Any) -> None:
    """Run in the process. A fault is handed back as a sentence, and the queue emptied."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(10)
    os.environ.setdefault("LP_NUM_THREADS", "0")  # Mesa draws in this thread, or it asks for more
    frames, fault = 0, None
    try:
        with DemoVideo(path) as video:
            while (got := moments.get()) is not None:
                moment, note = got
                video.add(moment, note)
                frames += 1
            video.poster(path.with_name("poster.jpg"))
    except Exception as error:
        fault = f"demo.mp4 could not be drawn: {error}"
        while moments.get() is not None:
            pass
    result.put((frames, fault))
