"""The outputs of a stage: to the bus of a composed graph, and to ROS."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rclpy.lifecycle import LifecyclePublisher
from rclpy.qos import QoSProfile
from rclpy.serialization import serialize_message


class Output:
    """One output topic: to the bus as it is, to ROS as messages when somebody listens."""

    def __init__(
        self, stage: Any, topic: str, kind: type, to_msgs: Callable[[Any], Sequence[Any]],
        qos: QoSProfile, on_bus: bool = True,
    ) -> None:
        """See ``Stage.output``; its file imports this one."""
        self._bus = stage.bus
        self._on_bus = on_bus
        self._topic = topic
        self._to_msgs = to_msgs
        self._publisher: LifecyclePublisher = stage.create_lifecycle_publisher(kind, topic, qos)
        self._name = self._publisher.topic_name
        if self._bus is not None:
            self._bus.own.publishers[self._name] += 1

    @property
    def heard(self) -> int:
        """Number of ROS subscribers, without those of the same graph that wait for others."""
        count: int = self._publisher.get_subscription_count()
        return count if self._bus is None else max(0, count - self._bus.own.listeners[self._name])

    def __call__(self, item: Any) -> None:
        """Publish a core object, as messages too if somebody listens."""
        if self._bus is not None and self._on_bus:
            self._bus.publish(self._topic, item)
        if not (self._publisher.is_activated and self.heard):
            return
        known_again = self._bus is not None and self._bus.own.listeners[self._name]
        for message in self._to_msgs(item):
            if known_again:
                assert self._bus is not None
                message = serialize_message(message)
                self._bus.own.remember(self._name, message)
            self._publisher.publish(message)
