"""Recurrent state of everybody's measures: their means (``means``), and what swings.

All of it advances step by step of the timeline, for all persons at once; a copy runs on through a
forecast's steps.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np

from kinesics_core.affect.per_person import some
from kinesics_core.affect.signals.means import USUALS, Means, distances, followed
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

HEADS = slice(S["nod"], S["nod"] + 2)
"""Rows of what heads swing."""

_CLEAR = np.where(np.isin(list(SWINGS), ("nod", "shake")), 6.0, 3.0)[:, None]
"""Times that a swing is larger than what jitter makes."""

_OFF = 3.5
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
        trail: (2, swings, P), the two values before, the newer one last.
        noise: (swings, P), how far values jitter from one step to the next (1 sigma).
        judged: (swings, P) seconds in which that was learnt.
        gone: (swings, P) seconds since the value was there.
        stay: (swings, P) seconds since it was farthest.
        dwell: (swings, P) seconds that it stayed at the last turning point.
        drift: (2, P), the mean over .3 s of what heads swing.
        unrest: (2, P), how far it usually is from that.
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
            full(s, value=0.0), full(s, value=0.0), full(s, value=0.0), full(2),
            full(2, value=0.0))

    def of_some(self, rows: np.ndarray) -> State:
        """Return the state of the persons of the indices given, which advances by itself."""
        parts = [getattr(self, name) for name in _PARTS]  # which no step changes in place
        if rows.tolist() != list(range(self.way.shape[1])):
            parts = [part.take(rows, axis=-1) for part in parts]
        return State(*parts)

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
            measured: (T, measures, P) of the steps.
            elapsed: Seconds of a step.
            may_swing: Gives of measures and of means of the measure "face" before them, (T, P),
                what may swing, (T, swings, P); nan where it does not count.
            learn: Whether usual values follow, and what is usual of heads' swings, which no
                forecast tells.
        """
        face = self.mean[M["face"]]
        means, motions = self.follow(measured, elapsed)
        faces = np.concatenate([face[None], means[:-1, M["face"]]])
        usuals = self.learn(measured, elapsed) if learn else [self.usual] * len(measured)
        swings = self._swing(self._steps(may_swing(measured, faces), elapsed, learn), elapsed)
        return [Moment(mean, motion, usual, *swung) for mean, motion, usual, swung in zip(
            means, motions, usuals, swings, strict=True)]

    def _steps(self, swinging: np.ndarray, elapsed: float, learn: bool) -> _Swings:
        """Return what of values (T, swings, P) does not hang on where swings turn."""
        line = np.concatenate([self.trail, swinging])
        change = line[1:] - line[:-1]
        # White noise of 1 sigma has second differences of sqrt(6) sigma.
        jitter = np.abs(change[1:] - change[:-1]) * (1.25 / math.sqrt(6.0))
        jitters, there = np.isfinite(jitter), np.isfinite(swinging)
        judged = self.judged + elapsed * np.add.accumulate(jitters, axis=0, dtype=float)
        learnt = np.maximum(judged, elapsed)
        gains = jitters * (elapsed / np.minimum(learnt, 1.0))
        jitter[~jitters] = 0.0
        noises = followed(self.noise, jitter, gains)
        least = np.maximum(_CLEAR * noises, _BACK)
        swings = _Swings(swinging, line[1:-1], jitters, least, self._lost(there, elapsed))
        if learn:
            seconds = judged[:, HEADS]
            slow = elapsed / np.where(seconds < 1.0, learnt[:, HEADS], 20.0)
            unrest = self._unrest(swings.averaged(np.s_[:, HEADS]), there[:, HEADS], slow, elapsed)
            np.maximum(least[:, HEADS], _OFF * unrest, out=least[:, HEADS])
        least[judged <= _JUDGED] = np.inf
        self.trail, self.judged, self.noise = line[-2:], judged[-1], noises[-1]
        return swings

    def _lost(self, there: np.ndarray, elapsed: float) -> np.ndarray | None:
        """Return of each step which values have just been away for too long; None if none.

        Args:
            there: (T, swings, P) bool.
            elapsed: Seconds of a step.
        """
        away = np.empty((len(there) + 1, *self.gone.shape))
        away[0] = self.gone
        for step, absent in enumerate(~there):
            np.multiply(away[step] + elapsed, absent, out=away[step + 1])
        self.gone = away[-1]
        too_long = away > _GONE
        lost = too_long[1:] > too_long[:-1]
        return lost if some(lost) else None

    def _unrest(
        self, values: np.ndarray, there: np.ndarray, slow: np.ndarray, elapsed: float
    ) -> np.ndarray:
        """Return how far what heads swing (T, 2, P) usually is from its mean after each step.

        Such errors last, unlike jitter.

        Args:
            values: (T, 2, P).
            there: (T, 2, P) bool, which are known.
            slow: (T, 2, P) how far the unrest follows an error.
            elapsed: Seconds of a step.
        """
        drift = self.drift
        begins = np.logical_or.reduce(there, axis=0) & np.isnan(drift)
        if some(begins):  # the first value of a mean
            swing, person = begins.nonzero()
            drift = drift.copy()
            drift[begins] = values[there[:, swing, person].argmax(axis=0), swing, person]
        values = np.where(there, values, 0.0)
        drifts = followed(drift, values, (1.0 - math.exp(-elapsed / 0.3)) * there)
        errors = distances(values, drift, drifts)
        errors[~there] = 0.0
        unrests = followed(self.unrest, errors, slow * there)
        self.drift, self.unrest = drifts[-1], unrests[-1]
        return unrests

    def _swing(self, swings: _Swings, elapsed: float) -> list[tuple[np.ndarray, ...]]:
        """Go on by steps; return what a moment tells of swings after each."""
        after: list[tuple[np.ndarray, ...]] = []
        for step, now in enumerate(swings.now):
            self.turns = self.turns + elapsed
            along = now * self.way
            turned = along < self.top - swings.least[step]
            self.top = np.fmax(self.top, along)
            begins = along >= self.top
            if some(turned):
                self._turn(turned, swings.averaged(step))
                begins |= turned
            self.stay = (self.stay + elapsed) * ~begins
            # Swings end where their value is not to be seen for a while.
            if swings.lost is not None and some(swings.lost[step]):
                self.top, self.last = np.where(swings.lost[step], np.nan, (self.top, self.last))
            after.append((self.turns, self.spans, self.top, self.way, self.last, self.dwell))
        return after

    def _turn(self, turned: np.ndarray, values: np.ndarray) -> None:
        """Take turning points, before time is added to ``stay``.

        Args:
            turned: (swings, P) bool.
            values: (swings, P) from which the new ways begin.
        """
        extreme = self.top * self.way
        span = np.fmax(np.abs(extreme - self.last), 0.0)
        turns, spans = self.turns.copy(), self.spans.copy()
        np.copyto(turns[1:], self.turns[:-1], where=turned)
        np.copyto(spans[1:], self.spans[:-1], where=turned)
        turns[0, turned], spans[0, turned] = 0.0, span[turned]
        self.turns, self.spans = turns, spans
        self.dwell = np.where(turned, self.stay, self.dwell)
        self.last = np.where(turned, extreme, self.last)
        self.way = np.where(turned, -self.way, self.way)
        self.top = np.where(turned, values * self.way, self.top)


_PARTS = tuple(part.name for part in fields(State))


class _Swings(NamedTuple):
    """Steps of what swings (T, swings, P), as far as they do not hang on where it turned.

    Attributes:
        now: Values.
        before: The values a step before.
        jitters: Whether their jitter is known.
        least: How far they must turn back for a swing; infinite until it is known what jitter is.
        lost: Whose value has just been away for too long; None if nobody's.
    """

    now: np.ndarray
    before: np.ndarray
    jitters: np.ndarray
    least: np.ndarray
    lost: np.ndarray | None

    def averaged(self, at: Any) -> np.ndarray:
        """Return the values at an index, each averaged with the one before where both are sure."""
        now = self.now[at]
        return np.where(self.jitters[at], 0.5 * (now + self.before[at]), now)
