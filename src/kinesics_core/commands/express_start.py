"""The body of a fit as that which a performance starts from."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kinesics_core import files
from kinesics_core.body import model as body_model
from kinesics_core.body.parameters import PARAMETERS
from kinesics_core.camera import MODEL_TO_OPTICAL
from kinesics_core.commands.express_files import NAMES
from kinesics_core.errors import KinesicsError
from kinesics_core.expression.body_performance import Start
from kinesics_core.rotations import about_axis, exponential, logarithm

_FROM_BODY = ("global_orient", "body_pose", "left_hand_pose", "right_hand_pose")


def read_start(place: Path) -> Start:
    """Return the body of a fit, in the pose of its first fitted frame.

    Its turn about the vertical and its place are left out: it performs where it stands, to the
    front.

    Args:
        place: ``params.npz``, or the folder it is in, or that of a performance.

    Raises:
        KinesicsError: It cannot be read as a fit, it is one of another body model, or no frame was
            fitted.
    """
    from kinesics_core.fitting.output.directory import PARAMS
    from kinesics_core.fitting.output.params_file import read_parameters

    if place.suffix.lower() in (".csv", ".mcap", ".db3"):
        raise KinesicsError(
            f"{files.shown(place)} is a recording of a face; add --face-only, or give a params.npz"
            " of `kinesics fit`.")
    if place.is_dir() and not (place / PARAMS).is_file() and (place / NAMES["npz"]).is_file():
        place = place / NAMES["npz"]
    found, _ = read_parameters(place)
    _require_our_body(place / PARAMS if place.is_dir() else place, found.gender)
    rows = [getattr(found, name).reshape(len(found.frames), -1) for name in PARAMETERS]
    fitted = np.flatnonzero(np.isfinite(np.concatenate(rows, axis=1)).all(axis=1))
    if not len(fitted):
        raise KinesicsError(f"{files.shown(place)} has no frame that was fitted; give another fit.")
    pose = {name: getattr(found, name)[fitted[0]].astype(np.float32) for name in _FROM_BODY}
    turned = np.diag(MODEL_TO_OPTICAL) @ exponential(pose["global_orient"].astype(np.float64))
    heading = float(np.arctan2(turned[0, 2], turned[2, 2]))
    pose["global_orient"] = logarithm(about_axis(1, -heading) @ turned).astype(np.float32)
    return Start(np.asarray(found.betas, np.float32)[:10], found.gender, **pose)


def _require_our_body(file: Path, gender: str) -> None:
    """Refuse the fit of a body whose shape components mean something else.

    Raises:
        KinesicsError: It names another body than the open one.
    """
    if gender not in body_model.GENDERS:
        raise KinesicsError(
            f"{files.shown(file)} is of the gender {gender!r}; wanted"
            f" {', '.join(body_model.GENDERS)}.")
    stored = files.read_arrays(file)
    ours = body_model.find(None, gender)
    if "model_sha256" in stored and str(stored["model_sha256"]) != files.sha256_of(ours):
        raise KinesicsError(
            f"{files.shown(file)} was fitted to another body model"
            f" ({stored.get('model', 'without a name')}), whose shape is not that of the open body"
            f" {ours.name}; fit the recording without --model.")
