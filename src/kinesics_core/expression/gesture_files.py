"""Files of gestures: YAML or JSON of key poses, read with the line of what is wrong, and written.

A file maps names to gestures::

    beckon:
      meaning: come here
      duration: 2.2              # seconds until the posture is reached again
      keys:
        - time: 0.6              # seconds after it begins
          right: {upper: [0.3, -0.5, 0.8], fore: [0.0, 0.9, 0.4], curl: 0.1}
          head: [0.1, 0.0, 0.0]  # roll, pitch, yaw in radians, as spine; added to the posture
        - time: 1.2
          both: {upper: [0.3, -0.9, 0.3], fore: [0.0, 0.2, 1.0]}
          collars: 0.1

Directions of an arm are own side, up, forward, of any length; ``twist``, ``bend`` and ``curl`` are
those of ``body.arm_poses.ArmPose``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import yaml

from kinesics_core import files
from kinesics_core.body.arm_poses import ArmPose
from kinesics_core.body.gestures import Gesture, KeyPose
from kinesics_core.errors import KinesicsError

SUFFIXES = (".yaml", ".yml", ".json")
"""Ends of the names of files of gestures."""

LARGEST = 4_000_000
"""Bytes of a file; a larger one is something else."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same, several times faster
_GESTURE, _KEY = ("meaning", "duration", "keys"), ("time", "left", "right", "both", "spine",
                                                   "head", "collars")
_ARM = ("upper", "fore", "twist", "bend", "curl")
_LONGEST = 60.0  # s
_LIMITS = {"spine": 1.0, "head": 1.2, "collars": 0.5, "twist": 3.2, "bend": 1.6}  # radians


