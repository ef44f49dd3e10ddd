"""Training of the small networks of bodies: the loop that the pose prior and the lifter share.

A run lives in a folder: ``config.json`` (settings and data), ``checkpoint.pt`` (newest and best
epoch, tensors and numbers only), ``curves.csv`` and ``curves.png``. Killed at any moment it goes on
with ``resume`` and ends as if it had not been, for every epoch has its own random numbers.
"""

from __future__ import annotations

import copy
import io
import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from torch import Tensor, nn

from kinesics_core import files
from kinesics_core.errors import KinesicsError, ModelError
from kinesics_core.training import curves
from kinesics_core.training.weights import CHECKPOINT, average_weights

FORMAT = "kinesics-body-checkpoint"

Loss = Callable[[nn.Module, np.random.Generator], Tensor]
Judge = Callable[[nn.Module], Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Schedule:
    """epochs of ``steps`` steps; lr falls to a hundredth along a cosine, after a short rise.
    ema: weights are averaged over steps, a new one counting 1 - ema."""

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


def train(
    network: nn.Module, loss: Loss, judge: Judge, out: Path, schedule: Schedule,
    settings: Mapping[str, Any], *, resume: bool = False, console: Console | None = None,
) -> nn.Module:
    """Train in place; the network of the best epoch, in evaluation mode.

    network: with weights to start from. loss: of one freshly drawn batch. judge: figures of a
    network in evaluation mode; the lowest "validation" is the best. settings: what must be the
    same for a run to go on.
    KinesicsError if ``out`` holds a run already (unless ``resume``) or training diverges.
    """
    console = console or Console(stderr=True)
    path = out / CHECKPOINT
    if path.exists() and not resume:
        raise KinesicsError(
            f"{out} holds a run already. Go on with it by --resume, or choose another --out.")
    out.mkdir(parents=True, exist_ok=True)
    document = json.dumps(dict(settings), indent=1) + "\n"
    state = _earlier(path, document) if path.exists() else None
    files.write_bytes(out / "config.json", document.encode())
    average = copy.deepcopy(network)
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=schedule.lr, weight_decay=schedule.weight_decay)
    rows: list[dict[str, float | int | str]] = []
    best, best_state, updates = math.inf, average.state_dict(), 0
    if state:
        network.load_state_dict(state["network"])
        average.load_state_dict(state["average"])
        optimiser.load_state_dict(state["optimiser"])
        rows, best, best_state = list(state["curves"]), state["best"], state["best_network"]
        updates = state["updates"]
    for epoch in range(len(rows) + 1, schedule.epochs + 1):
        began, summed = time.monotonic(), 0.0
        rng = np.random.default_rng((schedule.seed, epoch))
        torch.manual_seed(schedule.seed * 100_003 + epoch)
        network.train()
        for step in range(schedule.steps):
            done = (epoch - 1 + step / schedule.steps) / schedule.epochs
            for group in optimiser.param_groups:
                group["lr"] = schedule.lr * _share_of_rate(done)
            value = loss(network, rng)
            optimiser.zero_grad(set_to_none=True)
            value.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            updates += 1
            average_weights(average, network, min(schedule.ema, updates / (updates + 9.0)))
            summed += float(value.detach())
        if not math.isfinite(summed):
            raise KinesicsError(
                f"The loss became {summed} in epoch {epoch}: training diverged. Use a smaller"
                f" learning rate than {schedule.lr:g}.")
        average.eval()
        with torch.no_grad():
            figures = dict(judge(average))
        rows.append({"epoch": epoch, "train_loss": summed / schedule.steps,
                     "validation_loss": figures["validation"], **figures,
                     "seconds": round(time.monotonic() - began, 2)})
        if figures["validation"] < best:
            best, best_state = figures["validation"], {
                key: value.clone() for key, value in average.state_dict().items()}
        buffer = io.BytesIO()
        torch.save({
            "format": FORMAT, "settings": document, "network": network.state_dict(),
            "average": average.state_dict(), "optimiser": optimiser.state_dict(), "curves": rows,
            "best": best, "best_network": best_state, "updates": updates,
        }, buffer)
        files.write_bytes(path, buffer.getvalue())
        files.write_bytes(out / "curves.csv", curves.as_csv(rows).encode())
        words = ", ".join(f"{key} {value:.4g}" for key, value in rows[-1].items()
                          if key not in ("epoch", "validation_loss"))
        console.print(f"epoch {epoch}/{schedule.epochs}: {words}", highlight=False)
    curves.draw(rows, out / "curves.png")
    network.load_state_dict(best_state)
    return network.eval()


def _earlier(path: Path, document: str) -> dict[str, Any]:
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        if state["format"] != FORMAT:
            raise KeyError("format")
    except Exception as error:  # torch has no one error for a damaged file
        raise ModelError(
            f"{path} is not a checkpoint of this command, or it is damaged. Start in another"
            " folder."
        ) from error
    if state["settings"] != document:
        before, now = json.loads(state["settings"]), json.loads(document)
        changed = sorted(key for key in before | now if before.get(key) != now.get(key))
        raise KinesicsError(
            f"{path} was made with other settings ({', '.join(changed)}). Resume with the same"
            " ones, or start in another folder.")
    return state


def _share_of_rate(done: float) -> float:
    return min(done / 0.03, 1.0) * (0.01 + 0.99 * 0.5 * (1.0 + math.cos(math.pi * done)))
