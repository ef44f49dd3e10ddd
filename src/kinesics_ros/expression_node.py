"""The robot's face and upper body as a steady stream of poses."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kinesics.msg import AffectiveResponse, BodyPose, FacePose
from kinesics_core.errors import KinesicsError
from kinesics_core.expression.animator import Animator, ExpressionConfig
from kinesics_core.expression.gestures import add_gestures, vocabulary
from kinesics_core.expression.text import TextReader
from kinesics_core.importers.gesture_folder import read_folder
from kinesics_core.mind.answers import ANSWERINGS
from kinesics_core.mind.floor import Floor
from kinesics_core.settings import settings_of
from kinesics_core.types import NANOSECONDS
from kinesics_core.types import AffectiveResponse as CoreResponse
from kinesics_ros import qos
from kinesics_ros.bus import Bus
from kinesics_ros.conversions import body_to_msg, face_to_msg, response_from_msg
from kinesics_ros.express_server import ExpressServer
from kinesics_ros.run import run_node
from kinesics_ros.stage import Stage
from kinesics_ros.ticker import Ticker

_SILENCE = 0.5
"""Seconds without an answer after which the steady poses go on, where each has one of its own."""


class ExpressionNode(Stage):
    """``response`` in; ``face_pose`` and ``body_pose`` out, steadily at ``rate``.

    An answer is shown by the next pose, at most 1 / ``rate`` later: a pose of its own between two
    others would make the stream uneven for whoever drives motors with it. Only where a file is
    read as fast as it goes has each answer a pose of its own, and as long as answers come there
    are no others: the time between two images is none of the file's.

    Topic ``expression``, service ``express`` and action ``express`` show something ahead of the
    robot's own policy.
    """

    PARAMETERS = settings_of(ExpressionConfig)

    def __init__(self, bus: Bus | None = None, **node_arguments: Any) -> None:
        super().__init__("expression", bus, **node_arguments)
        self._animator: Animator | None = None
        self._lock = threading.Lock()  # of the animator; held for its work alone
        self._order = threading.Lock()  # of poses: made and published one after the other
        self._ticker: Ticker | None = None
        self._answering: tuple[int, float] | None = None  # stamp, and seconds of work so far
        self._shown = float("-inf")  # when an answer had a pose of its own, monotonic clock
        self._publish_face = self.output(
            "face_pose", FacePose, lambda face: [face_to_msg(face)], qos.RESULT
        )
        self._publish_body = self.output(
            "body_pose", BodyPose, lambda body: [body_to_msg(body)], qos.RESULT
        )
        self._floor, self._crowded = Floor(ANSWERINGS), False
        self.input("response", AffectiveResponse, response_from_msg, self._respond, qos.RESULT)
        self._server = ExpressServer(self, self.animator)

    def load(self) -> None:
        """Make the animated face and body, and load the reader of texts."""
        folder = self.parameters["gestures"]
        if folder:
            add_gestures(read_folder(Path(folder)), folder)
        self.detail["gestures"] = str(len(vocabulary()))  # read now, and not when the stream runs
        self._animator = Animator(
            self.parameters["seed"], self.parameters["frame_id"], self.parameters["legs"])
        try:
            # Now, and not when the first text comes and the stream runs.
            self.detail["text"] = TextReader.load().model.name
        except KinesicsError as error:
            self.detail["text"] = f"cannot be read: {error}"
            self.get_logger().warning(f"everything but texts can be shown: {error}")

    def unload(self) -> None:
        """Let go of face and body."""
        self._animator = None

    def start(self) -> None:
        """Start the stream of poses, and hear what is asked for."""
        self._ticker = Ticker(
            self.parameters["rate"], self._tick, "expression-tick",
            self.parameters["realtime_priority"])
        self._ticker.start()
        self._server.start()

    def stop(self) -> None:
        """End the stream."""
        self._server.stop()
        if self._ticker is not None:
            self._ticker.stop()
            self._ticker = None

    @contextmanager
    def animator(self) -> Iterator[Animator]:
        """Give the animator, for quick calls: the stream waits for it.

        Raises:
            KinesicsError: The node is not configured or not active; the sentence says so.
        """
        with self._lock:
            if self._animator is None or not self.active:
                word = "configure" if self._animator is None else "activate"
                state = "configured" if self._animator is None else "active"
                raise KinesicsError(f"the expression node is not {state}; {word} it first")
            yield self._animator

    @property
    def idle(self) -> bool:
        """True if everything that arrived has been worked on, and shown."""
        return super().idle and (self._answering is None or not self.active)

    def _respond(self, response: CoreResponse) -> None:
        began = time.perf_counter()
        if not self._may_be_shown(response):
            return
        with self._lock:
            assert self._animator is not None
            self._animator.respond(response)
            self._answering = (response.stamp, time.perf_counter() - began)
        if self.bus is not None and self.bus.lossless:
            self._emit()
            self._shown = time.monotonic()

    def _may_be_shown(self, response: CoreResponse) -> bool:
        """Tell whether who sent a response has the floor; of a single publisher all are shown."""
        admitted = self._floor.admit(response.policy, response.duration, time.monotonic())
        if admitted or not self._crowded:
            return True
        self.detail["answers"] = (
            f"{self._floor.holder} is shown; {self._floor.refused} responses of others were not,"
            f" of {self._floor.overruled!r} last")
        return False

    def _tick(self, due: float) -> None:
        if due - self._shown < _SILENCE:
            return
        try:
            self._emit(due)
        except Exception as error:  # the stream goes on, whatever one pose met
            self.count_error("a pose", error)

    def _emit(self, due: float | None = None) -> None:
        """Publish the pose of a moment of the monotonic clock; None: of the present."""
        began = time.perf_counter()
        with self._order:
            with self._lock:
                assert self._animator is not None
                answering, self._answering = self._answering, None
                # A pose is that of its moment in the grid, so that its time is even too.
                late = 0.0 if due is None else time.monotonic() - due
                face, body = self._animator.step(self.now() - int(late * NANOSECONDS))
            self._publish_face(face)
            self._publish_body(body)
        if answering is not None:
            self.note(answering[0], answering[1] + time.perf_counter() - began)

    def report(self) -> None:
        """Tell how late poses are, and see whether several answer."""
        self._crowded = self.count_publishers("response") > 1
        if self._ticker is not None:
            self.detail["late"] = self._ticker.lateness()
            self.detail["schedule"] = self._ticker.schedule


def main() -> None:
    """Run the node until a signal ends it."""
    run_node(ExpressionNode)


if __name__ == "__main__":
    main()
