"""Writer of rosbag2 bags (MCAP) that are whole at every moment, also after a kill.

``ros2 bag info`` and ``ros2 bag play`` accept the result, as do Foxglove, rosbags and mcap. The
writer is our own, also where rosbag2_py is installed: rosbag2 writes an MCAP's index and its
metadata.yaml only when it is closed in peace. Killed, it leaves a bag without either, and on a
full disk it leaves a torn record. Here every flush, two a second, ends with all of it::

    <bag>/metadata.yaml      version 9, as in rosbag2_storage/yaml.hpp; replaced by rename
    <bag>/<bag>_0.mcap       header | chunk, chunk, ... | tail

The tail is the MCAP data end, summary and footer (https://mcap.dev/spec). The next flush writes
its chunk over the tail and a new tail behind it, in one write, so what is lost to a kill is at
most what arrived since the last flush. A kill within that write tears the tail, never an older
chunk; ``bag_recovery`` then writes a new one. Who reads the file within that write may see a torn
tail too, and a whole one a moment later; ``bag_reader`` says that the bag is being recorded.
``Writer`` of the mcap package has no flush, so the file is put together from that package's
records.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mcap.records import Channel, Schema

from kinesics_core.errors import RecordingError
from kinesics_core.recording import message_definitions
from kinesics_core.recording.bag_file import lock, write_at, write_end
from kinesics_core.recording.bag_layout import FileIndex, Pending, Topic, header, to_yaml
from kinesics_core.recording.config import RecorderConfig

PROMPT, FIRST = 0.5, 0.1
"""Shares of the longest time in memory after which messages are flushed; the rest is the disk's.
The first messages are flushed sooner, so that a bag that is killed at once holds some."""

CHUNK_BYTES = 8 * 2**20
"""Messages of this many bytes together are flushed before their second is over."""


def qos_profile(profile: Any) -> dict[str, Any]:
    """Return an rclpy QoSProfile in the form that bags have from metadata version 9 on."""

    def seconds(duration: Any) -> dict[str, int]:
        sec, nsec = divmod(duration.nanoseconds, 1_000_000_000)
        return {"sec": sec, "nsec": nsec}

    return {
        "history": profile.history.short_key,
        "depth": profile.depth,
        "reliability": profile.reliability.short_key,
        "durability": profile.durability.short_key,
        "deadline": seconds(profile.deadline),
        "lifespan": seconds(profile.lifespan),
        "liveliness": profile.liveliness.short_key,
        "liveliness_lease_duration": seconds(profile.liveliness_lease_duration),
        "avoid_ros_namespace_conventions": profile.avoid_ros_namespace_conventions,
    }


class BagWriter:
    """Recorder of serialised messages into a new bag directory. Safe to call from any thread.

    A thread of the writer flushes. A fault there (disk full, disk gone) ends the recording: what
    was flushed stays readable, the next call raises one RecordingError with the sentence for the
    user, and later messages are not taken (``write`` returns False).
    """

    def __init__(
        self,
        path: Path,
        *,
        reserve_bytes: int = RecorderConfig.reserve_mb * 1_000_000,
        flush_seconds: float = RecorderConfig.flush_s,
        custom_data: Mapping[str, str] | None = None,
    ) -> None:
        """Make the bag and start to take messages.

        Args:
            path: Directory to make; an existing one is refused.
            reserve_bytes: Free space to leave on the disk; the recording ends before it is
                touched.
            flush_seconds: Longest time a message stays in memory only, counted from its taking.
            custom_data: Key and value texts for metadata.yaml, such as participant and take.

        Raises:
            RecordingError: The directory exists, or cannot be made.
        """
        self.path = Path(path)
        self._reserve = reserve_bytes
        self._file_name = f"{self.path.name}_0.mcap"
        self._index = FileIndex(
            custom_data=dict(custom_data or {}),
            ros_distro=os.environ.get("ROS_DISTRO", ""),
            end=len(header()),
        )
        self._topics: dict[str, Topic] = {}
        self._pending: list[Pending] = []
        self._pending_bytes = 0
        self._fault: RecordingError | None = None
        self._open = True
        self._lock = threading.Lock()  # the fields above
        self._disk = threading.RLock()  # the file; taken before _lock
        self._begun = threading.Event()  # something is to be flushed
        self._wake = threading.Event()  # at once
        self._file = self._create()
        self._thread = threading.Thread(
            target=self._flush_every, args=(flush_seconds,), name="bag-flush", daemon=True
        )
        self._thread.start()

    def __enter__(self) -> BagWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def message_count(self) -> int:
        """Messages on disk so far."""
        return self._index.message_count

    def add_topic(self, name: str, type_name: str, qos: Sequence[Any] = ()) -> None:
        """Announce a topic before its first message.

        Args:
            name: Fully qualified, such as "/affect".
            type_name: Such as "kinesics/msg/Affect".
            qos: What its publishers offer, as rclpy QoSProfile or in the form of ``qos_profile``.

        Raises:
            RecordingError: The type is unknown, or differs from that of an earlier call.
        """
        profiles = [p if isinstance(p, Mapping) else qos_profile(p) for p in qos]
        with self._lock:
            known = self._topics.get(name)
            if known is not None:
                if known.schema.name != type_name:
                    raise RecordingError(
                        f"Topic {name} is recorded as {known.schema.name} and was offered again "
                        f"as {type_name}; one topic has one type. Rename one of the two."
                    )
                return
            self._topics[name] = self._describe(name, type_name, profiles)
            self._begun.set()

    def write(self, topic: str, data: bytes, received: int, sent: int | None = None) -> bool:
        """Take one message for the next flush.

        Args:
            topic: Its topic, which was added before.
            data: The message in CDR, as rclpy.serialization.serialize_message gives it.
            received: Time of receiving, ns since the epoch.
            sent: Time of sending, ns since the epoch; that of receiving if unknown.

        Returns:
            Whether it was taken; False once the recording has ended.

        Raises:
            RecordingError: The fault that ended the recording, once; or the topic or the time is
                none that a bag can hold.
        """
        sent = received if sent is None else sent
        if received < 0 or sent < 0:
            raise RecordingError(
                f"A message on {topic} is stamped {min(received, sent)} ns, before the epoch, "
                "and a bag cannot hold that. Check the clock of the sender."
            )
        with self._lock:
            self._raise_fault()
            if not self._open:
                return False
            known = self._topics.get(topic)
            if known is None:
                raise RecordingError(f"Topic {topic} was not added to the bag {self.path}.")
            self._pending.append(Pending(known.channel.id, received, sent, data))
            self._pending_bytes += len(data)
            waiting = self._pending_bytes
        self._begun.set()
        if waiting >= CHUNK_BYTES:
            self._wake.set()
        if waiting >= 4 * CHUNK_BYTES:  # the disk is slower than the topics: let the caller feel it
            self._flush()
        return True

    def flush(self) -> None:
        """Bring everything taken so far to the disk; errors as ``write``."""
        self._flush()
        with self._lock:
            self._raise_fault()

    def close(self) -> None:
        """Flush and end the recording; may be called again; errors as ``write``."""
        with self._disk:
            self._flush()
            self._end()
        if threading.current_thread() is not self._thread:
            self._thread.join()
        with self._lock:
            self._raise_fault()

    def _create(self) -> int:
        """Make the directory and in it a whole bag without messages; return the locked file."""
        try:
            self.path.mkdir(parents=True)
            try:
                return self._begin()
            except OSError:
                shutil.rmtree(self.path)  # made by this call; the next try may use the name
                raise
        except FileExistsError:
            raise RecordingError(
                f"{self.path} exists already and is not recorded over. Choose another directory, "
                "or move that one away."
            ) from None
        except OSError as error:
            raise RecordingError(
                f"The bag {self.path} cannot be made: {error.strerror}. Choose a directory on a "
                "disk with space that this user may write to."
            ) from error

    def _begin(self) -> int:
        """Write a whole bag without messages; return the locked file."""
        file_path = self.path / self._file_name
        file = os.open(file_path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            lock(file)
            write_at(file, 0, header())
            write_end(file, self._index.end, b"", self._index, file_path)
        except OSError:
            os.close(file)
            raise
        return file

    def _describe(self, name: str, type_name: str, profiles: list[Any]) -> Topic:
        """Return a new topic with the definition of its type."""
        schemas = {t.schema.name: t.schema for t in self._topics.values()}
        schema = schemas.get(type_name) or Schema(
            id=len(schemas) + 1,
            name=type_name,
            encoding="ros2msg",
            data=message_definitions.full_text(type_name).encode(),
        )
        hash_string = message_definitions.type_hash(type_name)
        channel = Channel(
            id=len(self._topics) + 1,
            topic=name,
            message_encoding="cdr",
            schema_id=schema.id,
            metadata={
                "offered_qos_profiles": to_yaml(profiles),
                "topic_type_hash": hash_string,
            },
        )
        return Topic(channel, schema, profiles)

    def _raise_fault(self) -> None:
        fault, self._fault = self._fault, None
        if fault is not None:
            raise fault

    def _flush_every(self, seconds: float) -> None:
        while self._open:
            self._begun.wait()
            self._begun.clear()
            self._wake.wait(seconds * (PROMPT if self.message_count else FIRST))
            self._wake.clear()
            self._flush()

    def _flush(self) -> None:
        """Append what is pending; a fault of the disk ends the recording and is kept."""
        with self._disk:
            with self._lock:
                if not self._open:
                    return
                messages, self._pending, self._pending_bytes = self._pending, [], 0
                new_topics = len(self._topics) > len(self._index.topics)
            if not messages and not new_topics:
                return
            fault: OSError | None = None
            if self._free_space() < self._reserve + sum(len(m.data) for m in messages):
                # The reserve is for this moment: it takes the last messages and the last tail.
                fault = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            while True:
                try:
                    self._append(messages)
                    break
                except OSError as error:
                    fault = error
                    if not messages:
                        break
                    messages = messages[: len(messages) // 2]  # as many as the disk still takes
            if fault is not None:
                self._end()
                with self._lock:
                    self._fault = self._explain(fault)

    def _append(self, messages: list[Pending]) -> None:
        """Write messages as one chunk, and the tail; on OSError the bag is as it was."""
        with self._lock:
            topics = {t.channel.id: t for t in self._topics.values()}
        index = self._index.copy(topics)
        chunk = index.add_chunk(messages) if messages else b""
        offset = self._index.end
        file_path = self.path / self._file_name
        try:
            write_end(self._file, offset, chunk, index, file_path)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, offset)
                write_at(self._file, offset, self._index.tail(self._file_name))
            raise
        self._index = index

    def _end(self) -> None:
        """Take no more messages and let go of the file."""
        with self._lock:
            if not self._open:
                return
            self._open = False
        self._begun.set()
        self._wake.set()
        with contextlib.suppress(OSError):  # the messages are written; this only hurries the disk
            os.fsync(self._file)
        os.close(self._file)

    def _free_space(self) -> int:
        disk = os.statvfs(self.path)
        return disk.f_bavail * disk.f_frsize

    def _explain(self, fault: OSError) -> RecordingError:
        """Return the sentence for a fault of the disk."""
        count = self.message_count
        if fault.errno in (errno.ENOSPC, errno.EDQUOT):
            return RecordingError(
                f"The disk of {self.path} is full: {self._free_space() / 2**20:.0f} MB are free "
                f"and {self._reserve / 2**20:.0f} MB must stay free. The recording ended; its "
                f"{count} messages are readable. Free some space and record to a new directory."
            )
        return RecordingError(
            f"The bag {self.path} could not be written: {fault.strerror}. The recording ended "
            f"after {count} messages. Check the disk and record to a new directory."
        )
