"""Encoders by path: a sentence encoder, or one for texts and pictures in one space, as CLIP is.

A folder, or an ONNX file with its ``tokenizer.json`` beside it:

    sentence encoder   model.onnx (or onnx/model.onnx): BERT, Glot500, MiniLM, ...
    CLIP               text_model.onnx and vision_model.onnx (or in onnx/)
    either             a folder of transformers (config.json and weights), with that package
    ours               a folder of `kinesics train face --model dual` (dual.npz)

Encoders are not trained here: a sentence becomes one vector, and the models learn from those.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np

from kinesics_core import extras
from kinesics_core.emo3d.tokenizer import FILE as TOKENIZER
from kinesics_core.emo3d.tokenizer import Tokenizer
from kinesics_core.errors import ModelError

OnDone = Callable[[int, int], None]
"""Called with items done and items in all."""

BATCH = 32
SENTENCES = ("sentence_embedding", "text_embeds", "pooler_output", "embeddings")
"""Names of outputs that are one vector a sentence already."""

CLIP_MEAN = np.array((0.48145466, 0.4578275, 0.40821073), np.float32)
CLIP_DEVIATION = np.array((0.26862954, 0.26130258, 0.27577711), np.float32)
"""Mean and deviation of the colours that CLIP was trained on (the published preprocessing)."""

CLIP_SIDE, CLIP_TOKENS = 224, 77


class TextEncoder(Protocol):
    """Sentences to vectors.

    Attributes:
        name: For tables and messages.
        width: Numbers of a vector.
        fingerprint: Another one for other weights.
    """

    name: str
    width: int
    fingerprint: str

    def texts(self, texts: Sequence[str], on_done: OnDone | None = None) -> np.ndarray:
        """Return one vector a sentence, (N, width) float32."""
        ...


class JointEncoder(TextEncoder, Protocol):
    """Sentences and pictures to vectors of one space, where what belongs together is near."""

    def images(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """Return one vector a picture (H, W, 3) uint8 RGB, (N, width) float32."""
        ...


def sentence_encoder(path: Path) -> TextEncoder:
    """Load an encoder of sentences alone.

    Raises:
        ModelError: There is none at the path, or a package is missing.
    """
    model = onnx_file(path, "model.onnx")
    return OnnxSentences(model) if model is not None else transformers_sentences(path)


class OnnxSentences:
    """A language model as ONNX: a vector a sentence, by its own pooling or the mean of its tokens.

    Args:
        path: The model; inputs input_ids, attention_mask and, if it has them, token_type_ids.

    Raises:
        ModelError: The file is no such model.
    """

    def __init__(self, path: Path, longest: int = 0) -> None:
        self._session = _session(path)
        self._inputs = [value.name for value in self._session.get_inputs()]
        if "input_ids" not in self._inputs:
            raise ModelError(
                f"{path} has the inputs {', '.join(self._inputs)}; wanted input_ids and"
                " attention_mask, as exported language models have.")
        folder = path.parent if (path.parent / TOKENIZER).exists() else path.parent.parent
        config = config_of(folder)
        places = int(config.get("max_position_embeddings", 512))
        # RoBERTa and XLM-R count positions from the padding's number on.
        places -= 2 if config.get("model_type") in ("roberta", "xlm-roberta") else 0
        self._tokenizer = Tokenizer(folder / TOKENIZER, longest or min(places, 256))
        names = [value.name for value in self._session.get_outputs()]
        self._output = next((name for name in SENTENCES if name in names), names[0])
        self._first = _pools_first(folder)
        self.name = f"{folder.name}/{path.name}"
        self.fingerprint = _fingerprint([path])
        self.width = int(self.texts(["probe"]).shape[1])

    def texts(self, texts: Sequence[str], on_done: OnDone | None = None) -> np.ndarray:
        """Return one vector a sentence, (N, width) float32."""
        found = []
        for start in range(0, len(texts), BATCH):
            numbers, mask = self._tokenizer.batch(texts[start:start + BATCH])
            given = {"input_ids": numbers, "attention_mask": mask,
                     "token_type_ids": np.zeros_like(numbers)}
            (output,) = self._session.run(
                [self._output], {name: given[name] for name in self._inputs if name in given})
            found.append(_pooled(output, mask, first=self._first))
            if on_done:
                on_done(min(start + BATCH, len(texts)), len(texts))
        return np.concatenate(found).astype(np.float32)


class OnnxClip:
    """CLIP as two ONNX files, as transformers.js and optimum export it.

    Args:
        text: input_ids (and attention_mask) -> text_embeds.
        vision: pixel_values (N, 3, 224, 224) -> image_embeds.
    """

    def __init__(self, text: Path, vision: Path) -> None:
        self._text = OnnxSentences(text, CLIP_TOKENS)
        self._vision = _session(vision)
        names = [value.name for value in self._vision.get_outputs()]
        self._output = "image_embeds" if "image_embeds" in names else names[0]
        self._input = self._vision.get_inputs()[0].name
        self.name, self.width = self._text.name, self._text.width
        self.fingerprint = _fingerprint([text, vision])
        width = self.images([np.zeros((8, 8, 3), np.uint8)]).shape[1]
        if width != self.width:
            raise ModelError(
                f"{text} gives vectors of {self.width} and {vision} of {width}; wanted the two"
                " halves of one CLIP, with their projections.")

    def texts(self, texts: Sequence[str], on_done: OnDone | None = None) -> np.ndarray:
        """Return one vector a sentence, (N, width) float32."""
        return self._text.texts(texts, on_done)

    def images(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """Return one vector a picture (H, W, 3) uint8 RGB, (N, width) float32."""
        found = [self._vision.run([self._output], {self._input: clip_pixels(image)[None]})[0]
                 for image in images]
        return np.concatenate(found).reshape(len(images), -1).astype(np.float32)


def clip_pixels(image: np.ndarray) -> np.ndarray:
    """Return a picture as CLIP sees it, (3, 224, 224) float32: shorter side 224, centre, scaled."""
    height, width = image.shape[:2]
    scale = CLIP_SIDE / min(height, width)
    size = max(round(width * scale), CLIP_SIDE), max(round(height * scale), CLIP_SIDE)
    way = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    resized = cv2.resize(image, size, interpolation=way)
    top, left = (size[1] - CLIP_SIDE) // 2, (size[0] - CLIP_SIDE) // 2
    crop = resized[top:top + CLIP_SIDE, left:left + CLIP_SIDE].astype(np.float32) / 255.0
    return ((crop - CLIP_MEAN) / CLIP_DEVIATION).transpose(2, 0, 1)


class TransformersEncoder:
    """A model in a folder of the package transformers.

    Args:
        path: The folder.
        joint: Whether it is CLIP.
    """

    def __init__(self, path: Path, joint: bool) -> None:
        import torch
        import transformers

        try:
            self._tokenizer = transformers.AutoTokenizer.from_pretrained(
                path, local_files_only=True)
            kind: Any = transformers.CLIPModel if joint else transformers.AutoModel
            self._model = kind.from_pretrained(path, local_files_only=True).eval()
        except Exception as error:  # transformers has no one error for a damaged folder
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise ModelError(f"{path} is no model of transformers, or it is damaged ({reason});"
                             " give a folder with config.json, tokenizer and weights.") from error
        self._torch, self._joint, self._first = torch, joint, _pools_first(path)
        self.name = path.name
        self.fingerprint = _fingerprint(sorted(
            file for file in path.iterdir() if file.suffix in (".safetensors", ".bin")))
        self.width = int(self.texts(["probe"]).shape[1])

    def texts(self, texts: Sequence[str], on_done: OnDone | None = None) -> np.ndarray:
        """Return one vector a sentence, (N, width) float32."""
        found = []
        for start in range(0, len(texts), BATCH):
            batch = self._tokenizer(
                list(texts[start:start + BATCH]), padding=True, truncation=True,
                max_length=CLIP_TOKENS if self._joint else 256, return_tensors="pt")
            with self._torch.no_grad():
                if self._joint:
                    found.append(_projected(self._model.get_text_features(**batch)))
                else:
                    found.append(_pooled(self._model(**batch).last_hidden_state.numpy(),
                                         batch["attention_mask"].numpy(), first=self._first))
            if on_done:
                on_done(min(start + BATCH, len(texts)), len(texts))
        return np.concatenate(found).astype(np.float32)


class TransformersClip(TransformersEncoder):
    """CLIP in a folder of the package transformers."""

    def images(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """Return one vector a picture (H, W, 3) uint8 RGB, (N, width) float32."""
        with self._torch.no_grad():
            found = [_projected(self._model.get_image_features(
                pixel_values=self._torch.from_numpy(clip_pixels(image)[None])))
                for image in images]
        return np.concatenate(found).astype(np.float32)


def _projected(output: Any) -> np.ndarray:
    """Return CLIP's vectors: the output itself or, of newer versions, its pooled member."""
    return np.asarray(getattr(output, "pooler_output", output).numpy())


