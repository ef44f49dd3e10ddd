"""Hand-over of core objects between stages that share a process.

A composed graph gives every stage the same bus; each topic carries the core object that the ROS
message of that topic is made from, without the message in between.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any


class Bus:
    """Topics by name. Subscribers are called in the publisher's thread and return at once.

    Attributes:
        lossless: Whether stages hold the publisher until they have room instead of dropping what
            is old, so that a file is read as fast as it is processed.
    """

    def __init__(self) -> None:
        self.lossless = False
        self._subscribers: dict[str, list[Callable[[Any], None]]] = defaultdict(list)

    def subscribe(self, topic: str, callback: Callable[[Any], None]) -> None:
        """Call ``callback`` with each object that comes on a topic from now on."""
        self._subscribers[topic].append(callback)

    def publish(self, topic: str, item: Any) -> None:
        """Hand an object to the topic's subscribers, in this thread."""
        for callback in self._subscribers[topic]:
            callback(item)
