"""A command as the points of a trajectory: its own braking tail included.

A ``joint_trajectory_controller`` that gets a point without what follows stops there with a jerk,
and one that is told to go on goes on when its commander is dead. So every message carries the
command, then how the joints brake from it to a stand, evenly and within their limits: the next
message replaces the tail, and where none comes the robot stands after it. The last velocity is 0,
which such controllers ask for.
"""

from __future__ import annotations

import numpy as np

from kinesics_core.robot.command import JointCommand
from kinesics_core.robot.limits import TAIL_SPACING, Limits, braking_tail

FEWEST_POINTS = 3
"""Points of a trajectory at least."""


def trajectory_points(
    command: JointCommand, limits: Limits, spacing: float = TAIL_SPACING,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a command and its braking tail.

    Args:
        command: Of a ``Retargeter``, N joints.
        limits: Its joints' (``Retargeter.limits``).
        spacing: Seconds between the points, and from now to the first.

    Returns:
        Times from now (P,) seconds, positions (P, N) and velocities (P, N); P is 3 or more, and as
        many as the fastest joint needs to stand. The last velocities are 0.
    """
    needed = np.ceil(np.abs(command.velocity) / (limits.acceleration * spacing) - 1e-9)
    count = max(FEWEST_POINTS, 1 + int(needed.max(initial=0)))
    points = [braking_tail(command.position, command.velocity, limits, spacing * index, spacing)
              for index in range(count)]
    positions = np.clip([point[0] for point in points], limits.lower, limits.upper)
    velocities = np.array([point[1] for point in points])
    velocities[-1] = 0.0
    return spacing * np.arange(1, count + 1), positions, velocities
