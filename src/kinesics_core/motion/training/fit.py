"""Training a network to forecast motion and to recognise a label, in memory.

The paper's recipe (arXiv 2603.01804, sections 2.2 and 3) is the default: Adam, the learning rate of
the network, weight decay 1e-4, batch 32, 200 epochs, mean squared error + 0.3 cross entropy, every
frame centred and scaled by itself. The paper does not say whether the decay is a part of the
gradient (torch's Adam) or beside it (AdamW; Loshchilov and Hutter, ICLR 2019); here it is beside
it. In the gradient it outweighs the errors of normalised poses, and an LSTM stays worse than zero
velocity. ``recipe("ours")`` is what our own network is trained with.
``training_run.train`` does the same on disk, resumable.

    config = recipe("paper", network="lstm", epochs=20)
    result = fit(config, train_clips, validation_clips)
    future = predict(result.network, observed).future
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from kinesics_core.dataset.clips import Clip
from kinesics_core.errors import KinesicsError
from kinesics_core.motion import windows
from kinesics_core.motion.networks.prediction import Prediction
from kinesics_core.motion.networks.registry import NETWORKS
from kinesics_core.motion.training import batches, checkpoints, losses, samples
from kinesics_core.motion.training.batches import Batch, CameraFeed, CutFeed, Feed, PlaneFeed
from kinesics_core.motion.training.checkpoints import Identity
from kinesics_core.motion.training.samples import Windows
from kinesics_core.motion.windows import HORIZON, Normalisation
from kinesics_core.skeletons import COCO17, mirrored
from kinesics_core.training.curves import Row
from kinesics_core.training.weights import average_weights

VALIDATION_STEP = 15
VALIDATION_WINDOWS = 2000
"""Drawn of clips for random views; cut clips are validated on a window every half second."""
RESIDUAL_UNIT = 0.1
SLOWEST = 0.01
"""Share of the learning rate that is left at the end of the cosine."""
_CHUNK = 512


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """What decides the result of a run, with the data; the defaults are the paper's.

    network: see ``networks.registry``. residual: predict the change from the newest frame.
    batch: windows in a step. lr: None is the network's own.
    optimiser: "adamw" has its weight decay beside the gradient, "adam" in it.
    decay: "cosine" lets the learning rate fall to a hundredth. warmup: share of the steps before
        which it rises from 0. gradient_limit: largest norm of the gradient, 0 for any.
    loss, loss_unit: see ``losses``; None is 1 (raw units), or a tenth for residual output.
    ema: weights are averaged over the steps, a new one counting 1 - ema; 0 does not average.
    mirror: exchange left and right in half of the windows. warp: play windows that are drawn from
        clips up to this share faster or slower; has no effect on cut ones.
    view: "frontal", or "random" cameras with a faulty detector (3-D COCO-17 only).
    step: frames between windows cut from a clip. windows: 0 has every cut window once an epoch;
        otherwise so many are drawn anew, anywhere in the clips.
    select: the best epoch is that of the lowest validation "mae", "loss", or highest "accuracy".
    """

    network: str = "lstm"
    residual: bool = False
    epochs: int = 200
    batch: int = 32
    lr: float | None = None
    optimiser: str = "adamw"
    weight_decay: float = 1e-4
    beta2: float = 0.999
    decay: str = "none"
    warmup: float = 0.0
    gradient_limit: float = 0.0
    loss: str = "mse"
    loss_unit: float | None = None
    lambda_classification: float = 0.3
    ema: float = 0.0
    mirror: bool = False
    warp: float = 0.0
    view: str = "frontal"
    normalisation: Normalisation = "per_frame"
    step: int = 5
    windows: int = 0
    select: str = "mae"
    seed: int = 0

    def __post_init__(self) -> None:
        for field, allowed in (
            ("network", tuple(NETWORKS)), ("optimiser", ("adam", "adamw")),
            ("decay", ("none", "cosine")), ("loss", losses.LOSSES),
            ("view", ("frontal", "random")), ("normalisation", windows.NORMALISATIONS),
            ("select", ("mae", "loss", "accuracy")),
        ):
            if getattr(self, field) not in allowed:
                raise KinesicsError(
                    f"Got {field} {getattr(self, field)!r}; wanted one of {', '.join(allowed)}.")
        for field in ("epochs", "batch", "step", "lr", "loss_unit"):
            value = getattr(self, field)
            if value is not None and not 0 < value < math.inf:
                raise KinesicsError(f"Got {field} {value}; wanted more than 0.")
        for field in ("weight_decay", "gradient_limit", "lambda_classification", "windows", "warp"):
            value = getattr(self, field)
            if not 0 <= value < math.inf:
                raise KinesicsError(f"Got {field} {value}; wanted 0 or more.")
        for field in ("beta2", "ema", "warmup"):
            value = getattr(self, field)
            if not 0 <= value < 1:
                raise KinesicsError(f"Got {field} {value}; wanted at least 0 and less than 1.")

    @property
    def learning_rate(self) -> float:
        return NETWORKS[self.network].lr if self.lr is None else self.lr

    @property
    def unit(self) -> float:
        if self.loss_unit is not None:
            return self.loss_unit
        return RESIDUAL_UNIT if self.residual else 1.0


RECIPES: dict[str, dict[str, Any]] = {
    "paper": {},
    "ours": {
        "residual": True, "loss": "l1", "batch": 256, "lr": 2e-3,
        "weight_decay": 1e-2, "beta2": 0.99, "decay": "cosine", "warmup": 0.05,
        "gradient_limit": 1.0, "ema": 0.998, "mirror": True, "warp": 0.2, "windows": 20000,
        "epochs": 100,
    },
}
"""What each recipe changes of the defaults."""


def recipe(name: str, **changes: Any) -> TrainingConfig:
    """A recipe by name with some settings of one's own; KinesicsError if there is none."""
    if name not in RECIPES:
        raise KinesicsError(f"Got recipe {name!r}; wanted one of {', '.join(RECIPES)}.")
    return TrainingConfig(**(RECIPES[name] | changes))


