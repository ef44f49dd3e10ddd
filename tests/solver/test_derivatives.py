"""Every derivative of the optimiser against finite differences of what it claims to derive."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from stick_body import stick_body

from kinesics_core.camera import project
from kinesics_core.rotations import exponential, logarithm
from kinesics_core.solver import coefficients, pose_terms
from kinesics_core.solver.kinematics import State, forward, lever_operator
from kinesics_core.solver.normal_equations import NormalEquations
from kinesics_core.solver.points3d import Points3D, add_points3d
from kinesics_core.solver.pose_terms import Gaussian, Limits, Smoothness, Target
from kinesics_core.solver.reprojection import Observed, add_reprojection
from kinesics_core.solver.rig import rig_of
from kinesics_core.solver.unknowns import Unknowns, stepped

FRAMES = 4
CENTRE = np.array([320.0, 240.0])


def state(seed: int = 1) -> State:
    rng = np.random.default_rng(seed)
    local = exponential(rng.normal(0, 0.3, (FRAMES, 55, 3)))
    local[:, 0] = local[:, 0] @ exponential(np.array([np.pi, 0, 0]))
    return State(local, np.array([0.1, 0.2, 4]) + rng.normal(0, 0.1, (FRAMES, 3)),
                 rng.normal(0, 1, 10), rng.uniform(0.2, 0.8, (FRAMES, 52)), 700.0)


@pytest.fixture(scope="module")
def body():
    return rig_of(stick_body())


UNKNOWNS = Unknowns(
    joints=np.array([0, 1, 3, 6, 9, 12, 15, 16, 18, 20, 22, 25, 26, 27]),
    expressions=np.array([0, 5, 30]), shapes=np.array([0, 3]), focal=True)


def check(energy, add, unknowns=UNKNOWNS, tolerance=2e-3):
    """Compare `add`'s gradient with central differences of `energy`, by real steps."""
    here = state()
    body = rig_of(stick_body())
    posed = forward(body, here)
    normal = NormalEquations.empty(FRAMES, unknowns.count, unknowns.shared)
    add(normal, posed)
    assert float(normal.energy.sum()) == pytest.approx(energy(here), rel=1e-4)
    rng = np.random.default_rng(5)
    for _ in range(6):
        step = rng.normal(0, 1, (FRAMES, unknowns.count))
        shared = rng.normal(0, 1, unknowns.shared)
        h = 2e-4
        ahead = energy(stepped(unknowns, posed, h * step, h * shared))
        back = energy(stepped(unknowns, posed, -h * step, -h * shared))
        slope = float((normal.gradient * step).sum() + normal.shared @ shared)
        size = float(np.linalg.norm(normal.gradient) + np.linalg.norm(normal.shared))
        assert (ahead - back) / (2 * h) == pytest.approx(slope, abs=tolerance * size)


def test_reprojection(body):
    rng = np.random.default_rng(2)
    chosen = np.array([0, 5, 7, 9, 15, 19, 40, 70, 96, 99])
    part = body.part(chosen)
    pixels = project(forward(part, state()).points, 700.0, CENTRE) + rng.normal(
        0, 20, (FRAMES, len(chosen), 2))
    certainty = rng.uniform(50, 150, (FRAMES, len(chosen)))
    certainty[1, 2] = 0
    observed = Observed(pixels, certainty, CENTRE, robust=5.0)
    metres = np.array([1.0])

    def energy(s):
        error = project(forward(part, s).points, s.focal, CENTRE) - pixels
        # In metres at the pelvis's distance, as it was before the step.
        scale = forward(part, state()).joints[:, :1, 2] / 700.0 * metres
        squares = (error**2).sum(-1) * (scale * certainty) ** 2
        return 0.5 * float((25.0 * squares / (25.0 + squares)).sum())

    check(energy, lambda n, p: add_reprojection(
        n, UNKNOWNS, forward(part, p.state), observed, lever_operator(part, UNKNOWNS.joints)))


def test_points_in_space(body):
    rng = np.random.default_rng(3)
    chosen = np.array([11, 12, 5, 7, 9, 15])
    part = body.part(chosen)
    reference = np.zeros((6, 6), np.float32)
    reference[:, :2] = 0.5
    guess = rng.normal(0, 0.3, (FRAMES, 6, 3))
    guessed = Points3D(guess, np.full((FRAMES, 6), 10.0), reference, robust=3.0)

    def energy(s):
        points = forward(part, replace(s, betas=state().betas)).points
        points = points - points[:, :2].mean(axis=1, keepdims=True)
        squares = 100.0 * ((points - guess) ** 2).sum(-1)
        return 0.5 * float((9.0 * squares / (9.0 + squares)).sum())

    check(energy, lambda n, p: add_points3d(
        n, UNKNOWNS, forward(part, p.state), guessed, lever_operator(part, UNKNOWNS.joints)))


