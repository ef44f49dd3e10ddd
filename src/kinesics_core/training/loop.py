"""The loop that every training run shares: epochs of steps, averaged weights, the best epoch.

The loop knows no data, no disk and no console. A ``Task`` gives the loss of each step, judges the
network after each epoch and scores that judgement; ``Hooks`` are told what happened. Every epoch
has its own random numbers, so that a run that goes on from a saved state ends as if it had never
stopped.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from kinesics_core.errors import KinesicsError
from kinesics_core.training.curves import Row
from kinesics_core.training.weights import average_weights

OnStep = Callable[[int, int, int], None]
"""Called after each step with the epoch, the step, and the number of steps in an epoch."""

OnEpoch = Callable[[int, nn.Module], Mapping[str, float] | None]
"""Called after each epoch with its number and the network in evaluation mode.

What it returns goes into the curves.
"""

Save = Callable[[dict[str, Any]], None]
"""Called after each epoch with the whole state, from which a run can go on."""


class Task(Protocol):
    """A learning task: losses to lower, and a judgement after each epoch.

    Attributes:
        steps: Number of steps in an epoch.
    """

    @property
    def steps(self) -> int:
        """Number of steps in an epoch."""
        ...

    def losses(self, network: nn.Module, epoch: int) -> Iterator[Tensor]:
        """Yield the loss of each step, a scalar; the weights change between two of them."""
        ...

    def judge(self, network: nn.Module) -> Mapping[str, float]:
        """Return validation figures of a network in evaluation mode, for the curves."""
        ...

    def score(self, row: Row) -> float:
        """Return how good an epoch was from its row of the curves; lower is better."""
        ...


@dataclass(frozen=True, slots=True)
class LoopConfig:
    """Settings of the loop.

    Attributes:
        epochs: Passes of ``Task.steps`` steps.
        learning_rate: Share of all steps that is done -> learning rate.
        seed: Of the random numbers of torch; an epoch has its own.
        gradient_limit: Largest norm of the gradient; 0 for any.
        ema: Share of the average that a step keeps (the first steps keep less); 0 does not average.
    """

    epochs: int
    learning_rate: Callable[[float], float]
    seed: int = 0
    gradient_limit: float = 0.0
    ema: float = 0.0


@dataclass(frozen=True, slots=True)
class Hooks:
    """Callbacks of a run, each of which may be missing; see ``OnStep``, ``OnEpoch``, ``Save``."""

    on_step: OnStep | None = None
    on_epoch: OnEpoch | None = None
    save: Save | None = None


NO_HOOKS = Hooks()


@dataclass(frozen=True, slots=True)
class LoopResult:
    """Outcome of the loop.

    Attributes:
        weights: ``state_dict`` of the best epoch, on the CPU.
        curves: A row an epoch: epoch, train_loss, what the task judged, lr, seconds, and what
            ``Hooks.on_epoch`` returned.
        best_epoch: The epoch with the lowest score, from 1.
    """

    weights: dict[str, Tensor]
    curves: list[Row]
    best_epoch: int


def train_epochs(
    network: nn.Module, optimiser: torch.optim.Optimizer, task: Task, config: LoopConfig,
    hooks: Hooks = NO_HOOKS, resume: Mapping[str, Any] | None = None,
) -> LoopResult:
    """Train a network in place; on one CPU the same seed and data always give the same weights.

    Args:
        network: With the weights to start from, on its device.
        optimiser: Of the network's parameters.
        task: What is learned.
        config: How.
        hooks: Who is told.
        resume: A state that ``hooks.save`` got; the run ends as if it had never stopped.

    Raises:
        KinesicsError: The loss is no longer a number.
    """
    run = _Run(network, copy.deepcopy(network) if config.ema else network, optimiser)
    if resume is not None:
        run.restore(resume)
    for epoch in range(len(run.curves) + 1, config.epochs + 1):
        began = time.monotonic()
        torch.manual_seed(config.seed * 100_003 + epoch)
        train_loss, rate = run.epoch(epoch, task, config, hooks.on_step)
        run.average.eval()
        with torch.no_grad():
            row: dict[str, float | int | str] = {
                "epoch": epoch, "train_loss": train_loss, **task.judge(run.average), "lr": rate,
                "seconds": round(time.monotonic() - began, 2)}
            if hooks.on_epoch:
                row |= hooks.on_epoch(epoch, run.average) or {}
        run.finish_epoch(row, task.score(row))
        if hooks.save:
            hooks.save(run.state())
    return LoopResult(run.best_network, run.curves, run.best_epoch)


class _Run:
    """Everything that changes while a network is trained."""

    def __init__(
        self, network: nn.Module, average: nn.Module, optimiser: torch.optim.Optimizer
    ) -> None:
        self.network, self.average, self.optimiser = network, average, optimiser
        self.updates = 0
        self.curves: list[Row] = []
        self.best, self.best_epoch, self.best_network = math.inf, 0, _copy(average)

    def epoch(
        self, epoch: int, task: Task, config: LoopConfig, on_step: OnStep | None
    ) -> tuple[float, float]:
        """Take every step of an epoch; the mean loss, and the last learning rate."""
        self.network.train()
        parameters = list(self.network.parameters())
        summed, rate = torch.zeros((), device=parameters[0].device), 0.0
        for step, loss in enumerate(task.losses(self.network, epoch)):
            rate = config.learning_rate((epoch - 1 + step / task.steps) / config.epochs)
            for group in self.optimiser.param_groups:
                group["lr"] = rate
            self.optimiser.zero_grad(set_to_none=True)
            loss.backward()
            if config.gradient_limit:
                nn.utils.clip_grad_norm_(parameters, config.gradient_limit)
            self.optimiser.step()
            summed += loss.detach()
            self.updates += 1
            if config.ema:
                keep = min(config.ema, self.updates / (self.updates + 9.0))
                average_weights(self.average, self.network, keep)
            if on_step:
                on_step(epoch, step + 1, task.steps)
        mean = float(summed) / task.steps
        if not math.isfinite(mean):
            raise KinesicsError(
                f"The loss became {mean} in epoch {epoch}: training diverged. Use a smaller"
                f" learning rate than {rate:g}"
                + ("." if config.gradient_limit else ", or a gradient limit of 1."))
        return mean, rate

    def finish_epoch(self, row: Row, score: float) -> None:
        """Keep an epoch's row, and its weights if it is the best one so far."""
        self.curves.append(row)
        if score < self.best or len(self.curves) == 1:
            self.best, self.best_epoch = score, len(self.curves)
            self.best_network = _copy(self.average)

    def state(self) -> dict[str, Any]:
        """Return what ``restore`` needs: tensors, numbers and strings only."""
        return {
            "epoch": len(self.curves), "best": self.best, "best_epoch": self.best_epoch,
            "updates": self.updates, "best_network": self.best_network,
            "network": self.network.state_dict(), "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(), "curves": self.curves,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a saved state."""
        self.curves = [dict(row) for row in state["curves"]]
        # Runs of version 0.1's prior and lifter did not say which epoch was the best.
        self.best, self.best_epoch = state["best"], state.get("best_epoch", 0)
        self.best_network, self.updates = dict(state["best_network"]), state["updates"]
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])


def _copy(network: nn.Module) -> dict[str, Tensor]:
    return {key: value.detach().cpu().clone() for key, value in network.state_dict().items()}
