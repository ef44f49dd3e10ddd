"""A simulated person for closed-loop studies: what the robot shows moves what the person shows.

Few published facts, each a number one may change; where none is known it is authored:

- feelings are caught from faces (Hatfield, Cacioppo & Rapson 1993: emotional contagion): the
  person's state moves towards what the robot shows, and back to the person's own mood;
- over half of the people who are smiled at smile back, few return a frown (Hinsz & Tomhave 1991,
  "Smile and (half) the world smiles with you, frown and you frown alone");
- who is laughed at in grief turns away: joy towards a sad or frightened person tires them;
- a greeting is returned.

The person never reads the policy's mind: only what it expresses counts, as late as people see it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from kinesics_core.affect.emotions import (
    ANGER,
    CONTEMPT,
    DISGUST,
    EMOTION_VAD,
    HAPPINESS,
    NEUTRAL,
)
from kinesics_core.mind.perceived import Answers, Perceived
from kinesics_core.mind.trace import PersonState, perceived_of
from kinesics_core.settings import check, setting
from kinesics_core.types import NANOSECONDS, AffectiveResponse

GESTURES_SEEN = {
    "wave": "wave", "clap": "clap", "bow": "bow", "nod": "nod", "shake_head": "shake",
    "shrug": "shrug", "lean_in": "lean_in",
}
"""Gesture of a robot -> what it is for who sees it; others are not gestures to be answered."""


@dataclass(frozen=True)
class SimulatedPersonConfig:
    """Character of a simulated person.

    Raises:
        KinesicsError: A value is out of its range.
    """

    susceptibility: float = setting(
        0.5, "How easily feelings are caught from a face", bounds=(0.0, 1.0))
    contagion_time: float = setting(
        3.0, "Time in which a feeling is caught by who is fully susceptible", unit="s",
        bounds=(0.1, 600.0))
    mood_time: float = setting(
        15.0, "Time in which feelings go back to the mood", unit="s", bounds=(0.5, 3600.0))
    smiles_back: float = setting(
        0.53, "Probability that a smile is returned", bounds=(0.0, 1.0))
    frowns_back: float = setting(
        0.07, "Probability that an unkind face is returned", bounds=(0.0, 1.0))
    greets_back: float = setting(
        0.8, "Probability that a greeting is returned", bounds=(0.0, 1.0))
    latency: float = setting(
        0.7, "Time after which a face or a greeting is returned", unit="s", bounds=(0.0, 10.0))
    patience: float = setting(
        6.0, "Time of misplaced joy after which the person turns away", unit="s",
        bounds=(0.1, 600.0))

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check(self)


_SEEN_FROM = 0.2  # intensity from which on an expression of the robot's is seen
_RETURNED_FOR = (2.0, 1.5)  # s that a returned face and a returned greeting last
_FAINT = 0.1  # intensity below which a feeling is not seen
_RETURNED = 0.8  # intensity of a returned face
_GRIEF = -0.2  # valence below which joy is out of place
_LEAVES_AFTER = 2.0  # times the patience
_SQUARES = (EMOTION_VAD**2).sum(axis=1)
_DIRECTIONS = EMOTION_VAD / np.sqrt(np.maximum(_SQUARES, 1e-9))[:, None]
_NEGATIVE = (ANGER, DISGUST, CONTEMPT)


class SimulatedPerson:
    """A person who feels, shows it, and is moved by what a robot shows.

    Attributes:
        vad: (3,) what the person feels.
        mood: (3,) what feelings go back to.
        weariness: Seconds of misplaced joy so far, less those of fitting company.
    """

    def __init__(
        self, mood: Sequence[float] = (0.0, 0.0, 0.0), config: SimulatedPersonConfig | None = None,
        *, person: int = 1, distance: float = 1.6, seed: int = 0,
    ) -> None:
        """Begin in a mood.

        Args:
            mood: Valence, arousal, dominance, -1..1.
            config: Character.
            person: Id, from 1.
            distance: From the robot, metres.
            seed: Decides what is returned.
        """
        self.config = config or SimulatedPersonConfig()
        self.mood = np.clip(np.asarray(mood, np.float64), -1.0, 1.0)
        self.vad = self.mood.copy()
        self.weariness = 0.0
        self._id, self._distance = person, distance
        self._random = np.random.default_rng(seed)
        self._time = 0.0
        self._robot = (NEUTRAL, "")  # emotion and gesture of the robot that were noticed last
        self._returns: list[tuple[float, float, int, str]] = []  # from, until, emotion, gesture

    def feel(self, emotion: int, intensity: float) -> None:
        """Let something happen to the person that has nothing to do with the robot."""
        self.vad += intensity * (EMOTION_VAD[emotion] - self.vad)

    def step(self, seen: AffectiveResponse | None, elapsed: float) -> PersonState:
        """Move on, and return what the person shows.

        Args:
            seen: What the robot expresses; None: nothing is seen of it.
            elapsed: Seconds since the step before.
        """
        self._time += elapsed
        emotion, intensity = (NEUTRAL, 0.0) if seen is None else (seen.emotion, seen.intensity)
        self._feel_with(emotion, intensity, elapsed)
        self._notice(emotion if intensity >= _SEEN_FROM else NEUTRAL,
                     "" if seen is None else seen.gesture)
        misplaced = emotion == HAPPINESS and intensity >= _SEEN_FROM and self.vad[0] < _GRIEF
        self.weariness = max(0.0, self.weariness + (elapsed if misplaced else -0.5 * elapsed))
        return self._shown()

    def _feel_with(self, emotion: int, intensity: float, elapsed: float) -> None:
        config = self.config
        caught = config.susceptibility * intensity / config.contagion_time
        back = 1.0 / config.mood_time
        rest = (back * self.mood + caught * EMOTION_VAD[emotion]) / (back + caught)
        self.vad = rest + (self.vad - rest) * np.exp(-(back + caught) * max(elapsed, 0.0))

    def _notice(self, emotion: int, gesture: str) -> None:
        """Decide once about each face and gesture of the robot whether it is returned."""
        config, random = self.config, self._random
        before, self._robot = self._robot, (emotion, gesture)
        start = self._time + config.latency
        if emotion != before[0]:
            chance = (config.smiles_back if emotion == HAPPINESS else
                      config.frowns_back if emotion in _NEGATIVE else 0.0)
            # Who grieves does not smile because somebody else does.
            if random.random() < chance and not (emotion == HAPPINESS and self.vad[0] < _GRIEF):
                self._returns.append((start, start + _RETURNED_FOR[0], emotion, ""))
        greeted = gesture != before[1] and gesture in ("wave", "bow")
        if greeted and random.random() < config.greets_back:
            self._returns.append((start, start + _RETURNED_FOR[1], -1, gesture))
        self._returns = [entry for entry in self._returns if entry[1] > self._time]

    def _shown(self) -> PersonState:
        # The emotion whose direction the feeling has, as far as it goes along.
        emotion = int(np.argmax(_DIRECTIONS @ self.vad))
        intensity = float(EMOTION_VAD[emotion] @ self.vad / max(_SQUARES[emotion], 1e-9))
        intensity = min(intensity, 1.0)
        if intensity < _FAINT:
            emotion, intensity = NEUTRAL, 1.0
        gesture = ""
        for start, _, returned, made in self._returns:
            if start <= self._time:
                gesture = made or gesture
                if returned >= 0 and (emotion == NEUTRAL or intensity < _RETURNED):
                    emotion, intensity = returned, _RETURNED
        tired = self.weariness >= self.config.patience
        return PersonState(
            self._id, emotion, intensity, gesture=gesture, distance=self._distance,
            engagement="disengaging" if tired else "engaged",
            facing=1.2 if tired else 0.0, gaze=0.1 if tired else 0.8,
            leaves=self.weariness >= _LEAVES_AFTER * self.config.patience)


def closed_loop(
    policy: Answers, person: SimulatedPerson, seconds: float, rate: float = 30.0,
    happenings: Sequence[tuple[float, int, float]] = (), delay: float = 0.3,
) -> Iterator[tuple[Perceived, AffectiveResponse]]:
    """Let a policy and a simulated person live with each other.

    Args:
        policy: The robot's.
        person: Who faces it.
        seconds: How long.
        rate: Images a second.
        happenings: (seconds, emotion, intensity) of what else happens to the person.
        delay: Seconds until what the robot decides is seen on it.

    Yields:
        What the robot perceives, and its answer.
    """
    shown: deque[AffectiveResponse] = deque(maxlen=max(int(delay * rate), 1))
    waiting = sorted(happenings, key=lambda happening: happening[0])
    for frame in range(int(seconds * rate)):
        while waiting and waiting[0][0] <= frame / rate:
            person.feel(*waiting.pop(0)[1:])
        seen = shown[0] if len(shown) == shown.maxlen else None
        state = person.step(seen, 1.0 / rate if frame else 0.0)
        perceived = perceived_of([] if state.leaves else [state], _stamp(frame, rate))
        response = policy.update(perceived.affects, perceived.people, perceived.signals)
        shown.append(response)
        yield perceived, response


def face_each_other(
    one: Answers, other: Answers, seconds: float, rate: float = 30.0, delay: float = 0.3,
    distance: float = 1.6, begins: PersonState | None = None,
) -> Iterator[tuple[AffectiveResponse, AffectiveResponse]]:
    """Let two robots see each other and nobody else.

    Args:
        one: Policy of the first.
        other: Policy of the second.
        seconds: How long.
        rate: Images a second, of both.
        delay: Seconds until what one decides is read by the other.
        distance: Metres between them.
        begins: What the first one sees during the first two seconds instead of the other, so that
            there is something to answer.

    Yields:
        The two answers of each image.
    """
    late = max(int(delay * rate), 1)
    shown: tuple[deque[AffectiveResponse], ...] = (deque(maxlen=late), deque(maxlen=late))
    for frame in range(int(seconds * rate)):
        stamp = _stamp(frame, rate)
        answers = []
        for policy, partner in ((one, shown[1]), (other, shown[0])):
            states = [robot_as_person(partner[0], distance)] if len(partner) == late else []
            if begins is not None and policy is one and frame < 2.0 * rate:
                states = [begins]
            seen = perceived_of(states, stamp)
            answers.append(policy.update(seen.affects, seen.people, seen.signals))
        shown[0].append(answers[0])
        shown[1].append(answers[1])
        yield answers[0], answers[1]


def robot_as_person(response: AffectiveResponse, distance: float = 1.6) -> PersonState:
    """Return what another robot sees of one that shows a response."""
    return PersonState(
        1, int(response.emotion), float(np.clip(response.intensity, 0.0, 1.0)),
        gesture=GESTURES_SEEN.get(response.gesture, ""), distance=distance,
        gaze=0.8 if response.towards else 0.2)


def _stamp(frame: int, rate: float) -> int:
    return round(frame / rate * NANOSECONDS)
