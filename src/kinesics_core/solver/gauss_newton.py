"""Levenberg-Marquardt over a whole clip: steps of ``normal_equations``, judged frame by frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from kinesics_core.solver.kinematics import Posed, State
from kinesics_core.solver.normal_equations import NormalEquations, solve

Linearise = Callable[[State], tuple[NormalEquations, Posed]]
"""The normal equations at a state, and the posed body they are of."""

Update = Callable[[Posed, np.ndarray, np.ndarray], State]
"""The state after a step of the unknowns of each frame, (T, n), and of the shared ones, (S,)."""

OnIteration = Callable[[float], None]
"""Called in every iteration with the mean energy of a frame; raises to stop."""

CONVERGED = 1e-3
"""Share of the energy by which a step must lower it for another step to be made."""


def minimise(
    state: State, linearise: Linearise, update: Update, iterations: int,
    on_iteration: OnIteration, *, damping: float = 1e-2,
) -> tuple[State, np.ndarray]:
    """Minimise the energy by damped Gauss-Newton steps.

    A frame whose energy grew goes back to where it was and is damped more; the others keep their
    step.

    Args:
        state: Where to begin, T frames.
        linearise: Gives the normal equations at a state.
        update: Makes a step.
        iterations: Steps at most; it ends early once the energy no longer falls (``CONVERGED``).
        on_iteration: Called in every iteration.
        damping: Share of the diagonal that is added to it at first.

    Returns:
        The last state, and the energy of each frame, (T,).
    """
    frames = len(state.transl)
    damp = np.full(frames, damping)
    kept: State | None = None
    best = np.full(frames, np.inf)
    before = np.inf
    for iteration in range(iterations + 1):
        normal, posed = linearise(state)
        energy = normal.energy
        worse = energy > best * 1.02 + 0.5
        if kept is not None and worse.any():
            state = _with_frames_of(state, kept, worse)
            damp[worse] = np.minimum(damp[worse] * 10, 1e3)
            best = np.where(worse, best, energy)
            if iteration == iterations:
                break
            normal, posed = linearise(state)
            energy = normal.energy
        best = energy.copy()
        damp = np.maximum(np.where(worse, damp, damp * 0.5), 1e-4)
        total = float(energy.mean())
        on_iteration(total)
        if iteration == iterations or before - total < CONVERGED * total and not worse.any():
            break
        before = total
        kept = state
        step, shared = solve(normal, damp)
        state = update(posed, step, shared)
    return state, best


def _with_frames_of(new: State, old: State, back: np.ndarray) -> State:
    """Return the new state with the frames ``back``, (T,) bool, as they were in the old one."""
    return replace(
        new,
        local=np.where(back[:, None, None, None], old.local, new.local),
        transl=np.where(back[:, None], old.transl, new.transl),
        expression=np.where(back[:, None], old.expression, new.expression),
        code=None if new.code is None or old.code is None else np.where(
            back[:, None], old.code, new.code))
