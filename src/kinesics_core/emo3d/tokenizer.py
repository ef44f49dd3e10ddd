"""Text to the token numbers of a language model, by its ``tokenizer.json`` alone.

The three kinds that the paper's encoders have: WordPiece (BERT, MiniLM), byte-level BPE with an end
of word (CLIP), and Unigram (XLM-RoBERTa, Glot500). The file is the one of Hugging Face's package
tokenizers; what it says of lower case and special tokens is followed.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from kinesics_core.errors import ModelError

FILE = "tokenizer.json"

_WORDS = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d|[^\W\d_]+|\d|[^\s\w]+|_+", re.IGNORECASE)
"""Words as CLIP cuts them (Radford et al. 2021, the published tokenizer)."""

_LONGEST_WORD = 100
"""Letters; a longer word is unknown to WordPiece."""

_META = "\u2581"


class Tokenizer:
    """Sentences to padded token numbers.

    Args:
        path: A ``tokenizer.json``.
        longest: Tokens of a sentence, special ones included; what is longer is cut.

    Raises:
        ModelError: The file is missing, damaged, or of a kind that is not known here.
    """

    def __init__(self, path: Path, longest: int = 512) -> None:
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            model = content["model"]
            kind = model.get("type") or ("BPE" if "merges" in model else "WordPiece")
            self._pieces = _KINDS[kind](content)
            self._vocabulary = _vocabulary(model)
            for token in content.get("added_tokens", ()):
                self._vocabulary.setdefault(token["content"], int(token["id"]))
            self._before, self._after = (
                [self._vocabulary[token] for token in side] for side in _special(content))
            self._unknown = _unknown(model, self._vocabulary)
        except FileNotFoundError as error:
            raise ModelError(
                f"{path} does not exist; an encoder needs its {FILE} beside the model.") from error
        except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
            raise ModelError(
                f"{path} is no tokenizer that is known here ({type(error).__name__}: {error});"
                f" wanted Hugging Face's {FILE} of kind {', '.join(_KINDS)}.") from error
        self.longest = longest
        padding = content.get("padding") or {}
        self.pad = int(padding.get("pad_id", self._vocabulary.get(
            "[PAD]", self._vocabulary.get("<pad>", 0))))

    def ids(self, text: str) -> list[int]:
        """Return the token numbers of a sentence, special ones included."""
        numbers = [self._vocabulary.get(piece, self._unknown) for piece in self._pieces(text)]
        room = self.longest - len(self._before) - len(self._after)
        return [*self._before, *numbers[:room], *self._after]

    def batch(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Return token numbers (N, T) int64 and which of them count (N, T) int64, 1 or 0."""
        rows = [self.ids(text) for text in texts]
        width = max(len(row) for row in rows)
        numbers = np.full((len(rows), width), self.pad, np.int64)
        mask = np.zeros((len(rows), width), np.int64)
        for index, row in enumerate(rows):
            numbers[index, : len(row)] = row
            mask[index, : len(row)] = 1
        return numbers, mask


Pieces = Callable[[str], list[str]]


def _word_piece(content: Mapping[str, Any]) -> Pieces:
    """Return BERT's cutting: words and punctuation, then the longest known pieces from the left."""
    model, known = content["model"], content["model"]["vocab"]
    normalizer = content.get("normalizer") or {}
    lower = bool(normalizer.get("lowercase", True))
    strip = normalizer.get("strip_accents")
    strip = lower if strip is None else bool(strip)
    inside, unknown = model.get("continuing_subword_prefix", "##"), model.get("unk_token", "[UNK]")

    def cut(word: str) -> list[str]:
        if len(word) > _LONGEST_WORD:
            return [unknown]
        found, start = [], 0
        while start < len(word):
            end = len(word)
            while end > start and (inside if start else "") + word[start:end] not in known:
                end -= 1
            if end == start:
                return [unknown]
            found.append((inside if start else "") + word[start:end])
            start = end
        return found

    def pieces(text: str) -> list[str]:
        return [piece for word in _bert_words(text, lower, strip) for piece in cut(word)]

    return pieces


def _bert_words(text: str, lower: bool, strip: bool) -> list[str]:
    """Return words, each punctuation mark and each Chinese character by itself."""
    if lower:
        text = text.lower()
    if strip:
        text = "".join(c for c in unicodedata.normalize("NFD", text)
                       if unicodedata.category(c) != "Mn")
    spaced = []
    for character in text:
        kind = unicodedata.category(character)
        if character.isspace():
            spaced.append(" ")
        elif kind.startswith("C"):
            continue
        elif kind.startswith("P") or character in "$+<=>^`|~" or 0x4E00 <= ord(character) <= 0x9FFF:
            spaced.append(f" {character} ")
        else:
            spaced.append(character)
    return "".join(spaced).split()


