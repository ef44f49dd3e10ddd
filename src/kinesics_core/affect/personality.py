"""Personality as the Big Five, and the temperament in VAD that follows from it."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np

from kinesics_core.errors import KinesicsError


@dataclass(frozen=True, slots=True)
class Personality:
    """The Big Five traits, each -1..1 with 0 the average. Neuroticism = - emotional stability.

    The default is a friendly, calm companion. Raises ``KinesicsError`` for a trait out of range.
    """

    openness: float = 0.3
    conscientiousness: float = 0.3
    extraversion: float = 0.4
    agreeableness: float = 0.6
    neuroticism: float = -0.5

    def __post_init__(self) -> None:
        for trait in fields(self):
            value = getattr(self, trait.name)
            if not (math.isfinite(value) and -1.0 <= value <= 1.0):
                raise KinesicsError(
                    f"Got {trait.name} {value}; give each trait of the personality a number from "
                    "-1 to 1, where 0 is the average person."
                )


def temperament(personality: Personality) -> np.ndarray:
    """Valence, arousal, dominance (3,), -1..1, that a personality tends to.

    Mehrabian, "Analysis of the Big-five personality factors in terms of the PAD temperament
    model", Australian J. of Psychology 48 (1996) 86-92, with emotional stability S = -N. (Copies
    of these equations that keep the signs of S but write N are in circulation; the abstract's
    "almost equal degrees of pleasant and unarousable" for stability settles it.)

        P = .21 E + .59 A + .19 S
        A = .15 O + .30 A - .57 S
        D = .25 O + .17 C + .60 E - .32 A
    """
    o, c, e, a = (
        personality.openness,
        personality.conscientiousness,
        personality.extraversion,
        personality.agreeableness,
    )
    s = -personality.neuroticism
    return np.array(
        [
            0.21 * e + 0.59 * a + 0.19 * s,
            0.15 * o + 0.30 * a - 0.57 * s,
            0.25 * o + 0.17 * c + 0.60 * e - 0.32 * a,
        ]
    )
