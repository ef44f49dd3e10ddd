"""Onset, apex and offset: how long each emotion takes, and the path from one face to another.

Durations. Sadness is recognised best and looks right when it rises slowly, surprise and happiness
when they rise fast, anger in between (Kamachi et al., Perception 30 (2001) 875; Sato & Yoshikawa,
Cognition & Emotion 18 (2004) 701, who rated morphs of .25 to 2 s; Recio, Schacht & Sommer,
Cognition & Emotion 27 (2013) 1486, rises of .2 to .9 s, disgust fast to moderate). Realistic
onsets and offsets lie between .24 and 3 s and differ by emotion (Hoffmann et al., Cognition &
Emotion 24 (2010) 1369). A felt expression comes and goes smoothly, a posed one abruptly (Ekman &
Friesen, J. Nonverbal Behavior 6 (1982) 238; Hess & Kleck, European J. Social Psychology 20 (1990)
369), and goes more slowly than it comes. The order is theirs; the seconds are authored within
those ranges.

Path. The onset of a spontaneous smile takes the same time whatever its size, so its greatest speed
is in proportion to its amplitude (Schmidt, Cohn & Tian, Biological Psychology 65 (2003) 49). Hence
one profile stretched to the duration, ``rise``. A new target while the face still moves adds its
own move to those under way (superposition, as reaching movements do: Flash & Henis, J. Cognitive
Neuroscience 3 (1991) 220): the face never leaves the range of the faces it goes between, and
speed and acceleration are bounded for any sequence of targets (``Course``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinesics_core.affect.emotions import (
    ANGER,
    CONTEMPT,
    DISGUST,
    FEAR,
    HAPPINESS,
    NEUTRAL,
    SADNESS,
    SURPRISE,
)


@dataclass(frozen=True, slots=True)
class Timing:
    """Duration of an expression's rise to its apex and of its way back to rest, seconds."""

    onset: float
    offset: float


TIMING: dict[int, Timing] = {
    SURPRISE: Timing(0.30, 0.60),
    FEAR: Timing(0.40, 0.90),
    DISGUST: Timing(0.50, 0.90),
    HAPPINESS: Timing(0.60, 1.10),
    ANGER: Timing(0.60, 1.00),
    CONTEMPT: Timing(0.70, 1.00),
    SADNESS: Timing(1.20, 1.80),
    NEUTRAL: Timing(0.60, 0.90),
}
"""Emotion -> its timing; neutral's is that of a face given directly."""

ONSET_RANGE = (0.25, 10.0)
"""Shortest and longest onset that may be asked for, seconds; of micro-expressions it is up to .26
(Yan et al., J. Nonverbal Behavior 37 (2013) 217)."""

RISE_SPEED = 2.0736
"""Greatest slope of ``rise``, at 2/5 of the way."""

RISE_ACCELERATION = 14.11
"""Greatest acceleration that any sequence of superposed moves of duration 1 between 0 and 1 can
have: half the total variation of ``rise``'s second derivative."""

_PACE_CHANGE = 0.1
"""Time in which a face in motion takes up the pace of a new move, seconds."""

_MOST_MOVES = 256
"""Moves under way at once; what comes beyond waits. An onset of 1.2 s at 200 new targets a second
has 240."""


def rise(progress: float) -> float:
    """Return the share of the way made at a share of the time.

    The integral of 60 p^2 (1 - p)^3: at rest at both ends, acceleration included, fastest at 2/5
    and settling slowly.
    """
    if progress <= 0.0:
        return 0.0
    if progress >= 1.0:
        return 1.0
    p = progress
    return p * p * p * (20.0 + p * (-45.0 + p * (36.0 - 10.0 * p)))


def _risen_area(progress: float) -> float:
    """Return the integral of ``rise`` from 0 to ``progress``."""
    p = min(max(progress, 0.0), 1.0)
    area = p**4 * (5.0 + p * (-9.0 + p * (6.0 - p * 10.0 / 7.0)))
    return area + max(progress - 1.0, 0.0)


