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

EVEN = 0.05
"""Time constant in seconds with which speed is made even before its acceleration is taken: a goal
that starts or stops from one pose to the next, as near a singularity, is one change of speed, which
a joint makes a little later, and no swing."""

MIDDLE = 4.0
"""Time constant of the middle that a motion swings about, seconds."""

TOLD = 0.9
"""Share of its size below which a joint's motion is told to be smaller."""

_WHOLE = 1.0 - 1e-9  # share from which nothing is smaller any more
_ROOM = 0.85  # share of the limits that a swing may use


class MotionReducer:
    """Goals of N joints, made smaller where they swing too fast.

    Args:
        limits: Of the joints.

    Attributes:
        share: (N,) of its size that each joint's motion has, 0..1.
    """

    def __init__(self, limits: Limits) -> None:
        # One jump is no swing: it counts as if it were made at eight times the limits.
        squares = np.stack([limits.velocity, limits.acceleration]) ** 2
        self._most = 64 * squares
        # The peak of a swing is sqrt(2) times its root mean square.
        self._too_fast = 2.0 / (_ROOM**2 * squares)
        self.share = np.ones(len(limits.names))
        self.begin(None)

    def begin(self, goal: np.ndarray | None) -> None:
        """Forget what was, and take a goal (N,) as the middle."""
        self._goal = self._middle = goal
        self._velocity = np.zeros(len(self.share))
        self._swing = np.zeros(self._most.shape)  # mean squares of speed and acceleration
        self._rates = np.zeros(self._most.shape)
        self.share = np.ones(len(self.share))
        self._whole = True

    def shift(self, way: np.ndarray) -> None:
        """Take the next goal to be another way (N,) of doing the same: a jump that is no swing."""
        if self._goal is not None and self._middle is not None:
            self._goal, self._middle = self._goal + way, self._middle + way

    def step(self, goal: np.ndarray, dt: float, speed: float = 1.0) -> np.ndarray:
        """Return the goal (N,) to be followed instead.

        Args:
            goal: (N,) where the joints would have to be.
            dt: Seconds since the last.
            speed: Share of the fastest speed that is allowed.
        """
        if self._goal is None or self._middle is None:
            self._goal = self._middle = goal
        rates = self._rates
        velocity = (goal - self._goal) / dt
        faster = -math.expm1(-dt / EVEN) * (velocity - self._velocity)
        rates[0] = velocity
        np.divide(faster, dt, out=rates[1])
        self._goal, self._velocity = goal, self._velocity + faster
        self._swing += -math.expm1(-dt / MEMORY) * (
            np.minimum(rates * rates, self._most) - self._swing)
        swung = goal - self._middle
        middle_moves = -math.expm1(-dt / MIDDLE)
        self._middle = self._middle + middle_moves * swung
        over = self._swing * self._too_fast
        if self._whole and speed == 1.0 and over.item(over.argmax()) <= 1.0:
            return goal
        speed2, change2 = over
        if speed != 1.0:
            speed2 = speed2 / max(speed, 0.05) ** 2
        wanted = 1.0 / np.sqrt(np.maximum(np.maximum(speed2, change2), 1.0))
        self.share += -math.expm1(-dt / 0.2) * (wanted - self.share)
        self._whole = self.share.item(self.share.argmin()) > _WHOLE
        return self._middle + self.share * ((1.0 - middle_moves) * swung)
