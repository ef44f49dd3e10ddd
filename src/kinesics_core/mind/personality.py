"""Personality as the Big Five, and the temperament in VAD that follows from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinesics_core.settings import check, setting


def _trait(name: str, default: float) -> float:
    return setting(default, f"Personality: {name}, 0 is average", bounds=(-1.0, 1.0))


@dataclass(frozen=True)
class Personality:
    """The Big Five traits, each -1..1 with 0 the average. Neuroticism = - emotional stability.

    The default is a friendly, calm companion.

    Raises:
        KinesicsError: A trait is out of range.
    """

    openness: float = _trait("openness", 0.3)
    conscientiousness: float = _trait("conscientiousness", 0.3)
    extraversion: float = _trait("extraversion", 0.4)
    agreeableness: float = _trait("agreeableness", 0.6)
    neuroticism: float = _trait("neuroticism", -0.5)

    def __post_init__(self) -> None:
        """Refuse a trait out of range."""
        check(self)


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
