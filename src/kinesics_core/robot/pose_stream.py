"""Poses that come at one rate, for whoever needs them at another.

Poses are shown a period of their own after they were meant for, each moment between the two
poses around it. So a stream of 60 poses a second, asked 100 times, moves evenly, though its poses
come unevenly; the newest pose alone would stand and jump in turns.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace

import numpy as np

from kinesics_core.types import NANOSECONDS, BodyPose

_LONGEST = 0.1
"""Seconds that poses may lie apart and still be one movement."""

_MEMORY = 0.05
"""Share of the newest pose in what is known of the stream's period and delay."""

_CLOCK_JUMP = 0.25
"""Seconds by which a stamp may be off what is expected; beyond it the clock was set."""

_JUMP = 1.0
"""Change of a component that is no movement: it is shown at once. Radians."""

_PARTS = ("global_orient", "body_pose", "left_hand", "right_hand")


class PoseStream:
    """The newest poses. Times are seconds of a monotonic clock."""

    def __init__(self) -> None:
        """Begin without a pose."""
        self._period = 1 / 60
        self.reset()

    def reset(self) -> None:
        """Forget what came."""
        self.newest: BodyPose | None = None
        self._offset = 0.0  # from the poses' time to the clock's
        self._poses: deque[tuple[float, np.ndarray]] = deque(maxlen=8)

    def add(self, pose: BodyPose, now: float) -> None:
        """Take a pose that came at ``now``."""
        values = np.concatenate([np.ravel(getattr(pose, part)) for part in _PARTS])
        time = pose.pose_stamp / NANOSECONDS
        apart = time - self._poses[-1][0] if self._poses else np.inf
        off = now - time - self._offset
        if not 0 < apart <= _LONGEST or abs(off) > _CLOCK_JUMP:
            # The first one, or the clock was set: nothing before it counts.
            self._poses.clear()
            self._offset = now - time
        else:
            self._period += _MEMORY * (apart - self._period)
            self._offset += _MEMORY * off
            if (np.abs(values - self._poses[-1][1]) > _JUMP).any():
                self._poses.clear()
        self.newest = pose
        self._poses.append((time, values))

    def at(self, now: float) -> BodyPose | None:
        """Return the pose that is shown at ``now``; None before the first."""
        if self.newest is None:
            return None
        values, parts, start = self._at(now - self._offset - self._period), {}, 0
        for part in _PARTS:
            shape = np.shape(getattr(self.newest, part))
            size = int(np.prod(shape))
            parts[part] = values[start:start + size].reshape(shape)
            start += size
        return replace(self.newest, **parts)

    def _at(self, time: float) -> np.ndarray:
        """Return the values at a time of the poses' clock, between the two poses around it."""
        later, after = self._poses[-1]
        for earlier, before in list(self._poses)[-2::-1]:
            if time >= later:
                return after
            if time >= earlier:
                return before + (time - earlier) / (later - earlier) * (after - before)
            later, after = earlier, before
        return after
