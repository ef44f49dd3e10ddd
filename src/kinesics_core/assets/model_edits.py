"""Change TensorFlow Lite models without copying them, byte for byte reproducibly.

The old bytes stay as they are, at the end of the new file; new tables in front of them refer to
what is kept. Flatbuffer references point forward, so this needs no copy of the tensors and gives
the same bytes with every version of the schema code. Only pure-Python schema code of MediaPipe is
used here, no native library is loaded.
"""

from __future__ import annotations

from typing import Any

import flatbuffers
import numpy as np

METADATA_NAME = "TFLITE_METADATA"
_ALIGNMENT = 16  # TensorFlow Lite wants its constant buffers aligned to this
_OPERATOR_CODES, _SUBGRAPHS, _DESCRIPTION, _BUFFERS, _METADATA_BUFFER, _METADATA, _SIGNATURES = (
    range(1, 8))  # fields of the table Model in TensorFlow Lite's schema; 0 is the version


def with_normalization(model: bytes, mean: float, std: float) -> bytes:
    """Return a TFLite model with "input = (pixel - mean) / std" in its metadata.

    MediaPipe Tasks reads there how pixels are to be normalised; the models of MediaPipe's older
    releases lack it.

    Args:
        model: The bytes of a TensorFlow Lite model.
        mean: Subtracted from each pixel value.
        std: What that is divided by.

    Raises:
        ValueError: ``model`` is not a TensorFlow Lite model.
    """
    from mediapipe.tasks.metadata import schema_py_generated as tflite

    extension = _Extension(model)
    old, builder = extension.old, extension.builder
    payload = builder.CreateByteVector(_normalization_metadata(mean, std))
    tflite.BufferStart(builder)
    tflite.BufferAddData(builder, payload)
    buffers = [*extension.tables(old.BuffersLength(), old.Buffers), tflite.BufferEnd(builder)]

    name = builder.CreateString(METADATA_NAME)
    tflite.MetadataStart(builder)
    tflite.MetadataAddName(builder, name)
    tflite.MetadataAddBuffer(builder, len(buffers) - 1)
    metadata = [*extension.tables(old.MetadataLength(), old.Metadata), tflite.MetadataEnd(builder)]
    return extension.finish(
        {_BUFFERS: _offsets(builder, buffers), _METADATA: _offsets(builder, metadata)})


def with_output_replaced(model: bytes, output: str, tensor: str) -> bytes:
    """Return a TFLite model that gives another of its tensors in place of an output.

    For an output that nobody reads: the operators that led to it alone are left out, so that it
    costs no time. What the other outputs are computed from stays as it is, bit for bit. The
    model's description says what was changed, as the Apache License 2.0 asks for (section 4b).

    Args:
        model: The bytes of a TensorFlow Lite model with one subgraph.
        output: Name of the output.
        tensor: Name of the tensor that takes its place; as many axes, channels (the last axis) and
            the type of the output, because a reader may check those.

    Raises:
        ValueError: ``model`` is not such a model, has no such output or tensor, or they differ in
            more than height and width.
    """
    from mediapipe.tasks.metadata import schema_py_generated as tflite

    extension = _Extension(model)
    old, builder = extension.old, extension.builder
    if old.SubgraphsLength() != 1 or old.SignatureDefsLength():
        raise ValueError(
            f"Got a model of {old.SubgraphsLength()} subgraphs and {old.SignatureDefsLength()} "
            "signatures; wanted one subgraph and no signature.")
    graph = old.Subgraphs(0)
    outputs = _outputs_replaced(graph, output, tensor)
    operators = [
        extension.offset(graph.Operators(index)._tab.Pos)
        for index in needed_operators(graph, outputs)]

    description = (old.Description() or b"").decode()
    notice = f"Modified by Kinesics: output {output} is {tensor}, its operators are left out."
    noted = builder.CreateString(f"{description} {notice}".strip())
    operator_vector = _offsets(builder, operators)
    builder.StartVector(4, len(outputs), 4)
    for index in reversed(outputs):
        builder.PrependInt32(index)
    output_vector = builder.EndVector()
    tflite.SubGraphStart(builder)
    for field, add in (
        (0, tflite.SubGraphAddTensors),
        (1, tflite.SubGraphAddInputs),
        (4, tflite.SubGraphAddName),
    ):
        if offset := extension.reference(graph, field):
            add(builder, offset)
    tflite.SubGraphAddOutputs(builder, output_vector)
    tflite.SubGraphAddOperators(builder, operator_vector)
    subgraphs = _offsets(builder, [tflite.SubGraphEnd(builder)])
    return extension.finish({_SUBGRAPHS: subgraphs, _DESCRIPTION: noted})


def needed_operators(graph: Any, tensors: list[int]) -> list[int]:
    """Return the operators that these tensors are computed by, in the order of execution.

    Args:
        graph: A ``SubGraph`` of TensorFlow Lite's schema; its operators stand in the order of
            execution.
        tensors: Indices of tensors.
    """
    needed, kept = set(tensors), []
    for index in reversed(range(graph.OperatorsLength())):
        operator = graph.Operators(index)
        if needed.intersection(operator.OutputsAsNumpy().tolist()):
            needed.update(operator.InputsAsNumpy().tolist())
            kept.append(index)
    return kept[::-1]


