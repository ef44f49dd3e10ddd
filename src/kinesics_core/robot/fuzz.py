"""Poses that no person takes, at times that no clock gives, to a robot: is it ever out of bounds?

Numbers that are not finite, jumps, a clock that jumps, poses that stop coming, a rate that changes,
a speed that is set lower on the way. After each step what the joints were told is held against
their limits, and now and then the capsules against each other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinesics_core.robot.offline import body_of
from kinesics_core.robot.retarget import Retargeter

_ELAPSED = (1 / 60, 1 / 100, 1 / 30, 1 / 200, 0.07, 0.0, -1.0, np.nan, 3.0, 0.11)
_SHARES = (0.6, 0.1, 0.1, 0.1, 0.06, 0.01, 0.01, 0.01, 0.005, 0.005)
_ROUNDING = 1e-9
_OVERLAP = 0.005  # metres beyond what touches at rest already


@dataclass(slots=True)
class Violations:
    """Counts of steps out of bounds.

    Attributes:
        steps: All steps.
        position, velocity, acceleration: Those in which a joint was outside.
        touching: Those looked at in which two capsules were inside each other.
    """

    steps: int = 0
    position: int = 0
    velocity: int = 0
    acceleration: int = 0
    touching: int = 0

    @property
    def all(self) -> int:
        """The sum of all kinds."""
        return self.position + self.velocity + self.acceleration + self.touching


def fuzz(robot: Retargeter, steps: int, seed: int = 0, look_every: int = 10) -> Violations:
    """Return how often a robot was out of its limits, or touched itself.

    Args:
        robot: Started anew.
        steps: How many.
        seed: Of what it is asked for.
        look_every: Steps between two looks at the capsules.
    """
    random, known, found = np.random.default_rng(seed), robot.limits, Violations()
    robot.begin({})
    body = target = np.zeros((22, 3))
    before = robot.command
    for step in range(steps):
        if random.random() < 0.02:
            target = random.normal(0.0, 0.9, (22, 3))
        body = body + (target - body) * random.choice((0.02, 0.1, 1.0), p=(0.6, 0.39, 0.01))
        asked = body.copy()
        if random.random() < 0.01:
            asked[random.integers(22), random.integers(3)] = random.choice((np.nan, np.inf, 1e9))
        elapsed = float(random.choice(_ELAPSED, p=_SHARES))
        if random.random() < 0.01:
            robot.speed = float(random.choice((0.0, 0.3, 1.0, 1.0)))
        if random.random() < 0.02:
            command = robot.rest(elapsed)
        else:
            command = robot.step(body_of(asked) if random.random() > 0.02 else None, elapsed)
        passed = max(1 / 60 if np.isnan(elapsed) else elapsed, 0.0)
        room = 1 + 1e-6
        way = np.abs(command.position - before.position)
        change = np.abs(command.velocity - before.velocity)
        found.steps += 1
        found.position += bool(not np.isfinite(command.position).all()
                               or (command.position < known.lower).any()
                               or (command.position > known.upper).any())
        found.velocity += bool((np.abs(command.velocity) > known.velocity * room).any()
                               or (way > known.velocity * passed * room + _ROUNDING).any())
        found.acceleration += bool(
            (change > known.acceleration * passed * room + _ROUNDING).any())
        if step % look_every == 0:
            found.touching += robot.overlap(command.position) > _OVERLAP
        before = command
    robot.speed = 1.0
    return found