def _byte_pairs(content: Mapping[str, Any]) -> Pieces:
    """Return CLIP's cutting: bytes as letters, merged in the order the pairs were learned."""
    model = content["model"]
    pairs = [tuple(pair.split(" ")) if isinstance(pair, str) else tuple(pair)
             for pair in model["merges"]]
    rank = {pair: number for number, pair in enumerate(pairs)}
    end, letters = model.get("end_of_word_suffix") or "", _byte_letters()

    @lru_cache(maxsize=65536)
    def merge(word: str) -> tuple[str, ...]:
        symbols = [*word[:-1], word[-1] + end]
        while len(symbols) > 1:
            best = min(zip(symbols, symbols[1:], strict=False),
                       key=lambda pair: rank.get(pair, math.inf))
            if best not in rank:
                break
            joined, index = [], 0
            while index < len(symbols):
                if tuple(symbols[index:index + 2]) == best:
                    joined.append(symbols[index] + symbols[index + 1])
                    index += 2
                else:
                    joined.append(symbols[index])
                    index += 1
            symbols = joined
        return tuple(symbols)

    def pieces(text: str) -> list[str]:
        text = " ".join(unicodedata.normalize("NFC", text).lower().split())
        words = ["".join(letters[byte] for byte in word.encode()) for word in _WORDS.findall(text)]
        return [piece for word in words for piece in merge(word)]

    return pieces


def _byte_letters() -> dict[int, str]:
    """Return a printable letter for every byte, as GPT-2's byte-level BPE has them."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return {byte: chr(byte) for byte in printable} | {
        byte: chr(256 + number) for number, byte in enumerate(others)}


def _unigram(content: Mapping[str, Any]) -> Pieces:
    """Return SentencePiece's cutting: the most probable pieces (Viterbi over the words)."""
    scores = {piece: float(score) for piece, score in content["model"]["vocab"]}
    longest = max(map(len, scores))
    unknown_score = min(scores.values()) - 10.0

    @lru_cache(maxsize=65536)
    def cut(word: str) -> tuple[str, ...]:
        best = [0.0] + [-math.inf] * len(word)
        start = [0] * (len(word) + 1)
        for end in range(1, len(word) + 1):
            for begin in range(max(0, end - longest), end):
                piece = word[begin:end]
                score = scores.get(piece, unknown_score if end - begin == 1 else -math.inf)
                if best[begin] + score > best[end]:
                    best[end], start[end] = best[begin] + score, begin
        pieces: list[str] = []
        end = len(word)
        while end:
            pieces.insert(0, word[start[end]:end])
            end = start[end]
        return tuple(pieces)

    def pieces(text: str) -> list[str]:
        words = unicodedata.normalize("NFKC", text).split()
        return [piece for word in words for piece in cut(_META + word)]

    return pieces


_KINDS: dict[str, Callable[[Mapping[str, Any]], Pieces]] = {
    "WordPiece": _word_piece, "BPE": _byte_pairs, "Unigram": _unigram}


def _vocabulary(model: Mapping[str, Any]) -> dict[str, int]:
    vocabulary = model["vocab"]
    if isinstance(vocabulary, dict):
        return {str(piece): int(number) for piece, number in vocabulary.items()}
    return {str(piece): number for number, (piece, _) in enumerate(vocabulary)}


def _unknown(model: Mapping[str, Any], vocabulary: Mapping[str, int]) -> int:
    token = model.get("unk_token")
    return int(model["unk_id"]) if "unk_id" in model else vocabulary.get(str(token), 0)


def _special(content: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Return the special tokens before and after a sentence."""
    after = content.get("post_processor") or {}
    for part in (after, *after.get("processors", ())):
        if part.get("type") == "TemplateProcessing":
            names = [next(iter(item.items())) for item in part["single"]]
            middle = [kind for kind, _ in names].index("Sequence")
            tokens = [part["special_tokens"][item["id"]]["tokens"][0] if kind == "SpecialToken"
                      else "" for kind, item in names]
            return tokens[:middle], tokens[middle + 1:]
        if part.get("type") in ("RobertaProcessing", "BertProcessing"):
            return [part["cls"][0]], [part["sep"][0]]
    return [], []
