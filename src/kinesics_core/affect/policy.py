"""What the robot answers to the affect it perceives: whom, with which emotion, gesture and state.

The robot has a state of its own in VAD. It is drawn to the temperament of its personality and,
more slowly than a mirror, towards what the policy makes of the person's affect. What is shown
mixes that state with the policy's answer, because in human dialogues one's own last emotion
predicts the next one better than the partner's does (on 6,510 transitions of PELD, Wen et al.
2021: accuracy .42 against .36).

A policy is a table: for each perceived emotion, the share of each emotion in the answer. No table
answers with anger, disgust or contempt, and none of them is ever shown towards a person.

- mirror: the same emotion, somewhat weaker; hostile ones are met with neutrality and concern
- empathise: concern for sadness and fear, joy for joy (Davis 1983: empathic concern)
- regulate: calm for anger, encouragement for sadness and fear (Gross 1998)
- idle: nobody to answer, the robot's own state
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kinesics_core.affect.emotions import (
    ANGER,
    CONTEMPT,
    DISGUST,
    EMOTION_VAD,
    EMOTIONS,
    FEAR,
    HAPPINESS,
    NEUTRAL,
    SADNESS,
    SURPRISE,
    vad_to_categories,
)
from kinesics_core.affect.personality import Personality, temperament
from kinesics_core.camera import Lens
from kinesics_core.settings import check, same_as, setting
from kinesics_core.types import NANOSECONDS, Affect, AffectiveResponse, People, Person

POLICIES = ("auto", "mirror", "empathise", "regulate", "idle")

HOSTILE = (ANGER, DISGUST, CONTEMPT)
"""Emotions that the robot never shows towards a person."""


@dataclass(frozen=True)
class PolicyConfig:
    """Settings of the policy.

    Raises:
        KinesicsError: A value is out of its range.
    """

    policy: str = setting("auto", "How the robot answers", choices=POLICIES)
    horizontal_fov: float = same_as(Lens, "horizontal_fov")
    inertia: float = setting(
        0.3, "Weight of the robot's own state against the policy's answer in what is shown",
        bounds=(0.0, 1.0))
    temperament_time: float = setting(
        8.0, "Time in which the state returns to the temperament", unit="s", bounds=(0.5, 600.0))
    contagion_time: float = setting(
        2.0, "Time in which the state follows the perceived affect", unit="s", bounds=(0.1, 600.0))
    hold: float = setting(
        1.2, "Time an emotion or a policy is kept at least", unit="s", bounds=(0.0, 30.0))
    margin: float = setting(
        0.12, "How much more probable another emotion or policy must be to replace the one shown",
        bounds=(0.0, 1.0))
    attention_hold: float = setting(
        2.0, "Time a person is attended to at least", unit="s", bounds=(0.0, 60.0))
    absence: float = setting(
        1.0, "Time a person may be unseen before the robot turns away", unit="s",
        bounds=(0.0, 60.0))
    gesture_rest: float = setting(
        4.0, "Time between two gestures", unit="s", bounds=(0.0, 600.0))
    gesture_repeat: float = setting(
        15.0, "Time before the same gesture again", unit="s", bounds=(0.0, 3600.0))
    duration: float = setting(
        1.0, "Time a response holds when no other follows", unit="s", bounds=(0.1, 60.0))

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check(self)


# policy -> perceived emotion -> {answer: share}; an emotion that is not named is not answered
# with emotion, that is, with neutral. Shares sum to 1.
_ANSWERS: dict[str, dict[int, dict[int, float]]] = {
    "mirror": {
        HAPPINESS: {HAPPINESS: 1.0},
        SURPRISE: {SURPRISE: 1.0},
        SADNESS: {SADNESS: 1.0},
        FEAR: {FEAR: 0.4, SADNESS: 0.6},
        ANGER: {NEUTRAL: 0.6, SADNESS: 0.4},
    },
    "empathise": {
        HAPPINESS: {HAPPINESS: 1.0},
        SURPRISE: {SURPRISE: 0.7, HAPPINESS: 0.3},
        SADNESS: {SADNESS: 0.9, NEUTRAL: 0.1},
        FEAR: {SADNESS: 0.9, NEUTRAL: 0.1},
        ANGER: {SADNESS: 0.6, NEUTRAL: 0.4},
        DISGUST: {SADNESS: 0.4, NEUTRAL: 0.6},
        CONTEMPT: {SADNESS: 0.3, NEUTRAL: 0.7},
    },
    "regulate": {
        HAPPINESS: {HAPPINESS: 1.0},
        SURPRISE: {HAPPINESS: 0.6, NEUTRAL: 0.4},
        SADNESS: {HAPPINESS: 0.7, NEUTRAL: 0.3},
        FEAR: {HAPPINESS: 0.6, NEUTRAL: 0.4},
    },
    "idle": {},
}

# How strongly the answer shows what is answered, per policy.
_STRENGTH = {"mirror": 1.0, "empathise": 0.8, "regulate": 0.7, "idle": 0.0}

_NEUTRAL_WEIGHT = 0.5
_REACTION_TIME = 0.15  # seconds over which what is perceived is weighed before it is answered

# Share of the perceived arousal that the robot's state takes over: a regulator calms.
_AROUSAL_GAIN = {"mirror": 0.8, "empathise": 0.5, "regulate": -0.3, "idle": 0.0}

# "auto": how much each perceived emotion calls for each policy.
_CALLS = {
    "mirror": {HAPPINESS: 1.0, SURPRISE: 1.0, NEUTRAL: 1.0},
    "empathise": {SADNESS: 1.0, FEAR: 0.9},
    "regulate": {ANGER: 1.0, DISGUST: 1.0, CONTEMPT: 1.0, FEAR: 0.3},
}

# (policy, emotion perceived) -> gestures to choose from; the names are keys of
# ``expression.gestures.ROBOT_GESTURES``.
_GESTURES: dict[tuple[str, int], tuple[str, ...]] = {
    ("mirror", HAPPINESS): ("open_arms", "clap", "nod"),
    ("mirror", SURPRISE): ("lean_in", "open_arms"),
    ("mirror", SADNESS): ("nod",),
    ("mirror", NEUTRAL): ("nod",),
    ("mirror", ANGER): ("calm",),
    ("empathise", HAPPINESS): ("open_arms", "clap"),
    ("empathise", SURPRISE): ("lean_in",),
    ("empathise", SADNESS): ("hand_to_chest", "lean_in"),
    ("empathise", FEAR): ("hand_to_chest",),
    ("empathise", ANGER): ("hand_to_chest", "nod"),
    ("regulate", ANGER): ("calm", "nod"),
    ("regulate", DISGUST): ("shrug",),
    ("regulate", CONTEMPT): ("shrug",),
    ("regulate", FEAR): ("calm",),
    ("regulate", SADNESS): ("open_arms", "nod"),
    ("regulate", HAPPINESS): ("nod",),
}
_GREETING = "wave"
_GREETING_AFTER = 0.4
_GESTURE_TIME = 2.5  # a gesture's name stays in the responses for so long, so that none is lost
_GESTURE_FROM = 0.35  # intensity of perceived emotion that a gesture needs
_NOD_EVERY = 12.0  # backchannel to a calm person

_FORGET = 60.0


def _table(shares: dict[int, dict[int, float]]) -> np.ndarray:
    table = np.zeros((8, 8))
    table[:, NEUTRAL] = 1.0
    for perceived, answers in shares.items():
        table[perceived] = 0.0
        for answer, share in answers.items():
            table[perceived, answer] = share
    return table


_TABLES = {policy: _table(shares) for policy, shares in _ANSWERS.items()}
_CALL_TABLE = np.array(
    [[_CALLS[policy].get(emotion, 0.0) for emotion in range(8)] for policy in _CALLS]
)
_ALLOWED = np.array([emotion not in HOSTILE for emotion in range(8)])


@dataclass(slots=True)
class _Acquaintance:
    """A person the robot has met: when, and whether it has greeted."""

    first: float
    last: float
    greeted: bool = False


class ResponsePolicy:
    """Chooses the robot's answer image by image; deterministic for a seed and the same stamps.

    personality: gives the temperament the robot's state returns to.
    config: its ``policy`` is one of ``POLICIES``; "auto" chooses by the perceived affect, with
        hysteresis.
    """

    def __init__(
        self,
        personality: Personality | None = None,
        config: PolicyConfig | None = None,
        seed: int = 0,
    ) -> None:
        self.config = config or PolicyConfig()
        self._random = np.random.default_rng(seed)
        self._stamp: int | None = None
        self._time = 0.0
        self._acquaintances: dict[int, _Acquaintance] = {}
        self._towards = 0
        self._attended_since = 0.0
        self._policy = "idle"
        self._policy_since = -np.inf
        self._emotion = NEUTRAL
        self._emotion_since = -np.inf
        self._felt = np.eye(8)[NEUTRAL]
        self._gesture = ""
        self._gesture_since = -np.inf
        self._gestured: dict[str, float] = {}
        self._bearing = np.full(2, np.nan, dtype=np.float32)
        self.set_personality(personality or Personality())
        self._state = self._temperament.copy()

    @property
    def state(self) -> np.ndarray:
        """The robot's own valence, arousal, dominance (3,), -1..1."""
        return self._state.copy()

    @property
    def personality(self) -> Personality:
        return self._personality

    def set_personality(self, personality: Personality) -> None:
        """Changes the temperament that the state returns to; the state itself moves there."""
        self._personality = personality
        self._temperament = temperament(personality)

    def update(self, affects: Sequence[Affect], people: People) -> AffectiveResponse:
        """The answer to what is seen in one image, at that image's stamp."""
        elapsed = self._advance(people.stamp)
        present = {person.id: person for person in people.persons}
        readings = {
            affect.person_id: affect
            for affect in affects
            if affect.person_id in present
            and np.isfinite([*affect.categories, affect.confidence]).all()
        }
        self._meet(present)
        self._attend(present, readings, people)
        person = present.get(self._towards)
        affect = readings.get(self._towards)

        perceived = np.eye(8)[NEUTRAL] if affect is None else _believed(affect)
        self._choose_policy(perceived)
        self._move_state(perceived, affect, elapsed)
        self._felt += (1.0 - np.exp(-elapsed / _REACTION_TIME)) * (perceived - self._felt)
        self._choose_emotion(self._felt)
        intensity = self._intensity(perceived)
        self._choose_gesture(perceived)
        if person is not None:
            self._bearing = bearing(person, people, self.config.horizontal_fov)
        valence, arousal, dominance = (float(value) for value in self._state)
        return AffectiveResponse(
            stamp=people.stamp,
            policy=self._policy,
            emotion=self._emotion,
            intensity=intensity,
            valence=valence,
            arousal=arousal,
            dominance=dominance,
            towards=self._towards,
            bearing=self._bearing if self._towards else np.full(2, np.nan, dtype=np.float32),
            gesture=self._gesture,
            duration=self.config.duration,
            reason=self._reason(affect, perceived),
        )

    def _advance(self, stamp: int) -> float:
        """Own clock in seconds: a jump back stands still, a gap counts at most 5 s."""
        elapsed = 0.0 if self._stamp is None else (stamp - self._stamp) / NANOSECONDS
        self._stamp = stamp
        elapsed = min(max(elapsed, 0.0), 5.0)
        self._time += elapsed
        return elapsed

    def _meet(self, present: dict[int, Person]) -> None:
        for person_id in present:
            known = self._acquaintances.setdefault(
                person_id, _Acquaintance(self._time, self._time)
            )
            known.last = self._time
        for person_id, known in list(self._acquaintances.items()):
            if self._time - known.last > _FORGET:
                del self._acquaintances[person_id]

    def _attend(
        self, present: dict[int, Person], readings: dict[int, Affect], people: People
    ) -> None:
        if self._towards and self._towards not in present:
            known = self._acquaintances.get(self._towards)
            if known is not None and self._time - known.last <= self.config.absence:
                return
            self._towards = 0
        if not present:
            return
        salience = {
            person_id: _salience(person, readings.get(person_id), people)
            for person_id, person in present.items()
        }
        best = max(salience, key=lambda person_id: salience[person_id])
        settled = self._time - self._attended_since >= self.config.attention_hold
        if self._towards == 0 or (
            settled and salience[best] > salience[self._towards] + 1.5 * self.config.margin
        ):
            if best != self._towards:
                self._attended_since = self._time
            self._towards = best

    def _choose_policy(self, perceived: np.ndarray) -> None:
        if not self._towards:
            wanted = "idle"
        elif self.config.policy != "auto":
            wanted = self.config.policy
        else:
            calls = dict(zip(_CALLS, _CALL_TABLE @ perceived, strict=True))
            # Agreeable people empathise where others soothe or copy (Graziano et al. 2007).
            calls["empathise"] *= 1.0 + 0.3 * self._personality.agreeableness
            wanted = max(calls, key=lambda policy: calls[policy])
            current = calls.get(self._policy)
            held = self._time - self._policy_since < self.config.hold
            if current is not None and (held or calls[wanted] < current + self.config.margin):
                wanted = self._policy
        if wanted != self._policy:
            self._policy, self._policy_since = wanted, self._time

    def _move_state(self, perceived: np.ndarray, affect: Affect | None, elapsed: float) -> None:
        """d state/dt = (temperament - state) / T_t + w (target - state) / T_c, solved exactly."""
        pull = 1.0 / self.config.temperament_time
        push = 0.0
        target = self._temperament
        if affect is not None and self._policy != "idle":
            # A neutral person is not contagious: beside one the robot comes back to itself.
            push = affect.confidence * (1.0 - perceived[NEUTRAL]) / self.config.contagion_time
            target = (perceived @ _TABLES[self._policy]) @ EMOTION_VAD
            arousal = 0.0 if np.isnan(affect.arousal) else affect.arousal
            target[1] = _AROUSAL_GAIN[self._policy] * arousal
        rate = pull + push
        rest = (pull * self._temperament + push * target) / rate
        self._state = rest + (self._state - rest) * np.exp(-rate * elapsed)
        self._state = np.clip(self._state, -1.0, 1.0)

    def _choose_emotion(self, perceived: np.ndarray) -> None:
        answer = perceived @ _TABLES[self._policy]
        own = vad_to_categories(self._state, spread=0.3)
        own = np.where(_ALLOWED, own, 0.0)
        own /= own.sum()
        inertia = 1.0 if self._policy == "idle" else self.config.inertia
        shown = (1.0 - inertia) * answer + inertia * own
        # Neutral is what no emotion claims: one that is about as likely is worth an answer.
        shown[NEUTRAL] *= _NEUTRAL_WEIGHT
        best = int(np.argmax(shown))
        held = self._time - self._emotion_since < self.config.hold
        clearly = shown[best] > shown[self._emotion] + self.config.margin
        # Joy does not wait its time out in the face of anger or distress.
        out_of_place = (
            self._emotion in (HAPPINESS, SURPRISE) and perceived @ EMOTION_VAD[:, 0] < -0.25
        )
        if best != self._emotion and ((clearly and not held) or out_of_place):
            self._emotion, self._emotion_since = best, self._time

    def _intensity(self, perceived: np.ndarray) -> float:
        if self._emotion == NEUTRAL:
            return 0.0
        answered = (1.0 - perceived[NEUTRAL]) * _STRENGTH[self._policy]
        direction = EMOTION_VAD[self._emotion]
        own = max(float(self._state @ direction / (direction @ direction)), 0.0)
        inertia = 1.0 if self._policy == "idle" else self.config.inertia
        return min((1.0 - inertia) * answered + inertia * own, 1.0)

    def _choose_gesture(self, perceived: np.ndarray) -> None:
        if self._gesture and self._time - self._gesture_since >= _GESTURE_TIME:
            self._gesture = ""
        if self._gesture or not self._towards:
            return
        known = self._acquaintances[self._towards]
        if not known.greeted:
            if known.last - known.first >= _GREETING_AFTER:
                known.greeted = True
                if self._ready(_GREETING, self.config.gesture_rest):
                    self._start(_GREETING)
            return
        emotion = int(np.argmax(perceived))
        rest = self.config.gesture_rest
        if emotion == NEUTRAL:
            rest = max(rest, _NOD_EVERY)
        elif 1.0 - perceived[NEUTRAL] < _GESTURE_FROM:
            return
        choice = [
            gesture
            for gesture in _GESTURES.get((self._policy, emotion), ())
            if self._ready(gesture, rest)
        ]
        if choice:
            self._start(choice[int(self._random.integers(len(choice)))])

    def _ready(self, gesture: str, rest: float) -> bool:
        rested = self._time - self._gesture_since >= rest + _GESTURE_TIME
        last = self._gestured.get(gesture, -np.inf)
        return rested and self._time - last >= self.config.gesture_repeat

    def _start(self, gesture: str) -> None:
        self._gesture, self._gesture_since = gesture, self._time
        self._gestured[gesture] = self._time

    def _reason(self, affect: Affect | None, perceived: np.ndarray) -> str:
        shows = EMOTIONS[self._emotion]
        if not self._towards:
            return f"Nobody to answer, so the robot rests in its own state ({shows})."
        if affect is None:
            return f"Person {self._towards} is there but hard to read, so the robot stays {shows}."
        emotion = int(np.argmax(perceived))
        does = {
            "mirror": "mirrors with",
            "empathise": "empathises with",
            "regulate": "regulates with",
            "idle": "stays with",
        }[self._policy]
        return (
            f"Person {self._towards} shows {EMOTIONS[emotion]} ({perceived[emotion]:.0%} from "
            f"{affect.source}), so the robot {does} {shows}"
            + (f" and the gesture {self._gesture}." if self._gesture else ".")
        )


