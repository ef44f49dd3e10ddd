"""Recurrent state of everybody's measures: means, what is usual, and what swings.

All of it advances step by step of the timeline, for all persons at once; a copy runs on through a
forecast's steps.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from kinesics_core.affect.per_person import every, some
from kinesics_core.affect.signals.measures import MEASURES, M

SMOOTH = 0.10
"""Seconds over which a measure is averaged; the trunk's depth, less certain, three times that."""

STEADY = 0.25
"""Seconds over which its movement is averaged."""

USUAL = 12.0
"""Seconds over which a person's usual value is learnt; the first second counts equally."""

STALE = 0.5
"""Seconds after which an unseen measure is unknown."""

_SMOOTH = np.where(np.isin(MEASURES, ("lean", "tilt", "facing", "near")), 3.0, 1.0) * SMOOTH

USUALS = ("head_up", "pitch", "lean", "scale", "shoulders_y", "shoulders_x", "facing", "hips_y",
          "yaw", "near")
"""Measures whose usual value is followed."""

U = {name: index for index, name in enumerate(USUALS)}
_USUAL_ROWS = np.array([M[name] for name in USUALS])

SWINGS = {
    "wave_left": 0.18, "wave_right": 0.18, "beckon_left": 0.13, "beckon_right": 0.13,
    "lift_left": 0.16, "lift_right": 0.16, "flap_left": 0.16, "flap_right": 0.16,
    "curl_left": 0.12, "curl_right": 0.12, "clap": 0.14, "nod": 0.07, "shake": 0.10,
}
"""Values that may swing, and how far each must turn back (torsos, shares, radians) for a swing."""

S = {name: index for index, name in enumerate(SWINGS)}
_BACK = np.array(list(SWINGS.values()))[:, None]

_JUDGED = 0.3
"""Seconds after which it is known what jitter is."""

_GONE = 0.25
"""Seconds without its value after which a swing begins anew."""

_LONG = 1e3
"""Seconds since what has never been."""

_HEADS = np.isin(list(SWINGS), ("nod", "shake"))[:, None]
_CLEAR = np.where(_HEADS, 6.0, 3.0)
"""Times that a swing is larger than what jitter makes."""

_OFF = np.where(_HEADS, 3.5, 0.0)
"""Times that a head's swing is larger than what is usual of it."""

MaySwing = Callable[[np.ndarray, np.ndarray], np.ndarray]

_FACE = M["face"]

KEPT = 5
"""Turning points that are remembered."""


class Moment(NamedTuple):
    """Part of ``State`` that gestures are told by, of P persons at one moment or at several."""

    mean: np.ndarray
    motion: np.ndarray
    usual: np.ndarray
    turns: np.ndarray
    spans: np.ndarray
    top: np.ndarray
    way: np.ndarray
    last: np.ndarray
    dwell: np.ndarray

    @classmethod
    def joined(cls, moments: Sequence[Moment]) -> Moment:
        """Return several moments as one, the persons of the first one first."""
        return cls(*(np.concatenate(parts, axis=-1) for parts in zip(*moments, strict=True)))


