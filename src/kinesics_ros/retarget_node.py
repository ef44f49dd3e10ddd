"""The robot's joints, from its face and body: trajectories for controllers, and joint states."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from sensor_msgs.msg import JointState
from std_msgs.msg import String

from kinesics_core.errors import KinesicsError
from kinesics_core.robot.command import JointCommand
from kinesics_core.robot.driver import Driver, DriverConfig
from kinesics_core.robot.link_frames import LinkFrames
from kinesics_core.robot.model import RobotModel
from kinesics_core.robot.retarget import Retargeter
from kinesics_core.robot.robot_map import RobotMap
from kinesics_core.robot.trajectory import trajectory_points
from kinesics_core.settings import setting, settings_of
from kinesics_ros import qos
from kinesics_ros.bus import Bus
from kinesics_ros.controllers import (
    Controller,
    TrajectoryAction,
    TrajectoryTopic,
    check_joints,
    controller_of,
    rows,
    trajectory_message,
)
from kinesics_ros.robot_stage import RobotStage
from kinesics_ros.run import run_node
from kinesics_ros.transforms import TransformPublisher

_DRAWN_RATE = 30.0
"""Hz at which the robot's model is told."""

_PATIENCE = 2.0
"""Seconds in which a robot_state_publisher, or who publishes joint_states, has shown itself."""

_GOALS_RATE = 20.0
"""Goals of an action per second: each costs a controller an answer."""


@dataclass(frozen=True)
class ControllerConfig:
    """Settings of what the commands go to."""

    controllers: list[str] = setting(
        [""], "Controllers of the robot, each 'NAME' or 'NAME: JOINT JOINT ...' with all of its"
        " joints; empty: all joints that move, on the topic joint_trajectory")
    interface: str = setting(
        "topic", "Send trajectories on NAME/joint_trajectory or as goals of"
        " NAME/follow_joint_trajectory", choices=("topic", "action"))
    publish_links: bool = setting(
        True, "Publish the tf frames of the robot's links as they are commanded, unless a"
        " robot_state_publisher does; false: never")


