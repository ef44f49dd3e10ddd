"""SMPTE timecodes as Live Link Face writes them: HH:MM:SS:FF.sss, frames with thousandths.

The file does not say how many frames make a second. Epic's own importer takes 60 if any frame
number exceeds 30, else 30; where a recording crosses a second, the step over the edge tells it
exactly, also for 24, 25 and 50.
"""

from __future__ import annotations

import re

import numpy as np

from kinesics_core.errors import KinesicsError

DAY = 24 * 3600
"""Seconds; timecodes begin anew at midnight."""

FRAMES = 60
"""Frames of a second in timecodes that we write: what the app records by default."""

BASES = (24, 25, 30, 48, 50, 60, 72, 90, 100, 120, 240)
"""Frames that a second of timecode may have."""

_FORM = re.compile(r"\s*(\d{1,2}):(\d{1,2}):(\d{1,2})[:;.](\d{1,4}(?:[.,]\d+)?)\s*")


def timecode(seconds: float, base: int = FRAMES) -> str:
    """Return the timecode of a time of day.

    Args:
        seconds: From midnight; days begin anew.
        base: Frames in a second.
    """
    thousandths = round(seconds * base * 1000) % (DAY * base * 1000)
    whole, rest = divmod(thousandths, base * 1000)
    minutes, second = divmod(whole, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02d}:{minute:02d}:{second:02d}:{rest // 1000:02d}.{rest % 1000:03d}"


def parse(text: str) -> tuple[int, float] | None:
    """Return the whole seconds since midnight and the frames of a timecode, or None."""
    found = _FORM.fullmatch(text)
    if found is None:
        return None
    hour, minute, second = (int(found[group]) for group in (1, 2, 3))
    if hour > 23 or minute > 59 or second > 59:
        return None
    return 3600 * hour + 60 * minute + second, float(found[4].replace(",", "."))


def frame_base(seconds: np.ndarray, frames: np.ndarray) -> int:
    """Return how many frames make a second.

    Args:
        seconds: (T,) int, whole seconds of each timecode.
        frames: (T,) frames of each.

    Raises:
        KinesicsError: No number of ``BASES`` holds the frame numbers.
    """
    largest = float(frames.max())
    allowed = [base for base in BASES if largest < base]
    if not allowed:
        raise KinesicsError(
            f"Got timecodes with frame number {largest:g}; wanted HH:MM:SS:FF with fewer than"
            f" {BASES[-1]} frames in a second.")
    passed = np.diff(seconds)
    within = np.diff(frames)[passed == 0]
    within = within[within > 0]
    over = passed == 1
    if len(within) and over.any():
        told = float(np.median(within) - np.median(np.diff(frames)[over]))
        return min(allowed, key=lambda base: abs(base - told))
    # Too short to tell: as Epic's importer has it, or the next that holds the frame numbers.
    return next((base for base in (30, FRAMES) if largest < base), allowed[0])


def times_of(seconds: np.ndarray, frames: np.ndarray, base: int) -> np.ndarray:
    """Return times (T,) in seconds from the first; one over midnight goes on after it."""
    times = seconds + frames / base
    passed = np.diff(times)
    days = np.concatenate([[0.0], np.cumsum(np.where(passed < -DAY / 2, float(DAY), 0.0))])
    result: np.ndarray = times + days - times[0]
    return result
