"""Small acts of the arms of a body that waits: hands meet, one goes to hip, sleeve or chin.

What idle life's levels leave out: people who wait (ReActIdle) hold their arms still most of the
time and now and then do something with them. Directions of their arms stray by .08 in windows of 5
s, on average; those of this body by .09, in more windows (35 of 100 above .1, theirs 15 to 21) and
less far, for whoever looks at a robot looks for seconds. Which act comes, on which side, when, how
far it goes and how long it lasts a seed decides. Poses, shares and times are authored.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from kinesics_core.body import arm_poses
from kinesics_core.body.arm_poses import ArmPose, arm_vector
from kinesics_core.body.gestures import minimum_jerk
from kinesics_core.expression.posture import LEFT_ARM, RIGHT_ARM

_MEETING = ArmPose((0.16, -0.96, 0.18), (-0.62, -0.52, 0.58), curl=0.40)
_AT_SLEEVE = ArmPose((0.14, -0.95, 0.26), (-0.78, -0.20, 0.60), curl=0.45)
_LOOKED_AT = ArmPose((0.20, -0.95, 0.22), (-0.22, 0.06, 0.97), twist=0.6, curl=0.30)


@dataclass(frozen=True, slots=True)
class Fidget:
    """An act.

    Attributes:
        arm: Where it goes.
        share: How often it is chosen, beside the others.
        both: Whether both arms do it.
    """

    arm: ArmPose
    share: float
    both: bool = False


FIDGETS = (
    Fidget(_MEETING, 3.0, both=True), Fidget(_AT_SLEEVE, 2.0), Fidget(_LOOKED_AT, 2.0),
    Fidget(arm_poses.ON_HIP, 1.5), Fidget(arm_poses.AT_CHIN, 0.8),
)
"""Acts of one who waits."""

INTERVAL = 12.0
"""Mean seconds from the end of one act to the beginning of the next, at arousal 0."""

_QUICKER = 0.7  # how much arousal shortens everything, exponent per unit
_SIZES = (0.5, 1.0)  # smallest and largest share of the way that an act goes
_MOVES = (0.6, 1.0)  # s, shortest and longest way there; the way back takes a fifth longer
_HOLD = (0.2, 0.7, 0.3, 5.0)  # log of the median and its deviation, shortest and longest, s
_BACK = 1.2
_VECTORS = [arm_vector(fidget.arm) for fidget in FIDGETS]
_SHARES = np.array([fidget.share for fidget in FIDGETS]) / sum(f.share for f in FIDGETS)


class Fidgets:
    """The stream of one body's acts, on a clock of its own."""

    def __init__(self, seed: int) -> None:
        """Start at rest; ``seed`` decides everything."""
        self._rng = np.random.default_rng((seed, 7))
        self._time = 0.0
        self._plan(0.0)

    def step(self, dt: float, arousal: float = 0.0) -> None:
        """Move on by ``dt`` seconds; arousal, -1..1, makes the clock run faster."""
        self._time += dt * math.exp(_QUICKER * arousal)
        if self._time >= self._ends:
            self._plan(self._ends)

    def apply(self, pose: np.ndarray, share: float) -> None:
        """Lead the arms of a pose (26,) into the act, in place, by a share 0..1 of it."""
        into = self._time - self._begins
        if into <= 0.0:
            return
        there = minimum_jerk(min(into / self._move, 1.0))
        back = minimum_jerk(max(0.0, 1.0 - (self._ends - self._time) / (_BACK * self._move)))
        weight = share * self._size * (there - back)
        for side in self._sides:
            pose[side] += weight * (self._aim - pose[side])

    def _plan(self, time: float) -> None:
        """Draw the next act, after a pause from ``time`` on."""
        rng = self._rng
        chosen = int(rng.choice(len(FIDGETS), p=_SHARES))
        side = LEFT_ARM if rng.random() < 0.5 else RIGHT_ARM
        self._aim = _VECTORS[chosen]
        self._sides = (LEFT_ARM, RIGHT_ARM) if FIDGETS[chosen].both else (side,)
        self._size, self._move = rng.uniform(*_SIZES), rng.uniform(*_MOVES)
        median, deviation, shortest, longest = _HOLD
        hold = math.exp(median + deviation * rng.standard_normal())
        self._begins = time + rng.exponential(INTERVAL)
        self._ends = (self._begins + (1.0 + _BACK) * self._move
                      + min(max(hold, shortest), longest))
