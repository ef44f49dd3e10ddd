"""The robot's answer to the affect it perceives: to whom, with which emotion and gesture.

The robot has a state of its own in VAD. It is drawn to the temperament of its personality and,
more slowly than a mirror, towards what the policy makes of the person's affect. What is shown
mixes that state with the policy's answer, because in human dialogues one's own last emotion
predicts the next one better than the partner's does (on 6,510 transitions of PELD, Wen et al.
2021: accuracy .42 against .36).

The ways of answering are a table in ``answers``; ``attention`` says who is answered, ``state`` how
the robot's own state moves, ``gesture_choice`` which gesture goes along.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kinesics_core.affect.emotions import (
    EMOTION_VAD,
    EMOTIONS,
    HAPPINESS,
    NEUTRAL,
    SURPRISE,
    vad_to_categories,
)
from kinesics_core.camera import Lens, bearing, focal_length
from kinesics_core.mind.answers import ALLOWED, ANSWERINGS, CALLED, CALLS, GREETING, TABLES
from kinesics_core.mind.attention import GREETING_AFTER, Attention, salience
from kinesics_core.mind.gesture_choice import GestureChoice
from kinesics_core.mind.personality import Personality
from kinesics_core.mind.state import OwnState
from kinesics_core.settings import check, same_as, setting
from kinesics_core.types import NANOSECONDS, Affect, AffectiveResponse, People, Person

POLICIES = ("auto", *ANSWERINGS)
"""Names of the policies: one way of answering, or the one that fits what is seen."""


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

@dataclass(frozen=True, slots=True)
class PolicyConstants:
    """Sizes of the policy that are not settings; authored unless a source is named.

    Attributes:
        reaction_time: Seconds over which what is perceived is weighed before it is answered.
        longest_gap: Seconds that a pause between images counts at most.
        trusted_from: Confidence from which a reading is believed in full.
        neutral_weight: Weight of neutral in what is shown: it is what no emotion claims, so one
            that is about as likely is worth an answer.
        own_spread: Distance in VAD at which an emotion is no more that of the robot's own state.
        out_of_place: Valence perceived below which joy does not wait its time out.
        agreeable_empathy: Gain of the call for empathy with agreeableness: agreeable people
            empathise where others soothe or copy (Graziano et al. 2007).
        attention_margin: How much more another person must stand out, times ``margin``.
        gesture_from: Probability of emotion that a gesture needs.
        nod_every: Seconds between the nods to a calm person.
    """

    reaction_time: float = 0.15
    longest_gap: float = 5.0
    trusted_from: float = 0.5
    neutral_weight: float = 0.5
    own_spread: float = 0.3
    out_of_place: float = -0.25
    agreeable_empathy: float = 0.3
    attention_margin: float = 1.5
    gesture_from: float = 0.35
    nod_every: float = 12.0


_C = PolicyConstants()


class ResponsePolicy:
    """The robot's answer image by image; deterministic for a seed and the same stamps."""

    def __init__(
        self,
        personality: Personality | None = None,
        config: PolicyConfig | None = None,
        seed: int = 0,
    ) -> None:
        """Begin with nobody seen.

        Args:
            personality: Gives the temperament that the robot's state returns to.
            config: Its ``policy`` is one of ``POLICIES``; "auto" chooses by the perceived affect,
                with hysteresis.
            seed: Decides between gestures that fit alike.
        """
        self.config = config or PolicyConfig()
        self._personality = personality or Personality()
        self._own = OwnState(self._personality, self.config.temperament_time)
        self._attention = Attention(
            self.config.attention_hold, self.config.absence,
            _C.attention_margin * self.config.margin,
        )
        self._gestures = GestureChoice(self.config.gesture_rest, self.config.gesture_repeat, seed)
        self._stamp: int | None = None
        self._time = 0.0
        self._answering = "idle"
        self._answering_since = -np.inf
        self._emotion = NEUTRAL
        self._emotion_since = -np.inf
        self._weighed = np.eye(len(EMOTIONS))[NEUTRAL]
        self._bearing = np.full(2, np.nan, dtype=np.float32)

    @property
    def state(self) -> np.ndarray:
        """The robot's own valence, arousal, dominance (3,), -1..1."""
        return self._own.vad.copy()

    @property
    def personality(self) -> Personality:
        """The robot's Big Five."""
        return self._personality

    def set_personality(self, personality: Personality) -> None:
        """Change the temperament that the state returns to; the state itself moves there."""
        self._personality = personality
        self._own.set_personality(personality)

    def update(self, affects: Sequence[Affect], people: People) -> AffectiveResponse:
        """Return the answer to what is seen in one image, at that image's stamp.

        Args:
            affects: Readings of the people in the image; those of others and with unknown (nan)
                categories are left out.
            people: Everybody in the image.
        """
        elapsed = self._advance(people.stamp)
        present = {person.id: person for person in people.persons}
        beliefs = {
            affect.person_id: (affect, _believed(affect))
            for affect in affects
            if affect.person_id in present
            and np.isfinite([*affect.categories, affect.confidence]).all()
        }
        self._attend(present, beliefs, people)
        towards = self._attention.towards
        affect, perceived = beliefs.get(towards, (None, np.eye(len(EMOTIONS))[NEUTRAL]))
        self._choose_answering(perceived)
        self._move_state(perceived, affect, elapsed)
        share = 1.0 - np.exp(-elapsed / _C.reaction_time)
        self._weighed += share * (perceived - self._weighed)
        self._choose_emotion(self._weighed)
        self._choose_gesture(perceived)
        if towards in present:
            self._bearing = person_bearing(present[towards], people, self.config.horizontal_fov)
        valence, arousal, dominance = (float(value) for value in self._own.vad)
        return AffectiveResponse(
            stamp=people.stamp,
            policy=self._answering,
            emotion=self._emotion,
            intensity=self._intensity(perceived),
            valence=valence,
            arousal=arousal,
            dominance=dominance,
            towards=towards,
            bearing=self._bearing if towards else np.full(2, np.nan, dtype=np.float32),
            gesture=self._gestures.gesture,
            duration=self.config.duration,
            reason=self._reason(affect, perceived),
            frame_id=people.frame_id,
        )

    def _advance(self, stamp: int) -> float:
        """Move the policy's own clock: a jump back stands still, a long gap counts in part."""
        elapsed = 0.0 if self._stamp is None else (stamp - self._stamp) / NANOSECONDS
        self._stamp = stamp
        elapsed = min(max(elapsed, 0.0), _C.longest_gap)
        self._time += elapsed
        return elapsed

    def _attend(
        self, present: dict[int, Person], beliefs: dict[int, tuple[Affect, np.ndarray]],
        people: People,
    ) -> None:
        expressive = {
            person_id: 1.0 - float(believed[NEUTRAL])
            for person_id, (_, believed) in beliefs.items()
        }
        self._attention.update(
            {
                person_id: salience(person, people, expressive.get(person_id, 0.0))
                for person_id, person in present.items()
            },
            self._time,
        )

    def _choose_answering(self, perceived: np.ndarray) -> None:
        if not self._attention.towards:
            wanted = "idle"
        elif self.config.policy != "auto":
            wanted = self.config.policy
        else:
            calls = dict(zip(CALLED, CALLS @ perceived, strict=True))
            calls["empathise"] *= 1.0 + _C.agreeable_empathy * self._personality.agreeableness
            wanted = max(calls, key=lambda name: calls[name])
            current = calls.get(self._answering)
            held = self._time - self._answering_since < self.config.hold
            if current is not None and (held or calls[wanted] < current + self.config.margin):
                wanted = self._answering
        if wanted != self._answering:
            self._answering, self._answering_since = wanted, self._time

    def _move_state(self, perceived: np.ndarray, affect: Affect | None, elapsed: float) -> None:
        if affect is None or self._answering == "idle":
            self._own.move(elapsed)
            return
        # A neutral person is not contagious: beside one the robot comes back to itself.
        push = affect.confidence * (1.0 - perceived[NEUTRAL]) / self.config.contagion_time
        target = (perceived @ TABLES[self._answering]) @ EMOTION_VAD
        arousal = 0.0 if np.isnan(affect.arousal) else affect.arousal
        target[1] = ANSWERINGS[self._answering].arousal_gain * arousal
        self._own.move(elapsed, target, push)

    @property
    def _inertia(self) -> float:
        return 1.0 if self._answering == "idle" else self.config.inertia

    def _choose_emotion(self, perceived: np.ndarray) -> None:
        answer = perceived @ TABLES[self._answering]
        own = vad_to_categories(self._own.vad, spread=_C.own_spread)
        own = np.where(ALLOWED, own, 0.0)
        own /= own.sum()
        shown = (1.0 - self._inertia) * answer + self._inertia * own
        shown[NEUTRAL] *= _C.neutral_weight
        best = int(np.argmax(shown))
        held = self._time - self._emotion_since < self.config.hold
        clearly = shown[best] > shown[self._emotion] + self.config.margin
        # Joy does not wait its time out in the face of anger or distress.
        out_of_place = (
            self._emotion in (HAPPINESS, SURPRISE)
            and perceived @ EMOTION_VAD[:, 0] < _C.out_of_place
        )
        if best != self._emotion and ((clearly and not held) or out_of_place):
            self._emotion, self._emotion_since = best, self._time

    def _intensity(self, perceived: np.ndarray) -> float:
        if self._emotion == NEUTRAL:
            return 0.0
        answered = (1.0 - perceived[NEUTRAL]) * ANSWERINGS[self._answering].strength
        direction = EMOTION_VAD[self._emotion]
        own = max(float(self._own.vad @ direction / (direction @ direction)), 0.0)
        return min((1.0 - self._inertia) * answered + self._inertia * own, 1.0)

    def _choose_gesture(self, perceived: np.ndarray) -> None:
        gestures = self._gestures
        gestures.finish(self._time)
        if gestures.gesture or not self._attention.towards:
            return
        known = self._attention.acquaintance
        if not known.greeted:
            if known.last - known.first >= GREETING_AFTER:
                known.greeted = True
                gestures.start(GREETING, self._time)
            return
        emotion = int(np.argmax(perceived))
        if emotion != NEUTRAL and 1.0 - perceived[NEUTRAL] < _C.gesture_from:
            return
        choice = ANSWERINGS[self._answering].gestures.get(emotion, ())
        rest = _C.nod_every if emotion == NEUTRAL else 0.0
        gestures.start_one_of(choice, self._time, rest)

    def _reason(self, affect: Affect | None, perceived: np.ndarray) -> str:
        shows, towards = EMOTIONS[self._emotion], self._attention.towards
        if not towards:
            return f"Nobody to answer, so the robot rests in its own state ({shows})."
        if affect is None:
            return f"Person {towards} is there but hard to read, so the robot stays {shows}."
        emotion = int(np.argmax(perceived))
        gesture = self._gestures.gesture
        return (
            f"Person {towards} shows {EMOTIONS[emotion]} ({perceived[emotion]:.0%} from "
            f"{affect.source}), so the robot {ANSWERINGS[self._answering].verb} {shows}"
            + (f" and the gesture {gesture}." if gesture else ".")
        )


