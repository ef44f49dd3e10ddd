"""Written traces: what a robot perceives over time, as a small file that people write and read.

A trace is a list of entries, YAML or one JSON object a line, each about one person at one time::

    - {at: 0.5, person: 1, distance: 2.5, engagement: engaging}
    - {at: 1.0, expected: wave, in: 0.7}         # the forecast: a wave in .7 s
    - {at: 1.7, gesture: wave, for: 1.5}
    - {at: 2.0, emotion: happiness, intensity: 0.8}
    - {at: 6.0, emotion: neutral, distance: 1.2, gaze: 0.9}
    - {at: 9.0, leaves: true}

What an entry says of a person holds until the next one says otherwise, a gesture and what is
expected for ``for`` seconds. A person is there from the first entry on. Times may be in any order
between persons, and grow for each. ``Trace.at`` makes of it what the stages before the policy give:
people with keypoints where the camera would see them, readings of affect, social signals.
"""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from kinesics_core.affect.emotions import EMOTION_VAD, EMOTIONS, NEUTRAL
from kinesics_core.affect.signals import ENGAGEMENT, GESTURES, POSTURES
from kinesics_core.camera import Lens, focal_length
from kinesics_core.errors import KinesicsError
from kinesics_core.mind.perceived import Perceived
from kinesics_core.types import (
    NANOSECONDS,
    Affect,
    GestureSign,
    People,
    Person,
    SocialSignals,
)

SUFFIXES = (".yaml", ".yml", ".jsonl")
"""Ends of the names of files of traces."""

LARGEST = 4_000_000
"""Bytes of a file; a larger one is something else."""

LONGEST = 86_400.0
"""Seconds of a trace: a day."""

SIZE = 640, 480
"""Width and height of the image that people of a trace are seen in, px."""

TAIL = 3.0
"""Seconds that a trace goes on after its last entry."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same, several times faster
_SOON = 0.6  # s until what is expected begins, where nothing else is said
_APART = 0.22  # of the image's width between two persons
_STATURE, _EYES = 1.7, 0.1  # metres: of a person, and from the crown to the eyes

# COCO-17 of somebody who stands, as shares of the stature: to the person's left, up.
_FIGURE = np.array([
    (0.0, 0.93), (0.02, 0.945), (-0.02, 0.945), (0.045, 0.935), (-0.045, 0.935),
    (0.115, 0.82), (-0.115, 0.82), (0.14, 0.64), (-0.14, 0.64), (0.15, 0.48), (-0.15, 0.48),
    (0.08, 0.52), (-0.08, 0.52), (0.08, 0.28), (-0.08, 0.28), (0.08, 0.04), (-0.08, 0.04),
])


@dataclass(frozen=True, slots=True)
class PersonState:
    """State of one person at one time, as a trace has it.

    Attributes:
        person: Id, from 1.
        emotion: Index into ``EMOTIONS``.
        intensity: Probability of that emotion; the rest is neutral.
        confidence: Of the reading, 0..1.
        gesture: Name of what the person does, or "".
        expected: Name of what the forecast says the person will do, or "".
        starts_in: Seconds until then.
        sure: Confidence of both, 0..1.
        posture: One of ``POSTURES``.
        engagement: One of ``ENGAGEMENT``.
        distance: Metres.
        facing: Radians between where the person faces and the camera.
        gaze: Share 0..1 of looking at the camera; nan unknown.
        approach: Metres a second towards the camera.
        leaves: Whether the person goes.
        note: Words for the picture.
    """

    person: int = 1
    emotion: int = NEUTRAL
    intensity: float = 1.0
    confidence: float = 0.9
    gesture: str = ""
    expected: str = ""
    starts_in: float = _SOON
    sure: float = 0.9
    posture: str = "standing"
    engagement: str = "engaged"
    distance: float = 1.8
    facing: float = 0.0
    gaze: float = math.nan
    approach: float = 0.0
    leaves: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Entry:
    """One line of a trace: what it changes, from when on, and how long its gesture lasts."""

    at: float
    person: int
    changes: dict[str, Any]
    lasts: float


@dataclass(slots=True)
class Trace:
    """A written trace.

    Attributes:
        name: Of its file.
        duration: Seconds.
    """

    name: str
    duration: float
    _people: dict[int, list[_Entry]] = field(default_factory=dict)

    def states(self, seconds: float) -> list[PersonState]:
        """Return everybody who is there at a time, by id."""
        found = []
        for person, entries in sorted(self._people.items()):
            state = _state_at(person, entries, seconds)
            if state is not None:
                found.append(state)
        return found

    def at(self, seconds: float, began: int = 0) -> Perceived:
        """Return what is perceived at a time.

        Args:
            seconds: Since the trace begins.
            began: Stamp of its beginning, ns.
        """
        return perceived_of(self.states(seconds), began + round(seconds * NANOSECONDS))

    def frames(self, rate: float = 30.0) -> Iterator[Perceived]:
        """Yield what is perceived, ``rate`` times a second."""
        for frame in range(int(self.duration * rate) + 1):
            yield self.at(frame / rate)

    def notes(self) -> list[tuple[float, str]]:
        """Return the notes of the trace and when they stand, in order."""
        found = [(entry.at, str(entry.changes["note"])) for entries in self._people.values()
                 for entry in entries if entry.changes.get("note")]
        return sorted(found)


def perceived_of(states: Sequence[PersonState], stamp: int) -> Perceived:
    """Return what the stages before the policy would give of people in these states.

    Args:
        states: Of everybody who is there; they stand side by side.
        stamp: Of the image, ns.
    """
    people = People(stamp, *SIZE, [
        _person(state, number, len(states)) for number, state in enumerate(states)], "trace")
    return Perceived(
        people, [_affect(state, stamp) for state in states],
        [_signals(state, stamp) for state in states])


def read_trace(path: Path) -> Trace:
    """Read a trace.

    Raises:
        KinesicsError: The file cannot be read or is no such file; the sentence has the line.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise KinesicsError(f"{path} is larger than {LARGEST} bytes: no written trace.")
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise KinesicsError(f"{path} cannot be read: {error}") from error
    return parse_trace(text, str(path), lines=path.suffix == ".jsonl")


