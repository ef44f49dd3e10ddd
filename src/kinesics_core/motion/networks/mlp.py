"""The MLP of Costea et al., arXiv 2603.01804, section 2.2, in one file.

The 60 frames are flattened to 2040 numbers, which go through four fully connected layers of 1024,
512, 256 and 128 neurons, each followed by ReLU, dropout 0.3 and batch normalisation, to a linear
layer that gives the 30 future frames and a 2-layer classifier of emotion. 2,914,428 parameters
without the classifier, the number in the paper's table 1. The width of the classifier's first
layer is ours: the paper does not give it.
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

WIDTHS = (1024, 512, 256, 128)
DROPOUT = 0.3


class MLP(nn.Module):
    """Network of normalised windows (B, 60, 34) -> ``Prediction`` in the same normalisation."""

    def __init__(self, shape: NetworkShape) -> None:
        super().__init__()
        self.features, self.horizon, self.residual = shape.features, shape.horizon, shape.residual
        layers: list[nn.Module] = []
        for before, after in zip((shape.observed * shape.features, *WIDTHS), WIDTHS, strict=False):
            layers += [nn.Linear(before, after), nn.ReLU(), nn.Dropout(DROPOUT),
                       nn.BatchNorm1d(after)]
        self.backbone = nn.Sequential(*layers)
        self.generation = nn.Linear(WIDTHS[-1], shape.horizon * shape.features)
        self.classifier = classifier(WIDTHS[-1], shape.classes)
        if shape.residual:
            start_at_rest(self.generation)

    def forward(self, observed: Tensor) -> Prediction:
        """Predict the future of windows (B, 60, 34)."""
        frames = velocities_and_newest(observed) if self.residual else observed
        shared = self.backbone(frames.flatten(1))                     # (B, 2040) -> (B, 128)
        future = self.generation(shared).view(-1, self.horizon, self.features)
        return Prediction(
            future=from_newest(observed, future) if self.residual else future,
            logits=self.classifier(shared) if self.classifier is not None else None,
        )
