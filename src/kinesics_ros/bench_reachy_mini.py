"""Reachy Mini's own daemon, in mock-up mode, driven by our node as a robot would be.

Everything talks over the loopback of a network namespace of its own (``unshare``), as the daemon
announces itself in the network: nobody else's robot is meant. Processes are the daemon, the node
with the process of its SDK, and a witness that hears from the daemon where the robot is; this one
performs emotions at 60 Hz, and kills the others one after another.

    python -m kinesics_ros.bench_reachy_mini [SECONDS]    in such a namespace; prints JSON
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kinesics_core.affect.emotions import emotion_index
from kinesics_core.bench import Result, result
from kinesics_core.errors import KinesicsError
from kinesics_core.expression.animator import Animator
from kinesics_core.expression.faces.shown_affect import shown_affect
from kinesics_core.robot.reachy_mini import ReachyMini, head_matrix
from kinesics_core.robot.reachy_mini_config import sdk_python
from kinesics_core.robot.robot_map import RobotMap
from kinesics_core.types import AffectiveResponse

EMOTIONS = ("happiness", "sadness")
"""Emotions that are performed, one after the other, ``SECONDS`` each."""

SECONDS = 5.0
"""Time for each emotion."""

LONGEST_LAG = 0.4
"""Largest lag of the robot behind the poses that is looked for, seconds."""

STANDS = np.radians(2.0)
"""Speed below which the head, the body and the antennas stand, rad/s."""

PATIENCE = 60.0
"""Seconds that a daemon or a node may take to start."""

_RATE = 60.0
_ENVIRONMENT = {
    # Shared memory is not the namespace's own: others' processes would be met there, and a killed
    # one leaves its part of it locked.
    "FASTDDS_BUILTIN_TRANSPORTS": "UDPv4",
    "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST",
}
_SETTLED = 2.0  # seconds after an emotion began from which on it is shown

_WITNESS = """
import json, sys, time
from reachy_mini import ReachyMini
while True:
    try:
        mini = ReachyMini(host="127.0.0.1", connection_mode="localhost_only", timeout=2.0,
                          media_backend="no_media", log_level="ERROR")
    except Exception:
        time.sleep(0.2)
        continue
    heard = mini.client.head_pose_received
    while heard.wait(1.0):
        heard.clear()
        joints, antennas = mini.client.get_current_joints()
        head = mini.get_current_head_pose().ravel().tolist()
        print(json.dumps([time.monotonic(), *head, joints[0], *antennas]), flush=True)
    mini.client.disconnect()
"""


def available() -> str:
    """Return why this cannot be run here, or ""."""
    try:
        sdk_python()
    except KinesicsError as error:
        return str(error)
    return "" if _namespace() else (
        "`unshare` gives no network namespace here; Reachy Mini's daemon is tried in one alone.")


def measure(seconds: float = SECONDS) -> dict[str, float]:
    """Run everything in a network namespace, and return what was measured.

    Args:
        seconds: For each emotion.

    Raises:
        KinesicsError: It cannot be run here, or something did not start.
    """
    if why := available():
        raise KinesicsError(why)
    done = subprocess.run(
        [*_namespace(), sys.executable, "-m", __spec__.name, str(seconds)],
        capture_output=True, text=True, env={**os.environ, **_ENVIRONMENT})
    lines = done.stdout.splitlines()
    if done.returncode or not lines:
        words = done.stderr.strip().splitlines() or ["it said nothing"]
        raise KinesicsError(f"Reachy Mini's daemon could not be driven: {words[-1]}")
    found: dict[str, float] = json.loads(lines[-1])
    return found


def results() -> list[Result]:
    """Return the figures of ``kinesics bench robot-live``; none where it cannot be run."""
    if why := available():
        print(f"robot.reachy_mini_deg is left out: {why}", file=sys.stderr)
        return []
    found = measure()
    return [
        result("robot.reachy_mini_deg", found["head_deg"], "deg", "<= 2"),
        result("robot.reachy_mini_lag_ms", found["lag_ms"], "ms"),
        result("robot.reachy_mini_hz", found["rate"], "Hz", ">= 59"),
        result("robot.reachy_mini_antennas_deg", found["antennas_deg"], "deg"),
        result("robot.reachy_mini_rests_s", found["rests_after_node_s"], "s", "<= 1"),
    ]


def _namespace() -> list[str]:
    """Return the words that give a command a network of its own; none where that is not had."""
    program = shutil.which("unshare")
    for words in ([program, "-n"], [program, "-rn"]):
        if program and subprocess.run([*map(str, words), "true"], capture_output=True,
                                      ).returncode == 0:
            return [str(word) for word in words]
    return []


class Witness:
    """Record of where the robot has been, as the daemon tells it to somebody else."""

    def __init__(self, python: str) -> None:
        self._process = subprocess.Popen(
            [python, "-c", _WITNESS], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self._rows: list[list[float]] = []
        threading.Thread(target=self._hear, daemon=True).start()

    def _hear(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._rows.append(json.loads(line))

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()

    def since(self, begin: float, end: float = np.inf) -> np.ndarray:
        """Return (T, 20) of some seconds: time, head (4, 4), body's turn, antennas."""
        rows = [row for row in list(self._rows) if begin <= row[0] <= end]
        return np.array(rows).reshape(-1, 20)


