"""The rebuilt models are the old ones but for the one thing that was added or left out."""

from __future__ import annotations

import hashlib
import zipfile

import numpy as np
import pytest

from kinesics_core.assets import store
from kinesics_core.assets.model_edits import (
    METADATA_NAME,
    with_normalization,
    with_output_replaced,
)
from kinesics_core.assets.task_bundle import task_bundle

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


# --- a pose model without its segmentation mask ---------------------------------------------

MASK, FLAG = "Identity_2", "model_1/model/activation_poseflag/Sigmoid"
VARIANTS = ("lite", "full", "heavy")
POSE = "pose_landmarks_detector.tflite"


def pose_model(variant: str) -> bytes:
    return store.path(f"pose-landmarks-{variant}").read_bytes()


def graph_of(model: bytes):
    return schema.Model.GetRootAs(model, 0).Subgraphs(0)


def operators_of(graph) -> list[tuple[int, tuple[int, ...], tuple[int, ...]]]:
    """Return code, inputs and outputs of each operator."""
    return [(op.OpcodeIndex(), tuple(op.InputsAsNumpy()), tuple(op.OutputsAsNumpy()))
            for op in map(graph.Operators, range(graph.OperatorsLength()))]


def leading_nowhere(graph) -> list[int]:
    """Return the operators none of whose results a later operator or an output takes.

    If there are none, each has a taker, that one too, and so on to an output.
    """
    taken, idle = set(graph.OutputsAsNumpy().tolist()), []
    for index, (_, inputs, outputs) in reversed(list(enumerate(operators_of(graph)))):
        if not taken & set(outputs):
            idle.append(index)
        taken |= set(inputs)
    return idle


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_operator_that_is_left_leads_to_an_output_and_has_its_inputs(variant):
    old = graph_of(pose_model(variant))
    new = graph_of(with_output_replaced(pose_model(variant), MASK, FLAG))
    assert leading_nowhere(old) == leading_nowhere(new) == []
    assert 40 < old.OperatorsLength() - new.OperatorsLength() < 60  # the decoder of the mask
    left = iter(operators_of(old))
    assert all(operator in left for operator in operators_of(new))  # the same, in the same order
    computed = {tensor for _, _, outputs in operators_of(old) for tensor in outputs}
    known = set(new.InputsAsNumpy().tolist())
    for _, inputs, outputs in operators_of(new):
        assert set(inputs) & computed <= known
        known |= set(outputs)
    assert set(new.OutputsAsNumpy().tolist()) <= known


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_other_outputs_and_all_constants_are_the_old_ones(variant):
    model = pose_model(variant)
    changed = with_output_replaced(model, MASK, FLAG)
    old, new = graph_of(model), graph_of(changed)
    names = [[graph.Tensors(i).Name().decode() for i in graph.OutputsAsNumpy()]
             for graph in (old, new)]
    assert names[1] == [FLAG if name == MASK else name for name in names[0]]
    assert new.Tensors(new.Outputs(names[0].index(MASK))).ShapeAsNumpy().tolist() == [1, 1, 1, 1]
    assert new.InputsAsNumpy().tolist() == old.InputsAsNumpy().tolist()
    assert (new.TensorsLength(), new.Name()) == (old.TensorsLength(), old.Name())
    assert changed.index(model) % 16 == 0
    whole = schema.Model.GetRootAs(changed, 0)
    assert whole.BuffersLength() == schema.Model.GetRootAs(model, 0).BuffersLength()
    assert MASK in whole.Description().decode()  # the notice of a change that Apache-2.0 asks for
    assert "Modified by Kinesics" in whole.Description().decode()


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("kind", ["holistic", "pose-landmarker", "mediapipe-holistic"])
def test_a_bundle_made_anew_has_the_hash_of_the_manifest(variant, kind):
    """Ours are cut; what the benchmark measures us against is MediaPipe's own."""
    wanted = store.asset(f"{kind}-{variant}")
    model = pose_model(variant)
    if kind != "mediapipe-holistic":
        model = with_output_replaced(model, MASK, FLAG)
    with zipfile.ZipFile(store.path(wanted.name)) as bundle:
        members = {name: bundle.read(name) for name in bundle.namelist()}
    assert members[POSE] == with_normalization(model, 0.0, 255.0)
    assert hashlib.sha256(task_bundle(members)).hexdigest() == wanted.sha256


@pytest.mark.parametrize("output, tensor, sentence", [
    ("mask", FLAG, "0 outputs named 'mask'"),
    (MASK, "flag", "0 tensors named 'flag'"),
    (MASK, "Identity_1", "wanted the same"),  # two axes where the mask has four
    (MASK, "Identity_3", "wanted the same"),  # 39 channels where the mask has one
    (FLAG, FLAG, "0 outputs named"),
])
def test_a_replacement_that_does_not_fit_is_a_sentence(output, tensor, sentence):
    with pytest.raises(ValueError, match=sentence):
        with_output_replaced(pose_model("lite"), output, tensor)


def test_only_a_model_is_cut():
    with pytest.raises(ValueError, match="not a TensorFlow Lite model"):
        with_output_replaced(b"<html>not found</html>", MASK, FLAG)
