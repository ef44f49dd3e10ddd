"""Settings of made sets and of every model, without torch: what the command line is made from."""

from __future__ import annotations

from dataclasses import dataclass

from kinesics_core.settings import check, setting

TARGETS = ("measured", "commanded")

SIDE = 224
"""Width and height of a picture, px: what CLIP's ViT-B/32 looks at."""


@dataclass(frozen=True)
class MakeConfig:
    """Settings of a made set."""

    count: int = setting(1000, "Rows: three sentences of one meaning, and its pictures",
                         bounds=(10, 200_000))
    pictures: int = setting(2, "Pictures of each row", bounds=(1, 4))
    side: int = setting(SIDE, "Width and height of a picture", unit="px", bounds=(96, 1024))
    noise: float = setting(
        0.1, "Standard deviation of the strength of each shape of a face", bounds=(0.0, 1.0))
    primitives: float = setting(
        0.15, "Share of the rows that are an emotion's name alone, at three intensities, on women"
        " and men", bounds=(0.0, 1.0))
    seed: int = setting(0, "Random numbers of the whole set", bounds=(0, 2**32 - 1))

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check(self)


@dataclass(frozen=True)
class FaceConfig:
    """Settings that the training of each of the paper's models has."""

    batch: int = setting(64, "Triples in a step (dual: 256 pairs, each the others' counterexample)",
                         bounds=(2, 65536))
    target: str = setting(
        "measured", "Faces to learn: the scores measured on the pictures, as in the paper, or those"
        " that a made set's pictures were drawn with", choices=TARGETS)

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check(self)


@dataclass(frozen=True)
class MlpConfig:
    """Settings of a perceptron on vectors: ``models.mlp`` and ``models.clip_mlp``."""

    hidden_1: int = setting(256, "First hidden layer of the regression unit", bounds=(1, 8192))
    hidden_2: int = setting(128, "Second hidden layer of the regression unit", bounds=(1, 8192))

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check(self)


@dataclass(frozen=True)
class EmotionXlmConfig:
    """Settings of ``models.emotion_xlm``."""

    hidden_1: int = setting(256, "First hidden layer of the regression unit", bounds=(1, 8192))
    hidden_2: int = setting(128, "Second hidden layer of the regression unit", bounds=(1, 8192))
    extractor_hidden: int = setting(128, "Hidden layer of the emotion extractor",
                                    bounds=(1, 8192))
    lambda_1: float = setting(1.0, "Weight of the faces' error, equation 1", bounds=(0.0, 1e4))
    lambda_2: float = setting(1.0, "Weight of the emotions' error, equation 1", bounds=(0.0, 1e4))
    extracted: float = setting(
        0.5, "Share of training samples whose true emotions are replaced by the extractor's",
        bounds=(0.0, 1.0))

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check(self)


@dataclass(frozen=True)
class VaeClipConfig:
    """Settings of ``models.vae_clip``."""

    hidden: int = setting(256, "Hidden layer of encoder and decoder, and of each side of dual",
                          bounds=(1, 8192))
    dropout: float = setting(0.1, "Dropout in the decoder (dual: .3, of inputs and hidden layers)",
                             bounds=(0.0, 0.9))
    lambda_text: float = setting(0.004, "Weight of equation 2", bounds=(0.0, 1e4))
    lambda_image: float = setting(0.002, "Weight of equation 3", bounds=(0.0, 1e4))

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check(self)


@dataclass(frozen=True)
class DualConfig:
    """Settings of the stand-in for CLIP, ``dual_training``."""

    hidden: int = setting(256, "Hidden layer of each side", bounds=(1, 8192))
    dropout: float = setting(0.3, "Dropout of inputs and hidden layers", bounds=(0.0, 0.9))
    batch: int = setting(256, "Pairs in a step, each the others' counterexample",
                         bounds=(2, 65536))

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check(self)


CONFIGS: dict[str, type] = {
    "mlp": MlpConfig, "emotion-xlm": EmotionXlmConfig, "clip-mlp": MlpConfig,
    "vae-clip": VaeClipConfig, "dual": DualConfig,
}
"""Model -> class of its settings."""
