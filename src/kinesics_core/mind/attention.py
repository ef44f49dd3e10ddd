"""Attention: the person whom the robot answers, and why, and whom else it looks at meanwhile."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from kinesics_core.mind.memory import Acquaintance, Memory
from kinesics_core.mind.perceive import Seen

GREETING_AFTER = 0.4
"""Seconds somebody new must be there to be greeted: detectors also see people who are none."""

_PATIENCE = 12.0  # s in which waiting for the robot counts in full
_GLANCE = 0.9  # s of a glance at another person
_GLANCE_EVERY = 5.0  # s from one glance to the next


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights of what makes people stand out; authored.

    Attributes:
        near: Nearer people, larger in the image.
        expressive: More expressive people.
        sure: People who are seen more surely.
        engaged: Who are engaged with the robot.
        gaze: Who look at it.
        sign: Who give a sign.
        new: Whom it does not know yet.
        waits: Who are engaged and have not been attended to for some seconds.
        leaves: Who walk off and have not been seen off.
    """

    near: float = 0.5
    expressive: float = 0.35
    sure: float = 0.1
    engaged: float = 0.3
    gaze: float = 0.2
    sign: float = 0.4
    new: float = 0.2
    waits: float = 0.25
    leaves: float = 0.3


_WEIGHTS = Weights()

_WORDS = {
    "near": "is near", "expressive": "shows most", "sure": "is there", "engaged": "turns to it",
    "gaze": "looks at it", "sign": "gives a sign", "new": "is new", "waits": "has waited",
    "leaves": "is leaving",
}
"""Reason by the part of the salience that tells most."""


class Attention:
    """The robot's attention: to the person who stands out most, and not to another every moment.

    Attributes:
        towards: Id of the person attended to, 0 for nobody.
        looked_at: Id of the person looked at: that one, or for a moment another who is there.
        parts: Of the salience of each person present, by id.
    """

    def __init__(self, hold: float, absence: float, margin: float) -> None:
        """Attend to nobody yet.

        Args:
            hold: Seconds a person is attended to at least.
            absence: Seconds a person may be unseen before the robot turns away.
            margin: How much more another person must stand out.
        """
        self.towards = self.looked_at = 0
        self.parts: dict[int, dict[str, float]] = {}
        self._hold, self._absence, self._margin = hold, absence, margin
        self._since = 0.0
        self._glanced = -math.inf
        self._glance_at = 0

    @property
    def why(self) -> str:
        """Words for what makes the person attended to stand out from the others; "" for none."""
        own = self.parts.get(self.towards)
        if own is None:
            return ""
        others = [parts for number, parts in self.parts.items() if number != self.towards]
        if not others:
            return "is the only one there"
        lead = {name: value - max(parts[name] for parts in others) for name, value in own.items()}
        return _WORDS[max(lead, key=lambda name: lead[name])]

    def update(self, present: Mapping[int, Seen], memory: Memory, time: float) -> None:
        """Choose among the people present.

        Args:
            present: Who is there, by id; all of them known to ``memory``.
            memory: Of them.
            time: Seconds.
        """
        self.parts = {number: salience(seen, memory[number], time)
                      for number, seen in present.items()}
        total = {number: sum(parts.values()) for number, parts in self.parts.items()}
        self._turn(total, memory, time)
        if self.towards in present:
            memory[self.towards].attended = time
        self._glance(present, memory, time)

    def _turn(self, total: Mapping[int, float], memory: Memory, time: float) -> None:
        if self.towards and self.towards not in total:
            known = memory.get(self.towards)
            if known is not None and time - known.last <= self._absence:
                return
            self.towards = 0
        if not total:
            return
        best = max(total, key=lambda number: total[number])
        settled = time - self._since >= self._hold
        if self.towards == 0 or (settled and total[best] > total[self.towards] + self._margin):
            if best != self.towards:
                self._since = time
            self.towards = best

    def _glance(self, present: Mapping[int, Seen], memory: Memory, time: float) -> None:
        """Look at another for a moment, whoever was looked at longest ago."""
        self.looked_at = self.towards
        attended = present.get(self.towards)
        others = [number for number in present if number != self.towards]
        if attended is None or not others or attended.signs:
            self._glance_at = 0
            return
        since = time - self._glanced
        if since >= _GLANCE_EVERY and time - self._since >= 1.0:
            self._glanced, since = time, 0.0
            self._glance_at = min(others, key=lambda number: memory[number].glanced)
            memory[self._glance_at].glanced = time
        if since < _GLANCE and self._glance_at in present:
            self.looked_at = self._glance_at


def salience(seen: Seen, known: Acquaintance, time: float) -> dict[str, float]:
    """Return how much a person stands out, by its parts.

    Args:
        seen: In this image.
        known: What is remembered of them.
        time: Seconds.
    """
    weight = _WEIGHTS
    waited = time - max(known.attended, known.since)
    here = 1.0 if not seen.away else 0.3
    return {
        "near": weight.near * seen.near,
        "expressive": weight.expressive * seen.expressive * here,
        "sure": weight.sure * min(max(seen.person.score, 0.0), 1.0) if seen.person.score ==
        seen.person.score else 0.0,
        "engaged": weight.engaged * seen.engaged,
        "gaze": weight.gaze * seen.gaze,
        "sign": weight.sign * seen.signs[0].confidence * here if seen.signs else 0.0,
        "new": weight.new * known.novelty,
        "waits": weight.waits * seen.engaged * min(max(waited, 0.0) / _PATIENCE, 1.0),
        "leaves": weight.leaves if seen.leaves and known.greeted and not known.seen_off else 0.0,
    }
