"""Lengths and ranges that the values of messages may have, and what counts as unknown.

Messages come from anybody: an infinite or absurd coordinate is unknown (NaN), a value that a stage
cannot work with is a MessageError.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import numpy as np

from kinesics_core.errors import MessageError

FASTEST_TURN = 100.0
"""Radians. A joint's axis-angle beyond it is no pose."""

LONGEST = 3600.0
"""Seconds that a response may hold."""

FARTHEST_LEAN = 0.5
"""Radians that a response may lean the trunk towards the person or away."""

TEMPI = (0.25, 4.0)
"""Slowest and fastest tempo of gestures that a response may ask for; 0, of a publisher that knows
none, is as authored."""


def floats(values: np.ndarray | None) -> array:
    """Return an ``array('f')``, which message setters take as it is; empty for None."""
    if values is None:
        return array("f")
    return array("f", np.ascontiguousarray(values, np.float32).tobytes())


def angles(values: Sequence[float] | np.ndarray) -> np.ndarray:
    """Return angles as float32; what is more than a full turn is NaN, unknown."""
    angles = np.asarray(values, np.float32)
    return np.where(np.abs(angles) <= 2 * np.pi, angles, np.float32(np.nan))


def signed(value: float, name: str) -> float:
    """Return a number clipped to -1..1, or NaN as it is.

    Raises:
        MessageError: It is infinite.
    """
    if np.isinf(value):
        raise MessageError(f"got {name} {value}; wanted -1 to 1, or NaN. Check its publisher.")
    return float(np.clip(value, -1.0, 1.0))


def known(value: float, name: str) -> float:
    """Return a number of the robot's own state, which is never unknown; errors as ``signed``."""
    if not -1.0 <= value <= 1.0:
        raise MessageError(f"got {name} {value}; wanted -1 to 1. Check its publisher.")
    return value


def within(value: float, low: float, high: float, otherwise: float) -> float:
    """Return a number clipped to low..high; ``otherwise`` for NaN."""
    return otherwise if np.isnan(value) else float(min(max(value, low), high))


def shown(values: np.ndarray) -> str:
    """Return numbers as a sentence has them."""
    return ", ".join(f"{value:g}" for value in values)
