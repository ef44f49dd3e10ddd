"""A stand-in for the process with Reachy Mini's SDK: it answers as that does, and keeps what comes.

    python fake_reachy_sdk.py LOG SCRIPT OPTIONS       SCRIPT, ours, is what would have run
"""

import json
import os
import select
import sys
import time

log = open(sys.argv[1], "a", buffering=1)  # noqa: SIM115 (until the end)
log.write(json.dumps({"pid": os.getpid(), **json.loads(sys.argv[3])}) + "\n")


def tell(**what):
    print(json.dumps(what), flush=True)


since = 0
tell(phase="connected", why="", since=since)
told = 0.0
at = [0.0] * 9
rest = b""
while True:
    if select.select([0], [], [], 0.02)[0]:
        data = os.read(0, 65536)
        if not data:
            log.write('{"ended": true}\n')
            break
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
            elif command["go"]:
                at = command["go"][0]
    if time.monotonic() - told > 0.05:
        told = time.monotonic()
        tell(head=[1, 0, 0, at[0], 0, 1, 0, at[1], 0, 0, 1, at[2], 0, 0, 0, 1], body_yaw=at[6],
             antennas=at[7:], motors="enabled", error="", rate=60.0)
