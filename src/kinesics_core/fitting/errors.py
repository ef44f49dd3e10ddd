"""Faults of a fit, with the codes that the action ``FitMesh`` reports."""

from __future__ import annotations

import errno

from kinesics_core.errors import AssetError, KinesicsError, ModelError, SourceError

CODES = (
    "NONE", "INVALID_GOAL", "INPUT_UNREADABLE", "NO_PERSON", "DISK_FULL", "MODEL_MISSING",
    "CANCELED", "PREEMPTED", "FAILED",
)
"""Names of the constants of ``FitMesh``'s result; the index is the value."""


class FitError(KinesicsError):
    """A fault of one fit: a sentence for people, and a code for programs.

    Attributes:
        code: One of ``CODES``.
    """

    def __init__(self, message: str, code: str = "FAILED") -> None:
        """Make the error; ``message`` is the sentence."""
        if code not in CODES:
            raise ValueError(f"Got the error code {code!r}; wanted one of {', '.join(CODES)}.")
        super().__init__(message)
        self.code = code


def code_of(error: BaseException) -> str:
    """Return the code, one of ``CODES``, for any exception that ended a fit."""
    from kinesics_core.files import WriteError  # numpy, which commands start without

    if isinstance(error, FitError):
        return error.code
    if isinstance(error, WriteError):
        return "DISK_FULL" if error.disk_full else "INVALID_GOAL" if error.denied else "FAILED"
    if isinstance(error, SourceError):
        return "INPUT_UNREADABLE"
    if isinstance(error, (ModelError, AssetError)):
        return "MODEL_MISSING"
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "DISK_FULL"
    if isinstance(error, KeyboardInterrupt):
        return "CANCELED"
    return "FAILED"