def transformers_sentences(path: Path) -> TransformersEncoder:
    """Load a language model from a folder of the package transformers.

    Raises:
        ModelError: It is none, or a package is missing.
    """
    _require_transformers(path)
    return TransformersEncoder(path, False)


def transformers_clip(path: Path) -> TransformersClip:
    """Load a CLIP from a folder of the package transformers.

    Raises:
        ModelError: It is none, or a package is missing.
    """
    kind = config_of(path).get("model_type")
    if kind not in ("clip", None):
        raise ModelError(
            f"{path} is of the kind {kind!r}, which knows no pictures; this needs CLIP, or what"
            " `kinesics train face --model dual` makes.")
    _require_transformers(path)
    return TransformersClip(path, True)


def _require_transformers(path: Path) -> None:
    if not (path / "config.json").exists():
        raise ModelError(
            f"{path} is no encoder; wanted an ONNX file with {TOKENIZER} beside it, a folder with"
            " model.onnx (CLIP: text_model.onnx and vision_model.onnx), or one of transformers.")
    extras.require("encoders", f"The encoder in {path}")
    extras.require("train", f"The encoder in {path}")


def onnx_file(path: Path, name: str) -> Path | None:
    """Return the ONNX file of a name in a folder, or the file itself; None if there is none."""
    if path.suffix == ".onnx":
        if not path.is_file():
            raise ModelError(f"{path} does not exist; give an encoder's file or folder.")
        return path if name == "model.onnx" else None
    found = (path / name, path / "onnx" / name)
    return next((file for file in found if file.is_file()), None)


