"""Gestures that forecasts hold: the rules that tell what is seen run on through what is to come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kinesics_core.affect.per_person import some
from kinesics_core.affect.signals import gestures
from kinesics_core.affect.signals.decision import BEGINS, Decision
from kinesics_core.affect.signals.filters import Moment, S, State
from kinesics_core.affect.signals.measures import M
from kinesics_core.affect.signals.names import GESTURES
from kinesics_core.affect.signals.timeline import RATE
from kinesics_core.types import NANOSECONDS, GestureSign, MotionForecast

_STRIDE = 4 / RATE
"""Seconds between the moments of a forecast that are read."""

_STALE_FORECAST = 0.25
"""Seconds after which a forecast says nothing about the coming ones."""

_UNFORESEEN = [GESTURES.index(name) for name in ("lean_in", "nod", "shake")]
"""Gestures that no forecast tells: depth, which tells the first one, is not forecast, and heads
are not forecast that well."""

_POSES = np.array([GESTURES.index(name) for name in (
    "hands_raised", "point", "hand_on_face", "arms_crossed", "hands_on_hips")])
_HANDS = np.array([
    index for name, index in S.items()
    if name.split("_")[0] in ("wave", "beckon", "lift", "clap")])
_SETTLED = 0.7
"""Seconds after a turning point of a hand in which no pose of it is expected."""

_POINT = GESTURES.index("point")
_POINTING = slice(M["pointing_left"], M["pointing_right"] + 1)
_STRETCHED = 0.15
"""Stretch of an index finger beyond the others from which a hand points."""

_WRISTS = slice(M["wrist_up_left"], M["wrist_up_right"] + 1)
_BRIEFLY = 0.5
"""Share of the time that a pose must last for which it must be forecast."""


@dataclass(frozen=True, slots=True)
class Coming:
    """Forecasts at the moments that are read.

    Attributes:
        forecasts: n of them.
        rows: (n,) slots of their persons.
        keypoints: (T, n, 17, 2) px.
    """

    forecasts: Sequence[MotionForecast]
    rows: np.ndarray
    keypoints: np.ndarray

    @property
    def shape(self) -> tuple[int, int]:
        """T and n."""
        return self.keypoints.shape[0], self.keypoints.shape[1]


def coming_of(
    forecasts: Sequence[MotionForecast], stamp: int, slots: Mapping[int, int]
) -> Coming | None:
    """Return what forecasts say from an image on, or None if they say nothing.

    Args:
        forecasts: Of this image or a slightly earlier one.
        stamp: Of the image, ns.
        slots: Person -> slot; forecasts of others are left out.
    """
    fresh = [
        forecast for forecast in forecasts
        if forecast.person_id in slots and len(forecast.keypoints)
        and abs(stamp - forecast.stamp) <= _STALE_FORECAST * NANOSECONDS]
    if not fresh:
        return None
    count = min(int(forecast.dt * len(forecast.keypoints) / _STRIDE) for forecast in fresh)
    if not count:
        return None
    rows = np.array([slots[forecast.person_id] for forecast in fresh])
    return Coming(fresh, rows, _at(fresh, stamp, _STRIDE * np.arange(1, count + 1)))


def coming_moments(
    coming: Coming, measured: np.ndarray, now: State
) -> tuple[list[Moment], np.ndarray]:
    """Return the moments to come, and the height of the wrists where they begin.

    Args:
        coming: T moments of n persons.
        measured: (T, measures, n) of their samples, of which the lean is replaced.
        now: State of everybody.

    Returns:
        T moments, and (2, T * n) of the left and the right wrist.
    """
    state = now.of_some(coming.rows)
    wrists = np.concatenate([state.mean[_WRISTS]] * coming.shape[0], axis=1)
    # A forecast is of an image and holds the depth of one moment, errors and all: the trunk's
    # lean is best taken from its mean.
    measured[:, M["lean"]] = state.mean[M["lean"]]
    return state.advance(measured, _STRIDE, gestures.swinging, learn=False), wrists


def expected_gestures(
    coming: Coming, seen: np.ndarray, now: State, decided: Decision, least: float
) -> dict[int, tuple[GestureSign, ...]]:
    """Return the gestures that forecasts hold and that are not seen yet, by person.

    Args:
        coming: T moments of n persons.
        seen: (gestures, T, n) evidence at them, which is changed.
        now: State of everybody.
        decided: What is seen of everybody.
        least: Confidence from which a gesture is told.
    """
    rows, fresh = coming.rows, coming.forecasts
    # An open hand that is stretched out may beckon, wave or be offered.
    open_hand = np.fmax(*now.mean[_POINTING]).take(rows) < _STRETCHED
    if some(open_hand):
        seen[_POINT] *= np.where(open_hand, 0.5, 1.0)
    # Hands on their way to and fro pass through poses that they do not hold.
    swung = np.minimum.reduce(now.turns[0].take(_HANDS, axis=0), axis=0).take(rows) < _SETTLED
    if some(swung):
        seen[_POSES] *= np.where(swung, 0.5, 1.0)
    already = decided.on.take(rows, axis=1)
    already[_UNFORESEEN] = True
    if not some((np.maximum.reduce(seen, axis=1) >= BEGINS) & ~already):
        return {}
    decision = decided.of_some(rows)
    found: dict[int, list[GestureSign]] = {forecast.person_id: [] for forecast in fresh}
    for step in range(seen.shape[1]):
        before = decision.on.copy()
        decision.advance(seen[:, step], _STRIDE, _BRIEFLY)
        begins = decision.on & ~before & ~already
        for gesture, person in np.argwhere(begins) if some(begins) else ():
            already[gesture, person] = True
            # A pose that is forecast for half its time may be clear a moment later.
            last = step + 1 + (gesture in _POSES)
            most = seen[gesture, step:last, person].max()
            sure = float(most * fresh[person].confidence)
            if sure >= least:
                found[fresh[person].person_id].append(
                    GestureSign(GESTURES[gesture], sure, (step + 1) * _STRIDE))
    return {person: tuple(signs) for person, signs in found.items()}


def _at(forecasts: Sequence[MotionForecast], stamp: int, ahead: np.ndarray) -> np.ndarray:
    """Return keypoints (len(ahead), P, 17, 2) at seconds after a stamp; the ends are held."""
    grids: dict[tuple[int, float, int], list[int]] = {}  # most often all are of one image
    for number, forecast in enumerate(forecasts):
        grid = (forecast.stamp, forecast.dt, len(forecast.keypoints))
        grids.setdefault(grid, []).append(number)
    made = np.empty((len(ahead), len(forecasts), *forecasts[0].keypoints.shape[1:]))
    for (begins, dt, count), alike in grids.items():
        place = (stamp - begins) / NANOSECONDS / dt + ahead / dt - 1.0
        place = np.minimum(np.maximum(place, 0.0), count - 1)
        before = np.minimum(place.astype(int), max(count - 2, 0))
        keypoints = np.array([forecasts[number].keypoints for number in alike]).swapaxes(0, 1)
        first = keypoints.take(before, axis=0)
        change = keypoints.take(np.minimum(before + 1, count - 1), axis=0) - first
        between = first + (place - before)[:, None, None, None] * change
        if len(grids) == 1:
            return between
        made[:, alike] = between
    return made