def parse_trace(text: str, name: str = "trace", lines: bool = False) -> Trace:
    """Return the trace that a text says.

    Args:
        text: YAML, or one JSON object a line.
        name: What errors call it.
        lines: Whether it is one JSON object a line.

    Raises:
        KinesicsError: It is no trace; the sentence has the line.
    """
    entries = _json_lines(text, name) if lines else _yaml_entries(text, name)
    people: dict[int, list[_Entry]] = {}
    for line, values in entries:
        entry = _entry(values, f"{name}, line {line}")
        known = people.setdefault(entry.person, [])
        if known and entry.at < known[-1].at:
            raise KinesicsError(
                f"{name}, line {line}: got at = {entry.at:g} s after {known[-1].at:g} s of the same"
                " person; wanted times that grow.")
        known.append(entry)
    if not people:
        raise KinesicsError(
            f"{name} holds no entry; wanted a list such as"
            " `- {at: 1.0, emotion: happiness, intensity: 0.8}`.")
    last = max(entry.at + entry.lasts * bool({"gesture", "expected"} & set(entry.changes))
               for known in people.values() for entry in known)
    return Trace(name, min(last + TAIL, LONGEST), people)


# What a trace says, at a time.


def _state_at(person: int, entries: Sequence[_Entry], seconds: float) -> PersonState | None:
    state = None
    for entry in entries:
        if entry.at > seconds + 1e-9:
            break
        changes = dict(entry.changes)
        if seconds >= entry.at + entry.lasts:
            changes |= {name: "" for name in ("gesture", "expected") if name in changes}
        elif "expected" in changes:
            changes["starts_in"] = max(
                changes.get("starts_in", _SOON) - (seconds - entry.at), 0.0)
        before = PersonState(person) if state is None or state.leaves else state
        state = replace(before, **changes)
    return None if state is None or state.leaves else state


def _person(state: PersonState, number: int, count: int) -> Person:
    width, height = SIZE
    focal = focal_length(width, Lens().horizontal_fov)
    scale = _STATURE * focal / max(state.distance, 0.3)
    middle = width * (0.5 + _APART * (number - 0.5 * (count - 1)))
    # The camera is at the height of the eyes; who faces it has the left on the image's right.
    x = middle + scale * _FIGURE[:, 0] * math.cos(state.facing)
    y = 0.42 * height + scale * (1.0 - _EYES / _STATURE - _FIGURE[:, 1])
    coco = np.stack([x, y, np.full(len(x), 0.9)], 1).astype(np.float32)
    outside = (x < 0) | (x >= width) | (y < 0) | (y >= height)
    coco[outside] = (np.nan, np.nan, 0.0)
    return Person(state.person, 0.9, coco)


def _affect(state: PersonState, stamp: int) -> Affect:
    categories = np.zeros(len(EMOTIONS), np.float32)
    categories[NEUTRAL] = 1.0 - state.intensity
    categories[state.emotion] += state.intensity
    valence, arousal, dominance = (state.intensity * EMOTION_VAD[state.emotion]).tolist()
    return Affect(stamp, state.person, categories, valence, arousal, dominance, state.confidence,
                  "trace")


def _signals(state: PersonState, stamp: int) -> SocialSignals:
    seen = (GestureSign(state.gesture, state.sure),) if state.gesture else ()
    coming = (GestureSign(state.expected, state.sure, state.starts_in),) if state.expected else ()
    return SocialSignals(
        stamp, state.person, seen, coming, state.posture, state.engagement, 0.9, state.distance,
        state.facing, state.gaze, state.approach)


