"""Checkpoints of forecasters: weights, and what they fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from kinesics_core.errors import ModelError
from kinesics_core.motion.networks import registry
from kinesics_core.motion.windows import HORIZON, OBSERVED
from kinesics_core.training import checkpoint
from kinesics_core.training.checkpoint import first_line

FORMAT = "kinesics-checkpoint"

_LARGEST = 1e9  # of any weight of a trained network


@dataclass(frozen=True, slots=True)
class Identity:
    """All that must agree for one network's weights to fit another.

    Attributes:
        network: Name in the registry.
        residual: Whether it predicts the change from the newest frame.
        keypoints: Names of the K keypoints of a frame.
        classes: What the classifier tells apart, in order; empty without one.
    """

    network: str
    residual: bool
    keypoints: tuple[str, ...]
    classes: tuple[str, ...] = ()

    def build(self) -> nn.Module:
        """Return the network, untrained."""
        return registry.build(
            self.network, features=2 * len(self.keypoints), observed=OBSERVED, horizon=HORIZON,
            classes=len(self.classes), residual=self.residual)


@dataclass(frozen=True, slots=True)
class TrainedNetwork:
    """A network of a run.

    Attributes:
        network: With the weights of its best epoch, in evaluation mode.
        identity: What it is.
        config: How it was made.
    """

    network: nn.Module
    identity: Identity
    config: dict[str, Any]


def save(
    path: Path, identity: Identity, config: Mapping[str, Any], state: Mapping[str, Any]
) -> None:
    """Write a checkpoint.

    Args:
        path: The file, replaced in one step.
        identity: What the network is.
        config: How it was made.
        state: See ``training.loop``; ``load`` gives its "best_network".
    """
    checkpoint.write(path, FORMAT, {
        "network_name": identity.network, "residual": identity.residual,
        "keypoints": list(identity.keypoints), "classes": list(identity.classes),
        "config": dict(config), "state": dict(state),
    })


def read(path: Path) -> tuple[Identity, dict[str, Any], dict[str, Any]]:
    """Return identity, config and state of a checkpoint.

    Raises:
        ModelError: The file is missing, damaged or no checkpoint.
    """
    content = checkpoint.read(
        path, FORMAT, ("network_name", "residual", "keypoints", "classes", "config", "state"))
    best = content["state"].get("best_network") if isinstance(content["state"], dict) else None
    if not isinstance(best, dict) or not all(
            isinstance(values, Tensor) and bool((values.abs() < _LARGEST).all())
            for values in best.values()):
        raise ModelError(
            f"{path} is damaged: its best network is missing, or has weights that are nan or beyond"
            f" {_LARGEST:g}. Train again, or give another file.")
    identity = Identity(
        content["network_name"], content["residual"], tuple(content["keypoints"]),
        tuple(content["classes"]))
    return identity, content["config"], content["state"]


def load(path: Path) -> TrainedNetwork:
    """Return the best network of a run; errors as ``read``."""
    identity, config, state = read(path)
    network = identity.build()
    _load_state(network, state["best_network"], path)
    return TrainedNetwork(network.eval(), identity, config)


def start_from(path: Path, wanted: Identity, *, new_classifier: bool = False) -> dict[str, Tensor]:
    """Return the weights in a checkpoint as far as another network can start from them.

    Args:
        path: The checkpoint.
        wanted: The network that is to start.
        new_classifier: Leave the classifier out, so that the classes may differ.

    Raises:
        ModelError: The checkpoint is of another architecture, keypoint set or class list.
    """
    found, _, state = read(path)
    for what, got, want in (
        ("network", found.network, wanted.network),
        ("output", _output(found), _output(wanted)),
        ("keypoints", _list(found.keypoints), _list(wanted.keypoints)),
    ):
        if got != want:
            raise ModelError(
                f"{path} does not fit: its {what} is {got}, this run's {want}. Start from another"
                " checkpoint, or train with the same.")
    if found.classes != wanted.classes and not new_classifier:
        raise ModelError(
            f"{path} does not fit: it tells apart {_list(found.classes)}, this run"
            f" {_list(wanted.classes)}. With --new-classifier the rest of the network is kept and"
            " the classifier learned anew.")
    weights: dict[str, Tensor] = state["best_network"]
    if new_classifier:
        weights = {key: value for key, value in weights.items() if not _of_classifier(key)}
    return weights


def load_start(network: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Put ``start_from``'s weights into a network; its classifier may be missing from them.

    Raises:
        ModelError: The weights are of another network.
    """
    own = network.state_dict()
    lacking = {key for key in own if key not in weights and not _of_classifier(key)}
    strange = {key for key in weights if key not in own or own[key].shape != weights[key].shape}
    if lacking or strange:
        raise ModelError(
            f"These weights do not fit the network: {_list(sorted(lacking | strange))}. They were"
            " written by another version of Kinesics; train again.")
    network.load_state_dict(dict(weights), strict=False)


def _load_state(network: nn.Module, weights: Mapping[str, Tensor], path: Path) -> None:
    try:
        network.load_state_dict(dict(weights))
    except RuntimeError as error:
        raise ModelError(
            f"{path} does not fit the network it names ({first_line(error)}). It was written by"
            " another version of Kinesics; train again.") from error


def _of_classifier(key: str) -> bool:
    return key.startswith("classif")


def _output(identity: Identity) -> str:
    return "residual" if identity.residual else "absolute"


def _list(names: Sequence[str]) -> str:
    if not names:
        return "nothing"
    return ", ".join(names) if len(names) <= 8 else f"{', '.join(names[:8])} ({len(names)} in all)"
