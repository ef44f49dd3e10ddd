"""Training a network to forecast motion and to recognise a label, in memory.

``run.train`` does the same on disk, resumable.

    config = recipe("paper", network="lstm", epochs=20)
    result = fit(TrainingData(Examples(train_clips), Examples(validation_clips)), config)
    future = predict(result.network, observed).future
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from kinesics_core.errors import KinesicsError
from kinesics_core.motion.networks.carrying import CarryingMixer
from kinesics_core.motion.networks.mixer import DCTMixer
from kinesics_core.motion.networks.prediction import Prediction
from kinesics_core.motion.training import checkpoints, feeds, losses, validation
from kinesics_core.motion.training.checkpoints import Identity
from kinesics_core.motion.training.config import TrainingConfig
from kinesics_core.motion.training.feeds import Examples
from kinesics_core.motion.training.predict import pick_device
from kinesics_core.motion.training.windowing import WindowBatch
from kinesics_core.skeletons import COCO17, mirrored
from kinesics_core.training.curves import Row
from kinesics_core.training.loop import NO_HOOKS, Hooks, LoopConfig, train_epochs


@dataclass(frozen=True, slots=True)
class TrainingData:
    """Motion that a network is trained on.

    Attributes:
        train: To learn from.
        validation: To choose the best epoch by.
        classes: Names of what the classifier tells apart; empty trains none.
        keypoints: Names of the K keypoints, for mirroring and for the checkpoint.
    """

    train: Examples
    validation: Examples
    classes: Sequence[str] = ()
    keypoints: Sequence[str] = COCO17


@dataclass(frozen=True, slots=True)
class FitResult:
    """A trained network.

    Attributes:
        network: With the weights of its best epoch, in evaluation mode, on the CPU.
        identity: What makes other weights fit it.
        curves: A row an epoch: epoch, train_loss, validation_loss, validation_mae,
            zero_velocity_mae, validation_accuracy (each where it exists), lr, seconds, and what
            ``Hooks.on_epoch`` returned.
        best_epoch: From 1.
    """

    network: nn.Module
    identity: Identity
    curves: list[Row]
    best_epoch: int


def fit(
    data: TrainingData, config: TrainingConfig, hooks: Hooks = NO_HOOKS, *,
    start: Mapping[str, Tensor] | None = None, resume: Mapping[str, Any] | None = None,
    device: str = "cpu",
) -> FitResult:
    """Train a network; on one CPU the same seed and data always give the same weights.

    Args:
        data: What it is trained on.
        config: How.
        hooks: Called after every step and epoch, and with the state to save.
        start: Weights to start from, a ``state_dict``; the classifier may be missing.
        resume: A state that ``hooks.save`` got; the run ends as if it had never stopped.
        device: "cpu", "cuda", or "auto".

    Raises:
        KinesicsError: The data cannot be used so, or the loss is no longer a number.
    """
    place = torch.device(pick_device(device))
    task = ForecastTask(data, config, place)
    identity = Identity(
        config.network, config.residual, tuple(data.keypoints), tuple(data.classes))
    torch.manual_seed(config.seed)
    network = identity.build()
    if start is not None:
        checkpoints.load_start(network, start)
    elif config.anchor:
        raise KinesicsError(
            f"Got anchor {config.anchor:g} for a training that begins with no weights; wanted those"
            " of another training. Give --init CHECKPOINT, or another --recipe.")
    begun = {name: weight.clone() for name, weight in network.state_dict().items()}
    network.to(place)
    result = train_epochs(
        network, _optimiser(config, network), task,
        LoopConfig(config.epochs, config.rate, config.seed, config.gradient_limit, config.ema),
        hooks, resume)
    best = identity.build()
    best.load_state_dict({
        name: torch.lerp(weight.cpu(), begun[name], config.anchor)
        if config.anchor and weight.is_floating_point() else weight
        for name, weight in result.weights.items()})
    if config.cautious:
        if not isinstance(best, DCTMixer | CarryingMixer):
            raise KinesicsError(
                f"Got cautious for the network {config.network}, which cannot be; wanted ours or"
                " carrying.")
        best.be_cautious()
    return FitResult(best.eval(), identity, result.curves, result.best_epoch)


class ForecastTask:
    """Windows and the paper's loss as a task of the shared loop (``training.loop.Task``)."""

    def __init__(self, data: TrainingData, config: TrainingConfig, device: torch.device) -> None:
        self.config = config
        self.feed = feeds.open_feed(config, data.train, device)
        self.held_out = feeds.on_device(
            feeds.held_out(config, data.validation, (config.seed, 0)), torch.device("cpu"))
        if self.feed.features != 2 * len(data.keypoints):
            raise KinesicsError(
                f"The data has {self.feed.features // 2} keypoints a frame, but"
                f" {len(data.keypoints)} are named. Give the names of the dataset's keypoints (its"
                " info.json has them).")
        self.flip = torch.tensor(mirrored(data.keypoints), device=device)
        self.standing = validation.standing_still(self.held_out)

    @property
    def steps(self) -> int:
        """Number of steps in an epoch."""
        return len(self.feed)

    def losses(self, network: nn.Module, epoch: int) -> Iterator[Tensor]:
        """Yield the loss of each step."""
        # Every epoch has its own seed, so that a resumed run draws what it would have drawn.
        rng = np.random.default_rng((self.config.seed, 2, epoch))
        for batch in self.feed.epoch(rng):
            if self.config.mirror:
                batch = feeds.mirror_half(batch, self.flip, rng)
            yield self._loss(network, batch)

    def judge(self, network: nn.Module) -> Mapping[str, float]:
        """Return loss, MAE and accuracy of the held-out windows, beside standing still."""
        return {**validation.validate(network, self.held_out, self.config), **self.standing}

    def score(self, row: Row) -> float:
        """Return the figure that the config selects the best epoch by; lower is better."""
        return validation.score(row, self.config.select)

    def _loss(self, network: nn.Module, batch: WindowBatch[Tensor]) -> Tensor:
        predicted: Prediction = network(batch.observed)
        return losses.total(predicted, batch, self.config)


def _optimiser(config: TrainingConfig, network: nn.Module) -> torch.optim.Optimizer:
    betas = (0.9, config.beta2)
    if config.optimiser == "adam":
        return torch.optim.Adam(network.parameters(), lr=config.learning_rate, betas=betas,
                                weight_decay=config.weight_decay)
    matrices = [p for p in network.parameters() if p.ndim > 1]
    others = [p for p in network.parameters() if p.ndim <= 1]   # biases and scales keep their size
    return torch.optim.AdamW(
        [{"params": matrices, "weight_decay": config.weight_decay},
         {"params": others, "weight_decay": 0.0}], lr=config.learning_rate, betas=betas)
