"""Levenberg-Marquardt over a whole clip: steps of `solver`, judged frame by frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from kinesics_core.solver.kinematics import Posed, State
from kinesics_core.solver.normal_equations import Normal, solve

Linearise = Callable[[State], tuple[Normal, Posed]]
Move = Callable[[State, Posed, np.ndarray, np.ndarray], State]
"""The state after a step of the unknowns of its frames and of the shared ones."""

Tick = Callable[[float], None]
"""Called in every iteration with the mean energy of a frame; raises to stop."""


def minimise(
    state: State, linearise: Linearise, move: Move, iterations: int, tick: Tick,
    *, damping: float = 1e-2, enough: float = 1e-3,
) -> tuple[State, np.ndarray]:
    """The state after some Gauss-Newton steps, and (T,) energies.

    A frame whose energy grew goes back to where it was and is damped more; the others keep their
    step. Ends early when the energy no longer falls by the share `enough` in a step.
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
            state = _mixed(state, kept, worse)
            damp[worse] = np.minimum(damp[worse] * 10, 1e3)
            best = np.where(worse, best, energy)
            if iteration == iterations:
                break
            normal, posed = linearise(state)
            energy = normal.energy
        best = energy.copy()
        damp = np.maximum(np.where(worse, damp, damp * 0.5), 1e-4)
        total = float(energy.mean())
        tick(total)
        if iteration == iterations or before - total < enough * total and not worse.any():
            break
        before = total
        kept = state
        step, shared = solve(normal, damp)
        state = move(state, posed, step, shared)
    return state, best


def _mixed(new: State, old: State, back: np.ndarray) -> State:
    """The new state, with the frames `back` as they were."""
    return replace(
        new,
        local=np.where(back[:, None, None, None], old.local, new.local),
        transl=np.where(back[:, None], old.transl, new.transl),
        expression=np.where(back[:, None], old.expression, new.expression),
        code=None if new.code is None or old.code is None else np.where(
            back[:, None], old.code, new.code))
