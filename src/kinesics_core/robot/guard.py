"""Self-collision: what the joints do next is allowed if braking from it touches nothing.

A robot that can always brake without touching itself is safe, so that is what is kept: of every
step the place it leads to and the braking tail from there are looked at. Where they touch, a limb
goes along what it would touch (the nearest velocity whose tail, as capsules go to first order, ends
apart), or brakes while the rest goes on; where no limb alone helps, all do, along the tail that was
found clear a step ago.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kinesics_core.robot.collisions import SLACK, CapsuleChecker
from kinesics_core.robot.limits import Limiter, braking_end, braking_tail

_FAR = 0.04  # radians or metres of a tail from which its middle is looked at, too
_BETTER = 1e-5  # metres
_NEAR = 0.015  # metres apart from which a pair is not looked at where something touches


class CollisionGuard:
    """Self-collision check of what joints are to do next.

    Args:
        checker: The capsules, for the same joints as the limiter's.
        limbs: Indices of the joints of each limb, tried one after the other.
    """

    def __init__(self, checker: CapsuleChecker, limbs: Sequence[np.ndarray]) -> None:
        import daqp

        self._daqp = daqp
        self.checker, self.limbs = checker, list(limbs)
        self.held = False  # whether a limb was stopped in the last step

    def allowed(self, limiter: Limiter, velocity: np.ndarray, dt: float) -> np.ndarray:
        """Return the velocity (N,) itself, or with limbs braking.

        Args:
            limiter: Where the joints are and how fast.
            velocity: (N,) of the next ``dt`` seconds, within the limits.
            dt: Seconds.
        """
        self.held = False
        if not self.checker.pairs:
            return velocity
        # No joint goes farther until it stands.
        ways = np.abs(velocity) * (dt + 0.5 * limiter.spacing)
        ways += velocity * velocity * limiter.half_inverse
        if self.checker.surely_clear(limiter.position, ways) or self._safe(limiter, velocity, dt):
            return velocity
        self.held = True
        along = self._along(limiter, velocity, dt)
        if along is not None and self._safe(limiter, along, dt):
            return along
        braking = braking_tail(limiter.position, limiter.velocity, limiter.limits, dt,
                               limiter.spacing)[1]
        for limb in self.limbs:
            slower = velocity.copy()
            slower[limb] = braking[limb]
            if self._safe(limiter, slower, dt):
                return slower
        # Who stands where they already touch may go where they touch less.
        if np.abs(limiter.velocity).max(initial=0.0) < 1e-3 and not self.checker.clear(
                limiter.position):
            spare = self.checker.spare(limiter.position)
            if spare < 0 and self.checker.spare(limiter.position + velocity * dt) > spare + _BETTER:
                return velocity
        return braking

    def _along(self, limiter: Limiter, velocity: np.ndarray, dt: float) -> np.ndarray | None:
        """Return the velocity (N,) nearest to one that goes along what it would touch."""
        position, known = limiter.position, limiter.limits
        # How far a joint goes until it stands, for each rad/s that it has in this step.
        goes = dt + 0.5 * limiter.spacing * np.maximum(1.0, np.ceil(
            np.abs(velocity) / (known.acceleration * limiter.spacing) - 1e-9))
        near = self.checker.near(position, _NEAR, velocity * goes, SLACK)
        if not near:
            return None
        rows, least = self.checker.rows(near, self.checker.jacobian(position))
        rows = rows * goes
        if (rows.dot(velocity) >= least).all():
            return None
        low, high = limiter.reachable(dt)
        n = len(velocity)
        found, _, status, _ = self._daqp.solve(
            np.eye(n), -velocity, rows, np.concatenate([high, np.full(len(least), np.inf)]),
            np.concatenate([low, least]), np.array([0] * n + [8] * len(least), np.int32))
        return np.minimum(np.maximum(found, low), high) if status > 0 else None

    def _safe(self, limiter: Limiter, velocity: np.ndarray, dt: float) -> bool:
        position = limiter.position + velocity * dt
        end = braking_end(position, velocity, limiter.limits, limiter.spacing)
        if not self.checker.clear(end):
            return False
        way = float(np.abs(end - position).max())
        if way < 1e-4:
            return True
        middles = 1 if way < _FAR else 3
        return self.checker.clear(position) and all(
            self.checker.clear(position + (end - position) * part / (middles + 1))
            for part in range(1, middles + 1) if way >= _FAR)
