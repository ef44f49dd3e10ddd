"""Files and videos written by threads of their own, while the caller computes the next."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np

from kinesics_core.errors import RecordingError
from kinesics_core.fitting.errors import FitError, code_of
from kinesics_core.render.encoder import Mp4Writer

WAITING = 12
"""Files that may wait to be written; more would only fill the memory."""

VIDEO_SIDE = 1280
"""px of the overlay video's longer side, at most; the pictures keep the size of the frames."""


class BackgroundWriters:
    """Threads that write; the first fault is raised in the caller's next call or at the end."""

    def __init__(self) -> None:
        """Start two threads for files and one for videos."""
        self._files = ThreadPoolExecutor(2, thread_name_prefix="fit-files")
        self._videos = ThreadPoolExecutor(1, thread_name_prefix="fit-videos")
        self._waiting: deque[Future[None]] = deque()
        self._on_fault: list[Callable[[], None]] = []

    def submit(self, write: Callable[[], None]) -> None:
        """Write some time, in any order."""
        self._add(self._files.submit(write))

    def in_order(self, write: Callable[[], None]) -> None:
        """Write after all that was given to this method before."""
        self._add(self._videos.submit(write))

    def on_fault(self, undo: Callable[[], None]) -> None:
        """Call ``undo`` in the end, if writing or the caller's block failed."""
        self._on_fault.append(undo)

    def _add(self, future: Future[None]) -> None:
        self._waiting.append(future)
        while len(self._waiting) > WAITING or self._waiting and self._waiting[0].done():
            self._waiting.popleft().result()

    def __enter__(self) -> BackgroundWriters:
        """Return the writers; when the block ends, all that waits is written."""
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                while self._waiting:
                    self._waiting.popleft().result()
        except BaseException as error:
            kind = type(error)
            raise
        finally:
            for pool in (self._files, self._videos):
                pool.shutdown(wait=True, cancel_futures=kind is not None)
            if kind is not None:
                for undo in self._on_fault:
                    undo()


class OverlayVideo:
    """A video whose encoder is fed from a thread of its own, in order."""

    def __init__(self, path: Path, rate: float, writers: BackgroundWriters) -> None:
        """Write ``path`` with ``rate`` frames per second, by the thread of ``writers``."""
        self._path, self._rate, self._writers = path, min(max(rate, 1.0), 240.0), writers
        self._video: Mp4Writer | None = None

    def add(self, picture: np.ndarray) -> None:
        """Add a picture, (H, W, 3) uint8 RGB; the first one's size is the video's."""
        self._writers.in_order(lambda: self._write(picture))

    def finish(self) -> None:
        """Close the video once all pictures are in it."""
        self._writers.in_order(self._close)

    def _write(self, picture: np.ndarray) -> None:
        try:
            if self._video is None:
                height, width = picture.shape[:2]
                scale = min(VIDEO_SIDE / max(height, width), 1.0)
                size = tuple(max(int(side * scale) // 2 * 2, 2) for side in (width, height))
                self._video = Mp4Writer(self._path, (size[0], size[1]), self._rate)
                self._writers.on_fault(self._video.abort)
            if picture.shape[1::-1] != self._video.size:
                picture = cv2.resize(picture, self._video.size, interpolation=cv2.INTER_AREA)
            self._video.write(picture)
        except RecordingError as error:
            raise _video_fault(error) from error

    def _close(self) -> None:
        try:
            if self._video is not None:
                self._video.close()
        except RecordingError as error:
            raise _video_fault(error) from error


def _video_fault(error: RecordingError) -> FitError:
    cause = error.__cause__
    full = "disk" in str(error) and "full" in str(error) \
        or cause is not None and code_of(cause) == "DISK_FULL"
    return FitError(
        f"{error} Everything written before is kept; "
        + ("make room and" if full else "look into the reason and")
        + " start the same fit again, it goes on there.", "DISK_FULL" if full else "FAILED")
