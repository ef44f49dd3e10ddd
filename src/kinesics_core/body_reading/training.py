"""Training of the reader of bodies: small networks at once, calibrated on what they never saw.

Each network sees its own order of windows, with noise on the cues and cues left out; the mean of
their outputs is the reading. Temperature, frequencies of emotions and sizes of VAD are fitted to
readings of whole collections by networks that saw none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from kinesics_core.affect.body_head import FAR, OUTPUTS, REACH, BodyHead, distances
from kinesics_core.affect.emotions import EMOTIONS, NEUTRAL, softmax
from kinesics_core.body_reading.lessons import Lessons
from kinesics_core.settings import check, setting

RARE = np.log(np.array([1.0, 1.0, 0.6, 1.0, 0.3, 0.15, 0.7, 1.0]))
"""(8,) log of how frequent emotions are read beside each other; neutral's is fitted."""

_RATE, _BATCH, _VAD_WEIGHT = 6e-3, 512, 1.0
_SHRINK = 0.1  # of the covariance towards the identity
_FAMILIAR = 95.0  # percentile of the distances of what was learned from that is wholly familiar
_STRANGE = 1.3  # times that distance: not familiar at all


@dataclass(frozen=True)
class TrainingConfig:
    """Settings of the training."""

    networks: int = setting(5, "networks side by side", bounds=(1, 100))
    width: int = setting(48, "units of both hidden layers", bounds=(1, 4096))
    epochs: int = setting(10, "passes", bounds=(1, 10_000))
    noise: float = setting(0.2, "standard deviation added to scaled cues", bounds=(0.0, 10.0))
    missing: float = setting(0.1, "share of cues left out", bounds=(0.0, 0.9))
    dropout: float = setting(0.3, "share of hidden units left out", bounds=(0.0, 0.9))
    decay: float = setting(1e-3, "weight decay", bounds=(0.0, 10.0))
    seed: int = setting(0, "of every random number", bounds=(0, 2**31 - 1))

    def __post_init__(self) -> None:
        """Refuse values out of bounds."""
        check(self)


