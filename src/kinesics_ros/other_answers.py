"""Others who publish ``response``: while one does, our own policy stays silent.

A language model, a behaviour tree or a person at a console publishes its answers on the topic of
ours. Expression and recorder hear them as they hear ours; what is left to do is that ours steps
back at once, says so, and is there again after a silence.
"""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

from kinesics.msg import AffectiveResponse as AffectiveResponseMsg
from kinesics_core.mind.floor import PAUSE
from kinesics_core.types import AffectiveResponse
from kinesics_ros import qos
from kinesics_ros.conversions import LONGEST, time_from_msg

if TYPE_CHECKING:
    from kinesics_ros.stage import Stage

TOPIC = "response"

LOOK_EVERY = 0.25
"""Seconds between two looks at who publishes."""

_REMEMBERED = 256  # of our own responses: seconds of the quickest camera


class OtherAnswers:
    """Others who answer; heard only while there are any.

    Attributes:
        heard: Responses of others so far.
    """

    def __init__(self, stage: Stage) -> None:
        """Look for others in the name of the node that publishes ours."""
        self._stage = stage
        self._mine: deque[tuple[int, str, str]] = deque(maxlen=_REMEMBERED)
        self._listening = False
        self._until = float("-inf")
        self._said = False
        self.heard = 0
        stage.create_timer(LOOK_EVERY, self._look)

    def remember(self, response: AffectiveResponse) -> None:
        """Note one of ours, which ROS hands back as if it were somebody's."""
        if self._listening:
            self._mine.append((response.stamp, response.policy, response.reason))

    @property
    def speaking(self) -> bool:
        """True while somebody else has answered just now."""
        return time.monotonic() < self._until

    def stop(self) -> None:
        """Hear nobody any more, as the node is being deactivated."""
        if self._listening:
            self._end()

    def _look(self) -> None:
        if not self._stage.active:
            return
        others = self._stage.count_publishers(TOPIC) > 1
        if others and not self._listening:
            self._begin()
        elif self._listening and not (others or self.speaking):
            self._end()
        self._tell()

    def _begin(self) -> None:
        self._listening = True
        bus = self._stage.bus
        if bus is not None:  # ours is not sent for this listener's sake
            bus.own.listeners[self._stage.resolve_topic_name(TOPIC)] += 1
        self._stage.subscribe(TOPIC, AffectiveResponseMsg, self._hear, qos.RESULT)

    def _end(self) -> None:
        self._listening = False
        self._stage.unsubscribe(TOPIC)
        bus = self._stage.bus
        if bus is not None:
            bus.own.listeners[self._stage.resolve_topic_name(TOPIC)] -= 1
        self._mine.clear()

    def _hear(self, message: AffectiveResponseMsg, _: object = None) -> None:
        if (time_from_msg(message.header.stamp), message.policy, message.reason) in self._mine:
            return
        self.heard += 1
        duration = message.duration if 0.0 <= message.duration <= LONGEST else 0.0
        self._until = time.monotonic() + duration + PAUSE

    def _tell(self) -> None:
        """Say when ours steps back and when it returns."""
        speaking = self.speaking
        self._stage.detail["answers"] = "others" if speaking else "own"
        if speaking == self._said:
            return
        self._said = speaking
        if speaking:
            infos = self._stage.get_publishers_info_by_topic(self._stage.resolve_topic_name(TOPIC))
            mine = self._stage.get_fully_qualified_name()
            names = {f"{info.node_namespace.rstrip('/')}/{info.node_name}" for info in infos}
            others = ", ".join(sorted(names - {mine})) or "another publisher"
            self._stage.get_logger().info(f"{others} answers; our own policy steps back")
        else:
            self._stage.get_logger().info("nobody else answers any more; our own policy is back")
