"""The words of each emotion with their strength: texts of one word, and how strong a text is.

The table is ``words.toml`` beside this file, written for this package.
"""

from __future__ import annotations

import difflib
import functools
import re
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from kinesics_core.affect.emotions import EMOTIONS, NEUTRAL

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

KINDS = ("mild", "plain", "strong", "nouns", "adverbs")
"""Kinds of words in the table; the first three are adjectives by strength."""

STRENGTH = {"mild": 0.5, "plain": 0.7, "strong": 1.0, "nouns": 0.7, "adverbs": 0.7}
"""Kind of a word -> the intensity that it speaks of; a text without such a word has ``PLAIN``."""
PLAIN = 0.7

_WEAK = re.compile(
    r"\b(slight(?:ly)?|a (?:bit|little|touch|hint)(?: of)?|mild(?:ly)?|somewhat|rather"
    r"|faint(?:ly)?|kind of|sort of|vague(?:ly)?|barely|hint of|weak(?:ly)?|subtle|subtly"
    r"|a trace of)\b")
_VERY = re.compile(
    r"\b(very|extreme(?:ly)?|absolute(?:ly)?|total(?:ly)?|utter(?:ly)?|complete(?:ly)?|so"
    r"|intense(?:ly)?|deep(?:ly)?|incredib(?:le|ly)|insane(?:ly)?|pure|sheer"
    r"|overwhelm(?:ed|ing|ingly)|violent(?:ly)?|terribl[ey]|such|really|beyond|wild(?:ly)?"
    r"|strong(?:ly)?|most|too|fucking|bloody|never been)\b")
_WEAKER, _STRONGER = 0.6, 1.3
"""Factors of a text with a word of the one or the other pattern."""
_LOUD = 0.1
"""Added for an exclamation mark, and again for words in capitals."""

_FILLERS = frozenset((
    "a", "an", "the", "very", "so", "really", "extremely", "slightly", "somewhat", "quite", "bit",
    "little", "face", "expression", "look", "looks", "feeling", "feel", "emotion", "mood",
    "person", "of", "with", "in", "be", "being", "is", "i", "i'm", "am", "she", "he", "they",
    "show", "make", "me",
))
"""Words around a single emotion word that do not change which emotion it is."""


def read_words() -> Mapping[str, Mapping[str, list[str]]]:
    """Return emotion -> kind -> words, as the table has them."""
    table = _table()
    return {emotion: table[emotion] for emotion in EMOTIONS}


@functools.cache
def _table() -> dict[str, dict[str, list[str]]]:
    path = Path(__file__).with_name("words.toml")
    table: dict[str, dict[str, list[str]]] = tomllib.loads(path.read_text(encoding="utf-8"))
    return table


def _look_up_signs(text: str) -> np.ndarray | None:
    """Return the shares (8,) of the emoji and emoticons of a text, None without any."""
    shares = np.zeros(len(EMOTIONS))
    for emotion, signs in _table()["signs"].items():
        for sign in sorted(signs, key=len, reverse=True):
            shares[EMOTIONS.index(emotion)] += text.count(sign)
    return shares / shares.sum() if shares.sum() else None


@functools.cache
def _meanings() -> Mapping[str, tuple[np.ndarray, float]]:
    """Return word -> distribution (8,) over emotions, strength."""
    found: dict[str, list[tuple[int, float]]] = {}
    for emotion, kinds in read_words().items():
        for kind, words in kinds.items():
            for word in (*words, emotion) if kind == "nouns" else words:
                found.setdefault(word, []).append((EMOTIONS.index(emotion), STRENGTH[kind]))
    meanings = {}
    for word, senses in found.items():
        shares = np.zeros(len(EMOTIONS))
        for emotion_index, _ in senses:
            shares[emotion_index] += 1.0 / len(senses)
        meanings[word] = (shares, max(strength for _, strength in senses))
    return meanings


def meaning(word: str) -> np.ndarray | None:
    """Return the distribution (8,) over emotions of a word of the table, None for any other."""
    found = _meanings().get(word)
    return None if found is None else found[0]


def look_up(text: str) -> np.ndarray | None:
    """Return the distribution (8,) of a text that is one emotion's word, or signs, or None.

    Words such as "very" or "a ... face" may stand around it; the word may end in -s, -ed, -ing, -ly
    or -ness, and one of five letters or more may have a slip in it.
    """
    if not any(len(word) > 2 for word in re.findall(r"\w+", text)):
        signs = _look_up_signs(text)
        if signs is not None:
            return signs
    plain = text.lower().strip(" .,;:!?\"'()#")
    meanings = _meanings()
    if plain in meanings:
        return meanings[plain][0]
    rest = [word for word in re.findall(r"[a-z'-]+", plain) if word not in _FILLERS]
    phrase = " ".join(rest)
    if phrase in meanings:
        return meanings[phrase][0]
    if len(rest) != 1:
        return None
    word = rest[0]
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and word[: -len(ending)] + instead in meanings:
            return meanings[word[: -len(ending)] + instead][0]
    near = difflib.get_close_matches(word, meanings, 1, 0.87) if len(word) > 4 else []
    return meanings[near[0]][0] if near else None


_ENDINGS = (
    ("s", ""), ("iness", "y"), ("ness", ""), ("ily", "y"), ("ly", ""), ("ed", ""),
    ("ing", ""), ("ing", "ed"), ("ing", "e"), ("es", ""), ("er", ""),
    ("est", ""), ("ier", "y"), ("iest", "y"), ("", "ed"),
)
"""Ending of a word -> the ending of its form in the table."""


def intensity(text: str, distribution: np.ndarray) -> float:
    """Return how strongly a text speaks of its emotion, 0..1.

    What is not neutral, times the strength of the words used, weakened by words such as "slightly",
    raised by words such as "very", exclamation marks and capitals.

    Args:
        text: The text.
        distribution: (8,) read from it.
    """
    plain = text.lower()
    tokens = re.findall(r"[a-z'-]+", plain)
    meanings = _meanings()
    pairs = [*tokens, *(" ".join(pair) for pair in zip(tokens, tokens[1:], strict=False))]
    strengths = [meanings[word][1] for word in pairs
                 if word in meanings and meanings[word][0][NEUTRAL] < 0.5]
    strength = max(strengths, default=PLAIN)
    if _WEAK.search(plain):
        strength *= _WEAKER
    elif _VERY.search(plain):
        strength *= _STRONGER
    strength += _LOUD * (("!" in text) + (re.search(r"[A-Z]{3,}", text) is not None))
    moved = 1.0 - float(distribution[NEUTRAL])
    return float(np.clip(moved * strength, 0.0, 1.0))
