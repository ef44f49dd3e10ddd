"""Ranges of motion: the half-spaces of poses that a body can take.

Elbows and knees bend one way (SMPLify's bending prior, Bogo et al. 2016, penalises the other
exponentially); every other joint has a range about each of its three axes. Within the ranges a
fit pays nothing, beyond them a residual that grows linearly:

    r_i = max(0, (a_i . pose - limit_i) / SOFTNESS)

Ranges are those of adults (Luttgens & Hamilton, "Kinesiology", 1997; Norkin & White, "Measurement
of Joint Motion", 2016) in terms of axis-angle vectors, widened where motion capture of dance and
martial arts goes further. The spine's and neck's are shared among SMPL-X's joints.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from kinesics_core.skeletons import SMPLX_BODY

SOFTNESS = 0.1
"""Radians beyond a limit that count as one standard deviation."""

HINGE = (0.94, 0.34)
"""The left elbow bends about (0, -0.94, 0.34) of the T-pose: forward, and a little upwards."""

# Left side and middle, degrees: (lowest, highest) about x, y and z. Elbows: about the forearm,
# about the hinge, and across both.
_RANGES = {
    "hip": ((-130, 40), (-45, 75), (-40, 75)),
    "knee": ((-8, 155), (-12, 12), (-12, 12)),
    "ankle": ((-45, 60), (-40, 45), (-25, 25)),
    "foot": ((-45, 60), (-10, 10), (-10, 10)),
    "spine1": ((-30, 50), (-30, 30), (-28, 28)),
    "spine2": ((-22, 30), (-20, 20), (-18, 18)),
    "spine3": ((-20, 28), (-20, 20), (-15, 15)),
    "neck": ((-40, 45), (-60, 60), (-30, 30)),
    "head": ((-45, 40), (-50, 50), (-40, 40)),
    "collar": ((-15, 15), (-30, 20), (-15, 35)),
    "shoulder": ((-115, 110), (-120, 75), (-105, 100)),
    "elbow": ((-80, 80), (0, 150), (-40, 55)),
    "wrist": ((-90, 90), (-50, 50), (-80, 80)),
}


@cache
def half_spaces() -> tuple[np.ndarray, np.ndarray]:
    """Return the limits of all joints: a pose is possible if directions @ pose <= limits.

    Returns:
        Directions (126, 63) of unit length in ``body_pose``, and limits (126,), radians: of each
        joint in order the highest and the lowest about its first, second and third axis. A knee
        bends about its first axis, an elbow about its second.
    """
    joints = SMPLX_BODY[1:]
    directions = np.zeros((6 * len(joints), 3 * len(joints)), np.float32)
    limits = np.empty(6 * len(joints), np.float32)
    for index, name in enumerate(joints):
        side, _, part = name.rpartition("_")
        axes = np.eye(3)
        if part == "elbow":
            axes[1] = 0.0, -HINGE[0], HINGE[1]
            axes[2] = np.cross(axes[0], axes[1])
        if side == "right":
            axes = axes * (1.0, -1.0, -1.0)
        for axis, (low, high) in enumerate(_RANGES[part]):
            row = 6 * index + 2 * axis
            directions[row, 3 * index:3 * index + 3] = axes[axis]
            directions[row + 1, 3 * index:3 * index + 3] = -axes[axis]
            limits[row], limits[row + 1] = np.radians(high), -np.radians(low)
    return directions, limits
