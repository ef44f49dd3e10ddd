"""Networks rewritten as ONNX compute what they computed in their own formats."""

from __future__ import annotations

import json

import numpy as np
import onnxruntime as ort
import pytest

from kinesics_core.assets import store
from kinesics_core.assets.onnx_conversion import (
    FACE_API_SIDE,
    _same_pads,
    _TFLiteConverter,
    convert,
    face_api_to_onnx,
    tflite_to_onnx,
)
from kinesics_core.assets.onnx_writer import OnnxGraph

# What the packages' own interpreters say of `noise(...)`: face-api 1.7.15 in its tfjs (node 20, CPU
# backend), the two others in LiteRT 2.3, which rounds activations to 8 bits on the way.
FACE_API = [0.215403, 0.079547, 0.589566, 0.015888, 0.049928, 0.003553, 0.046114]
FER = [0.125956, 0.000501, 0.177207, 0.253550, 0.418412, 0.022664, 0.001710]
FACEX = [0.000184, 0.0, 0.000934, 0.0, 0.970657, 0.010782, 0.017443]


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).random((1, *shape), np.float32)


def run(model: bytes, image: np.ndarray) -> np.ndarray:
    session = ort.InferenceSession(model, providers=["CPUExecutionProvider"])
    return session.run(None, {"image": image})[0]


def test_a_graph_of_every_kind_of_attribute_runs():
    graph = OnnxGraph("test")
    kernel = graph.constant("kernel", np.arange(9, dtype=np.float32).reshape(1, 1, 3, 3))
    out = graph.node("Conv", ["image", kernel], "a", pads=(1, 1, 1, 1), group=1)
    out = graph.node("LeakyRelu", [out], "b", alpha=0.25)
    graph.node("ReduceSum", [out, graph.constant("axes", np.array([1, 2, 3]))], "sum", keepdims=0)
    image = -np.ones((2, 1, 1, 1), np.float32)
    result = run(graph.serialise(("image", (1, 1, 1)), ("sum", ())), image)
    np.testing.assert_allclose(result, [-1.0, -1.0])  # the middle weight 4, times -1, times .25


def test_the_onnx_package_accepts_a_written_file():
    onnx = pytest.importorskip("onnx")
    model = onnx.load_from_string(store.path("expression-fer").read_bytes())
    onnx.checker.check_model(model, full_check=True)


@pytest.mark.parametrize(
    ("name", "shape", "said", "tolerance"),
    [("expression-face-api", (3, 112, 112), FACE_API, 1e-5),
     ("expression-fer", (1, 64, 64), FER, 0.015),
     ("expression-facex", (3, 200, 200), FACEX, 0.006)],
)
def test_a_converted_network_says_what_the_package_says(name, shape, said, tolerance):
    result = run(store.path(name).read_bytes(), noise(*shape))
    np.testing.assert_allclose(result[0], said, atol=tolerance)


def test_rows_of_a_batch_do_not_mix():
    model = store.path("expression-face-api").read_bytes()
    images = np.concatenate([noise(3, 112, 112), 1.0 - noise(3, 112, 112)])
    np.testing.assert_allclose(
        run(model, images), np.concatenate([run(model, images[:1]), run(model, images[1:])]),
        atol=1e-6)


def test_same_padding_is_tensorflows():
    # Table of tf.nn.conv2d with SAME: input 112 at stride 2 pads one pixel, at the end only.
    assert _same_pads((112, 112), (3, 3), (2, 2)) == (0, 0, 1, 1)
    assert _same_pads((7, 7), (3, 3), (1, 1)) == (1, 1, 1, 1)
    assert _same_pads((15, 16), (3, 3), (2, 2)) == (1, 0, 1, 1)


def test_damaged_parts_are_refused(monkeypatch):
    with pytest.raises(ValueError, match="TFL3"):
        tflite_to_onnx(b"not a model at all")
    with pytest.raises(ValueError, match="caffe"):
        convert("caffe", {})
    manifest = store.path("face-api-manifest").read_bytes()
    weights = store.path("face-api-weights").read_bytes()
    with pytest.raises(ValueError):
        face_api_to_onnx(weights[:-4], manifest)
    with pytest.raises(ValueError, match="the manifest names"):
        face_api_to_onnx(weights + b"1234", manifest)
    converter = _TFLiteConverter(store.path("fer-model").read_bytes())
    converter._codes = dict.fromkeys(converter._codes, "LSTM")
    with pytest.raises(ValueError, match="operator LSTM"):
        converter.convert()


def test_quantised_values_become_floats():
    entry = {"name": "fc/weights", "shape": [256, 7], "dtype": "float32",
             "quantization": {"dtype": "uint8", "scale": 0.5, "min": -3.0}}
    from kinesics_core.assets.onnx_conversion import _face_api_tensors
    values = np.arange(256 * 7, dtype=np.uint8)
    tensors = _face_api_tensors(values.tobytes(), json.dumps([{"weights": [entry]}]).encode())
    np.testing.assert_allclose(tensors["fc/weights"].ravel(), values * 0.5 - 3.0)
    assert FACE_API_SIDE == 112
