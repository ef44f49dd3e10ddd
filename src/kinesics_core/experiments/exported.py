"""An exported network (ONNX) on windows cut beforehand; for people live, ``motion.runtime``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from kinesics_core.errors import ModelError
from kinesics_core.motion import windows
from kinesics_core.motion.model_file import METADATA_PREFIX, class_names
from kinesics_core.motion.training.windowing import CutWindows
from kinesics_core.motion.windows import Normalisation

BLOCK = 256
"""Windows at a time."""


@dataclass(frozen=True, slots=True)
class Exported:
    """A model file that is open.

    Attributes:
        path: The file.
        normalisation: What the network was trained with.
        classes: Values that its emotion head tells apart; empty without one.
        session: Of ONNX Runtime.
    """

    path: Path
    normalisation: Normalisation
    classes: tuple[str, ...]
    session: Any

    def forecast(self, cut: CutWindows) -> np.ndarray:
        """Forecast windows.

        Args:
            cut: N windows of K keypoints.

        Returns:
            (N, H, 2 K) in the paper's normalisation (equations 1 and 2), whatever the model's.
        """
        parts = []
        for begin in range(0, len(cut), BLOCK):
            observed = cut.observed[begin:begin + BLOCK]
            coded, centroid, scale = windows.encode(observed, self.normalisation)
            future = self._run("future", coded)
            if self.normalisation != "per_frame":
                poses = future.reshape(*future.shape[:2], -1, 2)
                poses = windows.normalise(windows.decode(poses, centroid, scale))[0]
                future = poses.reshape(future.shape)
            parts.append(future)
        return np.concatenate(parts)

    def predict(self, observed: np.ndarray) -> np.ndarray:
        """Forecast (N, H, 2 K) from windows (N, 60, 2 K), both in the model's own normalisation."""
        return np.concatenate([
            self._run("future", part.reshape(*part.shape[:2], -1, 2))
            for part in np.split(observed, range(BLOCK, len(observed), BLOCK))])

    def probabilities(self, cut: CutWindows) -> np.ndarray:
        """Return the emotion head's probabilities (N, classes) of N windows."""
        return np.concatenate([
            self._run("emotion", windows.encode(part, self.normalisation)[0])
            for part in np.split(cut.observed, range(BLOCK, len(cut), BLOCK))])

    def _run(self, output: str, coded: np.ndarray) -> np.ndarray:
        flat = coded.reshape(*coded.shape[:2], -1).astype(np.float32)
        batch = self.session.get_inputs()[0].shape[0]
        if not isinstance(batch, int):
            return self.session.run([output], {"observed": flat})[0]
        # A model exported for a fixed number of windows gets just that.
        short = -len(flat) % batch
        padded = np.concatenate([flat, np.zeros((short, *flat.shape[1:]), np.float32)])
        parts = [self.session.run([output], {"observed": part})[0]
                 for part in np.split(padded, len(padded) // batch)]
        return np.concatenate(parts)[:len(flat)]


def open_model(path: Path, keypoints: int) -> Exported:
    """Open an ONNX file.

    Args:
        path: The file.
        keypoints: Number of keypoints that it must take.

    Raises:
        ModelError: The file is not a forecaster of so many keypoints.
    """
    import onnxruntime as ort

    if not path.exists():
        raise ModelError(
            f"{path} does not exist. Wanted an ONNX file of `kinesics train forecast`, or"
            " NAME=FILE.")
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    try:
        session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime has no one error for a bad file
        raise ModelError(
            f"{path} is not a model ONNX Runtime can read ({str(error).splitlines()[0]}). Export"
            " it again.") from error
    about = {key.removeprefix(METADATA_PREFIX): value
             for key, value in session.get_modelmeta().custom_metadata_map.items()}
    inputs = {item.name: item.shape for item in session.get_inputs()}
    outputs = {item.name: item.shape for item in session.get_outputs()}
    if "observed" not in inputs or "future" not in outputs or \
            about.get("normalisation") not in windows.NORMALISATIONS:
        raise ModelError(
            f"{path} is not a forecaster of Kinesics: it takes {', '.join(inputs)}, gives"
            f" {', '.join(sorted(outputs))} and names normalisation"
            f" {about.get('normalisation', 'none')!r}. Wanted a file of `kinesics train forecast`.")
    features = inputs["observed"][-1]
    if features != 2 * keypoints:
        known = features // 2 if isinstance(features, int) else "an unknown number of"
        raise ModelError(
            f"{path} was trained on {known} keypoints; this dataset has"
            f" {keypoints}. Train one on this set of keypoints.")
    heads = outputs["emotion"][-1] if "emotion" in outputs else 0
    classes = class_names(path, about, heads) if "emotion" in outputs else ()
    return Exported(path, cast(Normalisation, about["normalisation"]), classes, session)
