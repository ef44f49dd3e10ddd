"""VAE-CLIP: an autoencoder of faces whose latent space is CLIP's.

The encoder maps scores to a distribution of z, as wide as CLIP's vectors; z is drawn from it
(reparameterised) and decoded. The loss aligns z with the sentence and the picture of its face:

    L_text  = 1 - cos(CLIP_text, z)                                      (2)
    L_image = 1 - cos(CLIP_image, z)                                     (3)
    L       = L_recon + lambda_text L_text + lambda_image L_image        (4)

with the mean squared error as L_recon; there is no divergence from a prior among the paper's three
losses. Hidden size 256 and the lambdas .004 and .002 are the published notebook's; the share of its
dropout is in neither. A face is made by decoding a sentence's vector. The losses fix z's direction
alone, so the vector is given the mean length that z had in training; the paper does not say.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from kinesics_core.emo3d.models.batch import CLIP_WIDTH, SHAPES, Batch
from kinesics_core.emo3d.options import VaeClipConfig

_MEMORY = 0.99
"""Share of the mean length that a step of training keeps."""


class VaeClip(nn.Module):
    """Variational autoencoder of scores (B, 52) with a latent space of CLIP's width."""

    length: Tensor

    def __init__(
        self, width: int = CLIP_WIDTH, config: VaeClipConfig | None = None
    ) -> None:
        super().__init__()
        config = config or VaeClipConfig()
        self.config = config
        self.encoder = nn.Sequential(nn.Linear(SHAPES, config.hidden), nn.ReLU())
        self.mean = nn.Linear(config.hidden, width)
        self.log_variance = nn.Linear(config.hidden, width)
        self.decoder = nn.Sequential(
            nn.Linear(width, config.hidden), nn.ReLU(), nn.Dropout(config.dropout),
            nn.Linear(config.hidden, SHAPES), nn.Sigmoid())
        self.register_buffer("length", torch.ones(()))

    def encode(self, face: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and logarithm of the variance of z, (B, width) each, of scores (B, 52)."""
        hidden = self.encoder(face)
        return self.mean(hidden), self.log_variance(hidden)

    def decode(self, z: Tensor) -> Tensor:
        """Return scores (B, 52) of z (B, width)."""
        scores: Tensor = self.decoder(z)
        return scores

    def forward(self, text: Tensor) -> Tensor:
        """Return scores (B, 52) of sentences' vectors (B, width)."""
        return self.decode(self.length * functional.normalize(text, dim=-1))

    def loss(self, batch: Batch) -> Tensor:
        """Return equation 4."""
        mean, log_variance = self.encode(batch.face)
        z = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
        if self.training:
            with torch.no_grad():
                self.length.lerp_(z.norm(dim=-1).mean(), 1.0 - _MEMORY)
        return (
            functional.mse_loss(self.decode(z), batch.face)
            + self.config.lambda_text * alignment(batch.text, z)
            + self.config.lambda_image * alignment(batch.image, z))


def alignment(embedding: Tensor, z: Tensor) -> Tensor:
    """Return equations 2 and 3, the mean of 1 - cos(embedding, z) over the batch (B, width)."""
    return (1.0 - functional.cosine_similarity(embedding, z, dim=-1)).mean()
