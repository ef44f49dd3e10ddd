"""Joint limits: what bodies can and cannot do."""

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


def excess(poses):
    """(T, 126) radians beyond each limit, 0 within, in units of the softness."""
    directions, limits = joint_limits.half_spaces()
    return np.maximum(poses @ directions.T - limits, 0.0) / joint_limits.SOFTNESS


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
    beyond = excess(pose(**POSSIBLE[name]))
    assert beyond.shape == (1, 126)
    assert not beyond.any()


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_what_no_body_can_do_costs(name):
    assert excess(pose(**IMPOSSIBLE[name])).max() > 2.0


def test_a_mirror_image_costs_the_same():
    poses = np.random.default_rng(0).normal(0.0, 1.0, (20, 22, 3))
    cost = [np.sort(excess(p[:, 1:].reshape(20, 63)), axis=1)
            for p in (poses, mirror(poses))]
    np.testing.assert_allclose(*cost, atol=1e-6)


def test_directions_are_three_axes_a_joint_each_with_its_opposite():
    directions, limits = joint_limits.half_spaces()
    np.testing.assert_allclose(directions[1::2], -directions[::2])
    assert (limits[::2] + limits[1::2] > 0).all()  # every range holds something
    for joint in range(21):
        own = slice(3 * joint, 3 * joint + 3)
        axes = directions[6 * joint:6 * joint + 6:2, own]
        np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-3)
        assert not np.delete(directions[6 * joint:6 * joint + 6], np.r_[own], axis=1).any()


def test_hinges_tell_the_way_they_bend():
    """The second axis of elbows, the first of knees: positive the way they can."""
    directions, _ = joint_limits.half_spaces()
    along = (pose(left_elbow=(0, -60, 0), right_elbow=(0, 60, 0), left_knee=(50, 0, 0),
                  right_knee=(-20, 0, 0)) @ directions.T)[0]
    found = {name: along[6 * index + (2 if name.endswith("elbow") else 0)]
             for index, name in enumerate(SMPLX_BODY[1:])}
    assert found["left_elbow"] == pytest.approx(found["right_elbow"])
    assert found["left_elbow"] > 0.9
    assert found["left_knee"] == pytest.approx(np.radians(50))
    assert found["right_knee"] == pytest.approx(np.radians(-20))
