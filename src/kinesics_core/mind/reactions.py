"""Reactions: the gesture that answers a cause, a greeting or a goodbye, or a nod that listens."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from kinesics_core.affect.emotions import EMOTION_VAD, EMOTIONS, HAPPINESS, NEUTRAL
from kinesics_core.mind.answers import APOLOGY, GREETING, HOSTILE, SIGNS, Answering
from kinesics_core.mind.attention import GREETING_AFTER
from kinesics_core.mind.causes import Cause, Causes, emotion_of
from kinesics_core.mind.conduct import Limits
from kinesics_core.mind.gesture_choice import GestureChoice
from kinesics_core.mind.memory import Acquaintance, Answer, Memory
from kinesics_core.mind.perceive import Seen
from kinesics_core.mind.style import ENERGY, Style

_NOD_EVERY = 12.0  # s between the nods to somebody calm
_LISTENS_TO = 0.4  # engagement from which somebody calm is nodded to
_GREET_WITHIN = 5.0  # s after which it is too late for a greeting
_UNPLEASANT, _MODEST = -0.25, 0.45  # valence below which a greeting is small, and its energy
_HOSTILE = np.isin(np.arange(len(EMOTIONS)), HOSTILE)


@dataclass(slots=True)
class Moment:
    """The person answered, and how the robot would answer.

    Attributes:
        time: Seconds.
        towards: Their id.
        seen: In this image.
        known: What is remembered of them.
        policy: Name of the policy.
        answering: The policy.
        style: Of the personality.
        limits: Of conduct.
    """

    time: float
    towards: int
    seen: Seen
    known: Acquaintance
    policy: str
    answering: Answering
    style: Style
    limits: Limits


class Reactions:
    """The gestures of the robot, each for a cause.

    Attributes:
        causes: Of everybody in view, and the one that is answered.
    """

    def __init__(self, rest: float, repeat: float, seed: int) -> None:
        """Begin with no gesture; for the arguments see ``GestureChoice``."""
        self.causes = Causes()
        self._gestures = GestureChoice(rest, repeat, seed)
        self._nodded = -math.inf

    @property
    def gesture(self) -> str:
        """Name of the gesture in the responses, or ""."""
        return self._gestures.gesture

    def finish(self, time: float, memory: Memory, limits: Limits) -> None:
        """Drop a gesture that was shown long enough, is out of place, or answers what did not come.

        Args:
            time: Seconds.
            memory: Of everybody.
            limits: Of conduct, now.
        """
        self._gestures.finish(time)
        leaving = self.causes.current is not None and self.causes.current.sign == "leaving"
        if self.gesture and ENERGY[self.gesture] > limits.energy and not leaving:
            self._gestures.withdraw()
        if not self.causes.wrong(time):
            return
        self._gestures.withdraw()
        cause, self.causes.current = self.causes.current, None
        known = None if cause is None else memory.get(cause.person)
        if known is not None and cause is not None:
            known.take_back(cause.sign)

    def react(self, moment: Moment) -> None:
        """Begin a gesture if there is a cause: leaving, arrival, a sign, an emotion; or nod."""
        seen, known, time = moment.seen, moment.known, moment.time
        if seen.leaves and known.greeted and not known.seen_off:
            known.seen_off = self._meet("leaving", moment)
            return
        if not known.greeted:
            settled = time - known.since >= GREETING_AFTER + 0.5 * moment.style.delay
            if settled and not seen.away:
                known.tried = min(known.tried, time)
                met = self._meet("arrival", moment)
                known.greeted = met or time - known.tried > _GREET_WITHIN
            return
        cause = self.causes.due(moment.towards, seen, known, time, moment.style.delay)
        if cause is not None:
            self._answer(cause, moment)
        elif emotion_of(seen) == NEUTRAL and seen.engaged >= _LISTENS_TO and not seen.away:
            nods = moment.answering.gestures.get(NEUTRAL, ())
            if time - self._nodded >= _NOD_EVERY and self._gestures.start(
                    nods, time, moment.style, moment.limits.energy, rest=_NOD_EVERY):
                self._nodded, self.causes.current = time, None

    def apologise(self, moment: Moment, error: int, seconds: float) -> None:
        """Answer somebody who minds the robot's error, and nothing else that they do meanwhile.

        Args:
            moment: The person.
            error: How many the robot has made so far.
            seconds: For which the robot is sorry.
        """
        self.causes.current = Cause(
            f"{moment.towards} error {error}", moment.towards, "error", moment.time,
            moment.time + seconds)
        for episode in moment.known.episodes.values():
            episode.settled = True
        if self._gestures.start(
                APOLOGY, moment.time, moment.style, abs(moment.limits.energy), owed=True):
            self._remember(moment)

    def _answer(self, cause: Cause, moment: Moment) -> None:
        """Answer a cause once, with a gesture if one suits and may be made."""
        limits = moment.limits
        owed = cause.sign in SIGNS
        choice = SIGNS[cause.sign].gestures if owed else moment.answering.gestures.get(
            EMOTIONS.index(cause.sign), ())
        allowed = choice if limits.energy >= 0.0 else ()
        current = self.causes.current
        if current is None or current.name != cause.name:
            self.causes.current = cause
        made = self._gestures.start(allowed, moment.time, moment.style, limits.energy, owed)
        if made or not allowed:  # else until it is stale
            moment.known.episodes[cause.sign].settled = True
            self._remember(moment)

    def _meet(self, sign: str, moment: Moment) -> bool:
        """Greet or see off; who leaves is waved to although they have turned away."""
        energy = moment.limits.energy if sign == "arrival" else abs(moment.limits.energy)
        if moment.seen.believed @ EMOTION_VAD[:, 0] < _UNPLEASANT:
            energy = min(energy, _MODEST)
        if not self._gestures.start(GREETING, moment.time, moment.style, energy, owed=True):
            return False
        self.causes.current = Cause(
            f"{moment.towards} {sign} 1", moment.towards, sign, moment.time, moment.time)
        self._remember(moment)
        return True

    def _remember(self, moment: Moment) -> None:
        cause = self.causes.current
        assert cause is not None
        moment.known.answers.append(Answer(
            moment.time, cause.name, cause.sign, moment.policy, self.gesture,
            float(moment.seen.believed[HAPPINESS]), float(moment.seen.believed @ _HOSTILE)))