class World:
    """The daemon, the node and the witness, and the poses that are performed."""

    def __init__(self, folder: Path) -> None:
        self.python, self._folder = sdk_python(), folder
        self.daemon = self._start_daemon()
        self.witness = Witness(self.python)
        self.animator = Animator(seed=1)
        self.robot = ReachyMini(RobotMap.load("reachy_mini"))
        self.wanted: list[tuple[float, np.ndarray]] = []
        self.state: dict[str, str] = {}
        self.emotion = "neutral"
        self._quiet = threading.Event()

    def __enter__(self) -> World:
        import rclpy
        from diagnostic_msgs.msg import DiagnosticArray
        from rclpy.executors import SingleThreadedExecutor
        from rclpy.signals import SignalHandlerOptions

        from kinesics.msg import BodyPose, FacePose
        from kinesics_ros import qos

        rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
        self._ros = rclpy.create_node("performer")
        self._faces = self._ros.create_publisher(FacePose, "face_pose", qos.RESULT)
        self._bodies = self._ros.create_publisher(BodyPose, "body_pose", qos.RESULT)
        self._ros.create_subscription(DiagnosticArray, "/diagnostics", self._hear, 10)
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self._ros)
        self.node = self._start_node()
        threading.Thread(target=self._perform, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        import rclpy

        self._quiet.set()
        for process in (self.node, self.daemon):
            with contextlib.suppress(OSError):
                process.kill()
            process.wait()
        self.witness.close()
        self._executor.shutdown()
        rclpy.try_shutdown()

    def _start_daemon(self) -> subprocess.Popen[bytes]:
        log = (self._folder / "daemon.log").open("ab")
        return subprocess.Popen(
            [self.python, "-m", "reachy_mini.daemon.app.main", "--mockup-sim", "--no-media",
             "--no-preload-datasets", "--headless", "--fastapi-host", "127.0.0.1",
             "--no-wake-up-on-start", "--no-goto-sleep-on-stop"],
            stdout=log, stderr=log, env={**os.environ, "HF_HUB_OFFLINE": "1"})

    def _start_node(self) -> subprocess.Popen[bytes]:
        log = (self._folder / "node.log").open("ab")
        return subprocess.Popen(
            [sys.executable, "-m", "kinesics_ros.reachy_mini_node", "--ros-args", "-p",
             "autostart:=true", "-p", "robot_host:='127.0.0.1'"], stdout=log, stderr=log)

    def _hear(self, message: Any) -> None:
        for status in message.status:
            if "reachy_mini" in status.name:
                self.state = {entry.key: entry.value for entry in status.values}

    def _perform(self) -> None:
        """Publish poses at 60 Hz, and note where a head should be that follows them at once."""
        from kinesics_ros.conversions import body_to_msg, face_to_msg

        begin, number = time.monotonic(), 0
        while not self._quiet.wait(max(0.0, begin + number / _RATE - time.monotonic())):
            if number % 6 == 0:  # ten times a second, as people are seen
                self.animator.respond(self._response(number / _RATE))
            number += 1
            face, body = self.animator.step(time.time_ns())
            self._faces.publish(face_to_msg(face))
            self._bodies.publish(body_to_msg(body))
            self.robot.show_face(face.gaze, *shown_affect(face.blendshapes))
            self.robot.step(body, 1 / _RATE)
            self.wanted.append((time.monotonic(), head_matrix(self.robot.goal)))

    def _response(self, time_s: float) -> AffectiveResponse:
        """Return the emotion, towards somebody who walks to and fro."""
        bearing = np.array([0.5 * np.sin(2.0 * np.pi * time_s / 6.0), 0.1], np.float32)
        return AffectiveResponse(
            stamp=time.time_ns(), policy="bench", emotion=emotion_index(self.emotion),
            intensity=1.0, valence=0.0, arousal=0.0, dominance=0.0, towards=1, bearing=bearing,
            gesture="", duration=1.0, reason="")

    def wait(self, condition: Callable[[], bool], what: str) -> float:
        """Serve ROS until a condition holds; return the seconds that it took.

        Raises:
            KinesicsError: It does not hold within ``PATIENCE``.
        """
        began = time.monotonic()
        while not condition():
            self.spin(0.05)
            if time.monotonic() - began > PATIENCE:
                log = (self._folder / "node.log").read_text(errors="replace")[-500:]
                raise KinesicsError(f"{what} did not happen within {PATIENCE:g} s; the node says"
                                    f" {self.state or log!r}")
        return time.monotonic() - began

    def spin(self, seconds: float) -> None:
        """Serve ROS for some time."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self._executor.spin_once(timeout_sec=min(0.05, left))

    def follows(self, what: str) -> float:
        """Wait until the robot follows; return the seconds that it took."""
        self.state = {}
        return self.wait(lambda: self.state.get("state") == "follows", what)

    def restart_node(self) -> None:
        """Start the node again."""
        self.node.wait()
        self.node = self._start_node()

    def restart_daemon(self) -> None:
        """Kill the daemon, and start another."""
        self.daemon.kill()
        self.daemon.wait()
        self.spin(1.5)
        self.daemon = self._start_daemon()


def run(seconds: float) -> dict[str, float]:
    """Measure, in a namespace of our own."""
    _loopback_up()
    with tempfile.TemporaryDirectory() as folder, World(Path(folder)) as world:
        world.follows("Reachy Mini's following")
        world.spin(2.0)  # it begins slowly
        began, antennas, rates = time.monotonic(), [], []
        for emotion in EMOTIONS:
            world.emotion = emotion
            start = time.monotonic()
            world.spin(seconds)
            antennas.append(np.degrees(world.witness.since(start + _SETTLED)[:, 18:]).mean(axis=0))
            rates.append(float(world.state["followed"].split()[0]))
        found = head_error(world, began, time.monotonic())
        found["rate"] = min(rates)
        found["antennas_deg"] = float(np.abs(antennas[0] - antennas[1]).min())
        world.emotion = "happiness"
        world.spin(2.0)
        found |= _kills(world)
        return found


def _kills(world: World) -> dict[str, float]:
    """Kill the node, the process with the SDK, the daemon, two at once; return how it fared."""
    found = {}
    killed = time.monotonic()
    world.node.send_signal(signal.SIGKILL)
    world.spin(4.0)
    found["stands_after_node_s"], found["rests_after_node_s"] = at_rest(world, killed)
    world.restart_node()
    found["node_back_s"] = world.follows("following again after the node was killed")
    world.spin(2.0)
    killed = time.monotonic()
    for child in _children(world.node.pid):
        os.kill(child, signal.SIGKILL)
    world.spin(0.5)
    found["sdk_back_s"] = world.follows("following again after the process with the SDK was killed")
    world.restart_daemon()
    found["daemon_back_s"] = world.follows("following again after the daemon was killed")
    world.spin(2.0)
    stopped = time.monotonic()
    world.node.send_signal(signal.SIGSTOP)
    world.spin(3.0)
    _, found["rests_after_hang_s"] = at_rest(world, stopped)
    world.node.send_signal(signal.SIGCONT)
    world.follows("following again after the node hung")
    world.spin(2.0)
    children, killed = _children(world.node.pid), time.monotonic()
    for process in (*children, world.node.pid):
        os.kill(process, signal.SIGKILL)
    world.spin(1.5)
    found["stands_after_both_s"], _ = at_rest(world, killed)
    return found


def head_error(world: World, begin: float, end: float) -> dict[str, float]:
    """Return the root mean square of the head's error at the lag that makes it least."""
    times = np.array([time for time, _ in world.wanted])
    turns = np.array([pose[:3, :3] for _, pose in world.wanted])
    seen = world.witness.since(begin, end)
    heads = seen[:, 1:17].reshape(-1, 4, 4)[:, :3, :3]
    best = {"head_deg": float("inf"), "lag_ms": 0.0}
    for lag in np.arange(0.0, LONGEST_LAG, 0.002):
        places = np.clip(np.searchsorted(times, seen[:, 0] - lag), 1, len(times) - 1)
        near = np.where(np.abs(times[places] - seen[:, 0] + lag)
                        < np.abs(times[places - 1] - seen[:, 0] + lag), places, places - 1)
        cosine = (np.einsum("tij,tij->t", turns[near], heads) - 1.0) / 2.0
        error = float(np.sqrt(np.mean(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))) ** 2)))
        if error < best["head_deg"]:
            best = {"head_deg": error, "lag_ms": 1e3 * float(lag)}
    moved = np.degrees(np.arccos(np.clip((np.einsum(
        "ij,tij->t", heads.mean(axis=0), heads) - 1.0) / 2.0, -1.0, 1.0)))
    return {**best, "moved_deg": float(np.percentile(moved, 95))}


