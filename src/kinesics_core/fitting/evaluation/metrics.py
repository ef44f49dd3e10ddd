"""Distances of an estimated body from the true one. Lengths come out in millimetres.

V2V and MPJPE as in Bogo et al. 2016 and Pavlakos et al. 2019; PA- is after the similarity that
fits best (Procrustes, Umeyama 1991), frame by frame; acceleration error as in Kanazawa et al.
2019.
"""

from __future__ import annotations

import numpy as np

from kinesics_core import kinematics
from kinesics_core.errors import KinesicsError
from kinesics_core.skeletons import SMPLX55, SMPLX_BODY

BODY = tuple(range(len(SMPLX_BODY)))
"""The joints of MPJPE."""

LEFT_HAND = (SMPLX55.index("left_wrist"), *range(25, 40))
RIGHT_HAND = (SMPLX55.index("right_wrist"), *range(40, 55))
"""Joints of SMPL-X that make up a hand, the wrist first."""


def v2v(estimate: np.ndarray, truth: np.ndarray, root: np.ndarray | None = None,
        true_root: np.ndarray | None = None) -> np.ndarray:
    """Return the mean distance of the vertices of each frame, (T,) mm.

    Args:
        estimate: (T, V, 3) metres.
        truth: (T, V, 3) metres.
        root: (T, 3), the pelvis of the estimate. With both pelvises given, the one is moved onto
            the other first: the absolute place of a body seen by one camera is a guess.
        true_root: (T, 3), the pelvis of the truth.
    """
    estimate, truth = _pair(estimate, truth)
    if root is not None and true_root is not None:
        estimate = estimate - (np.asarray(root) - np.asarray(true_root))[:, None]
    return 1000.0 * np.linalg.norm(estimate - truth, axis=-1).mean(axis=-1)


def mpjpe(estimate: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return the mean distance of the joints relative to the pelvis, (T,) mm.

    Args:
        estimate: (T, J, 3) metres, the pelvis first.
        truth: (T, J, 3) metres.
    """
    return 1000.0 * kinematics.mpjpe(*_pair(estimate, truth))


def pa_mpjpe(estimate: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return the mean distance after the best similarity of each frame, (T,) mm.

    Args:
        estimate: (T, N, 3) metres, joints; or vertices, for PA-V2V.
        truth: (T, N, 3) metres.
    """
    return 1000.0 * kinematics.pa_mpjpe(*_pair(estimate, truth))


def hands_pa(joints: np.ndarray, true_joints: np.ndarray) -> np.ndarray:
    """Return the PA-MPJPE of each hand by itself, mean of the two, (T,) mm.

    Args:
        joints: (T, 55, 3) metres, SMPL-X's.
        true_joints: (T, 55, 3) metres.
    """
    return np.mean([pa_mpjpe(joints[:, hand], true_joints[:, hand])
                    for hand in (list(LEFT_HAND), list(RIGHT_HAND))], axis=0)


def reprojection(
    projected: np.ndarray, keypoints: np.ndarray, confidence: float = 0.3
) -> np.ndarray:
    """Return the mean distance of projected points from keypoints, (T,) px; nan without any.

    Args:
        projected: (T, K, 2) px.
        keypoints: (T, K, 3) px, px, confidence.
        confidence: From which a keypoint counts.
    """
    seen = (keypoints[..., 2] >= confidence) & np.isfinite(projected).all(axis=-1)
    far = np.linalg.norm(np.where(seen[..., None], projected - keypoints[..., :2], 0.0), axis=-1)
    count = seen.sum(axis=1)
    return np.where(count > 0, far.sum(axis=1) / np.maximum(count, 1), np.nan)


def acceleration_error(estimate: np.ndarray, truth: np.ndarray, rate: float) -> np.ndarray:
    """Return the mean distance of the joints' accelerations, by second differences.

    Args:
        estimate: (T, J, 3) metres.
        truth: (T, J, 3) metres.
        rate: Frames per second.

    Returns:
        (T - 2,) m/s^2.
    """
    estimate, truth = _pair(estimate, truth)
    return rate**2 * np.linalg.norm(np.diff(estimate - truth, n=2, axis=0), axis=-1).mean(axis=-1)


def _pair(estimate: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    first, second = np.asarray(estimate, np.float64), np.asarray(truth, np.float64)
    if first.shape != second.shape or first.ndim != 3 or first.shape[2] != 3:
        raise KinesicsError(
            f"Got points of shape {first.shape} to compare with {second.shape}; wanted the same"
            " (frames, points, 3) twice, of one body model.")
    return first, second
