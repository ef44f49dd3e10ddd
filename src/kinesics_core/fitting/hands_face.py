"""Fingers, jaw, gaze and expression, once the body has brought wrists and head to their places.

Fingers of one hand, or jaw and expression, have no keypoints in common with anything else, so each
is a problem of its own. Where a video shows them small or not at all, anatomy speaks: finger joints
are hinges, those of one finger bend together, and a relaxed hand is a little bent.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from kinesics_core.fitting.stages import FRAME_RATE, StageBody, StageInputs
from kinesics_core.rotations import exponential
from kinesics_core.skeletons import (
    ARKIT_BLENDSHAPES,
    BLENDSHAPE_INDEX,
    WHOLEBODY133_FACE,
    WHOLEBODY133_LEFT_HAND,
    WHOLEBODY133_RIGHT_HAND,
)
from kinesics_core.solver.kinematics import State
from kinesics_core.solver.pose_terms import Gaussian, Smoothness, stencils
from kinesics_core.solver.problem import Problem
from kinesics_core.solver.unknowns import Unknowns

HAND_ITERATIONS, FACE_ITERATIONS = 8, 5
"""Gauss-Newton steps at most."""

GAZE = 0.5
"""Radians that an eye turns for a blendshape of 1."""

_INVISIBLE = {
    name for name in ARKIT_BLENDSHAPES if name.startswith("eyeLook") or name == "tongueOut"}
"""Expressions that no keypoint of the face shows."""


def hand_prior(left: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return mean (45,) and precision (45, 45) of the axis-angle vectors of a hand's joints.

    In the order of SMPL-X: index, middle, little, ring finger, thumb, three joints each from the
    root. Fingers lie along x in the T-pose, palms down: they bend about z (the left hand's
    negatively) and spread about y; the thumb bends mostly about y.
    """
    side = 1.0 if left else -1.0
    mean = np.zeros((5, 3, 3))
    mean[:4, :, 2] = np.array([-0.4, -0.5, -0.35]) * side
    mean[4, :, 1] = np.array([-0.15, -0.2, -0.25]) * side
    spread = np.empty((5, 3, 3))
    spread[:4, 0] = 0.08, 0.15, 0.5
    spread[:4, 1] = 0.05, 0.05, 0.6
    spread[:4, 2] = 0.05, 0.05, 0.4
    spread[4, 0] = 0.2, 0.3, 0.2
    spread[4, 1:] = 0.1, 0.35, 0.1
    precision = np.diag(spread.ravel() ** -2.0)
    bend = np.arange(45).reshape(5, 3, 3)[:4, :, 2]
    # The last joint bends two thirds as much as the one before (they share a tendon), and fingers
    # bend with their neighbours: index, middle, ring, little.
    ties = [(finger[2], finger[1], 2 / 3, 0.15) for finger in bend]
    ties += [(finger[0], finger[1], 0.8, 0.4) for finger in bend]
    row = bend[[0, 1, 3, 2]]
    ties += [(a, b, 1.0, 0.5) for one, other in zip(row[:-1], row[1:], strict=True)
             for a, b in zip(one, other, strict=True)]
    for one, other, ratio, width in ties:
        direction = np.zeros(45)
        direction[one], direction[other] = 1.0, -ratio
        precision += np.outer(direction, direction) / width**2
    return mean.ravel().astype(np.float32), precision.astype(np.float32)


def fit_fingers(stage: StageInputs, state: State, left: bool) -> State:
    """Fit the joints of the left or right hand; relaxed where the hand is never seen."""
    body, evidence, spreads = stage.body, stage.evidence, stage.settings.spreads
    joints = body.left if left else body.right
    if not len(joints):
        return state
    mean, precision = hand_prior(left)
    hand = WHOLEBODY133_LEFT_HAND if left else WHOLEBODY133_RIGHT_HAND
    points = evidence.shown(body.rig, np.r_[hand])
    if len(points) == 0 or not stage.settings.hands:
        state = replace(state, local=state.local.copy())
        state.local[:, joints] = exponential(mean.reshape(1, -1, 3))
        return state
    problem = Problem(
        body.rig.part(points), Unknowns(joints, translation=False),
        evidence.observed(points, spreads.fine),
        evidence.points3d(points, np.array([hand.start]), spreads.finger_guess),
        priors=[lambda _: Gaussian(joints, mean[None], precision[None])],
        smooth=Smoothness(stencils(evidence.times, FRAME_RATE),
                          np.full(len(joints), spreads.finger**-2, np.float32), np.zeros(3),
                          np.zeros(0)))
    state, _ = problem.minimise(state, HAND_ITERATIONS, stage.on_iteration)
    return state


def fit_face(stage: StageInputs, state: State) -> State:
    """Fit jaw, expression and gaze; at rest where the face is never seen.

    Where a detector measured blendshapes, they are the prior's mean.
    """
    body, evidence, spreads = stage.body, stage.evidence, stage.settings.spreads
    count = state.expression.shape[1]
    if not count or not len(body.jaw) or not stage.settings.expression:
        return state
    arkit = count == len(ARKIT_BLENDSHAPES)
    visible = np.array([i for i in range(count)
                        if not arkit or ARKIT_BLENDSHAPES[i] not in _INVISIBLE])
    mean = np.zeros((1, count), np.float32)
    spread = np.full((1, count), spreads.expression, np.float32)
    blendshapes = evidence.blendshapes
    if blendshapes is not None and arkit:
        known = np.isfinite(blendshapes)
        mean = np.where(known, blendshapes, 0).astype(np.float32)
        spread = np.where(known, spreads.measured, spreads.expression).astype(np.float32)
        state = replace(state, expression=mean.copy())
        state = _with_gaze(body, state)
    points = evidence.shown(body.rig, np.r_[WHOLEBODY133_FACE])
    if not len(points):
        return state
    # The mouth opens by its expression; the jaw's joint only turns when it must.
    jaw = np.diag(np.array([0.1, 0.03, 0.03], np.float32) ** -2)
    problem = Problem(
        body.rig.part(points), Unknowns(body.jaw, translation=False, expressions=visible),
        evidence.observed(points, spreads.fine),
        priors=[lambda _: Gaussian(body.jaw, np.zeros((1, 3), np.float32), jaw[None])],
        expression=(mean[:, visible], spread[:, visible] ** -2),
        smooth=Smoothness(
            stencils(evidence.times, FRAME_RATE), np.full(1, spreads.finger**-2, np.float32),
            np.zeros(3), np.full(len(visible), spreads.expression_change**-2, np.float32)))
    state, _ = problem.minimise(state, FACE_ITERATIONS, stage.on_iteration)
    return state


def _with_gaze(body: StageBody, state: State) -> State:
    """Turn the eyes as the blendshapes eyeLook say; no keypoint of the 133 is on an iris."""
    state = replace(state, local=state.local.copy())
    for side in ("left", "right"):
        name = f"{side}_eye_smplhf"
        if name not in body.names:
            continue
        look = {way: state.expression[:, BLENDSHAPE_INDEX[f"eyeLook{way}{side.capitalize()}"]]
                for way in ("Up", "Down", "In", "Out")}
        outward = 1.0 if side == "left" else -1.0
        turn = np.stack([look["Down"] - look["Up"], outward * (look["Out"] - look["In"]),
                         np.zeros(len(state.transl))], axis=1)
        state.local[:, body.names.index(name)] = exponential(
            (GAZE * turn).astype(state.local.dtype))
    return state
