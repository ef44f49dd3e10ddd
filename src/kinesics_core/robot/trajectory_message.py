"""A robot's joints as trajectory_msgs/JointTrajectory in CDR, for bags without a ROS at hand."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np

TYPE = "trajectory_msgs/msg/JointTrajectory"
_SECOND = 1_000_000_000


def serialised(
    names: Sequence[str], stamp: int, times: np.ndarray, positions: np.ndarray,
    velocities: np.ndarray, accelerations: np.ndarray | None = None,
) -> bytes:
    """Return a message as rmw writes it (CDR, little endian).

    Args:
        names: The joints, N.
        stamp: Of the header, ns; 0 lets a controller begin at once.
        times: (P,) seconds of the points from the stamp.
        positions: (P, N).
        velocities: (P, N).
        accelerations: (P, N), or None for none.
    """
    body = bytearray()

    def aligned(size: int) -> None:
        body.extend(bytes(-len(body) % size))

    def number(form: str, value: int) -> None:
        aligned(4)
        body.extend(struct.pack(form, value))

    def text(value: str) -> None:
        data = value.encode() + b"\0"
        number("<I", len(data))
        body.extend(data)

    def row(values: np.ndarray) -> None:
        number("<I", len(values))
        if len(values):
            aligned(8)
            body.extend(np.ascontiguousarray(values, "<f8").tobytes())

    number("<i", stamp // _SECOND)
    number("<I", stamp % _SECOND)
    text("")
    number("<I", len(names))
    for name in names:
        text(name)
    number("<I", len(times))
    none = np.zeros(0)
    for point, time in enumerate(times):
        row(positions[point])
        row(velocities[point])
        row(none if accelerations is None else accelerations[point])
        row(none)
        since = round(float(time) * _SECOND)
        number("<i", since // _SECOND)
        number("<I", since % _SECOND)
    return b"\x00\x01\x00\x00" + bytes(body)
