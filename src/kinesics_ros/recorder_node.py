"""Recorder of topics into an MCAP bag that ``ros2 bag info`` and ``ros2 bag play`` read."""

from __future__ import annotations

import importlib
import threading
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy
from rclpy.subscription import Subscription

from kinesics_core.errors import RecordingError
from kinesics_core.recording import message_definitions
from kinesics_core.recording.bag_file import METADATA
from kinesics_core.recording.bag_writer import BagWriter
from kinesics_core.recording.config import RecorderConfig
from kinesics_core.settings import settings_of
from kinesics_ros.bus import Bus
from kinesics_ros.run import run_node
from kinesics_ros.stage import Stage
from kinesics_ros.take_server import TakeServer

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
    "signals": "kinesics/msg/SocialSignals",
    "response": "kinesics/msg/AffectiveResponse",
    "face_pose": "kinesics/msg/FacePose",
    "body_pose": "kinesics/msg/BodyPose",
    "markers": "visualization_msgs/msg/MarkerArray",
}

DEPTH = 200
"""Messages that wait: the recorder is the one listener for whom old ones still count."""


class RecorderNode(Stage):
    """Recorder of topics; messages are written as they came, without being decoded.

    It listens as the publishers offer: best effort where one of them is, and with what they sent
    before where they are latched. Their QoS goes into the bag, for ``ros2 bag play``.

    While active it records; deactivating closes the bag. A full disk ends the recording with
    everything written until then readable. With the parameter ``takes`` it listens while active
    and records what the action ``record_take`` asks for, one bag a take.
    """

    PARAMETERS = settings_of(RecorderConfig)

    def __init__(self, bus: Bus | None = None, **node_arguments: Any) -> None:
        super().__init__("recorder", bus, **node_arguments)
        self._writer: BagWriter | None = None
        self._writing = threading.Lock()
        self._heard: dict[str, _Heard] = {}
        self._topic_timer = self.create_timer(0.5, self._look_for_topics, autostart=False)
        self._takes = TakeServer(self, self, self._folder_of_takes)
        self._before = 0  # messages processed before the bag that is written
        self.path: Path | None = None

    def start(self) -> None:
        """Subscribe to the topics, and create the bag unless takes are asked for."""
        config = self.parameters.config(RecorderConfig)
        if (takes := self._folder_of_takes()) is not None:
            _make(takes)
            self.detail["takes"] = str(takes)
        else:
            self._start_bag(config)
        for topic in config.topics:
            if topic in KNOWN_TYPES:
                self._hear(topic, KNOWN_TYPES[topic])
        self._look_for_topics()
        self._topic_timer.reset()

    def _folder_of_takes(self) -> Path | None:
        given = self.parameters["takes"]
        return Path(given).expanduser() if given else None

    def _start_bag(self, config: RecorderConfig) -> None:
        bag = config.bag or f"kinesics_{datetime.now():%Y_%m_%d-%H_%M_%S}"
        self.path = _free_path(Path(bag).expanduser())
        if self.path != Path(bag).expanduser():
            self.get_logger().warning(
                f"{bag} holds a bag already, of an earlier run or of a recorder that was killed; "
                f"recording to {self.path}")
        self.begin(self.path, {})
        self.get_logger().info(f"recording to {self.path}")

    def begin(self, path: Path, labels: dict[str, str]) -> None:
        """Begin a bag of what is heard from now on, and of what was latched before.

        Args:
            path: Its directory, which is made.
            labels: Its custom data.

        Raises:
            RecordingError: It cannot be made.
        """
        config = self.parameters.config(RecorderConfig)
        writer = BagWriter(
            path, reserve_bytes=config.reserve_mb * 1_000_000, flush_seconds=config.flush_s,
            custom_data=labels,
        )
        with self._writing:
            for topic, heard in self._heard.items():
                heard.described = False
                if heard.qos.durability == DurabilityPolicy.TRANSIENT_LOCAL:
                    self._subscribe_anew(topic, heard, heard.qos)  # is sent the latched ones again
            self._writer, self._before = writer, self.processed
        self.path = path
        self.detail["bag"] = str(path)

    @property
    def heard(self) -> int:
        """Messages that the bag has taken."""
        return self.processed - self._before

    def end(self) -> int:
        """Close the bag and return how many messages are in it; 0 where there is none.

        Raises:
            RecordingError: The disk failed at the last moment; what was written is readable.
        """
        with self._writing:
            writer, self._writer = self._writer, None
            if writer is None:
                return 0
            for heard in self._heard.values():
                if not heard.described:
                    writer.add_topic(heard.name, heard.kind)
            writer.close()
        self.get_logger().info(f"recorded {writer.message_count} messages to {self.path}")
        return writer.message_count

    def stop(self) -> None:
        """Close the bag."""
        self._topic_timer.cancel()
        self._takes.stop()
        try:
            self.end()
        except RecordingError as error:
            self._log_fault(str(error))
        for heard in self._heard.values():
            if heard.subscription is not None:
                self.destroy_subscription(heard.subscription)
        self._heard.clear()

    def _look_for_topics(self) -> None:
        """Record topics of other packages once somebody publishes them; listen as is offered."""
        types = dict(self.get_topic_names_and_types())
        for topic in self.parameters["topics"]:
            name = self.resolve_topic_name(topic)
            if name not in types:
                continue
            offered = self._offered(name)
            heard = self._heard.get(topic)
            if heard is None and offered:
                try:
                    self._hear(topic, types[name][0])
                except RecordingError as error:
                    self.fail(str(error))
            elif heard is not None and offered:
                wanted = _listening(offered)
                latched = wanted.durability == DurabilityPolicy.TRANSIENT_LOCAL
                if heard.described and latched:
                    wanted.durability = heard.qos.durability  # not the same messages once more
                if (wanted.reliability, wanted.durability) != (
                        heard.qos.reliability, heard.qos.durability):
                    self._subscribe_anew(topic, heard, wanted)

    def _hear(self, topic: str, kind: str) -> None:
        """Begin to record a topic.

        Raises:
            RecordingError: Its type is not installed.
        """
        name = self.resolve_topic_name(topic)
        try:
            message_type = message_class(kind)
            message_definitions.full_text(kind)
        except (ImportError, AttributeError):
            raise RecordingError(
                f"got the topic {name} of type {kind}, whose package is not installed; install "
                "it, or leave the topic out."
            ) from None
        heard = _Heard(name, kind, message_type, _listening(self._offered(name)))
        self._subscribe_anew(topic, heard, heard.qos)
        self._heard[topic] = heard

    def _subscribe_anew(self, topic: str, heard: _Heard, profile: QoSProfile) -> None:
        if heard.subscription is not None:
            self.destroy_subscription(heard.subscription)
        heard.qos = profile
        heard.subscription = self.create_subscription(
            heard.message_type, topic, lambda data: self._write(heard, data), profile, raw=True
        )

    def _offered(self, name: str) -> list[QoSProfile]:
        return [info.qos_profile for info in self.get_publishers_info_by_topic(name)]

    def _write(self, heard: _Heard, data: Any) -> None:
        """Write a serialised message, which is what a raw subscription gives."""
        fault = ""
        with self._writing:
            if self._writer is None:
                return
            try:
                if not heard.described:  # now its publishers are known
                    self._writer.add_topic(heard.name, heard.kind, self._offered(heard.name))
                    heard.described = True
                self._writer.write(heard.name, data, time.time_ns())
            except RecordingError as error:
                fault = str(error)
        if not fault:
            self.processed += 1
        elif self._folder_of_takes() is None:
            self.fail(fault)
        else:  # the take ends, and the recorder waits for the next one
            self._takes.fail(fault)