def test_target_rotations():
    joints = np.array([16, 18, 2])  # 2 is not free
    target = exponential(np.random.default_rng(4).normal(0, 0.5, (FRAMES, 3, 3)))
    weight = np.array([[3.0, 2.0, 5.0]])

    def energy(s):
        gap = s.local[:, joints[:2]] - target[:, :2]
        return 0.25 * float((weight[:, :2] * (gap**2).sum((-1, -2))).sum())

    check(energy, lambda n, p: pose_terms.add_target(
        n, UNKNOWNS, p, Target(joints, target, weight)))


def test_gaussian_of_joint_angles():
    joints = np.array([20, 16, 18])
    rng = np.random.default_rng(6)
    mean = rng.normal(0, 0.3, (1, 9))
    root = rng.normal(0, 1, (9, 9))
    precision = root @ root.T

    def energy(s):
        away = logarithm(s.local[:, joints]).reshape(FRAMES, -1) - mean
        return 0.5 * 2.0 * float(np.einsum("ti,ij,tj->", away, precision, away))

    check(energy, lambda n, p: pose_terms.add_gaussian(
        n, UNKNOWNS, p, Gaussian(joints, mean, precision[None], 2.0)))


def test_limits_of_joints():
    joints = np.array([18, 16, 2])  # 2 is not free
    rng = np.random.default_rng(8)
    directions = rng.normal(0, 1, (3, 4, 3))
    highest = rng.normal(0, 0.1, (3, 4))

    def energy(s):
        angles = logarithm(s.local[:, joints[:2]])
        excess = np.einsum("kdi,tki->tkd", directions[:2], angles) - highest[:2]
        return 0.5 * 9.0 * float((np.maximum(excess, 0) ** 2).sum())

    check(energy, lambda n, p: pose_terms.add_limits(
        n, UNKNOWNS, p, Limits(joints, directions, highest, 9.0)))


def test_gaussian_of_which_some_joints_are_held():
    joints = np.array([16, 2, 18])  # 2 is not free
    rng = np.random.default_rng(9)
    root = rng.normal(0, 1, (9, 9))
    precision = root @ root.T
    mean = rng.normal(0, 0.3, (1, 9))

    def energy(s):
        away = logarithm(s.local[:, joints]).reshape(FRAMES, -1) - mean
        return 0.5 * float(np.einsum("ti,ij,tj->", away, precision, away))

    check(energy, lambda n, p: pose_terms.add_gaussian(
        n, UNKNOWNS, p, Gaussian(joints, mean, precision[None])))


def test_smooth_rotations_and_their_ties():
    times = np.array([0.0, 0.04, 0.12, 0.16])
    stencil = pose_terms.stencils(times, 25.0).astype(float)
    weights = np.random.default_rng(7).uniform(1, 5, len(UNKNOWNS.joints))

    def energy(s):
        local = s.local[:, UNKNOWNS.joints]
        total = 0.0
        for t in range(FRAMES - 2):
            gap = sum(stencil[t, i] * local[t + i] for i in range(3))
            total += 0.25 * float((weights * (gap**2).sum((-1, -2))).sum())
        return total

    check(energy, lambda n, p: pose_terms.add_smooth_rotations(
        n, UNKNOWNS, p, Smoothness(stencil, weights, np.zeros(3), np.zeros(0))))


def test_smooth_values():
    times = np.array([0.0, 0.04, 0.12, 0.16])
    stencil = pose_terms.stencils(times, 25.0).astype(float)
    weights = np.array([3.0, 1.0, 2.0])

    def energy(s):
        return 0.5 * sum(
            float((weights * sum(stencil[t, i] * s.transl[t + i] for i in range(3)) ** 2).sum())
            for t in range(FRAMES - 2))

    check(energy, lambda n, p: pose_terms.add_smooth_values(
        n, UNKNOWNS.translation_columns, p.state.transl, stencil, weights))


def test_coefficients():
    mean = np.array([[0.1, 0.2, 0.3]])
    precision = np.array([[4.0, 5.0, 6.0]])

    def energy(s):
        away = s.expression[:, UNKNOWNS.expressions] - mean
        return 0.5 * float((precision * away**2).sum()) + 0.5 * 7 * float(
            (s.betas[UNKNOWNS.shapes] ** 2).sum())

    def add(normal, posed):
        coefficients.add_expression_prior(normal, UNKNOWNS, posed.state, mean, precision)
        coefficients.add_shape_prior(normal, UNKNOWNS, posed.state, 7.0)

    check(energy, add)
