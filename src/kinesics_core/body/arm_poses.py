"""Arm poses as data: the one table from which gestures and postures are composed.

Two notations, each readable for what it is used for. ``ArmPose`` says where the two segments
point, in axes of the trunk, so a pose can be read and checked, and mirrors to the other arm with
the same numbers; the robot's and the generated gestures are keyed in it. ``ArmAngles`` says how far
joints turn; the synthetic person, who is drawn from joint angles, is. ``arm_rotations`` turns the
first into joint rotations with the elbow as a hinge.

All poses are authored by eye on a rendered body. Those that touch the body (``TOUCHING``) hold for
average proportions.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class ArmPose:
    """Directions of one arm in axes of the trunk: own side, up, forward.

    Attributes:
        upper: Direction of the upper arm, of any length.
        fore: Direction of the forearm, of any length.
        twist: Of the hand about the forearm, radians, positive turns the palm up or forward.
        bend: Of the wrist, radians, positive towards the palm.
        curl: Of the fingers, 0 flat .. 1 fist.
    """

    upper: tuple[float, float, float]
    fore: tuple[float, float, float]
    twist: float = 0.0
    bend: float = 0.0
    curl: float = 0.35


@dataclass(frozen=True, slots=True)
class ArmAngles:
    """Joint angles of one arm, radians; all zero hangs down with the palm inwards.

    Attributes:
        abduction: Of the shoulder, away from the trunk.
        flexion: Of the shoulder, forward.
        twist: Of the upper arm about itself, positive turns the bent forearm outwards.
        elbow: Flexion of the elbow.
        wrist: Of the hand, positive towards its back.
        curl: Of the fingers, 0 flat .. 1 closed.
    """

    abduction: float
    flexion: float
    twist: float
    elbow: float
    wrist: float = 0.0
    curl: float = 0.45


# Postures: arms that do nothing.
AT_EASE = ArmPose((0.16, -1.0, 0.02), (0.10, -1.0, 0.22))
STANDING = ArmPose((0.19, -0.98, 0.07), (-0.22, -0.68, 0.70))
HELD_OPEN = ArmPose((0.42, -1.0, 0.00), (0.24, -1.0, 0.35))
HELD_CLOSE = ArmPose((0.06, -1.0, 0.10), (-0.35, -0.8, 0.55))
RELAXED = ArmPose((0.18, -1.0, 0.05), (0.08, -1.0, 0.30))
CLASPED = ArmPose((0.10, -0.97, 0.20), (-0.72, -0.62, 0.55))
BEHIND_BACK = ArmPose((0.28, -0.95, -0.30), (-0.55, -0.75, -0.35))
IN_POCKET = ArmPose((0.32, -0.93, -0.22), (-0.12, -0.90, 0.35))
ON_HIP = ArmPose((0.75, -0.75, -0.20), (-0.75, -0.55, 0.32))
CROSSED_ABOVE = ArmPose((0.18, -0.95, 0.32), (-0.92, 0.22, 0.45))
CROSSED_BELOW = ArmPose((0.18, -0.95, 0.25), (-0.95, 0.05, 0.40))
EMBRACED_ABOVE = ArmPose((0.06, -0.90, 0.38), (-0.82, 0.30, 0.48))
EMBRACED_BELOW = ArmPose((0.06, -0.92, 0.30), (-0.90, -0.05, 0.42))
ON_THIGH = ArmPose((0.14, -0.93, 0.35), (-0.02, -0.45, 0.90))

# Key poses with the palm and the fingers in mind.
WAVE_OUT = ArmPose((0.85, -0.15, 0.45), (0.60, 1.0, 0.25), curl=0.05)
WAVE_IN = ArmPose((0.85, -0.15, 0.45), (-0.35, 1.0, 0.25), curl=0.05)
SHRUG = ArmPose((0.35, -1.0, 0.10), (0.85, -0.10, 0.75), twist=1.2, curl=0.15)
OPEN = ArmPose((0.60, -0.85, 0.35), (0.90, 0.10, 0.75), twist=1.0, curl=0.10)
WELCOME = ArmPose((0.75, -0.70, 0.35), (1.00, 0.20, 0.60), twist=1.0, curl=0.10)
ON_CHEST = ArmPose((0.34, -0.95, 0.36), (-0.82, 0.36, 0.16), twist=0.1, bend=0.30, curl=0.15)
ON_HEART = ArmPose((0.40, -0.85, 0.52), (-0.82, 0.46, 0.30), twist=0.2, bend=0.15, curl=0.12)
CLAP_OPEN = ArmPose((0.30, -0.80, 0.65), (-0.05, 0.50, 0.85), curl=0.08)
CLAP_SHUT = ArmPose((0.20, -0.80, 0.65), (-0.60, 0.50, 0.85), bend=-0.25, curl=0.08)
CALM_HIGH = ArmPose((0.25, -0.90, 0.42), (0.05, 0.05, 1.00), twist=-1.35, bend=-0.25, curl=0.08)
CALM_LOW = ArmPose((0.25, -1.00, 0.32), (0.05, -0.35, 1.00), twist=-1.35, bend=-0.10, curl=0.08)
AT_CHIN = ArmPose((0.12, -0.90, 0.52), (-0.26, 1.0, 0.40), twist=0.2, bend=0.3, curl=0.55)

# Key poses seen from afar, where the hand hardly counts.
IN_FRONT = ArmPose((0.22, -0.95, 0.25), (0.00, 0.15, 1.00))
POINT = ArmPose((0.20, -0.30, 0.95), (0.00, 0.05, 1.00))
REACH = ArmPose((0.20, -0.45, 0.90), (0.00, -0.05, 1.00), twist=1.0)
RAISED = ArmPose((0.40, 0.85, 0.25), (0.05, 1.00, 0.10))
FIST_UP = ArmPose((0.60, 0.10, 0.45), (0.00, 1.00, 0.10), curl=1.0)
FIST_LOW = ArmPose((0.35, -0.90, 0.05), (-0.05, 0.65, 0.70), curl=1.0)
STRIKE = ArmPose((0.20, -0.80, 0.55), (-0.10, -0.25, 1.00), curl=1.0)
WARD = ArmPose((0.30, -0.60, 0.60), (0.00, 0.70, 0.65))
PUSH = ArmPose((0.20, -0.25, 0.90), (0.05, 0.30, 1.00))
STARTLE = ArmPose((0.60, -0.55, 0.30), (0.15, 0.95, 0.35))
OVER_FACE = ArmPose((0.10, -0.45, 0.80), (-0.42, 0.90, -0.10))
AT_MOUTH = ArmPose((0.15, -0.80, 0.60), (-0.48, 0.90, 0.02))
ON_HEAD = ArmPose((0.75, 0.20, 0.50), (-0.78, 0.62, -0.20))
ON_NECK = ArmPose((0.45, 0.20, 0.75), (-0.60, 0.45, -0.60))
ON_BELLY = ArmPose((0.20, -0.95, 0.20), (-0.85, -0.02, 0.55))
FLICK_IN = ArmPose((0.25, -0.85, 0.40), (-0.35, 0.50, 0.80))
FLICK_OUT = ArmPose((0.45, -0.75, 0.45), (0.85, 0.00, 0.60))
EMBRACE = ArmPose((0.85, -0.25, 0.50), (0.45, 0.15, 0.90), twist=1.0)

TOUCHING = frozenset({OVER_FACE, AT_MOUTH, ON_HEAD, ON_NECK, ON_BELLY})
"""Poses that bring the hand to the body: larger or smaller they would miss it."""

ARM_ANGLES: dict[str, ArmAngles] = {
    "hanging": ArmAngles(abduction=0.14, flexion=0.05, twist=0.0, elbow=0.22),
    "wave": ArmAngles(abduction=0.95, flexion=0.25, twist=1.45, elbow=1.95, curl=0.08),
    "raised": ArmAngles(abduction=2.2, flexion=0.1, twist=0.9, elbow=0.6, curl=0.1),
    "on_hip": ArmAngles(abduction=0.72, flexion=-0.25, twist=-0.75, elbow=1.5, curl=0.9),
    "shrug": ArmAngles(abduction=0.32, flexion=0.1, twist=0.75, elbow=1.35, curl=0.15),
    "point": ArmAngles(abduction=1.45, flexion=0.25, twist=0.3, elbow=0.12, curl=0.15),
    "reach": ArmAngles(abduction=0.35, flexion=1.15, twist=0.2, elbow=0.55, curl=0.2),
}
"""Poses of the synthetic person's arms (``perception.synthetic_person``), by name."""


