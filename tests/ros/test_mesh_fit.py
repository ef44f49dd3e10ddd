"""The action server fit_mesh: one goal at a time, its queue, cancelling, and what is refused.

The work of most goals here is a stand-in that takes as long as the test wants; the last tests fit
real keypoints.
"""

from __future__ import annotations

import threading
import time

import pytest

pytest.importorskip("rclpy")

import rclpy
from action_msgs.msg import GoalStatus
from rclpy.action import ActionClient
from rclpy.executors import MultiThreadedExecutor
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.signals import SignalHandlerOptions

from kinesics.action import FitMesh
from kinesics_core.fitting.errors import FitError
from kinesics_core.fitting.output.request import FitReport
from kinesics_core.fitting.progress import Progress
from kinesics_ros import mesh_fit_node
from kinesics_ros.mesh_fit_node import MeshFitNode

SUCCESS, FAILURE = TransitionCallbackReturn.SUCCESS, TransitionCallbackReturn.FAILURE
R = FitMesh.Result


class Fits:
    """Stands in for the work: every fit ends when it is released or cancelled."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.release = threading.Event()
        self.latency: list[float] = []
        self.cancel_sent = 0.0

    def __call__(self, request, *, progress, cancelled) -> FitReport:
        self.begun.append(request.input.name)
        done = 0
        while not self.release.is_set():
            if cancelled():
                self.latency.append(time.monotonic() - self.cancel_sent)
                return FitReport(files=["params.npz"], frames_fitted=done, error_code="CANCELED",
                              message="stopped")
            done += 1
            progress(Progress("body", done, 1000, 2.0, 50.0))
            time.sleep(0.02)
        return FitReport(files=["params.npz"], frames_fitted=9, reprojection_px=1.5,
                      frames_per_second=60.0, complete=True)


class Session:
    """The node, a client, and an executor that spins both."""

    def __init__(self, directory, **parameters) -> None:
        rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
        self.executor = MultiThreadedExecutor(num_threads=3)
        self.server = MeshFitNode(overrides={"data_directory": str(directory), **parameters})
        self.node = rclpy.create_node("asks")
        self.client = ActionClient(self.node, FitMesh, "fit_mesh")
        self.feedback: list[FitMesh.Feedback] = []
        for node in (self.server, self.node):
            self.executor.add_node(node)
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.spin, daemon=True)
        self.thread.start()

    def spin(self) -> None:
        while not self.over.is_set() and rclpy.ok():
            self.executor.spin_once(timeout_sec=0.1)

    def activate(self) -> None:
        assert self.server.trigger_configure() == SUCCESS, self.server.fault
        assert self.server.trigger_activate() == SUCCESS
        assert self.client.wait_for_server(60.0)

    def send(self, name="take.mp4", **fields):
        goal = FitMesh.Goal(input=name, output=f"{name}_out", resume=True, **fields)
        return wait(self.client.send_goal_async(
            goal, feedback_callback=lambda message: self.feedback.append(message.feedback)))

    def stop(self) -> None:
        """End spinning, and what its threads are at: no node is destroyed beneath them."""
        self.over.set()
        self.thread.join(60.0)
        self.executor._executor.shutdown(wait=True)

    def close(self) -> None:
        if rclpy.ok():
            self.server.trigger_shutdown()  # its goals end, and their clients are told
        self.stop()
        self.executor.shutdown()
        self.server.destroy_node()
        self.node.destroy_node()
        rclpy.try_shutdown()



def wait(future, seconds=60.0):
    """The result of a future that the executor's threads complete."""
    done = threading.Event()
    future.add_done_callback(lambda _: done.set())
    assert done.wait(seconds), "no answer"
    return future.result()


