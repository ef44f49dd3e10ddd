"""Fine-tuning of the encoder on several tasks at once: one head of ``OUTPUTS`` logits.

The four tasks share the sentence's vector: Ekman's seven (GoEmotions), GoEmotions' own 28, XED's
nine, each with binary cross entropy, and our eight emotions as a distribution, with cross entropy,
on everything. The learning rate falls linearly to 0 over the epochs or the minutes given, whichever
end first, so that a shared machine gives a finished model too.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from kinesics_core.expression.text import placeholders
from kinesics_core.expression.text.training.authored import Authored
from kinesics_core.expression.text.training.data import (
    EKMAN,
    EKMAN_AT,
    FINE_AT,
    GOEMOTIONS,
    OURS_AT,
    OUTPUTS,
    XED,
    XED_AT,
    Sentences,
    to_ekman,
)
from kinesics_core.expression.text.training.encoder import Encoder
from kinesics_core.expression.text.training.weak import goemotions_targets, xed_targets
from kinesics_core.expression.text.wordpiece import WordPiece
from kinesics_core.settings import check, setting

FINE_SHARE, XED_SHARE, OURS_SHARE, XED_OURS_SHARE = 1.0, 0.5, 0.5, 0.2
"""Weights of the tasks beside Ekman's 1; the last is our emotions on XED, whose labels are a guess
for trust and anticipation."""
_WARMUP = 0.04
_BUCKET = 40
"""Batches sorted by length together, so that little padding is computed."""


@dataclass(frozen=True)
class FinetuneConfig:
    """Settings of the encoder's training."""

    epochs: float = setting(3.0, "Passes over the examples", bounds=(0.0, 100.0))
    minutes: float = setting(600.0, "Longest time", unit="min", bounds=(0.01, 10000.0))
    lr: float = setting(1e-4, "Highest learning rate of the last block", bounds=(1e-7, 1.0))
    batch: int = setting(32, "Texts in a step", bounds=(2, 4096))
    goemotions_share: float = setting(
        1.0, "Share of GoEmotions seen in an epoch", bounds=(0.0, 10.0))
    xed_share: float = setting(0.3, "Share of XED seen in an epoch", bounds=(0.0, 10.0))
    frozen: int = setting(0, "Blocks from below that are not trained", bounds=(0, 48))
    seed: int = setting(0, "Seed of order, dropout and names", bounds=(0, 2**31 - 1))

    def __post_init__(self) -> None:
        """Refuse values out of their ranges."""
        check(self)


@dataclass(frozen=True, slots=True)
class Examples:
    """Texts and, for each, targets (N, OUTPUTS), weights (N, OUTPUTS), times seen an epoch (N)."""

    texts: list[str]
    targets: np.ndarray
    weights: np.ndarray
    times: np.ndarray


def gather(
    go: Sentences, xed: Sentences, authored: Authored, config: FinetuneConfig
) -> Examples:
    """Return all examples: GoEmotions, XED and the authored sentences."""
    sizes = [len(go.texts), len(xed.texts), len(authored.texts)]
    first, second = sizes[0], sizes[0] + sizes[1]
    targets = np.zeros((sum(sizes), OUTPUTS), np.float32)
    weights = np.zeros_like(targets)
    targets[:first, EKMAN_AT], weights[:first, EKMAN_AT] = to_ekman(go.labels), 1 / len(EKMAN)
    targets[:first, FINE_AT], weights[:first, FINE_AT] = go.labels, FINE_SHARE / len(GOEMOTIONS)
    targets[first:second, XED_AT], weights[first:second, XED_AT] = xed.labels, XED_SHARE / len(XED)
    targets[:first, OURS_AT], weights[:first, OURS_AT] = goemotions_targets(go), OURS_SHARE
    targets[first:second, OURS_AT] = xed_targets(xed)
    weights[first:second, OURS_AT] = XED_OURS_SHARE
    targets[second:, OURS_AT], weights[second:, OURS_AT] = authored.targets, 1.0
    times = np.concatenate([
        np.full(first, config.goemotions_share), np.full(sizes[1], config.xed_share),
        authored.times])
    return Examples([*go.texts, *xed.texts, *authored.texts], targets, weights, times)


