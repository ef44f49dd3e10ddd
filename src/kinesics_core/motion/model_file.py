"""The file of a forecaster: opening it in ONNX Runtime and reading what it says of itself."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import onnxruntime as ort

from kinesics_core.assets import store
from kinesics_core.errors import ModelError
from kinesics_core.motion import windows
from kinesics_core.motion.windows import HORIZON, KEYPOINTS, OBSERVED

PROVIDERS = ("TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider")
"""Execution providers in order of preference; those this build of ONNX Runtime has are used."""

METADATA_PREFIX = "kinesics."
REQUIRED_METADATA = (
    "task", "name", "version", "normalisation", "rate", "licence", "data",
)

LARGEST_BATCH = 16
"""Number of people up to which an accelerator's engine is built once, for all sizes of crowd."""


@dataclass(frozen=True, slots=True)
class ForecasterFile:
    """A forecaster opened.

    Attributes:
        session: In ONNX Runtime.
        outputs: Names of its outputs, in order.
        metadata: The ``kinesics.`` entries of the file without their prefix.
        batch: Number of people that every run takes; None: any.
        classes: Names of what its emotion head tells apart; empty without one.
        spread_floor: (30,), with ``spread_gain`` see ``motion.uncertainty``; None where the network
            gives its spread itself.
        spread_gain: (30,).
    """

    session: ort.InferenceSession
    outputs: list[str]
    metadata: dict[str, str]
    batch: int | None
    classes: tuple[str, ...]
    spread_floor: np.ndarray | None
    spread_gain: np.ndarray | None

    @property
    def normalisation(self) -> windows.Normalisation:
        """Normalisation of its windows, see ``motion.windows``."""
        return cast(windows.Normalisation, self.metadata["normalisation"])


def open_forecaster(
    model: str | Path, providers: Sequence[str] | None = None
) -> ForecasterFile:
    """Open a forecaster of what the camera gives.

    Args:
        model: A path, or the name of a file in ``models/``.
        providers: ONNX Runtime execution providers in order; default ``PROVIDERS``.

    Raises:
        ModelError: The file is missing or is not such a forecaster.
    """
    path = _locate(model)
    session = open_session(path, providers)
    outputs = [output.name for output in session.get_outputs()]
    _check_shapes(path, session)
    metadata = _read_metadata(path, session)
    floor, gain = (None if "spread" in outputs else np.array(_listed(metadata[key]))
                   for key in ("spread_floor", "spread_gain"))
    persons = session.get_inputs()[0].shape[0]
    return ForecasterFile(
        session, outputs, metadata, persons if isinstance(persons, int) else None,
        class_names(path, metadata, _classes_of(session)), floor, gain)


def _locate(model: str | Path) -> Path:
    path = Path(model)
    if path.is_file():
        return path
    if path.name == str(model):
        return store.shipped(path.name)
    raise ModelError(f"There is no forecast model {path}; give an ONNX file that exists.")


