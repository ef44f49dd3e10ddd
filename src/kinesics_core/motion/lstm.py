"""The LSTM forecaster of Costea et al., arXiv 2603.01804, section 2.2, in one file.

A 2-layer LSTM with 128 hidden units and dropout 0.2 reads 60 frames of 34 numbers; its last hidden
state goes through one linear layer to 30 frames of 34 numbers. 347,644 parameters, the number in
the paper's table 1 (backbone and generation head).

``residual=True`` (ours, the default): the network reads the 59 velocities between the frames, then
the newest frame itself, which together are the same 60 x 34 numbers, and predicts the change from
the newest frame. The count of weights is the same; an untrained network predicts a person who
stands still, already hard to beat, and small motions are not lost beside large coordinates.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

RATE = 30.0
"""Frames per second; velocities are in pose scales per second, so of order one."""

CHANGE_UNIT = 0.2
"""The last layer speaks in fifths of the pose's scale, the size of what people do in a second."""


class ForecastLSTM(nn.Module):
    """observed (B, 60, 34) normalised -> future (B, 30, 34) in the same normalisation."""

    def __init__(
        self, features: int = 34, horizon: int = 30, hidden: int = 128, layers: int = 2,
        dropout: float = 0.2, residual: bool = True,
    ) -> None:
        super().__init__()
        self.features, self.horizon, self.residual = features, horizon, residual
        self.backbone = nn.LSTM(features, hidden, layers, batch_first=True, dropout=dropout)
        self.generation = nn.Linear(hidden, horizon * features)
        if residual:
            nn.init.zeros_(self.generation.weight)
            nn.init.zeros_(self.generation.bias)

    def forward(self, observed: Tensor) -> Tensor:
        newest = observed[:, -1:]                                     # (B, 1, 34)
        if self.residual:
            velocity = (observed[:, 1:] - observed[:, :-1]) * RATE    # (B, 59, 34)
            hidden, _ = self.backbone(torch.cat([velocity, newest], dim=1))
            change = self.generation(hidden[:, -1]) * CHANGE_UNIT     # (B, 30 * 34)
            return newest + change.view(-1, self.horizon, self.features)
        hidden, _ = self.backbone(observed)                           # (B, 60, 128)
        return self.generation(hidden[:, -1]).view(-1, self.horizon, self.features)
