"""Reading BVH motion files of any skeleton.

A joint with position channels uses them in place of its OFFSET, which is how the exporters that
write them for every joint (Blender, Bandai-Namco's pipeline) mean them; a joint without has its
OFFSET. Rotation channels are degrees, applied in the order they are listed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinesics_core.errors import KinesicsError


@dataclass(slots=True)
class Bvh:
    """A parsed file.

    names: J joint names; an end site is called "<parent>_end".
    parents: J indices, -1 for the root.
    offsets: (T, J, 3) from the parent, in the file's unit. rotations: (T, J, 3, 3).
    frame_time: seconds.
    """

    names: list[str]
    parents: list[int]
    offsets: np.ndarray
    rotations: np.ndarray
    frame_time: float


def parse(text: str, name: str = "BVH") -> Bvh:
    """Parse the text of a BVH file; ``name`` is what an error calls it."""
    hierarchy, found, motion = text.partition("MOTION")
    if not found or "HIERARCHY" not in hierarchy:
        raise KinesicsError(
            f"{name} is not a BVH file: HIERARCHY or MOTION is missing. Export it again as BVH."
        )
    names, parents, rest, channels = _parse_hierarchy(hierarchy)
    head, values = _split_motion(motion, name)
    width = sum(len(c) for c in channels)
    try:
        table = np.array(values.split(), dtype=np.float64).reshape(-1, width)
    except ValueError as error:
        raise KinesicsError(
            f"{name}: the motion table does not fill rows of {width} numbers, one for each"
            f" channel ({error}). The file is cut off or not BVH; export it again."
        ) from error
    if len(table) == 0 or not np.isfinite(head) or head <= 0:
        raise KinesicsError(f"{name} holds no motion: {len(table)} frames of {head} s each.")
    offsets = np.repeat(rest[None], len(table), axis=0)
    rotations = np.broadcast_to(np.eye(3), (len(table), len(names), 3, 3)).copy()
    column = 0
    for joint, joint_channels in enumerate(channels):
        for channel in joint_channels:
            axis = "XYZ".index(channel[0].upper())
            if channel.lower().endswith("position"):
                offsets[:, joint, axis] = table[:, column]
            else:
                turn = _axis_rotation(axis, np.radians(table[:, column]))
                rotations[:, joint] = rotations[:, joint] @ turn
            column += 1
    return Bvh(names, parents, offsets, rotations, head)


def _parse_hierarchy(text: str) -> tuple[list[str], list[int], np.ndarray, list[list[str]]]:
    names: list[str] = []
    parents: list[int] = []
    rest: list[list[float]] = []
    channels: list[list[str]] = []
    stack: list[int] = []
    for line in text.splitlines():
        words = line.split()
        if not words:
            continue
        if words[0] in ("ROOT", "JOINT", "End"):
            parent = stack[-1] if stack else -1
            names.append(words[1] if words[0] != "End" else f"{names[parent]}_end")
            parents.append(parent)
            rest.append([0.0, 0.0, 0.0])
            channels.append([])
        elif words[0] == "{":
            stack.append(len(names) - 1)
        elif words[0] == "}":
            stack.pop()
        elif words[0] == "OFFSET":
            rest[-1] = [float(word) for word in words[1:4]]
        elif words[0] == "CHANNELS":
            channels[-1] = words[2:]
    return names, parents, np.array(rest), channels


def _split_motion(text: str, name: str) -> tuple[float, str]:
    """The text after MOTION -> frame time in seconds, and the table."""
    before, found, after = text.partition("Frame Time:")
    if not found or "Frames:" not in before:
        raise KinesicsError(f"{name}: 'Frames:' or 'Frame Time:' is missing after MOTION.")
    frame_time, _, values = after.lstrip().partition("\n")
    return float(frame_time), values


def _axis_rotation(axis: int, angle: np.ndarray) -> np.ndarray:
    matrix = np.zeros((len(angle), 3, 3))
    i, j = (axis + 1) % 3, (axis + 2) % 3
    matrix[:, axis, axis] = 1.0
    matrix[:, i, i] = matrix[:, j, j] = np.cos(angle)
    matrix[:, i, j] = -np.sin(angle)
    matrix[:, j, i] = np.sin(angle)
    return matrix
