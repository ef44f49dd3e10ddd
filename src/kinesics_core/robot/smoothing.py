"""A bound of jerk, as an option: positions are averaged over a short time.

The mean of a movement over a window of ``T`` seconds stays within all that the movement stays
within: ranges, speeds, accelerations, and that braking still ends within the range, for all of
these are convex. Its jerk is ``(a(t) - a(t - T)) / T``, at most ``2 a_max / T``. So a window of
``T = 2 a_max / jerk`` bounds it, at the price of ``T / 2`` seconds of delay.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from kinesics_core.robot.limits import Limiter, Limits


class Smoother:
    """Joints whose jerk is bounded: a limiter whose positions are averaged.

    Args:
        limits: Of the joints, ``jerk`` among them. All joints get the window of the one that needs
            the longest, so that none is later than the others.
        position: (N,) where they are.
        velocity: (N,) how fast.
    """

    def __init__(self, limits: Limits, position: np.ndarray, velocity: np.ndarray) -> None:
        self.window = float(np.max(2 * limits.acceleration / limits.jerk))
        self._limiter = Limiter(limits, position)
        self.begin(position, velocity)

    def begin(self, position: np.ndarray, velocity: np.ndarray) -> None:
        """Go on from joints (N,) that are elsewhere than the mean, and as fast as they are."""
        way = 0.5 * self.window * velocity
        self._limiter.position = np.clip(
            position + way, self._limiter.limits.lower, self._limiter.limits.upper)
        self._limiter.velocity = velocity.copy()
        # Ends of steps: time, position, and the integral of the position since the first.
        begin = position - way
        self._ends: deque[tuple[float, np.ndarray, np.ndarray]] = deque([
            (-self.window, begin, np.zeros(len(position))),
            (0.0, position + way, self.window * position)])

    def next_position(self, target: np.ndarray, target_velocity: np.ndarray, dt: float,
                      speed: float) -> np.ndarray:
        """Return the positions (N,) after ``dt`` seconds, towards targets as ``Limiter`` goes.

        Args:
            target: (N,) positions.
            target_velocity: (N,) their velocities.
            dt: Seconds.
            speed: Share of the fastest speed that is allowed.
        """
        limiter, (time, before, integral) = self._limiter, self._ends[-1]
        limiter.move(limiter.next_velocity(target, target_velocity, dt, speed), dt)
        time, after = time + dt, limiter.position
        integral = integral + 0.5 * dt * (before + after)
        self._ends.append((time, after, integral))
        since = time - self.window
        while self._ends[1][0] <= since:
            self._ends.popleft()
        (start, first, known), (end, second, _) = self._ends[0], self._ends[1]
        passed = since - start
        between = first + (second - first) * (passed / (end - start))
        mean: np.ndarray = (integral - known - 0.5 * passed * (first + between)) / self.window
        if time > _LONG:  # times and integrals begin anew, or they lose digits
            self._ends = deque((then - time, place, area - known)
                               for then, place, area in self._ends)
        return mean


_LONG = 100.0  # seconds
