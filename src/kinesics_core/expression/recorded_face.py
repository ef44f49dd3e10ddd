"""The robot's face as a bag recorded it: messages of kinesics/msg/FacePose. Needs no ROS."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from kinesics_core.errors import KinesicsError
from kinesics_core.expression.face_animation import GAP, FaceAnimation
from kinesics_core.expression.live_link_reader import Take
from kinesics_core.files import shown
from kinesics_core.recording.bag_reader import find
from kinesics_core.recording.bag_storage import (
    StoredMessage,
    StoredTopic,
    TornError,
    records,
    unpacked,
)
from kinesics_core.recording.cdr import Definition
from kinesics_core.recording.people_definition import PEOPLE_DEFINITION
from kinesics_core.skeletons import ARKIT_BLENDSHAPES
from kinesics_core.types import NANOSECONDS

FACE_TYPE = "kinesics/msg/FacePose"

FACE_DEFINITION = """\
std_msgs/Header header
builtin_interfaces/Time pose_time
float32[52] blendshapes
float32[2] gaze
float32[3] head
"""
"""The fields of ``msg/FacePose.msg``, for bags that carry no definition."""


_GAP = 0.1  # seconds; the stream's own jitter is no gap


@dataclass(slots=True)
class _Stream:
    """The faces of one topic: times in ns, and their 57 numbers."""

    stamps: list[int] = field(default_factory=list)
    rows: list[np.ndarray] = field(default_factory=list)


def read_bag(source: Path, topic: str = "") -> Take:
    """Read the robot's face from a recording.

    Args:
        source: A bag, or a folder with one.
        topic: The topic; "" takes the only one there is.

    Returns:
        The face at its ``pose_time``, from the first on.

    Raises:
        KinesicsError: There is no such bag or several, no face in it, or several topics of faces.
    """
    bags = find(source)
    name = shown(source)
    if len(bags) > 1:
        raise KinesicsError(
            f"{name} holds {len(bags)} bags, {', '.join(bag.name for bag in bags[:4])}; give one.")
    notes: list[str] = []
    streams: dict[str, _Stream] = {}
    for stored, message in _faces(bags[0].files, notes):
        stream = streams.setdefault(stored.name, _Stream())
        time = message["pose_time"]
        stream.stamps.append(int(time["sec"]) * NANOSECONDS + int(time["nanosec"]))
        stream.rows.append(np.concatenate(
            [message[part] for part in ("blendshapes", "gaze", "head")]).astype(np.float64))
    known = ", ".join(sorted(streams)) or "none"
    if topic and topic not in streams:
        raise KinesicsError(f"{name} has no faces on {topic}; topics with faces: {known}.")
    if len(streams) > 1 and not topic:
        raise KinesicsError(f"{name} has faces on {known}; name one with --topic.")
    if not streams:
        raise KinesicsError(
            f"{name} holds no message of type {FACE_TYPE}; record the topic face_pose as well.")
    stream = streams[topic or next(iter(streams))]
    return Take(_animation(stream, name, notes), tuple(notes))


def _faces(files: list[Path], notes: list[str]) -> Iterator[tuple[StoredTopic, dict[str, Any]]]:
    """Yield topic and message of every face, as far as the files are whole."""
    definitions: dict[StoredTopic, Definition] = {}
    for file in files:
        try:
            for record in records(file):
                if isinstance(record, StoredTopic) and record.type == FACE_TYPE:
                    definitions[record] = _definition(record)
                elif isinstance(record, StoredMessage) and record.topic in definitions:
                    yield record.topic, definitions[record.topic].decode(unpacked(record.data))
        except TornError as error:
            notes.append(f"{file.name} is torn or damaged; what comes before was read ({error}).")


def _definition(topic: StoredTopic) -> Definition:
    if topic.definition.strip() and topic.encoding in ("ros2msg", ""):
        return Definition(FACE_TYPE, topic.definition, PEOPLE_DEFINITION)
    return Definition(FACE_TYPE, FACE_DEFINITION, PEOPLE_DEFINITION, exact=True)


def _animation(stream: _Stream, name: str, notes: list[str]) -> FaceAnimation:
    """Make an animation of a topic's faces; tell of what is left out and of gaps."""
    stamps, values = np.array(stream.stamps, np.int64), np.array(stream.rows)
    rises = np.concatenate([[True], stamps[1:] > np.maximum.accumulate(stamps)[:-1]])
    whole = np.isfinite(values).all(axis=1)
    for count, why in ((int((~rises).sum()), "are not later than the one before"),
                       (int((rises & ~whole).sum()), "hold nan")):
        if count:
            notes.append(f"{count} faces {why} and are left out.")
    kept = rises & whole
    if not kept.any():
        raise KinesicsError(f"{name} holds no face without nan; record again.")
    stamps, values = stamps[kept], values[kept]
    times = (stamps - stamps[0]) / NANOSECONDS
    steps = np.diff(times)
    usual = float(np.median(steps)) if len(steps) else 0.0
    for place in np.flatnonzero(steps > max(GAP * usual, _GAP)):
        notes.append(f"No face from {times[place]:.3f} to {times[place + 1]:.3f} s; bridged by a"
                     " straight line.")
    count = len(ARKIT_BLENDSHAPES)
    return FaceAnimation(
        times, np.clip(values[:, :count], 0.0, 1.0).astype(np.float32),
        values[:, count : count + 2].astype(np.float32), values[:, count + 2 :].astype(np.float32))
