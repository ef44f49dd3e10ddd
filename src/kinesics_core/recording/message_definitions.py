"""Full text and type hash of message types, as a bag carries them.

Read from the files every interface package installs, ``share/<package>/msg/<Name>.{msg,json}``,
under AMENT_PREFIX_PATH and under the running Python environment. The text is the one rosbag2
writes (``rosbag2_cpp::LocalMessageDefinitionSource``, encoding "ros2msg"): the type's own
definition, then every type it is made of, once, each behind a line of 80 '=' and "MSG: name".
"""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

from kinesics_core.errors import RecordingError
from kinesics_core.recording.cdr import PRIMITIVES

# The first word of a field: "foo_msgs/Bar" in "foo_msgs/Bar[<=3] bar".
_FIELD_TYPE = re.compile(r"^\s*([a-zA-Z0-9_/]+)(?:\[[^\]]*\])?\s+", re.MULTILINE)

_BUILT_IN = frozenset({*PRIMITIVES, "string", "wstring"})


def full_text(type_name: str) -> str:
    """Return the "ros2msg" text of a type such as "sensor_msgs/msg/Image".

    Raises:
        RecordingError: The type, or one it is made of, is not installed.
    """
    seen: set[str] = set()

    def expand(name: str) -> str:
        text = _share_file(name, ".msg").read_text(encoding="utf-8")
        package = name.split("/")[0]
        for field_type in sorted({_resolve(t, package) for t in _field_types(text)}):
            if field_type not in seen:
                seen.add(field_type)
                text += f"\n{'=' * 80}\nMSG: {field_type}\n{expand(field_type)}"
        return text

    return expand(type_name)


def type_hash(type_name: str) -> str:
    """Return the type's hash (REP-2016, "RIHS01_..."), "" where the package installs none."""
    description = _share_file(type_name, ".msg").with_suffix(".json")
    if not description.is_file():
        return ""
    hashes = json.loads(description.read_text(encoding="utf-8")).get("type_hashes", [])
    return next((h["hash_string"] for h in hashes if h["type_name"] == type_name), "")


def _field_types(definition: str) -> set[str]:
    return set(_FIELD_TYPE.findall(definition)) - _BUILT_IN


def _resolve(field_type: str, package: str) -> str:
    """Return the name with its package; a bare name is of the package it stands in."""
    return field_type if "/" in field_type else f"{package}/{field_type}"


def _share_file(type_name: str, suffix: str) -> Path:
    """Return the installed file of a message type."""
    package, *_, name = type_name.split("/")
    prefixes = [p for p in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep) if p]
    for prefix in (*prefixes, sys.prefix):
        path = Path(prefix, "share", package, "msg", name + suffix)
        if path.is_file():
            return path
    raise RecordingError(
        f"The message type {type_name} has no installed definition (share/{package}/msg/"
        f"{name}{suffix}), and a bag must carry it. Install or source the package {package}."
    )
