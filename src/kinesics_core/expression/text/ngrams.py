"""The n-gram half of the text model: hashed word and character n-grams, then a linear layer.

Features are words, pairs and triples of words, and 2 to 5 characters within a word and its borders,
hashed into buckets (Weinberger et al., "Feature hashing for large scale multitask learning", ICML
2009). A text's vector is (1 + log count) x idf, divided by its length, as in TF-IDF.
"""

from __future__ import annotations

import functools
import math
import zlib
from collections import Counter
from collections.abc import Mapping

import numpy as np

from kinesics_core.expression.text.wordpiece import words

BUCKETS = 1 << 18
WORDS = (1, 2, 3)
CHARACTERS = (2, 3, 4, 5)
LONGEST = 256
"""Words of a text that count; more would only be slow."""


def buckets(text: str) -> Counter[int]:
    """Return how often a text falls into each bucket."""
    tokens = words(text)[:LONGEST]
    found: Counter[int] = Counter()
    for token in tokens:
        found.update(_characters(token))
    framed = ["<", *tokens, ">"]
    for size in WORDS:
        row = tokens if size == 1 else framed
        for start in range(len(row) - size + 1):
            found[_bucket("w" + " ".join(row[start:start + size]))] += 1
    return found


@functools.lru_cache(maxsize=20000)
def _characters(word: str) -> tuple[int, ...]:
    """Return the buckets of a word's characters, its borders being spaces."""
    framed = f" {word[:40]} "
    return tuple(_bucket("c" + framed[start:start + size])
                 for size in CHARACTERS for start in range(len(framed) - size + 1))


def _bucket(name: str) -> int:
    return zlib.crc32(name.encode("utf-8", "ignore")) % BUCKETS


class LinearNgrams:
    """Weights of the buckets, quantised to 8 bits a class.

    Attributes:
        classes: Number of classes C.
    """

    def __init__(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take the arrays that ``pack`` made."""
        self._weights = arrays["ngram_weights"]
        self._scale = arrays["ngram_scale"]
        self._bias = arrays["ngram_bias"]
        self._idf = arrays["ngram_idf"]
        self._idf_scale = float(arrays["ngram_idf_scale"])
        self.classes = self._weights.shape[1]

    def logits(self, text: str) -> np.ndarray:
        """Return the logits (C,) of a text, float32."""
        found = buckets(text)
        if not found:
            return self._bias.astype(np.float32)
        places = np.fromiter(found.keys(), np.int64, len(found))
        counts = np.fromiter(found.values(), np.float32, len(found))
        values = (1.0 + np.log(counts)) * (self._idf[places] * self._idf_scale)
        values /= max(math.sqrt(float(values @ values)), 1e-9)
        return (values @ self._weights[places].astype(np.float32)) * self._scale + self._bias


def pack(weights: np.ndarray, bias: np.ndarray, idf: np.ndarray) -> dict[str, np.ndarray]:
    """Return the arrays of a linear layer, quantised.

    Args:
        weights: (BUCKETS, C) of the linear layer.
        bias: (C,).
        idf: (BUCKETS,) inverse document frequency, 0 or more; 0 leaves a bucket out.
    """
    scale = np.maximum(np.abs(weights).max(0), 1e-9) / 127.0
    idf_scale = max(float(idf.max()), 1e-9) / 255.0
    return {
        "ngram_weights": np.rint(weights / scale).astype(np.int8),
        "ngram_scale": scale.astype(np.float32), "ngram_bias": bias.astype(np.float32),
        "ngram_idf": np.rint(idf / idf_scale).astype(np.uint8),
        "ngram_idf_scale": np.float32(idf_scale),
    }
