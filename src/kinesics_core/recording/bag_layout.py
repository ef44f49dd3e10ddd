"""Layout of a recording in its MCAP file: chunks, and the tail that makes the file whole.

The layout is MCAP's (https://mcap.dev/spec) as rosbag2_storage_mcap writes it: profile "ros2",
schemas in "ros2msg", the offered QoS and the type hash in each channel's metadata, and rosbag2's
own metadata in a Metadata record. Uncompressed, so that a torn file loses its last chunk at most
and a recording costs no processor time; every chunk carries its checksum.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Any, BinaryIO, NamedTuple

import yaml
from mcap.data_stream import ReadDataStream, RecordBuilder
from mcap.opcode import Opcode
from mcap.records import (
    Channel,
    Chunk,
    ChunkIndex,
    DataEnd,
    Footer,
    Header,
    McapRecord,
    Message,
    MessageIndex,
    Metadata,
    MetadataIndex,
    Schema,
    Statistics,
    SummaryOffset,
)
from mcap.writer import MCAP0_MAGIC

_METADATA_VERSION = 9
_TIME_MAX = 2**63 - 1  # rosbag2's starting time of a bag without messages
_RECORD_HEAD = struct.Struct("<BQ")  # opcode, length
# Start and end time, size, checksum, length of the compression's name, size once more.
_CHUNK_HEAD = struct.Struct("<QQQIIQ")


class Pending(NamedTuple):
    """A message on its way into a chunk.

    Attributes:
        channel: Channel id.
        received: Time of receiving, ns since the epoch.
        sent: Time of sending, ns since the epoch.
        data: The message in CDR.
    """

    channel: int
    received: int
    sent: int
    data: bytes


@dataclass(frozen=True)
class Topic:
    """A channel, the schema of its type, and its publishers' QoS as rosbag2 writes it."""

    channel: Channel
    schema: Schema
    qos: list[Any]


@dataclass
class FileIndex:
    """Index of what the file holds; enough to write the tail and metadata.yaml.

    Attributes:
        custom_data: Key and value texts for metadata.yaml.
        ros_distro: Name of the ROS distribution that recorded.
        topics: Channel id -> topic.
        declared: Channels that some chunk describes already.
        counts: Channel id -> number of messages.
        chunk_indexes: Encoded ChunkIndex records.
        start: Earliest receive time, ns.
        stop: Latest receive time, ns.
        end: Offset where the tail stands.
    """

    custom_data: dict[str, str] = field(default_factory=dict)
    ros_distro: str = ""
    topics: dict[int, Topic] = field(default_factory=dict)
    declared: frozenset[int] = frozenset()
    counts: dict[int, int] = field(default_factory=dict)
    chunk_indexes: list[bytes] = field(default_factory=list)
    start: int = _TIME_MAX
    stop: int = 0
    end: int = 0

    @property
    def message_count(self) -> int:
        """Messages in all chunks."""
        return sum(self.counts.values())

    def copy(self, topics: dict[int, Topic]) -> FileIndex:
        """Return an index of the same chunks with these topics, to be changed on its own."""
        return replace(
            self,
            topics=topics,
            counts={channel: self.counts.get(channel, 0) for channel in topics},
            chunk_indexes=list(self.chunk_indexes),
        )

    def add_chunk(self, messages: Iterable[Pending]) -> bytes:
        """Add messages to the index.

        Returns:
            The chunk and its message indexes, to be written at what was ``end`` before.
        """
        inside = RecordBuilder()
        schemas = {self.topics[channel].schema.id for channel in self.declared}
        for topic in self.topics.values():
            if topic.channel.id in self.declared:
                continue
            if topic.schema.id not in schemas:
                topic.schema.write(inside)
                schemas.add(topic.schema.id)
            topic.channel.write(inside)
        index: dict[int, list[tuple[int, int]]] = {}
        for channel, received, sent, data in messages:
            index.setdefault(channel, []).append((received, inside.count))
            Message(channel, received, data, publish_time=sent, sequence=0).write(inside)
        stamps = [received for entries in index.values() for received, _ in entries]
        content = inside.end()

        outside = RecordBuilder()
        Chunk(
            compression="",
            data=content,
            message_start_time=min(stamps),
            message_end_time=max(stamps),
            uncompressed_crc=zlib.crc32(content),
            uncompressed_size=len(content),
        ).write(outside)
        chunk_length = outside.count
        offsets: dict[int, int] = {}
        for channel, entries in index.items():
            offsets[channel] = self.end + outside.count
            MessageIndex(channel, entries).write(outside)
            self.counts[channel] += len(entries)
        chunk = outside.end()
        self.chunk_indexes.append(
            encode(
                ChunkIndex(
                    chunk_start_offset=self.end,
                    chunk_length=chunk_length,
                    compression="",
                    compressed_size=len(content),
                    uncompressed_size=len(content),
                    message_start_time=min(stamps),
                    message_end_time=max(stamps),
                    message_index_length=len(chunk) - chunk_length,
                    message_index_offsets=offsets,
                )
            )
        )
        self.declared = frozenset(self.topics)
        self.start = min(self.start, *stamps)
        self.stop = max(self.stop, *stamps)
        self.end += len(chunk)
        return chunk

    def tail(self, file_name: str) -> bytes:
        """Return what stands from ``end`` on: metadata, summary, footer and closing magic.

        Args:
            file_name: Name of the MCAP file, which rosbag2's metadata repeats.
        """
        metadata = encode(
            Metadata("rosbag2", {"serialized_metadata": to_yaml(self.information(file_name))})
        )
        data_end = encode(DataEnd(0))
        schemas = {t.schema.id: t.schema for t in self.topics.values()}
        groups = {
            Opcode.SCHEMA: [encode(schema) for schema in schemas.values()],
            Opcode.CHANNEL: [encode(t.channel) for t in self.topics.values()],
            Opcode.STATISTICS: [
                encode(
                    Statistics(
                        attachment_count=0,
                        channel_count=len(self.topics),
                        channel_message_counts=self.counts,
                        chunk_count=len(self.chunk_indexes),
                        message_count=self.message_count,
                        message_start_time=self.start if self.message_count else 0,
                        message_end_time=self.stop,
                        metadata_count=1,
                        schema_count=len(schemas),
                    )
                )
            ],
            Opcode.CHUNK_INDEX: self.chunk_indexes,
            Opcode.METADATA_INDEX: [encode(MetadataIndex(self.end, len(metadata), "rosbag2"))],
        }
        summary_start = self.end + len(metadata) + len(data_end)
        summary = bytearray()
        offsets = bytearray()
        for opcode, records in groups.items():
            group = b"".join(records)
            if group:
                offsets += encode(SummaryOffset(opcode, summary_start + len(summary), len(group)))
                summary += group
        offset_start = summary_start + len(summary)
        summary += offsets
        # The footer's checksum covers the summary and the footer's own fields before it.
        fields = struct.pack("<BQQQ", Opcode.FOOTER, 20, summary_start, offset_start)
        footer = Footer(summary_start, offset_start, zlib.crc32(fields, zlib.crc32(summary)))
        return b"".join((metadata, data_end, summary, encode(footer), MCAP0_MAGIC))

    def information(self, file_name: str) -> dict[str, Any]:
        """Return rosbag2's BagMetadata, in the order rosbag2 writes it."""
        span = {
            "starting_time": {"nanoseconds_since_epoch": self.start},
            "duration": {"nanoseconds": max(0, self.stop - self.start)},
            "message_count": self.message_count,
        }
        return {
            "version": _METADATA_VERSION,
            "storage_identifier": "mcap",
            **span,
            "topics_with_message_count": [
                {
                    "topic_metadata": {
                        "name": topic.channel.topic,
                        "type": topic.schema.name,
                        "serialization_format": "cdr",
                        "offered_qos_profiles": topic.qos,
                        "type_description_hash": topic.channel.metadata["topic_type_hash"],
                    },
                    "message_count": self.counts[channel],
                }
                for channel, topic in self.topics.items()
            ],
            "compression_format": "",
            "compression_mode": "",
            "relative_file_paths": [file_name],
            "files": [{"path": file_name, **span}],
            "custom_data": self.custom_data or None,
            "ros_distro": self.ros_distro,
        }


