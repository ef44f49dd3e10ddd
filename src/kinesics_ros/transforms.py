"""tf frames, published where tf2_msgs is installed: the one place that imports it.

Nothing else of tf2 is needed: /tf and /tf_static are topics of tf2_msgs/TFMessage, and a machine
that has rviz or robot_state_publisher has that package.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from geometry_msgs.msg import TransformStamped
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile

from kinesics_core.rotations import quaternions
from kinesics_core.types import Transform
from kinesics_ros.conversions import header

try:
    from tf2_msgs.msg import TFMessage
except ImportError:
    TFMessage = None

_LISTENER = QoSProfile(depth=100)
_STATIC = QoSProfile(depth=100, durability=DurabilityPolicy.TRANSIENT_LOCAL)


class TransformPublisher:
    """Publisher of frames, of which those that stand still are told once.

    Attributes:
        available: Whether tf2_msgs is installed; if not, nothing is published.
    """

    def __init__(self, node: Node) -> None:
        """Publish, and listen to what others publish, in the name of ``node``."""
        self.available = TFMessage is not None
        self._static: dict[str, TransformStamped] = {}
        self._others: dict[str, str] = {}
        if not self.available:
            return
        self._moving_publisher = node.create_publisher(TFMessage, "/tf", _LISTENER)
        self._static_publisher = node.create_publisher(TFMessage, "/tf_static", _STATIC)
        node.create_subscription(TFMessage, "/tf_static", self._hear, _STATIC)

    def _hear(self, message: Any) -> None:
        for transform in message.transforms:
            own = self._static.get(transform.child_frame_id)
            if own is None or own.header.frame_id != transform.header.frame_id:
                self._others[transform.child_frame_id] = transform.header.frame_id

    def parent_by_others(self, child: str) -> str | None:
        """Return the parent that somebody else has given a frame; None if nobody has."""
        return self._others.get(child)

    def send(self, stamp: int, transforms: Sequence[Transform]) -> None:
        """Publish where frames are at a moment, ns."""
        if self.available and transforms:
            self._moving_publisher.publish(
                TFMessage(transforms=[_to_msg(stamp, transform) for transform in transforms]))

    def send_static(self, stamp: int, transforms: Sequence[Transform]) -> None:
        """Publish frames that stand still, also for those who come later."""
        if not self.available:
            return
        for transform in transforms:
            self._static[transform.child] = _to_msg(stamp, transform)
        # A latched topic keeps the last message, which therefore holds them all.
        self._static_publisher.publish(TFMessage(transforms=list(self._static.values())))


def _to_msg(stamp: int, transform: Transform) -> TransformStamped:
    message = TransformStamped(
        header=header(stamp, transform.parent), child_frame_id=transform.child)
    place, turn = message.transform.translation, message.transform.rotation
    place.x, place.y, place.z = map(float, transform.translation)
    turn.x, turn.y, turn.z, turn.w = map(float, quaternions(transform.rotation))
    return message
