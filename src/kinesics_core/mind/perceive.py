"""People as the mind sees them in one image: readings made safe, and what they signal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kinesics_core.affect.emotions import NEUTRAL, as_distribution
from kinesics_core.camera import apparent_size
from kinesics_core.mind.signs import Accept, Sign, signs_of
from kinesics_core.types import Affect, People, Person, SocialSignals

TRUSTED_FROM = 0.5
"""Confidence from which a reading is believed in full; below, it is drawn to neutral."""

_TURNED = 1.3  # rad between a person's facing and us from which they are turned away
_WALKS_OFF = -0.25  # m/s of approach, from which somebody who disengages leaves
_ENGAGED = {"engaged": 1.0, "engaging": 0.8, "disengaging": 0.2, "disengaged": 0.0}


@dataclass(slots=True)
class Seen:
    """A person in one image.

    Attributes:
        person: As tracked.
        affect: The reading, or None.
        believed: (8,) probabilities of emotions; neutral without a reading.
        expressive: Probability that an emotion is shown, 0..1.
        signals: What they signal, or None.
        signs: Gestures to be answered, the surest first.
        near: 0 far .. 1 fills the image.
        engaged: 0..1, half where it is unknown.
        gaze: Share of the last second that they looked at us, 0..1, half where it is unknown.
        away: Whether they have turned away from us.
        leaves: Whether they walk off.
    """

    person: Person
    affect: Affect | None
    believed: np.ndarray
    expressive: float
    signals: SocialSignals | None
    signs: list[Sign]
    near: float
    engaged: float = 0.5
    gaze: float = 0.5
    away: bool = False
    leaves: bool = False


NOBODY = np.eye(8)[NEUTRAL]
"""(8,) what is believed of somebody who cannot be read."""


def perceive(
    affects: Sequence[Affect], people: People, signals: Sequence[SocialSignals] = (),
    accept: Accept | None = None,
) -> dict[int, Seen]:
    """Return everybody in the image by id.

    Readings of others and such with unknown (nan) categories or confidence are left out;
    categories that do not sum to 1 are made to.

    Args:
        affects: Readings.
        people: Everybody in the image.
        signals: What they signal.
        accept: Decides whether an expected gesture is acted on; see ``signs.signs_of``.
    """
    readings = {affect.person_id: affect for affect in affects}
    told = {signal.person_id: signal for signal in signals}
    found = {}
    for person in people.persons:
        affect = readings.get(person.id)
        believed = None if affect is None else _believed(affect)
        if believed is None:
            affect, believed = None, NOBODY
        signal = told.get(person.id)
        seen = Seen(
            person, affect, believed, 1.0 - float(believed[NEUTRAL]), signal,
            signs_of(signal, accept), _near(person, people, signal),
        )
        if signal is not None:
            _engage(seen, signal)
        found[person.id] = seen
    return found


def _engage(seen: Seen, signal: SocialSignals) -> None:
    trust = min(max(_known(signal.engagement_confidence, 0.0), 0.0), 1.0)
    level = _ENGAGED.get(signal.engagement, 0.5)
    seen.engaged = 0.5 + trust * (level - 0.5)
    seen.gaze = min(max(_known(signal.gaze, 0.5), 0.0), 1.0)
    leaving = seen.engaged < 0.4
    turned = any(sign.name == "turn_away" for sign in seen.signs)
    seen.away = turned or (leaving and _known(signal.facing, 0.0) > _TURNED)
    seen.leaves = leaving and _known(signal.approach, 0.0) < _WALKS_OFF


def _near(person: Person, people: People, signal: SocialSignals | None) -> float:
    if signal is not None and math.isfinite(signal.distance) and signal.distance > 0.0:
        return min(1.0, 1.0 / signal.distance)
    return apparent_size(person, people)


def _known(value: float, otherwise: float) -> float:
    return value if math.isfinite(value) else otherwise


def _believed(affect: Affect) -> np.ndarray | None:
    """Return the categories (8,), drawn to neutral as far as the reading is not to be trusted."""
    categories = as_distribution(affect.categories)
    if categories is None or not math.isfinite(affect.confidence):
        return None
    trust = min(1.0, max(0.0, affect.confidence) / TRUSTED_FROM)
    believed = trust * categories.astype(np.float64)
    believed[NEUTRAL] += 1.0 - believed.sum()
    return np.maximum(believed, 0.0)
