"""The inputs of a stage: from the bus, from ROS, and in a composed graph from both.

On the bus of a composed graph travel the core objects of its own stages. What others publish on
the same topics is heard too, as it is by nodes in processes of their own: a stage subscribes in
ROS for as long as there is a publisher that is none of the graph's, and leaves out what the graph
itself sends there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from rclpy.qos import QoSProfile
from rclpy.serialization import deserialize_message

from kinesics_ros.writers import Writers


@dataclass
class Input:
    """One input of a stage.

    Attributes:
        topic: Topic on the bus and in ROS.
        kind: Message type.
        from_msg: Makes the core object of a message.
        handle: Takes the objects, in the stage's worker thread.
        qos: Quality of service of the subscription.
        key: Of objects with an equal key only the latest waits to be handled.
        from_others: Whether a composed graph hears what others publish on the topic.
        wanted: Tells whether the worker is to be woken for an object that comes now.
        writers: Who sends.
        heard_in_ros: Whether there is a subscription.
    """

    topic: str
    kind: type
    from_msg: Callable[[Any], Any]
    handle: Callable[[Any], None]
    qos: QoSProfile
    key: Callable[[Any], Any]
    from_others: bool = True
    wanted: Callable[[], bool] = lambda: True
    writers: Writers = field(default_factory=Writers)
    heard_in_ros: bool = False


class Inputs:
    """The inputs of one stage, by topic."""

    def __init__(self, stage: Any) -> None:
        """Hear for a ``Stage``, which is about to say what; its file imports this one."""
        self._stage = stage
        self._inputs: dict[str, Input] = {}

    def __bool__(self) -> bool:
        return bool(self._inputs)

    def __getitem__(self, topic: str) -> Input:
        return self._inputs[topic]

    def add(self, entry: Input) -> None:
        """Hear an input from the next activation on."""
        self._inputs[entry.topic] = entry
        bus = self._stage.bus
        if bus is None:
            return

        def receive(item: Any) -> None:
            entry.writers.note_bus()
            self._stage.receive(entry, item, wait=bus.lossless)

        bus.subscribe(entry.topic, receive)

    def start(self) -> None:
        """Subscribe in ROS to what comes from there.

        It is done while the node is active only, so that a publisher that counts its subscribers
        knows who listens.
        """
        for entry in self._inputs.values():
            if self._stage.bus is None:
                self._hear(entry)
        self.look()

    def stop(self) -> None:
        """End all subscriptions."""
        for entry in self._inputs.values():
            self._unhear(entry)

    def look(self) -> None:
        """Begin to hear others who publish, and end where they have left; to be called often."""
        if self._stage.bus is not None and self._stage.active:
            for entry in self._inputs.values():
                others = entry.from_others and self._others(entry.topic)
                if others and not entry.heard_in_ros:
                    self._hear(entry)
                elif entry.heard_in_ros and not others:
                    self._unhear(entry)
        self._tell_several()

    def _others(self, topic: str) -> bool:
        """Return whether somebody outside of this process publishes a topic."""
        assert self._stage.bus is not None
        own = self._stage.bus.own.publishers[self._stage.resolve_topic_name(topic)]
        return bool(self._stage.count_publishers(topic) > own)

    def _hear(self, entry: Input) -> None:
        bus, name = self._stage.bus, self._stage.resolve_topic_name(entry.topic)

        def take(message: Any, info: dict[str, Any]) -> None:
            if bus is not None:
                if bus.own.is_own(name, message):
                    return
                message = deserialize_message(message, entry.kind)
            entry.writers.note(info.get("publication_sequence_number"))
            self._stage.receive(entry, entry.from_msg(message))

        if bus is not None:  # before the subscription, so that none of our messages comes unknown
            bus.own.listeners[name] += 1
        entry.heard_in_ros = True
        self._stage.subscribe(entry.topic, entry.kind, take, entry.qos, raw=bus is not None)

    def _unhear(self, entry: Input) -> None:
        if not entry.heard_in_ros:
            return
        entry.heard_in_ros = False
        self._stage.unsubscribe(entry.topic)
        if self._stage.bus is not None:
            self._stage.bus.own.listeners[self._stage.resolve_topic_name(entry.topic)] -= 1

    def _tell_several(self) -> None:
        """Say in diagnostics and log which inputs have several publishers, and who they are."""
        several = [entry.topic for entry in self._inputs.values() if entry.writers.several()]
        if not several:
            self._stage.detail.pop("several_publishers", None)
            return
        told = "; ".join(f"{topic}: {', '.join(self._publishers(topic))}" for topic in several)
        self._stage.detail["several_publishers"] = told
        self._stage.get_logger().warning(
            f"several publishers send at once, and each item is taken as it comes ({told});"
            " end all but one, for instance with `kinesics up --without STAGE`",
            throttle_duration_sec=30.0)

    def _publishers(self, topic: str) -> list[str]:
        infos = self._stage.get_publishers_info_by_topic(self._stage.resolve_topic_name(topic))
        names = {f"{info.node_namespace.rstrip('/')}/{info.node_name}" for info in infos}
        return sorted(names) or ["unknown"]
