"""Walks and runs with turns and stops, at the speed of a state of affect."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from kinesics_core.synthesis.footwork import Gait, StepShape, gait
from kinesics_core.synthesis.performer import Performer
from kinesics_core.synthesis.score import Score


@dataclass(frozen=True, slots=True)
class Pace:
    """Speed and steps of a walk or a run of the average adult.

    Attributes:
        speed, speed_range: In a neutral state, and its limits, m/s.
        step: Length of a step at 1.2 m/s, metres.
        lift: Height of the ankle's swing at extent 1, metres.
    """

    speed: float
    speed_range: tuple[float, float]
    step: float
    lift: float


WALK = Pace(speed=1.10, speed_range=(0.5, 2.0), step=0.64, lift=0.15)
RUN = Pace(speed=2.4, speed_range=(0.5, 3.2), step=0.80, lift=0.30)
"""Authored, within what adults do."""


@dataclass(frozen=True, slots=True)
class Walking:
    """Gains from the state to a walk, and its wandering.

    Signs of the first three follow Roether, Omlor, Christensen & Giese (2009): speed grows with
    anger and joy and shrinks in sadness and fear. Sizes are authored.

    Attributes:
        arousal, valence, dominance: Gain of the log of the speed.
        own: Standard deviation of that log from walk to walk.
        turn: Standard deviation of a turn, radians.
        turn_seconds: Least and largest, of an average turn at 1.2 m/s.
        turn_every: Mean time from one turn to the next, seconds; ``first_turn`` to the first.
        unrest: How much the speed wavers, share, at the frequencies ``unrest_rate``, rad/s.
        stops: Share of walks with a stop.
        stop_after, stop_for: Least and largest time of it, seconds.
        brake: How long it takes, seconds.
        step_own: Standard deviation of the log of the step's length.
        width: Between the feet, metres.
        lift_extent: Share of the step's height that goes with the extent of gestures.
    """

    arousal: float = 0.45
    valence: float = 0.15
    dominance: float = 0.25
    own: float = 0.14
    turn: float = 0.9
    turn_seconds: tuple[float, float] = (1.0, 1.6)
    turn_every: float = 1.5
    first_turn: float = 2.0
    unrest: float = 0.05
    unrest_rate: tuple[float, float] = (0.5, 1.2)
    stops: float = 0.35
    stop_after: tuple[float, float] = (1.0, 8.0)
    stop_for: tuple[float, float] = (1.5, 4.0)
    brake: float = 0.9
    step_own: float = 0.06
    width: float = 0.12
    lift_extent: float = 0.2


_WALKING = Walking()


class Start(NamedTuple):
    """Beginning of a walk: (x, z) metres; heading in radians, 0 along z, positive to the left."""

    place: tuple[float, float]
    heading: float


def walk(
    performer: Performer, vad: np.ndarray, legs: float, times: np.ndarray, start: Start, pace: Pace,
) -> Gait:
    """Return a walk or run over ``times``.

    Args:
        performer: Who walks; decides size and all that is random.
        vad: Valence, arousal, dominance (3,).
        legs: Their length over that of the average adult.
        times: (T,) seconds.
        start: Where and in which direction it begins.
        pace: ``WALK`` or ``RUN``.
    """
    rng, w = performer.rng, _WALKING
    valence, arousal, dominance = vad
    factor = math.exp(w.arousal * arousal + w.valence * valence + w.dominance * dominance
                      + w.own * rng.normal())
    mean = float(np.clip(pace.speed * factor, *pace.speed_range))
    headings = _turns(rng, times, start.heading, mean)
    speed = _speeds(rng, times, mean)
    lift = pace.lift * ((1.0 - w.lift_extent) + w.lift_extent * performer.style.extent)
    shape = StepShape(
        length=pace.step * legs * math.exp(w.step_own * rng.normal()), width=w.width * legs,
        lift=lift, running=pace is RUN,
    )
    return gait(times, speed, headings, start.place, shape)


def _turns(
    rng: np.random.Generator, times: np.ndarray, heading: float, speed: float
) -> np.ndarray:
    """Return the heading (T,), radians, with a turn now and then."""
    score = Score({"heading": np.array([heading])})
    now = float(times[0]) + rng.exponential(_WALKING.first_turn)
    while now < times[-1]:
        turn = rng.normal(0.0, _WALKING.turn)
        # Larger turns take longer, and so do those of slow walkers.
        duration = rng.uniform(*_WALKING.turn_seconds) * (0.5 + abs(turn)) * 1.2 / min(speed, 1.6)
        score.move("heading", now, duration, score.target("heading") + turn)
        now += duration + rng.exponential(_WALKING.turn_every)
    return score.evaluate(times)["heading"][:, 0]


def _speeds(rng: np.random.Generator, times: np.ndarray, mean: float) -> np.ndarray:
    """Return the speed (T,), m/s, perhaps with a stop."""
    w = _WALKING
    unrest = w.unrest * np.sin(times * rng.uniform(*w.unrest_rate))
    speed = np.full(len(times), mean) * (1.0 + unrest)
    if rng.random() < w.stops:
        stop, pause = rng.uniform(*w.stop_after), rng.uniform(*w.stop_for)
        brake = np.clip((times - stop) / w.brake, 0.0, 1.0)
        restart = np.clip((times - stop - pause) / w.brake, 0.0, 1.0)
        speed *= 1.0 - brake**2 * (3 - 2 * brake) + restart**2 * (3 - 2 * restart)
    return speed
