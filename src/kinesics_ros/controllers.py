"""Controllers of a robot: which joints go to which, on a topic or as an action.

A ``joint_trajectory_controller`` takes trajectories of all of its joints, from the topic
``NAME/joint_trajectory`` or as goals of ``NAME/follow_joint_trajectory``. The stamp 0 means "from
now on", and the last velocity must be 0.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from builtin_interfaces.msg import Duration
from rclpy.action import ActionClient
from rclpy.lifecycle import LifecycleNode
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from kinesics_core.errors import KinesicsError
from kinesics_ros import qos

try:
    from control_msgs.action import FollowJointTrajectory
except ImportError:
    FollowJointTrajectory = None

DEFAULT = "joint_trajectory"
"""Topic of all joints where no controller is named."""


@dataclass(frozen=True, slots=True)
class Controller:
    """One controller.

    Attributes:
        name: Its name, "" for the topic ``DEFAULT``.
        joints: Its joints in its own order; empty: all that move.
    """

    name: str
    joints: tuple[str, ...]


def controller_of(text: str) -> Controller:
    """Read "NAME" or "NAME: JOINT JOINT ...".

    Raises:
        KinesicsError: It has no name.
    """
    name, _, joints = text.partition(":")
    if not name.strip():
        raise KinesicsError(
            f"got the controller {text!r}; wanted its name, or its name and joints such as"
            " 'left_arm_controller: left_shoulder left_elbow'.")
    return Controller(name.strip(), tuple(joints.replace(",", " ").split()))


def check_joints(controllers: Sequence[Controller], known: Sequence[str]) -> None:
    """Refuse a controller with a joint that the robot does not have.

    Raises:
        KinesicsError: The sentence names it.
    """
    for controller in controllers:
        for joint in controller.joints:
            if joint not in known:
                raise KinesicsError(
                    f"the controller {controller.name!r} has the joint {joint!r}, which the robot"
                    f" does not have; it has {', '.join(known)}. Mend the parameter controllers.")


def trajectory_message(
    joints: Sequence[str], times: np.ndarray, positions: np.ndarray, velocities: np.ndarray
) -> JointTrajectory:
    """Return points from now on as a message.

    Args:
        joints: N names.
        times: (P,) seconds from now.
        positions: (P, N).
        velocities: (P, N), the last ones 0.
    """
    message = JointTrajectory(joint_names=list(joints))  # stamp 0: begin at once
    for time, position, velocity in zip(times.tolist(), positions, velocities, strict=True):
        point = JointTrajectoryPoint(
            positions=array("d", position.tolist()), velocities=array("d", velocity.tolist()))
        seconds = int(time)
        point.time_from_start = Duration(sec=seconds, nanosec=int(round(1e9 * (time - seconds))))
        message.points.append(point)
    return message


class TrajectoryTopic:
    """The topic of one controller."""

    def __init__(self, node: LifecycleNode, controller: Controller) -> None:
        """Make the publisher; it is active while the node is."""
        name = f"{controller.name}/{DEFAULT}" if controller.name else DEFAULT
        self._publisher = node.create_lifecycle_publisher(JointTrajectory, name, qos.RESULT)
        self._node = node
        self.fault = ""

    def send(self, message: JointTrajectory) -> None:
        """Publish a trajectory."""
        self._publisher.publish(message)

    def close(self) -> None:
        """End it."""
        self._node.destroy_publisher(self._publisher)


class TrajectoryAction:
    """The action of one controller: each goal takes the place of the one before.

    A goal is sent once the one before has been accepted or rejected, so that a slow controller
    gets the newest, not all. It needs control_msgs.

    Attributes:
        fault: Why the latest goal is not followed, "" if it is.
    """

    def __init__(self, node: LifecycleNode, controller: Controller) -> None:
        """Make the client.

        Raises:
            KinesicsError: control_msgs is not installed, or the controller has no name.
        """
        if FollowJointTrajectory is None:
            raise KinesicsError(
                "got interface = 'action', which needs control_msgs, which is not installed;"
                " install ros-DISTRO-control-msgs, or set interface to 'topic'.")
        if not controller.name:
            raise KinesicsError(
                "got interface = 'action' and no controllers; name the robot's, such as"
                " controllers: ['arm_controller'].")
        self._name = f"{controller.name}/follow_joint_trajectory"
        self._client = ActionClient(node, FollowJointTrajectory, self._name)
        self._asking = False
        self.fault = f"{self._name}: nobody offers the action"

    def send(self, message: JointTrajectory) -> None:
        """Send a trajectory as a goal, unless the controller still thinks about the last one."""
        if self._asking or not self._client.server_is_ready():
            return
        self._asking = True
        goal = FollowJointTrajectory.Goal(trajectory=message)
        self._client.send_goal_async(goal).add_done_callback(self._answered)

    def _answered(self, future: Any) -> None:
        self._asking = False
        handle = future.result()
        self.fault = "" if handle is not None and handle.accepted else (
            f"{self._name}: the controller rejects the goals; its log says why, and `kinesics"
            " doctor` asks it for its settings")

    def close(self) -> None:
        """End it."""
        self._client.destroy()


def rows(
    controller: Controller, moving: Sequence[str], others: Mapping[str, float]
) -> Callable[[np.ndarray, float], np.ndarray]:
    """Return what makes a controller's columns of those of the moving joints.

    Args:
        controller: Whose joints are wanted.
        moving: N joints that a command has.
        others: Where joints stand that do not move.

    Returns:
        Takes (P, N) values and what stands for a joint that does not move (its own position, if
        nan); returns (P, joints).
    """
    names = controller.joints or tuple(moving)
    column = {name: index for index, name in enumerate(moving)}

    def pick(values: np.ndarray, still: float) -> np.ndarray:
        picked = np.empty((len(values), len(names)))
        for place, name in enumerate(names):
            if name in column:
                picked[:, place] = values[:, column[name]]
            else:
                picked[:, place] = others.get(name, 0.0) if np.isnan(still) else still
        return picked

    return pick
