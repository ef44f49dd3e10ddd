"""The Transformer of Costea et al., arXiv 2603.01804, section 2.2, in one file.

Each of the 60 frames is projected to 256 numbers and given its sinusoidal position (Vaswani et
al., arXiv 1706.03762, section 3.5); 4 encoder layers with 8 heads and 1024 neurons between follow.
The last step's output goes through a linear layer, which gives the 30 future frames, and a 2-layer
classifier of emotion. 3,430,140 parameters without the classifier, the number in the paper's
table 1, which gives the 1024. Ours where the paper is silent: the defaults of torch's encoder
layer (ReLU, normalisation after each sum, dropout 0.1), the width of the classifier's first layer.

Only the last step of the last layer is used, so the last layer asks for that step alone.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from kinesics_core.motion.networks.prediction import Prediction, classifier
from kinesics_core.motion.networks.residual import (
    from_newest,
    start_at_rest,
    velocities_and_newest,
)
from kinesics_core.motion.networks.shape import NetworkShape

WIDTH = 256
HEADS = 8
LAYERS = 4
BETWEEN = 1024
DROPOUT = 0.1


class Layer(nn.Module):
    """Encoder layer in which the tokens ``asking`` attend to all ``tokens``."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.key_value = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, 2 * WIDTH)
        self.together = nn.Linear(WIDTH, WIDTH)
        self.feed_forward = nn.Sequential(
            nn.Linear(WIDTH, BETWEEN), nn.ReLU(), nn.Dropout(DROPOUT), nn.Linear(BETWEEN, WIDTH))
        self.norm_1, self.norm_2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.dropout = nn.Dropout(DROPOUT)
        for projection in (self.query, self.key_value):  # as nn.MultiheadAttention, q, k, v in one
            bound = math.sqrt(6.0 / (WIDTH + 3 * WIDTH))
            nn.init.uniform_(projection.weight, -bound, bound)
        for projection in (self.query, self.key_value, self.together):
            nn.init.zeros_(projection.bias)

    def forward(self, asking: Tensor, tokens: Tensor) -> Tensor:
        """Attend from tokens (B, Q, 256) to tokens (B, T, 256); returns (B, Q, 256)."""
        key, value = self.key_value(tokens).split(WIDTH, dim=-1)
        seen = nn.functional.scaled_dot_product_attention(            # (B, 8, Q, 32)
            heads(self.query(asking)), heads(key), heads(value),
            dropout_p=DROPOUT if self.training else 0.0, scale=(WIDTH // HEADS) ** -0.5)
        seen = seen.transpose(1, 2).reshape(-1, asking.shape[1], WIDTH)
        seen = self.together(seen)                                    # (B, Q, 256)
        asking = self.norm_1(asking + self.dropout(seen))
        return self.norm_2(asking + self.dropout(self.feed_forward(asking)))


def heads(tokens: Tensor) -> Tensor:
    """Split tokens (B, T, 256) into heads (B, 8, T, 32)."""
    return tokens.reshape(-1, tokens.shape[1], HEADS, WIDTH // HEADS).transpose(1, 2)


class Transformer(nn.Module):
    """Network of normalised windows (B, 60, 34) -> ``Prediction`` in the same normalisation."""

    position: Tensor

    def __init__(self, shape: NetworkShape) -> None:
        super().__init__()
        self.features, self.horizon, self.residual = shape.features, shape.horizon, shape.residual
        self.project = nn.Linear(shape.features, WIDTH)
        self.register_buffer("position", sinusoids(shape.observed), persistent=False)
        self.dropout = nn.Dropout(DROPOUT)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.generation = nn.Linear(WIDTH, shape.horizon * shape.features)
        self.classifier = classifier(WIDTH, shape.classes)
        if shape.residual:
            start_at_rest(self.generation)

    def forward(self, observed: Tensor) -> Prediction:
        """Predict the future of windows (B, 60, 34)."""
        frames = velocities_and_newest(observed) if self.residual else observed
        tokens = self.dropout(self.project(frames) + self.position)   # (B, 60, 256)
        for layer in self.layers[:-1]:
            tokens = layer(tokens, tokens)
        shared = self.layers[-1](tokens[:, -1:], tokens)[:, 0]        # (B, 256)
        future = self.generation(shared).view(-1, self.horizon, self.features)
        return Prediction(
            future=from_newest(observed, future) if self.residual else future,
            logits=self.classifier(shared) if self.classifier is not None else None,
        )


def sinusoids(steps: int) -> Tensor:
    """Return (steps, 256): sine and cosine of the step at 128 wavelengths, 2 pi to 20,000 pi."""
    angle = torch.arange(steps)[:, None] * torch.exp(
        torch.arange(0, WIDTH, 2) * (-math.log(10_000.0) / WIDTH))
    return torch.stack([angle.sin(), angle.cos()], dim=-1).flatten(1)
