"""``kinesics bench robot-live``: a robot on the running loop; delay, kills, and the markers' cost.

The delay is that of the composed graph on the demo's clip at 30 Hz, from the stamp of an image to
the first trajectory of the pose that answers it. The kills are of nodes in processes of their own,
at random moments, SIGKILL: the others must go on, and the robot must stand within a second where
its poses or its commands have ceased. A Reachy Mini is measured where its SDK is installed
(``bench_reachy_mini``).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from kinesics_core import extras
from kinesics_core.bench import Result, result
from kinesics_core.errors import KinesicsError
from kinesics_ros import bench_reachy_mini
from kinesics_ros.bench_loop import ended_by_signals, run_process, write_clip

ROBOT = "g1"
NODES = ("camera", "keypoint", "forecast", "response", "expression", "retarget", "marker")
CEASES = ("expression", "retarget")
"""Nodes without which no poses or no commands come."""

SECONDS_PER_KILL = 6.0
"""Share of the measured duration: a node that is killed is started again, and loads models."""

STANDS = 1e-6
"""Speed below which a joint stands, rad/s."""

_PATIENCE = 60.0
"""Seconds in which a node that was started again has come to work, on a machine that is free."""


def run(args: argparse.Namespace) -> list[Result]:
    """Return the measured ``robot.*`` of the running loop; 600 s make 100 kills."""
    extras.require("robot", "A robot")
    kills = max(1, round(args.duration / SECONDS_PER_KILL))
    with ended_by_signals(), tempfile.TemporaryDirectory() as scratch:
        clip = Path(scratch) / "clip.avi"
        write_clip(clip)
        latency = _latency(clip, args.variant, min(args.duration, 60.0))
        share = json.loads(run_process([sys.executable, "-c", _MARKERS]).splitlines()[-1])
        with Killing(clip, args.variant) as killing:
            outcomes = [killing.kill() for _ in range(kills)]
    survived = sum(outcome.survived for outcome in outcomes)
    stood = [outcome.stood_after for outcome in outcomes if outcome.stood_after is not None]
    return [
        result("robot.latency_p50_ms", latency["p50"], "ms"),
        result("robot.latency_p95_ms", latency["p95"], "ms", "<= 110"),
        result("robot.marker_core_share", 100 * share, "% of a core", "<= 3"),
        result("robot.kills", kills, "kills"),
        result("robot.kills_survived", 100 * survived / kills, "%", ">= 100"),
        result("robot.stands_after_kill_s", max(stood, default=None), "s", "<= 1"),
        *bench_reachy_mini.results(),
    ]


def _latency(clip: Path, variant: str, seconds: float) -> dict[str, float]:
    report = clip.with_name("report.json")
    run_process([sys.executable, "-m", "kinesics_core.cli", "up", "--source", str(clip), "--loop",
                 "--variant", variant, "--robot", ROBOT, "--duration", str(seconds),
                 "--report", str(report)])
    found: dict[str, float] | None = json.loads(report.read_text()).get("joints_latency_ms")
    if found is None or found["p95"] is None:
        raise KinesicsError("no pose that answers an image reached the robot; run `kinesics up"
                            f" --robot {ROBOT}` and read its log.")
    return found


_MARKERS = """
import json, time
import numpy as np
import rclpy
from visualization_msgs.msg import MarkerArray
from kinesics_core.types import Affect, BodyPose, MotionForecast, People, Person
from kinesics_core.view.markers import MarkerConfig
from kinesics_core.view.scene import Scene
from kinesics_ros import qos
from kinesics_ros.conversions import header
from kinesics_ros.marker_node import MarkerWriter

rclpy.init()
node = rclpy.create_node("markers")
publisher = node.create_publisher(MarkerArray, "markers", qos.RESULT)
node.create_subscription(MarkerArray, "markers", lambda _: None, qos.RESULT)
scene, writer = Scene(MarkerConfig()), MarkerWriter()
coco = np.column_stack([np.random.default_rng(0).uniform(50, 430, (17, 2)), np.ones(17)])
coco = coco.astype(np.float32)
steps = np.tile(coco[None, :, :2], (30, 1, 1))
parts = {"transl": 3, "global_orient": 3, "body_pose": (21, 3), "left_hand": (15, 3),
         "right_hand": (15, 3), "jaw": 3, "betas": 10}
parts = {name: np.zeros(shape, np.float32) for name, shape in parts.items()}
frames, spent = 600, 0.0
for frame in range(1, frames + 50):
    stamp = frame * 34_000_000
    people = People(stamp, 640, 480, [Person(1, 1.0, coco)])
    forecast = MotionForecast(stamp, 1, 640, 480, steps, 1 / 30, np.ones(30), 1.0)
    affect = Affect(stamp, 1, np.eye(8)[3], 0.1, 0.2, 0.0, 1.0, "fused")
    body = BodyPose(stamp, stamp, **parts)
    began = time.thread_time()
    scene.add_forecasts([forecast])
    scene.add_affects([affect])
    assert scene.see(people)
    publisher.publish(writer.array(scene.people(people), header(stamp, people.frame_id)))
    publisher.publish(writer.array(scene.robot(body), header(stamp, people.frame_id)))
    if frame >= 50:
        spent += time.thread_time() - began
