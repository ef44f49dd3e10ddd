"""A fit beside the truth, in one row of figures; and what fitting nothing would reach."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass, fields
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from kinesics_core.body.model import BodyModel
from kinesics_core.errors import KinesicsError
from kinesics_core.fitting.evaluation import metrics, truth
from kinesics_core.fitting.tracks.track import Track
from kinesics_core.rotations import logarithm
from kinesics_core.skeletons import SMPLX55, SMPLX_BODY

_CHUNK = 256  # frames whose meshes are held at once

STANDING = {"left_shoulder": (0.0, 0.0, -1.2), "right_shoulder": (0.0, 0.0, 1.2)}
"""The mean pose: upright, arms hanging."""


@dataclass(slots=True)
class Scores:
    """Figures of one clip, a row for each frame (meshes: every few frames; accelerations:
    two fewer), none where it cannot be said. Millimetres, px, m/s^2. v2v is after joining the
    pelvises."""

    v2v: np.ndarray
    pa_v2v: np.ndarray
    mpjpe: np.ndarray
    pa_mpjpe: np.ndarray
    hands_pa: np.ndarray
    reprojection: np.ndarray
    acceleration: np.ndarray
    penetration: np.ndarray

    def means(self) -> dict[str, float]:
        """Mean over the frames of each figure; nan where there is none."""
        return {f.name: _mean(getattr(self, f.name)) for f in fields(self)}


def score(
    fitted: Any, real: Any, body: BodyModel, true_body: BodyModel, track: Track | None = None,
    *, mesh_step: int = 4, penetration_step: int | None = None,
) -> Scores:
    """Compares anything with betas, ``parameters.PARAMETERS``, ``frames``, ``focal`` and ``centre``
    with another, in the frames both have.

    body, true_body: the models they are of; joints are compared if the meshes differ. track: to
    say how far the fit projects from its keypoints. mesh_step: every so many frames have their
    vertices compared; penetration_step: likewise, None for not at all.
    """
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
            mesh["pa_v2v"].append(metrics.pa_v2v(*pair))
        if penetration_step:
            mesh["penetration"].append(
                metrics.penetration(skin[-at % penetration_step::penetration_step], body))
        if track is not None:
            points = truth.keypoints_of(body, skin, joints)
            order = np.searchsorted(track.frames, np.asarray(fitted.frames)[here[part]])
            seen[part] = metrics.reprojection(
                truth.project(points, fitted.focal, fitted.centre), track.keypoints[order])
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
    """Of frames whose neighbours are both there."""
    frames, times = np.asarray(fitted.frames)[rows], np.asarray(fitted.times)[rows]
    if len(frames) < 3:
        return np.empty(0)
    rate = float(np.median(np.diff(frames) / np.diff(times)))
    return metrics.acceleration_error(joints, true_joints, rate)[frames[2:] - frames[:-2] == 2]


def mean_pose(track: Track, body: BodyModel) -> SimpleNamespace:
    """The baseline that knows nothing of the person but where they are: the mean body, standing,
    facing the camera, moved, turned in the image and sized to fit its keypoints frame by frame."""
    count = len(track)
    pose = np.zeros((21, 3), np.float32)
    for name, turn in STANDING.items():
        pose[SMPLX_BODY.index(name) - 1] = turn
    still = {name: np.zeros((1, *shape), np.float32) for name, shape in SHAPES.items()}
    still["body_pose"] = pose[None]
    skin, joints = truth.posed(SimpleNamespace(**still, betas=np.zeros(10)), body)
    points = truth.keypoints_of(body, skin, joints)
    flat = points[0] * [1.0, -1.0, -1.0]  # facing the camera: y down
    known = np.isfinite(flat).all(axis=-1)
    known[23:] = False  # body and feet
    found = {name: np.repeat(values, count, axis=0) for name, values in still.items()}
    focal = track.focal or float(max(track.width, track.height))
    centre = np.array([track.width, track.height]) / 2
    turns, places = np.tile(np.eye(3), (count, 1, 1)), np.full((count, 3), [0.0, 0.0, 4.0])
    for row, seen in enumerate(track.keypoints):
        use = known & (seen[:, 2] > 0)
        if use.sum() < 2:
            if row:
                turns[row], places[row] = turns[row - 1], places[row - 1]
            continue
        x, y = flat[use, :2] @ [1, 1j], seen[use, :2].astype(np.float64) @ [1, 1j]
        share = np.vdot(x - x.mean(), y - y.mean()) / np.vdot(x - x.mean(), x - x.mean()).real
        size, angle = max(abs(share), 1e-6), np.angle(share)
        depth = focal / size
        turns[row, :2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
        shift = (y.mean() - share * x.mean()) - centre @ [1, 1j]
        places[row] = shift.real / size, shift.imag / size, depth
    facing = turns @ np.diag([1.0, -1.0, -1.0])
    found["global_orient"] = logarithm(facing).astype(np.float32)
    # The model turns about its pelvis; what was turned above turns about the origin.
    pelvis = joints[0, 0].astype(np.float64)
    found["transl"] = (places + facing @ pelvis - pelvis).astype(np.float32)
    return SimpleNamespace(**found, betas=np.zeros(10, np.float32), focal=focal, centre=centre,
                           frames=track.frames, times=track.times, gender=body.gender)


SHAPES: dict[str, tuple[int, ...]] = {
    "transl": (3,), "global_orient": (3,), "body_pose": (21, 3), "left_hand_pose": (15, 3),
    "right_hand_pose": (15, 3), "jaw_pose": (3,), "leye_pose": (3,), "reye_pose": (3,),
    "expression": (52,),
}
"""Shape of one frame of each parameter of a fit."""


def read(place: Path) -> tuple[SimpleNamespace, Track | None]:
    """Parameters and, if they are there, keypoints of a ``params.npz`` or of the folder it is in.

    KinesicsError if it is none.
    """
    file = place / "params.npz" if place.is_dir() else place
    try:
        with np.load(file, allow_pickle=False) as archive:
            stored = {key: archive[key] for key in archive.files}
        found = {name: stored[name] for name in SHAPES}
        for name, shape in SHAPES.items():
            if found[name].shape[1:] != shape or len(found[name]) != len(found["transl"]):
                raise KinesicsError(
                    f"{file}: {name} has shape {found[name].shape}; wanted"
                    f" ({len(found['transl'])}, {', '.join(map(str, shape))}).")
        count = len(found["transl"])
        frames = stored.get("frames", np.arange(count))
        times = stored.get("times", frames / float(stored.get("fps", 30.0)))
        betas = stored["betas"]
        track = None
        if {"keypoints", "width", "height"} <= set(stored):
            track = Track(1, frames, times, int(stored["width"]), int(stored["height"]),
                          stored["keypoints"], rate=float(stored.get("fps", 30.0)))
        return SimpleNamespace(
            **found, betas=betas[0] if betas.ndim == 2 else betas, frames=frames, times=times,
            focal=float(stored["focal"]), gender=str(stored.get("gender", "neutral")),
            centre=stored.get("principal_point", np.zeros(2)),
            labels={name: str(stored[name]) for name in ("emotion", "gender", "clip")
                    if name in stored},
        ), track
    except (OSError, ValueError, KeyError, IndexError, EOFError, zipfile.BadZipFile,
            json.JSONDecodeError) as error:
        raise KinesicsError(
            f"{file} cannot be read as a fit ({type(error).__name__}: {error}). Give a params.npz"
            " of `kinesics fit`, or the folder it lies in.") from error


def _mean(values: np.ndarray) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if len(finite) else float("nan")


def _span(frames: np.ndarray) -> str:
    return f"{frames[0]} to {frames[-1]}" if len(frames) else "none"
