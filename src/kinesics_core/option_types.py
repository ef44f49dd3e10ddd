"""Types of numeric options: a number out of its range is refused before anything is started."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable


def whole(low: int, high: int | None = None) -> Callable[[str], int]:
    """Return an option's type: a whole number from ``low`` to ``high``, both allowed."""
    wanted = f"a whole number from {low}" + (f" to {high}" if high is not None else "")

    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = None
        if value is None or value < low or (high is not None and value > high):
            raise argparse.ArgumentTypeError(f"got {text!r}, wanted {wanted}")
        return value

    return parse


def number(low: float = -math.inf, high: float = math.inf) -> Callable[[str], float]:
    """Return an option's type: a finite number from ``low`` to ``high``, both allowed."""
    wanted = "a number" + (f" from {low:g}" if math.isfinite(low) else "")
    wanted += f" to {high:g}" if math.isfinite(high) else ""

    def parse(text: str) -> float:
        value = _float(text)
        if not (math.isfinite(value) and low <= value <= high):
            raise argparse.ArgumentTypeError(f"got {text!r}, wanted {wanted}")
        return value

    return parse


def above_zero(unit: str = "") -> Callable[[str], float]:
    """Return an option's type: a finite number above 0; ``unit`` is its word in the sentence."""
    wanted = f"a number{f' of {unit}' if unit else ''} above 0"

    def parse(text: str) -> float:
        value = _float(text)
        if not (math.isfinite(value) and value > 0):
            raise argparse.ArgumentTypeError(f"got {text!r}, wanted {wanted}")
        return value

    return parse


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


seconds = above_zero("seconds")
"""Type of ``--duration``."""

seed = whole(0, 2**32 - 1)
"""Type of ``--seed``: what numpy, torch and scikit-learn all take."""
