"""Pretrained language model with a perceptron: the paper's first baseline.

A sentence's vector b of BERT or Glot500, 768 numbers, is mapped to 52 scores l by a perceptron that
is trained on pairs (b, l) by the mean squared error. The paper does not state the hidden sizes;
those of the published CLIP baseline, 256 and 128, stand here.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from kinesics_core.emo3d.models.batch import SHAPES, WIDTH, Batch, regressor
from kinesics_core.emo3d.options import MlpConfig


class SentenceMlp(nn.Module):
    """Perceptron from a sentence's vector (B, width) to scores (B, 52)."""

    def __init__(self, width: int = WIDTH, config: MlpConfig | None = None) -> None:
        super().__init__()
        config = config or MlpConfig()
        self.regressor = regressor(width, (config.hidden_1, config.hidden_2), SHAPES)

    def forward(self, text: Tensor) -> Tensor:
        """Return scores (B, 52) of vectors (B, width)."""
        scores: Tensor = self.regressor(text)
        return scores

    def loss(self, batch: Batch) -> Tensor:
        """Return the mean squared error of the scores."""
        return functional.mse_loss(self(batch.text), batch.face)
