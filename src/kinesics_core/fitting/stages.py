"""The schedule: what is fitted to what, in which order.

After SMPLify-X (Pavlakos et al. 2019, section 3.4: camera and root from the trunk, body with
annealed weights, then hands and face), with two differences. Every term is a likelihood of measured
spread, so that no weights need annealing; only the robust data term tightens. And frames are not
fitted one by one: a first pass over frames spread through the clip finds shape, focal length and
which way round people stand; a second fits all frames of a chunk at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from kinesics_core.body.model import BodyModel
from kinesics_core.fitting import flips
from kinesics_core.fitting.camera import FOCAL_SPREAD, placed
from kinesics_core.fitting.pose_priors import lifted_prior
from kinesics_core.fitting.settings import Settings
from kinesics_core.pose_priors import vae
from kinesics_core.pose_priors.lifter import Lifted
from kinesics_core.rotations import exponential, logarithm
from kinesics_core.skeletons import (
    SMPLX_BODY,
    WHOLEBODY133,
    WHOLEBODY133_BODY,
    WHOLEBODY133_FACE,
    WHOLEBODY133_FEET,
    WHOLEBODY133_LEFT_HAND,
    WHOLEBODY133_RIGHT_HAND,
)
from kinesics_core.solver.gauss_newton import Tick
from kinesics_core.solver.interpenetration import Balls
from kinesics_core.solver.kinematics import Rig, State, forward
from kinesics_core.solver.latent import minimise_code
from kinesics_core.solver.points3d import Guessed
from kinesics_core.solver.pose_terms import stencils
from kinesics_core.solver.problem import Prior, Problem, Smooth, weighted
from kinesics_core.solver.reprojection import Observed
from kinesics_core.solver.unknowns import Unknowns

# Points of the face that no expression moves, and of the hands that no finger does.
_SKULL = WHOLEBODY133_FACE.start + np.array([27, 28, 29, 30, 36, 39, 42, 45])
_KNUCKLES = np.array([hand.start + i for hand in (WHOLEBODY133_LEFT_HAND, WHOLEBODY133_RIGHT_HAND)
                      for i in (5, 9, 13, 17)])
_HIPS = np.array([WHOLEBODY133.index(f"{side}_hip") for side in ("left", "right")])
_GUESS_ROBUST = 3.0

ANNEALED = 0.2
"""What is left of the priors' weight once frames are tied to each other, which then tell more."""

SUDDEN = 3.0
"""Standard deviations of a joint's acceleration from which it counts as a sudden move."""

_RELAXED = {
    "left_shoulder": (0.2, -0.3, -1.1), "right_shoulder": (0.2, 0.3, 1.1),
    "left_elbow": (0.0, -0.5, 0.2), "right_elbow": (0.0, 0.5, -0.2),
    "left_knee": (0.2, 0.0, 0.0), "right_knee": (0.2, 0.0, 0.0),
}

INDEPENDENT = 5.0
"""As how many independent views the frames of a clip count when its shape is weighed."""

BODY_POINTS = np.concatenate([np.r_[WHOLEBODY133_BODY], np.r_[WHOLEBODY133_FEET], _SKULL,
                              _KNUCKLES])
"""Keypoints that the joints of the body alone place."""


