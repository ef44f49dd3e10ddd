"""How a fit says how far it is, and is told to stop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

STAGES = ("keypoints", "camera", "body", "hands_face", "write")
"""In the order they are gone through; the names ``FitMesh``'s feedback gives."""


@dataclass(frozen=True, slots=True)
class Progress:
    """stage: one of ``STAGES``. done, total: frames of this stage (0 in all: not known yet).
    loss: of the optimiser, nan outside of it. rate: frames/s of this stage so far."""

    stage: str
    done: int
    total: int
    loss: float = float("nan")
    rate: float = float("nan")


Show = Callable[[Progress], None]
"""Called at least once a second."""

Cancelled = Callable[[], bool]
"""Asked at least every 0.3 s; once it says True, the work stops with what it has."""
