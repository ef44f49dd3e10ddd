"""A process with Reachy Mini's SDK, as long as it is needed: started, watched, started again.

``reachy_mini_sdk`` is what runs there. If that process dies, the robot stands where it was told to
be last; it is sent to rest over the daemon's HTTP interface at once, and the process is started
anew.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import threading
import time
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import numpy as np

SCRIPT = Path(__file__).with_name("reachy_mini_sdk.py")
"""Program that runs in the SDK's environment."""

AGAIN = (0.5, 10.0)
"""Shortest and longest time from the end of a process to the next, seconds."""

_REST_TIME = 1.5  # seconds of the way to rest after the process has died
_ANSWER_TIME = 2.0  # seconds to wait for the daemon's answer
_FIRST_WORDS = 300  # characters of what a process wrote before it died


@dataclass(slots=True)
class News:
    """The last that is known of the robot.

    Attributes:
        phase: "starts", "absent" (no daemon), "connected" (it stays where it is), "homing" or
            "ready" (it follows).
        why: Why it is absent, in words.
        since: Number of the last time it became ready.
        head: (4, 4) its head's pose, None before the first.
        body_yaw: Its body's turn, radians.
        antennas: Right and left, radians.
        motors: Mode of its motors: "enabled", "disabled" or "gravity_compensation".
        error: What the daemon says is wrong, or "".
        rate: Commands that the robot was given in the last second.
        came: When head, body and antennas came, seconds of the monotonic clock.
    """

    phase: str = "starts"
    why: str = ""
    since: int = 0
    head: np.ndarray | None = None
    body_yaw: float = 0.0
    antennas: list[float] = field(default_factory=lambda: [0.0, 0.0])
    motors: str = ""
    error: str = ""
    rate: float = 0.0
    came: float = 0.0


class SdkLink:
    """The process with the SDK.

    Args:
        python: Of the SDK's environment.
        host: Where the robot's daemon runs.
        port: Of the daemon.
        rest: (9,) ``reachy_mini.JOINTS`` at rest.

    Attributes:
        news: What it told last.
        ends: How often a process has ended that should not have.
        last_words: What such a process wrote before.
    """

    def __init__(self, python: str, host: str, port: int, rest: np.ndarray) -> None:
        self.news, self.ends, self.last_words = News(), 0, ""
        self._host, self._port, self._rest = host, port, rest.tolist()
        self._command = [python, "-u", str(SCRIPT), json.dumps(
            {"host": host, "port": port, "rest": self._rest})]
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="reachy-mini-sdk", daemon=True)

    def start(self) -> None:
        """Start the process; it connects by itself."""
        self._watcher.start()

    def close(self) -> None:
        """Let the process go; it brings the robot to rest, and ends by itself."""
        self._closed.set()
        self._hang_up()

    @property
    def pid(self) -> int | None:
        """Number of the process, None if none runs."""
        return None if self._process is None else self._process.pid

    def send(self, **command: Any) -> None:
        """Send a command if there is a process that takes it: a late one is worth nothing."""
        process = self._process
        if process is None or process.stdin is None or process.stdin.closed:
            return
        with contextlib.suppress(OSError, ValueError):  # it is gone, or it is busy
            os.write(process.stdin.fileno(), json.dumps(command).encode() + b"\n")

    def _watch(self) -> None:
        """Start processes, and take what they tell, until the end."""
        pause = AGAIN[0]
        while not self._closed.is_set():
            began = time.monotonic()
            try:
                self._attend()
            except OSError as error:
                self.news = News("absent", f"{self._command[0]} cannot be started: {error}")
            if self._closed.is_set():
                return
            was, why = self.news.phase, self.news.why
            if self.last_words or not why:
                why = f"the process with its SDK ended: {self.last_words or 'it said nothing'}"
            self.news = News("absent", why)
            self.ends += 1
            if was in ("ready", "homing"):
                self._rest_by_http()
            pause = AGAIN[0] if time.monotonic() - began > 10.0 else min(2 * pause, AGAIN[1])
            self._closed.wait(pause)

    def _attend(self) -> None:
        """Run one process until its output ends."""
        # A session of its own: what the terminal sends to us (Ctrl-C) is not for it.
        process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=True)
        assert process.stdin is not None and process.stdout is not None
        assert process.stderr is not None
        os.set_blocking(process.stdin.fileno(), False)
        self.last_words = ""
        faults = threading.Thread(target=self._hear_faults, args=(process.stderr,), daemon=True)
        faults.start()
        self._process = process
        if self._closed.is_set():
            self._hang_up()
        for line in process.stdout:
            with contextlib.suppress(ValueError, TypeError, AttributeError, KeyError):
                self._take(json.loads(line))
        process.wait()
        faults.join(timeout=1.0)
        self._hang_up()
        self._process = None

    def _hang_up(self) -> None:
        process = self._process
        if process is not None and process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()

    def _hear_faults(self, pipe: Any) -> None:
        """Keep the last line of what a process complains of; a full pipe would stop it."""
        for line in pipe:
            if words := line.decode(errors="replace").strip():
                self.last_words = words[:_FIRST_WORDS]

    def _take(self, told: dict[str, Any]) -> None:
        news = self.news
        if "phase" in told:
            news.why, news.since = told["why"], told["since"]
            news.phase = told["phase"]  # last: it is what others look at first
            return
        news.head = np.array(told["head"], float).reshape(4, 4)
        news.body_yaw, news.antennas = float(told["body_yaw"]), told["antennas"]
        news.motors, news.error, news.rate = told["motors"], told["error"], told["rate"]
        news.came = time.monotonic()

    def _rest_by_http(self) -> None:
        """Ask the daemon itself to bring the robot to rest."""
        x, y, z, roll, pitch, yaw, body_yaw = self._rest[:7]
        head = {"x": x, "y": y, "z": z, "roll": roll, "pitch": pitch, "yaw": yaw + body_yaw}
        body = {"head_pose": head,
                "body_yaw": body_yaw, "antennas": self._rest[7:9], "duration": _REST_TIME}
        with contextlib.suppress(OSError, HTTPException):  # then it stands where it was
            connection = HTTPConnection(self._host, self._port, timeout=_ANSWER_TIME)
            connection.request("POST", "/api/move/goto", json.dumps(body),
                               {"Content-Type": "application/json"})
            connection.getresponse().read()
            connection.close()
