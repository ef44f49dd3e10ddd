"""What every network of this folder returns."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor


class Prediction(NamedTuple):
    """Of a batch of B observed windows.

    future: (B, horizon, features) in the normalisation of the input.
    logits: (B, classes), before the softmax; None of a network built without classes.
    spread: (B, horizon), 1 sigma of one coordinate at each step, in the units of ``future``; None
        of a network that does not say how sure it is.
    """

    future: Tensor
    logits: Tensor | None = None
    spread: Tensor | None = None
