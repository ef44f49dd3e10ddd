"""The half of the Reachy Mini node that runs in the robot's own SDK's environment.

``reachy_mini_link`` starts it with that environment's Python, which has nothing of ours: this file
imports the SDK and the standard library alone. A line of JSON on standard input is a command, one
on standard output tells how things are:

    {"go": [[...9], ...], "every": 0.033, "since": 1}   be there now, then brake along the others
    {"hold": true}                                      stay where the robot is: nobody commands
    {"home": true}                                      go to rest, from wherever it is

Commands are followed once the robot is at rest ("ready"), and only those that begin there: "since"
is the number that "ready" came with. Where they cease, the last one's tail is
played, so that the robot brakes, and soon it is sent to rest. The same happens, and then this
process ends, where the other half dies: the pipe closes. Going to rest is a move of the daemon's
own, which it finishes even if this process dies as well.

The nine numbers are ``kinesics_core.robot.reachy_mini.JOINTS``.
"""

from __future__ import annotations

import json
import math
import os
import select
import signal
import sys
import time
from collections import deque
from typing import Any

import numpy as np

TAIL_AFTER = 0.05
"""Seconds without a command after which the last one's tail is played."""

HOME_AFTER = 0.4
"""Seconds without one after which the robot goes to rest."""

LOST_AFTER = 1.0
"""Seconds without news of the robot after which it counts as lost."""

TOLD_EVERY = 0.05
"""Seconds between two lines about where the robot is."""

RETRY = 0.5
"""Seconds between two tries to reach the daemon."""

SPEEDS = (1.0, 1.0, 3.0)
"""Mean speed to rest of the head's turn, the body's and the antennas', rad/s; authored."""

DURATIONS = (0.45, 4.0)
"""Shortest and longest way to rest, seconds."""

NEAR = (math.radians(4.0), math.radians(4.0), math.radians(10.0), 0.006)
"""Head's turn, body's turn, antennas (rad) and the head's place (m) that count as at rest."""


class Lines:
    """Commands from standard input; of several the newest counts."""

    def __init__(self) -> None:
        """Read without waiting."""
        os.set_blocking(0, False)
        self._rest = b""
        self.ended = False

    def newest(self, seconds: float) -> dict[str, Any] | None:
        """Return the newest command that comes within some time, or None."""
        if not self.ended and not select.select([0], [], [], seconds)[0]:
            return None
        try:
            while data := os.read(0, 65536):
                self._rest += data
            self.ended = True
        except BlockingIOError:
            pass
        *lines, self._rest = self._rest.split(b"\n")
        for line in reversed(lines):
            try:
                command: dict[str, Any] = json.loads(line)
                return command
            except ValueError:
                continue
        return None


def tell(**what: Any) -> None:
    """Write a line; where nobody reads any more the next look at the input says so."""
    try:
        sys.stdout.write(json.dumps(what) + "\n")
        sys.stdout.flush()
    except (BrokenPipeError, ValueError):
        pass


