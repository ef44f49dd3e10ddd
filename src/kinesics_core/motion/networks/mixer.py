"""Our forecaster: siMLPe made dense, in one file.

From Guo, Du, Shen, Lepetit, Alameda-Pineda and Moreno-Noguer, "Back to MLP: A Simple Baseline for
Human Motion Prediction", WACV 2023 (arXiv 2207.01567): the discrete cosine transform over time,
linear layers with layer norm between it and its inverse, the change from the newest frame as what
is predicted.

Ours:
- siMLPe mixes time and features in turn, each with a small matrix. Here one vector holds the
  whole window, so that every layer mixes both at once: more weights, less arithmetic, and a wrist
  may look at an ankle of half a second ago in one step. Past the blocks what was read goes
  straight to what is predicted: a linear regression, of rank ``width``, like the ridge that a
  network has to beat.
- Only the slow cosines are read. Coefficients are raised in proportion to their frequency
  (motion's spectrum falls steeply), and the newest velocity, to which all frequencies add, is
  given beside them, and the newest frame itself.
- Once trained it may be made cautious (``be_cautious``), for people that it did not learn from. Of
  the change of who hardly moves a share is taken away, the more the stiller, and of how the pose
  changes (not of where the person goes) the more the later: what is predicted there of strangers is
  worse than no change at all without this.
- ``spread``, how far off the prediction is likely to be, from the same state without a gradient
  into it, so that a network predicts the same whether or not its spread is trained.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from kinesics_core.motion.networks.prediction import Prediction
from kinesics_core.motion.networks.residual import CHANGE_UNIT, start_at_rest
from kinesics_core.motion.networks.shape import NetworkShape
from kinesics_core.motion.uncertainty import ACTIVITY_FRAMES
from kinesics_core.motion.windows import RATE

CAUTION = 0.7
"""Share of the change that is taken away from somebody who does not move at all."""
QUIET = 0.06
"""Activity, rms speed in scales a second, at which it has fallen to a third of that. Both were
chosen on ReActIdle, left out of training, where one frame in three was above standing still's error
without; people who walk do not feel it."""
LATE_CAUTION = 0.5
"""Share of the change of the pose within itself that is taken away at the last step, growing with
the square of the horizon. Without, the error of the shipped weights at one second on
Bandai-Namco-2, which they did not learn from, is 1.05 of standing still's, with it .97; on people
who walk it costs 2 %."""
TYPICAL_SPREAD = 0.03
"""Spread that an untrained network gives its predictions, in pose scales."""


def cosines(length: int) -> Tensor:
    """Return the orthonormal DCT-II as a matrix (length frequencies, length steps)."""
    frequency, step = torch.arange(length)[:, None], torch.arange(length)
    matrix = torch.cos(math.pi * (step + 0.5) * frequency / length) * math.sqrt(2.0 / length)
    matrix[0] /= math.sqrt(2.0)
    return matrix


class Block(nn.Module):
    """Residual block of two layers over states (B, width)."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.into, self.back = nn.Linear(width, width), nn.Linear(width, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, state: Tensor) -> Tensor:
        """Return (B, width): the state plus the two layers' output."""
        mixed: Tensor = self.back(nn.functional.gelu(self.into(self.norm(state))))
        return state + self.dropout(mixed)


