"""Reachy Mini's head, body and antennas, from the robot's face and body, through its own SDK."""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
from sensor_msgs.msg import JointState

from kinesics_core.errors import KinesicsError
from kinesics_core.expression.faces.shown_affect import shown_affect
from kinesics_core.robot.command import JointCommand
from kinesics_core.robot.driver import Driver
from kinesics_core.robot.reachy_mini import JOINTS, ReachyMini, head_matrix, within
from kinesics_core.robot.reachy_mini_config import ReachyMiniConfig, sdk_python
from kinesics_core.robot.robot_map import RobotMap
from kinesics_core.robot.trajectory import trajectory_points
from kinesics_core.settings import settings_of
from kinesics_core.types import FacePose as CoreFace
from kinesics_ros import qos
from kinesics_ros.bus import Bus
from kinesics_ros.reachy_mini_link import SdkLink
from kinesics_ros.robot_stage import RobotStage
from kinesics_ros.run import run_node

_ASK_AGAIN = 0.5
"""Seconds after which the robot is asked to go to rest once more, where it has not begun to."""

_DECIMALS = 6
"""Decimals of what is sent: micrometres and microradians."""

_ASTRAY = math.radians(10.0)
"""Turn of the head between where it is and where it was told to be that is worth telling."""

_ASTRAY_FOR = 1.0
"""Seconds that it lasts before it is told."""

_TOLD_RATE = 20.0
"""Hz at which the commands are published, for whoever watches."""


