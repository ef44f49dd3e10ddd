"""Files of ``kinesics fit`` and ``kinesics express`` as motion to learn from, with its labels."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import numpy as np

from kinesics_core.camera import MODEL_TO_OPTICAL
from kinesics_core.errors import KinesicsError
from kinesics_core.importers.arrays import frames_of
from kinesics_core.rotations import exponential, logarithm
from kinesics_core.skeletons import SMPLX_BODY

NAMES = frozenset(("body_pose", "global_orient"))
"""Arrays by which a fit is known."""

LABELS = "labels"
"""Array with a fit's labels, JSON."""

_PARAMS = "params.npz"
_WRITTEN = _PARAMS, "motion.npz"  # by a fit, by `kinesics express`
_FRAMES = "params"  # folder beside it with a file for each frame
_BESIDE = "keypoints.npz", "motion.bvh", "motion.glb", "motion.mp4", "overlay.mp4", "face.csv"


def belongs_to_a_fit(folder: Path, name: str) -> bool:
    """Return whether a path below a folder is one of the files beside a fit's parameters."""
    path = PurePosixPath(name)
    place = path.parent.parent if path.parent.name == _FRAMES else path.parent
    return path.name not in _WRITTEN and (
        path.name in _BESIDE or path.parent.name == _FRAMES) and any(
            (folder / place / written).is_file() for written in _WRITTEN)


def clip_name(name: str) -> str:
    """Return what a fit is called by its path: the folder's name, if the file's says nothing."""
    path = PurePosixPath(name)
    return path.parent.name or path.stem if path.name == _PARAMS else path.stem


def of_arrays(
    arrays: Mapping[str, np.ndarray], name: str
) -> tuple[np.ndarray, float, dict[str, str]]:
    """Return rotations (T, 22, 3), axis-angle, frames per second, and labels of a fit.

    Frames that were not fitted are left out.

    Args:
        arrays: Of the file.
        name: What an error calls it.

    Raises:
        KinesicsError: They are no fit of SMPL-X.
    """
    pose, turn = (np.asarray(arrays[key]) for key in ("body_pose", "global_orient"))
    if pose.ndim < 2 or pose.size != len(pose) * 3 * (len(SMPLX_BODY) - 1) or \
            turn.size != 3 * len(pose):
        raise KinesicsError(
            f"{name} has a body_pose of shape {pose.shape}; wanted the {len(SMPLX_BODY) - 1} joints"
            " of SMPL-X in each frame. It is a fit of another body model.")
    turn = turn.reshape(-1, 3)
    if "focal" in arrays:  # a camera saw it, in whose axes the body stands
        turn = logarithm(np.diag(MODEL_TO_OPTICAL) @ exponential(turn.astype(np.float64)))
    rotations = np.concatenate([turn[:, None], pose.reshape(len(pose), -1, 3)], axis=1)
    known = np.isfinite(rotations).all(axis=(1, 2))
    if not known.any():
        raise KinesicsError(f"{name} has no frame that was fitted; leave it out.")
    rotations = frames_of(rotations[known].astype(np.float32), len(SMPLX_BODY), 3, name)
    return rotations, _rate(arrays), labels_of(arrays)


def labels_of(arrays: Mapping[str, np.ndarray]) -> dict[str, str]:
    """Return the labels of a fit."""
    try:
        known = json.loads(str(arrays[LABELS])) if LABELS in arrays else {}
    except (ValueError, RecursionError):
        known = {}
    labels = {str(key): str(value) for key, value in known.items()} if isinstance(
        known, dict) else {}
    return {key: str(arrays[key]) for key in ("emotion", "clip") if key in arrays} | labels


def _rate(arrays: Mapping[str, np.ndarray]) -> float:
    if "fps" in arrays:
        return float(arrays["fps"])
    times = np.asarray(arrays.get("times", ()), np.float64)
    return 30.0 if len(times) < 2 else float(1.0 / np.median(np.diff(times)))
