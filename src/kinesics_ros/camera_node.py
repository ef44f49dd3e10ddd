"""Frames of a camera, video, image folder, ROS topic or synthetic person, as one topic."""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import Any

import numpy as np
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from kinesics_core.errors import SourceError
from kinesics_core.perception import calibration
from kinesics_core.perception.calibration import Calibration
from kinesics_core.perception.config import CameraConfig
from kinesics_core.perception.sources import FrameSource, Framing, open_source
from kinesics_core.perception.sources.network_stream import without_password
from kinesics_core.settings import settings_of
from kinesics_core.types import NANOSECONDS, Frame
from kinesics_ros import qos
from kinesics_ros.bus import Bus
from kinesics_ros.conversions import header
from kinesics_ros.images import (
    WideTopic,
    frame_from_compressed,
    frame_from_msg,
    frame_to_compressed,
    frame_to_msg,
)
from kinesics_ros.run import run_node
from kinesics_ros.stage import Stage

TOPIC_PREFIX = "topic:"

_READERS_WAIT = 30.0
"""Seconds that a file waits for its first reader: a keypoint node reads its models first."""


class CameraNode(Stage):
    """Publisher of ``image_raw``, ``image_raw/compressed`` and ``camera_info``.

    The stamp is the acquisition time; it travels unchanged through every later stage. A live
    source that ends or blocks is reopened every ``reconnect_s``; a file that ends makes the node
    inactive.
    """

    PARAMETERS = settings_of(CameraConfig)

    def __init__(self, bus: Bus | None = None, **node_arguments: Any) -> None:
        super().__init__("camera", bus, **node_arguments)
        self._publish_frame = self.output(
            "image_raw", Image, lambda frame: [frame_to_msg(frame)], qos.IMAGE
        )
        self._publish_compressed = self.output(
            "image_raw/compressed", CompressedImage,
            lambda frame: [frame_to_compressed(frame, self.parameters["jpeg_quality"])],
            qos.IMAGE, on_bus=False,
        )
        self._info_publisher = self.create_lifecycle_publisher(
            CameraInfo, "camera_info", qos.IMAGE
        )
        self._source: FrameSource | None = None
        self._thread: threading.Thread | None = None
        self._stop_reading = threading.Event()
        self._heard: str | None = None
        self._info_heard = ""
        self._newest = 0
        self.create_timer(5.0, self._say_what_is_missing)
        self._calibration: Calibration | None = None
        self.finished = threading.Event()

    def load(self) -> None:
        """Read the calibration and open the source."""
        file = self.parameters["calibration"]
        self._calibration = calibration.read(file) if file else None
        self.detail["calibration"] = file or (
            f"none: camera_info is that of an ideal lens of {self.parameters['horizontal_fov']:g}"
            " deg (horizontal_fov)")
        spec = self.parameters["source"]
        if spec.startswith(TOPIC_PREFIX):
            self._check_topic(spec.removeprefix(TOPIC_PREFIX))
        else:
            self._source = self._open()
        self.detail["source"] = without_password(spec)

    def _check_topic(self, topic: str) -> None:
        """Refuse a topic that cannot be, and the node's own, which would feed itself."""
        try:
            name = self.resolve_topic_name(topic)
        except Exception as error:  # rclpy has a kind for each way in which a name is wrong
            raise SourceError(
                f"got the source {TOPIC_PREFIX + topic!r}, which is no topic name"
                f" ({str(error).splitlines()[0]}); wanted for instance"
                " topic:/camera/color/image_raw. Mend the name."
            ) from error
        own = {self.resolve_topic_name(own) for own in ("image_raw", "image_raw/compressed")}
        if name in own:
            raise SourceError(
                f"got the source {TOPIC_PREFIX + topic!r}, which is what this node publishes;"
                " wanted the topic of a camera driver. Give another topic, or run kinesics in a"
                " namespace of its own.")

    def unload(self) -> None:
        """Close the source."""
        if self._source is not None:
            self._source.close()
            self._source = None

    def start(self) -> None:
        """Begin to read the source, or to hear its topic."""
        spec = self.parameters["source"]
        self.finished.clear()
        if self.bus is not None:
            self.bus.lossless = not self.parameters["realtime"]
        if spec.startswith(TOPIC_PREFIX):
            self._listen(spec.removeprefix(TOPIC_PREFIX))
            return
        if self._source is None:
            self._source = self._open()
        self._stop_reading.clear()
        self._thread = threading.Thread(target=self._run, name="camera", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the reading."""
        if self._heard is not None:
            self.unsubscribe(self._heard)
            self.unsubscribe(self._info_heard)
            self._heard = None
        self._stop_reading.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout=5.0)
        self._thread = None
        # A source is read once; activating again opens it anew.
        self.unload()

    def frames_expected(self) -> int | None:
        """Return how many frames the source will give; None for a live or looping one."""
        return None if self._source is None else self._source.total

    def _open(self) -> FrameSource:
        config = self.parameters.config(CameraConfig)
        return open_source(
            config.source,
            fit=(config.width, config.height),
            rate=config.rate or None,
            loop=config.loop,
            realtime=config.realtime,
            rotate=config.rotate,
            mirror=config.mirror,
        )

    def _run(self) -> None:
        try:
            self._read()
        except Exception as error:
            # An exception that ends a thread would pass unseen otherwise.
            self.fail(f"camera: could not go on: {error!r}")
            self.finished.set()

    def _read(self) -> None:
        self._wait_for_readers()
        simulated = self.get_parameter("use_sim_time").value
        stamped = 0
        while not self._stop_reading.is_set():
            assert self._source is not None
            try:
                began = time.perf_counter()
                frame = self._source.read()
            except SourceError as error:
                if not self._reconnect(str(error)):
                    self._end(str(error))
                    return
                continue
            if self._stop_reading.is_set():
                return
            if frame is None:
                if self._source.live and self._reconnect("the camera ended its stream"):
                    continue
                self._end(None)
                return
            if simulated:
                frame.stamp = self.now()
                if frame.stamp == stamped:  # the clock stands still, and so does the world
                    continue
                stamped = frame.stamp
            frame.frame_id = self.parameters["frame_id"]
            self.publish(frame)
            self.note(frame.stamp, time.perf_counter() - began)
            self.detail["skipped"] = str(self._source.skipped)

    def _wait_for_readers(self) -> None:
        """Hold a file until a process hears it, and any source until a simulated clock runs.

        Bounded: somebody may want a file to be played to nobody.
        """
        def missing() -> str:
            if self.get_parameter("use_sim_time").value and not self.now():
                return "the simulated clock (use_sim_time): nobody publishes /clock"
            heard = self._publish_frame.heard or self._publish_compressed.heard
            endless = self._source is None or self._source.live or self.parameters["loop"]
            return "" if self.bus is not None or endless or heard else (
                "a subscriber of image_raw or image_raw/compressed")

        if not (what := missing()):
            return
        self.get_logger().info(f"waiting up to {_READERS_WAIT:g} s for {what}")
        until = time.monotonic() + _READERS_WAIT
        while (what := missing()) and time.monotonic() < until:
            if self._stop_reading.wait(0.02):
                return
        if what:
            self.get_logger().warning(f"starts without {what}")

    def _end(self, sentence: str | None) -> None:
        """End the work: a file that was read to its end is no fault, a lost camera is."""
        if sentence is None:
            self.get_logger().info(
                f"the source {self.parameters['source']!r} ended after {self.processed} frames"
            )
            self.fault = None
            self.finished.set()
            self.request_deactivate()
        else:
            self.fail(sentence)
            self.finished.set()

    def _reconnect(self, sentence: str) -> bool:
        """Open a lost live source again; return False if it is none, or is given up."""
        assert self._source is not None
        live, self.fault = self._source.live, sentence
        self._source.close()
        while live and (wait := self.parameters["reconnect_s"]):
            self.get_logger().error(f"{sentence} Trying again in {wait:g} s.")
            if self._stop_reading.wait(wait):
                return True
            try:
                self._source = self._open()
            except SourceError as error:
                sentence = str(error)
                continue
            self.fault = None
            self.get_logger().info("the camera is back")
            return True
        return False

    def _listen(self, topic: str) -> None:
        compressed = topic.endswith("/compressed")
        decode = partial(frame_from_compressed if compressed else frame_from_msg,
                         topic=WideTopic.named(topic))
        self._heard, self._newest = topic, 0
        self.subscribe(
            topic, CompressedImage if compressed else Image,
            lambda message, _: self._pass_on(decode(message)), qos.FOREIGN_IMAGE)
        if not self.parameters["calibration"]:
            # A driver publishes its calibration beside its images (REP-104).
            beside = topic.removesuffix("/compressed").rpartition("/")[0]
            self._info_heard = f"{beside}/camera_info" if beside else "camera_info"
            if self.resolve_topic_name(self._info_heard) != self._info_publisher.topic_name:
                self.subscribe(self._info_heard, CameraInfo, self._keep_info, qos.FOREIGN_IMAGE)

    def _keep_info(self, info: CameraInfo, _: object = None) -> None:
        """Keep what the driver of the source's topic knows of its camera."""
        if not np.isfinite(info.k).all() or not info.k[0] or not info.width or not info.height:
            return  # zeros: it is uncalibrated
        self.detail["calibration"] = f"from {self._info_heard}"
        self._calibration = Calibration(
            info.width, info.height, info.distortion_model, np.array(info.d), info.k.reshape(3, 3),
            info.r.reshape(3, 3), info.p.reshape(3, 4))

    def _pass_on(self, frame: Frame) -> None:
        """Publish a frame of a topic, in the size, rate and frame of the parameters."""
        began = time.perf_counter()
        config = self.parameters.config(CameraConfig)
        passed = frame.stamp - self._newest
        if config.rate and 0 < passed < 0.9 * NANOSECONDS / config.rate:
            return
        self._newest = frame.stamp
        framing = Framing((config.width, config.height), config.rotate, config.mirror)
        frame.image = framing.apply(frame.image)
        if not frame.frame_id or config.frame_id != CameraConfig.frame_id:
            frame.frame_id = config.frame_id  # the user's word, else the driver's
        self.publish(frame)
        self.note(frame.stamp, time.perf_counter() - began)

    def _say_what_is_missing(self) -> None:
        """Tell that nobody publishes the source's topic, and which topics have images."""
        if self._heard is None or not self.active or self.count_publishers(self._heard):
            self.detail.pop("waiting", None)
            return
        kinds = {"sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage"}
        own = self.resolve_topic_name("image_raw")
        found = [name for name, types in self.get_topic_names_and_types()
                 if kinds & set(types) and not name.startswith(own)
                 and self.count_publishers(name)]
        self.detail["waiting"] = (
            f"nobody publishes {self._heard}; images are on {', '.join(found) or 'no topic'}")
        self.get_logger().warning(self.detail["waiting"], throttle_duration_sec=30.0)

    def publish(self, frame: Frame) -> None:
        """Publish a frame, as JPEG and with its calibration too where somebody listens."""
        self._publish_frame(frame)
        self._publish_compressed(frame)
        if self._info_publisher.get_subscription_count():
            self._info_publisher.publish(self._camera_info(frame))

    def _camera_info(self, frame: Frame) -> CameraInfo:
        """Return the calibration at the frame's size, or that of an ideal lens."""
        height, width = frame.image.shape[:2]
        info = CameraInfo(header=header(frame.stamp, frame.frame_id), width=width, height=height)
        if self._calibration is not None:
            scaled = self._calibration.scaled(width, height)
        else:
            scaled = calibration.of_field_of_view(
                width, height, self.parameters["horizontal_fov"])
        info.distortion_model, info.d = scaled.model, scaled.distortion.tolist()
        info.k, info.r = scaled.camera.ravel(), scaled.rectification.ravel()
        info.p = scaled.projection.ravel()
        return info


def main() -> None:
    """Run the node until a signal ends it."""
    run_node(CameraNode)


if __name__ == "__main__":
    main()