def until(condition, seconds=60.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


@pytest.fixture
def fits(monkeypatch):
    fits = Fits()
    monkeypatch.setattr(mesh_fit_node, "fit_recording", fits)
    yield fits
    fits.release.set()


@pytest.fixture
def session(tmp_path):
    sessions: list[Session] = []

    def begin(**parameters) -> Session:
        for name in ("take.mp4", "b.mp4", "c.mp4"):
            (tmp_path / name).write_bytes(b"")
        sessions.append(Session(tmp_path, **parameters))
        return sessions[-1]

    yield begin
    for one in sessions:
        one.close()


def test_a_goal_is_worked_on_and_answered(session, fits):
    s = session()
    s.activate()
    goal = s.send(write_meshes=True)
    assert goal.accepted
    result = goal.get_result_async()
    assert until(lambda: any(f.stage == "body" and f.frames_total == 1000 for f in s.feedback))
    assert goal.status == GoalStatus.STATUS_EXECUTING
    fits.release.set()
    answer = wait(result)
    assert answer.status == GoalStatus.STATUS_SUCCEEDED
    assert answer.result.error_code == R.NONE
    assert answer.result.files == ["params.npz"]
    assert answer.result.frames_fitted == 9
    assert answer.result.reprojection_px == pytest.approx(1.5)


def test_cancelling_does_not_wait_for_the_fit_and_keeps_what_there_is(session, fits):
    s = session()
    s.activate()
    goal = s.send()
    result = goal.get_result_async()
    assert until(lambda: fits.begun)
    wait(goal.cancel_goal_async())
    answer = wait(result)
    assert answer.status == GoalStatus.STATUS_CANCELED
    assert answer.result.error_code == R.CANCELED
    assert answer.result.files == ["params.npz"]


def test_goals_wait_their_turn(session, fits):
    s = session()
    s.activate()
    first, second, third = s.send("take.mp4"), s.send("b.mp4"), s.send("c.mp4")
    assert until(lambda: any(f.stage == "waiting" for f in s.feedback))
    assert fits.begun == ["take.mp4"]
    fits.release.set()
    results = [wait(goal.get_result_async()) for goal in (first, second, third)]
    assert [r.result.error_code for r in results] == [R.NONE] * 3
    assert fits.begun == ["take.mp4", "b.mp4", "c.mp4"]


def test_a_goal_that_waits_is_cancelled_at_once(session, fits):
    s = session()
    s.activate()
    s.send("take.mp4")
    waiting = s.send("b.mp4")
    wait(waiting.cancel_goal_async())
    answer = wait(waiting.get_result_async())
    assert answer.status == GoalStatus.STATUS_CANCELED
    assert fits.begun == ["take.mp4"]


def test_a_fit_that_outlasts_its_process_ends_without_a_word(session, fits, monkeypatch, capfd):
    """Nobody is left to be told: its feedback and its end raised where the fit ran."""
    s, over = session(), threading.Event()
    s.activate()

    def outlasts(request, *, progress, cancelled):
        fits.begun.append(request.input.name)
        assert fits.release.wait(60.0)
        progress(Progress("body", 1, 1000, 2.0, 50.0))
        return FitReport(files=["params.npz"], frames_fitted=1, error_code="CANCELED")

    look_at_queue = s.server._look_at_queue
    monkeypatch.setattr(mesh_fit_node, "fit_recording", outlasts)
    monkeypatch.setattr(s.server, "stop", lambda: None)  # waits for seconds
    monkeypatch.setattr(s.server, "_look_at_queue", lambda: (look_at_queue(), over.set()))
    s.send()
    assert until(lambda: fits.begun)
    s.server.trigger_shutdown()
    s.over.set()
    s.thread.join(60.0)
    rclpy.shutdown()
    over.clear()
    fits.release.set()
    assert over.wait(60.0)
    assert "Traceback" not in (said := capfd.readouterr().err) and "invalid" not in said, said


def test_a_full_queue_rejects(session, fits):
    s = session(queue_size=1)
    s.activate()
    assert s.send("take.mp4").accepted
    assert s.send("b.mp4").accepted
    assert not s.send("c.mp4").accepted


def test_a_newer_goal_preempts(session, fits):
    s = session(queue="preempt")
    s.activate()
    first = s.send("take.mp4")
    assert until(lambda: fits.begun)
    second = s.send("b.mp4")
    answer = wait(first.get_result_async())
    assert answer.status == GoalStatus.STATUS_ABORTED
    assert answer.result.error_code == R.PREEMPTED
    assert answer.result.files == ["params.npz"]
    fits.release.set()
    assert wait(second.get_result_async()).result.error_code == R.NONE


def test_a_busy_server_rejects_if_so_told(session, fits):
    s = session(queue="reject")
    s.activate()
    assert s.send("take.mp4").accepted
    assert until(lambda: fits.begun)
    assert not s.send("b.mp4").accepted
    assert fits.begun == ["take.mp4"]


def test_deactivating_ends_goals_and_rejects_new_ones(session, fits):
    s = session()
    s.activate()
    running, waiting = s.send("take.mp4"), s.send("b.mp4")
    assert until(lambda: fits.begun)
    results = [goal.get_result_async() for goal in (running, waiting)]
    assert s.server.trigger_deactivate() == SUCCESS
    assert [wait(r).result.error_code for r in results] == [R.CANCELED] * 2
    assert fits.begun == ["take.mp4"]
    assert not s.send("c.mp4").accepted


@pytest.mark.parametrize("fields", [
    {"name": "../other.mp4"}, {"name": "/etc/passwd"}, {"name": "take.mp4", "keypoints": "../x"},
])
def test_a_path_outside_is_answered_with_a_sentence(session, fits, fields):
    s = session()
    s.activate()
    answer = wait(s.send(**fields).get_result_async())
    assert answer.status == GoalStatus.STATUS_ABORTED
    assert answer.result.error_code == R.INVALID_GOAL
    assert "data directory" in answer.result.message
    assert not fits.begun


def test_a_failing_fit_is_answered_and_the_next_goal_works(session, fits, monkeypatch):
    s = session()
    s.activate()

    def full(*_, **__):
        raise FitError("the disk is full; make room.", "DISK_FULL")

    def broken(*_, **__):
        raise ZeroDivisionError("a defect")

    for fault, code, word in ((full, R.DISK_FULL, "room"), (broken, R.FAILED, "a defect")):
        monkeypatch.setattr(mesh_fit_node, "fit_recording", fault)
        answer = wait(s.send().get_result_async()).result
        assert (answer.error_code, word in answer.message) == (code, True)
    monkeypatch.setattr(mesh_fit_node, "fit_recording", fits)
    fits.release.set()
    assert wait(s.send().get_result_async()).result.error_code == R.NONE


@pytest.mark.parametrize(("parameters", "words"), [
    ({"data_directory": ""}, "data_directory"),
    ({"data_directory": "/nowhere/at/all"}, "data_directory"),
    ({"body_model": "/nowhere/SMPLX_NEUTRAL.npz"}, "SMPLX_NEUTRAL.npz"),
])
def test_the_node_says_why_it_cannot_be_configured(session, parameters, words):
    s = session(**parameters)
    assert s.server.trigger_configure() == FAILURE
    assert words in s.server.fault
