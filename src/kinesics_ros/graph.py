"""The composed graph: every stage in one process, frames handed over as numpy arrays."""

from __future__ import annotations

import re
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import rclpy
from rclpy.exceptions import InvalidNamespaceException
from rclpy.executors import SingleThreadedExecutor
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.signals import SignalHandlerOptions
from rclpy.validate_namespace import validate_namespace

from kinesics_core.errors import KinesicsError
from kinesics_core.robot.robot_map import driver_of
from kinesics_ros import dead_ports
from kinesics_ros.bus import Bus
from kinesics_ros.camera_node import CameraNode
from kinesics_ros.expression_node import ExpressionNode
from kinesics_ros.forecast_node import ForecastNode
from kinesics_ros.hri_node import HriNode
from kinesics_ros.keypoint_node import KeypointNode
from kinesics_ros.marker_node import MarkerNode
from kinesics_ros.reachy_mini_node import ReachyMiniNode
from kinesics_ros.recorder_node import RecorderNode
from kinesics_ros.response_node import ResponseNode
from kinesics_ros.retarget_node import RetargetNode
from kinesics_ros.run import release, spin_once
from kinesics_ros.stage import Stage

# Upstream first: stages are configured and activated from the last to the first, so that nobody
# speaks before those who listen are ready.
STAGES: dict[str, Callable[..., Stage]] = {
    "camera": CameraNode,
    "keypoint": KeypointNode,
    "forecast": ForecastNode,
    "response": ResponseNode,
    "expression": ExpressionNode,
    "retarget": RetargetNode,
    "reachy_mini": ReachyMiniNode,
    "marker": MarkerNode,
    "hri": HriNode,
    "recorder": RecorderNode,
}

ROBOTS = ("retarget", "reachy_mini")
"""Stages that move a robot; its map says which one."""

_DRAIN_SECONDS = 5.0
_SERVE_SECONDS = 0.3  # until a signal, or the source's end, is seen where nothing else wakes
_REFUSALS = (
    rclpy_implementation.RCLError, rclpy_implementation.RCLInvalidROSArgsError,
    rclpy_implementation.UnknownROSArgsError,
)


class Graph:
    """The stages in this process.

    They are ready after ``__enter__``, work during ``spin`` and are released in ``__exit__``.

    Attributes:
        bus: Carries the core objects between the stages.
        stages: Name -> stage, upstream first.
    """

    def __init__(
        self,
        overrides: dict[str, dict[str, Any]] | None = None,
        without: Sequence[str] = (),
        ros_arguments: Sequence[str] = (),
    ) -> None:
        """Prepare a graph; nothing is made before ``__enter__``.

        Args:
            overrides: Stage name -> parameters that outrank the parameter files. The stages
                "retarget" and "hri" are there if this names a robot, and "hri".
            without: Names of stages to leave out.
            ros_arguments: Arguments of ``rclpy.init``.
        """
        self.bus = Bus()
        self.stages: dict[str, Stage] = {}
        self._overrides = dict(overrides or {})
        robot = str(self._overrides.get("retarget", {}).get("robot") or "")
        mover = driver_of(robot) or "retarget"
        if mover != "retarget":
            self._overrides[mover] = {**self._overrides.get(mover, {}), "robot": robot}
        without = [*without, *(name for name in ROBOTS if name != mover or not robot)]
        if "hri" not in self._overrides:
            without = [*without, "hri"]  # nobody asked for it
        self._names = [name for name in STAGES if name not in without]
        self._ros_arguments = list(ros_arguments)

    def __getitem__(self, name: str) -> Stage:
        """Return the stage of a name."""
        return self.stages[name]

    @property
    def camera(self) -> CameraNode:
        """The first stage."""
        return cast(CameraNode, self.stages["camera"])

    def __enter__(self) -> Graph:
        # Threads of the stages wait for one another in steps of this interval; the default of
        # 5 ms is most of the time that the light stages may take.
        self._switch_interval = sys.getswitchinterval()
        sys.setswitchinterval(0.0005)
        try:
            _initialise(self._ros_arguments)
        except BaseException:
            sys.setswitchinterval(self._switch_interval)
            raise
        self._executor = SingleThreadedExecutor()
        try:
            with dead_ports.avoided():
                for name in self._names:
                    node = STAGES[name](self.bus, overrides=self._overrides.get(name))
                    self.stages[name] = node
                    self._executor.add_node(node)
            self._bring_up()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _bring_up(self) -> None:
        nodes = list(self.stages.values())
        # Loading models is mostly waiting for disk and native code, so the stages load at once.
        with ThreadPoolExecutor() as pool:
            results = list(pool.map(lambda node: node.trigger_configure(), nodes))
        faults = [
            node.fault or f"{node.get_name()} could not be configured"
            for node, result in zip(nodes, results, strict=True)
            if result != TransitionCallbackReturn.SUCCESS
        ]
        if faults:
            raise KinesicsError("\n".join(faults))
        for node in reversed(nodes):
            if node is not self.stages.get("camera"):
                _activate(node)
        for node in nodes:
            node.begin_second()

    def spin(self, stop: threading.Event, duration: float | None = None) -> None:
        """Start the camera and serve ROS until the end; who listens on the bus hears everything.

        Args:
            stop: Ends the work once it is set.
            duration: Seconds after which the work ends; None: when the source has ended and its
                last image is answered.
        """
        began = time.monotonic()
        camera = self.camera if "camera" in self.stages else None
        if camera is not None:
            _activate(camera)
        next(iter(self.stages.values())).get_logger().info(self._welcome())
        while not stop.is_set() and not (duration and time.monotonic() - began > duration):
            spin_once(self._executor, _SERVE_SECONDS)
            if camera is not None and camera.finished.is_set():
                self._drain(stop)
                return

    def _welcome(self) -> str:
        """Return in one line what the graph sees, where its results are and what can be asked."""
        first = next(iter(self.stages.values()))
        topics = {"keypoint": ("persons",), "forecast": ("forecast",),
                  "response": ("affect", "signals", "response"),
                  "expression": ("face_pose", "body_pose"),
                  "retarget": ("joint_trajectory",), "reachy_mini": ("joint_commands",)}
        services = {"expression": ("express",), "response": ("set_personality",),
                    "retarget": ("enable_robot",), "reachy_mini": ("enable_robot",)}
        names = {
            "topics": [name for stage in self.stages for name in topics.get(stage, ())],
            "services": [name for stage in self.stages for name in services.get(stage, ())],
            "actions": ["express"] if "expression" in self.stages else [],
        }
        said = [f"{kind} {', '.join(map(first.resolve_topic_name, known))}"
                for kind, known in names.items() if known]
        sees = (f"sees {self.camera.parameters['source']!r}" if "camera" in self.stages
                else "sees what others publish")
        return "; ".join([sees, *said])

    def _drain(self, stop: threading.Event) -> None:
        """Let the stages finish what the source gave them, upstream first."""
        until = time.monotonic() + _DRAIN_SECONDS
        for stage in self.stages.values():
            while not (stage.idle or stop.is_set()) and time.monotonic() < until:
                spin_once(self._executor, 0.005)

    def __exit__(self, *_: object) -> None:
        release(list(self.stages.values()))
        self._executor.shutdown()
        rclpy.try_shutdown()
        sys.setswitchinterval(self._switch_interval)


