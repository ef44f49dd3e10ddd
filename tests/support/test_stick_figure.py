import numpy as np
import pytest
from stick_figure import (
    HAND_LENGTH,
    STATURE,
    coco17,
    forward,
    hand_tips,
    rest_joints,
)

from kinesics_core.rotations import exponential
from kinesics_core.skeletons import COCO17, SMPLX_BODY

ZERO = np.zeros(3)
J = {name: index for index, name in enumerate(SMPLX_BODY)}


def posed(**joints):
    pose = np.zeros((21, 3))
    for name, rotation in joints.items():
        pose[J[name] - 1] = rotation
    return forward(ZERO, pose, ZERO)


def test_rest_is_a_symmetric_t_pose_of_published_proportions():
    rest = rest_joints()
    assert rest.shape == (22, 3)
    for name, index in J.items():
        mirrored = rest[J[name.replace("left_", "right_")]] * (-1, 1, 1)
        assert rest[index] == pytest.approx(mirrored if "left" in name else rest[index])

    def length(a, b):
        return np.linalg.norm(rest[J[a]] - rest[J[b]]) / STATURE

    # Drillis & Contini (1966), fractions of stature.
    assert length("left_shoulder", "left_elbow") == pytest.approx(0.186, abs=1e-3)
    assert length("left_elbow", "left_wrist") == pytest.approx(0.146, abs=1e-3)
    assert length("left_hip", "left_knee") == pytest.approx(0.245, abs=1e-3)
    assert length("left_knee", "left_ankle") == pytest.approx(0.246, abs=1e-3)
    assert rest[J["left_wrist"], 0] > 0.7 and rest[J["head"], 1] > 0.5


def test_no_rotation_is_the_rest_pose_shifted():
    joints, rotations = forward(ZERO, np.zeros((21, 3)), np.array([1.0, 2.0, 3.0]))
    assert joints == pytest.approx(rest_joints() + (1.0, 2.0, 3.0))
    assert rotations == pytest.approx(np.tile(np.eye(3), (22, 1, 1)))


def test_two_segment_arm_is_where_geometry_says():
    """Planar arm: shoulder angle a, elbow angle b, both about z."""
    a, b = 0.7, 0.5
    joints, _ = posed(left_shoulder=(0, 0, a), left_elbow=(0, 0, b))
    rest = rest_joints()
    upper = rest[J["left_elbow"]] - rest[J["left_shoulder"]]
    lower = rest[J["left_wrist"]] - rest[J["left_elbow"]]

    def turn(vector, angle):
        x, y, z = vector
        c, s = np.cos(angle), np.sin(angle)
        return np.array([c * x - s * y, s * x + c * y, z])

    expected = joints[J["left_shoulder"]] + turn(upper, a) + turn(lower, a + b)
    assert joints[J["left_wrist"]] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("joint", "rotation", "moved", "direction"),
    [
        ("spine1", (0.5, 0, 0), "head", (0, 0, 1)),
        ("spine1", (0, 0, 0.5), "head", (-1, 0, 0)),
        ("left_shoulder", (0, 0, 0.5), "left_wrist", (0, 1, 0)),
        ("right_shoulder", (0, 0, -0.5), "right_wrist", (0, 1, 0)),
        ("left_elbow", (0, -0.5, 0), "left_wrist", (0, 0, 1)),
        ("right_elbow", (0, 0.5, 0), "right_wrist", (0, 0, 1)),
        ("left_hip", (0.5, 0, 0), "left_ankle", (0, 0, -1)),
        ("left_knee", (0.5, 0, 0), "left_ankle", (0, 0, -1)),
    ],
)
def test_signs_are_those_of_the_table(joint, rotation, moved, direction):
    joints, _ = posed(**{joint: rotation})
    assert (joints[J[moved]] - rest_joints()[J[moved]]) @ np.array(direction) > 0.05


def test_turning_the_pelvis_turns_everything():
    pose = np.random.default_rng(1).normal(0.0, 0.4, (21, 3))
    joints, rotations = forward(ZERO, pose, ZERO)
    turn = np.array([0.3, -0.8, 0.2])
    turned, turned_rotations = forward(turn, pose, ZERO)
    matrix = exponential(turn)
    assert turned == pytest.approx(joints @ matrix.T)
    assert turned_rotations == pytest.approx(matrix @ rotations)


def test_keypoints_and_hand_tips_sit_on_the_body():
    joints, rotations = posed()
    keypoints = coco17(joints, rotations)
    at = {name: keypoints[index] for index, name in enumerate(COCO17)}
    assert at["left_wrist"] == pytest.approx(joints[J["left_wrist"]])
    assert at["nose"][2] > at["left_eye"][2] > at["left_ear"][2]
    assert at["left_eye"][0] > 0 > at["right_eye"][0]
    ground = joints[J["left_ankle"], 1] - 0.039 * STATURE
    assert (at["left_eye"][1] - ground) / STATURE == pytest.approx(0.936, abs=2e-3)
    left, right = hand_tips(joints, rotations)
    assert left - joints[J["left_wrist"]] == pytest.approx((HAND_LENGTH, 0, 0))
    assert right == pytest.approx(left * (-1, 1, 1))