class _Networks(nn.Module):
    def __init__(self, inputs: int, config: TrainingConfig) -> None:
        super().__init__()
        sizes = (inputs, config.width, config.width, OUTPUTS)
        self.weights, self.biases = nn.ParameterList(), nn.ParameterList()
        for size, following in zip(sizes[:-1], sizes[1:], strict=True):
            bound = size**-0.5
            self.weights.append(torch.empty(config.networks, size, following).uniform_(-bound,
                                                                                       bound))
            self.biases.append(torch.zeros(config.networks, 1, following))
        self.drop = nn.Dropout(config.dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Return outputs (N, B, 11) of scaled cues (N, B, C)."""
        for weights, biases in list(zip(self.weights, self.biases, strict=True))[:-1]:
            x = self.drop(torch.relu(x @ weights + biases))
        last: Tensor = x @ self.weights[-1] + self.biases[-1]
        return last


def fit(
    lessons: Lessons, config: TrainingConfig, without: Sequence[str] = (),
    tell: Callable[[float], None] = lambda share: None,
) -> BodyHead:
    """Return a reader that has seen nothing of the collections ``without``; not calibrated yet."""
    weight = lessons.weights(without)
    used = weight > 0.0
    cues = lessons.cues[used].astype(np.float64)
    with np.errstate(invalid="ignore"):
        centre, scale = np.nanmean(cues, axis=0), np.maximum(np.nanstd(cues, axis=0), 1e-3)
    scaled = np.nan_to_num(np.clip((cues - centre) / scale, -REACH, REACH), nan=0.0)
    torch.manual_seed(config.seed)
    network = _Networks(scaled.shape[1], config)
    _descend(network, scaled, lessons, used, weight[used], config, tell)
    layers = tuple(
        (weights.detach().numpy(), biases.detach().numpy()[:, 0])
        for weights, biases in zip(network.weights, network.biases, strict=True))
    covariance = np.average(scaled[:, :, None] * scaled[:, None, :], axis=0, weights=weight[used])
    covariance = (1.0 - _SHRINK) * covariance + _SHRINK * np.eye(len(covariance))
    precision = np.linalg.inv(covariance)
    far = np.nan_to_num(np.clip((cues - centre) / scale, -FAR, FAR), nan=0.0)
    known = float(np.percentile(distances(far, precision), _FAMILIAR))
    return BodyHead(
        centre, scale, precision, np.array([known, _STRANGE * known]), layers, 1.0, RARE,
        np.ones(3), np.full(3, 0.5))


def _descend(
    network: _Networks, scaled: np.ndarray, lessons: Lessons, used: np.ndarray,
    weight: np.ndarray, config: TrainingConfig, tell: Callable[[float], None],
) -> None:
    inputs = torch.tensor(scaled, dtype=torch.float32)
    emotion = torch.tensor(lessons.emotion[used])
    vad = torch.tensor(lessons.vad[used], dtype=torch.float32)
    chance = torch.tensor(weight / weight.sum(), dtype=torch.float32)
    steps = max(1, config.epochs * len(inputs) // _BATCH)
    best = torch.optim.AdamW(network.parameters(), lr=_RATE, weight_decay=config.decay)
    rate = torch.optim.lr_scheduler.OneCycleLR(best, _RATE, total_steps=steps + 1)
    network.train()
    for step in range(steps):
        rows = torch.multinomial(chance, config.networks * _BATCH, replacement=True)
        x = inputs[rows].view(config.networks, _BATCH, -1)
        x = x + config.noise * torch.randn_like(x)
        x = x * (torch.rand_like(x) >= config.missing)
        output = network(x).view(config.networks * _BATCH, -1)
        loss = nn.functional.cross_entropy(
            output[:, :len(EMOTIONS)], emotion[rows], ignore_index=-1)
        wanted = vad[rows]
        known = torch.isfinite(wanted)
        error = torch.where(known, output[:, len(EMOTIONS):] - torch.nan_to_num(wanted), 0.0)
        loss = loss + _VAD_WEIGHT * (error**2).sum() / known.sum().clamp(min=1)
        best.zero_grad()
        loss.backward()
        best.step()
        rate.step()
        if step % 50 == 0:
            tell(step / steps)
    network.eval()


@dataclass(frozen=True, eq=False)
class Unseen:
    """Outputs for windows of recordings whose collection was left out.

    Attributes:
        outputs: (N, 11) of the networks, familiar windows alone.
        emotion: (N,) index into ``EMOTIONS``, -1 where the word is no single one.
        vad: (N, 3), nan where not known.
        weight: (N,) recordings alike.
    """

    outputs: np.ndarray
    emotion: np.ndarray
    vad: np.ndarray
    weight: np.ndarray


def calibrated(head: BodyHead, unseen: Unseen) -> BodyHead:
    """Return a head whose probabilities and VAD are as large as unseen collections say.

    Half of the weight is people in no emotion, half people in one: what a robot meets. The
    temperature and neutral's frequency minimise the negative log likelihood.
    """
    known = unseen.emotion >= 0
    logits, emotion = unseen.outputs[known, :len(EMOTIONS)], unseen.emotion[known]
    weight = unseen.weight[known].copy()
    for part in (emotion == NEUTRAL, emotion != NEUTRAL):
        weight[part] *= 0.5 / max(weight[part].sum(), 1e-9)
    best = (np.inf, 1.0, 0.0)
    for temperature in np.geomspace(0.4, 6.0, 28):
        for frequency in np.linspace(-2.0, 4.0, 31):
            bias = RARE + frequency * (np.arange(len(EMOTIONS)) == NEUTRAL)
            shares = softmax(logits / temperature + bias)
            loss = -(weight * np.log(shares[np.arange(len(emotion)), emotion] + 1e-9)).sum()
            best = min(best, (float(loss), float(temperature), float(frequency)))
    _, temperature, frequency = best
    bias = RARE + frequency * (np.arange(len(EMOTIONS)) == NEUTRAL)
    scale, spread = np.ones(3), np.full(3, 0.5)
    for part in range(3):
        rated = np.isfinite(unseen.vad[:, part])
        if rated.sum() < 10:
            continue
        read, wanted = unseen.outputs[rated, len(EMOTIONS) + part], unseen.vad[rated, part]
        mine = unseen.weight[rated]
        slope = (mine * read * wanted).sum() / max((mine * read * read).sum(), 1e-9)
        scale[part] = np.clip(slope, 0.25, 1.5)
        spread[part] = np.sqrt(np.average((scale[part] * read - wanted) ** 2, weights=mine))
    return BodyHead(head.centre, head.scale, head.precision, head.limits, head.layers,
                    temperature, bias, scale, spread)