class RetargetNode(RobotStage):
    """``body_pose`` and ``face_pose`` in, trajectories and ``joint_commands`` out, at ``rate``.

    It begins from where ``joint_states`` says that the robot's joints are, if anybody says so.
    Service ``enable_robot`` stops and starts it; ``robot_description`` is the URDF, for rviz.
    """

    PARAMETERS = (*settings_of(DriverConfig), *settings_of(ControllerConfig))

    def __init__(self, bus: Bus | None = None, **node_arguments: Any) -> None:
        super().__init__("retarget", bus, "the robot follows, slowly at first", **node_arguments)
        self._retargeter: Retargeter | None = None
        self._model: RobotModel | None = None
        self._sinks: list[tuple[Any, Any, Controller]] = []
        self._still: dict[str, float] = {}  # joints that do not move, or before they do
        self._heard = 0.0
        self._turn = 0
        self._frames: TransformPublisher | None = None
        self._links: LinkFrames | None = None
        self._drawn = self._began = 0.0
        self._located: str | None = None  # how the robot's place has become known
        self._arrives: float | None = None  # when the robot is where it begins
        self._description = self.create_publisher(String, "robot_description", qos.LATCHED)

    def load(self) -> None:
        """Read the robot and its map."""
        config = self.parameters.config(DriverConfig)
        if not config.robot:
            raise KinesicsError(
                "got no robot; set the parameter robot to the name of one (`kinesics robot list`"
                " names them) or to a map's path, or leave the retarget node out.")
        robot_map = RobotMap.load(config.robot)
        self._model = RobotModel.load(config.urdf or config.robot)
        self._retargeter = Retargeter(self._model, robot_map, config.rate)
        self._still = dict(zip(self._model.joints, self._model.whole(robot_map.rest).tolist(),
                               strict=True))
        self._driver = Driver(self._retargeter, config)
        self.detail["robot"] = f"{robot_map.name}, {len(self._retargeter.names)} joints"
        for note in self._retargeter.notes:
            self.get_logger().warning(note)
        self._connect()
        if self.parameters["publish_links"] and self._frames is None:
            self._frames = TransformPublisher(self)
        self._description.publish(String(data=self._model.urdf.text))

    def _connect(self) -> None:
        """Make a sink for each controller."""
        assert self._model is not None and self._retargeter is not None
        given = [controller_of(text) for text in self.parameters["controllers"] if text]
        check_joints(given, self._model.joints)
        kind = TrajectoryAction if self.parameters["interface"] == "action" else TrajectoryTopic
        for controller in given or [Controller("", ())]:
            pick = rows(controller, self._retargeter.names, self._still)
            named = Controller(controller.name, controller.joints or self._retargeter.names)
            self._sinks.append((kind(self, controller), pick, named))

    def unload(self) -> None:
        """Let go of the robot."""
        for sink, _, _ in self._sinks:
            sink.close()
        self._sinks.clear()
        self._driver = self._retargeter = self._model = self._links = None

    def start(self) -> None:
        """Start the stream of commands, from where the robot is."""
        self.subscribe("joint_states", JointState, self._hear_joints, qos.FOREIGN_IMAGE)
        assert self._driver is not None
        with self._lock:
            self._driver.begin(self._still)
        self._began = time.monotonic()
        self._located = self._arrives = None
        self.start_commands("retarget-tick")

    def stop(self) -> None:
        """End the stream; the tail of the last command brings the robot to a stand."""
        self.stop_commands()
        self.unsubscribe("joint_states")

    def _hear_joints(self, message: JointState, _: object) -> None:
        """Note where the robot's joints are."""
        self._heard = time.monotonic()
        positions = {name: position for name, position in
                     zip(message.name, message.position, strict=False)
                     if name in self._still and np.isfinite(position)}
        self._still.update(positions)
        if self._located is None and positions:
            self._located = "from joint_states"
            with self._lock:
                if self._driver is not None:
                    self._driver.begin(self._still)

    def command(self) -> None:
        """Send what the driver commands, once it is known where the robot is."""
        began = time.perf_counter()
        driver = self._driver
        if driver is None or not self._is_located():
            return
        with self._lock:
            driver.hold = self.several_senders()
            command, pose = driver.step(time.monotonic()), driver.followed
        self.detail["state"] = driver.state
        if command is not None:
            self._publish(command)
        self.note_answer(pose, began)

    def _is_located(self) -> bool:
        """Return whether the robot is where the commands begin; if not, bring it there."""
        now = time.monotonic()
        if self._located is None:
            if now - self._began < _PATIENCE or self.count_publishers("joint_states"):
                self.detail["state"] = "waits for joint_states, to begin where the robot is"
                return False
            self._located = "unknown, nobody publishes joint_states"
            self._arrives = now + self.parameters["approach_s"]
            self._approach()
        self.detail["begins"] = self._located
        return self._arrives is None or now >= self._arrives

    def _approach(self) -> None:
        """Send the robot slowly to where the commands will begin."""
        assert self._driver is not None
        seconds = self.parameters["approach_s"]
        if not seconds or not self._driver.enabled:
            return
        self.detail["state"] = "goes to where it begins"
        at = self._driver.command.position[None]
        for sink, pick, controller in self._sinks:
            sink.send(trajectory_message(controller.joints, np.array([seconds]),
                                         pick(at, np.nan), pick(np.zeros_like(at), 0.0)))

    def _publish(self, command: JointCommand) -> None:
        assert self._retargeter is not None
        times, positions, velocities = trajectory_points(command, self._retargeter.limits)
        self._turn += 1
        every = 1
        if self.parameters["interface"] == "action":
            every = max(1, round(self.parameters["rate"] / _GOALS_RATE))
        if self._turn % every == 0:
            for sink, pick, controller in self._sinks:
                sink.send(trajectory_message(
                    controller.joints, times, pick(positions, np.nan), pick(velocities, 0.0)))
        self._show_model(command)

    def _show_model(self, command: JointCommand) -> None:
        """Publish all of the robot's joints, for whoever draws it, 30 times a second."""
        assert self._model is not None
        now = time.monotonic()
        if now - self._drawn < 0.9 / _DRAWN_RATE:
            return
        self._drawn = now
        heard = self._commands.get_subscription_count() or self._links is not None
        if not heard and self.bus is None:
            return
        commanded = dict(zip(command.names, command.position.tolist(), strict=True))
        whole = self._model.whole({**self._still, **commanded})
        if self._links is not None and self._frames is not None:
            self._frames.send(self.now(), self._links.moving(whole))
        if self.bus is not None:  # for a view of the same process
            self.bus.publish("joint_positions", dict(
                zip(self._model.joints, whole.tolist(), strict=True)))
        self._commands.publish(self.joint_state(self._model.joints, whole))

    def _decide_on_links(self) -> None:
        """Begin to publish the links, or end where a robot_state_publisher has come."""
        if self._frames is None or not self._frames.available or self._model is None:
            return
        publishers = self.get_publishers_info_by_topic("/tf")
        if any("robot_state_publisher" in info.node_name for info in publishers):
            self._links, self.detail["links"] = None, "published by robot_state_publisher"
        elif self._links is None and time.monotonic() - self._began > _PATIENCE:
            self._links, self.detail["links"] = LinkFrames(self._model), "published as commanded"
            whole = self._model.whole(self._still)
            self._frames.send_static(self.now(), self._links.standing(whole))

    def before_enable(self, driver: Driver, on: bool) -> None:
        """Begin where the robot is: somebody may have moved it meanwhile."""
        if on and not driver.enabled and time.monotonic() - self._heard < 1.0:
            driver.begin(self._still)

    def report(self) -> None:
        """Put into diagnostics, and into the log, what is not as it should be."""
        driver, ticker = self._driver, self._ticker
        if driver is None or ticker is None:
            return
        with self._lock:
            driver.config = self.parameters.config(DriverConfig)
        self.detail["late"] = ticker.lateness()
        self._decide_on_links()
        faults = [driver.too_fast, *(sink.fault for sink, _, _ in self._sinks)]
        told = "; ".join(fault for fault in faults if fault)
        self.detail["robot_notes"] = told or "none"
        if told:
            self.get_logger().warning(told, throttle_duration_sec=30.0)


def main() -> None:
    """Run the node until a signal ends it."""
    run_node(RetargetNode)


if __name__ == "__main__":
    main()
