"""The robot's answer to the affect it perceives: to whom, with which emotion and gesture, and why.

One call an image, ``ResponsePolicy.update``, goes through these steps, a file each:

1. ``perceive``: readings made safe, people and their signs; ``memory`` of the last minutes.
2. ``attention``: who is answered, who is looked at.
3. ``events``: what happened, and how it feels (``appraisal``, ``state``).
4. ``answers``: the policy that fits, with the personality's ``style``, within ``conduct``.
5. ``transitions``: one's own next emotion, mixed with the policy's answer; ``showing`` holds it.
6. ``reactions``: which gesture answers which of the ``causes``; then lean, gaze, tempo, reason.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kinesics_core.affect.emotions import (
    EMOTION_VAD,
    EMOTIONS,
    FEAR,
    HAPPINESS,
    NEUTRAL,
    SADNESS,
    vad_to_categories,
)
from kinesics_core.camera import person_bearing
from kinesics_core.errors import KinesicsError
from kinesics_core.mind import conduct, reasons, transitions
from kinesics_core.mind.answers import (
    ALLOWED,
    HOSTILE,
    Answering,
    Policies,
    answer_to,
)
from kinesics_core.mind.anticipation import Anticipation, AnticipationConfig
from kinesics_core.mind.appraisal import EVENTS, REACTION_TIMES
from kinesics_core.mind.attention import Attention
from kinesics_core.mind.events import Events
from kinesics_core.mind.memory import Memory
from kinesics_core.mind.perceive import NOBODY, Seen, perceive
from kinesics_core.mind.personality import Personality
from kinesics_core.mind.policy_config import PolicyConfig, PolicyConstants
from kinesics_core.mind.reactions import Moment, Reactions
from kinesics_core.mind.showing import Showing
from kinesics_core.mind.state import OwnState
from kinesics_core.mind.style import style_of
from kinesics_core.settings import from_values
from kinesics_core.types import NANOSECONDS, Affect, AffectiveResponse, People, SocialSignals

_C = PolicyConstants()
_HOSTILE = np.isin(np.arange(len(EMOTIONS)), HOSTILE)


class ResponsePolicy:
    """The robot's answer image by image; deterministic for a seed and the same stamps.

    Attributes:
        config: Its settings.
        anticipation: Decides which gestures are answered before they are seen.
        memory: The people it knows.
    """

    def __init__(
        self,
        personality: Personality | None = None,
        config: PolicyConfig | None = None,
        seed: int = 0,
    ) -> None:
        """Begin with nobody seen.

        Args:
            personality: Gives the temperament that the robot's state returns to, and the style.
            config: Its ``policy`` is one of ``POLICIES``; "auto" chooses by the perceived affect
                and the personality, with hysteresis.
            seed: Decides between gestures that fit alike.
        """
        self.config = config or PolicyConfig()
        self.anticipation = Anticipation(from_values(AnticipationConfig, vars(self.config)))
        self._policies = Policies(self.config.ours)
        self.memory = Memory()
        self._own = OwnState(personality or Personality(), self.config.temperament_time)
        self._attention = Attention(
            self.config.attention_hold, self.config.absence,
            _C.attention_margin * self.config.margin,
        )
        self._reactions = Reactions(self.config.gesture_rest, self.config.gesture_repeat, seed)
        self._showing = Showing(self.config.hold, self.config.margin)
        self._events = Events()
        self._transitions = transitions.load()
        self.set_personality(personality or Personality())
        self._stamp: int | None = None
        self._time = 0.0
        self._answering, self._answering_since, self._call = "idle", -np.inf, 0.0
        self._weighed = NOBODY.copy()
        self._perceived_emotion = self._turn_own = NEUTRAL  # of the present turn
        self._emotion_since = 0.0
        self._bearing = np.full(2, np.nan, dtype=np.float32)
        self._lean = 0.0
        self._alone_since = 0.0
        self._was_towards = 0
        self._error_at, self._sorry_until = -np.inf, -np.inf
        self._errors = 0

    @property
    def state(self) -> np.ndarray:
        """The robot's own valence, arousal, dominance (3,), -1..1."""
        return self._own.vad.copy()

    @property
    def personality(self) -> Personality:
        """The robot's Big Five."""
        return self._personality

    @property
    def _policy(self) -> Answering:
        """The policy that answers."""
        return self._policies.answerings[self._answering]

    @property
    def quiet(self) -> bool:
        """True when nobody has been there for long."""
        return (self._attention.towards == 0
                and self._time - self._alone_since >= self.config.quiet_after)

    def set_personality(self, personality: Personality) -> None:
        """Change style and temperament; the state itself moves there."""
        self._personality = personality
        self._style = style_of(personality)
        self._own.set_personality(personality)
        self._next = self._transitions.table(self._own.temperament)
        self._weighed_next = self._transitions.weighed(self._next)

    def note(self, event: str, strength: float = 1.0) -> None:
        """Tell of an event that cameras do not see, such as "error" of the robot's own.

        After an error a reaction is awaited as long as people take (``appraisal.REACTION_TIMES``);
        an unpleasant or surprised one is answered as to the error, with an apology.

        Args:
            event: One of ``appraisal.EVENTS``.
            strength: 0..1.

        Raises:
            KinesicsError: There is no such event.
        """
        if event not in EVENTS:
            raise KinesicsError(f"Got event {event!r}; use one of {', '.join(EVENTS)}.")
        self._own.feel(EVENTS[event], strength)
        if event == "error":
            self._error_at = self._time
            self._errors += 1

    def update(
        self, affects: Sequence[Affect], people: People, signals: Sequence[SocialSignals] = ()
    ) -> AffectiveResponse:
        """Return the answer to what is seen in one image, at that image's stamp.

        Args:
            affects: Readings of the people in the image; those of others and with unknown (nan)
                categories are left out.
            people: Everybody in the image.
            signals: What they signal, of the same image or the last one that was read.
        """
        elapsed = self._advance(people.stamp)
        present = perceive(
            affects, people, self.anticipation.answerable(signals, self._time), lambda _: True)
        came = self.memory.meet(present, self._time, self.config.absence)
        self._attention.update(present, self.memory, self._time)
        towards = self._attention.towards
        seen = present.get(towards)
        perceived = NOBODY if seen is None else seen.believed
        share = 1.0 - np.exp(-elapsed / _C.reaction_time)
        self._weighed += share * (perceived - self._weighed)
        limits = conduct.limits(perceived, seen is not None and seen.away)
        begun = self._reactions.causes.note(present, self.memory, self._time)
        self._appraise(came, seen, begun.get(towards, []))
        self._choose_answering(perceived)
        self._move_state(perceived, seen, elapsed)
        self._reactions.finish(self._time, self.memory, limits)
        if seen is not None:
            self._react(Moment(
                self._time, towards, seen, self.memory[towards], self._answering, self._policy,
                self._style, limits), begun.get(towards, []))
        self._show(perceived, limits, elapsed)
        self._learn(present)
        self._lean = self._leaned(seen, limits, elapsed)
        looked_at = present.get(self._attention.looked_at)
        if looked_at is not None:
            self._bearing = person_bearing(
                looked_at.person, people, self.config.horizontal_fov)
        return self._response(people, seen, perceived, limits)

    def _advance(self, stamp: int) -> float:
        """Move the policy's own clock: a jump back stands still, a long gap counts in part."""
        elapsed = 0.0 if self._stamp is None else (stamp - self._stamp) / NANOSECONDS
        self._stamp = stamp
        elapsed = min(max(elapsed, 0.0), _C.longest_gap)
        self._time += elapsed
        return elapsed

    def _appraise(self, came: list[int], seen: Seen | None, begun: list[str]) -> None:
        """Feel what has happened."""
        towards, time = self._attention.towards, self._time
        if self._was_towards and not towards:
            self._alone_since = time
            known = self.memory.get(self._was_towards)
            if known is not None and known.together > 5.0 and self._events.counts(
                    "departure", time):
                self._own.feel(EVENTS["departure"])
        self._was_towards = towards
        if came and self._events.counts("arrival", time):
            self._own.feel(EVENTS["arrival"])
        known = self.memory.get(towards)
        answered = known is not None and (known.greeted or bool(known.answers))
        for event in self._events.of(seen, begun, answered, time):
            self._own.feel(EVENTS[event])

    def _react(self, moment: Moment, begun: list[str]) -> None:
        """Answer with a gesture: a reaction to the robot's own error before anything else."""
        since = self._time - self._error_at
        if _C.soonest <= since <= REACTION_TIMES[1]:
            unpleasant = moment.seen.believed @ EMOTION_VAD[:, 0] < _C.minded
            if unpleasant or "surprise" in begun:
                self._error_at, self._sorry_until = -np.inf, self._time + _C.sorry
                self._reactions.apologise(moment, self._errors, _C.sorry)
        self._reactions.react(moment)

    def _choose_answering(self, perceived: np.ndarray) -> None:
        if not self._attention.towards:
            wanted, self._call = "idle", 0.0
        elif self._policies.fixed:
            wanted, self._call = self._policies.fixed, 1.0
        else:
            rapport = self.memory[self._attention.towards].rapport
            calls = {
                name: call * self._style.calls.get(name, 1.0) * rapport.get(name, 1.0)
                for name, call in self._policies.calls(perceived).items()
            }
            self._weigh_conduct(calls, perceived)
            wanted = max(calls, key=lambda name: calls[name])
            current = calls.get(self._answering)
            held = self._time - self._answering_since < self.config.hold
            if current is not None and (
                held or calls[wanted] < current * (1.0 + self.config.margin)
            ):
                wanted = self._answering
            self._call = calls[wanted]
        if wanted != self._answering:
            self._answering, self._answering_since = wanted, self._time

    def _weigh_conduct(self, calls: dict[str, float], perceived: np.ndarray) -> None:
        """Call off play where it is out of place, and concern when patience is at its end."""
        if "play" in calls:
            calls["play"] *= conduct.may_play(perceived)
        met = self._time - self._emotion_since
        if self._perceived_emotion in (SADNESS, FEAR) and met > self._style.patience:
            calls["regulate"] = calls.get("regulate", 0.0) + calls.pop("empathise", 0.0)

    def _move_state(self, perceived: np.ndarray, seen: Seen | None, elapsed: float) -> None:
        """Move the state: to the temperament, and as far as somebody moves it, to what it feels."""
        rest = None
        if self.quiet:
            rest = self._own.temperament - np.array([0.0, _C.quiet, 0.0])
        if seen is None or seen.affect is None or self._answering == "idle":
            self._own.move(elapsed, rest=rest)
            return
        # A neutral person is not contagious: beside one the robot comes back to itself.
        confidence = min(max(seen.affect.confidence, 0.0), 1.0)
        push = confidence * seen.expressive / self.config.contagion_time
        answered = (perceived @ self._policies.table(self._answering)) @ EMOTION_VAD
        arousal = seen.affect.arousal
        answered[1] = self._policy.arousal_gain * (
            min(max(arousal, -1.0), 1.0) if np.isfinite(arousal) else 0.0)
        own = (perceived @ self._next[self._turn_own]) @ EMOTION_VAD
        self._own.move(elapsed, _C.felt * answered + (1.0 - _C.felt) * own, push)

    def _show(self, perceived: np.ndarray, limits: conduct.Limits, elapsed: float) -> None:
        """Choose emotion and intensity from the policy's answer and one's own next emotion."""
        emotion = int(np.argmax(self._weighed))
        if emotion != self._perceived_emotion:  # the partner's turn: ours begins from what we show
            self._perceived_emotion, self._turn_own = emotion, self._showing.emotion
            self._emotion_since = self._time
        idle = self._answering == "idle"
        inertia = 1.0 if idle else self.config.inertia
        own = vad_to_categories(self._own.vad, spread=_C.own_spread)
        if not idle:
            own = np.sqrt(own) * (self._weighed @ self._weighed_next[self._turn_own])
        own = np.where(ALLOWED, own, 0.0)
        own /= own.sum()
        answer = self._weighed @ self._policies.table(self._answering)
        if not idle:
            smile = self._smile * answer[NEUTRAL] * self._weighed[NEUTRAL]
            answer[HAPPINESS] += smile
            answer[NEUTRAL] -= smile
        cause = self._reactions.causes.current
        if cause is not None and self._time - cause.last < self._style.linger:
            sign = answer_to(cause.sign)
            if sign is not None:
                weight = sign.weight * conduct.may_play(perceived)
                answer = answer + weight * (np.eye(len(EMOTIONS))[sign.shows] - answer)
        if self._time < self._sorry_until:
            answer = 0.3 * answer + 0.7 * np.eye(len(EMOTIONS))[SADNESS]
        wanted = (1.0 - inertia) * answer + inertia * own
        self._showing.choose(wanted, perceived, limits, self._style, self._time)
        self._showing.strengthen(self._strength(perceived, inertia), limits, self._style, elapsed)

    def _strength(self, perceived: np.ndarray, inertia: float) -> float:
        """Return how strongly the emotion is to be shown, before the limits."""
        emotion = self._showing.emotion
        if emotion == NEUTRAL:
            return 0.0
        expressive = 1.0 - float(perceived[NEUTRAL])
        to_calm = float(self._policies.table(self._answering)[NEUTRAL, emotion])
        if emotion == HAPPINESS:
            to_calm = max(to_calm, self._smile)
        cause = self._reactions.causes.current
        sign = None if cause is None else answer_to(cause.sign)
        if self._time < self._sorry_until:
            to_calm = 1.0
        to_calm *= _C.to_calm
        if sign is not None and sign.shows == emotion:
            to_calm = max(to_calm, sign.weight)
        answered = expressive + (1.0 - expressive) * to_calm
        gain = self._style.sympathy if emotion == SADNESS else self._style.strength
        answered *= self._policy.strength * gain * self.habituation
        direction = EMOTION_VAD[emotion]
        own = max(float(self._own.vad @ direction / (direction @ direction)), 0.0)
        own *= min(gain, 1.0)
        return min((1.0 - inertia) * answered + inertia * own, 1.0)

    @property
    def _smile(self) -> float:
        """Share of joy before somebody calm, where no policy is asked for by name."""
        return 0.0 if self._policies.fixed else self._style.smile

    @property
    def habituation(self) -> float:
        """Share of the answer that is left when the person goes on to show the same."""
        after, time, least = _C.used_up
        if self._perceived_emotion == NEUTRAL:
            return 1.0
        longer = max(0.0, self._time - self._emotion_since - after)
        return least + (1.0 - least) * float(np.exp(-longer / time))

    def _learn(self, present: dict[int, Seen]) -> None:
        """Notice how the last answers were taken: a smile after one is praise."""
        for number, seen in present.items():
            how = self.memory[number].learn(
                self._time, float(seen.believed[HAPPINESS]), float(seen.believed @ _HOSTILE))
            if how in EVENTS and self._events.counts(how, self._time):
                self._own.feel(EVENTS[how])

    def _leaned(self, seen: Seen | None, limits: conduct.Limits, elapsed: float) -> float:
        """Return the lean, on its way at a limited speed."""
        wanted = 0.0
        if seen is not None:
            wanted = self._style.lean + self._policy.lean
            cause = self._reactions.causes.current
            sign = None if cause is None else answer_to(cause.sign)
            if cause is not None and sign is not None and self._time - cause.last < 2.0:
                wanted += sign.lean
            wanted = min(max(wanted, -0.2), limits.lean)
        step = conduct.LEAN_SPEED * elapsed
        return self._lean + min(max(wanted - self._lean, -step), step)

    def _response(
        self, people: People, seen: Seen | None, perceived: np.ndarray, limits: conduct.Limits
    ) -> AffectiveResponse:
        towards = self._attention.towards
        cause = self._reactions.causes.current
        if cause is not None and self._time - cause.last > max(self._style.linger, 2.5):
            cause = self._reactions.causes.current = None
        gaze = min(self._style.gaze, limits.gaze) if towards else 0.0
        tempo = self._style.tempo * (1.0 + 0.2 * float(self._own.vad[1]))
        decision = reasons.Decision(
            towards=towards, seen=seen, perceived=perceived,
            verb=self._policy.verb,
            emotion=self._showing.emotion, gesture=self._reactions.gesture, cause=cause,
            why=self._attention.why, rule=limits.why, quiet=self.quiet,
            sorry=self._time < self._sorry_until, habituation=self.habituation, call=self._call,
            limit=limits.intensity, parts=self._attention.parts.get(towards, {}),
        )
        factors = reasons.factors(decision)
        valence, arousal, dominance = (float(value) for value in self._own.vad)
        return AffectiveResponse(
            stamp=people.stamp,
            policy=self._answering,
            emotion=self._showing.emotion,
            intensity=float(self._showing.intensity),
            valence=valence,
            arousal=arousal,
            dominance=dominance,
            towards=towards,
            bearing=self._bearing if towards else np.full(2, np.nan, dtype=np.float32),
            gesture=self._reactions.gesture,
            duration=self.config.duration,
            reason=reasons.sentence(decision),
            frame_id=people.frame_id,
            cause="" if cause is None else cause.name,
            lean=self._lean,
            gaze=gaze,
            tempo=min(max(tempo, 0.6), limits.tempo),
            anticipated=cause is not None and not cause.seen,
            factors=tuple(factors),
            factor_values=tuple(factors.values()),
        )
