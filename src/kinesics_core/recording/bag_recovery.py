"""Recovery of a bag that a kill or a power cut left torn."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import yaml

from kinesics_core.errors import RecordingError
from kinesics_core.recording.bag_file import METADATA, lock, write_at, write_end
from kinesics_core.recording.bag_layout import FileIndex, header, read_chunk, unpack


def recover(path: Path) -> int:
    """Make a torn bag whole.

    Every whole chunk is kept, what stands behind the last one is cut off, and tail and
    metadata.yaml are written anew. A bag that is whole keeps its bytes.

    Args:
        path: A bag directory of ``BagWriter``.

    Returns:
        The number of its messages.

    Raises:
        RecordingError: The bag is being recorded, or was not written by ``BagWriter``.
    """
    found = sorted(path.glob("*.mcap"))
    if len(found) != 1:
        raise RecordingError(
            f"{path} holds {len(found)} .mcap files; a recording of Kinesics holds exactly one."
        )
    with open(found[0], "r+b") as file:
        lock(file.fileno())
        if file.read(len(header())) != header():
            raise RecordingError(
                f"{found[0]} was not recorded by Kinesics, so its layout is not known here. "
                "Try `mcap recover` or `ros2 bag reindex`."
            )
        index = FileIndex(**_kept_metadata(path), end=len(header()))
        while (data := read_chunk(file, index.end)) is not None:
            topics, messages = unpack(data, index.topics)
            offset = index.end
            index = index.copy(topics)
            # The same records give the same bytes again, unless the index behind them is torn.
            chunk = index.add_chunk(messages)
            if os.pread(file.fileno(), len(chunk), offset) != chunk:
                write_at(file.fileno(), offset, chunk)
        write_end(file.fileno(), index.end, b"", index, found[0])
        return index.message_count


def _kept_metadata(path: Path) -> dict[str, Any]:
    """Return what of metadata.yaml stands nowhere else."""
    try:
        text = (path / METADATA).read_text(encoding="utf-8")
        information = yaml.safe_load(text)["rosbag2_bagfile_information"]
        return {
            "custom_data": information["custom_data"] or {},
            "ros_distro": information["ros_distro"],
        }
    except (OSError, yaml.YAMLError, KeyError, TypeError):
        return {}
