"""The half that runs in the SDK's environment: what it does to a robot, and when."""

from __future__ import annotations

import math
from typing import Any

import pytest

from kinesics_ros import reachy_mini_sdk
from kinesics_ros.reachy_mini_sdk import HOME_AFTER, TAIL_AFTER, Half

REST = [0.0] * 7 + [-0.3, 0.3]


class FakeRobot:
    """A robot that goes home by itself, as the daemon's moves do."""

    def __init__(self, host: str = "", port: int = 0, rest: Any = None) -> None:
        self.been: list[list[float]] = []
        self.homes = 0
        self.home = self.limp = False
        self.wrong = ""
        self.closed = False

    def fault(self) -> str:
        return self.wrong

    def where(self) -> dict[str, Any]:
        return {"head": [0.0] * 16, "body_yaw": 0.0, "antennas": [0.0, 0.0], "error": "",
                "motors": "disabled" if self.limp else "enabled"}

    def be(self, joints: list[float]) -> None:
        if self.wrong:
            raise ConnectionError("gone")
        self.been.append(joints)
        self.home = False

    def at_rest(self) -> bool:
        return self.home

    def awaken(self) -> None:
        self.limp = False

    def go_home(self) -> float:
        self.homes += 1
        return 0.5

    def give_back(self) -> None:
        self.given_back = True

    def close(self) -> None:
        self.closed = True


class Script:
    """Commands by time, in place of standard input."""

    ended = False

    def newest(self, seconds: float) -> None:
        return None


@pytest.fixture
def told(monkeypatch):
    lines: list[dict[str, Any]] = []
    monkeypatch.setattr(reachy_mini_sdk, "tell", lambda **what: lines.append(what))
    return lines


@pytest.fixture
def half(told) -> Half:
    half = Half({"host": "h", "port": 1, "rest": REST}, Script())
    half._robot = FakeRobot()
    half._say("connected")
    return half


def phases(told) -> list[str]:
    return [line["phase"] for line in told if "phase" in line]


def ready(half: Half, now: float = 0.0) -> FakeRobot:
    """Bring it to rest; it is ready a second later."""
    half._take({"home": True}, now)
    half._robot.home = True
    half._take(None, now + 1.0)
    return half._robot


def go(half: Half, now: float, *places: float, since: int = 1) -> None:
    half._take({"go": [[place] * 9 for place in places], "every": 1 / 30, "since": since}, now)


def test_it_follows_only_from_rest_on(half, told):
    go(half, 0.0, 0.5)
    assert half._robot.been == []
    robot = ready(half)
    assert phases(told) == ["connected", "homing", "ready"]
    go(half, 1.01, 0.4, since=0)  # from before it went to rest
    assert robot.been == []
    go(half, 1.02, 0.1)
    assert robot.been == [[0.1] * 9]


def test_a_limp_robot_is_held_before_it_moves(half):
    half._robot.limp = True
    robot = ready(half)
    assert not robot.limp and robot.homes == 1


def test_home_is_tried_again_where_another_program_moved_the_robot(half, told):
    half._take({"home": True}, 0.0)
    for step in range(300):
        half._take(None, step / 100)
    assert half._robot.homes > 1 and phases(told)[-1] == "homing"
    half._robot.home = True
    half._take(None, 3.1)
    assert phases(told)[-1] == "ready"


def test_the_tail_is_played_and_then_the_robot_rests(half, told):
    robot = ready(half)
    tail = [0.1, 0.16, 0.19, 0.2]
    go(half, 1.0, *tail)
    robot.been.clear()
    for step in range(5, 60):
        half._take(None, 1.0 + step / 100)
    played = [joints[0] for joints in robot.been]
    assert TAIL_AFTER > 1 / 60  # a stream of 60 Hz never plays it
    assert 0.1 < played[0] < 0.19
    assert played == sorted(played) and played[-1] == pytest.approx(0.2)
    assert robot.homes == 2 and phases(told)[-1] == "homing"
    assert len(robot.been) < HOME_AFTER * 100  # a robot that stands is told so no more
    robot.home = True
    half._take(None, 3.0)
    assert [line["since"] for line in told if line.get("phase") == "ready"] == [1, 2]


def test_a_robot_that_nobody_commands_stays(half, told):
    robot = ready(half)
    go(half, 1.0, 0.1)
    half._take({"hold": True}, 1.1)
    robot.been.clear()
    for step in range(300):
        half._take({"hold": True}, 1.2 + step / 100)
    assert robot.been == [] and robot.homes == 1 and phases(told)[-1] == "connected"


def test_a_daemon_that_is_silent_or_refuses_is_lost(half, told):
    robot = ready(half)
    robot.wrong = "the daemon has said nothing for 1.1 s"
    half._take(None, 2.0)
    assert robot.closed and half._robot is None
    assert told[-1]["phase"] == "absent" and "said nothing" in told[-1]["why"]


def test_when_the_commands_end_it_brakes_and_goes_to_rest(half, monkeypatch):
    clock = [1.0]
    monkeypatch.setattr(reachy_mini_sdk.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(reachy_mini_sdk.time, "sleep",
                        lambda seconds: clock.__setitem__(0, clock[0] + seconds))
    robot = ready(half)
    go(half, 1.0, 0.1, 0.16, 0.19, 0.2)
    half._leave()
    assert robot.been[-1] == pytest.approx([0.2] * 9) and robot.homes == 2 and robot.closed
    assert robot.given_back
    assert clock[0] < 2.0


def test_a_daemon_that_is_gone_when_the_commands_end_is_let_go(half, capsys):
    robot = ready(half)
    go(half, 1.0, 0.1, 0.2)
    robot.wrong = "gone"
    half._commanded = math.inf
    half._leave()
    assert "could not be brought to rest" in capsys.readouterr().err
