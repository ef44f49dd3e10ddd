"""Networks of other formats as ONNX: TensorFlow Lite files and face-api's quantised weights.

Made when an asset is made, byte for byte reproducibly; the manifest holds the result's hash.
Activations become channels first, (batch, channels, height, width), which ONNX Runtime wants.
Quantised weights become the floats they stand for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kinesics_core.assets.onnx_writer import OnnxGraph

IMAGE, PROBABILITIES = "image", "probabilities"
"""Name of the input and of the output of every network made here."""

FACE_API_SIDE = 112
"""Side of the image that face-api's expression network takes, px."""

_TENSOR_TYPES = {0: "<f4", 2: "<i4", 3: "|u1", 4: "<i8", 9: "|i1"}  # TFLite's TensorType
_ACTIVATIONS = {0: "", 1: "Relu", 3: "Relu6"}  # TFLite's ActivationFunctionType
_SAME = 0  # TFLite's Padding


def convert(kind: str, parts: Mapping[str, bytes]) -> bytes:
    """Return the ONNX file made of the parts of a network.

    Args:
        kind: "tflite" (part ``model``) or "face-api" (parts ``weights`` and ``manifest``).
        parts: Name of the part -> its bytes.

    Raises:
        ValueError: The kind is unknown, or the parts hold something that is not converted.
    """
    if kind == "tflite":
        return tflite_to_onnx(parts["model"])
    if kind == "face-api":
        return face_api_to_onnx(parts["weights"], parts["manifest"])
    raise ValueError(f"Got a network of kind {kind!r}; tflite and face-api are converted.")


# --- face-api -------------------------------------------------------------------------------------


