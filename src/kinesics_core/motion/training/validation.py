"""Judging a network while it is trained, and choosing its best epoch."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from kinesics_core.motion.training import losses
from kinesics_core.motion.training.config import TrainingConfig
from kinesics_core.motion.training.predict import predict_tensors
from kinesics_core.motion.training.windowing import WindowBatch
from kinesics_core.motion.windows import HORIZON
from kinesics_core.training.curves import Row


@torch.no_grad()
def validate(
    network: nn.Module, held_out: WindowBatch[Tensor], config: TrainingConfig
) -> dict[str, float]:
    """Return loss, MAE and accuracy of all held-out windows together, each where it exists."""
    predicted = predict_tensors(network, held_out.observed)
    found = {"validation_loss": float(losses.total(predicted, held_out, config))}
    if _has_future(held_out):
        found["validation_mae"] = float(
            losses.mean((predicted.future - held_out.future).abs(), held_out.weight))
    if predicted.logits is not None and held_out.target is not None:
        labelled = held_out.target >= 0
        if labelled.any():
            right = predicted.logits.argmax(dim=-1)[labelled] == held_out.target[labelled]
            found["validation_accuracy"] = float(right.float().mean())
    return found


def standing_still(held_out: WindowBatch[Tensor]) -> dict[str, float]:
    """Return the MAE of the newest pose held, which a network has to beat."""
    if not _has_future(held_out):
        return {}
    error = (held_out.observed[:, -1:] - held_out.future).abs()
    return {"zero_velocity_mae": float(losses.mean(error, held_out.weight))}


def score(row: Row, select: str) -> float:
    """Return how good an epoch was; lower is better.

    Args:
        row: Of the curves.
        select: "mae", "loss" or "accuracy". Without what is asked for (no future, no labels) the
            loss decides.
    """
    if select == "accuracy" and "validation_accuracy" in row:
        return -float(row["validation_accuracy"])
    return float(row.get(f"validation_{select}", row["validation_loss"]))


def _has_future(held_out: WindowBatch[Tensor]) -> bool:
    return held_out.future.shape[1] == HORIZON and (
        held_out.weight is None or bool(held_out.weight.any()))
