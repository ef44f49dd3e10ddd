"""A network and its ONNX file are one function, for any number of persons."""

import json

import numpy as np
import pytest

torch = pytest.importorskip("torch")
import onnx

from kinesics_core.errors import ModelError
from kinesics_core.motion.networks.prediction import Prediction
from kinesics_core.motion.networks.registry import CARRYING, FORECASTERS, build
from kinesics_core.motion.training import export
from kinesics_core.motion.training.export import ForecasterMetadata, export_onnx, parity

ABOUT = {"name": "n", "version": "1", "normalisation": "per_frame", "licence": "l", "data": "d"}
SPREAD = {"spread_floor": [0.1] * 30, "spread_gain": [0.2] * 30}
CLASSES = ("anger", "fear", "neutral")


def lived(name, residual, classes=3, **shape):
    """A network whose every weight and statistic is off its initial value, as after training."""
    torch.manual_seed(1)
    network = build(name, classes=classes, residual=residual, **shape)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter += 0.05 * torch.randn_like(parameter)
        network.train()
        for _ in range(3):
            network(torch.randn(16, shape.get("observed", 60), shape.get("features", 34)))
    return network.eval()


def about(**changes):
    return ForecasterMetadata(**ABOUT, **changes)


def session(path):
    import onnxruntime as ort

    return ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])


@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("name", FORECASTERS)
@pytest.mark.parametrize("persons", [1, 2, 5])
def test_onnx_and_torch_agree(name, residual, persons, tmp_path):
    network = lived(name, residual)
    path = tmp_path / "n.onnx"
    own = name in ("ours", CARRYING)
    learned = {} if own else SPREAD
    export_onnx(network, path, about(classes=CLASSES, **learned))
    observed = np.random.default_rng(persons).uniform(-1, 1, (persons, 60, 34)).astype(np.float32)
    opened = session(path)
    got = dict(zip([o.name for o in opened.get_outputs()],
                   opened.run(None, {"observed": observed}), strict=True))
    with torch.no_grad():
        wanted = network(torch.from_numpy(observed))
    largest = max(wanted.future.abs().max().item(), 1.0)      # single precision has seven digits
    assert np.abs(got["future"] - wanted.future.numpy()).max() <= 1e-5 * largest
    assert np.abs(got["emotion"] - wanted.logits.softmax(-1).numpy()).max() <= 1e-5
    assert ("spread" in got) == own
    if own:
        assert np.abs(got["spread"] - wanted.spread.numpy()).max() <= 1e-5


def test_the_file_says_what_it_is(tmp_path):
    path = tmp_path / "n.onnx"
    export_onnx(lived("lstm", True), path, about(classes=CLASSES, **SPREAD, extra={"seed": "3"}))
    said = {p.key: p.value for p in onnx.load(path).metadata_props}
    assert json.loads(said["kinesics.classes"]) == list(CLASSES)
    assert said["kinesics.task"] == "forecast" and said["kinesics.seed"] == "3"
    assert json.loads(said["kinesics.spread_floor"]) == SPREAD["spread_floor"]
    assert [d.dim_param or d.dim_value for d in
            onnx.load(path).graph.input[0].type.tensor_type.shape.dim] == ["persons", 60, 34]


def test_a_learned_spread_takes_the_place_of_the_networks_own(tmp_path):
    path = tmp_path / "n.onnx"
    export_onnx(lived("ours", True), path, about(classes=CLASSES, **SPREAD))
    assert [o.name for o in session(path).get_outputs()] == ["future", "emotion"]


def test_any_keypoints_and_window(tmp_path):
    path = tmp_path / "n.onnx"
    network = lived("cnn_lstm", False, classes=0, features=44, observed=40, horizon=30)
    export_onnx(network, path, about(**SPREAD), observed=40, features=44)
    assert parity(network, path) <= export.PARITY


def test_batch_normalisation_before_linear_layers_is_gone_from_the_graph(tmp_path):
    path = tmp_path / "n.onnx"
    export_onnx(lived("mlp", False), path, about(classes=CLASSES, **SPREAD))
    assert {node.op_type for node in onnx.load(path).graph.node} == {
        "Constant", "Flatten", "Gemm", "Relu", "Reshape", "Softmax"}


class OneBatch(torch.nn.Module):
    """A careless network: its shape of one person is written into the graph."""

    def forward(self, observed):
        return Prediction(observed.reshape(observed.shape)[:, :30])


class NoSpread(torch.nn.Module):
    def forward(self, observed):
        return Prediction(observed[:, :30] * 2)


def test_a_graph_that_cannot_take_a_crowd_is_not_written(tmp_path):
    with pytest.raises(ModelError, match="would differ"):
        export_onnx(OneBatch(), tmp_path / "n.onnx", about(**SPREAD))
    assert not list(tmp_path.iterdir())


def test_a_network_with_nearly_dead_units_is_exported(tmp_path):
    """Batch normalisation of a unit that was always off multiplies by hundreds what a random
    window wakes in it; that is what the network says, and no fault of the file."""
    network = lived("mlp", False)
    for layer in network.backbone:
        if isinstance(layer, torch.nn.BatchNorm1d):
            layer.running_var[::2] = 1e-12
            layer.running_mean[::2] = 0
    export_onnx(network, tmp_path / "n.onnx", about(classes=CLASSES, **SPREAD))
    said = session(tmp_path / "n.onnx").run(
        None, {"observed": np.random.default_rng(0).uniform(-1, 1, (1, 60, 34)).astype("f4")})[0]
    assert np.abs(said).max() > 100


def test_what_does_not_fit_is_refused(tmp_path):
    path = tmp_path / "n.onnx"
    with pytest.raises(ModelError, match="Got 2 class names for a network with 3 classes"):
        export_onnx(lived("lstm", True), path, about(classes=CLASSES[:2], **SPREAD))
    with pytest.raises(ModelError, match="does not say how sure"):
        export_onnx(NoSpread(), path, about())
    assert not list(tmp_path.iterdir())
