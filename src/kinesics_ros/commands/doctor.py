"""``kinesics doctor``: questions to a robot's running controllers, and what to set there."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from kinesics_core import option_types
from kinesics_core.errors import KinesicsError

if TYPE_CHECKING:
    from rclpy.executors import Executor
    from rclpy.node import Node

HELP = "ask a robot's running controllers for the settings that matter, and say what to set"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("controllers", nargs="*", metavar="CONTROLLER",
                        help="name of a joint_trajectory_controller; none: all that run")
    parser.add_argument("--robot", metavar="NAME|MAP",
                        help="hold the controllers' joints against this robot's map; of a Reachy"
                        " Mini, ask its SDK and its daemon")
    parser.add_argument("--robot-host", metavar="HOST", default="localhost",
                        help="where the daemon of a Reachy Mini runs; default: %(default)s")
    parser.add_argument("--timeout", type=option_types.seconds, default=5.0, metavar="S",
                        help="wait for an answer; default: %(default)s")


def run(args: argparse.Namespace) -> int:
    """Ask, and print what was found; the exit status is 1 where something is to be mended."""
    from kinesics_core.robot.robot_map import driver_of

    if args.robot and driver_of(args.robot) == "reachy_mini":
        return _reachy_mini(args.robot_host, args.timeout)
    import rclpy
    from rclpy.executors import SingleThreadedExecutor
    from rclpy.signals import SignalHandlerOptions

    from kinesics_ros.ask_controllers import running_controllers

    moving = _moving(args.robot) if args.robot else []
    # By rclpy's own handlers a signal ends the context beneath what is being asked.
    rclpy.init(args=args.ros_arguments, signal_handler_options=SignalHandlerOptions.NO)
    executor = SingleThreadedExecutor()
    node = rclpy.create_node("kinesics_doctor")
    executor.add_node(node)
    try:
        names = args.controllers or _wait_for(lambda: running_controllers(node), executor,
                                              args.timeout)
        if not names:
            raise KinesicsError(
                "no controller takes trajectories: no node subscribes to its own joint_trajectory."
                " Start the robot's controllers (`ros2 control list_controllers` shows them), give"
                " a controller's name, or check ROS_DOMAIN_ID.")
        good = [_examine(node, executor, name, moving, args.timeout) for name in names]
    finally:
        executor.shutdown()
        node.destroy_node()
        rclpy.try_shutdown()
    return 0 if all(good) else 1


def _reachy_mini(host: str, seconds: float) -> int:
    """Print what is found of a Reachy Mini; the exit status."""
    from kinesics_core.robot.reachy_mini_config import ReachyMiniConfig
    from kinesics_ros.reachy_mini_doctor import findings

    found = findings(host, ReachyMiniConfig().robot_port, seconds)
    for entry in found:
        mark = "MEND" if entry.advice else "ok  "
        advice = f": {entry.advice}" if entry.advice else ""
        print(f"  {mark} {entry.about}: {entry.got}{advice}")
    return 1 if any(entry.advice for entry in found) else 0


def _moving(robot: str) -> list[str]:
    """Return the joints that a robot's map lets move."""
    from kinesics_core.robot.model import RobotModel
    from kinesics_core.robot.robot_map import RobotMap

    return RobotMap.load(robot).moving(RobotModel.load(robot))


def _wait_for(find: Callable[[], list[str]], executor: Executor, seconds: float) -> list[str]:
    """Look until something is found: discovery takes a moment."""
    until = time.monotonic() + seconds
    while not (found := find()) and time.monotonic() < until:
        executor.spin_once(timeout_sec=0.1)
    return found


def _examine(
    node: Node, executor: Executor, name: str, moving: list[str], seconds: float
) -> bool:
    """Print what is found of one controller; return whether nothing must be mended."""
    from kinesics_core.robot.controller_settings import controllers_line, findings
    from kinesics_ros.ask_controllers import settings_of_controller

    name = name if name.startswith("/") else f"/{name}"
    print(name)
    try:
        values = settings_of_controller(node, executor, name, seconds)
    except KinesicsError as error:
        print(f"  {error}")
        return False
    found = findings(values, moving)
    for entry in found:
        mark = "ok  " if entry.good else "MEND"
        advice = f": {entry.advice}" if entry.advice else ""
        print(f"  {mark} {entry.name} = {entry.got}{advice}")
    if values.get("joints"):
        print(f'  in the parameters of retarget: controllers: ["'
              f'{controllers_line(name, values["joints"])}"]')
    return all(entry.good for entry in found)