def heads(width: int, horizon: int, classes: int) -> tuple[nn.Module, nn.Module | None]:
    """Return what reads the spread (B, H), as a logarithm, and the classes of a state (B, width).

    Untrained, the spread is ``TYPICAL_SPREAD``. Without classes the second is None.
    """
    spread = nn.Linear(width // 4, horizon)
    log_spread = nn.Sequential(
        nn.LayerNorm(width), nn.Linear(width, width // 4), nn.GELU(), spread)
    classify = None
    if classes:
        classify = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, width // 2), nn.ReLU(),
            nn.Linear(width // 2, classes))
    nn.init.zeros_(spread.weight)
    nn.init.constant_(spread.bias, math.log(TYPICAL_SPREAD))
    return log_spread, classify


class DCTMixer(nn.Module):
    """Network of normalised windows (B, 60, F) -> ``Prediction`` in the same normalisation.

    An untrained residual network predicts a person who stands still. ``frequencies`` are the
    slowest cosines of the observed window that are read; 20 of 60 frames at 30 Hz reach to 5 Hz.
    """

    analysis: Tensor
    synthesis: Tensor
    middle: Tensor
    late: Tensor
    caution: Tensor

    def __init__(
        self, shape: NetworkShape, *, width: int = 256,
        blocks: int = 3, frequencies: int = 20, dropout: float = 0.0,
    ) -> None:
        super().__init__()
        features, observed, horizon = shape.features, shape.observed, shape.horizon
        self.features, self.horizon, self.residual = features, horizon, shape.residual
        raised = cosines(observed) * 0.5 * (1 + torch.arange(observed))[:, None]
        velocity = torch.zeros(1, observed)  # of a window from which the newest frame was taken
        velocity[0, max(observed - 2, 0)] = -RATE
        self.register_buffer("analysis", torch.cat([raised[:frequencies], velocity]))
        self.register_buffer("synthesis", cosines(horizon).T.contiguous() * CHANGE_UNIT)

        axes = 2 if features % 2 == 0 else 1
        place = torch.arange(features) % axes
        self.register_buffer(
            "middle", (place[:, None] == place) * (axes / features), persistent=False)
        late = (torch.arange(1, horizon + 1) / horizon)[:, None] ** 2
        self.register_buffer("late", LATE_CAUTION * late, persistent=False)
        self.register_buffer("caution", torch.zeros(()))

        self.encode = nn.Linear((len(self.analysis) + 1) * features, width)
        self.blocks = nn.Sequential(*(Block(width, dropout) for _ in range(blocks)))
        self.decode = nn.Linear(width, horizon * features)
        self.log_spread, self.classify = heads(width, horizon, shape.classes)
        start_at_rest(self.decode)

    def forward(self, observed: Tensor) -> Prediction:
        """Predict the future of windows (B, 60, F)."""
        newest = observed[:, -1:]                                           # (B, 1, F)
        slow = self.analysis @ (observed - newest)                          # (B, K + 1, F)
        read = torch.cat([slow, newest], dim=1).flatten(1)                  # (B, (K + 2) * F)
        state = self.blocks(self.encode(read))                              # (B, width)
        waves = self.decode(state)                                          # (B, horizon * F)
        future = self.synthesis @ waves.view(-1, self.horizon, self.features)
        if self.residual:
            if self.caution:
                future = self._cautious(future) * self._boldness(observed)
            future = future + newest
        return Prediction(
            future=future,
            logits=None if self.classify is None else self.classify(state),
            spread=self.log_spread(state.detach()).exp(),
        )

    def be_cautious(self) -> None:
        """Be cautious from now on, in training too; the weights say so."""
        self.caution.fill_(1.0)

    def _cautious(self, change: Tensor) -> Tensor:
        """Return changes (B, H, F) with less of what moves keypoints against each other, later."""
        return change + self.late * (change @ self.middle - change)

    def _boldness(self, observed: Tensor) -> Tensor:
        """Return the share (B, 1, 1) of the change that is left to each person."""
        frames = min(ACTIVITY_FRAMES, observed.shape[1] - 1)
        moved = (observed[:, -1:] - observed[:, -1 - frames:observed.shape[1] - frames])
        activity = moved.square().mean(dim=-1, keepdim=True).sqrt() * (RATE / max(frames, 1))
        return 1.0 - CAUTION * torch.exp(activity / -QUIET)

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *args: Any) -> None:
        """Load weights; those from before there was caution have none."""
        state_dict.setdefault(f"{prefix}caution", torch.zeros(()))
        super()._load_from_state_dict(state_dict, prefix, *args)
