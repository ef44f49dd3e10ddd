"""Blinks: when the lids close, for how long, and how far they are closed at a moment.

- Rate: 17 a minute at rest (Bentivoglio et al., Movement Disorders 12 (1997) 1028; others find 10
  to 20: Doughty 2002, Garcia et al. 2011), fewer while one attends (4.5 a minute when reading:
  Bentivoglio; observers of another's emotion blink less: Cakir & Huckauf 2025), more with arousal.
- Intervals are skewed to the right, many short ones and a long tail (Ponder & Kennedy 1927;
  Garcia et al. 2011): log-normal beyond a refractory time, with a share of double blinks.
- A blink goes with a large shift of gaze: 97 % of those beyond 33 degrees, beginning with the
  movement (Evinger et al., Experimental Brain Research 100 (1994) 337).
- Profile: the lid shuts fast, stays for a moment and opens slowly; blinks that close fully and are
  asymmetric look natural, symmetric ones do not (Trutoiu et al., ACM Trans. Applied Perception 8
  (2011) 17; VanderWerf et al., J. Neurophysiology 89 (2003) 2784). A third of a second in all,
  within the .2 to .6 s of listeners (Homke, Holler & Levinson, PLOS ONE 13 (2018) e0208030).

Sizes that are not named there are authored.
"""

from __future__ import annotations

import math

import numpy as np

from kinesics_core.expression.onset import rise

BLINKS_PER_MINUTE = 17.0
"""At rest, with nobody to attend to (Bentivoglio et al. 1997)."""

ATTENDING = 0.75
"""Factor of the rate while somebody is looked at."""

AROUSAL = 0.5
"""Share of the rate that full arousal adds and full calm takes away."""

CLOSING = 0.095
"""Seconds in which the lids shut."""

BLINK_SPEED = 1.875 / CLOSING
"""Greatest speed of a blink, 1/s: that of its closing, 19.7."""

CLOSED = (0.02, 0.05)
"""Shortest and longest time that they stay shut, seconds."""

OPENING = 0.20
"""Median time of opening, seconds."""

_OPENING_SPREAD, _OPENING_RANGE = 0.2, (0.14, 0.32)  # of the logarithm; seconds
_DOUBLE, _DOUBLE_INTERVAL = 0.08, (0.5, 0.9)  # share of double blinks; seconds from start to start
_REFRACTORY = 0.6  # seconds from start to start that other intervals have at least
_SPREAD = 0.8  # standard deviation of the intervals' logarithm
_PAUSE = 0.1  # seconds that the lids stay open between two blinks at least

# Mean of the log-normal part, so that all intervals together have the rate's.
_MEAN = (
    60.0 / BLINKS_PER_MINUTE - _DOUBLE * sum(_DOUBLE_INTERVAL) / 2.0
) / (1.0 - _DOUBLE) - _REFRACTORY
_MEDIAN = _MEAN / math.exp(_SPREAD**2 / 2.0)

_EVOKED_HALF, _EVOKED_SLOPE = 22.0, 3.2  # degrees: 97 % at 33


def evoked_probability(amplitude: float) -> float:
    """Return how probably a gaze shift of ``amplitude`` degrees comes with a blink, 0..1."""
    return 1.0 / (1.0 + math.exp((_EVOKED_HALF - amplitude) / _EVOKED_SLOPE))


class Blinks:
    """The blinks of a face, by its own time.

    The interval to the next blink is drawn in time at rest; a rate that differs makes that time
    pass faster or slower, from the moment it is set.
    """

    def __init__(self, seed: tuple[int, ...]) -> None:
        """Begin with open lids; ``seed`` decides when they close."""
        self._intervals = np.random.default_rng((*seed, 0))
        self._profiles = np.random.default_rng((*seed, 1))
        self._evoked = np.random.default_rng((*seed, 2))
        self._rate = 1.0
        self._start, self._open_from, self._end = -1.0, -1.0, -1.0
        self._next = self._intervals.uniform(0.2, 1.0) * self._interval()

    def set_rate(self, time: float, rate: float) -> None:
        """Blink ``rate`` times as often as at rest from ``time`` on."""
        if rate != self._rate:
            self._next = max(time + (self._next - time) * self._rate / rate, self._end + _PAUSE)
            self._rate = rate

    def advance(self, time: float, shifts: list[tuple[float, float]]) -> None:
        """Move on to ``time``.

        Args:
            time: Own time, seconds.
            shifts: Gaze shifts since the last call: when they began and their size, degrees.
        """
        for began, amplitude in shifts:
            self._spontaneous(began)
            if self._evoked.random() < evoked_probability(amplitude) and began >= self._end:
                self._begin(began)
        self._spontaneous(time)

    def lid(self, time: float) -> float:
        """Return how far the lids are shut by a blink, 0 (not) to 1 (fully)."""
        if time >= self._end or time <= self._start:
            return 0.0
        if time >= self._open_from:
            return 1.0 - rise((time - self._open_from) / (self._end - self._open_from))
        p = (time - self._start) / CLOSING
        # Minimum jerk: as fast in shutting as in coming to rest on the lower lid.
        return 1.0 if p >= 1.0 else p * p * p * (10.0 + p * (6.0 * p - 15.0))

    def _spontaneous(self, time: float) -> None:
        while self._next <= time:
            self._begin(self._next)

    def _begin(self, time: float) -> None:
        self._start = time
        self._open_from = time + CLOSING + self._profiles.uniform(*CLOSED)
        opening = OPENING * math.exp(_OPENING_SPREAD * self._profiles.standard_normal())
        low, high = _OPENING_RANGE
        self._end = self._open_from + min(max(opening, low), high)
        self._next = max(time + self._interval() / self._rate, self._end + _PAUSE)

    def _interval(self) -> float:
        if self._intervals.random() < _DOUBLE:
            return self._intervals.uniform(*_DOUBLE_INTERVAL)
        return _REFRACTORY + _MEDIAN * math.exp(_SPREAD * self._intervals.standard_normal())
