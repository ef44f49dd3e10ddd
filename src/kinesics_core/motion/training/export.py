"""Export: a trained network -> one ONNX file that says what it is.

Graph: ``observed`` (persons, 60, 34) -> ``future`` (persons, 30, 34), with a classifier also
``emotion`` (persons, classes), probabilities, and ``spread`` (persons, 30), 1 sigma, if the
network says how sure it is and nothing better was learned; float32, any number of persons.

``metadata_props`` carry, under the prefix ``kinesics.``: task, name, version, input, output, rate
(Hz), dt (s), normalisation (see ``motion.windows``), spread_floor and spread_gain (see
``motion.uncertainty``; absent beside a ``spread`` output), classes (a JSON list of names, only
with a classifier), licence, data.

The graph is traced at one person, so that every shape in it is a number, and then freed of what
ties it to one: that leaves out the arithmetic on shapes that makes most of the nodes, and a good
part of the time, of a graph traced with any number. Batch normalisation before a linear layer
becomes a part of its weights.
"""

from __future__ import annotations

import io
import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from kinesics_core import files
from kinesics_core.errors import ModelError
from kinesics_core.motion.model_file import METADATA_PREFIX, open_session
from kinesics_core.motion.windows import KEYPOINTS, OBSERVED, RATE

PARITY = 1e-5
"""Largest difference from torch that an exported file may have."""

BATCHES = (1, 2, 5)
OPSET = 17


@dataclass(frozen=True, slots=True)
class ForecasterMetadata:
    """Facts about a forecaster that its file carries.

    Attributes:
        name: Of the model.
        version: Of the model.
        normalisation: See ``motion.windows``.
        licence: Of the weights.
        data: What it was trained on.
        classes: Names of the classifier's classes, in its order.
        spread_floor: One number a step, with ``spread_gain`` in the place of the network's own
            spread, without which they must be given; see ``motion.uncertainty``.
        spread_gain: One number a step.
        extra: Further entries.
    """

    name: str
    version: str
    normalisation: str
    licence: str
    data: str
    classes: Sequence[str] = ()
    spread_floor: Sequence[float] | None = None
    spread_gain: Sequence[float] | None = None
    extra: Mapping[str, str] = field(default_factory=dict)


def export_onnx(
    network: nn.Module, path: Path, about: ForecasterMetadata, *, observed: int = OBSERVED,
    features: int = 2 * KEYPOINTS,
) -> None:
    """Write a network as ONNX, in one step. The network is left in evaluation mode.

    Args:
        network: Trained.
        path: The file.
        about: What the file says of it.
        observed: Frames of the network's input window.
        features: Numbers in a frame.

    Raises:
        ModelError: Classes or spread do not fit the network, or the file and torch differ by more
            than ``PARITY``; nothing is written then.
    """
    network.eval()
    window = torch.zeros(1, observed, features)
    with torch.no_grad():
        prediction = network(window)
    found = 0 if prediction.logits is None else prediction.logits.shape[1]
    if len(about.classes) != found:
        raise ModelError(
            f"Got {len(about.classes)} class names for a network with {found} classes; wanted one"
            " name for each. Give the names the network was trained with."
        )
    learned = about.spread_floor is not None and about.spread_gain is not None
    if not learned and prediction.spread is None:
        raise ModelError(
            f"{type(network).__name__} does not say how sure it is; wanted spread_floor and"
            " spread_gain, which motion.uncertainty.fit_spread learns from validation windows."
        )
    outputs = ["future", *(["emotion"] if found else []), *([] if learned else ["spread"])]
    model = _trace(_NamedOutputs(network, outputs), window, outputs)
    for key, value in _metadata(about, window, prediction.future).items():
        model.metadata_props.add(key=METADATA_PREFIX + key, value=value)
    onnx.checker.check_model(model)
    with files.replacing(path) as part:
        onnx.save(model, part)
        difference = parity(network, part)
        if not difference <= PARITY:
            raise ModelError(
                f"{path} would differ from the network by {difference:.1e}, more than {PARITY:g}."
                " Report this with the versions of torch, onnx and onnxruntime."
            )


def _metadata(about: ForecasterMetadata, window: Tensor, future: Tensor) -> dict[str, str]:
    """Return the entries of a file, without their prefix."""
    _, observed, features = window.shape
    entries = {
        "task": "forecast", "name": about.name, "version": about.version,
        "input": f"observed (persons, {observed}, {features}): keypoints x, y, normalised, oldest"
                 " first",
        "output": f"future (persons, {future.shape[1]}, {features}): the same normalisation",
        "rate": f"{RATE:g}", "dt": f"{1.0 / RATE:.9f}", "normalisation": about.normalisation,
        "licence": about.licence, "data": about.data,
    }
    if about.classes:
        entries["classes"] = json.dumps(list(about.classes))
    if about.spread_floor is not None and about.spread_gain is not None:
        entries |= {"spread_floor": _numbers(about.spread_floor),
                    "spread_gain": _numbers(about.spread_gain)}
    return entries | dict(about.extra)


