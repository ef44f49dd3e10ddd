"""The schedule: which unknowns are fitted to which keypoints, in which order.

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
from kinesics_core.fitting import mirrored_limbs
from kinesics_core.fitting.evidence import Evidence
from kinesics_core.fitting.initial_camera import FOCAL_SPREAD, initial_translation
from kinesics_core.fitting.prior_terms import lifted_prior
from kinesics_core.fitting.settings import Settings
from kinesics_core.pose_priors import vae
from kinesics_core.rotations import exponential
from kinesics_core.skeletons import (
    SMPLX_BODY,
    WHOLEBODY133,
    WHOLEBODY133_BODY,
    WHOLEBODY133_FACE,
    WHOLEBODY133_FEET,
    WHOLEBODY133_LEFT_HAND,
    WHOLEBODY133_RIGHT_HAND,
)
from kinesics_core.solver.gauss_newton import OnIteration
from kinesics_core.solver.interpenetration import CollisionSpheres
from kinesics_core.solver.kinematics import State, forward
from kinesics_core.solver.latent import minimise_code
from kinesics_core.solver.pose_terms import Smoothness, stencils
from kinesics_core.solver.problem import Prior, Problem, weighted
from kinesics_core.solver.rig import Rig
from kinesics_core.solver.unknowns import Unknowns

# Points of the face that no expression moves, and of the hands that no finger does.
_SKULL = WHOLEBODY133_FACE.start + np.array([27, 28, 29, 30, 36, 39, 42, 45])
_KNUCKLES = np.array([hand.start + i for hand in (WHOLEBODY133_LEFT_HAND, WHOLEBODY133_RIGHT_HAND)
                      for i in (5, 9, 13, 17)])
_HIPS = np.array([WHOLEBODY133.index(f"{side}_hip") for side in ("left", "right")])

ANNEALED = 0.2
"""Share of the priors' weight once frames are tied to each other, which then tell more."""

SUDDEN = 3.0
"""Standard deviations of a joint's acceleration from which it counts as a sudden move."""

ITERATIONS, CHUNK_ITERATIONS, LIMB_ITERATIONS = 10, 8, 5
"""Gauss-Newton steps at most: of separate frames, of a whole chunk, of a limb alone."""

FRAME_RATE = 30.0
"""Frames/s whose frame time the spreads of motion are of."""

_RELAXED = {
    "left_shoulder": (0.2, -0.3, -1.1), "right_shoulder": (0.2, 0.3, 1.1),
    "left_elbow": (0.0, -0.5, 0.2), "right_elbow": (0.0, 0.5, -0.2),
    "left_knee": (0.2, 0.0, 0.0), "right_knee": (0.2, 0.0, 0.0),
}

INDEPENDENT = 5.0
"""Number of independent frames that a clip counts as when its shape is weighed: its frames err
alike."""

BODY_POINTS = np.concatenate([np.r_[WHOLEBODY133_BODY], np.r_[WHOLEBODY133_FEET], _SKULL,
                              _KNUCKLES])
"""Keypoints that the joints of the body alone place."""


@dataclass(frozen=True, slots=True)
class StageBody:
    """A body as the stages take it.

    Attributes:
        rig: The body's rig, with all keypoints.
        names: Of its joints.
        free: Joints of the body, root included.
        left: Joints of the left hand's fingers.
        right: Joints of the right hand's fingers.
        jaw: The jaw's joint, or none.
        priors: Of the body's pose.
        spheres: Parts that must not overlap, or None.
    """

    rig: Rig
    names: tuple[str, ...]
    free: np.ndarray
    left: np.ndarray
    right: np.ndarray
    jaw: np.ndarray
    priors: list[Prior]
    spheres: CollisionSpheres | None


@dataclass(frozen=True, slots=True)
class StageInputs:
    """The inputs of a stage, besides the state it begins at.

    Attributes:
        body: The body that is fitted.
        evidence: What it is fitted to.
        settings: Of the fit.
        on_iteration: Called in every iteration of the optimiser.
    """

    body: StageBody
    evidence: Evidence
    settings: Settings
    on_iteration: OnIteration


def body_of(
    model: BodyModel, rig: Rig, priors: list[Prior], spheres: CollisionSpheres | None
) -> StageBody:
    """Return a body model as the stages take it: its joints by what moves them."""
    names = tuple(model.joint_names)

    def found(wanted: list[str]) -> np.ndarray:
        return np.array([names.index(name) for name in wanted if name in names], int)

    fingers = [f"{finger}{i}" for finger in ("index", "middle", "pinky", "ring", "thumb")
               for i in (1, 2, 3)]
    return StageBody(
        rig, names,
        free=found(list(SMPLX_BODY)),
        left=found([f"left_{name}" for name in fingers]),
        right=found([f"right_{name}" for name in fingers]),
        jaw=found(["jaw"]), priors=priors, spheres=spheres)


def rest_state(body: StageBody, frames: int, focal: float, shapes: int, expressions: int) -> State:
    """Return people standing with their arms hanging, nowhere yet.

    Args:
        body: The body that stands.
        frames: T.
        focal: Focal length, px.
        shapes: Number of its shape coefficients.
        expressions: Number of its expressions.
    """
    local = np.tile(np.eye(3, dtype=np.float32), (frames, len(body.names), 1, 1))
    for name, turn in _RELAXED.items():
        local[:, body.names.index(name)] = exponential(np.array(turn, np.float32))
    return State(local, np.zeros((frames, 3), np.float32), np.zeros(shapes, np.float32),
                 np.zeros((frames, expressions), np.float32), focal)


