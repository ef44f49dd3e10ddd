"""Body, hand and face keypoints of everybody in the image, with tracked ids."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from sensor_msgs.msg import CompressedImage, Image

from kinesics.msg import PersonArray
from kinesics_core.perception.config import KeypointConfig
from kinesics_core.perception.landmarks import KeypointEstimator
from kinesics_core.settings import settings_of
from kinesics_core.types import Frame
from kinesics_ros import qos
from kinesics_ros.bus import Bus
from kinesics_ros.conversions import people_to_msg
from kinesics_ros.images import WideTopic, frame_from_compressed, frame_from_msg
from kinesics_ros.run import run_node
from kinesics_ros.stage import Stage, Stopwatch


class KeypointNode(Stage):
    """``image_raw`` (or its compressed form) in, ``persons`` out."""

    PARAMETERS = settings_of(KeypointConfig)

    def __init__(self, bus: Bus | None = None, **node_arguments: Any) -> None:
        super().__init__("keypoint", bus, **node_arguments)
        self._estimator: KeypointEstimator | None = None
        self._publish = self.output(
            "persons", PersonArray, lambda people: [people_to_msg(people)], qos.RESULT
        )
        compressed = self.parameters["image_transport"] == "compressed"
        shown = WideTopic.named(self.resolve_topic_name("image_raw"))
        if compressed:
            self.input("image_raw/compressed", CompressedImage,
                       partial(frame_from_compressed, topic=shown), self._estimate, qos.IMAGE)
        if bus is not None or not compressed:
            self.input("image_raw", Image, partial(frame_from_msg, topic=shown),
                       self._estimate, qos.IMAGE, from_others=not compressed)

    def load(self) -> None:
        """Read the networks and run them once."""
        config = replace(self.parameters.config(KeypointConfig), expression_beside=True)
        self._estimator = KeypointEstimator(config)
        self._estimator.warm_up(640, 480)
        self.detail["model"] = self._estimator.model

    def unload(self) -> None:
        """Release the networks."""
        if self._estimator is not None:
            self._estimator.close()
            self._estimator = None

    def _estimate(self, frame: Frame) -> None:
        assert self._estimator is not None
        with Stopwatch(self, frame.stamp):
            people = self._estimator.process(frame)
        self._publish(people)


def main() -> None:
    """Run the node until a signal ends it."""
    run_node(KeypointNode)


if __name__ == "__main__":
    main()
