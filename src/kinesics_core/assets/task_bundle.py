"""Build MediaPipe ``.task`` bundles from loose TensorFlow Lite models, byte for byte reproducibly.

A ``.task`` file is a ZIP archive of stored ``.tflite`` files. MediaPipe Tasks reads from each
image model's metadata how pixels are to be normalised; the models of MediaPipe's older releases
lack it. Only pure-Python schema code of MediaPipe is used here, no native library is loaded.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

import flatbuffers

METADATA_NAME = "TFLITE_METADATA"
_ALIGNMENT = 16  # TensorFlow Lite wants its constant buffers aligned to this
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


def with_normalization(model: bytes, mean: float, std: float) -> bytes:
    """Return a TFLite model with "input = (pixel - mean) / std" in its metadata.

    The old bytes stay as they are, at the end of the new file; a new root table in front of them
    refers to the old operators and subgraphs, and to the old buffers and metadata plus one each.
    Flatbuffer references point forward, so this needs no copy of the tensors and gives the same
    bytes with every version of the schema code.

    Args:
        model: The bytes of a TensorFlow Lite model.
        mean: Subtracted from each pixel value.
        std: What that is divided by.

    Raises:
        ValueError: ``model`` is not a TensorFlow Lite model.
    """
    from mediapipe.tasks.metadata import schema_py_generated as tflite

    if model[4:8] != b"TFL3":
        raise ValueError(
            f"Got {len(model)} bytes that are not a TensorFlow Lite model (no TFL3 identifier)."
        )
    old = tflite.Model.GetRootAs(model, 0)
    blob = model + bytes(-len(model) % _ALIGNMENT)
    builder = flatbuffers.Builder(len(blob) + 65536)
    builder.Prep(_ALIGNMENT, len(blob))
    builder.head = builder.Head() - len(blob)
    builder.Bytes[builder.Head() : builder.Head() + len(blob)] = blob

    def reference(field: int) -> int:
        """Return the builder's offset (from the end) of an old root field, 0 if unset."""
        slot = old._tab.Offset(4 + 2 * field)
        return len(blob) - old._tab.Indirect(slot + old._tab.Pos) if slot else 0

    def tables(length: int, item) -> list[int]:
        return [len(blob) - item(index)._tab.Pos for index in range(length)]

    payload = builder.CreateByteVector(_normalization_metadata(mean, std))
    tflite.BufferStart(builder)
    tflite.BufferAddData(builder, payload)
    buffers = [*tables(old.BuffersLength(), old.Buffers), tflite.BufferEnd(builder)]

    name = builder.CreateString(METADATA_NAME)
    tflite.MetadataStart(builder)
    tflite.MetadataAddName(builder, name)
    tflite.MetadataAddBuffer(builder, len(buffers) - 1)
    metadata = [*tables(old.MetadataLength(), old.Metadata), tflite.MetadataEnd(builder)]

    buffer_vector = _offsets(builder, buffers)
    metadata_vector = _offsets(builder, metadata)
    tflite.ModelStart(builder)
    tflite.ModelAddVersion(builder, old.Version())
    for field, add in (
        (1, tflite.ModelAddOperatorCodes),
        (2, tflite.ModelAddSubgraphs),
        (3, tflite.ModelAddDescription),
        (5, tflite.ModelAddMetadataBuffer),
        (7, tflite.ModelAddSignatureDefs),
    ):
        if offset := reference(field):
            add(builder, offset)
    tflite.ModelAddBuffers(builder, buffer_vector)
    tflite.ModelAddMetadata(builder, metadata_vector)
    builder.Finish(tflite.ModelEnd(builder), b"TFL3")
    return bytes(builder.Output())


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


def task_bundle(members: Mapping[str, bytes]) -> bytes:
    """Return a ``.task`` archive of the named models; the same input gives the same bytes.

    Entries are stored (MediaPipe maps them without unpacking), sorted by name, dated 1980.
    """
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as bundle:
        for name in sorted(members):
            entry = zipfile.ZipInfo(name, _ZIP_EPOCH)
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            bundle.writestr(entry, members[name])
    return archive.getvalue()
