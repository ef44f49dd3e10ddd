"""Weights averaged over the steps of a run, which do better than those of its last step."""

from __future__ import annotations

import torch
from torch import nn


@torch.no_grad()
def average_weights(average: nn.Module, network: nn.Module, keep: float) -> None:
    """Move the weights of ``average`` towards those of ``network``, by the share 1 - keep.

    Polyak averaging with exponential forgetting; buffers (statistics of batch normalisation) are
    copied as they are.
    """
    for mean, value in zip(average.parameters(), network.parameters(), strict=True):
        mean.lerp_(value, 1.0 - keep)
    for kept, buffer in zip(average.buffers(), network.buffers(), strict=True):
        kept.copy_(buffer)
