"""First poses of single frames: several guesses are fitted, and the likeliest sequence is kept.

A single view does not tell whether a limb points towards the camera or away from it, and a back
looks like a chest (SMPLify-X tries both ways round where the shoulders appear narrow). So some
orientations of the root are tried at once, as one batch of independent frames; then the path
through the frames is taken, one guess each, that has the least energy and the least motion
(Viterbi's algorithm).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kinesics_core.body.fitting.camera import placed
from kinesics_core.body.fitting.kinematics import Rig, State
from kinesics_core.body.fitting.reprojection import Observed
from kinesics_core.rotations import exponential
from kinesics_core.skeletons import WHOLEBODY133

YAWS = (0.0, np.pi / 2, np.pi, -np.pi / 2)
MOTION_SPREAD = 0.6
"""m: how far the joints together (root of the mean square) move between two of the frames tried,
for an energy of 1/2 per joint."""

_FACING = np.diag([1.0, -1.0, -1.0])  # y up, looking at us -> camera's axes
_SHOULDERS = [WHOLEBODY133.index(f"{side}_shoulder") for side in ("left", "right")]
_HIPS = [WHOLEBODY133.index(f"{side}_hip") for side in ("left", "right")]


def roots(pixels: np.ndarray, yaws: Sequence[float] = YAWS) -> np.ndarray:
    """(H, T, 3, 3): the root's rotation for people upright along their trunk in the picture.

    pixels: (T, 133, 2), nan where unknown.
    """
    up = pixels[:, _SHOULDERS].mean(axis=1) - pixels[:, _HIPS].mean(axis=1)
    lean = np.where(np.isfinite(up).all(axis=1), np.arctan2(up[:, 0], -up[:, 1]), 0.0)
    roll = exponential(np.stack([0 * lean, 0 * lean, lean], axis=1))
    turns = exponential(np.array([(0.0, yaw, 0.0) for yaw in yaws]))
    rotations: np.ndarray = roll[None] @ (_FACING @ turns)[:, None]
    return rotations


@dataclass(frozen=True, slots=True)
class Guesses:
    """H guesses of each of T frames: states whose frames are guess-major (H T), energies (H, T),
    joints (H, T, J, 3) relative to the pelvis."""

    state: State
    energy: np.ndarray
    joints: np.ndarray


def starts(rig: Rig, base: State, guesses: np.ndarray, observed: Observed) -> State:
    """The H T states with the pose of `base` (T frames) and each of the roots (H, T, 3, 3), placed
    in front of the camera. `observed` is of T frames."""
    count = len(guesses)
    local = np.tile(base.local, (count, 1, 1, 1))
    local[:, 0] = guesses.reshape(-1, 3, 3)
    state = State(local, np.tile(base.transl, (count, 1)), base.betas,
                  np.tile(base.expression, (count, 1)), base.focal)
    state.transl = placed(rig, state, repeated(observed, count))
    return state


def repeated(observed: Observed, count: int) -> Observed:
    """What was observed, once for each of some guesses."""
    return Observed(np.tile(observed.pixels, (count, 1, 1)), np.tile(
        observed.certainty, (count, 1)), observed.centre, observed.robust)


def likeliest(guesses: Guesses) -> np.ndarray:
    """(T,) the guess of each frame on the path of least energy (Viterbi)."""
    count, frames = guesses.energy.shape
    best = guesses.energy[:, 0].astype(float)
    came = np.zeros((frames, count), int)
    for t in range(1, frames):
        gap = guesses.joints[:, None, t] - guesses.joints[None, :, t - 1]
        moved = 0.5 * (gap**2).sum(axis=(-1, -2)) / MOTION_SPREAD**2
        total = best[None] + moved
        came[t] = total.argmin(axis=1)
        best = total.min(axis=1) + guesses.energy[:, t]
    path = np.empty(frames, int)
    path[-1] = best.argmin()
    for t in range(frames - 1, 0, -1):
        path[t - 1] = came[t, path[t]]
    return path
