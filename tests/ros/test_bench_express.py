"""The bench of the expression: which figures, and that its processes give them and end."""

from __future__ import annotations

import json
import subprocess
from argparse import Namespace
from pathlib import Path

import pytest

pytest.importorskip("rclpy")

from kinesics_core import bench
from kinesics_core.errors import KinesicsError
from kinesics_ros import bench_express


@pytest.fixture
def measured(monkeypatch):
    """Processes that give these figures, by their name."""
    parts = {"text": {"p50": 1.0, "p95": 2.0, "load": 50.0},
             "face": {"us": 50.0},
             "body": {"poses_per_s": 3000.0, "next_pose_ms": 0.3, "next_pose_p99_ms": 0.6,
                      "meshes_per_s": 900.0, "objs_per_s": 400.0},
             "judged": {"results": [bench.result("express.body_order", 0.95, "", ">= 0.9")]},
             "avatar": {"ms": 10.0, "backend": "egl"},
             "avatar without": {"ms": 60.0, "backend": "software"}}
    monkeypatch.setattr(bench_express, "_part", lambda *words: parts[" ".join(words)])
    monkeypatch.setattr(bench_express, "_jitter", lambda make, seconds: {
        "p50": 0.1, "p99": 6.0 if make is bench_express._timer else 1.0, "rate": 60.0})
    return parts


def figures(goemotions: Path | None = None) -> dict:
    found = bench_express.run(Namespace(duration=1.0, goemotions=goemotions, variant="lite"))
    return {entry["name"]: entry for entry in found}


def test_the_goals_are_measured(measured):
    found = figures()
    for name, value, goal in (
        ("text_to_face_ms", 1.0, "<= 10"), ("text_macro_f1", None, ">= 0.64"),
        ("poses_per_s", 3000.0, ">= 2000"), ("next_pose_ms", 0.3, "<= 1"),
        ("meshes_per_s", 900.0, ">= 300"), ("node_jitter_p99_ms", 1.0, "<= 5"),
        ("avatar_ms", 10.0, None), ("body_order", 0.95, ">= 0.9"),
        ("avatar_without_moderngl_ms", 60.0, None),
    ):
        assert found[f"express.{name}"]["value"] == value
        assert found[f"express.{name}"]["goal"] == goal
    assert found["express.node_jitter_p99_ms"]["peer_value"] == 6.0


def test_an_avatar_drawn_in_software_is_none_with_moderngl(measured):
    measured["avatar"]["backend"] = "software"
    assert figures()["express.avatar_ms"]["value"] is None


def test_the_score_of_texts_is_that_of_eval_text(measured, monkeypatch, tmp_path):
    def evaluated(command):
        assert command[-6:-2] == ["eval", "text", "--goemotions", str(tmp_path)]
        Path(command[-1]).write_text(json.dumps(
            {"results": [{"name": "text.f1.joy", "value": 0.8},
                         {"name": "text.macro_f1", "value": 0.61}]}))
        return ""

    monkeypatch.setattr(bench_express, "run_process", evaluated)
    assert figures(tmp_path)["express.text_macro_f1"]["value"] == 0.61


@pytest.mark.slow
def test_a_stream_is_heard_from_outside_and_its_processes_end(monkeypatch):
    children = []

    class Child(subprocess.Popen):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            children.append(self)

    monkeypatch.setattr(subprocess, "Popen", Child)
    monkeypatch.setattr(bench_express, "run_process", lambda command: subprocess.check_output(
        command, text=True))
    heard = bench_express._jitter(bench_express._node, 0.5)
    assert heard["rate"] > 0 and heard["p99"] >= heard["p50"] >= 0
    assert len(children) == 3 and all(child.poll() is not None for child in children)


def test_a_command_that_fails_is_a_sentence():
    with pytest.raises(KinesicsError, match="ended with"):
        bench_express._part("no such part")
