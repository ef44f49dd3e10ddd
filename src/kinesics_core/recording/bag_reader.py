"""Reader of the people in a bag. Needs no ROS.

A bag is a folder that ``recorder_node`` or ``ros2 bag record`` made, with MCAP files in it; people
are whatever is of type kinesics/msg/PersonArray, under any topic name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from mcap.records import Channel, Message, Metadata, Schema
from mcap.stream_reader import StreamReader

from kinesics_core.errors import KinesicsError
from kinesics_core.recording.bag_file import METADATA
from kinesics_core.recording.cdr import Definition
from kinesics_core.types import NANOSECONDS, People, Person

PEOPLE_TYPE = "kinesics/msg/PersonArray"


@dataclass(slots=True)
class Bag:
    """A recording.

    Attributes:
        name: Its path below the folder it was looked for in.
        files: Its MCAP files in order.
    """

    name: str
    files: list[Path]


@dataclass(slots=True)
class BagContents:
    """Contents of a bag, as far as it is whole.

    Attributes:
        people: Topic -> people, in the order recorded.
        types: Topic -> type, of every topic.
        messages: Number of messages of all topics.
        custom_data: rosbag2's own; the recorder keeps participant, emotion and take there.
        fault: A sentence if the bag is torn; what stands before the tear was read.
    """

    people: dict[str, list[People]] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    messages: int = 0
    custom_data: dict[str, str] = field(default_factory=dict)
    fault: str = ""


def find(source: Path) -> list[Bag]:
    """Return every bag at or below ``source``, in order of name.

    Files of one folder are one bag if the folder has rosbag2's metadata.yaml or they are called
    as rosbag2 calls the parts of one; otherwise each is a bag by itself.

    Raises:
        KinesicsError: There is none.
    """
    if not source.exists():
        raise KinesicsError(f"{source} does not exist; give a bag, or a folder of bags.")
    if source.is_file() and source.suffix == ".mcap":
        return [Bag(source.stem, [source])]
    folders: dict[Path, list[Path]] = {}
    for file in sorted(source.rglob("*.mcap")):
        folders.setdefault(file.parent, []).append(file)
    bags = []
    for folder, files in folders.items():
        parts = {folder / f"{folder.name}_{index}.mcap": index for index in range(len(files))}
        name = folder.relative_to(source)
        if (folder / METADATA).exists() or set(files) == set(parts):
            # part_10 comes after part_9
            files.sort(key=lambda file: (len(file.name), file.name))
            bags.append(Bag(name.as_posix() if name.parts else folder.absolute().name, files))
        else:
            bags += [Bag((name / file.stem).as_posix(), [file]) for file in files]
    if not bags:
        others = sorted({file.suffix for file in source.rglob("*.*") if file.is_file()})
        raise KinesicsError(
            f"{source} holds no .mcap file, only {', '.join(others) or 'nothing'}. Give a folder"
            " of MCAP bags; `ros2 bag convert` makes them from .db3 and compressed ones."
        )
    return sorted(bags, key=lambda bag: bag.name)


def read(bag: Bag) -> BagContents:
    """Return everybody in a bag, as far as it is whole."""
    contents = BagContents()
    for topic, people in messages(bag, contents):
        contents.people[topic].append(people)
    return contents


def messages(bag: Bag, contents: BagContents, whole: bool = False) -> Iterator[tuple[str, People]]:
    """Yield topic and people of each PersonArray, in the order recorded, as far as it is whole.

    Args:
        bag: The bag to read.
        contents: Filled with all else while the bag is read; its people stay empty.
        whole: Whether people have all their parts, see ``people_from``.
    """
    contents.custom_data = _custom_data(bag.files[0].parent / METADATA)
    for file in bag.files:
        channels: dict[int, Channel] = {}
        definitions: dict[int, Definition] = {}
        schemas: dict[int, Schema] = {}
        before = contents.messages
        try:
            for record in _records(file):
                if isinstance(record, Schema):
                    schemas[record.id] = record
                elif isinstance(record, Channel):
                    schema = schemas.get(record.schema_id)
                    if schema is None:
                        continue
                    channels[record.id] = record
                    contents.types[record.topic] = schema.name
                    if schema.name == PEOPLE_TYPE:
                        text = schema.data.decode("utf-8", "replace")
                        definitions[record.id] = Definition(schema.name, text)
                        contents.people.setdefault(record.topic, [])
                elif isinstance(record, Metadata) and record.name == "rosbag2":
                    text = record.metadata.get("serialized_metadata", "")
                    contents.custom_data = contents.custom_data or _parse_custom_data(text)
                elif isinstance(record, Message):
                    contents.messages += 1
                    if definition := definitions.get(record.channel_id):
                        message = definition.decode(record.data)
                        people = people_from(message, whole)
                        yield channels[record.channel_id].topic, people
        except KinesicsError as error:
            contents.fault = f"{file.name}: {error}"
        except _TornError as error:
            read_here = contents.messages - before
            contents.fault = (
                f"{file.name} is torn or damaged after {read_here} whole messages, which were read"
                f" ({error})."
            )


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
        return People(
            stamp=int(stamp["sec"]) * NANOSECONDS + int(stamp["nanosec"]),
            width=int(message["width"]),
            height=int(message["height"]),
            model=message["model"],
            persons=[
                Person(int(person["id"]), float(person["score"]), np.column_stack(
                    [person["coco"].reshape(17, 2), person["coco_score"]]).astype(np.float32),
                    **(_parts(person) if whole else {}))
                for person in message["persons"]
            ],
        )  # fmt: skip
    except (KeyError, ValueError, AttributeError) as error:
        raise KinesicsError(
            f"its {PEOPLE_TYPE} is of another version ({type(error).__name__}: {error}); record"
            " again, or play it through the kinesics that recorded it."
        ) from error


def _parts(person: dict[str, Any]) -> dict[str, np.ndarray]:
    """Return the parts of a person that the message has; an empty array is one not seen."""
    parts = {name: np.array(person[name], np.float32).reshape(-1, 3) for name in (
        "pose", "pose_world", "left_hand", "right_hand", "left_hand_world", "right_hand_world",
        "face") if len(person[name])}
    if "pose" in parts:
        parts["pose"] = np.column_stack([parts["pose"], person["pose_visibility"]])
    if len(person["blendshapes"]):
        parts["blendshapes"] = np.array(person["blendshapes"], np.float32)
    return parts


class _TornError(Exception):
    """A file whose bytes end, or are not what they should be."""


def _records(file: Path) -> Iterator[Any]:
    """Yield the records of a file as far as they are whole."""
    try:
        with open(file, "rb") as stream:
            # No record is longer than its file, whatever damaged bytes say.
            limit = max(file.stat().st_size, 1)
            yield from StreamReader(stream, validate_crcs=True, record_size_limit=limit).records
    except Exception as error:  # mcap, struct and two decompressors each have kinds of their own
        raise _TornError(type(error).__name__) from error


def _custom_data(file: Path) -> dict[str, str]:
    try:
        return _parse_custom_data(file.read_text(encoding="utf-8"))
    except OSError:
        return {}


def _parse_custom_data(text: str) -> dict[str, str]:
    """Return the custom data of rosbag2's metadata, with or without its name in the file."""
    try:
        information = yaml.safe_load(text)
        information = information.get("rosbag2_bagfile_information", information)
        return {str(k): str(v) for k, v in (information["custom_data"] or {}).items()}
    except (yaml.YAMLError, AttributeError, KeyError, TypeError):
        return {}
