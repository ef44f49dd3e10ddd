"""Reader of the people in a bag. Needs no ROS.

A bag is a folder that ``recorder_node`` or ``ros2 bag record`` made, with MCAP or SQLite files in
it; people are whatever is of type kinesics/msg/PersonArray, under any topic name.
"""

from __future__ import annotations

import heapq
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from kinesics_core.affect.emotions import EMOTIONS, as_distribution
from kinesics_core.errors import KinesicsError
from kinesics_core.files import files_below
from kinesics_core.keypoints import FARTHEST, places, shares, sized
from kinesics_core.recording.bag_file import METADATA, is_being_recorded
from kinesics_core.recording.bag_storage import (
    StoredMessage,
    StoredMetadata,
    StoredTopic,
    TornError,
    records,
    suffix_of,
    unpacked,
)
from kinesics_core.recording.cdr import Definition
from kinesics_core.recording.people_definition import PEOPLE_DEFINITION, PEOPLE_TYPE
from kinesics_core.types import NANOSECONDS, People, Person

_POINTS = {"pose": 33, "pose_world": 33, "left_hand": 21, "right_hand": 21, "left_hand_world": 21,
           "right_hand_world": 21, "face": 478}  # of each part of a person

LATE = 0.5
"""Seconds by which a message may come behind a later stamped one and is put in its place."""


@dataclass(slots=True)
class Bag:
    """A recording.

    Attributes:
        name: Its path below the folder it was looked for in.
        files: Its files in order.
    """

    name: str
    files: list[Path]


@dataclass(slots=True)
class BagContents:
    """Contents of a bag, as far as it is whole.

    Attributes:
        people: Topic -> people, in order of their stamps unless those go back by ``LATE``.
        types: Topic -> type, of every topic.
        messages: Number of messages of all topics.
        custom_data: rosbag2's own; the recorder keeps participant, emotion and take there.
        fault: Sentences if the bag is torn or some of it cannot be used; what else it holds was
            read.
    """

    people: dict[str, list[People]] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    messages: int = 0
    custom_data: dict[str, str] = field(default_factory=dict)
    fault: str = ""

    @property
    def lack(self) -> str:
        """Sentence why nobody can be in it; "" where somebody can."""
        if not self.messages:
            return ("The bag holds no message. Nothing was published, or its recorder was killed"
                    " before the first flush.")
        if self.people:
            return ""
        topics = ", ".join(f"{topic} ({kind})" for topic, kind in sorted(self.types.items()))
        return f"It has no topic of type {PEOPLE_TYPE}, only {topics}; record `persons` too."

    def add_fault(self, sentence: str) -> None:
        """Add a sentence to the faults."""
        self.fault = f"{self.fault} {sentence}".strip()


def find(source: Path) -> list[Bag]:
    """Return every bag at or below ``source``, in order of name.

    Files of one folder are one bag if the folder has rosbag2's metadata.yaml or they are called
    as rosbag2 calls the parts of one; otherwise each is a bag by itself.

    Raises:
        KinesicsError: There is none.
    """
    if not source.exists():
        raise KinesicsError(f"{source} does not exist; give a bag, or a folder of bags.")
    if source.is_file() and suffix_of(source):
        return [Bag(_stem(source), [source])]
    folders: dict[Path, list[Path]] = {}
    found = files_below(source)
    for file in found:
        if suffix_of(file):
            folders.setdefault(file.parent, []).append(file)
    bags = []
    for folder, files in folders.items():
        # Killed while it compressed a part, rosbag2 leaves both.
        files = [file for file in files if file.suffix != ".zstd" or file.with_suffix("")
                 not in files]
        name = folder.relative_to(source)
        part = re.compile(re.escape(folder.absolute().name) + r"_\d+")
        if (folder / METADATA).exists() or all(part.fullmatch(_stem(file)) for file in files):
            # part_10 comes after part_9
            files.sort(key=lambda file: (len(_stem(file)), file.name))
            bags.append(Bag(name.as_posix() if name.parts else folder.absolute().name, files))
        else:
            bags += [Bag((name / _stem(file)).as_posix(), [file]) for file in files]
    if not bags:
        others = sorted({file.suffix for file in (*found, source) if file.is_file()} - {""})
        raise KinesicsError(
            f"{source} holds no .mcap or .db3 file, only {', '.join(others) or 'nothing'}. Give a"
            " bag of ROS 2 or a folder of them; `rosbags-convert` makes one of a ROS 1 .bag."
        )
    return sorted(bags, key=lambda bag: bag.name)


