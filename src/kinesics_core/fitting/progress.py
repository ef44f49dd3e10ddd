"""Callbacks by which long work says how far it is, and is told to stop."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Progress:
    """Progress of a stage of the work.

    Attributes:
        stage: In this order "keypoints", "camera", "body", "hands_face", "write": the names that
            ``FitMesh``'s feedback gives.
        done: Frames of this stage that are done.
        total: Frames of this stage; 0: not known yet.
        loss: Mean energy of a frame in the optimiser, nan outside of it.
        rate: Frames per second of this stage so far.
    """

    stage: str
    done: int
    total: int
    loss: float = float("nan")
    rate: float = float("nan")


OnProgress = Callable[[Progress], None]
"""Called at least once a second."""

IsCancelled = Callable[[], bool]
"""Asked at least every 0.3 s; once it says True, the work stops with what it has."""


Note = Callable[[str], None]
"""Told, a sentence each, what a user should know of a recording that was read all the same."""


@dataclass(frozen=True, slots=True)
class FitHooks:
    """The callbacks of long work, each of them optional.

    Attributes:
        progress: Told how far the work is.
        cancelled: Asked whether to stop.
        note: Told what a user should know of a recording.
    """

    progress: OnProgress | None = None
    cancelled: IsCancelled | None = None
    note: Note | None = None

    @property
    def stop(self) -> bool:
        """True once the work is to stop."""
        return self.cancelled is not None and self.cancelled()

    def tell(self, progress: Progress) -> None:
        """Pass on how far the work is."""
        if self.progress is not None:
            self.progress(progress)


PERIOD = 0.25
"""Seconds between two reports of progress within a stage."""

SILENT = FitHooks()
"""Nobody listens."""


class CancelledError(Exception):
    """The optimiser was stopped because ``IsCancelled`` said so."""


@dataclass(slots=True)
class FitMonitor:
    """Passes the progress of one person's fit on, and stops it when asked.

    Attributes:
        total: Frames of the person.
        hooks: Whom to tell and to ask.
        fitted: Frames that are done.
    """

    total: int
    hooks: FitHooks
    fitted: int = 0
    _began: float = field(default_factory=time.monotonic)

    def iterations_of(self, stage: str) -> Callable[[float], None]:
        """Return what the optimiser calls in every iteration of a stage, with its loss.

        The first iteration is told, and then one every ``PERIOD``. It raises ``CancelledError``
        once the fit is cancelled.
        """
        told = -math.inf

        def iteration(loss: float) -> None:
            nonlocal told
            if self.hooks.stop:
                raise CancelledError
            now = time.monotonic()
            if now - told > PERIOD:
                told = now
                self.hooks.tell(Progress(stage, self.fitted, self.total, loss,
                                         self.fitted / max(now - self._began, 1e-6)))

        return iteration
