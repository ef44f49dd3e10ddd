"""Legs of a body that stands: hip, knee and ankle for a pelvis that moves over planted feet.

Each leg is two links with a hinge: the knee's flexion follows from the distance of hip and ankle
(law of cosines), the hip turns the leg to the ankle with the knee pointing where the foot does, the
ankle keeps the sole flat. Exact, so that feet do not slide.
"""

from __future__ import annotations

import math

import numpy as np

from kinesics_core.kinematics import REST_OFFSETS
from kinesics_core.rotations import axis_angle
from kinesics_core.skeletons import SMPLX_BODY

_JOINT = {name: index for index, name in enumerate(SMPLX_BODY)}
LEG_ROWS = tuple(
    _JOINT[f"{side}_{joint}"] - 1 for side in ("left", "right")
    for joint in ("hip", "knee", "ankle"))
"""Rows of ``body_pose`` that ``planted_legs`` gives, in its order."""

_OPEN_LEG = {"hip": (0.11129, -0.01391, -0.00828), "knee": (0.03408, -0.37852, -0.00001),
             "ankle": (-0.01509, -0.43085, -0.03446)}


def _standing() -> np.ndarray:
    offsets = REST_OFFSETS.copy()
    for joint, (x, y, z) in _OPEN_LEG.items():
        offsets[_JOINT[f"left_{joint}"]] = x, y, z
        offsets[_JOINT[f"right_{joint}"]] = -x, y, z
    return offsets


STANDING_OFFSETS = _standing()
"""(22, 3) metres, ``kinematics.REST_OFFSETS`` with the legs of the open body's mean shape, which is
what poses are drawn with: over other legs its feet would slide."""

STRAIGHTEST = 0.9995
"""Share of its length to which a leg is stretched at most: beyond it the knee would snap."""


def planted_legs(
    transl: np.ndarray, pelvis: np.ndarray, offsets: np.ndarray = STANDING_OFFSETS
) -> np.ndarray:
    """Return the legs with which the feet stay where they are in T-pose.

    Args:
        transl: (3,) metres: where the pelvis is, from its place in T-pose; model axes (x to the
            body's left, y up, z forward). A pelvis too far for a leg leaves it stretched.
        pelvis: (3, 3) rotation of the pelvis.
        offsets: (22, 3) metres, the joints from their parents in T-pose.

    Returns:
        (6, 3) axis-angle in radians: left hip, knee and ankle, then the right ones.
    """
    out = np.zeros((6, 3))
    for number, side in enumerate(("left", "right")):
        hip, thigh, shin = (
            offsets[_JOINT[f"{side}_{name}"]] for name in ("hip", "knee", "ankle"))
        reach = hip + thigh + shin - transl - pelvis @ hip  # from the hip joint to the ankle
        knee = flexion(thigh, shin, math.sqrt(reach @ reach))
        hinge = _about_x(knee)
        turn = _frame(reach) @ _frame(thigh + hinge @ shin).T
        out[3 * number] = axis_angle(pelvis.T @ turn)
        out[3 * number + 1, 0] = knee
        out[3 * number + 2] = axis_angle((turn @ hinge).T)
    return out


def flexion(thigh: np.ndarray, shin: np.ndarray, distance: float) -> float:
    """Return the flexion of the knee, radians, at a distance of hip and ankle, metres."""
    # |thigh + Rx(k) shin|^2 = thigh^2 + shin^2 + 2 (across + along cos k + aside sin k)
    (tx, ty, tz), (sx, sy, sz) = thigh.tolist(), shin.tolist()
    across, along, aside = tx * sx, ty * sy + tz * sz, tz * sy - ty * sz
    squares = tx * tx + ty * ty + tz * tz + sx * sx + sy * sy + sz * sz
    most = math.hypot(along, aside)
    longest = math.sqrt(squares + 2.0 * (across + most))
    # Nor beyond the T-pose's: knees do not bend backwards.
    stretched = math.sqrt(squares + 2.0 * (across + along))
    distance = min(max(distance, 0.2 * longest), STRAIGHTEST * longest, stretched)
    wanted = (distance * distance - squares) / 2.0 - across
    return math.atan2(aside, along) + math.acos(max(-1.0, min(1.0, wanted / most)))


def _about_x(angle: float) -> np.ndarray:
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[1.0, 0.0, 0.0], [0.0, c, -s], [0.0, s, c]])


def _frame(along: np.ndarray) -> np.ndarray:
    """Return the rotation whose axes are a leg's direction, ahead of it, and their normal."""
    x, y, z = along.tolist()
    length = math.sqrt(x * x + y * y + z * z)
    x, y, z = x / length, y / length, z / length
    level = math.sqrt(1.0 - z * z)
    a, b, c = -z * x / level, -z * y / level, level
    return np.array([[x, a, y * c - z * b], [y, b, z * a - x * c], [z, c, x * b - y * a]])

