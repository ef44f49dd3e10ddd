"""Learning rates as shares of the highest one, by the share of all steps that is done."""

from __future__ import annotations

import math

SLOWEST = 0.01
"""Share of the learning rate that is left at the end of the cosine."""


def warmup_share(done: float, warmup: float) -> float:
    """Return the linear rise from 0 to 1 over the first ``warmup`` of all steps; 1 without one."""
    return min(done / warmup, 1.0) if warmup else 1.0


def cosine_share(done: float) -> float:
    """Return the cosine's fall from 1 to ``SLOWEST`` (Loshchilov and Hutter, ICLR 2017)."""
    return SLOWEST + (1.0 - SLOWEST) * 0.5 * (1.0 + math.cos(math.pi * done))
