"""The MLP of Costea et al., arXiv 2603.01804, section 2.2, in one file.

The 60 frames are flattened to 2040 numbers, which go through four fully connected layers of 1024,
512, 256 and 128 neurons, each followed by ReLU, dropout 0.3 and batch normalisation, to a linear
layer that gives the 30 future frames and a 2-layer classifier of emotion. 2,914,428 parameters
without the classifier, the number in the paper's table 1. The width of the classifier's first
layer is ours: the paper does not give it.
"""

from __future__ import annotations

from torch import Tensor, nn

from kinesics_core.motion.networks.prediction import Prediction
from kinesics_core.motion.networks.residual import (
    from_newest,
    start_at_rest,
    velocities_and_newest,
)

WIDTHS = (1024, 512, 256, 128)
DROPOUT = 0.3


class MLP(nn.Module):
    """observed (B, 60, 34) normalised -> ``Prediction`` in the same normalisation.

    classes: 0 leaves the classifier away. residual: see ``networks.residual``.
    """

    def __init__(
        self, features: int = 34, observed: int = 60, horizon: int = 30, classes: int = 0,
        residual: bool = False,
    ) -> None:
        super().__init__()
        self.features, self.horizon, self.residual = features, horizon, residual
        layers: list[nn.Module] = []
        for before, after in zip((observed * features, *WIDTHS), WIDTHS, strict=False):
            layers += [nn.Linear(before, after), nn.ReLU(), nn.Dropout(DROPOUT),
                       nn.BatchNorm1d(after)]
        self.backbone = nn.Sequential(*layers)
        self.generation = nn.Linear(WIDTHS[-1], horizon * features)
        self.classifier = nn.Sequential(
            nn.Linear(WIDTHS[-1], 64), nn.ReLU(), nn.Linear(64, classes)) if classes else None
        if residual:
            start_at_rest(self.generation)

    def forward(self, observed: Tensor) -> Prediction:
        frames = velocities_and_newest(observed) if self.residual else observed
        shared = self.backbone(frames.flatten(1))                     # (B, 2040) -> (B, 128)
        future = self.generation(shared).view(-1, self.horizon, self.features)
        return Prediction(
            future=from_newest(observed, future) if self.residual else future,
            logits=self.classifier(shared) if self.classifier is not None else None,
        )
