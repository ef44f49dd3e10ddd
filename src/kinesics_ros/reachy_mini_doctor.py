"""Questions to what a Reachy Mini needs: its SDK here, its daemon there; and what to mend."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any

from kinesics_core.errors import KinesicsError
from kinesics_core.robot.reachy_mini_config import sdk_python

_VERSION = ("import reachy_mini; from importlib.metadata import version;"
            " print(version('reachy_mini'))")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        about: Its name.
        got: How it is, in words.
        advice: What to do, "" where nothing is to be done.
    """

    about: str
    got: str
    advice: str = ""


def findings(host: str, port: int, seconds: float) -> list[Finding]:
    """Return what was found.

    Args:
        host: Where the robot's daemon runs.
        port: Of the daemon.
        seconds: To wait for each answer.
    """
    found, version = [], ""
    try:
        python = sdk_python()
        version = _version_of(python)
        found.append(Finding("its SDK", f"{version} in {python}"))
    except KinesicsError as error:
        found.append(Finding("its SDK", "cannot be used", str(error)))
    try:
        status = _status(host, port, seconds)
    except (OSError, HTTPException, ValueError) as error:
        found.append(Finding(
            "its daemon", f"does not answer at {host}:{port} ({error})",
            "start reachy-mini-daemon, switch the robot on, or give where it is: --robot-host"))
        return found
    return [*found, *_of_daemon(status, version)]


def _of_daemon(status: dict[str, Any], version: str) -> list[Finding]:
    """Return what a daemon's status says."""
    own = str(status.get("version") or "unknown")
    advice = "" if not version or own == version else (
        f"install the same version on both sides: pip install reachy-mini=={own}")
    found = [Finding("its daemon", f"version {own}, {status.get('state')}", advice)]
    if error := status.get("error") or (status.get("backend_status") or {}).get("error"):
        found.append(Finding("its state", str(error), "see the daemon's own log"))
    motors = (status.get("backend_status") or {}).get("motor_control_mode")
    if motors:
        found.append(Finding("its motors", str(motors), "" if motors != "gravity_compensation" else
                             "they give way to hands: end the program that set it so"))
    return found


def _version_of(python: str) -> str:
    """Return the version of the SDK that a Python has.

    Raises:
        KinesicsError: It cannot import it.
    """
    done = subprocess.run([python, "-c", _VERSION], capture_output=True, text=True)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise KinesicsError(f"{python} cannot import reachy_mini ({last}); install it there:"
                            f" {python} -m pip install reachy-mini")
    return done.stdout.strip()


def _status(host: str, port: int, seconds: float) -> dict[str, Any]:
    connection = HTTPConnection(host, port, timeout=seconds)
    try:
        connection.request("GET", "/api/daemon/status")
        answer = connection.getresponse()
        if answer.status != 200:
            raise ValueError(f"HTTP {answer.status}: another program, or an older daemon")
        known = json.loads(answer.read())
    finally:
        connection.close()
    if not isinstance(known, dict):
        raise ValueError("its answer is no status of a daemon")
    return known
