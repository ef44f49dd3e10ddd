"""The text model on disk: ``NAME.npz`` and, beside it, the encoder ``NAME.onnx``.

The .npz holds the n-gram layer, the encoder's vocabulary, words of English texts, and how the
outputs of both halves become logits of the eight emotions; ``training.export`` writes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime

from kinesics_core import files
from kinesics_core.affect.emotions import EMOTIONS
from kinesics_core.assets import store
from kinesics_core.errors import ModelError
from kinesics_core.expression.text.ngrams import LinearNgrams
from kinesics_core.expression.text.wordpiece import WordPiece

FILE = "text_emotion.npz"
FORMAT = 1

LONGEST = 64
"""Tokens of a piece of text that the encoder takes."""


@dataclass(frozen=True, slots=True)
class TextModel:
    """Both halves of the model and their combination.

    Attributes:
        name: File the model came from.
        english: Words of English texts, the most frequent first.
        thresholds: (8,) logits from which on an emotion is said to be there, chosen on the
            development set; inf for contempt, which no data set has.
    """

    name: str
    english: list[str]
    thresholds: np.ndarray
    _ngrams: LinearNgrams
    _mix: np.ndarray
    _bias: np.ndarray
    _detail: np.ndarray
    _tokens: WordPiece | None
    _session: onnxruntime.InferenceSession | None

    def logits(self, text: str) -> np.ndarray:
        """Return the logits (8,) of a text, float32, each emotion's own."""
        return self.read(text)[0]

    def read(self, text: str) -> tuple[np.ndarray, np.ndarray | None]:
        """Return the logits (8,) of a text, and its valence, arousal, dominance or None.

        The second is there with an encoder alone: mean VAD of the finer labels it tells apart.
        """
        features = self._ngrams.logits(text)
        fine = None
        if self._session is not None and self._tokens is not None:
            ids, mask = self._tokens.batch([text], LONGEST)
            (outputs,) = self._session.run(None, {"ids": ids, "mask": mask})
            features = np.concatenate([features, outputs[0]])
        return (features @ self._mix + self._bias).astype(np.float32), fine


def open_model(path: Path | None = None) -> TextModel:
    """Return the text model of a file; None: the shipped one.

    Raises:
        ModelError: A file is missing or is no text model.
    """
    path = store.shipped(FILE) if path is None else path
    try:
        arrays = files.read_arrays(path)
        return _from_arrays(path, arrays)
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise ModelError(
            f"{path} cannot be read as a text model ({error}). Restore the file, or make it with"
            " kinesics train text.") from error


def _from_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> TextModel:
    if int(arrays["format"]) != FORMAT:
        raise ValueError(f"format {int(arrays['format'])}, this version reads {FORMAT}")
    tokens, session = None, None
    if "vocabulary" in arrays:
        tokens = WordPiece(_words(arrays["vocabulary"]))
        session = _session(path.with_suffix(".onnx"))
    model = TextModel(
        name=path.name, english=_words(arrays["english"]),
        thresholds=arrays["thresholds"].astype(np.float32), _ngrams=LinearNgrams(arrays),
        _mix=arrays["mix"].astype(np.float32), _bias=arrays["mix_bias"].astype(np.float32),
        _detail=arrays.get("detail", np.zeros((0, 3), np.float32)), _tokens=tokens,
        _session=session)
    if model.logits("test").shape != (len(EMOTIONS),):
        raise ValueError("its outputs are not the eight emotions")
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
