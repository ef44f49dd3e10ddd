"""The CNN-LSTM of Costea et al., arXiv 2603.01804, section 2.2, in one file.

Three convolutions over time with 64, 128 and 256 channels and kernels of 3, each followed by ReLU,
batch normalisation and dropout, and a 2-layer LSTM with 128 hidden units over what they give; its
last hidden state goes through a linear layer, which gives the 30 future frames, and a 2-layer
classifier of emotion. 592,060 parameters without the classifier, the number in the paper's
table 1. Ours where the paper is silent: padding that keeps the 60 steps, dropout 0.2 as in its
LSTM, the width of the classifier's first layer.
"""

from __future__ import annotations

from torch import Tensor, nn

from kinesics_core.motion.networks.prediction import Prediction, classifier
from kinesics_core.motion.networks.residual import (
    from_newest,
    start_at_rest,
    velocities_and_newest,
)
from kinesics_core.motion.networks.shape import NetworkShape

CHANNELS = (64, 128, 256)
KERNEL = 3
HIDDEN = 128
LAYERS = 2
DROPOUT = 0.2


class CNNLSTM(nn.Module):
    """Network of normalised windows (B, 60, 34) -> ``Prediction`` in the same normalisation.

    It takes windows of any length, whatever ``NetworkShape.observed``.
    """

    def __init__(self, shape: NetworkShape) -> None:
        super().__init__()
        self.features, self.horizon, self.residual = shape.features, shape.horizon, shape.residual
        layers: list[nn.Module] = []
        for before, after in zip((shape.features, *CHANNELS), CHANNELS, strict=False):
            layers += [nn.Conv1d(before, after, KERNEL, padding=KERNEL // 2), nn.ReLU(),
                       nn.BatchNorm1d(after), nn.Dropout(DROPOUT)]
        self.convolutions = nn.Sequential(*layers)
        self.recurrence = nn.LSTM(
            CHANNELS[-1], HIDDEN, LAYERS, batch_first=True, dropout=DROPOUT)
        self.generation = nn.Linear(HIDDEN, shape.horizon * shape.features)
        self.classifier = classifier(HIDDEN, shape.classes)
        if shape.residual:
            start_at_rest(self.generation)

    def forward(self, observed: Tensor) -> Prediction:
        """Predict the future of windows (B, 60, 34)."""
        frames = velocities_and_newest(observed) if self.residual else observed
        seen = self.convolutions(frames.transpose(1, 2))              # (B, 34, 60) -> (B, 256, 60)
        _, (hidden, _) = self.recurrence(seen.transpose(1, 2))        # (2, B, 128)
        shared = hidden[-1]                                           # (B, 128)
        future = self.generation(shared).view(-1, self.horizon, self.features)
        return Prediction(
            future=from_newest(observed, future) if self.residual else future,
            logits=self.classifier(shared) if self.classifier is not None else None,
        )
