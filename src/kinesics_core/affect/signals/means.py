"""Means of everybody's measures, how far they move about them, and what is usual of a person."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from kinesics_core.affect.per_person import every
from kinesics_core.affect.signals.measures import MEASURES, M

SMOOTH = 0.10
"""Seconds over which a measure is averaged; the trunk's depth, less certain, and palms three times
that."""

STEADY = 0.25
"""Seconds over which its movement is averaged."""

USUAL = 12.0
"""Seconds over which a person's usual value is learnt; the first second counts equally."""

STALE = 0.5
"""Seconds after which an unseen measure is unknown."""

_SMOOTH = SMOOTH * np.where(np.isin(
    MEASURES, ("lean", "tilt", "facing", "near", "palm_left", "palm_right")), 3.0, 1.0)

USUALS = ("head_up", "pitch", "lean", "scale", "shoulders_y", "shoulders_x", "facing", "hips_y",
          "yaw", "close", "near")
"""Measures whose usual value is followed."""

U = {name: index for index, name in enumerate(USUALS)}
_USUAL_ROWS = np.array([M[name] for name in USUALS])


@dataclass(slots=True)
class Means:
    """Means of P persons; every array's last axis is theirs.

    Attributes:
        mean: (measures, P), smoothed; nan if unknown.
        motion: (measures, P), mean distance of the measure from ``mean``.
        unseen: (measures, P) seconds since it was known.
        usual: (usuals, P).
        learnt: (usuals, P) seconds of learning.
    """

    mean: np.ndarray
    motion: np.ndarray
    unseen: np.ndarray
    usual: np.ndarray
    learnt: np.ndarray

    def follow(self, measured: np.ndarray, elapsed: float) -> tuple[np.ndarray, np.ndarray]:
        """Follow all measures (T, measures, P); return means and motions after each step."""
        there, known = np.isfinite(measured), np.isfinite(self.mean)
        gain, slow = _gains(elapsed), 1.0 - math.exp(-elapsed / STEADY)
        if every(there == known):
            knowns, self.unseen = known, self.unseen * ~known
            gains, slows = gain[None], (slow * known)[None]
        else:
            knowns = self._knowns(there, known, elapsed)
            before = np.concatenate([known[None], knowns[:-1]])
            gains, slows = gain * there, slow * (there & before)
            gains[there & ~before] = 1.0  # a mean that begins tells nothing of motion yet
        # What is unknown is followed as 0.
        values, mean = np.where(there, measured, 0.0), np.where(known, self.mean, 0.0)
        means = followed(mean, values, gains)
        motions = followed(self.motion, distances(values, mean, means), slows)
        np.copyto(means, np.nan, where=~knowns)
        self.mean, self.motion = means[-1], motions[-1]
        return means, motions

    def _knowns(self, there: np.ndarray, known: np.ndarray, elapsed: float) -> np.ndarray:
        """Return which means are known (T, measures, P) after steps, as values come and go.

        Args:
            there: (T, measures, P) bool, which values are known.
            known: (measures, P) bool, which means are known before.
            elapsed: Seconds of a step.
        """
        knowns = np.empty_like(there)
        for step, absent in enumerate(~there):
            self.unseen = (self.unseen + elapsed) * absent
            known = np.logical_and(known | there[step], self.unseen <= STALE, out=knowns[step])
        return knowns

    def learn(self, measured: np.ndarray, elapsed: float) -> np.ndarray:
        """Follow what is usual; return it (T, usuals, P) after steps (T, measures, P)."""
        now = measured.take(_USUAL_ROWS, axis=1)
        there = np.isfinite(now)
        learnt = self.learnt + elapsed * np.add.accumulate(there, axis=0, dtype=float)
        # A plain mean at first, then one that forgets.
        gains = elapsed / np.minimum(np.maximum(learnt, elapsed), USUAL)
        whole = every(there)
        if not whole:
            gains *= there
            now[~there] = 0.0
        usual = np.where(self.learnt > 0.0, self.usual, 0.0)  # the first gain is 1
        usuals = followed(usual, now, gains)
        if not whole:
            usuals[learnt == 0.0] = np.nan
        self.usual, self.learnt = usuals[-1], learnt[-1]
        return usuals


def followed(mean: np.ndarray, values: np.ndarray, gains: np.ndarray) -> np.ndarray:
    """Return means (T, ...) that have followed values, after each step.

    Args:
        mean: (...) before them.
        values: (T, ...).
        gains: (T, ...) share of each value in the mean after it; (1, ...) if all alike.
    """
    stays = 1.0 - gains
    means: np.ndarray = gains * values
    for step in range(len(means)):
        mean = np.add(means[step], stays[step % len(stays)] * mean, out=means[step])
    return means


def distances(values: np.ndarray, mean: np.ndarray, means: np.ndarray) -> np.ndarray:
    """Return how far values (T, ...) are from the mean before each, that of the first one given."""
    apart = np.empty_like(values)
    np.subtract(values[0], mean, out=apart[0])
    np.subtract(values[1:], means[:-1], out=apart[1:])
    return np.abs(apart, out=apart)


@lru_cache(maxsize=8)
def _gains(elapsed: float) -> np.ndarray:
    """Return how far means (measures, 1) go towards the newest values."""
    return (1.0 - np.exp(-elapsed / _SMOOTH))[:, None]
