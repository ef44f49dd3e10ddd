"""The rebuilt models are the old ones plus the one thing that was added."""

from __future__ import annotations

import numpy as np
import pytest

from kinesics_core.assets import store
from kinesics_core.assets.task_bundle import METADATA_NAME, task_bundle, with_normalization

schema = pytest.importorskip("mediapipe.tasks.metadata.schema_py_generated")
from mediapipe.tasks.metadata import metadata_schema_py_generated as metadata_schema


@pytest.fixture(scope="module")
def model() -> bytes:
    return store.path("hand-recrop").read_bytes()


def test_everything_of_the_old_model_is_kept(model):
    old = schema.Model.GetRootAs(model, 0)
    new = schema.Model.GetRootAs(with_normalization(model, 0.0, 255.0), 0)
    assert new.Version() == old.Version() and new.Description() == old.Description()
    assert new.OperatorCodesLength() == old.OperatorCodesLength()
    assert new.SubgraphsLength() == 1
    assert new.Subgraphs(0).OperatorsLength() == old.Subgraphs(0).OperatorsLength()
    assert new.BuffersLength() == old.BuffersLength() + 1
    for index in range(old.BuffersLength()):
        np.testing.assert_array_equal(
            new.Buffers(index).DataAsNumpy(), old.Buffers(index).DataAsNumpy()
        )


def test_mean_and_std_are_where_mediapipe_looks_for_them(model):
    new = schema.Model.GetRootAs(with_normalization(model, 127.5, 64.0), 0)
    entry = new.Metadata(new.MetadataLength() - 1)
    assert entry.Name() == METADATA_NAME.encode()
    raw = new.Buffers(entry.Buffer()).DataAsNumpy().tobytes()
    tensor = metadata_schema.ModelMetadata.GetRootAs(raw, 0).SubgraphMetadata(0)
    unit = tensor.InputTensorMetadata(0).ProcessUnits(0)
    options = metadata_schema.NormalizationOptions()
    options.Init(unit.Options().Bytes, unit.Options().Pos)
    assert options.MeanAsNumpy() == [127.5] and options.StdAsNumpy() == [64.0]


def test_constants_stay_aligned(model):
    assert with_normalization(model, 0.0, 255.0).index(model) % 16 == 0


def test_only_a_model_is_taken():
    with pytest.raises(ValueError, match="not a TensorFlow Lite model"):
        with_normalization(b"<html>not found</html>", 0.0, 255.0)


def test_a_bundle_does_not_depend_on_order_or_time():
    assert task_bundle({"b": b"2", "a": b"1"}) == task_bundle({"a": b"1", "b": b"2"})