@dataclass(frozen=True, slots=True)
class FitResult:
    """A trained network with the weights of its best epoch, in evaluation mode, on the CPU.

    curves: a row an epoch: epoch, train_loss, validation_loss, validation_mae, zero_velocity_mae,
    validation_accuracy (each where it exists), lr, seconds, and what ``on_epoch`` returned.
    """

    network: nn.Module
    identity: Identity
    curves: list[Row]
    best_epoch: int


class Arrays(NamedTuple):
    """A ``Prediction`` as numpy arrays; probabilities (B, classes) in place of logits."""

    future: np.ndarray
    probabilities: np.ndarray | None
    spread: np.ndarray | None


Material = Windows | Sequence[Clip]
OnEpoch = Callable[[int, nn.Module], Mapping[str, float] | None]
OnStep = Callable[[int, int, int], None]


def fit(
    config: TrainingConfig, train: Material, validation: Material, *,
    train_targets: np.ndarray | None = None, validation_targets: np.ndarray | None = None,
    classes: Sequence[str] = (), keypoints: Sequence[str] = COCO17,
    start: Mapping[str, Tensor] | None = None, device: str = "cpu",
    on_epoch: OnEpoch | None = None, on_step: OnStep | None = None,
    resume: Mapping[str, Any] | None = None,
    save: Callable[[dict[str, Any]], None] | None = None,
) -> FitResult:
    """Train a network; on one CPU the same seed and data always give the same weights.

    train, validation: windows already cut, or clips, treated as the config says.
    train_targets, validation_targets: (N,) int64, the class of each window (of each clip if clips
        are given), -1 for unknown; see ``samples.targets``. classes: their names; () trains no
        classifier.
    keypoints: names of the K keypoints, for mirroring and for the checkpoint.
    start: weights to start from, a ``state_dict``; the classifier may be missing.
    on_epoch: called after each epoch with its number and the network in evaluation mode; what it
        returns goes into the curves. on_step: called after each step with epoch, step and steps.
    resume, save: ``save`` gets the whole state after every epoch; given back as ``resume`` it makes
        the run end as if it had never stopped.
    KinesicsError if the data cannot be used so, or if the loss is no longer a number.
    """
    place = torch.device(pick_device(device))
    feed = _feed(config, train, train_targets, place)
    held_out_batch = held_out(config, validation, validation_targets, (config.seed, 0))
    if feed.features != 2 * len(keypoints):
        raise KinesicsError(
            f"The data has {feed.features // 2} keypoints a frame, but {len(keypoints)} are named."
            " Give the names of the dataset's keypoints (its info.json has them).")
    identity = Identity(config.network, config.residual, tuple(keypoints), tuple(classes))
    torch.manual_seed(config.seed)
    network = identity.build()
    if start is not None:
        checkpoints.load_start(network, start)
    network.to(place)
    average = copy.deepcopy(network) if config.ema else network
    optimiser = _optimiser(config, network)
    done, best_epoch, best, updates = 0, 0, math.inf, 0
    best_network = _copy(average)
    curves: list[Row] = []
    if resume is not None:
        done, best_epoch, best = resume["epoch"], resume["best_epoch"], resume["best"]
        updates, curves = resume["updates"], [dict(row) for row in resume["curves"]]
        best_network = dict(resume["best_network"])
        network.load_state_dict(resume["network"])
        average.load_state_dict(resume["average"])
        optimiser.load_state_dict(resume["optimiser"])
    standing = _standing_still(held_out_batch)
    flip = torch.tensor(mirrored(keypoints), device=place)

    for epoch in range(done + 1, config.epochs + 1):
        began = time.monotonic()
        # Every epoch has its own seeds, so that a resumed run draws what it would have drawn.
        rng = np.random.default_rng((config.seed, 2, epoch))
        torch.manual_seed(config.seed * 100_003 + epoch)
        network.train()
        summed = torch.zeros((), device=place)
        for step, batch in enumerate(feed.epoch(rng)):
            if config.mirror:
                batch = batches.mirror_half(batch, flip, rng)
            rate = _learning_rate(config, (epoch - 1 + step / len(feed)) / config.epochs)
            summed += _step(network, optimiser, batch, config, rate)
            updates += 1
            if config.ema:
                average_weights(average, network, min(config.ema, updates / (updates + 9.0)))
            if on_step:
                on_step(epoch, step + 1, len(feed))
        train_loss = float(summed) / len(feed)
        if not math.isfinite(train_loss):
            raise KinesicsError(
                f"The loss became {train_loss} in epoch {epoch}: training diverged. Use a smaller"
                f" learning rate than {config.learning_rate:g}, or a gradient limit of 1.")
        row: dict[str, float | int | str] = {
            "epoch": epoch, "train_loss": train_loss,
            **_validate(average, held_out_batch, config, place), **standing,
            "lr": rate, "seconds": round(time.monotonic() - began, 2),
        }
        if on_epoch:
            average.eval()
            row |= on_epoch(epoch, average) or {}
        curves.append(row)
        score = _score(row, config.select)
        if score < best or epoch == 1:
            best, best_epoch, best_network = score, epoch, _copy(average)
        if save:
            save({
                "epoch": epoch, "best": best, "best_epoch": best_epoch, "updates": updates,
                "best_network": best_network, "network": network.state_dict(),
                "average": average.state_dict(), "optimiser": optimiser.state_dict(),
                "curves": curves,
            })
    result = identity.build()
    result.load_state_dict(best_network)
    return FitResult(result.eval(), identity, curves, best_epoch)


