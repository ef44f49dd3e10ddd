"""``params.npz``: a fit as it is kept, and read again for evaluation, writing or resuming.

A stock ``smplx.create(...)`` takes its arrays as they are: ``betas`` (T, 10), ``transl`` (T, 3),
``global_orient`` (T, 3), ``body_pose`` (T, 21, 3), ``left_hand_pose`` and ``right_hand_pose``
(T, 15, 3), ``jaw_pose``, ``leye_pose``, ``reye_pose`` (T, 3), ``expression`` (T, 52). Rotations
are axis-angle, radians, hands full and flat at zero; the body stands in the camera's optical frame
(x right, y down, z away, metres), so that pixel = focal * x / z + principal_point.
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np

from kinesics_core.fitting.errors import FitError
from kinesics_core.fitting.fit import Fit
from kinesics_core.fitting.output.files import read_arrays
from kinesics_core.fitting.tracks.track import Track

PARAMETERS = ("transl", "global_orient", "body_pose", "left_hand_pose", "right_hand_pose",
              "jaw_pose", "leye_pose", "reye_pose", "expression")
"""Fields of ``Fit`` with a row for each frame that the body model takes; ``betas`` besides."""

FIGURES = ("reprojection", "loss", "penetration", "failed")
"""Fields of ``Fit`` with a row for each frame that say how well it went."""

FILE = "params.npz"


def arrays_of(
    fit: Fit, track: Track, joints: np.ndarray, *, model: str, sha256: str, complete: bool,
) -> dict[str, object]:
    """What ``params.npz`` holds.

    joints: (T, J, 3) metres in camera coordinates. model, sha256: the body's name and its file's.
    complete: False while frames are still to be fitted, after a cancelled run.
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
        "gender": fit.gender, "model": model, "model_sha256": sha256,
        **{name: np.asarray(getattr(fit, name)) for name in FIGURES},
        "seconds": json.dumps(fit.seconds), "complete": complete,
    }


def fit_of(stored: dict[str, np.ndarray]) -> Fit:
    """The fit of the arrays of a ``params.npz``. KeyError if one is missing."""
    return Fit(
        betas=stored["betas"][0] if len(stored["betas"]) else np.zeros(10, np.float32),
        **{name: stored[name] for name in (*PARAMETERS, *FIGURES, "frames", "times")},
        gender=str(stored["gender"]), focal=float(stored["focal"]),
        centre=stored["principal_point"], seconds=json.loads(str(stored["seconds"])),
    )


def read_fit(place: Path) -> Fit:
    """The fit of one person: a ``params.npz``, or the directory it lies in.

    FitError if there is none, if it cannot be read, or if the directory holds several people.
    """
    return read_fit_and_track(place)[0]


def read_fit_and_track(place: Path) -> tuple[Fit, Track]:
    """The fit, and the keypoints it was made from."""
    file = place / FILE if place.is_dir() else place
    if not file.is_file():
        people = sorted(path.parent.name for path in place.glob(f"person_*/{FILE}"))
        raise FitError(
            f"{place} holds no {FILE}" + (
                f", but {', '.join(people)}; give one of those directories." if people else
                "; give a directory that `kinesics fit VIDEO --out DIR` has written."),
            "INPUT_UNREADABLE")
    try:
        stored = read_arrays(file)
        track = Track(
            int(stored["person"]), stored["frames"], stored["times"], int(stored["width"]),
            int(stored["height"]), stored["keypoints"], rate=float(stored["fps"]))
        return fit_of(stored), track
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise FitError(
            f"{file} is not a fit that `kinesics fit` has written, or is cut off"
            f" ({type(error).__name__}: {error}); fit the recording again.",
            "INPUT_UNREADABLE") from error