def at_rest(world: World, killed: float) -> tuple[float, float]:
    """Return after how many seconds the robot stood first, and stood at rest for good.

    Infinite where it does not come to rest.
    """
    seen = world.witness.since(killed)
    times, joints = seen[:, 0], seen[:, 17:]
    heads = seen[:, 1:17].reshape(-1, 4, 4)
    steps = np.maximum(np.diff(times), 1e-3)
    cosine = (np.einsum("tij,tij->t", heads[1:, :3, :3], heads[:-1, :3, :3]) - 1.0) / 2.0
    speed = np.maximum(np.arccos(np.clip(cosine, -1.0, 1.0)),
                       np.abs(np.diff(joints, axis=0)).max(axis=1)) / steps
    moving = np.flatnonzero(speed > STANDS)
    last = float(times[moving[-1] + 1] - killed) if len(moving) else 0.0
    still = np.flatnonzero(speed <= STANDS)
    first = float(times[still[0]] - killed) if len(still) else float("inf")
    rest = world.robot.rest_position
    tilt = np.degrees(np.arccos(np.clip((np.trace(heads[-1][:3, :3]) - 1.0) / 2.0, -1.0, 1.0)))
    off = np.degrees(np.abs(joints[-1] - rest[6:]).max())
    return first, last if max(float(tilt), float(off)) < 2.0 else float("inf")


def _children(pid: int) -> Sequence[int]:
    """Return the processes that a process has started (Linux)."""
    return list(_of_parent(pid))


def _of_parent(pid: int) -> Iterator[int]:
    for file in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError):
            if int(file.read_text().rsplit(")", 1)[1].split()[1]) == pid:
                yield int(file.parent.name)


def _loopback_up() -> None:
    """Switch the loopback of a new namespace on, as `ip link set lo up` does."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh14x", b"lo", 0x1 | 0x40)  # up and running
        fcntl.ioctl(any_socket, 0x8914, request)  # SIOCSIFFLAGS


if __name__ == "__main__":
    try:
        print(json.dumps(run(float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS)))
    except KinesicsError as error:
        sys.exit(str(error))
