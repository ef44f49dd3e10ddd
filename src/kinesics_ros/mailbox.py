"""Latest-only hand-over between threads: one slot for each input, never a queue."""

from __future__ import annotations

import threading
from typing import Any


class Mailbox:
    """One slot for each key. A newer item replaces an unread one, which counts as dropped.

    Attributes:
        dropped: Number of items that were replaced unread.
    """

    def __init__(self) -> None:
        self._slots: dict[Any, Any] = {}
        self._ready = threading.Condition()
        self._closed = False
        self._reader_waits = False
        self.dropped = 0

    def put(self, key: Any, item: Any, wait: bool = False) -> None:
        """Leave an item for the reader; with ``wait``, first wait until the slot is free."""
        with self._ready:
            while wait and key in self._slots and not self._closed:
                self._ready.wait()
            # Re-inserting keeps the order of arrival, so that no key starves another.
            if self._slots.pop(key, None) is not None:
                self.dropped += 1
            self._slots[key] = item
            self._ready.notify_all()

    def get(self) -> tuple[Any, Any] | None:
        """Return the item that waits longest; block while there is none.

        Returns:
            (key, item), or None once the mailbox is closed.
        """
        with self._ready:
            self._reader_waits = True
            while not self._slots and not self._closed:
                self._ready.wait()
            self._reader_waits = False
            if self._closed:
                return None
            key = next(iter(self._slots))
            item = self._slots.pop(key)
            self._ready.notify_all()
            return key, item

    @property
    def idle(self) -> bool:
        """True if nothing waits and the reader is done with what it took."""
        with self._ready:
            return self._reader_waits and not self._slots

    def close(self) -> None:
        """Wake the reader for the last time; unread items are forgotten."""
        with self._ready:
            self._closed = True
            self._slots.clear()
            self._ready.notify_all()
