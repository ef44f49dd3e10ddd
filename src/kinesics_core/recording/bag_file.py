"""The bytes of a bag on the disk: its lock, writing at an offset, and the end that makes it whole.

Errors of the operating system pass through as OSError: the writer tells a full disk by them.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from kinesics_core import files
from kinesics_core.errors import RecordingError
from kinesics_core.recording.bag_layout import FileIndex, to_yaml

METADATA = "metadata.yaml"
"""Name that rosbag2 gives the file beside a bag's MCAP files."""


def lock(file: int) -> None:
    """Keep the writer and ``recover`` out of each other's way until the process ends.

    Raises:
        RecordingError: The bag is locked by another.
    """
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise RecordingError(
            "The bag is being recorded at this moment; end that recording first."
        ) from None


def is_being_recorded(path: Path) -> bool:
    """Return whether a writer holds the file at this moment."""
    try:
        with open(path, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # not there, or on a disk without locks
        pass
    return False


def write_at(file: int, offset: int, data: bytes) -> None:
    """Write all the data at an offset."""
    view = memoryview(data)
    while view:
        written = os.pwrite(file, view, offset)
        view, offset = view[written:], offset + written


def write_end(file: int, offset: int, chunk: bytes, index: FileIndex, path: Path) -> None:
    """Write a chunk and the tail, end the file there, and replace metadata.yaml.

    Args:
        file: The open MCAP file.
        offset: Where the tail stands so far.
        chunk: What comes there instead.
        index: What the file holds with that chunk.
        path: The file's path.
    """
    end = chunk + index.tail(path.name)
    write_at(file, offset, end)
    os.ftruncate(file, offset + len(end))
    text = to_yaml({"rosbag2_bagfile_information": index.information(path.name)})
    try:
        files.write_text(path.with_name(METADATA), text)
    except files.WriteError as failed:
        raise failed.error from None
