"""Losses: the paper's equation 3 (arXiv 2603.01804), and our variants of its first term.

    loss = generation + lambda * cross entropy [+ 0.01 * likelihood of the spread]

Windows whose future is unknown do not count in the first term, windows without a label not in the
second.

``mse``       the paper's mean squared error.
``l1``        the mean absolute error, which is what is reported.
``relative``  the absolute error over what the person's activity before lets expect. With the other
              two a dancer outweighs a hundred people who stand and wait, and the network learns to
              see movement where there is only the detector's jitter.
``tempered``  the absolute error over the root of it: between ``l1`` and ``relative``.

``ratio``     the mean absolute error of a window over that of standing still in its source,
              so that every source is a share of what is to be beaten in it: what strangers are
              judged by. Random views only. It has no unit of its own.
``ratio_each``  the same of each frame, over standing still at that frame; windows of who is quieter
              than others in the source weigh more.

With ``pose_weight`` the same error of poses, each centred and scaled by itself, predicted and true,
is added. Where people cross the image the way they go is most of the first error, and a network
learns little else; the second is what the paper reports.

Errors are measured in ``unit``, a share of the pose's scale. Adam's weight decay is a part of the
gradient: beside the gradient of squared errors of a residual network, a few thousandths, it wins
and nothing is learned. In tenths of the scale it does not.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from kinesics_core.motion.networks.prediction import Prediction
from kinesics_core.motion.training.config import RATIOS, TrainingConfig
from kinesics_core.motion.training.windowing import WindowBatch
from kinesics_core.motion.uncertainty import ACTIVITY_FRAMES
from kinesics_core.motion.windows import RATE

CALM = 0.15
"""Activity, scales per second, added in the relative loss so that stillness divides nothing."""
SMALLEST = 1e-4
"""Least error of standing still that divides, pose scales: nobody stands stiller."""
QUIETER = 0.3
"""Exponent of how much quieter a window is than its source, by which it weighs more in the ratio.
With 0 what is right of a source is wrong of its quiet people: jitter is taken for movement."""
FLOOR = 0.1
"""Share of its source's error that is added to a window's before it is compared."""
SPREAD_WEIGHT = 0.01
"""The spread is learned from the error and gives no gradient back: only clipping sees its size."""


def total(predicted: Prediction, batch: WindowBatch[Tensor], config: TrainingConfig) -> Tensor:
    """Return the loss of a batch (equation 3), a scalar."""
    value = predicted.future.new_zeros(())
    if batch.future.shape[1]:
        if config.loss in RATIOS:
            value = ratio(predicted.future, batch, config.pose_weight,
                          each=config.loss == "ratio_each")
        else:
            value = generation(predicted.future, batch, config.loss, config.unit)
        if config.pose_weight and config.loss not in RATIOS:
            value = value + config.pose_weight * generation(
                centred(predicted.future), in_own_scale(batch), config.loss, config.unit)
        if predicted.spread is not None:
            value = value + SPREAD_WEIGHT * spread(predicted.future, predicted.spread, batch)
    if predicted.logits is not None and batch.target is not None:
        value = value + config.lambda_classification * classification(
            predicted.logits, batch.target)
    return value


def generation(future: Tensor, batch: WindowBatch[Tensor], loss: str, unit: float) -> Tensor:
    """Return the mean error of the numbers whose truth is known.

    Args:
        future: (B, H, F) predicted.
        batch: The truth.
        loss: "mse", "l1", "relative" or "tempered", see above.
        unit: Share of the pose's scale in which errors are measured.
    """
    error = (future - batch.future) / unit
    if loss == "mse":
        error = error.square()
    elif loss == "l1":
        error = error.abs()
    else:
        expected = CALM + activity(batch)
        if loss == "tempered":
            expected = expected.sqrt()
        error = error.abs() / expected[:, None, None]
    return mean(error, batch.weight)


def ratio(
    future: Tensor, batch: WindowBatch[Tensor], pose_weight: float, *, each: bool = False
) -> Tensor:
    """Return the mean error of windows over standing still's in their sources.

    Args:
        future: (B, H, F) predicted.
        batch: The truth, with ``still``.
        pose_weight: Weight of the second measure, that of poses each in its own scale.
        each: Every frame counts alike, and quiet windows more.
    """
    assert batch.still is not None  # feeds of random views say it
    errors, least = window_errors(future, batch), batch.still.clamp(min=SMALLEST)  # (B, 2, H)
    if each:
        source = least[:, 0].mean(dim=1)
        own = window_errors(_newest_held(batch), batch)[:, 0].mean(dim=1)
        quiet = (source / (own + FLOOR * source)) ** QUIETER                      # (B,)
        both = (errors / least).mean(dim=2) * (quiet / quiet.mean())[:, None]     # (B, 2)
    else:
        both = errors.mean(dim=2) / least.mean(dim=2)
    return both[:, 0].mean() + pose_weight * both[:, 1].mean()


def window_errors(future: Tensor, batch: WindowBatch[Tensor]) -> Tensor:
    """Return the mean absolute errors (B, 2, H) of frames in both measures, 0 where unknown."""
    error = (future - batch.future).abs()
    own = in_own_scale(batch)
    posed = (centred(future) - own.future).abs()
    if batch.weight is None or own.weight is None:
        return torch.stack([error.mean(dim=2), posed.mean(dim=2)], dim=1)
    weight = batch.weight.expand_as(error)
    return torch.stack([
        (error * weight).sum(dim=2) / weight.sum(dim=2).clamp(min=1.0),
        (posed * own.weight).mean(dim=2)], dim=1)


def standing_still(batch: WindowBatch[Tensor]) -> np.ndarray:
    """Return standing still's mean errors (2, H) at frames, of windows known whole the second."""
    errors = window_errors(_newest_held(batch), batch).numpy()
    known = errors.any(axis=2, keepdims=True)
    means: np.ndarray = errors.sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return means


