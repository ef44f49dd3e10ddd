"""The text model on disk: ``NAME.npz`` and, beside it, the encoder ``NAME.onnx``.

The .npz holds the n-gram layer, the encoder's vocabulary, words of English texts, and how the
outputs of both halves become logits of the eight emotions; ``training.export`` writes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnxruntime

from kinesics_core import files
from kinesics_core.affect.emotions import EMOTIONS
from kinesics_core.assets import store
from kinesics_core.errors import ModelError
from kinesics_core.expression.text.ngrams import LinearNgrams
from kinesics_core.expression.text.vad import FINE_VAD
from kinesics_core.expression.text.wordpiece import WordPiece

FILE = "text_emotion.npz"
FORMAT = 2

LONGEST = 64
"""Tokens of a piece of text that the encoder takes."""

NGRAM_FEATURES = 2 * len(EMOTIONS)
"""Features of the n-grams: a logit and a log-probability for each emotion."""
FINE_FEATURES = slice(NGRAM_FEATURES + 7, NGRAM_FEATURES + 7 + len(FINE_VAD))
"""Features that are the logits of GoEmotions' labels, after those of Ekman's seven."""


class Outputs(NamedTuple):
    """Outputs of the model for one text.

    Attributes:
        shares: (8,) logarithms of how much each emotion has, up to a constant.
        decision: (8,) logits; an emotion is there if its logit is above its threshold.
        fine: (27,) probabilities of GoEmotions' labels in the order of ``vad.FINE_VAD``, or None.
    """

    shares: np.ndarray
    decision: np.ndarray
    fine: np.ndarray | None


@dataclass(frozen=True, slots=True)
class TextModel:
    """Both halves of the model and their combination.

    Attributes:
        name: File the model came from.
        english: Words of English texts, the most frequent first.
        thresholds: (8,) of ``Outputs.decision``, chosen on the development set; inf for contempt,
            which that set does not have.
    """

    name: str
    english: list[str]
    thresholds: np.ndarray
    _ngrams: LinearNgrams
    _shares: np.ndarray
    _decision: np.ndarray
    _decision_bias: np.ndarray
    _tokens: WordPiece | None
    _session: onnxruntime.InferenceSession | None

    def read(self, text: str) -> Outputs:
        """Return what the model says of a text of at most ``LONGEST`` tokens; the rest is cut."""
        features = self.features(text)
        fine = None
        if self._session is not None:
            fine = 1.0 / (1.0 + np.exp(-features[FINE_FEATURES].astype(np.float64)))
        return Outputs(features @ self._shares, features @ self._decision + self._decision_bias,
                       fine)

    def ngram_logits(self, text: str) -> np.ndarray:
        """Return the logits (8,) of the n-grams alone, each emotion's own."""
        return self._ngrams.logits(text)

    def features(self, text: str) -> np.ndarray:
        """Return the logits of the n-grams, their log-probabilities, the encoder's outputs."""
        logits = self._ngrams.logits(text)
        parts = [logits, -np.logaddexp(0.0, -logits)]
        if self._session is not None and self._tokens is not None:
            ids, mask = self._tokens.batch([text], LONGEST)
            parts.append(self._session.run(None, {"ids": ids, "mask": mask})[0][0])
        return np.concatenate(parts).astype(np.float32)


def open_model(path: Path | None = None) -> TextModel:
    """Return the text model of a file; None: the shipped one.

    Raises:
        ModelError: A file is missing or is no text model.
    """
    path = store.shipped(FILE) if path is None else path
    try:
        arrays = files.read_arrays(path)
        return from_arrays(path, arrays)
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise ModelError(
            f"{path} cannot be read as a text model ({error}). Restore the file, or make it with"
            " kinesics train text.") from error


def from_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> TextModel:
    """Return the model of a file's arrays, with the encoder that stands beside the path.

    Raises:
        ModelError: The encoder is missing or cannot be run.
        KeyError: An array is missing.
        ValueError: The arrays are not those of this format.
    """
    if int(arrays["format"]) != FORMAT:
        raise ValueError(f"format {int(arrays['format'])}, this version reads {FORMAT}")
    tokens, session = None, None
    if "vocabulary" in arrays:
        tokens = WordPiece(_words(arrays["vocabulary"]))
        session = _session(path.with_suffix(".onnx"))
    model = TextModel(
        name=path.name, english=_words(arrays["english"]),
        thresholds=arrays["thresholds"].astype(np.float32), _ngrams=LinearNgrams(arrays),
        _shares=arrays["shares"].astype(np.float32),
        _decision=arrays["decision"].astype(np.float32),
        _decision_bias=arrays["decision_bias"].astype(np.float32), _tokens=tokens,
        _session=session)
    found = model.read("test")
    if not found.shares.shape == found.decision.shape == (len(EMOTIONS),):
        raise ValueError("its outputs are not the eight emotions")
    if not (np.isfinite(found.shares).all() and np.isfinite(found.decision).all()):
        raise ValueError("its weights are damaged: it answers with nan or infinity")
    return model


def _words(packed: np.ndarray) -> list[str]:
    """Return the lines of a text stored as bytes."""
    return packed.astype(np.uint8).tobytes().decode("utf-8").split("\n")


def pack_words(words: list[str]) -> np.ndarray:
    """Return words as bytes of lines, which an .npz holds without pickles."""
    return np.frombuffer("\n".join(words).encode("utf-8"), np.uint8)


def _session(path: Path) -> onnxruntime.InferenceSession:
    if not path.is_file():
        raise ModelError(f"{path} is missing; it is the encoder of {path.stem}.npz.")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    try:
        return onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's kinds are private to its C++ binding
        raise ModelError(
            f"{path} cannot be run ({str(error).splitlines()[0]}). Restore the file.") from error
