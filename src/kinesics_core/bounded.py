"""Memory of people that stays bounded, however many there are and whatever their clock does.

What is forgotten after some seconds is never forgotten while a clock stands still: a camera whose
stamps are all 0, a simulation that pauses. So it is counted as well.
"""

from __future__ import annotations

from collections.abc import Container
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")

MOST = 256
"""People of whom something is kept that comes apart from their images."""


def drop_oldest(known: dict[K, V], most: int = MOST, kept: Container[K] = ()) -> None:
    """Delete what was put into a dict first, until no more than ``most`` entries are left.

    Args:
        known: The dict.
        most: Entries, besides those of ``kept``.
        kept: Keys that stay.
    """
    if len(known) <= most:
        return
    others = [key for key in known if key not in kept]
    for key in others[:max(len(others) - most, 0)]:
        del known[key]