def _newest_held(batch: WindowBatch[Tensor]) -> Tensor:
    """Return what standing still predicts (B, H, F)."""
    return batch.observed[:, -1:].expand_as(batch.future)


def centred(poses: Tensor) -> Tensor:
    """Centre and scale every frame by itself (equations 1 and 2).

    Args:
        poses: (B, H, F), two numbers a keypoint.
    """
    points = poses.unflatten(-1, (-1, 2))                                         # (B, H, K, 2)
    offset = points - points.mean(dim=-2, keepdim=True)
    scale = offset.square().sum(dim=-1).amax(dim=-1).clamp(min=1e-8).sqrt()       # (B, H)
    return (offset / scale[..., None, None]).flatten(-2)


def in_own_scale(batch: WindowBatch[Tensor]) -> WindowBatch[Tensor]:
    """Return a batch whose future is ``centred``; only windows known whole have weight."""
    weight = None if batch.weight is None else batch.weight.expand_as(batch.future).amin(
        dim=(1, 2), keepdim=True).expand_as(batch.future)
    return replace(batch, future=centred(batch.future), weight=weight)


def classification(logits: Tensor, target: Tensor) -> Tensor:
    """Return the cross entropy of the windows that have a label; 0 if none has."""
    labelled = target >= 0
    loss = torch.nn.functional.cross_entropy(
        logits, target, ignore_index=-1, reduction="sum")
    return loss / labelled.sum().clamp(min=1)


def spread(future: Tensor, sigma: Tensor, batch: WindowBatch[Tensor]) -> Tensor:
    """Return the negative log likelihood of the error of each step under a Gaussian.

    The error is detached: predictions do not get worse to be easier to judge.

    Args:
        future: (B, H, F) predicted.
        sigma: (B, H), 1 sigma of the Gaussian.
        batch: The truth.
    """
    squared = (future.detach() - batch.future).square()                           # (B, H, F)
    if batch.weight is None:
        known, variance = None, squared.mean(dim=-1)
    else:
        weight = batch.weight.expand_as(squared)
        known = weight.amax(dim=-1)
        variance = (squared * weight).sum(dim=-1) / weight.sum(dim=-1).clamp(min=1.0)
    return mean(sigma.log() + variance / (2.0 * sigma.square()), known)


def mean(values: Tensor, weight: Tensor | None) -> Tensor:
    """Return the weighted mean; 0 if nothing has weight."""
    if weight is None:
        return values.mean()
    weight = weight.expand_as(values)
    return (values * weight).sum() / weight.sum().clamp(min=1.0)


def activity(batch: WindowBatch[Tensor]) -> Tensor:
    """Return the rms speed (B,) over the last half second, scales/s, of keypoints that count."""
    step = (batch.observed[:, -1] - batch.observed[:, -1 - ACTIVITY_FRAMES]) * (
        RATE / ACTIVITY_FRAMES)
    if batch.weight is None:
        return step.square().mean(dim=-1).sqrt()
    counts = batch.weight.amax(dim=1)
    return ((step.square() * counts).sum(dim=-1) / counts.sum(dim=-1).clamp(min=1.0)).sqrt()
