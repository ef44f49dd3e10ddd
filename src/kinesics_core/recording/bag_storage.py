"""Records of a bag's files, MCAP or SQLite, plain or compressed by file or by message.

Formats: https://mcap.dev/spec, and rosbag2_storage_sqlite3 of every ROS 2 distribution. Words that
are not UTF-8 are read with U+FFFD in place of their wrong bytes.
"""

from __future__ import annotations

import shutil
import sqlite3
import struct
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from mcap.data_stream import ReadDataStream
from mcap.opcode import Opcode
from mcap.records import Channel, Chunk, Metadata, Schema
from mcap.stream_reader import get_chunk_data_stream
from mcap.writer import MCAP0_MAGIC

from kinesics_core.errors import KinesicsError

SUFFIXES = (".mcap", ".db3", ".mcap.zstd", ".db3.zstd")
"""Endings of the files of bags that are read."""

LARGEST_UNPACKED = 1 << 36
"""Bytes that a compressed file may unpack to, or half of the free space if that is less."""

_LARGEST_RECORD = 1 << 32
_LARGEST_MESSAGE = 1 << 28
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"  # no plain CDR begins so
_RECORD_HEAD = struct.Struct("<BQ")  # opcode, length
_MESSAGE_HEAD = struct.Struct("<HIQQ")  # channel, sequence, times of logging and publishing


class TornError(Exception):
    """A file whose bytes end, or are not what they should be."""


class StoredTopic(NamedTuple):
    """A topic of a file.

    Attributes:
        name: Its name.
        type: Type of its messages; "" if the file does not say.
        encoding: Language of the definition, such as "ros2msg" or "ros2idl"; "" if unknown.
        definition: The type's definition; "" if the file has none.
    """

    name: str
    type: str
    encoding: str = ""
    definition: str = ""


class StoredMessage(NamedTuple):
    """A message of a file.

    Attributes:
        topic: Its topic; None if the file does not describe it.
        received: Time of receiving, ns since the epoch.
        data: The message in CDR.
    """

    topic: StoredTopic | None
    received: int
    data: bytes


class StoredMetadata(NamedTuple):
    """rosbag2's own metadata inside a file, as YAML."""

    text: str


Stored = StoredTopic | StoredMessage | StoredMetadata


def suffix_of(file: Path) -> str:
    """Return which of ``SUFFIXES`` a file has, or ""."""
    name = file.name.lower()
    return next((suffix for suffix in SUFFIXES if name.endswith(suffix)), "")


def records(file: Path) -> Iterator[Stored]:
    """Yield topics, messages and metadata of a file, as far as it is whole.

    Raises:
        TornError: The file is torn or damaged after what was yielded.
    """
    suffix = suffix_of(file)
    try:
        if suffix.startswith(".mcap"):
            with _opened(file) as stream:
                # No record is longer than its file, whatever damaged bytes say.
                limit = file.stat().st_size if suffix == ".mcap" else _LARGEST_RECORD
                yield from _of_mcap(stream, limit)
        elif suffix.endswith(".zstd"):
            with tempfile.TemporaryDirectory(prefix="kinesics-") as folder:
                plain = Path(folder) / file.name[: -len(".zstd")]
                _unpack_file(file, plain)
                yield from _of_sqlite(plain)
        else:
            yield from _of_sqlite(file)
    except TornError:
        raise
    except (sqlite3.Error, OSError) as error:
        raise TornError(str(error)) from error
    except Exception as error:  # mcap, struct and two decompressors each have kinds of their own
        raise TornError(type(error).__name__) from error


def unpacked(data: bytes) -> bytes:
    """Return a message that may have been compressed by itself (rosbag2's mode MESSAGE).

    Raises:
        KinesicsError: It cannot be unpacked.
    """
    if not data.startswith(_ZSTD_MAGIC):
        return data
    import zstandard  # comes with mcap

    parts, size = [], 0
    try:
        with zstandard.ZstdDecompressor().stream_reader(data) as stream:
            while (part := stream.read(1 << 20)) and size <= _LARGEST_MESSAGE:
                parts.append(part)
                size += len(part)
    except zstandard.ZstdError as error:
        raise KinesicsError(f"a compressed message cannot be unpacked ({error}).") from error
    if size > _LARGEST_MESSAGE:
        raise KinesicsError(f"a message unpacks to more than {_LARGEST_MESSAGE >> 20} MiB.")
    return b"".join(parts)


# --- MCAP --------------------------------------------------------------------------------------


class _Words(ReadDataStream):
    """Fields of a record; mcap's own refuses a whole file for one byte that is not UTF-8."""

    def read_prefixed_string(self) -> str:
        return self.read(self.read4()).decode("utf-8", "replace")


@contextmanager
def _opened(file: Path) -> Iterator[BinaryIO]:
    """Open an MCAP file, unpacked on the way if it is compressed."""
    with open(file, "rb") as stream:
        if not file.name.lower().endswith(".zstd"):
            yield stream
            return
        import zstandard

        with zstandard.ZstdDecompressor().stream_reader(stream, read_across_frames=True) as plain:
            yield plain


