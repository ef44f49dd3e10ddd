"""The forecaster for people and motions never seen: a mixer that filters each person's own motion.

What carries over best of all simple rules is that movement goes on and dies away, whoever moves and
however. ``DCTMixer`` cannot say so: how long it goes on depends on the person, the motion, and how
much of what is seen is a detector's jitter, and a linear layer has one answer for all. Here

- the state of the mixer says two linear filters in time for each window, one for the centre of the
  keypoints and one for the pose about it, the same for all coordinates: what is predicted is what
  the filters make of the person's own past, whatever its size and direction;
- a dense layer adds what is not of that form, in units of how much centre and pose have moved in
  the last second;
- both are said in twelve courses over the horizon, slow cosines and what has settled within a few
  frames to begin with, learned beside the rest: a network as quick may then be a quarter wider than
  one that says a filter for each frame;
- the state is read from the past in those units too, with the units, the newest pose and the mean
  acceleration beside, by which jitter can be told from movement.

``spread`` and the classifier are as ``DCTMixer``'s. Once trained it may be made cautious
(``be_cautious``): the less what it says is than how far off it may be by its own spread, and the
later, the more of it is taken back. Of movements that it never saw it is less sure, and there what
it says is not to be worse than no change at all.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from kinesics_core.motion.networks.mixer import Block, cosines, heads
from kinesics_core.motion.networks.prediction import Prediction
from kinesics_core.motion.networks.residual import start_at_rest
from kinesics_core.motion.networks.shape import NetworkShape
from kinesics_core.motion.windows import RATE

VELOCITIES = 4
"""Newest velocities that are read, of which movement can be told from jitter."""
FREQUENCIES = 16
"""Slowest cosines that are read beside them: to 4 Hz of a window of two seconds."""
SLOW = 8
"""Slowest cosines of the horizon that what is predicted is made of, before training."""
SETTLING = (1.0, 2.0, 4.0, 8.0)
"""Frames in which the other courses have fallen to a third, before training."""
QUIETEST = 0.004
"""Movement, pose scales, that the units have at least: a detector's jitter of who stands still."""
DENSE_UNIT = 0.3
"""Unit of the dense layer, of how much somebody has moved."""
FILTER_UNIT = 0.02
"""Unit of the filters' layer. A step of training moves each of its numbers; in units of 1 what is
predicted was thrown about for half of a training."""
RECENT = 30
"""Newest frames by which movement is measured, a second."""
DOUBT = 0.1
"""Multiple of the spread that a change is weighed against at the last step, less before."""
LEAST = 1e-3
"""Added to accelerations, in those units, before their logarithm."""


