"""Settings of the way to a Reachy Mini, and where its SDK is installed."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from kinesics_core.errors import KinesicsError
from kinesics_core.robot.driver import DriverConfig
from kinesics_core.settings import check, same_as, setting

PYTHON_VARIABLE = "KINESICS_REACHY_PYTHON"
"""Environment variable with the Python of the SDK's environment."""

USUAL_PLACE = "~/reachy_mini_env/bin/python"
"""Place where the robot's own documentation has that environment made."""

INSTALL = ("python3 -m venv ~/reachy_mini_env && ~/reachy_mini_env/bin/pip install reachy-mini"
           " (on Debian and Ubuntu first: sudo apt install libcairo2-dev libgirepository1.0-dev)")
"""Commands that make it."""


@dataclass(frozen=True)
class ReachyMiniConfig:
    """Settings of the way to a Reachy Mini."""

    robot: str = setting(
        "reachy_mini", "Name or path of the map, which has the limits of head, body and antennas")
    robot_host: str = setting(
        "localhost", "Where the robot's daemon runs: localhost, or the name or address of a"
        " wireless robot such as reachy-mini.local")
    robot_port: int = setting(8000, "Port of the robot's daemon", bounds=(1, 65535))
    sdk_python: str = setting(
        "", f"Python of the environment that has the robot's SDK; empty: ${PYTHON_VARIABLE},"
        f" {USUAL_PLACE}, or the one beside reachy-mini-daemon")
    rate: float = setting(60.0, "Commands per second", unit="Hz", bounds=(20.0, 100.0))
    speed: float = same_as(DriverConfig, "speed")
    stale_s: float = same_as(DriverConfig, "stale_s")
    when_lost: str = setting(
        "rest", "Once it stands without poses: stay there, or go slowly to rest",
        choices=("stand", "rest"), live=True)
    realtime_priority: int = same_as(DriverConfig, "realtime_priority")
    enabled: bool = same_as(DriverConfig, "enabled")

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check(self)

    @property
    def driver(self) -> DriverConfig:
        """Settings of the ``Driver``."""
        return DriverConfig(
            robot=self.robot, rate=self.rate, speed=self.speed, stale_s=self.stale_s,
            when_lost=self.when_lost, realtime_priority=self.realtime_priority,
            enabled=self.enabled)


def sdk_python(given: str = "") -> str:
    """Return the Python that has Reachy Mini's SDK.

    Args:
        given: Its path, if the user gave one.

    Raises:
        KinesicsError: There is none; the sentence says how to make one.
    """
    for where in (given, os.environ.get(PYTHON_VARIABLE, "")):
        if where:
            path = Path(where).expanduser()
            if not os.access(path, os.X_OK) or path.is_dir():
                raise KinesicsError(
                    f"Got {where!r} as the Python of Reachy Mini's SDK, which is no program. Give"
                    f" the path of bin/python of its environment; to make one: {INSTALL}.")
            return str(path)
    usual = Path(USUAL_PLACE).expanduser()
    daemon = shutil.which("reachy-mini-daemon")
    for path in (usual, Path(daemon).with_name("python") if daemon else usual):
        if os.access(path, os.X_OK):
            return str(path)
    if importlib.util.find_spec("reachy_mini") is not None:
        return sys.executable
    raise KinesicsError(
        "Reachy Mini's SDK is not installed. It needs an environment of its own, as it wants other"
        f" versions of packages than we do: {INSTALL}. Elsewhere than there, give its Python by"
        f" the parameter sdk_python or by {PYTHON_VARIABLE}.")
