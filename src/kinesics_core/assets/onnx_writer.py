"""ONNX files written without the onnx package: the few protobuf messages that a network needs.

Running needs onnxruntime alone, and a file that is made from another format has to have the same
bytes whichever versions are installed, for the manifest holds its hash. Field numbers are those of
``onnx/onnx.proto`` (ONNX IR version 8).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

IR_VERSION, OPSET = 8, 13

_VARINT, _BYTES, _FLOAT = 0, 2, 5  # protobuf wire types
_TENSOR_FLOAT, _TENSOR_INT64 = 1, 7  # TensorProto.DataType
_ATTRIBUTE_FLOAT, _ATTRIBUTE_INT, _ATTRIBUTE_INTS = 1, 2, 7  # AttributeProto.AttributeType

Attribute = int | float | Sequence[int]


@dataclass
class OnnxGraph:
    """A network that is being written: nodes in order of execution, and their weights.

    Attributes:
        name: Of the graph.
        nodes: Serialised nodes.
        weights: Serialised tensors.
    """

    name: str
    nodes: list[bytes] = field(default_factory=list)
    weights: list[bytes] = field(default_factory=list)

    def constant(self, name: str, values: np.ndarray) -> str:
        """Add a weight, float32 or int64, and return its name."""
        integers = np.issubdtype(values.dtype, np.integer)
        data = np.ascontiguousarray(values, "<i8" if integers else "<f4")
        self.weights.append(
            b"".join(_integer(1, size) for size in data.shape)
            + _integer(2, _TENSOR_INT64 if integers else _TENSOR_FLOAT)
            + _block(8, name.encode())
            + _block(9, data.tobytes())
        )
        return name

    def node(
        self, operator: str, inputs: Sequence[str], output: str, **attributes: Attribute
    ) -> str:
        """Add an operation with one output, and return the output's name."""
        self.nodes.append(
            b"".join(_block(1, name.encode()) for name in inputs)
            + _block(2, output.encode())
            + _block(4, operator.encode())
            + b"".join(_block(5, _attribute(key, value))
                       for key, value in sorted(attributes.items()))
        )
        return output

    def serialise(
        self, image: tuple[str, Sequence[int]], result: tuple[str, Sequence[int]]
    ) -> bytes:
        """Return the bytes of the ONNX file.

        Args:
            image: Name and shape of the input, without the batch dimension, which is free.
            result: Name and shape of the output, likewise.
        """
        graph = (
            b"".join(_block(1, node) for node in self.nodes)
            + _block(2, self.name.encode())
            + b"".join(_block(5, weight) for weight in self.weights)
            + _block(11, _value(*image))
            + _block(12, _value(*result))
        )
        return (
            _integer(1, IR_VERSION)
            + _block(2, b"kinesics")
            + _block(7, graph)
            + _block(8, _integer(2, OPSET))
        )


def _value(name: str, shape: Sequence[int]) -> bytes:
    """Return a ValueInfoProto of float32 with a free first dimension named ``batch``."""
    sizes = _block(1, _block(2, b"batch"))
    sizes += b"".join(_block(1, _integer(1, size)) for size in shape)
    tensor = _integer(1, _TENSOR_FLOAT) + _block(2, sizes)
    return _block(1, name.encode()) + _block(2, _block(1, tensor))


def _attribute(name: str, value: Attribute) -> bytes:
    head = _block(1, name.encode())
    if isinstance(value, float):
        content = _key(2, _FLOAT) + np.float32(value).tobytes()
        return head + content + _integer(20, _ATTRIBUTE_FLOAT)
    if isinstance(value, int):
        return head + _integer(3, value) + _integer(20, _ATTRIBUTE_INT)
    numbers = b"".join(_integer(8, int(number)) for number in value)
    return head + numbers + _integer(20, _ATTRIBUTE_INTS)


def _key(number: int, wire: int) -> bytes:
    return _varint(number << 3 | wire)


def _integer(number: int, value: int) -> bytes:
    return _key(number, _VARINT) + _varint(value)


def _block(number: int, content: bytes) -> bytes:
    return _key(number, _BYTES) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    """Return a number as base 128, lowest group first; a negative one in two's complement."""
    value &= (1 << 64) - 1
    groups = bytearray()
    while value > 0x7F:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    groups.append(value)
    return bytes(groups)
