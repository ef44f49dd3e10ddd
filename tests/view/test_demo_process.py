"""The process that draws the demo's video: it ends with its parent's block, whatever came."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kinesics_core.view.demo_process import DemoProcess


def running(pid: int) -> bool:
    """Tell whether a process is there and no mere entry that nobody has collected yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_without_a_frame_it_ends_at_once_with_a_sentence(tmp_path):
    with DemoProcess(tmp_path / "demo.mp4") as video:
        began, pid = time.monotonic(), video._process.pid
    assert time.monotonic() - began < 50.0  # it is waited for a minute
    assert video.frames == 0
    assert "the video has no frame" in video.fault or "got no frame" in video.fault
    assert not running(pid)
    assert list(tmp_path.iterdir()) == []


def test_one_that_was_killed_is_not_waited_for(tmp_path):
    with DemoProcess(tmp_path / "demo.mp4") as video:
        os.kill(video._process.pid, signal.SIGKILL)
        began = time.monotonic()
    assert time.monotonic() - began < 50.0
    assert "ended without a word" in video.fault


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_no_orphan_is_left_by_a_kill(tmp_path, number):
    program = f"""
import time
from pathlib import Path
from kinesics_core.view.demo_process import DemoProcess
if __name__ == "__main__":
    with DemoProcess(Path({str(tmp_path / "demo.mp4")!r})) as video:
        print(video._process.pid, flush=True)
        time.sleep(60)
"""
    (tmp_path / "program.py").write_text(program)
    parent = subprocess.Popen([sys.executable, tmp_path / "program.py"], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True)
    child = int(parent.stdout.readline())
    parent.send_signal(number)
    parent.wait(60)
    until = time.monotonic() + 60.0
    while running(child) and time.monotonic() < until:
        time.sleep(0.1)
    assert not running(child)
