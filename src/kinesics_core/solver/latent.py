"""The pose prior's latent code as the unknown, as in SMPLify-X: no pose but those it can make.

A code z decodes to the body's rotations, R_j(z + dz) = R_j(z) exp(J_j dz). The terms of `problem`
are of small rotations w_j = G_j J_j dz about the camera's axes, so that with the matrix K of these
their second derivatives H become K^T H K, and 1/2 |z|^2 is added: VPoser's prior.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from kinesics_core.pose_priors.vae import JOINTS, PosePrior
from kinesics_core.rotations import logarithm
from kinesics_core.solver.gauss_newton import Tick, minimise
from kinesics_core.solver.kinematics import Posed, State
from kinesics_core.solver.normal_equations import Normal
from kinesics_core.solver.problem import Problem
from kinesics_core.solver.unknowns import Unknowns, stepped

BODY = slice(1, JOINTS + 1)
WEIGHT = 0.25
"""Of 1/2 |z|^2."""


def minimise_code(
    problem: Problem, state: State, prior: PosePrior, iterations: int, tick: Tick
) -> tuple[State, np.ndarray]:
    """As `problem.minimise`, moving root, translation and code. The problem's free joints are the
    root and the body's, and nothing is shared."""
    code, _ = prior.encode(logarithm(state.local[:, BODY]))
    state = _decoded(replace(state, code=code), prior)
    inner = problem.linearise()
    root = Unknowns(np.array([0]))
    size = prior.latent

    def linearised(state: State) -> tuple[Normal, Posed]:
        normal, posed = inner(state)
        assert state.code is not None
        _, turn = prior.jacobian(state.code)
        frames = len(turn)
        chain = np.zeros((frames, problem.unknowns.count, 6 + size), np.float32)
        chain[:, :3, :3] = np.eye(3)
        chain[:, 3:3 + 3 * JOINTS, 6:] = (
            posed.rotations[:, BODY] @ turn.reshape(frames, JOINTS, 3, size)
        ).reshape(frames, 3 * JOINTS, size)
        chain[:, problem.unknowns.shift, 3:6] = np.eye(3)
        return reduced(normal, chain, state.code), posed

    def move(state: State, posed: Posed, step: np.ndarray, shared: np.ndarray) -> State:
        new = stepped(root, state, posed, step[:, :6], shared)
        assert state.code is not None
        change = step[:, 6:].astype(np.float32)
        length = np.linalg.norm(change, axis=1, keepdims=True)
        change = change * np.minimum(1, 2.0 / np.maximum(length, 1e-9))
        return _decoded(replace(new, code=state.code + change), prior)

    return minimise(state, linearised, move, iterations, tick)


def reduced(normal: Normal, chain: np.ndarray, code: np.ndarray) -> Normal:
    """The equations of other unknowns, (T, m), of which the old ones, (T, n), are `chain` times;
    the last are the code."""
    back = np.swapaxes(chain, 1, 2)
    frames, _, count = chain.shape
    new = Normal.empty(frames, count, 0)
    new.blocks = back @ normal.blocks @ chain
    new.first = back[1:] @ normal.first @ chain[:-1]
    new.second = back[2:] @ normal.second @ chain[:-2]
    new.gradient = (back @ normal.gradient[..., None])[..., 0]
    new.energy = normal.energy + 0.5 * WEIGHT * (code**2).sum(axis=1)
    own = np.arange(count - code.shape[1], count)
    new.blocks[:, own, own] += WEIGHT
    new.gradient[:, own] += WEIGHT * code
    new.reach = count - 1
    return new


def _decoded(state: State, prior: PosePrior) -> State:
    local = state.local.copy()
    assert state.code is not None
    local[:, BODY] = prior.decode(state.code)
    return replace(state, local=local)
