"""A node's subscriptions, whose reliability follows that of the publishers.

A reliable subscription hears nothing of a best-effort publisher, and through a best-effort one
large messages of a reliable publisher are lost. So each takes what is offered.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.subscription import Subscription


@dataclass
class _Entry:
    """A subscription and what it takes to make it again."""

    subscription: Subscription
    topic: str
    kind: type
    receive: Callable[..., None]
    qos: QoSProfile
    raw: bool


class Subscriptions:
    """The subscriptions of a node that adapt to their publishers when ``adapt`` is called."""

    def __init__(self, node: Node) -> None:
        """Subscribe in the name of ``node``."""
        self._node = node
        self._entries: list[_Entry] = []

    def add(
        self, topic: str, kind: type, receive: Callable[..., None],
        qos: QoSProfile, raw: bool = False,
    ) -> None:
        """Subscribe; the arguments are those of ``create_subscription``.

        Args:
            topic: The topic.
            kind: Message type.
            receive: Called with each message and what ROS tells of it.
            qos: Quality of service.
            raw: Whether ``receive`` gets the serialised message.
        """
        subscription = self._node.create_subscription(kind, topic, receive, qos, raw=raw)
        self._entries.append(_Entry(subscription, topic, kind, receive, qos, raw))

    def remove(self, topic: str) -> None:
        """End the subscriptions of a topic."""
        for entry in [entry for entry in self._entries if entry.topic == topic]:
            self._entries.remove(entry)
            self._node.destroy_subscription(entry.subscription)

    def adapt(self) -> None:
        """Make those anew whose publishers offer another reliability; one best effort decides."""
        for entry in self._entries:
            infos = self._node.get_publishers_info_by_topic(entry.subscription.topic_name)
            offered = [info.qos_profile.reliability for info in infos]
            best_effort = ReliabilityPolicy.BEST_EFFORT
            wanted = best_effort if best_effort in offered else ReliabilityPolicy.RELIABLE
            if offered and wanted != entry.qos.reliability:
                entry.qos = QoSProfile(
                    history=entry.qos.history, depth=entry.qos.depth, reliability=wanted)
                self._node.destroy_subscription(entry.subscription)
                entry.subscription = self._node.create_subscription(
                    entry.kind, entry.topic, entry.receive, entry.qos, raw=entry.raw)
