"""The action server ``fit_mesh``: recordings in a data directory become meshes and parameters.

One goal is worked on at a time. The work blocks the thread of the executor it runs in, so that the
node needs an executor with a second one for cancelling, feedback and its lifecycle.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.action.server import ServerGoalHandle
from rclpy.executors import MultiThreadedExecutor
from rclpy.impl.implementation_singleton import rclpy_implementation
from visualization_msgs.msg import MarkerArray

from kinesics.action import FitMesh
from kinesics_core.body import model
from kinesics_core.errors import KinesicsError
from kinesics_core.fitting.errors import FitError
from kinesics_core.fitting.output.data_directory import inside
from kinesics_core.fitting.output.recording import fit_recording
from kinesics_core.fitting.output.request import FitReport, FitRequest
from kinesics_core.fitting.progress import Progress
from kinesics_core.fitting.server_config import MeshFitConfig
from kinesics_core.settings import settings_of
from kinesics_ros import qos
from kinesics_ros.bus import Bus
from kinesics_ros.fitted_meshes import fitted_meshes
from kinesics_ros.run import run_node
from kinesics_ros.stage import Stage

FEEDBACK_PERIOD = 0.2
"""Seconds between two feedback messages of one stage."""


class MeshFitNode(Stage):
    """Action server ``fit_mesh``.

    Goals are answered with an error code and a sentence; a goal that is canceled, preempted or
    cut off by deactivating the node keeps what was written, and resumes with ``resume``.
    """

    PARAMETERS = settings_of(MeshFitConfig)

    def __init__(self, bus: Bus | None = None, **node_arguments: Any) -> None:
        super().__init__("mesh_fit", bus, **node_arguments)
        self._lock = threading.Lock()
        self._running: ServerGoalHandle | None = None
        self._waiting: deque[ServerGoalHandle] = deque()
        self._replaced: set[bytes] = set()
        self._nothing_runs = threading.Condition(self._lock)
        self._directory = Path()
        self._server = ActionServer(
            self, FitMesh, "fit_mesh", self._execute, goal_callback=self._welcome,
            handle_accepted_callback=self._queue, cancel_callback=lambda _: CancelResponse.ACCEPT,
        )
        self._meshes = self.create_publisher(MarkerArray, "fitted_mesh", qos.LATCHED)
        self._queue_timer = self.create_timer(FEEDBACK_PERIOD, self._look_at_queue)

    def load(self) -> None:
        """Look for the data directory and read the body model once, to have its faults now."""
        given = self.parameters["data_directory"]
        self._directory = Path(given).expanduser()
        if not given or not self._directory.is_dir():
            raise KinesicsError(
                f"got data_directory = {given!r}, wanted the directory whose recordings may be "
                "fitted; set the parameter data_directory to one that exists."
            )
        body = model.load(self._path("body_model"))
        self.detail["body_model"] = f"{body.kind}, {len(body.template)} vertices"

    def stop(self) -> None:
        """Wait until every goal has seen that the node is no longer active, and ended."""
        with self._nothing_runs:
            self._nothing_runs.wait_for(lambda: self._running is None and not self._waiting, 5.0)

    def _path(self, name: str) -> Path | None:
        given = self.parameters[name]
        return Path(given).expanduser() if given else None

    # The queue. Everything here is quick; the fit itself runs in `_execute`.

    def _welcome(self, _: FitMesh.Goal) -> GoalResponse:
        with self._lock:
            busy, waiting = self._running is not None, len(self._waiting)
        why = ""
        if not self.active:
            why = "the node is not active; activate it first"
        elif busy and self.parameters["queue"] == "reject":
            why = "another goal is worked on and queue is 'reject'; send it again when that is done"
        elif busy and self.parameters["queue"] == "wait" \
                and waiting >= self.parameters["queue_size"]:
            why = f"{waiting} goals wait already, as many as queue_size allows; send it again later"
        if why:
            self.dropped_before += 1
            self.get_logger().warning(f"a goal was rejected: {why}.")
            return GoalResponse.REJECT
        return GoalResponse.ACCEPT

    def _queue(self, goal: ServerGoalHandle) -> None:
        with self._lock:
            if self._running is not None and self.parameters["queue"] == "preempt":
                self._replaced.update(_key(other) for other in (self._running, *self._waiting))
            self._waiting.append(goal)
        self._look_at_queue()

    def _look_at_queue(self) -> None:
        """Start the next goal, and those that wait only to be told that they are over."""
        with self._lock:
            over = [goal for goal in self._waiting if self._ended(goal) is not None]
            for goal in over:
                self._waiting.remove(goal)
            first = None
            if self._running is None and self._waiting:
                first = self._running = self._waiting.popleft()
            waiting = list(self._waiting)
        for goal in over if first is None else (*over, first):
            goal.execute()
        for goal in waiting:
            goal.publish_feedback(
                FitMesh.Feedback(stage="waiting", loss=math.nan, frames_per_second=math.nan)
            )

    def _ended(self, goal: ServerGoalHandle) -> str | None:
        """Return why a goal is to stop, as an error code's name; None while it may go on."""
        if goal.is_cancel_requested or not self.active:
            return "CANCELED"
        return "PREEMPTED" if _key(goal) in self._replaced else None

    # The work.

    def _execute(self, goal: ServerGoalHandle) -> FitMesh.Result:
        began = time.perf_counter()
        try:
            if (ended := self._ended(goal)) is not None:
                result = _refused(ended, "the goal ended before it was begun; send it again.")
            else:
                result = self._fit(goal)
        except FitError as error:
            result = _refused(self._ended(goal) or error.code, str(error))
        except KinesicsError as error:
            result = _refused("FAILED", str(error))
        except Exception as error:
            self.errors += 1
            self.get_logger().error(f"a goal failed: {error!r}")
            result = _refused("FAILED", f"the fit failed: {error!r}; please report this.")
        self.note(self.now(), time.perf_counter() - began)
        if result.error_code == FitMesh.Result.NONE:
            self._tell(goal.succeed)
        elif goal.is_cancel_requested:
            self._tell(goal.canceled)
        else:
            self._tell(goal.abort)
        if result.message:
            self.get_logger().info(f"{goal.request.input}: {result.message}")
        with self._nothing_runs:
            self._replaced.discard(_key(goal))
            if self._running is goal:
                self._running = None
                self._nothing_runs.notify_all()
        self._look_at_queue()
        return result

    def _tell(self, tell: Callable[[], None]) -> None:
        """Tell a goal's client something; of a node that is destroyed nobody hears any more."""
        try:
            tell()
        except (rclpy_implementation.RCLError, rclpy_implementation.InvalidHandle):
            if self.active:
                raise

    def _fit(self, goal: ServerGoalHandle) -> FitMesh.Result:
        asked = goal.request
        request = FitRequest(
            input=inside(self._directory, asked.input, "input"),
            output=inside(self._directory, asked.output, "output"),
            keypoints=inside(self._directory, asked.keypoints, "keypoints")
            if asked.keypoints else None,
            gender=asked.gender or "neutral",
            person=asked.person_id,
            first=asked.first_frame,
            last=asked.last_frame or None,
            focal=asked.focal or None,
            meshes=asked.write_meshes,
            overlays=asked.write_overlays,
            resume=asked.resume,
            body_model=self._path("body_model"),
            prior=self._path("prior"),
        )
        feedback = _Feedback(lambda message: self._tell(lambda: goal.publish_feedback(message)))
        report = fit_recording(
            request, progress=feedback, cancelled=lambda: self._ended(goal) is not None
        )
        if asked.write_meshes and report.files and self.active:
            self._meshes.publish(fitted_meshes(Path(request.output), report.files))
        ended = self._ended(goal)
        return _result(report if ended is None or report.complete
                       else replace(report, error_code=ended))


