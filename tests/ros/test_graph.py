"""The composed graph on real frames: what comes out, and how it ends when things go wrong."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

pytest.importorskip("rclpy")
from kinesics_core.assets import store
from kinesics_core.errors import KinesicsError
from kinesics_core.recording.bag_recovery import recover
from kinesics_ros.graph import Graph
from kinesics_ros.monitor import Monitor
from kinesics_ros.tap import Tap

KINESICS = [sys.executable, "-m", "kinesics_core.cli"]


def run_graph(source: str, seconds: float | None = None, **camera) -> tuple[dict, list]:
    moments: list = []
    camera = {"source": source, **camera}
    with Graph({"camera": camera}, without=("recorder",)) as graph:
        monitor = Monitor(graph)
        Tap(graph.bus, moments.append)
        graph.spin(threading.Event(), seconds)
        return monitor.summary(), moments


@pytest.fixture(scope="module")
def talking_face() -> tuple[dict, list]:
    """The demo's talking face, every frame, as fast as the graph goes."""
    return run_graph(str(store.path("demo-face")), realtime=False)


def test_every_frame_of_a_file_is_processed_and_answered(talking_face):
    summary, moments = talking_face
    assert summary["frames"] == 120
    # The last image stays open: nothing follows that would complete it.
    assert len(moments) == 119
    for moment in moments:
        assert len(moment.people.persons) == 1
        assert moment.face.stamp == moment.body.stamp == moment.frame.stamp


def test_the_stamp_travels_unchanged_to_the_last_stage(talking_face):
    _, moments = talking_face
    stamps = [moment.frame.stamp for moment in moments]
    assert stamps == sorted(set(stamps))
    for moment in moments:
        assert {moment.people.stamp, moment.response.stamp, moment.face.stamp} == {
            moment.frame.stamp
        }


def test_the_robot_answers_the_person_it_sees(talking_face):
    _, moments = talking_face
    late = moments[60:]
    assert {moment.response.towards for moment in late} == {late[0].people.persons[0].id}
    faces = np.array([moment.face.blendshapes for moment in moments])
    assert faces.min() >= 0 and faces.max() <= 1
    assert np.ptp(faces, axis=0).max() > 0.1, "the robot's face never moved"


def test_forecasts_follow_within_half_a_second(talking_face):
    _, moments = talking_face
    first = next(i for i, moment in enumerate(moments) if moment.forecasts)
    assert first <= 18, "0.5 s at 30 Hz, and a few frames of start"
    shape = moments[-1].forecasts[0].keypoints.shape
    assert shape == (30, 17, 2)


def test_size_change_black_frames_and_return_of_the_person(tmp_path):
    """Two clips of different sizes with two seconds of black between them."""
    black = tmp_path / "black.avi"
    video = cv2.VideoWriter(str(black), cv2.VideoWriter_fourcc(*"MJPG"), 30, (320, 200))
    for _ in range(60):
        video.write(np.zeros((200, 320, 3), np.uint8))
    video.release()
    face, body = store.path("demo-face"), store.path("demo-body")
    summary, moments = run_graph(f"{face},{black},{body}", realtime=False)
    counts = [len(moment.people.persons) for moment in moments]
    assert sum(counts[:115]) >= 110 and sum(counts[122:178]) == 0 and sum(counts[-40:]) >= 36
    assert moments[175].response.towards == 0, "nobody has been there for almost two seconds"
    assert summary["frames"] == len(moments) + 1


@pytest.mark.parametrize(
    "make,words",
    [
        (lambda path: None, "does not exist|no such"),
        (lambda path: path.write_bytes(b""), "empty|0 bytes|zero"),
        (lambda path: path.write_bytes(os.urandom(5000)), "video|decode|read"),
    ],
)
def test_bad_videos_are_refused_with_a_sentence_and_nothing_stays_behind(tmp_path, make, words):
    path = tmp_path / "video.mp4"
    make(path)
    before = threading.active_count()
    with pytest.raises(KinesicsError, match=words):
        run_graph(str(path))
    assert threading.active_count() <= before + 1
    # The context is gone: a second graph starts as if nothing had been.
    with pytest.raises(KinesicsError, match=words):
        run_graph(str(path))


def test_a_missing_camera_is_named():
    with pytest.raises(KinesicsError, match="/dev/video93"):
        run_graph("/dev/video93")


def start(*arguments: str, **options) -> subprocess.Popen:
    return subprocess.Popen(
        [*KINESICS, "up", *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        **options,
    )


SEEN = {"/persons", "/face_pose", "/response"}  # the body moves, too, where nobody is seen yet


def wait_for_messages(bag: Path, count: int, seconds: float = 120.0) -> None:
    """Wait for so many and for each topic of SEEN.

    By metadata.yaml, which is replaced in one step; the rest is being written meanwhile.
    """
    file = bag / "metadata.yaml"
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if file.exists():
            information = yaml.safe_load(file.read_text())["rosbag2_bagfile_information"]
            topics = {topic["topic_metadata"]["name"]
                      for topic in information["topics_with_message_count"]
                      if topic["message_count"]}
            if information["message_count"] >= count and topics >= SEEN:
                return
        time.sleep(0.2)
    raise AssertionError(f"{bag} did not reach {count} messages in {seconds} s")


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_signal_leaves_a_readable_bag(tmp_path, number):
    from rosbags.rosbag2 import Reader

    bag = tmp_path / "bag"
    face = store.path("demo-face")
    process = start("--source", str(face), "--loop", "--record", str(bag))
    try:
        wait_for_messages(bag, 150)
        process.send_signal(number)
        output, _ = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == (-signal.SIGKILL if number == signal.SIGKILL else 0), output
    if number == signal.SIGKILL:
        recover(bag)  # a kill within a flush tears the tail
    with Reader(bag) as reader:
        topics = {connection.topic for connection, _, _ in reader.messages()}
        assert topics >= SEEN
        assert reader.message_count >= 150


@pytest.mark.slow
@pytest.mark.parametrize("delay", [0.3, 1.0, 1.8])
def test_sigterm_while_starting_ends_at_once_and_cleanly(delay):
    process = start("--source", str(store.path("demo-face")), "--loop")
    time.sleep(delay)
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=120)
    assert "Traceback" not in output, output


@pytest.mark.slow
def test_report_and_duration(tmp_path):
    report = tmp_path / "report.json"
    process = start("--source", str(store.path("demo-face")), "--loop", "--duration", "8",
                    "--report", str(report))
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output
    summary = json.loads(report.read_text())
    assert summary["frames"] > 20
    assert 0 < summary["latency_ms"]["p50"] <= summary["latency_ms"]["p95"]
    assert summary["emotion"] and summary["peak_rss_mb"] > 50


@pytest.mark.slow
def test_unknown_parameter_ends_with_a_sentence(tmp_path):
    params = tmp_path / "params.yaml"
    params.write_text("/**/keypoint:\n  ros__parameters:\n    varient: lite\n")
    process = start("--source", "synthetic", "--params", str(params))
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "did you mean 'variant'" in output and "Traceback" not in output
