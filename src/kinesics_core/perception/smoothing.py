"""One-euro filter: an adaptive low-pass that is still when a signal is still and quick when not.

G. Casiez, N. Roussel, D. Vogel: "1 EUR Filter: A Simple Speed-based Low-pass Filter for Noisy
Input in Interactive Systems", CHI 2012. Vectorised over arrays, driven by real time stamps.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from kinesics_core.perception.pose_similarity import box
from kinesics_core.skeletons import MEDIAPIPE33_TO_COCO17
from kinesics_core.types import NANOSECONDS, Person

RESET_SECONDS = 0.5
"""After a longer gap the past says nothing about the present."""

PARTS = {
    "pose": 33, "left_hand": 21, "right_hand": 21, "face": 478,
    "pose_world": 33, "left_hand_world": 21, "right_hand_world": 21,
}
"""The arrays of a ``Person`` that are smoothed (x, y and z, not scores), and their landmarks."""

PERSON_HEIGHT = 1.7
"""Metres: the scale of the arrays in world coordinates."""

_ENDS = np.cumsum(list(PARTS.values())).tolist()
_PLACES = _ENDS[-1]
_ROWS = {name: slice(end - count, end)
         for (name, count), end in zip(PARTS.items(), _ENDS, strict=True)}
_IN_METRES = np.repeat([name.endswith("world") for name in PARTS], list(PARTS.values()))[:, None]


class OneEuroFilter:
    """Filter of arrays of one shape. State starts afresh where a value was or is nan.

    Args:
        min_cutoff: Hz, cutoff of a signal at rest: lower means less jitter.
        beta: Hz per unit of speed, units being those of ``scale``: higher means less lag.
        d_cutoff: Hz, cutoff of the speed estimate.
    """

    def __init__(self, min_cutoff: float = 2.0, beta: float = 20.0, d_cutoff: float = 1.0):
        for name, value, lowest in (
            ("min_cutoff", min_cutoff, 1e-6), ("beta", beta, 0.0), ("d_cutoff", d_cutoff, 1e-6),
        ):  # fmt: skip
            if not lowest <= value < np.inf:
                raise ValueError(f"Got {name}={value}; wanted a finite number of at least {lowest}")
        self.min_cutoff = min_cutoff
        self.beta = beta
        self.d_cutoff = d_cutoff
        self.reset()

    def reset(self) -> None:
        """Forget the past."""
        self._value: np.ndarray | None = None
        self._speed: np.ndarray | None = None
        self._stamp = 0

    def __call__(
        self, value: np.ndarray, stamp: int, scale: float | np.ndarray = 1.0
    ) -> np.ndarray:
        """Return the filtered value, of the same shape and dtype.

        Args:
            value: The newest measurement; nan where unknown.
            stamp: ns. Going back, or ahead by more than ``RESET_SECONDS``, resets; a repeated stamp
                gives the last output again, with its unknown elements filled in.
            scale: Size of the thing measured, in units of ``value``, so that ``beta`` acts on speed
                in sizes per second and means the same for near and far people; an array is
                broadcast.
        """
        x = np.asarray(value, np.float64)
        elapsed = (stamp - self._stamp) / NANOSECONDS
        fresh = (
            self._value is None or self._value.shape != x.shape or not 0 <= elapsed <= RESET_SECONDS
        )
        if fresh or self._value is None or self._speed is None:
            self._value, self._speed, self._stamp = x.copy(), np.zeros_like(x), stamp
            return np.array(value)
        unknown = np.isnan(self._value)
        if elapsed == 0:
            smooth = np.where(unknown | np.isnan(x), x, self._value)
            speed = self._speed
        else:
            raw_speed = np.where(unknown, 0.0, (x - self._value) / elapsed)
            speed = self._speed + _alpha(self.d_cutoff, elapsed) * (raw_speed - self._speed)
            cutoff = self.min_cutoff + self.beta * np.abs(speed) / scale
            smooth = self._value + _alpha(cutoff, elapsed) * (x - self._value)
            smooth = np.where(unknown, x, smooth)
        self._value = smooth
        self._speed = np.where(np.isnan(x) | unknown, 0.0, speed)
        self._stamp = stamp
        return smooth.astype(np.asarray(value).dtype)


@dataclass(slots=True)
class PersonFilter:
    """One filter for all parts of one person; a part that was missing starts afresh."""

    filter: OneEuroFilter = field(default_factory=OneEuroFilter)

    def apply(self, person: Person, stamp: int) -> None:
        """Smooth all parts of ``person`` in place; stamp in ns."""
        corners = box(person.coco)
        size = float(np.nanmax([corners[2] - corners[0], corners[3] - corners[1], 1.0]))
        values = np.full((_PLACES, 3), np.nan)
        there = [(part, rows) for name, rows in _ROWS.items()
                 if (part := getattr(person, name)) is not None]
        for part, rows in there:
            values[rows] = part[:, :3]
        smooth = self.filter(values, stamp, np.where(_IN_METRES, PERSON_HEIGHT, size))
        for part, rows in there:
            part[:, :3] = smooth[rows]
        if person.pose is not None:
            person.coco[:, :2] = person.pose[MEDIAPIPE33_TO_COCO17, :2]


def _alpha(cutoff: float | np.ndarray, period: float) -> float | np.ndarray:
    """Return the share of the new sample in a first-order low-pass (paper, eq. 3 and 4)."""
    return 1.0 / (1.0 + 1.0 / (2.0 * np.pi * np.asarray(cutoff) * period))
