"""A stand-in for CLIP where its weights are not at hand: sentences and our portraits in one space.

CLIP is in no package. To run what needs it, this encoder is trained on made triples with CLIP's own
objective (Radford et al. 2021, figure 3: symmetric cross entropy of cosines times a learned scale):
a sentence encoder's vector and gradients of the picture (histograms of oriented gradients, Dalal
and Triggs 2005) each go through a perceptron to 512 numbers. It knows the training part of one set
of drawn faces and nothing else: figures it gives stand under its own name, never as CLIP's.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from kinesics_core import files
from kinesics_core.emo3d.encoders import OnDone, sentence_encoder
from kinesics_core.errors import ModelError

FILE = "dual.npz"
FORMAT = "kinesics-dual-1"

PICTURE_SIDE = 96
"""Pixels that a picture is brought to before its gradients are taken."""

_HOG = cv2.HOGDescriptor(
    (PICTURE_SIDE, PICTURE_SIDE), (16, 16), (8, 8), (8, 8), 9)

FEATURES = int(_HOG.getDescriptorSize())
"""Numbers of a picture's gradients."""

LAYERS = ("text_1", "text_2", "image_1", "image_2")


def picture_features(image: np.ndarray) -> np.ndarray:
    """Return the gradients of a picture (H, W, 3) uint8 RGB, (FEATURES,) float32."""
    gray = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY)
    side = (PICTURE_SIDE, PICTURE_SIDE)
    found = _HOG.compute(cv2.resize(gray, side, interpolation=cv2.INTER_AREA))
    return np.asarray(found, np.float32).ravel()


class DualEncoder:
    """Encoder of sentences and pictures, as ``kinesics train face --model dual`` leaves it.

    Args:
        path: The folder of the run.

    Raises:
        ModelError: There is none, or its sentence encoder is gone or another one.
    """

    def __init__(self, path: Path) -> None:
        try:
            arrays = files.read_arrays(path / FILE)
            about = json.loads(str(arrays["about"]))
            if about["format"] != FORMAT:
                raise ValueError(f"format {about['format']!r}")
            self._layers = {name: (arrays[f"{name}.weight"].astype(np.float32),
                                   arrays[f"{name}.bias"].astype(np.float32)) for name in LAYERS}
            source, fingerprint = Path(about["encoder"]), str(about["fingerprint"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelError(
                f"{path / FILE} is missing or damaged ({error}); wanted what `kinesics train face"
                " --model dual` makes.") from error
        self._sentences = sentence_encoder(source)
        if self._sentences.fingerprint != fingerprint:
            raise ModelError(
                f"{path} was trained on the sentence encoder {source}, which is another one now."
                " Give it the old one back, or train again.")
        self.name, self.fingerprint = f"dual encoder {path.name}", files.sha256_of(
            path / FILE)[:16]
        self.width = len(self._layers["text_2"][1])

    def texts(self, texts: Sequence[str], on_done: OnDone | None = None) -> np.ndarray:
        """Return one vector a sentence, (N, width) float32 of length 1."""
        return self._through("text", self._sentences.texts(texts, on_done))

    def images(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """Return one vector a picture (H, W, 3) uint8 RGB, (N, width) float32 of length 1."""
        return self._through("image", np.stack([picture_features(image) for image in images]))

    def _through(self, side: str, values: np.ndarray) -> np.ndarray:
        (first, first_bias), (second, second_bias) = (
            self._layers[f"{side}_{number}"] for number in (1, 2))
        found = np.maximum(values @ first.T + first_bias, 0.0) @ second.T + second_bias
        return found / np.maximum(np.linalg.norm(found, axis=-1, keepdims=True), 1e-12)