def face_api_to_onnx(weights: bytes, manifest: bytes) -> bytes:
    """Return face-api's expression network as ONNX.

    Four dense blocks of four separable convolutions (``denseBlock4``), the mean of 7 x 7 pixels and
    one dense layer: ``src/faceFeatureExtractor/FaceFeatureExtractor.ts`` and
    ``src/faceProcessor/FaceProcessor.ts`` of @vladmandic/face-api 1.7.15. Input: (pixel - mean) /
    255. Output: probabilities of 7 expressions.

    Args:
        weights: Of ``face_expression_model.bin``: 8-bit values, one tensor after the other.
        manifest: JSON beside it, with name, shape, scale and minimum of each tensor.
    """
    tensors = _face_api_tensors(weights, manifest)
    graph = OnnxGraph("face_api_expression")
    size, out = FACE_API_SIDE, IMAGE
    for block in range(4):
        out = _dense_block(graph, tensors, f"dense{block}", out, size)
        size = -(-size // 2)
    out = graph.node("AveragePool", [out], "mean", kernel_shape=(7, 7), strides=(2, 2))
    out = graph.node("Flatten", [out], "features", axis=1)
    matrix = graph.constant("fc/weights", tensors["fc/weights"])
    bias = graph.constant("fc/bias", tensors["fc/bias"])
    out = graph.node("Gemm", [out, matrix, bias], "logits")
    graph.node("Softmax", [out], PROBABILITIES, axis=1)
    return graph.serialise((IMAGE, (3, FACE_API_SIDE, FACE_API_SIDE)), (PROBABILITIES, (7,)))


def _face_api_tensors(weights: bytes, manifest: bytes) -> dict[str, np.ndarray]:
    tensors, offset = {}, 0
    for entry in (entry for group in json.loads(manifest) for entry in group["weights"]):
        count = int(np.prod(entry["shape"], dtype=np.int64))
        quantised = entry.get("quantization")
        values = np.frombuffer(weights, "|u1" if quantised else "<f4", count, offset)
        offset += values.nbytes
        if quantised:
            values = values.astype(np.float64) * quantised["scale"] + quantised["min"]
        tensors[entry["name"]] = values.astype(np.float32).reshape(entry["shape"])
    if offset != len(weights):
        raise ValueError(f"Got {len(weights)} bytes of weights; the manifest names {offset}.")
    return tensors


def _dense_block(
    graph: OnnxGraph, tensors: Mapping[str, np.ndarray], name: str, source: str, size: int
) -> str:
    """Add one block; each convolution takes the sum of all before it (DenseNet, but adding)."""
    first = _face_api_convolution(graph, tensors, f"{name}/conv0", source, size, 2)
    total = graph.node("Relu", [first], f"{name}/conv0/relu")
    size = -(-size // 2)
    outputs = [total]
    for index in (1, 2, 3):
        layer = f"{name}/conv{index}"
        outputs.append(_face_api_convolution(graph, tensors, layer, total, size, 1))
        added = graph.node("Sum", list(outputs), f"{layer}/sum")
        total = graph.node("Relu", [added], f"{layer}/relu")
    return total


def _face_api_convolution(
    graph: OnnxGraph, tensors: Mapping[str, np.ndarray], name: str, source: str, size: int,
    stride: int,
) -> str:
    pads = _same_pads((size, size), (3, 3), (stride, stride))
    bias = graph.constant(f"{name}/bias", tensors[f"{name}/bias"])
    if f"{name}/filters" in tensors:
        kernel = graph.constant(f"{name}/filters", tensors[f"{name}/filters"].transpose(3, 2, 0, 1))
        return graph.node(
            "Conv", [source, kernel, bias], name, pads=pads, strides=(stride, stride))
    depthwise = tensors[f"{name}/depthwise_filter"].transpose(2, 3, 0, 1)
    kernel = graph.constant(f"{name}/depthwise", depthwise)
    spread = graph.node(
        "Conv", [source, kernel], f"{name}/spread", pads=pads, strides=(stride, stride),
        group=len(depthwise))
    point = tensors[f"{name}/pointwise_filter"].transpose(3, 2, 0, 1)
    return graph.node("Conv", [spread, graph.constant(f"{name}/pointwise", point), bias], name)


def _same_pads(
    size: Sequence[int], kernel: Sequence[int], strides: Sequence[int]
) -> tuple[int, int, int, int]:
    """Return TensorFlow's SAME padding (top, left, bottom, right): the odd pixel comes last.

    Args:
        size: (height, width) of the input.
        kernel: (height, width) of the filter.
        strides: (down, across).
    """
    totals = [max((-(-have // stride) - 1) * stride + reach - have, 0)
              for have, reach, stride in zip(size, kernel, strides, strict=True)]
    before = [total // 2 for total in totals]
    return before[0], before[1], totals[0] - before[0], totals[1] - before[1]


# --- TensorFlow Lite ------------------------------------------------------------------------------


def tflite_to_onnx(model: bytes) -> bytes:
    """Return an image classifier of TensorFlow Lite as ONNX.

    Operators that it knows: convolutions (also depthwise), fully connected, pad, add, max pooling,
    mean over the image, softmax, dequantize. One input (an image), one output (probabilities).

    Raises:
        ValueError: It is no TensorFlow Lite model, or has another operator.
    """
    if model[4:8] != b"TFL3":
        raise ValueError(
            f"Got {len(model)} bytes that are not a TensorFlow Lite model (no TFL3 identifier).")
    return _TFLiteConverter(model).convert()


@dataclass(frozen=True, slots=True)
class _Operation:
    """An operator of TensorFlow Lite: its name, tensors and options."""

    name: str
    inputs: list[int]
    output: int
    options: Any


class _TFLiteConverter:
    """The state of one conversion: the old model and the new graph."""

    def __init__(self, model: bytes):
        from mediapipe.tasks.metadata import schema_py_generated as schema

        self._schema = schema
        self._model = schema.Model.GetRootAs(model, 0)
        self._old = self._model.Subgraphs(0)
        self._graph = OnnxGraph("tflite")
        self._codes = {
            code: name for name, code in vars(schema.BuiltinOperator).items()
            if isinstance(code, int)
        }
        self._constants: dict[int, np.ndarray] = {}
        self._names = {int(self._old.Inputs(0)): IMAGE}

    def convert(self) -> bytes:
        """Return the bytes of the ONNX file."""
        steps = {
            "CONV_2D": self._convolution, "DEPTHWISE_CONV_2D": self._convolution,
            "FULLY_CONNECTED": self._fully_connected, "PAD": self._pad, "ADD": self._add,
            "MAX_POOL_2D": self._max_pool, "MEAN": self._mean, "SOFTMAX": self._softmax,
        }  # fmt: skip
        for index in range(self._old.OperatorsLength()):
            operation = self._operation(index)
            if operation.name == "DEQUANTIZE":
                self._constants[operation.output] = self._constant(operation.inputs[0])
                continue
            if operation.name not in steps:
                raise ValueError(
                    f"Got a TensorFlow Lite model with the operator {operation.name}; "
                    f"known are {', '.join([*steps, 'DEQUANTIZE'])}.")
            self._names[operation.output] = steps[operation.name](operation)
        image, result = int(self._old.Inputs(0)), int(self._old.Outputs(0))
        self._graph.node("Identity", [self._names[result]], PROBABILITIES)
        height, width, channels = self._shape(image)[1:]
        return self._graph.serialise(
            (IMAGE, (channels, height, width)), (PROBABILITIES, self._shape(result)[1:]))

    def _operation(self, index: int) -> _Operation:
        operator = self._old.Operators(index)
        code = self._model.OperatorCodes(operator.OpcodeIndex())
        name = self._codes[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
        table = operator.BuiltinOptions()
        kinds = {
            "CONV_2D": "Conv2DOptions", "DEPTHWISE_CONV_2D": "DepthwiseConv2DOptions",
            "FULLY_CONNECTED": "FullyConnectedOptions", "ADD": "AddOptions",
            "MAX_POOL_2D": "Pool2DOptions",
        }  # fmt: skip
        options = None
        if name in kinds and table is not None:
            options = getattr(self._schema, kinds[name])()
            options.Init(table.Bytes, table.Pos)
        return _Operation(
            name, [int(i) for i in operator.InputsAsNumpy()], int(operator.Outputs(0)), options)

    def _shape(self, tensor: int) -> tuple[int, ...]:
        return tuple(int(size) for size in self._old.Tensors(tensor).ShapeAsNumpy())

    def _constant(self, index: int, hybrid: bool = False) -> np.ndarray:
        """Return a constant; of a quantised one the floats that it stands for.

        Args:
            index: Of the tensor.
            hybrid: It is the kernel of an operator on floats. There TensorFlow Lite's 8 bits are
                signed and symmetric even if the tensor's type says uint8, as TensorFlow 1 wrote it
                (``reinterpret_cast<int8_t*>`` in its ``conv.cc``).
        """
        if index in self._constants:
            return self._constants[index]
        tensor = self._old.Tensors(index)
        values = self._model.Buffers(tensor.Buffer()).DataAsNumpy().tobytes()
        array = np.frombuffer(values, _TENSOR_TYPES[tensor.Type()]).reshape(self._shape(index))
        if hybrid and array.dtype == np.uint8:
            array = array.view(np.int8)
        quantisation = tensor.Quantization()
        if array.dtype.itemsize == 1 and quantisation is not None:
            axes = [1] * array.ndim
            axes[quantisation.QuantizedDimension()] = -1
            scale = np.asarray(quantisation.ScaleAsNumpy(), np.float64)
            zero = np.asarray(quantisation.ZeroPointAsNumpy(), np.float64)
            shape = axes if len(scale) > 1 else [1] * array.ndim
            array = ((array - zero.reshape(shape)) * scale.reshape(shape)).astype(np.float32)
        return array

    def _activated(self, operation: _Operation, name: str) -> str:
        kind = _ACTIVATIONS[operation.options.FusedActivationFunction()]
        if kind == "Relu":
            return self._graph.node("Relu", [name], f"{name}/relu")
        if kind == "Relu6":
            low = self._graph.constant(f"{name}/0", np.zeros((), np.float32))
            high = self._graph.constant(f"{name}/6", np.full((), 6.0, np.float32))
            return self._graph.node("Clip", [name, low, high], f"{name}/relu6")
        return name

    def _convolution(self, operation: _Operation) -> str:
        source, kernel, bias = operation.inputs
        weights, options = self._constant(kernel, hybrid=True), operation.options
        strides = options.StrideH(), options.StrideW()
        group = 1
        if operation.name == "DEPTHWISE_CONV_2D":  # (1, h, w, channels)
            group = weights.shape[3]
            weights = weights.transpose(3, 0, 1, 2)
        else:  # (out, h, w, in)
            weights = weights.transpose(0, 3, 1, 2)
        pads = _same_pads(self._shape(source)[1:3], weights.shape[2:], strides)
        if options.Padding() != _SAME:
            pads = (0, 0, 0, 0)
        name = f"t{operation.output}"
        inputs = [
            self._names[source],
            self._graph.constant(f"{name}/kernel", weights),
            self._graph.constant(f"{name}/bias", self._constant(bias)),
        ]
        self._graph.node("Conv", inputs, name, group=group, pads=pads, strides=strides)
        return self._activated(operation, name)

    def _fully_connected(self, operation: _Operation) -> str:
        source, kernel, bias = operation.inputs
        weights, shape = self._constant(kernel, hybrid=True), self._shape(source)
        name = f"t{operation.output}"
        if len(shape) == 4:  # its columns run over height, width, channels
            columns = weights.reshape(-1, *shape[1:]).transpose(0, 3, 1, 2)
            weights = columns.reshape(len(weights), -1)
        flat = self._graph.node("Flatten", [self._names[source]], f"{name}/flat", axis=1)
        inputs = [
            flat, self._graph.constant(f"{name}/weights", weights),
            self._graph.constant(f"{name}/bias", self._constant(bias)),
        ]  # fmt: skip
        self._graph.node("Gemm", inputs, name, transB=1)
        return self._activated(operation, name)

    def _pad(self, operation: _Operation) -> str:
        source, amounts = operation.inputs
        before, after = self._constant(amounts)[[0, 3, 1, 2]].T
        name = f"t{operation.output}"
        amount = np.concatenate([before, after]).astype(np.int64)
        pads = self._graph.constant(f"{name}/pads", amount)
        return self._graph.node("Pad", [self._names[source], pads], name)

    def _add(self, operation: _Operation) -> str:
        inputs = [self._names[index] for index in operation.inputs]
        return self._activated(operation, self._graph.node("Add", inputs, f"t{operation.output}"))

    def _max_pool(self, operation: _Operation) -> str:
        source, options = operation.inputs[0], operation.options
        kernel = options.FilterHeight(), options.FilterWidth()
        strides = options.StrideH(), options.StrideW()
        pads = _same_pads(self._shape(source)[1:3], kernel, strides)
        if options.Padding() != _SAME:
            pads = (0, 0, 0, 0)
        name = self._graph.node(
            "MaxPool", [self._names[source]], f"t{operation.output}", kernel_shape=kernel,
            pads=pads, strides=strides)
        return self._activated(operation, name)

    def _mean(self, operation: _Operation) -> str:
        source, axes = operation.inputs
        if sorted(self._constant(axes).ravel().tolist()) != [1, 2]:
            raise ValueError(
                f"Got a mean over the axes {self._constant(axes).ravel().tolist()}; only that over "
                "height and width (1, 2) is converted.")
        return self._graph.node(
            "ReduceMean", [self._names[source]], f"t{operation.output}", axes=(2, 3), keepdims=0)

    def _softmax(self, operation: _Operation) -> str:
        return self._graph.node(
            "Softmax", [self._names[operation.inputs[0]]], f"t{operation.output}", axis=1)
