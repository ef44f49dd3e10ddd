"""Export of the encoder: one ONNX file, its weights in 8 bits.

Graph: ``ids`` (B, L) and ``mask`` (B, L), int64 -> ``logits`` (B, OUTPUTS), float32. Word vectors
are int8 with a scale a word; the matrices of the blocks int8 with a scale an output, their inputs
quantised as they come (ONNX Runtime's dynamic quantisation).
"""

from __future__ import annotations

import io
import tempfile
import warnings
from pathlib import Path
from typing import Any, cast

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn

from kinesics_core import files
from kinesics_core.expression.text.training.encoder import Encoder

OPSET = 17


class _Exported(nn.Module):
    """The encoder with int8 word vectors, as it is written."""

    def __init__(self, model: Encoder) -> None:
        super().__init__()
        self.model = model
        words = model.words.weight.detach()
        scale = words.abs().amax(1, keepdim=True).clamp(min=1e-9) / 127.0
        self.words: Tensor
        self.scale: Tensor
        self.register_buffer("words", (words / scale).round().to(torch.int8))
        self.register_buffer("scale", scale)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        vectors = self.words[ids].float() * self.scale[ids]
        return self.model.from_vectors(vectors, mask)


def export_encoder(model: Encoder, path: Path, about: dict[str, str]) -> None:
    """Write the encoder as ONNX in 8 bits, in one step.

    Args:
        model: The encoder; it is left in evaluation mode.
        path: The file.
        about: Entries for its ``metadata_props``.
    """
    exported = _Exported(model).eval()
    ids = torch.ones((1, 7), dtype=torch.int64)
    stream = io.BytesIO()
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            exported, (ids, torch.ones_like(ids)), cast(Any, stream), input_names=["ids", "mask"],
            output_names=["logits"], opset_version=OPSET, dynamo=False,
            dynamic_axes={name: {0: "texts", 1: "tokens"} for name in ("ids", "mask")}
            | {"logits": {0: "texts"}})
    with tempfile.TemporaryDirectory() as folder:
        whole, small = Path(folder) / "whole.onnx", Path(folder) / "small.onnx"
        whole.write_bytes(stream.getvalue())
        quantize_dynamic(
            whole, small, op_types_to_quantize=["MatMul"], per_channel=True, reduce_range=True,
            weight_type=QuantType.QInt8)
        written = onnx.load(small)
    for key, value in about.items():
        entry = written.metadata_props.add()
        entry.key, entry.value = f"kinesics.{key}", value
    files.write_bytes(path, written.SerializeToString())
