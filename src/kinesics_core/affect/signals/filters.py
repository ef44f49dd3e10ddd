"""Recurrent state of everybody's measures: their means (``means``), and what swings.

All of it advances step by step of the timeline, for all persons at once; a copy runs on through a
forecast's steps.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np

from kinesics_core.affect.per_person import every, some
from kinesics_core.affect.signals.means import USUALS, Means
from kinesics_core.affect.signals.measures import MEASURES, M

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
        if len(moments) == 1:
            return moments[0]
        return cls(*(np.concatenate(parts, axis=-1) for parts in zip(*moments, strict=True)))


@dataclass(slots=True)
class State(Means):
    """State of P persons; every array's last axis is theirs.

    Attributes:
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
        return State(*(getattr(self, name).take(rows, axis=-1) for name in _PARTS))

    def keep(self, rows: np.ndarray) -> None:
        """Keep only the persons of the indices given, in that order."""
        for name in _PARTS:
            setattr(self, name, getattr(self, name)[..., rows])

    def admit(self, count: int) -> None:
        """Add persons of whom nothing is known."""
        fresh = State.of(count)
        for name in _PARTS:
            both = (getattr(self, name), getattr(fresh, name))
            setattr(self, name, np.concatenate(both, axis=-1))

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
        face = self.mean[M["face"]]
        means, motions = self.follow(measured, elapsed)
        faces = np.concatenate([face[None], means[M["face"], :-1]])
        usuals = self.learn(measured, elapsed) if learn else [self.usual] * measured.shape[1]
        swings = self._swing(self._steps(may_swing(measured, faces), elapsed), elapsed)
        return [Moment(means[:, step], motions[:, step], usual, *swung)
                for step, (usual, swung) in enumerate(zip(usuals, swings, strict=True))]

    def _steps(self, swinging: np.ndarray, elapsed: float) -> _Swings:
        """Return what of values (swings, T, P) does not hang on where swings turn."""
        line = np.concatenate([self.trail[::-1], swinging.swapaxes(0, 1)])
        now, last = line[2:], line[1:-1]
        # White noise of 1 sigma has second differences of sqrt(6) sigma.
        jitter = np.abs(now - 2.0 * last + line[:-2]) * (1.25 / math.sqrt(6.0))
        jitters, there = np.isfinite(jitter), np.isfinite(now)
        values = np.where(jitters, 0.5 * (now + last), now)
        judged = self.judged + elapsed * np.add.accumulate(jitters, axis=0, dtype=float)
        self.trail, self.judged = line[:-3:-1], judged[-1]
        learnt = np.maximum(judged, elapsed)
        targets, gains = np.empty((2, len(now), 2, *now.shape[1:]))
        targets[:, 0], targets[:, 1] = jitter, values
        targets[np.isnan(targets)] = 0.0
        np.multiply(jitters, elapsed / np.minimum(learnt, 1.0), out=gains[:, 0])
        np.multiply(there, 1.0 - math.exp(-elapsed / 0.3), out=gains[:, 1])
        slow = there * (elapsed / np.where(judged < 1.0, learnt, 20.0))
        least = self._thresholds(targets, gains, slow, there)
        return _Swings(now, values, least, judged > _JUDGED, self._lost(there, elapsed))

    def _lost(self, there: np.ndarray, elapsed: float) -> list[np.ndarray]:
        """Return of each step which values (swings, P) have just been away for too long.

        Args:
            there: (T, swings, P) bool.
            elapsed: Seconds of a step.

        Returns:
            T of them; none where nothing comes or goes.
        """
        times = np.add.reduce(there, axis=0)
        never = times == 0
        if every((times == len(there)) | (never & (self.gone > _GONE))):
            self.gone = (self.gone + elapsed * len(there)) * never
            return []
        lost = []
        for absent in ~there:
            after = (self.gone + elapsed) * absent
            lost.append((after > _GONE) & (self.gone <= _GONE))
            self.gone = after
        return lost

    def _thresholds(
        self, targets: np.ndarray, gains: np.ndarray, slow: np.ndarray, there: np.ndarray
    ) -> np.ndarray:
        """Follow jitter, mean and unrest over some steps; return how far a swing turns back.

        Args:
            targets: (T, 2, swings, P) jitters and values; 0 where there is none.
            gains: How far noise and drift follow them; 0 where there is none.
            slow: (T, swings, P) how far the unrest does.
            there: (T, swings, P) bool.

        Returns:
            (T, swings, P).
        """
        known = ~np.isnan(self.drift)
        drift = np.where(known, self.drift, 0.0)
        begins = np.logical_or.reduce(there, axis=0) & ~known
        if some(begins):  # the first value of a mean
            swing, person = begins.nonzero()
            first = there[:, swing, person].argmax(axis=0)
            drift[swing, person] = targets[first, 1, swing, person]
            known |= begins
        steps = len(targets)
        followed = np.empty((steps + 1, *targets.shape[1:]))  # noise and drift
        followed[0, 0], followed[0, 1] = self.noise, drift
        off = np.empty_like(targets)
        for step in range(steps):
            np.subtract(targets[step], followed[step], out=off[step])
            np.add(followed[step], gains[step] * off[step], out=followed[step + 1])
        # And errors that last: what the value is off its mean, in the first second most.
        errors = np.abs(off[:, 1])
        unrest = np.empty((steps + 1, *errors.shape[1:]))
        unrest[0] = self.unrest
        for step in range(steps):
            np.add(unrest[step], slow[step] * (errors[step] - unrest[step]), out=unrest[step + 1])
        self.noise, self.unrest = followed[-1, 0], unrest[-1]
        self.drift = np.where(known, followed[-1, 1], np.nan)
        least: np.ndarray = np.maximum(
            np.maximum(_CLEAR * followed[1:, 0], _OFF * unrest[1:]), _BACK)
        return least

    def _swing(self, swings: _Swings, elapsed: float) -> list[tuple[np.ndarray, ...]]:
        """Go on by steps; return what a moment tells of swings after each."""
        after: list[tuple[np.ndarray, ...]] = []
        begins = 0  # of the steps that are looked at together: all up to the next turn
        for step in range(len(swings.now)):
            if step == begins:
                along, tops, turned = self._ahead(swings, step)
                turning = np.logical_or.reduce(turned, axis=(1, 2)).tolist()
                reached = along >= tops[1:]
            place = step - begins
            self.turns = self.turns + elapsed
            if turning[place]:
                new = self._turn(turned[place], swings.values[step], along[place])
                self.top = np.fmax(self.top, new)
                self.stay = np.where(new >= self.top, 0.0, self.stay + elapsed)
                begins = step + 1
            else:
                self.top = tops[place + 1]
                self.stay = np.where(reached[place], 0.0, self.stay + elapsed)
            # Swings end where their value is not to be seen for a while.
            if swings.lost and some(swings.lost[step]):
                self.top, self.last = np.where(swings.lost[step], np.nan, (self.top, self.last))
                begins = step + 1
            after.append((self.turns, self.spans, self.top, self.way, self.last, self.dwell))
        return after

    def _ahead(
        self, swings: _Swings, first: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return steps from a first one on as they are if nothing turns.

        Returns:
            (T, swings, P) values along the ways, (T + 1, swings, P) the farthest ones before and
            after each step, (T, swings, P) bool, which turn.
        """
        along = swings.now[first:] * self.way
        tops = np.fmax.accumulate(np.concatenate([self.top[None], along]))
        turned = (along < tops[:-1] - swings.least[first:]) & swings.judged[first:]
        return along, tops, turned

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


_PARTS = tuple(part.name for part in fields(State))


class _Swings(NamedTuple):
    """Steps of what swings (T, swings, P), as far as they do not hang on where it turned.

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