def parity(network: nn.Module, path: Path, seed: int = 0) -> float:
    """Return the largest difference of any output between the network and its file.

    On random windows of one, two and five persons; infinite if the file cannot take so many.
    Beside outputs above 1, the size of a pose, it counts as a share of the largest: a network may
    say hundreds to random windows, and single precision has seven digits.
    """
    network.eval()
    rng = np.random.default_rng(seed)
    session = open_session(path, ["CPUExecutionProvider"])
    outputs = [output.name for output in session.get_outputs()]
    _, observed, features = session.get_inputs()[0].shape
    live = _NamedOutputs(network, outputs)
    worst = 0.0
    for persons in BATCHES:
        window = rng.uniform(-1.0, 1.0, (persons, observed, features)).astype(np.float32)
        with torch.no_grad():
            wanted = live(torch.from_numpy(window))
        try:
            got = session.run(None, {"observed": window})
        except Exception:  # ONNX Runtime raises many kinds, all private to its C++ binding
            return float("inf")
        worst = max(worst, *(
            float(np.abs(a - b.numpy()).max() / max(np.abs(b.numpy()).max(), 1.0))
            for a, b in zip(got, wanted, strict=True)))
    return worst


class _NamedOutputs(nn.Module):
    """A network with the outputs that the runtime reads: probabilities instead of logits."""

    def __init__(self, network: nn.Module, outputs: Sequence[str]) -> None:
        super().__init__()
        self.network, self.outputs = network, outputs

    def forward(self, observed: Tensor) -> tuple[Tensor, ...]:
        prediction = self.network(observed)
        named = {"future": prediction.future, "spread": prediction.spread}
        if prediction.logits is not None:
            named["emotion"] = prediction.logits.softmax(dim=-1)
        return tuple(named[name] for name in self.outputs)


def _trace(live: nn.Module, window: Tensor, outputs: Sequence[str]) -> onnx.ModelProto:
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # The tracing exporter needs no package beyond onnx; what it warns of, a batch other than
        # the traced one, is checked against torch by ``parity``.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            live.eval(), (window,), cast(Any, buffer), dynamo=False, opset_version=OPSET,
            input_names=["observed"], output_names=list(outputs),
        )
    model = onnx.load_from_string(buffer.getvalue())
    graph = model.graph
    _drop_identities(graph)
    _fold_batch_normalisation(graph)
    for node in graph.node:
        if node.op_type == "LSTM":
            del node.input[5:]  # an initial state of zeros, which is the default, for one person
    _drop_unused(graph)
    for value in (*graph.input, *graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "persons"
    del graph.value_info[:]
    return model


def _drop_identities(graph: onnx.GraphProto) -> None:
    """Give every reader the original of what the exporter shares through Identity nodes."""
    original = {node.output[0]: node.input[0]
                for node in graph.node if node.op_type == "Identity"}
    wanted = {output.name for output in graph.output}
    for node in graph.node:
        for index, name in enumerate(node.input):
            while name in original and name not in wanted:
                name = original[name]
            node.input[index] = name


def _fold_batch_normalisation(graph: onnx.GraphProto) -> None:
    """Make y = W (a x + c) + b into (W a) x + (W c + b) where linear layers alone read y."""
    weights = {weight.name: weight for weight in graph.initializer}
    for node in [node for node in graph.node if node.op_type == "BatchNormalization"]:
        readers = [reader for reader in graph.node if node.output[0] in reader.input]
        if not all(
            reader.op_type == "Gemm" and onnx.helper.get_node_attr_value(reader, "transB") == 1
            for reader in readers
        ):
            continue
        gain, shift, mean, variance = (
            numpy_helper.to_array(weights[name]).astype(np.float64) for name in node.input[1:5])
        epsilon = onnx.helper.get_node_attr_value(node, "epsilon")
        slope = gain / np.sqrt(variance + epsilon)
        offset = shift - mean * slope
        for reader in readers:
            matrix, bias = (numpy_helper.to_array(weights[name]).astype(np.float64)
                            for name in reader.input[1:3])
            for index, value in ((1, matrix * slope), (2, bias + matrix @ offset)):
                name = f"{reader.name}.{index}"
                graph.initializer.append(
                    numpy_helper.from_array(value.astype(np.float32), name))
                weights[name] = graph.initializer[-1]
                reader.input[index] = name
            reader.input[0] = node.input[0]


def _drop_unused(graph: onnx.GraphProto) -> None:
    """Remove nodes and weights that nobody reads."""
    wanted = {output.name for output in graph.output}
    for node in reversed(list(graph.node)):  # readers come after what they read
        if wanted.isdisjoint(node.output):
            graph.node.remove(node)
        else:
            wanted.update(node.input)
    for weight in list(graph.initializer):
        if weight.name not in wanted:
            graph.initializer.remove(weight)


def _numbers(values: Sequence[float]) -> str:
    return json.dumps([float(f"{value:.6g}") for value in values])
