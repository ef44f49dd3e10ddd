"""What can go wrong while bodies are fitted, with the code the action ``FitMesh`` reports."""

from __future__ import annotations

import errno

from kinesics_core.errors import AssetError, KinesicsError, ModelError, SourceError

CODES = (
    "NONE", "INVALID_GOAL", "INPUT_UNREADABLE", "NO_PERSON", "DISK_FULL", "MODEL_MISSING",
    "CANCELED", "PREEMPTED", "FAILED",
)
"""Names of the constants of ``FitMesh``'s result; the index is the value."""


class FitError(KinesicsError):
    """A fault of one fit: a sentence for people, and ``code``, one of ``CODES``, for programs."""

    def __init__(self, message: str, code: str = "FAILED") -> None:
        if code not in CODES:
            raise ValueError(f"Got the error code {code!r}; wanted one of {', '.join(CODES)}.")
        super().__init__(message)
        self.code = code


def code_of(error: BaseException) -> str:
    """The code for any exception that ended a fit."""
    if isinstance(error, FitError):
        return error.code
    if isinstance(error, SourceError):
        return "INPUT_UNREADABLE"
    if isinstance(error, (ModelError, AssetError)):
        return "MODEL_MISSING"
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "DISK_FULL"
    if isinstance(error, KeyboardInterrupt):
        return "CANCELED"
    return "FAILED"
