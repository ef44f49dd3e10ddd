"""The one form of benchmarks: JSON, goals, the page."""

from __future__ import annotations

import json
import math
import sys
from types import SimpleNamespace

import pytest

from kinesics_core import bench, cli
from kinesics_core.commands import bench as commands
from kinesics_core.errors import KinesicsError


@pytest.mark.parametrize(
    "value,goal,reached",
    [(60.0, "<= 60", True), (60.1, "<= 60", False), (20.0, ">= 20", True), (19.0, ">= 20", False),
     (None, ">= 20", None), (5.0, None, None), (math.nan, "<= 60", None),
     (math.inf, ">= 20", None)],
)
def test_goals(value, goal, reached):
    assert bench.met(bench.result("name", value, "ms", goal)) is reached


def test_results_are_written_in_the_agreed_form_and_collected(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    other = tmp_path / "elsewhere" / "mine.json"
    results = [
        bench.result("loop.fps", 29.98765, "frames/s", ">= 20", "plain MediaPipe loop", 33.333),
        bench.result("loop.start_s", math.nan, "s", "<= 5", "another", math.nan),
    ]
    monkeypatch.setitem(commands.BENCHES, "loop", "pretended")
    monkeypatch.setitem(sys.modules, "pretended", SimpleNamespace(run=lambda args: results))
    assert cli.main(["bench", "loop", "--json", str(other)]) == 0
    printed = capsys.readouterr().out
    assert "loop.start_s" in printed and "reached" in printed
    written = json.loads((tmp_path / "out/bench/loop.json").read_text())
    assert json.loads(other.read_text()) == written
    assert set(written) == {"hardware", "date", "results"}
    assert written["results"][0] == {
        "name": "loop.fps", "value": 29.99, "unit": "frames/s", "goal": ">= 20",
        "peer": "plain MediaPipe loop", "peer_value": 33.33,
    }
    page = bench.page()
    row = "| loop.fps | 29.99 | frames/s | >= 20 | reached | plain MediaPipe loop | 33.33 |"
    assert row in page
    assert "not measured" in page and written["hardware"] in page


def test_a_page_of_nothing_is_refused(tmp_path):
    with pytest.raises(KinesicsError, match="make bench"):
        bench.page(tmp_path)


def test_hardware_names_the_processor_and_its_cores():
    assert "cores" in bench.hardware() and "Python" in bench.hardware()
