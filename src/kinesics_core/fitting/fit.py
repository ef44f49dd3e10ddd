"""Fits a body to everything that is known of one person in a recording.

    fitted = fit(track, body.model.load(), Settings())

All frames of a chunk are one nonlinear least-squares problem, solved by Gauss-Newton steps with
analytic derivatives (``solver``); ``stages`` has the schedule. Shape, focal length and gender are
found first (``subject``), then the poses chunk by chunk (``chunks``).
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np
from threadpoolctl import threadpool_limits

from kinesics_core.body.model import BodyModel
from kinesics_core.body.parameters import BodyFrames
from kinesics_core.camera import project
from kinesics_core.fitting import hands_face, stages
from kinesics_core.fitting.checkpoints import Checkpoints
from kinesics_core.fitting.chunks import (
    STRIDE,
    Chunk,
    blended,
    chunk_rows,
    interpolated,
    keyframes,
)
from kinesics_core.fitting.clip import PersonClip
from kinesics_core.fitting.errors import FitError
from kinesics_core.fitting.progress import SILENT, CancelledError, FitHooks
from kinesics_core.fitting.settings import Settings
from kinesics_core.fitting.subject import BodyOfGender, Subject, find_subject
from kinesics_core.fitting.tracks.track import Track
from kinesics_core.keypoints import visible
from kinesics_core.rotations import logarithm
from kinesics_core.skeletons import SMPLX55
from kinesics_core.solver.interpenetration import collision_spheres, deepest_overlap
from kinesics_core.solver.kinematics import State, forward
from kinesics_core.solver.reprojection import CLAMP
from kinesics_core.solver.rig import rig_of

_BLOCK = 512  # frames whose keypoints are held at once


@dataclass(slots=True)
class Fit(BodyFrames):
    """A body in T frames, those of the track, in the parameters of stock smplx.

    Places are in the camera's optical frame (x right, y down, z away). What the body model lacks
    is zero. The other attributes are those of ``body.parameters.BodyFrames``.

    Attributes:
        gender: Of the body that was fitted.
        focal: Focal length, px.
        centre: (2,) px, where the camera's axis meets the image.
        frames: (T,), the track's.
        times: (T,) seconds, the track's.
        reprojection: (T,) px, mean distance of confident keypoints; nan without any.
        loss: (T,), the optimiser's energy of the body.
        penetration: (T,) metres, deepest overlap of the body's parts.
        failed: (T,) bool: too little was seen, the pose is taken from the frames around.
        seconds: Time of each stage.
    """

    gender: str
    focal: float
    centre: np.ndarray
    frames: np.ndarray
    times: np.ndarray
    reprojection: np.ndarray
    loss: np.ndarray
    penetration: np.ndarray
    failed: np.ndarray
    seconds: dict[str, float] = field(default_factory=dict)


def fit(
    track: Track, body: BodyModel, settings: Settings | None = None, *, hooks: FitHooks = SILENT,
    checkpoints: Checkpoints | None = None, genders: BodyOfGender | None = None,
) -> Fit:
    """Fit body, hands, face and camera of one person.

    Args:
        track: The person's keypoints.
        body: The body to fit.
        settings: What to fit and how; None: the defaults.
        hooks: Told how far the fit is, and asked whether to stop.
        checkpoints: Where finished chunks are kept and found again.
        genders: Gives the body of a gender, for ``settings.gender`` "guess"; without it ``body``
            is taken.

    Returns:
        The fit. Cancelled after some chunks were done, it has the rest marked as failed.

    Raises:
        FitError: NO_PERSON if no frame shows enough of a person; CANCELED before a chunk was done.
    """
    # Thousands of small products: threads would wait for each other longer than they work.
    with threadpool_limits(1, "blas"):
        clip = PersonClip.of(track, settings or Settings(), hooks)
        rows = clip.usable()
        done: list[Chunk] = []
        try:
            subject = find_subject(clip, rows, body, genders, checkpoints)
            ranges = chunk_rows(len(rows), clip.settings.chunk, clip.settings.overlap)
            for number, part in enumerate(ranges):
                done.append(_chunk(clip, subject, rows, part, checkpoints, f"chunk_{number}"))
        except CancelledError:
            if not done:
                raise FitError("The fit was cancelled before any frame was done.",
                               "CANCELED") from None
        return _result(clip, subject.model, rows, blended(done))


def _chunk(
    clip: PersonClip, subject: Subject, rows: np.ndarray, part: np.ndarray,
    checkpoints: Checkpoints | None, name: str,
) -> Chunk:
    """Return a chunk of the usable rows: kept by an earlier run, or fitted and kept now."""
    kept = checkpoints.load(name) if checkpoints is not None else None
    if kept is not None:
        state = State(kept["local"], kept["transl"], kept["betas"], kept["expression"],
                      float(kept["focal"]))
        return Chunk(part, state, kept["loss"], kept["penetration"])
    state, loss, penetration = _fitted(clip, subject, rows[part])
    if checkpoints is not None:
        checkpoints.save(name, {
            "local": state.local, "transl": state.transl, "betas": state.betas,
            "focal": state.focal, "expression": state.expression, "loss": loss,
            "penetration": penetration})
    return Chunk(part, state, loss, penetration)


def _fitted(
    clip: PersonClip, subject: Subject, rows: np.ndarray
) -> tuple[State, np.ndarray, np.ndarray]:
    """Fit some rows of the track at once: their state, energies and penetration."""
    began = time.monotonic()
    body, state = subject.body, subject.state
    evidence = clip.evidence(rows, state.focal)
    stage = clip.stage("body", body, evidence)
    keys = keyframes(len(rows))
    # A clip of one chunk: its keyframes are those the person was found from.
    alone = np.array_equal(rows[keys], subject.sample)
    if not alone:
        start = clip.stage("body", body, evidence.part(keys))
        betas = state.betas
        state = stages.rest_state(body, len(keys), state.focal, len(betas),
                                  state.expression.shape[1])
        state.betas = betas
        state = stages.first_poses(start, state)
        state = stages.settle_limbs(start, state, STRIDE / clip.track.rate)
    if len(keys) < len(rows):
        state = interpolated(state, keys, evidence.times)
    state, loss = stages.whole_body(
        stage, state, shape=alone,
        focal=clip.focal if alone and not clip.focal_known else None)
    now = time.monotonic()
    clip.seconds["body"] += now - began
    stage = clip.stage("hands_face", body, evidence)
    for left in (True, False):
        state = hands_face.fit_fingers(stage, state, left)
    state = hands_face.fit_face(stage, state)
    clip.monitor.fitted += len(rows)
    spheres = body.spheres or collision_spheres(subject.model, body.rig)
    depth = deepest_overlap(spheres, forward(spheres.rig, state))
    clip.seconds["hands_face"] += time.monotonic() - now
    return state, loss, depth


def _result(clip: PersonClip, model: BodyModel, rows: np.ndarray, whole: Chunk) -> Fit:
    """Return the fit; frames without enough keypoints are filled in between the others."""
    track, state = clip.track, whole.state
    loss, penetration = whole.loss, whole.penetration
    fitted = rows[:len(state.transl)]
    failed = np.ones(len(track), bool)
    failed[fitted] = False
    if failed.any():
        state = interpolated(state, fitted, track.times)
        at = np.clip(np.searchsorted(fitted, np.arange(len(track))), 0, len(fitted) - 1)
        loss, penetration = loss[at], penetration[at]
    angles = np.zeros((len(track), len(SMPLX55), 3), np.float32)
    for index, name in enumerate(model.joint_names):
        if name in SMPLX55:
            angles[:, SMPLX55.index(name)] = logarithm(state.local[:, index])
    expression = np.zeros((len(track), 52), np.float32)
    expression[:, :state.expression.shape[1]] = state.expression
    return Fit(
        betas=state.betas, transl=state.transl, global_orient=angles[:, 0],
        body_pose=angles[:, 1:22], left_hand_pose=angles[:, 25:40],
        right_hand_pose=angles[:, 40:], jaw_pose=angles[:, 22], leye_pose=angles[:, 23],
        reye_pose=angles[:, 24], expression=expression, gender=model.gender,
        focal=float(state.focal), centre=clip.centre, frames=track.frames.copy(),
        times=track.times.copy(), reprojection=_reprojection(clip, model, state), loss=loss,
        penetration=penetration, failed=failed, seconds=dict(clip.seconds))


def _reprojection(clip: PersonClip, model: BodyModel, state: State) -> np.ndarray:
    """Return the mean distance of each frame's confident keypoints, (T,) px; nan without any."""
    track, rig = clip.track, rig_of(model)
    found = np.full(len(track), np.nan, np.float32)
    for first in range(0, len(track), _BLOCK):
        part = slice(first, first + _BLOCK)
        points = project(forward(rig, state.frames(part)).points, state.focal, clip.centre, CLAMP)
        seen = rig.known & visible(track.keypoints[part])
        gap = np.linalg.norm(points - np.nan_to_num(track.keypoints[part, :, :2]), axis=2)
        count = seen.sum(axis=1)
        total = np.where(seen, gap, 0).sum(axis=1)
        found[part] = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return found
