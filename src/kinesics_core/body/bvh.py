"""Writer of a whole motion as BVH: the skeleton and its joint angles.

World axes with y up (see body.world_motion), metres, degrees. Each frame's expression, which moves
joints of the face by millimetres, is not in it. Where frames are missing they are interpolated:
BVH knows only one rate.
"""

from __future__ import annotations

import numpy as np

from kinesics_core.body.model import BodyModel
from kinesics_core.body.world_motion import at_rate, world_motion
from kinesics_core.errors import KinesicsError

_INDENT = "  "
_ROTATIONS = "Zrotation Xrotation Yrotation"


def bvh(
    body: BodyModel, *, times: np.ndarray, rate: float, betas: np.ndarray | None = None,
    camera: bool = True, **parameters: np.ndarray,
) -> bytes:
    """Return the file of a motion.

    Args:
        body: Whose skeleton it is.
        times: (T,) seconds, rising; gaps are allowed.
        rate: Frames per second of the file.
        betas: (B,), of all frames.
        camera: Whether parameters are in the camera's optical frame, not in axes with y up.
        **parameters: As ``skinning.vertices`` takes them, T rows each.

    Raises:
        KinesicsError: They do not fit each other, or the rate is not above 0.
    """
    if not (np.isfinite(rate) and rate > 0):
        raise KinesicsError(f"Got a rate of {rate} frames/s for a BVH file; wanted more than 0.")
    motion = world_motion(body, parameters, times, betas=betas, camera=camera)
    quaternions, root = at_rate(motion, rate)
    angles = np.degrees(np.unwrap(euler_zxy(quaternions), axis=0))
    order: list[int] = []
    lines = ["HIERARCHY", *_joint(body, motion.rest, 0, 0, order), "MOTION",
             f"Frames: {len(root)}", f"Frame Time: {1.0 / rate:.9f}"]  # fmt: skip
    # A table of numbers written in one go: numpy's own savetxt formats them one by one too.
    table = np.concatenate([root, angles[:, order].reshape(len(root), -1)], axis=1)
    row = " ".join(["%.6f"] * table.shape[1])
    lines += [row % tuple(values) for values in table.tolist()]
    return ("\n".join(lines) + "\n").encode("ascii")


def _joint(
    body: BodyModel, rest: np.ndarray, joint: int, depth: int, order: list[int]
) -> list[str]:
    """Return the lines of a joint and all below it; append them to ``order`` as written."""
    order.append(joint)
    parent = body.parents[joint]
    offset = rest[joint] - rest[parent] if parent >= 0 else np.zeros(3)
    moves = "6 Xposition Yposition Zposition" if parent < 0 else "3"
    inside = _INDENT * (depth + 1)
    lines = [f"{'JOINT' if parent >= 0 else 'ROOT'} {body.joint_names[joint]}", "{",
             f"{_INDENT}OFFSET {_numbers(offset)}", f"{_INDENT}CHANNELS {moves} {_ROTATIONS}"]
    lines = [_INDENT * depth + line for line in lines]
    children = np.flatnonzero(body.parents == joint).tolist()
    for child in children:
        lines += _joint(body, rest, child, depth + 1, order)
    if not children:  # the last bone goes on for half its length
        lines += [f"{inside}End Site", f"{inside}{{",
                  f"{inside}{_INDENT}OFFSET {_numbers(0.5 * offset)}", f"{inside}}}"]
    return [*lines, _INDENT * depth + "}"]


def _numbers(values: np.ndarray) -> str:
    return " ".join(f"{value:.6f}" for value in values)


def euler_zxy(quaternions: np.ndarray) -> np.ndarray:
    """Return the angles (..., 3) z, x, y, radians, whose rotation is Rz(z) Rx(x) Ry(y).

    With x at +-90 degrees, where z and y turn about the same axis, y is 0.

    Args:
        quaternions: (..., 4) unit quaternions x, y, z, w.
    """
    x, y, z, w = np.moveaxis(quaternions, -1, 0)
    sine = np.clip(2.0 * (y * z + w * x), -1.0, 1.0)
    locked = np.abs(sine) > 1.0 - 1e-9
    about_z = np.where(
        locked,
        np.arctan2(2.0 * (x * y + w * z), 1.0 - 2.0 * (y * y + z * z)),
        np.arctan2(2.0 * (w * z - x * y), 1.0 - 2.0 * (x * x + z * z)),
    )
    about_y = np.where(
        locked, 0.0, np.arctan2(2.0 * (w * y - x * z), 1.0 - 2.0 * (x * x + y * y)))
    return np.stack([about_z, np.arcsin(sine), about_y], axis=-1)
