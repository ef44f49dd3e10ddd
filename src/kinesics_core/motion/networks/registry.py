"""The networks by name: the one place that lists them. Needs no torch until one is built."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from kinesics_core.errors import KinesicsError
from kinesics_core.motion.networks.shape import NetworkShape

if TYPE_CHECKING:
    from torch import nn


class NetworkSpec(NamedTuple):
    """A network that can be built by its name.

    Attributes:
        module: File of ``motion.networks`` that defines it.
        class_name: Its class.
        lr: Adam's learning rate (the paper's, section 3.1).
    """

    module: str
    class_name: str
    lr: float


NETWORKS: dict[str, NetworkSpec] = {
    "mlp": NetworkSpec("mlp", "MLP", 0.002),
    "lstm": NetworkSpec("lstm", "LSTM", 0.001),
    "cnn_lstm": NetworkSpec("cnn_lstm", "CNNLSTM", 0.001),
    "transformer": NetworkSpec("transformer", "Transformer", 0.0005),
    "ours": NetworkSpec("mixer", "DCTMixer", 0.001),
}
"""The forecasters that are compared: the four of the paper (section 2.2), and ours."""

CARRYING = "carrying"
"""Our network for people and motions never seen, which is what is shipped."""

FORECASTERS = NETWORKS | {CARRYING: NetworkSpec("carrying", "CarryingMixer", 0.001)}
"""All that can be trained to forecast."""

RECOGNISER = "recogniser"
"""Our network for labels alone, which is no forecaster."""

_BUILDABLE = FORECASTERS | {RECOGNISER: NetworkSpec("recogniser", "Recogniser", 0.002)}


def network_class(name: str) -> type[nn.Module]:
    """Return the class of a network.

    Raises:
        KinesicsError: No network has this name.
    """
    spec = _BUILDABLE.get(name)
    if spec is None:
        raise KinesicsError(
            f"Got network {name!r}; there are {', '.join(FORECASTERS)}. Choose one of them.")
    module = import_module(f"kinesics_core.motion.networks.{spec.module}")
    found: type[nn.Module] = getattr(module, spec.class_name)
    return found


def build(
    name: str, *, features: int = 34, observed: int = 60, horizon: int = 30, classes: int = 0,
    residual: bool = False,
) -> nn.Module:
    """Return an untrained network.

    Args:
        name: One of ``FORECASTERS``, or ``RECOGNISER``.
        features: Numbers in a frame, two a keypoint.
        observed: Frames in.
        horizon: Frames out.
        classes: Of the emotion head; 0 leaves it away.
        residual: Predict the change from the newest frame, see ``networks.residual``.

    Raises:
        KinesicsError: No network has this name.
    """
    shape = NetworkShape(features, observed, horizon, classes, residual)
    return network_class(name)(shape)