@dataclass
class _Heard:
    """A topic that is recorded.

    Attributes:
        name: Its full name.
        kind: Its type's name.
        message_type: Its type.
        qos: As it is listened to.
        subscription: The one there is.
        described: Whether the bag knows the topic, which it does from the first message on.
    """

    name: str
    kind: str
    message_type: type
    qos: QoSProfile
    subscription: Subscription | None = None
    described: bool = False


def _listening(offered: list[QoSProfile]) -> QoSProfile:
    """Return the profile that hears every publisher, and what each latched before."""
    best_effort = any(p.reliability == ReliabilityPolicy.BEST_EFFORT for p in offered)
    latched = offered and all(p.durability == DurabilityPolicy.TRANSIENT_LOCAL for p in offered)
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST, depth=DEPTH,
        reliability=ReliabilityPolicy.BEST_EFFORT if best_effort else ReliabilityPolicy.RELIABLE,
        durability=DurabilityPolicy.TRANSIENT_LOCAL if latched else DurabilityPolicy.VOLATILE)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RecordingError(
            f"got takes = {str(folder)!r}, which cannot be made ({error.strerror}); wanted a "
            "directory that this user may write to.") from error


def _free_path(path: Path) -> Path:
    """Return the path, or PATH_1, PATH_2 ... where it holds a bag already."""
    chosen, number = path, 0
    while (chosen / METADATA).exists() or (chosen / f"{chosen.name}_0.mcap").exists():
        number += 1
        chosen = path.with_name(f"{path.name}_{number}")
    return chosen


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
