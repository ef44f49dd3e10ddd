"""The LSTM of Costea et al., arXiv 2603.01804, section 2.2, in one file.

A 2-layer LSTM with 128 hidden units and dropout 0.2 reads 60 frames of 34 numbers; its last hidden
state goes through a linear layer, which gives the 30 future frames, and a 2-layer classifier of
emotion. 347,644 parameters without the classifier, the number in the paper's table 1. The width of
the classifier's first layer is ours: the paper does not give it.
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

HIDDEN = 128
LAYERS = 2
DROPOUT = 0.2


class LSTM(nn.Module):
    """Network of normalised windows (B, 60, 34) -> ``Prediction`` in the same normalisation.

    A recurrent network takes windows of any length, whatever ``NetworkShape.observed``.
    """

    def __init__(self, shape: NetworkShape) -> None:
        super().__init__()
        self.features, self.horizon, self.residual = shape.features, shape.horizon, shape.residual
        self.backbone = nn.LSTM(shape.features, HIDDEN, LAYERS, batch_first=True, dropout=DROPOUT)
        self.generation = nn.Linear(HIDDEN, shape.horizon * shape.features)
        self.classifier = classifier(HIDDEN, shape.classes)
        if shape.residual:
            start_at_rest(self.generation)

    def forward(self, observed: Tensor) -> Prediction:
        """Predict the future of windows (B, 60, 34)."""
        frames = velocities_and_newest(observed) if self.residual else observed
        _, (hidden, _) = self.backbone(frames)                        # (2, B, 128)
        shared = hidden[-1]                                           # (B, 128)
        future = self.generation(shared).view(-1, self.horizon, self.features)
        return Prediction(
            future=from_newest(observed, future) if self.residual else future,
            logits=self.classifier(shared) if self.classifier is not None else None,
        )
