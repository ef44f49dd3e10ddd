"""Movements of the eyes to where they look, with the head's part in it.

- Saccades keep the main sequence: 21 ms and 2.2 ms for each degree (Carpenter, Movements of the
  Eyes, 1988), with a speed that rises and falls as half a sine, so that the peak is pi/2 of the
  mean; that is Bahill, Clark & Stark's (Math. Biosciences 24 (1975) 191) curve within its scatter.
  Speed saturates at 550 degrees a second, 350 up and down. The next begins 130 ms after at the
  earliest, whatever the bearing does meanwhile.
- A person who moves slowly is followed smoothly (pursuit, up to 40 degrees a second).
- The head makes most of what is beyond some degrees (Freedman & Sparks, J. Neurophysiology 77
  (1997) 2328) and comes later; the eyes turn back by as much (vestibulo-ocular reflex), so that
  the gaze stays.
- At a person the gaze goes to and fro between eyes and mouth (Yarbus 1967; Henderson, Williams &
  Falk, Memory & Cognition 33 (2005) 98), and looks away after some seconds: one looks at a face
  for 2.2 s (Rogers et al., Scientific Reports 8 (2018) 4271) to 3.3 s (Binetti et al., R. Soc. Open
  Science 3 (2016) 160086) at a time, listeners about three quarters of the time (Argyle & Cook
  1976); ours longer, as a robot that looks away seems not to listen. Within a fixation small
  saccades go on.
- The eyes of one who looks at a person converge on them.

Angles are radians, azimuth to the left and elevation up positive, relative to the trunk; sizes
without a source are authored.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from kinesics_core.expression.onset import RISE_SPEED, Course

EYE_RANGE = np.radians([35.0, 25.0])
"""Azimuth and elevation that the eyes turn in the head, +- radians (comfortable range)."""

HEAD_RANGE = np.radians([60.0, 25.0])
"""Yaw and elevation that the head turns to look, +- radians."""

SACCADE_SPEED = np.radians([550.0, 350.0])
"""Greatest speed of a saccade in azimuth and elevation, rad/s."""

HEAD_SPEED = 2.0
"""Speed of the head that a shift of gaze is planned for, rad/s."""

FIXATION = 0.13
"""Shortest time from the end of a saccade to the next, seconds."""

SACCADE_DURATION = (0.021, 0.0022)
"""Duration of a saccade: seconds, and seconds for each degree (Carpenter 1988)."""


@dataclass(frozen=True, slots=True)
class GazeBehaviour:
    """Habits of looking; angles in degrees, times in seconds; authored but for those named above.

    Attributes:
        head_share: Part of azimuth and elevation beyond ``eyes_alone`` that the head makes.
        eyes_alone: Shifts up to here are made by the eyes alone.
        eye_comfort: Share of ``EYE_RANGE`` beyond which the head must follow.
        head_time: Shortest time of a turn of the head.
        smallest_turn: Changes of the bearing below leave the head still.
        step: Jumps of the bearing from here on are made by a saccade.
        pursuit: Speed of the bearing, degrees a second, up to which it is followed smoothly.
        pursuit_step, pursuit_gap: Largest change of the bearing, and longest time from one to the
            next, that count as such a movement.
        pursuit_time: Time over which it is smoothed.
        pursuit_lag: Angle that the eyes may be behind a smooth movement; a saccade makes up more.
        eyes, mouth: Where they are from the middle of a face at 1.5 m: azimuth +-, elevation.
        mouth_share, middle_share: Share of fixations on the mouth and on the nose; eyes the rest.
        face_fixation, rest_fixation: Median duration of fixations on a face and otherwise.
        fixation_spread: Standard deviation of its logarithm.
        drift: Standard deviation of a fixation about its point.
        attention, attention_least: Median time from one aversion to the next, and shortest.
        aversion: Median and shortest duration of one.
        averted: Smallest and largest angle to the side.
        averted_elevation: Mean and standard deviation of its elevation: down rather than up.
        glance: Standard deviation of azimuth and elevation of a glance with nobody to look at.
        glance_interval: Shortest and longest time from one glance to the next.
        vergence: Angle by which each eye turns in, for pupils 63 mm apart and a face at 1.5 m.
    """

    head_share: tuple[float, float] = (0.75, 0.6)
    eyes_alone: float = 6.0
    eye_comfort: float = 0.75
    head_time: float = 0.45
    smallest_turn: float = 2.0
    step: float = 1.5
    pursuit: float = 40.0
    pursuit_step: float = 4.0
    pursuit_gap: float = 0.25
    pursuit_time: float = 0.25
    pursuit_lag: float = 6.0
    eyes: tuple[float, float] = (1.2, 0.7)
    mouth: tuple[float, float] = (0.0, -1.8)
    mouth_share: float = 0.2
    middle_share: float = 0.1
    face_fixation: float = 0.6
    rest_fixation: float = 0.8
    fixation_spread: float = 0.5
    drift: float = 0.2
    attention: float = 6.0
    attention_least: float = 4.0
    aversion: tuple[float, float] = (1.2, 0.6)
    averted: tuple[float, float] = (8.0, 15.0)
    averted_elevation: tuple[float, float] = (-3.0, 4.0)
    glance: tuple[float, float] = (7.0, 3.0)
    glance_interval: tuple[float, float] = (2.0, 6.0)
    vergence: float = 1.2


_HABIT = GazeBehaviour()

HABITUAL_SHARE = 0.83
"""Share of the time that somebody attended to is looked at by habit: of ``attention`` and
``aversion``, medians with the mean of their spreads."""

_RARELY = 0.05  # least share of looking at somebody that is attended to
_LIMIT = tuple((EYE_RANGE + HEAD_RANGE).tolist())
_KNEE = 0.85  # share of a range up to which ``within`` leaves an angle as it is


def within(angle: float, limit: float) -> float:
    """Return an angle kept within +-limit: unchanged up to 85 % of it, then ever less, smoothly."""
    size, knee = abs(angle), _KNEE * limit
    if size <= knee:
        return angle
    room = limit - knee
    return math.copysign(knee + room * math.tanh((size - knee) / room), angle)


def saccade_duration(azimuth: float, elevation: float) -> float:
    """Return how long a saccade by these angles (radians) takes, seconds."""
    rest, slope = SACCADE_DURATION
    return max(
        rest + slope * math.degrees(math.hypot(azimuth, elevation)),
        0.5 * math.pi * abs(azimuth) / float(SACCADE_SPEED[0]),
        0.5 * math.pi * abs(elevation) / float(SACCADE_SPEED[1]),
    )


class Gaze:
    """The gaze and the head's share of it, by the animator's own time (seconds, never back)."""

    def __init__(self, seed: tuple[int, ...]) -> None:
        """Look ahead; ``seed`` decides fixations, aversions and glances."""
        self._fixations = np.random.default_rng((*seed, 0))
        self._wanderings = np.random.default_rng((*seed, 1))
        self._bearing: tuple[float, float] | None = None
        self._changed = -1.0  # when the bearing last changed
        self._pursuit = Course(np.zeros(2))
        self._anchor = (0.0, 0.0)  # what saccades have to bring the gaze to, besides pursuit
        self._point = (0.0, 0.0)  # of the face, or away from it, from the anchor
        self._averted, self._away = False, (0.0, 0.0)  # and where to, degrees from the face
        self._stretch = 1.0  # of the spells of looking; those of looking away are as much shorter
        self._pointed = 0.0  # when a fixation, a glance or an aversion last changed the point
        self._from, self._to = (0.0, 0.0), (0.0, 0.0)  # the saccade under way or the last one
        self._began, self._ended = -1.0, -1.0
        self._next_fixation = self._fixation_time(0.0)
        self._next_wandering = self._wanderings.uniform(*_HABIT.glance_interval)
        self._head = Course(np.zeros(2))
        self._head_for = (0.0, 0.0)  # the direction that the head's aim was made for
        self._vergence = Course(np.zeros(1))
        self._shifts: list[tuple[float, float]] = []

    @property
    def attending(self) -> bool:
        """True while there is somebody to look at."""
        return self._bearing is not None

    def look(self, time: float, bearing: np.ndarray | None) -> None:
        """Set azimuth and elevation (2,) to look at from ``time`` on; None: look around."""
        if bearing is None:
            if self._bearing is not None:
                self._bearing, self._averted = None, False
                self._vergence.go(time, np.zeros(1), 0.5)
                self._next_wandering = time + self._wanderings.uniform(*_HABIT.glance_interval)
            return
        azimuth, elevation = bearing.tolist()
        new = (min(max(azimuth, -_LIMIT[0]), _LIMIT[0]),
               min(max(elevation, -_LIMIT[1]), _LIMIT[1]))
        if new == self._bearing:
            return
        if self._bearing is None:
            self._vergence.go(time, np.full(1, math.radians(_HABIT.vergence)), 0.4)
            self._attend(time)
            change = None
        else:
            change = self._smooth_change(time, self._bearing, new)
        pursued = self._pursuit.aim
        if change is not None:
            self._pursuit.go(time, pursued + change, _HABIT.pursuit_time)
        else:
            if self._averted:
                self._attend(time)
            self._anchor = (new[0] - float(pursued[0]), new[1] - float(pursued[1]))
        self._bearing, self._changed = new, time
        self._turn_head(time, new)

    def set_share(self, share: float) -> None:
        """Set the share of the time that somebody attended to is looked at, from the next spell on.

        Args:
            share: 0..1; ``HABITUAL_SHARE`` and more is as by habit.
        """
        share = min(max(share, _RARELY), HABITUAL_SHARE)
        odds = share / (1.0 - share) * (1.0 - HABITUAL_SHARE) / HABITUAL_SHARE
        self._stretch = math.sqrt(odds)

    def advance(self, time: float) -> list[tuple[float, float]]:
        """Move on to ``time``; return the saccades since: when they began, and their degrees."""
        while True:
            event = min(self._next_fixation, self._next_wandering)
            self._saccade(min(event, time))
            if event > time:
                break
            if self._next_wandering <= self._next_fixation:
                self._wander(event)
            else:
                self._fixate(event)
        shifts, self._shifts = self._shifts, []
        return shifts

    def direction(self, time: float) -> tuple[float, float]:
        """Return azimuth and elevation of the gaze, as far as the eyes in any head allow."""
        share = 1.0
        if time < self._ended:
            share = 0.5 - 0.5 * math.cos(
                math.pi * max(time - self._began, 0.0) / (self._ended - self._began))
        pursued = self._pursuit.at(time)
        (a, e), (b, f) = self._from, self._to
        return a + share * (b - a) + float(pursued[0]), e + share * (f - e) + float(pursued[1])

    def head(self, time: float) -> tuple[float, float]:
        """Return yaw (left) and elevation (up) by which the head turns to look."""
        yaw, elevation = self._head.at(time)
        return float(yaw), float(elevation)

    def vergence(self, time: float) -> float:
        """Return the angle by which each eye turns in."""
        return float(self._vergence.at(time)[0])

    def _smooth_change(
        self, time: float, old: tuple[float, float], new: tuple[float, float]
    ) -> np.ndarray | None:
        """Return the change (2,) of a bearing that pursuit follows, None if a saccade must."""
        change = np.subtract(new, old)
        size = math.degrees(math.hypot(*change))
        gap = time - self._changed
        steady = gap <= _HABIT.pursuit_gap and size <= min(
            _HABIT.pursuit_step, _HABIT.pursuit * gap)
        behind = self._pursuit.aim + change - self._pursuit.at(time)
        small = math.hypot(*behind) <= math.radians(_HABIT.pursuit_lag)
        return change if (size < _HABIT.step or steady) and small else None

    def _saccade(self, time: float) -> None:
        """Begin the saccade that is due by ``time``, if one is."""
        target = (self._anchor[0] + self._point[0], self._anchor[1] + self._point[1])
        if target == self._to:
            return
        begin = max(self._changed, self._pointed, self._ended + FIXATION)
        if begin > time:
            return
        azimuth, elevation = target[0] - self._to[0], target[1] - self._to[1]
        self._from, self._to = self._to, target
        self._began = begin
        self._ended = begin + saccade_duration(azimuth, elevation)
        self._shifts.append((begin, math.degrees(math.hypot(azimuth, elevation))))

    def _turn_head(self, time: float, direction: tuple[float, float]) -> None:
        if math.hypot(direction[0] - self._head_for[0], direction[1] - self._head_for[1]) \
                < math.radians(_HABIT.smallest_turn):
            return
        self._head_for = direction
        target = np.array([_head_part(angle, axis) for axis, angle in enumerate(direction)])
        self._head.at(time)
        way = self._head.span(target)
        if way:
            self._head.go(time, target, max(_HABIT.head_time, RISE_SPEED * way / HEAD_SPEED))

    def _fixate(self, time: float) -> None:
        """Look at another point of the face, or a little beside where the gaze rests."""
        self._next_fixation = self._fixation_time(time)
        azimuth, elevation = self._fixations.normal(0.0, _HABIT.drift, 2)
        where = self._fixations.random()
        side = -1.0 if self._fixations.random() < 0.5 else 1.0
        if self._averted:
            azimuth, elevation = azimuth + self._away[0], elevation + self._away[1]
        elif self._bearing is not None:
            if where < _HABIT.mouth_share:
                azimuth, elevation = azimuth + _HABIT.mouth[0], elevation + _HABIT.mouth[1]
            elif where > _HABIT.mouth_share + _HABIT.middle_share:
                azimuth, elevation = azimuth + side * _HABIT.eyes[0], elevation + _HABIT.eyes[1]
        self._point = (math.radians(azimuth), math.radians(elevation))
        self._pointed = time

    def _wander(self, time: float) -> None:
        """Glance about when there is nobody, look away from somebody, or look back."""
        draw = self._wanderings
        if self._bearing is None:
            azimuth, elevation = np.clip(
                np.radians(draw.normal(0.0, _HABIT.glance)), -EYE_RANGE, EYE_RANGE).tolist()
            pursued = self._pursuit.aim.tolist()
            glance = (azimuth, elevation)
            self._anchor = (azimuth - pursued[0], elevation - pursued[1])
            self._point, self._pointed = (0.0, 0.0), time
            self._turn_head(time, glance)
            self._next_wandering = time + draw.uniform(*_HABIT.glance_interval)
            return
        if self._averted:
            self._attend(time)
        else:
            self._averted = True
            median, least = _HABIT.aversion
            self._next_wandering = time + (least + (median - least) * math.exp(
                0.5 * draw.standard_normal())) / self._stretch
            side = -1.0 if draw.random() < 0.5 else 1.0
            self._away = (side * draw.uniform(*_HABIT.averted),
                          draw.normal(*_HABIT.averted_elevation))
        self._fixate(time)

    def _attend(self, time: float) -> None:
        """Begin a spell of looking at the face."""
        self._averted = False
        least, median = _HABIT.attention_least, _HABIT.attention
        self._next_wandering = time + self._stretch * (least + (median - least) * math.exp(
            0.8 * self._wanderings.standard_normal()))
        self._point, self._pointed = (0.0, 0.0), time

    def _fixation_time(self, time: float) -> float:
        median = _HABIT.rest_fixation if self._bearing is None or self._averted \
            else _HABIT.face_fixation
        spread = _HABIT.fixation_spread * self._fixations.standard_normal()
        return time + FIXATION + (median - FIXATION) * math.exp(spread)


def _head_part(angle: float, axis: int) -> float:
    """Return how far the head turns to look in a direction (azimuth: axis 0, elevation: 1)."""
    size = abs(angle)
    beyond = max(size - math.radians(_HABIT.eyes_alone), 0.0)
    # What the eyes cannot reach the head must, up to its own range.
    needed = max(size - _HABIT.eye_comfort * float(EYE_RANGE[axis]), 0.0)
    part = max(_HABIT.head_share[axis] * beyond, needed)
    return math.copysign(min(part, float(HEAD_RANGE[axis])), angle)
