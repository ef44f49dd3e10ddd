"""Blendshapes, gaze and head pose as the parameters that turn a ``Character``.

The gaze is said twice in a face: by its angles and by the eyeLook shapes. Here both become one, so
that eyeballs turn by their joints and lids follow them.
"""

from __future__ import annotations

import cv2
import numpy as np

from kinesics_core.render.character import eye_rotations
from kinesics_core.skeletons import BLENDSHAPE_INDEX

EYES_RANGE = np.deg2rad((35.0, 25.0))
"""Gaze angles at which the eyeLook shapes are 1, azimuth and elevation, radians."""

_LOOK = {name: index for name, index in BLENDSHAPE_INDEX.items() if name.startswith("eyeLook")}


def gaze_shares(blendshapes: np.ndarray, angles: np.ndarray) -> tuple[float, float]:
    """Return azimuth (left positive) and elevation as shares of the eye's range, -1..1.

    The gaze angles and the eyeLook shapes say the same thing twice; the larger one counts.

    Args:
        blendshapes: (52,) weights; nan is 0.
        angles: (2,) azimuth and elevation, radians; nan is 0.
    """
    w = {name: float(np.clip(np.nan_to_num(blendshapes[index]), 0, 1))
         for name, index in _LOOK.items()}
    left = w["eyeLookOutLeft"] - w["eyeLookInLeft"], w["eyeLookUpLeft"] - w["eyeLookDownLeft"]
    right = w["eyeLookInRight"] - w["eyeLookOutRight"], w["eyeLookUpRight"] - w["eyeLookDownRight"]
    shapes = (left[0] + right[0]) / 2, (left[1] + right[1]) / 2
    turned = np.nan_to_num(np.asarray(angles, float)) / EYES_RANGE
    azimuth, elevation = (
        float(np.clip(max(pair, key=abs), -1, 1)) for pair in zip(shapes, turned, strict=True)
    )
    return azimuth, elevation


def looking(weights: np.ndarray, azimuth: float, elevation: float) -> dict[str, np.ndarray]:
    """Return the ``expression`` and the turned eyes of a face that looks somewhere.

    Args:
        weights: (52,) as they are to be drawn; their eyeLook shapes are replaced by the gaze's.
        azimuth: Share of the eye's range, -1..1, left positive.
        elevation: Likewise, up positive.
    """
    shown = np.array(weights, np.float32)
    for name, value in (
        ("OutLeft", azimuth), ("InRight", azimuth), ("InLeft", -azimuth), ("OutRight", -azimuth),
        ("UpLeft", elevation), ("UpRight", elevation), ("DownLeft", -elevation),
        ("DownRight", -elevation),
    ):
        shown[_LOOK[f"eyeLook{name}"]] = max(value, 0.0)
    return {"expression": shown[None]} | eye_rotations(
        azimuth * EYES_RANGE[0], elevation * EYES_RANGE[1])


def looks(blendshapes: np.ndarray, angles: np.ndarray) -> dict[str, np.ndarray]:
    """Return what ``looking`` does with ``gaze_shares``, of T faces at once.

    Args:
        blendshapes: (T, 52) weights, finite.
        angles: (T, 2) azimuth and elevation, radians, finite.
    """
    shown = np.array(blendshapes, np.float32)
    weights = np.clip(shown, 0.0, 1.0)

    def side(plus: str, minus: str) -> np.ndarray:
        return weights[:, _LOOK[f"eyeLook{plus}"]] - weights[:, _LOOK[f"eyeLook{minus}"]]

    shapes = 0.5 * np.column_stack([side("OutLeft", "InLeft") + side("InRight", "OutRight"),
                                    side("UpLeft", "DownLeft") + side("UpRight", "DownRight")])
    turned = np.asarray(angles, float) / EYES_RANGE
    shares = np.clip(np.where(np.abs(turned) > np.abs(shapes), turned, shapes), -1.0, 1.0)
    azimuth, elevation = shares.T
    for name, value in (
        ("OutLeft", azimuth), ("InRight", azimuth), ("InLeft", -azimuth), ("OutRight", -azimuth),
        ("UpLeft", elevation), ("UpRight", elevation), ("DownLeft", -elevation),
        ("DownRight", -elevation),
    ):
        shown[:, _LOOK[f"eyeLook{name}"]] = np.maximum(value, 0.0)
    about = np.column_stack([-elevation * EYES_RANGE[1], azimuth * EYES_RANGE[0],
                             np.zeros(len(shown))]).astype(np.float32)
    return {"expression": shown, "leye_pose": about, "reye_pose": about.copy()}


def head_turn(roll_pitch_yaw: np.ndarray) -> np.ndarray:
    """Return REP-103 roll, pitch, yaw (x forward, y left, z up) as axis-angle in model axes.

    Args:
        roll_pitch_yaw: (3,) radians; nan is 0.
    """
    roll, pitch, yaw = (float(angle) for angle in np.nan_to_num(roll_pitch_yaw))
    turn = np.eye(3)
    for axis, angle in (((0.0, 1.0, 0.0), yaw), ((1.0, 0.0, 0.0), pitch), ((0.0, 0.0, 1.0), roll)):
        turn = turn @ cv2.Rodrigues(np.array(axis) * angle)[0]
    return cv2.Rodrigues(turn)[0].ravel().astype(np.float32)
