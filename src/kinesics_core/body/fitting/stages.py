"""The schedule: what is fitted to what, in which order.

After SMPLify-X (Pavlakos et al. 2019, section 3.4: camera and root from the trunk, body with
annealed weights, then hands and face), with two differences. Every term is a likelihood of measured
spread, so that no weights need annealing; only the robust data term tightens. And frames are not
fitted one by one: a first pass over frames spread through the clip finds shape, focal length and
which way round people stand; a second fits all frames of a chunk at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinesics_core.body.fitting import initial
from kinesics_core.body.fitting.camera import FOCAL_SPREAD
from kinesics_core.body.fitting.kinematics import Rig, State, forward
from kinesics_core.body.fitting.optimise import Tick, minimise
from kinesics_core.body.fitting.pose_terms import stencils
from kinesics_core.body.fitting.problem import Gaussian, Problem, Smooth, Target
from kinesics_core.body.fitting.reprojection import Observed
from kinesics_core.body.fitting.rotations import exponential, logarithm
from kinesics_core.body.fitting.settings import Settings
from kinesics_core.body.fitting.unknowns import Unknowns
from kinesics_core.body.model import BodyModel
from kinesics_core.skeletons import (
    SMPLX_BODY,
    WHOLEBODY133,
    WHOLEBODY133_BODY,
    WHOLEBODY133_FACE,
    WHOLEBODY133_FEET,
    WHOLEBODY133_LEFT_HAND,
    WHOLEBODY133_RIGHT_HAND,
)

_TRUNK = [WHOLEBODY133.index(f"{side}_{part}") for part in ("shoulder", "hip")
          for side in ("left", "right")]
# Points of the face that no expression moves, and of the hands that no finger does.
_SKULL = WHOLEBODY133_FACE.start + np.array([27, 28, 29, 30, 36, 39, 42, 45])
_KNUCKLES = np.array([hand.start + i for hand in (WHOLEBODY133_LEFT_HAND, WHOLEBODY133_RIGHT_HAND)
                      for i in (5, 9, 13, 17)])
BODY_POINTS = np.concatenate([np.r_[WHOLEBODY133_BODY], np.r_[WHOLEBODY133_FEET], _SKULL,
                              _KNUCKLES])
"""Keypoints that the joints of the body alone place."""


@dataclass(frozen=True, slots=True)
class Body:
    """What stages know of the body: its rig, and which of its joints are which. `pose` is the
    prior of the body's joints."""

    rig: Rig
    names: tuple[str, ...]
    free: np.ndarray
    left: np.ndarray
    right: np.ndarray
    jaw: np.ndarray
    pose: list[Gaussian | Target]


def body_of(model: BodyModel, rig: Rig, pose: list[Gaussian | Target]) -> Body:
    """The joints by what moves them; toes stay as they are at rest."""
    names = tuple(model.joint_names)

    def found(wanted: list[str]) -> np.ndarray:
        return np.array([names.index(name) for name in wanted if name in names], int)

    fingers = [f"{finger}{i}" for finger in ("index", "middle", "pinky", "ring", "thumb")
               for i in (1, 2, 3)]
    return Body(
        rig, names,
        free=found([name for name in SMPLX_BODY if not name.endswith("_foot")]),
        left=found([f"left_{name}" for name in fingers]),
        right=found([f"right_{name}" for name in fingers]),
        jaw=found(["jaw"]), pose=pose)


def certainty(keypoints: np.ndarray, settings: Settings) -> np.ndarray:
    """(T, 133) 1/m, one over the spread expected of each keypoint; 0 where it is not known."""
    spread = np.empty(len(WHOLEBODY133))
    widths = settings.spreads
    spread[WHOLEBODY133_BODY] = widths.body
    spread[WHOLEBODY133_FEET] = widths.feet
    spread[WHOLEBODY133_FACE] = widths.face
    spread[WHOLEBODY133_LEFT_HAND] = spread[WHOLEBODY133_RIGHT_HAND] = widths.hand
    confidence = np.where(np.isfinite(keypoints).all(axis=2), keypoints[..., 2], 0.0)
    confidence[confidence < 0.05] = 0.0
    result: np.ndarray = (confidence / spread).astype(np.float32)
    return result


def observed(keypoints: np.ndarray, sure: np.ndarray, points: np.ndarray, centre: np.ndarray,
             robust: float) -> Observed:
    """Those of the keypoints (T, 133, 3) that a stage uses."""
    pixels = np.nan_to_num(keypoints[:, points, :2]).astype(np.float32)
    return Observed(pixels, sure[:, points], centre.astype(np.float32), robust)


def used(sure: np.ndarray, rig: Rig, points: np.ndarray) -> np.ndarray:
    """Those of the points that the body has and any frame shows."""
    return points[rig.known[points] & (sure[:, points] > 0).any(axis=0)]


