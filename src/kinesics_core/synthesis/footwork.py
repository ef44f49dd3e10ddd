"""Feet and legs: steps, gait, jumps and two-link leg kinematics.

Positions on the floor are (x, z) metres, y up. A foot that is not stepping does not move at all,
so it cannot slide; the pelvis goes where the feet let it and the knee bends forward only, because
the leg is solved as a two-link chain from hip to ankle.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kinesics_core.body.gestures import minimum_jerk
from kinesics_core.motion.windows import RATE

GRAVITY = 9.81
"""m/s^2."""

STRETCH = 0.99
"""A leg stretches to this share of its length: people stand and walk on soft knees."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of one foot.

    Attributes:
        foot: 0 left, 1 right.
        start, end: When it leaves its place and from when on it stands at ``to``, seconds.
        to: (x, z) metres.
        lift: Height of the ankle above standing, metres.
    """

    foot: int
    start: float
    end: float
    to: tuple[float, float]
    lift: float


@dataclass(frozen=True, slots=True)
class Gait:
    """A walk or run over T frames.

    Attributes:
        path: (T, 2) metres below the pelvis.
        heading: (T,) radians, 0 along z, positive to the left.
        phase: (T,) rises by one a step; a left foot comes down at even values.
        steps: The footsteps, in order.
    """

    path: np.ndarray
    heading: np.ndarray
    phase: np.ndarray
    steps: list[Step]


@dataclass(frozen=True, slots=True)
class StepShape:
    """Size of the steps of a gait, metres.

    Attributes:
        length: Of a step at 1.2 m/s; it grows with the square root of the speed, so the cadence
            does too (Grieve & Gear 1966).
        width: Between the feet.
        lift: Height of the ankle's swing at full speed.
        running: Whether both feet may be in the air.
    """

    length: float
    width: float
    lift: float
    running: bool


@dataclass(frozen=True, slots=True)
class GaitTiming:
    """Course of a step; authored, in phase (one a step) unless said otherwise.

    Attributes:
        off: When the hind foot leaves, after it came down.
        middle: Where the body is when a foot comes down, after the foot left.
    """

    off: float
    middle: float


WALK_TIMING = GaitTiming(off=0.82, middle=0.55)
RUN_TIMING = GaitTiming(off=0.55, middle=0.3)

_STANDSTILL = 0.05  # m/s below which nobody steps
_SLOWEST_CADENCE = 0.8  # steps a second, below which the swing does not get longer
_SHORTEST_SWING = 0.12  # s
_LONGEST_SWING = 1.4  # times its usual time: who stops in the middle still puts the foot down


def ankles(
    times: np.ndarray, places: np.ndarray, steps: Sequence[Step], height: float
) -> np.ndarray:
    """Return both ankles (T, 2, 3), metres.

    The foot moves minimum-jerk on the floor and highest early in the swing, as the heel does.

    Args:
        times: (T,) seconds.
        places: (2, 2) floor positions of both feet at the beginning.
        steps: In order.
        height: Of the ankle of a standing foot, metres.
    """
    paths = np.empty((len(times), 2, 3))
    paths[:, :, [0, 2]] = places
    paths[:, :, 1] = height
    now = places.copy()
    for step in steps:
        share = np.clip((times - step.start) / (step.end - step.start), 0.0, 1.0)
        change = np.array(step.to) - now[step.foot]
        paths[:, step.foot, [0, 2]] += minimum_jerk(share)[:, None] * change
        paths[:, step.foot, 1] += step.lift * np.sin(np.pi * share**0.75) ** 2
        now[step.foot] = step.to
    return paths


def gait(
    times: np.ndarray, speed: np.ndarray, heading: np.ndarray, start: tuple[float, float],
    shape: StepShape,
) -> Gait:
    """Return footsteps along a path.

    Args:
        times: (T,) seconds.
        speed: (T,) m/s.
        heading: (T,) radians, 0 along z, positive to the left.
        start: (x, z) metres.
        shape: Of the steps.
    """
    dt = 1.0 / RATE
    forward = np.stack([np.sin(heading), np.cos(heading)], axis=-1)
    left = np.stack([np.cos(heading), -np.sin(heading)], axis=-1)
    path = np.asarray(start) + np.cumsum(speed[:, None] * forward * dt, axis=0)
    cadence = np.sqrt(np.maximum(speed, 0.0) * 1.2) / shape.length
    phase = np.cumsum(np.where(speed > _STANDSTILL, cadence, 0.0)) * dt
    timing = RUN_TIMING if shape.running else WALK_TIMING
    off, middle = timing.off, timing.middle

    def moment(value: float) -> int:
        return min(int(np.searchsorted(phase, value)), len(times) - 1)

    steps = []
    for count in range(1, math.ceil(phase[-1]) + 1):
        leave = moment(count - 2 + off) if count > 1 else moment(0.05)
        if count - 2 + off > phase[-1]:
            break
        swing = (2.0 - off) / max(float(cadence[leave]), _SLOWEST_CADENCE)
        begin = float(times[leave])
        end = begin + swing
        if count <= phase[-1]:
            end = min(float(times[moment(count)]), begin + _LONGEST_SWING * swing)
        at = moment(count + middle)
        side = 0.5 * shape.width * (1.0 if count % 2 == 0 else -1.0)
        place = path[at] + side * left[at]
        height = shape.lift * min(1.0, 0.4 + 0.5 * float(speed[leave]))
        end = max(end, begin + _SHORTEST_SWING)
        steps.append(Step(count % 2, begin, end, tuple(place), height))
    return Gait(path, heading, phase, steps)


def flight(times: np.ndarray, jumps: Sequence[tuple[float, float]]) -> np.ndarray:
    """Return the height (T,) above the floor of who jumps at (take-off seconds, metres)."""
    height = np.zeros(len(times))
    for start, apex in jumps:
        since = np.maximum(times - start, 0.0)
        height += np.maximum(math.sqrt(2 * GRAVITY * apex) * since - 0.5 * GRAVITY * since**2, 0.0)
    return height


def reachable_height(hips: np.ndarray, feet: np.ndarray, leg: float) -> np.ndarray:
    """Return how far (T,) the hips may be raised for both legs to reach.

    Args:
        hips: (T, 2, 3) metres.
        feet: (T, 2, 3) metres.
        leg: Length of thigh and shin, metres.
    """
    across = np.linalg.norm((feet - hips)[:, :, [0, 2]], axis=-1)
    reach = np.sqrt(np.maximum((STRETCH * leg) ** 2 - across**2, (0.5 * leg) ** 2))
    highest = (feet[:, :, 1] + reach - hips[:, :, 1]).min(axis=1)
    # The lowest of the neighbours, then their weighted mean: smooth, and nowhere above the limit.
    padded = np.pad(highest, 3, mode="edge")
    lowest = np.lib.stride_tricks.sliding_window_view(padded, 7).min(axis=1)
    return smooth(lowest[:, None], 1.2, 3)[:, 0]


def lift_heels(hips: np.ndarray, feet: np.ndarray, leg: float) -> np.ndarray:
    """Raise ankles (T, 2, 3) that the leg does not reach straight up until it does.

    That is what the heel of the trailing foot does in a step: it rises and stays where it is.
    """
    across = np.linalg.norm((feet - hips)[:, :, [0, 2]], axis=-1)
    drop = np.sqrt(np.maximum((0.998 * leg) ** 2 - across**2, 0.0))
    needed = hips[:, :, 1] - drop
    raised = feet.copy()
    raised[:, :, 1] = np.logaddexp(120.0 * feet[:, :, 1], 120.0 * needed) / 120.0
    return raised


def solve_legs(
    hips: np.ndarray, feet: np.ndarray, forward: np.ndarray, thigh: float, shin: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return knees and ankles (T, 2, 3) of two-link legs.

    An ankle out of reach comes as near as the stretched leg allows: bones keep their lengths.

    Args:
        hips: (T, 2, 3) metres.
        feet: (T, 2, 3) metres, the ankles.
        forward: (T, 2, 3) directions to which the knees bend.
        thigh: Length, metres.
        shin: Length, metres.
    """
    span = feet - hips
    distance = np.linalg.norm(span, axis=-1, keepdims=True)
    along = span / distance
    distance = np.clip(distance, abs(thigh - shin) + 0.12, 0.999 * (thigh + shin))
    share = (thigh**2 - shin**2 + distance**2) / (2.0 * distance)
    bend = np.sqrt(np.maximum(thigh**2 - share**2, 0.0))
    pole = forward - np.sum(forward * along, axis=-1, keepdims=True) * along
    pole /= np.maximum(np.linalg.norm(pole, axis=-1, keepdims=True), 1e-6)
    return hips + share * along + bend * pole, hips + distance * along


def smooth(values: np.ndarray, sigma: float, radius: int) -> np.ndarray:
    """Return (T, C) after a Gaussian filter of ``sigma`` frames, cut at ``radius``; ends held."""
    weight = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    weight /= weight.sum()
    padded = np.pad(values, ((radius, radius), (0, 0)), mode="edge")
    return np.stack([np.convolve(column, weight, "valid") for column in padded.T], axis=-1)
