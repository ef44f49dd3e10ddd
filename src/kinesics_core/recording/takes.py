"""Takes of the dataset protocol: a participant acts an emotion, one bag a take."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from kinesics_core.errors import RecordingError

MAX_NUMBER = 9999
"""Largest number of a take."""

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


@dataclass(frozen=True)
class Take:
    """One take, and where its bag lies.

    Attributes:
        participant: Pseudonym.
        emotion: Label.
        number: From 1.
        path: Directory of the bag, ``FOLDER/PARTICIPANT/PARTICIPANT_EMOTION_NNN``.
    """

    participant: str
    emotion: str
    number: int
    path: Path

    @property
    def labels(self) -> dict[str, str]:
        """Custom data of the bag, from which importers make labels."""
        return {
            "participant": self.participant, "emotion": self.emotion, "take": str(self.number)}


def plan_take(folder: Path, participant: str, emotion: str, number: int = 0) -> Take:
    """Return the take that is to be recorded.

    Args:
        folder: Where takes are kept.
        participant: Pseudonym: letters, digits, '-' and '_'.
        emotion: Label, of the same letters.
        number: From 1; 0 takes the one after the highest there is.

    Raises:
        RecordingError: A name or the number is none, or the take exists.
    """
    for what, word in (("participant", participant), ("emotion", emotion)):
        if not _WORD.fullmatch(word):
            raise RecordingError(
                f"Got the {what} {word[:80]!r}; wanted 1 to 64 letters, digits, '-' and '_', the "
                "first a letter or a digit.")
    stem = f"{participant}_{emotion}_"
    home = folder / participant
    if number == 0:
        ends = [path.name.removeprefix(stem) for path in home.glob(f"{stem}*")]
        number = 1 + max((int(end) for end in ends if end.isdecimal()), default=0)
    if not 1 <= number <= MAX_NUMBER:
        raise RecordingError(f"Got the take {number}; wanted 1 to {MAX_NUMBER}, or 0 for the next.")
    path = home / f"{stem}{number:03d}"
    if path.exists():
        raise RecordingError(
            f"Take {number} of {emotion} by {participant} exists already ({path}) and is not "
            "recorded over. Give another number, or 0 for the next.")
    return Take(participant, emotion, number, path)