def read_gestures(path: Path) -> dict[str, Gesture]:
    """Read a file of gestures.

    Raises:
        KinesicsError: The file cannot be read or is no such file; the sentence has the line.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise KinesicsError(f"{path} is larger than {LARGEST} bytes: no file of gestures.")
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=_LOADER)
    except OSError as error:
        raise KinesicsError(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        raise KinesicsError(f"{path} cannot be read as YAML: {error}") from error
    names = _fields(node, str(path), None)
    if not names:
        raise KinesicsError(f"{path} holds no gesture; wanted a name with 'duration' and 'keys'.")
    return {_name(name, value, path): _gesture(value, path) for name, value in names.items()}


def write_gestures(path: Path, gestures: Mapping[str, Gesture], about: str = "") -> None:
    """Write a file of gestures, atomically; ``about`` is its heading, one sentence a line."""
    lines = [f"# {line}" for line in about.splitlines()]
    for name, gesture in gestures.items():
        lines += [f"{name}:", f"  meaning: {json.dumps(gesture.meaning)}",
                  f"  duration: {gesture.duration}", "  keys:"]
        lines += [f"    - {json.dumps(_plain(key))}" for key in gesture.keys]
    files.write_text(path, "\n".join(lines) + "\n")


def _plain(key: KeyPose) -> dict[str, Any]:
    out: dict[str, Any] = {"time": key.time}
    if key.left is not None and key.left == key.right:
        out["both"] = asdict(key.left)
    else:
        out |= {side: asdict(arm) for side, arm in (("left", key.left), ("right", key.right))
                if arm is not None}
    for name in ("spine", "head"):
        if any(getattr(key, name)):
            out[name] = getattr(key, name)
    if key.collars:
        out["collars"] = key.collars
    return out


def _fields(node: Any, where: str, known: tuple[str, ...] | None) -> dict[str, Any]:
    """Return the fields of a mapping's node by name.

    Raises:
        KinesicsError: It is no mapping, or a name of it stands twice or is unknown.
    """
    if not isinstance(node, yaml.MappingNode):
        wanted = f"a mapping of {', '.join(known)}" if known else "gestures by name"
        raise KinesicsError(f"{_line(node, where)}: wanted {wanted}.")
    out: dict[str, Any] = {}
    for key, value in node.value:
        name = str(key.value)
        if name in out:
            raise KinesicsError(f"{_line(key, where)}: {name!r} stands twice.")
        if known is not None and name not in known:
            raise KinesicsError(
                f"{_line(key, where)}: {name!r} is unknown here; use {', '.join(known)}.")
        out[name] = value
    return out


def _line(node: Any, where: str) -> str:
    return where if node is None else f"{where}, line {node.start_mark.line + 1}"


def _name(name: str, node: Any, path: Path) -> str:
    if not name.replace("_", "").isalnum():
        raise KinesicsError(
            f"{_line(node, str(path))}: {name!r} is no name of a gesture; use letters, digits and"
            " underscores.")
    return name


def _gesture(node: Any, path: Path) -> Gesture:
    where = str(path)
    fields = _fields(node, where, _GESTURE)
    if "keys" not in fields or not isinstance(fields["keys"], yaml.SequenceNode):
        raise KinesicsError(f"{_line(node, where)}: wanted 'keys', a list of key poses.")
    keys = tuple(_key(item, where) for item in fields["keys"].value)
    if not keys or "duration" not in fields:
        raise KinesicsError(f"{_line(node, where)}: wanted 'duration' and at least one key pose.")
    times = [0.0, *(key.time for key in keys)]
    duration = _number(fields["duration"], where, "duration", 0.1, _LONGEST)
    if any(after <= before for before, after in zip(times, [*times[1:], duration], strict=True)):
        raise KinesicsError(
            f"{_line(fields['keys'], where)}: got times {times[1:]} and duration {duration}; wanted"
            " times above 0 that grow, and a duration after the last.")
    meaning = fields["meaning"].value if "meaning" in fields else ""
    return Gesture(duration, keys, str(meaning))


def _key(node: Any, where: str) -> KeyPose:
    fields = _fields(node, where, _KEY)
    if "time" not in fields:
        raise KinesicsError(f"{_line(node, where)}: wanted 'time' of the key pose.")
    if "both" in fields and ("left" in fields or "right" in fields):
        raise KinesicsError(f"{_line(node, where)}: 'both' excludes 'left' and 'right'.")
    arms = {side: _arm(fields[name], where) for side, name in (
        ("left", "left"), ("right", "right"), ("left", "both"), ("right", "both"))
        if name in fields}
    turns = {name: _three(fields[name], where, name, _LIMITS[name])
             for name in ("spine", "head") if name in fields}
    collars = (_number(fields["collars"], where, "collars", -0.5, 0.5)
               if "collars" in fields else 0.0)
    time = _number(fields["time"], where, "time", 0.0, _LONGEST)
    return KeyPose(time, arms.get("left"), arms.get("right"), collars=collars, **turns)


def _arm(node: Any, where: str) -> ArmPose:
    fields = _fields(node, where, _ARM)
    if "upper" not in fields or "fore" not in fields:
        raise KinesicsError(f"{_line(node, where)}: wanted 'upper' and 'fore', two directions.")
    upper, fore = (_three(fields[name], where, name, 1e3) for name in ("upper", "fore"))
    for name, direction in (("upper", upper), ("fore", fore)):
        if math.hypot(*direction) < 1e-3:
            raise KinesicsError(
                f"{_line(fields[name], where)}: {name!r} is no direction, its length is 0.")
    rest = {name: _number(fields[name], where, name, 0.0 if name == "curl" else -_LIMITS[name],
                          1.0 if name == "curl" else _LIMITS[name])
            for name in ("twist", "bend", "curl") if name in fields}
    return ArmPose(upper, fore, **rest)


def _three(node: Any, where: str, name: str, largest: float) -> tuple[float, float, float]:
    if not isinstance(node, yaml.SequenceNode) or len(node.value) != 3:
        raise KinesicsError(f"{_line(node, where)}: wanted three numbers of {name!r}.")
    x, y, z = (_number(item, where, name, -largest, largest) for item in node.value)
    return x, y, z


def _number(node: Any, where: str, name: str, low: float, high: float) -> float:
    try:
        value = float(node.value)
    except (TypeError, ValueError):
        value = math.nan
    if not low <= value <= high:
        raise KinesicsError(
            f"{_line(node, where)}: got {getattr(node, 'value', None)!r} as {name!r}; wanted a"
            f" number from {low:g} to {high:g}.")
    return value
