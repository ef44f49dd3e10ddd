"""Nothing that we run tells its makers about the user: what packages do by themselves is off."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import kinesics_core

LOADS_A_NETWORK = "import kinesics_core.motion.model_file, os; print(os.environ['{name}'])"
SWITCH = "ORT_DISABLE_TELEMETRY"
SILENCERS = (SWITCH, "ORT_RUNNING_UNIT_TESTS", "CI", "GITHUB_ACTIONS")
"""What would keep onnxruntime silent without us."""


def switch_in_a_fresh_process(cache: Path, **chosen: str) -> str:
    environ = {name: value for name, value in os.environ.items() if name not in SILENCERS}
    source = str(Path(kinesics_core.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", LOADS_A_NETWORK.format(name=SWITCH)], check=True, text=True,
        capture_output=True,
        env=environ | {"XDG_CACHE_HOME": str(cache), "PYTHONPATH": source} | chosen)
    return done.stdout.strip()


def test_onnxruntime_keeps_no_id_of_the_machine_and_sends_nothing(tmp_path):
    assert switch_in_a_fresh_process(tmp_path) == "1"
    assert not [file for file in tmp_path.rglob("*") if ".onnxruntime" in str(file)]


def test_who_chose_otherwise_keeps_the_choice(tmp_path):
    assert switch_in_a_fresh_process(tmp_path, **{SWITCH: "true"}) == "true"
