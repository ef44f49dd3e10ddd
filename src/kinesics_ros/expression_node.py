"""The robot's face and upper body as a steady stream of poses."""

from __future__ import annotations

import threading
import time
from typing import Any

from kinesics.msg import AffectiveResponse, BodyPose, FacePose
from kinesics.srv import Express
from kinesics_core.errors import KinesicsError
from kinesics_core.expression.animator import Animator, ExpressionConfig
from kinesics_core.settings import settings_of
from kinesics_core.types import AffectiveResponse as CoreResponse
from kinesics_ros import qos
from kinesics_ros.bus import Bus
from kinesics_ros.conversions import body_to_msg, face_to_msg, response_from_msg
from kinesics_ros.run import run_node
from kinesics_ros.stage import Stage, Stopwatch


class ExpressionNode(Stage):
    """``response`` in; ``face_pose`` and ``body_pose`` out at ``rate``, and at once when answering.

    Service ``express`` shows an emotion ahead of the robot's own policy.
    """

    PARAMETERS = settings_of(ExpressionConfig)

    def __init__(self, bus: Bus | None = None, **node_arguments: Any) -> None:
        super().__init__("expression", bus, **node_arguments)
        self._animator: Animator | None = None
        self._lock = threading.Lock()
        self._ticker: threading.Thread | None = None
        self._quiet = threading.Event()
        self._emitted = 0.0
        self._publish_face = self.output(
            "face_pose", FacePose, lambda face: [face_to_msg(face)], qos.RESULT
        )
        self._publish_body = self.output(
            "body_pose", BodyPose, lambda body: [body_to_msg(body)], qos.RESULT
        )
        self.input("response", AffectiveResponse, response_from_msg, self._respond, qos.RESULT)
        self.create_service(Express, "express", self._express)

    def load(self) -> None:
        """Make the animated face and body."""
        self._animator = Animator(self.parameters["seed"], self.parameters["frame_id"])

    def unload(self) -> None:
        """Let go of face and body."""
        self._animator = None

    def start(self) -> None:
        """Start the stream of poses."""
        self._quiet.clear()
        self._ticker = threading.Thread(target=self._tick, name="expression-tick", daemon=True)
        self._ticker.start()

    def stop(self) -> None:
        """End the stream."""
        self._quiet.set()
        if self._ticker is not None:
            self._ticker.join(timeout=2.0)
            self._ticker = None

    def _respond(self, response: CoreResponse) -> None:
        with Stopwatch(self, response.stamp):
            self._emit(response)

    def _tick(self) -> None:
        """Emit poses at ``rate`` until the node is deactivated.

        This is a thread of its own and no timer: waking rclpy's executor 60 times a second
        rebuilds its wait set each time, which costs more than the poses themselves.
        """
        period = 1.0 / self.parameters["rate"]
        while not self._quiet.wait(max(0.0, self._emitted + period - time.monotonic())):
            if time.monotonic() < self._emitted + period:
                # An answer went out meanwhile; the stream goes on from there.
                continue
            try:
                self._emit()
            except Exception as error:  # the stream goes on, whatever one pose met
                self.count_error("a pose", error)

    def _emit(self, response: CoreResponse | None = None) -> None:
        """Publish the pose of this moment, of a new response if there is one."""
        with self._lock:
            assert self._animator is not None
            if response is not None:
                self._animator.respond(response)
            self._emitted = time.monotonic()
            face, body = self._animator.step(self.now())
            self._publish_face(face)
            self._publish_body(body)

    def _express(self, request: Express.Request, answer: Express.Response) -> Express.Response:
        if self._animator is None:
            answer.message = "the expression node is not configured; configure it first"
            return answer
        if not self.active:
            answer.message = "the expression node is not active; activate it first"
            return answer
        try:
            with self._lock:
                self._animator.express(
                    request.emotion, request.intensity, request.duration, request.gesture,
                    self.now(),
                )
        except KinesicsError as error:
            answer.message = str(error)
            return answer
        answer.success = True
        return answer


def main() -> None:
    """Run the node until a signal ends it."""
    run_node(ExpressionNode)


if __name__ == "__main__":
    main()