class Course:
    """A vector on its way through the targets it is given, as sums of moves that overlap.

    All moves share one clock of progress whose pace is 1 / duration. From rest a move takes its
    duration exactly; in motion the pace changes to the new one over 0.1 s, chosen so that the new
    target is reached in its own duration too. For components within a range R, moves of a shortest
    duration T and lags up to L the speed is below ``RISE_SPEED`` R / ((T - 0.043) (1 - L)).

    Closed in time: the value at a moment depends on when targets were set, not on when it was
    asked for.
    """

    def __init__(self, start: np.ndarray, lags: np.ndarray | None = None) -> None:
        """Rest at ``start``.

        Args:
            start: The value, (n,).
            lags: Share of a move, 0..1, after which each component begins to move, (n,); None: 0.
        """
        self.aim = np.array(start, dtype=np.float64)
        """End of the newest move, (n,); to be read only."""
        self._settled = self.aim
        self._lags, group = np.unique(
            np.zeros(len(self.aim)) if lags is None else lags, return_inverse=True)
        # A move is a row for each lag, with the components that have it: their way, when they
        # begin on the clock of progress, and how fast they are.
        self._groups = np.eye(len(self._lags))[:, group]
        self._ways = np.zeros((0, len(self.aim)))
        self._begins, self._paces = np.zeros(0), np.zeros(0)
        self._starts: list[float] = []  # of the moves, on the clock of progress
        self._from = (0.0, 0.0, 0.0)  # time, progress and pace from which the clock is counted
        self._ramps: list[tuple[float, float]] = []  # beginnings and sizes of changes of pace
        self._waiting: tuple[np.ndarray, float | None] | None = None

    @property
    def moving(self) -> bool:
        """True if a move was under way when it was last asked for a value."""
        return len(self._starts) > 0

    def clock(self, time: float) -> float:
        """Return the progress made by ``time``: a move ends 1 after it began."""
        since, progress, pace = self._from
        progress += pace * (time - since)
        for began, change in self._ramps:
            progress += change * _PACE_CHANGE * _risen_area((time - began) / _PACE_CHANGE)
        return progress

    def go(self, time: float, target: np.ndarray, duration: float | None) -> None:
        """Move to ``target`` (n,) from ``time`` on.

        Args:
            time: Own time, seconds.
            target: Where to, (n,).
            duration: Seconds until it is there; None: at the pace of the moves under way.
        """
        self.at(time)
        if len(self._starts) >= _MOST_MOVES:
            self._waiting = (target, duration)
            return
        self._waiting = None
        way = self._groups * (target - self.aim)
        now = self.clock(time)
        if duration is not None:
            self._set_pace(time, now, duration)
        if self._starts and self._starts[-1] == now:
            self._ways[-len(way) :] += way
        else:
            self._starts.append(now)
            self._ways = np.concatenate([self._ways, way])
            self._begins = np.concatenate([self._begins, now + self._lags])
            self._paces = np.concatenate([self._paces, 1.0 / (1.0 - self._lags)])
        self.aim = np.array(target, dtype=np.float64)

    def at(self, time: float) -> np.ndarray:
        """Return the value (n,) at ``time``, which must not go back; to be read only."""
        if not self._starts:
            return self.aim
        now = self.clock(time)
        done = 0
        while done < len(self._starts) and now - self._starts[done] >= 1.0:
            done += 1
        if done:
            self._settle(done)
            if not self._starts:
                return self.aim
            if self._waiting is not None:
                self.go(time, *self._waiting)
        p = (now - self._begins) * self._paces
        np.maximum(p, 0.0, out=p)
        np.minimum(p, 1.0, out=p)
        shares = p * p * p * (20.0 - p * (45.0 - p * (36.0 - 10.0 * p)))
        return self._settled + shares @ self._ways

    def _settle(self, done: int) -> None:
        """Take the first moves, which are over, for done."""
        rows = done * len(self._lags)
        self._settled = self._settled + self._ways[:rows].sum(axis=0)
        self._ways, self._starts = self._ways[rows:], self._starts[done:]
        self._begins, self._paces = self._begins[rows:], self._paces[rows:]
        if not self._starts:
            self._settled = self.aim  # free of rounding

    def span(self, target: np.ndarray) -> float:
        """Return the widest range that a component has over the moves under way and ``target``."""
        ends = self._settled + np.concatenate(
            [np.zeros((1, len(target))), np.cumsum(self._ways, axis=0)])
        return float((np.maximum(ends.max(axis=0), target)
                      - np.minimum(ends.min(axis=0), target)).max())

    def _set_pace(self, time: float, now: float, duration: float) -> None:
        if not self._starts:  # at rest: nothing moves, so nothing can jerk
            self._from, self._ramps = (time, now, 1.0 / duration), []
            return
        since, progress, pace = self._from
        while self._ramps and time >= self._ramps[0][0] + _PACE_CHANGE:
            began, change = self._ramps.pop(0)
            progress += pace * (began - since) + change * _PACE_CHANGE * (4.0 / 7.0 - 1.0)
            since, pace = began, pace + change
        self._from = (since, progress, pace)
        ahead = self.clock(time + duration) - now
        change = (1.0 - ahead) / (duration - 3.0 / 7.0 * _PACE_CHANGE)
        settled = pace + sum(size for _, size in self._ramps)
        change = max(change, -0.95 * settled)
        if change:
            if self._ramps and self._ramps[-1][0] == time:  # a clock may stand still
                change += self._ramps.pop()[1]
            self._ramps.append((time, change))
