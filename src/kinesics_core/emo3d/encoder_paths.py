"""The encoder that lies at a path: of sentences, CLIP, or the stand-in for CLIP."""

from __future__ import annotations

from pathlib import Path

from kinesics_core.emo3d import dual
from kinesics_core.emo3d.encoders import (
    JointEncoder,
    OnnxClip,
    TextEncoder,
    config_of,
    onnx_file,
    sentence_encoder,
    transformers_clip,
)
from kinesics_core.errors import ModelError


def text_encoder(path: Path) -> TextEncoder:
    """Load a sentence encoder; one of texts and pictures serves as well.

    Raises:
        ModelError: There is none at the path, or a package is missing.
    """
    joint = ((path / dual.FILE).exists() or onnx_file(path, "vision_model.onnx") is not None
             or config_of(path).get("model_type") == "clip")
    return joint_encoder(path) if joint else sentence_encoder(path)


def joint_encoder(path: Path) -> JointEncoder:
    """Load an encoder of texts and pictures.

    Raises:
        ModelError: There is none at the path, it knows no pictures, or a package is missing.
    """
    if is_stand_in(path):
        return dual.DualEncoder(path)
    text, vision = onnx_file(path, "text_model.onnx"), onnx_file(path, "vision_model.onnx")
    if text is not None and vision is not None:
        return OnnxClip(text, vision)
    if onnx_file(path, "model.onnx") is not None:
        raise ModelError(
            f"{path} encodes sentences alone; this needs pictures in the same space. Give CLIP"
            " (text_model.onnx and vision_model.onnx, or a folder of transformers), or what"
            " `kinesics train face --model dual` makes.")
    return transformers_clip(path)


def is_stand_in(path: Path) -> bool:
    """Tell whether the stand-in for CLIP lies at a path, whose figures are not CLIP's."""
    return (path / dual.FILE).exists()
