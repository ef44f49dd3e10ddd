"""Engagement with the robot in REP-155's five levels, from gaze, facing and distance over time.

A person who looks towards the robot begins to engage; who keeps looking, near enough and turned to
it, is engaged; who looks or turns away for longer than a glance begins to disengage. REP-155 names
the levels; the thresholds are ours: people hold each other's gaze for 1 to 3 s at a time (Argyle &
Dean 1965; Binetti et al. 2016), glances away in conversation last under a second, and the far end
of Hall's social distance is 3.6 m.
"""

from __future__ import annotations

import math

import numpy as np

from kinesics_core.affect.per_person import some
from kinesics_core.affect.signals.names import ENGAGEMENT

UNKNOWN, DISENGAGED, ENGAGING, ENGAGED, DISENGAGING = range(len(ENGAGEMENT))

GAZE_TIME = 1.0
"""Seconds over which the share of looking is taken."""

LOOKS_WITHIN = (0.26, 0.30)
"""Radians of yaw and pitch of the gaze against the line to the camera that count as looking at it:
a face in conversation, seen from a camera on or above the robot's head."""

TURNED = 0.9
"""Radians of the trunk's yaw from which a person is turned away."""

NEAR_LAG, FAR_LAG = 0.25, 0.75
"""Seconds by which two means of the distance lag; their difference tells its change."""

SOCIAL = 3.6
"""Metres; farther people may look, but are not engaged."""


class Engagement:
    """Engagement of P persons.

    Attributes:
        level: (P,) index into ``ENGAGEMENT``.
        gaze: (P,) share of looking over about a second, nan if unknown.
        away: (P,) seconds without looking.
        looking: (P,) seconds of looking, glances away left out.
        known: (P,) seconds in which it could be told.
        unseen: (P,) seconds in which it could not.
        distance: (P,) metres, smoothed; nan if unknown.
        before: (P,) metres, smoothed more, so that it lags behind.
    """

    _parts = ("level", "gaze", "away", "looking", "known", "unseen", "distance", "before")

    def __init__(self, persons: int = 0) -> None:
        """Know nothing of anybody."""
        self.level = np.full(persons, UNKNOWN)
        self.gaze = np.full(persons, np.nan)
        self.away, self.looking, self.known = (np.zeros(persons) for _ in range(3))
        self.unseen = np.zeros(persons)
        self.distance, self.before = np.full(persons, np.nan), np.full(persons, np.nan)

    def keep(self, rows: np.ndarray) -> None:
        """Keep only the persons of the indices given."""
        for part in self._parts:
            setattr(self, part, getattr(self, part)[rows])

    def admit(self, count: int) -> None:
        """Add persons."""
        fresh = Engagement(count)
        for part in self._parts:
            setattr(self, part, np.concatenate([getattr(self, part), getattr(fresh, part)]))

    def advance(
        self, yaw: np.ndarray, pitch: np.ndarray, facing: np.ndarray, distance: np.ndarray,
        elapsed: float,
    ) -> None:
        """Go one step on.

        Args:
            yaw: (P,) radians, of the gaze against the line to the camera; nan if unknown.
            pitch: (P,) likewise, against the person's usual one.
            facing: (P,) radians, of the trunk; nan if unknown.
            distance: (P,) metres; nan if unknown.
            elapsed: Seconds.
        """
        looks = (np.abs(yaw) < LOOKS_WITHIN[0]) & (np.abs(pitch) < LOOKS_WITHIN[1])
        turned = np.abs(facing) > TURNED
        # Of somebody who shows the back, the face is not there to be read: that says enough.
        told = np.isfinite(yaw) | turned
        looks &= told
        gain = 1.0 - math.exp(-elapsed / (0.5 * GAZE_TIME))
        begun = np.where(np.isnan(self.gaze), looks, self.gaze)
        self.gaze = np.where(told, begun + gain * (looks - begun), self.gaze)
        self.known = np.where(told, self.known + elapsed, self.known)
        self.unseen = np.where(told, 0.0, self.unseen + elapsed)
        self.away = np.where(looks, 0.0, self.away + np.where(told, elapsed, 0.0))
        self.looking = np.where(
            looks, self.looking + elapsed, np.where(self.away > 0.4, 0.0, self.looking))
        old = np.array([self.distance, self.before])
        gains = np.array([[1.0 - math.exp(-elapsed / NEAR_LAG)],
                          [1.0 - math.exp(-elapsed / FAR_LAG)]])
        new = np.where(np.isnan(old), distance, old + gains * (distance - old))
        self.distance, self.before = np.where(np.isnan(distance), old, new)
        near = ~(self.distance > SOCIAL)
        parts = (self.level, self.looking, self.away, self.known, turned, near)
        self.level = np.array([_next_level(*told) for told in zip(
            *(part.tolist() for part in parts), strict=True)], np.int64)
        lost = self.unseen > 2.0
        if some(lost):
            self.level[lost] = UNKNOWN
            self.gaze[lost], self.known[lost], self.looking[lost] = np.nan, 0.0, 0.0

    def approach(self) -> np.ndarray:
        """Return the speed towards the camera (P,), m/s, nan if unknown."""
        return (self.before - self.distance) / (FAR_LAG - NEAR_LAG)

    def confidence(self) -> np.ndarray:
        """Return how sure the levels are (P,), 0..1, by how long and lately it was told."""
        seen = np.minimum(self.known, 1.0) * np.exp(-self.unseen)
        return np.where(self.level == UNKNOWN, 0.0, 0.3 + 0.7 * seen)


def _next_level(
    was: int, looking: float, away: float, known: float, turned: bool, near: bool
) -> int:
    """Return the level of somebody a step later.

    Args:
        was: The level before.
        looking: Seconds of looking, glances away left out.
        away: Seconds without looking.
        known: Seconds in which it could be told.
        turned: Whether the trunk is turned away.
        near: Whether they are near enough to be engaged.
    """
    if was == UNKNOWN:
        return DISENGAGED if known >= 0.3 else UNKNOWN
    if was == DISENGAGED:
        return ENGAGING if looking >= 0.2 else DISENGAGED
    if was == ENGAGED:
        leaves = away > 1.0 or (turned and away > 0.4) or not near
        return DISENGAGING if leaves else ENGAGED
    long_away, long_enough = (0.7, 1.0) if was == ENGAGING else (2.5, 0.3)
    if away > long_away:
        return DISENGAGED
    return ENGAGED if looking >= long_enough and near and not turned else was
