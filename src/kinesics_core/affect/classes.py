"""Names of recordings and what emotion they say; classes of networks are in ``spaces``."""

from __future__ import annotations

import re

from kinesics_core.affect.emotions import EMOTIONS

SYNONYMS = {
    "happy": "happiness", "joy": "happiness", "angry": "anger", "surprised": "surprise",
    "sad": "sadness", "disgusted": "disgust", "contemptuous": "contempt", "afraid": "fear",
    "fearful": "fear", "scared": "fear", "elated": "happiness", "laughing": "happiness",
    "laugh": "happiness", "normal": "neutral",
}
"""Other names that data sets give to our emotions."""


def emotion_in(name: str) -> str:
    """Return the emotion that a word of a recording's name says, "" if none or several do.

    Args:
        name: As "142_17-walk_scared"; words stand between anything but letters.
    """
    words = re.findall(r"[a-z]+", name.lower())
    found = {SYNONYMS.get(word, word) for word in words} & set(EMOTIONS)
    return found.pop() if len(found) == 1 else ""
