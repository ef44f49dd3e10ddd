"""Joint limits: what bodies can and cannot do, and the derivative of the penalty."""

import numpy as np
import pytest

from kinesics_core.dataset.pose_clips import mirror
from kinesics_core.pose_priors import joint_limits
from kinesics_core.skeletons import SMPLX_BODY


def pose(**joints):
    """(1, 63), degrees given by joint name."""
    angles = np.zeros((21, 3))
    for name, degrees in joints.items():
        angles[SMPLX_BODY.index(name) - 1] = np.radians(degrees)
    return angles.reshape(1, 63)


POSSIBLE = {
    "T-pose": {},
    "sitting": {"left_hip": (-90, 0, 0), "left_knee": (90, 0, 0)},
    "squat": {"right_hip": (-120, 0, 0), "right_knee": (140, 0, 0)},
    "elbow bent forward": {"left_elbow": (0, -110, 20)},
    "right elbow bent forward": {"right_elbow": (0, 110, -20)},
    "arm up": {"left_shoulder": (0, 0, 80)},
    "arm down": {"right_shoulder": (0, 0, 85)},
    "looking aside": {"neck": (0, 40, 0), "head": (0, 30, 0)},
}
IMPOSSIBLE = {
    "knee forward": {"left_knee": (-40, 0, 0)},
    "knee aside": {"right_knee": (0, 0, 40)},
    "elbow backward": {"left_elbow": (0, 50, 0)},
    "right elbow backward": {"right_elbow": (0, -50, 0)},
    "head round": {"neck": (0, 90, 0), "head": (0, 80, 0)},
    "leg over the back": {"left_hip": (90, 0, 0)},
    "hinge too far": {"right_knee": (175, 0, 0)},
}


@pytest.mark.parametrize("name", POSSIBLE)
def test_what_a_body_can_do_costs_nothing(name):
    residual, jacobian = joint_limits.residual(pose(**POSSIBLE[name]))
    assert residual.shape == (1, 126) and jacobian.shape == (1, 126, 63)
    assert not residual.any() and not jacobian.any()


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_what_no_body_can_do_costs(name):
    assert joint_limits.residual(pose(**IMPOSSIBLE[name]))[0].max() > 2.0


def test_a_mirror_image_costs_the_same():
    poses = np.random.default_rng(0).normal(0.0, 1.0, (20, 22, 3))
    cost = [np.sort(joint_limits.residual(p[:, 1:].reshape(20, 63))[0], axis=1)
            for p in (poses, mirror(poses))]
    np.testing.assert_allclose(*cost, atol=1e-6)


def test_jacobian_is_the_derivative():
    rng = np.random.default_rng(1)
    poses = rng.normal(0.0, 1.0, (4, 63))
    residual, jacobian = joint_limits.residual(poses)
    assert (residual > 0).sum() > 20
    step = 1e-5 * rng.normal(size=63)
    changed, _ = joint_limits.residual(poses + step)
    np.testing.assert_allclose(changed - residual, jacobian @ step, atol=1e-6)


def test_bend_tells_the_way():
    found = joint_limits.bend(pose(left_elbow=(0, -60, 0), right_elbow=(0, 60, 0),
                                   left_knee=(50, 0, 0), right_knee=(-20, 0, 0)))
    assert found["left_elbow"][0] == pytest.approx(found["right_elbow"][0])
    assert found["left_elbow"][0] > 0.9
    assert found["left_knee"][0] == pytest.approx(np.radians(50))
    assert found["right_knee"][0] == pytest.approx(np.radians(-20))
