"""Means of everybody's measures, how far they move about them, and what is usual of a person."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from kinesics_core.affect.per_person import every, some
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
          "yaw", "near")
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
        """Follow all measures; return means and motions (measures, T, P) after each step."""
        there = np.isfinite(measured)
        times = np.add.reduce(there, axis=1)
        always = times == measured.shape[1]
        if every(always | (times == 0)):
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
        unknown = np.isnan(self.mean)
        begins, stays = unknown & there, ~(unknown | there)
        line = np.empty((len(measured), count + 1, measured.shape[2]))
        apart = np.empty_like(line)
        line[:, 0], apart[:, 0] = self.mean, self.motion
        if some(begins):  # a mean that begins tells nothing of motion yet
            line[:, 0][begins] = measured[:, 0][begins]
            apart[:, 0][begins] /= for_motions[0, 0]
        line[:, 1:] = np.where(there[:, None], measured, line[:, :1])
        means = for_means @ line
        apart[:, 1:] = line[:, 1:]
        apart[:, 1] -= line[:, 0]
        apart[:, 2:] -= means[:, :-1]
        np.abs(apart[:, 1:], out=apart[:, 1:])
        motions = np.where(there[:, None], for_motions @ apart, self.motion[:, None])
        away = self.unseen
        if some(stays):
            for step in range(count):
                away = away + elapsed
                means[:, step][stays & (away > STALE)] = np.nan
        # Of a mean that is unknown it does not matter for how long it has been.
        self.mean, self.motion, self.unseen = means[:, -1], motions[:, -1], away * ~there
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

    def learn(self, measured: np.ndarray, elapsed: float) -> list[np.ndarray]:
        """Follow what is usual; return it (usuals, P) after each step of measures."""
        now = measured.take(_USUAL_ROWS, axis=0).swapaxes(0, 1)
        there = np.isfinite(now)
        learnt = self.learnt + elapsed * np.add.accumulate(there, axis=0, dtype=float)
        # A plain mean at first, then one that forgets.
        gains = elapsed / np.minimum(np.maximum(learnt, elapsed), USUAL)
        self.learnt = learnt[-1]
        usuals = []
        whole, begins = every(there), some(np.isnan(self.usual))
        for step, gain in enumerate(gains):
            usual = self.usual
            if begins:
                usual = np.where(np.isnan(usual), now[step], usual)
            followed = usual + gain * (now[step] - usual)
            self.usual = followed if whole else np.where(there[step], followed, self.usual)
            usuals.append(self.usual)
        return usuals


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
