"""What must not overlap is pushed apart, and only that."""

from __future__ import annotations

import numpy as np
import pytest
from stick_body import stick_body
from test_derivatives import check

from kinesics_core.body.model import load
from kinesics_core.rotations import exponential
from kinesics_core.solver import interpenetration
from kinesics_core.solver.interpenetration import CollisionSpheres, add_interpenetration
from kinesics_core.solver.kinematics import State, forward
from kinesics_core.solver.rig import rig_of
from kinesics_core.solver.unknowns import Unknowns


@pytest.fixture(scope="module")
def body():
    model = load()
    known = rig_of(model)
    return model, known, interpenetration.collision_spheres(model, known)


def posed_with(known, spheres, names, turns):
    local = np.tile(np.eye(3, dtype=np.float32), (1, 55, 1, 1))
    for name, turn in turns.items():
        local[:, names.index(name)] = exponential(np.array(turn, np.float32))
    state = State(local, np.array([[0, 0, 4]], np.float32), np.zeros(10, np.float32),
                  np.zeros((1, 52), np.float32), 1000.0)
    return state, forward(spheres.rig, state)


def test_people_who_stand_do_not_touch_themselves(body):
    model, known, spheres = body
    for turns in ({}, {"left_shoulder": (0, 0, -1.0), "right_shoulder": (0, 0, 1.0)}):
        _, posed = posed_with(known, spheres, model.joint_names, turns)
        assert interpenetration.deepest_overlap(spheres, posed)[0] < 0.005


def test_a_forearm_in_the_belly_is_found_and_its_depth(body):
    model, known, spheres = body
    turns = {"left_shoulder": (1.2, -0.4, -1.4), "left_elbow": (0, -1.9, 0.5)}
    _, posed = posed_with(known, spheres, model.joint_names, turns)
    frame, pair, overlap = interpenetration.overlaps(spheres, posed)
    names = {model.joint_names[spheres.rig.joint[spheres.one[p]]] for p in pair} | {
        model.joint_names[spheres.rig.joint[spheres.other[p]]] for p in pair}
    assert len(frame) and names & {"left_elbow", "left_wrist"}
    assert 0.005 < overlap.max() < 0.15
    centres = posed.points[0]
    gaps = np.linalg.norm(centres[spheres.one] - centres[spheres.other], axis=1)
    assert overlap.max() == pytest.approx(
        (spheres.radii[spheres.one] + spheres.radii[spheres.other] - gaps).max(), abs=1e-5)


def test_derivative():
    # The check's own body is of sticks; its keypoints serve as spheres.
    known = rig_of(stick_body())
    part = known.part(np.array([9, 10, 11, 13, 5, 7]))
    one, other = np.triu_indices(6, 1)
    spheres = CollisionSpheres(part, np.full(6, 0.4, np.float32), one, other)

    def energy(state):
        posed = forward(part, state)
        _, _, overlap = interpenetration.overlaps(spheres, posed)
        return 0.5 * float((overlap.astype(float) ** 2).sum()) / interpenetration.SPREAD**2

    unknowns = Unknowns(np.array([0, 1, 16, 17, 18, 19, 4]))
    check(energy, lambda normal, posed: add_interpenetration(
        normal, unknowns, spheres, forward(part, posed.state)), unknowns)
