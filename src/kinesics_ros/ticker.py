"""A steady clock: a thread that calls at moments of a fixed grid."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections import deque
from collections.abc import Callable

import numpy as np


class Ticker:
    """Calls a function ``rate`` times a second, from a thread of its own.

    The moments are ``start + n / rate`` of the monotonic clock, so that a call that comes late or
    takes long moves none of the later ones: nothing drifts. Moments that have passed meanwhile are
    left out, never made up for in a burst.

    It is no timer of rclpy's: waking the executor 60 times a second rebuilds its wait set each
    time, which costs more than the poses themselves, and a timer waits for whatever the executor
    serves.

    The thread is a real-time one where the system permits it, as ros2_control's is: it sleeps most
    of the time, and must not wait for its turn behind those that compute.

    Attributes:
        schedule: How the thread is scheduled: "SCHED_FIFO 20", "nice -10" or "ordinary".
        skipped: Moments that were left out.
        late_ms: How much too late the latest calls came, milliseconds.
    """

    def __init__(
        self, rate: float, call: Callable[[float], None], name: str, priority: int = 0
    ) -> None:
        """Prepare; nothing is called before ``start``.

        Args:
            rate: Calls per second.
            call: Called with the moment, seconds of the monotonic clock; must catch its own faults.
            name: Of the thread.
            priority: Of SCHED_FIFO, 1 to 99; 0: an ordinary thread.
        """
        self._priority = priority
        self.schedule = "ordinary"
        self._period = 1.0 / rate
        self._call = call
        self._quiet = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.skipped = 0
        self.late_ms: deque[float] = deque(maxlen=1000)

    def start(self) -> None:
        """Begin, with a call at once."""
        self._thread.start()

    def stop(self) -> None:
        """End; returns when the last call has."""
        self._quiet.set()
        if self._thread is not threading.current_thread():
            self._thread.join(timeout=2.0)

    def _run(self) -> None:
        self.schedule = _schedule(self._priority)
        start, number = time.monotonic(), 0
        while True:
            due = start + number * self._period
            # An event of zero seconds is polled, so that `stop` ends a ticker that is behind.
            if self._quiet.wait(max(0.0, due - time.monotonic())):
                return
            self.late_ms.append(1e3 * (time.monotonic() - due))
            self._call(due)
            number, left_out = following(number, (time.monotonic() - start) / self._period)
            self.skipped += left_out

    def lateness(self) -> str:
        """Return the median and the 99th percentile of the latest lateness, for diagnostics."""
        late = list(self.late_ms)
        if not late:
            return "none yet"
        p50, p99 = np.percentile(late, [50, 99])
        return f"p50 {p50:.2f} ms, p99 {p99:.2f} ms, {self.skipped} skipped"


def _schedule(priority: int) -> str:
    """Give this thread a real-time priority, or else what of it the system permits."""
    if priority and hasattr(os, "sched_setscheduler"):
        # Threads that it may start, and processes, are ordinary again.
        policy = os.SCHED_FIFO | getattr(os, "SCHED_RESET_ON_FORK", 0)
        # On Linux id 0 is the calling thread, and niceness a thread's own.
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, policy, os.sched_param(priority))
            return f"SCHED_FIFO {priority}"
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), -10)
            return "nice -10"
    return "ordinary"


def following(number: int, now: float) -> tuple[int, int]:
    """Return the moment of the grid that comes next, and how many are left out before it.

    A moment that has just passed is still kept, late as it is; of several the last is.

    Args:
        number: The moment that was served.
        now: The present, in periods since moment 0.
    """
    missed = max(0, int(now) - (number + 1))
    return number + 1 + missed, missed
