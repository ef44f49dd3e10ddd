"""Reader of the social signals of everybody seen, image by image."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from kinesics_core.affect.per_person import every, some
from kinesics_core.affect.signals import gestures, samples
from kinesics_core.affect.signals.decision import Decision
from kinesics_core.affect.signals.engagement import Engagement
from kinesics_core.affect.signals.expectation import (
    Coming,
    coming_moments,
    coming_of,
    expected_gestures,
)
from kinesics_core.affect.signals.filters import Moment, State
from kinesics_core.affect.signals.measures import M, measure
from kinesics_core.affect.signals.names import ENGAGEMENT, GESTURES
from kinesics_core.affect.signals.timeline import PAUSE, RATE, Timeline
from kinesics_core.camera import Lens, focal_length
from kinesics_core.settings import check, same_as, setting
from kinesics_core.types import NANOSECONDS, GestureSign, MotionForecast, People, SocialSignals

_DECIDED = 3
"""Steps of the grid between two decisions on what is seen: nothing begins or ends within them."""

_FORECASTS = 5
"""Times a second that forecasts are read, with a decision on what is seen; in between, what was
expected comes nearer."""

_TRUNK_AND_THIGHS = np.array([M["facing"], M["thigh_left"], M["thigh_right"]])

_FOLLOWS = np.array([0.3, 0.1, 0.1, 0.05, 0.05])
"""Share of a change in an image that is followed, of ``samples.FOLLOWED`` and of how far the
head's pose is from what its keypoints say."""

_SHRINKS = 0.02
"""The same of a size that is guessed and gets smaller."""

_MOST = 32
"""Images that wait at most, for cameras far faster than the grid or whose clock stands still."""

_FORGET = 2.0
"""Seconds after which somebody unseen is forgotten."""

