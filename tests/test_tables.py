"""Tables: no name is cut, whatever the width, and a pipe gets plain rows."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys

import pytest

from kinesics_core import bench
from kinesics_core.commands import tables

METRICS = ("loop.latency_p50_ms", "loop.latency_p95_ms", "loop.latency_growth_ms",
           "loop.per_frame_vs_mediapipe")
PROGRAM = f"""
from kinesics_core import bench
from kinesics_core.commands import bench as command
command._print({{"hardware": "a processor " * 8, "date": "today", "results": [
    bench.result(name, 12.34, "frames/s", "<= 60", "plain MediaPipe loop", 20.0)
    for name in {METRICS!r}]}})
"""


def test_a_pipe_gets_a_row_for_each_metric():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True,
                          env={**os.environ, "COLUMNS": "40"}, timeout=60, check=True)
    about, headings, *rows = done.stdout.splitlines()
    assert about.endswith(", today")
    assert headings.split() == " ".join(bench.COLUMNS).split()
    assert [row.split()[0] for row in rows] == list(METRICS)
    for row in rows:
        assert " ".join(row.split()[1:]) == "12.34 frames/s <= 60 reached plain MediaPipe loop 20"


@pytest.mark.parametrize("columns", [60, 80, 200])
def test_a_terminal_shows_every_metrics_name_whole(columns):
    ours, theirs = pty.openpty()
    with subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=theirs,
                          env={**os.environ, "COLUMNS": str(columns), "TERM": "dumb"}) as process:
        os.close(theirs)
        said = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # the terminal's other end is closed
                break
            if not part:
                break
            said += part
        assert process.wait(60) == 0
    os.close(ours)
    text = said.decode()
    assert "…" not in text and "━" in text
    for name in METRICS:
        assert name in text


def test_a_console_that_is_too_narrow_goes_on_in_the_next_line(monkeypatch):
    from rich.console import Console
    from rich.table import Table

    def made():
        table = Table()
        for name in ("name", "value"):
            table.add_column(name)
        table.add_row("loop.latency_p50_ms" * 3, "1")
        return table

    narrow = Console(file=io.StringIO(), width=30, force_terminal=True, color_system=None)
    tables.show(made(), narrow)
    text = narrow.file.getvalue()
    assert "…" not in text
    cells = "".join(line.split("│")[1].strip() for line in text.splitlines() if "│" in line)
    assert cells == "loop.latency_p50_ms" * 3


def test_a_pipe_is_as_wide_as_a_table(capsys):
    from rich.table import Table

    table = Table()
    table.add_column("name")
    table.add_row("x" * 500)
    tables.show(table)
    assert "x" * 500 in capsys.readouterr().out


@pytest.mark.parametrize("words", [
    ["eval", "affect", "--data", "none", "--json"], ["eval", "affect", "--data", "none", "--csv"],
    ["eval", "forecast", "--data", "none", "--train", "--json"],
    ["eval", "recognise", "--data", "none", "--label", "x", "--train", "--out"],
    ["eval", "fit", "--json"], ["bench", "forecast", "--json"], ["keypoints", "none", "--json"],
    ["demo", "--source", "synthetic", "--out"],
])
def test_a_place_that_cannot_be_written_is_found_before_the_work(words, tmp_path, capsys,
                                                                 monkeypatch):
    pytest.importorskip("torch")
    pytest.importorskip("sklearn")
    if words[0] == "demo":
        pytest.importorskip("rclpy")
    from kinesics_core import cli

    monkeypatch.chdir(tmp_path)
    # A folder where a file is wanted, and a file where a folder is.
    place = tmp_path / "place"
    place.touch() if words[-1] == "--out" else place.mkdir()
    assert cli.main([*words, str(place)]) == 1
    said = capsys.readouterr().err
    assert f"{place} could not be written: " in said and "Traceback" not in said
