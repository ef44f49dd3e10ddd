"""Finger angles of closing hands, for every room that moves fingers.

Joints are the 15 of an SMPL-X hand: index, middle, little and ring finger, then the thumb, three
each from the palm outwards. In the left hand's axes of the T-pose (fingers along x, palm down) a
finger bends about -z, the thumb about -y; ``rotations.mirrored`` gives the right hand. Sizes are
authored; they stay within the ranges of the joints (Norkin & White, "Measurement of Joint Motion").
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

FINGERS = slice(0, 12)
THUMB = slice(12, 15)
"""Rows of the 15 joints."""


@dataclass(frozen=True, slots=True)
class HandPose:
    """Flexion of one hand's joints, radians, from the palm outwards.

    Attributes:
        finger: Of each of the four fingers.
        thumb: Of the thumb.
    """

    finger: tuple[float, float, float]
    thumb: tuple[float, float, float]


FIST = HandPose(finger=(1.2, 1.5, 1.0), thumb=(0.4, 0.6, 0.7))
"""A fist as the robot and the figures of the fitting benchmark make it: curl 1."""

LOOSE_HAND = HandPose(finger=(0.6, 0.8, 0.6), thumb=(0.1, 0.15, 0.2))
"""A hand that hangs half closed, as the synthetic person's: fingers at curl 1, thumb always."""

CLOSED_FINGER_DEGREES = (76.0, 92.0, 57.0)
CLOSED_SPREAD_DEGREES = (-5.0, 0.0, 5.0, 9.0)
CLOSED_THUMB_DEGREES = (28.0, 6.0, 34.0, 60.0)
"""A fist with the thumb over the fingers, as ``open_body.hands.left_pose`` takes it: bend of each
finger, spread of index to little finger, and the thumb's root (two axes), middle and last joint."""


def joint_angles(pose: HandPose) -> np.ndarray:
    """Return the axis-angle vectors (15, 3), radians, of a left hand in that pose."""
    angles = np.zeros((15, 3))
    angles[FINGERS, 2] = -np.tile(pose.finger, 4)
    angles[THUMB, 1] = -np.array(pose.thumb)
    return angles


LEFT_FIST = joint_angles(FIST)
"""(15, 3) axis-angle, radians, of a closed left hand."""


THUMB_BENDS = np.array([0.55, 0.835, 0.0])
"""Axis about which the left thumb bends in its middle and its last joint: at right angles to the
open body's outer bones as they lie at rest."""


def _closed_left() -> np.ndarray:
    closed = LEFT_FIST.copy()
    root_under, root_across, middle, last = np.radians(CLOSED_THUMB_DEGREES)
    closed[THUMB.start] = (root_under, root_across, 0.0)
    closed[THUMB.start + 1:THUMB.stop] = np.outer((middle, last), THUMB_BENDS)
    return closed


LEFT_CLOSED = _closed_left()
"""(15, 3) axis-angle, radians, of ``LEFT_FIST`` with the thumb over the fingers."""
