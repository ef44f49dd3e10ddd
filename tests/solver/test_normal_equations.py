"""The banded arrow solved against the same matrix written out in full."""

from __future__ import annotations

import numpy as np
import pytest

from kinesics_core.solver.latent import reduced
from kinesics_core.solver.normal_equations import NormalEquations, solve


def random_normal(frames, unknowns, shared, reach, seed=0):
    rng = np.random.default_rng(seed)
    normal = NormalEquations.empty(frames, unknowns, shared)
    normal.reach = reach
    root = rng.normal(0, 1, (frames, unknowns, unknowns))
    normal.blocks[:] = root @ np.swapaxes(root, 1, 2) + 20 * np.eye(unknowns)
    near = np.abs(np.subtract.outer(range(unknowns), range(unknowns))) <= reach
    for ties in (normal.first, normal.second):
        ties[:] = rng.normal(0, 1, ties.shape) * near
    normal.border[:] = rng.normal(0, 1, normal.border.shape)
    normal.corner[:] = 200 * np.eye(shared)
    normal.gradient[:] = rng.normal(0, 1, normal.gradient.shape)
    normal.shared[:] = rng.normal(0, 1, shared)
    return normal


def dense(normal):
    frames, n = normal.gradient.shape
    size = frames * n
    full = np.zeros((size + len(normal.shared),) * 2)
    for gap, ties in enumerate((normal.blocks, normal.first, normal.second)):
        for t in range(frames - gap):
            rows, columns = slice((t + gap) * n, (t + gap + 1) * n), slice(t * n, (t + 1) * n)
            full[rows, columns] = ties[t]
            full[columns, rows] = ties[t].T
    full[:size, size:] = normal.border.reshape(size, -1)
    full[size:, :size] = full[:size, size:].T
    full[size:, size:] = normal.corner
    return full, np.concatenate([normal.gradient.ravel(), normal.shared])


@pytest.mark.parametrize(("frames", "shared", "reach"), [
    (1, 0, 2), (2, 3, 2), (3, 0, 2), (7, 3, 2), (7, 2, 5)])
def test_step_is_that_of_the_full_matrix(frames, shared, reach):
    normal = random_normal(frames, 6, shared, reach)
    step, common = solve(normal, np.zeros(frames))
    full, gradient = dense(normal)
    expected = np.linalg.solve(full, -gradient)
    assert np.allclose(np.concatenate([step.ravel(), common]), expected, atol=1e-5)


def test_damping_shortens_the_step_of_its_frame():
    normal = random_normal(5, 6, 0, 2)
    free, _ = solve(normal, np.zeros(5))
    damped, _ = solve(normal, np.array([0, 0, 100.0, 0, 0]))
    assert np.linalg.norm(damped[2]) < 0.1 * np.linalg.norm(free[2])
    assert np.linalg.norm(damped[0]) > 0.5 * np.linalg.norm(free[0])


def test_a_matrix_that_is_none_says_so():
    normal = random_normal(3, 6, 0, 2)
    normal.blocks[1] = -np.eye(6)
    with pytest.raises(np.linalg.LinAlgError, match="positive definite"):
        solve(normal, np.zeros(3))


def test_other_unknowns_have_the_same_quadratic_form():
    normal = random_normal(4, 6, 0, 2)
    rng = np.random.default_rng(1)
    chain = rng.normal(0, 1, (4, 6, 5)).astype(np.float32)
    code = np.zeros((4, 0), np.float32)
    full, gradient = dense(normal)
    less, slope = dense(reduced(normal, chain, code))
    spread = np.zeros((24, 20))
    for t in range(4):
        spread[6 * t:6 * t + 6, 5 * t:5 * t + 5] = chain[t]
    assert np.allclose(less, spread.T @ full @ spread, atol=1e-3)
    assert np.allclose(slope, spread.T @ gradient, atol=1e-4)