class ReachyMiniNode(RobotStage):
    """``body_pose`` and ``face_pose`` in, the robot's movements out, at ``rate``.

    The SDK runs in a process of its own (``reachy_mini_link``). ``joint_commands`` and
    ``joint_states`` are where head, body and antennas are to be and are; service ``enable_robot``
    stops and starts the robot.
    """

    PARAMETERS = settings_of(ReachyMiniConfig)

    def __init__(self, bus: Bus | None = None, **node_arguments: Any) -> None:
        super().__init__(
            "reachy_mini", bus, "the robot goes to rest, and then follows, slowly at first",
            **node_arguments)
        self._robot: ReachyMini | None = None
        self._link: SdkLink | None = None
        self._python = ""
        self._since = 0  # the "ready" that the commands began at
        self._asked = self._told = -math.inf
        self._astray: float | None = None  # since when the robot is elsewhere
        self._states = self.create_lifecycle_publisher(JointState, "joint_states", qos.RESULT)

    def load(self) -> None:
        """Read the limits, and find the SDK."""
        config = self.parameters.config(ReachyMiniConfig)
        robot_map = RobotMap.load(config.robot)
        if robot_map.driver != "reachy_mini":
            raise KinesicsError(f"the map {robot_map.path} is none of a Reachy Mini (driver:"
                                " reachy_mini); leave the parameter robot as it is.")
        self._python = sdk_python(config.sdk_python)
        self._robot = ReachyMini(robot_map, config.rate)
        self._driver = Driver(self._robot, config.driver)
        self.detail["robot"] = f"{robot_map.name} at {config.robot_host}:{config.robot_port}"

    def unload(self) -> None:
        """Let go of the robot."""
        self._driver = self._robot = None

    def start(self) -> None:
        """Start the process with the SDK, and the stream of commands."""
        assert self._robot is not None and self._driver is not None
        with self._lock:
            self._driver.begin({})
        self._link = SdkLink(self._python, self.parameters["robot_host"],
                             self.parameters["robot_port"], self._robot.rest_position)
        self._since = 0
        self._link.start()
        self.start_commands("reachy-mini-tick")

    def stop(self) -> None:
        """End the stream; the process with the SDK brings the robot to rest and ends."""
        self.stop_commands()
        if self._link is not None:
            self._link.close()
            self._link = None

    def take_face(self, face: CoreFace) -> None:
        """Take what the face shows: gaze for the eyes, valence and arousal for the antennas."""
        super().take_face(face)
        valence, arousal = shown_affect(face.blendshapes)
        with self._lock:
            if self._robot is not None:
                self._robot.show_face(face.gaze, valence, arousal)

    def command(self) -> None:
        """Send what the driver commands, once the robot is ready."""
        began, now = time.perf_counter(), time.monotonic()
        driver, link = self._driver, self._link
        if driver is None or link is None:
            return
        with self._lock:
            ready = self._is_ready(driver, link, now)
            driver.hold = self._why_not(link, ready)
            command, pose = driver.step(now), driver.followed
        self.detail["state"] = driver.state
        if command is None:
            link.send(hold=True)
        elif ready:
            self._send(link, command)
        self._publish(driver, link, now)
        if ready:
            self.note_answer(pose, began)

    def _is_ready(self, driver: Driver, link: SdkLink, now: float) -> bool:
        """Return whether the robot follows commands; ask it to come to rest where it does not."""
        news = link.news
        if news.phase == "ready":
            if news.since != self._since:
                self._since = news.since
                driver.begin({})
            return True
        self._since = 0
        if news.phase == "connected" and driver.enabled and now - self._asked > _ASK_AGAIN:
            self._asked = now
            link.send(home=True)
        return False

    def _why_not(self, link: SdkLink, ready: bool) -> str:
        """Return why the poses are not followed, or ""."""
        if not ready:
            return {
                "starts": "the process with its SDK starts",
                "connected": "it is asked to come to rest first",
                "homing": "it goes to rest first",
            }.get(link.news.phase, link.news.why or "it is not ready")
        return self.several_senders()

    def _send(self, link: SdkLink, command: JointCommand) -> None:
        """Send a command, and how to brake from it."""
        assert self._robot is not None
        limits = self._robot.limits
        times, positions, _ = trajectory_points(command, limits)
        points = [within(row, limits).round(_DECIMALS).tolist() for row in positions]
        link.send(go=points, every=float(times[0]), since=self._since)

    def _publish(self, driver: Driver, link: SdkLink, now: float) -> None:
        """Tell, and look at, where the robot is to be and where it is."""
        if now - self._told < 0.9 / _TOLD_RATE:
            return
        self._told = now
        self._commands.publish(self.joint_state(JOINTS, driver.command.position))
        news = link.news
        if news.head is None or now - news.came > 1.0:
            return
        at = joints_of(news.head, news.body_yaw, news.antennas)
        self._states.publish(self.joint_state(JOINTS, at))
        wanted = head_matrix(driver.command.position)
        cosine = (np.trace(news.head[:3, :3].T @ wanted[:3, :3]) - 1.0) / 2.0
        if news.phase != "ready" or math.acos(min(max(cosine, -1.0), 1.0)) < _ASTRAY:
            self._astray = None
        elif self._astray is None:
            self._astray = now

    def report(self) -> None:
        """Put into diagnostics, and into the log, what is not as it should be."""
        driver, ticker, link = self._driver, self._ticker, self._link
        if driver is None or ticker is None or link is None:
            return
        with self._lock:
            driver.config = self.parameters.config(ReachyMiniConfig).driver
        self.detail["late"] = ticker.lateness()
        self.detail["motors"] = link.news.motors or "unknown"
        self.detail["sdk_ended"] = f"{link.ends} times"
        self.detail["followed"] = f"{link.news.rate:.1f} commands a second"
        told = "; ".join(filter(None, (self._notice(link), driver.too_fast)))
        self.detail["robot_notes"] = told or "none"
        if told:
            self.get_logger().warning(told, throttle_duration_sec=30.0)

    def _notice(self, link: SdkLink) -> str:
        """Return what is wrong with the robot or its software, in a sentence, or ""."""
        news = link.news
        if news.phase == "absent":
            return (f"Reachy Mini is not reached: {news.why}. Is it switched on, does"
                    " reachy-mini-daemon run, and is robot_host right? It is tried again")
        if news.error:
            return f"Reachy Mini's daemon says: {news.error}"
        if self._astray is not None and time.monotonic() - self._astray > _ASTRAY_FOR:
            motors = "" if news.motors == "enabled" else f" (its motors are {news.motors})"
            return ("Reachy Mini's head is elsewhere than it was told to be: another program moves"
                    f" it, or something holds it{motors}")
        return ""


def joints_of(head: np.ndarray, body_yaw: float, antennas: list[float]) -> np.ndarray:
    """Return ``reachy_mini.JOINTS`` (9,) of a head's pose (4, 4), the body's turn and antennas."""
    roll = math.atan2(head[2, 1], head[2, 2])
    pitch = -math.asin(min(max(float(head[2, 0]), -1.0), 1.0))
    yaw = math.atan2(head[1, 0], head[0, 0]) - body_yaw
    yaw = math.atan2(math.sin(yaw), math.cos(yaw))
    return np.array([*head[:3, 3], roll, pitch, yaw, body_yaw, *antennas])


def main() -> None:
    """Run the node until a signal ends it."""
    run_node(ReachyMiniNode)


if __name__ == "__main__":
    main()
