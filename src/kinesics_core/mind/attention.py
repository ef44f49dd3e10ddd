"""Attention: the person whom the robot answers, and those it has met."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from kinesics_core.types import People, Person

FORGET = 60.0
"""Seconds after which somebody who is gone is a stranger again."""

GREETING_AFTER = 0.4
"""Seconds somebody new must be there to be greeted: detectors also see people who are none."""


@dataclass(frozen=True, slots=True)
class Salience:
    """Weights of what makes people stand out; authored.

    Attributes:
        size: Nearer people, larger in the image.
        expression: More expressive people.
        score: People who are seen more surely.
    """

    size: float = 0.6
    expression: float = 0.4
    score: float = 0.1


_SALIENCE = Salience()


@dataclass(slots=True)
class Acquaintance:
    """A person the robot has met.

    Attributes:
        first, last: When they were seen, seconds.
        greeted: Whether the robot has greeted them.
    """

    first: float
    last: float
    greeted: bool = False


class Attention:
    """The robot's attention: to the person who stands out most, and not to another every moment.

    Attributes:
        towards: Id of the person attended to, 0 for nobody.
    """

    def __init__(self, hold: float, absence: float, margin: float) -> None:
        """Attend to nobody yet.

        Args:
            hold: Seconds a person is attended to at least.
            absence: Seconds a person may be unseen before the robot turns away.
            margin: How much more another person must stand out.
        """
        self.towards = 0
        self._hold, self._absence, self._margin = hold, absence, margin
        self._since = 0.0
        self._acquaintances: dict[int, Acquaintance] = {}

    @property
    def acquaintance(self) -> Acquaintance:
        """The person attended to; there must be one."""
        return self._acquaintances[self.towards]

    def update(self, salience: Mapping[int, float], time: float) -> None:
        """Choose among the people present.

        Args:
            salience: Of each of them, by id; see ``salience``.
            time: Seconds.
        """
        self._meet(salience, time)
        if self.towards and self.towards not in salience:
            known = self._acquaintances.get(self.towards)
            if known is not None and time - known.last <= self._absence:
                return
            self.towards = 0
        if not salience:
            return
        best = max(salience, key=lambda person_id: salience[person_id])
        settled = time - self._since >= self._hold
        if self.towards == 0 or (
            settled and salience[best] > salience[self.towards] + self._margin
        ):
            if best != self.towards:
                self._since = time
            self.towards = best

    def _meet(self, present: Iterable[int], time: float) -> None:
        for person_id in present:
            self._acquaintances.setdefault(person_id, Acquaintance(time, time)).last = time
        for person_id, known in list(self._acquaintances.items()):
            if time - known.last > FORGET:
                del self._acquaintances[person_id]


def salience(person: Person, people: People, expressive: float) -> float:
    """Return how much a person stands out, 0 to about 1.

    Args:
        person: One of ``people``.
        people: Gives the size of the image.
        expressive: Probability that the person shows an emotion, 0..1.
    """
    x, y = person.coco[:, 0], person.coco[:, 1]
    height = np.nanmax(y) - np.nanmin(y) if np.isfinite(y).any() else 0.0
    width = np.nanmax(x) - np.nanmin(x) if np.isfinite(x).any() else 0.0
    size = min(1.0, max(height / max(people.height, 1), width / max(people.width, 1)))
    weight = _SALIENCE
    return weight.size * size + weight.expression * expressive + weight.score * person.score
