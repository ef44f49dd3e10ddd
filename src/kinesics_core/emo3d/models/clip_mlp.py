"""CLIP with a regression unit: one perceptron from CLIP's space to a face.

What sets it apart from the language models' baseline is that both the sentence's and the picture's
vector of a triple are inputs, each with the triple's scores, which doubles the training set. Hidden
sizes 256 and 128, ReLU and the sigmoid are those of the published notebook.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from kinesics_core.emo3d.models.batch import CLIP_WIDTH, SHAPES, Batch, regressor
from kinesics_core.emo3d.options import MlpConfig


class ClipMlp(nn.Module):
    """Perceptron from vectors (B, width) of sentences or pictures to scores (B, 52)."""

    def __init__(self, width: int = CLIP_WIDTH, config: MlpConfig | None = None) -> None:
        super().__init__()
        config = config or MlpConfig()
        self.regressor = regressor(width, (config.hidden_1, config.hidden_2), SHAPES)

    def forward(self, embedding: Tensor) -> Tensor:
        """Return scores (B, 52) of vectors (B, width)."""
        scores: Tensor = self.regressor(embedding)
        return scores

    def loss(self, batch: Batch) -> Tensor:
        """Return the mean squared error of sentences and pictures: 2 B samples of B triples."""
        inputs, faces = doubled(batch)
        return functional.mse_loss(self(inputs), faces)


def doubled(batch: Batch) -> tuple[Tensor, Tensor]:
    """Return inputs (2 B, width) and faces (2 B, 52): each sentence, then each picture."""
    return torch.cat([batch.text, batch.image]), torch.cat([batch.face, batch.face])
