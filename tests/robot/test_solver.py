"""The step of the solver is that of its formulas, and what it leaves out is too far to matter."""

from __future__ import annotations

import numpy as np
import pytest
from toy_robot import write_toy

pytest.importorskip("pinocchio")

from kinesics_core.robot.model import RobotModel
from kinesics_core.robot.retarget import Retargeter
from kinesics_core.robot.robot_map import RobotMap
from kinesics_core.robot.solver import DAMPING, LONGEST_STEP, PULL


@pytest.fixture
def robot(tmp_path, monkeypatch):
    monkeypatch.setenv("KINESICS_ASSETS", str(tmp_path / "cache"))
    toy = write_toy(tmp_path)
    return Retargeter(RobotModel.load(toy), RobotMap.load(toy))


def anywhere(limits, rng):
    return rng.uniform(limits.lower, limits.upper)


def test_a_step_minimises_what_the_file_says(robot):
    """Against a Jacobian of differences and a plain least-squares solution."""
    solver, rng = robot.solver, np.random.default_rng(0)
    solver.checker = None
    weights, compared = np.sqrt(solver.features.weights), 0
    for _ in range(40):
        q = anywhere(solver.limits, rng)
        pointing = solver.directions(q)
        targets = solver.directions(q + rng.normal(0.0, 0.03, len(q)))
        jacobian = np.array([(solver.directions(q + 1e-6 * axis) - solver.directions(
            q - 1e-6 * axis)) / 2e-6 for axis in np.eye(len(q))]).transpose(1, 2, 0)
        cosine = np.sum(pointing * targets, 1, keepdims=True)
        tangent = targets - cosine * pointing
        sine = np.linalg.norm(tangent, axis=1, keepdims=True)
        error = tangent * np.arctan2(sine, cosine) / np.maximum(sine, 1e-12)
        rows = (jacobian * weights[:, None, None]).reshape(-1, len(q))
        wanted = np.linalg.solve(
            rows.T @ rows + (DAMPING + PULL) * np.eye(len(q)),
            rows.T @ (error * weights[:, None]).ravel() - PULL * (q - robot.following(
                robot.rest_position)))
        inside = q + wanted
        if (np.abs(wanted) > LONGEST_STEP).any() or (inside != np.clip(
                inside, solver.limits.lower, solver.limits.upper)).any():
            continue  # the box decides there
        solver.position = q
        np.testing.assert_allclose(solver.step(targets), inside, atol=1e-6)
        compared += 1
    assert compared >= 10


def test_a_step_is_no_longer_than_the_joints_are_fast(robot):
    solver, rng = robot.solver, np.random.default_rng(1)
    for _ in range(20):
        before = solver.position
        after = solver.step(solver.directions(anywhere(solver.limits, rng)), 0.01)
        if not solver.switched:
            assert (np.abs(after - before) <= 0.01 * solver.limits.velocity + 1e-9).all()


def test_no_pair_of_capsules_comes_nearer_than_its_reach_says(robot):
    checker, rng = robot.guard.checker, np.random.default_rng(2)
    assert checker.pairs
    for _ in range(300):
        one = anywhere(robot.limits, rng)
        other = one + rng.normal(0.0, rng.choice([0.01, 0.3]), len(one))
        moved = np.abs(checker.distances(other) - checker.distances(one))
        assert (moved <= checker._reach @ np.abs(other - one) + 1e-7).all()


def test_pairs_that_a_step_may_touch_are_all_found_along_a_movement(robot):
    checker, rng = robot.guard.checker, np.random.default_rng(3)
    position, step = anywhere(robot.limits, rng), np.zeros(len(robot.names))
    found = 0
    for _ in range(400):
        step = 0.9 * step + rng.normal(0.0, 0.01, len(step))
        position = np.clip(position + step, robot.limits.lower, robot.limits.upper)
        near = checker.near(position, 0.03, step, 0.0)
        spare = np.sort(checker.distances(position) - checker.apart)
        ahead = checker.distances(position + step) - checker.apart
        if (ahead < 0).any():
            np.testing.assert_allclose(sorted(pair.spare for pair in near),
                                       spare[spare < 0.03], atol=1e-6)
            found += 1
    assert found > 5


def test_what_is_said_to_be_clear_touches_nothing_on_the_way(robot):
    checker, rng = robot.guard.checker, np.random.default_rng(4)
    position, step = anywhere(robot.limits, rng), np.zeros(len(robot.names))
    said = {True: 0, False: 0}
    for _ in range(600):
        step = 0.9 * step + rng.normal(0.0, 0.01, len(step))
        position = np.clip(position + step, robot.limits.lower, robot.limits.upper)
        ways = np.abs(step)
        clear = checker.surely_clear(position, ways)
        said[clear] += 1
        if clear:
            for _ in range(3):
                assert checker.clear(position + rng.uniform(-1.0, 1.0, len(ways)) * ways)
    assert said[True] > 100 and said[False] > 20