class CarryingMixer(nn.Module):
    """Network of normalised windows (B, 60, F) -> ``Prediction`` in the same normalisation.

    An untrained residual network predicts a person who stands still.
    """

    apart: Tensor
    spread_out: Tensor
    of_part: Tensor
    share: Tensor
    analysis: Tensor
    acceleration: Tensor
    doubt: Tensor

    def __init__(self, shape: NetworkShape, *, width: int = 256, blocks: int = 3) -> None:
        super().__init__()
        features, observed, horizon = shape.features, shape.observed, shape.horizon
        self.horizon, self.residual, self.recent = horizon, shape.residual, min(RECENT, observed)
        axes = 2 if features % 2 == 0 else 1
        self.features = features
        self.parts = features + axes                       # numbers of the pose, then of its centre
        middle = torch.eye(axes).repeat(features // axes, 1)                     # (F, axes)
        self._constant("apart", torch.cat(
            [torch.eye(features) - middle @ middle.T * (axes / features),
             middle * (axes / features)], dim=1))                               # (F, parts)
        self._constant("spread_out", middle.T.contiguous())                      # (axes, F)
        part = torch.zeros(2, self.parts)
        part[0, :features], part[1, features:] = 1.0, 1.0
        self._constant("of_part", part)
        self._constant("share", (part / part.sum(dim=1, keepdim=True)).T.contiguous())
        raised = cosines(observed) * 0.5 * (1 + torch.arange(observed))[:, None]
        self._constant("analysis", torch.cat(
            [raised[:FREQUENCIES], _velocities(observed, VELOCITIES)]))
        self._constant("acceleration", _second_differences(self.recent))
        self.register_buffer("doubt", torch.zeros(horizon))
        self.synthesis = nn.Parameter(_courses(horizon))
        rows, self.waves = len(self.analysis), self.synthesis.shape[1]
        self.encode = nn.Linear(rows * self.parts + features + 4, width)
        self.blocks = nn.Sequential(*(Block(width, 0.0) for _ in range(blocks)))
        self.decode = nn.Linear(width, self.waves * self.parts)
        self.filters = nn.Linear(width, 2 * self.waves * rows)
        start_at_rest(self.decode)
        start_at_rest(self.filters)
        self.log_spread, self.classify = heads(width, horizon, shape.classes)

    def forward(self, observed: Tensor) -> Prediction:
        """Predict the future of windows (B, 60, F)."""
        newest = observed[:, -1:]                                                # (B, 1, F)
        moved = (observed - newest) @ self.apart                                 # (B, 60, P)
        recent = moved[:, -self.recent:]
        size = (recent.square().mean(dim=1) @ self.share + QUIETEST**2).sqrt()      # (B, 2)
        unit = size @ self.of_part                                               # (B, P)
        bent = (self.acceleration @ recent).abs().mean(dim=1) @ self.share / size   # (B, 2)
        slow = self.analysis @ moved                                             # (B, R, P)
        state = self.blocks(self.encode(torch.cat([
            (slow / unit[:, None]).flatten(1), newest.flatten(1),
            torch.cat([size, bent + LEAST], dim=1).log() * 0.5], dim=1)))        # (B, width)
        unit = unit[:, None] * DENSE_UNIT
        waves = self.decode(state).view(-1, self.waves, self.parts) * unit       # (B, W, P)
        waves = waves[:, :, :self.features] + waves[:, :, self.features:] @ self.spread_out
        # (B, W, 2 R) @ (B, 2 R, F): the pose's rows, then those of the centre.
        past = torch.cat([
            slow[:, :, :self.features], slow[:, :, self.features:] @ self.spread_out], dim=1)
        filters = self.filters(state).view(-1, self.waves, past.shape[1]) * FILTER_UNIT
        change = self.synthesis @ (waves + filters @ past)                       # (B, H, F)
        spread = self.log_spread(state.detach()).exp()                           # (B, H)
        if self.residual:
            if self.doubt.any():
                change = change * self._sure(change, spread)
            change = change + newest
        return Prediction(
            future=change,
            logits=None if self.classify is None else self.classify(state),
            spread=spread,
        )

    def be_cautious(self) -> None:
        """Be cautious from now on, in training too; the weights say so."""
        self.doubt.copy_(DOUBT * torch.arange(1, self.horizon + 1) / self.horizon)

    def _sure(self, change: Tensor, spread: Tensor) -> Tensor:
        """Return the share (B, H, 1) of a change (B, H, F) that is left beside its spread."""
        size = change.square().mean(dim=2).sqrt()
        return (size / (size + self.doubt * spread.detach()))[:, :, None]

    def _constant(self, name: str, value: Tensor) -> None:
        """Keep a matrix that is made anew with the network."""
        self.register_buffer(name, value, persistent=False)


def _courses(horizon: int) -> Tensor:
    """Return courses over the horizon as columns (horizon, W), each of length 1."""
    step = torch.arange(1, horizon + 1)
    settling = torch.stack([torch.exp(-step / frames) for frames in SETTLING])
    courses = torch.cat([cosines(horizon)[:SLOW], settling])
    return (courses / courses.norm(dim=1, keepdim=True)).T.contiguous()


def _velocities(observed: int, count: int) -> Tensor:
    """Return the matrix (count, observed) of the newest velocities, per second, newest first."""
    rows = torch.zeros(count, observed)
    for back in range(min(count, observed - 1)):
        rows[back, observed - 1 - back], rows[back, observed - 2 - back] = RATE, -RATE
    return rows


def _second_differences(frames: int) -> Tensor:
    """Return the matrix (frames - 2, frames) of second differences; a row of zeros if too few."""
    rows = torch.zeros(max(frames - 2, 1), frames)
    for row in range(frames - 2):
        rows[row, row:row + 3] = torch.tensor([1.0, -2.0, 1.0])
    return rows
