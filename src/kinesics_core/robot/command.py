"""A command to a robot's joints at one moment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class JointCommand:
    """Positions, velocities and accelerations that a robot's joints are to have.

    Attributes:
        names: The joints, N of them, the same in every command of a stream.
        position: (N,) radians, or metres of a sliding joint.
        velocity: (N,) a second.
        acceleration: (N,) a second squared.
    """

    names: tuple[str, ...]
    position: np.ndarray
    velocity: np.ndarray
    acceleration: np.ndarray
