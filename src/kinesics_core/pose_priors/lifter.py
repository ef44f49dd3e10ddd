"""The 2-D to 3-D lifter: from keypoints of one picture to a body's rotations, where a fit begins.

A single view does not say which of two elbows is nearer; a network that has seen how people stand
does, mostly. After Martinez et al., "A simple yet effective baseline for 3D human pose estimation"
(ICCV 2017): keypoints, centred and scaled, through a residual multilayer perceptron; here out come
the 22 rotations of SMPL-X's body, in 6-D (Zhou et al., CVPR 2019), and how sure each is.

Keypoints are turned first as if the camera looked straight at the person, so that a person at the
edge of a wide picture looks like one in its middle.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from kinesics_core.assets import store
from kinesics_core.errors import KinesicsError, ModelError
from kinesics_core.files import read_arrays
from kinesics_core.rotations import orthonormal
from kinesics_core.skeletons import WHOLEBODY133

FILE = "pose_lifter.npz"
KEYPOINTS = WHOLEBODY133[:23]
"""COCO-17 and six points of the feet."""

INPUTS = 3 * len(KEYPOINTS) + 3
OUTPUTS = 22 * 7
SURE = 0.05
"""A keypoint of less confidence counts as missing."""

_TRUNK = [KEYPOINTS.index(f"{side}_{part}") for side in ("left", "right")
          for part in ("shoulder", "hip")]
_EPSILON = 1e-5


@dataclass(frozen=True, slots=True, eq=False)
class Lifted:
    """Poses of T frames.

    Attributes:
        rotations: (T, 22, 3, 3), the first from the model's axes to the camera's (optical: x
            right, y down, z away), the others relative to their parents.
        spread: (T, 22) radians, expected error of each.
        known: (T,) bool; where a frame shows too little, rotations are those of somebody standing
            and facing the camera.
    """

    rotations: np.ndarray
    spread: np.ndarray
    known: np.ndarray


def lift(
    keypoints: np.ndarray, width: int, height: int, focal: float | None = None,
    path: Path | None = None,
) -> Lifted:
    """Lift 2-D keypoints to poses, frame by frame.

    Args:
        keypoints: (T, 23 or more, 3): px, px, confidence, in the order of
            ``skeletons.WHOLEBODY133``, nan or confidence 0 where unknown.
        width: Of the picture, px; its middle is the principal point.
        height: Of the picture, px.
        focal: px; None assumes the length of the diagonal.
        path: Other weights than ours.

    Raises:
        KinesicsError: The keypoints have another shape.
    """
    keypoints = np.asarray(keypoints, np.float64)
    if keypoints.ndim != 3 or keypoints.shape[1] < len(KEYPOINTS) or keypoints.shape[2] != 3:
        raise KinesicsError(
            f"Got keypoints of shape {keypoints.shape}; wanted (T, 23 or more, 3): the first 23 of"
            " COCO-WholeBody, each px, px, confidence.")
    centre = np.array([width, height]) / 2.0
    focal = float(np.hypot(width, height)) if focal is None else focal
    points = (keypoints[:, :len(KEYPOINTS), :2] - centre) / focal
    inputs, turn, known = features(points, keypoints[:, :len(KEYPOINTS), 2])
    output = _network(load(path), inputs)
    rotations = orthonormal(output[:, :22 * 6].reshape(-1, 22, 3, 2))
    rotations[:, 0] = np.swapaxes(turn, 1, 2) @ rotations[:, 0]
    spread = np.exp(output[:, 22 * 6:])
    rotations[~known] = np.eye(3)
    rotations[~known, 0] = np.diag([1.0, -1.0, -1.0])
    spread[~known] = np.pi
    return Lifted(rotations.astype(np.float32), spread.astype(np.float32), known)


def features(
    points: np.ndarray, confidence: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Turn keypoints into the network's inputs.

    Args:
        points: (T, 23, 2) from the principal point, in units of the focal length; nan if unknown.
        confidence: (T, 23).

    Returns:
        Inputs (T, 72) float32: positions, confidences, size and place. The rotation (T, 3, 3) that
        turned the camera towards each person. Known (T,): at least four keypoints, two of them of
        the trunk.
    """
    seen = np.isfinite(points).all(axis=-1) & (np.nan_to_num(confidence) >= SURE)
    weight = seen[..., None].astype(np.float64)
    points = np.where(weight > 0, points, 0.0)
    trunk = weight * np.isin(np.arange(len(KEYPOINTS)), _TRUNK)[:, None]
    share = np.where(trunk.sum(axis=1, keepdims=True) > 0, trunk, weight)
    middle = (share * points).sum(axis=1) / np.maximum(share.sum(axis=1), 1.0)
    turn = towards(middle)
    rays = np.concatenate([points, np.ones_like(points[..., :1])], axis=-1)
    rays = rays @ np.swapaxes(turn, 1, 2)
    flat = rays[..., :2] / np.maximum(rays[..., 2:], 0.05) * weight
    count = np.maximum(weight.sum(axis=1), 1.0)
    size = np.sqrt((flat**2).sum(axis=(1, 2)) / count[:, 0])
    size = np.maximum(size, 1e-6)
    scaled = np.clip(flat / size[:, None, None], -8.0, 8.0)
    sure = np.where(seen, np.clip(np.nan_to_num(confidence), 0.0, 1.0), 0.0)
    inputs = np.concatenate([
        scaled.reshape(len(points), 2 * len(KEYPOINTS)), sure, np.log(size)[:, None] + 1.5,
        np.arctan(middle) * 2.0], axis=1)
    known = (seen.sum(axis=1) >= 4) & (trunk.sum(axis=(1, 2)) >= 2)
    return inputs.astype(np.float32), turn, known


