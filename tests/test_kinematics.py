import numpy as np
import pytest
from walker import pose

from kinesics_core.kinematics import (
    calibrated_head_axes,
    mpjpe,
    pa_mpjpe,
    plant_lowest_joint,
    procrustes,
    tree_levels,
)
from kinesics_core.rotations import exponential
from kinesics_core.skeletons import COCO17, SMPLX_BODY_PARENTS

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


def test_levels_of_a_tree_are_distances_from_the_root():
    parents = np.array(SMPLX_BODY_PARENTS)
    order, levels = tree_levels(parents)

    def depth(joint: int) -> int:
        return 0 if parents[joint] < 0 else 1 + depth(parents[joint])

    assert [depth(joint) for joint in order] == sorted(map(depth, range(len(parents))))
    assert sorted(order) == list(range(len(parents)))
    before, start = [order[0]], 1
    for places in levels:
        level = order[start:start + len(places)]
        assert [before[place] for place in places] == list(parents[level])
        before, start = level, start + len(places)
    assert start == len(parents)


# Errors -----------------------------------------------------------------------------------------

BODIES = np.random.default_rng(4).normal(size=(3, 20, 3))


def moved(points: np.ndarray) -> np.ndarray:
    """Each frame turned, scaled and put elsewhere, differently."""
    turns = exponential(np.array([[0.1, 2.0, 0.3], [3.0, 0.0, 0.0], [0.0, 0.0, -1.0]]))
    sizes = np.array([0.5, 1.0, 3.0])[:, None, None]
    return sizes * np.einsum("tij,tnj->tni", turns, points) + [[[5.0, 0.0, -2.0]]]


def test_procrustes_undoes_a_similarity():
    np.testing.assert_allclose(procrustes(moved(BODIES), BODIES), BODIES, atol=1e-12)


def test_procrustes_never_mirrors():
    """Of a mirrored cloud the best proper similarity still leaves an error, and keeps its hand."""
    found = procrustes(BODIES * [-1.0, 1.0, 1.0], BODIES)
    assert (np.linalg.norm(found - BODIES, axis=-1).mean(axis=1) > 0.1).all()
    hand = [np.sign(np.linalg.det(points[1:4] - points[0]))
            for points in (found[0], BODIES[0] * [-1.0, 1.0, 1.0])]
    assert hand[0] == hand[1]


def test_procrustes_scales_a_flat_cloud_seen_larger_by_its_size():
    square = np.array([[[1.0, 0, 0], [0, 1, 0], [-1, 0, 0], [0, -1, 0]]])
    np.testing.assert_allclose(procrustes(4 * square + 7, square), square, atol=1e-12)


def test_pa_mpjpe_is_blind_to_a_similarity_and_mpjpe_to_a_shift():
    assert pa_mpjpe(moved(BODIES), BODIES) == pytest.approx(np.zeros(3), abs=1e-12)
    assert mpjpe(BODIES + [1.0, 2.0, 3.0], BODIES) == pytest.approx(np.zeros(3), abs=1e-12)
    assert (mpjpe(moved(BODIES), BODIES) > 0.1).all()


def test_mpjpe_counts_a_joint_that_is_off_once_and_a_root_that_is_off_for_all_others():
    other = BODIES.copy()
    other[:, 5] += [0.0, 0.3, 0.4]
    assert mpjpe(other, BODIES) == pytest.approx(np.full(3, 0.5 / 20))
    assert mpjpe(other, BODIES, root=5) == pytest.approx(np.full(3, 0.5 * 19 / 20))
