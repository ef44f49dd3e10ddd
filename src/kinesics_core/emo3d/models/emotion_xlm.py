"""Emotion-XLM: a sentence's vector and the emotions that are read from it, to a face.

The emotion extractor turns the vector b (768) into intensities v in [0, 1]^8 and their one-hot
vector o; the regression unit F maps b, v and o together, 768 + 8 + 8 = 784 numbers, to 52 scores.
In training half of the samples have the true emotions replaced by the extractor's (teacher forcing
at 50 %), so that both units learn. Equation 1: L = lambda_1 L_blendshape + lambda_2 L_emotion, both
mean squared errors. The paper states neither the lambdas nor the hidden sizes.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from kinesics_core.emo3d.models.batch import EMOTIONS, SHAPES, WIDTH, Batch, regressor
from kinesics_core.emo3d.options import EmotionXlmConfig


class EmotionXlm(nn.Module):
    """Emotion extractor and regression unit on sentences' vectors (B, width)."""

    def __init__(
        self, width: int = WIDTH, config: EmotionXlmConfig | None = None
    ) -> None:
        super().__init__()
        config = config or EmotionXlmConfig()
        self.config = config
        self.extractor = nn.Sequential(
            nn.Linear(width, config.extractor_hidden), nn.ReLU(),
            nn.Linear(config.extractor_hidden, EMOTIONS), nn.Sigmoid())
        self.regressor = regressor(
            width + 2 * EMOTIONS, (config.hidden_1, config.hidden_2), SHAPES)

    def forward(self, text: Tensor) -> Tensor:
        """Return scores (B, 52) of vectors (B, width), by the extractor's emotions."""
        return self.regress(text, self.extractor(text))

    def regress(self, text: Tensor, emotion: Tensor) -> Tensor:
        """Return scores (B, 52) of vectors (B, width) and emotions (B, 8)."""
        scores: Tensor = self.regressor(torch.cat([text, emotion, one_hot(emotion)], dim=-1))
        return scores

    def loss(self, batch: Batch) -> Tensor:
        """Return equation 1 with teacher forcing."""
        extracted = self.extractor(batch.text)
        own = forced_rows(len(extracted), self.config.extracted, extracted.device)
        emotion = torch.where(own[:, None], extracted, batch.emotion)
        return (
            self.config.lambda_1 * functional.mse_loss(
                self.regress(batch.text, emotion), batch.face)
            + self.config.lambda_2 * functional.mse_loss(extracted, batch.emotion))


def one_hot(emotion: Tensor) -> Tensor:
    """Return (B, 8) with a 1 at the largest of the emotions (B, 8)."""
    return functional.one_hot(emotion.argmax(dim=-1), EMOTIONS).to(emotion.dtype)


def forced_rows(count: int, share: float, device: torch.device | None = None) -> Tensor:
    """Return (count,) bool: which samples go on with the extractor's emotions."""
    return torch.rand(count, device=device) < share
