"""A network's predictions as numpy arrays, and the device it runs on."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from kinesics_core.errors import KinesicsError
from kinesics_core.motion.networks.prediction import Prediction

_CHUNK = 512


class PredictionArrays(NamedTuple):
    """A ``Prediction`` as numpy arrays, with probabilities in place of logits.

    Attributes:
        future: (B, horizon, F).
        probabilities: (B, classes); None without a classifier.
        spread: (B, horizon), 1 sigma; None from a network that does not say how sure it is.
    """

    future: np.ndarray
    probabilities: np.ndarray | None
    spread: np.ndarray | None


def predict(network: nn.Module, observed: np.ndarray) -> PredictionArrays:
    """Predict from normalised windows (B, 60, F); the network is left in evaluation mode.

    Raises:
        KinesicsError: There is no window.
    """
    if not len(observed):
        raise KinesicsError("Got no window to predict from; wanted at least one.")
    tensor = torch.from_numpy(np.ascontiguousarray(observed, np.float32))
    future, logits, spread = predict_tensors(network, tensor)
    return PredictionArrays(
        future.numpy(),
        None if logits is None else logits.softmax(dim=-1).numpy(),
        None if spread is None else spread.numpy())


@torch.no_grad()
def predict_tensors(network: nn.Module, observed: Tensor) -> Prediction:
    """Predict in evaluation mode, a chunk at a time; the result is on the CPU."""
    network.eval()
    device = next(network.parameters()).device
    parts: list[Prediction] = [network(rows.to(device)) for rows in observed.split(_CHUNK)]

    def joined(values: list[Tensor | None]) -> Tensor | None:
        present = [value for value in values if value is not None]
        return torch.cat(present).cpu() if present else None

    return Prediction(
        torch.cat([part.future for part in parts]).cpu(),
        joined([part.logits for part in parts]), joined([part.spread for part in parts]))


def pick_device(name: str) -> str:
    """Return the device to use; "auto" is CUDA where there is one.

    Raises:
        KinesicsError: torch knows no such device, or CUDA is asked for and there is none.
    """
    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise KinesicsError(
            "Got device cuda, but torch finds no CUDA device. Use --device cpu, or install a torch"
            " built for CUDA and its driver.")
    try:
        torch.zeros(1, device=name)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise KinesicsError(
            f"Got device {name!r}, which this torch cannot use"
            f" ({str(error).splitlines()[0].rstrip('.')}); wanted auto, cpu, cuda or cuda:0."
        ) from error
    return name