class _Extension:
    """An old model's bytes at the end of a new file, and the builder of what comes before them."""

    def __init__(self, model: bytes):
        from mediapipe.tasks.metadata import schema_py_generated as tflite

        if model[4:8] != b"TFL3":
            raise ValueError(
                f"Got {len(model)} bytes that are not a TensorFlow Lite model "
                "(no TFL3 identifier).")
        self.old = tflite.Model.GetRootAs(model, 0)
        blob = model + bytes(-len(model) % _ALIGNMENT)
        self._size = len(blob)
        self.builder = builder = flatbuffers.Builder(len(blob) + 65536)
        builder.Prep(_ALIGNMENT, len(blob))
        builder.head = builder.Head() - len(blob)
        builder.Bytes[builder.Head() : builder.Head() + len(blob)] = blob

    def offset(self, position: int) -> int:
        """Return the builder's offset (from the end) of a position in the old bytes."""
        return self._size - position

    def reference(self, table: Any, field: int) -> int:
        """Return the builder's offset of what an old table's field refers to, 0 if unset."""
        slot = table._tab.Offset(4 + 2 * field)
        return self.offset(table._tab.Indirect(slot + table._tab.Pos)) if slot else 0

    def tables(self, length: int, item: Any) -> list[int]:
        """Return the builder's offsets of an old vector's tables."""
        return [self.offset(item(index)._tab.Pos) for index in range(length)]

    def finish(self, replaced: dict[int, int]) -> bytes:
        """Return the new file.

        Args:
            replaced: The builder's offsets of the root's new fields; the others are the old ones.
        """
        from mediapipe.tasks.metadata import schema_py_generated as tflite

        add = {
            _OPERATOR_CODES: tflite.ModelAddOperatorCodes,
            _SUBGRAPHS: tflite.ModelAddSubgraphs,
            _DESCRIPTION: tflite.ModelAddDescription,
            _BUFFERS: tflite.ModelAddBuffers,
            _METADATA_BUFFER: tflite.ModelAddMetadataBuffer,
            _METADATA: tflite.ModelAddMetadata,
            _SIGNATURES: tflite.ModelAddSignatureDefs,
        }
        tflite.ModelStart(self.builder)
        tflite.ModelAddVersion(self.builder, self.old.Version())
        for field in add:
            if field not in replaced and (offset := self.reference(self.old, field)):
                add[field](self.builder, offset)
        for field, offset in replaced.items():
            add[field](self.builder, offset)
        self.builder.Finish(tflite.ModelEnd(self.builder), b"TFL3")
        return bytes(self.builder.Output())


def _outputs_replaced(graph: Any, output: str, tensor: str) -> list[int]:
    """Return the indices of a graph's outputs, one of them replaced."""

    def only(name: str, indices: list[int], kind: str) -> int:
        found = [index for index in indices if graph.Tensors(index).Name() == name.encode()]
        if len(found) != 1:
            raise ValueError(f"Got a model with {len(found)} {kind}s named {name!r}; wanted one.")
        return found[0]

    def form(index: int) -> tuple[int, int, int]:
        shape = np.atleast_1d(graph.Tensors(index).ShapeAsNumpy())
        return graph.Tensors(index).Type(), len(shape), int(shape[-1])

    outputs = graph.OutputsAsNumpy().tolist()
    old = only(output, outputs, "output")
    new = only(tensor, list(range(graph.TensorsLength())), "tensor")
    if form(old) != form(new):
        raise ValueError(
            f"Got {tensor!r} of type, axes and channels {form(new)} in place of {output!r}, which "
            f"has {form(old)}; wanted the same.")
    return [new if index == old else index for index in outputs]


def _normalization_metadata(mean: float, std: float) -> bytes:
    """Return a TFLite ``ModelMetadata`` that says how the first input is normalised."""
    from mediapipe.tasks.metadata import metadata_schema_py_generated as schema

    builder = flatbuffers.Builder(256)
    vectors = []
    for value in (mean, std):
        builder.StartVector(4, 1, 4)
        builder.PrependFloat32(value)
        vectors.append(builder.EndVector())
    schema.NormalizationOptionsStart(builder)
    schema.NormalizationOptionsAddMean(builder, vectors[0])
    schema.NormalizationOptionsAddStd(builder, vectors[1])
    options = schema.NormalizationOptionsEnd(builder)
    schema.ProcessUnitStart(builder)
    schema.ProcessUnitAddOptionsType(builder, schema.ProcessUnitOptions.NormalizationOptions)
    schema.ProcessUnitAddOptions(builder, options)
    units = _offsets(builder, [schema.ProcessUnitEnd(builder)])
    schema.TensorMetadataStart(builder)
    schema.TensorMetadataAddProcessUnits(builder, units)
    inputs = _offsets(builder, [schema.TensorMetadataEnd(builder)])
    schema.SubGraphMetadataStart(builder)
    schema.SubGraphMetadataAddInputTensorMetadata(builder, inputs)
    subgraphs = _offsets(builder, [schema.SubGraphMetadataEnd(builder)])
    schema.ModelMetadataStart(builder)
    schema.ModelMetadataAddSubgraphMetadata(builder, subgraphs)
    builder.Finish(schema.ModelMetadataEnd(builder), b"M001")
    return bytes(builder.Output())


def _offsets(builder: flatbuffers.Builder, offsets: list[int]) -> int:
    builder.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        builder.PrependUOffsetTRelative(offset)
    return builder.EndVector()
