"""Anticipation: which answers begin on the forecast, and when one is taken back.

A gesture that the forecast announces (``SocialSignals.expected``) is answered as if it were seen
once it has been announced with enough confidence for long enough. From then on one of three things
happens:

- it is seen: the answer stands;
- it is announced no more while it still was to come, or is not seen within the time that was
  announced and some patience: the answer is taken back;
- the person is gone: so is the answer.

What was taken back is not begun again at once. The thresholds weigh a right answer half a second
early against a wrong one taken back (``Worth``); ``kinesics eval anticipation`` chooses them on
some recordings and judges them on others.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from kinesics_core.settings import check, setting
from kinesics_core.types import GestureSign, SocialSignals

FAMILIES = {"wave": "wave", "hands_raised": "wave"}
"""Gestures that are answered on their forecast -> the one that they are answered as: a hand that
goes up may become a greeting or stay up, and who answers it while it is rising cannot tell. They
are those on whose recordings it was measured."""


def family(gesture: str) -> str:
    """Return the gesture that another one is answered as before it is seen; "" for none."""
    return FAMILIES.get(gesture, "")


@dataclass(frozen=True)
class AnticipationConfig:
    """Settings of answers that begin on the forecast; docs/mind.md says how they were chosen.

    Raises:
        KinesicsError: A value is out of its range.
    """

    anticipate: bool = setting(
        True, "Whether answers may begin on the forecast; false: they wait for the gesture")
    anticipate_from: float = setting(
        0.6, "Confidence of a forecast gesture from which on it is answered", bounds=(0.0, 1.0))
    anticipate_for: float = setting(
        0.0, "Time for which a gesture must have been forecast to be answered", unit="s",
        bounds=(0.0, 2.0))
    anticipate_patience: float = setting(
        0.6, "Time by which a forecast gesture may be late before its answer is taken back",
        unit="s", bounds=(0.0, 5.0))
    anticipate_again: float = setting(
        3.0, "Time after an answer was taken back before the same gesture is answered early again",
        unit="s", bounds=(0.0, 600.0))

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check(self)


_SEEN_FROM = 0.3  # confidence from which on a gesture is seen
_DROPPED_BELOW = 0.5  # share of the threshold below which a forecast is no more
_DROPPED_FOR = 0.3  # s for which it must be no more
_ABOUT_TO = 0.2  # s before it was due in which that says nothing


@dataclass(slots=True)
class Begun:
    """A gesture of a person that is answered, or about to be, before it is seen.

    Attributes:
        announced: When it was first announced, s.
        begun: When it began to be answered, s; inf: not yet.
        due: When it was last announced to begin, s.
        confidence: Of the latest announcement.
        missing: Since when it is not announced any more, s; inf: it is.
    """

    announced: float
    due: float
    confidence: float
    begun: float = math.inf
    missing: float = math.inf


@dataclass(slots=True)
class Outcome:
    """Fate of early answers in one image: (person, gesture) pairs.

    Attributes:
        begun: Answered from now on.
        confirmed: Seen now.
        withdrawn: To be taken back.
    """

    begun: list[tuple[int, str]] = field(default_factory=list)
    confirmed: list[tuple[int, str]] = field(default_factory=list)
    withdrawn: list[tuple[int, str]] = field(default_factory=list)


class Anticipation:
    """The gestures that are answered before they are seen, of everybody."""

    def __init__(self, config: AnticipationConfig | None = None) -> None:
        """Begin with none."""
        self.config = config or AnticipationConfig()
        self._known: dict[tuple[int, str], Begun] = {}
        self._rest: dict[tuple[int, str], float] = {}  # until when, s
        self._became: dict[tuple[int, str], None] = {}  # answered early, and seen now

    def update(self, signals: Sequence[SocialSignals], time: float) -> Outcome:
        """Take the signals of one image; tell which early answers begin, stand or end.

        Args:
            signals: Of everybody in it.
            time: Seconds, of a clock that does not go back.
        """
        outcome = Outcome()
        if not self.config.anticipate:
            return outcome
        self._rest = {key: until for key, until in self._rest.items() if until > time}
        present = {signal.person_id: signal for signal in signals}
        self._became = {key: None for key in self._became if key[0] in present}
        for signal in signals:
            self._hear(signal, time)
        for key, known in list(self._known.items()):
            person, gesture = key
            now = present.get(person)
            if now is not None and _seen(now, gesture):
                del self._known[key]
                self._rest[key] = time + self.config.anticipate_again
                if known.begun < math.inf:
                    outcome.confirmed.append(key)
            elif known.begun < math.inf:
                if self._wrong(known, time, now is not None):
                    del self._known[key]
                    self._rest[key] = time + self.config.anticipate_again
                    outcome.withdrawn.append(key)
            elif known.missing < math.inf:
                del self._known[key]
            elif time - known.announced >= self.config.anticipate_for - 1e-9:
                known.begun = time
                outcome.begun.append(key)
        return outcome

    def answerable(
        self, signals: Sequence[SocialSignals], time: float
    ) -> list[SocialSignals]:
        """Take the signals of one image; return those that are to be answered.

        Of what is expected only what is begun is left, and for as long as it may still come; what
        it became is called by the name it was begun with.

        Args:
            signals: Of everybody in it.
            time: Seconds, of a clock that does not go back.
        """
        outcome = self.update(signals, time)
        self._became |= dict.fromkeys(outcome.confirmed)
        out = []
        for signal in signals:
            early = tuple(
                GestureSign(gesture, known.confidence,
                            max(known.due + self.config.anticipate_patience - time, 1e-2))
                for (person, gesture), known in self._known.items()
                if person == signal.person_id and known.begun < math.inf)
            out.append(replace(signal, gestures=self._renamed(signal), expected=early))
        return out

    def _renamed(self, signal: SocialSignals) -> tuple[GestureSign, ...]:
        """Return the gestures seen, by the names with which their answers began."""
        for key in [key for key in self._became if key[0] == signal.person_id]:
            if not _seen(signal, key[1]):
                del self._became[key]
        began = {key[1] for key in self._became if key[0] == signal.person_id}
        return tuple(
            replace(sign, name=family(sign.name)) if family(sign.name) in began else sign
            for sign in signal.gestures)

    def _hear(self, signal: SocialSignals, time: float) -> None:
        """Note what is announced of one person, and what is no more."""
        for gesture in dict.fromkeys(FAMILIES.values()):
            key = (signal.person_id, gesture)
            signs = [sign for sign in signal.expected if family(sign.name) == gesture]
            sign = max(signs, key=lambda one: one.confidence, default=None)
            known = self._known.get(key)
            threshold = self.config.anticipate_from
            if known is not None and known.begun < math.inf:
                threshold *= _DROPPED_BELOW  # what is begun is not given up for a flicker
            if sign is not None and sign.confidence >= threshold:
                due = time + sign.starts_in
                if known is None:
                    if key not in self._rest and not _seen(signal, gesture):
                        self._known[key] = Begun(time, due, sign.confidence)
                else:
                    # A forecast that is always just about to come true ends all the same.
                    known.due = min(max(known.due, due), known.announced + 2.0)
                    known.confidence, known.missing = sign.confidence, math.inf
            elif known is not None:
                known.missing = min(known.missing, time)

    def _wrong(self, known: Begun, time: float, present: bool) -> bool:
        late = time > known.due + self.config.anticipate_patience
        # What the forecast lost sight of just before it was due may have begun, unrecognised yet.
        recalled = known.missing < known.due - _ABOUT_TO and time - known.missing >= _DROPPED_FOR
        return late or recalled or not present


def _seen(signal: SocialSignals, gesture: str) -> bool:
    return any(family(sign.name) == gesture and sign.confidence >= _SEEN_FROM
               for sign in signal.gestures)


@dataclass(frozen=True, slots=True)
class Worth:
    """Worth of answering early; authored.

    Attributes:
        right: Of a right answer half a second early; one that is earlier or later by the ratio, up
            to twice it.
        wrong: Of a wrong one that is taken back: four right ones, so that nothing below four right
            ones in five is worth beginning.
    """

    right: float = 1.0
    wrong: float = -4.0

    def of(self, lead: float | None) -> float:
        """Return the worth of one answer begun ``lead`` seconds early; None: it was wrong."""
        if lead is None:
            return self.wrong
        return self.right * min(max(lead / 0.5, 0.0), 2.0)