def rest_state(body: Body, frames: int, focal: float, shapes: int, moods: int) -> State:
    """People at the prior's mean pose, nowhere yet."""
    local = np.tile(np.eye(3, dtype=np.float32), (frames, len(body.names), 1, 1))
    for prior in body.pose:
        if isinstance(prior, Gaussian):
            local[:, prior.joints] = exponential(prior.mean[:1].reshape(1, -1, 3))
    return State(local, np.zeros((frames, 3), np.float32), np.zeros(shapes, np.float32),
                 np.zeros((frames, moods), np.float32), focal)


def first_poses(
    body: Body, state: State, keypoints: np.ndarray, sure: np.ndarray, centre: np.ndarray,
    settings: Settings, tick: Tick,
) -> State:
    """Poses of separate frames, from nothing: the likeliest of some orientations."""
    points = used(sure, body.rig, BODY_POINTS)
    rig = body.rig.part(points)
    seen = observed(keypoints, sure, points, centre, settings.spreads.robust)
    roots = initial.roots(keypoints[..., :2]).astype(np.float32)
    count = len(roots)
    many = initial.starts(rig, state, roots, seen)
    seen = initial.repeated(seen, count)
    trunk = np.isin(points, _TRUNK)
    only = Observed(seen.pixels, np.where(trunk, seen.certainty, 0.2 * seen.certainty), centre,
                    np.inf)
    problem = Problem(rig, Unknowns(np.array([0])), only)
    many, _ = minimise(many, problem.unknowns, problem.linearise(), 3, tick, damping=0.1)
    problem = Problem(rig, Unknowns(body.free), seen, gaussians=gaussians(body),
                      targets=targets(body))
    many, energy = minimise(many, problem.unknowns, problem.linearise(), 12, tick, damping=0.1)
    joints = forward(rig, many).joints
    joints = (joints - joints[:, :1])[:, :22].reshape(count, len(keypoints), -1, 3)
    guesses = initial.Guesses(many, energy.reshape(count, -1), joints)
    path = initial.likeliest(guesses)
    return many.frames(path * len(keypoints) + np.arange(len(keypoints)))


def gaussians(body: Body) -> list[Gaussian]:
    return [prior for prior in body.pose if isinstance(prior, Gaussian)]


def targets(body: Body) -> list[Target]:
    return [prior for prior in body.pose if isinstance(prior, Target)]


def shape_and_camera(
    body: Body, state: State, keypoints: np.ndarray, sure: np.ndarray, centre: np.ndarray,
    settings: Settings, focal_known: bool, tick: Tick,
) -> tuple[State, float]:
    """Pose of separate frames with the shape they share and the focal length; and the energy."""
    points = used(sure, body.rig, BODY_POINTS)
    rig = body.rig.part(points)
    unknowns = Unknowns(body.free, shapes=np.arange(len(state.betas)), focal=not focal_known)
    problem = Problem(
        rig, unknowns, observed(keypoints, sure, points, centre, settings.spreads.fine),
        gaussians=gaussians(body), targets=targets(body),
        focal=(state.focal, FOCAL_SPREAD**-2))
    state, energy = minimise(state, unknowns, problem.linearise(), 10, tick)
    return state, float(energy.sum())


def whole_body(
    body: Body, state: State, keypoints: np.ndarray, sure: np.ndarray, centre: np.ndarray,
    times: np.ndarray, settings: Settings, tick: Tick, iterations: int = 8, robust: bool = True,
) -> tuple[State, np.ndarray]:
    """All frames of a chunk at once, tied to each other in time."""
    points = used(sure, body.rig, BODY_POINTS)
    rig = body.rig.part(points)
    unknowns = Unknowns(body.free)
    widths = settings.spreads
    problem = Problem(
        rig, unknowns, observed(keypoints, sure, points, centre, widths.fine),
        gaussians=gaussians(body), targets=targets(body),
        smooth=Smooth(stencils(times, 30.0), np.full(len(body.free), widths.turn**-2, np.float32),
                      np.full(3, widths.shift**-2, np.float32), np.zeros(0),
                      3.0 if robust else np.inf))
    return minimise(state, unknowns, problem.linearise(), iterations, tick)


def between(state: State, rows: np.ndarray, count: int, places: np.ndarray) -> State:
    """The state of `count` frames at `places` (T,) from that of some of them at places[rows]:
    rotations turn evenly, all else moves evenly."""
    at = np.clip(np.searchsorted(places[rows], places, side="right") - 1, 0, max(len(rows) - 2, 0))
    after = np.minimum(at + 1, len(rows) - 1)
    gap = np.maximum(places[rows][after] - places[rows][at], 1e-9)
    share = np.clip((places - places[rows][at]) / gap, 0, 1).astype(np.float32)
    turn = logarithm(np.swapaxes(state.local[at], -1, -2) @ state.local[after])
    local = state.local[at] @ exponential(turn * share[:, None, None])

    def mixed(values: np.ndarray) -> np.ndarray:
        result: np.ndarray = values[at] + share[:, None] * (values[after] - values[at])
        return result

    return State(local, mixed(state.transl), state.betas, mixed(state.expression), state.focal)
