"""A fit beside the truth, in one row of figures."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from kinesics_core.body.model import BodyModel
from kinesics_core.camera import project
from kinesics_core.errors import KinesicsError
from kinesics_core.fitting.evaluation import metrics, truth
from kinesics_core.fitting.evaluation.penetration import penetration
from kinesics_core.fitting.tracks.track import Track
from kinesics_core.skeletons import SMPLX55

_CHUNK = 256  # frames whose meshes are held at once


@dataclass(slots=True)
class Scores:
    """Figures of one clip, a row for each frame; no rows where it cannot be said.

    Attributes:
        v2v: mm, after joining the pelvises, of every few frames.
        pa_v2v: mm, of every few frames.
        mpjpe: mm.
        pa_mpjpe: mm.
        hands_pa: mm.
        reprojection: px.
        acceleration: m/s^2, two rows fewer.
        penetration: mm, of every few frames.
    """

    v2v: np.ndarray
    pa_v2v: np.ndarray
    mpjpe: np.ndarray
    pa_mpjpe: np.ndarray
    hands_pa: np.ndarray
    reprojection: np.ndarray
    acceleration: np.ndarray
    penetration: np.ndarray

    def means(self) -> dict[str, float]:
        """Return the mean over the frames of each figure; nan where there is none."""
        return {f.name: _mean(getattr(self, f.name)) for f in fields(self)}


def score(
    fitted: Any, real: Any, bodies: tuple[BodyModel, BodyModel], track: Track | None = None,
    *, mesh_step: int = 4, penetration_step: int | None = None,
) -> Scores:
    """Compare a fit with the truth, in the frames both have.

    Args:
        fitted: Anything with betas, ``body.parameters.PARAMETERS``, ``frames``, ``focal`` and
            ``centre``.
        real: The same.
        bodies: The models ``fitted`` and ``real`` are of; only joints are compared if the meshes
            differ.
        track: To say how far the fit projects from its keypoints.
        mesh_step: Every so many frames have their vertices compared.
        penetration_step: Every so many frames have their penetration measured; None: none.

    Raises:
        KinesicsError: The two have no frame in common.
    """
    body, true_body = bodies
    _, here, there = np.intersect1d(fitted.frames, real.frames, return_indices=True)
    if not len(here):
        raise KinesicsError(
            f"The fit has frames {_span(fitted.frames)} and the truth {_span(real.frames)}: none"
            " in common. Give the two of the same recording.")
    bones, true_bones = [], []
    mesh: dict[str, list[np.ndarray]] = {"v2v": [], "pa_v2v": [], "penetration": []}
    seen = np.full(len(here), np.nan)
    for at in range(0, len(here), _CHUNK):
        part = slice(at, at + _CHUNK)
        skin, joints = truth.posed(fitted, body, here[part])
        true_skin, true_joints = truth.posed(real, true_body, there[part])
        bones.append(joints)
        true_bones.append(true_joints)
        if skin.shape == true_skin.shape:
            rows = slice(-at % mesh_step, None, mesh_step)
            pair = skin[rows], true_skin[rows]
            mesh["v2v"].append(metrics.v2v(*pair, joints[rows, 0], true_joints[rows, 0]))
            mesh["pa_v2v"].append(metrics.pa_mpjpe(*pair))
        if penetration_step:
            mesh["penetration"].append(
                penetration(skin[-at % penetration_step::penetration_step], body))
        if track is not None:
            points = truth.keypoints_of(body, skin, joints)
            order = np.searchsorted(track.frames, np.asarray(fitted.frames)[here[part]])
            seen[part] = metrics.reprojection(
                project(points, fitted.focal, fitted.centre), track.keypoints[order])
    joints, true_joints = np.concatenate(bones), np.concatenate(true_bones)
    trunk = joints[:, list(metrics.BODY)], true_joints[:, list(metrics.BODY)]
    hands = joints.shape[1] == true_joints.shape[1] == len(SMPLX55)
    return Scores(
        mpjpe=metrics.mpjpe(*trunk), pa_mpjpe=metrics.pa_mpjpe(*trunk),
        hands_pa=metrics.hands_pa(joints, true_joints) if hands else np.empty(0),
        reprojection=seen, acceleration=_acceleration(*trunk, fitted, here),
        **{name: np.concatenate(found) if found else np.empty(0) for name, found in mesh.items()})


def _acceleration(
    joints: np.ndarray, true_joints: np.ndarray, fitted: Any, rows: np.ndarray
) -> np.ndarray:
    """Return the acceleration error of frames whose neighbours are both there."""
    frames, times = np.asarray(fitted.frames)[rows], np.asarray(fitted.times)[rows]
    if len(frames) < 3:
        return np.empty(0)
    rate = float(np.median(np.diff(frames) / np.diff(times)))
    return metrics.acceleration_error(joints, true_joints, rate)[frames[2:] - frames[:-2] == 2]


def _mean(values: np.ndarray) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if len(finite) else float("nan")


def _span(frames: np.ndarray) -> str:
    return f"{frames[0]} to {frames[-1]}" if len(frames) else "none"
