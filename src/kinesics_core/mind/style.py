"""Manner of answering that follows from a personality: how strongly, how soon, how near.

The directions are those of the literature, the sizes are authored: extraverts gesture more, faster
and with larger movements, and look more (Neff et al., "Evaluating the effect of gesture and
language on personality perception in conversational agents", IVA 2010; Riggio & Friedman, J. of
Personality and Social Psychology 50 (1986) 421), stand nearer (Patterson & Sechrest, J. of
Personality 38 (1970) 161); agreeable people empathise (Graziano et al., J. of Personality and
Social Psychology 93 (2007) 583) and are glad by temperament (``personality.temperament``), so they
smile at the calm. In gestures viewers see two things, not five: plasticity, of extraversion and
openness, and stability, of agreeableness, conscientiousness and calm (Smith & Neff, "Understanding
the impact of animated gesture performance on personality perceptions", ACM Trans. Graphics 36
(2017) 49): that is what parts playful from warm, so agreeableness works against extraversion in
tempo and expansiveness. That stable robots stay longer with a feeling and plastic ones go on to
the next, that conscientious people restrain themselves and anxious ones look away is authored. A
table of what it makes of the shipped personalities is in docs/mind.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from kinesics_core.mind.personality import Personality

ENERGY = {
    "clap": 1.0, "open_arms": 0.9, "wave": 0.7, "shake_head": 0.5, "shrug": 0.5, "lean_in": 0.5,
    "bow": 0.4, "calm": 0.4, "think": 0.3, "hand_to_chest": 0.25, "nod": 0.1,
}  # fmt: skip
"""Gesture of the robot's -> how expansive it is, 0 small and close to the body .. 1; authored."""

_FIT = 0.35  # distance in energy at which a gesture is hardly chosen any more

_CALLS = {
    "mirror": {"extraversion": 0.5, "agreeableness": 0.3},
    "empathise": {"agreeableness": 1.3, "conscientiousness": -0.4},
    "complement": {"extraversion": -0.7, "agreeableness": 0.6},
    "regulate": {"conscientiousness": 0.6, "neuroticism": -0.5, "agreeableness": 0.2},
    "play": {"extraversion": 1.1, "openness": 0.9, "conscientiousness": -1.0},
    "professional": {"conscientiousness": 1.6, "agreeableness": -0.8, "neuroticism": -0.6},
}
"""Policy -> log of the factor by which one unit of each trait makes it be chosen more."""


@dataclass(frozen=True, slots=True)
class Style:
    """Sizes of the answers of one personality.

    Attributes:
        strength: Gain of what is shown.
        sympathy: Gain of the sadness that is shown.
        patience: Seconds for which somebody's sadness or fear meets concern; then encouragement.
        smile: Share of joy in what is shown to somebody calm, when the robot chooses its policy.
        delay: Seconds that an emotion is met before the answer to it begins.
        linger: Seconds in which an expression fades when its cause is gone.
        gestures: A minute, at most.
        energy: Of the gestures that come most easily, see ``ENERGY``.
        lean: Of the trunk towards a person, radians.
        gaze: Share of the time that it looks at the person attended to.
        tempo: Of gestures, 1 as authored; who moves slowly moves less far, too
            (``expression.answer.extent_of``).
        calls: Policy -> factor by which it is chosen more.
    """

    strength: float
    sympathy: float
    patience: float
    smile: float
    delay: float
    linger: float
    gestures: float
    energy: float
    lean: float
    gaze: float
    tempo: float
    calls: Mapping[str, float]

    def fit(self, gesture: str) -> float:
        """Return how well a gesture suits, 0..1."""
        distance = (ENERGY.get(gesture, 0.5) - self.energy) / _FIT
        return math.exp(-distance * distance)


def style_of(personality: Personality) -> Style:
    """Return the manner of a personality; every value is bounded."""
    o, c, e, a, n = (
        personality.openness, personality.conscientiousness, personality.extraversion,
        personality.agreeableness, personality.neuroticism,
    )
    strength = _within(0.8 + 0.35 * e + 0.15 * a - 0.25 * c + 0.1 * o, 0.35, 1.3)
    return Style(
        strength=strength,
        sympathy=min(strength, _within(0.6 + 0.65 * a - 0.2 * e - 0.15 * o, 0.2, 1.2)),
        patience=_within(40.0 + 60.0 * a + 20.0 * c - 45.0 * e - 30.0 * o, 3.0, 120.0),
        smile=_within(0.5 * a + 0.1 * e, 0.0, 0.5),
        delay=_within(0.45 - 0.3 * e + 0.2 * c + 0.15 * n, 0.15, 1.2),
        linger=_within(1.6 + 1.3 * a - 0.8 * c - 0.4 * e - 0.4 * o, 0.5, 4.0),
        gestures=_within(6.0 + 5.0 * e + 1.5 * o - 2.0 * c - n, 1.5, 12.0),
        energy=_within(0.5 + 0.35 * e + 0.15 * o - 0.15 * c - 0.3 * a, 0.0, 1.0),
        lean=_within(0.02 + 0.12 * a + 0.06 * e - 0.06 * n - 0.04 * c, -0.12, 0.2),
        gaze=_within(0.7 + 0.15 * e + 0.1 * a + 0.05 * c - 0.15 * n, 0.3, 1.0),
        tempo=_within(1.0 + 0.25 * e + 0.1 * o - 0.1 * c + 0.1 * n - 0.38 * a, 0.6, 1.4),
        calls={
            name: math.exp(sum(gain * getattr(personality, trait) for trait, gain in gains.items()))
            for name, gains in _CALLS.items()
        },
    )


def _within(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)
