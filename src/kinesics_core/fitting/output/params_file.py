"""``params.npz``, the form in which a fit is kept for readers, evaluation and resuming.

A stock ``smplx.create(...)`` takes its arrays as they are: ``betas`` (T, 10), ``transl`` (T, 3),
``global_orient`` (T, 3), ``body_pose`` (T, 21, 3), ``left_hand_pose`` and ``right_hand_pose``
(T, 15, 3), ``jaw_pose``, ``leye_pose``, ``reye_pose`` (T, 3), ``expression`` (T, 52). Rotations
are axis-angle, radians, hands full and flat at zero; the body stands in the camera's optical frame
(x right, y down, z away, metres), so that pixel = focal * x / z + principal_point.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from kinesics_core.body.parameters import PARAMETERS
from kinesics_core.errors import KinesicsError
from kinesics_core.files import read_arrays, write_arrays
from kinesics_core.fitting.fit import Fit
from kinesics_core.fitting.output.directory import PARAMS
from kinesics_core.fitting.tracks.track import Track
from kinesics_core.importers.fitted_poses import LABELS, labels_of

_LARGEST = 1e6

NO_LABELS: Mapping[str, str] = {}

QUALITY = ("reprojection", "loss", "penetration", "failed")
"""Fields of ``Fit`` with a row for each frame that say how well it went."""


@dataclass(frozen=True, slots=True)
class BodyFile:
    """The file of the body that was fitted.

    Attributes:
        name: Of the file.
        sha256: Of its bytes.
    """

    name: str
    sha256: str


def arrays_of(
    fit: Fit, track: Track, joints: np.ndarray, *, file: BodyFile, complete: bool,
    labels: Mapping[str, str] = NO_LABELS,
) -> dict[str, object]:
    """Return the arrays of ``params.npz``.

    Args:
        fit: The fit, of T frames.
        track: What it was fitted to.
        joints: (T, J, 3) metres in camera coordinates.
        file: Of the body.
        complete: False while frames are still to be fitted, after a cancelled run.
        labels: Of the recording.
    """
    count = len(fit.frames)
    return {
        "betas": np.tile(np.asarray(fit.betas, np.float32), (count, 1)),
        **{name: np.asarray(getattr(fit, name), np.float32) for name in PARAMETERS},
        "joints_cam": np.asarray(joints, np.float32),
        "focal": np.float64(fit.focal), "principal_point": np.asarray(fit.centre, np.float64),
        "width": track.width, "height": track.height, "fps": np.float64(track.rate),
        "frames": np.asarray(fit.frames, np.int64), "times": np.asarray(fit.times, np.float64),
        "keypoints": track.keypoints, "person": track.person,
        "gender": fit.gender, "model": file.name, "model_sha256": file.sha256,
        **{name: np.asarray(getattr(fit, name)) for name in QUALITY},
        "seconds": json.dumps(fit.seconds), "complete": complete,
        LABELS: json.dumps(dict(labels)),
    }


def relabel(path: Path, labels: Mapping[str, str]) -> None:
    """Write the labels of a recording into the file of its fit, if it has others."""
    stored = read_arrays(path)
    if labels_of(stored) != labels:
        write_arrays(path, {**stored, LABELS: json.dumps(dict(labels))})


def fit_of(stored: dict[str, np.ndarray]) -> Fit:
    """Return the fit that the arrays of a ``params.npz`` are of.

    Raises:
        KeyError: An array is missing.
    """
    return Fit(
        betas=stored["betas"][0] if len(stored["betas"]) else np.zeros(10, np.float32),
        **{name: stored[name] for name in (*PARAMETERS, *QUALITY, "frames", "times")},
        gender=str(stored["gender"]), focal=float(stored["focal"]),
        centre=stored["principal_point"], seconds=json.loads(str(stored["seconds"])),
    )


def read_parameters(place: Path) -> tuple[SimpleNamespace, Track | None]:
    """Return parameters and, if they are there, keypoints of a ``params.npz``.

    Args:
        place: The file, or the folder it is in. It may be a fit's, or a truth that was made
            elsewhere with the same names; ``labels`` (JSON), ``emotion`` and ``clip`` label it.

    Raises:
        KinesicsError: It cannot be read as parameters.
    """
    file = place / PARAMS if place.is_dir() else place
    if place.is_dir() and not file.is_file():
        people = sorted(path.parent.name for path in place.glob(f"person_*/{PARAMS}"))
        raise KinesicsError(
            f"{place} cannot be read as a fit: it holds no {PARAMS}" + (
                f", but {', '.join(people)}; give one of those directories." if people else
                "; give a directory that `kinesics fit VIDEO --out DIR` has written."))
    try:
        stored = read_arrays(file)
        found = {name: stored[name] for name in PARAMETERS}
        for name in (*PARAMETERS, "betas", "focal"):
            if stored[name].dtype.kind not in "fiu" or not stored[name].size:
                raise KinesicsError(
                    f"{file}: {name} is {stored[name].dtype} of shape {stored[name].shape};"
                    " wanted numbers.")
            if not np.nan_to_num(np.abs(stored[name]).max()) < _LARGEST:
                raise KinesicsError(f"{file}: {name} holds {np.abs(stored[name]).max():g}; wanted"
                                    f" metres, radians and pixels below {_LARGEST:g}.")
        for name, shape in PARAMETERS.items():
            if found[name].shape[1:] != shape or len(found[name]) != len(found["transl"]):
                raise KinesicsError(
                    f"{file}: {name} has shape {found[name].shape}; wanted"
                    f" ({len(found['transl'])}, {', '.join(map(str, shape))}).")
        count = len(found["transl"])
        frames = stored.get("frames", np.arange(count))
        times = stored.get("times", frames / float(stored.get("fps", 30.0)))
        betas = stored["betas"]
        if not all(np.isfinite(array).all() for array in (betas, times, stored["focal"])):
            raise KinesicsError(f"{file}: betas, times or focal hold nan; fit the recording again.")
        track = None
        if {"keypoints", "width", "height"} <= set(stored):
            track = Track(1, frames, times, int(stored["width"]), int(stored["height"]),
                          stored["keypoints"], rate=float(stored.get("fps", 30.0)))
        return SimpleNamespace(
            **found, betas=betas[0] if betas.ndim == 2 else betas, frames=frames, times=times,
            focal=float(stored["focal"]), gender=str(stored.get("gender", "neutral")),
            centre=stored.get("principal_point", np.zeros(2)),
            labels=labels_of(stored) | (
                {"gender": str(stored["gender"])} if "gender" in stored else {}),
        ), track
    except (OSError, ValueError, TypeError, LookupError, ArithmeticError) as error:
        raise KinesicsError(
            f"{file} cannot be read as a fit ({type(error).__name__}: {error}). Give a params.npz"
            " of `kinesics fit`, or the folder it lies in.") from error
