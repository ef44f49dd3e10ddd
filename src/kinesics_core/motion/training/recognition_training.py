"""Training of networks that recognise a label from motion, so that it holds for other contents.

What makes a style or an emotion hard to learn is the content it comes with: nine gestures say
little about a tenth. So every window is seen anew each time, mirrored, from a camera a little to
the side or above, a little faster or slower, through jitter; every pair of label and content is
drawn equally often, whichever has more recordings; labels are smoothed. With ``future`` given, one
network learns both to forecast and to recognise (equation 3 of arXiv 2603.01804).

Any network of ``motion.networks`` built with classes fits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from kinesics_core import keypoints
from kinesics_core.errors import KinesicsError
from kinesics_core.motion import windows
from kinesics_core.motion.training.windowing import frontal
from kinesics_core.motion.windows import OBSERVED, RATE, Normalisation

LOSS_UNIT = 0.1
"""Share of the pose's scale in which the loss measures forecasts."""

TURNED = 1.2
TURNING = 3.0
"""Radians, of the person and within a window.

A network that learns from people facing the camera meets some who do not, and who turn around.
"""

OnStep = Callable[[int, int, float], None]
"""Called after every step: steps done, steps in all, loss."""


@dataclass(frozen=True, slots=True)
class RecognitionConfig:
    """Settings that decide the result, beside the network and the windows.

    Attributes:
        steps: How many; the windows seen are steps x batch.
        batch: Windows in a step.
        lr: Greatest learning rate of one cycle (AdamW).
        weight_decay: Of AdamW.
        smoothing: Of the labels.
        normalisation: See ``motion.windows``.
        yaw: Radians, the camera's greatest turn (3-D windows only).
        pitch: Radians, the same about the image's horizontal.
        turning: Share of windows in which the person is turned by up to ``TURNED`` and goes on
            turning by up to ``TURNING``.
        warp: Greatest logarithm of the change of speed.
        noise: Greatest jitter, 1 sigma, as a share of the pose's scale.
        forecast: Weight of the forecast's loss beside the classification's; counts where
            ``LabelledWindows.future`` is given.
        seed: Of every random number.
    """

    steps: int = 400
    batch: int = 128
    lr: float = 2e-3
    weight_decay: float = 0.05
    smoothing: float = 0.1
    normalisation: Normalisation = "per_frame"
    yaw: float = 0.35
    pitch: float = 0.1
    turning: float = 0.4
    warp: float = 0.15
    noise: float = 0.01
    forecast: float = 0.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class LabelledWindows:
    """Windows of keypoints, as a recogniser is trained on them.

    Attributes:
        observed: (B, 60, K, D), D 3 (metres, y up) or 2 (image, y down); NaN where missing.
        labels: (B,) integers below the network's number of classes.
        contents: (B,) what was done, any values: balances the labels within each; None does not.
        flip: (K,) index of each mirrored keypoint (see ``skeletons.mirrored``); None never mirrors.
        future: (B, H, K, D), NaN where unknown; None trains recognition alone.
    """

    observed: np.ndarray
    labels: np.ndarray
    contents: np.ndarray | None = None
    flip: Sequence[int] | None = None
    future: np.ndarray | None = None

    def __post_init__(self) -> None:
        shape = self.observed.shape
        if self.observed.ndim != 4 or shape[-1] not in (2, 3) or len(self.observed) == 0:
            raise KinesicsError(
                f"Got windows of shape {shape}; wanted (B, {OBSERVED}, K, 2 or 3), at least one.")
        for name, given in (("labels", self.labels), ("contents", self.contents),
                            ("futures", self.future)):
            if given is not None and len(given) != len(self.observed):
                raise KinesicsError(f"Got {len(given)} {name} for {len(self.observed)} windows.")


def train_recogniser(
    network: nn.Module, data: LabelledWindows, config: RecognitionConfig = RecognitionConfig(),
    on_step: OnStep | None = None,
) -> nn.Module:
    """Train a network in place; the same seed and thread count give the same weights.

    Args:
        network: Any of ``motion.networks`` built with classes.
        data: What it is trained on.
        config: How.
        on_step: Told after every step.

    Returns:
        The network, in evaluation mode.

    Raises:
        KinesicsError: The loss is no longer a number.
    """
    labels, observed = data.labels, data.observed.shape[1]
    torch.manual_seed(config.seed)
    rng = np.random.default_rng(config.seed)
    whole = fill_gaps(data.observed)
    if data.future is not None:
        whole = np.concatenate([whole, data.future.astype(np.float32)], axis=1)
    chance = _chance(labels, data.contents)
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=config.lr, weight_decay=config.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, config.lr, total_steps=max(config.steps, 2), pct_start=0.15)

    network.train()
    for step in range(config.steps):
        which = rng.choice(len(labels), size=config.batch, p=chance)
        seen, coming = _augmented(rng, whole[which], observed, config, data.flip)
        predicted = network(torch.from_numpy(seen))
        loss = nn.functional.cross_entropy(
            predicted.logits, torch.from_numpy(labels[which]).long(),
            label_smoothing=config.smoothing)
        if coming is not None and config.forecast:
            known = torch.from_numpy(np.isfinite(coming))
            error = (predicted.future - torch.from_numpy(np.nan_to_num(coming))) / LOSS_UNIT
            square = (error * known).square().sum() / known.sum().clamp(min=1)
            loss = loss + config.forecast * square
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        value = float(loss.detach())
        if not np.isfinite(value):
            raise KinesicsError(
                f"The loss is {value} at step {step + 1}: the learning rate {config.lr} is too"
                " great for this network. Give a smaller one.")
        if on_step is not None:
            on_step(step + 1, config.steps, value)
    return network.eval()


