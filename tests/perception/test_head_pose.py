"""Head pose from points projected through a known camera at a known pose."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from kinesics_core.perception.head_pose import CANONICAL_POINTS, RIGID_LANDMARKS, head_pose

FACING = np.diag([1.0, -1.0, -1.0])  # looking into the camera: y up and z towards it


def project(pose: np.ndarray, focal: float, width: int, height: int) -> np.ndarray:
    points = CANONICAL_POINTS @ pose[:3, :3].T + pose[:3, 3]
    face = np.full((478, 3), np.nan, np.float32)
    face[RIGID_LANDMARKS, :2] = points[:, :2] / points[:, 2:] * focal + (width / 2, height / 2)
    return face


@pytest.mark.parametrize("turn", [(0, 0, 0), (0.4, 0, 0), (0, -0.7, 0), (0.2, 0.3, 1.0)])
@pytest.mark.parametrize("focal", [None, 900.0])
def test_a_known_pose_comes_back(turn, focal):
    pose = np.eye(4)
    pose[:3, :3] = FACING @ cv2.Rodrigues(np.array(turn, float))[0]
    pose[:3, 3] = (0.1, -0.05, 0.8)
    found = head_pose(project(pose, focal or 640.0, 640, 480), 640, 480, focal)
    np.testing.assert_allclose(found, pose, atol=1e-3)


def test_the_persons_left_is_the_images_right():
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = FACING, (0.0, 0.0, 1.0)
    face = project(pose, 640.0, 640, 480)
    right_eye, left_eye, forehead, nose = face[33], face[263], face[10], face[4]
    assert right_eye[0] < left_eye[0] and forehead[1] < nose[1]
    assert head_pose(face, 640, 480)[0, 0] == pytest.approx(1.0, abs=1e-3)


def test_noise_of_a_pixel_costs_little():
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = FACING, (0.0, 0.0, 0.6)
    face = project(pose, 640.0, 640, 480)
    face[:, :2] += np.random.default_rng(0).normal(0, 1.0, (478, 2))
    found = head_pose(face, 640, 480)
    angle = np.arccos((np.trace(found[:3, :3].T @ FACING) - 1) / 2)
    assert np.degrees(angle) < 3.0 and abs(found[2, 3] - 0.6) < 0.03


def test_unknown_landmarks_give_no_pose():
    assert head_pose(np.full((478, 3), np.nan, np.float32), 640, 480) is None
    assert head_pose(np.zeros((478, 3), np.float32), 640, 480) is None
