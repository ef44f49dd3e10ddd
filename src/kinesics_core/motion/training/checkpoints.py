"""Checkpoints: what a run has learned so far, written so that nothing is lost.

``checkpoint.pt`` holds only tensors, numbers and strings, and is loaded as such
(``weights_only=True``): a file from elsewhere cannot run code. It is replaced in one step; when the
disk is full the one before stays.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from kinesics_core import files
from kinesics_core.errors import ModelError
from kinesics_core.motion.networks import registry
from kinesics_core.motion.windows import HORIZON, OBSERVED
from kinesics_core.training.weights import CHECKPOINT

FORMAT = "kinesics-checkpoint"


@dataclass(frozen=True, slots=True)
class Identity:
    """What makes one network's weights fit another.

    network: its name in the registry. keypoints: names of the K keypoints of a frame.
    classes: what the classifier tells apart, in order; empty without one.
    """

    network: str
    residual: bool
    keypoints: tuple[str, ...]
    classes: tuple[str, ...] = ()

    def build(self) -> nn.Module:
        """The network, untrained."""
        return registry.build(
            self.network, features=2 * len(self.keypoints), observed=OBSERVED, horizon=HORIZON,
            classes=len(self.classes), residual=self.residual)


@dataclass(frozen=True, slots=True)
class Trained:
    """A network with the weights of its best epoch, in evaluation mode, and how it was made."""

    network: nn.Module
    identity: Identity
    config: dict[str, Any]


def save(
    path: Path, identity: Identity, config: Mapping[str, Any], state: Mapping[str, Any]
) -> None:
    """Write a checkpoint. state: see ``training.fit``; ``load`` gives its "best_network"."""
    buffer = io.BytesIO()
    torch.save({
        "format": FORMAT, "network_name": identity.network, "residual": identity.residual,
        "keypoints": list(identity.keypoints), "classes": list(identity.classes),
        "config": dict(config), "state": dict(state),
    }, buffer)
    files.write_bytes(path, buffer.getvalue())


def read(path: Path) -> tuple[Identity, dict[str, Any], dict[str, Any]]:
    """Identity, config and state of a checkpoint; ModelError if it is none."""
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        if content["format"] != FORMAT:
            raise KeyError("format")
        identity = Identity(
            content["network_name"], content["residual"], tuple(content["keypoints"]),
            tuple(content["classes"]))
        return identity, content["config"], content["state"]
    except FileNotFoundError as error:
        raise ModelError(
            f"{path} does not exist. `kinesics train forecast --out DIR` writes DIR/{CHECKPOINT}."
        ) from error
    except Exception as error:  # torch has no one error for a damaged file
        raise ModelError(
            f"{path} is not a checkpoint of `kinesics train`, or it is damaged"
            f" ({_first_line(error)}). Train again, or give another file."
        ) from error


def load(path: Path) -> Trained:
    """The best network of a run."""
    identity, config, state = read(path)
    network = identity.build()
    _load_state(network, state["best_network"], path)
    return Trained(network.eval(), identity, config)


def start_from(path: Path, wanted: Identity, *, new_classifier: bool = False) -> dict[str, Tensor]:
    """The weights in ``path`` as far as a network ``wanted`` can start from them.

    new_classifier: leave the classifier out, so that the classes may differ.
    ModelError if the checkpoint is of another architecture, keypoint set or class list.
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
    """Put ``start_from``'s weights into a network; its classifier may be missing from them."""
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
            f"{path} does not fit the network it names ({_first_line(error)}). It was written by"
            " another version of Kinesics; train again.") from error


def _of_classifier(key: str) -> bool:
    return key.startswith("classif")


def _output(identity: Identity) -> str:
    return "residual" if identity.residual else "absolute"


def _list(names: Sequence[str]) -> str:
    if not names:
        return "nothing"
    return ", ".join(names) if len(names) <= 8 else f"{', '.join(names[:8])} ({len(names)} in all)"


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
