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
    """Engagement of P persons, each told by itself: of a few, arrays would cost more.

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
        self.level = [UNKNOWN] * persons
        self.gaze = [math.nan] * persons
        self.away, self.looking, self.known, self.unseen = ([0.0] * persons for _ in range(4))
        self.distance, self.before = [math.nan] * persons, [math.nan] * persons

    def keep(self, rows: np.ndarray) -> None:
        """Keep only the persons of the indices given."""
        for part in self._parts:
            old = getattr(self, part)
            setattr(self, part, [old[row] for row in rows.tolist()])

    def admit(self, count: int) -> None:
        """Add persons."""
        fresh = Engagement(count)
        for part in self._parts:
            getattr(self, part).extend(getattr(fresh, part))

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
        gain, near, far = (
            1.0 - math.exp(-elapsed / time) for time in (0.5 * GAZE_TIME, NEAR_LAG, FAR_LAG))
        persons = zip(*(part.tolist() for part in (yaw, pitch, facing, distance)), strict=True)
        for person, (aside, down, trunk, metres) in enumerate(persons):
            turned = abs(trunk) > TURNED
            looks = abs(aside) < LOOKS_WITHIN[0] and abs(down) < LOOKS_WITHIN[1]
            # Of somebody who shows the back, the face is not there to be read: that says enough.
            if turned or math.isfinite(aside):
                self._look(person, looks, elapsed, gain)
            else:
                self.unseen[person] += elapsed
            if not math.isnan(metres):
                self.distance[person] = _follow(self.distance[person], metres, near)
                self.before[person] = _follow(self.before[person], metres, far)
            self.level[person] = _next_level(
                self.level[person], self.looking[person], self.away[person], self.known[person],
                turned, not self.distance[person] > SOCIAL)
            if self.unseen[person] > 2.0:
                self.level[person], self.gaze[person] = UNKNOWN, math.nan
                self.known[person] = self.looking[person] = 0.0

    def _look(self, person: int, looks: bool, elapsed: float, gain: float) -> None:
        """Take whether a person looks."""
        self.gaze[person] = _follow(self.gaze[person], float(looks), gain)
        self.known[person] += elapsed
        self.unseen[person] = 0.0
        if looks:
            self.away[person] = 0.0
            self.looking[person] += elapsed
        else:
            self.away[person] += elapsed
            if self.away[person] > 0.4:
                self.looking[person] = 0.0

    def approach(self, person: int) -> float:
        """Return a person's speed towards the camera, m/s, nan if unknown."""
        return (self.before[person] - self.distance[person]) / (FAR_LAG - NEAR_LAG)

    def confidence(self, person: int) -> float:
        """Return how sure a person's level is, 0..1, by how long and lately it was told."""
        if self.level[person] == UNKNOWN:
            return 0.0
        return 0.3 + 0.7 * min(self.known[person], 1.0) * math.exp(-self.unseen[person])


def _follow(mean: float, value: float, gain: float) -> float:
    """Return a mean that follows a value, and begins with the first one."""
    return value if math.isnan(mean) else mean + gain * (value - mean)


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