def is_bag(source: Path) -> bool:
    """Return whether a path is a bag's file, or a folder with some."""
    if source.is_dir():
        return any(suffix_of(file) for file in source.iterdir())
    return bool(suffix_of(source))


def read(bag: Bag) -> BagContents:
    """Return everybody in a bag, as far as it is whole."""
    contents = BagContents()
    for topic, people in messages(bag, contents):
        contents.people[topic].append(people)
    for items in contents.people.values():
        back = np.diff([people.stamp for people in items]) < -LATE * NANOSECONDS
        if back.sum() > max(2, 0.1 * len(items)):  # no clock is set back so often
            items.sort(key=lambda people: people.stamp)
    return contents


def messages(bag: Bag, contents: BagContents, whole: bool = False) -> Iterator[tuple[str, People]]:
    """Yield topic and people of each PersonArray, as far as the bag is whole.

    Those of one topic come in order of their stamps, unless a stamp goes back by more than
    ``LATE``.

    Args:
        bag: The bag to read.
        contents: Filled with all else while the bag is read; its people stay empty.
        whole: Whether people have all their parts, see ``people_from``.
    """
    return _in_order(_recorded(bag, contents, whole))


def _recorded(bag: Bag, contents: BagContents, whole: bool) -> Iterator[tuple[str, People]]:
    """Yield topic and people of each PersonArray in the order recorded."""
    information = _information(bag.files[0].parent / METADATA)
    contents.custom_data = _custom_data(information)
    said_types = _topic_types(information)
    for name in _missing(bag.files[0].parent, information):
        contents.add_fault(f"{name} is missing, which the bag's {METADATA} lists.")
    refused: dict[str, str] = {}  # topic -> why the first one was
    count: Counter[str] = Counter()
    definitions: dict[StoredTopic, Definition] = {}
    for file in bag.files:
        before = contents.messages
        try:
            for record in records(file):
                if isinstance(record, StoredTopic):
                    kind = record.type or said_types.get(record.name, "")
                    contents.types[record.name] = kind or "unknown type"
                    if kind == PEOPLE_TYPE:
                        definitions[record] = _definition(record)
                        contents.people.setdefault(record.name, [])
                elif isinstance(record, StoredMetadata):
                    contents.custom_data = contents.custom_data or _custom_data(
                        _parsed(record.text))
                elif isinstance(record, StoredMessage):
                    contents.messages += 1
                    topic = record.topic
                    if topic is None or (definition := definitions.get(topic)) is None:
                        continue
                    try:
                        people = people_from(definition.decode(unpacked(record.data)), whole)
                    except KinesicsError as error:
                        refused.setdefault(topic.name, str(error))
                        count[topic.name] += 1
                    else:
                        yield topic.name, people
        except TornError as error:
            if is_being_recorded(file):  # and what was read lies within a flush
                contents.add_fault(
                    f"{file.name} is being recorded at this moment; its first"
                    f" {contents.messages - before} messages were read.")
                continue
            contents.add_fault(
                f"{file.name} is torn or damaged after {contents.messages - before} whole"
                f" messages, which were read ({error}).")
    for name, sentence in refused.items():
        contents.add_fault(f"{count[name]} message(s) of {name} cannot be read: {sentence}")


def _in_order(people: Iterable[tuple[str, People]]) -> Iterator[tuple[str, People]]:
    """Put late messages in their place."""
    waiting: dict[str, list[tuple[int, int, People]]] = {}
    latest: dict[str, int] = {}
    for number, (topic, item) in enumerate(people):
        heap = waiting.setdefault(topic, [])
        if item.stamp < latest.get(topic, item.stamp) - LATE * NANOSECONDS:
            while heap:  # the clock was set back, or a recording begins again
                yield topic, heapq.heappop(heap)[2]
            latest[topic] = item.stamp
        heapq.heappush(heap, (item.stamp, number, item))
        latest[topic] = max(latest.get(topic, item.stamp), item.stamp)
        while heap[0][0] < latest[topic] - LATE * NANOSECONDS:
            yield topic, heapq.heappop(heap)[2]
    for topic, heap in waiting.items():
        while heap:
            yield topic, heapq.heappop(heap)[2]


def _definition(topic: StoredTopic) -> Definition:
    """Return the definition that a bag carries; ours where it carries none that can be used."""
    if topic.definition.strip() and topic.encoding in ("ros2msg", ""):
        try:
            return Definition(PEOPLE_TYPE, topic.definition, PEOPLE_DEFINITION)
        except KinesicsError:
            pass  # damaged or of ROS 1; ours must then fit the messages to the last byte
    return Definition(PEOPLE_TYPE, PEOPLE_DEFINITION, exact=True)


