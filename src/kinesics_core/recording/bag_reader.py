"""Read the people of a bag. Needs no ROS.

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
from kinesics_core.recording.cdr import Definition
from kinesics_core.types import NANOSECONDS, People, Person

PEOPLE_TYPE = "kinesics/msg/PersonArray"

_METADATA = "metadata.yaml"


@dataclass(slots=True)
class Bag:
    """A recording: its name below the folder it was looked for in, its files in order."""

    name: str
    files: list[Path]


@dataclass(slots=True)
class Contents:
    """What was read of a bag.

    people: by topic, in the order recorded. types: of every topic. messages: of all topics.
    custom_data: rosbag2's; the recorder's protocol keeps participant, emotion and take there.
    fault: a sentence if the bag is torn; what stands before the tear was read.
    """

    people: dict[str, list[People]] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    messages: int = 0
    custom_data: dict[str, str] = field(default_factory=dict)
    fault: str = ""


def find(source: Path) -> list[Bag]:
    """Every bag at or below ``source``, in order of name; KinesicsError if there is none.

    Files of one folder are one bag if the folder has rosbag2's metadata.yaml or they are called
    as rosbag2 calls the parts of one; otherwise each is a bag by itself.
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
        if (folder / _METADATA).exists() or set(files) == set(parts):
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


def read(bag: Bag) -> Contents:
    """Everybody in a bag, as far as it is whole."""
    contents = Contents()
    for topic, people in messages(bag, contents):
        contents.people[topic].append(people)
    return contents


def messages(bag: Bag, contents: Contents, whole: bool = False) -> Iterator[tuple[str, People]]:
    """Topic and people of each PersonArray, in the order recorded, as far as the bag is whole.

    contents: is told all else, which is complete when the bag is through; its people stay empty.
    whole: people with all their parts; False: with what ``people_from`` says.
    """
    contents.custom_data = _custom_data(bag.files[0].parent / _METADATA)
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
    """A decoded kinesics/msg/PersonArray -> People with ids, scores and COCO-17 keypoints.

    whole: with body, hands, face and blendshapes too, as far as the message has them; the head's
    pose, which follows from the face, is left out. KinesicsError if the message lacks a field,
    which another version of it may.
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
    """The parts of a person that the message has: an empty array is one that was not seen."""
    parts = {name: np.array(person[name], np.float32).reshape(-1, 3) for name in (
        "pose", "pose_world", "left_hand", "right_hand", "left_hand_world", "right_hand_world",
        "face") if len(person[name])}
    if "pose" in parts:
        parts["pose"] = np.column_stack([parts["pose"], person["pose_visibility"]])
    if len(person["blendshapes"]):
        parts["blendshapes"] = np.array(person["blendshapes"], np.float32)
    return parts


class _TornError(Exception):
    """The bytes of a file end, or are not what they should be."""


def _records(file: Path) -> Iterator[Any]:
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
    """rosbag2's metadata, with or without the name it has in the file."""
    try:
        information = yaml.safe_load(text)
        information = information.get("rosbag2_bagfile_information", information)
        return {str(k): str(v) for k, v in (information["custom_data"] or {}).items()}
    except (yaml.YAMLError, AttributeError, KeyError, TypeError):
        return {}
