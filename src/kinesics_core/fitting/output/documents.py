"""The JSON documents of a fitted person, ``fit.json`` and ``camera.json``."""

from __future__ import annotations

import importlib.metadata
import platform
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from kinesics_core import __version__
from kinesics_core.camera import field_of_view
from kinesics_core.fitting.fit import Fit
from kinesics_core.fitting.output.frame_files import FittedPerson
from kinesics_core.fitting.output.quality import frames_in_words, quality
from kinesics_core.fitting.output.request import FitRequest
from kinesics_core.fitting.tracks.track import Track

_DOUBTFUL = 5.0  # per cent of the height; good fits have 1, the worst of the bench some 2
_LIBRARIES = ("numpy", "torch", "mediapipe", "opencv-contrib-python")


def fit_document(
    person: FittedPerson, request: FitRequest, *, complete: bool, write_ms: float | None
) -> dict[str, Any]:
    """Return ``fit.json``: how well a person was fitted, how fast, and with what.

    Args:
        person: The person's fit.
        request: Whose it is.
        complete: Whether all frames were fitted.
        write_ms: Milliseconds a frame took to be written, if known.
    """
    fit, track = person.fit, person.track
    stature = float(np.ptp(
        (person.body.template + person.body.shape_directions @ fit.betas)[:, 1]))
    document: dict[str, Any] = {
        "format": "kinesics fit 1", "person": track.person, "complete": complete,
        "input": request.input.name, "labels": dict(request.labels), "rate": track.rate,
        "gender": fit.gender, "model": person.file.name, "model_sha256": person.file.sha256,
        **quality(fit, track, person.joints, stature),
    }
    failures = []
    if failed := document["frames_failed"]:
        failures.append(
            f"Person {track.person} was not fitted in {len(failed)} of {len(track)} frames"
            f" ({frames_in_words(failed)}): too little of them is seen there.")
    error = document["reprojection_percent_of_height"]["median"]
    if error is not None and error > _DOUBTFUL:
        failures.append(
            f"Person {track.person} is {error:.0f} % of their height off the keypoints (median); a"
            f" fit is seldom beyond 2 %. The keypoints may be no person's, in another order, or of"
            f" another image size than {track.width} x {track.height} px.")
    return document | {
        "failures": failures,
        "frames_per_second": len(track) / max(sum(fit.seconds.values()), 1e-9),
        "seconds": fit.seconds, "write_ms_per_frame": write_ms,
        "settings": plain(asdict(request.settings())), "versions": _versions(),
    }


def camera_document(fit: Fit, track: Track) -> dict[str, Any]:
    """Return ``camera.json``: the pinhole camera of a fit."""
    focal = float(fit.focal)
    return {
        "focal_px": focal, "principal_point_px": [float(value) for value in fit.centre],
        "width": track.width, "height": track.height,
        "field_of_view_deg": field_of_view(track.width, focal),
        "axes": "x right, y down, z away; metres; pixel = focal_px * x / z + principal_point_px",
    }


def plain(value: Any) -> Any:
    """Return a value as JSON can hold it: nan and infinity are null."""
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, (float, np.floating)):
        return float(value) if np.isfinite(value) else None
    if isinstance(value, np.integer):
        return int(value)
    return str(value) if isinstance(value, Path) else value


def _versions() -> dict[str, str]:
    found = {"kinesics": __version__, "python": platform.python_version()}
    for name in _LIBRARIES:
        with suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found
