"""`kinesics doctor --robot reachy_mini`: what it finds of the SDK and of the daemon."""

from __future__ import annotations

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from kinesics_core.cli import main
from kinesics_ros import reachy_mini_doctor
from kinesics_ros.reachy_mini_doctor import findings

STATUS = {"state": "running", "version": "1.13.0", "error": None,
          "backend_status": {"motor_control_mode": "enabled", "error": None}}


@pytest.fixture
def daemon():
    """A port at which a status is served; None: a 404."""
    served: list[object] = [STATUS]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            good = self.path == "/api/daemon/status" and served[0] is not None
            self.send_response(200 if good else 404)
            self.end_headers()
            self.wfile.write(json.dumps(served[0]).encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port, served
    server.shutdown()
    server.server_close()


@pytest.fixture
def sdk(monkeypatch):
    monkeypatch.setattr(reachy_mini_doctor, "sdk_python", lambda: "/sdk/python")
    monkeypatch.setattr(reachy_mini_doctor, "_version_of", lambda python: "1.13.0")


def advice(port: int) -> dict[str, str]:
    return {found.about: found.advice for found in findings("127.0.0.1", port, 2.0)}


def test_nothing_is_to_be_mended_where_all_is_well(sdk, daemon):
    assert advice(daemon[0]) == {"its SDK": "", "its daemon": "", "its motors": ""}


def test_what_a_daemon_says_is_wrong_is_told(sdk, daemon):
    port, served = daemon
    served[0] = {**STATUS, "version": "1.2.0"}
    assert "reachy-mini==1.2.0" in advice(port)["its daemon"]
    served[0] = {**STATUS, "backend_status": {"motor_control_mode": "gravity_compensation",
                                              "error": "no motors"}}
    told = advice(port)
    assert told["its state"] and told["its motors"]
    for nonsense in (None, [1], "running"):
        served[0] = nonsense
        assert "start reachy-mini-daemon" in advice(port)["its daemon"]


def test_a_python_without_the_sdk_is_told(monkeypatch, daemon):
    monkeypatch.setenv("KINESICS_REACHY_PYTHON", sys.executable)
    assert "pip install reachy-mini" in advice(daemon[0])["its SDK"]


def test_the_command_says_what_to_do(sdk, monkeypatch, capsys):
    monkeypatch.setattr(reachy_mini_doctor, "_status", _refuse)
    assert main(["doctor", "--robot", "reachy_mini", "--timeout", "1"]) == 1
    said = capsys.readouterr().out
    assert "ok   its SDK" in said and "MEND its daemon" in said


def _refuse(*_: object) -> None:
    raise ConnectionRefusedError("refused")
