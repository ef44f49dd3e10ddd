"""BERT's uncased WordPiece: text -> token ids, in plain Python.

The same tokens as the reference implementation (google-research/bert, tokenization.py): clean,
lower, strip accents, split at white space, punctuation and CJK characters, then greedy longest
match within each word.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Iterable, Sequence

import numpy as np

PADDING, UNKNOWN, START, END = "[PAD]", "[UNK]", "[CLS]", "[SEP]"
"""Tokens with a meaning of their own, as they stand in the vocabulary."""

_LONGEST_WORD = 100
"""Characters; a longer word is unknown, as in the reference."""


class WordPiece:
    """A vocabulary and the tokeniser that goes with it."""

    def __init__(self, vocabulary: Sequence[str]) -> None:
        """Keep the tokens; a token's id is its place.

        Args:
            vocabulary: Tokens; ``##`` opens one that continues a word.
        """
        self.vocabulary = tuple(vocabulary)
        self._ids = {token: index for index, token in enumerate(self.vocabulary)}
        self.padding, self._unknown, self._start, self._end = (
            self._ids[token] for token in (PADDING, UNKNOWN, START, END))
        self._word_ids = functools.lru_cache(maxsize=20000)(self._pieces)

    def encode(self, text: str, longest: int) -> list[int]:
        """Return the ids of a text between start and end, cut to ``longest`` ids in all."""
        ids = [self._start]
        for word in words(text):
            ids.extend(self._word_ids(word))
            if len(ids) >= longest:
                break
        return [*ids[:longest - 1], self._end]

    def batch(self, texts: Iterable[str], longest: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the ids (N, L) of texts, padded, and which are real (N, L), both int64."""
        rows = [self.encode(text, longest) for text in texts]
        width = max(map(len, rows), default=0)
        ids = np.full((len(rows), width), self.padding, np.int64)
        mask = np.zeros((len(rows), width), np.int64)
        for index, row in enumerate(rows):
            ids[index, :len(row)] = row
            mask[index, :len(row)] = 1
        return ids, mask

    def _pieces(self, word: str) -> tuple[int, ...]:
        """Return the ids of one word, greedily the longest first."""
        if len(word) > _LONGEST_WORD:
            return (self._unknown,)
        ids = []
        start = 0
        while start < len(word):
            for end in range(len(word), start, -1):
                piece = ("##" if start else "") + word[start:end]
                if piece in self._ids:
                    ids.append(self._ids[piece])
                    start = end
                    break
            else:
                return (self._unknown,)
        return tuple(ids)


def words(text: str) -> list[str]:
    """Return the lower-case words and single punctuation marks of a text, without accents."""
    plain = unicodedata.normalize("NFD", text.lower())
    spaced = []
    for character in plain:
        category = unicodedata.category(character)
        if character in "\t\n\r" or category == "Zs":
            spaced.append(" ")
        elif category in ("Cc", "Cf", "Mn", "Co", "Cs", "Cn") or character in "\0\ufffd":
            continue
        elif _stands_alone(character, category):
            spaced.append(f" {character} ")
        else:
            spaced.append(character)
    return "".join(spaced).split()


def _stands_alone(character: str, category: str) -> bool:
    """Return whether a character is a word of its own: punctuation, ASCII symbols, CJK."""
    code = ord(character)
    if code < 128:
        return not (character.isalnum() or character.isspace())
    return category.startswith("P") or any(low <= code <= high for low, high in _CJK)


_CJK = (
    (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F), (0x2B820, 0x2CEAF), (0x2F800, 0x2FA1F),
)
"""Unicode blocks of CJK ideographs, first and last code point, as in the reference."""
