"""Motion that is too fast for a robot, live: shown smaller, so that it keeps its time.

A joint that cannot follow lags, cuts its peaks and comes late. What swings faster than it may is
drawn towards its own middle instead, by the share of its speed and acceleration that the joint has:
a wave keeps its beat and loses width. Offline the whole motion is slowed instead (``offline``).
"""

from __future__ import annotations

import math

import numpy as np

from kinesics_core.robot.limits import Limits

MEMORY = 1.0
"""Seconds over which speed and acceleration are averaged."""

MIDDLE = 4.0
"""Time constant of the middle that a motion swings about, seconds."""

TOLD = 0.9
"""Share of its size below which a joint's motion is told to be smaller."""

_ROOM = 0.85  # share of the limits that a swing may use


class MotionReducer:
    """Goals of N joints, made smaller where they swing too fast.

    Args:
        limits: Of the joints.

    Attributes:
        share: (N,) of its size that each joint's motion has, 0..1.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.share = np.ones(len(limits.names))
        self.begin(None)

    def begin(self, goal: np.ndarray | None) -> None:
        """Forget what was, and take a goal (N,) as the middle."""
        count = len(self.limits.names)
        self._goal = self._middle = goal
        self._velocity = np.zeros(count)
        self._speed2, self._change2 = np.zeros(count), np.zeros(count)
        self.share = np.ones(count)

    def step(self, goal: np.ndarray, dt: float, speed: float = 1.0) -> np.ndarray:
        """Return the goal (N,) to be followed instead.

        Args:
            goal: (N,) where the joints would have to be.
            dt: Seconds since the last.
            speed: Share of the fastest speed that is allowed.
        """
        if self._goal is None or self._middle is None:
            self._goal = self._middle = goal
        known, keep = self.limits, math.exp(-dt / MEMORY)
        velocity = (goal - self._goal) / dt
        change = (velocity - self._velocity) / dt
        self._goal, self._velocity = goal, velocity
        # One jump is no swing: it counts as if it were made at eight times the limits.
        most, hardest = 8 * known.velocity, 8 * known.acceleration
        self._speed2 = keep * self._speed2 + (1 - keep) * np.minimum(np.abs(velocity), most) ** 2
        self._change2 = keep * self._change2 + (1 - keep) * np.minimum(
            np.abs(change), hardest) ** 2
        self._middle = self._middle + (1 - math.exp(-dt / MIDDLE)) * (goal - self._middle)
        # The peak of a swing is sqrt(2) times its root mean square.
        wanted = np.sqrt(2.0 * np.maximum(
            self._speed2 / (max(speed, 0.05) * known.velocity) ** 2,
            self._change2 / known.acceleration**2))
        self.share += (1 - math.exp(-dt / 0.2)) * (
            np.minimum(1.0, _ROOM / np.maximum(wanted, 1e-9)) - self.share)
        return self._middle + self.share * (goal - self._middle)