def held_out(
    config: TrainingConfig, material: Material, targets: np.ndarray | None, seed: tuple[int, ...],
    count: int | None = None,
) -> Batch:
    """Windows to judge a network by, on the CPU: one every half second of the clips; through random
    cameras ``count`` (default ``VALIDATION_WINDOWS``) drawn by ``seed``."""
    device = torch.device("cpu")
    if isinstance(material, Windows):
        _same_length(targets, len(material), "windows")
        return batches.as_batch(samples.encode(material, config.normalisation), targets, device)
    _same_length(targets, len(material), "clips")
    if config.view == "random":
        feed = CameraFeed(material, targets, config.normalisation, config.batch, 1, device)
        return feed.draw(np.random.default_rng(seed), count or VALIDATION_WINDOWS)
    cut = samples.cut_windows(material, VALIDATION_STEP, partial=targets is not None)
    return batches.as_batch(samples.encode(cut, config.normalisation),
                            None if targets is None else targets[cut.clip], device)


def predict(network: nn.Module, observed: np.ndarray) -> Arrays:
    """Of normalised windows (B, 60, F), as arrays; the network is left in evaluation mode."""
    if not len(observed):
        raise KinesicsError("Got no window to predict from; wanted at least one.")
    tensor = torch.from_numpy(np.ascontiguousarray(observed, np.float32))
    future, logits, spread = _predict(network, tensor, next(network.parameters()).device)
    return Arrays(
        future.numpy(),
        None if logits is None else logits.softmax(dim=-1).numpy(),
        None if spread is None else spread.numpy())


def pick_device(name: str) -> str:
    """"auto" is CUDA where there is one; KinesicsError for CUDA where there is none."""
    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise KinesicsError(
            "Got device cuda, but torch finds no CUDA device. Use --device cpu, or install a torch"
            " built for CUDA and its driver.")
    return name


