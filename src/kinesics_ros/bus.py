"""Hand-over of numpy objects between stages that share a process.

A composed graph gives every stage the same bus; each topic carries the core object that the ROS
message of that topic is made from, without the message in between.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any


class Bus:
    """Topics by name. Subscribers are called in the publisher's thread as ``callback(item, wait)``.

    They return at once, unless ``wait`` asks them to hold the publisher until they have room: so
    a file is read as fast as it is processed, with nothing dropped.
    """

    def __init__(self) -> None:
        self._subscribers: dict[str, list[Callable[[Any, bool], None]]] = defaultdict(list)

    def subscribe(self, topic: str, callback: Callable[[Any, bool], None]) -> None:
        self._subscribers[topic].append(callback)

    def publish(self, topic: str, item: Any, wait: bool = False) -> None:
        for callback in self._subscribers[topic]:
            callback(item, wait)
