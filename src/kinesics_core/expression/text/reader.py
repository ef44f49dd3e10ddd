"""Text -> distribution over the eight emotions, VAD and intensity, offline.

    reading = TextReader.load().read("she hid behind the door, shaking")
    reading.distribution[FEAR], reading.vad, reading.intensity

A single word of an emotion is looked up; anything else goes through the model, in pieces where it
is long. Text of another language is refused, never silently neutral.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kinesics_core.affect.emotions import EMOTIONS, NEUTRAL, softmax
from kinesics_core.errors import KinesicsError
from kinesics_core.expression.text import lexicon, model_file, placeholders, reversal
from kinesics_core.expression.text.language import ENGLISH, EnglishWords, require_english
from kinesics_core.expression.text.model_file import TextModel
from kinesics_core.expression.text.vad import read_vad

LONGEST = 10_000
"""Characters of a text that is read."""
PIECE = 40
"""Words of a piece; a longer text is read piece by piece, cut between sentences where it can."""
CERTAIN = 0.9
"""Weight of a word that was looked up; the rest is the model's."""


@dataclass(frozen=True, slots=True, eq=False)
class TextReading:
    """Emotion of a text.

    Attributes:
        distribution: (8,) float32 over ``EMOTIONS``, sums to 1.
        vad: (3,) float32 valence, arousal, dominance, -1..1.
        intensity: 0..1, how strongly; 0 for a neutral text.
        language: "English"; other languages are refused.
    """

    distribution: np.ndarray
    vad: np.ndarray
    intensity: float
    language: str


class TextReader:
    """Reader of English texts; make it once, with ``load``."""

    def __init__(self, model: TextModel) -> None:
        self._model = model
        self._english = EnglishWords(model.english)

    @classmethod
    def load(cls, path: Path | str | None = None) -> TextReader:
        """Return the reader of a model file, opened once; None: the shipped model.

        Raises:
            ModelError: A file is missing or is no text model.
        """
        return _load(None if path is None else Path(path))

    @property
    def model(self) -> TextModel:
        """Model that reads."""
        return self._model

    def read(self, text: str) -> TextReading:
        """Return the emotion of a text.

        Args:
            text: A word, a sentence or a few, up to ``LONGEST`` characters.

        Raises:
            KinesicsError: It is empty, too long or not English.
        """
        if not isinstance(text, str):
            raise KinesicsError(f"Got a {type(text).__name__}; wanted text.")
        if not text.strip():
            raise KinesicsError("Got an empty text; wanted a word or a sentence.")
        if len(text) > LONGEST:
            raise KinesicsError(
                f"Got a text of {len(text)} characters; wanted at most {LONGEST}. Give a part of"
                " it, a sentence or a paragraph.")
        known = lexicon.look_up(text)
        if known is None:
            require_english(text, self._english)
        distribution, fine = self._read(placeholders.fill(text))
        if known is not None:
            distribution = CERTAIN * known + (1.0 - CERTAIN) * distribution
        else:
            distribution = reversal.turned(text, distribution)
        return TextReading(
            distribution.astype(np.float32), read_vad(distribution, fine),
            lexicon.intensity(text, distribution), ENGLISH)

    def _read(self, text: str) -> tuple[np.ndarray, np.ndarray | None]:
        """Return the mean distribution of the pieces, what is not neutral counting more.

        Beside it the mean of the finer labels, if the model has them.
        """
        total, fine = np.zeros(len(EMOTIONS)), None
        parts = pieces(text)
        for part in parts:
            outputs = self._model.read(part)
            shares = softmax(outputs.shares.astype(np.float64))
            total += shares * (1.05 - shares[NEUTRAL])
            if outputs.fine is not None:
                fine = outputs.fine / len(parts) + (0.0 if fine is None else fine)
        return total / total.sum(), fine


@functools.lru_cache(maxsize=4)
def _load(path: Path | None) -> TextReader:
    return TextReader(model_file.open_model(path))


def pieces(text: str) -> list[str]:
    """Return the parts of a text, each of at most ``PIECE`` words; a short text is one part."""
    if len(text.split()) <= PIECE:
        return [text]
    parts: list[str] = []
    open_words: list[str] = []
    for sentence in re.split(r"(?<=[.!?…])\s+|\n+", text):
        words = sentence.split()
        while words:
            if open_words and len(open_words) + len(words) > PIECE:
                parts.append(" ".join(open_words))
                open_words = []
            open_words += words[:PIECE]
            words = words[PIECE:]
    return [*parts, " ".join(open_words)] if open_words else parts
