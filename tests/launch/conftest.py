"""Launches the files of launch/ as `ros2 launch` does, and listens from outside.

The tests need ROS's launch, which the wheels do not carry, and an installed package; where one is
missing they are skipped.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

LAUNCH = Path(__file__).resolve().parents[2] / "launch"


@dataclass
class Run:
    """One launch: what its processes printed, and the ids they had."""

    domain: int
    output: list[str] = field(default_factory=list)
    pids: dict[str, list[int]] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return "".join(self.output)


@pytest.fixture
def run(own_domain) -> Run:
    """What the launch says, in the domain of the test's file."""
    ament = pytest.importorskip("ament_index_python")
    try:
        prefix = ament.get_package_prefix("kinesics")
    except (ament.PackageNotFoundError, OSError):
        pytest.skip("the package is not installed, so launch finds no executable of it")
    if not Path(prefix, "lib", "kinesics", "kinesics_up").exists():
        pytest.skip(f"{prefix} holds no executables of kinesics")
    return Run(own_domain)


@pytest.fixture
def describe(run: Run) -> Callable[..., Any]:
    """``describe("bringup", source="synthetic")`` -> LaunchDescription that fills ``run``."""
    from launch import LaunchDescription
    from launch.actions import IncludeLaunchDescription, RegisterEventHandler
    from launch.event_handlers import OnProcessIO, OnProcessStart
    from launch.launch_description_sources import PythonLaunchDescriptionSource
    from launch_pytest.actions import ReadyToTest

    def hear(event: Any) -> None:
        run.output.append(event.text.decode(errors="replace"))

    def started(event: Any, context: Any) -> None:
        name = event.process_name.rsplit("-", 1)[0]
        run.pids.setdefault(name, []).append(event.pid)

    def describe(name: str, **arguments: str) -> LaunchDescription:
        return LaunchDescription(
            [
                RegisterEventHandler(OnProcessIO(on_stdout=hear, on_stderr=hear)),
                RegisterEventHandler(OnProcessStart(on_start=started)),
                IncludeLaunchDescription(
                    PythonLaunchDescriptionSource(str(LAUNCH / f"{name}.launch.py")),
                    launch_arguments=arguments.items(),
                ),
                ReadyToTest(),
            ]
        )

    return describe


class Listener:
    """A node in the test's process."""

    def __init__(self, domain: int) -> None:
        import rclpy
        from rclpy.executors import SingleThreadedExecutor

        self._context = rclpy.Context()
        self._context.init(domain_id=domain)
        self.node = rclpy.create_node("listener", context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)

    def close(self) -> None:
        self._executor.shutdown()
        self.node.destroy_node()
        self._context.try_shutdown()

    def wait(self, true: Callable[[], Any], seconds: float = 60.0) -> Any:
        """Spins until ``true()`` holds; its value then, or the last one after so long."""
        deadline = time.monotonic() + seconds
        while not (value := true()) and time.monotonic() < deadline:
            self._executor.spin_once(timeout_sec=0.1)
        return value

    def messages(self, kind: type, topic: str, count: int = 1, seconds: float = 60.0) -> list[Any]:
        """The next ``count`` messages of a topic, fewer if they do not come in time."""
        heard: list[Any] = []
        subscription = self.node.create_subscription(kind, topic, heard.append, 10)
        self.wait(lambda: len(heard) >= count, seconds)
        self.node.destroy_subscription(subscription)
        return heard

    def call(self, kind: type, service: str, seconds: float = 10.0, **request: Any) -> Any:
        """The answer of a service, None if it does not come."""
        client = self.node.create_client(kind, service)
        try:
            if not client.wait_for_service(timeout_sec=seconds):
                return None
            future = client.call_async(kind.Request(**request))
            self.wait(future.done, seconds)
            return future.result() if future.done() else None
        finally:
            self.node.destroy_client(client)

    def state(self, name: str) -> str:
        """Lifecycle state of a node, "" while it does not answer."""
        from lifecycle_msgs.srv import GetState

        answer = self.call(GetState, f"{name}/get_state", seconds=1.0)
        return answer.current_state.label if answer else ""

    def reaches(self, name: str, state: str, seconds: float = 60.0) -> bool:
        return self.wait(lambda: self.state(name) == state, seconds)


@pytest.fixture
def listener(run: Run):
    pytest.importorskip("rclpy")
    listener = Listener(run.domain)
    yield listener
    listener.close()


@pytest.fixture
def failing(caplog) -> Callable[[Any], str]:
    """``failing(description)`` -> what launch says until it ends by itself with 1."""
    from launch import LaunchService

    def failing(description: Any) -> str:
        service = LaunchService(noninteractive=True)
        service.include_launch_description(description)
        logger = logging.getLogger("launch")
        logger.addHandler(caplog.handler)
        patience = threading.Timer(120.0, service.shutdown)  # then it ends with 0
        patience.start()
        try:
            assert service.run() == 1
        finally:
            patience.cancel()
            logger.removeHandler(caplog.handler)
        return caplog.text

    return failing
