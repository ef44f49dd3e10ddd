"""The whole training: data -> n-grams, encoder, their combination -> the model's two files.

In the output folder: ``text_emotion.npz`` and ``text_emotion.onnx`` (without encoder the first
alone), ``encoder.pt`` (the encoder as it is trained, every ``SAVE_STEPS`` steps and at the end).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kinesics_core import files
from kinesics_core.errors import KinesicsError
from kinesics_core.expression.text import model_file, placeholders
from kinesics_core.expression.text.training import authored, combine, data, ngram_fit, weak
from kinesics_core.expression.text.training.data import Sentences
from kinesics_core.expression.text.wordpiece import words

ROUNDS = 8
"""Fillings of each authored frame."""
SAVE_STEPS = 200
FEWEST = 3
"""Times that a word stands in the data for it to be an English word."""

OnStep = Callable[[str, float, float], None]
"""Told the part of the work, the share of it that is done, and its loss (nan without)."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Files to train on.

    Attributes:
        goemotions: See ``data.read_goemotions``.
        xed: See ``data.read_xed``.
        encoder: Folder of a BERT encoder with ``model.safetensors`` and ``vocab.txt``; None trains
            the n-grams alone.
        init: ``encoder.pt`` of an earlier run to begin with, or None.
        dictionary: A list of English words, one a line, beside those of the data; or None.
    """

    goemotions: Path
    xed: Path
    encoder: Path | None = None
    init: Path | None = None
    dictionary: Path | None = None


def build(
    sources: Sources, out: Path, config: Any, licence: str, on_step: OnStep
) -> Path:
    """Train everything and return the .npz written.

    Args:
        sources: The data.
        out: Folder, made if missing.
        config: A ``finetune.FinetuneConfig``; of 0 epochs the encoder stays as ``init`` has it.
        licence: Of the weights, for the files.
        on_step: See ``OnStep``.

    Raises:
        KinesicsError: A source is missing or of another form.
    """
    files.require_directory(out)
    train = data.read_goemotions(sources.goemotions, "train")
    dev = data.read_goemotions(sources.goemotions, "dev")
    xed = data.read_xed(sources.xed)
    written = authored.Writer(config.seed).write(ROUNDS)
    path = out / model_file.FILE
    arrays: dict[str, Any] = {
        "format": model_file.FORMAT, "licence": licence,
        "english": model_file.pack_words(english_words(
            [*train.texts, *xed.texts], written.texts, sources.dictionary)),
    }
    if sources.encoder is not None:
        arrays["vocabulary"] = _train_encoder(
            sources, out, config, (train, xed, written), on_step)
    arrays |= _train_ngrams(train, written, on_step)
    return _combine(path, arrays, dev, on_step)


def _train_ngrams(
    train: Sentences, written: authored.Authored, on_step: OnStep
) -> Mapping[str, np.ndarray]:
    """Return the arrays of the n-gram layer, trained on GoEmotions and the authored sentences."""
    texts = [*map(placeholders.fill, train.texts), *written.texts]
    labels = np.concatenate([
        weak.goemotions_targets(train) > 0.0, written.targets > MIXED]).astype(np.float32)
    return ngram_fit.fit(
        texts, labels,
        on_class=lambda index: on_step("n-grams", (index + 1) / labels.shape[1], np.nan))


MIXED = 0.3
"""Share from which on an emotion of an authored sentence counts as there."""


def _train_encoder(
    sources: Sources, out: Path, config: Any,
    texts: tuple[Sentences, Sentences, authored.Authored], on_step: OnStep,
) -> np.ndarray:
    """Train and export the encoder; return its vocabulary packed."""
    from kinesics_core.expression.text.training import encoder, export, finetune
    from kinesics_core.expression.text.wordpiece import WordPiece

    assert sources.encoder is not None
    weights, listed = sources.encoder / "model.safetensors", sources.encoder / "vocab.txt"
    for file in (weights, listed):
        if not file.is_file():
            raise KinesicsError(
                f"{file} is missing; wanted the folder of a BERT encoder with model.safetensors and"
                " vocab.txt.")
    vocabulary = listed.read_text(encoding="utf-8").splitlines()
    tokens = WordPiece(vocabulary)
    model = encoder.from_bert(weights, data.OUTPUTS)
    if sources.init is not None:
        encoder.load_checkpoint(model, sources.init)
    steps = 0

    def each_step(share: float, loss: float) -> None:
        nonlocal steps
        steps += 1
        if steps % SAVE_STEPS == 0:
            _save(model, out)
        on_step("encoder", share, loss)

    if config.epochs > 0.0:
        finetune.finetune(model, tokens, finetune.gather(*texts, config), config, each_step)
        _save(model, out)
    about = {"task": "text emotion", "name": "text_emotion", "outputs": str(data.OUTPUTS)}
    export.export_encoder(
        model, (out / model_file.FILE).with_suffix(".onnx"), about)
    return model_file.pack_words(vocabulary)


def _save(model: Any, out: Path) -> None:
    """Write the encoder's weights as a checkpoint."""
    import io

    import torch

    stream = io.BytesIO()
    torch.save(model.state_dict(), stream)
    files.write_bytes(out / "encoder.pt", stream.getbuffer())


def _combine(path: Path, arrays: dict[str, Any], dev: Sentences, on_step: OnStep) -> Path:
    """Choose weights and thresholds on the development set, write the file, return its path."""
    model = model_file.from_arrays(path, arrays | empty(arrays))
    features = []
    for index, text in enumerate(dev.texts):
        features.append(model.features(placeholders.fill(text)))
        if index % 200 == 0:
            on_step("combination", index / len(dev.texts), np.nan)
    found = combine.fit(
        np.stack(features), data.to_ekman(dev.labels), weak.goemotions_targets(dev))
    arrays |= {"shares": found.shares, "decision": found.decision,
               "decision_bias": found.decision_bias, "thresholds": found.thresholds}
    files.write_arrays(path, arrays, compressed=True)
    return path


def empty(arrays: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Return a combination that says nothing, for a model whose own is not yet known."""
    width = model_file.NGRAM_FEATURES + ("vocabulary" in arrays) * data.OUTPUTS
    zeros = np.zeros((width, 8), np.float32)
    return {"shares": zeros, "decision": zeros, "decision_bias": zeros[0], "thresholds": zeros[0]}


def english_words(
    texts: list[str], written: list[str], dictionary: Path | None
) -> list[str]:
    """Return words of English, the most frequent first, those of the dictionary last."""
    counts = Counter(word for text in texts for word in words(text) if _is_word(word))
    ours = Counter(word for text in written for word in words(text) if _is_word(word))
    known = [word for word, count in counts.most_common() if count >= FEWEST or word in ours]
    known += [word for word in ours if word not in counts]
    if dictionary is not None:
        try:
            lines = dictionary.read_text(encoding="utf-8").split()
        except (OSError, UnicodeDecodeError) as error:
            raise KinesicsError(
                f"{dictionary} cannot be read ({error}); wanted words, one a line.") from error
        listed = {line.lower() for line in lines if "'" not in line and len(line) > 2}
        known += sorted(listed - set(known))
    return known


def _is_word(word: str) -> bool:
    return word.isascii() and word.isalpha()
