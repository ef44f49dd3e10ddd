"""Questions to running controllers: who takes trajectories, and with which settings."""

from __future__ import annotations

import time
from typing import Any

from rcl_interfaces.srv import GetParameters
from rclpy.executors import Executor
from rclpy.node import Node
from rclpy.parameter import parameter_value_to_python

from kinesics_core.errors import KinesicsError
from kinesics_core.robot.controller_settings import ASKED

_KIND = "trajectory_msgs/msg/JointTrajectory"
_TOPIC = "joint_trajectory"


def running_controllers(node: Node) -> list[str]:
    """Return the full names of nodes that take trajectories on a topic of their own."""
    found = []
    for name, namespace in node.get_node_names_and_namespaces():
        full = f"{namespace.rstrip('/')}/{name}"
        heard = node.get_subscriber_names_and_types_by_node(name, namespace)
        if any(topic == f"{full}/{_TOPIC}" and _KIND in kinds for topic, kinds in heard):
            found.append(full)
    return sorted(set(found))


def settings_of_controller(
    node: Node, executor: Executor, name: str, seconds: float
) -> dict[str, Any]:
    """Ask a controller for its settings.

    Args:
        node: In whose name to ask.
        executor: Which serves that node.
        name: The controller.
        seconds: To wait for its answer.

    Returns:
        Parameter -> value, of ``ASKED``; those that it does not have are left out.

    Raises:
        KinesicsError: It does not answer in time.
    """
    client = node.create_client(GetParameters, f"{name}/get_parameters")
    try:
        until = time.monotonic() + seconds
        if not client.wait_for_service(timeout_sec=seconds):
            raise KinesicsError(
                f"the controller {name} does not answer: there is no service"
                f" {client.srv_name}. Is it loaded (`ros2 control list_controllers`), and is"
                " ROS_DOMAIN_ID the robot's?")
        future = client.call_async(GetParameters.Request(names=list(ASKED)))
        while not future.done() and time.monotonic() < until:
            executor.spin_once(timeout_sec=0.05)
        if not future.done():
            raise KinesicsError(
                f"the controller {name} has not answered within {seconds:g} s; its process hangs or"
                " is busy. See its log, and start it again.")
        answer = future.result()
        # A node of C++ answers nothing at all if one name is unknown to it.
        values = answer.values if answer is not None and answer.values else []
        if not values:
            return _one_by_one(node, executor, client, until)
        return _known(ASKED, values)
    finally:
        node.destroy_client(client)


def _one_by_one(node: Node, executor: Executor, client: Any, until: float) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in ASKED:
        future = client.call_async(GetParameters.Request(names=[name]))
        while not future.done() and time.monotonic() < until:
            executor.spin_once(timeout_sec=0.05)
        if future.done() and future.result() is not None:
            found |= _known((name,), future.result().values)
    return found


def _known(names: tuple[str, ...], values: Any) -> dict[str, Any]:
    pairs = ((name, parameter_value_to_python(value))
             for name, value in zip(names, values, strict=False))
    return {name: list(value) if isinstance(value, list | tuple) else value
            for name, value in pairs if value is not None}
