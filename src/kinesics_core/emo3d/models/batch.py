"""A step of training: vectors of sentences and pictures, emotions, faces."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

WIDTH = 768
"""Numbers of a sentence's vector in the paper: BERT, Glot500 and XLM-R, their base models."""

CLIP_WIDTH = 512
"""Numbers of a vector of CLIP's ViT-B/32, which the published code uses."""

EMOTIONS, SHAPES = 8, 52


@dataclass(frozen=True, slots=True)
class Batch:
    """B triples.

    Attributes:
        text: (B, W) vectors of the sentences.
        image: (B, W) vectors of the pictures; of no use to a model of sentences alone.
        emotion: (B, 8) distributions.
        face: (B, 52) scores, 0..1.
    """

    text: Tensor
    image: Tensor
    emotion: Tensor
    face: Tensor


def regressor(inputs: int, hidden: tuple[int, int], outputs: int) -> nn.Sequential:
    """Return a perceptron of two hidden layers, its outputs 0..1.

    ReLU inside and a sigmoid at the end, as the published CLIP baseline has them; the paper does
    not say.
    """
    first, second = hidden
    return nn.Sequential(
        nn.Linear(inputs, first), nn.ReLU(), nn.Linear(first, second), nn.ReLU(),
        nn.Linear(second, outputs), nn.Sigmoid())
