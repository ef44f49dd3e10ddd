"""Recorder of topics into an MCAP bag that ``ros2 bag info`` and ``ros2 bag play`` read."""

from __future__ import annotations

import importlib
import threading
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from rclpy.qos import HistoryPolicy, QoSProfile, ReliabilityPolicy
from rclpy.subscription import Subscription

from kinesics_core.errors import RecordingError
from kinesics_core.recording.bag_writer import BagWriter
from kinesics_core.recording.config import RecorderConfig
from kinesics_core.settings import settings_of
from kinesics_ros.bus import Bus
from kinesics_ros.run import run_node
from kinesics_ros.stage import Stage

# Subscribed before the first message is sent, so that none is missed; other topics are looked up
# in the graph once they exist.
KNOWN_TYPES = {
    "image_raw": "sensor_msgs/msg/Image",
    "image_raw/compressed": "sensor_msgs/msg/CompressedImage",
    "camera_info": "sensor_msgs/msg/CameraInfo",
    "persons": "kinesics/msg/PersonArray",
    "forecast": "kinesics/msg/MotionForecast",
    "affect": "kinesics/msg/Affect",
    "affect/body": "kinesics/msg/Affect",
    "response": "kinesics/msg/AffectiveResponse",
    "face_pose": "kinesics/msg/FacePose",
    "body_pose": "kinesics/msg/BodyPose",
    "markers": "visualization_msgs/msg/MarkerArray",
}

# A deep queue: the recorder is the one listener for whom old messages still count.
_QOS = QoSProfile(
    history=HistoryPolicy.KEEP_LAST, depth=200, reliability=ReliabilityPolicy.RELIABLE
)
_BEST_EFFORT = QoSProfile(
    history=HistoryPolicy.KEEP_LAST, depth=200, reliability=ReliabilityPolicy.BEST_EFFORT
)


class RecorderNode(Stage):
    """Recorder of topics; messages are written as they came, without being decoded.

    While active it records; deactivating closes the bag. A full disk ends the recording with
    everything written until then readable.
    """

    PARAMETERS = settings_of(RecorderConfig)

    def __init__(self, bus: Bus | None = None, **node_arguments: Any) -> None:
        super().__init__("recorder", bus, **node_arguments)
        self._writer: BagWriter | None = None
        self._writing = threading.Lock()
        self._subscriptions_of: dict[str, Subscription] = {}
        self._topic_timer = self.create_timer(0.5, self._look_for_topics, autostart=False)
        self.path: Path | None = None

    def start(self) -> None:
        """Create the bag and subscribe to the topics."""
        config = self.parameters.config(RecorderConfig)
        bag = config.bag or f"kinesics_{datetime.now():%Y_%m_%d-%H_%M_%S}"
        self.path = Path(bag).expanduser()
        self._writer = BagWriter(
            self.path, reserve_bytes=config.reserve_mb * 1_000_000, flush_seconds=config.flush_s
        )
        for topic in config.topics:
            if topic in KNOWN_TYPES:
                self._record(topic, KNOWN_TYPES[topic], _QOS)
        if not self._all_found():
            self._topic_timer.reset()
        self.detail["bag"] = str(self.path)
        self.get_logger().info(f"recording to {self.path}")

    def stop(self) -> None:
        """Close the bag."""
        self._topic_timer.cancel()
        for subscription in self._subscriptions_of.values():
            self.destroy_subscription(subscription)
        self._subscriptions_of.clear()
        with self._writing:
            writer, self._writer = self._writer, None
            if writer is not None:
                try:
                    writer.close()
                except RecordingError as error:
                    self._log_fault(str(error))
                self.get_logger().info(f"recorded {writer.message_count} messages to {self.path}")

    def _all_found(self) -> bool:
        return self._subscriptions_of.keys() >= set(self.parameters["topics"])

    def _look_for_topics(self) -> None:
        """Record topics of other packages, once somebody publishes them."""
        types = dict(self.get_topic_names_and_types())
        for topic in self.parameters["topics"]:
            resolved = self.resolve_topic_name(topic)
            if topic not in self._subscriptions_of and resolved in types:
                try:
                    # Best effort hears every publisher.
                    self._record(topic, types[resolved][0], _BEST_EFFORT)
                except RecordingError as error:
                    self.fail(str(error))
        if self._all_found():
            self._topic_timer.cancel()

    def _record(self, topic: str, kind: str, profile: QoSProfile) -> None:
        name = self.resolve_topic_name(topic)
        try:
            message_type = message_class(kind)
        except (ImportError, AttributeError):
            raise RecordingError(
                f"got the topic {name} of type {kind}, whose package is not installed; install "
                "it, or leave the topic out."
            ) from None
        assert self._writer is not None
        self._writer.add_topic(name, kind, [profile])
        self._subscriptions_of[topic] = self.create_subscription(
            message_type, topic, lambda data: self._write(name, data), profile, raw=True
        )

    def _write(self, name: str, data: Any) -> None:
        """Write a serialised message, which is what a raw subscription gives."""
        with self._writing:
            if self._writer is None:
                return
            try:
                self._writer.write(name, data, time.time_ns())
            except RecordingError as error:
                self.fail(str(error))
                return
        self.processed += 1


def message_class(kind: str) -> type:
    """Return the class of a message type such as "sensor_msgs/msg/Image".

    Raises:
        ImportError, AttributeError: The package is not installed, or has no such message.
    """
    package, _, name = kind.split("/")
    return getattr(importlib.import_module(f"{package}.msg"), name)


def main() -> None:
    """Run the node until a signal ends it."""
    run_node(RecorderNode)


if __name__ == "__main__":
    main()
