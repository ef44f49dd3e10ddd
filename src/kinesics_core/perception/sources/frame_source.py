"""A stream of frames, one by one as they are asked for or at the pace of a camera.

In real time a thread of its own decodes and paces, so that a slow reader always gets the newest
frame, as from a camera.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

from kinesics_core.errors import SourceError
from kinesics_core.perception.sources.decoder import FIRST_FRAME_SECONDS
from kinesics_core.perception.sources.playlist import Playlist
from kinesics_core.types import Frame

STALL_SECONDS = 5.0
"""A live source that is silent for longer is taken for blocked."""


class FrameSource:
    """A stream of frames; see ``open_source``. Also a context manager. One reader at a time.

    Attributes:
        live: Whether it is a camera or a pipeline.
        total: Number of frames, or None if endless or unknown.
        size: (width, height) of the latest frame, px; it may change in mid-stream.
        skipped: Frames that passed unread because the reader, or the decoder, was late.
    """

    def __init__(self, playlist: Playlist, *, realtime: bool) -> None:
        self._playlist = playlist
        self.live = playlist.live
        self.total = playlist.total
        self.size = playlist.size
        self.skipped = 0
        self._mailbox: _Mailbox | None = None
        if realtime or self.live:
            self._mailbox = _Mailbox()
            # Started by the first read: a file opened long before loses none of its beginning.
            self._thread = threading.Thread(target=self._play, name="frame-source", daemon=True)

    def __enter__(self) -> FrameSource:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def fps(self) -> float:
        """Frames per second it gives."""
        return self._playlist.fps

    @property
    def unreadable(self) -> int:
        """Image files of folders that could not be decoded and were left out."""
        return self._playlist.unreadable

    @property
    def passed(self) -> int:
        """Frames read or passed over since the start: the index of the next one."""
        return self._playlist.index

    def read(self) -> Frame | None:
        """Return the next frame (in real time: wait for one the reader has not had), or None.

        Raises:
            SourceError: The source fails, is unplugged, or (live) has been silent for
                ``STALL_SECONDS``.
        """
        frame = self._next() if self._mailbox is None else self._newest(self._mailbox)
        if frame is not None:
            self.size = (frame.image.shape[1], frame.image.shape[0])
        return frame

    def skip(self) -> bool:
        """Pass over the next frame without making an image of it; return False at the end.

        Not in real time, where frames pass by themselves.
        """
        assert self._mailbox is None
        if not self._playlist.grab():
            return False
        self._playlist.drop()
        return True

    def times(self) -> Iterator[float]:
        """Yield the time of each frame that is left, seconds from the first, and pass over it.

        Not in real time, as ``skip``.
        """
        while self.skip():
            yield self._playlist.clock

    def close(self) -> None:
        """Release the device or file; ``read`` gives None from then on. May be called twice."""
        if self._mailbox is not None:
            self._mailbox.close()
        if self._mailbox is None or self._thread.ident is None:
            self._playlist.close()
            return
        # A driver may hold the thread in a blocked read; it is a daemon and releases at its end.
        if threading.current_thread() is not self._thread:
            self._thread.join(timeout=2.0)

    def _next(self) -> Frame | None:
        """Decode the next frame."""
        while self._playlist.grab():
            if (frame := self._playlist.retrieve()) is not None:
                return frame
        return None

    def _newest(self, mailbox: _Mailbox) -> Frame | None:
        """Take the frame that the decoding thread has ready, starting that thread first."""
        if self._thread.ident is None and not mailbox.closed:
            self._thread.start()
        patience = STALL_SECONDS if self.passed else FIRST_FRAME_SECONDS
        try:
            return mailbox.take(patience if self.live else None)
        except TimeoutError:
            raise SourceError(
                f"{self._playlist.decoder.name} has given no frame for {patience:.0f} s; "
                "check that it is plugged in and not used by another program."
            ) from None

    def _play(self) -> None:
        """Decode one frame ahead, hand it over when it is due; drop what is late already."""
        mailbox, playlist = self._mailbox, self._playlist
        assert mailbox is not None
        start = time.monotonic()
        behind = start
        try:
            while not mailbox.closed and playlist.grab():
                clock, live = playlist.clock, playlist.decoder.live
                if not live and time.monotonic() - (start + clock) > 1.0 / playlist.fps:
                    playlist.drop()
                    self.skipped += 1
                    # A source that never keeps up must still show a frame now and then.
                    if time.monotonic() - behind >= 0.5:
                        start = time.monotonic() - clock
                    continue
                if (frame := playlist.retrieve()) is None:
                    continue
                behind = time.monotonic()
                if live:
                    frame.stamp = playlist.decoder.acquired()
                else:
                    if mailbox.wait_closed(max(0.0, start + clock - time.monotonic())):
                        break
                    frame.stamp = time.time_ns()
                self.skipped += mailbox.put(frame)
            mailbox.end()
        except SourceError as error:
            mailbox.fail(error)
        except Exception as error:  # the reader must hear of a fault in this thread
            mailbox.fail(SourceError(f"{playlist.decoder.name} failed: {error}."))
        finally:
            playlist.close()


class _Mailbox:
    """One slot between the decoding thread and the reader; a new frame replaces an unread one."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._frame: Frame | None = None
        self._error: SourceError | None = None
        self._ended = False
        self.closed = False

    def put(self, frame: Frame) -> int:
        """Put a frame in; return how many unread frames it replaced, 0 or 1."""
        with self._changed:
            replaced = int(self._frame is not None)
            self._frame = frame
            self._changed.notify_all()
            return replaced

    def take(self, timeout: float | None) -> Frame | None:
        """Wait for a frame; return None at the end, raise the source's error or TimeoutError."""
        with self._changed:
            ready = self._changed.wait_for(
                lambda: self._frame is not None or self._ended or self._error or self.closed,
                timeout,
            )
            if not ready:
                raise TimeoutError
            frame, self._frame = self._frame, None
            if frame is None and self._error is not None and not self.closed:
                raise self._error
            return None if self.closed else frame

    def wait_closed(self, seconds: float) -> bool:
        """Wait so long, or until it is closed; return whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: self.closed, seconds)

    def end(self) -> None:
        """Say that no frame comes any more."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def fail(self, error: SourceError) -> None:
        """Hand an error to the reader."""
        with self._changed:
            self._error = error
            self._changed.notify_all()

    def close(self) -> None:
        """Wake everybody up; nothing is handed over any more."""
        with self._changed:
            self.closed = True
            self._changed.notify_all()
