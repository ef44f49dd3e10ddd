"""The signs that a person gives: gestures seen and gestures expected, through one function.

Everything that answers a gesture takes it from ``signs_of``. A sign whose ``starts_in`` is above 0
is not there yet: ``accept`` decides whether to act on it (anticipation), and by default none is.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from kinesics_core.mind.answers import SIGNS
from kinesics_core.types import GestureSign, SocialSignals

SEEN_FROM = 0.5
"""Confidence from which a gesture that is seen counts."""

Accept = Callable[[GestureSign], bool]
"""Decides whether an expected gesture is acted on."""


@dataclass(frozen=True, slots=True)
class Sign:
    """A gesture to be answered.

    Attributes:
        name: One of ``answers.SIGNS``.
        confidence: 0..1.
        starts_in: Seconds until it begins; 0: it is seen.
    """

    name: str
    confidence: float
    starts_in: float = 0.0


def signs_of(signals: SocialSignals | None, accept: Accept | None = None) -> list[Sign]:
    """Return the signs to be answered, the surest first; a gesture once, seen before expected.

    Args:
        signals: Of one person; None: none are known.
        accept: Decides whether an expected gesture is acted on; None: none is.
    """
    if signals is None:
        return []
    found: dict[str, Sign] = {}
    for gesture in signals.gestures:
        if gesture.name in SIGNS and gesture.confidence >= SEEN_FROM:
            found.setdefault(gesture.name, Sign(gesture.name, min(gesture.confidence, 1.0)))
    if accept is None:
        return sorted(found.values(), key=lambda sign: -sign.confidence)
    for gesture in signals.expected:
        known = gesture.name in SIGNS and gesture.name not in found
        if known and math.isfinite(gesture.confidence + gesture.starts_in) and accept(gesture):
            found[gesture.name] = Sign(
                gesture.name, min(max(gesture.confidence, 0.0), 1.0), max(gesture.starts_in, 1e-3))
    return sorted(found.values(), key=lambda sign: -sign.confidence)
