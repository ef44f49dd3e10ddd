"""A BERT encoder in plain torch, loaded from a safetensors file, with emotion heads.

Architecture: Devlin et al. 2019, as in MiniLM-L6-H384 (Wang et al. 2020): learned positions,
post-layer-norm blocks, GELU. The sentence is the mean of its tokens.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from kinesics_core.errors import ModelError

EPSILON = 1e-12
"""Smallest variance of BERT's layer norms."""


class Block(nn.Module):
    """One transformer block: self-attention, then two dense layers."""

    def __init__(self, width: int, hidden: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.dropout = dropout
        self.qkv = nn.Linear(width, 3 * width)
        self.output = nn.Linear(width, width)
        self.attention_norm = nn.LayerNorm(width, eps=EPSILON)
        self.up = nn.Linear(width, hidden)
        self.down = nn.Linear(hidden, width)
        self.norm = nn.LayerNorm(width, eps=EPSILON)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        """Return the tokens (B, L, W) after this block; ``bias`` (B, 1, 1, L) hides padding."""
        batch, length, width = x.shape
        parts = self.qkv(x).view(batch, length, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4).unbind(0)
        scores = query @ key.transpose(-1, -2) / (width // self.heads) ** 0.5 + bias
        weights = functional.dropout(scores.softmax(-1), self.dropout, self.training)
        mixed = (weights @ value).transpose(1, 2).reshape(batch, length, width)
        x = self.attention_norm(x + self._drop(self.output(mixed)))
        return self.norm(x + self._drop(self.down(functional.gelu(self.up(x)))))

    def _drop(self, x: Tensor) -> Tensor:
        return functional.dropout(x, self.dropout, self.training)


class Encoder(nn.Module):
    """Token ids -> a vector for each text, and the logits of each head."""

    def __init__(
        self, vocabulary: int, width: int, hidden: int, blocks: int, outputs: int,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.words = nn.Embedding(vocabulary, width)
        self.positions = nn.Parameter(torch.zeros(512, width))
        self.norm = nn.LayerNorm(width, eps=EPSILON)
        self.blocks = nn.ModuleList(
            Block(width, hidden, width // 32, dropout) for _ in range(blocks))
        self.head = nn.Linear(width, outputs)
        self.dropout = dropout

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Return the logits (B, outputs) of ids (B, L) with their mask (B, L), both int64."""
        return self.from_vectors(self.words(ids), mask)

    def from_vectors(self, words: Tensor, mask: Tensor) -> Tensor:
        """Return the logits (B, outputs) of word vectors (B, L, W) with their mask (B, L)."""
        real = mask.to(self.positions.dtype)
        x = self.norm(words + self.positions[:words.shape[1]])
        x = functional.dropout(x, self.dropout, self.training)
        bias = (real[:, None, None, :] - 1.0) * 1e4
        for block in self.blocks:
            x = block(x, bias)
        pooled = (x * real[:, :, None]).sum(1) / real.sum(1, keepdim=True)
        return self.head(functional.dropout(pooled, self.dropout, self.training))


def from_bert(path: Path, outputs: int, dropout: float = 0.1) -> Encoder:
    """Return an encoder with the weights of a BERT in a safetensors file and a new head.

    Raises:
        ModelError: The file is no such model.
    """
    weights = read_safetensors(path)
    weights = {name.removeprefix("bert."): value for name, value in weights.items()}
    try:
        words = weights["embeddings.word_embeddings.weight"]
        hidden = weights["encoder.layer.0.intermediate.dense.weight"].shape[0]
    except KeyError as error:
        raise ModelError(
            f"{path} lacks the tensor {error}; wanted a BERT encoder as safetensors.") from None
    blocks = 1 + max(int(name.split(".")[2]) for name in weights if name.startswith("encoder."))
    size, width = words.shape
    model = Encoder(size, width, hidden, blocks, outputs, dropout)
    state: dict[str, Tensor] = {
        "words.weight": words,
        # every text is of segment 0, so its vector is a part of each position's
        "positions": weights["embeddings.position_embeddings.weight"]
        + weights["embeddings.token_type_embeddings.weight"][0],
        "norm.weight": weights["embeddings.LayerNorm.weight"],
        "norm.bias": weights["embeddings.LayerNorm.bias"],
        "head.weight": model.head.weight.detach() * 0.1, "head.bias": model.head.bias.detach(),
    }
    for index in range(blocks):
        old, new = f"encoder.layer.{index}.", f"blocks.{index}."
        for kind in ("weight", "bias"):
            state[f"{new}qkv.{kind}"] = torch.cat([
                weights[f"{old}attention.self.{part}.{kind}"]
                for part in ("query", "key", "value")])
            for ours, theirs in _NAMES.items():
                state[f"{new}{ours}.{kind}"] = weights[f"{old}{theirs}.{kind}"]
    model.load_state_dict(state)
    return model


_NAMES: Mapping[str, str] = {
    "output": "attention.output.dense", "attention_norm": "attention.output.LayerNorm",
    "up": "intermediate.dense", "down": "output.dense", "norm": "output.LayerNorm",
}
"""Name of a layer here -> in BERT's files."""


def load_checkpoint(model: Encoder, path: Path) -> None:
    """Give a model the weights of a checkpoint.

    Raises:
        ModelError: The file is no checkpoint of such a model.
    """
    try:
        model.load_state_dict(torch.load(path, weights_only=True))
    except Exception as error:  # torch raises a dozen kinds for a wrong file
        reason = (str(error).splitlines() or [""])[0]
        raise ModelError(f"{path} is no checkpoint of this encoder ({reason}).") from error


def read_safetensors(path: Path) -> dict[str, Tensor]:
    """Return the float tensors of a safetensors file (little-endian length, JSON, raw data)."""
    raw = path.read_bytes()
    try:
        length = int.from_bytes(raw[:8], "little")
        header = json.loads(raw[8:8 + length])
    except ValueError as error:
        raise ModelError(f"{path} is no safetensors file: {error}.") from None
    tensors = {}
    for name, entry in header.items():
        kind: np.dtype[Any] | None = _DTYPES.get(entry.get("dtype", ""))
        if name == "__metadata__" or kind is None:
            continue
        begin, end = entry["data_offsets"]
        data = np.frombuffer(raw[8 + length + begin:8 + length + end], kind)
        tensors[name] = torch.from_numpy(data.astype(np.float32).reshape(entry["shape"]))
    return tensors


_DTYPES: dict[str, np.dtype[Any]] = {"F32": np.dtype("<f4"), "F16": np.dtype("<f2")}
"""Kinds of numbers that weights come in."""