_REMEMBERED = 64
"""People unseen whose signals are kept at most: a clock that stands still forgets nobody."""

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
        self._slots: dict[int, int] = {}
        self._waiting: list[People] = []
        self._newest: People | None = None
        self._told: dict[int, _Told] = {}

    def update(
        self, people: People, forecasts: Sequence[MotionForecast] = ()
    ) -> list[SocialSignals]:
        """Return the signals of everybody in an image.

        Nothing begins or ends within three steps of the grid, so images wait for the next third
        step, or for somebody new, and are read together, which costs less.

        Args:
            people: Everybody seen in the image.
            forecasts: Of this image or a slightly earlier one; those of others are left out.
        """
        last, self._newest = self._newest, people
        if last is not None and not 0 <= people.stamp - last.stamp <= PAUSE * NANOSECONDS:
            self._clear()
            last, self._newest = None, people
        if last is not None and (last.width, last.height) != (people.width, people.height):
            self._take_waiting()
        self._waiting.append(people)
        if (last is None or _beat(last.stamp) != _beat(people.stamp)
                or len(self._waiting) == _MOST
                or not all(person.id in self._told for person in people.persons)):
            due = _period(people.stamp) != _period(self._expected_at)
            self._take_waiting(forecasts if due else None)
            self._told = self._tell()
        return self._signals(people)

    def _take_waiting(self, forecasts: Sequence[MotionForecast] | None = None) -> None:
        """Take the samples of the images that wait, and go on to the newest one.

        Args:
            forecasts: To be read from there on; None: what was expected stays.
        """
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        line, newest = self._timeline, waiting[-1]
        size = (newest.width, newest.height)
        made = samples.samples_of([one for people in waiting for one in people.persons], size)
        stamps: list[int] = []
        images: list[np.ndarray] = []
        taken = 0
        for people in waiting:
            ids = [person.id for person in people.persons]
            if line.ids.tolist() != ids:
                self._advance(stamps, images, size[0])
                stamps, images = [], []
                self._forget(ids, people.stamp)
                self._admit(ids)
            now = made[taken:taken + len(ids)]
            taken += len(ids)
            if line.ids.tolist() == ids:
                line.seen[:] = people.stamp
            else:
                there, now = now, np.full((len(line.ids), samples.SIZE), np.nan)
                rows = [self._slots[number] for number in ids]
                now[rows], line.seen[rows] = there, people.stamp
            stamps.append(people.stamp)
            images.append(now)
        coming = None
        if forecasts is not None:
            coming = coming_of(forecasts, newest.stamp, self._slots)
            self._expected, self._expected_at = {}, newest.stamp
        self._advance(stamps, images, size[0], coming)

    def _forget(self, ids: Sequence[int], stamp: int) -> None:
        line, there = self._timeline, set(ids)
        away = [
            slot for slot, person in enumerate(line.ids.tolist())
            if person not in there and stamp - line.seen[slot] <= _FORGET * NANOSECONDS]
        waits = set(away[-_REMEMBERED:])
        kept = [slot for slot, person in enumerate(line.ids.tolist())
                if person in there or slot in waits]
        if len(kept) < len(line.ids):
            rows = np.array(kept, np.int64)
            for part in (line, self._state, self._decision, self._engagement):
                part.keep(rows)
            self._apart = self._apart[rows]

    def _admit(self, ids: Sequence[int]) -> None:
        count = self._timeline.admit(list(dict.fromkeys(ids)))
        if count:
            for part in (self._state, self._decision, self._engagement):
                part.admit(count)
            self._apart = np.concatenate([self._apart, np.tile((0.0, -samples.LEVEL), (count, 1))])
        self._slots = {person: slot for slot, person in enumerate(self._timeline.ids.tolist())}

    def _follow(self, now: np.ndarray) -> None:
        """Follow the size of persons, where their shoulders point, and how heads are held.

        The size goes down slowly where it is guessed: a turn or a bow is no step back. The depth
        of shoulders is the least certain of all. Where no face is found, the head's turn is that
        of its keypoints, on a level learnt.

        Args:
            now: (images, slots, samples.SIZE), one after the other, which is changed.
        """
        pose, drawn = now[..., samples.TURN], now[..., samples.DRAWN]
        targets = np.concatenate([now[..., samples.FOLLOWED], pose - drawn], axis=-1)
        state = np.concatenate([self._timeline.latest[:, samples.FOLLOWED], self._apart], axis=1)
        known = np.isfinite(targets)
        whole = every(known) and not some(np.isnan(state))
        if not whole:
            targets[~known] = np.nan
        guessed = np.isnan(now[..., samples.WORLD.start + 3 * 5])
        guesses = some(guessed)
        states = np.empty_like(targets)
        for image, target in enumerate(targets):
            change = target - state
            moved = state + _FOLLOWS * change
            if guesses:
                shrinks = guessed[image] & (change[:, 0] < 0.0)
                moved[shrinks, 0] = state[shrinks, 0] + _SHRINKS * change[shrinks, 0]
            if not whole:
                moved = np.where(np.isnan(moved), np.where(np.isnan(state), target, state), moved)
            state = states[image] = moved
        self._apart = state[:, -2:]
        followed = states[..., :-2]
        if not whole:
            followed = np.where(known[..., :-2], followed, np.nan)
            now[..., samples.TURN] = np.where(
                np.isnan(pose[..., :1]), drawn + states[..., -2:], pose)
        now[..., samples.FOLLOWED] = followed

    def _advance(
        self, stamps: Sequence[int], images: Sequence[np.ndarray], width: int,
        coming: Coming | None = None,
    ) -> None:
        """Go on by images, and read what is to come.

        Both are measured and judged together, which costs less.

        Args:
            stamps: Of the images, ns.
            images: Samples (slots, size) of each.
            width: Of the images, px.
            coming: After the last image.
        """
        if not images:
            return
        now = np.array(images)
        self._follow(now)
        steps = self._timeline.add(stamps, now)
        if not steps.size and coming is None:
            return
        focal = focal_length(width, self.config.horizontal_fov)
        seen, ahead = self._measure(steps, coming, width, focal)
        decided = self._decisive(seen) if steps.size else []
        moments, wrists = [moment for moment, _ in decided], None
        if coming is not None:
            later, wrists = coming_moments(coming, ahead, self._state)
            moments += later
        evidence = gestures.evidence(Moment.joined(moments), wrists)
        told, persons = 0, steps.shape[1]
        for moment, elapsed in decided:
            self._decision.advance(evidence[:, told:told + persons], elapsed)
            told += persons
            mean = moment.mean
            self._engagement.advance(
                mean[M["gaze_yaw"]], mean[M["gaze_pitch"]], mean[M["facing"]],
                focal * samples.TORSO / np.exp(mean[M["scale"]]), elapsed)
        if coming is not None:
            self._expected = expected_gestures(
                coming, evidence[:, told:].reshape(len(GESTURES), *coming.shape), self._state,
                self._decision, self.config.forecast_confidence)

    def _measure(
        self, steps: np.ndarray, coming: Coming | None, width: int, focal: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the measures of steps of the grid and of what is to come, (T, measures, P)."""
        if coming is None:
            return _by_step(measure(steps, width, focal)), np.zeros(0)
        ahead = samples.coming_samples(coming.keypoints, self._timeline.latest[coming.rows])
        measured = measure(np.concatenate([
            part.reshape(-1, samples.SIZE) for part in (steps, ahead)]), width, focal)
        count = steps.shape[0] * steps.shape[1]
        return (_by_step(measured[:, :count].reshape(len(M), *steps.shape[:2])),
                _by_step(measured[:, count:].reshape(len(M), *coming.shape)))

    def _decisive(self, seen: np.ndarray) -> list[tuple[Moment, float]]:
        """Go on by measures (T, measures, P) of steps; return the moments at which is decided.

        Returns:
            Each with the seconds since the one before.
        """
        decided = []
        moments = self._state.advance(seen, 1.0 / RATE, gestures.swinging, learn=True)
        for left, moment in zip(range(len(moments) - 1, -1, -1), moments, strict=True):
            self._undecided += 1
            if left == 0 or (left % _DECIDED == 0 and self._undecided >= _DECIDED):
                decided.append((moment, self._undecided / RATE))
                self._undecided = 0
        return decided

    def _tell(self) -> dict[int, _Told]:
        """Return what is seen of everybody."""
        engaged, mean = self._engagement, self._state.mean
        seen: list[list[GestureSign]] = [[] for _ in self._timeline.ids]
        for gesture, slot in zip(*self._decision.on.nonzero(), strict=True):
            sure = float(self._decision.sure[gesture, slot])
            seen[slot].append(GestureSign(GESTURES[gesture], min(max(sure, 0.0), 1.0)))
        told = {}
        for slot, (number, signs, facing, left, right) in enumerate(zip(
                self._slots, seen, *mean[_TRUNK_AND_THIGHS].tolist(), strict=True)):
            signs.sort(key=lambda sign: -sign.confidence)
            # The mean of both thighs, or the one that is known.
            angle = 0.5 * ((right if math.isnan(left) else left)
                           + (left if math.isnan(right) else right))
            posture = "sitting" if angle > SITTING else "standing" if angle < STANDING else ""
            told[number] = _Told(
                tuple(signs), posture, ENGAGEMENT[engaged.level[slot]], engaged.confidence(slot),
                engaged.distance[slot], abs(facing), engaged.gaze[slot], engaged.approach(slot))
        return told

    def _signals(self, people: People) -> list[SocialSignals]:
        """Return the signals of the persons in an image, in their order."""
        expected = self._expected
        return [
            SocialSignals(
                people.stamp, person.id, told.gestures,
                self._coming(people.stamp, person.id) if person.id in expected else (),
                told.posture, told.engagement, told.sure, told.distance, told.facing, told.gaze,
                told.approach, people.frame_id)
            for person in people.persons for told in (self._told[person.id],)]

    def _coming(self, stamp: int, number: int) -> tuple[GestureSign, ...]:
        """Return what is expected of a person and not seen yet, so much nearer by now."""
        elapsed = (stamp - self._expected_at) / NANOSECONDS
        seen = {sign.name for sign in self._told[number].gestures}
        return tuple(
            GestureSign(sign.name, sign.confidence, max(sign.starts_in - elapsed, 0.01))
            for sign in self._expected[number] if sign.name not in seen)


class _Told(NamedTuple):
    """Signals of a person, as ``SocialSignals`` has them."""

    gestures: tuple[GestureSign, ...]
    posture: str
    engagement: str
    sure: float
    distance: float
    facing: float
    gaze: float
    approach: float


def _by_step(measured: np.ndarray) -> np.ndarray:
    """Return measures (measures, T, P) as (T, measures, P), each step's together in memory."""
    return np.ascontiguousarray(measured.swapaxes(0, 1))


def _beat(stamp: int) -> int:
    """Return the number of the third step of the grid that a stamp is at.

    Images are often as far apart as the steps: about half a step aside of them all fall alike.
    """
    return (2 * stamp * RATE + NANOSECONDS) // (2 * _DECIDED * NANOSECONDS)


def _period(stamp: int) -> int:
    """Return the number of the time between two readings of forecasts that a stamp is in."""
    return stamp * _FORECASTS // NANOSECONDS
