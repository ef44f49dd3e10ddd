"""The recent past of one tracked person, as the forecaster reads it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from kinesics_core.keypoints import resample
from kinesics_core.motion.windows import KEYPOINTS, OBSERVED, RATE
from kinesics_core.types import NANOSECONDS

FIRST_FORECAST = 0.5
"""Seconds a person must have been followed."""

FORGET_AFTER = 1.0
"""Seconds without a person, or between two stamps, after which the past says nothing."""

_CAPACITY = 256
_GRID = np.arange(1 - OBSERVED, 1) / RATE


@dataclass(slots=True)
class TrackBuffer:
    """Raw samples of one person, oldest first, in the first ``count`` rows.

    Attributes:
        stamps: Nanoseconds.
        poses: (N, 17, 2) pixels.
        seen: (N, 17) bool.
        count: Rows in use.
        forecast: (30, 17, 2) pixels, the previous forecast; None before there is one.
        forecast_stamp: Nanoseconds, the newest sample at that time.
    """

    stamps: np.ndarray = field(default_factory=lambda: np.zeros(_CAPACITY, np.int64))
    poses: np.ndarray = field(
        default_factory=lambda: np.zeros((_CAPACITY, KEYPOINTS, 2), np.float32))
    seen: np.ndarray = field(default_factory=lambda: np.zeros((_CAPACITY, KEYPOINTS), bool))
    count: int = 0
    forecast: np.ndarray | None = None
    forecast_stamp: int = 0

    @property
    def newest(self) -> int:
        """Stamp of the newest sample."""
        return int(self.stamps[self.count - 1])

    def add(self, stamp: int, pose: np.ndarray, seen: np.ndarray) -> None:
        """Add a sample; after a gap, or a step back in time, begin anew.

        Args:
            stamp: Nanoseconds; that of the newest sample replaces it.
            pose: (17, 2) pixels.
            seen: (17,) bool.
        """
        if self.count and stamp == self.newest:
            self.count -= 1
        elif self.count and not 0 < stamp - self.newest <= FORGET_AFTER * NANOSECONDS:
            self.count, self.forecast = 0, None
        if self.count == _CAPACITY:  # above 128 Hz the window gets shorter, not the buffer longer
            keep = _CAPACITY // 2
            for array in (self.stamps, self.poses, self.seen):
                array[:keep] = array[-keep:].copy()
            self.count = keep
        self.stamps[self.count], self.poses[self.count] = stamp, pose
        self.seen[self.count] = seen
        self.count += 1

    def window(self) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
        """Return the last two seconds at 30 Hz; None before there is enough to forecast from.

        Returns:
            (60, 17, 2) poses in pixels, (17,) which keypoints are known, and (60, 17) seconds
            between the sightings used.
        """
        times = (self.stamps[:self.count] - self.newest) / NANOSECONDS
        if -times[0] < FIRST_FORECAST - 0.5 / RATE:
            return None
        start = max(int(np.searchsorted(times, _GRID[0], "right")) - 1, 0)
        rows = slice(start, self.count)
        if not self.seen[rows].any():
            return None
        poses, gaps = resample(
            times[rows], self.poses[None, rows], self.seen[None, rows], _GRID)
        return poses[0], np.any(self.seen[rows], axis=0, keepdims=False), gaps[0]
