"""Antennas that show affect: how high they stand, and how they move.

People read the height of a dog's tail on a robot mostly as valence, and its speed as valence and
arousal (Singh & Young, A Dog Tail for Utility Robots, INTERACT 2013); hanging, animal-like ears are
read as sadness, raised ones as joy or interest (Embgen et al., RO-MAN 2012). So

- both antennas rise with valence, less with arousal, and hang where both are low;
- a happy, aroused robot swings them, apart and together again, the faster the more aroused;
- an unhappy, aroused one (anger, fear) holds them out to the sides and trembles a little;
- at rest they are a little apart and sway with half a degree, as if it breathed.

Sizes are authored.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AntennaManner:
    """Sizes of the antennas' movements; angles in radians, outwards from upright.

    Attributes:
        rest: Angle at valence and arousal 0.
        raised: Angle where both are 1.
        hanging: Angle where both are -1.
        valence, arousal: Their shares in the height.
        strained: Angle added where valence is -1 and arousal 1.
        swing: Amplitude of the swinging where both are 1.
        swing_rate: Swings a second at arousal 0, and what arousal adds.
        tremble: Amplitude where valence is -1 and arousal 1.
        tremble_rate: Of the trembling, Hz.
        sway: Amplitude at rest.
        sway_rate: Of the swaying, Hz: 14 breaths a minute.
    """

    rest: float = math.radians(17.0)
    raised: float = math.radians(2.0)
    hanging: float = math.radians(135.0)
    valence: float = 0.75
    arousal: float = 0.25
    strained: float = math.radians(55.0)
    swing: float = math.radians(20.0)
    swing_rate: tuple[float, float] = (0.8, 0.9)
    tremble: float = math.radians(2.5)
    tremble_rate: float = 4.0
    sway: float = math.radians(1.5)
    sway_rate: float = 0.23


MANNER = AntennaManner()


class Antennas:
    """The two antennas over time."""

    def __init__(self) -> None:
        """Begin at rest."""
        self._swing = self._tremble = self._sway = 0.0  # phases, radians

    def step(self, valence: float, arousal: float, elapsed: float) -> tuple[float, float]:
        """Return the angles of the right and the left antenna, outwards from upright, radians.

        Args:
            valence: Shown by the robot, -1..1.
            arousal: Likewise.
            elapsed: Seconds since the last call.
        """
        full = 2.0 * math.pi * elapsed
        up = max(arousal, 0.0)
        self._swing = (self._swing + full * (MANNER.swing_rate[0] + MANNER.swing_rate[1] * up)
                       ) % (2.0 * math.pi)
        self._tremble = (self._tremble + full * MANNER.tremble_rate) % (2.0 * math.pi)
        self._sway = (self._sway + full * MANNER.sway_rate) % (2.0 * math.pi)
        middle = height(valence, arousal)
        apart = MANNER.sway * math.sin(self._sway)
        apart += MANNER.swing * max(valence, 0.0) * up * math.sin(self._swing)
        together = MANNER.tremble * max(-valence, 0.0) * up * math.sin(self._tremble)
        return middle + apart + together, middle + apart - together


def height(valence: float, arousal: float) -> float:
    """Return the angle (radians, outwards from upright) about which the antennas move."""
    share = MANNER.valence * valence + MANNER.arousal * arousal
    ends = MANNER.raised if share > 0.0 else MANNER.hanging
    strained = MANNER.strained * max(-valence, 0.0) * max(arousal, 0.0)
    return MANNER.rest + abs(share) * (ends - MANNER.rest) + strained
