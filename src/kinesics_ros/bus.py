"""Hand-over of core objects between stages that share a process.

A composed graph gives every stage the same bus; each topic carries the core object that the ROS
message of that topic is made from, without the message in between.
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from typing import Any

_REMEMBERED = 512
"""Messages of a topic that are known again when they come back: seconds of the fastest topic."""


class Bus:
    """Topics by name. Subscribers are called in the publisher's thread and return at once.

    Attributes:
        lossless: Whether stages hold the publisher until they have room instead of dropping what
            is old, so that a file is read as fast as it is processed.
        own: What the stages publish in ROS besides.
    """

    def __init__(self) -> None:
        self.lossless = False
        self.own = OwnMessages()
        self._subscribers: dict[str, list[Callable[[Any], None]]] = defaultdict(list)

    def subscribe(self, topic: str, callback: Callable[[Any], None]) -> None:
        """Call ``callback`` with each object that comes on a topic from now on."""
        self._subscribers[topic].append(callback)

    def publish(self, topic: str, item: Any) -> None:
        """Hand an object to the topic's subscribers, in this thread."""
        for callback in self._subscribers[topic]:
            callback(item)


class OwnMessages:
    """Record of what this process publishes in ROS, which tells it from what others do.

    rclpy neither leaves out what a process publishes itself nor names a message's publisher. So
    the bytes of a message are what it is known again by.

    Attributes:
        publishers: Full topic name -> publishers of the stages.
        listeners: Full topic name -> subscriptions of the stages, which wait for others.
    """

    def __init__(self) -> None:
        self.publishers: Counter[str] = Counter()
        self.listeners: Counter[str] = Counter()
        self._sent: dict[str, deque[int]] = defaultdict(lambda: deque(maxlen=_REMEMBERED))
        self._lock = threading.Lock()

    def remember(self, topic: str, data: bytes) -> None:
        """Keep the serialised message that is about to be published."""
        with self._lock:
            self._sent[topic].append(hash(data))

    def is_own(self, topic: str, data: bytes) -> bool:
        """Return whether a serialised message was published by this process just now."""
        with self._lock:
            return hash(data) in self._sent[topic]
