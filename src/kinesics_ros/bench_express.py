"""``kinesics bench express``: texts, faces, bodies, the stream as others see it, the avatar.

Everything runs in processes of its own. Texts and the avatar are timed on one core. The stream is
heard by a process outside of the node's: its jitter is how much the time from one face to the next
differs from 1 / rate, once with the node alone, answers coming at a camera's 30 Hz, and once in the
whole graph on the demo's footage; a plain rclpy timer that publishes the same message is the peer.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from kinesics_core.bench import Result, result
from kinesics_core.errors import KinesicsError
from kinesics_core.expression.animator import ExpressionConfig
from kinesics_ros.bench_loop import ended_by_signals, run_process, write_clip

ANSWERS = 30.0
"""Answers per second that the node alone is given."""

WARM_UP, LONGEST_START = 2.0, 60.0
"""Seconds that are heard before the measurement; seconds until the first face must have come."""

TEXTS = (
    "she froze in terror", "not happy at all", "smiling through tears", "what a wonderful day",
    "He slammed the door and swore at everybody.", "I can't believe you did this for me!",
    "The milk has gone off and it smells vile.", "Oh, brilliant. Another meeting.",
    "They buried the dog under the apple tree, and nobody said a word for the rest of the day.",
    "The train leaves at nine.", "He looks down on everyone who works here.",
    "What was that noise in the cellar?", "I miss you more than I thought I would.",
    "We won, we actually won, after all those years of losing to them by a single point!",
    "his lips curl while his eyes stay cold", "brows raised, mouth open, she stares at the cake",
)
"""Sentences that are timed, 3 to 18 words."""


def run(args: argparse.Namespace) -> list[Result]:
    """Return the measured ``express.*``; ``--duration`` is the length of each listening."""
    with ended_by_signals(), tempfile.TemporaryDirectory() as scratch:
        text, face, body = _part("text"), _part("face"), _part("body")
        node, timer, graph = (
            _jitter(make, args.duration)
            for make in (_node, _timer, lambda space: _graph(space, Path(scratch), args.variant)))
        drawn, drawn_without = _part("avatar"), _part("avatar", "without")
        f1 = _macro_f1(args.goemotions, Path(scratch))
        judged = _part("judged")["results"]
    plain = "rclpy timer"
    with_gl = drawn["ms"] if drawn["backend"] == "egl" else None
    return [
        result("express.text_to_face_ms", text["p50"], "ms", "<= 10"),
        result("express.text_to_face_p95_ms", text["p95"], "ms"),
        result("express.text_load_ms", text["load"], "ms"),
        result("express.text_macro_f1", f1, "", ">= 0.64"),
        result("express.face_step_us", face["us"], "us", "<= 60"),
        result("express.poses_per_s", body["poses_per_s"], "/s", ">= 2000"),
        result("express.next_pose_ms", body["next_pose_ms"], "ms", "<= 1"),
        result("express.next_pose_p99_ms", body["next_pose_p99_ms"], "ms"),
        result("express.meshes_per_s", body["meshes_per_s"], "/s", ">= 300"),
        result("express.objs_per_s", body["objs_per_s"], "/s"),
        *judged,
        result("express.node_jitter_p99_ms", node["p99"], "ms", "<= 5", plain, timer["p99"]),
        result("express.node_jitter_p50_ms", node["p50"], "ms", None, plain, timer["p50"]),
        result("express.node_rate_hz", node["rate"], "Hz", None, plain, timer["rate"]),
        result("express.graph_jitter_p99_ms", graph["p99"], "ms", "<= 5"),
        result("express.graph_jitter_p50_ms", graph["p50"], "ms"),
        result("express.graph_rate_hz", graph["rate"], "Hz"),
        result("express.avatar_ms", with_gl, "ms"),
        result("express.avatar_without_moderngl_ms", drawn_without["ms"], "ms"),
        result("express.seconds", args.duration, "s"),
    ]


# The streams: commands that bring one up in a namespace, and somebody outside who hears it.


def _node(space: str) -> list[list[str]]:
    remapped = ["--ros-args", "-r", f"__ns:=/{space}"]
    return [
        [sys.executable, "-m", "kinesics_ros.expression_node", *remapped, "-p", "autostart:=true"],
        _command("answer", space),
    ]


def _timer(space: str) -> list[list[str]]:
    return [_command("timer", space), _command("answer", space)]


def _graph(space: str, scratch: Path, variant: str) -> list[list[str]]:
    clip = scratch / "clip.avi"
    write_clip(clip)
    return [[sys.executable, "-m", "kinesics_core.cli", "up", "--source", str(clip), "--loop",
             "--variant", variant, "--namespace", space]]


def _jitter(make: Callable[[str], list[list[str]]], seconds: float) -> dict[str, float]:
    """Return rate, Hz, and percentiles of the jitter, ms, of the stream that commands bring up."""
    space = f"kinesics_bench_{os.getpid()}"
    with _running(make(space)):
        return json.loads(run_process(_command("listen", space, str(seconds))).splitlines()[-1])


@contextmanager
def _running(commands: list[list[str]]) -> Iterator[None]:
    children = [subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                for command in commands]
    try:
        yield
    finally:
        for child in children:
            child.terminate()
        for child in children:
            try:
                child.wait(10)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def _command(*words: str) -> list[str]:
    return [sys.executable, "-m", "kinesics_ros.bench_express", *words]


def _part(*words: str) -> dict[str, Any]:
    return json.loads(run_process(_command(*words)).splitlines()[-1])


def _macro_f1(folder: Path | None, scratch: Path) -> float | None:
    """Return what ``kinesics eval text`` finds on GoEmotions' test set; None without it."""
    if folder is None:
        return None
    report = scratch / "text.json"
    run_process([sys.executable, "-m", "kinesics_core.cli", "eval", "text", "--goemotions",
                 str(folder), "--json", str(report)])
    for entry in json.loads(report.read_text())["results"]:
        if entry["name"] == "text.macro_f1":
            return float(entry["value"])
    raise KinesicsError("`kinesics eval text` gave no text.macro_f1; run it and read what it says.")