def probabilities(
    network: nn.Module, observed: np.ndarray, normalisation: Normalisation = "per_frame",
    batch: int = 1024,
) -> np.ndarray:
    """Return the network's probabilities for windows as they are, seen from the front.

    Args:
        network: It is left in evaluation mode.
        observed: (B, 60, K, D), NaN where missing.
        normalisation: The one it was trained with.
        batch: Windows at a time.

    Returns:
        (B, classes).
    """
    network.eval()
    parts = []
    with torch.no_grad():
        for start in range(0, len(observed), batch):
            seen = encode(fill_gaps(observed[start:start + batch]), normalisation)
            parts.append(network(torch.from_numpy(seen)).logits.softmax(dim=-1).numpy())
    return np.concatenate(parts)


def encode(observed: np.ndarray, normalisation: Normalisation) -> np.ndarray:
    """Return windows (B, 60, K, D) as network input (B, 60, 2 K).

    They are seen by an orthographic camera in front and normalised; a keypoint still missing
    stands at the centroid.
    """
    return _flat(windows.encode(frontal(observed), normalisation)[0])


def fill_gaps(observed: np.ndarray) -> np.ndarray:
    """Complete windows (B, T, K, D) in time: linear between sightings, held outside them.

    A keypoint never seen in a window stays NaN.
    """
    seen = np.isfinite(observed).all(axis=-1)
    if seen.all():
        return observed.astype(np.float32)
    times = np.arange(observed.shape[1]) / RATE
    filled, _ = keypoints.resample(times, observed, seen, times)
    filled[np.broadcast_to(~seen.any(axis=1, keepdims=True), seen.shape)] = np.nan
    return filled.astype(np.float32)


def _augmented(
    rng: np.random.Generator, points: np.ndarray, observed: int, config: RecognitionConfig,
    flip: Sequence[int] | None,
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return windows as another camera on another day would have them.

    Network input (B, 60, 2 K), and the future (B, H, 2 K), NaN where unknown, if there is one.
    """
    count, frames = points.shape[:2]
    # Faster or slower around the newest frame; before the beginning the first pose is held.
    speed = np.exp(rng.uniform(-config.warp, config.warp, count))
    times = observed - 1 + (np.arange(frames) - (observed - 1)) * speed[:, None]
    outside = times > frames - 1
    times = np.clip(times, 0.0, frames - 1.0)
    low, rows = np.floor(times).astype(int), np.arange(count)[:, None]
    share = (times - low)[..., None, None].astype(np.float32)
    points = points[rows, low] * (1 - share) + points[rows, np.ceil(times).astype(int)] * share
    points[outside] = np.nan
    if flip is not None:
        turned = rng.random(count) < 0.5
        points[turned] = points[turned][:, :, list(flip)]
        points[turned, ..., 0] *= -1
    if points.shape[-1] == 3:
        turning = rng.random((count, 1)) < config.turning
        facing = rng.uniform(-1.0, 1.0, (count, 1)) * np.where(turning, TURNED, config.yaw)
        rate = rng.uniform(-1.0, 1.0, (count, 1)) * np.where(turning, TURNING / observed, 0.0)
        points = _turned(
            points, facing + rate * (np.arange(frames) - observed / 2),
            config.pitch * rng.uniform(-1.0, 1.0, (count, 1)))
    image = frontal(points)
    past, centroid, scale = windows.encode(image[:, :observed], config.normalisation)
    sigma = rng.uniform(0.0, config.noise, (count, 1, 1, 1)).astype(np.float32)
    past += sigma * rng.standard_normal(past.shape, dtype=np.float32)
    if frames == observed:
        return _flat(past), None
    coming = windows.encode_future(
        image[:, observed:], centroid, scale, config.normalisation)
    return _flat(past), coming.reshape(count, frames - observed, -1).astype(np.float32)


def _turned(points: np.ndarray, yaw: np.ndarray, pitch: np.ndarray) -> np.ndarray:
    """Turn (B, T, K, 3) about the vertical, then about the image's horizontal.

    The angles are radians, (B, T) or (B, 1).
    """
    x, y, z = np.moveaxis(points, -1, 0)
    yaw, pitch = (angle.astype(np.float32)[..., None] for angle in (yaw, pitch))
    x, z = np.cos(yaw) * x + np.sin(yaw) * z, np.cos(yaw) * z - np.sin(yaw) * x
    y, z = np.cos(pitch) * y - np.sin(pitch) * z, np.sin(pitch) * y + np.cos(pitch) * z
    return np.stack([x, y, z], axis=-1)


def _flat(normalised: np.ndarray) -> np.ndarray:
    return np.nan_to_num(
        normalised.reshape(*normalised.shape[:2], -1).astype(np.float32), copy=False)


def _chance(labels: np.ndarray, contents: np.ndarray | None) -> np.ndarray:
    """Return the probability of each window by which every pair of label and content is equal."""
    content = np.zeros(len(labels), int) if contents is None else \
        np.unique(contents, return_inverse=True)[1]
    pair = labels.astype(int) * (int(content.max()) + 1) + content
    chance = 1.0 / np.bincount(pair)[pair]
    return chance / chance.sum()
