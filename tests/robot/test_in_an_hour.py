"""docs/robot.md, "Your robot in an hour": its commands, typed as they stand there."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

pytest.importorskip("pinocchio")
pytest.importorskip("daqp")
pytest.importorskip("rclpy")
import toy_robot

from kinesics_core import cli

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "robot.md"


def commands() -> list[list[str]]:
    """The words of each command in the section's blocks of bash."""
    section = DOCUMENT.read_text().split("## Your robot in an hour")[1].split("\n## ")[0]
    blocks = re.findall(r"```bash\n(.*?)```", section, re.S)
    return [shlex.split(line, comments=True) for block in blocks for line in block.splitlines()]


@pytest.mark.slow
def test_the_steps_work_for_a_robot_that_nobody_has_seen(tmp_path, monkeypatch, capsys):
    (tmp_path / "my_robot.urdf").write_text(toy_robot.toy_urdf())
    monkeypatch.chdir(tmp_path)
    made, shown, asked = commands()
    assert [words[:2] for words in (made, shown, asked)] == [
        ["kinesics", "robot"], ["kinesics", "up"], ["kinesics", "doctor"]]

    assert cli.main(made[1:]) == 0, capsys.readouterr().err
    assert "left_elbow" in (tmp_path / "my_robot.yaml").read_text()

    assert cli.main(shown[1:]) == 0, capsys.readouterr().err
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["frames"] > 0 and report["joints_latency_ms"]["p50"] > 0

    assert cli.main(asked[1:]) == 1, "no controller runs here"
    assert "Start the robot's controllers" in capsys.readouterr().err