class Robot:
    """The robot, by its SDK.

    Args:
        host: Where its daemon runs.
        port: Of the daemon.
        rest: The nine numbers at rest.
    """

    def __init__(self, host: str, port: int, rest: list[float]) -> None:
        from reachy_mini import ReachyMini

        class Mini(ReachyMini):
            """The SDK's robot, which leaves a daemon elsewhere its camera and microphone."""

            def release_media(self) -> None:
                """Have a daemon of this computer let go of them, for whoever reads the camera."""
                if local:
                    super().release_media()

        local = host in ("localhost", "127.0.0.1", "::1")
        self._mini = Mini(
            host=host, port=port, connection_mode="localhost_only" if local else "network",
            timeout=2.0, media_backend="no_media", log_level="ERROR")
        self._rest = rest
        self._news = time.monotonic()

    def close(self) -> None:
        """End the connection."""
        self._mini.client.disconnect()

    def give_back(self) -> None:
        """Let the daemon have camera and microphone again, if it has let go of them for us."""
        if self._mini.media_released:
            self._mini.client.acquire_media()

    def fault(self) -> str:
        """Return what is wrong with the connection, or ""."""
        client = self._mini.client
        if client.joint_position_received.is_set():
            client.joint_position_received.clear()
            self._news = time.monotonic()
        silent = time.monotonic() - self._news
        return f"the daemon has said nothing for {silent:.1f} s" if silent > LOST_AFTER else ""

    def where(self) -> dict[str, Any]:
        """Return where the robot is and whether its motors hold it."""
        joints, antennas = self._mini.client.get_current_joints()
        status = self._mini.client.get_status(wait=False).backend_status
        mode = getattr(status, "motor_control_mode", None)
        return {"head": self._mini.get_current_head_pose().ravel().tolist(), "body_yaw": joints[0],
                "antennas": list(antennas), "motors": str(getattr(mode, "value", mode)),
                "error": getattr(status, "error", None) or ""}

    def be(self, joints: list[float]) -> None:
        """Have it be somewhere now."""
        self._mini.set_target(head=head_of(joints), antennas=joints[7:9],
                              body_yaw=float(joints[6]))

    def away(self) -> list[float]:
        """Return how far from rest it is: head's turn, body's, antennas' (rad), head's way (m)."""
        joints, antennas = self._mini.client.get_current_joints()
        is_at, wanted = self._mini.get_current_head_pose(), head_of(self._rest)
        cosine = (np.trace(is_at[:3, :3].T @ wanted[:3, :3]) - 1.0) / 2.0
        return [math.acos(min(max(float(cosine), -1.0), 1.0)), abs(joints[0] - self._rest[6]),
                max(abs(antennas[0] - self._rest[7]), abs(antennas[1] - self._rest[8])),
                float(np.linalg.norm(is_at[:3, 3] - wanted[:3, 3]))]

    def at_rest(self) -> bool:
        """Tell whether it is at rest."""
        return all(way <= near for way, near in zip(self.away(), NEAR, strict=True))

    def awaken(self) -> None:
        """Have its motors hold it where it is."""
        self._mini.enable_motors()

    def go_home(self) -> float:
        """Send it to rest by a move of the daemon's own; return the seconds that it takes."""
        from reachy_mini.io.protocol import GotoTaskRequest
        from reachy_mini.utils.interpolation import InterpolationTechnique

        turns = [way / speed for way, speed in zip(self.away()[:3], SPEEDS, strict=True)]
        duration = min(max(max(turns), DURATIONS[0]), DURATIONS[1])
        self._mini.client.send_task_request(GotoTaskRequest(
            head=head_of(self._rest).ravel().tolist(), antennas=self._rest[7:9],
            duration=duration, method=InterpolationTechnique.MIN_JERK, body_yaw=self._rest[6]))
        return duration


def head_of(joints: list[float]) -> np.ndarray:
    """Return the pose (4, 4) of the head of nine numbers."""
    from reachy_mini.utils import create_head_pose

    pose: np.ndarray = create_head_pose(
        *joints[:5], joints[5] + joints[6], degrees=False, mm=False)
    return pose


