"""Base of the nodes that move a robot: poses in, commands on a steady clock, on and off."""

from __future__ import annotations

import threading
import time
from array import array
from collections.abc import Sequence
from typing import Any

import numpy as np
from sensor_msgs.msg import JointState
from std_srvs.srv import SetBool

from kinesics.msg import BodyPose, FacePose
from kinesics_core.robot.driver import Driver
from kinesics_core.types import BodyPose as CoreBody
from kinesics_core.types import FacePose as CoreFace
from kinesics_ros import qos
from kinesics_ros.bus import Bus
from kinesics_ros.conversions import body_from_msg, face_from_msg, time_to_msg
from kinesics_ros.stage import Stage
from kinesics_ros.ticker import Ticker


class RobotStage(Stage):
    """``body_pose`` and ``face_pose`` in, the commands of a ``Driver`` out, at ``rate``.

    Service ``enable_robot`` stops and starts the robot. A subclass sends what the driver commands
    (``command``), and may say what is to be done before the robot is switched (``before_enable``).

    Args:
        name: Of the node.
        bus: Of the composed graph, if there is one.
        follows: What is answered when the robot is switched on.
        node_arguments: As ``Stage`` takes them.
    """

    def __init__(
        self, name: str, bus: Bus | None, follows: str, **node_arguments: Any
    ) -> None:
        super().__init__(name, bus, **node_arguments)
        self._follows = follows
        self._driver: Driver | None = None
        self._lock = threading.Lock()  # of the driver
        self._ticker: Ticker | None = None
        self._answered = 0
        self._commands = self.create_lifecycle_publisher(JointState, "joint_commands", qos.RESULT)
        self.input("body_pose", BodyPose, body_from_msg, self._show, qos.RESULT)
        self.input("face_pose", FacePose, face_from_msg, self.take_face, qos.RESULT)
        self.create_service(SetBool, "enable_robot", self._enable)

    def command(self) -> None:
        """Send what the driver commands now; called at ``rate``."""
        raise NotImplementedError

    def before_enable(self, driver: Driver, on: bool) -> None:
        """Do what is to be done before the robot is switched on or off; the driver is locked."""

    def take_face(self, face: CoreFace) -> None:
        """Take what the robot's face shows."""
        with self._lock:
            if self._driver is not None:
                self._driver.face(face)

    def start_commands(self, thread: str) -> None:
        """Begin the stream of commands.

        Args:
            thread: Name of its thread.
        """
        self._ticker = Ticker(
            self.parameters["rate"], self._tick, thread, self.parameters["realtime_priority"])
        self._ticker.start()

    def stop_commands(self) -> None:
        """End the stream of commands."""
        if self._ticker is not None:
            self._ticker.stop()
            self._ticker = None

    def several_senders(self) -> str:
        """Return a sentence where several publishers send poses, or ""."""
        if self._inputs["body_pose"].writers.several():
            return "several publishers send body_pose at once; end all but one"
        return ""

    def note_answer(self, pose: CoreBody | None, began: float) -> None:
        """Count the first command of the first pose that answers an image: its way ends there.

        Args:
            pose: That is followed, if any.
            began: When the work on the command began, seconds of ``time.perf_counter``.
        """
        if pose is not None and pose.stamp not in (self._answered, pose.pose_stamp):
            self._answered = pose.stamp
            self.note(pose.stamp, time.perf_counter() - began)

    def joint_state(self, names: Sequence[str], positions: np.ndarray) -> JointState:
        """Return the message of joints at some positions (N,), radians or metres, now."""
        message = JointState(name=list(names), position=array("d", positions.tolist()))
        message.header.stamp = time_to_msg(self.now())
        return message

    def _show(self, pose: CoreBody) -> None:
        with self._lock:
            if self._driver is not None:
                self._driver.show(pose, time.monotonic())

    def _tick(self, due: float) -> None:
        try:
            self.command()
        except Exception as error:  # the robot's own tail stops it; the stream goes on
            self.count_error("a command", error)

    def _enable(self, request: SetBool.Request, answer: SetBool.Response) -> SetBool.Response:
        with self._lock:
            if self._driver is None or not self.active:
                answer.message = (f"the {self.get_name()} node is not active; configure and"
                                  " activate it first")
                return answer
            self.before_enable(self._driver, request.data)
            self._driver.enable(request.data)
        answer.success = True
        answer.message = (
            self._follows if request.data
            else "the robot brakes to a stand and is commanded no more")
        self.get_logger().info(answer.message)
        return answer