def _initialise(arguments: list[str]) -> None:
    """Initialise rclpy.

    Raises:
        KinesicsError: ROS does not take the arguments, or a parameter file they name.
    """
    try:
        rclpy.init(args=arguments, signal_handler_options=SignalHandlerOptions.NO)
    except _REFUSALS as error:
        lines = str(error).splitlines() or ["no reason given"]
        reason = re.sub(r",? at /\S+", "", lines[0]).removeprefix("failed to initialize rcl: ")
        raise KinesicsError(
            f"ROS refuses its arguments: {reason.rstrip('.')}. Wanted remappings, parameters and"
            " files as `ros2 run` takes them; a parameter file is YAML like config/kinesics.yaml."
        ) from error


def _activate(node: Stage) -> None:
    if node.trigger_activate() != TransitionCallbackReturn.SUCCESS:
        raise KinesicsError(node.fault or f"{node.get_name()} could not be activated")


def ros_arguments(
    params: str | None, namespace: str | None, given: Sequence[str] = ()
) -> list[str]:
    """Return the arguments of ``rclpy.init``.

    Args:
        params: Parameter file, if any.
        namespace: Namespace of all nodes, if any.
        given: Further arguments, which come last and so outrank these.

    Raises:
        KinesicsError: The parameter file is none or no text, or the namespace is no name.
    """
    arguments: list[str] = []
    if params:
        if not Path(params).is_file():
            raise KinesicsError(
                f"got the parameter file {params!r}, which does not exist; wanted a ROS parameter "
                "YAML such as config/kinesics.yaml. Mend the path."
            )
        _require_text(params)
        arguments += ["--params-file", params]
    if namespace is not None:
        name = f"/{namespace.strip('/')}"
        try:
            validate_namespace(name)
        except InvalidNamespaceException as error:
            raise KinesicsError(
                f"got the namespace {namespace!r}; wanted letters, digits and underscores, no digit"
                " first, with a slash between two names, such as robot1 or lab/robot1."
            ) from error
        arguments += ["-r", f"__ns:={name}"]
    return [*(["--ros-args", *arguments, "--"] if arguments else []), *given]


def _require_text(params: str) -> None:
    """Refuse a parameter file that cannot be read or is no text; rcl says what else is wrong."""
    try:
        content = Path(params).read_bytes()
        content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise KinesicsError(
            f"got the parameter file {params!r}, which cannot be read: {reason}; wanted a ROS"
            " parameter YAML such as config/kinesics.yaml."
        ) from error
    if b"\0" in content:
        raise KinesicsError(
            f"got the parameter file {params!r}, which is binary; wanted a ROS parameter YAML such"
            " as config/kinesics.yaml.")