# What the processes do; each prints its figures as JSON in its last line.


def time_texts() -> None:
    """Time ``text_face`` on one core."""
    from kinesics_core.expression.faces import text_face

    _on_one_core()
    began = time.perf_counter()
    text_face(TEXTS[0])
    load = time.perf_counter() - began
    times = []
    for _ in range(20):
        for text in TEXTS:
            began = time.perf_counter()
            text_face(text)
            times.append(1e3 * (time.perf_counter() - began))
    p50, p95 = np.percentile(times, [50, 95])
    print(json.dumps({"p50": p50, "p95": p95, "load": 1e3 * load}))


def time_face() -> None:
    """Time a step of the face on one core."""
    from kinesics_core.expression.bench_face import face_step_us

    _on_one_core()
    print(json.dumps({"us": face_step_us()}))


def time_body() -> None:
    """Time poses and meshes of bodies on one core."""
    from kinesics_core.expression.bench_body import bodies

    _on_one_core()
    print(json.dumps(bodies()))


def time_avatar(without: bool) -> None:
    """Time frames of 640x480 on one core, without moderngl if so."""
    from kinesics_core.expression.animator import Animator
    from kinesics_core.render.mesh import MeshRenderer
    from kinesics_core.view.avatar import Avatar

    if without:
        sys.modules["moderngl"] = None  # type: ignore[assignment]  # as if it were not installed
    _on_one_core()
    animator, avatar = Animator(), Avatar(640, 480)
    times = []
    for frame in range(40):
        if frame % 10 == 0:
            animator.express(frame // 10, 0.8, 1.0)
        poses = animator.step(frame * 33_333_333)
        began = time.perf_counter()
        avatar.render(*poses)
        times.append(1e3 * (time.perf_counter() - began))
    backend = MeshRenderer(64, 64).backend
    print(json.dumps({"ms": float(np.median(times[10:])), "backend": backend}))


def judge_bodies() -> None:
    """Have the live body judged by the shipped recogniser of real motion."""
    from kinesics_core.judging import recogniser
    from kinesics_core.judging.body_score import score_body

    print(json.dumps({"results": score_body(*recogniser.load()).results}))


def listen(space: str, seconds: float) -> None:
    """Hear ``face_pose`` for so long, from outside."""
    import rclpy
    from rclpy.signals import SignalHandlerOptions

    from kinesics.msg import FacePose
    from kinesics_ros import qos

    # As a driver of motors would: a real-time process where the system permits it, the threads that
    # receive included; else its own waits for a core would count as the stream's.
    with contextlib.suppress(OSError, AttributeError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    node = rclpy.create_node("bench_listener", namespace=space)
    arrivals: list[float] = []
    node.create_subscription(
        FacePose, "face_pose", lambda _: arrivals.append(time.monotonic()), qos.RESULT)
    gives_up = time.monotonic() + LONGEST_START
    while not arrivals and time.monotonic() < gives_up:
        rclpy.spin_once(node, timeout_sec=0.1)
    if not arrivals:
        raise SystemExit(f"no face came within {LONGEST_START:g} s; run the node and read its log")
    end = arrivals[0] + WARM_UP + seconds
    while time.monotonic() < end:
        rclpy.spin_once(node, timeout_sec=0.1)
    times = np.array(arrivals)
    gaps = np.diff(times[times > times[0] + WARM_UP])
    if len(gaps) < 2:
        raise SystemExit("the stream of faces ended; run the node and read its log")
    p50, p99 = np.percentile(1e3 * np.abs(gaps - 1.0 / ExpressionConfig.rate), [50, 99])
    print(json.dumps({"p50": p50, "p99": p99, "rate": 1.0 / gaps.mean()}))


def answer(space: str) -> None:
    """Publish responses, another emotion every two seconds, until killed."""
    import rclpy
    from rclpy.signals import SignalHandlerOptions

    from kinesics.msg import AffectiveResponse
    from kinesics_ros import qos

    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    node = rclpy.create_node("bench_answers", namespace=space)
    publisher = node.create_publisher(AffectiveResponse, "response", qos.RESULT)
    for number in range(10**9):
        message = AffectiveResponse(
            policy="express", emotion=int(number / ANSWERS / 2) % 8, intensity=0.8, valence=0.2,
            arousal=0.3, dominance=0.1, towards=1, duration=1.0)
        message.header.stamp = node.get_clock().now().to_msg()
        message.bearing = np.array([0.3 * np.sin(number / ANSWERS), 0.05], np.float32)
        publisher.publish(message)
        time.sleep(1.0 / ANSWERS)


def publish_by_timer(space: str) -> None:
    """Publish faces by a timer of rclpy's, hearing responses besides, until killed."""
    import rclpy
    from rclpy.signals import SignalHandlerOptions

    from kinesics.msg import AffectiveResponse
    from kinesics.msg import FacePose as FacePoseMsg
    from kinesics_core.expression.animator import Animator
    from kinesics_ros import qos
    from kinesics_ros.conversions import face_to_msg, response_from_msg

    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    node, animator = rclpy.create_node("bench_timer", namespace=space), Animator()
    publisher = node.create_publisher(FacePoseMsg, "face_pose", qos.RESULT)
    node.create_subscription(
        AffectiveResponse, "response",
        lambda message: animator.respond(response_from_msg(message)), qos.RESULT)
    node.create_timer(1.0 / ExpressionConfig.rate, lambda: publisher.publish(
        face_to_msg(animator.step(node.get_clock().now().nanoseconds)[0])))
    rclpy.spin(node)


def _on_one_core() -> None:
    with contextlib.suppress(OSError, AttributeError):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


PARTS: dict[str, Callable[[list[str]], None]] = {
    "text": lambda words: time_texts(),
    "face": lambda words: time_face(),
    "body": lambda words: time_body(),
    "avatar": lambda words: time_avatar("without" in words),
    "judged": lambda words: judge_bodies(),
    "listen": lambda words: listen(words[0], float(words[1])),
    "answer": lambda words: answer(words[0]),
    "timer": lambda words: publish_by_timer(words[0]),
}
"""Name of a part -> what its process does with the words behind it."""


if __name__ == "__main__":
    PARTS[sys.argv[1]](sys.argv[2:])