def bearing(person: Person, people: People, horizontal_fov: float) -> np.ndarray:
    """Azimuth (left positive) and elevation (up positive) of a person's head, (2,) radians.

    From the head's keypoints, or the shoulders' where no head is seen, for a pinhole camera of
    ``horizontal_fov`` degrees with its principal point at the centre; nan if neither is seen.
    """
    focal = 0.5 * people.width / np.tan(np.radians(horizontal_fov) / 2.0)
    for keypoints in (person.coco[:5, :2], person.coco[5:7, :2]):
        seen = keypoints[np.isfinite(keypoints).all(axis=1)]
        if len(seen):
            x, y = seen.mean(axis=0)
            right, down = x - people.width / 2.0, y - people.height / 2.0
            azimuth = np.arctan2(-right, focal)
            elevation = np.arctan2(-down, np.hypot(focal, right))
            return np.array([azimuth, elevation], dtype=np.float32)
    return np.full(2, np.nan, dtype=np.float32)


def _believed(affect: Affect) -> np.ndarray:
    """Perceived categories, drawn to neutral as far as the reading is not to be trusted."""
    trust = min(1.0, affect.confidence / 0.5)
    believed = trust * np.asarray(affect.categories, dtype=np.float64)
    believed[NEUTRAL] += max(0.0, 1.0 - believed.sum())
    return believed / believed.sum()


def _salience(person: Person, affect: Affect | None, people: People) -> float:
    """Nearer (larger in the image), more expressive and more surely seen people stand out."""
    y = person.coco[:, 1]
    x = person.coco[:, 0]
    height = np.nanmax(y) - np.nanmin(y) if np.isfinite(y).any() else 0.0
    width = np.nanmax(x) - np.nanmin(x) if np.isfinite(x).any() else 0.0
    size = min(1.0, max(height / max(people.height, 1), width / max(people.width, 1)))
    expressive = 0.0 if affect is None else 1.0 - float(_believed(affect)[NEUTRAL])
    return 0.6 * size + 0.4 * expressive + 0.1 * person.score