print(json.dumps(30 * spent / frames))
"""


def _sent(info: dict[str, Any]) -> float:
    """Return when a message was sent, s of the system's clock: not when a busy machine heard it."""
    return 1e-9 * info.get("source_timestamp", 0) or time.time()


class Outcome:
    """Result of one kill.

    Attributes:
        node: Who was killed.
        survived: Whether the others went on, the robot stood in time, and all came back.
        stood_after: Seconds until the robot stood, of nodes of ``CEASES``.
    """

    def __init__(self, node: str) -> None:
        self.node = node
        self.survived = True
        self.stood_after: float | None = None


class Killing:
    """The nodes as processes of their own, and the robot's commands as a controller hears them."""

    def __init__(self, clip: Path, variant: str) -> None:
        """Prepare; the nodes start when the block is entered."""
        self._given = {"camera": {"source": str(clip), "loop": "true"},
                       "keypoint": {"variant": variant},
                       "retarget": {"robot": ROBOT, "approach_s": "0.0"}}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._random = random.Random(0)
        self._patience = _PATIENCE
        self._namespace = f"/kinesics_bench_{os.getpid()}"  # nobody else's poses come there

    def __enter__(self) -> Killing:
        import rclpy
        from rclpy.executors import SingleThreadedExecutor
        from rclpy.signals import SignalHandlerOptions
        from trajectory_msgs.msg import JointTrajectory

        from kinesics_ros import qos

        rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
        self._node = rclpy.create_node("controller", namespace=self._namespace)
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self._node)
        self._heard: list[tuple[float, JointTrajectory]] = []

        def hear(message: JointTrajectory, info: dict[str, Any]) -> None:
            self._heard.append((_sent(info), message))

        # rclpy's types know callbacks of one argument only.
        taken: Any = hear
        self._node.create_subscription(
            JointTrajectory, "joint_trajectory", taken, qos.RESULT)
        for name in NODES:
            self._start(name)
        try:
            began = time.monotonic()
            self._require_motion(_PATIENCE)
            # A busy machine starts a node that much later, which is not the node's fault.
            self._patience = max(_PATIENCE, 4 * (time.monotonic() - began))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        import rclpy

        for process in self._processes.values():
            process.kill()
            process.wait()
        self._executor.shutdown()
        self._node.destroy_node()
        rclpy.try_shutdown()

    def _start(self, name: str) -> None:
        given = {"autostart": "true", **self._given.get(name, {})}
        words = [word for key, value in given.items() for word in ("-p", f"{key}:={value}")]
        self._processes[name] = subprocess.Popen(
            [sys.executable, "-m", f"kinesics_ros.{name}_node", "--ros-args",
             "-r", f"__ns:={self._namespace}", *words],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def _spin(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self._executor.spin_once(timeout_sec=0.02)

    def _moves(self, since: float) -> bool:
        return any(time > since and np.abs(message.points[0].velocities).max() > STANDS
                   for time, message in self._heard[-20:])

    def _require_motion(self, seconds: float) -> None:
        """Wait until the robot moves.

        Raises:
            KinesicsError: It does not.
        """
        began, since = time.monotonic(), time.time()
        while not self._moves(since):
            self._spin(0.1)
            if time.monotonic() > began + seconds:
                raise KinesicsError(f"the robot has not moved for {seconds:g} s; start the nodes"
                                    " one by one and read their logs.")

    def kill(self) -> Outcome:
        """Kill a node, look at what the others and the robot do, and start it again."""
        outcome = Outcome(self._random.choice(NODES))
        self._spin(self._random.uniform(0.0, 1.0))
        self._heard.clear()
        killed = time.time()
        self._processes[outcome.node].kill()
        self._processes[outcome.node].wait()
        self._spin(1.5)
        for name, process in self._processes.items():
            if name != outcome.node and process.poll() is not None:
                outcome.survived = False
                self._start(name)
        if outcome.node in CEASES:
            outcome.stood_after = self._stood_after(killed)
            outcome.survived &= outcome.stood_after <= 1.0
        self._start(outcome.node)
        try:
            self._require_motion(self._patience)
        except KinesicsError:
            outcome.survived = False
        return outcome

    def _stood_after(self, killed: float) -> float:
        """Return how long after a kill the robot stood, as a controller moves it."""
        last = killed
        for came, message in self._heard:
            moving = [point for point in message.points if np.abs(point.velocities).max() > STANDS]
            if moving:
                # It follows the points of this message, unless the next one takes their place.
                at = moving[-1].time_from_start
                after = 1 / 30  # the point behind, where it stands
                last = came + at.sec + 1e-9 * at.nanosec + after
        return max(0.0, last - killed)