def towards(middle: np.ndarray) -> np.ndarray:
    """Return the smallest rotations that bring directions onto the optical axis.

    Args:
        middle: (T, 2), where they cross the plane at distance 1.

    Returns:
        (T, 3, 3).
    """
    x, y = middle[:, 0], middle[:, 1]
    length = np.sqrt(1.0 + x * x + y * y)
    c = 1.0 / length
    # Rodrigues' formula for the axis (x, y, 1) x (0, 0, 1).
    k = 1.0 / (length * (1.0 + length))
    turn = np.empty((len(middle), 3, 3))
    turn[:, 0] = np.stack([1.0 - k * x * x, -k * x * y, -x * c], axis=-1)
    turn[:, 1] = np.stack([-k * x * y, 1.0 - k * y * y, -y * c], axis=-1)
    turn[:, 2] = np.stack([x * c, y * c, c], axis=-1)
    return turn


@cache
def load(path: Path | None = None) -> Mapping[str, np.ndarray]:
    """Read the weights by name, float32.

    Args:
        path: A ``pose_lifter.npz`` of ``kinesics train lifter``; None for ours, of ``models/``.

    Raises:
        ModelError: The file is no lifter.
    """
    file = store.shipped(FILE) if path is None else Path(path)
    try:
        weights = {name: array.astype(np.float32) for name, array in read_arrays(file).items()
                   if array.dtype.kind == "f"}
        if weights["first.weight"].shape[1:] != (INPUTS,) or \
                weights["last.weight"].shape[:1] != (OUTPUTS,):
            raise ValueError(f"{weights['first.weight'].shape} and {weights['last.weight'].shape}")
        with np.errstate(all="ignore"):  # layers that do not fit each other are a ValueError
            said = _network(weights, np.zeros((1, INPUTS), np.float32))
        if said.shape != (1, OUTPUTS) or not np.isfinite(said).all() or not all(
                (np.abs(array) < 1e6).all() for array in weights.values()):
            raise ValueError("weights that are no numbers of a trained network")
    except (OSError, KeyError, ValueError) as error:
        raise ModelError(
            f"{file} is no lifter ({error}). Give the pose_lifter.npz of `kinesics train lifter`."
        ) from error
    return weights


def _network(weights: Mapping[str, np.ndarray], x: np.ndarray) -> np.ndarray:
    """Run ``lifter_network`` in numpy: inputs (T, 72) to outputs (T, 154)."""
    def linear(name: str, value: np.ndarray) -> np.ndarray:
        return value @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    def normal(name: str, value: np.ndarray) -> np.ndarray:
        value = value - value.mean(axis=1, keepdims=True)
        value /= np.sqrt((value**2).mean(axis=1, keepdims=True) + _EPSILON)
        return value * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    x = linear("first", x)
    block = 0
    while f"blocks.{block}.0.weight" in weights:
        inner = linear(f"blocks.{block}.1", normal(f"blocks.{block}.0", x))
        x = x + linear(f"blocks.{block}.3", np.maximum(inner, 0.0))
        block += 1
    return linear("last", normal("norm", x))