def first_poses(stage: StageInputs, state: State) -> State:
    """Fit the poses of separate frames, from nothing but what the lifter makes of them."""
    body, evidence, spreads = stage.body, stage.evidence, stage.settings.spreads
    lifted = evidence.lifted
    points = evidence.shown(body.rig, BODY_POINTS)
    rig = body.rig.part(points)
    observed = evidence.observed(points, spreads.robust)
    local = state.local.copy()
    local[:, :len(SMPLX_BODY)] = np.where(
        lifted.known[:, None, None, None], lifted.rotations, local[:, :len(SMPLX_BODY)])
    state = replace(state, local=local)
    state.transl = initial_translation(rig, state, observed)
    problem = Problem(rig, Unknowns(body.free), observed,
                      evidence.points3d(points, _HIPS, spreads.guess),
                      priors=[*body.priors, lifted_prior(lifted)])
    state, _ = problem.minimise(state, ITERATIONS, stage.on_iteration, damping=0.1)
    return state


def settle_limbs(stage: StageInputs, state: State, usual: float) -> State:
    """Bring each limb of separate frames into the best of its mirror images.

    Args:
        stage: The inputs, T frames.
        state: Where they are.
        usual: Seconds from one frame to the next.
    """
    body, evidence, spreads = stage.body, stage.evidence, stage.settings.spreads
    count, images = len(evidence.times), len(mirrored_limbs.HYPOTHESES)
    repeated = evidence.part(np.tile(np.arange(count), images))
    steps = np.maximum(np.diff(evidence.times) / usual, 1.0) ** 2
    for limb in mirrored_limbs.limbs_of(body.names):
        points = evidence.shown(body.rig, _points_below(body.rig, limb.lower))
        if not len(points):
            continue
        rig = body.rig.part(points)
        many = mirrored_limbs.hypotheses(body.rig, state, limb)
        problem = Problem(
            rig, Unknowns(limb.around, translation=False),
            repeated.observed(points, spreads.fine),
            repeated.points3d(points, _HIPS, spreads.guess),
            priors=[*body.priors, lifted_prior(repeated.lifted)], spheres=body.spheres)
        many, energy = problem.minimise(many, LIMB_ITERATIONS, stage.on_iteration)
        joints = forward(rig, many).joints
        places = joints[:, [limb.lower, limb.end]] - joints[:, :1]
        path = mirrored_limbs.viterbi(
            energy.reshape(-1, count), places.reshape(images, count, 2, 3), steps)
        state = many.frames(path * count + np.arange(count))
    return state


def _points_below(rig: Rig, joint: int) -> np.ndarray:
    """Return the keypoints of the body that a joint moves."""
    moved = np.unique(rig.keypoint[rig.below[joint, rig.joint]])
    return BODY_POINTS[np.isin(BODY_POINTS, moved)]


def shape_and_camera(stage: StageInputs, state: State, focal_known: bool) -> tuple[State, float]:
    """Fit the poses of separate frames with the shape they share and the focal length.

    Args:
        stage: The inputs.
        state: Where the frames are.
        focal_known: Whether the focal length is held.

    Returns:
        The state, and the energy of all frames together.
    """
    body, evidence, spreads = stage.body, stage.evidence, stage.settings.spreads
    points = evidence.shown(body.rig, BODY_POINTS)
    unknowns = Unknowns(body.free, shapes=np.arange(len(state.betas)), focal=not focal_known)
    problem = Problem(
        body.rig.part(points), unknowns, evidence.observed(points, spreads.fine),
        evidence.points3d(points, _HIPS, spreads.guess),
        priors=[*body.priors, lifted_prior(evidence.lifted)], spheres=body.spheres,
        shape_weight=max(1.0, len(evidence.times) / INDEPENDENT),
        focal=(state.focal, FOCAL_SPREAD**-2))
    state, energy = problem.minimise(state, ITERATIONS, stage.on_iteration)
    return state, float(energy.sum())


def whole_body(
    stage: StageInputs, state: State, *, shape: bool = False, focal: float | None = None
) -> tuple[State, np.ndarray]:
    """Fit all frames of a chunk at once, tied to each other in time.

    Args:
        stage: The inputs, T frames.
        state: Where they are.
        shape: Whether the frames settle the shape too.
        focal: Guess of the focal length, px, if they settle that as well.

    Returns:
        The state, and the energy of each frame, (T,).
    """
    body, evidence, spreads = stage.body, stage.evidence, stage.settings.spreads
    points = evidence.shown(body.rig, BODY_POINTS)
    unknowns = Unknowns(body.free, shapes=np.arange(len(state.betas) if shape else 0),
                        focal=focal is not None)
    problem = Problem(
        body.rig.part(points), unknowns, evidence.observed(points, spreads.fine),
        evidence.points3d(points, _HIPS, spreads.guess),
        priors=[weighted(prior, ANNEALED) for prior in
                (*body.priors, lifted_prior(evidence.lifted))], spheres=body.spheres,
        smooth=Smoothness(stencils(evidence.times, FRAME_RATE),
                          np.full(len(body.free), spreads.turn**-2, np.float32),
                          np.full(3, spreads.shift**-2, np.float32), np.zeros(0), SUDDEN),
        shape_weight=max(1.0, len(evidence.times) / INDEPENDENT),
        focal=None if focal is None else (focal, FOCAL_SPREAD**-2))
    if stage.settings.pose_space == "latent":
        prior = vae.load(stage.settings.prior_file)
        return minimise_code(problem, state, prior, CHUNK_ITERATIONS, stage.on_iteration)
    return problem.minimise(state, CHUNK_ITERATIONS, stage.on_iteration)
