"""Face animations as CSV in the form of Apple's and Epic's app Live Link Face.

A header of 63 names, then a line a frame: its timecode, the count 61, the 52 ARKit shapes
with capitals in the order of the app, yaw, pitch and roll of the head and of either eye. The form
is that of recordings of the app: ten decimals, ``Timecode,BlendshapeCount,EyeBlinkLeft, ...``,
JawRight before JawLeft. Angles are radians about the axes of ARKit's face (x to its own left, y
up, z out of it): yaw to the left, pitch down and roll with the left side up are positive, which
are the signs of REP-103. ``live_link_reader`` reads such files.
"""

from __future__ import annotations

import io

import numpy as np

from kinesics_core.errors import KinesicsError
from kinesics_core.expression.face_animation import FaceAnimation
from kinesics_core.expression.timecode import FRAMES, timecode
from kinesics_core.skeletons import BLENDSHAPE_INDEX

SHAPES = (
    "EyeBlinkLeft", "EyeLookDownLeft", "EyeLookInLeft", "EyeLookOutLeft", "EyeLookUpLeft",
    "EyeSquintLeft", "EyeWideLeft", "EyeBlinkRight", "EyeLookDownRight", "EyeLookInRight",
    "EyeLookOutRight", "EyeLookUpRight", "EyeSquintRight", "EyeWideRight", "JawForward",
    "JawRight", "JawLeft", "JawOpen", "MouthClose", "MouthFunnel", "MouthPucker", "MouthRight",
    "MouthLeft", "MouthSmileLeft", "MouthSmileRight", "MouthFrownLeft", "MouthFrownRight",
    "MouthDimpleLeft", "MouthDimpleRight", "MouthStretchLeft", "MouthStretchRight",
    "MouthRollLower", "MouthRollUpper", "MouthShrugLower", "MouthShrugUpper", "MouthPressLeft",
    "MouthPressRight", "MouthLowerDownLeft", "MouthLowerDownRight", "MouthUpperUpLeft",
    "MouthUpperUpRight", "BrowDownLeft", "BrowDownRight", "BrowInnerUp", "BrowOuterUpLeft",
    "BrowOuterUpRight", "CheekPuff", "CheekSquintLeft", "CheekSquintRight", "NoseSneerLeft",
    "NoseSneerRight", "TongueOut",
)
"""The 52 shapes in the order of the app."""

ANGLES = tuple(f"{part}{angle}" for part in ("Head", "LeftEye", "RightEye")
               for angle in ("Yaw", "Pitch", "Roll"))
"""The nine angles in the order of the app."""

HEADER = ("Timecode", "BlendshapeCount", *SHAPES, *ANGLES)
"""The names of the columns."""

ORDER = np.array([BLENDSHAPE_INDEX[name[0].lower() + name[1:]] for name in SHAPES])
"""(52,) places of the app's shapes in ``skeletons.ARKIT_BLENDSHAPES``."""

SHORT = 0.6
"""Seconds from midnight that a take begins at if it is no longer than that: frame numbers above 30
say that a second has 60, and a shorter one would have none."""


def csv_text(animation: FaceAnimation, *, start: float = 0.0) -> str:
    """Return the animation as a file of Live Link Face.

    Times are written to a thousandth of a 60th of a second, whatever the rate.

    Args:
        animation: What to write.
        start: Time of day of its first frame, seconds from midnight, below a day.

    Raises:
        KinesicsError: ``start`` is no time of day.
    """
    if not 0.0 <= start < 24 * 3600.0:
        raise KinesicsError(f"Got a start of {start} s; wanted a time of day, 0 to 86400 s.")
    if start == 0.0 and animation.duration <= SHORT:
        start = SHORT
    roll, pitch, yaw = animation.head.T.astype(np.float64)
    azimuth, elevation = animation.gaze.T.astype(np.float64)
    still = np.zeros(len(animation.times))
    eye = (azimuth, -elevation, still)
    values = np.column_stack([
        animation.blendshapes[:, ORDER].astype(np.float64), yaw, pitch, roll, *eye, *eye])
    # 0 rather than -0
    values += 0.0
    out = io.StringIO()
    out.write(",".join(HEADER) + "\n")
    count = len(HEADER) - 2
    for time, row in zip(animation.times - animation.times[0], values, strict=True):
        numbers = ",".join(f"{value:.10f}" for value in row)
        out.write(f"{timecode(start + time, FRAMES)},{count},{numbers}\n")
    return out.getvalue()
