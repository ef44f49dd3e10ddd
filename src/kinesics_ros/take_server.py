"""The action ``record_take``: a countdown, a take of the dataset protocol, its bag closed."""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from rclpy.action import ActionServer, CancelResponse
from rclpy.action.server import ServerGoalHandle
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.task import Future

from kinesics.action import RecordTake
from kinesics_core.errors import KinesicsError, RecordingError
from kinesics_core.recording.takes import Take, plan_take
from kinesics_ros.stage import Stage

FEEDBACK_PERIOD = 0.1
"""Seconds between two feedback messages, and between two looks at the clock."""

LONGEST = 24 * 3600.0
"""Longest countdown and longest take with a duration, seconds."""

_Result = RecordTake.Result


class Bags(Protocol):
    """Recorder of bags, see ``RecorderNode``."""

    def begin(self, path: Path, labels: dict[str, str]) -> None:
        """Begin a bag; raises a RecordingError where it cannot be made."""

    def end(self) -> int:
        """Close the bag and return its messages; raises a RecordingError if the disk failed."""

    @property
    def heard(self) -> int:
        """Messages since ``begin``."""


@dataclass(slots=True)
class _Run:
    """The take that is under way.

    Attributes:
        goal: Its handle.
        take: What is recorded.
        begins, ends: On the monotonic clock, s; ``ends`` is inf for one until it is canceled.
        over: Becomes the result.
        recording: Whether the countdown is over.
    """

    goal: ServerGoalHandle
    take: Take
    begins: float
    ends: float
    over: Future
    recording: bool = False


class TakeServer:
    """Action ``record_take`` of a recorder: one take at a time."""

    def __init__(self, node: Stage, bags: Bags, folder: Callable[[], Path | None]) -> None:
        """Offer the action.

        Args:
            node: Offers it; goals are refused while it is not active.
            bags: Records.
            folder: Gives the directory of takes, None where none was set.
        """
        self._node, self._bags, self._folder = node, bags, folder
        self._run: _Run | None = None
        group = ReentrantCallbackGroup()
        self._server = ActionServer(
            node, RecordTake, "record_take", self._execute, callback_group=group,
            cancel_callback=lambda _: CancelResponse.ACCEPT)
        self._wake = node.create_guard_condition(lambda: None, group)
        self._timer = node.create_timer(FEEDBACK_PERIOD, self._look, group)
        self._timer.cancel()  # runs while there is a take

    def stop(self) -> None:
        """End the take that is under way, because the node is no longer active."""
        if self._run is not None:
            self._end(_Result.CANCELED, "the recorder was deactivated")

    def fail(self, sentence: str) -> None:
        """End the take that is under way, because its disk failed."""
        if self._run is not None:
            self._end(_disk_fault(sentence), sentence)

    async def _execute(self, goal: ServerGoalHandle) -> Any:
        result = RecordTake.Result()
        try:
            run = self._run = self._begin(goal)
        except KinesicsError as error:
            result.error_code, result.message = _Result.INVALID_GOAL, str(error)
            goal.abort()
            return result
        self._timer.reset()
        self._look()
        result = await run.over
        if goal.is_cancel_requested:
            goal.canceled()
        elif result.error_code == _Result.NONE:
            goal.succeed()
        else:
            goal.abort()
        self._node.get_logger().info(f"{run.take.path.name}: {result.message}")
        return result

    def _begin(self, goal: ServerGoalHandle) -> _Run:
        """Check a goal and start its countdown.

        Raises:
            RecordingError: It cannot be recorded; the sentence says why.
        """
        asked, folder = goal.request, self._folder()
        if not self._node.active:
            raise RecordingError("the recorder is not active; activate it first")
        if folder is None:
            raise RecordingError(
                "the recorder has no directory of takes; set its parameter `takes` to one")
        if self._run is not None:
            raise RecordingError(
                f"{self._run.take.path.name} is being recorded; send the goal again when that ended"
            )
        for what, seconds in (("countdown", asked.countdown), ("duration", asked.duration)):
            if not 0.0 <= seconds <= LONGEST:
                raise RecordingError(f"got a {what} of {seconds} s; wanted 0 to {LONGEST:.0f}")
        take = plan_take(folder, asked.participant, asked.emotion, asked.take)
        begins = time.monotonic() + asked.countdown
        ends = begins + asked.duration if asked.duration else math.inf
        return _Run(goal, take, begins, ends, Future(executor=self._node.executor))

    def _look(self) -> None:
        """Tell how far the take is; begin and end it when it is time."""
        run, now = self._run, time.monotonic()
        if run is None or run.over.done():
            return
        if run.goal.is_cancel_requested:
            done = run.recording and math.isinf(run.ends)  # a take until it is canceled
            self._end(_Result.NONE if done else _Result.CANCELED, "it was canceled")
            return
        if not run.recording and now >= run.begins:
            try:
                self._bags.begin(run.take.path, run.take.labels)
            except RecordingError as error:
                self._end(_Result.FAILED, str(error))
                return
            run.recording = True
        if now >= run.ends:
            self._end(_Result.NONE, "")
            return
        self._tell(run, "recording" if run.recording else "countdown",
                   (run.ends if run.recording else run.begins) - now)

    def _tell(self, run: _Run, phase: str, remaining: float) -> None:
        run.goal.publish_feedback(RecordTake.Feedback(
            phase=phase, remaining=remaining if math.isfinite(remaining) else math.nan,
            messages=self._bags.heard if run.recording else 0))

    def _end(self, code: int, sentence: str) -> None:
        """End the take, with its bag closed."""
        run, self._run = self._run, None
        self._timer.cancel()
        assert run is not None
        result = RecordTake.Result(error_code=code, message=sentence)
        if run.recording:
            self._tell(run, "closing", 0.0)
            self._close(run.take.path, result)
        run.over.set_result(result)
        self._wake.trigger()

    def _close(self, bag: Path, result: RecordTake.Result) -> None:
        """Close the bag and say in the result what is in it; an empty one is not kept."""
        try:
            result.messages = self._bags.end()
        except RecordingError as error:
            result.message = str(error)
            result.error_code = _disk_fault(result.message)
            return
        if result.messages:
            result.bag = str(bag)
            kept = f"{result.messages} messages are in {bag}"
            result.message = f"{result.message}; {kept}" if result.message else kept
            return
        shutil.rmtree(bag, ignore_errors=True)
        if result.error_code == _Result.NONE:
            result.error_code = _Result.NO_DATA
            result.message = ("no message came on the recorder's topics and no bag was kept; check "
                              "that the graph runs, and the recorder's namespace")


def _disk_fault(sentence: str) -> int:
    return _Result.DISK_FULL if "is full" in sentence else _Result.FAILED
