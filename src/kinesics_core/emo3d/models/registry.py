"""The models by name: their network, their settings, and what they need of an encoder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import nn

from kinesics_core.emo3d.models.batch import CLIP_WIDTH, WIDTH
from kinesics_core.emo3d.models.clip_mlp import ClipMlp
from kinesics_core.emo3d.models.emotion_xlm import EmotionXlm
from kinesics_core.emo3d.models.mlp import SentenceMlp
from kinesics_core.emo3d.models.vae_clip import VaeClip
from kinesics_core.emo3d.options import CONFIGS
from kinesics_core.errors import KinesicsError


@dataclass(frozen=True, slots=True)
class Model:
    """One model.

    Attributes:
        title: Its name in the paper's table 2.
        build: Takes the encoder's width and the settings, returns the network.
        config: Class of its settings.
        joint: Whether it learns from pictures as well, and so needs CLIP or its stand-in.
        width: Of the encoder in the paper.
    """

    title: str
    build: Callable[[int, Any], nn.Module]
    config: Callable[..., Any]
    joint: bool
    width: int


MODELS = {
    "mlp": Model("language model + MLP", SentenceMlp, CONFIGS["mlp"], False, WIDTH),
    "emotion-xlm": Model("Emotion-XLM", EmotionXlm, CONFIGS["emotion-xlm"], False, WIDTH),
    "clip-mlp": Model("CLIP + regression unit", ClipMlp, CONFIGS["clip-mlp"], True, CLIP_WIDTH),
    "vae-clip": Model("VAE-CLIP", VaeClip, CONFIGS["vae-clip"], True, CLIP_WIDTH),
}


def model_of(name: str) -> Model:
    """Return a model by its name.

    Raises:
        KinesicsError: There is no such model.
    """
    if name not in MODELS:
        raise KinesicsError(f"Got model {name!r}; use one of {', '.join(MODELS)}.")
    return MODELS[name]


def parameter_count(network: nn.Module) -> int:
    """Return how many weights a network has."""
    return sum(parameter.numel() for parameter in network.parameters())