@dataclass(slots=True)
class State:
    """State of P persons; every array's last axis is theirs.

    Attributes:
        mean: (measures, P), smoothed; nan if unknown.
        motion: (measures, P), mean distance of the measure from ``mean``.
        unseen: (measures, P) seconds since it was known.
        usual: (usuals, P).
        learnt: (usuals, P) seconds of learning.
        top: (swings, P), farthest value since the last turn, seen in the swing's direction.
        way: (swings, P), the direction, +1 or -1.
        turns: (KEPT, swings, P) seconds since each of the last turning points, the newest first.
        spans: (KEPT, swings, P), what was swung between that turning point and the one before.
        last: (swings, P), value at the last turning point.
        trail: (2, swings, P), the two values before, the newer one first.
        noise: (swings, P), how far values jitter from one step to the next (1 sigma).
        judged: (swings, P) seconds in which that was learnt.
        gone: (swings, P) seconds since the value was there.
        stay: (swings, P) seconds since it was farthest.
        dwell: (swings, P) seconds that it stayed at the last turning point.
        drift: (swings, P), the value's mean over .3 s.
        unrest: (swings, P), how far the value usually is from it.
    """

    mean: np.ndarray
    motion: np.ndarray
    unseen: np.ndarray
    usual: np.ndarray
    learnt: np.ndarray
    top: np.ndarray
    way: np.ndarray
    turns: np.ndarray
    spans: np.ndarray
    last: np.ndarray
    trail: np.ndarray
    noise: np.ndarray
    judged: np.ndarray
    gone: np.ndarray
    stay: np.ndarray
    dwell: np.ndarray
    drift: np.ndarray
    unrest: np.ndarray

    @classmethod
    def of(cls, persons: int) -> State:
        """Return the state of persons of whom nothing is known."""
        m, u, s = len(MEASURES), len(USUALS), len(SWINGS)

        def full(*shape: int, value: float = np.nan) -> np.ndarray:
            return np.full((*shape, persons), value)

        return cls(
            full(m), full(m, value=0.0), full(m, value=_LONG), full(u), full(u, value=0.0),
            full(s), full(s, value=1.0), full(KEPT, s, value=_LONG), full(KEPT, s, value=0.0),
            full(s), full(2, s), full(s, value=0.0), full(s, value=0.0),
            full(s, value=0.0), full(s, value=0.0), full(s, value=0.0), full(s),
            full(s, value=0.0))

    def of_some(self, rows: np.ndarray) -> State:
        """Return the state of the persons of the indices given, which advances by itself."""
        return State(*(getattr(self, part.name).take(rows, axis=-1) for part in fields(self)))

    def moment(self) -> Moment:
        """Return what gestures are told by; it stays as it is when the state advances."""
        return Moment(self.mean, self.motion, self.usual, self.turns, self.spans, self.top,
                      self.way, self.last, self.dwell)

    def keep(self, rows: np.ndarray) -> None:
        """Keep only the persons of the indices given, in that order."""
        for part in fields(self):
            setattr(self, part.name, getattr(self, part.name)[..., rows])

    def admit(self, count: int) -> None:
        """Add persons of whom nothing is known."""
        fresh = State.of(count)
        for part in fields(self):
            both = (getattr(self, part.name), getattr(fresh, part.name))
            setattr(self, part.name, np.concatenate(both, axis=-1))

    def advance(
        self, measured: np.ndarray, elapsed: float, may_swing: MaySwing, learn: bool
    ) -> list[Moment]:
        """Go some steps on; return the moment after each.

        Args:
            measured: (measures, T, P) of the steps.
            elapsed: Seconds of a step.
            may_swing: Gives of measures and of means of the measure "face" before them, (T, P),
                what may swing, (swings, T, P); nan where it does not count.
            learn: Whether usual values follow.
        """
        count = measured.shape[1]
        faces = np.empty(measured.shape[1:])
        faces[0] = self.mean[_FACE]
        means, motions = self._averages(measured, elapsed)
        faces[1:] = means[_FACE, :-1]
        usuals = [self.usual] * count
        if learn:
            for step in range(count):
                self._learn(measured[:, step].take(_USUAL_ROWS, axis=0), elapsed)
                usuals[step] = self.usual
        swings = self._steps(may_swing(measured, faces), elapsed)
        moments = []
        for step in range(count):
            self._swing(swings, step, elapsed)
            moments.append(Moment(
                means[:, step], motions[:, step], usuals[step], *self.moment()[3:]))
        return moments

    def _averages(self, measured: np.ndarray, elapsed: float) -> tuple[np.ndarray, np.ndarray]:
        """Follow all measures; return means and motions (measures, T, P) after each step."""
        there = np.isfinite(measured)
        always = there.all(axis=1)
        if every(always | ~there.any(axis=1)):
            return self._averages_at_once(measured, always, elapsed)
        means, motions = np.empty((2, *measured.shape))
        for step in range(measured.shape[1]):
            self._average(measured[:, step], elapsed)
            means[:, step], motions[:, step] = self.mean, self.motion
        return means, motions

    def _averages_at_once(
        self, measured: np.ndarray, there: np.ndarray, elapsed: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Do the same where each measure of each person is known in all steps, or in none.

        A mean that follows for some steps is a weighted sum of what it begins with and of these.

        Args:
            measured: (measures, T, P).
            there: (measures, P) bool, which are known.
            elapsed: Seconds of a step.
        """
        count = measured.shape[1]
        for_means, for_motions = _weights(elapsed, count)
        fresh = np.isnan(self.mean) & there
        line = np.empty((len(measured), count + 1, measured.shape[2]))
        line[:, 0] = np.where(fresh, measured[:, 0], self.mean)
        line[:, 1:] = np.where(there[:, None], measured, line[:, :1])
        means = for_means @ line
        apart = np.empty_like(line)
        # A mean that begins tells nothing of motion yet.
        apart[:, 0] = np.where(fresh, self.motion / for_motions[0, 0], self.motion)
        np.abs(line[:, 1] - line[:, 0], out=apart[:, 1])
        np.abs(line[:, 2:] - means[:, :-1], out=apart[:, 2:])
        motions = np.where(there[:, None], for_motions @ apart, self.motion[:, None])
        away = np.full(line.shape, elapsed)
        away[:, 0] = self.unseen
        away = np.add.accumulate(away, axis=1)[:, 1:] * ~there[:, None]
        means[away > STALE] = np.nan
        self.mean, self.motion, self.unseen = means[:, -1], motions[:, -1], away[:, -1]
        return means, motions

    def _average(self, now: np.ndarray, elapsed: float) -> None:
        there = np.isfinite(now)
        self.unseen = (self.unseen + elapsed) * ~there
        change = now - self.mean
        joined = np.isfinite(change)
        far = np.abs(change) - self.motion
        change *= _gains(elapsed)
        slow = 1.0 - math.exp(-elapsed / STEADY)
        if every(joined):
            self.motion, self.mean = self.motion + slow * far, self.mean + change
        else:
            self.motion = self.motion + slow * np.where(joined, far, 0.0)
            self.mean = np.where(
                there & ~joined, now, self.mean + np.where(joined, change, 0.0))
            self.mean[self.unseen > STALE] = np.nan

    def _learn(self, now: np.ndarray, elapsed: float) -> None:
        there = np.isfinite(now)
        self.learnt += elapsed * there
        # A plain mean at first, then one that forgets.
        gain = elapsed / np.minimum(np.maximum(self.learnt, elapsed), USUAL)
        started = np.where(np.isnan(self.usual), now, self.usual)
        self.usual = np.where(there, started + gain * (now - started), self.usual)

    def _steps(self, swinging: np.ndarray, elapsed: float) -> _Swings:
        """Return what of some steps (swings, T, P) does not hang on where swings turn."""
        before, earlier = self.trail
        line = np.concatenate([earlier[:, None], before[:, None], swinging], axis=1)
        now, last = line[:, 2:], line[:, 1:-1]
        # White noise of 1 sigma has second differences of sqrt(6) sigma.
        jitter = np.abs(now - 2.0 * last + line[:, :-2]) * (1.25 / math.sqrt(6.0))
        jitters, there = np.isfinite(jitter), np.isfinite(now)
        values = np.where(jitters, 0.5 * (now + last), now)
        judged = self.judged[:, None] + elapsed * np.add.accumulate(jitters, axis=1, dtype=float)
        self.trail, self.judged = np.array([line[:, -1], line[:, -2]]), judged[:, -1]
        learnt = np.maximum(judged, elapsed)
        targets, gains = np.empty((2, 2, *now.shape))
        targets[0], gains[0] = jitter, jitters * (elapsed / np.minimum(learnt, 1.0))
        targets[1], gains[1] = values, there * (1.0 - math.exp(-elapsed / 0.3))
        targets[np.isnan(targets)] = 0.0
        slow = there * (elapsed / np.where(judged < 1.0, learnt, 20.0))
        least = self._thresholds(targets, gains, slow, there)
        return _Swings(now, values, least, judged > _JUDGED, self._lost(there, elapsed))

    def _lost(self, there: np.ndarray, elapsed: float) -> list[np.ndarray]:
        """Return of each step which values (swings, P) have just been away for too long.

        Args:
            there: (swings, T, P) bool.
            elapsed: Seconds of a step.

        Returns:
            T of them; none where nothing comes or goes.
        """
        absent = ~there
        never = absent.all(axis=1)
        if every(there.all(axis=1) | (never & (self.gone > _GONE))):
            self.gone = (self.gone + elapsed * there.shape[1]) * never
            return []
        lost = []
        for step in range(there.shape[1]):
            after = (self.gone + elapsed) * absent[:, step]
            lost.append((after > _GONE) & (self.gone <= _GONE))
            self.gone = after
        return lost

    def _thresholds(
        self, targets: np.ndarray, gains: np.ndarray, slow: np.ndarray, there: np.ndarray
    ) -> np.ndarray:
        """Follow jitter, mean and unrest over some steps; return how far a swing turns back.

        Args:
            targets: (2, swings, T, P) jitters and values; 0 where there is none.
            gains: How far noise and drift follow them; 0 where there is none.
            slow: (swings, T, P) how far the unrest does.
            there: (swings, T, P) bool.

        Returns:
            (swings, T, P).
        """
        known = ~np.isnan(self.drift)
        if every(known):
            drift = self.drift
        else:  # the first value of a mean
            first = np.take_along_axis(targets[1], there.argmax(axis=1)[:, None], axis=1)[:, 0]
            drift = np.where(known, self.drift, first)
            known |= there.any(axis=1)
        means, unrest = np.array([self.noise, drift]), self.unrest
        apart = np.empty_like(targets)
        reached = np.empty_like(targets)  # of noise and unrest
        for step in range(targets.shape[2]):
            off = np.subtract(targets[:, :, step], means, out=apart[:, :, step])
            means = means + gains[:, :, step] * off
            # And errors that last: what the value is off its mean, in the first second most.
            unrest = unrest + slow[:, step] * (np.abs(off[1]) - unrest)
            reached[0, :, step], reached[1, :, step] = means[0], unrest
        self.noise, self.unrest = means[0], unrest
        self.drift = np.where(known, means[1], np.nan)
        reached[0] *= _CLEAR[:, None]
        reached[1] *= _OFF[:, None]
        least: np.ndarray = np.maximum(
            np.maximum(reached[0], reached[1]), _BACK[:, None])
        return least

    def _swing(self, swings: _Swings, step: int, elapsed: float) -> None:
        now, values, least, judged = (part[:, step] for part in swings[:4])
        self.turns = self.turns + elapsed
        along = now * self.way
        turned = (along < self.top - least) & judged
        if some(turned):
            along = self._turn(turned, values, along)
        self.top = np.fmax(self.top, along)
        self.stay = np.where(along >= self.top, 0.0, self.stay + elapsed)
        # Swings end where their value is not to be seen for a while.
        if swings.lost and some(swings.lost[step]):
            self.top, self.last = np.where(swings.lost[step], np.nan, (self.top, self.last))

    def _turn(self, turned: np.ndarray, values: np.ndarray, along: np.ndarray) -> np.ndarray:
        """Take turning points; return the values along the new ways.

        Args:
            turned: (swings, P) bool.
            values: (swings, P).
            along: (swings, P) values along the ways before.
        """
        extreme = self.top * self.way
        span = np.abs(extreme - self.last)
        turns, spans = np.zeros_like(self.turns), np.empty_like(self.spans)
        turns[1:], spans[1:], spans[0] = self.turns[:-1], self.spans[:-1], np.fmax(span, 0.0)
        self.turns = np.where(turned, turns, self.turns)
        self.spans = np.where(turned, spans, self.spans)
        self.dwell = np.where(turned, self.stay, self.dwell)
        self.last = np.where(turned, extreme, self.last)
        self.way = np.where(turned, -self.way, self.way)
        along = np.where(turned, values * self.way, along)
        self.top = np.where(turned, along, self.top)
        return along


class _Swings(NamedTuple):
    """Steps of what swings (swings, T, P), as far as they do not hang on where it turned.

    Attributes:
        now: Values.
        values: The same, each averaged with the one before.
        least: How far they must turn back for a swing.
        judged: Whether it is known what jitter is.
        lost: Of each step (swings, P), whose value has just been away for too long; empty where
            nobody's has.
    """

    now: np.ndarray
    values: np.ndarray
    least: np.ndarray
    judged: np.ndarray
    lost: list[np.ndarray]


@lru_cache(maxsize=32)
def _weights(elapsed: float, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Return weights of the first mean and of each step's value in the mean after each step.

    Returns:
        (measures, steps, steps + 1) of means, (steps, steps + 1) of motions.
    """
    def weights(time: float) -> np.ndarray:
        stays = math.exp(-elapsed / time)
        made = np.zeros((steps, steps + 1))
        for step in range(steps):
            made[step, 0] = stays ** (step + 1)
            made[step, 1:step + 2] = (1.0 - stays) * stays ** np.arange(step, -1, -1)
        return made

    return np.array([weights(time) for time in _SMOOTH]), weights(STEADY)


@lru_cache(maxsize=8)
def _gains(elapsed: float) -> np.ndarray:
    """Return how far means (measures, 1) go towards the newest values."""
    return (1.0 - np.exp(-elapsed / _SMOOTH))[:, None]
