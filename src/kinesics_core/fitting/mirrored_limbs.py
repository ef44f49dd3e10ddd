"""Limbs that may point the other way: towards the camera instead of away from it, or back.

From one view, each bone has two places of nearly the same picture, mirror images about the plane
across the line of sight. Gauss-Newton stays in the one it began in. So each limb's upper and lower
bone are mirrored, alone and together, its joints are set to fit (elbows and knees are hinges, so
that two directions settle the rotations), and the limb is fitted again from there; then the path of
least energy and least motion through the frames is kept (Viterbi's algorithm).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from kinesics_core.pose_priors.joint_limits import HINGE
from kinesics_core.solver.kinematics import Posed, State, forward
from kinesics_core.solver.rig import Rig

MOTION = 0.08
"""Standard deviation of the way of a limb's joint from one keyframe to the next, metres."""

SUDDEN = 6.0
"""Energy of a motion that is not worth more, however long: limbs do move fast."""

HYPOTHESES = ((False, False), (True, False), (False, True), (True, True))
"""The hypotheses: whether the upper and the lower bone are mirrored."""


@dataclass(frozen=True, slots=True)
class Limb:
    """An arm or a leg: two bones and the joints at their ends.

    Attributes:
        upper: Joint where the upper bone begins.
        lower: Joint where the lower bone begins, elbow or knee.
        end: Joint where the lower bone ends.
        around: Joints that are fitted with it.
        hinge: (3,), the axis in T-pose about which the lower bone bends.
    """

    upper: int
    lower: int
    end: int
    around: np.ndarray
    hinge: np.ndarray


def limbs_of(names: tuple[str, ...]) -> list[Limb]:
    """Return the arms and legs of a body of the SMPL family, by the names of its joints."""
    found = []
    for side, sign in (("left", 1.0), ("right", -1.0)):
        arm = np.array([0.0, -HINGE[0], HINGE[1]]) * sign
        for chain, hinge in ((("shoulder", "elbow", "wrist"), arm),
                             (("hip", "knee", "ankle"), np.array([1.0, 0.0, 0.0]))):
            upper, lower, end = (names.index(f"{side}_{part}") for part in chain)
            found.append(Limb(upper, lower, end, np.array([upper, lower, end]), hinge))
    return found


def hypotheses(rig: Rig, state: State, limb: Limb) -> State:
    """Return T frames with the limb in each of the H ``HYPOTHESES``: H T frames, frames fastest."""
    posed = forward(rig, state)
    states = [state] + [_mirrored(posed, limb, *which) for which in HYPOTHESES[1:]]
    return State(
        np.concatenate([one.local for one in states]),
        np.tile(state.transl, (len(HYPOTHESES), 1)), state.betas,
        np.tile(state.expression, (len(HYPOTHESES), 1)), state.focal)


def _mirrored(posed: Posed, limb: Limb, upper: bool, lower: bool) -> State:
    """Return the state with one or both bones of the limb mirrored."""
    rig, state = posed.rig, posed.state
    first, second = (
        _unit(posed.joints[:, b] - posed.joints[:, a])
        for a, b in ((limb.upper, limb.lower), (limb.lower, limb.end)))
    sight = _unit(posed.joints[:, limb.lower])
    if upper:
        first = first - 2 * np.einsum("ti,ti->t", first, sight)[:, None] * sight
    if lower:
        second = second - 2 * np.einsum("ti,ti->t", second, sight)[:, None] * sight
    bend = np.cross(first, second)
    size = np.linalg.norm(bend, axis=1, keepdims=True)
    # A stretched limb says nothing of its hinge: it stays as it was.
    was = posed.rotations[:, limb.upper] @ limb.hinge.astype(np.float32)
    bend = np.where(size > 0.1, bend / np.maximum(size, 1e-6), was)
    rest = rig.joints + rig.joint_shape @ state.betas
    turns = [_frame(bone, bend) @ np.swapaxes(_frame(
        _unit(rest[b] - rest[a]), limb.hinge), -1, -2)
        for bone, a, b in ((first, limb.upper, limb.lower), (second, limb.lower, limb.end))]
    local = state.local.copy()
    above = posed.rotations[:, rig.parents[limb.upper]]
    local[:, limb.upper] = np.swapaxes(above, 1, 2) @ turns[0]
    local[:, limb.lower] = np.swapaxes(turns[0], 1, 2) @ turns[1]
    # The hand or foot looks where it did, as it is seen.
    local[:, limb.end] = np.swapaxes(turns[1], 1, 2) @ posed.rotations[:, limb.end]
    return replace(state, local=local)


def _unit(vectors: np.ndarray) -> np.ndarray:
    unit: np.ndarray = vectors / np.maximum(
        np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-6)
    return unit


def _frame(along: np.ndarray, across: np.ndarray) -> np.ndarray:
    """Return right-handed axes (..., 3, 3): one along a bone, the next nearest to its hinge."""
    across = _unit(across - np.sum(across * along, axis=-1, keepdims=True) * along)
    return np.stack(np.broadcast_arrays(along, across, np.cross(along, across)), axis=-1)


def viterbi(energy: np.ndarray, places: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Return the hypothesis of each frame on the path of least energy and motion, (T,).

    Args:
        energy: (H, T), of each hypothesis in each frame.
        places: (H, T, K, 3) metres, of the limb's joints.
        steps: (T - 1,), squared factor by which the time to the next frame is longer than usual.
    """
    count, frames = energy.shape
    best = energy[:, 0].astype(float)
    came = np.zeros((frames, count), int)
    for t in range(1, frames):
        gap = places[:, None, t] - places[None, :, t - 1]
        moved = 0.5 * (gap**2).sum(axis=(-1, -2)) / (MOTION**2 * steps[t - 1])
        total = best[None] + SUDDEN * moved / (SUDDEN + moved)
        came[t] = total.argmin(axis=1)
        best = total.min(axis=1) + energy[:, t]
    path = np.empty(frames, int)
    path[-1] = best.argmin()
    for t in range(frames - 1, 0, -1):
        path[t - 1] = came[t, path[t]]
    return path
