"""Feet that stay planted: forward kinematics of the legs brings the ankles back to their place."""

import numpy as np
import pytest

from kinesics_core.body.leg_ik import LEG_ROWS, STANDING_OFFSETS, planted_legs
from kinesics_core.body.model import load
from kinesics_core.kinematics import REST_OFFSETS, forward_kinematics
from kinesics_core.rotations import exponential
from kinesics_core.skeletons import SMPLX_BODY, SMPLX_BODY_PARENTS

J = {name: index for index, name in enumerate(SMPLX_BODY)}
FEET = [J[name] for name in ("left_ankle", "right_ankle", "left_foot", "right_foot")]


def stand(transl, pelvis):
    """Joints (22, 3) and orientations (22, 3, 3) of a body whose pelvis is moved."""
    rotations = np.tile(np.eye(3), (1, 22, 1, 1))
    rotations[0, 0] = exponential(np.asarray(pelvis))
    legs = planted_legs(np.asarray(transl, float), rotations[0, 0])
    rotations[0, [row + 1 for row in LEG_ROWS]] = exponential(legs)
    offsets = STANDING_OFFSETS.copy()
    offsets[0] += transl
    places, turned = forward_kinematics(rotations, offsets, SMPLX_BODY_PARENTS)
    return places[0], turned[0], legs


REST, _, _ = stand((0.0, 0.0, 0.0), np.zeros(3))


@pytest.mark.parametrize("transl", [
    (0.0, -0.02, 0.0), (0.03, -0.05, 0.04), (-0.04, -0.1, -0.08), (0.0, -0.3, 0.0)])
@pytest.mark.parametrize("pelvis", [(0.0, 0.0, 0.0), (0.1, 0.12, -0.05), (-0.08, -0.1, 0.06)])
def test_feet_stay_where_they_are(transl, pelvis):
    places, turned, legs = stand(transl, pelvis)
    assert places[FEET] == pytest.approx(REST[FEET], abs=2e-3)
    for foot in ("left_ankle", "right_ankle"):
        assert turned[J[foot]] == pytest.approx(np.eye(3), abs=1e-9)  # the sole is flat
    assert (legs[[1, 4], 0] >= 0.0).all() and (legs[[1, 4], 1:] == 0.0).all()  # knees are hinges


def test_a_deeper_pelvis_bends_the_knees_by_the_law_of_cosines():
    thigh, shin = 0.416, 0.419
    for depth in (0.05, 0.1, 0.2):
        legs = planted_legs(np.array([0.0, -depth, 0.0]), np.eye(3), REST_OFFSETS)
        length = thigh + shin - depth
        wanted = np.pi - np.arccos((thigh**2 + shin**2 - length**2) / (2 * thigh * shin))
        assert legs[1, 0] == pytest.approx(wanted, abs=1e-6)


def test_a_pelvis_out_of_reach_leaves_the_leg_stretched():
    _, _, legs = stand((0.0, 0.2, 0.0), np.zeros(3))
    assert np.isfinite(legs).all() and 0.0 <= legs[1, 0] < 0.1


def test_knees_do_not_bend_backwards():
    for transl in ((0.0, 0.001, 0.0), (0.02, 0.0, 0.05), (0.0, 0.0, 0.0)):
        _, _, legs = stand(transl, np.zeros(3))
        assert legs[[1, 4], 0].min() >= -1e-6


def test_knees_point_ahead():
    places, _, _ = stand((0.0, -0.15, 0.0), np.zeros(3))
    for side in ("left", "right"):
        assert places[J[f"{side}_knee"], 2] > places[J[f"{side}_hip"], 2] + 0.1


def test_standing_legs_are_those_of_the_open_body():
    model = load()
    rows = [SMPLX_BODY.index(f"{side}_{joint}") for side in ("left", "right")
            for joint in ("hip", "knee", "ankle")]
    offsets = model.joint_template[rows] - model.joint_template[model.parents[rows]]
    np.testing.assert_allclose(STANDING_OFFSETS[rows], offsets, atol=2e-5)