def open_session(
    path: Path, providers: Sequence[str] | None = None
) -> ort.InferenceSession:
    """Open a session as this runtime uses them: one thread, the best provider this build has.

    Args:
        path: The ONNX file.
        providers: Execution providers in order; default ``PROVIDERS``.

    Raises:
        ModelError: None of the providers exists, or the file cannot be loaded.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    available = ort.get_available_providers()
    wanted = [p for p in (PROVIDERS if providers is None else providers) if p in available]
    if not wanted:
        raise ModelError(
            f"None of the providers {', '.join(providers or PROVIDERS)} is in this build of ONNX"
            f" Runtime, which has {', '.join(available)}."
        )
    try:
        return ort.InferenceSession(
            str(path), options, providers=[(p, _provider_options(p)) for p in wanted],
            # The fused kernel of layer norm and sum takes seven times as long as the two by
            # themselves (68 us to 10 us for 60 x 256, ONNX Runtime 1.31 on one core).
            disabled_optimizers=["SkipLayerNormFusion"],
        )
    except Exception as error:  # ONNX Runtime raises many kinds, all private to its C++ binding
        raise ModelError(
            f"{path} is not a model that ONNX Runtime can load ({str(error).splitlines()[0]})."
            " Restore the file, or export the model again."
        ) from error


def _provider_options(provider: str) -> dict[str, Any]:
    """Return options by which TensorRT builds its engine once, for every batch, and keeps it."""
    if provider != "TensorrtExecutionProvider":
        return {}
    cache = store.cache_dir() / "tensorrt"
    cache.mkdir(parents=True, exist_ok=True)
    frame = f"x{OBSERVED}x{2 * KEYPOINTS}"
    return {
        "trt_engine_cache_enable": True,
        "trt_engine_cache_path": str(cache),
        "trt_profile_min_shapes": f"observed:1{frame}",
        "trt_profile_opt_shapes": f"observed:1{frame}",
        "trt_profile_max_shapes": f"observed:{LARGEST_BATCH}{frame}",
    }


def _check_shapes(path: Path, session: ort.InferenceSession) -> None:
    features = 2 * KEYPOINTS
    inputs = [(i.name, *i.shape[1:]) for i in session.get_inputs()]
    outputs = {o.name: tuple(o.shape[1:]) for o in session.get_outputs()}
    kinds = {value.type for value in (*session.get_inputs(), *session.get_outputs())}
    if kinds != {"tensor(float)"}:
        raise ModelError(
            f"{path} is not a forecaster of what the camera gives: its inputs and outputs are"
            f" {', '.join(sorted(kinds))}; wanted tensor(float), 32 bits each. Export it again.")
    fits = (
        inputs == [("observed", OBSERVED, features)]
        and outputs.get("future") == (HORIZON, features)
        and outputs.get("spread", (HORIZON,)) == (HORIZON,)
        and len(outputs.get("emotion", (0,))) == 1
        and set(outputs) <= {"future", "emotion", "spread"}
    )
    if not fits:
        raise ModelError(
            f"{path} is not a forecaster of what the camera gives: its inputs and outputs are"
            f" {inputs} and {list(outputs.items())}; wanted observed (persons, {OBSERVED},"
            f" {features}), future (persons, {HORIZON}, {features}) and, if they are there,"
            f" emotion (persons, classes) and spread (persons, {HORIZON}). Choose another model"
            " file."
        )


def _read_metadata(path: Path, session: ort.InferenceSession) -> dict[str, str]:
    """Return the ``kinesics.`` entries of a model without their prefix, checked."""
    metadata = {
        key.removeprefix(METADATA_PREFIX): value
        for key, value in session.get_modelmeta().custom_metadata_map.items()
        if key.startswith(METADATA_PREFIX)
    }
    missing = [key for key in REQUIRED_METADATA if key not in metadata]
    if missing:
        raise ModelError(
            f"{path} lacks the metadata {', '.join(missing)}; wanted a model exported by"
            " `kinesics train forecast`, which writes them. Export it again."
        )
    if metadata["task"] != "forecast" or metadata["normalisation"] not in windows.NORMALISATIONS:
        raise ModelError(
            f"{path} says task {metadata['task']!r} and normalisation"
            f" {metadata['normalisation']!r}; wanted 'forecast' and one of"
            f" {', '.join(windows.NORMALISATIONS)}. Choose another model file."
        )
    if not _is_rate(metadata["rate"]):
        raise ModelError(
            f"{path} says rate {metadata['rate']!r}; wanted {windows.RATE:g} frames a second, at"
            " which people are resampled. Choose another model file."
        )
    outputs = {output.name: output.shape for output in session.get_outputs()}
    for key in () if "spread" in outputs else ("spread_floor", "spread_gain"):
        values = _listed(metadata.get(key))
        if len(values) != HORIZON or not all(map(_is_spread, values)):
            raise ModelError(
                f"{path}: its metadata {key} is not a list of {HORIZON} numbers from 0, and it"
                " gives no spread itself. Export it again."
            )
    return metadata


def _classes_of(session: ort.InferenceSession) -> object:
    """Return the size of a model's emotion head, 0 without one, a word if it is not fixed."""
    return {value.name: value.shape[-1] for value in session.get_outputs()}.get("emotion", 0)


def class_names(path: Path, metadata: Mapping[str, str], count: object) -> tuple[str, ...]:
    """Return the names of the classes that a model's metadata gives.

    Args:
        path: The model, for the sentence.
        metadata: Its ``kinesics.`` entries without their prefix.
        count: Size of its emotion head, 0 without one.

    Raises:
        ModelError: They are not so many different names.
    """
    names = _listed(metadata.get("classes", "[]"), otherwise=[None])
    texts = [name for name in names if isinstance(name, str) and name]
    if len(names) != count or len(set(texts)) < len(names):
        raise ModelError(
            f"{path}: its metadata classes is {metadata.get('classes', 'absent')[:200]}; wanted the"
            f" names of its {count} classes, each another. Export it again with the names it was"
            " trained with."
        )
    return tuple(texts)


def _is_rate(text: str) -> bool:
    try:
        return float(text) == windows.RATE
    except ValueError:
        return False


def _is_spread(value: object) -> bool:
    """Tell whether a value is a finite number from 0."""
    return (isinstance(value, (int, float)) and not isinstance(value, bool)
            and math.isfinite(value) and value >= 0)


def _listed(text: str | None, otherwise: Sequence[Any] = ()) -> list[Any]:
    """Return the JSON list in a text; ``otherwise`` if there is none in it."""
    try:
        value = json.loads(text or "")
    except (ValueError, RecursionError):
        return list(otherwise)
    return value if isinstance(value, list) else list(otherwise)
