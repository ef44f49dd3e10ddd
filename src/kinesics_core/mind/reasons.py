"""Reasons of a decision: one sentence, and the numbers behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from kinesics_core.affect.emotions import EMOTIONS
from kinesics_core.mind.causes import Cause
from kinesics_core.mind.perceive import Seen

_SIGNS = {
    "wave": "waves", "hands_raised": "raises the hands", "point": "points",
    "come_here": "beckons", "clap": "claps", "bow": "bows", "arms_crossed": "crosses the arms",
    "hand_on_face": "puts a hand to the face", "hands_on_hips": "puts the hands on the hips",
    "shrug": "shrugs", "nod": "nods", "shake": "shakes the head", "lean_in": "leans in",
    "turn_away": "turns away", "arrival": "has come", "leaving": "leaves",
    "error": "minds the robot's error",
}
"""Words for what a person does, by the sign."""

_SOURCES = {"face": " from face", "body": " from body", "fused": " from face and body",
            "trace": " from trace", "": ""}
"""Words for where a reading is from; any other source is the name of a network."""


@dataclass(frozen=True, slots=True)
class Decision:
    """All that a reason tells.

    Attributes:
        towards: Id of the person answered, 0 for nobody.
        seen: That person in this image, or None.
        perceived: (8,) what is believed of their emotions.
        verb: What the policy does.
        emotion, gesture: Shown.
        cause: What is answered, or None.
        why: Words for why this person.
        rule: Words for the rule of conduct that binds, or "".
        quiet: Whether nobody has been there for long.
        sorry: Whether the robot is sorry for an error.
        habituation: Share of the answer that is left.
        call: How much the perceived calls for the policy.
        limit: Highest intensity allowed.
        parts: Of the salience of that person.
    """

    towards: int
    seen: Seen | None
    perceived: np.ndarray
    verb: str
    emotion: int
    gesture: str
    cause: Cause | None
    why: str
    rule: str
    quiet: bool
    sorry: bool
    habituation: float
    call: float
    limit: float
    parts: Mapping[str, float]


def sentence(decision: Decision) -> str:
    """Return the reason as one sentence."""
    shows, who = EMOTIONS[decision.emotion], f"Person {decision.towards}"
    if not decision.towards:
        if decision.quiet:
            return "Nobody has been here for long, so the robot is quiet until somebody comes."
        return f"Nobody to answer, so the robot rests in its own state ({shows})."
    gesture = f" and the gesture {decision.gesture}" if decision.gesture else ""
    rule = f"; {decision.rule}" if decision.rule else ""
    chosen = f" (attended to because this person {decision.why})" if (
        decision.why and len(decision.why) and decision.why != "is the only one there") else ""
    cause = decision.cause
    if cause is not None and cause.person == decision.towards and cause.sign in _SIGNS:
        expected = "" if cause.seen else " (expected, not seen yet)"
        return (f"{who} {_SIGNS[cause.sign]}{expected}{chosen}, so the robot answers with"
                f" {shows}{gesture}{rule}.")
    if decision.seen is None or decision.seen.affect is None:
        return f"{who} is there but hard to read{chosen}, so the robot stays with {shows}{gesture}."
    emotion = int(np.argmax(decision.perceived))
    source = decision.seen.affect.source
    read = _SOURCES.get(source, f" by {source}")
    return (
        f"{who} shows {EMOTIONS[emotion]} ({decision.perceived[emotion]:.0%}{read}){chosen}, so the"
        f" robot {decision.verb} {shows}{gesture}{rule}."
    )


def factors(decision: Decision) -> dict[str, float]:
    """Return the numbers behind a decision by name."""
    if not decision.towards:
        return {}
    seen = decision.seen
    affect = None if seen is None else seen.affect
    found = {
        "perceived": float(decision.perceived.max()),
        "confidence": 0.0 if affect is None else min(max(float(affect.confidence), 0.0), 1.0),
        "expressive": 0.0 if seen is None else seen.expressive,
        "call": decision.call,
        "habituation": decision.habituation,
        "limit": decision.limit,
        "salience": sum(decision.parts.values()),
    }
    found.update((f"salience.{name}", value) for name, value in decision.parts.items())
    return found
