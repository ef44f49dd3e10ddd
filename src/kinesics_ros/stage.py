"""The lifecycle node every stage is: mailbox, worker thread, parameters, diagnostics.

A stage declares its inputs and outputs once; in a composed graph they travel over the bus as core
objects, otherwise over ROS as messages. The work itself runs in one worker thread, so that the
single-threaded executor stays free for services and timers.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.lifecycle import (
    LifecycleNode,
    LifecycleState,
    TransitionCallbackReturn,
)
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile

from kinesics_core.errors import KinesicsError
from kinesics_core.settings import Setting, setting, settings_of
from kinesics_ros import diagnostics
from kinesics_ros.bus import Bus
from kinesics_ros.conversions import time_to_msg
from kinesics_ros.inputs import Input, Inputs
from kinesics_ros.mailbox import Mailbox
from kinesics_ros.outputs import Output
from kinesics_ros.parameters import Parameters
from kinesics_ros.subscriptions import Subscriptions


@dataclass(frozen=True)
class StageConfig:
    """Settings of every node."""

    autostart: bool = setting(False, "Configure and activate without a lifecycle manager")


class Stage(LifecycleNode):
    """Base of the nodes.

    A subclass names its ``PARAMETERS``, makes its outputs and inputs in ``__init__``, and gives
    the hooks ``load``, ``start``, ``stop``, ``unload`` and ``report``. A KinesicsError in ``load``
    or ``start`` leaves the node where it was and is logged.

    Attributes:
        PARAMETERS: Settings that become the node's parameters.
        bus: Bus of a composed graph; None in a process of its own.
        parameters: The declared parameters.
        active: Whether the node works.
        processed: Items worked on.
        errors: Items that ended in an unexpected exception.
        refused: Messages and items that could not be used.
        configured: Whether the parameters are read and the models in memory.
        dropped_before: Items dropped before the latest activation.
        detail: Further words for ``/diagnostics``, such as the model's name.
        fault: Sentence that says why the node stopped; None while nothing is wrong.
    """

    PARAMETERS: tuple[Setting, ...] = ()

    def __init__(
        self, name: str, bus: Bus | None = None, overrides: dict[str, Any] | None = None,
        **node_arguments: Any,
    ) -> None:
        """Declare the parameters.

        Args:
            name: The node's name.
            bus: Bus of a composed graph.
            overrides: Parameters that outrank the parameter files.
            node_arguments: Further arguments of ``rclpy.lifecycle.LifecycleNode``.
        """
        super().__init__(
            name,
            parameter_overrides=[Parameter(k, value=v) for k, v in (overrides or {}).items()],
            **node_arguments,
        )
        self.bus = bus
        self.active = self.configured = False
        self.parameters = Parameters(
            self, (*self.PARAMETERS, *settings_of(StageConfig)), lambda: self.configured)
        self.processed = 0
        self.errors = 0
        self.refused = 0
        self.dropped_before = 0
        self.detail: dict[str, str] = {}
        self.fault: str | None = None
        self._inputs = Inputs(self)
        self._adapting = Subscriptions(self)
        self._mailbox = Mailbox()
        self._worker: threading.Thread | None = None
        self._ages: deque[float] = deque(maxlen=300)
        self._times: deque[float] = deque(maxlen=300)
        self._deactivate_guard = self.create_guard_condition(self._deactivate_if_active)
        self._diagnostics = self.create_publisher(DiagnosticArray, "/diagnostics", 10)
        # One timer for all that is done now and then: each that wakes the executor makes it build
        # its wait set of every service of every node again, which takes milliseconds.
        self._seconds = self.create_timer(1.0, self._each_second)
        if self.parameters["autostart"]:
            self._start_timer = self.create_timer(0.0, self._autostart)

    def output(
        self, topic: str, kind: type, to_msgs: Callable[[Any], Sequence[Any]], qos: QoSProfile,
        on_bus: bool = True,
    ) -> Output:
        """Return an output to be called with core objects.

        Args:
            topic: Topic on the bus and in ROS.
            kind: Message type.
            to_msgs: Makes the messages of one object.
            qos: Quality of service of the publisher.
            on_bus: Whether the other stages of a composed graph get it; False: ROS alone does.
        """
        return Output(self, topic, kind, to_msgs, qos, on_bus)

    def input(
        self,
        topic: str,
        kind: type,
        from_msg: Callable[[Any], Any],
        handle: Callable[[Any], None],
        qos: QoSProfile,
        key: Callable[[Any], Any] = lambda item: None,
        from_others: bool = True,
        wanted: Callable[[], bool] = lambda: True,
    ) -> None:
        """Hear a topic in ROS, and where there is a bus on the bus.

        Args:
            topic: Topic on the bus and in ROS.
            kind: Message type.
            from_msg: Makes the core object of a message.
            handle: Takes the objects, in the stage's worker thread.
            qos: Quality of service of the subscription.
            key: Of objects with an equal key only the latest waits to be handled.
            from_others: Whether to hear in a composed graph what others publish on the topic.
            wanted: Tells of each object whether the worker is to be woken for one now.
        """
        self._inputs.add(Input(topic, kind, from_msg, handle, qos, key, from_others, wanted))

    def receive(self, entry: Input, item: Any, wait: bool = False) -> None:
        """Leave an item of an input for the worker, if the node is active and wants one.

        Args:
            entry: Where it came.
            item: The core object.
            wait: Whether to wait until the one before has been taken, instead of replacing it.
        """
        if self.active and entry.wanted():
            self._mailbox.put((entry.topic, entry.key(item)), item, wait)

    def subscribe(
        self, topic: str, kind: type, take: Callable[..., None], qos: QoSProfile, raw: bool = False
    ) -> None:
        """Hear a ROS topic while the node is active, whatever its publishers offer and send.

        A message that ``take`` cannot use is counted and told, and the next one is heard; no
        exception reaches the executor. A best-effort publisher, which a reliable subscription does
        not hear, turns the subscription to best effort.

        Args:
            topic: The topic.
            kind: Message type.
            take: Takes each message, and what ROS tells of it; in the executor's thread, and must
                be quick.
            qos: Quality of service wanted; its reliability follows the publishers.
            raw: Whether ``take`` gets serialised messages.
        """
        def receive(message: Any, info: dict[str, Any]) -> None:
            if self.active:
                try:
                    take(message, info)
                except Exception as error:
                    self.refuse(topic, error)

        self._adapting.add(topic, kind, receive, qos, raw)

    def unsubscribe(self, topic: str) -> None:
        """Hear a topic no more."""
        self._adapting.remove(topic)

    def refuse(self, topic: str, error: Exception) -> None:
        """Count and tell a message that could not be used."""
        sentence = str(error) if isinstance(error, KinesicsError) else (
            f"got a message that cannot be converted ({error!r}). Check its publisher.")
        self.refused += 1
        self.detail["last_refused"] = f"{topic}: {sentence}"
        self.get_logger().error(f"{topic}: {sentence}", throttle_duration_sec=5.0)

    def count_error(self, what: str, error: Exception) -> None:
        """Count and tell an item whose work ended in an unexpected exception."""
        self.errors += 1
        self.detail["last_error"] = f"could not process {what}: {error!r}"
        self.get_logger().error(self.detail["last_error"], throttle_duration_sec=5.0)

    # Hooks of a subclass.

    def load(self) -> None:
        """Read models; part of on_configure."""

    def start(self) -> None:
        """Begin to work; part of on_activate, and quick."""

    def stop(self) -> None:
        """End the work; part of on_deactivate, and quick."""

    def unload(self) -> None:
        """Release what ``load`` made; part of on_cleanup."""

    def report(self) -> None:
        """Put into ``detail`` what diagnostics say besides; once a second."""

    # Lifecycle.

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Check the parameters and load the models.

        Returns:
            SUCCESS: models are in memory, the node is inactive. FAILURE: it stays unconfigured,
            the log says what to mend, and configure may be called again.
        """
        try:
            self.parameters.check()
            self.load()
        except KinesicsError as error:
            self._log_fault(str(error))
            return TransitionCallbackReturn.FAILURE
        except Exception as error:
            self._log_fault(f"{self.get_name()}: could not configure: {error!r}")
            return TransitionCallbackReturn.FAILURE
        self.fault = None
        self.configured = True
        return super().on_configure(state)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Begin to work.

        Returns:
            SUCCESS: the node works. FAILURE: it stays inactive, the log says why.
        """
        result = super().on_activate(state)
        self._mailbox = Mailbox()
        try:
            self.start()
        except KinesicsError as error:
            self.stop()
            super().on_deactivate(state)
            self._log_fault(str(error))
            return TransitionCallbackReturn.FAILURE
        self.fault = None
        self.active = True
        if self._inputs:
            self._worker = threading.Thread(target=self._work, name=self.get_name(), daemon=True)
            self._worker.start()
        self._inputs.start()
        return result

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """End the work, with its last item.

        Returns:
            SUCCESS: the node is inactive and keeps its models.
        """
        self._halt()
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Release the models.

        Returns:
            SUCCESS: the node is unconfigured.
        """
        self.unload()
        self.configured = False
        return super().on_cleanup(state)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """End the work and release the models, from whatever state the node is in.

        Returns:
            SUCCESS: the node is finalized and can only be destroyed.
        """
        self._halt()
        self.unload()
        return super().on_shutdown(state)

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Release everything after an unexpected exception in a transition.

        Returns:
            SUCCESS: the node is unconfigured; configure may be called again.
        """
        self._halt()
        self.unload()
        self.configured = False
        return TransitionCallbackReturn.SUCCESS

    def _halt(self) -> None:
        if not self.active:
            return
        self.active = False
        self._inputs.stop()
        self._mailbox.close()
        self.stop()
        if self._worker is not None and self._worker is not threading.current_thread():
            self._worker.join(timeout=5.0)
        self._worker = None
        self.dropped_before += self._mailbox.dropped

    def begin_second(self) -> None:
        """Count from now the seconds after which the node looks around and tells how it does.

        Nodes that share an executor wake it once for all if they begin together.
        """
        self._seconds.reset()

    def _each_second(self) -> None:
        for task in (self._look_around, self.report, self._publish_diagnostics):
            try:
                task()
            except Exception as error:  # the others are done all the same
                self.count_error(f"what is done each second ({task.__name__})", error)

    def _look_around(self) -> None:
        """Follow what others publish, and how."""
        self._adapting.adapt()
        self._inputs.look()

    def _autostart(self) -> None:
        self._start_timer.cancel()
        success = TransitionCallbackReturn.SUCCESS
        if self.trigger_configure() == success and self.trigger_activate() == success:
            self.get_logger().info("active")

    # Work.

    @property
    def dropped(self) -> int:
        """Items that a newer one replaced before they were looked at."""
        return self.dropped_before + self._mailbox.dropped

    @property
    def idle(self) -> bool:
        """True if everything that arrived has been worked on."""
        return not self.active or self._worker is None or self._mailbox.idle

    def now(self) -> int:
        """Return the time of the node's clock (simulated time if so configured), ns."""
        return self.get_clock().now().nanoseconds

    def age_ms(self, stamp: int) -> float:
        """Return how long ago a stamp in nanoseconds was, milliseconds."""
        return (self.now() - stamp) / 1e6

    @property
    def ages_ms(self) -> list[float]:
        """Ages of the latest items' images when those were done, milliseconds."""
        return list(self._ages)

    def proc_ms(self) -> float:
        """Return the median time of the work on one item, milliseconds; NaN before the first."""
        return float(np.median(self._times)) if self._times else float("nan")

    def note(self, stamp: int, seconds: float) -> None:
        """Count one processed item.

        Args:
            stamp: Stamp of its image, ns.
            seconds: Time the work on it took.
        """
        self.processed += 1
        self._ages.append(self.age_ms(stamp))
        self._times.append(1e3 * seconds)

    def _work(self) -> None:
        mailbox = self._mailbox
        while (got := mailbox.get()) is not None:
            (topic, _), item = got
            try:
                self._inputs[topic].handle(item)
            except KinesicsError as error:
                self.refuse(topic, error)
            except Exception as error:
                # One bad item must not end the stage; that it happened must not stay hidden.
                self.count_error(topic, error)

    # Faults and diagnostics.

    def fail(self, sentence: str) -> None:
        """Log a fault and become inactive; called from any thread when the stage cannot go on."""
        self._log_fault(sentence)
        self.request_deactivate()

    def request_deactivate(self) -> None:
        """Ask the executor to make the node inactive; may be called from any thread."""
        self._deactivate_guard.trigger()

    def _deactivate_if_active(self) -> None:
        if self.active:
            self.trigger_deactivate()

    def _log_fault(self, sentence: str) -> None:
        self.fault = sentence
        self.get_logger().error(sentence)

    def _publish_diagnostics(self) -> None:
        if not self._diagnostics.get_subscription_count():
            return
        array = DiagnosticArray(status=[diagnostics.status(self, self._ages, self._times)])
        array.header.stamp = time_to_msg(self.now())
        self._diagnostics.publish(array)


class Stopwatch:
    """Context manager that notes the time its block took as the work on one item."""

    def __init__(self, stage: Stage, stamp: int) -> None:
        """Note for ``stage`` the work on what belongs to the image of ``stamp``."""
        self._stage, self._stamp = stage, stamp

    def __enter__(self) -> None:
        self._began = time.perf_counter()

    def __exit__(self, kind: type | None, *_: object) -> None:
        if kind is None:
            self._stage.note(self._stamp, time.perf_counter() - self._began)
