import numpy as np
import pytest
from walker import pose

from kinesics_core.kinematics import calibrated_head_axes, plant_lowest_joint
from kinesics_core.rotations import exponential
from kinesics_core.skeletons import COCO17

INDEX = {name: i for i, name in enumerate(COCO17)}


def test_t_pose_is_symmetric_with_level_arms_and_straight_legs():
    keypoints = pose()
    for name, i in INDEX.items():
        if name.startswith("left_"):
            mirrored = keypoints[INDEX["right_" + name[5:]]] * (-1, 1, 1)
            assert keypoints[i] == pytest.approx(mirrored)
            assert keypoints[i, 0] > 0  # x points to the body's left
    arm = [INDEX[f"left_{part}"] for part in ("shoulder", "elbow", "wrist")]
    assert np.ptp(keypoints[arm, 1]) == pytest.approx(0)
    assert np.linalg.norm(keypoints[arm[0]] - keypoints[arm[2]]) == pytest.approx(0.28 + 0.25)
    leg = [INDEX[f"left_{part}"] for part in ("hip", "knee", "ankle")]
    assert np.ptp(keypoints[leg, 0]) == pytest.approx(0)
    assert keypoints[INDEX["nose"], 2] > keypoints[INDEX["left_ear"], 2]  # faces +z


def test_elbow_bent_by_90_degrees_points_the_forearm_forward():
    straight, bent = pose(), pose({"left_elbow": (0, -np.pi / 2, 0)})
    elbow, wrist = INDEX["left_elbow"], INDEX["left_wrist"]
    assert bent[elbow] == pytest.approx(straight[elbow])
    assert bent[wrist] - bent[elbow] == pytest.approx((0, 0, 0.25), abs=1e-12)


def test_turning_the_head_moves_the_face_only():
    straight, turned = pose(), pose({"head": (0, np.pi / 2, 0)})
    assert turned[5:] == pytest.approx(straight[5:])
    head = (turned[INDEX["left_ear"]] + turned[INDEX["right_ear"]]) / 2
    assert (turned[INDEX["nose"]] - head)[0] == pytest.approx(0.1)  # forward became left


def test_planted_foot_gives_the_walk_its_translation():
    # Two points swing under a fixed root as feet do: one on the floor goes back, the other forth.
    t = np.arange(40)
    saw = np.abs((t % 20) - 10) / 10.0 - 0.5  # -0.5..0.5 and back, 0.1 a frame
    left_down = (t % 20) >= 10
    feet = np.zeros((40, 2, 3))
    feet[:, 0, 2], feet[:, 1, 2] = -saw, saw
    feet[:, 0, 1], feet[:, 1, 1] = np.where(left_down, 0.05, 0.0), np.where(left_down, 0.0, 0.05)
    root = np.ones((40, 1, 3))
    planted = plant_lowest_joint(np.concatenate([root, feet], axis=1))
    assert planted[:, :, 1].min(axis=1) == pytest.approx(np.zeros(40))
    step = np.abs(np.diff(planted[:, 0, 2]))
    assert step[1:-1] == pytest.approx(np.full(37, 0.1))


def test_head_axes_are_found_whatever_the_bone_calls_them():
    rng = np.random.default_rng(0)
    keypoints = np.repeat(pose()[None], 50, axis=0)
    own = exponential(np.array([0.3, -1.2, 2.0]))  # how the file's head bone is turned
    look = exponential(np.stack(
        [np.zeros(50), rng.permutation(np.linspace(-0.5, 0.5, 50)), np.zeros(50)], axis=1))
    axes = calibrated_head_axes(look @ own, *(keypoints[:, INDEX[n]].copy() for n in (
        "left_hip", "right_hip", "left_shoulder", "right_shoulder")))
    assert axes == pytest.approx(look, abs=1e-6)
