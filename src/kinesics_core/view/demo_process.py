"""The demo video drawn in a process of its own, so that drawing takes no time of the graph's."""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kinesics_core.jobs.local import single_threaded
from kinesics_core.types import Moment
from kinesics_core.view.demo_video import DemoVideo

CAPACITY = 90
"""Moments that may wait to be drawn. The graph never waits for the video: what does not fit is
left out, and drawing goes on from the next image."""

_FINISH_SECONDS = 60.0
"""Time to draw what waits and to finish the file."""


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
        self.fault = "the process that draws demo.mp4 ended without a word; see its output"
        until = time.monotonic() + _FINISH_SECONDS
        while time.monotonic() < until:
            # Asked before the queue: what the process left in it before its end is there.
            ended = not self._process.is_alive()
            try:
                self.frames, self.fault = self._result.get(timeout=0.5)
                break
            except queue.Empty:
                if ended:
                    break
        self._process.join(timeout=5.0)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def _draw(path: Path, moments: Any, result: Any) -> None:
    """Run in the process. A fault is handed back as a sentence, and the queue emptied."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(10)
    os.environ.setdefault("LP_NUM_THREADS", "0")  # Mesa draws in this thread, or it asks for more
    frames, fault = 0, None
    waiting = _until_told(moments)
    try:
        with DemoVideo(path) as video:
            for moment, note in waiting:
                video.add(moment, note)
                frames += 1
            video.poster(path.with_name("poster.jpg"))
    except Exception as error:
        fault = f"demo.mp4 could not be drawn: {error}"
        for _ in waiting:
            pass
    result.put((frames, fault))


def _until_told(moments: Any) -> Iterator[tuple[Moment, str]]:
    """Yield what is to be drawn, until None comes or the process that sends it is gone."""
    parent = multiprocessing.parent_process()
    while True:
        try:
            got = moments.get(timeout=1.0)
        except queue.Empty:
            if parent is not None and not parent.is_alive():
                return
            continue
        if got is None:
            return
        yield got