@dataclass(frozen=True, slots=True)
class Body:
    """What stages know of the body: its rig, and which of its joints are which. priors: of the
    body's pose. balls: what must not overlap, or None."""

    rig: Rig
    names: tuple[str, ...]
    free: np.ndarray
    left: np.ndarray
    right: np.ndarray
    jaw: np.ndarray
    priors: list[Prior]
    balls: Balls | None


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of some frames of a person. keypoints: (T, 133, 3) as in a ``Track``; sure:
    (T, 133), their `certainty`; centre: (2,) px; times: (T,) s; lifted: by ``body.lifter``;
    world: (T, 133, 3) and blendshapes: (T, 52) as in a ``Track``, or None."""

    keypoints: np.ndarray
    sure: np.ndarray
    centre: np.ndarray
    times: np.ndarray
    lifted: Lifted
    world: np.ndarray | None
    blendshapes: np.ndarray | None

    def part(self, rows: np.ndarray) -> Seen:
        """Of some of the frames."""
        return Seen(
            self.keypoints[rows], self.sure[rows], self.centre, self.times[rows],
            Lifted(self.lifted.rotations[rows], self.lifted.spread[rows], self.lifted.known[rows]),
            None if self.world is None else self.world[rows],
            None if self.blendshapes is None else self.blendshapes[rows])


def body_of(model: BodyModel, rig: Rig, priors: list[Prior], balls: Balls | None) -> Body:
    """The joints by what moves them."""
    names = tuple(model.joint_names)

    def found(wanted: list[str]) -> np.ndarray:
        return np.array([names.index(name) for name in wanted if name in names], int)

    fingers = [f"{finger}{i}" for finger in ("index", "middle", "pinky", "ring", "thumb")
               for i in (1, 2, 3)]
    return Body(
        rig, names,
        free=found(list(SMPLX_BODY)),
        left=found([f"left_{name}" for name in fingers]),
        right=found([f"right_{name}" for name in fingers]),
        jaw=found(["jaw"]), priors=priors, balls=balls)


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


def observed(seen: Seen, points: np.ndarray, robust: float) -> Observed:
    """Those of the keypoints that a stage uses."""
    pixels = np.nan_to_num(seen.keypoints[:, points, :2]).astype(np.float32)
    return Observed(pixels, seen.sure[:, points], seen.centre.astype(np.float32), robust)


def guessed(
    world: np.ndarray | None, points: np.ndarray, origin: np.ndarray, spread: float
) -> Guessed | None:
    """What a landmark network says of the points (T, 133, 3), relative to the mean of some; None
    where it says nothing."""
    if world is None or not np.isin(origin, points).all():
        return None
    known = np.isfinite(world[:, points]).all(axis=2)
    if not known.any():
        return None
    reference = np.zeros((len(points), len(points)), np.float32)
    reference[:, np.isin(points, origin)] = 1 / len(origin)
    return Guessed(np.nan_to_num(world[:, points]), (known / spread).astype(np.float32), reference,
                   _GUESS_ROBUST)


def used(sure: np.ndarray, rig: Rig, points: np.ndarray) -> np.ndarray:
    """Those of the points that the body has and any frame shows."""
    return points[rig.known[points] & (sure[:, points] > 0).any(axis=0)]


def rest_state(body: Body, frames: int, focal: float, shapes: int, moods: int) -> State:
    """People standing with their arms hanging, nowhere yet."""
    local = np.tile(np.eye(3, dtype=np.float32), (frames, len(body.names), 1, 1))
    for name, turn in _RELAXED.items():
        local[:, body.names.index(name)] = exponential(np.array(turn, np.float32))
    return State(local, np.zeros((frames, 3), np.float32), np.zeros(shapes, np.float32),
                 np.zeros((frames, moods), np.float32), focal)


def first_poses(body: Body, state: State, seen: Seen, settings: Settings, tick: Tick) -> State:
    """Poses of separate frames, from nothing but what the lifter makes of them."""
    points = used(seen.sure, body.rig, BODY_POINTS)
    rig = body.rig.part(points)
    data = observed(seen, points, settings.spreads.robust)
    local = state.local.copy()
    local[:, :len(SMPLX_BODY)] = np.where(
        seen.lifted.known[:, None, None, None], seen.lifted.rotations, local[:, :len(SMPLX_BODY)])
    state = replace(state, local=local)
    state.transl = placed(rig, state, data)
    problem = Problem(rig, Unknowns(body.free), data,
                      guessed(seen.world, points, _HIPS, settings.spreads.guess),
                      priors=[*body.priors, lifted_prior(seen.lifted)])
    state, _ = problem.minimise(state, 10, tick, damping=0.1)
    return state


def limbs_turned(
    body: Body, state: State, seen: Seen, settings: Settings, tick: Tick, usual: float,
) -> State:
    """Separate frames, with each limb in the likeliest of its mirror images. usual: s from one
    frame to the next."""
    count = len(seen.times)
    rows = np.tile(np.arange(count), len(flips.MIRRORED))
    steps = np.maximum(np.diff(seen.times) / usual, 1.0) ** 2
    for limb in flips.limbs(body.names):
        points = used(seen.sure, body.rig, _points_below(body.rig, limb.lower))
        if not len(points):
            continue
        rig = body.rig.part(points)
        many = flips.guesses(body.rig, state, limb)
        seen_often = seen.part(rows)
        problem = Problem(
            rig, Unknowns(limb.around, translation=False),
            observed(seen_often, points, settings.spreads.fine),
            guessed(seen_often.world, points, _HIPS, settings.spreads.guess),
            priors=[*body.priors, lifted_prior(seen_often.lifted)], balls=body.balls)
        many, energy = problem.minimise(many, 5, tick)
        joints = forward(rig, many).joints
        places = joints[:, [limb.lower, limb.end]] - joints[:, :1]
        path = flips.likeliest(energy.reshape(-1, count),
                               places.reshape(len(flips.MIRRORED), count, 2, 3), steps)
        state = many.frames(path * count + np.arange(count))
    return state


def _points_below(rig: Rig, joint: int) -> np.ndarray:
    """Keypoints of the body that a joint moves."""
    moved = np.unique(rig.keypoint[rig.below[joint, rig.joint]])
    return BODY_POINTS[np.isin(BODY_POINTS, moved)]


def shape_and_camera(
    body: Body, state: State, seen: Seen, settings: Settings, focal_known: bool, tick: Tick,
) -> tuple[State, float]:
    """Pose of separate frames with the shape they share and the focal length; and the energy."""
    points = used(seen.sure, body.rig, BODY_POINTS)
    unknowns = Unknowns(body.free, shapes=np.arange(len(state.betas)), focal=not focal_known)
    problem = Problem(
        body.rig.part(points), unknowns, observed(seen, points, settings.spreads.fine),
        guessed(seen.world, points, _HIPS, settings.spreads.guess),
        priors=[*body.priors, lifted_prior(seen.lifted)], balls=body.balls,
        # Frames of one clip err alike, so that they count as a few.
        shape_weight=max(1.0, len(seen.times) / INDEPENDENT),
        focal=(state.focal, FOCAL_SPREAD**-2))
    state, energy = problem.minimise(state, 10, tick)
    return state, float(energy.sum())


def whole_body(
    body: Body, state: State, seen: Seen, settings: Settings, tick: Tick, iterations: int = 8,
    *, shape: bool = False, focal: float | None = None,
) -> tuple[State, np.ndarray]:
    """All frames of a chunk at once, tied to each other in time.

    shape: whether they settle the shape too; focal: guess of the focal length, if that as well.
    """
    points = used(seen.sure, body.rig, BODY_POINTS)
    widths = settings.spreads
    unknowns = Unknowns(body.free, shapes=np.arange(len(state.betas) if shape else 0),
                        focal=focal is not None)
    problem = Problem(
        body.rig.part(points), unknowns, observed(seen, points, widths.fine),
        guessed(seen.world, points, _HIPS, widths.guess),
        priors=[weighted(prior, ANNEALED) for prior in
                (*body.priors, lifted_prior(seen.lifted))], balls=body.balls,
        smooth=Smooth(stencils(seen.times, 30.0),
                      np.full(len(body.free), widths.turn**-2, np.float32),
                      np.full(3, widths.shift**-2, np.float32), np.zeros(0), SUDDEN),
        shape_weight=max(1.0, len(seen.times) / INDEPENDENT),
        focal=None if focal is None else (focal, FOCAL_SPREAD**-2))
    if settings.pose_space == "latent":
        return minimise_code(problem, state, vae.load(settings.prior_file), iterations, tick)
    return problem.minimise(state, iterations, tick)


def between(state: State, rows: np.ndarray, places: np.ndarray) -> State:
    """The state of frames at `places` (T,) from that of some of them at places[rows]:
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
