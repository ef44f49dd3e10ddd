"""A robot's mind in front of people whose signs are given, by the second."""

from __future__ import annotations

import numpy as np

from kinesics_core.affect.emotions import NEUTRAL
from kinesics_core.mind.policy import ResponsePolicy
from kinesics_core.mind.study import person, reading
from kinesics_core.types import AffectiveResponse, GestureSign, People, SocialSignals

SECOND = 1_000_000_000


class SocialScene:
    """People in front of a policy; ``play`` moves on by seconds."""

    def __init__(self, policy: ResponsePolicy, rate: int = 10) -> None:
        """Begin with nobody there."""
        self.policy, self.rate, self.image = policy, rate, 0
        self.last: AffectiveResponse | None = None

    def play(self, seconds: float, *people: dict) -> list[AffectiveResponse]:
        """Show people, each of ``someone``, for some seconds; return the responses."""
        responses = []
        for _ in range(round(seconds * self.rate)):
            stamp = self.image * SECOND // self.rate
            self.image += 1
            affects, signals, persons = [], [], []
            for one in people:
                persons.append(person(one["id"], one["at"], one["size"]))
                affects.append(reading(stamp, one["id"], one["emotion"], one["strength"]))
                signals.append(SocialSignals(
                    stamp, one["id"], tuple(GestureSign(name, 0.9) for name in one["signs"]),
                    tuple(GestureSign(name, 0.9, 0.4) for name in one["expected"]), "standing",
                    one["engagement"], 0.9, one["distance"], one["facing"], one["gaze"],
                    one["approach"]))
            responses.append(self.policy.update(affects, People(stamp, 640, 480, persons), signals))
        self.last = responses[-1] if responses else self.last
        return responses


def someone(person_id: int = 1, emotion: int = NEUTRAL, *signs: str, **other: object) -> dict:
    """Describe somebody 1.5 m away who looks at the robot; other values replace these."""
    return {
        "id": person_id, "at": 0.5, "size": 0.6, "emotion": emotion, "strength": 0.85,
        "signs": signs, "expected": (), "engagement": "engaged", "distance": 1.5, "facing": 0.1,
        "gaze": 0.8, "approach": 0.0, **other}


def away(person_id: int = 1, emotion: int = NEUTRAL, **other: object) -> dict:
    """Describe somebody who has turned away."""
    return someone(person_id, emotion, engagement="disengaged", facing=2.8, gaze=0.0, **other)


def begun(responses: list[AffectiveResponse]) -> list[tuple[int, str]]:
    """Return (index, name) of the gestures that began."""
    names = [response.gesture for response in responses]
    return [(number, name) for number, (before, name) in enumerate(
        zip(["", *names], names, strict=False)) if name and name != before]


def random_signals(rng: np.random.Generator, stamp: int, person_id: int) -> SocialSignals:
    """Return signals of anything, NaN, infinite and unknown names among it."""
    def anything() -> float:
        return float(rng.choice([np.nan, np.inf, -np.inf, rng.normal(0, 3), rng.random()]))

    names = ["wave", "bow", "turn_away", "hands_raised", "clap", "shrug", "unheard_of"]
    levels = ["unknown", "disengaged", "engaging", "engaged", "disengaging", "odd"]
    return SocialSignals(
        stamp, person_id,
        tuple(GestureSign(str(name), anything()) for name in rng.choice(names, rng.integers(3))),
        tuple(GestureSign(str(name), anything(), anything())
              for name in rng.choice(names, rng.integers(3))),
        "", str(rng.choice(levels)), anything(), anything(), anything(), anything(), anything())
