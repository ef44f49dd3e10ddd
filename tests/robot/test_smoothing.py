"""The bound of jerk holds, and takes nothing from the other limits."""

from __future__ import annotations

import numpy as np
import pytest
from toy_robot import write_toy

pytest.importorskip("pinocchio")

from kinesics_core.errors import ModelError
from kinesics_core.robot.fuzz import fuzz
from kinesics_core.robot.limits import Limits
from kinesics_core.robot.model import RobotModel
from kinesics_core.robot.offline import body_of, settle
from kinesics_core.robot.retarget import Retargeter
from kinesics_core.robot.robot_map import RobotMap
from kinesics_core.robot.smoothing import Smoother
from kinesics_core.skeletons import SMPLX_BODY

N, DT = 500, 0.01


def test_positions_keep_all_limits_and_the_bound_of_jerk_for_any_targets():
    rng = np.random.default_rng(7)
    lower = rng.uniform(-3, 0, N)
    fastest = rng.uniform(0.5, 6, N)
    acceleration = np.minimum(8 * fastest, 40.0)
    known = Limits(tuple(map(str, range(N))), lower, lower + rng.uniform(0.2, 5, N), fastest,
                   acceleration, acceleration * rng.uniform(5, 40, N))
    start = (known.lower + known.upper) / 2
    smoother, target = Smoother(known, start, np.zeros(N)), start
    positions = [start, start, start]
    for _ in range(1500):
        if rng.random() < 0.1:
            target = rng.uniform(known.lower - 1, known.upper + 1)
        positions.append(smoother.next_position(target, np.zeros(N), DT, 1.0))
    moved = np.array(positions)
    velocity, change, jerk = (np.diff(moved, order, axis=0) / DT**order for order in (1, 2, 3))
    assert (moved >= known.lower - 1e-9).all() and (moved <= known.upper + 1e-9).all()
    assert (np.abs(velocity) <= known.velocity + 1e-6).all()
    assert (np.abs(change) <= known.acceleration + 1e-5).all()
    assert (np.abs(jerk) <= known.jerk + 1e-3).all()
    assert np.abs(velocity).max(axis=0).min() > 0.1, "it moves"


@pytest.fixture
def map_with_jerk(tmp_path, monkeypatch):
    monkeypatch.setenv("KINESICS_ASSETS", str(tmp_path / "cache"))
    path = write_toy(tmp_path)
    path.write_text(path.read_text() + "\njerk: 200\n")
    return path


def test_a_robot_keeps_the_bound_of_its_map(map_with_jerk):
    robot = Retargeter(RobotModel.load(map_with_jerk), RobotMap.load(map_with_jerk))
    rotations = np.zeros((22, 3))
    rotations[SMPLX_BODY.index("right_shoulder"), 2] = 1.3
    rotations[SMPLX_BODY.index("left_shoulder"), 2] = -0.2
    settle(robot, body_of(rotations))
    before, hardest, fastest = robot.command.acceleration, 0.0, 0.0
    for step in range(240):
        rotations[SMPLX_BODY.index("left_elbow"), 1] = -1.2 + 0.6 * np.sign(np.sin(step / 20))
        command = robot.step(body_of(rotations), 1 / 60)
        hardest = max(hardest, float(np.abs(command.acceleration - before).max()) * 60)
        fastest = max(fastest, float(np.abs(command.velocity).max()))
        before = command.acceleration
    assert 20 < hardest <= 200.1 and fastest > 0.5
    assert fuzz(robot, 800).all == 0


def test_a_jerk_that_is_none_is_refused(map_with_jerk):
    map_with_jerk.write_text(map_with_jerk.read_text().replace("jerk: 200", "jerk: -1"))
    with pytest.raises(ModelError, match="jerk"):
        RobotMap.load(map_with_jerk)
