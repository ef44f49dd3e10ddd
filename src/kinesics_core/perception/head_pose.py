"""Pose of the head from face landmarks, by perspective-n-point.

Model points and landmark choice are those of MediaPipe's face geometry module (canonical face
model, Apache-2.0): the landmarks that move least with expression.
"""

from __future__ import annotations

import cv2
import numpy as np

RIGID_LANDMARKS = np.array(
    [4, 6, 10, 33, 54, 67, 117, 119, 121, 127, 129, 132, 133, 136, 143, 147, 198, 205, 263,
     284, 297, 346, 348, 350, 356, 358, 361, 362, 365, 372, 376, 420, 425]
)  # fmt: skip
"""Indices into the 478 face landmarks."""

CANONICAL_POINTS = 0.01 * np.array(
    [
        (0.000, -0.463, 7.587),
        (0.000, 2.473, 5.789),
        (0.000, 8.262, 4.482),
        (-4.446, 2.664, 3.173),
        (-6.279, 6.615, 1.426),
        (-3.524, 8.006, 3.729),
        (-5.259, 0.946, 2.974),
        (-3.301, 0.862, 3.873),
        (-1.821, 1.468, 4.224),
        (-7.743, 2.365, -2.005),
        (-1.786, -0.978, 4.850),
        (-7.271, -2.891, -2.252),
        (-1.856, 2.585, 3.758),
        (-5.085, -7.179, 0.715),
        (-6.408, 2.236, 1.561),
        (-6.235, -1.944, 1.664),
        (-1.247, 0.230, 5.681),
        (-3.833, -1.537, 4.138),
        (4.446, 2.664, 3.173),
        (6.279, 6.615, 1.426),
        (3.524, 8.006, 3.729),
        (5.259, 0.946, 2.974),
        (3.301, 0.862, 3.873),
        (1.821, 1.468, 4.224),
        (7.743, 2.365, -2.005),
        (1.786, -0.978, 4.850),
        (7.271, -2.891, -2.252),
        (1.856, 2.585, 3.758),
        (5.085, -7.179, 0.715),
        (6.408, 2.236, 1.561),
        (6.235, -1.944, 1.664),
        (1.247, 0.230, 5.681),
        (3.833, -1.537, 4.138),
    ]
)
"""(33, 3) metres, those landmarks on an average head: x to the person's left, y up, z out of the
face; the origin is in the middle of the head, below the eyes."""


def head_pose(
    face: np.ndarray, width: int, height: int, focal_length: float | None = None
) -> np.ndarray | None:
    """Return the rigid transform that takes head coordinates to the camera's optical frame.

    Args:
        face: (478, 3) landmarks, x px and y px (z is not used).
        width: Of the image, px.
        height: Of the image, px.
        focal_length: px; None assumes the longer side of the image (a field of view of 53 degrees
            across it, common in webcams). Rotation hardly depends on it, distance is proportional.

    Returns:
        (4, 4) float64, optical axes x right, y down, z forward, metres, or None if the landmarks
        do not look like a face in front of the camera. Distance assumes an average adult.
    """
    image_points = face[RIGID_LANDMARKS, :2].astype(np.float64)
    if not np.isfinite(image_points).all():
        return None
    focal = float(focal_length or max(width, height))
    camera = np.array([[focal, 0.0, width / 2], [0.0, focal, height / 2], [0.0, 0.0, 1.0]])
    try:
        found, rotation, translation = cv2.solvePnP(
            CANONICAL_POINTS, image_points, camera, None, flags=cv2.SOLVEPNP_SQPNP
        )
    except cv2.error:
        return None
    if not found or not np.isfinite(translation).all() or translation[2, 0] <= 0:
        return None
    pose = np.eye(4)
    pose[:3, :3] = cv2.Rodrigues(rotation)[0]
    pose[:3, 3] = translation[:, 0]
    return pose
