"""Causes: one sign of one person that goes on is one cause, and is answered once.

Signs are a person's gestures and emotions. ``Causes`` notes those of everybody in view, so that who
waits is not forgotten, and says which cause of the person attended to is to be answered now.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from kinesics_core.affect.emotions import EMOTIONS, NEUTRAL
from kinesics_core.mind.answers import SIGNS
from kinesics_core.mind.memory import Acquaintance, Memory
from kinesics_core.mind.perceive import Seen

EMOTION_FROM = 0.35
"""Probability of emotion that makes a cause."""

USED_TO = 3
"""Answers to the same sign of a person in a minute; more of them are no longer answered with a
gesture (habituation)."""

REFRACTORY = 6.0
"""Seconds after an answer to a sign in which the same sign of that person is not answered again."""

_STALE = (4.0, 12.0)  # s after which a gesture is too late for a sign, and for an emotion
_WITHDRAW = 0.1  # s without word of an expected gesture after which its answer is withdrawn


@dataclass(slots=True)
class Cause:
    """Something that is answered.

    Attributes:
        name: Its id: person, sign, how many of this sign so far.
        person: Id.
        sign: A gesture of ``answers.SIGNS``, an emotion, "arrival" or "leaving".
        began: Seconds.
        last: When it was last perceived, seconds.
        expected: Seconds in which it was expected when it was answered; 0: it was seen.
        seen: Whether it has been seen.
    """

    name: str
    person: int
    sign: str
    began: float
    last: float
    expected: float = 0.0
    seen: bool = True


class Causes:
    """The causes of everybody in view.

    Attributes:
        current: The one answered last, or None when it is over.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self.current: Cause | None = None

    def note(
        self, present: Mapping[int, Seen], memory: Memory, time: float
    ) -> dict[int, list[str]]:
        """Note everybody's signs; return those that have just begun, by person."""
        begun: dict[int, list[str]] = {}
        for number, seen in present.items():
            signs = [sign.name for sign in seen.signs]
            emotion = emotion_of(seen)
            if emotion != NEUTRAL:
                signs.append(EMOTIONS[emotion])
            for sign in signs:
                if memory[number].give(sign, time)[1]:
                    begun.setdefault(number, []).append(sign)
        self._follow(present, time)
        return begun

    def wrong(self, time: float) -> bool:
        """Tell whether the current cause was expected and has not come."""
        cause = self.current
        if cause is None or cause.seen:
            return False
        gone = time - cause.last > _WITHDRAW
        return gone or time - cause.began > cause.expected + _WITHDRAW

    def due(
        self, number: int, seen: Seen, known: Acquaintance, time: float, delay: float
    ) -> Cause | None:
        """Return the cause of a person that is to be answered now, gestures before emotions.

        Args:
            number: The person's id.
            seen: In this image.
            known: What is remembered.
            time: Seconds.
            delay: Of the style; gestures are answered in half of it.
        """
        emotion = emotion_of(seen)
        signs = [(sign.name, sign.starts_in, 0.5 * delay) for sign in seen.signs]
        if emotion != NEUTRAL:
            signs.append((EMOTIONS[emotion], 0.0, delay))
        for sign, starts_in, wait in signs:
            episode = known.episodes.get(sign)
            if episode is None or episode.settled or time - episode.began < wait:
                continue
            recent = known.times_answered(sign, time - REFRACTORY)
            used_to = known.times_answered(sign, time - 60.0) >= USED_TO
            stale = time - episode.began > _STALE[sign not in SIGNS] + wait
            if recent or used_to or stale:
                episode.settled = True
                continue
            return Cause(
                f"{number} {sign} {episode.count}", number, sign, time, time, starts_in,
                starts_in == 0.0)
        return None

    def _follow(self, present: Mapping[int, Seen], time: float) -> None:
        """Note whether the current cause goes on."""
        cause = self.current
        seen = None if cause is None else present.get(cause.person)
        if cause is None or seen is None:
            return
        for sign in seen.signs:
            if sign.name == cause.sign:
                cause.last = time
                cause.seen = cause.seen or sign.starts_in == 0.0
        if EMOTIONS[emotion_of(seen)] == cause.sign:
            cause.last = time


def emotion_of(seen: Seen) -> int:
    """Return the emotion that a person shows, NEUTRAL if none clearly."""
    if seen.expressive < EMOTION_FROM:
        return NEUTRAL
    return int(np.argmax(seen.believed))