def arm_vector(arm: ArmPose) -> np.ndarray:
    """Return a pose as numbers that can be added and interpolated.

    Returns:
        (9,): unit direction of the upper arm, of the forearm, twist, bend, curl.
    """
    upper, fore = np.array(arm.upper), np.array(arm.fore)
    return np.concatenate(
        [
            upper / np.linalg.norm(upper),
            fore / np.linalg.norm(fore),
            [arm.twist, arm.bend, arm.curl],
        ]
    )


def arm_rotations(arm: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Turn the directions of a left arm into joint rotations, in axes of the trunk.

    The shoulder's twist is the one for which the elbow bends about its own y axis only, as a
    hinge: its z axis lies in the plane of both segments.

    Args:
        arm: (9,) as ``arm_vector`` returns it.

    Returns:
        Rotation of the shoulder (3, 3), axis-angle of the elbow (3,) and of the wrist (3,),
        radians.
    """
    x = _unit(arm[0], arm[1], arm[2])
    fore = _unit(arm[3], arm[4], arm[5])
    along = fore[0] * x[0] + fore[1] * x[1] + fore[2] * x[2]
    # A nearly stretched elbow leaves the plane open: it is drawn to the forward direction then.
    z = _unit(
        fore[0] - (along + 0.02 * x[2]) * x[0],
        fore[1] - (along + 0.02 * x[2]) * x[1],
        fore[2] - (along + 0.02 * x[2]) * x[2] + 0.02,
    )
    y = (z[1] * x[2] - z[2] * x[1], z[2] * x[0] - z[0] * x[2], z[0] * x[1] - z[1] * x[0])
    flexion = math.atan2(fore[0] * z[0] + fore[1] * z[1] + fore[2] * z[2], along)
    return (
        np.array([x, y, z]).T,
        np.array([0.0, -flexion, 0.0]),
        np.array([-arm[6], 0.0, -arm[7]]),
    )


def _unit(x: float, y: float, z: float) -> tuple[float, float, float]:
    length = math.sqrt(x * x + y * y + z * z)
    return x / length, y / length, z / length
