"""Our recogniser: a small temporal convolution for labels only, in one file.

A style is in how everything moves at every moment, wherever in the window the gesture happens to
be; so the same filters read every moment, and what is kept of them is the mean and the spread over
time ("statistics pooling": Snyder, Garcia-Romero, Sell, Povey and Khudanpur, "X-vectors: Robust DNN
Embeddings for Speaker Recognition", ICASSP 2018). Forecasters, which must know when each thing
happened, keep the order and learn the contents by heart.

Poses and velocities -> three convolutions (a quarter of the steps are left after two) -> mean and
standard deviation -> one linear layer.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from kinesics_core.motion.networks.prediction import Prediction
from kinesics_core.motion.networks.shape import NetworkShape

VELOCITY_UNIT = 10.0
"""Velocities enter in pose scales per ten frames, about as large as poses."""


class Recogniser(nn.Module):
    """Network of normalised windows (B, 60, F) -> ``Prediction`` with logits.

    Its future is the newest pose, held: it does not forecast.
    """

    def __init__(
        self, shape: NetworkShape, *, width: int = 96, dropout: float = 0.3
    ) -> None:
        super().__init__()
        self.horizon = shape.horizon
        self.filters = nn.Sequential(
            nn.Dropout1d(0.1),      # a coordinate is taken away for the whole window
            nn.Conv1d(2 * shape.features, width, 5, stride=2, padding=2),
            nn.BatchNorm1d(width), nn.GELU(), nn.Dropout(dropout / 2),
            nn.Conv1d(width, width, 3, stride=2, padding=1),
            nn.BatchNorm1d(width), nn.GELU(), nn.Dropout(dropout / 2),
            nn.Conv1d(width, width, 3, padding=1),
            nn.BatchNorm1d(width), nn.GELU(),
        )
        self.classify = None
        if shape.classes:
            self.classify = nn.Sequential(nn.Dropout(dropout), nn.Linear(2 * width, shape.classes))

    def forward(self, observed: Tensor) -> Prediction:
        """Recognise windows (B, 60, F)."""
        velocity = (observed[:, 1:] - observed[:, :-1]) * VELOCITY_UNIT
        velocity = torch.cat([torch.zeros_like(observed[:, :1]), velocity], dim=1)
        both = torch.cat([observed, velocity], dim=2).transpose(1, 2)       # (B, 2 F, 60)
        moments = self.filters(both)                                        # (B, width, 15)
        mean = moments.mean(dim=2, keepdim=True)
        spread = ((moments - mean).square().mean(dim=2) + 1e-4).sqrt()      # (B, width)
        summary = torch.cat([mean[:, :, 0], spread], dim=1)
        return Prediction(
            future=observed[:, -1:].expand(-1, self.horizon, -1),
            logits=None if self.classify is None else self.classify(summary),
        )
