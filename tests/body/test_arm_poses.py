import numpy as np
import pytest

from kinesics_core.body.arm_poses import ArmPose, arm_rotations, arm_vector
from kinesics_core.rotations import exponential, logarithm


@pytest.mark.parametrize(
    "arm",
    [
        ArmPose((1, 0, 0), (1, 0, 1)), ArmPose((0, -1, 0), (0, 0, 1)),
        ArmPose((0.5, -1, 0.5), (-1, 0.5, 0.2)), ArmPose((0.2, -1, 0.1), (0.2, -1, 0.1)),
        ArmPose((0.9, 0.3, 0.2), (0, 1, 0)),
    ],
)  # fmt: skip
def test_arm_points_where_it_is_keyed(arm):
    vector = arm_vector(arm)
    shoulder, elbow, _ = arm_rotations(vector)
    assert shoulder @ shoulder.T == pytest.approx(np.eye(3))
    assert shoulder @ (1, 0, 0) == pytest.approx(vector[:3])
    fore = shoulder @ exponential(elbow) @ (1, 0, 0)
    assert np.degrees(np.arccos(min(fore @ vector[3:6], 1.0))) < 1.5
    # The elbow is a hinge that only bends one way.
    assert elbow[[0, 2]] == pytest.approx((0.0, 0.0)) and -2.7 < elbow[1] < 1e-9
    assert exponential(logarithm(shoulder)) == pytest.approx(shoulder)