def _session(path: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime has no one error for a damaged file
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ModelError(f"{path} is no ONNX model, or it is damaged ({reason}).") from error


def config_of(folder: Path) -> dict[str, Any]:
    """Return what a folder's config.json says; nothing where there is none."""
    try:
        content = json.loads((folder / "config.json").read_text())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _pools_first(folder: Path) -> bool:
    """Tell whether a sentence is its first token, as sentence-transformers' folder says."""
    try:
        pooling = json.loads((folder / "1_Pooling" / "config.json").read_text())
        return bool(pooling.get("pooling_mode_cls_token"))
    except (OSError, ValueError):
        return False


def _pooled(output: np.ndarray, mask: np.ndarray, *, first: bool) -> np.ndarray:
    """Return (N, width) of tokens (N, T, width): their mean, or the first one."""
    if output.ndim == 2:
        return output
    if first:
        return output[:, 0]
    weights = mask[..., None].astype(np.float32)
    return (output * weights).sum(axis=1) / np.maximum(weights.sum(axis=1), 1.0)


def _fingerprint(paths: Sequence[Path]) -> str:
    """Return a hash of files' sizes and ends, which other weights do not share."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as stream:
            size = stream.seek(0, 2)
            stream.seek(max(size - (1 << 20), 0))
            digest.update(f"{size}".encode() + stream.read())
    return digest.hexdigest()[:16]