def _feed(
    config: TrainingConfig, material: Material, targets: np.ndarray | None, device: torch.device
) -> Feed:
    if isinstance(material, Windows):
        _same_length(targets, len(material), "windows")
        cut = samples.encode(material, config.normalisation)
        return CutFeed(cut, targets, config.batch, device)
    _same_length(targets, len(material), "clips")
    if config.view == "random":
        return CameraFeed(material, targets, config.normalisation, config.batch,
                          config.windows or 7000, device)
    if config.windows:
        return PlaneFeed(material, targets, config.normalisation, config.batch, config.windows,
                         config.warp, device)
    pieces = samples.cut_windows(material, config.step, partial=targets is not None)
    return CutFeed(samples.encode(pieces, config.normalisation),
                   None if targets is None else targets[pieces.clip], config.batch, device)


def _same_length(targets: np.ndarray | None, count: int, what: str) -> None:
    if targets is not None and len(targets) != count:
        raise KinesicsError(f"Got {len(targets)} targets for {count} {what}; wanted one for each.")


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


def _learning_rate(config: TrainingConfig, done: float) -> float:
    """After the share ``done`` of all steps."""
    rate = config.learning_rate
    if config.warmup:
        rate *= min(done / config.warmup, 1.0)
    if config.decay == "cosine":
        rate *= SLOWEST + (1.0 - SLOWEST) * 0.5 * (1.0 + math.cos(math.pi * done))
    return rate


def _step(
    network: nn.Module, optimiser: torch.optim.Optimizer, batch: Batch, config: TrainingConfig,
    rate: float,
) -> Tensor:
    for group in optimiser.param_groups:
        group["lr"] = rate
    predicted: Prediction = network(batch.observed)
    loss = losses.total(predicted, batch, config.loss, config.unit, config.lambda_classification)
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    if config.gradient_limit:
        nn.utils.clip_grad_norm_(network.parameters(), config.gradient_limit)
    optimiser.step()
    return loss.detach()


@torch.no_grad()
def _validate(
    network: nn.Module, held_out: Batch, config: TrainingConfig, device: torch.device
) -> dict[str, float]:
    """Loss, MAE and accuracy of all held-out windows together, each where it exists."""
    predicted = _predict(network, held_out.observed, device)
    found = {"validation_loss": float(losses.total(
        predicted, held_out, config.loss, config.unit, config.lambda_classification))}
    if _has_future(held_out):
        found["validation_mae"] = float(
            losses.mean((predicted.future - held_out.future).abs(), held_out.weight))
    if predicted.logits is not None and held_out.target is not None:
        labelled = held_out.target >= 0
        if labelled.any():
            right = predicted.logits.argmax(dim=-1)[labelled] == held_out.target[labelled]
            found["validation_accuracy"] = float(right.float().mean())
    return found


@torch.no_grad()
def _predict(network: nn.Module, observed: Tensor, device: torch.device) -> Prediction:
    """In evaluation mode, a chunk at a time, on the CPU."""
    network.eval()
    parts: list[Prediction] = [network(rows.to(device)) for rows in observed.split(_CHUNK)]

    def joined(values: list[Tensor | None]) -> Tensor | None:
        present = [value for value in values if value is not None]
        return torch.cat(present).cpu() if present else None

    return Prediction(
        torch.cat([part.future for part in parts]).cpu(),
        joined([part.logits for part in parts]), joined([part.spread for part in parts]))


def _standing_still(held_out: Batch) -> dict[str, float]:
    if not _has_future(held_out):
        return {}
    error = (held_out.observed[:, -1:] - held_out.future).abs()
    return {"zero_velocity_mae": float(losses.mean(error, held_out.weight))}


def _has_future(held_out: Batch) -> bool:
    return held_out.future.shape[1] == HORIZON and (
        held_out.weight is None or bool(held_out.weight.any()))


def _score(row: Mapping[str, Any], select: str) -> float:
    """Lower is better. Without what was asked for (no future, no labels) the loss decides."""
    if select == "accuracy" and "validation_accuracy" in row:
        return -float(row["validation_accuracy"])
    return float(row.get(f"validation_{select}", row["validation_loss"]))


def _copy(network: nn.Module) -> dict[str, Tensor]:
    return {key: value.detach().cpu().clone() for key, value in network.state_dict().items()}