# How it is read.


def _yaml_entries(text: str, name: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        node = yaml.compose(text, Loader=_LOADER)
        loader = _LOADER("")
        if not isinstance(node, yaml.SequenceNode):
            line = "" if node is None else f", line {node.start_mark.line + 1}"
            raise KinesicsError(
                f"{name}{line}: wanted a list of entries, each such as"
                " `- {at: 1.0, emotion: happiness, intensity: 0.8}`.")
        for item in node.value:
            line = item.start_mark.line + 1
            if not isinstance(item, yaml.MappingNode):
                raise KinesicsError(f"{name}, line {line}: wanted an entry such as {{at: 1.0}}.")
            keys = [str(key.value) for key, _ in item.value]
            twice = {key for key in keys if keys.count(key) > 1}
            if twice:
                raise KinesicsError(f"{name}, line {line}: {min(twice)!r} stands twice.")
            yield line, loader.construct_document(item)
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        raise KinesicsError(f"{name} cannot be read as YAML: {error}") from error


def _json_lines(text: str, name: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for line, content in enumerate(text.splitlines(), start=1):
        if not content.strip():
            continue
        try:
            values = json.loads(content)
        except ValueError as error:
            raise KinesicsError(f"{name}, line {line}: cannot be read as JSON: {error}") from error
        if not isinstance(values, dict):
            raise KinesicsError(f"{name}, line {line}: wanted an object such as {{\"at\": 1.0}}.")
        yield line, values


def _entry(values: Mapping[str, Any], where: str) -> _Entry:
    for name in values:
        if name not in _FIELDS:
            near = difflib.get_close_matches(str(name), _FIELDS, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"use {', '.join(_FIELDS)}."
            raise KinesicsError(f"{where}: {name!r} is unknown here; {hint}")
    if "at" not in values:
        raise KinesicsError(f"{where}: wanted 'at', the time of the entry in seconds.")
    read = {name: _FIELDS[name](value, f"{where}: {name}") for name, value in values.items()}
    at, person = read.pop("at"), read.pop("person", 1)
    lasts = read.pop("for", read.get("in", _SOON) + 0.5
                     if read.get("expected") else 1.2)
    if "in" in read:
        read["starts_in"] = read.pop("in")
    if "emotion" in read and "intensity" not in read:
        read["intensity"] = 1.0
    return _Entry(at, person, read, lasts)


def _number(low: float, high: float, unit: str = "") -> Callable[[Any, str], float]:
    def read(value: Any, where: str) -> float:
        good = isinstance(value, int | float) and not isinstance(value, bool)
        if not (good and low <= value <= high):
            raise KinesicsError(
                f"{where}: got {value!r}, wanted a number from {low:g} to {high:g}"
                f"{f' {unit}' if unit else ''}.")
        return float(value)

    return read


def _one_of(names: Sequence[str]) -> Callable[[Any, str], str]:
    def read(value: Any, where: str) -> str:
        text = "" if value is None else str(value)
        if text not in names:
            near = difflib.get_close_matches(text, names, 1)
            hint = f"; did you mean {near[0]!r}?" if near else "."
            known = ", ".join(filter(None, names))
            raise KinesicsError(f"{where}: got {text!r}, wanted one of {known}{hint}")
        return text

    return read


def _emotion(value: Any, where: str) -> int:
    return EMOTIONS.index(_one_of(EMOTIONS)(value, where))


def _person_id(value: Any, where: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value < 2**31:
        raise KinesicsError(f"{where}: got {value!r}, wanted a whole number from 1.")
    return value


def _flag(value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        raise KinesicsError(f"{where}: got {value!r}, wanted true or false.")
    return value


def _words(value: Any, where: str) -> str:
    return str(value)[:200]


_FIELDS: dict[str, Callable[[Any, str], Any]] = {
    "at": _number(0.0, LONGEST, "s"),
    "person": _person_id,
    "emotion": _emotion,
    "intensity": _number(0.0, 1.0),
    "confidence": _number(0.0, 1.0),
    "gesture": _one_of(("", *GESTURES)),
    "expected": _one_of(("", *GESTURES)),
    "in": _number(0.0, 2.0, "s"),
    "for": _number(0.0, LONGEST, "s"),
    "sure": _number(0.0, 1.0),
    "posture": _one_of(POSTURES),
    "engagement": _one_of(ENGAGEMENT),
    "distance": _number(0.2, 20.0, "m"),
    "facing": _number(-math.pi, math.pi, "rad"),
    "gaze": _number(0.0, 1.0),
    "approach": _number(-5.0, 5.0, "m/s"),
    "leaves": _flag,
    "note": _words,
}
