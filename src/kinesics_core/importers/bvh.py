"""Parser of BVH motion files of any skeleton.

A joint with position channels uses them in place of its OFFSET, which is how most exporters that
write them for every joint (Blender, Bandai-Namco's pipeline) mean them; where they stay near zero
beside the OFFSET they are added to it, which is how the others mean them. Rotation channels are
degrees, applied in the order they are listed.

Files of many tools are read: UTF-8 and UTF-16, old encodings of Japanese names, any line end, any
case of the sections, comments behind ``#`` and ``//``, CHANNELS over several lines, decimal commas,
numbers without a blank before their minus, frame times in milliseconds.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from kinesics_core.errors import KinesicsError
from kinesics_core.kinematics import forward_kinematics

COMMON_RATES = (10, 12, 12.5, 15, 20, 24, 25, 30, 48, 50, 60, 72, 75, 90, 100, 120, 200, 240)
"""Frames per second. Files write the frame time with few digits: 0.0333, 0.008."""


FASTEST, SLOWEST = 0.001, 1.0
"""Seconds a frame that a recording of motion can have."""

MOST_FILLED = 0.02
"""Share of the frames in which numbers that are none are filled; more is a broken file."""


_MINUS = re.compile(r"(?<=[\d.])-")  # of a number that follows another without a blank


@dataclass(slots=True)
class Bvh:
    """A parsed file.

    Attributes:
        names: J joint names; an end site is called "<parent>_end".
        parents: J indices, -1 for a root; a parent stands before its children.
        rest: (J, 3) OFFSET from the parent, in the file's unit.
        channels: J lists of (axis 0 to 2, whether it is a position), in the file's order.
        table: (T, C) the motion, one column a channel.
        rate: Frames per second.
        filled: Frames with numbers that were none, which were filled from their neighbours.
    """

    names: list[str]
    parents: list[int]
    rest: np.ndarray
    channels: list[list[tuple[int, bool]]]
    table: np.ndarray
    rate: float
    filled: int = 0


def decode(content: bytes) -> str:
    """Return the text of a file in UTF-16, UTF-8, else Shift-JIS, else Latin-1."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", "replace")
    if content[1:2] == b"\0" or content[:1] == b"\0":
        return content.decode("utf-16-le" if content[1:2] == b"\0" else "utf-16-be", "replace")
    for encoding in ("utf-8-sig", "cp932"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1")


def parse(text: str, name: str = "BVH", rate: float | None = None) -> Bvh:
    """Parse the text of a BVH file.

    Args:
        text: The whole file.
        name: What an error calls it.
        rate: Frames per second to use in place of the file's frame time.

    Raises:
        KinesicsError: It is not BVH, is cut off, or holds no frames or frames that are no numbers.
    """
    text = re.sub(r"\r\n?", "\n", text)
    if "#" in text or "//" in text:
        text = re.sub(r"(?m)(^|\s)(#|//).*$", "", text)
    parts = re.split(r"(?mi)^\s*MOTION\s*$", text, maxsplit=1)
    if len(parts) < 2 or "HIERARCHY" not in parts[0].upper():
        raise KinesicsError(
            f"{name} is not a BVH file: HIERARCHY or MOTION is missing. Export it again as BVH."
        )
    try:
        names, parents, rest, channels = _parse_hierarchy(parts[0])
    except (ValueError, IndexError) as error:
        raise KinesicsError(
            f"{name}: the HIERARCHY cannot be read ({error}). Export it again as BVH."
        ) from error
    head = re.match(r"\s*Frames\s*:\s*(\S+)\s+Frame\s*Time\s*:\s*(\S+)", parts[1], re.IGNORECASE)
    if head is None:
        raise KinesicsError(f"{name}: 'Frames:' or 'Frame Time:' is missing after MOTION.")
    table = _parse_table(
        parts[1][head.end():], head[1], sum(len(listed) for listed in channels), name)
    table, filled = _fill(table, name)
    return Bvh(names, parents, rest, channels, table,
               rate or _rate(head[2].replace(",", "."), name), filled)


def pose(motion: Bvh, joints: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Pose some joints.

    Args:
        motion: The file.
        joints: N indices.

    Returns:
        Positions (T, N, 3) and orientations (T, N, 3, 3) in the file's world and unit.
    """
    needed = set(joints)
    for joint in reversed(range(len(motion.names))):
        if joint in needed and motion.parents[joint] >= 0:
            needed.add(motion.parents[joint])
    kept = sorted(needed)
    place = {joint: index for index, joint in enumerate(kept)}
    starts = np.cumsum([0, *(len(listed) for listed in motion.channels)])
    frames = len(motion.table)
    added = _positions_are_added(motion, starts)
    offsets = np.repeat(motion.rest[kept][..., None], frames, axis=-1)
    rotations = np.repeat(np.eye(3)[None, ..., None], len(kept), axis=0).repeat(frames, axis=-1)
    for index, joint in enumerate(kept):
        columns = motion.table[:, starts[joint]:starts[joint + 1]].T
        for (axis, position), column in zip(motion.channels[joint], columns, strict=True):
            if not position:
                _turn(rotations[index], axis, np.radians(column))
            elif added and motion.parents[joint] >= 0:
                offsets[index, axis] += column
            else:
                offsets[index, axis] = column
    parents = [place.get(motion.parents[joint], -1) for joint in kept]
    positions, orientations = forward_kinematics(
        np.moveaxis(rotations, -1, 0), np.moveaxis(offsets, -1, 0), parents)
    wanted = [place[joint] for joint in joints]
    return positions[:, wanted], orientations[:, wanted]


def at_rest(motion: Bvh) -> Bvh:
    """Return the skeleton in its rest pose, one frame without channels."""
    return Bvh(motion.names, motion.parents, motion.rest, [[] for _ in motion.names],
               np.zeros((1, 0)), motion.rate)


def _positions_are_added(motion: Bvh, starts: np.ndarray) -> bool:
    """Return whether positions of joints below the root are meant to be added to their OFFSET.

    The bones decide: in place of their OFFSETs, positions near zero would put all joints in one
    point; added to them, positions as long as the OFFSETs would double every bone.
    """
    bones = moved = 0.0
    for joint, listed in enumerate(motion.channels):
        axes = [axis for axis, position in listed if position]
        if motion.parents[joint] < 0 or not axes:
            continue
        columns = [starts[joint] + place for place, (_, position) in enumerate(listed) if position]
        mean = motion.table[:, columns].mean(axis=0)
        bones += float(np.linalg.norm(motion.rest[joint, axes]))
        moved += float(np.linalg.norm(mean))
    return moved < 0.5 * bones


def _parse_hierarchy(
    text: str,
) -> tuple[list[str], list[int], np.ndarray, list[list[tuple[int, bool]]]]:
    names: list[str] = []
    parents: list[int] = []
    rest: list[list[float]] = []
    channels: list[list[tuple[int, bool]]] = []
    stack: list[int] = []
    text = re.sub(r"(?<=\d),(?=\d)", ".", text)
    missing = 0  # words of a CHANNELS line that stand on the next
    # A brace may stand on the line of its joint.
    for line in re.sub(r"([{}])", r"\n\1\n", text).splitlines():
        words = line.split()
        if missing and words:
            channels[-1] += [_channel(word) for word in words[:missing]]
            missing = max(missing - len(words), 0)
            continue
        if not words:
            continue
        kind = words[0].upper()
        if kind in ("ROOT", "JOINT") or kind.startswith("END"):
            parent = stack[-1] if stack else -1
            ends = kind.startswith("END")
            names.append(f"{names[parent]}_end" if ends else " ".join(words[1:]))
            parents.append(parent)
            rest.append([0.0, 0.0, 0.0])
            channels.append([])
        elif kind == "{":
            stack.append(len(names) - 1)
        elif kind == "}":
            stack.pop()
        elif kind == "OFFSET":
            words = [kind, *re.sub(_MINUS, " -", " ".join(words[1:])).split()]
            rest[-1] = [float(word) for word in words[1:4]]
            if len(rest[-1]) != 3:
                raise ValueError(f"OFFSET of {names[-1]} has {len(rest[-1])} numbers")
            if not np.isfinite(rest[-1]).all():
                raise ValueError(f"OFFSET of {names[-1]} is {' '.join(words[1:4])}")
        elif kind == "CHANNELS":
            channels[-1] = [_channel(word) for word in words[2:2 + int(words[1])]]
            missing = int(words[1]) - len(channels[-1])
    if stack or not names:
        raise ValueError("its braces do not match" if stack else "it names no joint")
    return names, parents, np.array(rest), channels


@cache
def _channel(word: str) -> tuple[int, bool]:
    found = re.fullmatch("([XYZ])(position|rotation)", word, re.IGNORECASE)
    if found is None:
        raise ValueError(f"unknown channel {word}")
    return "XYZ".index(found[1].upper()), found[2].lower() == "position"


def _parse_table(text: str, frames: str, width: int, name: str) -> np.ndarray:
    values = _numbers(text)
    if values is None:
        # Slower, for the ways in which tools and locales write numbers.
        values = _numbers(_plain_numbers(text))
    if values is None:
        raise KinesicsError(
            f"{name}: the motion table holds what is no number. Export it again.")
    if width == 0 or len(values) == 0 or frames == "0":
        raise KinesicsError(f"{name} holds no motion: {len(values)} numbers, {width} channels.")
    if len(values) % width:
        raise KinesicsError(
            f"{name}: the motion table does not fill rows of {width} numbers, one for each"
            f" channel. The file is cut off or not BVH; export it again."
        )
    table = values.reshape(-1, width)
    # Some exporters count one frame more than they write.
    if frames.isdigit() and len(table) < int(frames) - 1:
        raise KinesicsError(
            f"{name} is cut off: it announces {frames} frames and holds {len(table)}. Fetch or"
            " export it again."
        )
    return table


def _numbers(text: str) -> np.ndarray | None:
    """Return the numbers of a text, None if a word is none."""
    if not text.strip():
        return np.empty(0)  # numpy would make one number of nothing
    with warnings.catch_warnings():
        # numpy only warns of a word that is no number, and ends there.
        warnings.simplefilter("error", DeprecationWarning)
        try:
            return np.fromstring(text, np.float64, sep=" ")
        except (DeprecationWarning, ValueError):
            return None


def _plain_numbers(text: str) -> str:
    """Return a table of numbers with points for decimal commas and blanks between all numbers."""
    if "," in text:
        separates = "." in text or re.search(r"\d,-?\d+,", text) is not None
        text = text.replace(",", " " if separates else ".")
    return re.sub(_MINUS, " -", text)


def _fill(table: np.ndarray, name: str) -> tuple[np.ndarray, int]:
    """Fill the numbers that are none from the frames around them, if they are few.

    Returns:
        The table and how many frames were filled.

    Raises:
        KinesicsError: More than ``MOST_FILLED`` of the frames are concerned.
    """
    bad = ~np.isfinite(table)
    rows = int(bad.any(axis=1).sum())
    if not rows:
        return table, 0
    if rows > MOST_FILLED * len(table):
        raise KinesicsError(
            f"{name}: {rows} of {len(table)} frames of the motion table hold nan or infinity."
            " Export it again.")
    table, times = table.copy(), np.arange(len(table))
    for column in np.flatnonzero(bad.any(axis=0)):
        known = ~bad[:, column]
        table[:, column] = np.interp(times, times[known], table[known, column])
    return table, rows


def _rate(frame_time: str, name: str) -> float:
    """Return the frames per second meant by a frame time written with few digits."""
    try:
        seconds = float(frame_time)
    except ValueError:
        seconds = 0.0
    if np.isfinite(seconds) and seconds > SLOWEST and any(
            abs(1000 / rate - seconds) < 0.02 * seconds for rate in COMMON_RATES):
        frame_time, seconds = f"{seconds / 1000:.6f}", seconds / 1000  # it is in milliseconds
    if not np.isfinite(seconds) or not FASTEST <= seconds <= SLOWEST:
        raise KinesicsError(
            f"{name}: got a frame time of {frame_time} s; wanted {FASTEST:g} to {SLOWEST:g} s. Give"
            " the true rate with --rate."
        )
    digits = len(frame_time.partition(".")[2])
    near = min(COMMON_RATES, key=lambda rate: abs(1 / rate - seconds))
    off = abs(1 / near - seconds)
    return float(near) if off < min(10.0**-digits, 0.02 * seconds) else 1 / seconds


def _turn(rotation: np.ndarray, axis: int, angle: np.ndarray) -> None:
    """Multiply (3, 3, T) matrices in place by a rotation about one axis, (T,) radians."""
    i, j = (axis + 1) % 3, (axis + 2) % 3
    cosine, sine = np.cos(angle), np.sin(angle)
    first, second = rotation[:, i].copy(), rotation[:, j].copy()
    rotation[:, i] = cosine * first + sine * second
    rotation[:, j] = cosine * second - sine * first
