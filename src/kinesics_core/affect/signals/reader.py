"""Reader of the social signals of everybody seen, image by image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kinesics_core.affect.signals import gestures, samples
from kinesics_core.affect.signals.decision import Decision
from kinesics_core.affect.signals.engagement import Engagement
from kinesics_core.affect.signals.filters import S, State
from kinesics_core.affect.signals.measures import M, measure
from kinesics_core.affect.signals.names import ENGAGEMENT, GESTURES
from kinesics_core.affect.signals.timeline import RATE, Timeline
from kinesics_core.camera import Lens, focal_length
from kinesics_core.settings import check, same_as, setting
from kinesics_core.types import NANOSECONDS, GestureSign, MotionForecast, People, SocialSignals

_STRIDE = 4
"""Steps of the grid between the moments of a forecast that are read."""

_DECIDED = 2
"""Steps of the grid between two decisions on what is seen: nothing begins or ends within one."""

_EVERY = 0.1
"""Seconds after which forecasts are read again; in between, what was expected comes nearer."""

_STALE_FORECAST = 0.25
"""Seconds after which a forecast says nothing about the coming ones."""

_UNFORESEEN = [GESTURES.index("lean_in")]
"""Gestures that no forecast tells, for they are told by depth alone, which is not forecast."""

_POSES = np.array([GESTURES.index(name) for name in (
    "hands_raised", "point", "hand_on_face", "arms_crossed", "hands_on_hips")])
_HANDS = [index for name, index in S.items() if name.split("_")[0] in ("wave", "beckon", "lift",
                                                                        "clap")]
_SETTLED = 0.7
"""Seconds after a turning point of a hand in which no pose of it is expected."""

_THIGHS = [M["thigh_left"], M["thigh_right"]]

_FORGET = 2.0
"""Seconds after which somebody unseen is forgotten."""

SITTING, STANDING = 0.95, 0.65
"""Radians of the thighs against the vertical."""


@dataclass(frozen=True)
class SignalsConfig:
    """Settings of the reading of social signals."""

    horizontal_fov: float = same_as(Lens, "horizontal_fov")
    forecast_confidence: float = setting(
        0.6, "Confidence from which a coming gesture is told", bounds=(0.0, 1.0))

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check(self)


class SignalReader:
    """Reader of gestures, posture and engagement of everybody seen.

    Images may come at any rate, persons appear and vanish; a stamp that jumps back, or on by more
    than two seconds, starts anew.
    """

    def __init__(self, config: SignalsConfig | None = None) -> None:
        """Know nobody yet."""
        self.config = config or SignalsConfig()
        self._timeline = Timeline(samples.SIZE)
        self._clear()

    def _clear(self) -> None:
        self._timeline.clear()
        self._state = State.of(0)
        self._decision = Decision(0)
        self._engagement = Engagement(0)
        self._expected: dict[int, tuple[GestureSign, ...]] = {}
        self._expected_at = self._undecided = 0
        self._apart = np.zeros((0, 2))  # of the head's pose from what its keypoints say

    def update(
        self, people: People, forecasts: Sequence[MotionForecast] = ()
    ) -> list[SocialSignals]:
        """Return the signals of everybody in an image.

        Args:
            people: Everybody seen in the image.
            forecasts: Of this image or a slightly earlier one; those of others are left out.
        """
        line = self._timeline
        if not line.continues(people.stamp):
            self._clear()
        self._forget(people)
        self._admit([person.id for person in people.persons])
        size = (people.width, people.height)
        focal = focal_length(people.width, self.config.horizontal_fov)
        now = np.full((len(line.ids), samples.SIZE), np.nan)
        slots = {int(person): slot for slot, person in enumerate(line.ids)}
        rows = [slots[person.id] for person in people.persons]
        if rows:
            now[rows] = samples.samples_of(people.persons, size)
            line.seen[rows] = people.stamp
        self._smooth_scale(now)
        self._smooth_axes(now)
        self._fill_heads(now)
        steps = line.add(people.stamp, now)
        for measured in np.moveaxis(measure(steps, people.width, focal), 1, 0):
            self._advance(measured, 1.0 / RATE, focal)
        if people.stamp - self._expected_at >= _EVERY * NANOSECONDS:
            self._expected = self._expect(people, forecasts, slots, focal)
            self._expected_at = people.stamp
        return self._signals(people, rows)

    def _forget(self, people: People) -> None:
        line = self._timeline
        there = {person.id for person in people.persons}
        kept = [
            slot for slot, person in enumerate(line.ids)
            if int(person) in there or people.stamp - line.seen[slot] <= _FORGET * NANOSECONDS]
        if len(kept) < len(line.ids):
            rows = np.array(kept, np.int64)
            for part in (line, self._state, self._decision, self._engagement):
                part.keep(rows)
            self._apart = self._apart[rows]

    def _admit(self, ids: Sequence[int]) -> None:
        count = self._timeline.admit(ids)
        if count:
            for part in (self._state, self._decision, self._engagement):
                part.admit(count)
            self._apart = np.concatenate([self._apart, np.tile((0.0, -samples.LEVEL), (count, 1))])

    def _smooth_scale(self, now: np.ndarray) -> None:
        """Follow the size of a person slowly where it shrinks: a turn or a bow is no step back."""
        before, new = self._timeline.latest[:, samples.SCALE], now[:, samples.SCALE]
        guessed = ~np.isfinite(now[:, samples.WORLD.start + 3 * 5])
        gain = np.where(guessed & (new < before), 0.02, 0.3)
        now[:, samples.SCALE] = np.where(np.isnan(before), new, before + gain * (new - before))

    def _smooth_axes(self, now: np.ndarray) -> None:
        """Follow where shoulders point over .3 s: their depth is the least certain of all."""
        before, new = self._timeline.latest[:, samples.AXIS], now[:, samples.AXIS]
        now[:, samples.AXIS] = np.where(np.isnan(before), new, before + 0.1 * (new - before))

    def _fill_heads(self, now: np.ndarray) -> None:
        """Take the head's turn from its keypoints where no face is found, on a level learnt."""
        pose, drawn = now[:, [samples.YAW, samples.PITCH]], now[:, samples.DRAWN]
        apart = pose - drawn
        self._apart += np.where(np.isfinite(apart), 0.05 * (apart - self._apart), 0.0)
        now[:, [samples.YAW, samples.PITCH]] = np.where(
            np.isnan(pose[:, :1]), drawn + self._apart, pose)

    def _advance(self, measured: np.ndarray, elapsed: float, focal: float) -> None:
        state = self._state
        state.advance(measured, gestures.swinging(measured, state), elapsed, learn=True)
        self._undecided += 1
        if self._undecided == _DECIDED:
            self._undecided = 0
            self._decision.advance(gestures.evidence(state), _DECIDED * elapsed)
        self._engagement.advance(
            state.mean[M["gaze_yaw"]], state.mean[M["gaze_pitch"]], state.mean[M["facing"]],
            focal * samples.TORSO / np.exp(state.mean[M["scale"]]), elapsed)

    def _expect(
        self, people: People, forecasts: Sequence[MotionForecast], slots: dict[int, int],
        focal: float,
    ) -> dict[int, tuple[GestureSign, ...]]:
        """Return the gestures that forecasts hold and that are not seen yet, by person."""
        fresh = [
            forecast for forecast in forecasts
            if forecast.person_id in slots and len(forecast.keypoints)
            and abs(people.stamp - forecast.stamp) <= _STALE_FORECAST * NANOSECONDS]
        if not fresh:
            return {}
        rows = np.array([slots[forecast.person_id] for forecast in fresh])
        stride = _STRIDE / RATE
        count = min(int(forecast.dt * len(forecast.keypoints) / stride) for forecast in fresh)
        if not count:
            return {}
        ahead = stride * np.arange(1, count + 1)
        coming = samples.coming_samples(
            np.stack([_at(forecast, people.stamp, ahead) for forecast in fresh], axis=1),
            self._timeline.latest[rows])
        measured = np.moveaxis(measure(coming, people.width, focal), 1, 0)
        state = self._state.copy()
        state.keep(rows)
        # A forecast is of an image and holds the depth of one moment, errors and all: the trunk's
        # lean is best taken from its mean.
        measured[:, M["lean"]] = state.mean[M["lean"]]
        states = []
        for step in measured:
            state.advance(step, gestures.swinging(step, state), stride, learn=False)
            states.append(state.copy())
        seen = gestures.evidence(State.joined(states)).reshape(len(GESTURES), count, len(rows))
        # Hands on their way to and fro pass through poses that they do not hold.
        swung = self._state.turns[0, _HANDS][:, rows].min(axis=0) < _SETTLED
        seen[np.ix_(_POSES, np.arange(count), swung)] *= 0.5
        decision = self._decision.copy()
        decision.keep(rows)
        already = decision.on.copy()
        already[_UNFORESEEN] = True
        found: dict[int, list[GestureSign]] = {forecast.person_id: [] for forecast in fresh}
        for step in range(count):
            before = decision.on.copy()
            decision.advance(seen[:, step], stride)
            for gesture, person in np.argwhere(decision.on & ~before & ~already):
                already[gesture, person] = True
                sure = float(seen[gesture, step, person] * fresh[person].confidence)
                if sure >= self.config.forecast_confidence:
                    found[fresh[person].person_id].append(
                        GestureSign(GESTURES[gesture], sure, (step + 1) * stride))
        return {person: tuple(signs) for person, signs in found.items()}

    def _signals(self, people: People, slots: Sequence[int]) -> list[SocialSignals]:
        """Return the signals of the persons at some slots, in their order."""
        state, engagement = self._state, self._engagement
        on, sure = self._decision.on, np.clip(self._decision.sure, 0.0, 1.0)
        thighs = state.mean[_THIGHS]
        known = np.isfinite(thighs)
        count = known.sum(axis=0)
        thigh = np.where(known, thighs, 0.0).sum(axis=0) / np.where(count > 0, count, np.nan)
        columns = [part.tolist() for part in (
            engagement.level, engagement.confidence(), engagement.distance,
            np.abs(state.mean[M["facing"]]), engagement.gaze, engagement.approach(), thigh)]
        made = []
        for slot in slots:
            level, sureness, distance, facing, gaze, approach, angle = (
                column[slot] for column in columns)
            seen = [GestureSign(GESTURES[gesture], float(sure[gesture, slot]))
                    for gesture in on[:, slot].nonzero()[0].tolist()]
            seen.sort(key=lambda sign: -sign.confidence)
            number = int(self._timeline.ids[slot])
            made.append(SocialSignals(
                people.stamp, number, tuple(seen), self._coming(people.stamp, number, slot),
                "sitting" if angle > SITTING else "standing" if angle < STANDING else "",
                ENGAGEMENT[level], sureness, distance, facing, gaze, approach, people.frame_id))
        return made

    def _coming(self, stamp: int, number: int, slot: int) -> tuple[GestureSign, ...]:
        """Return what is expected of a person and not seen yet, so much nearer by now."""
        elapsed = (stamp - self._expected_at) / NANOSECONDS
        return tuple(
            GestureSign(sign.name, sign.confidence, max(sign.starts_in - elapsed, 0.01))
            for sign in self._expected.get(number, ())
            if not self._decision.on[GESTURES.index(sign.name), slot])


def _at(forecast: MotionForecast, stamp: int, ahead: np.ndarray) -> np.ndarray:
    """Return a forecast's keypoints (len(ahead), 17, 2) at seconds after a stamp; ends are held."""
    place = (stamp - forecast.stamp) / NANOSECONDS / forecast.dt + ahead / forecast.dt - 1.0
    place = np.clip(place, 0.0, len(forecast.keypoints) - 1)
    first = np.minimum(place.astype(int), max(len(forecast.keypoints) - 2, 0))
    last = np.minimum(first + 1, len(forecast.keypoints) - 1)
    share = (place - first)[:, None, None]
    keypoints = np.asarray(forecast.keypoints, np.float64)
    return keypoints[first] + share * (keypoints[last] - keypoints[first])
