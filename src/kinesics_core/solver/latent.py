"""The pose prior's latent code as the unknown, as in SMPLify-X: no pose but those it can make.

A code z decodes to the body's rotations, R_j(z + dz) = R_j(z) exp(J_j dz). The terms of ``problem``
are of small rotations w_j = G_j J_j dz about the camera's axes, so that with the matrix K of these
their second derivatives H become K^T H K, and 1/2 |z|^2 is added: VPoser's prior.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from kinesics_core.pose_priors.vae import JOINTS, PosePrior
from kinesics_core.rotations import logarithm
from kinesics_core.solver.gauss_newton import OnIteration, minimise
from kinesics_core.solver.kinematics import Posed, State
from kinesics_core.solver.normal_equations import NormalEquations
from kinesics_core.solver.problem import Problem
from kinesics_core.solver.unknowns import Unknowns, stepped

BODY = slice(1, JOINTS + 1)
WEIGHT = 0.25
"""Weight of 1/2 |z|^2."""


def minimise_code(
    problem: Problem, state: State, prior: PosePrior, iterations: int, on_iteration: OnIteration
) -> tuple[State, np.ndarray]:
    """Minimise as ``Problem.minimise``, but move root, translation and latent code.

    Args:
        problem: Its free joints must be the root and the body's, and nothing shared.
        state: Where to begin; its pose is encoded first.
        prior: Encodes and decodes poses.
        iterations: Steps at most.
        on_iteration: Called in every iteration.

    Returns:
        The last state, with its code, and the energy of each frame, (T,).
    """
    code, _ = prior.encode(logarithm(state.local[:, BODY]))
    state = _decoded(replace(state, code=code), prior)
    inner = problem.linearise()
    root = Unknowns(np.array([0]))
    size = prior.latent

    def linearised(state: State) -> tuple[NormalEquations, Posed]:
        normal, posed = inner(state)
        assert state.code is not None
        _, turn = prior.jacobian(state.code)
        frames = len(turn)
        chain = np.zeros((frames, problem.unknowns.count, 6 + size), np.float32)
        chain[:, :3, :3] = np.eye(3)
        chain[:, 3:3 + 3 * JOINTS, 6:] = (
            posed.rotations[:, BODY] @ turn.reshape(frames, JOINTS, 3, size)
        ).reshape(frames, 3 * JOINTS, size)
        chain[:, problem.unknowns.translation_columns, 3:6] = np.eye(3)
        return reduced(normal, chain, state.code), posed

    def update(posed: Posed, step: np.ndarray, shared: np.ndarray) -> State:
        new = stepped(root, posed, step[:, :6], shared)
        assert posed.state.code is not None
        change = step[:, 6:].astype(np.float32)
        length = np.linalg.norm(change, axis=1, keepdims=True)
        change = change * np.minimum(1, 2.0 / np.maximum(length, 1e-9))
        return _decoded(replace(new, code=posed.state.code + change), prior)

    return minimise(state, linearised, update, iterations, on_iteration)


def reduced(normal: NormalEquations, chain: np.ndarray, code: np.ndarray) -> NormalEquations:
    """Return the equations of m other unknowns, from which the n old ones follow linearly.

    Args:
        normal: The equations of the old unknowns.
        chain: (T, n, m), derivatives of the old unknowns by the new ones.
        code: (T, Z), value of the last Z new unknowns, whose prior is added.
    """
    back = np.swapaxes(chain, 1, 2)
    frames, _, count = chain.shape
    new = NormalEquations.empty(frames, count, 0)
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
    """Return the state with the body's rotations that its code decodes to."""
    local = state.local.copy()
    assert state.code is not None
    local[:, BODY] = prior.decode(state.code)
    return replace(state, local=local)