class _PlainDumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """Dumper that writes equal parts out twice: rosbag2's parser is not tried with aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        """Say that nothing is worth an alias."""
        return True


def to_yaml(value: Any) -> str:
    """Return YAML in block style, keys in the order given."""
    return yaml.dump(value, Dumper=_PlainDumper, sort_keys=False)


def header() -> bytes:
    """Return what every file of ours begins with."""
    return MCAP0_MAGIC + encode(Header("ros2", "kinesics"))


def encode(record: McapRecord) -> bytes:
    """Return one record with its opcode and length."""
    builder = RecordBuilder()
    record.write(builder)
    return builder.end()


def read_chunk(file: BinaryIO, offset: int) -> bytes | None:
    """Return the records inside the chunk at an offset; None if no whole chunk stands there."""
    file.seek(offset)
    head = file.read(_RECORD_HEAD.size + _CHUNK_HEAD.size)
    if len(head) < _RECORD_HEAD.size + _CHUNK_HEAD.size:
        return None
    opcode, length = _RECORD_HEAD.unpack_from(head)
    *_, size, crc, compression, stored = _CHUNK_HEAD.unpack_from(head, _RECORD_HEAD.size)
    if (opcode, compression, stored, length) != (Opcode.CHUNK, 0, size, _CHUNK_HEAD.size + size):
        return None
    if size > os.fstat(file.fileno()).st_size - file.tell():
        return None
    data = file.read(size)
    return data if zlib.crc32(data) == crc else None


def unpack(data: bytes, known: Mapping[int, Topic]) -> tuple[dict[int, Topic], list[Pending]]:
    """Return what the records of a chunk say.

    Args:
        data: The records, from ``read_chunk``.
        known: Topics of the chunks before, by channel id.

    Returns:
        All topics known after the chunk, and its messages.
    """
    topics = dict(known)
    schemas = {t.schema.id: t.schema for t in known.values()}
    messages: list[Pending] = []
    offset = 0
    while offset < len(data):
        opcode, length = _RECORD_HEAD.unpack_from(data, offset)
        offset += _RECORD_HEAD.size
        record = ReadDataStream(BytesIO(data[offset : offset + length]))
        offset += length
        if opcode == Opcode.SCHEMA:
            schema = Schema.read(record)
            schemas[schema.id] = schema
        elif opcode == Opcode.CHANNEL:
            channel = Channel.read(record)
            qos = yaml.safe_load(channel.metadata["offered_qos_profiles"])
            topics[channel.id] = Topic(channel, schemas[channel.schema_id], qos)
        elif opcode == Opcode.MESSAGE:
            message = Message.read(record, length)
            messages.append(
                Pending(message.channel_id, message.log_time, message.publish_time, message.data)
            )
    return topics, messages