def finetune(
    model: Encoder, tokens: WordPiece, examples: Examples, config: FinetuneConfig,
    on_step: Callable[[float, float], None] = lambda share, loss: None,
) -> None:
    """Train the encoder in place.

    Args:
        model: Begins with pretrained weights; the word and position vectors stay as they are.
        tokens: Its tokeniser.
        examples: All there is to train on.
        config: Settings.
        on_step: Told the share done and the mean loss, every step.
    """
    torch.manual_seed(config.seed)
    random = np.random.default_rng(config.seed)
    optimiser = _optimiser(model, config)
    parameters = [each for group in optimiser.param_groups for each in group["params"]]
    total = max(1, int(config.epochs * examples.times.sum() / config.batch))
    start, mean = time.monotonic(), 0.0
    model.train()
    for step, (ids, chosen) in enumerate(_batches(tokens, examples, config.batch, random)):
        share = max(step / total, (time.monotonic() - start) / (60.0 * config.minutes))
        if share >= 1.0:
            break
        for group in optimiser.param_groups:
            group["lr"] = group["base"] * min(1.0, share / _WARMUP) * (1.0 - share)
        with torch.autocast("cpu", torch.bfloat16):
            logits = model(ids, (ids != tokens.padding).long())
        value = loss(logits.float(), torch.from_numpy(examples.targets[chosen]),
                     torch.from_numpy(examples.weights[chosen]))
        value.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        optimiser.zero_grad()
        mean = value.item() if step == 0 else 0.98 * mean + 0.02 * value.item()
        on_step(share, mean)
    model.eval()


def loss(logits: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    """Return the mean loss of a batch: binary cross entropy a label, cross entropy for our eight.

    Args:
        logits: (B, OUTPUTS).
        targets: (B, OUTPUTS); of our eight a distribution, of the others 0 or 1.
        weights: (B, OUTPUTS); 0 where an example says nothing of a label.
    """
    single = functional.binary_cross_entropy_with_logits(
        logits[:, :OURS_AT.start], targets[:, :OURS_AT.start], reduction="none")
    labels = (single * weights[:, :OURS_AT.start]).sum(1)
    ours = -(targets[:, OURS_AT] * logits[:, OURS_AT].log_softmax(1)).sum(1)
    return (labels + ours * weights[:, OURS_AT.start]).mean()


LONGEST = 48
"""Tokens of a text in training; 1 % of GoEmotions is longer."""


def _batches(
    tokens: WordPiece, examples: Examples, batch: int, random: np.random.Generator
) -> Iterator[tuple[Tensor, np.ndarray]]:
    """Yield ids (B, L) and places (B,) without end, in epochs of ``examples.times``."""
    while True:
        whole = np.floor(examples.times).astype(int)
        more = random.random(len(whole)) < examples.times - whole
        order = random.permutation(np.repeat(np.arange(len(whole)), whole + more))
        for begin in range(0, len(order), batch * _BUCKET):
            part = order[begin:begin + batch * _BUCKET]
            rows = [tokens.encode(placeholders.fill(examples.texts[index], random), LONGEST)
                    for index in part]
            sizes = np.argsort([len(row) for row in rows], kind="stable")
            groups = [sizes[at:at + batch] for at in range(0, len(sizes), batch)]
            for index in random.permutation(len(groups)):
                group = groups[index]
                width = max(len(rows[place]) for place in group)
                ids = np.full((len(group), width), tokens.padding, np.int64)
                for row, place in enumerate(group):
                    ids[row, :len(rows[place])] = rows[place]
                yield torch.from_numpy(ids), part[group]


def _optimiser(model: Encoder, config: FinetuneConfig) -> torch.optim.Optimizer:
    """Return AdamW; the rate falls by .9 a block from above and is tenfold for the head."""
    groups = []
    for name, parameter in model.named_parameters():
        depth = int(name.split(".")[1]) if name.startswith("blocks.") else -1
        trained = name.startswith("head.") or depth >= config.frozen
        parameter.requires_grad_(trained)
        if trained:
            factor = 10.0 if depth < 0 else 0.9 ** (len(model.blocks) - 1 - depth)
            groups.append({
                "params": [parameter], "base": config.lr * factor, "lr": 0.0,
                "weight_decay": 0.01 if parameter.ndim > 1 else 0.0})
    return torch.optim.AdamW(groups, fused=True)
