"""Commands that bring the graph up: what they refuse, and what they leave when they are ended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("rclpy")
from kinesics_core.errors import KinesicsError
from kinesics_ros.graph import Graph, ros_arguments

KINESICS = [sys.executable, "-m", "kinesics_core.cli"]


@pytest.fixture(autouse=True)
def domain(monkeypatch):
    monkeypatch.setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    monkeypatch.setenv("ROS_DOMAIN_ID", str(1 + os.getpid() % 100))


def kinesics(*words, **options):
    return subprocess.run([*KINESICS, *map(str, words)], text=True, capture_output=True,
                          timeout=120, **options)


# Refused -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("namespace", ["a b", "1st", "robot-1", "a//b", "ä", "a\nb"])
def test_a_namespace_that_is_none_is_refused(namespace):
    with pytest.raises(KinesicsError, match="wanted letters, digits and underscores"):
        ros_arguments(None, namespace)


@pytest.mark.parametrize(("namespace", "remap"), [
    ("robot1", "__ns:=/robot1"), ("/lab/robot_1/", "__ns:=/lab/robot_1"), ("/", "__ns:=/")])
def test_a_namespace_is_taken_with_and_without_its_slashes(namespace, remap):
    assert ros_arguments(None, namespace)[:3] == ["--ros-args", "-r", remap]


@pytest.mark.parametrize(("content", "sentence"), [
    (b"\x93NUMPY\x01\x00v\x00", "cannot be read: it is no UTF-8 text; wanted a ROS parameter YAML"),
    (b"a: 1\n\0\0\0", "is binary; wanted a ROS parameter YAML"),
])
def test_a_binary_parameter_file_is_refused(tmp_path, content, sentence):
    (tmp_path / "kinesics.yaml").write_bytes(content)
    with pytest.raises(KinesicsError, match=sentence):
        ros_arguments(str(tmp_path / "kinesics.yaml"), None)


@pytest.mark.parametrize("text", ["camera: [1\n", "- 1\n", "camera:\n  rate: 3\n", "a: b: c\n"])
def test_a_parameter_file_that_ros_cannot_parse_is_refused(tmp_path, text):
    file = tmp_path / "kinesics.yaml"
    file.write_text(text)
    switch = sys.getswitchinterval()
    with pytest.raises(KinesicsError, match="ROS refuses its arguments: .*kinesics.yaml") as fault:
        Graph(ros_arguments=ros_arguments(str(file), None)).__enter__()
    assert "/src/" not in str(fault.value)
    assert sys.getswitchinterval() == switch


def test_a_remapping_that_is_none_is_refused():
    done = kinesics("up", "--source", "synthetic", "--ros-args", "-r", "nothing")
    assert done.returncode == 1
    assert "kinesics up: ROS refuses its arguments: Couldn't parse remap rule" in done.stderr


@pytest.mark.parametrize("option", ["--report", "--record"])
def test_a_place_that_cannot_be_written_is_found_before_the_graph_starts(tmp_path, option):
    (tmp_path / "file").touch()
    done = kinesics("up", "--source", "synthetic", option, tmp_path / "file" / "below")
    assert done.returncode == 1
    assert done.stderr.startswith(f"kinesics up: {tmp_path / 'file'}")
    assert "could not be written" in done.stderr and "INFO" not in done.stderr


# Outputs -----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_report_to_standard_output_is_json():
    done = kinesics("up", "--source", "synthetic", "--duration", "2", "--report", "/dev/stdout")
    assert done.returncode == 0, done.stderr
    assert "processed_fps" in json.loads(done.stdout)


@pytest.mark.slow
def test_a_recording_that_a_full_disk_ends_fails_and_is_readable(small_disk):
    from rosbags.rosbag2 import Reader

    place = small_disk(3_000_000)
    done = kinesics("up", "--source", "synthetic", "--duration", "12", "--record", place / "bag",
                    "--ros-args", "-p", "recorder:reserve_mb:=1")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    with Reader(place / "bag") as reader:
        assert reader.message_count > 0
    assert not list(place.rglob("*.part"))


@pytest.mark.slow
def test_a_view_that_a_full_disk_ends_fails_soon(small_disk):
    pytest.importorskip("rerun")
    place = small_disk(300_000)
    done = kinesics("view", "--source", "synthetic", "--duration", "60", "--save", place / "a.rrd")
    assert done.returncode == 1
    assert "a.rrd could not be written whole" in done.stderr and "Traceback" not in done.stderr
    assert [entry.name for entry in place.iterdir()] == ["a.rrd"]


# Ended -------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_demo_without_a_frame_ends_with_a_sentence(tmp_path):
    done = kinesics("demo", "--source", "topic:/nobody/publishes", "--out", tmp_path / "out",
                    "--duration", "1")
    assert done.returncode == 1
    assert "gave no frame; nothing to show" in done.stderr and "Traceback" not in done.stderr
    assert not list(tmp_path.rglob("*.part")) and not list(tmp_path.rglob("demo.mp4"))


def runs(process: int) -> bool:
    """Tell whether a process is there and no mere entry that nobody has collected yet."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_bench_that_is_ended_leaves_no_child(tmp_path, number):
    program = f"""
import sys
from kinesics_core import cli
from kinesics_ros import bench_loop
bench_loop.store.path = lambda name: name
bench_loop.write_clip = lambda path: path.write_bytes(b"") or 0
code = "import os, time; print(os.getpid(), file=open({str(tmp_path / 'pid')!r}, 'w', 1)); " \\
       "time.sleep(60)"
bench_loop._graph = lambda *_: bench_loop.run_process([sys.executable, "-c", code])
sys.exit(cli.main(["bench", "loop"]))
"""
    bench = subprocess.Popen([sys.executable, "-c", program], cwd=tmp_path, text=True,
                             stderr=subprocess.PIPE, env={**os.environ, "TMPDIR": str(tmp_path)})
    until = time.monotonic() + 60.0
    while not (file := tmp_path / "pid").exists() or not file.read_text().endswith("\n"):
        assert bench.poll() is None and time.monotonic() < until
        time.sleep(0.05)
    bench.send_signal(number)
    assert bench.wait(60) == (130 if number == signal.SIGINT else 128 + number)
    assert "Traceback" not in bench.stderr.read()
    until = time.monotonic() + 60.0
    while runs(int(file.read_text())):
        assert time.monotonic() < until, "the child goes on"
        time.sleep(0.05)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["out", "pid"]
