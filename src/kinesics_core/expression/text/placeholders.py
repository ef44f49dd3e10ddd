"""Placeholders of data sets, such as [NAME], filled with what people write."""

from __future__ import annotations

import re
import zlib

import numpy as np

NAMES = (
    "Alex", "Sam", "Maria", "John", "Anna", "David", "Emma", "Chris", "Sarah", "Mike", "Laura",
    "James", "Kate", "Tom", "Lisa", "Peter", "Mary", "Paul", "Jane", "Mark", "Nina", "Ben", "Julia",
    "Max", "Eva", "Leo", "Amy", "Dan", "Rosa", "Nick",
)
_PLACEHOLDER = re.compile(r"\[(NAME|PERSON|RELIGION)\]")


def fill(text: str, random: np.random.Generator | None = None) -> str:
    """Return a text with a name for each [NAME] and [PERSON], and a word for [RELIGION].

    Args:
        text: The text.
        random: Draws the names; without it a text always gets the same ones.
    """
    if "[" not in text:
        return text
    key = zlib.crc32(text.encode("utf-8", "ignore"))

    def name(match: re.Match[str]) -> str:
        if match[1] == "RELIGION":
            return "religion"
        place = key + match.start() if random is None else int(random.integers(len(NAMES)))
        return NAMES[place % len(NAMES)]

    return _PLACEHOLDER.sub(name, text)
