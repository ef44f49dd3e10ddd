"""Measures of what a body can do: limits, overlaps, likelihood, feet and accelerations."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from kinesics_core.body import model as body_model
from kinesics_core.body.leg_ik import STANDING_OFFSETS
from kinesics_core.dataset.pose_clips import PoseClip
from kinesics_core.judging.live_clips import RATE, LiveClip
from kinesics_core.kinematics import forward_kinematics
from kinesics_core.pose_priors import gmm
from kinesics_core.pose_priors.joint_limits import half_spaces
from kinesics_core.rotations import exponential, logarithm
from kinesics_core.skeletons import SMPLX_BODY, SMPLX_BODY_PARENTS
from kinesics_core.solver.interpenetration import (
    CollisionSpheres,
    collision_spheres,
    deepest_overlap,
)
from kinesics_core.solver.kinematics import Posed, State, forward
from kinesics_core.solver.rig import rig_of

UPPER_BODY = ("neck", "left_shoulder", "right_shoulder", "left_elbow", "right_elbow")
"""Joints whose turn from neutral ``upper_body_degrees`` means."""

TOLERANCE = 0.01
"""Radians that a pose may pass a limit by: what a fit's soft limits leave."""

_APEX = 1.5  # s at the end of a clip that are its apex
_FRAMES = 2000  # frames of real motion, at most, that overlaps and likelihood are measured on
_CHUNK = 250  # frames posed at a time
_FEET = ("left_ankle", "right_ankle", "left_foot", "right_foot")


def within_limits(rotations: np.ndarray) -> np.ndarray:
    """Return whether poses (T, 22, 3) are inside the joint limits, (T,)."""
    directions, limits = half_spaces()
    pose = rotations[:, 1:].reshape(len(rotations), -1).astype(np.float64)
    inside: np.ndarray = (pose @ directions.T.astype(np.float64) <= limits + TOLERANCE).all(axis=1)
    return inside


def energies(rotations: np.ndarray) -> np.ndarray:
    """Return the negative log-likelihood (T,) of poses (T, 22, 3) in the mixture prior."""
    return gmm.load().best(rotations[:, 1:])[1]


def overlaps(rotations: np.ndarray) -> np.ndarray:
    """Return the deepest overlap (T,) of parts of the body in poses (T, 22, 3), millimetres."""
    depth = [deepest_overlap(_spheres(), _posed(rotations[k:k + _CHUNK]))
             for k in range(0, len(rotations), _CHUNK)]
    return 1000.0 * np.concatenate(depth)


def foot_speeds(clip: LiveClip) -> np.ndarray:
    """Return the horizontal speed (T - 1,) of the faster of both feet's joints, cm/s.

    On the skeleton that the live body's legs are solved for, the open body's; a body of other
    proportions solves them again (``expression.body_performance``).
    """
    positions, _ = forward_kinematics(
        exponential(clip.rotations.astype(np.float64)), STANDING_OFFSETS, SMPLX_BODY_PARENTS)
    feet = positions[:, [SMPLX_BODY.index(name) for name in _FEET]] + clip.transl[:, None]
    steps = np.linalg.norm(np.diff(feet, axis=0)[..., [0, 2]], axis=-1)
    speeds: np.ndarray = 100.0 * RATE * steps.max(axis=1)
    return speeds


def angular_accelerations(rotations: np.ndarray, rate: float) -> np.ndarray:
    """Return accelerations (T - 2, 22) of the joints' rotations (T, 22, 3), rad/s^2."""
    matrices = exponential(rotations.astype(np.float64))
    turn = logarithm(np.swapaxes(matrices[:-1], -1, -2) @ matrices[1:]) * rate
    sizes: np.ndarray = np.linalg.norm(np.diff(turn, axis=0), axis=-1) * rate
    return sizes


def upper_body_degrees(clip: LiveClip, neutral: LiveClip) -> float:
    """Return the mean turn of neck, shoulders and elbows from the neutral pose at the apex."""
    rows = [SMPLX_BODY.index(name) for name in UPPER_BODY]
    shown, rest = (exponential(one.rotations[-int(_APEX * RATE):, rows].astype(np.float64))
                   for one in (clip, neutral))
    apart = logarithm(np.swapaxes(rest, -1, -2) @ shown)
    return float(np.degrees(np.linalg.norm(apart, axis=-1)).mean())


def reference(clips: Sequence[PoseClip], seed: int = 0) -> dict[str, np.ndarray]:
    """Return what real motion does, to stand beside.

    Args:
        clips: Recordings.
        seed: Chooses the poses that are measured.

    Returns:
        ``limits``, share of frames inside; ``energy``, its 95th percentile; ``overlap``, median,
        95th and 99th percentile, mm; ``acceleration``, 99th percentile, rad/s^2.
    """
    poses = np.concatenate([clip.rotations for clip in clips])
    rng = np.random.default_rng(seed)
    some = poses[np.sort(rng.permutation(len(poses))[:_FRAMES])]
    accelerations = np.concatenate(
        [angular_accelerations(clip.rotations, RATE)[:, 1:].ravel()
         for clip in clips if len(clip.rotations) > 2])
    return {
        "limits": np.array(within_limits(some).mean()),
        "energy": np.array(np.percentile(energies(some), 95)),
        "overlap": np.percentile(overlaps(some), [50, 95, 99]),
        "acceleration": np.array(np.percentile(accelerations, 99)),
    }


@cache
def _spheres() -> CollisionSpheres:
    model = body_model.load()
    return collision_spheres(model, rig_of(model))


@cache
def _names() -> list[str]:
    return list(body_model.load().joint_names)


def _posed(rotations: np.ndarray) -> Posed:
    spheres = _spheres()
    rig, count = spheres.rig, len(rotations)
    local = np.broadcast_to(np.eye(3, dtype=np.float32), (count, len(rig.parents), 3, 3)).copy()
    local[:, [_names().index(name) for name in SMPLX_BODY]] = exponential(
        rotations.astype(np.float32))
    place = np.zeros((count, 3), np.float32)
    shapes, expressions = rig.joint_shape.shape[-1], rig.joint_expression.shape[-1]
    return forward(rig, State(local, place, np.zeros(shapes, np.float32),
                              np.zeros((count, expressions), np.float32), 1000.0))