class _Feedback:
    """Callback that publishes progress, at most every FEEDBACK_PERIOD within a stage."""

    def __init__(self, publish: Callable[[FitMesh.Feedback], None]) -> None:
        self._publish = publish
        self._stage, self._next = "", 0.0

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if progress.stage == self._stage and now < self._next:
            return
        self._stage, self._next = progress.stage, now + FEEDBACK_PERIOD
        self._publish(FitMesh.Feedback(
            stage=progress.stage, frames_done=progress.done, frames_total=progress.total,
            loss=progress.loss, frames_per_second=progress.rate,
        ))


def _key(goal: ServerGoalHandle) -> bytes:
    return bytes(goal.goal_id.uuid)


def _result(report: FitReport) -> FitMesh.Result:
    return FitMesh.Result(
        error_code=getattr(FitMesh.Result, report.error_code), message=report.message,
        files=report.files, frames_fitted=report.frames_fitted,
        reprojection_px=report.reprojection_px, frames_per_second=report.frames_per_second,
    )


def _refused(code: str, message: str) -> FitMesh.Result:
    return FitMesh.Result(
        error_code=getattr(FitMesh.Result, code), message=message, reprojection_px=math.nan,
        frames_per_second=math.nan,
    )


def main() -> None:
    """Run the node until a signal ends it."""
    run_node(MeshFitNode, executor_of=lambda: MultiThreadedExecutor(num_threads=3))


if __name__ == "__main__":
    main()
