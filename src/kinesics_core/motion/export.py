"""A trained network -> one ONNX file that says what it is.

Graph: ``observed`` (persons, 60, 34) -> ``future`` (persons, 30, 34), float32, any number of
persons. ``metadata_props`` carry, under the prefix ``kinesics.``: task, name, version, input,
output, rate (Hz), dt (s), normalisation (see ``motion.windows``), spread_floor and spread_gain
(see ``motion.uncertainty``), licence, data.
"""

from __future__ import annotations

import io
import json
import os
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import onnx
import torch

from kinesics_core.motion.runtime import METADATA_PREFIX
from kinesics_core.motion.windows import HORIZON, KEYPOINTS, OBSERVED, RATE


def export_onnx(
    network: torch.nn.Module, path: Path, *, name: str, version: str, normalisation: str,
    spread_floor: Sequence[float], spread_gain: Sequence[float], licence: str, data: str,
    extra: Mapping[str, str] | None = None,
) -> None:
    """Write ``path`` atomically. The network is left in evaluation mode."""
    features = 2 * KEYPOINTS
    network.eval()
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # The tracing exporter needs no package beyond onnx; what it warns of, a batch other than
        # the traced one, is checked against torch right after every training.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network, (torch.zeros(1, OBSERVED, features),), cast(Any, buffer), dynamo=False,
            opset_version=17, input_names=["observed"], output_names=["future"],
            dynamic_axes={"observed": {0: "persons"}, "future": {0: "persons"}},
        )
    model = onnx.load_from_string(buffer.getvalue())
    metadata = {
        "task": "forecast", "name": name, "version": version,
        "input": f"observed (persons, {OBSERVED}, {features}): COCO-17 x, y, normalised, oldest"
                 " first",
        "output": f"future (persons, {HORIZON}, {features}): the same normalisation",
        "rate": f"{RATE:g}", "dt": f"{1.0 / RATE:.9f}", "normalisation": normalisation,
        "spread_floor": _numbers(spread_floor), "spread_gain": _numbers(spread_gain),
        "licence": licence, "data": data, **(extra or {}),
    }
    for key, value in metadata.items():
        model.metadata_props.add(key=METADATA_PREFIX + key, value=value)
    onnx.checker.check_model(model)
    partial = path.with_name(path.name + ".part")
    onnx.save(model, partial)
    os.replace(partial, path)


def parity(network: torch.nn.Module, path: Path, persons: int = 3, seed: int = 0) -> float:
    """Largest difference between the network and the file on random windows."""
    import onnxruntime as ort

    network.eval()
    rng = np.random.default_rng(seed)
    observed = rng.uniform(-1.0, 1.0, (persons, OBSERVED, 2 * KEYPOINTS)).astype(np.float32)
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    with torch.no_grad():
        wanted = network(torch.from_numpy(observed)).numpy()
    return float(np.abs(session.run(None, {"observed": observed})[0] - wanted).max())


def _numbers(values: Sequence[float]) -> str:
    return json.dumps([float(f"{value:.6g}") for value in values])
