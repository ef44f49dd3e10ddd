"""Limbs in their mirror images: the same picture, the other depth; and the path that is kept."""

from __future__ import annotations

import numpy as np
import pytest
from stick_body import stick_body

from kinesics_core.fitting import mirrored_limbs
from kinesics_core.pose_priors.joint_limits import half_spaces
from kinesics_core.rotations import exponential, logarithm
from kinesics_core.skeletons import SMPLX55
from kinesics_core.solver.kinematics import State, forward
from kinesics_core.solver.rig import rig_of


@pytest.fixture(scope="module")
def body():
    return rig_of(stick_body())


def bent_arm():
    """Facing us, the left arm raised a little towards us, its elbow bent."""
    local = np.tile(np.eye(3), (1, 55, 1, 1))
    local[:, 0] = exponential(np.array([np.pi, 0, 0]))
    local[:, 16] = exponential(np.array([0, -0.5, -0.6]))
    local[:, 18] = exponential(1.0 * np.array([0, -0.94, 0.34]))
    return State(local, np.array([[0.1, 0.3, 6.0]]), np.zeros(10), np.zeros((1, 52)), 1000.0)


def test_mirrored_bones_look_alike_and_lie_on_the_other_side(body):
    state = bent_arm()
    arm = mirrored_limbs.limbs_of(SMPLX55)[0]
    many = mirrored_limbs.hypotheses(body, state, arm)
    joints = forward(body, many).joints
    upper = joints[:, 18] - joints[:, 16]
    lower = joints[:, 20] - joints[:, 18]
    sight = joints[0, 18] / np.linalg.norm(joints[0, 18])
    for guess, (one, other) in enumerate(mirrored_limbs.HYPOTHESES):
        for bone, mirrored in ((upper, one), (lower, other)):
            # Across the line of sight as it was, along it the other way.
            mirror = np.eye(3) - 2 * mirrored * np.outer(sight, sight)
            assert np.allclose(bone[guess], mirror @ bone[0], atol=0.01)
            assert np.abs(sight @ bone[0]) > 0.1


def test_guesses_bend_elbows_and_knees_as_these_can(body):
    directions, highest = half_spaces()
    many = mirrored_limbs.hypotheses(body, bent_arm(), mirrored_limbs.limbs_of(SMPLX55)[0])
    elbow = logarithm(many.local[:, 18])
    row = 3 * (18 - 1)
    own = slice(6 * 17, 6 * 18)
    excess = elbow @ directions[own, row:row + 3].T - highest[own]
    assert excess.max() < 0.05


def test_limbs_are_those_of_the_skeleton(body):
    ends = {SMPLX55[limb.end] for limb in mirrored_limbs.limbs_of(SMPLX55)}
    assert ends == {"left_wrist", "right_wrist", "left_ankle", "right_ankle"}


def test_the_path_follows_energy_but_not_through_a_leap_and_back():
    places = np.zeros((2, 7, 2, 3))
    places[1] = 0.5  # metres away
    energy = np.zeros((2, 7))
    energy[1] = 0.7
    energy[0, 3] = 3.0  # one frame that looks better the other way
    assert list(mirrored_limbs.viterbi(energy, places, np.ones(6))) == [0] * 7
    energy[1, :3], energy[0, 3:] = 5.0, 30.0
    assert list(mirrored_limbs.viterbi(energy, places, np.ones(6))) == [0] * 3 + [1] * 4