class Half:
    """The way from commands to the robot.

    Args:
        options: host, port and rest.
        lines: The commands.
    """

    def __init__(self, options: dict[str, Any], lines: Lines) -> None:
        self._options, self._lines = options, lines
        self._robot: Robot | None = None
        self._phase = ""
        self._tail: list[list[float]] = []
        self._every = 1.0 / 30.0
        self._commanded = self._told = -math.inf
        self._arrives = self._tries = 0.0
        self._given: deque[float] = deque(maxlen=200)  # when commands were passed on
        self._since = 0  # how often the robot has become ready

    def run(self) -> None:
        """Go on until the commands end, and leave the robot at rest."""
        while not self._lines.ended:
            if self._robot is None:
                self._connect()
                continue
            command = self._lines.newest(0.01 if self._phase == "ready" else 0.02)
            try:
                self._take(command, time.monotonic())
            except Exception as error:  # whatever the SDK raises: the daemon is gone
                self._lose(f"the connection was lost ({error or type(error).__name__})")
        self._leave()

    def _connect(self) -> None:
        host, port = self._options["host"], self._options["port"]
        try:
            self._robot = Robot(host, port, self._options["rest"])
        except ImportError as error:
            self._say("absent", f"the SDK cannot be imported ({error})")
            self._lines.newest(5.0)
        except Exception as error:  # refused, timed out, of another version
            self._say("absent", f"no daemon answers at {host}:{port}"
                      f" ({str(error).splitlines()[0] if str(error) else type(error).__name__})")
            self._lines.newest(RETRY)
            time.sleep(RETRY)
        else:
            self._say("connected")

    def _say(self, phase: str, why: str = "") -> None:
        if phase != self._phase or phase == "absent":
            tell(phase=phase, why=why, since=self._since)
        self._phase = phase

    def _lose(self, why: str) -> None:
        robot, self._robot, self._tail = self._robot, None, []
        self._say("absent", why)
        if robot is not None:
            try:
                robot.close()
            except Exception:  # it is gone anyway
                return

    def _take(self, command: dict[str, Any] | None, now: float) -> None:
        """Do what a command says, or what is to be done without one."""
        robot = self._robot
        assert robot is not None
        if fault := robot.fault():
            self._lose(fault)
            return
        command = command or {}
        if "home" in command and self._phase == "connected":
            if robot.where()["motors"] == "disabled":
                robot.awaken()
            self._home(now)
        elif "go" in command and self._phase == "ready" and command["since"] == self._since:
            self._tail, self._every = command["go"], command["every"]
            self._commanded = now
            self._given.append(now)
            robot.be(self._tail[0])
        elif "hold" in command and self._phase == "ready":
            self._tail = []
            self._say("connected")
        self._go_on(now)
        if now - self._told > TOLD_EVERY:
            self._told = now
            tell(**robot.where(), rate=sum(now - given < 1.0 for given in self._given))

    def _go_on(self, now: float) -> None:
        """Do what time brings: arrive, play the tail, go to rest."""
        robot = self._robot
        assert robot is not None
        if self._phase == "homing" and now >= self._arrives:
            if robot.at_rest():
                self._commanded, self._tail = now, []
                self._since += 1
                self._say("ready")
            elif now >= self._tries:  # somebody else's move was in the way
                self._home(now)
        elif self._phase == "ready" and self._tail:
            late = now - self._commanded
            if late > TAIL_AFTER:
                at = self._along(late)
                if at is not None:
                    robot.be(at)
            if late > HOME_AFTER:
                self._home(now)

    def _along(self, late: float) -> list[float] | None:
        """Return where the tail has led after some seconds; None: its end is long passed."""
        place = late / self._every
        last = len(self._tail) - 1
        if place > last + 3:
            return None
        index = min(int(place), last)
        share = min(place - index, 1.0)
        one, other = self._tail[index], self._tail[min(index + 1, last)]
        return [a + share * (b - a) for a, b in zip(one, other, strict=True)]

    def _home(self, now: float) -> None:
        assert self._robot is not None
        self._tail = []
        self._say("homing")
        self._arrives = now + self._robot.go_home() + 0.1
        self._tries = self._arrives + 0.5

    def _leave(self) -> None:
        """Brake along the tail, then go to rest."""
        robot = self._robot
        if robot is None:
            return
        try:
            while self._tail:
                at = self._along(time.monotonic() - self._commanded)
                if at is None:
                    break
                robot.be(at)
                time.sleep(0.01)
            if self._phase in ("ready", "homing"):
                time.sleep(robot.go_home() + 0.2)
            robot.give_back()
            robot.close()
        except Exception as error:  # the daemon is gone as well
            print(f"the robot could not be brought to rest: {error!r}", file=sys.stderr)


def main() -> None:
    """Run until standard input ends; Ctrl-C and SIGTERM are for the other half to act upon."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    lines = Lines()

    def end(*_: object) -> None:
        lines.ended = True

    signal.signal(signal.SIGTERM, end)
    Half(json.loads(sys.argv[1]), lines).run()


if __name__ == "__main__":
    main()
