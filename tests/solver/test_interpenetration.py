"""What must not overlap is pushed apart, and only that."""

from __future__ import annotations

import numpy as np
import pytest
from stick_body import stick_body
from test_derivatives import check

from kinesics_core.body.model import load
from kinesics_core.rotations import exponential
from kinesics_core.solver import interpenetration
from kinesics_core.solver.interpenetration import Balls, add_interpenetration
from kinesics_core.solver.kinematics import State, forward, rig
from kinesics_core.solver.unknowns import Unknowns


@pytest.fixture(scope="module")
def body():
    model = load()
    known = rig(model)
    return model, known, interpenetration.balls(model, known)


def posed_with(known, balls, names, turns):
    local = np.tile(np.eye(3, dtype=np.float32), (1, 55, 1, 1))
    for name, turn in turns.items():
        local[:, names.index(name)] = exponential(np.array(turn, np.float32))
    state = State(local, np.array([[0, 0, 4]], np.float32), np.zeros(10, np.float32),
                  np.zeros((1, 52), np.float32), 1000.0)
    return state, forward(balls.rig, state)


def test_people_who_stand_do_not_touch_themselves(body):
    model, known, balls = body
    for turns in ({}, {"left_shoulder": (0, 0, -1.0), "right_shoulder": (0, 0, 1.0)}):
        _, posed = posed_with(known, balls, model.joint_names, turns)
        assert interpenetration.deepest(balls, posed)[0] < 0.005


def test_a_forearm_in_the_belly_is_found_and_its_depth(body):
    model, known, balls = body
    turns = {"left_shoulder": (1.2, -0.4, -1.4), "left_elbow": (0, -1.9, 0.5)}
    _, posed = posed_with(known, balls, model.joint_names, turns)
    frame, pair, overlap = interpenetration.overlaps(balls, posed)
    names = {model.joint_names[balls.rig.joint[balls.one[p]]] for p in pair} | {
        model.joint_names[balls.rig.joint[balls.other[p]]] for p in pair}
    assert len(frame) and names & {"left_elbow", "left_wrist"}
    assert 0.005 < overlap.max() < 0.15
    centres = posed.points[0]
    gaps = np.linalg.norm(centres[balls.one] - centres[balls.other], axis=1)
    assert overlap.max() == pytest.approx(
        (balls.radii[balls.one] + balls.radii[balls.other] - gaps).max(), abs=1e-5)


def test_derivative():
    # The check's own body is of sticks; its keypoints serve as balls.
    known = rig(stick_body())
    part = known.part(np.array([9, 10, 11, 13, 5, 7]))
    one, other = np.triu_indices(6, 1)
    balls = Balls(part, np.full(6, 0.4, np.float32), one, other)

    def energy(state):
        posed = forward(part, state)
        _, _, overlap = interpenetration.overlaps(balls, posed)
        return 0.5 * float((overlap.astype(float) ** 2).sum()) / interpenetration.SPREAD**2

    unknowns = Unknowns(np.array([0, 1, 16, 17, 18, 19, 4]))
    check(energy, lambda normal, state, posed: add_interpenetration(
        normal, unknowns, balls, forward(part, state)), unknowns)
