"""Predicting the change from the newest frame instead of the poses themselves (ours).

The network reads the velocities between the observed frames, then the newest frame, which are the
same T x F numbers as the poses, and says how far each coordinate moves from where it is now. The
count of weights stays what it was; an untrained network, its last layer zero, predicts a person
who stands still, already hard to beat; and small motions are not lost beside large coordinates.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from kinesics_core.motion.windows import RATE

CHANGE_UNIT = 0.2
"""Unit of the last layer, in pose scales: the size of what people do in a second."""


def velocities_and_newest(observed: Tensor) -> Tensor:
    """Return velocities and the newest pose of poses (B, T, F), as (B, T, F).

    T - 1 velocities, in pose scales per second, of order one, then the newest pose.
    """
    velocity = (observed[:, 1:] - observed[:, :-1]) * RATE
    return torch.cat([velocity, observed[:, -1:]], dim=1)


def from_newest(observed: Tensor, change: Tensor) -> Tensor:
    """Return the newest pose of (B, T, F) plus the last layer's change (B, H, F), as (B, H, F)."""
    return observed[:, -1:] + change * CHANGE_UNIT


def start_at_rest(generation: nn.Linear) -> None:
    """Make an untrained network predict no change at all."""
    nn.init.zeros_(generation.weight)
    nn.init.zeros_(generation.bias)