def person_bearing(person: Person, people: People, horizontal_fov: float) -> np.ndarray:
    """Return azimuth (left positive) and elevation (up positive) of a person's head, radians.

    Args:
        person: Seen by the head's keypoints, or by the shoulders' where no head is seen.
        people: Gives the size of the image.
        horizontal_fov: Of the camera, degrees; its principal point is at the centre.

    Returns:
        (2,) float32; nan if neither head nor shoulders are seen.
    """
    focal = focal_length(people.width, horizontal_fov)
    for keypoints in (person.coco[:5, :2], person.coco[5:7, :2]):
        seen = keypoints[np.isfinite(keypoints).all(axis=1)]
        if len(seen):
            centre = (people.width / 2.0, people.height / 2.0)
            return np.array(bearing(seen.mean(axis=0), focal, centre), dtype=np.float32)
    return np.full(2, np.nan, dtype=np.float32)


def _believed(affect: Affect) -> np.ndarray:
    """Return the categories (8,), drawn to neutral as far as the reading is not to be trusted."""
    trust = min(1.0, affect.confidence / _C.trusted_from)
    believed = trust * np.asarray(affect.categories, dtype=np.float64)
    believed[NEUTRAL] += max(0.0, 1.0 - believed.sum())
    return believed / believed.sum()
