"""Output of every network of this folder."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn


class Prediction(NamedTuple):
    """Prediction for a batch of B observed windows.

    Attributes:
        future: (B, horizon, features) in the normalisation of the input.
        logits: (B, classes), before the softmax; None from a network built without classes.
        spread: (B, horizon), 1 sigma of one coordinate at each step, in the units of ``future``;
            None from a network that does not say how sure it is.
    """

    future: Tensor
    logits: Tensor | None = None
    spread: Tensor | None = None


def classifier(width: int, classes: int) -> nn.Sequential | None:
    """Return the 2-layer classifier of the paper's networks; None without classes.

    The paper does not give the width of its first layer; 64 is ours.
    """
    if not classes:
        return None
    return nn.Sequential(nn.Linear(width, 64), nn.ReLU(), nn.Linear(64, classes))
