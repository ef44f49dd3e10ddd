"""A critically damped spring: how everything that moves on the robot goes to its target."""

from __future__ import annotations

import numpy as np

MAX_STEP = 1.0 / 59.0
"""Longest step of an animator's own time, seconds: one step at 60 Hz, two at 30 Hz."""

MAX_GAP = 1.0
"""Longest time that an animator makes up for in one call, seconds."""


def follow(
    position: np.ndarray, speed: np.ndarray, target: np.ndarray, stiffness: float, dt: float
) -> tuple[np.ndarray, np.ndarray]:
    """Move a spring for ``dt`` seconds; exact for a constant target, so two half steps are one.

    Args:
        position: Where it is, any shape and unit.
        speed: How fast it moves, per second.
        target: Where it goes.
        stiffness: Angular frequency, 1/s; about 95 % of the way is made in 4.7 / stiffness.
        dt: Seconds.

    Returns:
        The new position and speed.
    """
    offset = position - target
    slope = speed + stiffness * offset
    decay = np.exp(-stiffness * dt)
    return (
        target + (offset + slope * dt) * decay,
        (speed - stiffness * slope * dt) * decay,
    )
