"""Recorder that also notes, at once and beside its bag, what reached it.

``python witnessed_recorder.py NOTES --ros-args ...``: NOTES gets 16 bytes a message, its header's
stamp and when it came, in ns; the operating system keeps them whatever becomes of the process.
"""

from __future__ import annotations

import os
import struct
import sys
import time
from typing import Any

from kinesics_ros.recorder_node import RecorderNode
from kinesics_ros.run import run_node

NOTE = struct.Struct("<qq")


class WitnessedRecorder(RecorderNode):
    """Recorder whose messages all begin with a header."""

    def _write(self, heard: Any, data: Any) -> None:
        seconds, nanoseconds = struct.unpack_from("<iI", data, 4)
        os.write(NOTES, NOTE.pack(seconds * 10**9 + nanoseconds, time.time_ns()))
        super()._write(heard, data)


if __name__ == "__main__":
    NOTES = os.open(sys.argv.pop(1), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    run_node(WitnessedRecorder)
