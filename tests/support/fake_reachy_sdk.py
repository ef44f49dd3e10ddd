"""A stand-in for the process with Reachy Mini's SDK: it answers as that does, and keeps what comes.

``install`` writes a program that takes the place of the SDK's Python. It runs

    python fake_reachy_sdk.py LOG OPTIONS
"""

from __future__ import annotations

import json
import os
import select
import sys
import time
from pathlib import Path


def install(folder: Path) -> Path:
    """Write the program; what it is told goes to ``folder / "log"``."""
    program = folder / "python"
    program.write_text(f'#!/bin/sh\nshift 2\nexec {sys.executable} {__file__} {folder}/log "$@"\n')
    program.chmod(0o755)
    return program


def tell(**what: object) -> None:
    print(json.dumps(what), flush=True)


def main(path: str, options: str) -> None:
    """Answer until standard input ends."""
    with open(path, "a", buffering=1) as log:
        log.write(json.dumps({"pid": os.getpid(), **json.loads(options)}) + "\n")
        tell(phase="connected", why="", since=0)
        since, told, at, rest = 0, 0.0, [0.0] * 9, b""
        while True:
            if select.select([0], [], [], 0.02)[0]:
                data = os.read(0, 65536)
                if not data:
                    log.write('{"ended": true}\n')
                    return
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    command = json.loads(line)
                    log.write(json.dumps(command) + "\n")
                    if "home" in command:
                        since += 1
                        tell(phase="homing", why="", since=since - 1)
                        tell(phase="ready", why="", since=since)
                    elif "hold" in command:
                        tell(phase="connected", why="", since=since)
                    else:
                        at = command["go"][0]
            if time.monotonic() - told > 0.05:
                told = time.monotonic()
                head = [1, 0, 0, at[0], 0, 1, 0, at[1], 0, 0, 1, at[2], 0, 0, 0, 1]
                tell(head=head, body_yaw=at[6], antennas=at[7:], motors="enabled", error="",
                     rate=60.0)


if __name__ == "__main__":
    main(*sys.argv[1:])
