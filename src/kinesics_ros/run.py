"""One node as a process of its own, which ends cleanly on SIGINT and SIGTERM."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Sequence

import rclpy
from rclpy.executors import Executor, SingleThreadedExecutor
from rclpy.lifecycle import LifecycleNode
from rclpy.logging import get_logger
from rclpy.signals import SignalHandlerOptions

from kinesics_core.assets import hooks
from kinesics_core.assets.hooks import AssetHooks
from kinesics_ros import dead_ports


def stop_on_signals() -> threading.Event:
    """Return an event that SIGINT and SIGTERM set; a second signal ends the process as usual."""
    stop = threading.Event()

    def handle(number: int, _: object) -> None:
        stop.set()
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handle)
    return stop


def release(nodes: Sequence[LifecycleNode]) -> None:
    """Take nodes to their final state, last stage first, whatever state they are in."""
    for node in reversed(nodes):
        try:
            node.trigger_shutdown()
        except Exception as error:
            print(f"{node.get_name()} did not shut down cleanly: {error!r}", file=sys.stderr)
        node.destroy_node()


def spin_once(executor: Executor, seconds: float) -> None:
    """Serve what is waiting, for at most so many seconds.

    A fault of a callback is told and ends neither the executor nor the other nodes. It is the last
    net: every stage refuses what it cannot use by itself.
    """
    try:
        executor.spin_once(timeout_sec=seconds)
    except Exception as error:
        get_logger("kinesics").error(
            f"a callback failed ({error!r}); the node goes on. Please report it.",
            throttle_duration_sec=5.0)


def run_node(
    make: Callable[[], LifecycleNode], arguments: list[str] | None = None,
    executor_of: Callable[[], Executor] = SingleThreadedExecutor,
) -> None:
    """Spin a node until a signal comes.

    Its lifecycle is driven over its services, or by itself when its parameter ``autostart`` is
    true.

    Args:
        make: Makes the node, once rclpy is initialised.
        arguments: Command line with ROS arguments; None: the process's own.
        executor_of: Makes the executor.
    """
    # A node on its own that fetches a model says so in its log.
    hooks.use(AssetHooks(on_notice=lambda sentence: print(sentence, file=sys.stderr)))
    stop = stop_on_signals()
    rclpy.init(args=arguments, signal_handler_options=SignalHandlerOptions.NO)
    executor = executor_of()
    with dead_ports.avoided():
        node = make()
    executor.add_node(node)
    try:
        while not stop.is_set():
            spin_once(executor, 0.2)
    finally:
        executor.remove_node(node)
        release([node])
        executor.shutdown()
        rclpy.try_shutdown()
