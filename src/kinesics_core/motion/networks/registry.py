"""The networks by name, each with the learning rate it is trained with."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from torch import nn

from kinesics_core.errors import KinesicsError
from kinesics_core.motion.networks.cnn_lstm import CNNLSTM
from kinesics_core.motion.networks.lstm import LSTM
from kinesics_core.motion.networks.mixer import DCTMixer
from kinesics_core.motion.networks.mlp import MLP
from kinesics_core.motion.networks.transformer import Transformer


class Spec(NamedTuple):
    """build: the network's class. lr: Adam's learning rate (the paper's, section 3.1)."""

    build: Callable[..., nn.Module]
    lr: float


NETWORKS: dict[str, Spec] = {
    "mlp": Spec(MLP, 0.002),
    "lstm": Spec(LSTM, 0.001),
    "cnn_lstm": Spec(CNNLSTM, 0.001),
    "transformer": Spec(Transformer, 0.0005),
    "ours": Spec(DCTMixer, 0.001),
}


def build(
    name: str, *, features: int = 34, observed: int = 60, horizon: int = 30, classes: int = 0,
    residual: bool = False,
) -> nn.Module:
    """An untrained network.

    features: numbers in a frame, two a keypoint. observed, horizon: frames in and out.
    classes: of the emotion head; 0 leaves it away. residual: predict the change from the newest
    frame (see ``networks.residual``). Raises KinesicsError if no network has this name.
    """
    spec = NETWORKS.get(name)
    if spec is None:
        raise KinesicsError(
            f"Got network {name!r}; there are {', '.join(NETWORKS)}. Choose one of them.")
    return spec.build(
        features=features, observed=observed, horizon=horizon, classes=classes, residual=residual)
