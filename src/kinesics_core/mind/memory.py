"""Memory of the last minutes, by person: whom it met, what it answered, how that was taken.

All of it is bounded: so many people, so many answers of each, one episode a sign.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field

FORGET = 600.0
"""Seconds after which somebody who is gone is a stranger again."""

MOST = 64
"""People that are remembered at most, unless more are there; whoever was seen longest ago is
forgotten first."""

NEW_EPISODE = 2.0
"""Seconds without a sign after which the same sign is a new cause."""

_ANSWERS = 16  # remembered of each person
_USED_TO = 30.0  # s in which a person that is there is no longer new
_RAPPORT = (0.6, 1.6)  # bounds of what praise makes of a policy's call
_STEP = 1.15  # factor of one answer that was liked
_FADES = 300.0  # s in which rapport fades
_TAKEN = (0.5, 4.5)  # s after an answer from and to which its effect is looked for
_SMILE = 0.3  # rise of happiness that counts as praise, of hostility as rebuff


@dataclass(slots=True)
class Answer:
    """Something the robot answered.

    Attributes:
        time: Seconds.
        cause: Its id.
        sign: What was answered.
        policy: That answered.
        gesture: Or "".
        smile, frown: Probabilities of happiness and of hostile emotions then.
        taken: "" unknown yet, "praised", "rebuffed" or "unmoved".
    """

    time: float
    cause: str
    sign: str
    policy: str
    gesture: str
    smile: float = 0.0
    frown: float = 0.0
    taken: str = ""


@dataclass(slots=True)
class Episode:
    """A sign that goes on, or has just ended: one cause.

    Attributes:
        count: How many of this sign this person has given.
        began, last: Seconds.
        settled: Whether it was answered, or will not be.
    """

    count: int
    began: float
    last: float
    settled: bool = False


@dataclass(slots=True)
class Acquaintance:
    """A person the robot has met.

    Attributes:
        first, last: When they were first and last seen, seconds.
        since: When they came the last time.
        together: Seconds that they were there in all, up to now.
        greeted, seen_off: Whether the robot has greeted them, and said goodbye since.
        tried: When the robot first tried to greet them.
        attended: When the robot last attended to them.
        glanced: When it last looked at them.
        episodes: Sign -> its last episode.
        answers: The last ones.
        rapport: Policy -> factor by which it is called for more, by how it was taken.
    """

    first: float
    last: float
    since: float
    together: float = 0.0
    greeted: bool = False
    seen_off: bool = False
    tried: float = math.inf
    attended: float = -math.inf
    glanced: float = -math.inf
    episodes: dict[str, Episode] = field(default_factory=dict)
    answers: deque[Answer] = field(default_factory=lambda: deque(maxlen=_ANSWERS))
    rapport: dict[str, float] = field(default_factory=dict)

    @property
    def novelty(self) -> float:
        """New (1) or known (to 0): how little the robot is used to them."""
        return math.exp(-self.together / _USED_TO)

    def give(self, sign: str, time: float) -> tuple[Episode, bool]:
        """Note a sign; return its episode and whether it has just begun."""
        episode = self.episodes.get(sign)
        begins = episode is None or time - episode.last > NEW_EPISODE
        if episode is None or begins:
            count = 1 if episode is None else episode.count + 1
            episode = self.episodes[sign] = Episode(count, time, time)
        episode.last = time
        return episode, begins

    def take_back(self, sign: str) -> None:
        """Forget the last answer to a sign, which was not given in the end: it is owed again."""
        if self.answers and self.answers[-1].sign == sign:
            self.answers.pop()
        if sign in self.episodes:
            self.episodes[sign].settled = False

    def times_answered(self, sign: str, since: float) -> int:
        """Return how often a sign was answered since a time."""
        return sum(answer.sign == sign and answer.time >= since for answer in self.answers)

    def learn(self, time: float, smile: float, frown: float) -> str:
        """Notice how the last answer was taken.

        Args:
            time: Seconds.
            smile: Probability of happiness now.
            frown: Probability of hostile emotions now.

        Returns:
            "praised", "rebuffed" or "unmoved" at the moment that it is told, else "".
        """
        answer = self.answers[-1] if self.answers else None
        if answer is None or answer.taken or time - answer.time < _TAKEN[0]:
            return ""
        how = "unmoved" if time - answer.time > _TAKEN[1] else ""
        if smile - answer.smile > _SMILE:
            how = how or "praised"
        elif frown - answer.frown > _SMILE:
            how = how or "rebuffed"
        if how:
            self._take(answer, how)
        return how

    def _take(self, answer: Answer, how: str) -> None:
        """Note how an answer was taken: praise and rebuff change the policy's rapport."""
        answer.taken = how
        factor = {"praised": _STEP, "rebuffed": 1.0 / _STEP}.get(how, 1.0)
        low, high = _RAPPORT
        self.rapport[answer.policy] = min(max(
            self.rapport.get(answer.policy, 1.0) * factor, low), high)

    def fade(self, elapsed: float) -> None:
        """Let rapport fade."""
        keep = math.exp(-elapsed / _FADES)
        for policy, factor in self.rapport.items():
            self.rapport[policy] = 1.0 + keep * (factor - 1.0)


class Memory:
    """The people that the robot has met in the last minutes."""

    def __init__(self) -> None:
        """Know nobody."""
        self._known: dict[int, Acquaintance] = {}

    def __len__(self) -> int:
        return len(self._known)

    def __getitem__(self, person_id: int) -> Acquaintance:
        return self._known[person_id]

    def get(self, person_id: int) -> Acquaintance | None:
        """Return an acquaintance, or None."""
        return self._known.get(person_id)

    def meet(self, present: Collection[int], time: float, absence: float) -> list[int]:
        """Note who is there; return those who have just come.

        Args:
            present: Ids.
            time: Seconds.
            absence: Seconds unseen after which somebody has come anew.
        """
        came = []
        for person_id in present:
            known = self._known.get(person_id)
            if known is None:
                known = self._known[person_id] = Acquaintance(time, time, time)
                came.append(person_id)
            elif time - known.last > absence:
                known.since, known.seen_off = time, False
                came.append(person_id)
            else:
                elapsed = time - known.last
                known.together += elapsed
                known.fade(elapsed)
            known.last = time
        self._forget(time, present)
        return came

    def _forget(self, time: float, present: Collection[int]) -> None:
        gone = [person_id for person_id, known in self._known.items()
                if time - known.last > FORGET]
        for person_id in gone:
            del self._known[person_id]
        if len(self._known) > MOST:
            away = sorted(set(self._known).difference(present),
                          key=lambda person_id: self._known[person_id].last)
            for person_id in away[:len(self._known) - MOST]:
                del self._known[person_id]
