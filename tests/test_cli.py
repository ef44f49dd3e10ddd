"""The command line: every command explains itself, faults are one line, start-up is light."""

from __future__ import annotations

import subprocess
import sys

import pytest

from kinesics_core import cli
from kinesics_core.errors import KinesicsError


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_every_command_has_help(command, capsys):
    with pytest.raises(SystemExit) as end:
        cli.main([command, "--help"])
    assert end.value.code == 0
    assert "usage: kinesics" in capsys.readouterr().out


def test_a_fault_is_one_sentence_and_exit_status_1(monkeypatch, capsys):
    from kinesics_core.commands import keypoints

    def fail(args):
        raise KinesicsError("got nothing, wanted an image; give one")

    monkeypatch.setattr(keypoints, "run", fail)
    assert cli.main(["keypoints", "nothing.jpg"]) == 1
    assert capsys.readouterr().err == "kinesics keypoints: got nothing, wanted an image; give one\n"


def test_what_follows_ros_args_goes_to_rclpy(monkeypatch):
    from kinesics_ros.commands import up

    seen = {}
    monkeypatch.setattr(up, "run", lambda args: seen.update(vars(args)) or 0)
    cli.main(["up", "--source", "clip.mp4", "--ros-args", "-p", "camera:rate:=5.0"])
    assert seen["source"] == "clip.mp4"
    assert seen["ros_arguments"] == ["--ros-args", "-p", "camera:rate:=5.0"]


def test_an_unknown_command_lists_the_known_ones(capsys):
    with pytest.raises(SystemExit):
        cli.main(["dance"])
    assert "keypoints" in capsys.readouterr().err


def test_overrides_hold_only_what_was_given():
    from kinesics_ros.graph_arguments import overrides

    args = cli.parser("up").parse_args(["up", "--source", "0", "--no-realtime"])
    assert overrides(args) == {
        "camera": {"source": "0", "realtime": False}, "keypoint": {}, "response": {}
    }


def test_the_command_line_imports_no_heavy_library():
    code = (
        "import sys; from kinesics_core import cli; cli.parser()\n"
        "heavy = {'torch', 'mediapipe', 'rclpy', 'rerun', 'onnxruntime', 'cv2'}\n"
        "heavy &= set(sys.modules)\n"
        "sys.exit(', '.join(heavy) or None)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, f"imported at start: {done.stderr}"
