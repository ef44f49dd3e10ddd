"""A training run in a folder, as the pose prior and the lifter are trained.

In the folder: ``config.json`` (settings and data), ``checkpoint.pt`` (newest and best epoch),
``curves.csv`` and ``curves.png``. Killed at any moment it goes on with ``resume`` and ends as if it
had not been.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from kinesics_core import files
from kinesics_core.errors import KinesicsError
from kinesics_core.training import checkpoint, curves
from kinesics_core.training.checkpoint import CHECKPOINT
from kinesics_core.training.curves import Row
from kinesics_core.training.loop import Hooks, LoopConfig, train_epochs
from kinesics_core.training.schedule import cosine_share, warmup_share

FORMAT = "kinesics-body-checkpoint"
WARMUP = 0.03
"""Share of the steps before which the learning rate rises from 0."""
GRADIENT_LIMIT = 1.0

OnRow = Callable[[Row, int], None]
"""Called after each epoch with its row of the curves and the number of epochs."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Length and pace of a run: the learning rate falls along a cosine after a short rise.

    Attributes:
        epochs: How many; each ends with a validation.
        steps: Of an epoch.
        lr: Highest learning rate.
        weight_decay: Of AdamW.
        ema: Weights are averaged over steps, a new one counting 1 - ema.
        seed: Of every random number.
    """

    epochs: int = 60
    steps: int = 150
    lr: float = 1e-3
    weight_decay: float = 1e-5
    ema: float = 0.998
    seed: int = 0

    def __post_init__(self) -> None:
        if self.epochs < 1 or self.steps < 1 or not 0 < self.lr < math.inf:
            raise KinesicsError(
                f"Got {self.epochs} epochs of {self.steps} steps, learning rate {self.lr}; wanted"
                " more than 0 of each.")

    def learning_rate(self, done: float) -> float:
        """Return the learning rate after a share of all steps."""
        return self.lr * (warmup_share(done, WARMUP) * cosine_share(done))


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Place and length of a run.

    Attributes:
        out: The folder.
        schedule: Length and pace.
        resume: Whether to go on with the run in ``out``.
        on_row: Told about each epoch.
    """

    out: Path
    schedule: Schedule = Schedule()
    resume: bool = False
    on_row: OnRow | None = None


Loss = Callable[[nn.Module, np.random.Generator], Tensor]
"""Returns the loss of one freshly drawn batch."""

Validate = Callable[[nn.Module], Mapping[str, float]]
"""Returns figures of a network in evaluation mode; the lowest "validation" is the best epoch."""


def train(
    network: nn.Module, loss: Loss, validate: Validate, run: RunFolder, settings: Mapping[str, Any]
) -> nn.Module:
    """Train a network in place, in a folder.

    Args:
        network: With the weights to start from.
        loss: What is learned.
        validate: What the best epoch is chosen by.
        run: Where, and for how long.
        settings: All that must be the same for a run to go on, as JSON holds it.

    Returns:
        The network with the weights of the best epoch, in evaluation mode.

    Raises:
        KinesicsError: The folder holds a run already and ``resume`` is not given, the run there
            has other settings, or training diverges.
    """
    out, schedule = run.out, run.schedule
    document = json.dumps(dict(settings), indent=1) + "\n"
    state = None
    if checkpoint.require_new(out, run.resume):
        state = checkpoint.read(out / CHECKPOINT, FORMAT, ("settings", "network"))
        checkpoint.require_same(
            out / CHECKPOINT, json.loads(state["settings"]), json.loads(document))
    out.mkdir(parents=True, exist_ok=True)
    files.write_text(out / "config.json", document)

    def save(state: dict[str, Any]) -> None:
        checkpoint.write(out / CHECKPOINT, FORMAT, {"settings": document, **state})
        files.write_text(out / "curves.csv", curves.as_csv(state["curves"]))
        if run.on_row:
            run.on_row(state["curves"][-1], schedule.epochs)

    optimiser = torch.optim.AdamW(
        network.parameters(), lr=schedule.lr, weight_decay=schedule.weight_decay)
    result = train_epochs(
        network, optimiser, _DrawnTask(loss, validate, schedule),
        LoopConfig(schedule.epochs, schedule.learning_rate, schedule.seed, GRADIENT_LIMIT,
                   schedule.ema),
        Hooks(save=save), state)
    curves.draw(result.curves, out / "curves.png")
    network.load_state_dict(result.weights)
    return network.eval()


@dataclass(frozen=True, slots=True)
class _DrawnTask:
    """A ``loop.Task`` whose batches are drawn anew for every step."""

    loss: Loss
    validate: Validate
    schedule: Schedule

    @property
    def steps(self) -> int:
        return self.schedule.steps

    def losses(self, network: nn.Module, epoch: int) -> Iterator[Tensor]:
        rng = np.random.default_rng((self.schedule.seed, epoch))
        for _ in range(self.schedule.steps):
            yield self.loss(network, rng)

    def judge(self, network: nn.Module) -> Mapping[str, float]:
        figures = self.validate(network)
        return {"validation_loss": figures["validation"], **figures}

    def score(self, row: Row) -> float:
        return float(row["validation"])
