"""Topic, service and action by which the robot is asked to express something.

All three ask the same thing and meet in ``_show``: what came last is shown, and takes the place of
what came before. A text is read in a thread of its own, as loading its model takes a while; all
else happens in the executor's thread and is quick. Nothing here waits, so that a single-threaded
executor goes on serving: what takes time is awaited.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from rclpy.action import ActionServer, CancelResponse
from rclpy.action.server import ServerGoalHandle
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.task import Future

from kinesics.action import Express as ExpressAction
from kinesics.msg import Expression as ExpressionMsg
from kinesics.srv import Express as ExpressService
from kinesics_core.affect.emotions import NEUTRAL
from kinesics_core.errors import KinesicsError
from kinesics_core.expression.animator import Animator, Progress
from kinesics_core.expression.request import Expression, ExpressionRequest, check, resolve
from kinesics_ros import qos
from kinesics_ros.expression_messages import put_expression, request_from_msg
from kinesics_ros.stage import Stage

FEEDBACK_PERIOD = 0.1
"""Seconds between two feedback messages of a goal."""

_Result = ExpressAction.Result


class OvertakenError(KinesicsError):
    """While a text was read, something newer was asked for, or the goal was canceled."""


@dataclass(slots=True)
class _Run:
    """A goal that is shown.

    Attributes:
        goal: Its handle.
        number: Of the expression, see ``Animator.progress``.
        ended: Becomes the error code and the seconds it was shown.
        elapsed: Seconds since its onset at the latest look.
    """

    goal: ServerGoalHandle
    number: int
    ended: Future
    elapsed: float = 0.0


class ExpressServer:
    """Topic ``expression``, service ``express`` and action ``express`` of a node."""

    def __init__(
        self, node: Stage, animator: Callable[[], AbstractContextManager[Animator]]
    ) -> None:
        """Offer the service and the action; the topic is heard between ``start`` and ``stop``.

        Args:
            node: The node that offers them.
            animator: Gives the animator, locked; raises a KinesicsError while there is none.
        """
        self._node, self._animator = node, animator
        self._asked = self._newest = 0  # numbers of requests: of the last one, of the one shown
        self._runs: list[_Run] = []
        # The newest text of the topic, with its number, while an earlier one is read.
        self._heard: tuple[ExpressionRequest, int] | None = None
        self._reading = False  # whether one of the topic is read
        self._reader = ThreadPoolExecutor(1, "expression-text")
        # Coroutines of one group may overlap: a text that is read holds up nobody.
        group = ReentrantCallbackGroup()
        self._wake = node.create_guard_condition(lambda: None, group)
        node.create_service(ExpressService, "express", self._serve, callback_group=group)
        self._server = ActionServer(
            node, ExpressAction, "express", self._execute, callback_group=group,
            cancel_callback=lambda _: CancelResponse.ACCEPT)
        self._timer = node.create_timer(FEEDBACK_PERIOD, self._report, group)
        self._timer.cancel()  # runs while there is a goal

    def start(self) -> None:
        """Hear the topic."""
        self._node.subscribe("expression", ExpressionMsg, self._hear, qos.RESULT)

    def stop(self) -> None:
        """Hear it no more, and end the goal that is shown."""
        self._node.unsubscribe("expression")
        for run in list(self._runs):
            self._end(run, _Result.PREEMPTED)

    # What they have in common.

    async def _show(
        self, request: ExpressionRequest, goal: ServerGoalHandle | None = None, number: int = 0
    ) -> tuple[Expression, int]:
        """Show a request once its text is read; what it became, and the expression's number.

        Args:
            request: What is asked.
            goal: By which it is; one that is canceled meanwhile is not shown.
            number: Of the request; 0: the next one.

        Raises:
            KinesicsError: It is refused, or ``OvertakenError``.
        """
        with self._animator():  # is there one?
            check(request)
        mine = number or self._count()
        if request.text:
            expression = await self._read(request)
        else:
            expression = resolve(request)
        if mine < self._newest:
            raise OvertakenError("something newer was asked for while the text was read")
        if goal is not None and goal.is_cancel_requested:
            raise OvertakenError("it was canceled while the text was read")
        with self._animator() as animator:
            number = animator.show(expression, request, self._node.now())
        self._newest = mine
        return expression, number

    async def _read(self, request: ExpressionRequest) -> Expression:
        done: Future = Future(executor=self._node.executor)

        def read() -> None:
            try:
                done.set_result(resolve(request))
            except KinesicsError as error:
                done.set_result(error)
            except Exception as error:
                self._node.count_error("a text", error)
                done.set_result(KinesicsError(
                    f"Got a text that could not be read ({error!r}); please report this."))
            self._wake.trigger()

        self._reader.submit(read)
        outcome = await done
        if isinstance(outcome, KinesicsError):
            raise outcome
        return outcome

    def _count(self) -> int:
        """Return the number of a request that has come."""
        self._asked += 1
        return self._asked

    # Topic.

    def _hear(self, message: ExpressionMsg, _: object) -> None:
        request = request_from_msg(message)
        check(request)
        if request.text and self._reading:  # they may come faster than they are read
            self._node.dropped_before += self._heard is not None
            self._heard = request, self._count()
            return
        executor = self._node.executor
        assert executor is not None  # it has called this
        executor.create_task(
            self._show_texts if request.text else self._show_heard, request, self._count())
        self._reading |= bool(request.text)

    async def _show_texts(self, text: ExpressionRequest, number: int) -> None:
        """Show a text, and then the newest that was heard meanwhile."""
        try:
            await self._show_heard(text, number)
            while self._heard is not None:
                (text, number), self._heard = self._heard, None
                await self._show_heard(text, number)
        finally:
            self._reading = False

    async def _show_heard(self, request: ExpressionRequest, number: int) -> None:
        try:
            await self._show(request, number=number)
        except OvertakenError:
            self._node.dropped_before += 1
        except KinesicsError as error:
            self._node.refuse("expression", error)

    # Service.

    async def _serve(
        self, asked: ExpressService.Request, answer: ExpressService.Response
    ) -> ExpressService.Response:
        answer.emotion = NEUTRAL
        try:
            expression, _ = await self._show(request_from_msg(asked))
        except KinesicsError as error:
            answer.message = str(error)
            return answer
        put_expression(expression, answer)
        answer.success = True
        return answer

    # Action.

    async def _execute(self, goal: ServerGoalHandle) -> Any:
        result = _Result(emotion=NEUTRAL)
        try:
            request = request_from_msg(goal.request)
            if request.text:
                _tell(goal, Progress("reading", 0.0, 0.0))
            expression, number = await self._show(request, goal)
        except KinesicsError as error:
            result.message = str(error)
            overtaken = isinstance(error, OvertakenError)
            result.error_code = _Result.PREEMPTED if overtaken else _Result.INVALID_GOAL
            return _finished(goal, result)
        put_expression(expression, result)
        run = _Run(goal, number, Future(executor=self._node.executor))
        self._runs.append(run)
        self._timer.reset()
        self._report()
        result.error_code, result.elapsed = await run.ended
        result.message = _SENTENCES[result.error_code]
        return _finished(goal, result)

    def _report(self) -> None:
        """Tell each goal how far it is, and end those that are over."""
        for run in list(self._runs):
            try:
                with self._animator() as animator:
                    if run.goal.is_cancel_requested:
                        animator.release(run.number)
                    progress = animator.progress(run.number)
            except KinesicsError:  # the node is being deactivated
                self._end(run, _Result.PREEMPTED)
                continue
            if not math.isnan(progress.elapsed):
                run.elapsed = progress.elapsed
            if run.goal.is_cancel_requested:
                self._end(run, _Result.CANCELED)
            elif progress.phase == "over":
                self._end(run, _Result.NONE)
            elif progress.phase == "replaced":
                self._end(run, _Result.PREEMPTED)
            else:
                _tell(run.goal, progress)

    def _end(self, run: _Run, code: int) -> None:
        self._runs.remove(run)
        if not self._runs:
            self._timer.cancel()
        run.ended.set_result((code, run.elapsed))
        self._wake.trigger()


_SENTENCES = {
    _Result.NONE: "it was shown",
    _Result.CANCELED: "it was canceled; the face lets go of it",
    _Result.PREEMPTED: "something newer took its place, or the node was deactivated",
}


def _tell(goal: ServerGoalHandle, progress: Progress) -> None:
    goal.publish_feedback(ExpressAction.Feedback(
        elapsed=progress.elapsed, intensity=progress.intensity, phase=progress.phase))


def _finished(goal: ServerGoalHandle, result: Any) -> Any:
    """Set a goal's final state by its result."""
    if result.error_code == _Result.NONE:
        goal.succeed()
    elif goal.is_cancel_requested:
        result.error_code = _Result.CANCELED
        goal.canceled()
    else:
        goal.abort()
    return result