def people_from(message: dict[str, Any], whole: bool = False) -> People:
    """Return the people of a decoded kinesics/msg/PersonArray.

    Args:
        message: The message, from ``cdr.Definition.decode``.
        whole: Whether to take body, hands, face and blendshapes too, as far as the message has
            them, and not only ids, scores and COCO-17 keypoints. The head's pose, which follows
            from the face, is left out.

    Raises:
        KinesicsError: The message lacks a field, as one of another version may.
    """
    try:
        stamp = message["header"]["stamp"]
        width, height = int(message["width"]), int(message["height"])
        if not (0 < width <= FARTHEST and 0 < height <= FARTHEST):
            raise KinesicsError(f"one is of an image of {width}x{height}.")
        return People(
            stamp=int(stamp["sec"]) * NANOSECONDS + int(stamp["nanosec"]),
            width=width,
            height=height,
            model=message["model"],
            persons=[
                Person(int(person["id"]), float(np.nan_to_num(shares(person["score"]))),
                       np.column_stack([places(person["coco"]).reshape(17, 2),
                                        shares(person["coco_score"])]).astype(np.float32),
                    **(_parts(person) if whole else {}))
                for person in message["persons"]
            ],
        )  # fmt: skip
    except ValueError as error:
        raise KinesicsError(
            f"its {PEOPLE_TYPE} has a part of another size than its comments say ({error})."
        ) from error
    except (KeyError, AttributeError, TypeError, IndexError) as error:
        raise KinesicsError(
            f"its {PEOPLE_TYPE} is of another version ({type(error).__name__}: {error}); record"
            " again, or play it through the kinesics that recorded it."
        ) from error


def _parts(person: dict[str, Any]) -> dict[str, Any]:
    """Return the parts of a person that the message has; an empty array is one not seen."""
    parts: dict[str, Any] = {
        name: places(values).reshape(-1, 3) for name, count in _POINTS.items()
        if (values := sized(person[name], 3 * count, name)) is not None}
    if "pose" in parts:
        parts["pose"] = np.column_stack([parts["pose"], shares(person["pose_visibility"])])
    if (shapes := sized(person["blendshapes"], 52, "blendshapes")) is not None:
        parts["blendshapes"] = shares(shapes)
    if len(person.get("expression", ())):  # since version 0.2
        stamp = person["expression_stamp"]
        parts["expression"] = as_distribution(
            sized(person["expression"], len(EMOTIONS), "expression"))
        parts["expression_stamp"] = int(stamp["sec"]) * NANOSECONDS + int(stamp["nanosec"])
    return parts


def _stem(file: Path) -> str:
    """Return a file's name without the bag's suffixes."""
    return file.name[: len(file.name) - len(suffix_of(file))]


def _information(file: Path) -> dict[str, Any]:
    """Return rosbag2's metadata; empty where there is none, or none that can be read."""
    try:
        return _parsed(file.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return {}


def _parsed(text: str) -> dict[str, Any]:
    """Return rosbag2's metadata from YAML, with or without its name around it."""
    try:
        information = yaml.safe_load(text)
        information = information.get("rosbag2_bagfile_information", information)
        return information if isinstance(information, dict) else {}
    except (yaml.YAMLError, AttributeError, ValueError, RecursionError):
        return {}


def _custom_data(information: dict[str, Any]) -> dict[str, str]:
    custom = information.get("custom_data")
    return {str(key): str(value) for key, value in custom.items()} if isinstance(
        custom, dict) else {}


def _missing(folder: Path, information: dict[str, Any]) -> list[str]:
    """Return the names of files that rosbag2's metadata lists and the folder lacks."""
    listed = information.get("relative_file_paths")
    names = [Path(str(path)).name for path in listed] if isinstance(listed, list) else []
    there = {file.name.removesuffix(".zstd") for file in folder.iterdir()}
    return [name for name in names if name.removesuffix(".zstd") not in there]


def _topic_types(information: dict[str, Any]) -> dict[str, str]:
    """Return topic -> type as metadata.yaml says, for files that do not."""
    try:
        described = [topic["topic_metadata"] for topic in
                     information["topics_with_message_count"]]
        return {str(topic["name"]): str(topic["type"]) for topic in described}
    except (KeyError, TypeError):
        return {}