def _of_mcap(stream: BinaryIO, limit: int) -> Iterator[Stored]:
    """Yield the records of a stream as far as it is whole; none is longer than the limit."""
    if stream.read(len(MCAP0_MAGIC)) != MCAP0_MAGIC:
        raise TornError("it does not begin as an MCAP file does")
    known = _Known()
    crc = zlib.crc32(MCAP0_MAGIC)
    ended = False
    while True:
        head = stream.read(_RECORD_HEAD.size)
        if len(head) < _RECORD_HEAD.size:
            raise TornError("EndOfFile")
        opcode, length = _RECORD_HEAD.unpack(head)
        if length > limit:
            raise TornError(f"a record claims {length} bytes")
        body = stream.read(length)
        if len(body) < length:
            raise TornError("EndOfFile")
        if opcode == Opcode.FOOTER:
            if stream.read(len(MCAP0_MAGIC)) != MCAP0_MAGIC:
                raise TornError("EndOfFile")
            return
        if opcode == Opcode.DATA_END:
            ended = True  # a summary follows, which says everything once more
            said = int.from_bytes(body[:4], "little")
            if said and said != crc:
                raise TornError("CRCValidationError")
        elif not ended:
            crc = zlib.crc32(body, zlib.crc32(head, crc))
            if opcode == Opcode.CHUNK:
                yield from _of_chunk(Chunk.read(_Words(BytesIO(body))), known)
            elif (record := known.stored(opcode, body)) is not None:
                yield record


def _of_chunk(chunk: Chunk, known: _Known) -> Iterator[Stored]:
    if chunk.uncompressed_size > _LARGEST_RECORD:
        raise TornError(f"a chunk claims {chunk.uncompressed_size} bytes")
    stream, size = get_chunk_data_stream(chunk, validate_crc=True)
    while stream.count < size:
        opcode, length = _RECORD_HEAD.unpack(stream.read(_RECORD_HEAD.size))
        if length > size - stream.count:
            raise TornError("EndOfFile")
        if (record := known.stored(opcode, stream.read(length))) is not None:
            yield record


class _Known:
    """Schemas and channels of an MCAP file so far."""

    def __init__(self) -> None:
        self._schemas: dict[int, Schema] = {}
        self._topics: dict[int, StoredTopic] = {}

    def stored(self, opcode: int, body: bytes) -> Stored | None:
        """Return what a record says; None if it is a schema or of no interest here."""
        if opcode == Opcode.MESSAGE:
            channel, _, received, _ = _MESSAGE_HEAD.unpack_from(body)
            return StoredMessage(self._topics.get(channel), received, body[_MESSAGE_HEAD.size :])
        words = _Words(BytesIO(body))
        if opcode == Opcode.SCHEMA:
            schema = Schema.read(words)
            self._schemas[schema.id] = schema
        elif opcode == Opcode.CHANNEL:
            channel = Channel.read(words)
            found = self._schemas.get(channel.schema_id)
            topic = StoredTopic(channel.topic, "")
            if found is not None:
                text = found.data.decode("utf-8", "replace")
                topic = StoredTopic(channel.topic, found.name, found.encoding, text)
            self._topics[channel.id] = topic
            return topic
        elif opcode == Opcode.METADATA:
            metadata = Metadata.read(words)
            if metadata.name == "rosbag2":
                return StoredMetadata(metadata.metadata.get("serialized_metadata", ""))
        return None


# --- SQLite ------------------------------------------------------------------------------------


def _of_sqlite(file: Path) -> Iterator[Stored]:
    """Yield the tables of a .db3 file in order of receiving."""
    with closing(_connected(file)) as database:
        definitions: dict[str, tuple[str, str]] = {}
        if _columns(database, "message_definitions"):  # since Iron
            definitions = {kind: (encoding, text) for kind, encoding, text in database.execute(
                "SELECT topic_type, encoding, encoded_message_definition"
                " FROM message_definitions")}
        topics = {}
        for number, name, kind in database.execute("SELECT id, name, type FROM topics"):
            topics[number] = StoredTopic(name, kind, *definitions.get(kind, ("", "")))
            yield topics[number]
        if "metadata" in _columns(database, "metadata"):
            for (text,) in database.execute("SELECT metadata FROM metadata"):
                yield StoredMetadata(text)
        for number, received, data in database.execute(
                "SELECT topic_id, timestamp, data FROM messages ORDER BY timestamp, id"):
            if not isinstance(data, bytes) or not isinstance(received, int):
                raise TornError("a message is no blob with a time")
            yield StoredMessage(topics.get(number), received, data)


def _connected(file: Path) -> sqlite3.Connection:
    """Open a database to read, with what a killed recorder left in its journal if that can be."""
    address = file.absolute().as_uri()
    for options in ("mode=ro", "mode=ro&immutable=1"):  # a folder that cannot be written to
        database = sqlite3.connect(f"{address}?{options}", uri=True)
        database.text_factory = lambda raw: raw.decode("utf-8", "replace")
        try:
            database.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.OperationalError:
            database.close()
            if "immutable" in options:
                raise
        else:
            break
    return database


def _columns(database: sqlite3.Connection, table: str) -> set[Any]:
    """Return the columns of a table; none if there is no such table."""
    return {row[1] for row in database.execute(f"PRAGMA table_info({table})")}


def _unpack_file(file: Path, plain: Path) -> None:
    """Unpack a file that was compressed as a whole (rosbag2's compression mode FILE)."""
    import zstandard

    left = min(LARGEST_UNPACKED, shutil.disk_usage(plain.parent).free // 2)
    with (open(file, "rb") as packed, open(plain, "wb") as out,
          zstandard.ZstdDecompressor().stream_reader(packed, read_across_frames=True) as stream):
        while part := stream.read(1 << 20):
            left -= len(part)
            if left < 0:
                raise TornError(
                    f"it unpacks to more than {out.tell() / 1e9:.1f} GB, and {plain.parent} has"
                    " room for twice that at most; unpack it with `zstd -d`")
            out.write(part)
