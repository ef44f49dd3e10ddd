"""Triples and encoders whose truth is known, without a picture or a language model."""

from __future__ import annotations

import json

import numpy as np

from kinesics_core.emo3d.make import describe_row
from kinesics_core.emo3d.options import MakeConfig
from kinesics_core.emo3d.portraits import portray
from kinesics_core.emo3d.statistics import words_of
from kinesics_core.emo3d.triples import Triples
from kinesics_core.emo3d.words import BLENDS, VOCABULARY


def triples(count=300, seed=0):
    """Descriptions of the grammar with the faces that show them, as if measured without error."""
    config = MakeConfig(count=count, seed=seed)
    texts, kinds, parts, distributions, faces = [], [], [], [], []
    for row in range(count):
        part, description, rng = describe_row(row, config)
        texts.append(description.texts)
        kinds.append(description.kind)
        parts.append(part)
        distributions.append(description.distribution)
        faces.append(portray(description, rng).face)
    scores = np.stack(faces)
    return Triples(tuple(texts), tuple(kinds), tuple(parts), np.stack(distributions),
                   np.arange(count), (None,) * count, scores, scores)


class MeaningEncoder:
    """A language model that knows what the words of the vocabulary mean: each word's vector is that
    of its emotion and a little of its own, a sentence's is their sum."""

    name, fingerprint = "words of the vocabulary", "meaning"

    def __init__(self, width=48):
        self.width = width
        rng = np.random.default_rng(7)
        emotions = {name: rng.normal(size=width) for name in VOCABULARY}
        self._words: dict[str, np.ndarray] = {}
        for name, known in VOCABULARY.items():
            for level in (*known.adjectives, *known.nouns, known.events,
                          [sign for sign, _ in known.signs]):
                for phrase in level:
                    for word in words_of(phrase):
                        own = emotions[name] + 0.3 * rng.normal(size=width)
                        self._words[word] = self._words.get(word, 0.0) + own
        for adjective, noun, shares in BLENDS:
            for word in (*words_of(adjective), *words_of(noun)):
                self._words[word] = sum(emotions[name] * share for name, share in shares.items())

    def texts(self, texts, on_done=None):
        found = [sum((self._words.get(word, np.zeros(self.width)) for word in words_of(text)),
                     np.zeros(self.width)) for text in texts]
        if on_done:
            on_done(len(texts), len(texts))
        vectors = np.array(found, np.float32)
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)


def language_model(onnx, folder, width=6):
    """A folder with an ONNX language model: words of the grammar, each with its own vector."""
    words = sorted({word for row in range(200)
                    for text in describe_row(row, MakeConfig(seed=3))[1].texts
                    for word in words_of(text)})
    pieces = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", *words]
    folder.mkdir()
    (folder / "tokenizer.json").write_text(json.dumps({
        "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 2], "cls": ["[CLS]", 1]},
        "model": {"type": "WordPiece", "vocab": {name: n for n, name in enumerate(pieces)}}}))
    table = np.random.default_rng(0).normal(size=(len(pieces), width)).astype(np.float32)
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Gather", ["table", "input_ids"], ["last_hidden_state"])], "toy",
        [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.INT64, ("n", "t"))
         for name in ("input_ids", "attention_mask")],
        [onnx.helper.make_tensor_value_info("last_hidden_state", onnx.TensorProto.FLOAT, None)],
        [onnx.numpy_helper.from_array(table, "table")])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)])
    model.ir_version = 9
    onnx.save(model, folder / "model.onnx")
    return folder
