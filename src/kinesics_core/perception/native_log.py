"""Keep MediaPipe's C++ start-up chatter off the user's terminal, and nothing else."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import tempfile
import threading
from collections.abc import Iterator

_CHATTER = re.compile(
    rb"^(INFO: Created TensorFlow Lite|WARNING: All log messages before absl::InitializeLog"
    rb"|[IW]\d{4} \d\d:\d\d:|[IW]0000 )"
)
_lock = threading.Lock()


@contextlib.contextmanager
def native_log_held(hold: bool = True) -> Iterator[None]:
    """Hold back what the process writes to stderr, then let through all but known chatter.

    The C++ log has no switch that MediaPipe's library exports, and writes to file descriptor 2
    itself. Lines of other threads, and errors, come out when the block ends.
    """
    if not hold or not _lock.acquire(blocking=False):
        yield
        return
    try:
        try:
            sys.stderr.flush()
            saved = os.dup(2)
        except (OSError, ValueError, AttributeError):  # no stderr at all
            yield
            return
        with tempfile.TemporaryFile() as held:
            os.dup2(held.fileno(), 2)
            try:
                yield
            finally:
                os.dup2(saved, 2)
                os.close(saved)
                held.seek(0)
                for line in held:
                    if not _CHATTER.match(line):
                        os.write(2, line)
    finally:
        _lock.release()
